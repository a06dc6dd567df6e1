//! What a tile is made of, under which name it is kept, and the making.
//!
//! Unfiltered tiles depend on versions alone. A filter is evaluated over the rows near the tile and within
//! a budget of time; who hangs up is not worked for any longer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use super::{
    error::{self, Problem},
    html::put,
    joined::{self, joined},
    select::{Selection, VALUE},
};
use crate::{
    query::{self, Budget, QueryError},
    snapshot::Snapshot,
    tile::{self, ExtraColumn, Place, TileId, TileOptions},
};

/// How long the filters of one tile may take (asks.md, 3).
const FILTER_BUDGET: Duration = Duration::from_secs(2);
/// How long those of a short tile may take before it is made as a long one.
const SHORT_FILTER_BUDGET: Duration = Duration::from_millis(2);
/// The most rows and coordinates near a short tile: a millisecond, or two where everything is busy.
const SHORT_ROWS: usize = 6_000;
const SHORT_COORDS: usize = 40_000;
/// The longest filter of a short tile, in bytes of its canonical text.
const SHORT_FILTER: usize = 400;
/// The most shapes that the filters of a short tile may compare.
const SHORT_PAIRS: u64 = 64;

/// One layer of a tile.
pub(super) struct Part {
    /// Its version.
    pub snapshot: Arc<Snapshot>,
    /// Filter, properties and indicator.
    pub selection: Selection,
}

impl Part {
    fn is_plain(&self) -> bool {
        let chosen = &self.selection;
        chosen.takes_all() && !chosen.named && chosen.indicator.is_none() && chosen.labels
    }
}

/// The layers of a tile, in order, and what tells them from others, whatever words a filter is put in.
pub(super) struct Layers {
    all: Vec<Part>,
    name: String,
    /// True where no filter is long.
    brief: bool,
}

impl Layers {
    /// What was chosen of each layer.
    pub(super) fn new(all: Vec<Part>) -> Self {
        let mut name = String::new();
        let mut brief = true;
        for part in &all {
            let info = part.snapshot.info();
            put(&mut name, format_args!("/{}@{}", info.id, info.hash));
            if part.is_plain() {
                continue;
            }
            let chosen = &part.selection;
            let mut wanted: Vec<String> = chosen
                .query
                .where_
                .iter()
                .map(|condition| format!("{:?}={:?}", condition.field, condition.value))
                .collect();
            wanted.sort_unstable();
            put(&mut name, format_args!("?{}", wanted.join("&")));
            if let Some(filter) = &chosen.query.filter {
                let text = filter.canonical();
                brief &= text.len() <= SHORT_FILTER;
                put(&mut name, format_args!("?filter={text}"));
            }
            if chosen.named {
                put(&mut name, format_args!("?properties={:?}", chosen.fields));
            }
            if !chosen.labels {
                name.push_str("?labels=false");
            }
            if let Some((stored, period)) = &chosen.indicator {
                let table = &stored.table;
                put(
                    &mut name,
                    format_args!("?join={}@{}/{:?}", table.id, table.version, period.label),
                );
            }
        }
        Self { all, name, brief }
    }
}

/// What a tile is made from.
pub(super) struct Recipe {
    /// Which tile.
    pub place: Place,
    /// Its layers.
    pub layers: Arc<Layers>,
}

impl Recipe {
    /// The one snapshot and the tile, of a tile of the web's square that depends on nothing but a version.
    pub(super) fn plain(&self) -> Option<(&Arc<Snapshot>, TileId)> {
        match (&self.layers.all[..], &self.place) {
            ([part], Place::Square(id)) if part.is_plain() => Some((&part.snapshot, *id)),
            _ => None,
        }
    }

    /// Equal for recipes of the same tile.
    pub(super) fn key(&self) -> String {
        let mut key = self.place.name();
        key.push_str(&self.layers.name);
        key
    }

    /// What tells the tile from others at its address, for its tag: short, equal for equal keys.
    pub(super) fn name(&self, key: &str) -> String {
        match self.plain() {
            Some((snapshot, _)) => snapshot.info().hash.clone(),
            None => blake3::hash(key.as_bytes()).to_hex().to_string(),
        }
    }

    /// The tile, not compressed, where making it takes about as long as the way to another thread: few rows,
    /// few coordinates, a brief filter, nothing to be joined first. None for all others, which have to be made
    /// by [`Self::make`].
    pub(super) fn make_if_short(&self) -> Option<tile::Tile> {
        if !self.layers.brief {
            return None;
        }
        let (mut rows, mut coords) = (SHORT_ROWS, SHORT_COORDS);
        for Part {
            snapshot,
            selection,
        } in &self.layers.all
        {
            let near = snapshot.count_near(self.place.reach(), rows, coords)?;
            (rows, coords) = (rows - near.0, coords - near.1);
            let joined = selection
                .indicator
                .as_ref()
                .is_none_or(|(stored, period)| joined::is_kept(snapshot, stored, period));
            if !joined {
                return None;
            }
        }
        let deadline = Instant::now() + SHORT_FILTER_BUDGET;
        let expired = || Instant::now() > deadline;
        // Whatever is wrong with it, the long way says so.
        self.make_within(&Budget::until(&expired).with_pairs(SHORT_PAIRS))
            .ok()
    }

    /// The tile, not compressed. `gone` turns true when nobody waits for it any more.
    pub(super) fn make(&self, gone: &AtomicBool) -> Result<tile::Tile, Problem> {
        let deadline = Instant::now() + FILTER_BUDGET;
        let expired = || gone.load(Relaxed) || Instant::now() > deadline;
        self.make_within(&Budget::until(&expired))
    }

    fn make_within(&self, budget: &Budget<'_>) -> Result<tile::Tile, Problem> {
        let mut rows = vec![];
        let mut values = vec![];
        for Part {
            snapshot,
            selection,
        } in &self.layers.all
        {
            rows.push(if selection.takes_all() {
                None
            } else {
                let reach = self.place.reach();
                let found = query::near(snapshot, reach, &selection.query, budget)
                    .map_err(|error| too_dear(error, snapshot))?;
                Some(found)
            });
            values.push(
                selection
                    .indicator
                    .as_ref()
                    .map(|(stored, period)| joined(snapshot, stored, period)),
            );
        }
        let extra: Vec<_> = values
            .iter()
            .map(|joined| {
                joined.as_ref().map(|joined| ExtraColumn {
                    name: VALUE,
                    values: &joined.values,
                })
            })
            .collect();
        let options: Vec<TileOptions<'_>> = self
            .layers
            .all
            .iter()
            .enumerate()
            .map(|(at, part)| TileOptions {
                properties: part.selection.named.then_some(&part.selection.fields[..]),
                rows: rows[at].as_deref(),
                extra: extra[at].as_slice(),
                no_labels: !part.selection.labels,
            })
            .collect();
        let snapshots: Vec<&Snapshot> = self
            .layers
            .all
            .iter()
            .map(|part| part.snapshot.as_ref())
            .collect();
        Ok(tile::tile_at(&snapshots, &self.place, &options))
    }
}

fn too_dear(error: QueryError, snapshot: &Snapshot) -> Problem {
    let layer = &snapshot.info().id;
    match error {
        QueryError::Expired => Problem::new(
            error::TIMED_OUT,
            format!(
                "the filter on `{layer}` took longer than {} s for this tile; make it simpler or zoom in",
                FILTER_BUDGET.as_secs()
            ),
        ),
        other => other.into(),
    }
}

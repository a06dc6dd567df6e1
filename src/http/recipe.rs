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
    joined::joined,
    select::{Selection, VALUE},
};
use crate::{
    query::{self, Budget, QueryError},
    snapshot::{Rows, Snapshot},
    tile::{self, ExtraColumn, Place, TileId, TileOptions},
};

/// How long the filters of one tile may take (asks.md, 3).
const FILTER_BUDGET: Duration = Duration::from_secs(2);

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
        chosen.takes_all() && !chosen.named && chosen.indicator.is_none()
    }
}

/// What a tile is made from.
pub(super) struct Recipe {
    /// Which tile.
    pub place: Place,
    /// Its layers, in order.
    pub parts: Vec<Part>,
}

impl Recipe {
    /// The one snapshot and the tile, of a tile of the web's square that depends on nothing but a version.
    pub(super) fn plain(&self) -> Option<(&Arc<Snapshot>, TileId)> {
        match (&self.parts[..], &self.place) {
            ([part], Place::Square(id)) if part.is_plain() => Some((&part.snapshot, *id)),
            _ => None,
        }
    }

    /// Equal for recipes of the same tile, whatever words a filter is put in.
    pub(super) fn key(&self) -> String {
        let mut key = self.place.name();
        for part in &self.parts {
            let info = part.snapshot.info();
            put(&mut key, format_args!("/{}@{}", info.id, info.hash));
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
            put(&mut key, format_args!("?{}", wanted.join("&")));
            if let Some(filter) = &chosen.query.filter {
                put(&mut key, format_args!("?filter={}", filter.canonical()));
            }
            if chosen.named {
                put(&mut key, format_args!("?properties={:?}", chosen.fields));
            }
            if let Some((stored, period)) = &chosen.indicator {
                let table = &stored.table;
                put(
                    &mut key,
                    format_args!("?join={}@{}/{:?}", table.id, table.version, period.label),
                );
            }
        }
        key
    }

    /// What tells the tile from others at its address, for its tag: short, equal for equal keys.
    pub(super) fn name(&self, key: &str) -> String {
        match self.plain() {
            Some((snapshot, _)) => snapshot.info().hash.clone(),
            None => blake3::hash(key.as_bytes()).to_hex().to_string(),
        }
    }

    /// The tile, not compressed. `gone` turns true when nobody waits for it any more.
    pub(super) fn make(&self, gone: &AtomicBool) -> Result<tile::Tile, Problem> {
        let deadline = Instant::now() + FILTER_BUDGET;
        let expired = || gone.load(Relaxed) || Instant::now() > deadline;
        let budget = Budget::until(&expired);
        let mut rows = vec![];
        let mut values = vec![];
        for Part {
            snapshot,
            selection,
        } in &self.parts
        {
            rows.push(if selection.takes_all() {
                None
            } else {
                let reach = self.place.reach();
                let found = query::near(snapshot, reach, &selection.query, &budget)
                    .map_err(|error| too_dear(error, snapshot))?;
                Some(Rows::from_list(snapshot.len(), found))
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
            .parts
            .iter()
            .enumerate()
            .map(|(at, part)| TileOptions {
                properties: part.selection.named.then_some(&part.selection.fields[..]),
                rows: rows[at].as_ref(),
                extra: extra[at].as_slice(),
                ..TileOptions::default()
            })
            .collect();
        let snapshots: Vec<&Snapshot> = self
            .parts
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

//! Mapbox Vector Tiles 2.1 straight from mapped snapshots, honest about what they leave out.
//!
//! Rows come from the snapshot's index, vertices by the zooms that publication gave them, so a request
//! computes only a subtraction, a shift and, at the tile's edge, a cut. [`plain`] writes the same tile the
//! slow way and exists to be compared with.

mod bends;
mod clip;
mod declared;
mod draw;
mod encode;
mod faces;
mod ground;
mod gzip;
mod pick;
pub mod plain;
pub mod pyramid;
mod rings;
mod simplify;
mod sketch;
mod values;
mod zstd;

use std::cell::RefCell;

pub use crate::model::{
    Losses, TileId,
    grid::{BUFFER, EXTENT, MAX_ZOOM},
};
pub use declared::{Grid, GridTile, Limits};
use draw::draw;
use encode::{Desk, Key, Outline, Source, Spec};
use ground::{Ground, Square};
pub use gzip::{checksum, checksum_of, gunzip, gzip, gzip_telling};
use sketch::Sketch;
pub use zstd::{unzstd, zstd};

use crate::{
    model::{Field, LayerId},
    snapshot::{Snapshot, SnapshotInfo},
};

/// The bytes, before compression, that a tile is kept under by leaving out the least important features.
pub const MAX_BYTES: usize = 500_000;
/// How many units an area must measure for its label to go into the tile: 16 pixels of 512.
const LABEL_UNITS: u32 = 128;
/// The property that says how a line runs at its anchor.
const ANGLE: &str = "angle";

/// A column that is not part of the snapshot: a joined indicator.
#[derive(Clone, Copy, Debug)]
pub struct ExtraColumn<'a> {
    /// The property's name in the tile.
    pub name: &'a str,
    /// A value a row; NaN for none.
    pub values: &'a [f64],
}

/// What to take of one snapshot.
#[derive(Clone, Copy, Debug, Default)]
pub struct TileOptions<'a> {
    /// The positions of the fields to write; all when none is given.
    pub properties: Option<&'a [usize]>,
    /// The rows that may appear, ascending; all when none are given.
    pub rows: Option<&'a [u32]>,
    /// Columns to write beside the snapshot's own.
    pub extra: &'a [ExtraColumn<'a>],
    /// True to leave out the `{id}_label` layer.
    pub no_labels: bool,
}

/// One tile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tile {
    /// Mapbox Vector Tile 2.1, not compressed; empty when nothing is there.
    pub bytes: Vec<u8>,
    /// What it leaves out.
    pub losses: Losses,
    /// The same layer by layer, in the order of the snapshots.
    pub layers: Vec<(LayerId, Losses)>,
}

/// The tile with one layer a snapshot, and for areas a layer of label points. `options` belong to the
/// snapshots by position; those without one are taken whole. Of two snapshots of one layer only the first
/// is taken, as names of layers are unique (MVT 2.1, 4.1).
pub fn tile(snapshots: &[&Snapshot], id: TileId, options: &[TileOptions<'_>]) -> Tile {
    whole(snapshots, &Square::of(id), options)
}

/// Which tile of which grid.
#[derive(Clone, Debug)]
pub enum Place {
    /// One of the web's square.
    Square(TileId),
    /// One of a declared grid.
    Declared(GridTile),
}

impl Place {
    /// What tells it from all other tiles.
    pub fn name(&self) -> String {
        match self {
            Self::Square(id) => format!("{}/{}/{}", id.z(), id.x(), id.y()),
            Self::Declared(tile) => tile.name(),
        }
    }

    /// A box of world positions that holds whatever can come to lie in the tile and its buffer.
    pub fn reach(&self) -> [u32; 4] {
        match self {
            Self::Square(id) => id.world_box(BUFFER),
            Self::Declared(tile) => tile.reach(),
        }
    }
}

/// As [`tile`], of any grid.
pub fn tile_at(snapshots: &[&Snapshot], place: &Place, options: &[TileOptions<'_>]) -> Tile {
    match place {
        Place::Square(id) => tile(snapshots, *id, options),
        Place::Declared(one) => whole(snapshots, &one.ground(), options),
    }
}

fn whole(snapshots: &[&Snapshot], ground: &impl Ground, options: &[TileOptions<'_>]) -> Tile {
    let mut tile = Tile::default();
    for (at, snapshot) in snapshots.iter().enumerate() {
        let name = &snapshot.info().id;
        if snapshots[..at].iter().any(|other| other.info().id == *name) {
            continue;
        }
        // Every layer may use an equal share of what is left.
        let left = MAX_BYTES.saturating_sub(tile.bytes.len()) / (snapshots.len() - at);
        let own = options.get(at).copied().unwrap_or_default();
        let losses = layer(snapshot, ground, &own, left, &mut tile.bytes);
        tile.losses.add(&losses);
        tile.layers.push((name.clone(), losses));
    }
    tile
}

/// Memory that a thread keeps from tile to tile.
#[derive(Default)]
struct Memory {
    sketch: Sketch,
    desk: Desk,
    outlines: Vec<Outline>,
}

thread_local! {
    static MEMORY: RefCell<Memory> = RefCell::default();
}

/// The fields that a label layer carries: the key, and what looks like a name.
pub fn label_fields(info: &SnapshotInfo) -> impl Iterator<Item = &Field> {
    info.fields.iter().filter(|field| {
        let name = field.name.as_str();
        let named = name == "name" || name.starts_with("name_") || name.ends_with("_name");
        named || info.key.iter().any(|key| key == name)
    })
}

fn label_columns(snapshot: &Snapshot) -> impl Iterator<Item = usize> + '_ {
    label_fields(snapshot.info()).filter_map(|field| snapshot.field(&field.name))
}

fn sources(
    snapshot: &Snapshot,
    fields: impl IntoIterator<Item = usize>,
) -> impl Iterator<Item = Key<'_>> {
    let known = &snapshot.info().fields;
    fields.into_iter().filter_map(|at| {
        let name = known.get(at)?.name.as_str();
        Some((name, Source::Column(snapshot.column(at))))
    })
}

/// The properties of a layer in the tile: the asked fields in the snapshot's order, each once, then the
/// extra columns; an extra column of a field's name takes its place.
fn properties<'a>(snapshot: &'a Snapshot, options: &TileOptions<'a>) -> Vec<Key<'a>> {
    let is_extra = |name: &str| options.extra.iter().any(|extra| extra.name == name);
    let asked = (0..snapshot.info().fields.len())
        .filter(|at| options.properties.is_none_or(|asked| asked.contains(at)));
    let mut found: Vec<_> = sources(snapshot, asked)
        .filter(|(name, _)| !is_extra(name))
        .collect();
    for (at, extra) in options.extra.iter().enumerate() {
        if options.extra[..at]
            .iter()
            .all(|other| other.name != extra.name)
        {
            found.push((extra.name, Source::Numbers(extra.values)));
        }
    }
    found
}

/// Appends a snapshot's layers to a tile; what they leave out.
fn layer(
    snapshot: &Snapshot,
    ground: &impl Ground,
    options: &TileOptions<'_>,
    budget: usize,
    bytes: &mut Vec<u8>,
) -> Losses {
    let mut losses = Losses::default();
    let rows = pick::rows(snapshot, ground, options, &mut losses);
    if rows.is_empty() {
        return losses;
    }
    let keys = properties(snapshot, options);
    let spec = Spec {
        name: snapshot.info().id.as_str(),
        keys: &keys,
        ids: snapshot.ids(),
    };
    MEMORY.with_borrow_mut(|memory| {
        let Memory {
            sketch,
            desk,
            outlines,
        } = memory;
        losses.dropped += draw(snapshot, ground, &rows, sketch, outlines);
        let mut size = desk.encode(&spec, outlines, sketch.commands());
        // Shapes are drawn once; what does not fit is left out of what is written. Two turns are enough
        // unless values differ wildly; the last ones take half each time. Points of a small layer are all
        // shown, whatever they come to.
        let small = pick::is_small(snapshot);
        for turn in 0..6 {
            if size <= budget {
                break;
            }
            let share = if turn < 3 {
                0.98 * budget as f64 / size as f64
            } else {
                0.5
            };
            let limit = last_rank(outlines, &desk.sizes, snapshot.ranks(), share);
            let before = outlines.len();
            if small {
                stand_ins(snapshot, ground, limit, sketch, outlines);
            } else {
                outlines.retain(|one| snapshot.ranks()[one.row as usize] < limit);
            }
            losses.dropped += (before - outlines.len()) as u64;
            size = desk.encode(&spec, outlines, sketch.commands());
        }
        let count = |which: fn(&Outline) -> bool| outlines.iter().filter(|&one| which(one)).count();
        losses.as_points = count(|one| one.dot) as u64;
        losses.simplified = count(|one| one.simplified) as u64;
        losses.features_matched = outlines.len() as u64 + losses.dropped;
        desk.finish(&spec, bytes);
        if !options.no_labels {
            labels(snapshot, ground, memory, bytes);
        }
    });
    losses
}

/// The rank from which on features go, so that those before it come to a share of all bytes.
fn last_rank(outlines: &[Outline], sizes: &[u32], ranks: &[u32], share: f64) -> u32 {
    let total: u64 = sizes.iter().map(|&size| u64::from(size)).sum();
    let mut left = (total as f64 * share) as u64;
    let mut order: Vec<(u32, u32)> = outlines
        .iter()
        .zip(sizes)
        .map(|(one, &size)| (ranks[one.row as usize], size))
        .collect();
    order.sort_unstable();
    let over = order.iter().find(|&&(_, size)| {
        let fits = u64::from(size) <= left;
        left = left.saturating_sub(u64::from(size));
        !fits
    });
    // Ranks are distinct, so exactly those below the first that does not fit are kept.
    over.map_or(u32::MAX, |&(rank, _)| rank)
}

/// Of a small layer every feature is shown, those from a rank on as a dot, in the tile that holds their
/// label; elsewhere they are left out.
fn stand_ins(
    snapshot: &Snapshot,
    ground: &impl Ground,
    limit: u32,
    sketch: &mut Sketch,
    outlines: &mut Vec<Outline>,
) {
    outlines.retain_mut(|one| {
        if snapshot.ranks()[one.row as usize] < limit || one.dot || one.kind == 1 {
            return true;
        }
        let label = snapshot.label(one.row);
        if !ground.holds(label) {
            return false;
        }
        one.from = sketch.end() as u32;
        sketch.stand_in(ground.unit(label), one.kind - 1);
        one.to = sketch.end() as u32;
        one.dot = true;
        one.simplified = false;
        true
    });
}

/// Appends the layer of label points for what is in the tile: for each area one point inside, and along
/// lines their anchors; in the tile where the point lies, and where there is room for a label or the layer
/// is small.
fn labels(snapshot: &Snapshot, ground: &impl Ground, memory: &mut Memory, bytes: &mut Vec<u8>) {
    if snapshot.info().dimension == 0 {
        return;
    }
    let Memory {
        sketch,
        desk,
        outlines,
    } = memory;
    sketch.clear();
    let mut points = vec![];
    let mut angles = vec![];
    let mut point = |row: u32, at: [u32; 2], named: bool| {
        let from = sketch.end() as u32;
        sketch.point(ground.unit(at));
        points.push(Outline {
            row,
            kind: 1,
            dot: false,
            simplified: false,
            named,
            room: 0,
            from,
            to: sketch.end() as u32,
        });
    };
    for one in outlines.iter() {
        if one.kind == 3 {
            if one.room < LABEL_UNITS && !pick::is_small(snapshot) {
                continue;
            }
            let label = snapshot.label(one.row);
            if ground.holds(label) {
                point(one.row, label, true);
            }
        } else {
            for (at, anchor) in snapshot.anchors(one.row).iter().enumerate() {
                if anchor.zoom > u32::from(ground.vertex_zoom()) {
                    break;
                }
                if ground.holds(anchor.at) {
                    // One of them stands for the feature, so that no id comes twice in a tile.
                    point(one.row, anchor.at, at == 0);
                    angles.push(i64::from(anchor.degrees));
                }
            }
        }
    }
    if points.is_empty() {
        return;
    }
    let mut keys: Vec<Key<'_>> = sources(snapshot, label_columns(snapshot)).collect();
    if snapshot.info().dimension == 1 {
        keys.retain(|(name, _)| *name != ANGLE);
        keys.push((ANGLE, Source::Each(&angles)));
    }
    let name = format!("{}_label", snapshot.info().id);
    let spec = Spec {
        name: &name,
        keys: &keys,
        ids: snapshot.ids(),
    };
    desk.encode(&spec, &points, sketch.commands());
    desk.finish(&spec, bytes);
}

#[cfg(test)]
mod declared_tests;
#[cfg(test)]
mod laws;
#[cfg(test)]
mod pyramid_tests;
#[cfg(test)]
mod slivers;
#[cfg(test)]
mod tests;

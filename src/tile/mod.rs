//! Mapbox Vector Tiles 2.1 straight from mapped snapshots, honest about what they leave out.
//!
//! Rows come from the snapshot's index, vertices by the zooms that publication gave them, so a request
//! computes only a subtraction, a shift and, at the tile's edge, a cut. [`plain`] writes the same tile the
//! slow way and exists to be compared with.

mod clip;
mod encode;
mod gzip;
mod pick;
pub mod plain;
pub mod pyramid;
mod simplify;
mod sketch;

use std::cell::RefCell;

pub use crate::model::{
    Losses, TileId,
    grid::{BUFFER, EXTENT, MAX_ZOOM},
};
use encode::{LayerWriter, Source};
pub use gzip::{gunzip, gzip, gzip_telling};
use simplify::Grid;
use sketch::{Drawn, Sketch};

use crate::{
    model::Field,
    snapshot::{Rows, Snapshot, SnapshotInfo},
};

/// The bytes, before compression, that a tile is kept under by leaving out the least important features.
pub const MAX_BYTES: usize = 500_000;
/// With more rows than this a sample is drawn first.
const SAMPLED: usize = 4000;
/// How many rows the sample has, or a few more.
const SAMPLE: usize = 400;
/// How many units an area must measure for its label to go into the tile: 8 pixels of 512.
const LABEL_UNITS: i64 = 64;

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
    /// The rows that may appear; all when none is given.
    pub rows: Option<&'a Rows>,
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
}

/// The tile with one layer a snapshot, and for areas a layer of label points. `options` belong to the
/// snapshots by position; those without one are taken whole. Of two snapshots of one layer only the first
/// is taken, as names of layers are unique (MVT 2.1, 4.1).
pub fn tile(snapshots: &[&Snapshot], id: TileId, options: &[TileOptions<'_>]) -> Tile {
    let mut tile = Tile::default();
    for (at, snapshot) in snapshots.iter().enumerate() {
        let name = &snapshot.info().id;
        if snapshots[..at].iter().any(|other| other.info().id == *name) {
            continue;
        }
        // Every layer may use an equal share of what is left.
        let left = MAX_BYTES.saturating_sub(tile.bytes.len()) / (snapshots.len() - at);
        let own = options.get(at).copied().unwrap_or_default();
        layer(snapshot, id, &own, left, &mut tile);
    }
    tile
}

thread_local! {
    static SKETCH: RefCell<Sketch> = RefCell::default();
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
) -> impl Iterator<Item = (&str, Source<'_>)> {
    let known = &snapshot.info().fields;
    fields.into_iter().filter_map(|at| {
        let name = known.get(at)?.name.as_str();
        Some((name, Source::Column(snapshot.column(at))))
    })
}

/// The properties of a layer in the tile: the asked fields in the snapshot's order, each once, then the
/// extra columns; an extra column of a field's name takes its place.
fn properties<'a>(snapshot: &'a Snapshot, options: &TileOptions<'a>) -> Vec<(&'a str, Source<'a>)> {
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

/// Appends a snapshot's layers to the tile.
fn layer(
    snapshot: &Snapshot,
    id: TileId,
    options: &TileOptions<'_>,
    budget: usize,
    tile: &mut Tile,
) {
    let mut losses = Losses::default();
    let mut rows = pick::rows(snapshot, id, options, &mut losses);
    let sources = properties(snapshot, options);
    SKETCH.with_borrow_mut(|sketch| {
        let name = snapshot.info().id.to_string();
        if rows.len() > SAMPLED && !pick::is_small(snapshot) {
            // A few drawn first tell how many will fit, so that a full tile is drawn once, not twice.
            let some: Vec<u32> = rows.iter().step_by(rows.len() / SAMPLE).copied().collect();
            let writer = LayerWriter::new(name.clone(), sources.iter().copied());
            let drawn = draw(snapshot, id, &some, writer, sketch);
            if !drawn.sizes.is_empty() {
                let fits = budget * drawn.sizes.len() / drawn.writer.len();
                let before = rows.len();
                pick::keep_best(&mut rows, snapshot.ranks(), fits);
                losses.dropped += (before - rows.len()) as u64;
            }
        }
        let mut drawn = draw(
            snapshot,
            id,
            &rows,
            LayerWriter::new(name.clone(), sources.iter().copied()),
            sketch,
        );
        // Twice is enough unless values differ wildly; the last try takes half each time.
        for turn in 0..6 {
            if drawn.writer.len() <= budget || pick::is_small(snapshot) {
                break;
            }
            let share = if turn < 2 {
                0.96 * budget as f64 / drawn.writer.len() as f64
            } else {
                0.5
            };
            let before = drawn.sizes.len();
            rows = best_of(&drawn, snapshot.ranks(), share);
            losses.dropped += (before - rows.len()) as u64;
            let writer = LayerWriter::new(name.clone(), sources.iter().copied());
            drawn = draw(snapshot, id, &rows, writer, sketch);
        }
        losses.as_points = drawn.dots;
        losses.simplified = drawn.simplified;
        losses.features_matched = drawn.sizes.len() as u64 + losses.dropped;
        drawn.writer.finish(&mut tile.bytes);
        if !options.no_labels {
            let rows = drawn.sizes.iter().map(|&(row, _)| row);
            labels(snapshot, id, rows, sketch, &mut tile.bytes);
        }
    });
    tile.losses.add(&losses);
}

/// A layer drawn once.
struct DrawnLayer<'a> {
    writer: LayerWriter<'a>,
    /// The rows that are in it, and how many bytes each took.
    sizes: Vec<(u32, u32)>,
    dots: u64,
    simplified: u64,
}

fn draw<'a>(
    snapshot: &Snapshot,
    id: TileId,
    rows: &[u32],
    mut writer: LayerWriter<'a>,
    sketch: &mut Sketch,
) -> DrawnLayer<'a> {
    let grid = Grid::of(id);
    let world = snapshot.world();
    let zooms = snapshot.vertex_zooms();
    let mut sizes = Vec::with_capacity(rows.len());
    let (mut dots, mut simplified) = (0, 0);
    for &row in rows {
        let shape = world.get(row as usize);
        let drawn = sketch.draw(grid, shape, zooms, snapshot.bounds(row));
        if drawn == Drawn::Nothing {
            continue;
        }
        dots += u64::from(drawn == Drawn::Dot);
        simplified += u64::from(sketch.simplified);
        let before = writer.features_len();
        let kind = shape.kind.dimension().map_or(0, |dimension| dimension + 1);
        writer.feature(snapshot.id(row).0, row, kind, sketch);
        sizes.push((row, (writer.features_len() - before) as u32));
    }
    DrawnLayer {
        writer,
        sizes,
        dots,
        simplified,
    }
}

/// The rows of the best ranks whose bytes come to a share of all, ascending.
fn best_of(drawn: &DrawnLayer<'_>, ranks: &[u32], share: f64) -> Vec<u32> {
    let total: u64 = drawn.sizes.iter().map(|&(_, size)| u64::from(size)).sum();
    let mut left = (total as f64 * share) as u64;
    let mut sizes = drawn.sizes.clone();
    sizes.sort_unstable_by_key(|&(row, _)| ranks[row as usize]);
    let mut rows: Vec<u32> = sizes
        .into_iter()
        .take_while(|&(_, size)| {
            let fits = u64::from(size) <= left;
            left = left.saturating_sub(u64::from(size));
            fits
        })
        .map(|(row, _)| row)
        .collect();
    rows.sort_unstable();
    rows
}

/// Appends the layer of label points: for each area in the tile whose label lies in it, once, and that is
/// large enough here for a label to make sense, or of a layer that is small.
fn labels(
    snapshot: &Snapshot,
    id: TileId,
    rows: impl Iterator<Item = u32>,
    sketch: &mut Sketch,
    bytes: &mut Vec<u8>,
) {
    if snapshot.info().dimension != 2 {
        return;
    }
    let grid = Grid::of(id);
    let world = snapshot.world();
    let name = format!("{}_label", snapshot.info().id);
    let mut writer = LayerWriter::new(name, sources(snapshot, label_columns(snapshot)));
    for row in rows {
        if world.get(row as usize).kind.dimension() != Some(2) {
            continue;
        }
        let label = snapshot.label(row);
        if TileId::holding(id.z(), label) != id {
            continue;
        }
        let ([low, high], _) = grid.frame_of(snapshot.bounds(row));
        let room = (high[0] - low[0]).max(high[1] - low[1]);
        if room < LABEL_UNITS && !pick::is_small(snapshot) {
            continue;
        }
        sketch.point(grid.unit(label));
        writer.feature(snapshot.id(row).0, row, 1, sketch);
    }
    writer.finish(bytes);
}

#[cfg(test)]
mod pyramid_tests;
#[cfg(test)]
mod tests;

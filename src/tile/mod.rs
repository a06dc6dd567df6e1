//! Mapbox Vector Tiles straight from mapped snapshots, honest about what they leave out.
mod grid;
pub use grid::TileId;

use crate::snapshot::{Rows, Snapshot};

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

/// What a tile leaves out or changes, summed over its layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Losses {
    /// Features whose box meets the tile and that pass the filter.
    pub features_matched: u64,
    /// Of those, how many are left out, because the tile is full or they fall below its grid.
    pub dropped: u64,
    /// How many are drawn as a dot of one grid cell, because they are smaller.
    pub as_points: u64,
    /// How many lost vertices beyond those that fall together on the grid.
    pub simplified: u64,
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
/// snapshots by position; those without one are taken whole.
pub fn tile(_snapshots: &[&Snapshot], _id: TileId, _options: &[TileOptions<'_>]) -> Tile {
    todo!()
}

/// The bytes as a gzip member, at the level that costs least for what it saves.
pub fn gzip(_bytes: &[u8]) -> Vec<u8> {
    todo!()
}

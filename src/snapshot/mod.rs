//! One immutable version of a layer, in a folder of its own.
//!
//! `truth.fgb` is a FlatGeobuf in WGS 84 with every attribute: what other tools open and every export
//! starts from. `serve` holds the same rows as mapped columns: what tiles, box searches and scans read.
//! Rows lie in one order in both, along a Hilbert curve; a row number means nothing outside its version,
//! a [`FeatureId`] is for ever. `serve` can be lost: it is built again from the truth.

mod build;
mod columns;
mod hash;
mod info;
mod labels;
mod order;
pub mod pmtiles;
mod pyramid;
#[cfg(test)]
pub(crate) mod sample;
mod tree;
mod truth;
mod vertices;
mod view;

use std::{
    path::{Path, PathBuf},
    sync::OnceLock,
};

pub use hash::content_hash;
pub use info::SnapshotInfo;
pub use labels::Anchor;
pub(crate) use order::SMALL_LAYER;
pub(crate) use pyramid::gzip_header;
pub use pyramid::{FORM as TILE_FORM, PYRAMID, Pyramid, PyramidInfo, ZoomLosses, losses_of};
pub(crate) use vertices::{BLOCK, Blocks};
pub use view::{Codes, ColumnView, Entries};

pub use columns::Mapped;
use columns::{Columns, Opened};
use truth::Truth;

use crate::model::{FeatureId, Layer, Shapes, ShapesRef, Value, Version};

/// Why a snapshot could not be built or opened.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The disk said no.
    #[error("cannot {doing} {path}")]
    Disk {
        /// What was tried: `write`, `open`.
        doing: &'static str,
        /// The file.
        path: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The file is not what it should be.
    #[error("{path} is damaged: {what}")]
    Damaged {
        /// The file.
        path: String,
        /// What is wrong with it.
        what: String,
    },
    /// The layer cannot be written.
    #[error("layer {layer} cannot become a snapshot: {what}")]
    Layer {
        /// The layer.
        layer: String,
        /// What is wrong with it.
        what: String,
    },
}

impl SnapshotError {
    /// Turns the system's error about a path into ours.
    fn disk(doing: &'static str, path: &Path) -> impl Fn(std::io::Error) -> Self + use<> {
        let path = path.display().to_string();
        move |source| Self::Disk {
            doing,
            path: path.clone(),
            source,
        }
    }
}

/// The name of the truth in a version's folder.
pub const TRUTH: &str = "truth.fgb";
/// The name of the serving form in a version's folder.
pub const SERVE: &str = "serve";

/// A box that meets none.
const NOWHERE: [u32; 4] = [u32::MAX, u32::MAX, 0, 0];

/// An open version of a layer: mapped, cheap to open, shared between threads.
#[derive(Debug)]
pub struct Snapshot {
    info: SnapshotInfo,
    columns: Columns,
    truth: Truth,
    folder: PathBuf,
    pyramid: OnceLock<Pyramid>,
}

impl Snapshot {
    /// Writes `truth.fgb` into `dir`, then builds `serve` from it. Both are written under a temporary
    /// name, synced and renamed.
    pub fn build(
        layer: &Layer,
        version: Version,
        draft: bool,
        built_at: &str,
        dir: &Path,
    ) -> Result<SnapshotInfo, SnapshotError> {
        Self::build_named(layer, content_hash(layer), version, draft, built_at, dir)
    }

    /// The same for a layer whose [`content_hash`] is already known.
    pub fn build_named(
        layer: &Layer,
        hash: String,
        version: Version,
        draft: bool,
        built_at: &str,
        dir: &Path,
    ) -> Result<SnapshotInfo, SnapshotError> {
        build::build(layer, hash, version, draft, built_at, dir)
    }

    /// Opens the version in `dir`; builds `serve` again from the truth when it is absent, of an old form
    /// of another truth or damaged. A damaged truth is an error: nothing can be built from it.
    pub fn open(dir: &Path) -> Result<Self, SnapshotError> {
        let truth = Truth::open(&dir.join(TRUTH))?;
        let path = dir.join(SERVE);
        let mut opened = if path.exists() {
            Columns::open(&path, truth.bytes_len()).or_else(|error| match error {
                SnapshotError::Damaged { path, what } => {
                    tracing::warn!(%path, %what, "damaged; built again from the truth");
                    Ok(Opened::Old)
                }
                other => Err(other),
            })?
        } else {
            Opened::Old
        };
        if matches!(opened, Opened::Old) {
            build::serve_from_truth(&truth, dir)?;
            opened = Columns::open(&path, truth.bytes_len())?;
        }
        let Opened::Sound(sound) = opened else {
            return Err(SnapshotError::Damaged {
                path: path.display().to_string(),
                what: "it is of another form although it was just built".to_owned(),
            });
        };
        let (info, columns) = *sound;
        let snapshot = Self {
            info,
            columns,
            truth,
            folder: dir.to_owned(),
            pyramid: OnceLock::new(),
        };
        snapshot.find_pyramid();
        Ok(snapshot)
    }

    /// The folder of the version.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Its tiles, made beforehand; none while there are none.
    pub fn pyramid(&self) -> Option<&Pyramid> {
        self.pyramid.get()
    }

    /// Looks again whether there is a pyramid, where none was open. One that is damaged, or was made from
    /// something else, is not taken and told to the log.
    pub fn find_pyramid(&self) -> Option<&Pyramid> {
        let path = self.folder.join(PYRAMID);
        if self.pyramid.get().is_none() && path.exists() {
            match Pyramid::open(&path, &self.info.hash) {
                Ok(pyramid) => {
                    // Another thread may have been faster; its pyramid is the same.
                    self.pyramid.set(pyramid).ok();
                }
                Err(error) => {
                    tracing::warn!(layer = %self.info.id, %error, "tiles are made on demand");
                }
            }
        }
        self.pyramid.get()
    }

    /// What is known of it.
    pub fn info(&self) -> &SnapshotInfo {
        &self.info
    }

    /// The number of features.
    pub fn len(&self) -> usize {
        self.columns.rows()
    }

    /// True without features.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many features have a place; they are the first rows, the others follow.
    pub fn placed(&self) -> usize {
        self.columns.placed()
    }

    /// The id of a row's feature.
    pub fn id(&self, row: u32) -> FeatureId {
        FeatureId(self.columns.ids()[row as usize])
    }

    /// The ids of all rows.
    pub(crate) fn ids(&self) -> &[u64] {
        self.columns.ids()
    }

    /// The row of a feature.
    pub fn row_of(&self, id: FeatureId) -> Option<u32> {
        let (ids, order) = (self.columns.ids(), self.columns.id_order());
        let of = |row: u32| ids.get(row as usize).copied().unwrap_or(u64::MAX);
        let at = order.binary_search_by_key(&id.0, |&row| of(row)).ok()?;
        Some(order[at])
    }

    /// Every row, by ascending id of its feature.
    pub fn id_order(&self) -> &[u32] {
        self.columns.id_order()
    }

    /// All geometries in world positions, of the kind and with the vertices that the truth has.
    pub fn world(&self) -> ShapesRef<'_, u32> {
        self.columns.world()
    }

    /// The box of a row: smallest x and y, largest x and y, world positions. A row without geometry has
    /// a box that meets none.
    #[inline]
    pub fn bounds(&self, row: u32) -> [u32; 4] {
        self.columns.tree().bounds(row).unwrap_or(NOWHERE)
    }

    /// Adds the rows whose boxes meet the given one to `out`, ascending.
    pub fn search(&self, world_box: [u32; 4], out: &mut Vec<u32>) {
        self.search_ranges(world_box, |rows| out.extend(rows));
    }

    /// The same as ranges.
    pub fn search_ranges(&self, world_box: [u32; 4], mut found: impl FnMut(std::ops::Range<u32>)) {
        self.columns.tree().search(&world_box, &mut |rows| {
            found(rows);
            true
        });
    }

    /// Of these rows, those whose boxes meet the given one, in their order.
    pub fn near(&self, world_box: [u32; 4], rows: &[u32]) -> Vec<u32> {
        let tree = self.columns.tree();
        let meets = |row: &u32| {
            tree.bounds(*row)
                .is_some_and(|own| tree::meets(&own, &world_box))
        };
        rows.iter().copied().filter(meets).collect()
    }

    /// True when some row's box meets the given one.
    pub fn meets(&self, world_box: [u32; 4]) -> bool {
        !self.columns.tree().search(&world_box, &mut |_| false)
    }

    /// How many rows, at most, have boxes that meet the given one, and how many coordinates these have; none
    /// once either passes its limit. A look at the tree above its leaves, so it costs little.
    pub fn count_near(
        &self,
        world_box: [u32; 4],
        rows: usize,
        coords: usize,
    ) -> Option<(usize, usize)> {
        let world = self.world();
        let (mut seen, mut vertices) = (0, 0);
        let few = self
            .columns
            .tree()
            .search_roughly(&world_box, &mut |range| {
                seen += range.len();
                vertices += world.coords_before(range.end as usize)
                    - world.coords_before(range.start as usize);
                seen <= rows && vertices <= coords
            });
        few.then_some((seen, vertices))
    }

    /// Where a row's label goes: inside an area, on a line, at a point. World position.
    pub fn label(&self, row: u32) -> [u32; 2] {
        self.columns.labels()[row as usize]
    }

    /// Where labels may go along a row's line, the one that stands for it first; none for other shapes.
    pub fn anchors(&self, row: u32) -> &[Anchor] {
        self.columns.anchors(row)
    }

    /// Reads a little of what will be read of each row, so that the memory of all of them is under way at
    /// once rather than one after the other.
    pub(crate) fn touch(&self, rows: &[u32]) {
        let world = self.world();
        let zooms = self.vertex_zooms();
        let mut seen = 0;
        for &row in rows {
            let first = world.coords_before(row as usize);
            seen ^= self.bounds(row)[0];
            seen ^= world.coords.get(first).map_or(0, |at| at[0]);
            seen ^= zooms.get(first).copied().map_or(0, u32::from);
        }
        std::hint::black_box(seen);
    }

    /// The coordinates of [`Self::world`] by blocks.
    pub(crate) fn blocks(&self) -> Blocks<'_> {
        self.columns.blocks()
    }

    /// For each row its place by importance: 0 stays longest in a crowded tile.
    pub fn ranks(&self) -> &[u32] {
        self.columns.ranks()
    }

    /// For each row the zoom from which it is shown.
    pub fn first_zooms(&self) -> &[u8] {
        self.columns.first_zooms()
    }

    /// For each coordinate of [`Self::world`] the zoom from which it matters.
    pub fn vertex_zooms(&self) -> &[u8] {
        self.columns.vertex_zooms()
    }

    /// The value of a row in a field.
    pub fn value(&self, row: u32, field: usize) -> Value<'_> {
        self.columns.field(field).get(row)
    }

    /// A field's values for a scan.
    pub fn column(&self, field: usize) -> ColumnView<'_> {
        self.columns.field(field)
    }

    /// The position of a field by its exact name.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.info.fields.iter().position(|field| field.name == name)
    }

    /// Adds a row's exact longitude/latitude geometry, read from the truth, to `out`.
    pub fn read_lonlat(&self, row: u32, out: &mut Shapes<f64>) {
        self.truth
            .read_shape(self.columns.truth_offsets()[row as usize], out);
    }
}

#[cfg(test)]
mod tests;

//! One immutable version of a layer: the truth that other tools open, and the mapped columns we serve from.
mod info;
mod rows;
mod view;

use std::path::Path;

pub use info::SnapshotInfo;
pub use rows::Rows;
pub use view::{Codes, ColumnView, Entries};

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

/// An open version of a layer: mapped, cheap to open, shared between threads.
#[derive(Debug)]
pub struct Snapshot {
    info: SnapshotInfo,
}

/// The hash of a layer's content.
pub fn content_hash(_layer: &Layer) -> String {
    todo!()
}

impl Snapshot {
    /// Writes `truth.fgb` into `dir`, then builds `serve` from it. Files get their names when whole.
    pub fn build(
        _layer: &Layer,
        _version: Version,
        _draft: bool,
        _built_at: &str,
        _dir: &Path,
    ) -> Result<SnapshotInfo, SnapshotError> {
        todo!()
    }

    /// Opens the version in `dir`; builds `serve` again from the truth when it is absent or of an old form.
    pub fn open(_dir: &Path) -> Result<Self, SnapshotError> {
        todo!()
    }

    /// What is known of it.
    pub fn info(&self) -> &SnapshotInfo {
        &self.info
    }

    /// The number of features.
    pub fn len(&self) -> usize {
        todo!()
    }

    /// True without features.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id of a row's feature.
    pub fn id(&self, _row: u32) -> FeatureId {
        todo!()
    }

    /// The row of a feature.
    pub fn row_of(&self, _id: FeatureId) -> Option<u32> {
        todo!()
    }

    /// All geometries in world positions.
    pub fn world(&self) -> ShapesRef<'_, u32> {
        todo!()
    }

    /// The box of a row: smallest x and y, largest x and y, world positions. A row without geometry has
    /// a box that meets none.
    pub fn bounds(&self, _row: u32) -> [u32; 4] {
        todo!()
    }

    /// Adds the rows whose boxes meet the given one to `out`, ascending.
    pub fn search(&self, _world_box: [u32; 4], _out: &mut Vec<u32>) {
        todo!()
    }

    /// Where a row's label goes: inside an area, on a line, at a point. World position.
    pub fn label(&self, _row: u32) -> [u32; 2] {
        todo!()
    }

    /// The value of a row in a field.
    pub fn value(&self, _row: u32, _field: usize) -> Value<'_> {
        todo!()
    }

    /// A field's values for a scan.
    pub fn column(&self, _field: usize) -> ColumnView<'_> {
        todo!()
    }

    /// The position of a field by its exact name.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.info.fields.iter().position(|field| field.name == name)
    }

    /// Adds a row's exact longitude/latitude geometry, read from the truth, to `out`.
    pub fn read_lonlat(&self, _row: u32, _out: &mut Shapes<f64>) {
        todo!()
    }
}

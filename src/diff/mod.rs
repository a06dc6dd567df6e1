//! What changed between two versions of a layer: before it is approved, somebody looks at this.
//!
//! Features are the same when their ids are (the id comes from the business key alone), so two versions
//! are compared in one walk over both id orders. A feature has moved when its coordinates differ on the
//! grid of the serving form (one centimetre) beyond another start of a ring; its values have changed when
//! a field that both versions have says something else.

mod describe;
mod key;
mod table;
#[cfg(test)]
mod tests;
mod walk;
mod wards;

use serde::Serialize;

pub use table::{csv, csv_until};
pub use walk::{Change, Pair, pairs, walk, walk_until};
pub use wards::{Pieces, Share, Successor, Ward, WardChange};

use crate::{model::FeatureId, snapshot::Snapshot};

/// A field of the schema that came, went or changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SchemaChange {
    /// The field.
    pub field: String,
    /// `added`, `removed`, `type` or `unit`.
    pub change: &'static str,
    /// What it was.
    pub before: Option<String>,
    /// What it is.
    pub after: Option<String>,
}

/// A metadata element that says something else.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MetadataChange {
    /// The element.
    pub element: String,
    /// What it said.
    pub before: serde_json::Value,
    /// What it says.
    pub after: serde_json::Value,
}

/// How many features differ in a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// In how many features of both versions its value differs.
    pub features: u64,
}

/// A value before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ValueChange {
    /// The field.
    pub field: String,
    /// What it was.
    pub before: serde_json::Value,
    /// What it is.
    pub after: serde_json::Value,
}

/// A feature that differs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RowChange {
    /// Its id.
    pub id: FeatureId,
    /// Its business key, as people know it.
    pub key: String,
    /// `added`, `removed` or `changed`.
    pub change: &'static str,
    /// True when its geometry differs.
    pub geometry: bool,
    /// The values that differ, for one that is in both.
    pub values: Vec<ValueChange>,
}

/// How many of what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Features of the older version.
    pub before: u64,
    /// Features of the newer version.
    pub after: u64,
    /// In the newer one only.
    pub added: u64,
    /// In the older one only.
    pub removed: u64,
    /// In both, alike.
    pub unchanged: u64,
    /// In both, with another geometry or other values.
    pub changed: u64,
    /// Of those: with another geometry.
    pub geometry_changed: u64,
    /// Of those: with other values.
    pub values_changed: u64,
}

/// The difference between two versions. `before = after - added + removed`, always.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// In one sentence.
    pub summary: String,
    /// How many of what.
    pub counts: Counts,
    /// Fields with other values, most first.
    pub fields: Vec<FieldChange>,
    /// How the schema drifted.
    pub schema: Vec<SchemaChange>,
    /// Which metadata elements say something else.
    pub metadata: Vec<MetadataChange>,
    /// For areas that cover the ground: what became of the set.
    pub wards: Option<WardChange>,
    /// The first features that differ, by id.
    pub rows: Vec<RowChange>,
    /// True when there are more than `rows` holds.
    pub rows_cut: bool,
}

/// The time that a comparison may take is up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the comparison took longer than it may")]
pub struct TimeUp;

/// True once a comparison has taken long enough; asked every few thousand features, and for every area.
pub type Late<'a> = &'a dyn Fn() -> bool;

/// Compares two versions; without an older one, everything is new. At most `most` rows are listed.
pub fn between(before: Option<&Snapshot>, after: &Snapshot, most: usize) -> Difference {
    between_until(before, after, most, &|| false).expect("there is no clock")
}

/// The same for as long as it is not too late.
pub fn between_until(
    before: Option<&Snapshot>,
    after: &Snapshot,
    most: usize,
    late: Late<'_>,
) -> Result<Difference, TimeUp> {
    describe::describe(before, after, most, late)
}

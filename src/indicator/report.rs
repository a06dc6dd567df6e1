//! What a join says of itself. Its counts always reconcile: see [`JoinReport::reconciles`].

use serde::{Deserialize, Serialize};

/// How many unmatched keys, features, duplicates and near matches are listed. All are counted.
pub(super) const KEPT: usize = 200;

/// A feature of the layer for which the table has no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnvaluedFeature {
    /// The feature's id.
    pub id: u64,
    /// Its key, as the layer writes it.
    pub key: String,
    /// Its name, where the layer has one.
    pub name: Option<String>,
}

/// A key of the table without a feature, and the feature's key that looks most like it. Never joined
/// without a person.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NearMatch {
    /// The key of the table.
    pub key: String,
    /// The key of a feature that has no value.
    pub feature_key: String,
    /// 0 to 1; 1 would be equal.
    pub score: f64,
    /// What is alike: `key`, `name`.
    pub by: String,
}

/// The ward sets of both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delimitation {
    /// The set the table names.
    pub table: Option<String>,
    /// The set the layer names.
    pub layer: Option<String>,
    /// True when both are known and equal; none when one is unknown and nothing speaks against it.
    pub agrees: Option<bool>,
    /// Why they are taken to differ, where the keys or names tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub because: Option<String>,
}

/// How far a join can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Quality {
    /// Nothing speaks against it, and (nearly) every feature has a value.
    Good,
    /// Some features or keys are left over.
    Partial,
    /// Much is left over, or both sides seem to mean different wards.
    Poor,
}

/// How a join went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JoinReport {
    /// The layer.
    pub layer: String,
    /// Its version.
    pub layer_version: u32,
    /// The indicator.
    pub indicator: String,
    /// The table's version.
    pub table_version: String,
    /// The period.
    pub period: String,
    /// What the keys are, and which column of the layer they were held against.
    pub key_scheme: String,
    /// The column of the layer.
    pub key_field: Option<String>,
    /// Why that column.
    pub key_field_why: String,
    /// Features of the layer.
    pub features: u64,
    /// Rows of the table for this period, each counted once below.
    pub table_rows: u64,
    /// Rows that met a feature.
    pub matched: u64,
    /// Of these, rows whose key is written exactly as the feature's.
    pub matched_exactly: u64,
    /// Of these, rows that met after normalising (`01`, `1.0`, `Ward No 1` are 1).
    pub matched_after_normalising: u64,
    /// Of these, rows that met by name; they need a person's confirmation.
    pub matched_by_name: u64,
    /// Features that got a value.
    pub features_with_value: u64,
    /// Rows that met a feature but have no number.
    pub matched_without_number: u64,
    /// Features that got none, the first of them.
    pub features_without_value: Vec<UnvaluedFeature>,
    /// How many in all.
    pub features_without_value_count: u64,
    /// Keys of the table that no feature has, the first of them.
    pub keys_without_feature: Vec<String>,
    /// How many rows they stand in.
    pub keys_without_feature_count: u64,
    /// Rows without a key.
    pub rows_without_key: u64,
    /// Of these, rows that look like a total.
    pub total_rows: u64,
    /// Keys that stand in several rows of the period, the first of them; the first row's value is used.
    pub duplicate_keys: Vec<String>,
    /// How many rows beyond the first of each key.
    pub duplicate_rows: u64,
    /// Keys that several features have; each of these features gets the value.
    pub features_sharing_key: Vec<String>,
    /// Keys left over on both sides that look alike.
    pub near_matches: Vec<NearMatch>,
    /// The ward sets of both sides.
    pub delimitation: Delimitation,
    /// How far it can be trusted.
    pub quality: Quality,
    /// One plain sentence for a person in a hurry.
    pub summary: String,
}

impl JoinReport {
    /// True when every row of the table and every feature of the layer is counted exactly once. Duplicate
    /// rows are counted apart from the matched ones.
    pub fn reconciles(&self) -> bool {
        self.matched + self.duplicate_rows + self.keys_without_feature_count + self.rows_without_key
            == self.table_rows
            && self.matched
                == self.matched_exactly + self.matched_after_normalising + self.matched_by_name
            && self.features_with_value + self.features_without_value_count == self.features
    }
}

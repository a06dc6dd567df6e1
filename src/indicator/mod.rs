//! Indicators: tables of values by ward and period, joined to layers by key when they are read.
//!
//! A table is never written into a layer: an answer names the version of both sides, so a join cannot go
//! stale. Every join tells what did not meet ([`JoinReport`]).

mod breaks;
mod cells;
mod join;
mod judge;
mod key;
mod period;
mod report;
mod rollup;
mod table;

pub use breaks::{equal, jenks, quantile};
pub use cells::{Sheet, SheetError};
pub use join::{LayerKeys, join_keys};
pub use period::Ambiguous;
pub use rollup::{CityValue, rollup};
pub use table::{Declared, Parsed, Shape, TableError, TableFinding, TableOptions, parse};

pub use report::{Delimitation, JoinReport, NearMatch, Quality, UnvaluedFeature};

use serde::{Deserialize, Serialize};

use crate::{
    model::{IndicatorId, LayerId},
    snapshot::Snapshot,
};

/// A span of time that a value is for.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Period {
    /// The first day, days since 1970-01-01.
    pub from: i32,
    /// The last day, included.
    pub to: i32,
    /// What people call it: `2021-22`, `2020`, `2021-04`. Unique in a table.
    pub label: String,
}

/// One value of one key in one period.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Observation {
    /// The key as the table writes it.
    pub key: String,
    /// The position of its period in [`IndicatorTable::periods`].
    pub period: u32,
    /// The value; none where the cell was blank or said why it is missing.
    pub value: Option<f64>,
    /// The numerator of a ratio.
    pub numer: Option<f64>,
    /// The denominator of a ratio.
    pub denom: Option<f64>,
    /// The name that stood beside the key.
    pub name: Option<String>,
    /// Why there is no value: `not_collected`, `suppressed`, …
    pub missing: Option<String>,
    /// The row of the file, counted from 1 with the header.
    pub row: u64,
    /// True for a row without a ward that sums the others up.
    #[serde(default)]
    pub total: bool,
}

/// The values of one indicator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IndicatorTable {
    /// The indicator's code.
    pub id: IndicatorId,
    /// What people call it.
    pub title: String,
    /// The unit of its values.
    pub unit: String,
    /// `higher`, `lower`, `target`, `neutral`: which way is better.
    pub direction: String,
    /// How wards make a city: see [`crate::standard`]'s roll-ups.
    pub rollup: String,
    /// What numerator over denominator is multiplied with: 100 for per cent.
    #[serde(default = "one")]
    pub factor: f64,
    /// The layer its keys name features of; none when nobody said.
    pub layer: Option<LayerId>,
    /// What the keys are: `city:ward_no`, `lgd:ward`, `city:ward_name`, …
    pub key_scheme: String,
    /// The set of wards the keys belong to; none when nobody said.
    pub delim: Option<String>,
    /// The periods, ascending.
    pub periods: Vec<Period>,
    /// The values, in the order of the file.
    pub observations: Vec<Observation>,
    /// BLAKE3 of what it was read from, the first 16 hex digits: the table's version.
    pub version: String,
}

/// A layer with the values of a period.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// One value for each row of the snapshot; NaN where there is none.
    pub values: Vec<f64>,
    /// What met and what did not.
    pub report: JoinReport,
}

fn one() -> f64 {
    1.0
}

/// Joins the values of a period to the rows of a layer by key. The column is chosen by the table's
/// key scheme, and among the columns of that scheme by how many rows meet.
pub fn join(snapshot: &Snapshot, table: &IndicatorTable, period: &Period) -> Joined {
    join::join_keys(&LayerKeys::of(snapshot, &table.key_scheme), table, period)
}

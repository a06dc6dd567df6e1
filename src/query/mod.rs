//! Questions to snapshots: which features, how they stand to others, what lies in an area.
//!
//! In: a [`Snapshot`] (or several) and a question. Out: row numbers, and columns beside them. Nothing
//! here writes JSON or knows a status code. Every loop is held by a [`Budget`].

mod answer;
mod budget;
mod error;
pub mod filter;
mod request;

pub use answer::{Answer, AnswerColumn, Lookup, Totals, answer};
pub use budget::{Budget, MAX_PAIRS};
pub use error::QueryError;
pub use filter::{Filter, FilterError};
pub use request::{
    Aggregate, DEFAULT_LIMIT, Format, MAX_DISTANCE_M, MAX_LIMIT, MAX_NEAREST, Measure, Nearest, Of,
    RelationName, Request, Which,
};

use crate::{model::Bbox, snapshot::Snapshot};

/// A property with the value it must have, as text from a query string.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PropertyEquals {
    /// The field's exact name.
    pub field: String,
    /// The value as people write it; read by the field's type.
    pub value: String,
}

/// Which features of one layer, and which page of them.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Those whose geometry meets the box, and those without geometry (OGC API Features 1.0, 7.15.3);
    /// west > east crosses 180 degrees.
    pub bbox: Option<Bbox>,
    /// All of these must hold.
    pub where_: Vec<PropertyEquals>,
    /// And this.
    pub filter: Option<Filter>,
    /// Rows to skip of those that match.
    pub offset: u64,
    /// Rows to give at most.
    pub limit: u64,
}

/// A page of rows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The rows, ascending. The order is that of the snapshot: it depends on no parameter.
    pub rows: Vec<u32>,
    /// How many rows match in all; exact.
    pub matched: u64,
    /// The offset of the next page; none on the last.
    pub next: Option<u64>,
}

/// The rows that match a query, a page of them.
pub fn run(snapshot: &Snapshot, query: &Query, budget: &Budget<'_>) -> Result<Page, QueryError> {
    let _ = (snapshot, query, budget);
    todo!()
}

/// All rows that match a query, whatever its offset and limit: for tiles, exports and aggregates.
pub fn rows(
    snapshot: &Snapshot,
    query: &Query,
    budget: &Budget<'_>,
) -> Result<Vec<u32>, QueryError> {
    let _ = (snapshot, query, budget);
    todo!()
}

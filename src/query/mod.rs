//! Questions to snapshots: which features, how they stand to others, what lies in an area.
//!
//! In: a [`Snapshot`] (or several) and a question. Out: row numbers, and columns beside them. Nothing
//! here writes JSON or knows a status code. Every loop is held by a [`Budget`].

mod added;
mod aggregate;
mod answer;
mod areas;
mod budget;
pub mod distance;
mod edges;
mod error;
pub mod filter;
mod nearest;
mod relate;
mod request;
mod select;
mod source;
mod spatial;

pub use answer::{Answer, AnswerColumn, Lookup, Totals, answer};
pub use budget::{Budget, MAX_PAIRS};
pub use error::QueryError;
pub use filter::{Filter, FilterError};
pub use request::{
    Aggregate, DEFAULT_LIMIT, Format, MAX_DISTANCE_M, MAX_LIMIT, MAX_NEAREST, Measure, Nearest, Of,
    RelationName, Request, Which,
};

use geo::CoordsIter;
use geo_types::Geometry;
use serde_json::Value as Json;

use crate::{model::Bbox, snapshot::Snapshot};

/// The most positions a geometry in a question may have: the largest municipal limits have some tens of
/// thousands.
pub const MAX_VERTICES: usize = 200_000;

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
    let found = rows(snapshot, query, budget)?;
    Ok(page(found, query.offset, query.limit))
}

/// All rows that match a query, whatever its offset and limit: for tiles, exports and aggregates.
/// Ascending.
pub fn rows(
    snapshot: &Snapshot,
    query: &Query,
    budget: &Budget<'_>,
) -> Result<Vec<u32>, QueryError> {
    select::rows(snapshot, query, budget)
}

/// Of the rows whose boxes meet a world box, those with the property values and the filter of a query:
/// for tiles, which cut shapes themselves. Ascending.
pub fn near(
    snapshot: &Snapshot,
    world_box: [u32; 4],
    query: &Query,
    budget: &Budget<'_>,
) -> Result<Vec<u32>, QueryError> {
    let mut found = vec![];
    snapshot.search(world_box, &mut found);
    select::among(snapshot, found, query, budget)
}

/// A page of all rows that match.
fn page(mut rows: Vec<u32>, offset: u64, limit: u64) -> Page {
    let matched = rows.len() as u64;
    let from = offset.min(matched);
    let to = from.saturating_add(limit).min(matched);
    rows.truncate(to as usize);
    rows.drain(..from as usize);
    Page {
        rows,
        matched,
        next: (to < matched && limit > 0).then_some(to),
    }
}

/// A GeoJSON geometry (RFC 7946) as ours; the error says what is wrong with it.
pub(crate) fn geojson_geometry(json: &Json) -> Result<Geometry<f64>, String> {
    let parsed: geojson::Geometry = serde_json::from_value(json.clone())
        .map_err(|error| format!("the geometry is no GeoJSON geometry: {error}"))?;
    let geometry = Geometry::<f64>::try_from(parsed)
        .map_err(|error| format!("the geometry cannot be used: {error}"))?;
    let mut count = 0;
    for at in geometry.coords_iter() {
        count += 1;
        if !(at.x.is_finite() && at.y.is_finite() && at.x.abs() <= 360.0 && at.y.abs() <= 90.0) {
            return Err(format!(
                "the geometry has the position {} {}; longitude and latitude in degrees are wanted",
                at.x, at.y
            ));
        }
    }
    match count {
        0 => Err("the geometry is empty".to_owned()),
        1..=MAX_VERTICES => Ok(geometry),
        _ => Err(format!(
            "the geometry has {count} positions; {MAX_VERTICES} are allowed"
        )),
    }
}

#[cfg(test)]
mod answer_tests;
#[cfg(test)]
mod judge;

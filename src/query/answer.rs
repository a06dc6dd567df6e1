//! The answer of `/query`: rows of a snapshot, columns beside its own, and what a reader must know.

use std::sync::Arc;

use serde::Serialize;

use super::{
    Budget, QueryError,
    request::{Format, Request},
};
use crate::{
    indicator::{IndicatorTable, JoinReport},
    model::{IndicatorId, LayerId},
    snapshot::Snapshot,
};

/// Where a question finds what it names. `app` answers from the set being served.
pub trait Lookup {
    /// The served version of a layer.
    fn layer(&self, id: &LayerId) -> Option<Arc<Snapshot>>;
    /// The table of an indicator.
    fn table(&self, id: &IndicatorId) -> Option<Arc<IndicatorTable>>;
}

/// A column that the question added to the layer's own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AnswerColumn {
    /// The property's name: `distance_m`, `count`, `value`, …; never that of a field of the layer.
    pub name: String,
    /// What it says.
    pub title: String,
    /// Its unit, where it has one.
    pub unit: Option<String>,
    /// One value for each of [`Answer::rows`]; none is written as null.
    #[serde(skip)]
    pub values: Vec<Option<f64>>,
}

/// What an aggregate says of the whole, so that the parts can be added up and checked.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Totals {
    /// Features of the other layer that passed its filter.
    pub considered: u64,
    /// Those that were counted in some area.
    pub counted: u64,
    /// Those that lie in none of the areas.
    pub outside: u64,
    /// Those without a geometry, which can lie nowhere.
    pub without_geometry: u64,
    /// Those counted that have no value in the summed field.
    pub without_value: u64,
    /// The sum over all areas; none for a density.
    pub total: Option<f64>,
}

/// An answer, a page of it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The version of the layer that answered.
    pub snapshot: Arc<Snapshot>,
    /// The rows of this page, in order: ascending, or nearest first.
    pub rows: Vec<u32>,
    /// How many rows the whole answer has.
    pub matched: u64,
    /// The offset of the next page; none on the last.
    pub next: Option<u64>,
    /// The offset this page began at, and the limit that held.
    pub offset: u64,
    /// The limit that held.
    pub limit: u64,
    /// Columns beside the layer's own.
    pub columns: Vec<AnswerColumn>,
    /// For an aggregate.
    pub totals: Option<Totals>,
    /// For an indicator: how the join went.
    pub join: Option<JoinReport>,
    /// For an indicator: the period that was joined.
    pub period: Option<String>,
    /// How to write it.
    pub format: Format,
    /// Sentences a reader must know: how distances were measured, what was clamped.
    pub notes: Vec<String>,
}

/// Answers a question from what `lookup` finds, within the budget.
pub fn answer(
    lookup: &dyn Lookup,
    request: &Request,
    budget: &Budget<'_>,
) -> Result<Answer, QueryError> {
    let _ = (lookup, request, budget);
    todo!()
}

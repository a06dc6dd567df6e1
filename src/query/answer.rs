//! The answer of `/query`: rows of a snapshot, columns beside its own, and what a reader must know.

use std::sync::Arc;

use serde::Serialize;

use serde_json::Value as Json;

use super::{
    Budget, DEFAULT_LIMIT, Filter, MAX_DISTANCE_M, MAX_LIMIT, MAX_NEAREST, Nearest, Query,
    QueryError, RelationName, Which,
    added::{indicated, own_name, tallied},
    geojson_geometry, nearest, page,
    relate::{self, Against},
    request::{Format, Request},
    select,
    source::Source,
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
    let Some(id) = &request.layer else {
        return Err(QueryError::bad(
            "layer",
            "is missing",
            "name the layer whose features are asked for",
        ));
    };
    let snapshot = layer(lookup, id)?;
    let source: &dyn Source = &*snapshot;
    let mut notes = vec![];
    let mut columns = vec![];
    let mut rows = which(source, &request.which, "", budget)?;
    rows = relation(lookup, request, source, rows, &mut notes, budget)?;
    let mut distances = None;
    if let Some(near) = &request.nearest {
        let (found, metres) = neighbours(source, &rows, near, budget)?;
        rows = found;
        distances = Some(metres);
        notes.push(
            "distance_m is measured on the ground to the nearest point of each feature".to_owned(),
        );
    }
    if let Some(metres) = distances {
        columns.push(AnswerColumn {
            name: own_name(source, "distance_m"),
            title: "Distance".to_owned(),
            unit: Some("m".to_owned()),
            values: metres.into_iter().map(Some).collect(),
        });
    }
    let mut totals = None;
    if let Some(ask) = &request.aggregate {
        let (column, found) = tallied(lookup, ask, &snapshot, &rows, &mut notes, budget)?;
        columns.push(column);
        totals = Some(found);
    }
    let (mut report, mut period) = (None, None);
    if let Some(indicator) = &request.indicator {
        let (column, joined, label) = indicated(lookup, indicator, request, &snapshot, &rows)?;
        columns.push(column);
        report = Some(joined);
        period = Some(label);
    } else if request.period.is_some() {
        return Err(QueryError::bad(
            "period",
            "stands without an indicator",
            "name the indicator too",
        ));
    }
    let asked = request.limit.unwrap_or(DEFAULT_LIMIT);
    if asked == 0 {
        return Err(QueryError::bad(
            "limit",
            "is 0",
            format!("write 1 to {MAX_LIMIT}"),
        ));
    }
    let limit = asked.min(MAX_LIMIT);
    if limit < asked {
        notes.push(format!(
            "limit was lowered to {MAX_LIMIT}, the most of one page"
        ));
    }
    let offset = request.offset.unwrap_or(0);
    let page = page(rows, offset, limit);
    let from = offset.min(page.matched) as usize;
    for column in &mut columns {
        column.values.truncate(from + page.rows.len());
        column.values.drain(..from);
    }
    Ok(Answer {
        snapshot,
        rows: page.rows,
        matched: page.matched,
        next: page.next,
        offset,
        limit,
        columns,
        totals,
        join: report,
        period,
        format: request.format.unwrap_or(Format::Geojson),
        notes,
    })
}

pub(super) fn layer(lookup: &dyn Lookup, id: &LayerId) -> Result<Arc<Snapshot>, QueryError> {
    lookup.layer(id).ok_or_else(|| QueryError::NotFound {
        what: "layer",
        name: id.to_string(),
        remedy: "/collections lists those that are".to_owned(),
    })
}

/// The rows that all conditions hold for; `path` is where in the request they stand, with a dot behind.
pub(super) fn which(
    source: &dyn Source,
    which: &Which,
    path: &str,
    budget: &Budget<'_>,
) -> Result<Vec<u32>, QueryError> {
    let at = |name: &str| format!("{path}{name}");
    let filter = match &which.filter {
        None => None,
        Some(json) => Some(Filter::parse_any(json).map_err(|error| {
            QueryError::bad(
                at("filter"),
                format!("cannot be read: {error}"),
                "write CQL2 text or JSON",
            )
        })?),
    };
    let query = Query {
        bbox: which.bbox,
        filter,
        ..Query::default()
    };
    let mut rows = select::rows(source, &query, budget).map_err(|error| match error {
        QueryError::Bad {
            parameter,
            detail,
            remedy,
        } => QueryError::bad(at(&parameter), detail, remedy),
        other => other,
    })?;
    for (field, wanted) in which.where_.iter().flatten() {
        let one = [wanted.clone()];
        let members = match wanted {
            Json::Array(members) => members.as_slice(),
            _ => &one,
        };
        let mut texts = vec![];
        for member in members {
            texts.push(match member {
                Json::Null => None,
                Json::String(text) => Some(text.clone()),
                Json::Bool(yes) => Some(yes.to_string()),
                Json::Number(number) => Some(number.to_string()),
                _ => {
                    return Err(QueryError::bad(
                        at(&format!("where.{field}")),
                        "is no value",
                        "write text, a number, true, false, null or an array of these",
                    ));
                }
            });
        }
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        rows = select::with_values(source, rows, field, &texts, budget).map_err(
            |error| match error {
                QueryError::Bad { detail, remedy, .. } => {
                    QueryError::bad(at(&format!("where.{field}")), detail, remedy)
                }
                other => other,
            },
        )?;
    }
    Ok(rows)
}

fn relation(
    lookup: &dyn Lookup,
    request: &Request,
    source: &dyn Source,
    rows: Vec<u32>,
    notes: &mut Vec<String>,
    budget: &Budget<'_>,
) -> Result<Vec<u32>, QueryError> {
    let (relation, of) = match (request.relation, &request.of) {
        (None, None) => {
            if request.distance_m.is_some() {
                return Err(QueryError::bad(
                    "distance_m",
                    "stands without a relation",
                    "write \"relation\": \"distance\" and name `of`",
                ));
            }
            return Ok(rows);
        }
        (Some(relation), Some(of)) => (relation, of),
        (Some(_), None) => {
            return Err(QueryError::bad(
                "of",
                "is missing",
                "name a layer or a geometry that the features must stand in relation to",
            ));
        }
        (None, Some(_)) => {
            return Err(QueryError::bad(
                "relation",
                "is missing",
                "write intersects, within or distance",
            ));
        }
    };
    let metres = match (relation, request.distance_m) {
        (RelationName::Distance, Some(metres)) if (0.0..=MAX_DISTANCE_M).contains(&metres) => {
            metres
        }
        (RelationName::Distance, _) => {
            return Err(QueryError::bad(
                "distance_m",
                "is missing or out of range",
                format!("write metres from 0 to {MAX_DISTANCE_M}"),
            ));
        }
        (_, None) => 0.0,
        (_, Some(_)) => {
            return Err(QueryError::bad(
                "distance_m",
                "belongs to the relation distance",
                "leave it out, or ask for that relation",
            ));
        }
    };
    if relation == RelationName::Distance {
        notes.push(
            "distances are measured in a straight line on the ground, not along streets".to_owned(),
        );
    }
    match (&of.layer, &of.geometry) {
        (Some(id), None) => {
            let other = layer(lookup, id)?;
            let others = which(&*other, &of.which, "of.", budget)?;
            let against = Against::Layer(&*other, &others);
            relate::related(source, &rows, relation, metres, &against, budget)
        }
        (None, Some(json)) => {
            if of.which != Which::default() {
                return Err(QueryError::bad(
                    "of",
                    "has conditions beside a geometry",
                    "conditions choose features of a layer; leave them out",
                ));
            }
            let geometry = geojson_geometry(json)
                .map_err(|why| QueryError::bad("of.geometry", why, "write a GeoJSON geometry"))?;
            relate::related(
                source,
                &rows,
                relation,
                metres,
                &Against::Shape(&geometry),
                budget,
            )
        }
        _ => Err(QueryError::bad(
            "of",
            "must have either a layer or a geometry",
            "write one of both",
        )),
    }
}

fn neighbours(
    source: &dyn Source,
    rows: &[u32],
    near: &Nearest,
    budget: &Budget<'_>,
) -> Result<(Vec<u32>, Vec<f64>), QueryError> {
    let [lon, lat] = near.to;
    if !((-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat)) {
        return Err(QueryError::bad(
            "nearest.to",
            "is no place",
            "write longitude and latitude in degrees, longitude first",
        ));
    }
    if near.k == 0 || near.k > MAX_NEAREST {
        return Err(QueryError::bad(
            "nearest.k",
            "is out of range",
            format!("write 1 to {MAX_NEAREST}"),
        ));
    }
    let found = nearest::nearest(source, rows, near.to, near.k as usize, budget)?;
    Ok(found.into_iter().unzip())
}

//! Which rows of one layer: box, property values and filter, all together.

use super::{
    Query, QueryError,
    budget::Budget,
    filter::{Bound, world_box},
    source::Source,
    spatial::Prepared,
};
use crate::model::{Bbox, FieldType, Shapes, Value, value::NULL_CODE, value::parse_date};

/// All rows that match, ascending.
pub(super) fn rows(
    source: &dyn Source,
    query: &Query,
    budget: &Budget<'_>,
) -> Result<Vec<u32>, QueryError> {
    let bound = bound(source, query)?;
    let found = match query.bbox {
        Some(bbox) => in_bbox(source, bbox, budget)?,
        None => everywhere(source, bound.as_ref()),
    };
    matching(source, query, bound.as_ref(), found, budget)
}

/// Of these rows, those with the property values and the filter of a query, in their order; its box is not
/// looked at.
pub(super) fn among(
    source: &dyn Source,
    rows: Vec<u32>,
    query: &Query,
    budget: &Budget<'_>,
) -> Result<Vec<u32>, QueryError> {
    matching(source, query, bound(source, query)?.as_ref(), rows, budget)
}

fn bound(source: &dyn Source, query: &Query) -> Result<Option<Bound>, QueryError> {
    let Some(filter) = &query.filter else {
        return Ok(None);
    };
    filter.bind(source.fields()).map(Some).map_err(|error| {
        QueryError::bad("filter", error.to_string(), "see /queryables and CQL2 1.0")
    })
}

fn matching(
    source: &dyn Source,
    query: &Query,
    bound: Option<&Bound>,
    mut found: Vec<u32>,
    budget: &Budget<'_>,
) -> Result<Vec<u32>, QueryError> {
    for condition in &query.where_ {
        let wanted = [Some(condition.value.as_str())];
        found = with_values(source, found, &condition.field, &wanted, budget)?;
    }
    match bound {
        Some(bound) => bound.select(source, found, budget),
        None => Ok(found),
    }
}

/// The rows that a filter may say yes to.
fn everywhere(source: &dyn Source, bound: Option<&Bound>) -> Vec<u32> {
    match bound.and_then(Bound::reach) {
        Some(reach) => {
            let mut found = vec![];
            source.search(reach, &mut found);
            found
        }
        None => (0..source.rows()).collect(),
    }
}

/// The rows whose geometry meets a box, and those without geometry, ascending.
fn in_bbox(source: &dyn Source, bbox: Bbox, budget: &Budget<'_>) -> Result<Vec<u32>, QueryError> {
    let numbers = <[f64; 4]>::from(bbox);
    if numbers.iter().any(|number| !number.is_finite()) || bbox.south > bbox.north {
        return Err(QueryError::bad(
            "bbox",
            "must have south below north",
            "write west,south,east,north in degrees",
        ));
    }
    let halves = if bbox.west <= bbox.east {
        vec![bbox]
    } else {
        vec![
            Bbox {
                east: 180.0,
                ..bbox
            },
            Bbox {
                west: -180.0,
                ..bbox
            },
        ]
    };
    let mut found = vec![];
    let mut shapes = Shapes::new();
    for half in &halves {
        let mut near = vec![];
        let reach = world_box(half);
        source.search(reach, &mut near);
        let corners = geo_types::Rect::new(
            geo_types::Coord {
                x: half.west,
                y: half.south,
            },
            geo_types::Coord {
                x: half.east,
                y: half.north,
            },
        );
        let prepared = Prepared::new(corners.to_polygon().into());
        for row in near {
            budget.steps(1)?;
            let Some(bounds) = source.bounds(row) else {
                continue;
            };
            // Two cells in from the edge on every side, so that rounding cannot decide.
            let inside = bounds[0] > reach[0] + 2
                && bounds[1] > reach[1] + 2
                && bounds[2] < reach[2].saturating_sub(2)
                && bounds[3] < reach[3].saturating_sub(2);
            if inside {
                found.push(row);
                continue;
            }
            shapes.clear();
            source.shape(row, &mut shapes);
            budget.pairs(1)?;
            if !shapes.is_empty()
                && prepared
                    .as_ref()
                    .is_some_and(|prepared| prepared.intersects(&shapes.get(0)))
            {
                found.push(row);
            }
        }
    }
    for row in source.first_without_geometry()..source.rows() {
        budget.steps(1)?;
        if source.bounds(row).is_none() {
            found.push(row);
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Of these rows, those whose field has one of the values; none among them means no value.
pub(super) fn with_values(
    source: &dyn Source,
    rows: Vec<u32>,
    field: &str,
    wanted: &[Option<&str>],
    budget: &Budget<'_>,
) -> Result<Vec<u32>, QueryError> {
    let at = source
        .fields()
        .iter()
        .position(|known| known.name == field)
        .ok_or_else(|| {
            QueryError::bad(
                field,
                "is no property of this layer",
                "/queryables lists those that are",
            )
        })?;
    let kind = source.fields()[at].kind;
    let mut tests = vec![];
    for text in wanted {
        tests.push(match text {
            None => Wanted::Null,
            Some(text) => Wanted::read(text, kind).ok_or_else(|| {
                QueryError::bad(field, format!("is no {}: `{text}`", name(kind)), hint(kind))
            })?,
        });
    }
    budget.steps(rows.len() as u64)?;
    let yes = |value: Value<'_>| tests.iter().any(|test| test.is(value));
    let known: Option<Vec<bool>> =
        source
            .distinct(at)
            .filter(|count| *count < rows.len())
            .map(|count| {
                (0..count as u32)
                    .map(|code| yes(source.entry(at, code)))
                    .collect()
            });
    let null = yes(Value::Null);
    Ok(rows
        .into_iter()
        .filter(|&row| match &known {
            Some(known) => match source.code(row, at) {
                NULL_CODE => null,
                code => known.get(code as usize).copied().unwrap_or(null),
            },
            None => yes(source.value(row, at)),
        })
        .collect())
}

/// A value asked for, read by the type of its field.
enum Wanted<'a> {
    Null,
    Text(&'a str),
    Integer(i64),
    Real(f64),
    Bool(bool),
    Date(i32),
    DateTime(i64),
}

impl<'a> Wanted<'a> {
    fn read(text: &'a str, kind: FieldType) -> Option<Self> {
        Some(match kind {
            FieldType::Text => Self::Text(text),
            FieldType::Integer | FieldType::Real => match text.parse() {
                Ok(whole) => Self::Integer(whole),
                Err(_) => Self::Real(
                    text.parse()
                        .ok()
                        .filter(|number: &f64| number.is_finite())?,
                ),
            },
            FieldType::Bool => Self::Bool(match text {
                "true" | "1" => true,
                "false" | "0" => false,
                _ => return None,
            }),
            FieldType::Date => Self::Date(parse_date(text)?),
            FieldType::DateTime => {
                Self::DateTime(text.parse::<jiff::Timestamp>().ok()?.as_millisecond())
            }
        })
    }

    fn is(&self, value: Value<'_>) -> bool {
        match (self, value) {
            (Self::Null, Value::Null) => true,
            (Self::Text(wanted), Value::Text(text)) => *wanted == text,
            (Self::Integer(wanted), Value::Integer(number)) => *wanted == number,
            (Self::Integer(wanted), Value::Real(number)) => *wanted as f64 == number,
            (Self::Real(wanted), Value::Integer(number)) => *wanted == number as f64,
            (Self::Real(wanted), Value::Real(number)) => *wanted == number,
            (Self::Bool(wanted), Value::Bool(yes)) => *wanted == yes,
            (Self::Date(wanted), Value::Date(days)) => *wanted == days,
            (Self::DateTime(wanted), Value::DateTime(millis)) => *wanted == millis,
            _ => false,
        }
    }
}

fn name(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Text => "text",
        FieldType::Integer | FieldType::Real => "number",
        FieldType::Bool => "true or false",
        FieldType::Date => "date",
        FieldType::DateTime => "moment",
    }
}

fn hint(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Text => "write the text as it is",
        FieldType::Integer | FieldType::Real => "write digits, with a point for decimals",
        FieldType::Bool => "write true or false",
        FieldType::Date => "write 2022-04-16",
        FieldType::DateTime => "write 2022-04-16T10:13:19Z",
    }
}

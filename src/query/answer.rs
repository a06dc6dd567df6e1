//! The answer of `/query`: rows of a snapshot, columns beside its own, and what a reader must know.

use std::sync::Arc;

use serde::Serialize;

use serde_json::Value as Json;

use super::{
    Aggregate, Budget, DEFAULT_LIMIT, Filter, MAX_DISTANCE_M, MAX_LIMIT, MAX_NEAREST, Measure,
    Nearest, Query, QueryError, RelationName, Which, aggregate, geojson_geometry, nearest, page,
    relate::{self, Against},
    request::{Format, Request},
    select,
    source::Source,
};
use crate::{
    indicator::{IndicatorTable, JoinReport, join},
    model::{FieldType, IndicatorId, LayerId},
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
        let (column, found) = aggregate(lookup, ask, &snapshot, &rows, &mut notes, budget)?;
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

fn layer(lookup: &dyn Lookup, id: &LayerId) -> Result<Arc<Snapshot>, QueryError> {
    lookup.layer(id).ok_or_else(|| QueryError::NotFound {
        what: "layer",
        name: id.to_string(),
        remedy: "/collections lists those that are".to_owned(),
    })
}

/// The rows that all conditions hold for; `path` is where in the request they stand, with a dot behind.
fn which(
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

fn aggregate(
    lookup: &dyn Lookup,
    ask: &Aggregate,
    snapshot: &Snapshot,
    rows: &[u32],
    notes: &mut Vec<String>,
    budget: &Budget<'_>,
) -> Result<(AnswerColumn, Totals), QueryError> {
    if snapshot.info().dimension != 2 {
        return Err(QueryError::bad(
            "aggregate",
            format!("needs areas, and {} has none", snapshot.info().id),
            "ask for a layer of areas, such as wards",
        ));
    }
    let other = layer(lookup, &ask.of)?;
    let dimension = other.info().dimension;
    let fits = match ask.measure {
        Measure::Length => dimension >= 1,
        Measure::Area => dimension == 2,
        _ => true,
    };
    if !fits {
        return Err(QueryError::bad(
            "aggregate.measure",
            format!(
                "`{}` cannot be worked out for {}",
                ask.measure.name(),
                ask.of
            ),
            "lengths need lines or areas, areas need areas; count works for all",
        ));
    }
    let field = match (ask.measure, &ask.field) {
        (Measure::Sum, Some(name)) => {
            let numeric = other.field(name).filter(|&at| {
                matches!(
                    other.info().fields[at].kind,
                    FieldType::Integer | FieldType::Real
                )
            });
            Some(numeric.ok_or_else(|| {
                QueryError::bad(
                    "aggregate.field",
                    format!("`{name}` is no field of numbers of {}", ask.of),
                    "its queryables list the fields",
                )
            })?)
        }
        (Measure::Sum, None) => {
            return Err(QueryError::bad(
                "aggregate.field",
                "is missing",
                "name the field of numbers to sum",
            ));
        }
        (_, Some(_)) => {
            return Err(QueryError::bad(
                "aggregate.field",
                "belongs to the measure sum",
                "leave it out",
            ));
        }
        (_, None) => None,
    };
    let others = which(&*other, &ask.which, "aggregate.", budget)?;
    let once = snapshot.info().coverage;
    let tally = aggregate::tally(
        &aggregate::Ask {
            of: &*other,
            rows: &others,
            within: snapshot,
            into: rows,
            once,
            measure: ask.measure,
            field,
        },
        budget,
    )?;
    let counts = matches!(
        ask.measure,
        Measure::Count | Measure::Sum | Measure::Density
    );
    if counts && dimension > 0 {
        notes.push(format!(
            "each feature of {} is counted where its label point lies",
            ask.of
        ));
    }
    if counts && once {
        notes.push("a feature on a common edge is counted in one area only".to_owned());
    }
    let unit = match ask.measure {
        Measure::Count => None,
        Measure::Sum => field.and_then(|at| other.info().fields[at].unit.clone()),
        Measure::Density => Some("1/km2".to_owned()),
        Measure::Length => Some("m".to_owned()),
        Measure::Area => Some("m2".to_owned()),
    };
    let column = AnswerColumn {
        name: own_name(snapshot, ask.measure.name()),
        title: match &ask.field {
            Some(field) => format!(
                "{} of {field} of {}",
                ask.measure.name(),
                other.info().title
            ),
            None => format!("{} of {}", ask.measure.name(), other.info().title),
        },
        unit,
        values: tally.values,
    };
    Ok((
        column,
        Totals {
            considered: tally.considered,
            counted: tally.counted,
            outside: tally.outside,
            without_geometry: tally.without_geometry,
            without_value: tally.without_value,
            total: tally.total,
        },
    ))
}

fn indicated(
    lookup: &dyn Lookup,
    indicator: &IndicatorId,
    request: &Request,
    snapshot: &Snapshot,
    rows: &[u32],
) -> Result<(AnswerColumn, JoinReport, String), QueryError> {
    let table = lookup
        .table(indicator)
        .ok_or_else(|| QueryError::NotFound {
            what: "indicator",
            name: indicator.to_string(),
            remedy: "/indicators lists those with a table".to_owned(),
        })?;
    let period = match &request.period {
        None => table
            .periods
            .iter()
            .max_by_key(|period| (period.to, period.from)),
        Some(label) => table.periods.iter().find(|period| period.label == *label),
    };
    let period = period.ok_or_else(|| {
        let known: Vec<&str> = table
            .periods
            .iter()
            .map(|period| period.label.as_str())
            .collect();
        QueryError::bad(
            "period",
            format!("is none of the periods of {indicator}"),
            format!("write one of {}", known.join(", ")),
        )
    })?;
    let joined = join(snapshot, &table, period);
    let column = AnswerColumn {
        name: own_name(snapshot, "value"),
        title: table.title.clone(),
        unit: Some(table.unit.clone()),
        values: rows
            .iter()
            .map(|&row| Some(joined.values[row as usize]).filter(|value| value.is_finite()))
            .collect(),
    };
    Ok((column, joined.report, period.label.clone()))
}

/// A name for an added column that no field of the layer has.
fn own_name(source: &dyn Source, name: &str) -> String {
    let mut own = name.to_owned();
    while source.fields().iter().any(|field| field.name == own) {
        own = format!("parat_{own}");
    }
    own
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        indicator::{Observation, Period},
        model::{
            CrsName, FeatureId, Field, Layer, Metadata, Shapes, Source as File, Table, Value,
            Verdict, Version,
        },
    };

    struct City {
        layers: Vec<Arc<Snapshot>>,
        table: Arc<IndicatorTable>,
        _folder: tempfile::TempDir,
    }

    impl Lookup for City {
        fn layer(&self, id: &LayerId) -> Option<Arc<Snapshot>> {
            self.layers
                .iter()
                .find(|layer| layer.info().id == *id)
                .cloned()
        }
        fn table(&self, id: &IndicatorId) -> Option<Arc<IndicatorTable>> {
            (self.table.id == *id).then(|| Arc::clone(&self.table))
        }
    }

    fn layer(id: &str, dimension: u8, shapes: Shapes<f64>) -> Layer {
        let mut table = Table::new(vec![
            Field::new("ward_no", FieldType::Text),
            Field::new("count", FieldType::Integer),
        ]);
        for row in 0..shapes.len() {
            table.columns[0].push(Value::Text(&(row + 1).to_string()));
            table.columns[1].push(Value::Integer(row as i64 * 10));
        }
        Layer {
            id: id.parse().unwrap(),
            title: id.to_owned(),
            description: String::new(),
            dimension,
            coverage: dimension == 2,
            key: vec!["ward_no".to_owned()],
            ids: (0..shapes.len() as u64)
                .map(|row| FeatureId(row + 1))
                .collect(),
            table,
            shapes,
            metadata: Metadata::default(),
            source: File {
                file: "made-up".to_owned(),
                member: None,
                layer: id.to_owned(),
                format: "made".to_owned(),
                hash: "0".repeat(64),
            },
            crs_native: CrsName::Missing,
            standard: format!("{id}@1"),
            profile: "test@1".to_owned(),
            packs: vec![],
            verdict: Verdict::Conforms,
            rank_by: None,
        }
    }

    /// Three wards in a row, a hundredth of a degree each, and toilets: two in the first, one on the edge of
    /// the first and the second, one far away.
    fn city() -> City {
        let (mut wards, mut toilets) = (Shapes::new(), Shapes::new());
        for ward in 0..3 {
            let (west, east) = (
                77.5 + f64::from(ward) * 0.01,
                77.51 + f64::from(ward) * 0.01,
            );
            wards.coords.extend([
                [west, 12.9],
                [east, 12.9],
                [east, 12.91],
                [west, 12.91],
                [west, 12.9],
            ]);
            wards.end_ring();
            wards.end_part();
            wards.end_feature(crate::model::ShapeKind::Polygon);
        }
        let edge = wards.coords[1][0];
        for at in [
            [77.502, 12.905],
            [77.503, 12.905],
            [edge, 12.905],
            [77.9, 12.9],
        ] {
            toilets.push_point(at);
        }
        let folder = tempfile::tempdir().unwrap();
        let layers = [layer("ward", 2, wards), layer("toilet", 0, toilets)]
            .iter()
            .map(|layer| {
                let dir = folder.path().join(layer.id.as_str());
                std::fs::create_dir_all(&dir).unwrap();
                Snapshot::build(layer, Version(1), false, "2026-01-01T00:00:00Z", &dir).unwrap();
                Arc::new(Snapshot::open(&dir).unwrap())
            })
            .collect();
        let table = Arc::new(IndicatorTable {
            id: "B-POP".parse().unwrap(),
            title: "Population".to_owned(),
            unit: "persons".to_owned(),
            direction: "neutral".to_owned(),
            rollup: "sum".to_owned(),
            factor: 1.0,
            layer: None,
            key_scheme: "city:ward_no".to_owned(),
            delim: None,
            periods: vec![Period {
                from: 0,
                to: 364,
                label: "1970".to_owned(),
            }],
            observations: vec![Observation {
                key: "Ward 02".to_owned(),
                value: Some(1234.0),
                ..Observation::default()
            }],
            version: "v".to_owned(),
        });
        City {
            layers,
            table,
            _folder: folder,
        }
    }

    fn ask(city: &City, json: Json) -> Result<Answer, QueryError> {
        let request: Request = serde_json::from_value(json).unwrap();
        answer(city, &request, &Budget::unbounded())
    }

    fn keys(answer: &Answer) -> Vec<String> {
        let field = answer.snapshot.field("ward_no").unwrap();
        answer
            .rows
            .iter()
            .map(|&row| answer.snapshot.value(row, field).to_text().into_owned())
            .collect()
    }

    #[test]
    fn a_count_comes_with_an_indicator_in_one_answer_and_adds_up() {
        let city = city();
        let found = ask(
            &city,
            json!({"layer": "ward", "aggregate": {"of": "toilet", "measure": "count"}, "indicator": "B-POP"}),
        )
        .unwrap();
        // `count` is a field of the layer, so the new column steps aside.
        assert_eq!(found.columns[0].name, "parat_count");
        let by_key: std::collections::BTreeMap<String, (Option<f64>, Option<f64>)> = keys(&found)
            .into_iter()
            .zip(
                found.columns[0]
                    .values
                    .iter()
                    .copied()
                    .zip(found.columns[1].values.iter().copied()),
            )
            .collect();
        assert_eq!(by_key["2"].1, Some(1234.0));
        assert_eq!(by_key["1"].1, None);
        let totals = found.totals.unwrap();
        assert_eq!(
            (totals.considered, totals.counted, totals.outside),
            (4, 3, 1)
        );
        assert_eq!(by_key.values().filter_map(|pair| pair.0).sum::<f64>(), 3.0);
        assert_eq!(by_key["3"].0, Some(0.0));
        let join = found.join.unwrap();
        assert!(join.reconciles());
        assert_eq!(
            (
                join.matched_after_normalising,
                join.features_without_value_count
            ),
            (1, 2)
        );
    }

    #[test]
    fn pages_partition_the_answer_and_columns_keep_step() {
        let city = city();
        let whole = ask(
            &city,
            json!({"layer": "toilet", "nearest": {"to": [77.5029, 12.905], "k": 4}}),
        )
        .unwrap();
        assert_eq!(keys(&whole)[..2], ["2", "1"]);
        let (mut rows, mut metres, mut offset) = (vec![], vec![], Some(0));
        while let Some(at) = offset {
            let page = ask(
                &city,
                json!({"layer": "toilet", "nearest": {"to": [77.5029, 12.905], "k": 4}, "limit": 3, "offset": at}),
            )
            .unwrap();
            assert_eq!(
                (page.matched, page.columns[0].values.len()),
                (4, page.rows.len())
            );
            rows.extend(page.rows);
            metres.extend(page.columns[0].values.clone());
            offset = page.next;
        }
        assert_eq!(
            (rows, metres),
            (whole.rows, whole.columns[0].values.clone())
        );
    }

    #[test]
    fn relations_conditions_and_geometries_work_together() {
        let city = city();
        let of = |answer: Result<Answer, QueryError>| {
            let mut keys = keys(&answer.unwrap());
            keys.sort();
            keys
        };
        let first = json!({"layer": "ward", "where": {"ward_no": ["1"]}});
        let ask = |json| ask(&city, json);
        assert_eq!(
            of(ask(
                json!({"layer": "toilet", "relation": "within", "of": first})
            )),
            ["1", "2"]
        );
        assert_eq!(
            of(ask(
                json!({"layer": "toilet", "relation": "intersects", "of": first})
            )),
            ["1", "2", "3"]
        );
        let box_ = json!({"type": "Polygon", "coordinates": [[[77.5, 12.9], [77.5025, 12.9], [77.5025, 12.91], [77.5, 12.91], [77.5, 12.9]]]});
        assert_eq!(
            of(ask(
                json!({"layer": "toilet", "relation": "within", "of": {"geometry": box_}})
            )),
            ["1"]
        );
        // Toilet 2 lies half a thousandth of a degree east of the box: 54 m here.
        let near = |metres| json!({"layer": "toilet", "relation": "distance", "distance_m": metres, "of": {"geometry": box_}});
        assert_eq!(of(ask(near(53.0))), ["1"]);
        assert_eq!(of(ask(near(56.0))), ["1", "2"]);
        assert_eq!(
            of(ask(
                json!({"layer": "toilet", "filter": "count >= 10 AND NOT S_DWITHIN(geometry, POINT(77.503 12.905), 100)"})
            )),
            ["3", "4"]
        );
        assert_eq!(
            of(ask(
                json!({"layer": "toilet", "bbox": [77.4, 12.8, 77.5025, 13.0], "where": {"count": 0}})
            )),
            ["1"]
        );
    }

    #[test]
    fn a_wrong_question_names_its_parameter_and_the_remedy() {
        let city = city();
        for (question, parameter) in [
            (json!({}), "layer"),
            (
                json!({"layer": "ward", "filter": "ward_nr = '1'"}),
                "filter",
            ),
            (json!({"layer": "ward", "filter": "ward_no = 1"}), "filter"),
            (
                json!({"layer": "ward", "where": {"nothing": 1}}),
                "where.nothing",
            ),
            (json!({"layer": "ward", "relation": "within"}), "of"),
            (
                json!({"layer": "ward", "of": {"layer": "toilet"}}),
                "relation",
            ),
            (
                json!({"layer": "ward", "relation": "within", "of": {}}),
                "of",
            ),
            (
                json!({"layer": "ward", "relation": "distance", "of": {"layer": "toilet"}}),
                "distance_m",
            ),
            (
                json!({"layer": "ward", "relation": "within", "of": {"layer": "toilet", "filter": "x ="}}),
                "of.filter",
            ),
            (
                json!({"layer": "ward", "relation": "within", "of": {"geometry": {"type": "Point"}}}),
                "of.geometry",
            ),
            (
                json!({"layer": "ward", "aggregate": {"of": "toilet", "measure": "length"}}),
                "aggregate.measure",
            ),
            (
                json!({"layer": "ward", "aggregate": {"of": "toilet", "measure": "sum"}}),
                "aggregate.field",
            ),
            (
                json!({"layer": "ward", "aggregate": {"of": "toilet", "measure": "sum", "field": "ward_no"}}),
                "aggregate.field",
            ),
            (
                json!({"layer": "toilet", "aggregate": {"of": "ward", "measure": "count"}}),
                "aggregate",
            ),
            (
                json!({"layer": "ward", "nearest": {"to": [200, 0]}}),
                "nearest.to",
            ),
            (
                json!({"layer": "ward", "nearest": {"to": [77, 12], "k": 0}}),
                "nearest.k",
            ),
            (
                json!({"layer": "ward", "indicator": "B-POP", "period": "1999"}),
                "period",
            ),
            (json!({"layer": "ward", "limit": 0}), "limit"),
            (json!({"layer": "ward", "bbox": [0, 10, 1, 0]}), "bbox"),
        ] {
            match ask(&city, question.clone()) {
                Err(error) => assert_eq!(error.parameter(), Some(parameter), "{question}: {error}"),
                Ok(_) => panic!("{question}"),
            }
        }
        assert!(matches!(
            ask(&city, json!({"layer": "nothing"})),
            Err(QueryError::NotFound { .. })
        ));
        assert!(matches!(
            ask(&city, json!({"layer": "ward", "indicator": "X"})),
            Err(QueryError::NotFound { .. })
        ));
    }
}

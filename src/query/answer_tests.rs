//! Whole questions to a small city, and what comes back.

use std::sync::Arc;

use serde_json::json;

use super::{answer::*, *};
use crate::{
    indicator::{IndicatorTable, Observation, Period},
    model::{
        CrsName, FeatureId, Field, FieldType, IndicatorId, Layer, LayerId, Metadata, Shapes,
        Source as File, Table, Value, Verdict, Version,
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

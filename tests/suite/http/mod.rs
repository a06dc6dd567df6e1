//! The HTTP interface, in process: a small city is published into a temporary folder and the router is
//! asked as a client would ask it.

mod api;
mod caches;
mod clients;
mod deliveries;
mod features;
mod grids;
mod hostile;
mod moves;
mod pictures;
mod tiles;
mod words;
mod workflow;

use std::{collections::BTreeMap, sync::LazyLock};

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request, StatusCode},
};
use http_body_util::BodyExt as _;
use parat::{
    app::App,
    config::Config,
    http::{Settings, router},
    indicator::{IndicatorTable, Observation, Period},
    model::{
        Column, CrsName, CrsOrigin, FeatureId, Field, FieldType, Layer, LayerId, Metadata,
        ShapeKind, Shapes, Source, Table, Value, Verdict,
    },
    store::{Embedded, LayerStore as _},
    validate::Report,
};
use serde_json::Value as Json;
use tower::ServiceExt as _;

/// The public address of the test server: with a prefix, because a prefix is what breaks links.
pub(crate) const BASE: &str = "http://city.example/gis";

/// Wards on a side of the square city.
pub(crate) const SIDE: usize = 6;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The body as JSON.
    pub(crate) fn json(&self) -> Json {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!(
                "{error} in {}",
                String::from_utf8_lossy(&self.body)
                    .chars()
                    .take(300)
                    .collect::<String>()
            )
        })
    }

    /// A header's text; empty where it is absent.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().expect("text"))
    }
}

struct City {
    router: Router,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

static CITY: LazyLock<City> = LazyLock::new(|| city(false));
/// The same with its tiles made beforehand.
static WITH_TILES: LazyLock<City> = LazyLock::new(|| city(true));

fn city(with_tiles: bool) -> City {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Embedded::open(folder.path()).expect("a store");
    for layer in [wards(), toilets(), notes()] {
        store
            .publish(&layer, &report(&layer), None)
            .expect("published");
    }
    store.put_table(&table(), "scores.csv").expect("kept");
    drop(store);
    let mut config = Config::with_data(folder.path());
    config.permits = 2;
    let app = App::open(config).expect("the app");
    if with_tiles {
        for layer in app.live().layers.values() {
            if let Some(snapshot) = &layer.snapshot {
                app.build_pyramid(snapshot).expect("tiles");
            }
        }
    }
    City {
        router: router(app, Settings::at(BASE)),
        runtime: tokio::runtime::Runtime::new().expect("a runtime"),
        _folder: folder,
    }
}

/// Asks with a method, headers and a body. The path is put behind the prefix.
pub(crate) fn send(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
    let city = &*CITY;
    send_to(&city.router, &city.runtime, method, path, headers, body)
}

/// The same of another server.
pub(crate) fn send_to(
    router: &Router,
    runtime: &tokio::runtime::Runtime,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut request = Request::builder().method(method).uri(format!("/gis{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request
        .body(Body::from(body.to_owned()))
        .expect("a request");
    runtime.block_on(async {
        let response = router.clone().oneshot(request).await.expect("never fails");
        let (parts, body) = response.into_parts();
        let body = body.collect().await.expect("a body").to_bytes().to_vec();
        words::told(method, path, parts.status.as_u16(), &body);
        Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        }
    })
}

/// Asks for a path.
pub(crate) fn get(path: &str) -> Answer {
    send("GET", path, &[], "")
}

/// Asks for a path and expects JSON.
pub(crate) fn json(path: &str) -> Json {
    let answer = get(path);
    assert_eq!(
        answer.status,
        200,
        "{path}: {}",
        String::from_utf8_lossy(&answer.body)
    );
    answer.json()
}

/// The links of a resource with a relation.
pub(crate) fn links<'a>(value: &'a Json, rel: &str) -> Vec<&'a Json> {
    value["links"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|link| link["rel"] == rel)
        .collect()
}

/// The path of an address of the test server.
pub(crate) fn path_of(href: &Json) -> String {
    let href = href.as_str().expect("an address");
    href.strip_prefix(BASE)
        .unwrap_or_else(|| panic!("{href} is not below {BASE}"))
        .to_owned()
}

/// A lattice of wards without gaps, with Devanagari names.
fn wards() -> Layer {
    let mut shapes = Shapes::new();
    let mut table = Table::new(vec![
        Field::new("ward_no", FieldType::Integer),
        Field::new("name", FieldType::Text),
        Field::new("population", FieldType::Integer),
        Field::new("density", FieldType::Real),
        Field::new("valid_from", FieldType::Date),
        Field::new("valid_to", FieldType::Date),
    ]);
    let mut ids = vec![];
    for at in 0..SIDE * SIDE {
        let (west, south) = (
            77.5 + (at % SIDE) as f64 * 0.01,
            12.9 + (at / SIDE) as f64 * 0.01,
        );
        let (east, north) = (west + 0.01, south + 0.01);
        shapes.coords.extend([
            [west, south],
            [east, south],
            [east, north],
            [west, north],
            [west, south],
        ]);
        shapes.end_ring();
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
        ids.push(FeatureId(at as u64 + 1));
        table.columns[0].push(Value::Integer(at as i64 + 1));
        table.columns[1].push(if at == 7 {
            Value::Null
        } else {
            Value::Text("वार्ड & <b>\"")
        });
        table.columns[2].push(Value::Integer(1000 * (at as i64 % 5)));
        table.columns[3].push(Value::Real(at as f64 + 0.5));
        // The first ward was dissolved, the second made, on the first day of 2020.
        table.columns[4].push(if at == 1 {
            Value::Date(18_262)
        } else {
            Value::Null
        });
        table.columns[5].push(if at == 0 {
            Value::Date(18_261)
        } else {
            Value::Null
        });
    }
    layer("ward_boundary", "Wards", 2, ids, table, shapes)
}

/// A point in every other ward.
fn toilets() -> Layer {
    let mut shapes = Shapes::new();
    let mut table = Table::new(vec![
        Field::new("toilet_id", FieldType::Text),
        Field::new("limit", FieldType::Integer),
    ]);
    let mut ids = vec![];
    for at in (0..SIDE * SIDE).step_by(2) {
        let key = format!("T{at:03}");
        shapes.push_point([
            77.505 + (at % SIDE) as f64 * 0.01,
            12.905 + (at / SIDE) as f64 * 0.01,
        ]);
        ids.push(FeatureId::of_key(&key));
        table.columns[0].push(Value::Text(&key));
        table.columns[1].push(Value::Integer(at as i64));
    }
    layer("toilet", "Toilets", 0, ids, table, shapes)
}

/// Rows without geometry, as a table has them.
fn notes() -> Layer {
    let mut shapes = Shapes::new();
    let mut table = Table::new(vec![Field::new("note", FieldType::Text)]);
    for text in ["one", "two", "three"] {
        shapes.push_none(ShapeKind::Missing);
        table.columns[0].push(Value::Text(text));
    }
    layer(
        "note",
        "Notes",
        0,
        vec![FeatureId(1), FeatureId(2), FeatureId(3)],
        table,
        shapes,
    )
}

/// A made indicator of two years: the number of the ward, then ten times that; the last ward has none.
fn table() -> IndicatorTable {
    let year = |year: i32, days: i32| Period {
        from: days,
        to: days + 364,
        label: year.to_string(),
    };
    let last = SIDE * SIDE;
    let observations = (0..2_u32)
        .flat_map(|period| {
            (1..last).map(move |ward| Observation {
                key: ward.to_string(),
                period,
                value: Some(ward as f64 * if period == 0 { 1.0 } else { 10.0 }),
                numer: None,
                denom: None,
                name: None,
                missing: None,
                row: ward as u64 + 1,
                total: false,
            })
        })
        .collect();
    IndicatorTable {
        id: "T-1".parse().expect("a code"),
        title: "Score".to_owned(),
        unit: "points".to_owned(),
        direction: "higher".to_owned(),
        rollup: "mean".to_owned(),
        factor: 1.0,
        layer: Some("ward_boundary".parse().expect("a name")),
        key_scheme: "city:ward_no".to_owned(),
        delim: None,
        periods: vec![year(2022, 18_993), year(2023, 19_358)],
        observations,
        version: "00000000feedbeef".to_owned(),
    }
}

fn source(id: &str) -> Source {
    Source {
        file: format!("{id}.geojson"),
        member: None,
        layer: id.to_owned(),
        format: "GeoJSON".to_owned(),
        hash: "0".repeat(64),
    }
}

fn layer(
    id: &str,
    title: &str,
    dimension: u8,
    ids: Vec<FeatureId>,
    table: Table,
    shapes: Shapes<f64>,
) -> Layer {
    assert!(
        table
            .columns
            .iter()
            .map(Column::len)
            .all(|len| len == ids.len())
    );
    Layer {
        id: id.parse().expect("a name"),
        title: title.to_owned(),
        description: format!("The {title} of a made city"),
        dimension,
        coverage: dimension == 2,
        key: vec![table.fields[0].name.clone()],
        ids,
        table,
        shapes,
        metadata: Metadata::default(),
        source: source(id),
        crs_native: CrsName::Authority {
            name: "OGC".into(),
            code: "CRS84".into(),
        },
        standard: format!("{id}@1"),
        profile: "in-city-min-1@1".to_owned(),
        packs: vec!["in@1".to_owned()],
        verdict: Verdict::Conforms,
        rank_by: None,
    }
}

fn report(layer: &Layer) -> Report {
    Report {
        layer: layer.id.clone(),
        verdict: layer.verdict,
        summary: "made for a test".to_owned(),
        summary_say: parat::model::Say::default(),
        todo: vec![],
        todo_say: vec![],
        standard_chosen_say: parat::model::Say::default(),
        source: layer.source.clone(),
        standard: Some(layer.standard.clone()),
        standard_chosen: "given".to_owned(),
        profile: layer.profile.clone(),
        packs: vec!["in@1".to_owned()],
        rows: layer.ids.len() as u64,
        crs: layer.crs_native.clone(),
        crs_origin: CrsOrigin::Format,
        encoding: None,
        bbox: None,
        outline: vec![],
        geometry: BTreeMap::new(),
        columns: vec![],
        extra_columns: vec![],
        notes: vec![],
        rules: vec![],
        repairs: vec![],
        counts: parat::validate::Counts::default(),
        proposals: parat::validate::Proposals::default(),
        repair_counts: BTreeMap::new(),
        set_aside: vec![],
        confirmed: vec![],
    }
}

/// The layers of the test city, by id and number of features.
pub(crate) fn collections() -> Vec<(LayerId, usize)> {
    [
        ("note", 3),
        ("toilet", SIDE * SIDE / 2),
        ("ward_boundary", SIDE * SIDE),
    ]
    .map(|(id, count)| (id.parse().expect("a name"), count))
    .to_vec()
}

//! A page of 100 features in a box, through the whole router in process: what a client waits for, less the
//! network. Prints; judges nothing.

#![allow(clippy::print_stdout, reason = "a bench speaks to a person")]

use std::time::Instant;

use axum::{body::Body, http::Request};
use http_body_util::BodyExt as _;
use parat::{
    app::App,
    config::Config,
    http::{Settings, router},
    model::{
        CrsName, FeatureId, Field, FieldType, Layer, Metadata, ShapeKind, Shapes, Source, Table,
        Value, Verdict,
    },
    store::{Embedded, LayerStore as _},
    validate::{self, Report},
};
use tower::ServiceExt as _;

/// Footprints on a side of the square city: 250,000 in all.
const SIDE: usize = 500;
const ROUNDS: usize = 400;

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let layer = buildings();
    let count = layer.ids.len();
    let store = Embedded::open(folder.path()).expect("a store");
    let begun = Instant::now();
    store
        .publish(&layer, &report(&layer), None)
        .expect("published");
    println!("published {count} footprints in {:.2?}", begun.elapsed());
    drop((store, layer));
    let app = App::open(Config::with_data(folder.path())).expect("the app");
    let router = router(app, Settings::at("http://city.example"));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    for (name, query) in [
        ("bbox, limit 100", "limit=100&bbox="),
        ("bbox, limit 1000", "limit=1000&bbox="),
        (
            "bbox, one property, limit 100",
            "limit=100&properties=building_id&bbox=",
        ),
    ] {
        let mut bytes = 0;
        let mut times = vec![];
        for round in 0..ROUNDS {
            let (x, y) = (round * 7 % (SIDE - 60), round * 13 % (SIDE - 60));
            let (west, south) = (77.0 + x as f64 * STEP, 12.5 + y as f64 * STEP);
            let uri = format!(
                "/collections/building/items?{query}{west},{south},{},{}",
                west + 60.0 * STEP,
                south + 60.0 * STEP
            );
            let request = Request::get(uri).body(Body::empty()).expect("a request");
            let begun = Instant::now();
            bytes += runtime.block_on(async {
                let response = router.clone().oneshot(request).await.expect("never fails");
                assert_eq!(response.status(), 200);
                response
                    .into_body()
                    .collect()
                    .await
                    .expect("a body")
                    .to_bytes()
                    .len()
            });
            times.push(begun.elapsed());
        }
        times.sort();
        println!(
            "{name}: median {:.3?}, p95 {:.3?}, {} bytes a page",
            times[ROUNDS / 2],
            times[ROUNDS * 95 / 100],
            bytes / ROUNDS
        );
    }
}

/// Degrees between footprints: about 20 m.
const STEP: f64 = 0.000_18;

fn buildings() -> Layer {
    let mut shapes = Shapes::new();
    let mut table = Table::new(vec![
        Field::new("building_id", FieldType::Text),
        Field::new("use", FieldType::Text),
        Field::new("floors", FieldType::Integer),
        Field::new("height_m", FieldType::Real),
        Field::new("ward_no", FieldType::Integer),
    ]);
    let mut ids = vec![];
    for at in 0..SIDE * SIDE {
        let (x, y) = (
            77.0 + (at % SIDE) as f64 * STEP,
            12.5 + (at / SIDE) as f64 * STEP,
        );
        let (wide, high) = (
            0.000_08 + at as f64 % 7.0 * 1e-6,
            0.000_07 + at as f64 % 5.0 * 1e-6,
        );
        shapes.coords.extend([
            [x, y],
            [x + wide, y],
            [x + wide, y + high / 2.0],
            [x + wide / 2.0, y + high / 2.0],
            [x + wide / 2.0, y + high],
            [x, y + high],
            [x, y],
        ]);
        shapes.end_ring();
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
        ids.push(FeatureId(at as u64 + 1));
        table.columns[0].push(Value::Text(&format!("B{at:06}")));
        table.columns[1].push(Value::Text(["residential", "commercial", "public"][at % 3]));
        table.columns[2].push(Value::Integer(at as i64 % 12));
        table.columns[3].push(Value::Real(3.2 * (at % 12) as f64));
        table.columns[4].push(Value::Integer(at as i64 / 2_500));
    }
    Layer {
        id: "building".parse().expect("a name"),
        title: "Buildings".to_owned(),
        description: String::new(),
        dimension: 2,
        coverage: false,
        key: vec!["building_id".to_owned()],
        ids,
        table,
        shapes,
        metadata: Metadata::default(),
        source: Source {
            file: "building.geojson".to_owned(),
            member: None,
            layer: "building".to_owned(),
            format: "GeoJSON".to_owned(),
            hash: "0".repeat(64),
        },
        crs_native: CrsName::Authority {
            name: "OGC".into(),
            code: "CRS84".into(),
        },
        standard: "building@1".to_owned(),
        profile: "in-city-min-1@1".to_owned(),
        packs: vec![],
        verdict: Verdict::Conforms,
        rank_by: None,
    }
}

/// The least report that lets a layer be published.
fn report(layer: &Layer) -> Report {
    let text = serde_json::json!({
        "layer": layer.id, "verdict": "conforms", "summary": "made for a bench", "todo": [], "source": layer.source,
        "standard": layer.standard, "standard_chosen": "given", "profile": layer.profile, "rows": layer.ids.len(),
        "crs": layer.crs_native, "crs_origin": "format", "encoding": null, "bbox": null, "geometry": {}, "columns": [],
        "extra_columns": [], "notes": [], "rules": [], "repairs": []
    });
    serde_json::from_value::<validate::Report>(text).expect("a report")
}

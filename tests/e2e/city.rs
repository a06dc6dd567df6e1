//! A small city to hand in: an outline and wards that conform, and the program to hand them to.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The built program.
pub(crate) const PARAT: &str = env!("CARGO_BIN_EXE_parat");

/// Where the city lies: its south-west corner and its side, in degrees.
const CORNER: [f64; 2] = [77.5, 12.9];
const SIDE: f64 = 0.2;

/// Runs the program in a folder and waits for it.
pub(crate) fn parat(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(PARAT)
        .args(arguments)
        .current_dir(folder)
        .env("PARAT_LANG", "en")
        .env("NO_COLOR", "1")
        .output()
        .expect("the program starts")
}

/// What it printed on standard output.
pub(crate) fn said(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// Its exit code; a panic with what it printed when it was killed.
pub(crate) fn code(output: &Output) -> i32 {
    output.status.code().unwrap_or_else(|| {
        panic!(
            "ended by a signal: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    })
}

fn metadata(layer: &str, title: &str) -> serde_json::Value {
    serde_json::json!({
        "identifier": format!("in-251530-{layer}"),
        "title": title,
        "abstract": format!("{title} of the test city"),
        "keywords": [layer, "test"],
        "theme": "boundaries",
        "resource_type": "dataset",
        "language": "en",
        "reference_date": "2025-04-01",
        "publisher": "Test Municipal Corporation",
        "custodian": "Town planning",
        "contact": "gis@example.in",
        "contributor": "GIS cell",
        "jurisdiction": "251530",
        "bbox": [CORNER[0], CORNER[1], CORNER[0] + SIDE, CORNER[1] + SIDE],
        "temporal_coverage": "2025-04-01/..",
        "frequency": "on_event",
        "next_update": "2030-04-01",
        "licence": "GODL-India",
        "rights": "public",
        "attribution": "Test Municipal Corporation",
        "crs": "EPSG:4326",
        "representation": "vector",
        "scale": 4000,
        "accuracy_m": 2.0,
        "lineage": "made by a test",
        "conformance": "in-city-min-1",
        "dictionary": "layers",
        "completeness": 100,
        "distributions": ["GeoJSON"],
        "services": ["OGC API Features"],
        "related": [],
        "version": "1",
        "metadata_date": "2025-04-01",
        "catalogue": "test",
    })
}

fn write(folder: &Path, layer: &str, title: &str, features: &[serde_json::Value]) -> PathBuf {
    let path = folder.join(format!("{layer}.geojson"));
    let collection = serde_json::json!({ "type": "FeatureCollection", "features": features });
    fs::write(&path, collection.to_string()).expect("written");
    fs::write(
        folder.join(format!("{layer}.metadata.json")),
        metadata(layer, title).to_string(),
    )
    .expect("written");
    path
}

fn square(west: f64, south: f64, side: f64) -> serde_json::Value {
    let (east, north) = (west + side, south + side);
    serde_json::json!({ "type": "Polygon", "coordinates":
        [[[west, south], [east, south], [east, north], [west, north], [west, south]]] })
}

/// The outline with a corner every hundredth of its side: a long straight edge in degrees is no straight edge
/// in metres, and the gate measures in metres.
fn outline() -> serde_json::Value {
    let steps = 100;
    let along = |step: u32| SIDE * f64::from(step) / f64::from(steps);
    let [west, south] = CORNER;
    let mut ring: Vec<[f64; 2]> = vec![];
    ring.extend((0..steps).map(|step| [west + along(step), south]));
    ring.extend((0..steps).map(|step| [west + SIDE, south + along(step)]));
    ring.extend((0..steps).map(|step| [west + SIDE - along(step), south + SIDE]));
    ring.extend((0..=steps).map(|step| [west, south + SIDE - along(step)]));
    serde_json::json!({ "type": "Polygon", "coordinates": [ring] })
}

/// The outline of the city.
pub(crate) fn boundary(folder: &Path) -> PathBuf {
    let feature = serde_json::json!({ "type": "Feature",
        "properties": {
            "feature_id": "c1", "ulb_lgd": 251_530, "updated_on": "2025-04-01", "valid_from": "2000-01-01",
            "name": "Test City", "ulb_type": "4", "state_lgd": 29, "dist_lgd": 525 },
        "geometry": outline() });
    write(folder, "city_boundary", "City boundary", &[feature])
}

/// `side` times `side` wards that fill the city; `tale` goes into every name, so that another tale is
/// another content.
pub(crate) fn wards(folder: &Path, side: u32, tale: &str) -> PathBuf {
    let step = SIDE / f64::from(side);
    let mut features = vec![];
    for row in 0..side {
        for column in 0..side {
            let number = row * side + column + 1;
            features.push(serde_json::json!({ "type": "Feature",
                "properties": {
                    "feature_id": format!("w{number}"), "ulb_lgd": 251_530, "updated_on": "2025-04-01",
                    "ward_no": number.to_string(), "name": format!("वार्ड {tale} {number}"),
                    "delim_id": "251530-2022", "delim_year": 2022, "pop_total": 1000 + number },
                "geometry": square(
                    CORNER[0] + f64::from(column) * step, CORNER[1] + f64::from(row) * step, step) }));
        }
    }
    write(folder, "ward_boundary", "Electoral wards", &features)
}

/// Wards of which two overlap, without a number each: nothing that may be published.
pub(crate) fn faulty_wards(folder: &Path) -> PathBuf {
    let feature = |west: f64| {
        serde_json::json!({ "type": "Feature", "properties": { "ward_no": "1" },
            "geometry": square(west, CORNER[1], SIDE / 2.0) })
    };
    let path = folder.join("faulty_wards.geojson");
    let collection = serde_json::json!({ "type": "FeatureCollection",
        "features": [feature(CORNER[0]), feature(CORNER[0] + 0.01)] });
    fs::write(&path, collection.to_string()).expect("written");
    path
}

//! GDAL's OGC API Features and TileJSON/MVT readers against the demo city: every feature, the right extent.

use std::process::Command;

use super::server::Server;

/// The demo city in a folder. Whether the gate says of it what it must is another test's question, so the
/// exit code is not looked at.
fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    Command::new(env!("CARGO_BIN_EXE_parat"))
        .args(["demo", "--no-serve", "--data"])
        .arg(folder.path())
        .output()
        .expect("the program starts");
    folder
}

pub(crate) fn has(tool: &str) -> bool {
    Command::new(tool)
        .arg("--version")
        .output()
        .is_ok_and(|done| done.status.success())
}

#[test]
fn gdal_reads_every_feature_of_every_collection_and_the_right_extent() {
    if !has("ogrinfo") {
        println!("skipped: 1 test (ogrinfo absent)");
        return;
    }
    let folder = demo();
    let server = Server::of(folder.path());
    let list = server.json("/collections");
    let collections = list["collections"].as_array().expect("a list");
    assert!(collections.len() >= 8, "{}", collections.len());
    for collection in collections {
        let id = collection["id"].as_str().expect("an id");
        let wanted = collection["parat:features"].as_u64().expect("a count");
        if wanted > 20_000 {
            continue;
        }
        let done = Command::new("ogr2ogr")
            .args([
                "-f",
                "GeoJSON",
                "/vsistdout/",
                &format!("OAPIF:{}", server.url),
                id,
            ])
            .args(["-oo", "PAGE_SIZE=500"])
            .output()
            .expect("ogr2ogr runs");
        let read: serde_json::Value =
            serde_json::from_slice(&done.stdout).unwrap_or_else(|error| {
                panic!("{id}: {error}: {}", String::from_utf8_lossy(&done.stderr))
            });
        let features = read["features"].as_array().expect("features");
        assert_eq!(features.len() as u64, wanted, "{id}");

        let Some(bbox) = collection["extent"]["spatial"]["bbox"][0].as_array() else {
            continue;
        };
        let bbox: Vec<f64> = bbox.iter().filter_map(serde_json::Value::as_f64).collect();
        let mut found = [
            f64::INFINITY,
            f64::INFINITY,
            f64::NEG_INFINITY,
            f64::NEG_INFINITY,
        ];
        for feature in features {
            extend(&feature["geometry"]["coordinates"], &mut found);
        }
        for at in 0..4 {
            assert!(
                (found[at] - bbox[at]).abs() < 1e-6,
                "{id}: {found:?} {bbox:?}"
            );
        }
    }
}

fn extend(value: &serde_json::Value, found: &mut [f64; 4]) {
    let Some(items) = value.as_array() else {
        return;
    };
    if let (Some(x), Some(y)) = (
        items.first().and_then(serde_json::Value::as_f64),
        items.get(1).and_then(serde_json::Value::as_f64),
    ) {
        *found = [
            found[0].min(x),
            found[1].min(y),
            found[2].max(x),
            found[3].max(y),
        ];
    } else {
        for item in items {
            extend(item, found);
        }
    }
}

#[test]
fn gdal_filters_by_box_and_reads_tiles() {
    if !has("ogrinfo") {
        println!("skipped: 1 test (ogrinfo absent)");
        return;
    }
    let folder = demo();
    let server = Server::of(folder.path());
    let wards = server.json("/collections/ward_boundary/items?limit=10000");
    let first = &wards["features"][0];
    let mut bbox = [
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    ];
    extend(&first["geometry"]["coordinates"], &mut bbox);
    let text = bbox.map(|number| number.to_string());
    let wanted = server.json(&format!(
        "/collections/ward_boundary/items?bbox={}",
        text.join(",")
    ));
    let done = Command::new("ogrinfo")
        .args(["-ro", "-al", "-so", "-spat"])
        .args(&text)
        .args([&format!("OAPIF:{}", server.url), "ward_boundary"])
        .output()
        .expect("ogrinfo runs");
    let said = String::from_utf8_lossy(&done.stdout).into_owned();
    let line = format!("Feature Count: {}", wanted["numberMatched"]);
    assert!(
        said.contains(&line),
        "{line} not in {said} {}",
        String::from_utf8_lossy(&done.stderr)
    );

    let tile = tempfile::Builder::new()
        .suffix(".mvt")
        .tempfile()
        .expect("a file");
    let tilejson = server.json("/collections/ward_boundary/tiles/WebMercatorQuad/tilejson.json");
    let address = tilejson["tiles"][0].as_str().expect("an address");
    let address = address
        .replace("{z}", "0")
        .replace("{x}", "0")
        .replace("{y}", "0");
    let bytes = ureq::get(address)
        .call()
        .expect("a tile")
        .body_mut()
        .read_to_vec()
        .expect("bytes");
    std::fs::write(tile.path(), bytes).expect("written");
    let done = Command::new("ogrinfo")
        .args(["-ro", "-q"])
        .arg(tile.path())
        .output()
        .expect("ogrinfo runs");
    assert!(
        String::from_utf8_lossy(&done.stdout).contains("ward_boundary"),
        "{done:?}"
    );
}

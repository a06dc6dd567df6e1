//! Five formats of one layer are one content.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use super::city;

/// The content hash that an ingest of a file gives.
fn hash(folder: &Path, name: &str, file: &Path) -> String {
    let data = folder.join(format!("data-{name}"));
    let done = city::parat(
        folder,
        &[
            "ingest",
            file.to_str().expect("UTF-8"),
            "--as",
            "ward_boundary",
            "--metadata",
            "source/ward_boundary.metadata.json",
            "--format",
            "json",
            "--data",
            data.to_str().expect("UTF-8"),
        ],
    );
    let told = city::said(&done);
    let told: serde_json::Value = serde_json::from_str(&told)
        .unwrap_or_else(|error| panic!("{name}: {error}: {told} {done:?}"));
    assert_eq!(city::code(&done), 0, "{name}: {told}");
    told[0]["hash"].as_str().expect("a hash").to_owned()
}

#[test]
fn five_formats_of_one_layer_give_one_content_hash() {
    if Command::new("ogr2ogr").arg("--version").output().is_err() {
        println!("skipped: 5 formats (no ogr2ogr)");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let source = root.join("source");
    fs::create_dir(&source).expect("made");
    let geojson = city::wards(&source, 5, "five");
    let mut files = vec![("GeoJSON", geojson.clone())];
    for (driver, name) in [
        ("GPKG", "wards.gpkg"),
        ("FlatGeobuf", "wards.fgb"),
        ("ESRI Shapefile", "wards.shz"),
        ("KML", "wards.kml"),
    ] {
        let target = root.join(name);
        let made = Command::new("ogr2ogr")
            .args(["-f", driver, "-nln", "wards"])
            .args(if driver == "ESRI Shapefile" {
                &["-lco", "ENCODING=UTF-8"][..]
            } else {
                &[]
            })
            .arg(&target)
            .arg(&geojson)
            .output()
            .expect("ogr2ogr ran");
        assert!(made.status.success(), "{driver}: {made:?}");
        let target = if name.ends_with(".shz") {
            let zip = root.join("wards.zip");
            fs::rename(&target, &zip).expect("renamed");
            zip
        } else {
            target
        };
        files.push((driver, target));
    }
    let hashes: BTreeMap<&str, String> = files
        .iter()
        .map(|(driver, file)| (*driver, hash(root, &driver.replace(' ', ""), file)))
        .collect();
    let first = &hashes["GeoJSON"];
    assert!(hashes.values().all(|hash| hash == first), "{hashes:#?}");
}

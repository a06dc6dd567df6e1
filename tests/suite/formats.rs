//! Formats against each other: one layer, written by `ogr2ogr` in every format, must come back the same.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use parat::{
    model::{Bbox, CrsName, CrsOrigin, ShapeKind, Value},
    read::{self, Delivery, ReadOptions},
};

fn read(path: &Path) -> Delivery {
    read::layers(path, &ReadOptions::default())
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn ogr2ogr(args: &[&str], from: &Path, to: &Path) -> bool {
    Command::new("ogr2ogr")
        .args(args)
        .arg(to)
        .arg(from)
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

fn installed() -> bool {
    let is = Command::new("ogr2ogr")
        .arg("--version")
        .stdout(Stdio::null())
        .status()
        .is_ok();
    if !is {
        eprintln!("skipped: formats written by ogr2ogr (not installed)");
    }
    is
}

const SOURCE: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"no":1,"name":"शिवाजीनगर","share":0.25},"geometry":{"type":"Polygon","coordinates":[[[77.1,12.1],[77.1,12.2],[77.2,12.2],[77.2,12.1],[77.1,12.1]],[[77.12,12.12],[77.15,12.12],[77.15,12.15],[77.12,12.12]]]}},
{"type":"Feature","properties":{"no":2,"name":"மயிலாப்பூர்","share":0.5},"geometry":{"type":"MultiPolygon","coordinates":[[[[77.3,12.1],[77.3,12.2],[77.4,12.2],[77.3,12.1]]],[[[77.5,12.1],[77.5,12.2],[77.6,12.2],[77.5,12.1]]]]}},
{"type":"Feature","properties":{"no":3,"name":"ಬಸವನಗುಡಿ","share":0.75},"geometry":{"type":"Polygon","coordinates":[[[77.7,12.1],[77.7,12.2],[77.8,12.2],[77.7,12.1]]]}}]}"#;

#[test]
fn one_layer_comes_back_from_every_format() {
    if !installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("wards.geojson");
    fs::write(&from, SOURCE).unwrap();
    let cases: &[(&str, &str, &[&str])] = &[
        ("wards.gpkg", "GeoPackage", &["-f", "GPKG"]),
        (
            "wards.fgb",
            "FlatGeobuf",
            &[
                "-f",
                "FlatGeobuf",
                "-nlt",
                "PROMOTE_TO_MULTI",
                "-lco",
                "SPATIAL_INDEX=NO",
            ],
        ),
        (
            "wards.shp",
            "Shapefile",
            &["-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8"],
        ),
        ("wards.geojsonl", "GeoJSON lines", &["-f", "GeoJSONSeq"]),
        ("wards.gml", "GML", &["-f", "GML"]),
        ("wards.kml", "KML", &["-f", "LIBKML"]),
        ("wards.kmz", "KML", &["-f", "LIBKML"]),
        (
            "wards.csv",
            "CSV",
            &["-f", "CSV", "-lco", "GEOMETRY=AS_WKT"],
        ),
        (
            "utm.gpkg",
            "GeoPackage",
            &["-f", "GPKG", "-t_srs", "EPSG:32643"],
        ),
        (
            "kalianpur.shp",
            "Shapefile",
            &[
                "-f",
                "ESRI Shapefile",
                "-lco",
                "ENCODING=UTF-8",
                "-t_srs",
                "EPSG:24343",
            ],
        ),
    ];
    for (name, format, args) in cases {
        let to = folder.path().join(name);
        assert!(ogr2ogr(args, &from, &to), "{name}");
        let delivery = read(&to);
        assert!(
            delivery.refused.is_empty(),
            "{name}: {:?}",
            delivery.refused
        );
        let layer = &delivery.layers[0];
        assert_eq!(
            (layer.len(), layer.source.format.as_str()),
            (3, *format),
            "{name}"
        );
        let rings: Vec<usize> = layer
            .shapes
            .view()
            .iter()
            .map(|shape| shape.parts().map(|part| part.rings().len()).sum())
            .collect();
        assert_eq!(rings, [2, 2, 1], "{name}");
        for (row, wanted) in ["शिवाजीनगर", "மயிலாப்பூர்", "ಬಸವನಗುಡಿ"].iter().enumerate()
        {
            let found = ["name", "Name"]
                .iter()
                .find_map(|field| layer.table.column(field))
                .unwrap()
                .get(row);
            assert_eq!(found, Value::Text(wanted), "{name}");
            assert_eq!(
                layer.table.value(row, "no").to_text(),
                (row + 1).to_string(),
                "{name}"
            );
        }
        let (crs, origin) = (layer.crs.to_string(), layer.crs_origin);
        match *name {
            "wards.csv" => assert_eq!(layer.crs, CrsName::Missing),
            "utm.gpkg" => assert_eq!((crs.as_str(), origin), ("EPSG:32643", CrsOrigin::Declared)),
            // ESRI's words carry no code: it is found by the parameters.
            "kalianpur.shp" => {
                assert_eq!((crs.as_str(), origin), ("EPSG:24343", CrsOrigin::Matched));
            }
            "wards.shp" => assert_eq!((crs.as_str(), origin), ("EPSG:4326", CrsOrigin::Matched)),
            "wards.geojsonl" | "wards.kml" | "wards.kmz" => {
                assert_eq!((crs.as_str(), origin), ("OGC:CRS84", CrsOrigin::Format));
            }
            _ => assert_eq!(
                (crs.as_str(), origin),
                ("EPSG:4326", CrsOrigin::Declared),
                "{name}"
            ),
        }
        if !["utm.gpkg", "kalianpur.shp"].contains(name) {
            let bbox: [f64; 4] = Bbox::around(&layer.shapes.coords).unwrap().into();
            for (found, wanted) in bbox.iter().zip([77.1, 12.1, 77.8, 12.2]) {
                assert!((found - wanted).abs() < 1e-9, "{name} {bbox:?}");
            }
        }
    }
}

/// Reads GeoJSON text.
fn geojson(features: &str) -> Delivery {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("x.geojson");
    fs::write(
        &path,
        format!("{{\"type\":\"FeatureCollection\",\"features\":[{features}]}}"),
    )
    .unwrap();
    read(&path)
}

fn feature(geometry: &str, properties: &str) -> String {
    format!("{{\"type\":\"Feature\",\"geometry\":{geometry},\"properties\":{properties}}}")
}

#[test]
fn nulls_unset_fields_and_empty_points_stay_what_they_are() {
    let features = [
        feature(
            "{\"type\":\"Point\",\"coordinates\":[77,12]}",
            "{\"a\":1,\"b\":\"x\",\"c\":0.5,\"d\":true}",
        ),
        feature("null", "{\"a\":null}"),
        feature("{\"type\":\"Point\",\"coordinates\":[]}", "{}"),
        feature(
            "{\"type\":\"MultiPolygon\",\"coordinates\":[]}",
            "{\"b\":\"\"}",
        ),
    ];
    let delivery = geojson(&features.join(","));
    let layer = &delivery.layers[0];
    let kinds: Vec<ShapeKind> = layer
        .shapes
        .kinds
        .iter()
        .map(|kind| ShapeKind::from_u8(*kind))
        .collect();
    assert_eq!(kinds[..2], [ShapeKind::Point, ShapeKind::Missing]);
    assert!(
        kinds[2..]
            .iter()
            .all(|kind| matches!(kind, ShapeKind::Missing | ShapeKind::Empty)),
        "{kinds:?}"
    );
    for field in ["a", "b", "c", "d"] {
        assert!(!layer.table.value(0, field).is_null(), "{field}");
        assert!(
            layer.table.value(1, field).is_null() && layer.table.value(2, field).is_null(),
            "{field}"
        );
    }
    assert_eq!(layer.table.value(3, "b"), Value::Text(""));
}

#[test]
fn an_open_ring_arrives_open_with_a_note() {
    let delivery = geojson(&feature(
        "{\"type\":\"Polygon\",\"coordinates\":[[[77,12],[78,12],[78,13],[77,13]]]}",
        "{}",
    ));
    let layer = &delivery.layers[0];
    assert_eq!(layer.shapes.coords.len(), 4);
    assert!(
        layer
            .notes
            .iter()
            .any(|note| note.kind == "open_ring" && note.rows == [0]),
        "{:?}",
        layer.notes
    );
}

#[test]
fn metres_without_a_crs_member_are_not_taken_for_degrees_in_silence() {
    let delivery = geojson(&feature(
        "{\"type\":\"Point\",\"coordinates\":[780000,1435000]}",
        "{}",
    ));
    let layer = &delivery.layers[0];
    assert_eq!(layer.crs_origin, CrsOrigin::Format);
    let note = layer
        .notes
        .iter()
        .find(|note| note.kind == "crs_doubtful")
        .unwrap();
    assert!(note.text.contains("EPSG:32643"), "{}", note.text);

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.geojson");
    fs::write(
        &path,
        feature(
            "{\"type\":\"Point\",\"coordinates\":[780000,1435000]}",
            "{}",
        ),
    )
    .unwrap();
    let options = ReadOptions {
        crs: Some("EPSG:32643".to_owned()),
        ..ReadOptions::default()
    };
    let layer = &read::layers(&path, &options).unwrap().layers[0];
    assert_eq!(
        (layer.crs.to_string().as_str(), layer.crs_origin),
        ("EPSG:32643", CrsOrigin::Given)
    );
    assert!(
        layer.notes.iter().any(|note| note.kind == "crs_overridden")
            && layer.notes.iter().all(|note| note.kind != "crs_doubtful")
    );
    let options = ReadOptions {
        crs: Some("UTM 43".to_owned()),
        ..ReadOptions::default()
    };
    assert!(read::layers(&path, &options).is_err());
}

#[test]
fn curves_become_segments_and_compound_systems_lose_their_heights() {
    if !installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("c.csv");
    fs::write(
        &from,
        "id,WKT\n1,\"CURVEPOLYGON Z (CIRCULARSTRING Z (0 0 5,10 10 5,20 0 5,10 -10 5,0 0 5))\"\n",
    )
    .unwrap();
    let to = folder.path().join("c.gpkg");
    assert!(ogr2ogr(
        &[
            "-f",
            "GPKG",
            "-a_srs",
            "EPSG:32643+5773",
            "-nlt",
            "CURVEPOLYGONZ"
        ],
        &from,
        &to
    ));
    let layer = &read(&to).layers[0];
    assert_eq!(
        ShapeKind::from_u8(layer.shapes.kinds[0]),
        ShapeKind::Polygon
    );
    assert!(
        layer.shapes.coords.len() > 40,
        "{}",
        layer.shapes.coords.len()
    );
    for kind in ["curves_linearised", "z_dropped"] {
        assert!(
            layer.notes.iter().any(|note| note.kind == kind),
            "{kind} {:?}",
            layer.notes
        );
    }
    assert_eq!(layer.crs.to_string(), "EPSG:32643");
}

#[test]
fn a_flatgeobuf_cut_short_is_said_to_be() {
    if !installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("p.csv");
    let rows: String = (0..500)
        .map(|at| format!("{at},\"POINT (77.{at} 12.5)\"\n"))
        .collect();
    fs::write(&from, format!("id,WKT\n{rows}")).unwrap();
    let to = folder.path().join("p.fgb");
    assert!(ogr2ogr(
        &["-f", "FlatGeobuf", "-a_srs", "EPSG:4326"],
        &from,
        &to
    ));
    let whole = fs::read(&to).unwrap();
    fs::write(&to, &whole[..whole.len() * 3 / 4]).unwrap();
    let delivery = read(&to);
    let layer = &delivery.layers[0];
    assert!(
        layer.len() < 500 && layer.declared_rows == Some(500),
        "{} {:?}",
        layer.len(),
        layer.declared_rows
    );
    assert!(
        layer.notes.iter().any(|note| note.kind == "truncated"),
        "{:?}",
        layer.notes
    );
}

#[test]
fn parts_of_a_shapefile_that_are_missing_are_named() {
    let Some(data) = super::real_files::data() else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let from = data.join("bengaluru/bbmpwards_shapefile");
    for extension in ["shp", "shx", "dbf", "prj"] {
        fs::copy(
            from.join(format!("bbmpwards.{extension}")),
            folder
                .path()
                .join(format!("W.{}", extension.to_uppercase())),
        )
        .unwrap();
    }
    let path = folder.path().join("W.SHP");
    let whole = read(&path).layers.remove(0);
    assert_eq!(whole.len(), 198);
    for (extension, crs) in [("PRJ", false), ("SHX", true), ("DBF", true)] {
        let part = folder.path().join(format!("W.{extension}"));
        let bytes = fs::read(&part).unwrap();
        fs::remove_file(&part).unwrap();
        let layer = read(&path).layers.remove(0);
        assert_eq!(layer.shapes, whole.shapes, "without {extension}");
        assert!(
            layer.notes.iter().any(|note| note.kind == "sidecar_missing"
                && note
                    .text
                    .contains(&format!("W.{} is missing", extension.to_lowercase()))),
            "{:?}",
            layer.notes
        );
        assert_eq!(layer.crs != CrsName::Missing, crs);
        fs::write(&part, bytes).unwrap();
    }
    // Cut in the middle: the rows are counted, the lost ones have no geometry.
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let layer = read(&path).layers.remove(0);
    assert_eq!(layer.len(), 198);
    let note = layer
        .notes
        .iter()
        .find(|note| note.kind == "truncated")
        .unwrap();
    let missing = layer
        .shapes
        .kinds
        .iter()
        .filter(|kind| **kind == ShapeKind::Missing as u8)
        .count() as u64;
    assert!(note.count == missing && missing > 20, "{note:?} {missing}");
}

#[test]
fn a_workbook_with_longitude_and_latitude_is_read_like_the_table_it_was_made_from() {
    if !installed() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let from = folder.path().join("toilets.csv");
    fs::write(
        &from,
        "feature_id,name,Longitude,Latitude,seats\nT1,शौचालय,77.5946,12.9716,8\nT2,கழிப்பறை,77.61,12.98,\n",
    )
    .unwrap();
    let table = read(&from);
    let to = folder.path().join("toilets.xlsx");
    assert!(ogr2ogr(&["-f", "XLSX"], &from, &to));
    let book = read(&to);
    assert!(book.refused.is_empty(), "{:?}", book.refused);
    let (book, table) = (&book.layers[0], &table.layers[0]);
    assert_eq!(book.shapes, table.shapes);
    assert_eq!(book.crs.to_string(), "OGC:CRS84");
    assert_eq!(book.table.value(1, "name"), Value::Text("கழிப்பறை"));
    assert_eq!(book.table.value(0, "seats").to_text(), "8");
    assert!(book.table.value(1, "seats").is_null());
}

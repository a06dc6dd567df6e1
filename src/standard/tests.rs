//! The standards as they ship: that they load, agree with each other, and say what they must.

use super::*;
use crate::model::{
    Column, CrsName, CrsOrigin, Field, FieldType, RawLayer, Shapes, Source, Table, Value,
};

fn builtin() -> &'static Standards {
    Standards::builtin()
}

fn files() -> load::Files {
    load::embedded().expect("the embedded files are text")
}

fn refusal(change: impl Fn(&mut load::Files)) -> String {
    let mut files = files();
    change(&mut files);
    load::standards(&files)
        .expect_err("this must be refused")
        .to_string()
}

#[test]
fn what_ships_is_complete() {
    let standards = builtin();
    assert_eq!(standards.layers().count(), 51);
    assert_eq!(standards.profile().layers.len(), 18);
    assert_eq!(standards.metadata().len(), 34);
    assert_eq!(standards.frequencies().len(), 13);
    assert_eq!(standards.indicators().len(), 62);
    for layer in standards.layers() {
        let names: Vec<&str> = standards
            .fields(layer)
            .map(|field| field.name.as_str())
            .collect();
        for common in ["feature_id", "ulb_lgd", "updated_on"] {
            assert!(names.contains(&common), "{} lacks {common}", layer.layer);
        }
        for code in standards.common_rules().keys() {
            assert!(
                layer.rules.contains_key(code),
                "{} lacks {code}",
                layer.layer
            );
        }
    }
    assert!((standards.profile().tol_m() - 2.0).abs() < f64::EPSILON);
}

#[test]
fn everything_people_see_is_said_in_english_and_hindi() {
    let standards = builtin();
    let mut texts: Vec<(String, &Words)> = vec![];
    for layer in standards.layers() {
        texts.push((layer.layer.to_string(), &layer.title));
        texts.push((layer.layer.to_string(), &layer.about));
        for field in standards.fields(layer) {
            texts.push((format!("{}.{}", layer.layer, field.name), &field.title));
        }
    }
    for list in standards.code_lists() {
        texts.push((list.name.clone(), &list.title));
        for entry in &list.entries {
            texts.push((format!("{} {}", list.name, entry.code), &entry.label));
        }
    }
    for (code, words) in standards.all_rule_words() {
        for text in [&words.title, &words.what, &words.why, &words.fix] {
            texts.push((code.to_owned(), text));
        }
    }
    for rule in standards.metadata() {
        texts.push((rule.element.clone(), &rule.title));
        texts.push((rule.element.clone(), &rule.about));
    }
    for rule in standards.indicators() {
        texts.push((rule.code.to_string(), &rule.title));
    }
    for (whose, words) in texts {
        for language in ["en", "hi"] {
            assert!(
                words.0.contains_key(language),
                "{whose} says nothing in {language}"
            );
        }
        let devanagari = words
            .say("hi")
            .chars()
            .any(|letter| ('\u{900}'..'\u{980}').contains(&letter));
        assert!(devanagari, "{whose}: {}", words.say("hi"));
    }
}

#[test]
fn an_unknown_key_is_refused_with_file_and_line() {
    let said = refusal(|files| {
        let ward = files.get_mut("ward_boundary.toml").expect("ships");
        *ward = ward.replacen("revision = 1", "revision = 1\ncolour = \"red\"", 1);
    });
    assert!(
        said.starts_with("ward_boundary.toml:4: unknown field `colour`"),
        "{said}"
    );
    let said = refusal(|files| {
        files.insert("notes.txt".into(), "x".into());
    });
    assert!(said.starts_with("notes.txt:1:"), "{said}");
}

#[test]
fn files_that_contradict_each_other_are_refused_with_file_and_line() {
    type Change = (&'static str, &'static str, &'static str, &'static str);
    let changes: [Change; 9] = [
        (
            "road.toml",
            "codes = \"SURF\"",
            "codes = \"SURFACE\"",
            "there is no code list `SURFACE`",
        ),
        (
            "road.toml",
            "key = [\"feature_id\"]",
            "key = [\"segment\"]",
            "the key names `segment`",
        ),
        (
            "ward_boundary.toml",
            "T04 = {}",
            "T99 = {}",
            "there is no rule `T99`",
        ),
        (
            "ward_boundary.toml",
            "refresh = \"on_event\"",
            "refresh = \"often\"",
            "`often` is no frequency",
        ),
        (
            "ward_boundary.toml",
            "name = \"delim_id\"",
            "name = \"delimitation_id\"",
            "not a name of at most 10",
        ),
        ("profile.toml", "\"health\",", "", "is not listed"),
        (
            "codes/SURF.csv",
            "bitumen,",
            "concrete,",
            "`concrete` stands here twice",
        ),
        (
            "codes.toml",
            "SURF = ",
            "SURFS = ",
            "the list `SURF` has no title",
        ),
        (
            "indicators.toml",
            "rollup = \"ratio\"",
            "rollup = \"mean\"",
            "`mean` is no roll-up",
        ),
    ];
    for (file, from, to, wanted) in changes {
        let said = refusal(|files| {
            let text = files.get_mut(file).expect("ships");
            assert!(text.contains(from), "{file} has no {from}");
            *text = text.replacen(from, to, 1);
        });
        assert!(said.contains(wanted) && said.starts_with(file), "{said}");
    }
}

#[test]
fn a_folder_loads_like_what_is_embedded() {
    let dir = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/layers"));
    let standards = Standards::load(dir).expect("layers/ loads");
    assert_eq!(standards.fingerprint(), builtin().fingerprint());
    let absent = Standards::load(&dir.join("absent")).expect_err("there is no such folder");
    assert!(matches!(absent, StandardError::Unreadable { .. }));
}

#[test]
fn the_schema_in_the_folder_is_current() {
    let kept: serde_json::Value =
        serde_json::from_str(&files()["schema.json"]).expect("the schema is JSON");
    let made = layer_schema();
    assert!(
        kept == made,
        "layers/schema.json is old; it should be:\n{}",
        serde_json::to_string_pretty(&made).expect("JSON prints")
    );
}

#[test]
fn the_schema_knows_the_keys_that_loading_knows() {
    let schema = layer_schema();
    let keys = |value: &serde_json::Value| -> Vec<String> {
        value["properties"]
            .as_object()
            .expect("has properties")
            .keys()
            .cloned()
            .collect()
    };
    let layer = builtin()
        .layer(&"ward_boundary".parse().expect("a name"))
        .expect("ships");
    let written = serde_json::to_value(layer).expect("a standard writes itself");
    let mut said: Vec<String> = written
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    said.sort();
    let mut known = keys(&schema);
    known.sort();
    assert_eq!(known, said);
    let written = serde_json::to_value(&layer.fields[0]).expect("a field writes itself");
    let mut said: Vec<String> = written
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    said.sort();
    let mut known = keys(&schema["properties"]["fields"]["items"]);
    known.sort();
    assert_eq!(known, said);
}

fn table(headers: &[(&str, &[&str])]) -> Table {
    let mut table = Table::new(
        headers
            .iter()
            .map(|(name, _)| Field::new(*name, FieldType::Text))
            .collect(),
    );
    for ((_, values), column) in headers.iter().zip(&mut table.columns) {
        for value in *values {
            column.push(Value::Text(value));
        }
    }
    table
}

fn mapped(layer: &str, headers: &[(&str, &[&str])]) -> Vec<(String, String, String)> {
    let standard = builtin()
        .layer(&layer.parse().expect("a name"))
        .expect("ships");
    ColumnMap::of(builtin(), standard, &table(headers))
        .entries()
        .iter()
        .map(|(mapping, _)| {
            (
                mapping.field.clone(),
                mapping.column.clone(),
                mapping.why.clone(),
            )
        })
        .collect()
}

#[test]
fn headers_seen_in_real_files_find_their_field() {
    for header in [
        "WARD_NO",
        "Ward_No",
        "Ward No",
        "Ward Num",
        "ward_no",
        "wardno",
        "wardnum",
        "ward",
        "WARD",
        "Ward_Number",
        "KGISWardNo",
        "Ward No.",
    ] {
        let found = mapped("ward_boundary", &[(header, &["1"])]);
        assert_eq!(found[0].0, "ward_no", "{header}");
    }
    for header in [
        "Ward_Name",
        "WARD_NAME",
        "Name",
        "name",
        "Name1",
        "KGISWardName",
    ] {
        let found = mapped("ward_boundary", &[(header, &["Lake Side"])]);
        assert_eq!(found[0].0, "name", "{header}");
    }
    for (header, field) in [
        ("LGD_WardCode", "ward_lgd"),
        ("Zone", "zone_no"),
        ("ZONE_NAME", "zone_no"),
        ("name-mr", "name_local"),
        ("2011WardNumbers", "census_wn"),
    ] {
        assert_eq!(
            mapped("ward_boundary", &[(header, &["x"])])[0].0,
            field,
            "{header}"
        );
    }
}

#[test]
fn the_surest_column_wins_and_none_is_used_twice() {
    let found = mapped(
        "ward_boundary",
        &[("WARD", &["x"]), ("ward_no", &["1"]), ("Ward_Name", &["A"])],
    );
    let pairs: Vec<(&str, &str)> = found
        .iter()
        .map(|(field, column, _)| (field.as_str(), column.as_str()))
        .collect();
    assert_eq!(pairs, [("ward_no", "ward_no"), ("name", "Ward_Name")]);
}

#[test]
fn a_name_column_that_holds_numbers_is_the_ward_number() {
    let found = mapped("ward_boundary", &[("Ward_name", &["1", "Ward 2", "3.0"])]);
    assert_eq!(
        found,
        [("ward_no".into(), "Ward_name".into(), "holds numbers".into())]
    );
    let found = mapped("ward_boundary", &[("Ward_name", &["Lake Side", "2"])]);
    assert_eq!(found[0].0, "name");
}

#[test]
fn a_given_mapping_stands_and_a_wrong_one_is_refused() {
    let standard = builtin()
        .layer(&"ward_boundary".parse().expect("a name"))
        .expect("ships");
    let table = table(&[("A", &["1"]), ("ward_no", &["9"])]);
    let pair = |field: &str, column: &str| vec![(field.to_owned(), column.to_owned())];
    let map = ColumnMap::given(builtin(), standard, &table, &pair("ward_no", "A")).expect("fits");
    assert_eq!(map.column("ward_no"), Some(0));
    for (field, column) in [("colour", "A"), ("ward_no", "B")] {
        assert!(ColumnMap::given(builtin(), standard, &table, &pair(field, column)).is_err());
    }
}

fn raw(file: &str, layer: &str, dimension: u8, headers: &[(&str, &[&str])]) -> RawLayer {
    let table = table(headers);
    let rows = table.columns.first().map_or(1, Column::len);
    let mut shapes = Shapes::new();
    for _ in 0..rows {
        let ring = [[77.0, 13.0], [77.1, 13.0], [77.1, 13.1], [77.0, 13.0]];
        match dimension {
            0 => shapes.push_point(ring[0]),
            1 => {
                shapes.coords.extend(&ring[..2]);
                shapes.end_ring();
                shapes.end_part();
                shapes.end_feature(crate::model::ShapeKind::LineString);
            }
            _ => {
                shapes.coords.extend(&ring);
                shapes.end_ring();
                shapes.end_part();
                shapes.end_feature(crate::model::ShapeKind::Polygon);
            }
        }
    }
    RawLayer {
        source: Source {
            file: file.into(),
            member: None,
            layer: layer.into(),
            format: "GeoJSON".into(),
            hash: String::new(),
        },
        crs: CrsName::Missing,
        crs_origin: CrsOrigin::Unknown,
        encoding: None,
        declared_rows: None,
        table,
        shapes,
        notes: vec![],
    }
}

#[test]
fn the_standard_of_a_layer_is_found_by_name_or_by_attributes() {
    for (file, dimension, headers, wanted) in [
        (
            "pune-electoral-wards_2022.geojson",
            2,
            &[("wardnum", &["1"][..])][..],
            Some("ward_boundary"),
        ),
        (
            "BBMP.shp",
            2,
            &[("KGISWardNo", &["1", "2"]), ("KGISWardName", &["X", "Y"])],
            Some("ward_boundary"),
        ),
        (
            "zones.kml",
            2,
            &[("Name", &["North"])],
            Some("zone_boundary"),
        ),
        (
            "streetlights.csv",
            0,
            &[("lamp_type", &["LED"])],
            Some("street_light"),
        ),
        (
            "export.gpkg",
            1,
            &[
                ("road_class", &["local"]),
                ("surface", &["bt"]),
                ("road_id", &["1"]),
                ("width", &["6"]),
            ],
            Some("road"),
        ),
        (
            "data.json",
            2,
            &[
                ("landuse", &["Residential"]),
                ("survey_date", &["2024-01-01"]),
            ],
            Some("land_use"),
        ),
        (
            "building_footprints.zip",
            2,
            &[("id", &["1"])],
            Some("building"),
        ),
        ("data.json", 2, &[("id", &["1"])], None),
        ("wards.geojson", 0, &[("id", &["1"])], None),
    ] {
        let stem = file.split('.').next().expect("a stem");
        let fit = builtin().best_fit(&raw(file, stem, dimension, headers));
        assert_eq!(
            fit.as_ref().map(|fit| fit.layer.as_str()),
            wanted,
            "{file}: {:?}",
            builtin().fits(&raw(file, stem, dimension, headers))
        );
    }
}

#[test]
fn the_nearest_code_is_what_people_meant() {
    for (list, text, wanted) in [
        ("ROADCL", "Arterial", Some("arterial")),
        ("ROADCL", "NH", Some("national_highway")),
        ("ROADCL", "artirial", Some("arterial")),
        ("LU1", "Residential", Some("R")),
        ("LU1", "आवासीय", Some("R")),
        ("LAMP", "L.E.D", Some("led")),
        ("LAMP", "xyzzy", None),
        ("LAMP", "", None),
    ] {
        assert_eq!(
            builtin().codes(list).expect("ships").nearest(text),
            wanted,
            "{text}"
        );
    }
}

#[test]
fn every_name_has_a_page() {
    let standards = builtin();
    let mut names: Vec<String> = standards
        .layers()
        .map(|layer| layer.layer.to_string())
        .collect();
    names.extend(
        standards
            .all_rule_words()
            .map(|(code, _)| code.to_lowercase()),
    );
    names.extend(standards.metadata().iter().map(|rule| rule.element.clone()));
    names.extend(
        standards
            .indicators()
            .iter()
            .map(|rule| rule.code.to_string()),
    );
    names.extend(standards.code_lists().map(|list| list.name.to_lowercase()));
    names.extend(["in-city-min-1".into(), "ward_no".into()]);
    for name in names {
        let page = explain(standards, &name).unwrap_or_else(|| unreachable!("no page for {name}"));
        assert!(page.markdown("en").lines().count() > 3, "{name}");
        assert!(!page.markdown("hi").is_empty());
    }
    assert!(explain(standards, "nothing such").is_none());
    let page = explain(standards, "t04").expect("a rule");
    assert!(page.markdown("hi").contains("अतिव्याप्ति"));
}

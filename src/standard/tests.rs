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
    load::standards(&[pack::Pack::new(files).expect("pack.toml is sound")])
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
        said.starts_with("ward_boundary.toml:5: unknown field `colour`"),
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
fn the_schemas_in_the_folder_are_current() {
    let dir = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/layers"));
    let made = schema::schemas();
    if std::env::var_os("PARAT_BLESS").is_some() {
        std::fs::create_dir_all(dir.join("schema")).expect("a folder");
        for (path, schema) in &made {
            let text = serde_json::to_string_pretty(schema).expect("JSON prints") + "\n";
            std::fs::write(dir.join(path), text).expect("written");
        }
    }
    let files = load::folder(dir).expect("layers/ reads");
    let kept = files.keys().filter(|path| path.starts_with("schema/"));
    assert!(
        kept.eq(made.keys()),
        "set PARAT_BLESS=1 to write layers/schema"
    );
    for (path, schema) in &made {
        let kept: serde_json::Value = serde_json::from_str(&files[path]).expect("JSON");
        assert!(
            kept == *schema,
            "layers/{path} is old; set PARAT_BLESS=1 to write it"
        );
    }
}

#[test]
fn every_file_tells_an_editor_its_schema() {
    for (path, text) in files() {
        let Some(stem) = path.strip_suffix(".toml") else {
            continue;
        };
        let named = schema::schemas().contains_key(&format!("schema/{stem}.json"));
        let schema = match stem.split_once('/') {
            Some(_) => "../schema/grid".to_owned(),
            None => format!("schema/{}", if named { stem } else { "layer" }),
        };
        let line = format!("#:schema {schema}.json\n");
        assert!(text.starts_with(&line), "{path} does not begin with {line}");
    }
}

fn fixture(pack: &str) -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/packs")
        .join(pack)
}

#[test]
fn another_country_and_its_city_need_data_and_no_code() {
    let standards = Standards::load(&fixture("ke-nakuru")).expect("the packs load");
    let labels: Vec<String> = standards.packs().iter().map(PackInfo::label).collect();
    assert_eq!(labels, ["in@1", "ke@1", "ke-nakuru@2"]);
    let layers: Vec<&str> = standards.layers().map(|one| one.layer.as_str()).collect();
    assert_eq!(
        layers,
        ["city_boundary", "matatu_stage", "road", "ward_boundary"]
    );
    assert_eq!(standards.profile().label(), "ke-county-town@1");
    assert!((standards.profile().bounds.south + 4.8).abs() < f64::EPSILON);

    let layer = |name: &str| {
        let id: LayerId = name.parse().expect("a name");
        standards.layer(&id).expect("kept").clone()
    };
    let ward = layer("ward_boundary");
    assert_eq!(ward.title.say("sw"), "Wadi");
    assert_eq!(
        ward.title.say("hi"),
        "चुनावी वार्ड",
        "what the pack below says stays"
    );
    assert_eq!(ward.key, ["county_no", "delim_id", "ward_no"]);
    assert!(ward.also_called.iter().any(|name| name == "wadi"));
    assert!(ward.also_called.iter().any(|name| name == "wards"));
    assert!(standards.field(&ward, "ulb_lgd").is_none());
    assert!(standards.field(&ward, "pop_sc").is_none());
    assert!(standards.field(&ward, "county_no").is_some());

    let stage = layer("matatu_stage");
    assert!(
        !stage.rules.contains_key("T03"),
        "the city took the rule away"
    );
    assert!(standards.field(&stage, "shelter").is_some());
    let list = standards.codes("STAGE").expect("the country's list");
    assert_eq!(list.nearest("Boda Boda"), Some("boda"));
    assert_eq!(list.nearest("kituo kikuu"), Some("terminus"));
    let of: Vec<&str> = standards
        .packs_of(&stage.layer)
        .map(|pack| pack.id.as_str())
        .collect();
    assert_eq!(of, ["ke", "ke-nakuru"]);
    assert_eq!(standards.indicators().len(), 1);
    assert_ne!(standards.fingerprint(), builtin().fingerprint());
}

#[test]
fn a_fault_in_a_chain_names_the_pack_the_file_and_the_line() {
    let dir = tempfile::tempdir().expect("a folder");
    let write = |pack: &str, file: &str, text: &str| {
        let folder = dir.path().join(pack);
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(file), text).expect("written");
    };
    let manifest = |id: &str, inherits: &str| {
        format!(
            "id = \"{id}\"\nversion = 1\ntitle = {{ en = \"x\" }}\nabout = {{ en = \"x\" }}\n{inherits}"
        )
    };
    let refused = |pack: &str| {
        Standards::load(&dir.path().join(pack))
            .expect_err("refused")
            .to_string()
    };
    let on_builtin = "[inherits]\npack = \"in\"\nversion = 1\n";
    write("state", "pack.toml", &manifest("state", on_builtin));
    write("state", "road.toml", "\nrefresh = \"sometimes\"\n");
    assert_eq!(
        refused("state"),
        "state@1/road.toml:2: `sometimes` is no frequency"
    );
    write("state", "road.toml", "\n\ncolour = 1\n");
    let said = refused("state");
    assert!(
        said.starts_with("state@1/road.toml:3: unknown field `colour`"),
        "{said}"
    );
    write("state", "road.toml", "");
    write(
        "state",
        "pack.toml",
        &manifest("state", "[inherits]\npack = \"in\"\nversion = 9\n"),
    );
    let said = refused("state");
    assert!(
        said.contains("state@1/pack.toml:5: it was written for version 9 of `in`"),
        "{said}"
    );
    write(
        "city",
        "pack.toml",
        &manifest("city", "[inherits]\nfolder = \"../round\"\nversion = 1\n"),
    );
    write(
        "round",
        "pack.toml",
        &manifest("round", "[inherits]\nfolder = \"../city\"\nversion = 1\n"),
    );
    let said = refused("city");
    assert!(said.contains("`city` stands on itself"), "{said}");
    let drops = format!("{on_builtin}[drop]\nlayers = [\"tram\"]\n");
    write("state", "pack.toml", &manifest("state", &drops));
    let said = refused("state");
    assert!(
        said.contains("the packs below have no layer `tram`"),
        "{said}"
    );
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
        ("2011WardNumbers", "ward_no"),
        ("census2011WardNumbers", "ward_no"),
    ] {
        // A number that can be a directory's code; as a ward's number it is as good as any.
        let values: &[&str] = &["1303139"];
        assert_eq!(
            mapped("ward_boundary", &[(header, values)])[0].0,
            field,
            "{header}"
        );
    }
}

#[test]
fn values_can_refuse_a_column_that_only_a_usual_name_speaks_for() {
    let standard = |layer: &str| {
        builtin()
            .layer(&layer.parse().expect("a name"))
            .expect("ships")
    };
    let map = |layer: &str, headers: &[(&str, &[&str])]| {
        ColumnMap::of(builtin(), standard(layer), &table(headers))
    };
    for values in [
        &["2020-01-01", "2020-02-01", "2021-03-04"][..],
        &["MG Road", "Brigade Road", "12th Main, Jayanagar 4th Block"],
        &["Shivajinagar", "Malleshwaram", "7"],
    ] {
        let found = map("ward_boundary", &[("prabhag", values)]);
        assert_eq!(found.column("ward_no"), None, "{values:?}");
        let vetoes: Vec<&Veto> = found.vetoes().collect();
        assert_eq!(vetoes[0].field, "ward_no");
        let why = builtin().messages().render(&vetoes[0].why, "en");
        assert!(why.contains(values[0]), "{why}");
        // Its own name is no hint, and what a person says is never refused.
        assert!(
            map("ward_boundary", &[("ward_no", values)])
                .column("ward_no")
                .is_some()
        );
        let given = [("ward_no".to_owned(), "prabhag".to_owned())];
        let table = table(&[("prabhag", values)]);
        let given = ColumnMap::given(builtin(), standard("ward_boundary"), &table, &given);
        assert_eq!(given.expect("fits").vetoes().count(), 0);
    }
    for values in [
        &["12", "Ward 13", "14A", "W-15", "XXVIII"][..],
        &["12", "", "Cantonment"],
    ] {
        let found = map("ward_boundary", &[("prabhag", values)]);
        assert_eq!(found.column("ward_no"), Some(0), "{values:?}");
    }
    // Another column of the same meaning takes its place, and one of blanks only where there is no other.
    let found = map(
        "ward_boundary",
        &[("ward", &["2020-01-01"]), ("prabhag", &["7"])],
    );
    assert_eq!(
        (found.column("ward_no"), found.vetoes().count()),
        (Some(1), 0)
    );
    let found = map("ward_boundary", &[("ward", &[" "]), ("prabhag", &["7"])]);
    assert_eq!(found.column("ward_no"), Some(1));
    assert_eq!(
        map("ward_boundary", &[("ward", &[" "])]).column("ward_no"),
        Some(0)
    );
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
fn every_row_of_a_doubtful_column_is_looked_at_and_not_a_sample() {
    let standard = builtin()
        .layer(&"ward_boundary".parse().expect("a name"))
        .expect("ships");
    let taken = |holds: &dyn Fn(usize) -> bool| {
        let texts: Vec<&str> = (0..1000)
            .map(|row| {
                if holds(row) {
                    "12"
                } else {
                    "second left behind the lake"
                }
            })
            .collect();
        let table = table(&[("ward", &texts)]);
        let map = ColumnMap::told(builtin(), standard, &table, &[]);
        (
            map.column("ward_no"),
            map.vetoes().map(|veto| veto.percent).next(),
        )
    };
    assert_eq!(taken(&|_| true), (Some(0), None));
    assert_eq!(taken(&|row| row < 300), (None, Some(30)));
    // Every fifth row, where a sample of two hundred looks, is good.
    assert_eq!(taken(&|row| row % 5 == 0), (None, Some(20)));
    assert_eq!(taken(&|row| row % 5 != 0), (Some(0), None));
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

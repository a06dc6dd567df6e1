//! Which column answers which field, and which standard is a layer's.

use super::*;
use crate::model::{
    Column, CrsName, CrsOrigin, Field, FieldType, RawLayer, Shapes, Source, Table, Value,
};

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

//! Rows set aside, what is proposed, and what is confirmed.

use super::*;

#[test]
fn bad_rows_are_set_aside_with_their_reasons_and_the_rest_goes_on() {
    let mut raw = wards();
    // A tenth may go: many good wards, one without geometry and two with one number.
    let (mut shapes, table) = (Shapes::new(), raw.table.clone());
    raw.table = Table::new(table.fields.clone());
    for row in 0..60 {
        let [x, y] = [
            77.5 + f64::from(row % 10) * 0.01,
            12.9 + f64::from(row / 10) * 0.01,
        ];
        if row == 7 {
            shapes.push_none(ShapeKind::Missing);
        } else {
            square(&mut shapes, [x, y], 0.01);
        }
        let number = if row == 31 { 31 } else { row + 1 };
        push_ward(&mut raw.table, row + 1, number);
    }
    raw.shapes = shapes;
    raw.declared_rows = Some(60);
    let plain = judged(&raw, &Question::default());
    assert!(found(plain.report(), "T01") == 1 && found(plain.report(), "T10") == 1);
    let question = Question {
        set_aside: true,
        ..Question::default()
    };
    let checked = judged(&raw, &question);
    let report = checked.report();
    let rows: Vec<(Option<u64>, &str)> = report
        .set_aside
        .iter()
        .map(|one| (one.place.row, one.rules[0].as_str()))
        .collect();
    // Of two wards with one number nobody knows which is right.
    assert_eq!(
        rows,
        [(Some(8), "T01"), (Some(31), "T10"), (Some(32), "T10")]
    );
    assert_eq!((report.counts.accepted, report.counts.set_aside), (57, 3));
    assert_eq!(
        found(report, "T01") + found(report, "T10") + found(report, "L02"),
        0,
        "{:?}",
        report.todo
    );
    assert_eq!(checked.lonlat().unwrap().len(), 57);
    assert_eq!(checked.aside().table.columns[3].get(1), Value::Text("31"));
    let mut kept = vec![];
    report::set_aside_lines(checked.report(), checked.aside(), &mut kept).unwrap();
    let text = |form| {
        report::SetAsideText::new(form, [kept.as_slice()], Standards::builtin(), "en")
            .unwrap()
            .whole()
            .unwrap()
    };
    let csv = text(report::SetAsideForm::Csv);
    let text = text(report::SetAsideForm::GeoJson);
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["features"].as_array().unwrap().len(), 3);
    assert_eq!(json["features"][1]["properties"]["ward_no"], "31");
    assert_eq!(json["features"][1]["properties"]["parat_row"], 31);
    assert_eq!(csv.lines().count(), 4);
}

#[test]
fn too_much_set_aside_keeps_the_layer_out_and_nothing_left_is_said_loudly() {
    let mut raw = wards();
    for row in 0..3 {
        set(&mut raw, "ward_no", row, "");
    }
    let question = Question {
        set_aside: true,
        ..Question::default()
    };
    let report = judged(&raw, &question).report().clone();
    assert_eq!(report.counts.set_aside, 3);
    assert!(!report.verdict.admits());
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.kind == "too_much_set_aside")
    );
    assert!(report.summary.contains("set aside"), "{}", report.summary);
    for row in 3..9 {
        set(&mut raw, "ward_no", row, "");
    }
    let report = judged(&raw, &question).report().clone();
    assert_eq!((report.counts.accepted, report.counts.set_aside), (0, 9));
    assert!(!report.verdict.admits());
    assert!(report.summary.contains("no row"), "{}", report.summary);
}

#[test]
fn rows_read_are_always_the_sum_whatever_is_wrong_and_whatever_is_asked() {
    let mut seed = 7_u64;
    let mut dice = |count: u64| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) % count
    };
    let kinds = ["", "safe", "all", "split_parts,drop_z", "snap,make_valid"];
    for _ in 0..50 {
        let mut raw = wards();
        let mut shapes = Shapes::new();
        for row in 0..raw.len() {
            match dice(8) {
                0 => shapes.push_none(ShapeKind::Missing),
                1 => push_bow_tie(&mut shapes),
                2 => {
                    for x in [77.51, 77.516] {
                        ring(
                            &mut shapes,
                            &[[x, 12.9], [x + 0.002, 12.9], [x + 0.002, 12.91], [x, 12.9]],
                        );
                        shapes.end_part();
                    }
                    shapes.end_feature(ShapeKind::MultiPolygon);
                }
                3 => square(&mut shapes, [12.9, 77.5], 0.01),
                4 => shapes.push_point([f64::NAN, 1.0]),
                _ => shapes.push_shape(raw.shapes.get(row)),
            }
        }
        raw.shapes = shapes;
        for _ in 0..dice(6) {
            let column =
                ["ward_no", "updated_on", "name", "ulb_lgd", "feature_id"][dice(5) as usize];
            let text = ["", "1.0", "31/12/2020", "x", "2", "Ã©"][dice(6) as usize];
            set(&mut raw, column, dice(9) as usize, text);
        }
        if dice(3) == 0 {
            raw.notes.push(Note {
                kind: "z_dropped".to_owned(),
                say: parat::model::Say::default(),
                text: String::new(),
                rows: vec![0, 4],
                count: dice(9).max(2),
            });
        }
        if dice(6) == 0 {
            raw.crs = CrsName::Missing;
        }
        let question = Question {
            layer: [Some("ward_boundary"), Some("building"), None][dice(3) as usize],
            set_aside: dice(2) == 0,
            ..with(kinds[dice(5) as usize])
        };
        // The sum is asserted for every judging.
        let checked = judged(&raw, &question);
        let left = checked.report().rows - checked.report().counts.set_aside;
        let judged_rows: u64 = checked.report().geometry.values().sum();
        assert!(judged_rows >= left, "no row is lost: {judged_rows} {left}");
        if !question.repairs.has(RepairKind::SplitParts) {
            assert_eq!(judged_rows, left);
        }
    }
}

#[test]
fn columns_crs_and_layers_are_proposed_with_evidence_and_taken_when_given() {
    let mut raw = wards();
    raw.table.fields[3].name = "numeration".to_owned();
    raw.table.fields[1].name = "corp_lgdnum".to_owned();
    raw.crs = CrsName::Missing;
    let plain = judged(&raw, &Question::default());
    let columns = &plain.report().proposals.columns;
    let lgd = columns
        .iter()
        .find(|one| one.field == "ulb_lgd")
        .expect("by its values");
    assert_eq!(lgd.column, "corp_lgdnum");
    assert!(lgd.score >= 0.5 && lgd.why.contains("100 %"), "{lgd:?}");
    assert!(
        !plain
            .report()
            .columns
            .iter()
            .any(|mapping| mapping.field == "ulb_lgd"),
        "proposed, not taken"
    );
    let crs = &plain.report().proposals.crs;
    assert_eq!(crs[0].code, "EPSG:4326");
    assert!(
        crs[0].bbox.west > 77.0 && crs[0].why.contains("100 %"),
        "{crs:?}"
    );
    let given = Question {
        columns: BTreeMap::from([
            ("ulb_lgd".to_owned(), "corp_lgdnum".to_owned()),
            ("ward_no".to_owned(), "nothing".to_owned()),
        ]),
        confirmed: Some(Confirmed {
            columns: BTreeMap::from([("ward_no".to_owned(), "numeration".to_owned())]),
            ..Confirmed::default()
        }),
        ..Question::default()
    };
    let report = judged(&raw, &given).report().clone();
    let why = |field: &str| {
        report
            .columns
            .iter()
            .find(|one| one.field == field)
            .map(|one| (one.column.as_str(), one.why.as_str()))
    };
    assert_eq!(why("ulb_lgd"), Some(("corp_lgdnum", "given")));
    assert_eq!(why("ward_no"), Some(("numeration", "confirmed")));
    assert_eq!(report.confirmed[0].what, ["ward_no = numeration"]);
    assert!(
        report
            .notes
            .iter()
            .any(|note| note.kind == "column_not_taken" && note.text.contains("nothing"))
    );
    let unnamed = Question {
        layer: None,
        ..Question::default()
    };
    let layers = judged(&wards(), &unnamed).report().proposals.layers.clone();
    assert_eq!(layers[0].layer.as_str(), "ward_boundary");
    assert!(!layers[0].why.is_empty() && layers[0].score >= 0.45);
}

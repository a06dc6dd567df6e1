//! Repairs, rows set aside, proposals and what is confirmed, through the gate's own door.

use std::collections::{BTreeMap, BTreeSet};

use gdal::vector::Geometry as Geos;
use parat::{
    model::{
        Column, CrsName, CrsOrigin, Field, FieldType, Metadata, Note, RawLayer, ShapeKind, Shapes,
        Source, Table, Value,
    },
    report,
    standard::Standards,
    validate::{Ask, Checked, Confirmed, Outcome, RepairKind, Repairs, Report, check},
};

/// A city of square wards, three by three, eleven metres a thousandth of a degree a hundred.
fn wards() -> RawLayer {
    let mut shapes = Shapes::new();
    let mut table = Table::new(vec![
        Field::new("feature_id", FieldType::Text),
        Field::new("ulb_lgd", FieldType::Integer),
        Field::new("updated_on", FieldType::Date),
        Field::new("ward_no", FieldType::Text),
        Field::new("name", FieldType::Text),
        Field::new("delim_id", FieldType::Text),
    ]);
    for row in 0..9 {
        let [x, y] = [
            77.5 + f64::from(row % 3) * 0.01,
            12.9 + f64::from(row / 3) * 0.01,
        ];
        square(&mut shapes, [x, y], 0.01);
        let number = (row + 1).to_string();
        for (column, value) in [
            Value::Text(&number),
            Value::Integer(276_600),
            Value::Date(20_000),
            Value::Text(&number),
            Value::Text("Ward"),
            Value::Text("2022"),
        ]
        .into_iter()
        .enumerate()
        {
            table.columns[column].push(value);
        }
    }
    RawLayer {
        source: Source {
            file: "wards.geojson".to_owned(),
            member: None,
            layer: "wards".to_owned(),
            format: "GeoJSON".to_owned(),
            hash: String::new(),
        },
        crs: CrsName::Authority {
            name: "OGC".to_owned(),
            code: "CRS84".to_owned(),
        },
        crs_origin: CrsOrigin::Format,
        encoding: None,
        declared_rows: None,
        table,
        shapes,
        notes: vec![],
    }
}

fn ring(shapes: &mut Shapes<f64>, ring: &[[f64; 2]]) {
    shapes.coords.extend_from_slice(ring);
    shapes.end_ring();
}

fn square(shapes: &mut Shapes<f64>, [x, y]: [f64; 2], size: f64) {
    ring(
        shapes,
        &[
            [x, y],
            [x + size, y],
            [x + size, y + size],
            [x, y + size],
            [x, y],
        ],
    );
    shapes.end_part();
    shapes.end_feature(ShapeKind::Polygon);
}

struct Question {
    layer: Option<&'static str>,
    repairs: Repairs,
    set_aside: bool,
    columns: BTreeMap<String, String>,
    confirmed: Option<Confirmed>,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            layer: Some("ward_boundary"),
            repairs: Repairs::none(),
            set_aside: false,
            columns: BTreeMap::new(),
            confirmed: None,
        }
    }
}

fn judged(raw: &RawLayer, question: &Question) -> Checked {
    let layer = question.layer.map(|layer| layer.parse().unwrap());
    let checked = check(
        raw.clone(),
        &Ask {
            standards: Standards::builtin(),
            layer: layer.as_ref(),
            metadata: &Metadata::default(),
            city: None,
            others: &parat::validate::alone,
            columns: &question.columns,
            repairs: &question.repairs,
            set_aside: question.set_aside,
            confirmed: question.confirmed.as_ref(),
        },
    );
    crate::schema::hold(&report::json(checked.report()));
    let counts = checked.report().counts;
    assert_eq!(counts.read, raw.len() as u64);
    assert_eq!(
        counts.read,
        counts.accepted + counts.repaired + counts.set_aside,
        "{counts:?}"
    );
    assert_eq!(
        counts.set_aside as usize,
        checked
            .aside()
            .reasons
            .iter()
            .map(|one| one.place.row)
            .collect::<BTreeSet<_>>()
            .len()
    );
    checked
}

fn with(kinds: &str) -> Question {
    Question {
        repairs: kinds.parse().unwrap(),
        ..Question::default()
    }
}

fn found(report: &Report, code: &str) -> u64 {
    report
        .rules
        .iter()
        .find(|rule| rule.code == code)
        .map_or(0, |rule| match &rule.outcome {
            Outcome::Failed { count, .. } => *count,
            _ => 0,
        })
}

/// The wards with the geometry of one row drawn anew.
fn redrawn(row: usize, draw: impl Fn(&mut Shapes<f64>)) -> RawLayer {
    let mut raw = wards();
    let mut shapes = Shapes::new();
    for at in 0..raw.len() {
        if at == row {
            draw(&mut shapes);
        } else {
            shapes.push_shape(raw.shapes.get(at));
        }
    }
    raw.shapes = shapes;
    raw
}

fn set(raw: &mut RawLayer, column: &str, row: usize, text: &str) {
    let at = raw.table.position(column).unwrap();
    let mut fresh = Column::new(FieldType::Text);
    for other in 0..raw.table.columns[at].len() {
        if other == row {
            fresh.push(Value::Text(text));
        } else {
            fresh.push(Value::Text(&raw.table.columns[at].get(other).to_text()));
        }
    }
    raw.table.columns[at] = fresh;
    raw.table.fields[at].kind = FieldType::Text;
}

/// The shape of a row, for GEOS.
fn wkt(shapes: &Shapes<f64>, row: usize) -> Geos {
    let shape = shapes.get(row);
    let rings = |part: parat::model::PartRef<'_, f64>| {
        let rings: Vec<String> = part
            .rings()
            .map(|ring| {
                let ring: Vec<String> = ring.iter().map(|[x, y]| format!("{x:?} {y:?}")).collect();
                format!("({})", ring.join(","))
            })
            .collect();
        format!("({})", rings.join(","))
    };
    let parts: Vec<String> = shape.parts().map(rings).collect();
    Geos::from_wkt(&format!("MULTIPOLYGON({})", parts.join(","))).unwrap()
}

#[test]
fn a_repair_is_shown_before_it_is_made_written_down_when_it_is_and_undone_by_not_asking() {
    // A bow-tie, and a ring that is open.
    let raw = redrawn(4, |shapes| {
        ring(
            shapes,
            &[
                [77.51, 12.91],
                [77.52, 12.92],
                [77.52, 12.91],
                [77.51, 12.92],
                [77.51, 12.91],
            ],
        );
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
    });
    let plain = judged(&raw, &Question::default());
    let first = report::json(plain.report());
    let offered = plain
        .report()
        .proposals
        .repairs
        .iter()
        .find(|repair| repair.kind == RepairKind::MakeValid)
        .expect("it is offered");
    assert!(offered.safe && offered.count == 1, "{offered:?}");
    let example = &offered.examples[0];
    assert_eq!(example.place.row, Some(5));
    assert_eq!(example.geometry_before.as_ref().unwrap()["type"], "Polygon");
    assert_eq!(
        example.geometry_after.as_ref().unwrap()["type"],
        "MultiPolygon"
    );
    assert_eq!(plain.report().counts.repaired, 0);
    assert_eq!(
        plain.lonlat().unwrap(),
        &raw.shapes,
        "a preview changes nothing"
    );

    let mended = judged(&raw, &with("safe"));
    let report = mended.report();
    assert_eq!(found(report, "T01"), 0);
    assert_eq!(
        (report.counts.repaired, report.repair_counts["make_valid"]),
        (1, 1)
    );
    let made = &report.repairs[0];
    assert_eq!(
        (made.kind.as_str(), made.place.row),
        ("make_valid", Some(5))
    );
    assert_eq!(
        (&made.before, &made.after),
        (&example.before, &example.after)
    );
    assert!(wkt(mended.lonlat().unwrap(), 4).is_valid());
    assert!(
        !report
            .proposals
            .repairs
            .iter()
            .any(|repair| repair.kind == RepairKind::MakeValid)
    );

    // Undone: the same question as at first has the same answer to the byte.
    assert_eq!(
        report::json(judged(&raw, &Question::default()).report()),
        first
    );
}

#[test]
fn open_rings_close_repeated_vertices_go_and_rings_turn_as_their_format_says() {
    let mut raw = redrawn(0, |shapes| {
        // Open, clockwise, with a vertex twice: wrong in three ways.
        ring(
            shapes,
            &[
                [77.5, 12.9],
                [77.5, 12.91],
                [77.5, 12.91],
                [77.51, 12.91],
                [77.51, 12.9],
            ],
        );
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
    });
    let report = judged(&raw, &with("safe")).report().clone();
    let kinds: Vec<&str> = report
        .repairs
        .iter()
        .map(|repair| repair.kind.as_str())
        .collect();
    assert_eq!(kinds, ["close_ring", "drop_repeated", "wind"]);
    assert_eq!(
        report.counts.repaired, 1,
        "three repairs of one row are one row"
    );
    assert_eq!(found(&report, "T01") + found(&report, "T02"), 0);
    // A shapefile wants its shells clockwise: then it is the other eight that run the wrong way.
    "Shapefile".clone_into(&mut raw.source.format);
    assert_eq!(
        judged(&raw, &with("safe")).report().repair_counts["wind"],
        8
    );
    // A format without a rule has nothing to turn.
    "GeoPackage".clone_into(&mut raw.source.format);
    assert!(
        !judged(&raw, &with("safe"))
            .report()
            .repair_counts
            .contains_key("wind")
    );
}

#[test]
fn spikes_go_only_when_asked_for() {
    let raw = redrawn(8, |shapes| {
        ring(
            shapes,
            &[
                [77.52, 12.92],
                [77.53, 12.92],
                [77.53, 12.925],
                [77.54, 12.925_000_01],
                [77.53, 12.925_000_02],
                [77.53, 12.93],
                [77.52, 12.93],
                [77.52, 12.92],
            ],
        );
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
    });
    let safe = judged(&raw, &with("safe"));
    assert_eq!(found(safe.report(), "T02"), 1);
    assert!(
        safe.report()
            .proposals
            .repairs
            .iter()
            .any(|repair| repair.kind == RepairKind::CutSpikes && !repair.safe)
    );
    let cut = judged(&raw, &with("safe,cut_spikes"));
    assert_eq!(found(cut.report(), "T02"), 0);
    assert!(cut.lonlat().unwrap().coords.iter().all(|at| at[0] < 77.535));
}

#[test]
fn text_repairs_mend_what_is_certain_and_leave_a_guess_to_be_asked_for() {
    let mut raw = wards();
    set(&mut raw, "ward_no", 0, "1.0");
    set(&mut raw, "updated_on", 1, "31-Dec-2020");
    let twice: String = "वार्ड".bytes().map(char::from).collect();
    set(&mut raw, "name", 2, &twice);
    raw.table.fields.push(Field::new("status", FieldType::Text));
    let mut status = Column::new(FieldType::Text);
    let list = Standards::builtin().codes("STATUS").unwrap();
    let entry = &list.entries[0];
    let label = entry.label.say("en").to_uppercase();
    let mut slip = entry.label.say("en").to_owned();
    slip.push('z');
    for row in 0..9 {
        status.push(Value::Text(match row {
            0 => &label,
            1 => &slip,
            _ => &entry.code,
        }));
    }
    raw.table.columns.push(status);
    let checked = judged(&raw, &with("safe"));
    let said: Vec<(&str, Option<u64>, &str)> = checked
        .report()
        .repairs
        .iter()
        .map(|repair| {
            (
                repair.kind.as_str(),
                repair.place.row,
                repair.after.as_str(),
            )
        })
        .collect();
    assert!(said.contains(&("strip_zero", Some(1), "1")), "{said:?}");
    assert!(
        said.contains(&("read_types", Some(2), "2020-12-31")),
        "{said:?}"
    );
    assert!(said.contains(&("recode", Some(3), "वार्ड")), "{said:?}");
    if label != entry.code {
        assert!(
            said.contains(&("map_codes", Some(1), entry.code.as_str())),
            "{said:?}"
        );
    }
    assert_eq!(
        found(checked.report(), "A04"),
        1,
        "a slip of the pen is not certain"
    );
    let offered = &checked.report().proposals.repairs;
    assert!(
        offered
            .iter()
            .any(|repair| repair.kind == RepairKind::GuessCodes
                && repair.examples[0].before == slip
                && repair.examples[0].after == entry.code)
    );
    assert_eq!(
        found(judged(&raw, &with("safe,guess_codes")).report(), "A04"),
        0
    );

    // What a person confirmed is done without asking again, and the report says whose word it was.
    let codes = BTreeMap::from([(
        "status".to_owned(),
        BTreeMap::from([(slip, entry.code.clone())]),
    )]);
    let confirmed = Question {
        confirmed: Some(Confirmed {
            codes,
            ..Confirmed::default()
        }),
        ..Question::default()
    };
    let checked = judged(&raw, &confirmed);
    assert_eq!(checked.report().repair_counts["map_codes"], 1);
    let said = &checked.report().confirmed[0];
    assert_eq!(said.part, "codes");
    assert!(
        said.what[0].ends_with(&format!("= {}", entry.code)),
        "{said:?}"
    );
}

#[test]
fn swapped_rows_go_home_and_only_they() {
    let mut raw = wards();
    for at in &mut raw.shapes.coords[..5] {
        at.reverse();
    }
    let plain = judged(&raw, &Question::default());
    let offered = plain
        .report()
        .proposals
        .repairs
        .iter()
        .find(|repair| repair.kind == RepairKind::SwapAxes)
        .unwrap();
    assert_eq!((offered.count, offered.safe), (1, false));
    let mended = judged(&raw, &with("swap_axes"));
    assert_eq!(mended.lonlat().unwrap(), &wards().shapes);
    assert_eq!(mended.report().repair_counts["swap_axes"], 1);
}

#[test]
fn slivers_between_wards_close_without_moving_what_is_shared() {
    // The middle ward stands off its neighbours by a metre, with a vertex more on one side.
    let nudge = 1e-5;
    let raw = redrawn(4, |shapes| {
        let (a, b, c, d) = (77.51 + nudge, 12.91 + nudge, 77.52 - nudge, 12.92 + nudge);
        ring(
            shapes,
            &[[a, b], [c, b], [c, 12.915], [c, d], [a, d], [a, b]],
        );
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
    });
    let plain = judged(&raw, &Question::default());
    assert!(found(plain.report(), "T04") > 0 && found(plain.report(), "T05") > 0);
    let mended = judged(&raw, &with("snap"));
    let report = mended.report();
    assert_eq!(
        (
            found(report, "T04"),
            found(report, "T05"),
            found(report, "T01")
        ),
        (0, 0, 0),
        "{:#?}",
        report.repairs
    );
    let shapes = mended.lonlat().unwrap();
    // GEOS: all valid, no common ground, and the union is the whole square.
    let areas: Vec<Geos> = (0..9).map(|row| wkt(shapes, row)).collect();
    let mut union = areas[0].clone();
    for (row, one) in areas.iter().enumerate() {
        assert!(one.is_valid());
        for other in &areas[..row] {
            assert!(one.intersection(other).map_or(0.0, |common| common.area()) < 1e-15);
        }
        union = union.union(one).unwrap();
    }
    assert!((union.area() - 0.0009).abs() < 1e-12, "{}", union.area());
    // Nothing moved further than two metres.
    let far = shapes.coords.iter().filter(|at| {
        !raw.shapes
            .coords
            .iter()
            .any(|was| ((was[0] - at[0]) * 108_000.0).hypot((was[1] - at[1]) * 111_000.0) < 2.0)
    });
    assert_eq!(far.count(), 0);
}

#[test]
fn parts_become_rows_that_know_where_they_came_from() {
    let mut raw = redrawn(1, |shapes| {
        for x in [77.51, 77.516] {
            let y = 12.9;
            ring(
                shapes,
                &[
                    [x, y],
                    [x + 0.002, y],
                    [x + 0.002, y + 0.002],
                    [x, y + 0.002],
                    [x, y],
                ],
            );
            shapes.end_part();
        }
        shapes.end_feature(ShapeKind::MultiPolygon);
    });
    "buildings".clone_into(&mut raw.source.layer);
    let question = Question {
        layer: Some("building"),
        ..with("split_parts")
    };
    let checked = judged(&raw, &question);
    let report = checked.report();
    assert_eq!(
        (report.rows, report.counts.read, report.counts.repaired),
        (9, 9, 1)
    );
    assert_eq!(checked.lonlat().unwrap().len(), 10);
    assert_eq!((found(report, "T06"), found(report, "T10")), (0, 0));
    assert_eq!(report.repairs[0].place.row, Some(2));
    // A fault behind it is named by its row in the file.
    let mut broken = raw.clone();
    set(&mut broken, "updated_on", 8, "soon");
    let checked = judged(&broken, &question);
    let rule = checked
        .report()
        .rules
        .iter()
        .find(|rule| rule.code == "A03")
        .unwrap();
    let Outcome::Failed { findings, .. } = &rule.outcome else {
        panic!("{rule:?}")
    };
    assert_eq!(findings[0].place.row, Some(9));
    assert!(
        findings[0].message.starts_with("row 9"),
        "{}",
        findings[0].message
    );
}

#[test]
fn heights_are_counted_row_by_row_even_where_the_reader_names_only_some() {
    let mut raw = wards();
    raw.notes.push(Note {
        kind: "z_dropped".to_owned(),
        say: parat::model::Say::default(),
        text: "heights".to_owned(),
        rows: vec![0, 1, 2],
        count: 5,
    });
    let report = judged(&raw, &with("drop_z")).report().clone();
    assert_eq!(
        (
            report.counts.repaired,
            report.counts.accepted,
            report.repair_counts["drop_z"]
        ),
        (5, 4, 5)
    );
    assert_eq!(report.repairs.len(), 3);
}

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
        let number = if row == 31 { 31 } else { row + 1 }.to_string();
        let id = (row + 1).to_string();
        for (column, value) in [
            Value::Text(&id),
            Value::Integer(276_600),
            Value::Date(20_000),
            Value::Text(&number),
            Value::Text("Ward"),
            Value::Text("2022"),
        ]
        .into_iter()
        .enumerate()
        {
            raw.table.columns[column].push(value);
        }
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
                1 => {
                    ring(
                        &mut shapes,
                        &[
                            [77.51, 12.91],
                            [77.52, 12.92],
                            [77.52, 12.91],
                            [77.51, 12.92],
                            [77.51, 12.91],
                        ],
                    );
                    shapes.end_part();
                    shapes.end_feature(ShapeKind::Polygon);
                }
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

//! Repairs: shown before they are made, written down, and what each may change.

use super::*;

#[test]
fn a_repair_is_shown_before_it_is_made_written_down_when_it_is_and_undone_by_not_asking() {
    // A bow-tie, and a ring that is open.
    let raw = redrawn(4, push_bow_tie);
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

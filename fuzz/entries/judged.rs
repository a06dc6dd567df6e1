//! The way of a report: layers whose shapes and cells come from bytes through every rule and repair, each
//! form of what was said, and what was accepted on into a version.

use std::collections::BTreeMap;

use parat::{
    model::{
        CrsName, CrsOrigin, Field, FieldType, LayerId, Metadata, RawLayer, Source, Table, Value,
        Version,
    },
    report::{self, SetAsideForm, SetAsideText},
    snapshot::Snapshot,
    standard::{LayerStandard, Standards},
    validate::{Aside, Ask, Repairs, Report, alone, check},
};

use super::{Taker, drawn};

/// Every form of a report in every language; gives how much was said.
pub(super) fn every_form(found: &Report) -> usize {
    let standards = Standards::builtin();
    let look = report::Look {
        language: "hi",
        width: 60,
        colour: false,
    };
    let json = report::json(found);
    let mut length = json.len() + report::text(found, standards, &look).len();
    for language in ["en", "hi"] {
        let found = found.in_language(standards.messages(), language);
        let html = report::html(std::slice::from_ref(&*found), standards, language);
        let places = report::geojson(&found);
        assert!(
            serde_json::from_str::<serde_json::Value>(&places).is_ok(),
            "places are JSON"
        );
        length += html.len() + places.len();
        length += report::csv(&found).len();
    }
    length
}

/// A layer through the gate and, where it is let in, into a version. Rows are never lost on the way.
pub(super) fn through_the_gate(raw: RawLayer, layer: Option<&LayerId>, repairs: &Repairs) {
    judge(Standards::builtin(), raw, layer, repairs, false);
}

fn judge(
    standards: &Standards,
    raw: RawLayer,
    layer: Option<&LayerId>,
    repairs: &Repairs,
    set_aside: bool,
) -> usize {
    let rows = raw.len() as u64;
    let (metadata, columns) = (Metadata::default(), BTreeMap::new());
    let checked = check(
        raw,
        &Ask {
            standards,
            layer,
            metadata: &metadata,
            city: None,
            others: &alone,
            columns: &columns,
            repairs,
            set_aside,
            confirmed: None,
        },
    );
    let said = checked.report().clone();
    assert_eq!(said.rows, rows, "every row is counted");
    let counts = said.counts;
    assert_eq!(
        counts.accepted + counts.repaired + counts.set_aside,
        rows,
        "read = accepted + repaired + set aside"
    );
    let again: Report = serde_json::from_str(&report::json(&said)).expect("a report reads back");
    assert_eq!(report::json(&again), report::json(&said), "byte by byte");
    if std::ptr::eq(standards, Standards::builtin()) {
        every_form(&said);
    }
    set_aside_in_every_form(&said, checked.aside());
    // What can be placed becomes at least a draft; a version that was written opens.
    let Some(accepted) = checked.draft() else {
        return said.rules.len();
    };
    let Ok(layer) = parat::normalise::normalise(accepted, standards) else {
        return said.rules.len();
    };
    if let Ok(folder) = tempfile::tempdir()
        && Snapshot::build(
            &layer,
            Version(1),
            true,
            "2026-01-01T00:00:00Z",
            folder.path(),
        )
        .is_ok()
    {
        let snapshot = Snapshot::open(folder.path()).expect("what was written opens");
        assert_eq!(snapshot.len(), layer.shapes.len());
    }
    said.rules.len()
}

/// The rows that were set aside, as they are kept and as they are given out.
fn set_aside_in_every_form(said: &Report, aside: &Aside) {
    let mut kept = vec![];
    report::set_aside_lines(said, aside, &mut kept).expect("memory takes it");
    for form in [SetAsideForm::GeoJson, SetAsideForm::Csv] {
        let mut text = SetAsideText::new(form, [&kept[..]], Standards::builtin(), "hi")
            .expect("what was kept is read");
        let mut whole = String::new();
        while let Some(piece) = text.piece(4096).expect("what was kept is read") {
            whole += &piece;
        }
        assert!(
            form == SetAsideForm::Csv || serde_json::from_str::<serde_json::Value>(&whole).is_ok(),
            "rows set aside are JSON"
        );
    }
}

/// Cells of a column: what is nasty, what is usual, and what the bytes say.
fn cell(from: &mut Taker<'_>) -> String {
    const USUAL: [&str; 16] = [
        "",
        "1",
        "2.0",
        "007",
        "-5",
        "1e400",
        "NaN",
        "=1+1",
        "2024-02-30",
        "31/12/2023",
        "वार्ड १",
        "<script>",
        "\"a\",\n",
        "yes",
        "Ã©",
        "public",
    ];
    let how = from.byte();
    match how {
        0..=127 => USUAL[usize::from(how % 16)].to_owned(),
        _ => String::from_utf8_lossy(from.some(usize::from(how % 32))).into_owned(),
    }
}

fn raw(standard: &LayerStandard, standards: &Standards, from: &mut Taker<'_>) -> RawLayer {
    let (origin, shapes) = (from.byte(), drawn::shapes(None, from));
    let names: Vec<String> = standards
        .fields(standard)
        .map(|rule| rule.name.clone())
        .take(8)
        .chain(["extra".to_owned()])
        .collect();
    let kinds = [
        FieldType::Text,
        FieldType::Text,
        FieldType::Integer,
        FieldType::Real,
    ];
    let fields: Vec<Field> = names
        .into_iter()
        .map(|name| Field::new(name, kinds[usize::from(from.byte() % 4)]))
        .collect();
    let mut table = Table::new(fields);
    for _ in 0..shapes.len() {
        for column in &mut table.columns {
            match column.kind() {
                FieldType::Integer => column.push(Value::Integer(i64::from(from.byte() as i8))),
                FieldType::Real => column.push(Value::Real(f64::from(from.byte()) / 8.0)),
                _ => column.push(Value::Text(&cell(from))),
            }
        }
    }
    RawLayer {
        source: Source {
            file: "x.gpkg".to_owned(),
            member: None,
            layer: "x".to_owned(),
            format: "GeoPackage".to_owned(),
            hash: "0".repeat(64),
        },
        crs: match origin % 4 {
            0 => CrsName::Missing,
            1 => "EPSG:32643".parse().expect("a code"),
            _ => "EPSG:4326".parse().expect("a code"),
        },
        crs_origin: if origin % 4 == 0 {
            CrsOrigin::Unknown
        } else {
            CrsOrigin::Declared
        },
        encoding: None,
        declared_rows: None,
        table,
        shapes,
        notes: vec![],
    }
}

/// A layer of one of the standards with every repair, or none, or the safe ones.
pub(super) fn judged(bytes: &[u8]) -> usize {
    let mut from = Taker(bytes);
    let standards = Standards::builtin();
    let (which, how) = (usize::from(from.byte()), from.byte());
    let count = standards.layers().count();
    let Some(standard) = standards.layers().nth(which % count) else {
        return 0;
    };
    let raw = raw(standard, standards, &mut from);
    let repairs = match how % 4 {
        0 => Repairs::none(),
        1 => Repairs::safe(),
        _ => Repairs::all(),
    };
    let said = how & 4 == 0;
    judge(
        standards,
        raw,
        said.then_some(&standard.layer),
        &repairs,
        how & 8 != 0,
    )
}

/// A few rows with the columns of a standard that somebody made up.
pub(super) fn with_own_columns(standards: &Standards, standard: &LayerStandard) {
    let seed: Vec<u8> = (0..=255).chain(0..=255).collect();
    let raw = raw(standard, standards, &mut Taker(&seed));
    judge(
        standards,
        raw,
        Some(&standard.layer),
        &Repairs::safe(),
        false,
    );
}

//! Repairs, rows set aside, proposals and what is confirmed, through the gate's own door.

mod aside;
mod repairs;

use std::collections::{BTreeMap, BTreeSet};

use gdal::vector::Geometry as Geos;
use parat::{
    model::{
        Column, CrsName, CrsOrigin, Field, FieldType, Note, RawLayer, ShapeKind, Shapes, Source,
        Table, Value,
    },
    report,
    standard::Standards,
    validate::{Ask, Checked, Confirmed, Outcome, RepairKind, Repairs, Report, check},
};

use crate::asked::ask;

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
        push_ward(&mut table, row + 1, row + 1);
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

/// The values of a ward: which feature it is, and its number.
fn push_ward(table: &mut Table, id: u32, number: u32) {
    let (id, number) = (id.to_string(), number.to_string());
    let values = [
        Value::Text(&id),
        Value::Integer(276_600),
        Value::Date(20_000),
        Value::Text(&number),
        Value::Text("Ward"),
        Value::Text("2022"),
    ];
    for (column, value) in table.columns.iter_mut().zip(values) {
        column.push(value);
    }
}

/// A ring that crosses itself once.
fn push_bow_tie(shapes: &mut Shapes<f64>) {
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
            columns: &question.columns,
            repairs: &question.repairs,
            set_aside: question.set_aside,
            confirmed: question.confirmed.as_ref(),
            ..ask(layer.as_ref())
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

//! Layers made up for tests: every type of value, every kind of shape.

use crate::model::{
    CrsName, FeatureId, Field, FieldType, Layer, Metadata, ShapeKind, Shapes, Source, Table, Value,
    Verdict, Version,
};

use super::Snapshot;

/// A small deterministic generator; quality does not matter here.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below.max(1)
    }

    pub(crate) fn share(&mut self) -> f64 {
        self.roll(1 << 30) as f64 / f64::from(1 << 30)
    }
}

/// A layer without rows.
pub(crate) fn empty(id: &str, dimension: u8, fields: Vec<Field>) -> Layer {
    Layer {
        id: id.parse().unwrap(),
        title: id.to_owned(),
        description: "made up".to_owned(),
        dimension,
        coverage: false,
        key: vec!["code".to_owned()],
        ids: vec![],
        table: Table::new(fields),
        shapes: Shapes::new(),
        metadata: Metadata::default(),
        source: Source {
            file: "made-up.gpkg".to_owned(),
            member: None,
            layer: id.to_owned(),
            format: "GeoPackage".to_owned(),
            hash: "0".repeat(64),
        },
        crs_native: CrsName::Missing,
        standard: format!("{id}@1"),
        profile: "test@1".to_owned(),
        packs: vec!["test@1".to_owned()],
        verdict: Verdict::Conforms,
        rank_by: None,
    }
}

fn ring(
    shapes: &mut Shapes<f64>,
    dice: &mut Dice,
    [x, y]: [f64; 2],
    radius: f64,
    corners: u64,
    inwards: bool,
) {
    let begin = shapes.coords.len();
    for corner in 0..corners {
        let turn = corner as f64 / corners as f64 * std::f64::consts::TAU;
        let turn = if inwards { -turn } else { turn };
        let r = radius * (0.6 + 0.4 * dice.share());
        shapes.coords.push([x + r * turn.cos(), y + r * turn.sin()]);
    }
    let first = shapes.coords[begin];
    shapes.coords.push(first);
    shapes.end_ring();
}

/// Areas, lines or points about Bengaluru with values of every type, some null, some rows without a place.
pub(crate) fn layer(dimension: u8, rows: u64, seed: u64) -> Layer {
    let fields = vec![
        Field::new("code", FieldType::Text),
        Field::new("name", FieldType::Text),
        Field::new("floors", FieldType::Integer),
        Field::new("height", FieldType::Real),
        Field::new("lit", FieldType::Bool),
        Field::new("built", FieldType::Date),
        Field::new("seen", FieldType::DateTime),
    ];
    let mut layer = empty("sample", dimension, fields);
    let mut dice = Dice(seed + 1);
    for row in 0..rows {
        layer.ids.push(FeatureId(if row % 3 == 0 {
            row
        } else {
            (1 << 52) + row * 7919
        }));
        let at = [77.4 + 0.4 * dice.share(), 12.8 + 0.4 * dice.share()];
        let radius = 0.0001 + 0.03 * dice.share().powi(4);
        let shapes = &mut layer.shapes;
        match (dimension, dice.roll(12)) {
            (_, 0) => shapes.push_none(ShapeKind::Missing),
            (0, 1) => {
                for _ in 0..3 {
                    shapes.coords.push([at[0] + dice.share() * radius, at[1]]);
                    shapes.end_ring();
                    shapes.end_part();
                }
                shapes.end_feature(ShapeKind::MultiPoint);
            }
            (0, _) => shapes.push_point(at),
            (1, kind) => {
                for _ in 0..=u8::from(kind == 1) {
                    let mut to = at;
                    for _ in 0..2 + dice.roll(30) {
                        shapes.coords.push(to);
                        to = [
                            to[0] + radius * (dice.share() - 0.4),
                            to[1] + radius * (dice.share() - 0.4),
                        ];
                    }
                    shapes.end_ring();
                    shapes.end_part();
                }
                shapes.end_feature(if kind == 1 {
                    ShapeKind::MultiLineString
                } else {
                    ShapeKind::LineString
                });
            }
            (_, kind) => {
                for part in 0..=u8::from(kind == 1) {
                    let at = [at[0] + f64::from(part) * radius * 3.0, at[1]];
                    let corners = 3 + dice.roll(40);
                    ring(shapes, &mut dice, at, radius, corners, false);
                    if kind < 5 {
                        ring(shapes, &mut dice, at, radius / 4.0, 5, true);
                    }
                    shapes.end_part();
                }
                shapes.end_feature(if kind == 1 {
                    ShapeKind::MultiPolygon
                } else {
                    ShapeKind::Polygon
                });
            }
        }
        let null = |dice: &mut Dice| dice.roll(5) == 0;
        let code = format!("C{row}");
        let name = format!("वार्ड {}", dice.roll(40));
        let values = [
            Value::Text(&code),
            if null(&mut dice) {
                Value::Null
            } else {
                Value::Text(&name)
            },
            if null(&mut dice) {
                Value::Null
            } else {
                Value::Integer(dice.roll(30) as i64 - 3)
            },
            if null(&mut dice) {
                Value::Null
            } else {
                Value::Real(dice.roll(1000) as f64 / 10.0)
            },
            if null(&mut dice) {
                Value::Null
            } else {
                Value::Bool(dice.roll(2) == 1)
            },
            if null(&mut dice) {
                Value::Null
            } else {
                Value::Date(dice.roll(20_000) as i32 - 500)
            },
            if null(&mut dice) {
                Value::Null
            } else {
                Value::DateTime(dice.roll(1 << 30) as i64 * 1000 + 7)
            },
        ];
        for (column, value) in layer.table.columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
    layer
}

/// The layer as an open snapshot in a folder that goes with the guard.
pub(crate) fn open(layer: &Layer) -> (tempfile::TempDir, Snapshot) {
    let dir = tempfile::tempdir().unwrap();
    Snapshot::build(layer, Version(1), false, "2026-01-01T00:00:00Z", dir.path()).unwrap();
    let snapshot = Snapshot::open(dir.path()).unwrap();
    (dir, snapshot)
}

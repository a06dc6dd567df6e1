//! One layer of the demo before it is written: rows with the common block filled in.

use crate::model::{Field, FieldType, Shapes, Table, Value, value::parse_date};

/// The code of the local body; no body of the local government directory has it.
pub(super) const ULB: i64 = 299_901;
/// When the layers say they were updated.
const UPDATED: &str = "2026-01-05";

/// A layer in metres of UTM zone 43N.
pub(super) struct Sheet {
    /// The layer's name.
    pub(super) layer: &'static str,
    /// The attributes.
    pub(super) table: Table,
    /// The geometries; push one, then call [`Sheet::row`].
    pub(super) shapes: Shapes<f64>,
    updated: i32,
}

impl Sheet {
    /// A layer with the common block and these fields.
    pub(super) fn new(layer: &'static str, fields: &[(&str, FieldType)]) -> Self {
        let common = [
            ("feature_id", FieldType::Text),
            ("ulb_lgd", FieldType::Integer),
            ("updated_on", FieldType::Date),
        ];
        let fields = common
            .iter()
            .chain(fields)
            .map(|(name, kind)| Field::new(*name, *kind))
            .collect();
        Self {
            layer,
            table: Table::new(fields),
            shapes: Shapes::new(),
            updated: parse_date(UPDATED).unwrap_or_default(),
        }
    }

    /// Adds the attributes of the geometry pushed last.
    pub(super) fn row(&mut self, id: &str, values: &[Value<'_>]) {
        let common = [
            Value::Text(id),
            Value::Integer(ULB),
            Value::Date(self.updated),
        ];
        for (column, value) in self
            .table
            .columns
            .iter_mut()
            .zip(common.iter().chain(values))
        {
            column.push(*value);
        }
    }

    /// Adds a path.
    pub(super) fn line(&mut self, path: &[[f64; 2]]) {
        self.shapes.coords.extend_from_slice(path);
        self.shapes.end_ring();
        self.shapes.end_part();
        self.shapes.end_feature(crate::model::ShapeKind::LineString);
    }

    /// Adds an area without holes; the ring is closed here.
    pub(super) fn area(&mut self, ring: &[[f64; 2]]) {
        self.shapes.coords.extend_from_slice(ring);
        self.shapes.coords.extend(ring.first());
        self.shapes.end_ring();
        self.shapes.end_part();
        self.shapes.end_feature(crate::model::ShapeKind::Polygon);
    }
}

/// A date of a demo row.
pub(super) fn date(text: &str) -> Value<'static> {
    parse_date(text).map_or(Value::Null, Value::Date)
}

/// Square metres inside a ring.
pub(super) fn size(ring: &[[f64; 2]]) -> f64 {
    let [x0, y0] = ring[0];
    let twice: f64 = ring
        .iter()
        .zip(ring.iter().cycle().skip(1))
        .map(|(a, b)| (a[0] - x0) * (b[1] - y0) - (b[0] - x0) * (a[1] - y0))
        .sum();
    (twice.abs() / 2.0 * 10.0).round() / 10.0
}

//! The rows of a truth in memory: read from the file, or taken from a layer before the file is written.
//!
//! A version is built once from a layer, and again from its truth when the serving form was lost or is of an
//! old form. Both must give the same bytes, so what is taken from a layer is brought into the form that the
//! file gives back: single shapes as multi where others are, dates that have no text as null, texts numbered
//! as they first occur.

use flatgeobuf::GeometryType;

use super::write::common_type;
use crate::{
    model::{
        Column, FeatureId, Layer, PartRef, ShapeKind, ShapeRef, Shapes, Table, TextColumn,
        value::{NULL_CODE, NULL_DATE, NULL_INTEGER, date_bytes, date_text, parse_date},
    },
    snapshot::order::Order,
};

/// Everything that a truth holds, in its order. A shape that is not blank has a place: all of its coordinates are
/// numbers.
pub(in crate::snapshot) struct Rows {
    pub(in crate::snapshot) ids: Vec<FeatureId>,
    pub(in crate::snapshot) table: Table,
    pub(in crate::snapshot) shapes: Shapes<f64>,
}

impl Rows {
    /// The rows of a layer in the given order, as its truth will give them back.
    pub(in crate::snapshot) fn of(layer: &Layer, order: &Order) -> Self {
        let Order {
            rows: order,
            placed,
        } = order;
        let (with_place, without) = order.split_at(*placed);
        let common = common_type(
            with_place
                .iter()
                .map(|&row| layer.shapes.get(row as usize).kind),
        );
        let mut shapes = Shapes::new();
        let (kinds, coords) = (layer.shapes.len(), layer.shapes.coords.len());
        shapes.kinds.reserve(kinds);
        shapes.part_ends.reserve(kinds);
        shapes.ring_ends.reserve(layer.shapes.ring_ends.len());
        shapes.coord_ends.reserve(layer.shapes.coord_ends.len());
        shapes.coords.reserve(coords);
        for &row in with_place {
            push_shape(&mut shapes, &layer.shapes.get(row as usize), common);
        }
        for _ in without {
            shapes.push_none(ShapeKind::Missing);
        }
        Self {
            ids: order.iter().map(|&row| layer.ids[row as usize]).collect(),
            table: Table {
                fields: layer.table.fields.clone(),
                columns: layer
                    .table
                    .columns
                    .iter()
                    .map(|column| in_order(column, order))
                    .collect(),
            },
            shapes,
        }
    }
}

fn push_shape(shapes: &mut Shapes<f64>, shape: &ShapeRef<'_, f64>, common: GeometryType) {
    let kind = match (shape.kind, common) {
        (ShapeKind::Point, GeometryType::MultiPoint) => ShapeKind::MultiPoint,
        (ShapeKind::LineString, GeometryType::MultiLineString) => ShapeKind::MultiLineString,
        (ShapeKind::Polygon, GeometryType::MultiPolygon) => ShapeKind::MultiPolygon,
        (kind, _) => kind,
    };
    match kind {
        ShapeKind::MultiPoint => {
            for &at in shape.coords() {
                shapes.coords.push(at);
                shapes.end_ring();
                shapes.end_part();
            }
        }
        // Each path is a part, whatever it came as.
        ShapeKind::LineString | ShapeKind::MultiLineString => {
            let first = shapes.coord_ends.len();
            push_rings(shapes, shape.parts().flat_map(rings));
            let last = shapes.coord_ends.len();
            shapes
                .ring_ends
                .extend((first..last).map(|ring| ring as u32 + 1));
        }
        _ => {
            for part in shape.parts() {
                push_rings(shapes, rings(part));
                shapes.end_part();
            }
        }
    }
    shapes.end_feature(kind);
}

fn rings(part: PartRef<'_, f64>) -> impl Iterator<Item = &[[f64; 2]]> {
    part.rings()
}

/// Adds rings; empty ones at the end leave no trace in a file, which only has where the others end.
fn push_rings<'a>(shapes: &mut Shapes<f64>, rings: impl Iterator<Item = &'a [[f64; 2]]>) {
    let first = shapes.coord_ends.len();
    for ring in rings {
        shapes.coords.extend_from_slice(ring);
        shapes.end_ring();
    }
    let end = shapes.coords.len() as u32;
    while shapes.coord_ends.len() > first && shapes.coord_ends.last() == Some(&end) {
        shapes.coord_ends.pop();
    }
    shapes.coord_ends.push(end);
}

fn in_order(column: &Column, order: &[u32]) -> Column {
    fn taken<T: Copy>(rows: &[T], order: &[u32]) -> Vec<T> {
        order.iter().map(|&row| rows[row as usize]).collect()
    }
    match column {
        Column::Text(column) => Column::Text(texts(column, order)),
        Column::Integer(rows) => Column::Integer(taken(rows, order)),
        Column::Real(rows) => Column::Real(taken(rows, order)),
        Column::Bool(rows) => Column::Bool(taken(rows, order)),
        Column::Date(rows) => {
            let mut days = taken(rows, order);
            for day in days.iter_mut().filter(|day| **day != NULL_DATE) {
                if date_bytes(*day).is_none() {
                    *day = parse_date(&date_text(*day)).unwrap_or(NULL_DATE);
                }
            }
            Column::Date(days)
        }
        Column::DateTime(rows) => {
            let mut moments = taken(rows, order);
            for moment in &mut moments {
                if jiff::Timestamp::from_millisecond(*moment).is_err() {
                    *moment = NULL_INTEGER;
                }
            }
            Column::DateTime(moments)
        }
    }
}

/// The texts in the order of their first occurrence, without those that no row has.
fn texts(column: &TextColumn, order: &[u32]) -> TextColumn {
    let mut new = vec![NULL_CODE; column.distinct()];
    // The texts are distinct, so none is looked for among those that are there.
    let mut found = TextColumn::default();
    found.codes.reserve(order.len());
    for &row in order {
        let old = column.codes[row as usize];
        let code = match new.get(old as usize) {
            None => NULL_CODE,
            Some(&NULL_CODE) => {
                let code = found.ends.len() as u32;
                found.text.push_str(column.entry(old));
                found.ends.push(found.text.len() as u32);
                new[old as usize] = code;
                code
            }
            Some(&code) => code,
        };
        found.codes.push(code);
    }
    found
}

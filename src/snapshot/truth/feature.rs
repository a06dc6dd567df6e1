//! One feature as FlatGeobuf has it: geometry and packed values in a flatbuffer with its size before it.
//!
//! Nearly all features are simple: one run of coordinates and nothing else. Their buffers differ in two
//! lengths only, so they are laid out by hand, byte for byte as the builder would; a test holds the two
//! together. All others go through the builder.

use flatbuffers::{FlatBufferBuilder, WIPOffset};
use flatgeobuf::{Feature, FeatureArgs, Geometry, GeometryArgs, GeometryType};

use crate::model::{
    Column, FeatureId, PartRef, ShapeKind, ShapeRef, Table,
    value::{NULL_BOOL, NULL_CODE, NULL_DATE, NULL_INTEGER, date_bytes, date_text, date_time_text},
};

/// The fields of a simple geometry's table, as its vtable has them: its own length, the table's, then
/// where each field lies; only the coordinates (the second) and the type (the seventh) are there.
const GEOMETRY_VTABLE: [u16; 9] = [18, 12, 0, 8, 0, 0, 0, 0, 7];
/// The same for a feature with a geometry and values, and for one with values alone.
const FEATURE_VTABLE: [u16; 4] = [8, 12, 4, 8];
const ROW_VTABLE: [u16; 4] = [8, 8, 0, 4];

/// Writes features one after the other, and keeps its memory between them.
pub(super) struct FeatureWriter {
    builder: FlatBufferBuilder<'static>,
    packed: Vec<u8>,
    common: GeometryType,
}

impl FeatureWriter {
    /// For a layer whose geometries are all written as `common`, unless that is unknown.
    pub(super) fn new(common: GeometryType) -> Self {
        Self {
            builder: FlatBufferBuilder::with_capacity(1 << 16),
            packed: vec![],
            common,
        }
    }

    /// Adds a feature to `out`: its geometry, where it has one, and the values of a row.
    pub(super) fn push(
        &mut self,
        shape: Option<&ShapeRef<'_, f64>>,
        id: FeatureId,
        table: &Table,
        row: usize,
        out: &mut Vec<u8>,
    ) {
        properties(id, table, row, &mut self.packed);
        match shape {
            None => lay_out_row(&self.packed, out),
            Some(shape) => match self.simple(shape) {
                Some(kind) => lay_out(kind, shape.coords(), &self.packed, out),
                None => self.build(Some(shape), out),
            },
        }
    }

    /// The type of a geometry that is one run of coordinates; none for any other.
    fn simple(&self, shape: &ShapeRef<'_, f64>) -> Option<GeometryType> {
        let lone = |part: PartRef<'_, f64>| part.rings().len() == 1;
        match (shape.kind, self.common) {
            (
                _,
                GeometryType::MultiPoint
                | GeometryType::MultiLineString
                | GeometryType::MultiPolygon,
            ) => None,
            (ShapeKind::Point, _) => Some(GeometryType::Point),
            (ShapeKind::LineString, _) if shape.parts().len() == 1 => {
                Some(GeometryType::LineString)
            }
            (ShapeKind::Polygon, _) if shape.parts().len() == 1 && shape.parts().all(lone) => {
                Some(GeometryType::Polygon)
            }
            _ => None,
        }
    }

    /// The way through the builder, for every kind of geometry.
    fn build(&mut self, shape: Option<&ShapeRef<'_, f64>>, out: &mut Vec<u8>) {
        let builder = &mut self.builder;
        builder.reset();
        let geometry = shape.map(|shape| geometry(builder, shape, self.common));
        let args = FeatureArgs {
            geometry,
            properties: Some(builder.create_vector(&self.packed)),
            columns: None,
        };
        let feature = Feature::create(builder, &args);
        builder.finish_size_prefixed(feature, None);
        out.extend_from_slice(builder.finished_data());
    }
}

fn put(out: &mut Vec<u8>, number: usize) {
    out.extend_from_slice(&(number as u32).to_le_bytes());
}

/// Writes the size of the buffer, where its root lies, and the blanks that the builder leaves so that the
/// whole is a multiple of its widest number.
fn begin(out: &mut Vec<u8>, behind: usize, widest: usize) {
    let blanks = (behind + 8).next_multiple_of(widest) - behind - 8;
    put(out, 4 + blanks + behind);
    // From this offset to the table, behind the blanks and the eight bytes of the vtable.
    put(out, 4 + blanks + 8);
    out.resize(out.len() + blanks, 0);
}

/// A feature of one run of coordinates. Laid out from its end, as builders do: coordinates, geometry,
/// values, feature; each number at a multiple of its size, counted from the end.
fn lay_out(kind: GeometryType, coords: &[[f64; 2]], packed: &[u8], out: &mut Vec<u8>) {
    let xy = coords.len() * 16;
    // Up to the vtable of the geometry, which ends two bytes off a multiple of four.
    let geometry = 4 + xy + 12 + 18;
    let blanks = (geometry + packed.len()).next_multiple_of(4) - geometry - packed.len();
    let values = 4 + packed.len() + blanks;
    out.reserve(geometry + values + 40);
    begin(out, 20 + values + geometry, 8);
    out.extend_from_slice(bytemuck::cast_slice(&FEATURE_VTABLE));
    put(out, 8);
    // To the geometry's table: over the next offset, the values and the vtable.
    put(out, 8 + values + 18);
    put(out, 4);
    put(out, packed.len());
    out.extend_from_slice(packed);
    out.resize(out.len() + blanks, 0);
    out.extend_from_slice(bytemuck::cast_slice(&GEOMETRY_VTABLE));
    put(out, 18);
    out.extend_from_slice(&[0, 0, 0, kind.0]);
    put(out, 4);
    put(out, coords.len() * 2);
    out.extend_from_slice(bytemuck::cast_slice(coords));
}

/// A row without geometry.
fn lay_out_row(packed: &[u8], out: &mut Vec<u8>) {
    let values = 4 + packed.len().next_multiple_of(4);
    begin(out, 16 + values, 4);
    out.extend_from_slice(bytemuck::cast_slice(&ROW_VTABLE));
    put(out, 8);
    put(out, 4);
    put(out, packed.len());
    out.extend_from_slice(packed);
    out.resize(out.len() + values - 4 - packed.len(), 0);
}

fn geometry<'a>(
    builder: &mut FlatBufferBuilder<'a>,
    shape: &ShapeRef<'_, f64>,
    common: GeometryType,
) -> WIPOffset<Geometry<'a>> {
    let flat = bytemuck::cast_slice::<[f64; 2], f64>;
    let area = |builder: &mut FlatBufferBuilder<'a>, part: PartRef<'_, f64>| {
        let (mut xy, mut ends) = (vec![], vec![]);
        for ring in part.rings() {
            xy.extend_from_slice(flat(ring));
            ends.push(xy.len() as u32 / 2);
        }
        let args = GeometryArgs {
            ends: (ends.len() > 1).then(|| builder.create_vector(&ends)),
            xy: Some(builder.create_vector(&xy)),
            type_: GeometryType::Polygon,
            ..GeometryArgs::default()
        };
        Geometry::create(builder, &args)
    };
    let mut args = GeometryArgs::default();
    match shape.kind.dimension() {
        Some(2)
            if shape.kind == ShapeKind::MultiPolygon || common == GeometryType::MultiPolygon =>
        {
            let parts: Vec<_> = shape.parts().map(|part| area(builder, part)).collect();
            args.parts = Some(builder.create_vector(&parts));
            args.type_ = GeometryType::MultiPolygon;
        }
        Some(2) => match shape.parts().next() {
            Some(part) => return area(builder, part),
            None => args.type_ = GeometryType::Polygon,
        },
        dimension => {
            args.xy = Some(builder.create_vector(flat(shape.coords())));
            let multi = matches!(
                shape.kind,
                ShapeKind::MultiLineString | ShapeKind::MultiPoint
            ) || matches!(
                common,
                GeometryType::MultiPoint | GeometryType::MultiLineString
            );
            args.type_ = match (dimension, multi) {
                (Some(0), false) => GeometryType::Point,
                (Some(0), true) => GeometryType::MultiPoint,
                (_, false) => GeometryType::LineString,
                (_, true) => GeometryType::MultiLineString,
            };
            if args.type_ == GeometryType::MultiLineString && shape.parts().len() > 1 {
                let mut end = 0;
                let ends: Vec<u32> = shape
                    .parts()
                    .flat_map(|part| part.rings().map(<[_]>::len).collect::<Vec<_>>())
                    .map(|len| {
                        end += len as u32;
                        end
                    })
                    .collect();
                args.ends = Some(builder.create_vector(&ends));
            }
        }
    }
    Geometry::create(builder, &args)
}

/// A row's values as FlatGeobuf packs them: column number, value; nulls are left out.
fn properties(id: FeatureId, table: &Table, row: usize, out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(&0_u16.to_le_bytes());
    out.extend_from_slice(&(id.0 as i64).to_le_bytes());
    let text = |out: &mut Vec<u8>, number: [u8; 2], text: &[u8]| {
        out.extend_from_slice(&number);
        out.extend_from_slice(&(text.len() as u32).to_le_bytes());
        out.extend_from_slice(text);
    };
    let fixed = |out: &mut Vec<u8>, number: [u8; 2], bytes: &[u8]| {
        out.extend_from_slice(&number);
        out.extend_from_slice(bytes);
    };
    for (at, column) in table.columns.iter().enumerate() {
        let number = (at as u16 + 1).to_le_bytes();
        match column {
            Column::Text(column) => match column.codes[row] {
                NULL_CODE => {}
                code => text(out, number, column.entry(code).as_bytes()),
            },
            Column::Integer(rows) if rows[row] != NULL_INTEGER => {
                fixed(out, number, &rows[row].to_le_bytes());
            }
            Column::Real(rows) if !rows[row].is_nan() => {
                fixed(out, number, &rows[row].to_le_bytes());
            }
            Column::Bool(rows) if rows[row] != NULL_BOOL => {
                fixed(out, number, &[u8::from(rows[row] != 0)]);
            }
            Column::Date(rows) if rows[row] != NULL_DATE => match date_bytes(rows[row]) {
                Some(bytes) => text(out, number, &bytes),
                None => text(out, number, date_text(rows[row]).as_bytes()),
            },
            Column::DateTime(rows) if rows[row] != NULL_INTEGER => {
                text(out, number, date_time_text(rows[row]).as_bytes());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Field, FieldType, Shapes, Value};

    #[test]
    fn a_feature_laid_out_by_hand_is_what_the_builder_makes() {
        let mut table = Table::new(vec![Field::new("name", FieldType::Text)]);
        for length in 0..9 {
            table.columns[0].push(Value::Text(&"abcdefghi"[..length]));
        }
        for count in 1..9_usize {
            let mut shapes: Shapes<f64> = Shapes::new();
            for kind in [ShapeKind::Point, ShapeKind::LineString, ShapeKind::Polygon] {
                shapes.coords.extend((0..count).map(|at| [at as f64, 0.5]));
                shapes.end_ring();
                shapes.end_part();
                shapes.end_feature(kind);
            }
            for row in 0..9 {
                let mut writer = FeatureWriter::new(GeometryType::Unknown);
                for shape in shapes.view().iter().map(Some).chain([None]) {
                    let (mut ours, mut theirs) = (vec![], vec![]);
                    writer.push(shape.as_ref(), FeatureId(7), &table, row, &mut ours);
                    writer.build(shape.as_ref(), &mut theirs);
                    assert_eq!(ours, theirs, "{count} coordinates, {row} letters");
                }
            }
        }
    }
}

//! The judges of queries: the standard's own filters, GEOS, and answers worked out by looking at everything.

mod answers;
mod filters;
mod shapes;

use std::path::{Path, PathBuf};

use gdal::vector::LayerAccess;

use super::{
    Query,
    budget::Budget,
    filter::{Filter, world_box},
    select,
    source::Source,
};

use crate::model::{
    Column, Field, FieldType, Shapes, Table, Value,
    value::{NULL_CODE, parse_date},
};

fn shared(path: &str) -> Option<PathBuf> {
    let root = std::env::var("PARAT_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let found = Path::new(&root).join(path);
    found.exists().then_some(found)
}

/// A plain table: no index, no dictionary but its own, every answer by looking.
struct Plain {
    table: Table,
    shapes: Shapes<f64>,
}

impl Source for Plain {
    fn rows(&self) -> u32 {
        self.shapes.len() as u32
    }
    fn fields(&self) -> &[Field] {
        &self.table.fields
    }
    fn value(&self, row: u32, field: usize) -> Value<'_> {
        self.table.columns[field].get(row as usize)
    }
    fn distinct(&self, field: usize) -> Option<usize> {
        match &self.table.columns[field] {
            Column::Text(text) => Some(text.distinct()),
            _ => None,
        }
    }
    fn code(&self, row: u32, field: usize) -> u32 {
        match &self.table.columns[field] {
            Column::Text(text) => text.codes[row as usize],
            _ => NULL_CODE,
        }
    }
    fn entry(&self, field: usize, code: u32) -> Value<'_> {
        match &self.table.columns[field] {
            Column::Text(text) => Value::Text(text.entry(code)),
            _ => Value::Null,
        }
    }
    fn bounds(&self, row: u32) -> Option<[u32; 4]> {
        let found = world_box(&self.shapes.get(row as usize).bbox()?);
        Some(found)
    }
    fn point(&self, row: u32) -> Option<[u32; 2]> {
        let shape = self.shapes.get(row as usize);
        (shape.kind == crate::model::ShapeKind::Point)
            .then(|| crate::model::world::from_lonlat(shape.coords()[0]))
    }
    fn label(&self, row: u32) -> Option<[u32; 2]> {
        use geo::InteriorPoint;
        let at = self.shapes.get(row as usize).to_geo()?.interior_point()?;
        Some(crate::model::world::from_lonlat([at.x(), at.y()]))
    }
    fn search(&self, [west, north, east, south]: [u32; 4], out: &mut Vec<u32>) {
        out.extend((0..self.rows()).filter(|&row| {
            self.bounds(row)
                .is_some_and(|b| b[0] <= east && west <= b[2] && b[1] <= south && north <= b[3])
        }));
    }
    fn shape(&self, row: u32, out: &mut Shapes<f64>) {
        out.push_shape(self.shapes.get(row as usize));
    }
}

/// A layer of a file as it is, read by GDAL.
fn read(path: &Path, layer: Option<&str>) -> Plain {
    let dataset = gdal::Dataset::open(path).unwrap();
    let mut layer = match layer {
        Some(name) => dataset.layer_by_name(name).unwrap(),
        None => dataset.layer(0).unwrap(),
    };
    let fields: Vec<Field> = layer
        .defn()
        .fields()
        .map(|field| {
            use gdal::vector::OGRFieldType;
            let kind = match field.field_type() {
                OGRFieldType::OFTInteger if field.name() == "boolean" => FieldType::Bool,
                OGRFieldType::OFTInteger | OGRFieldType::OFTInteger64 => FieldType::Integer,
                OGRFieldType::OFTReal => FieldType::Real,
                OGRFieldType::OFTDate => FieldType::Date,
                OGRFieldType::OFTDateTime => FieldType::DateTime,
                _ => FieldType::Text,
            };
            Field::new(field.name(), kind)
        })
        .collect();
    let mut table = Table::new(fields.clone());
    let mut shapes = Shapes::new();
    for feature in layer.features() {
        for (at, field) in fields.iter().enumerate() {
            let text = feature.field_as_string(at).unwrap().unwrap_or_default();
            let null = feature.field(at).unwrap().is_none();
            let value = match field.kind {
                _ if null => Value::Null,
                FieldType::Text => Value::Text(&text),
                FieldType::Integer => Value::Integer(text.parse().unwrap()),
                FieldType::Real => Value::Real(text.parse().unwrap()),
                FieldType::Bool => Value::Bool(text == "1"),
                FieldType::Date => Value::Date(parse_date(&text.replace('/', "-")).unwrap()),
                FieldType::DateTime => {
                    let iso = text
                        .replace('/', "-")
                        .replacen(' ', "T", 1)
                        .replace("+00", "");
                    Value::DateTime(
                        format!("{iso}Z")
                            .parse::<jiff::Timestamp>()
                            .unwrap()
                            .as_millisecond(),
                    )
                }
            };
            table.columns[at].push(value);
        }
        match feature.geometry() {
            Some(geometry) => shapes.push_geo(&geometry.to_geo().unwrap()),
            None => shapes.push_none(crate::model::ShapeKind::Missing),
        }
    }
    Plain { table, shapes }
}

fn count(source: &dyn Source, filter: &str) -> Result<u64, String> {
    let query = Query {
        filter: Some(Filter::parse_text(filter).map_err(|error| error.to_string())?),
        ..Query::default()
    };
    select::rows(source, &query, &Budget::unbounded())
        .map(|rows| rows.len() as u64)
        .map_err(|error| error.to_string())
}

/// A small deterministic generator.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
    /// On a coarse grid, so that shapes touch, share edges and corners.
    fn grid(&mut self) -> f64 {
        self.roll(9) as f64
    }
    fn share(&mut self) -> f64 {
        self.roll(1 << 30) as f64 / f64::from(1 << 30)
    }
}

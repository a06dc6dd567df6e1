//! What a query needs of a layer: columns, boxes, shapes. A snapshot is one; tests hold the answers on
//! plain tables against it.

use crate::{
    model::{Field, ShapeKind, Shapes, Value, value::NULL_CODE},
    snapshot::Snapshot,
};

/// A layer as queries see it. Rows are numbered from 0.
pub(super) trait Source {
    /// The number of rows.
    fn rows(&self) -> u32;
    /// The attributes.
    fn fields(&self) -> &[Field];
    /// The value of a row in a field.
    fn value(&self, row: u32, field: usize) -> Value<'_>;
    /// The number of distinct values of a field that has a dictionary.
    fn distinct(&self, field: usize) -> Option<usize>;
    /// The code of a row's value; [`NULL_CODE`] for null.
    fn code(&self, row: u32, field: usize) -> u32;
    /// The value of a code.
    fn entry(&self, field: usize, code: u32) -> Value<'_>;
    /// The box of a row in world positions; none without geometry.
    fn bounds(&self, row: u32) -> Option<[u32; 4]>;
    /// Every row before this one has a geometry, so only those from it on need a look.
    fn first_without_geometry(&self) -> u32 {
        0
    }
    /// The position of a row whose geometry is one point; none for every other row.
    fn point(&self, row: u32) -> Option<[u32; 2]>;
    /// A position on the row's shape: inside an area, on a line, at a point. None without geometry.
    fn label(&self, row: u32) -> Option<[u32; 2]>;
    /// Adds the rows whose boxes meet the given one, ascending.
    fn search(&self, world_box: [u32; 4], out: &mut Vec<u32>);
    /// Adds the exact longitude/latitude geometry of a row.
    fn shape(&self, row: u32, out: &mut Shapes<f64>);
}

impl Source for Snapshot {
    fn rows(&self) -> u32 {
        self.len() as u32
    }

    fn fields(&self) -> &[Field] {
        &self.info().fields
    }

    fn value(&self, row: u32, field: usize) -> Value<'_> {
        self.value(row, field)
    }

    fn distinct(&self, field: usize) -> Option<usize> {
        let column = self.column(field);
        column.is_sorted().then(|| column.distinct())
    }

    fn code(&self, row: u32, field: usize) -> u32 {
        self.column(field).code(row)
    }

    fn entry(&self, field: usize, code: u32) -> Value<'_> {
        if code == NULL_CODE {
            Value::Null
        } else {
            self.column(field).entry(code)
        }
    }

    fn bounds(&self, row: u32) -> Option<[u32; 4]> {
        let found = Snapshot::bounds(self, row);
        (found[0] <= found[2]).then_some(found)
    }

    fn first_without_geometry(&self) -> u32 {
        self.placed() as u32
    }

    fn point(&self, row: u32) -> Option<[u32; 2]> {
        let shape = self.world().get(row as usize);
        match (shape.kind, shape.coords()) {
            (ShapeKind::Point, &[at]) => Some(at),
            _ => None,
        }
    }

    fn label(&self, row: u32) -> Option<[u32; 2]> {
        Source::bounds(self, row).map(|_| Snapshot::label(self, row))
    }

    fn search(&self, world_box: [u32; 4], out: &mut Vec<u32>) {
        Snapshot::search(self, world_box, out);
    }

    fn shape(&self, row: u32, out: &mut Shapes<f64>) {
        self.read_lonlat(row, out);
    }
}

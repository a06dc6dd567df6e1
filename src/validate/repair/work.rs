//! The layer while it is being mended: rows may be parted or taken out, and each still knows which row of the
//! file it was.

use crate::model::{Column, Field, FieldType, RawLayer, ShapeKind, Shapes, Table, Value};

/// A layer in work.
#[derive(Debug)]
pub(in crate::validate) struct Work {
    /// As it is now.
    pub(in crate::validate) raw: RawLayer,
    /// For each row now, the row of the file from 0; none while they are the same.
    pub(in crate::validate) origins: Option<Vec<u32>>,
    /// Columns that must stay distinct when a row is parted.
    unique: Vec<usize>,
}

impl Work {
    pub(in crate::validate) fn new(raw: RawLayer) -> Self {
        Self {
            raw,
            origins: None,
            unique: vec![],
        }
    }

    /// Says which columns must stay distinct when a row is parted.
    pub(in crate::validate) fn keep_distinct(&mut self, columns: Vec<usize>) {
        self.unique = columns;
    }

    fn origin(&self, row: usize) -> u32 {
        self.origins
            .as_ref()
            .map_or(row as u32, |origins| origins[row])
    }

    /// Parts each of these rows into one row a part. The values are repeated; in columns that must stay
    /// distinct, the second part and those after it get `-2`, `-3` … behind the value.
    pub(super) fn split(&mut self, rows: &[u32]) {
        if rows.is_empty() {
            return;
        }
        let mut from: Vec<(u32, u32)> = vec![];
        let mut shapes = Shapes::new();
        let mut next = 0;
        for row in 0..self.raw.shapes.len() {
            let shape = self.raw.shapes.get(row);
            if rows.get(next) != Some(&(row as u32)) {
                shapes.push_shape(shape);
                from.push((row as u32, 0));
                continue;
            }
            next += 1;
            for (number, part) in shape.parts().enumerate() {
                for ring in part.rings() {
                    shapes.coords.extend_from_slice(ring);
                    shapes.end_ring();
                }
                shapes.end_part();
                shapes.end_feature(alone(shape.kind));
                from.push((row as u32, number as u32));
            }
        }
        let columns = std::mem::take(&mut self.raw.table.columns);
        for (at, column) in columns.into_iter().enumerate() {
            let column = if self.unique.contains(&at) {
                self.raw.table.fields[at].kind = FieldType::Text;
                numbered(&column, &from)
            } else {
                chosen(&column, from.iter().map(|(row, _)| *row))
            };
            self.raw.table.columns.push(column);
        }
        self.origins = Some(
            from.iter()
                .map(|(row, _)| self.origin(*row as usize))
                .collect(),
        );
        self.raw.shapes = shapes;
    }

    /// Takes these rows out (ascending) and gives them back as a layer of their own, with the rows of the
    /// file that they were.
    pub(in crate::validate) fn take_out(&mut self, rows: &[u32]) -> (Table, Shapes<f64>, Vec<u32>) {
        let mut out = vec![false; self.raw.len()];
        for row in rows {
            out[*row as usize] = true;
        }
        let kept: Vec<u32> = (0..out.len() as u32)
            .filter(|row| !out[*row as usize])
            .collect();
        let gone = rows.to_vec();
        let origins = |rows: &[u32]| {
            rows.iter()
                .map(|row| self.origin(*row as usize))
                .collect::<Vec<u32>>()
        };
        let (kept_origins, gone_origins) = (origins(&kept), origins(&gone));
        let shapes = |rows: &[u32]| {
            let mut shapes = Shapes::new();
            for row in rows {
                shapes.push_shape(self.raw.shapes.get(*row as usize));
            }
            shapes
        };
        let (kept_shapes, gone_shapes) = (shapes(&kept), shapes(&gone));
        let table = |rows: &[u32]| Table {
            fields: self.raw.table.fields.iter().map(Field::clone).collect(),
            columns: self
                .raw
                .table
                .columns
                .iter()
                .map(|column| chosen(column, rows.iter().copied()))
                .collect(),
        };
        let (kept_table, gone_table) = (table(&kept), table(&gone));
        self.origins = Some(kept_origins);
        self.raw.shapes = kept_shapes;
        self.raw.table = kept_table;
        (gone_table, gone_shapes, gone_origins)
    }
}

/// The kind of one part of a shape.
fn alone(kind: ShapeKind) -> ShapeKind {
    match kind {
        ShapeKind::MultiPoint => ShapeKind::Point,
        ShapeKind::MultiLineString => ShapeKind::LineString,
        ShapeKind::MultiPolygon => ShapeKind::Polygon,
        kind => kind,
    }
}

/// The rows of a column in this order.
fn chosen(column: &Column, rows: impl Iterator<Item = u32>) -> Column {
    let mut out = Column::new(column.kind());
    for row in rows {
        out.push(column.get(row as usize));
    }
    out
}

/// The rows of a column as text, with a number behind the value of each part but the first.
fn numbered(column: &Column, from: &[(u32, u32)]) -> Column {
    let mut taken: std::collections::HashSet<String> = (0..column.len())
        .map(|row| column.get(row).to_text().into_owned())
        .collect();
    let mut out = Column::new(FieldType::Text);
    for &(row, part) in from {
        let value = column.get(row as usize);
        if value == Value::Null {
            out.push(Value::Null);
            continue;
        }
        let text = value.to_text().into_owned();
        if part == 0 {
            out.push(Value::Text(&text));
            continue;
        }
        let name = (part + 1..=u32::MAX)
            .map(|number| format!("{}-{number}", text.trim_end()))
            .find(|name| !taken.contains(name))
            .expect("some number is free");
        out.push(Value::Text(&name));
        taken.insert(name);
    }
    out
}

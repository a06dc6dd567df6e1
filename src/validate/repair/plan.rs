//! What a repair would change, worked out before anything is changed.
//!
//! A plan holds new geometries and values for the rows it concerns and nothing for the others, so a preview
//! costs no second copy of the layer. Carrying it out and showing it are two uses of one plan; what is shown is
//! what is done.

use std::collections::HashMap;

use super::{RepairKind, work::Work};
use crate::{
    model::{
        Column, FieldType, RawLayer, ShapeKind, ShapeRef, Shapes, TextColumn, Value,
        value::NULL_CODE,
    },
    validate::{
        Place, Repair, RepairExample, RepairProposal, Subject, placing::Native, rule::shortened,
    },
};

/// How many repairs of one kind are written down with before and after; all are counted.
pub(in crate::validate) const KEPT_REPAIRS: usize = 1000;
/// How many examples a proposal shows.
const EXAMPLES: usize = 5;
/// The most coordinates of a geometry that is shown in an example.
const SHOWN_COORDS: usize = 2000;
/// The most letters of a value that is shown.
const SHOWN_LETTERS: usize = 60;

/// New texts for some of the texts of a column.
#[derive(Debug)]
pub(super) struct Cells {
    pub(super) column: usize,
    /// From the text as it is to the text as it shall be.
    pub(super) texts: HashMap<String, String>,
}

/// What one kind of repair would change.
#[derive(Debug)]
pub(in crate::validate) struct Plan {
    pub(super) kind: RepairKind,
    /// The rows that get another geometry, ascending.
    pub(super) rows: Vec<u32>,
    /// Their geometries, in the coordinates of the file.
    pub(super) shapes: Shapes<f64>,
    /// New values.
    pub(super) cells: Vec<Cells>,
    /// New names of columns.
    pub(super) names: Vec<(usize, String)>,
    /// Rows to part into one row a part, ascending.
    pub(super) split: Vec<u32>,
    /// How many rows the reader has changed so already, and the first of them: nothing is left to do but to
    /// say so.
    pub(super) done: (u64, Vec<u32>),
}

impl Plan {
    pub(super) fn new(kind: RepairKind) -> Self {
        Self {
            kind,
            rows: vec![],
            shapes: Shapes::new(),
            cells: vec![],
            names: vec![],
            split: vec![],
            done: (0, vec![]),
        }
    }

    /// Plans another geometry for a row; rows come in ascending order.
    pub(super) fn reshape(&mut self, row: usize, shape: ShapeRef<'_, f64>) {
        self.rows.push(row as u32);
        self.shapes.push_shape(shape);
    }

    /// True when it would change nothing.
    pub(in crate::validate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
            && self.split.is_empty()
            && self.cells.is_empty()
            && self.names.is_empty()
            && self.done.0 == 0
    }

    /// The rows it changes, each once, ascending.
    fn changed(&self, raw: &RawLayer) -> Vec<u32> {
        let mut rows: Vec<u32> = self
            .rows
            .iter()
            .chain(&self.split)
            .chain(&self.done.1)
            .copied()
            .collect();
        for cells in &self.cells {
            each_changed(cells, raw, |row, _| rows.push(row as u32));
        }
        rows.sort_unstable();
        rows.dedup();
        rows
    }

    /// How many rows it changes.
    fn count(&self, raw: &RawLayer) -> u64 {
        self.done.0.max(self.changed(raw).len() as u64)
    }

    /// Calls `found` for the first `limit` changes: place, before, after, and the position in `shapes` of a
    /// geometry.
    fn each(
        &self,
        subject: &Subject<'_>,
        limit: usize,
        mut found: impl FnMut(Place, String, String, Option<usize>),
    ) {
        let raw = subject.raw;
        let mut left = limit;
        for (column, name) in self.names.iter().take(left) {
            let was = &raw.table.fields[*column].name;
            let place = Place {
                field: Some(was.clone()),
                ..Place::default()
            };
            found(
                place,
                shortened(was, SHOWN_LETTERS),
                shortened(name, SHOWN_LETTERS),
                None,
            );
        }
        for (at, row) in self.rows.iter().take(left).enumerate() {
            let row = *row as usize;
            let before = described(raw.shapes.get(row), self.kind);
            let after = described(self.shapes.get(at), self.kind);
            found(subject.row(row), before, after, Some(at));
        }
        left = left.saturating_sub(self.rows.len());
        for row in self.split.iter().take(left) {
            let row = *row as usize;
            let parts = raw.shapes.get(row).parts().len();
            found(
                subject.row(row),
                format!("1 row of {parts} parts"),
                format!("{parts} rows of 1 part"),
                None,
            );
        }
        for row in self.done.1.iter().take(left) {
            found(
                subject.row(*row as usize),
                "x, y and a height".to_owned(),
                "x and y".to_owned(),
                None,
            );
        }
        for cells in &self.cells {
            each_changed(cells, raw, |row, (before, after)| {
                if left > 0 {
                    left -= 1;
                    found(
                        subject.cell(row, cells.column),
                        shortened(before, SHOWN_LETTERS),
                        shortened(after, SHOWN_LETTERS),
                        None,
                    );
                }
            });
        }
    }

    /// The plan as a person is asked whether to carry it out.
    pub(in crate::validate) fn proposal(&self, subject: &Subject<'_>) -> RepairProposal {
        // Making one costs PROJ a look into its database.
        let native = (!self.rows.is_empty())
            .then(|| Native::of(subject.raw))
            .flatten();
        let mut examples = vec![];
        self.each(subject, EXAMPLES, |place, before, after, at| {
            let there = at.and_then(|at| {
                let row = self.rows[at] as usize;
                Some((
                    geojson(subject.raw.shapes.get(row), native.as_ref()?)?,
                    geojson(self.shapes.get(at), native.as_ref()?)?,
                ))
            });
            let (geometry_before, geometry_after) = there.unzip();
            examples.push(RepairExample {
                place,
                before,
                after,
                geometry_before,
                geometry_after,
            });
        });
        RepairProposal {
            kind: self.kind,
            count: self.count(subject.raw),
            safe: self.kind.is_safe(),
            title: subject
                .standards
                .messages()
                .word(self.kind.word(), "en")
                .to_owned(),
            examples,
        }
    }

    /// Writes down what is about to be done.
    pub(in crate::validate) fn note(&self, subject: &Subject<'_>, log: &mut Log) {
        self.each(subject, KEPT_REPAIRS, |place, before, after, _| {
            log.kept.push(Repair {
                kind: self.kind.name().to_owned(),
                place: Place {
                    bbox: None,
                    ..place
                },
                before,
                after,
            });
        });
        *log.counts.entry(self.kind.name().to_owned()).or_default() += self.count(subject.raw);
        let all = self.changed(subject.raw);
        log.rows.extend(
            all.iter()
                .map(|row| subject.number(*row as usize) as u32 - 1),
        );
        // The reader names the first rows only; the others are counted, and cannot be told from those.
        log.unnamed += self.done.0.saturating_sub(self.done.1.len() as u64);
    }

    /// Carries it out.
    pub(in crate::validate) fn carry_out(self, work: &mut Work) {
        for (column, name) in self.names {
            work.raw.table.fields[column].name = name;
        }
        for cells in &self.cells {
            let column = &mut work.raw.table.columns[cells.column];
            *column = Column::Text(rewritten(column, &cells.texts));
            work.raw.table.fields[cells.column].kind = FieldType::Text;
        }
        if !self.rows.is_empty() {
            let mut shapes = Shapes::new();
            shapes.coords.reserve(work.raw.shapes.coords.len());
            let mut next = 0;
            for row in 0..work.raw.shapes.len() {
                if self.rows.get(next) == Some(&(row as u32)) {
                    shapes.push_shape(self.shapes.get(next));
                    next += 1;
                } else {
                    shapes.push_shape(work.raw.shapes.get(row));
                }
            }
            work.raw.shapes = shapes;
        }
        work.split(&self.split);
    }
}

/// What was repaired.
#[derive(Debug, Default)]
pub(in crate::validate) struct Log {
    pub(in crate::validate) kept: Vec<Repair>,
    /// How many rows each kind changed.
    pub(in crate::validate) counts: std::collections::BTreeMap<String, u64>,
    /// The rows as the file counts them, from 0.
    pub(in crate::validate) rows: std::collections::BTreeSet<u32>,
    /// Rows that were changed and that nobody can name.
    pub(in crate::validate) unnamed: u64,
}

/// Calls `found` for every row whose text gets another, with both.
fn each_changed<'a>(
    cells: &'a Cells,
    raw: &RawLayer,
    mut found: impl FnMut(usize, (&'a str, &'a str)),
) {
    let change = |text: &str| {
        cells
            .texts
            .get_key_value(text)
            .map(|(before, after)| (before.as_str(), after.as_str()))
    };
    match &raw.table.columns[cells.column] {
        Column::Text(column) => {
            let changes: Vec<_> = (0..column.distinct() as u32)
                .map(|code| change(column.entry(code)))
                .collect();
            for (row, &code) in column.codes.iter().enumerate() {
                if code != NULL_CODE
                    && let Some(both) = changes[code as usize]
                {
                    found(row, both);
                }
            }
        }
        column => {
            for row in 0..column.len() {
                let value = column.get(row);
                if value != Value::Null
                    && let Some(both) = change(&value.to_text())
                {
                    found(row, both);
                }
            }
        }
    }
}

fn rewritten(column: &Column, texts: &HashMap<String, String>) -> TextColumn {
    let mut fresh = TextColumn::default();
    let text = |was: &str| texts.get(was).cloned().unwrap_or_else(|| was.to_owned());
    match column {
        Column::Text(column) => {
            let codes: Vec<u32> = (0..column.distinct() as u32)
                .map(|code| {
                    fresh.push(Some(&text(column.entry(code))));
                    fresh.codes.pop().expect("just pushed")
                })
                .collect();
            fresh.codes = column
                .codes
                .iter()
                .map(|&code| {
                    if code == NULL_CODE {
                        code
                    } else {
                        codes[code as usize]
                    }
                })
                .collect();
        }
        column => {
            for row in 0..column.len() {
                let value = column.get(row);
                let said = (value != Value::Null).then(|| text(&value.to_text()));
                fresh.push(said.as_deref());
            }
        }
    }
    fresh
}

/// A geometry in a few words.
fn described(shape: ShapeRef<'_, f64>, kind: RepairKind) -> String {
    if kind == RepairKind::SwapAxes
        && let Some([x, y]) = shape.coords().first()
    {
        return format!("first vertex {x:.5}, {y:.5}");
    }
    if kind == RepairKind::Wind {
        let rings: Vec<&str> = shape
            .parts()
            .filter_map(|part| part.rings().next())
            .take(3)
            .map(|ring| {
                if crate::validate::orient::is_ccw(ring) {
                    "counter-clockwise"
                } else {
                    "clockwise"
                }
            })
            .collect();
        return format!("outline {}", rings.join(", "));
    }
    let many = |count: usize, noun: &str| {
        if count == 1 {
            format!("1 {noun}")
        } else if noun == "vertex" {
            format!("{count} vertices")
        } else {
            format!("{count} {noun}s")
        }
    };
    let parts = shape.parts().len();
    let rings: usize = shape.parts().map(|part| part.rings().len()).sum();
    let what = match shape.kind {
        ShapeKind::Missing | ShapeKind::Empty => return "nothing".to_owned(),
        kind => kind.name(),
    };
    let rings = if shape.kind.dimension() == Some(2) {
        format!(" and {}", many(rings, "ring"))
    } else {
        String::new()
    };
    format!(
        "{what} of {}{rings}, {}",
        many(parts, "part"),
        many(shape.coords().len(), "vertex")
    )
}

/// A geometry as GeoJSON in longitude/latitude; none where it is too long, or nowhere.
fn geojson(shape: ShapeRef<'_, f64>, native: &Native) -> Option<serde_json::Value> {
    if shape.is_blank() || shape.coords().len() > SHOWN_COORDS {
        return None;
    }
    let mut one = Shapes::new();
    one.push_shape(shape);
    native.all(&mut one.coords);
    super::geojson::geometry(one.get(0))
}

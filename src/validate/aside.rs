//! Rows that were set aside so that the others can go on. Nothing is lost: each is kept as it came, with its number in
//! the file and every reason, to be mended and sent again.

use serde::{Deserialize, Serialize};

use super::{Counts, Place};
use crate::model::{Say, Shapes, Table, say};

/// How many rows that were set aside stand in the report; all are in the file beside it.
pub const KEPT_ASIDE: usize = 1000;

/// A row that was set aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetAside {
    /// Which.
    pub place: Place,
    /// The rules that found something grave in it.
    pub rules: Vec<String>,
    /// The first of what they found.
    #[serde(default)]
    pub message: String,
    /// The same before it had a language.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub say: Say,
}

/// All rows that were set aside, as they came.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    /// Why, row by row.
    pub reasons: Vec<SetAside>,
    /// Their values, under the names of the file.
    pub table: Table,
    /// Their geometries in longitude/latitude; in the coordinates of the file where nobody knows its CRS.
    pub shapes: Shapes<f64>,
}

impl Aside {
    /// Adds the rows of one pass.
    pub(super) fn add(&mut self, reasons: Vec<SetAside>, table: Table, shapes: &Shapes<f64>) {
        if self.reasons.is_empty() {
            self.table = table;
        } else {
            for (mine, theirs) in self.table.columns.iter_mut().zip(&table.columns) {
                for row in 0..theirs.len() {
                    mine.push(theirs.get(row));
                }
            }
        }
        for shape in shapes.view().iter() {
            self.shapes.push_shape(shape);
        }
        self.reasons.extend(reasons);
    }
}

/// What is said of the rows that were set aside beside the verdict; none where none was.
pub(super) fn sentence(counts: &Counts) -> Option<Say> {
    let Counts {
        read, set_aside, ..
    } = *counts;
    match set_aside {
        0 => None,
        all if all == read => Some(say!(set_aside_all, read = read)),
        1 => Some(say!(set_aside_one, read = read)),
        count => Some(say!(set_aside_some, count = count, read = read)),
    }
}

//! What the KML driver adds to a file.

use super::delivery::note;
use crate::model::{Column, Note, Table, Value};

/// Columns that the KML driver makes whether or not the file has them: those without any value go, and
/// so do the drawing flags that say the same for every row.
pub(super) fn drop_driver_columns(table: &mut Table, notes: &mut Vec<Note>) {
    const MADE: &[&str] = &[
        "id",
        "Name",
        "description",
        "timestamp",
        "begin",
        "end",
        "altitudeMode",
        "tessellate",
        "extrude",
        "visibility",
        "drawOrder",
        "icon",
        "snippet",
    ];
    const FLAGS: &[&str] = &[
        "altitudeMode",
        "tessellate",
        "extrude",
        "visibility",
        "drawOrder",
    ];
    let rows = table.columns.first().map_or(0, Column::len);
    let idle: Vec<bool> = table
        .fields
        .iter()
        .zip(&table.columns)
        .map(|(field, column)| {
            let name = field.name.as_str();
            let first = column_first(column, rows);
            MADE.contains(&name) && (0..rows).all(|row| column.get(row).is_null())
                || FLAGS.contains(&name) && (0..rows).all(|row| column.get(row) == first)
        })
        .collect();
    let dropped: Vec<String> = table
        .fields
        .iter()
        .zip(&idle)
        .filter(|(_, idle)| **idle)
        .map(|(field, _)| field.name.clone())
        .collect();
    let mut at = 0;
    table.fields.retain(|_| {
        at += 1;
        !idle[at - 1]
    });
    at = 0;
    table.columns.retain(|_| {
        at += 1;
        !idle[at - 1]
    });
    if !dropped.is_empty() {
        notes.push(note(
            "driver_columns_dropped",
            format!(
                "columns that KML adds and that say nothing here were left out: {}",
                dropped.join(", ")
            ),
        ));
    }
}

fn column_first(column: &Column, rows: usize) -> Value<'_> {
    if rows == 0 {
        Value::Null
    } else {
        column.get(0)
    }
}

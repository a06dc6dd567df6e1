//! Spreadsheets: every sheet of a workbook as a table with names and types.
//!
//! A cell has a type of its own; a column has the one that all its cells share.

use std::{fs, io};

use calamine::{Data, Reader};

use super::{
    bounds::COLUMNS,
    delivery::Refused,
    table::{Sheet, headers},
};
use crate::model::{Column, Encoding, Field, FieldType, Table, Value};

/// The most cells of a sheet: Excel allows 1,048,576 rows by 16,384 columns, nearly all of them empty.
const CELLS: usize = 64 << 20;

/// The sheets of a workbook that hold anything; refused where it is none, or spans too much.
pub(super) fn workbook(
    path: &std::path::Path,
    label: &str,
) -> io::Result<Result<Vec<Sheet>, Refused>> {
    let bytes = fs::read(path)?;
    let broken = || {
        Ok(Err(Refused::new(
            label,
            "unreadable",
            "the workbook is damaged, locked or no workbook",
            "save it again as XLSX without a password",
        )))
    };
    let Ok(mut book) = calamine::open_workbook_auto_from_rs(io::Cursor::new(bytes)) else {
        return broken();
    };
    let mut sheets = vec![];
    for name in book.sheet_names() {
        let Ok(range) = book.worksheet_range(&name) else {
            return broken();
        };
        let (height, width) = range.get_size();
        if height.saturating_mul(width) > CELLS || width > COLUMNS {
            return Ok(Err(Refused::new(
                label,
                "too_large",
                format!("sheet `{name}` spans {height} rows and {width} columns"),
                "delete the empty rows and columns, or send CSV",
            )));
        }
        // The first row that is not empty holds the names: titles above it would be column names of one cell.
        let mut rows = range
            .rows()
            .skip_while(|row| row.iter().filter(|cell| !is_blank(cell)).count() < 2.min(width));
        let Some(head) = rows.next() else { continue };
        let body: Vec<&[Data]> = rows.filter(|row| !row.iter().all(is_blank)).collect();
        let (names, notes) = headers(head.iter().map(ToString::to_string));
        let mut table = Table::default();
        for (at, column) in names.into_iter().enumerate() {
            if is_blank(&head[at]) && body.iter().all(|row| is_blank(&row[at])) {
                continue;
            }
            let kind = kind_of(body.iter().map(|row| &row[at]));
            let field = Field::new(column, kind);
            let mut cells = Column::new(kind);
            for row in &body {
                push_cell(&mut cells, kind, &row[at]);
            }
            table.fields.push(field);
            table.columns.push(cells);
        }
        sheets.push(Sheet {
            name,
            rows: body.len(),
            table,
            notes,
            encoding: Some(Encoding {
                name: "UTF-8".to_owned(),
                origin: "format".to_owned(),
                readings: vec![],
            }),
        });
    }
    Ok(Ok(sheets))
}

fn is_blank(cell: &Data) -> bool {
    match cell {
        Data::Empty | Data::Error(_) => true,
        Data::String(text) => text.trim().is_empty(),
        _ => false,
    }
}

/// The type that all cells of a column share; text when they do not.
fn kind_of<'a>(cells: impl Iterator<Item = &'a Data>) -> FieldType {
    let mut kind = None;
    for cell in cells.filter(|cell| !is_blank(cell)) {
        let one = match cell {
            Data::Int(_) => FieldType::Integer,
            Data::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => {
                FieldType::Integer
            }
            Data::Float(_) => FieldType::Real,
            Data::Bool(_) => FieldType::Bool,
            Data::DateTime(moment) if moment.is_datetime() && moment.as_f64().fract() == 0.0 => {
                FieldType::Date
            }
            Data::DateTime(moment) if moment.is_datetime() => FieldType::DateTime,
            _ => FieldType::Text,
        };
        kind = Some(match (kind, one) {
            (None, one) => one,
            (Some(same), one) if same == one => one,
            (Some(FieldType::Integer | FieldType::Real), FieldType::Integer | FieldType::Real) => {
                FieldType::Real
            }
            (
                Some(FieldType::Date | FieldType::DateTime),
                FieldType::Date | FieldType::DateTime,
            ) => FieldType::DateTime,
            _ => return FieldType::Text,
        });
    }
    kind.unwrap_or(FieldType::Text)
}

/// Milliseconds since 1970-01-01 of a spreadsheet's day count, which starts on 1899-12-30.
fn millis(days: f64) -> i64 {
    ((days - 25_569.0) * 86_400_000.0).round() as i64
}

fn push_cell(column: &mut Column, kind: FieldType, cell: &Data) {
    if is_blank(cell) {
        column.push(Value::Null);
        return;
    }
    match (kind, cell) {
        (FieldType::Integer, Data::Int(number)) => column.push(Value::Integer(*number)),
        (FieldType::Integer, Data::Float(number)) => column.push(Value::Integer(*number as i64)),
        (FieldType::Real, Data::Int(number)) => column.push(Value::Real(*number as f64)),
        (FieldType::Real, Data::Float(number)) => column.push(Value::Real(*number)),
        (FieldType::Bool, Data::Bool(yes)) => column.push(Value::Bool(*yes)),
        (FieldType::Date, Data::DateTime(moment)) => {
            column.push(Value::Date((moment.as_f64() - 25_569.0) as i32));
        }
        (FieldType::DateTime, Data::DateTime(moment)) => {
            column.push(Value::DateTime(millis(moment.as_f64())));
        }
        (_, Data::DateTime(moment)) if moment.is_datetime() => {
            column.push(Value::Text(&crate::model::value::date_time_text(millis(
                moment.as_f64(),
            ))));
        }
        (_, Data::Float(number)) if number.fract() == 0.0 && number.abs() < 9e15 => {
            column.push(Value::Text(&(*number as i64).to_string()));
        }
        (_, cell) => column.push(Value::Text(&cell.to_string())),
    }
}

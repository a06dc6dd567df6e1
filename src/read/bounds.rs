//! What a layer may be made of, whatever its format allows: a table that no city would send costs everybody
//! behind the reader far more than the reader itself.

use super::delivery::Refused;
use crate::model::{Column, RawLayer, TextColumn};

/// The most columns. Proposals compare each with every field of every standard.
pub(super) const COLUMNS: usize = 4096;
/// The longest name of a column, in bytes.
const NAME_BYTES: usize = 1000;
/// The longest text of one cell: a polygon of 400,000 corners as text.
const VALUE_BYTES: usize = 16 << 20;
/// The most distinct text of one column; five million names have a tenth of it.
const COLUMN_BYTES: usize = 1 << 30;

/// What of a layer is beyond bounds; none where it is within.
pub(super) fn beyond(layer: &RawLayer) -> Option<Refused> {
    let member = layer.source.member.as_ref().unwrap_or(&layer.source.file);
    let refuse = |code: &str, message: String, remedy: &str| {
        let message = format!("layer {}: {message}", cut(&layer.source.layer));
        Some(Refused::new(member, code, message, remedy))
    };
    let fields = &layer.table.fields;
    if fields.len() > COLUMNS {
        return refuse(
            "too_many_columns",
            format!(
                "there are {} columns; at most {COLUMNS} are taken",
                fields.len()
            ),
            "send a column for each attribute, and a row for each feature",
        );
    }
    if let Some(field) = fields.iter().find(|field| field.name.len() > NAME_BYTES) {
        return refuse(
            "long_column_name",
            format!(
                "the name of a column has {} bytes; at most {NAME_BYTES} are taken: `{}…`",
                field.name.len(),
                cut(&field.name)
            ),
            "give the column a short name",
        );
    }
    let texts = fields.iter().zip(&layer.table.columns);
    for (field, text) in texts.filter_map(|(field, column)| match column {
        Column::Text(text) => Some((field, text)),
        _ => None,
    }) {
        if let Some(length) = longest(text).filter(|length| *length > VALUE_BYTES) {
            return refuse(
                "long_value",
                format!(
                    "column `{}` holds a text of {} MiB; at most {} MiB are taken",
                    cut(&field.name),
                    length >> 20,
                    VALUE_BYTES >> 20
                ),
                "check whether a quotation mark is left open; keep long documents beside the layer and their address in it",
            );
        }
        if text.text.len() > COLUMN_BYTES {
            return refuse(
                "too_large",
                format!(
                    "column `{}` holds more than {} MiB of text",
                    cut(&field.name),
                    COLUMN_BYTES >> 20
                ),
                "send the layer in smaller pieces",
            );
        }
    }
    None
}

/// The length of the longest text.
fn longest(column: &TextColumn) -> Option<usize> {
    let mut before = 0;
    column
        .ends
        .iter()
        .map(|end| {
            let length = end.wrapping_sub(before) as usize;
            before = *end;
            length
        })
        .max()
}

/// The beginning of a name, for a sentence.
fn cut(name: &str) -> String {
    name.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{CrsName, CrsOrigin, Field, FieldType, Shapes, Source, Table, Value};

    fn layer(names: Vec<String>, text: &str) -> RawLayer {
        let mut table = Table::new(
            names
                .into_iter()
                .map(|name| Field::new(name, FieldType::Text))
                .collect(),
        );
        if let Some(first) = table.columns.first_mut() {
            first.push(Value::Text("short"));
            first.push(Value::Text(text));
        }
        RawLayer {
            source: Source {
                file: "x.csv".to_owned(),
                member: None,
                layer: "x".to_owned(),
                format: "CSV".to_owned(),
                hash: String::new(),
            },
            crs: CrsName::Missing,
            crs_origin: CrsOrigin::Unknown,
            encoding: None,
            declared_rows: None,
            table,
            shapes: Shapes::new(),
            notes: vec![],
        }
    }

    fn code(names: Vec<String>, text: &str) -> Option<String> {
        beyond(&layer(names, text)).map(|refused| refused.code)
    }

    #[test]
    fn a_layer_within_bounds_is_taken_and_one_beyond_them_is_refused_by_name() {
        let names = |count: usize| (0..count).map(|at| format!("c{at}")).collect::<Vec<_>>();
        let long = "x".repeat(VALUE_BYTES + 1);
        assert_eq!(code(names(COLUMNS), &long[1..]), None);
        assert_eq!(code(vec!["n".repeat(NAME_BYTES)], ""), None);
        assert_eq!(
            code(names(COLUMNS + 1), "").as_deref(),
            Some("too_many_columns")
        );
        assert_eq!(code(names(1), &long).as_deref(), Some("long_value"));
        assert_eq!(
            code(vec!["n".repeat(NAME_BYTES + 1)], "").as_deref(),
            Some("long_column_name")
        );
    }
}

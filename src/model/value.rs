//! Attribute values, a column at a time.
//!
//! A column holds one type in one array; text is a dictionary with a code for each row, because city
//! data repeats itself. Nulls are sentinels inside the array ([`NULL_INTEGER`], NaN, …), so a column
//! goes over a pipe as it is; [`Value::Null`] is what everyone else sees.

use std::{borrow::Cow, collections::HashMap};

use serde::{Deserialize, Serialize};

/// The type of a field, as the standards name it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// UTF-8 text.
    Text,
    /// A signed 64-bit whole number.
    Integer,
    /// A 64-bit floating-point number.
    Real,
    /// True or false.
    Bool,
    /// A calendar date without a time zone.
    Date,
    /// A moment in UTC, to the millisecond.
    DateTime,
}

/// A field of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    /// The name, as in the file or, after normalising, as in the standard.
    pub name: String,
    /// The type of every value in it.
    pub kind: FieldType,
    /// What people call it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The unit of measure, as UCUM or the standard writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// The code list its values come from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub codes: Option<String>,
}

impl Field {
    /// A field with a name and a type and nothing else known.
    pub fn new(name: impl Into<String>, kind: FieldType) -> Self {
        Self {
            name: name.into(),
            kind,
            title: None,
            unit: None,
            codes: None,
        }
    }
}

/// One attribute of one feature.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing was said.
    Null,
    /// Text.
    Text(&'a str),
    /// A whole number.
    Integer(i64),
    /// A number; never NaN.
    Real(f64),
    /// True or false.
    Bool(bool),
    /// Days since 1970-01-01.
    Date(i32),
    /// Milliseconds since 1970-01-01T00:00:00Z.
    DateTime(i64),
}

impl<'a> Value<'a> {
    /// True for [`Value::Null`].
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The value as people write it: ISO 8601 for dates, no trailing `.0` for whole numbers, empty for null.
    pub fn to_text(&self) -> Cow<'a, str> {
        match *self {
            Self::Null => Cow::Borrowed(""),
            Self::Text(text) => Cow::Borrowed(text),
            Self::Integer(number) => Cow::Owned(number.to_string()),
            Self::Real(number) => Cow::Owned(number.to_string()),
            Self::Bool(yes) => Cow::Borrowed(if yes { "true" } else { "false" }),
            Self::Date(days) => Cow::Owned(date_text(days)),
            Self::DateTime(millis) => Cow::Owned(date_time_text(millis)),
        }
    }

    /// The value as a number, where it is one.
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            Self::Integer(number) => Some(number as f64),
            Self::Real(number) => Some(number),
            _ => None,
        }
    }

    /// The value as JSON (RFC 8259); dates as ISO 8601 text.
    pub fn to_json(&self) -> serde_json::Value {
        match *self {
            Self::Null => serde_json::Value::Null,
            Self::Integer(number) => number.into(),
            Self::Real(number) => number.into(),
            Self::Bool(yes) => yes.into(),
            _ => self.to_text().into_owned().into(),
        }
    }
}

/// `YYYY-MM-DD`; years beyond ±9999 are shown as the limit.
pub fn date_text(days: i32) -> String {
    let epoch = jiff::civil::date(1970, 1, 1);
    let date = epoch
        .checked_add(jiff::Span::new().try_days(days).unwrap_or_default())
        .unwrap_or(if days < 0 {
            jiff::civil::Date::MIN
        } else {
            jiff::civil::Date::MAX
        });
    date.to_string()
}

/// Days since 1970-01-01 of an ISO 8601 date; none for anything else.
pub fn parse_date(text: &str) -> Option<i32> {
    let date: jiff::civil::Date = text.parse().ok()?;
    let since = date.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1)));
    Some(since.ok()?.get_days())
}

/// RFC 3339 in UTC, to the millisecond where there is one.
pub fn date_time_text(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map_or_else(|_| String::new(), |moment| moment.to_string())
}

/// What stands for null in [`Column::Integer`] and [`Column::DateTime`].
pub const NULL_INTEGER: i64 = i64::MIN;
/// What stands for null in [`Column::Date`].
pub const NULL_DATE: i32 = i32::MIN;
/// What stands for null in [`Column::Bool`].
pub const NULL_BOOL: u8 = 2;
/// What stands for null in [`TextColumn::codes`].
pub const NULL_CODE: u32 = u32::MAX;

/// Text of many rows: each distinct text once, and a code a row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextColumn {
    /// All distinct texts, one after the other.
    pub text: String,
    /// Where each distinct text ends in `text`.
    pub ends: Vec<u32>,
    /// For each row, which text; [`NULL_CODE`] for null.
    pub codes: Vec<u32>,
    seen: HashMap<Box<str>, u32>,
}

impl TextColumn {
    /// A column from its arrays, as they came over a pipe or out of a file.
    pub fn from_parts(text: String, ends: Vec<u32>, codes: Vec<u32>) -> Self {
        Self {
            text,
            ends,
            codes,
            seen: HashMap::new(),
        }
    }

    /// Adds a row.
    pub fn push(&mut self, value: Option<&str>) {
        let Some(value) = value else {
            self.codes.push(NULL_CODE);
            return;
        };
        if self.seen.len() != self.ends.len() {
            self.seen = (0..self.ends.len())
                .map(|code| (self.entry(code as u32).into(), code as u32))
                .collect();
        }
        let code = if let Some(&code) = self.seen.get(value) {
            code
        } else {
            let code = self.ends.len() as u32;
            self.text.push_str(value);
            self.ends.push(self.text.len() as u32);
            self.seen.insert(value.into(), code);
            code
        };
        self.codes.push(code);
    }

    /// The distinct text with this code.
    pub fn entry(&self, code: u32) -> &str {
        let code = code as usize;
        let from = if code == 0 {
            0
        } else {
            self.ends[code - 1] as usize
        };
        &self.text[from..self.ends[code] as usize]
    }

    /// The number of distinct texts.
    pub fn distinct(&self) -> usize {
        self.ends.len()
    }

    /// The text of a row.
    pub fn get(&self, row: usize) -> Option<&str> {
        match self.codes[row] {
            NULL_CODE => None,
            code => Some(self.entry(code)),
        }
    }
}

/// The values of one field for every row.
#[derive(Clone, Debug, PartialEq)]
pub enum Column {
    /// Text.
    Text(TextColumn),
    /// Whole numbers; [`NULL_INTEGER`] is null.
    Integer(Vec<i64>),
    /// Numbers; NaN is null.
    Real(Vec<f64>),
    /// 0 false, 1 true, [`NULL_BOOL`] null.
    Bool(Vec<u8>),
    /// Days since 1970-01-01; [`NULL_DATE`] is null.
    Date(Vec<i32>),
    /// Milliseconds since the epoch; [`NULL_INTEGER`] is null.
    DateTime(Vec<i64>),
}

impl Column {
    /// An empty column of a type.
    pub fn new(kind: FieldType) -> Self {
        match kind {
            FieldType::Text => Self::Text(TextColumn::default()),
            FieldType::Integer => Self::Integer(vec![]),
            FieldType::Real => Self::Real(vec![]),
            FieldType::Bool => Self::Bool(vec![]),
            FieldType::Date => Self::Date(vec![]),
            FieldType::DateTime => Self::DateTime(vec![]),
        }
    }

    /// The type of its values.
    pub fn kind(&self) -> FieldType {
        match self {
            Self::Text(_) => FieldType::Text,
            Self::Integer(_) => FieldType::Integer,
            Self::Real(_) => FieldType::Real,
            Self::Bool(_) => FieldType::Bool,
            Self::Date(_) => FieldType::Date,
            Self::DateTime(_) => FieldType::DateTime,
        }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(column) => column.codes.len(),
            Self::Integer(rows) | Self::DateTime(rows) => rows.len(),
            Self::Real(rows) => rows.len(),
            Self::Bool(rows) => rows.len(),
            Self::Date(rows) => rows.len(),
        }
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value of a row.
    pub fn get(&self, row: usize) -> Value<'_> {
        match self {
            Self::Text(column) => column.get(row).map_or(Value::Null, Value::Text),
            Self::Integer(rows) => {
                if rows[row] == NULL_INTEGER {
                    Value::Null
                } else {
                    Value::Integer(rows[row])
                }
            }
            Self::Real(rows) => {
                if rows[row].is_nan() {
                    Value::Null
                } else {
                    Value::Real(rows[row])
                }
            }
            Self::Bool(rows) => {
                if rows[row] == NULL_BOOL {
                    Value::Null
                } else {
                    Value::Bool(rows[row] != 0)
                }
            }
            Self::Date(rows) => {
                if rows[row] == NULL_DATE {
                    Value::Null
                } else {
                    Value::Date(rows[row])
                }
            }
            Self::DateTime(rows) => {
                if rows[row] == NULL_INTEGER {
                    Value::Null
                } else {
                    Value::DateTime(rows[row])
                }
            }
        }
    }

    /// Adds a row. A value of another type than the column's is added as null: whoever converts types
    /// ([`crate::normalise`]) decides what is lost and says so.
    pub fn push(&mut self, value: Value<'_>) {
        match self {
            Self::Text(column) => column.push(match value {
                Value::Text(text) => Some(text),
                _ => None,
            }),
            Self::Integer(rows) => rows.push(match value {
                Value::Integer(number) => number,
                _ => NULL_INTEGER,
            }),
            Self::Real(rows) => rows.push(value.as_f64().unwrap_or(f64::NAN)),
            Self::Bool(rows) => rows.push(match value {
                Value::Bool(yes) => u8::from(yes),
                _ => NULL_BOOL,
            }),
            Self::Date(rows) => rows.push(match value {
                Value::Date(days) => days,
                _ => NULL_DATE,
            }),
            Self::DateTime(rows) => rows.push(match value {
                Value::DateTime(millis) => millis,
                _ => NULL_INTEGER,
            }),
        }
    }
}

/// Fields and their columns, all of one length.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What each column is.
    pub fields: Vec<Field>,
    /// The values, in the order of `fields`.
    pub columns: Vec<Column>,
}

impl Table {
    /// An empty table with these fields.
    pub fn new(fields: Vec<Field>) -> Self {
        let columns = fields.iter().map(|field| Column::new(field.kind)).collect();
        Self { fields, columns }
    }

    /// The position of a field by its exact name.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// The column of a field by its exact name.
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.position(name).map(|at| &self.columns[at])
    }

    /// The value of a row in a field; null where there is no such field.
    pub fn value(&self, row: usize, name: &str) -> Value<'_> {
        self.column(name)
            .map_or(Value::Null, |column| column.get(row))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_what_they_write_and_text_is_kept_once() {
        for text in ["1970-01-01", "2026-02-28", "1969-12-31", "2000-02-29"] {
            assert_eq!(parse_date(text).map(date_text).as_deref(), Some(text));
        }
        assert_eq!(parse_date("31/12/2020"), None);

        let mut column = Column::new(FieldType::Text);
        for text in [Some("வார்டு"), None, Some("வார்டு"), Some("")] {
            column.push(text.map_or(Value::Null, Value::Text));
        }
        let Column::Text(text) = &column else {
            unreachable!()
        };
        assert_eq!(
            (text.distinct(), column.get(1), column.get(3)),
            (2, Value::Null, Value::Text(""))
        );
        let mut again =
            TextColumn::from_parts(text.text.clone(), text.ends.clone(), text.codes.clone());
        again.push(Some("வார்டு"));
        assert_eq!((again.distinct(), again.get(4)), (2, Some("வார்டு")));
    }
}

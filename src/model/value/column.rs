//! A column: one type in one array, text as a dictionary with a code a row; and a table of columns.

use super::{Field, FieldType, Value};
use crate::model::distinct::Distinct;

/// What stands for null in [`Column::Integer`] and [`Column::DateTime`].
pub const NULL_INTEGER: i64 = i64::MIN;
/// What stands for null in [`Column::Date`].
pub const NULL_DATE: i32 = i32::MIN;
/// What stands for null in [`Column::Bool`].
pub const NULL_BOOL: u8 = 2;
/// What stands for null in [`TextColumn::codes`].
pub const NULL_CODE: u32 = u32::MAX;

/// Text of many rows: each distinct text once, and a code a row.
#[derive(Clone, Debug, Default)]
pub struct TextColumn {
    /// All distinct texts, one after the other.
    pub text: String,
    /// Where each distinct text ends in `text`.
    pub ends: Vec<u32>,
    /// For each row, which text; [`NULL_CODE`] for null.
    pub codes: Vec<u32>,
    seen: Distinct,
}

impl PartialEq for TextColumn {
    fn eq(&self, other: &Self) -> bool {
        self.codes == other.codes && self.ends == other.ends && self.text == other.text
    }
}

impl TextColumn {
    /// A column from its arrays, as they came over a pipe or out of a file.
    pub fn from_parts(text: String, ends: Vec<u32>, codes: Vec<u32>) -> Self {
        Self {
            text,
            ends,
            codes,
            seen: Distinct::default(),
        }
    }

    /// Adds a row.
    pub fn push(&mut self, value: Option<&str>) {
        let code = value.map_or(NULL_CODE, |value| self.code(value));
        self.codes.push(code);
    }

    /// The code of a text, which is added to the distinct ones if it is new.
    pub fn code(&mut self, value: &str) -> u32 {
        // Neighbours are often alike: a street is in one ward.
        if let Some(&last) = self.codes.last()
            && last != NULL_CODE
            && self.entry(last) == value
        {
            return last;
        }
        if self.seen.len() != self.ends.len() {
            self.seen = Distinct::default();
            for code in 0..self.ends.len() as u32 {
                let hash = self.seen.hash(self.entry(code).as_bytes());
                self.seen.add(hash, code);
            }
        }
        let hash = self.seen.hash(value.as_bytes());
        if let Some(code) = self.seen.find(hash, |code| self.entry(code) == value) {
            return code;
        }
        let code = self.ends.len() as u32;
        self.text.push_str(value);
        self.ends.push(self.text.len() as u32);
        self.seen.add(hash, code);
        code
    }

    /// The distinct text with this code.
    #[inline]
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
    #[inline]
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
    #[inline]
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
    fn a_text_is_kept_once_however_often_it_stands_there() {
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

//! Attribute values, a column at a time.
//!
//! A column holds one type in one array; text is a dictionary with a code for each row, because city
//! data repeats itself. Nulls are sentinels inside the array ([`NULL_INTEGER`], NaN, …), so a column
//! goes over a pipe as it is; [`Value::Null`] is what everyone else sees.

mod column;
mod date;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

pub use self::{
    column::{Column, NULL_BOOL, NULL_CODE, NULL_DATE, NULL_INTEGER, Table, TextColumn},
    date::{date_bytes, date_text, date_time_text, days_of, parse_date},
};

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

//! Attribute values, a column at a time.
//!
//! A column holds one type in one array; text is a dictionary with a code for each row, because city
//! data repeats itself. Nulls are sentinels inside the array ([`NULL_INTEGER`], NaN, …), so a column
//! goes over a pipe as it is; [`Value::Null`] is what everyone else sees.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::distinct::Distinct;

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

/// The first and the last day whose year has four digits.
const YEAR_0: i32 = -719_528;
const YEAR_9999: i32 = 2_932_896;
/// From the first of March of the year -400 to 1970-01-01, so that nothing counted from there is negative.
const FROM_MARCH: i32 = 865_565;

/// `YYYY-MM-DD`; years beyond ±9999 are shown as the limit.
pub fn date_text(days: i32) -> String {
    if let Some(bytes) = date_bytes(days) {
        return bytes.map(char::from).iter().collect();
    }
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

/// `YYYY-MM-DD` as bytes; none for a year without four digits. Layers have a million dates, so the common
/// ones do not go through the calendar of all time zones.
pub fn date_bytes(days: i32) -> Option<[u8; 10]> {
    if !(YEAR_0..=YEAR_9999).contains(&days) {
        return None;
    }
    // Years from March, so that the leap day ends one, in cycles of 400 years.
    let day = (days + FROM_MARCH) as u32;
    let (cycle, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let january = u32::from(month >= 10);
    let year = cycle * 400 + year + january - 400;
    let month = month + 3 - 12 * january;
    let digit = |number: u32| b'0' + (number % 10) as u8;
    Some([
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        b'-',
        digit(month / 10),
        digit(month),
        b'-',
        digit(day / 10),
        digit(day),
    ])
}

/// Days since 1970-01-01 of an ISO 8601 date; none for anything else.
pub fn parse_date(text: &str) -> Option<i32> {
    if let &[a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() {
        let digits = [a, b, c, d, e, f, g, h];
        if digits.iter().all(u8::is_ascii_digit) {
            let number = |from: usize, to: usize| {
                digits[from..to]
                    .iter()
                    .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
            };
            return days_of(number(0, 4), number(4, 6), number(6, 8));
        }
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    let since = date.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1)));
    Some(since.ok()?.get_days())
}

/// Days since 1970-01-01 of a year of at most four digits, a month and a day; none when there is no such day.
pub fn days_of(year: u32, month: u32, day: u32) -> Option<i32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) || year > 9999 {
        return None;
    }
    // As in `date_bytes`.
    let early = u32::from(month <= 2);
    let year = year + 400 - early;
    let (cycle, year) = (year / 400, year % 400);
    let month = month + 12 * early - 3;
    let of_year = (153 * month + 2) / 5 + day - 1;
    let of_cycle = 365 * year + year / 4 - year / 100 + of_year;
    Some((cycle * 146_097 + of_cycle) as i32 - FROM_MARCH)
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
    fn dates_read_what_they_write_and_text_is_kept_once() {
        for text in ["1970-01-01", "2026-02-28", "1969-12-31", "2000-02-29"] {
            assert_eq!(parse_date(text).map(date_text).as_deref(), Some(text));
        }
        assert_eq!(parse_date("31/12/2020"), None);
        assert_eq!(parse_date("2023-02-29"), None);
        let mut date = jiff::civil::date(0, 1, 1);
        for days in YEAR_0..=YEAR_9999 {
            // Every day of the first, of our and of the last centuries, and some of all others.
            if days % 97 == 0 || (-40_000..40_000).contains(&days) {
                let text = date.to_string();
                assert_eq!(date_text(days), text);
                assert_eq!(parse_date(&text), Some(days));
            }
            date = date.tomorrow().unwrap_or(date);
        }
        assert_eq!(date.to_string(), "9999-12-31");

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

//! A column of a snapshot as a scan wants it: distinct values once, in ascending order, and a code a row.
//!
//! A test of a value runs once for each distinct value and then compares codes. Because entries ascend,
//! a range of values is a range of codes. A column whose numbers hardly repeat, or of whose texts
//! none comes twice, has no dictionary: its entries are its rows, a row is its own code, and then entries do
//! **not** ascend ([`ColumnView::is_sorted`]). So the ids that a tile writes lie side by side, as its rows do.

use crate::model::{
    FieldType, Value,
    value::{NULL_BOOL, NULL_CODE, NULL_DATE, NULL_INTEGER},
};

/// For each row, which entry.
#[derive(Clone, Copy, Debug)]
pub enum Codes<'a> {
    /// A row is its own code; nulls stand in the values. Text is so only where every row has one of its own.
    Rows(u32),
    /// Up to 255 entries; 255 is null.
    U8(&'a [u8]),
    /// Up to 65,535 entries; 65,535 is null.
    U16(&'a [u16]),
    /// More; [`NULL_CODE`] is null.
    U32(&'a [u32]),
}

/// The entries, of one type.
#[derive(Clone, Copy, Debug)]
pub enum Entries<'a> {
    /// Texts one after the other, and where each ends.
    Text {
        /// All texts.
        text: &'a [u8],
        /// Where each ends in `text`.
        ends: &'a [u32],
    },
    /// Whole numbers.
    Integer(&'a [i64]),
    /// Numbers.
    Real(&'a [f64]),
    /// 0 or 1.
    Bool(&'a [u8]),
    /// Days since 1970-01-01.
    Date(&'a [i32]),
    /// Milliseconds since the epoch.
    DateTime(&'a [i64]),
}

/// The values of one field, mapped.
#[derive(Clone, Copy, Debug)]
pub struct ColumnView<'a> {
    pub(super) codes: Codes<'a>,
    pub(super) entries: Entries<'a>,
}

impl<'a> ColumnView<'a> {
    /// The type of its values.
    pub fn kind(&self) -> FieldType {
        match self.entries {
            Entries::Text { .. } => FieldType::Text,
            Entries::Integer(_) => FieldType::Integer,
            Entries::Real(_) => FieldType::Real,
            Entries::Bool(_) => FieldType::Bool,
            Entries::Date(_) => FieldType::Date,
            Entries::DateTime(_) => FieldType::DateTime,
        }
    }

    /// The codes as they are stored, for the tightest loops. A code is below [`Self::distinct`] or the
    /// null of its width; a damaged file may hold others, so look entries up through [`Self::entry`].
    pub fn codes(&self) -> Codes<'a> {
        self.codes
    }

    /// The entries as they are stored.
    pub fn entries(&self) -> Entries<'a> {
        self.entries
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        match self.codes {
            Codes::Rows(count) => count as usize,
            Codes::U8(codes) => codes.len(),
            Codes::U16(codes) => codes.len(),
            Codes::U32(codes) => codes.len(),
        }
    }

    /// The number of entries.
    pub fn distinct(&self) -> usize {
        match self.entries {
            Entries::Text { ends, .. } => ends.len(),
            Entries::Integer(entries) | Entries::DateTime(entries) => entries.len(),
            Entries::Real(entries) => entries.len(),
            Entries::Bool(entries) => entries.len(),
            Entries::Date(entries) => entries.len(),
        }
    }

    /// True when entries ascend and none repeats: text by bytes, numbers by value.
    pub fn is_sorted(&self) -> bool {
        !matches!(self.codes, Codes::Rows(_))
    }

    /// The code of a row; [`NULL_CODE`] for null.
    #[inline]
    pub fn code(&self, row: u32) -> u32 {
        let at = row as usize;
        match self.codes {
            Codes::Rows(count) if row < count => row,
            Codes::Rows(_) => NULL_CODE,
            Codes::U8(codes) => match codes[at] {
                u8::MAX => NULL_CODE,
                code => u32::from(code),
            },
            Codes::U16(codes) => match codes[at] {
                u16::MAX => NULL_CODE,
                code => u32::from(code),
            },
            Codes::U32(codes) => codes[at],
        }
    }

    /// The entry of a code; null for [`NULL_CODE`], for a code out of range and for text that is not UTF-8.
    #[inline]
    pub fn entry(&self, code: u32) -> Value<'a> {
        let at = code as usize;
        match self.entries {
            Entries::Text { .. } => self.text(code).map_or(Value::Null, Value::Text),
            Entries::Integer(entries) => match entries.get(at) {
                None | Some(&NULL_INTEGER) => Value::Null,
                Some(&number) => Value::Integer(number),
            },
            Entries::Real(entries) => match entries.get(at) {
                Some(&number) if !number.is_nan() => Value::Real(number),
                _ => Value::Null,
            },
            Entries::Bool(entries) => match entries.get(at) {
                None | Some(&NULL_BOOL) => Value::Null,
                Some(&yes) => Value::Bool(yes != 0),
            },
            Entries::Date(entries) => match entries.get(at) {
                None | Some(&NULL_DATE) => Value::Null,
                Some(&days) => Value::Date(days),
            },
            Entries::DateTime(entries) => match entries.get(at) {
                None | Some(&NULL_INTEGER) => Value::Null,
                Some(&millis) => Value::DateTime(millis),
            },
        }
    }

    /// The text of a code; none for null and for columns of another type.
    #[inline]
    pub fn text(&self, code: u32) -> Option<&'a str> {
        let Entries::Text { text, ends } = self.entries else {
            return None;
        };
        let at = code as usize;
        let to = *ends.get(at)? as usize;
        let from = if at == 0 { 0 } else { ends[at - 1] as usize };
        std::str::from_utf8(text.get(from..to)?).ok()
    }

    /// The value of a row.
    #[inline]
    pub fn get(&self, row: u32) -> Value<'a> {
        self.entry(self.code(row))
    }
}

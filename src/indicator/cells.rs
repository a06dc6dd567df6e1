//! A sheet of text cells from CSV or XLSX, and what the text in a cell says.

use std::io::Cursor;

use calamine::{Data, Reader};
use serde::{Deserialize, Serialize};

use crate::standard::ascii_digit;

/// The largest file, in bytes: a table of a million observations has about 60 MB.
const MAX_BYTES: usize = 128 * 1024 * 1024;
/// The most cells.
const MAX_CELLS: usize = 20_000_000;
/// The most columns.
const MAX_COLUMNS: usize = 2_000;

/// Why a file is no sheet.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// It is too large.
    #[error("the table has more than {limit} {what}")]
    TooLarge {
        /// Bytes, cells or columns.
        what: &'static str,
        /// The most that is allowed.
        limit: usize,
    },
    /// It cannot be read.
    #[error("the table cannot be read: {0}")]
    Unreadable(String),
    /// There is nothing in it.
    #[error("the table has no header row")]
    Empty,
}

/// A header and rows of text, trimmed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sheet {
    /// The header.
    pub columns: Vec<String>,
    /// The rows, each as long as the header.
    pub rows: Vec<Vec<String>>,
    /// The row of the file that each row was, counted from 1.
    pub numbers: Vec<u64>,
    /// What was noticed while reading.
    pub notes: Vec<String>,
    /// BLAKE3 of the bytes, 16 hex digits.
    pub hash: String,
}

impl Sheet {
    /// The largest file, in bytes.
    pub const MAX_BYTES: usize = MAX_BYTES;

    /// True when every row is as long as the header and has its number, within the limits.
    pub fn is_sound(&self) -> bool {
        self.columns.len() <= MAX_COLUMNS
            && self.rows.len() == self.numbers.len()
            && self.rows.len().saturating_mul(self.columns.len()) <= MAX_CELLS
            && self.rows.iter().all(|row| row.len() == self.columns.len())
    }

    /// Reads a file by what it begins with: a zip is taken for XLSX, everything else for CSV.
    pub fn read(bytes: &[u8]) -> Result<Self, SheetError> {
        if bytes.len() > MAX_BYTES {
            return Err(SheetError::TooLarge {
                what: "bytes",
                limit: MAX_BYTES,
            });
        }
        let mut sheet = if bytes.starts_with(b"PK\x03\x04") {
            Self::xlsx(bytes)?
        } else {
            Self::csv(bytes)?
        };
        blake3::hash(bytes).to_hex()[..16].clone_into(&mut sheet.hash);
        Ok(sheet)
    }

    fn csv(bytes: &[u8]) -> Result<Self, SheetError> {
        let mut notes = vec![];
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        let text = if let Ok(text) = std::str::from_utf8(bytes) {
            text.to_owned()
        } else {
            {
                notes.push(
                    "the file is not UTF-8; it was read as Latin-1, so look at its names"
                        .to_owned(),
                );
                bytes.iter().map(|&byte| char::from(byte)).collect()
            }
        };
        let delimiter = [b',', b';', b'\t']
            .into_iter()
            .max_by_key(|sign| {
                (
                    text.lines()
                        .take(10)
                        .map(|line| line.bytes().filter(|byte| byte == sign).count())
                        .max(),
                    *sign == b',',
                )
            })
            .unwrap_or(b',');
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut sheet = Self {
            notes,
            ..Self::default()
        };
        let mut record = csv::StringRecord::new();
        loop {
            match reader.read_record(&mut record) {
                Ok(true) => {
                    let line = record.position().map_or(0, csv::Position::line);
                    sheet.push(record.iter().map(tidy).collect(), line)?;
                }
                Ok(false) => break,
                Err(error) => return Err(SheetError::Unreadable(error.to_string())),
            }
        }
        sheet.finish()
    }

    fn xlsx(bytes: &[u8]) -> Result<Self, SheetError> {
        let unreadable = |error: calamine::XlsxError| SheetError::Unreadable(error.to_string());
        let mut book: calamine::Xlsx<_> =
            calamine::Xlsx::new(Cursor::new(bytes)).map_err(unreadable)?;
        let name = book
            .sheet_names()
            .first()
            .cloned()
            .ok_or(SheetError::Empty)?;
        let range = book.worksheet_range(&name).map_err(unreadable)?;
        let mut sheet = Self::default();
        let others = book.sheet_names().len() - 1;
        if others > 0 {
            sheet.notes.push(format!(
                "the workbook has {} sheets; only the first, `{name}`, was read",
                others + 1
            ));
        }
        let first = range.start().map_or(0, |(row, _)| u64::from(row));
        for (at, row) in range.rows().enumerate() {
            let cells = row
                .iter()
                .map(|cell| match cell {
                    Data::DateTimeIso(text) => tidy(text),
                    Data::DateTime(moment) => moment.as_datetime_parts().unwrap_or_default(),
                    other => tidy(&other.to_string()),
                })
                .collect();
            sheet.push(cells, first + at as u64 + 1)?;
        }
        sheet.finish()
    }

    fn push(&mut self, mut cells: Vec<String>, number: u64) -> Result<(), SheetError> {
        if self.columns.is_empty() {
            // Titles above the header have one filled cell; the header has several.
            if cells.iter().filter(|cell| !cell.is_empty()).count() >= 2 {
                while cells.last().is_some_and(String::is_empty) {
                    cells.pop();
                }
                if cells.len() > MAX_COLUMNS {
                    return Err(SheetError::TooLarge {
                        what: "columns",
                        limit: MAX_COLUMNS,
                    });
                }
                self.columns = cells;
            }
            return Ok(());
        }
        if cells.iter().all(String::is_empty) {
            return Ok(());
        }
        cells.resize(self.columns.len(), String::new());
        self.rows.push(cells);
        self.numbers.push(number);
        if self.rows.len() * self.columns.len() > MAX_CELLS {
            return Err(SheetError::TooLarge {
                what: "cells",
                limit: MAX_CELLS,
            });
        }
        Ok(())
    }

    fn finish(self) -> Result<Self, SheetError> {
        if self.columns.is_empty() {
            return Err(SheetError::Empty);
        }
        Ok(self)
    }
}

/// A date of a spreadsheet as ISO text.
trait DateParts {
    fn as_datetime_parts(&self) -> Option<String>;
}

impl DateParts for calamine::ExcelDateTime {
    fn as_datetime_parts(&self) -> Option<String> {
        let (year, month, day, ..) = self.to_ymd_hms_milli();
        Some(format!("{year:04}-{month:02}-{day:02}"))
    }
}

fn tidy(text: &str) -> String {
    text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\u{FEFF}')
        .to_owned()
}

/// What a cell says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    /// A number; true when a percent sign stood behind it.
    Number(f64, bool),
    /// Nothing.
    Blank,
    /// That there is no value, and why.
    Missing(&'static str),
    /// Something else.
    Unclear,
}

/// Reads a number as people write it: `12,34,567`, `1,234.5`, `54.09%`, `₹ 1200`, `(12)`, `१२`.
pub(super) fn number(text: &str) -> Cell {
    let clean: String = text
        .chars()
        .filter(|letter| !matches!(letter, '\u{A0}' | '\u{200B}' | '\u{202F}' | '\'' | ' '))
        .map(ascii_digit)
        .collect();
    if clean.is_empty() {
        return Cell::Blank;
    }
    let lower = clean.to_lowercase();
    match lower.as_str() {
        "-" | "--" | "na" | "n/a" | "n.a." | "nil" | "null" | ".." | "…" | "notavailable"
        | "notcollected" | "not_collected" => {
            return Cell::Missing("not_collected");
        }
        "notapplicable" | "not_applicable" => return Cell::Missing("not_applicable"),
        "suppressed" => return Cell::Missing("suppressed"),
        "pending" | "awaited" => return Cell::Missing("pending"),
        _ => {}
    }
    let mut rest = lower.as_str();
    for lead in ["₹", "rs.", "rs", "inr"] {
        rest = rest.strip_prefix(lead).unwrap_or(rest);
    }
    let percent = rest.ends_with('%');
    rest = rest.trim_end_matches('%');
    let (negative, inner) = match rest
        .strip_prefix('(')
        .and_then(|inner| inner.strip_suffix(')'))
    {
        Some(inner) => (true, inner),
        None => match rest.strip_prefix(['-', '\u{2212}']) {
            Some(inner) => (true, inner),
            None => (false, rest.strip_prefix('+').unwrap_or(rest)),
        },
    };
    let Some(digits) = ungrouped(inner) else {
        return Cell::Unclear;
    };
    match digits.parse::<f64>() {
        Ok(number)
            if number.is_finite()
                && digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') =>
        {
            Cell::Number(if negative { -number } else { number }, percent)
        }
        _ => Cell::Unclear,
    }
}

/// A number without separators of thousands; none when its commas separate something else.
fn ungrouped(text: &str) -> Option<String> {
    let (whole, fraction) = match text.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (text, None),
    };
    if !whole.contains(',') {
        return Some(text.to_owned());
    }
    let groups: Vec<&str> = whole.split(',').collect();
    let (first, last) = (groups[0], groups[groups.len() - 1]);
    let fits = (1..=3).contains(&first.len())
        && last.len() == 3
        && groups[1..groups.len() - 1]
            .iter()
            .all(|group| matches!(group.len(), 2 | 3));
    fits.then(|| {
        let joined = groups.concat();
        match fraction {
            Some(fraction) => format!("{joined}.{fraction}"),
            None => joined,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them_and_nothing_is_guessed() {
        for (text, value) in [
            ("12,34,567", 1_234_567.0),
            ("1,234.5", 1234.5),
            ("(12)", -12.0),
            ("-3.5", -3.5),
            ("₹ 1,200", 1200.0),
            ("१२", 12.0),
            ("1e3", 1000.0),
            ("\u{a0}7 ", 7.0),
        ] {
            assert_eq!(number(text), Cell::Number(value, false), "{text}");
        }
        assert_eq!(number("54.09%"), Cell::Number(54.09, true));
        for text in [
            "12,5",
            "1,2,3",
            "abc",
            "12 km",
            "inf",
            "nan",
            "1,23,4567",
            "e5",
        ] {
            assert_eq!(number(text), Cell::Unclear, "{text}");
        }
        assert_eq!(number(" "), Cell::Blank);
        assert_eq!(number("N/A"), Cell::Missing("not_collected"));
    }

    #[test]
    fn a_title_above_the_header_and_other_delimiters_are_understood() {
        let sheet = Sheet::read(b"Water supply\n\nWard No;2020;2021\n1;5;6\n;;\n2;7;8\n").unwrap();
        assert_eq!(sheet.columns, ["Ward No", "2020", "2021"]);
        assert_eq!(sheet.numbers, [4, 6]);
        assert!(matches!(Sheet::read(b""), Err(SheetError::Empty)));
        assert!(Sheet::read(b"PK\x03\x04rubbish").is_err());
    }
}

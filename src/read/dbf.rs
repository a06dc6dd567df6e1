//! The attributes of a shapefile (dBASE III to VFP), read without GDAL: the bytes of text stay bytes until
//! the encoding is settled, and each distinct text is decoded once.
//!
//! Records are wide and mostly blanks. So a block of them goes through all columns while it lies in the
//! cache, instead of the whole file through one column after the other.

use super::{
    delivery::{ReadError, Rows, note},
    encoding::{self, Chosen, Hints},
};
use crate::model::{
    Column, Field, Note, Table, TextColumn,
    distinct::Distinct,
    value::{NULL_BOOL, NULL_CODE, NULL_DATE, NULL_INTEGER},
};

/// A .dbf whose header makes sense.
pub(super) struct Dbf<'a> {
    columns: Vec<Layout>,
    records: &'a [u8],
    record: usize,
    /// Rows that the header declares.
    pub(super) declared: usize,
    /// Rows that are really there.
    pub(super) rows: usize,
    language_byte: u8,
}

struct Layout {
    name: Vec<u8>,
    letter: u8,
    from: usize,
    width: usize,
    decimals: u8,
}

impl<'a> Dbf<'a> {
    /// Reads the header; none when it is not one.
    pub(super) fn open(bytes: &'a [u8]) -> Option<Self> {
        let number =
            |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?) as usize);
        let declared = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?) as usize;
        let (header, record) = (number(8)?, number(10)?);
        if header < 33 || record == 0 || bytes.len() < header {
            return None;
        }
        let mut columns = vec![];
        let mut from = 1;
        for entry in bytes[32..header].chunks_exact(32) {
            if entry[0] == 0x0d || entry[0] == 0 {
                break;
            }
            let letter = entry[11].to_ascii_uppercase();
            // A text may be longer than a byte can say: the decimals are its high byte.
            let width = entry[16] as usize
                + if letter == b'C' {
                    entry[17] as usize * 256
                } else {
                    0
                };
            let name = &entry[..11];
            let end = name.iter().position(|byte| *byte == 0).unwrap_or(11);
            columns.push(Layout {
                name: name[..end].to_vec(),
                letter,
                from,
                width,
                decimals: entry[17],
            });
            from += width;
        }
        if from > record {
            return None;
        }
        let records = &bytes[header..];
        let rows = (records.len() / record).min(declared);
        Some(Self {
            columns,
            records,
            record,
            declared,
            rows,
            language_byte: bytes[29],
        })
    }

    /// True for each row that is marked as deleted.
    pub(super) fn deleted(&self) -> Vec<bool> {
        self.records
            .chunks_exact(self.record)
            .take(self.rows)
            .map(|row| row[0] == b'*')
            .collect()
    }

    fn cells<'s>(&'s self, column: &'s Layout) -> impl Iterator<Item = &'a [u8]> + 's {
        self.records
            .chunks_exact(self.record)
            .take(self.rows)
            .map(|row| &row[column.from..column.from + column.width])
    }

    /// The encoding of names and texts.
    pub(super) fn encoding(&self, mut hints: Hints) -> Result<Chosen, ReadError> {
        hints.language_byte = self.language_byte;
        let used = &self.records[..self.rows * self.record];
        let mut texts: Vec<&[u8]> = self
            .columns
            .iter()
            .map(|column| column.name.as_slice())
            .filter(|name| !name.is_ascii())
            .collect();
        if !used.is_ascii() {
            for column in self.columns.iter().filter(|column| column.letter == b'C') {
                texts.extend(self.cells(column).filter(|cell| !cell.is_ascii()).map(trim));
            }
        }
        encoding::choose(&texts, &hints)
    }

    /// All columns. Rows beyond those of the file are null.
    pub(super) fn table(&self, chosen: &Chosen, notes: &mut Vec<Note>) -> Table {
        let mut fillers: Vec<Option<Filler<'_>>> = self
            .columns
            .iter()
            .map(|layout| Filler::of(layout, self.rows))
            .collect();
        let used = &self.records[..self.rows * self.record];
        for (at, block) in used.chunks(self.record * BLOCK).enumerate() {
            for filler in fillers.iter_mut().flatten() {
                filler.take(at * BLOCK, block.chunks_exact(self.record), chosen);
            }
        }
        let mut table = Table::default();
        for (layout, filler) in self.columns.iter().zip(fillers) {
            let name = encoding::decode(&layout.name, chosen.encoding)
                .trim()
                .to_owned();
            let name = if table.position(&name).is_some() {
                format!("{name}_{}", table.fields.len() + 1)
            } else {
                name
            };
            let Some(filler) = filler else {
                notes.push(note(
                    "column_left_out",
                    format!("column `{name}` holds binary data or memos and was left out"),
                ));
                continue;
            };
            let (column, unread) = filler.finish();
            notes.extend(unread.note("value_unreadable", |count| {
                format!(
                    "{count} values of column `{name}` are not of its type and were read as null"
                )
            }));
            table.fields.push(Field::new(name, column.kind()));
            table.columns.push(column);
        }
        table
    }
}

/// Rows of a block: few enough to stay in the cache while all columns take their cells.
const BLOCK: usize = 1024;

/// A column that is being read.
struct Filler<'a> {
    from: usize,
    to: usize,
    cells: Cells<'a>,
    unread: Rows,
}

/// What the cells of a column are, and what was taken from them.
enum Cells<'a> {
    Integers(Vec<i64>),
    Reals(Vec<f64>),
    Booleans(Vec<u8>),
    Dates(Vec<i32>),
    /// Four bytes, little-endian.
    Binary32(Vec<i64>),
    /// A double, little-endian.
    Binary64(Vec<f64>),
    Texts(Texts<'a>),
}

impl<'a> Filler<'a> {
    /// None for what is no value: pictures and memos.
    fn of(layout: &Layout, rows: usize) -> Option<Self> {
        let cells = match layout.letter {
            b'N' if layout.decimals == 0 && layout.width < 19 => {
                Cells::Integers(Vec::with_capacity(rows))
            }
            b'N' | b'F' => Cells::Reals(Vec::with_capacity(rows)),
            b'L' => Cells::Booleans(Vec::with_capacity(rows)),
            b'D' => Cells::Dates(Vec::with_capacity(rows)),
            b'I' | b'+' if layout.width == 4 => Cells::Binary32(Vec::with_capacity(rows)),
            b'O' | b'B' if layout.width == 8 => Cells::Binary64(Vec::with_capacity(rows)),
            b'M' | b'G' | b'P' | b'B' | b'W' | b'0' => return None,
            _ => Cells::Texts(Texts::new(rows)),
        };
        Some(Self {
            from: layout.from,
            to: layout.from + layout.width,
            cells,
            unread: Rows::default(),
        })
    }

    /// Takes the cells of a block, whose first row has a number.
    fn take(&mut self, first: usize, block: std::slice::ChunksExact<'a, u8>, chosen: &Chosen) {
        let (from, to) = (self.from, self.to);
        let unread = &mut self.unread;
        let mut keep = |row: usize, blank: bool, read: bool| {
            if !blank && !read {
                unread.add(first + row);
            }
        };
        let cells = block.map(|record| &record[from..to]);
        match &mut self.cells {
            Cells::Integers(found) => found.extend(cells.enumerate().map(|(row, cell)| {
                let text = trim(cell);
                let number = integer(text);
                keep(row, is_null(text), number.is_some());
                number.unwrap_or(NULL_INTEGER)
            })),
            Cells::Reals(found) => found.extend(cells.enumerate().map(|(row, cell)| {
                let text = trim(cell);
                let number = real(text);
                keep(row, is_null(text), number.is_some());
                number.unwrap_or(f64::NAN)
            })),
            Cells::Booleans(found) => found.extend(cells.map(|cell| match cell.first() {
                Some(b'T' | b't' | b'Y' | b'y') => 1,
                Some(b'F' | b'f' | b'N' | b'n') => 0,
                _ => NULL_BOOL,
            })),
            Cells::Dates(found) => found.extend(cells.enumerate().map(|(row, cell)| {
                let text = trim(cell);
                let day = date(text);
                let blank = is_null(text) || text.iter().all(|byte| *byte == b'0');
                keep(row, blank, day.is_some());
                day.unwrap_or(NULL_DATE)
            })),
            Cells::Binary32(found) => {
                found.extend(cells.map(|cell| {
                    i64::from(i32::from_le_bytes(cell.try_into().expect("four bytes")))
                }));
            }
            Cells::Binary64(found) => found.extend(
                cells
                    .map(|cell| f64::from_le_bytes(cell.try_into().expect("eight bytes")))
                    .map(|number| if number.is_finite() { number } else { f64::NAN }),
            ),
            Cells::Texts(texts) => texts.take(cells, chosen),
        }
    }

    /// The column, and the rows whose cells were not of its type.
    fn finish(self) -> (Column, Rows) {
        let column = match self.cells {
            Cells::Integers(found) | Cells::Binary32(found) => Column::Integer(found),
            Cells::Reals(found) | Cells::Binary64(found) => Column::Real(found),
            Cells::Booleans(found) => Column::Bool(found),
            Cells::Dates(found) => Column::Date(found),
            Cells::Texts(texts) => {
                Column::Text(TextColumn::from_parts(texts.text, texts.ends, texts.codes))
            }
        };
        (column, self.unread)
    }
}

/// A column of texts: each distinct one once, and a code a row.
struct Texts<'a> {
    seen: Distinct,
    /// The first cell of each distinct text, by its code.
    first: Vec<&'a [u8]>,
    text: String,
    ends: Vec<u32>,
    codes: Vec<u32>,
    /// The cell before.
    last: &'a [u8],
    /// What the block being taken holds, kept for its memory.
    fresh: Vec<Run<'a>>,
}

/// Rows one after the other with the same cell.
struct Run<'a> {
    text: &'a [u8],
    hash: u32,
    rows: u32,
}

impl<'a> Texts<'a> {
    fn new(rows: usize) -> Self {
        Self {
            seen: Distinct::default(),
            first: vec![],
            text: String::new(),
            ends: vec![],
            codes: Vec::with_capacity(rows),
            last: &[],
            fresh: vec![],
        }
    }

    /// Takes the cells of a block.
    ///
    /// The table of a column of names is larger than the nearer caches, and each look into it waits. So what all
    /// cells of a block will look at is asked for first: it comes while others are on their way.
    fn take(&mut self, cells: impl Iterator<Item = &'a [u8]>, chosen: &Chosen) {
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.clear();
        for cell in cells {
            // Neighbours are often alike: a street is in one ward.
            if cell == self.last
                && let Some(run) = fresh.last_mut()
            {
                run.rows += 1;
                continue;
            }
            self.last = cell;
            let text = trim(cell);
            let hash = self.seen.hash(text);
            fresh.push(Run {
                text,
                hash,
                rows: 1,
            });
        }
        self.seen.fetch(fresh.iter().map(|run| run.hash));
        for run in &fresh {
            let code = self.code(run, chosen);
            for _ in 0..run.rows {
                self.codes.push(code);
            }
        }
        // Where all of a first block differ, so will those that follow.
        if self.seen.len() == BLOCK && self.codes.len() == BLOCK {
            self.seen.reserve(self.codes.capacity());
        }
        self.fresh = fresh;
    }

    /// The code of a text, which is added if it is new.
    fn code(&mut self, run: &Run<'a>, chosen: &Chosen) -> u32 {
        if run.text.is_empty() {
            return NULL_CODE;
        }
        self.seen
            .find(run.hash, |code| self.first[code as usize] == run.text)
            .unwrap_or_else(|| {
                let code = self.first.len() as u32;
                self.seen.add(run.hash, code);
                self.first.push(run.text);
                self.text
                    .push_str(&encoding::decode(run.text, chosen.encoding));
                self.ends.push(self.text.len() as u32);
                code
            })
    }
}

/// Adds rows until there are `rows`, all null.
pub(super) fn lengthen(table: &mut Table, rows: usize) {
    for column in &mut table.columns {
        while column.len() < rows {
            column.push(crate::model::Value::Null);
        }
    }
}

/// Without the blanks that fill a field, before and after, and without what follows a NUL.
fn trim(cell: &[u8]) -> &[u8] {
    // From the end first, many at a time: most of a wide field is blanks.
    let mut to = cell.len();
    while to >= 32 && cell[to - 32..to] == [b' '; 32] {
        to -= 32;
    }
    while to >= 8 && cell[to - 8..to] == [b' '; 8] {
        to -= 8;
    }
    while to > 0 && cell[to - 1] == b' ' {
        to -= 1;
    }
    if let Some(end) = cell[..to].iter().position(|byte| *byte == 0) {
        to = end;
        while to > 0 && cell[to - 1] == b' ' {
            to -= 1;
        }
    }
    let from = cell[..to]
        .iter()
        .position(|byte| *byte != b' ')
        .unwrap_or(to);
    &cell[from..to]
}

/// Blank, or the asterisks that mean "does not fit" and that ESRI writes for null.
fn is_null(text: &[u8]) -> bool {
    text.is_empty() || text.iter().all(|byte| *byte == b'*')
}

fn integer(text: &[u8]) -> Option<i64> {
    let negative = text.starts_with(b"-");
    let digits = text
        .strip_prefix(b"-")
        .or_else(|| text.strip_prefix(b"+"))
        .unwrap_or(text);
    if !digits.is_empty() && digits.len() <= 18 && digits.iter().all(u8::is_ascii_digit) {
        let number = digits
            .iter()
            .fold(0, |number, digit| number * 10 + i64::from(digit - b'0'));
        return Some(if negative { -number } else { number });
    }
    // "12." and "1e3" stand in files too.
    real(text)
        .filter(|number| number.fract() == 0.0 && number.abs() < 9e15)
        .map(|number| number as i64)
}

fn real(text: &[u8]) -> Option<f64> {
    let text = std::str::from_utf8(text).ok()?;
    let number: f64 = text
        .parse()
        .or_else(|_| text.replace(',', ".").parse())
        .ok()?;
    number.is_finite().then_some(number)
}

/// Days since 1970-01-01 of YYYYMMDD.
fn date(text: &[u8]) -> Option<i32> {
    if text.len() != 8 || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let number = |part: &[u8]| {
        part.iter()
            .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
    };
    crate::model::value::days_of(number(&text[..4]), number(&text[4..6]), number(&text[6..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{FieldType, Value};

    fn file(columns: &[(&str, u8, u8, u8)], rows: &[&[u8]], language_byte: u8) -> Vec<u8> {
        let record: usize = 1 + columns
            .iter()
            .map(|column| column.2 as usize)
            .sum::<usize>();
        let header = 32 + 32 * columns.len() + 1;
        let mut bytes = vec![0; 32];
        bytes[0] = 3;
        bytes[4..8].copy_from_slice(&(rows.len() as u32).to_le_bytes());
        bytes[8..10].copy_from_slice(&(header as u16).to_le_bytes());
        bytes[10..12].copy_from_slice(&(record as u16).to_le_bytes());
        bytes[29] = language_byte;
        for (name, letter, width, decimals) in columns {
            let mut entry = [0; 32];
            entry[..name.len()].copy_from_slice(name.as_bytes());
            (entry[11], entry[16], entry[17]) = (*letter, *width, *decimals);
            bytes.extend(entry);
        }
        bytes.push(0x0d);
        for row in rows {
            let mut row = row.to_vec();
            row.resize(record, b' ');
            bytes.extend(row);
        }
        bytes
    }

    #[test]
    fn every_letter_gives_its_type_and_blank_gives_null() {
        let columns = [
            ("NAME", b'C', 10, 0),
            ("NO", b'N', 4, 0),
            ("AREA", b'N', 8, 2),
            ("OK", b'L', 1, 0),
            ("DAY", b'D', 8, 0),
        ];
        let bytes = file(
            &columns,
            &[
                b" Ward 1       7    2.50T20200229",
                b" ",
                b" Ward 1    ****     bad?20201301",
            ],
            0,
        );
        let dbf = Dbf::open(&bytes).unwrap();
        let chosen = dbf.encoding(Hints::default()).unwrap();
        let mut notes = vec![];
        let table = dbf.table(&chosen, &mut notes);
        let kinds: Vec<_> = table.fields.iter().map(|field| field.kind).collect();
        assert_eq!(
            kinds,
            [
                FieldType::Text,
                FieldType::Integer,
                FieldType::Real,
                FieldType::Bool,
                FieldType::Date
            ]
        );
        let row = |row: usize| {
            table
                .columns
                .iter()
                .map(|column| column.get(row).to_text().into_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(row(0), ["Ward 1", "7", "2.5", "true", "2020-02-29"]);
        assert!(
            table
                .columns
                .iter()
                .all(|column| column.get(1) == Value::Null)
        );
        assert_eq!(row(2), ["Ward 1", "", "", "", ""]);
        // Asterisks are null; `bad` and the 13th month are said.
        assert_eq!(
            notes.iter().map(|note| note.count).collect::<Vec<_>>(),
            [1, 1]
        );
    }

    #[test]
    fn names_in_indian_scripts_survive_the_language_byte_of_esri() {
        let mut row = vec![b' '];
        row.extend("வார்டு".as_bytes());
        let bytes = file(&[("பெயர்", b'C', 30, 0)], &[&row], 0x57);
        let dbf = Dbf::open(&bytes).unwrap();
        let chosen = dbf.encoding(Hints::default()).unwrap();
        let table = dbf.table(&chosen, &mut vec![]);
        assert_eq!(table.columns[0].get(0), Value::Text("வார்டு"));
    }

    #[test]
    fn a_file_cut_or_bent_anywhere_never_panics() {
        let whole = file(&[("A", b'C', 10, 0), ("B", b'N', 5, 0)], &[b" x", b" y"], 3);
        for cut in 0..whole.len() {
            if let Some(dbf) = Dbf::open(&whole[..cut]) {
                assert!(dbf.rows <= 2);
                let chosen = dbf.encoding(Hints::default()).unwrap();
                let _ = dbf.table(&chosen, &mut vec![]);
            }
            let mut bent = whole.clone();
            bent[cut] ^= 0xff;
            if let Some(dbf) = Dbf::open(&bent) {
                let chosen = dbf.encoding(Hints::default()).unwrap();
                let _ = dbf.table(&chosen, &mut vec![]);
            }
        }
    }
}

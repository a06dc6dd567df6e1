//! What parent and child say to each other: a job in one line of JSON, and back a stream of flat columns.
//!
//! The stream holds a header in JSON (names, notes, lengths) and after it the arrays as they lie in memory,
//! each at a multiple of eight bytes. Both sides are the same program on the same machine, so there is no
//! byte order and no old version to think of. But the child has read a stranger's file and may be the
//! stranger's by now: the parent believes no length, offset, code or letter before it has checked it.

use std::{
    io::{self, Read},
    path::PathBuf,
};

use bytemuck::Pod;
use serde::{Deserialize, Serialize};

use super::outlet::Outlet;
use crate::{
    model::{
        Column, CrsName, CrsOrigin, Encoding, Field, FieldType, Note, RawLayer, ShapeKind, Shapes,
        Source, Table, TextColumn, value::NULL_CODE,
    },
    read::{Delivery, Described, ReadOptions, Refused},
};

/// The first bytes of an answer; the last digit is the version.
const MAGIC: &[u8; 8] = b"PARATRD1";
/// Bytes of an array that room is made for before any of it has come.
const STRETCH: usize = 64 << 20;
/// The largest header: a name and a few notes a layer.
const HEADER_BYTES: u64 = 64 << 20;

/// What the child is asked to do.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Job {
    pub(super) path: PathBuf,
    pub(super) options: ReadOptions,
    /// True for a table of indicator values, false for layers.
    pub(super) sheet: bool,
    pub(super) folder: PathBuf,
    pub(super) memory: u64,
    pub(super) cpu_s: u64,
    pub(super) file: u64,
}

/// What the child found.
#[derive(Debug)]
pub(super) enum Answer {
    Delivery(Delivery),
    /// Nothing could be tried: the text of a [`crate::read::ReadError`].
    Failed(String),
}

#[derive(Serialize, Deserialize)]
struct Header {
    failed: Option<String>,
    refused: Vec<Refused>,
    notes: Vec<Note>,
    metadata: Vec<Described>,
    layers: Vec<Head>,
}

/// A layer without its arrays, and how long they are.
#[derive(Serialize, Deserialize)]
struct Head {
    source: Source,
    crs: CrsName,
    crs_origin: CrsOrigin,
    encoding: Option<Encoding>,
    declared_rows: Option<u64>,
    fields: Vec<Field>,
    notes: Vec<Note>,
    rows: usize,
    parts: usize,
    rings: usize,
    coords: usize,
    /// For each text column, in order: bytes of text and number of distinct texts.
    texts: Vec<(usize, usize)>,
}

/// Writes the answer, which stays as it is until the process has ended ([`Outlet::lay`]); half of one is none,
/// because the child then does not end well.
pub(super) fn write(out: &mut impl Outlet, answer: &Answer) -> io::Result<()> {
    let empty = Delivery::default();
    let (delivery, failed) = match answer {
        Answer::Delivery(delivery) => (delivery, None),
        Answer::Failed(text) => (&empty, Some(text.clone())),
    };
    let header = Header {
        failed,
        refused: delivery.refused.clone(),
        notes: delivery.notes.clone(),
        metadata: delivery.metadata.clone(),
        layers: delivery.layers.iter().map(head).collect(),
    };
    let header = serde_json::to_vec(&header)?;
    out.write_all(MAGIC)?;
    out.write_all(&(header.len() as u64).to_ne_bytes())?;
    out.write_all(&header)?;
    out.write_all(&[0; 8][..padding(header.len())])?;
    for layer in &delivery.layers {
        put(out, &layer.shapes.kinds)?;
        put(out, &layer.shapes.part_ends)?;
        put(out, &layer.shapes.ring_ends)?;
        put(out, &layer.shapes.coord_ends)?;
        put(out, &layer.shapes.coords)?;
        for column in &layer.table.columns {
            match column {
                Column::Text(column) => {
                    put(out, column.text.as_bytes())?;
                    put(out, &column.ends)?;
                    put(out, &column.codes)?;
                }
                Column::Integer(rows) | Column::DateTime(rows) => put(out, rows)?,
                Column::Real(rows) => put(out, rows)?,
                Column::Bool(rows) => put(out, rows)?,
                Column::Date(rows) => put(out, rows)?,
            }
        }
    }
    Ok(())
}

fn head(layer: &RawLayer) -> Head {
    Head {
        source: layer.source.clone(),
        crs: layer.crs.clone(),
        crs_origin: layer.crs_origin,
        encoding: layer.encoding.clone(),
        declared_rows: layer.declared_rows,
        fields: layer.table.fields.clone(),
        notes: layer.notes.clone(),
        rows: layer.shapes.len(),
        parts: layer.shapes.ring_ends.len(),
        rings: layer.shapes.coord_ends.len(),
        coords: layer.shapes.coords.len(),
        texts: layer
            .table
            .columns
            .iter()
            .filter_map(|column| match column {
                Column::Text(column) => Some((column.text.len(), column.ends.len())),
                _ => None,
            })
            .collect(),
    }
}

fn put<T: Pod>(out: &mut impl Outlet, array: &[T]) -> io::Result<()> {
    let bytes: &[u8] = bytemuck::cast_slice(array);
    out.lay(bytes)?;
    out.write_all(&[0; 8][..padding(bytes.len())])
}

fn padding(bytes: usize) -> usize {
    (8 - bytes % 8) % 8
}

/// An answer, read with suspicion. The error says what is wrong with it.
pub(super) fn read(from: impl Read) -> Result<Answer, String> {
    let mut input = Input { from };
    let start: Vec<u8> = input.take(16)?;
    if &start[..8] != MAGIC {
        return Err("it does not begin as one".to_owned());
    }
    let length = u64::from_ne_bytes(start[8..].try_into().expect("eight bytes"));
    if length > HEADER_BYTES {
        return Err("its header is too long".to_owned());
    }
    let header: Vec<u8> = input.take(length as usize)?;
    let header: Header = serde_json::from_slice(&header)
        .map_err(|error| format!("its header is not one ({error})"))?;
    if let Some(text) = header.failed {
        return Ok(Answer::Failed(text));
    }
    let layers = header
        .layers
        .into_iter()
        .map(|head| input.layer(head))
        .collect::<Result<_, _>>()?;
    Ok(Answer::Delivery(Delivery {
        layers,
        refused: header.refused,
        notes: header.notes,
        metadata: header.metadata,
    }))
}

struct Input<R> {
    from: R,
}

impl<R: Read> Input<R> {
    fn take<T: Pod>(&mut self, count: usize) -> Result<Vec<T>, String> {
        let length = size_of::<T>();
        let bytes = count.checked_mul(length).ok_or("it is too long")?;
        // What is said to come is made room for a stretch at a time, each no longer than what has come, so
        // that a lie costs no memory. Fresh from the system a stretch is zero, and is not gone through twice.
        let mut array: Vec<T> = bytemuck::allocation::zeroed_vec(count.min(STRETCH / length));
        let mut come = 0;
        loop {
            let into: &mut [u8] = bytemuck::cast_slice_mut(&mut array[come..]);
            self.exactly(into)?;
            come = array.len();
            if come == count {
                break;
            }
            array.resize(count.min(come * 2), T::zeroed());
        }
        self.exactly(&mut [0; 8][..padding(bytes)])?;
        Ok(array)
    }

    fn exactly(&mut self, into: &mut [u8]) -> Result<(), String> {
        self.from
            .read_exact(into)
            .map_err(|error| format!("it is too short ({error})"))
    }

    fn layer(&mut self, head: Head) -> Result<RawLayer, String> {
        let shapes = Shapes {
            kinds: self.take(head.rows)?,
            part_ends: self.take(head.rows)?,
            ring_ends: self.take(head.parts)?,
            coord_ends: self.take(head.rings)?,
            coords: self.take(head.coords)?,
        };
        let sound = ends(&shapes.part_ends, head.parts)
            && ends(&shapes.ring_ends, head.rings)
            && ends(&shapes.coord_ends, head.coords)
            && shapes
                .kinds
                .iter()
                .all(|kind| *kind <= ShapeKind::MultiPolygon as u8);
        if !sound {
            return Err("its geometries are not sound".to_owned());
        }
        let mut texts = head.texts.iter();
        let mut columns = Vec::with_capacity(head.fields.len().min(4096));
        for field in &head.fields {
            columns.push(match field.kind {
                FieldType::Text => {
                    let &(bytes, distinct) = texts.next().ok_or("it lacks a text column")?;
                    self.text(bytes, distinct, head.rows)?
                }
                FieldType::Integer => Column::Integer(self.take(head.rows)?),
                FieldType::DateTime => Column::DateTime(self.take(head.rows)?),
                FieldType::Real => Column::Real(self.take(head.rows)?),
                FieldType::Bool => Column::Bool(self.take(head.rows)?),
                FieldType::Date => Column::Date(self.take(head.rows)?),
            });
        }
        Ok(RawLayer {
            source: head.source,
            crs: head.crs,
            crs_origin: head.crs_origin,
            encoding: head.encoding,
            declared_rows: head.declared_rows,
            table: Table {
                fields: head.fields,
                columns,
            },
            shapes,
            notes: head.notes,
        })
    }

    fn text(&mut self, bytes: usize, distinct: usize, rows: usize) -> Result<Column, String> {
        let text = String::from_utf8(self.take(bytes)?)
            .map_err(|_not_utf8| "its text is not UTF-8".to_owned())?;
        let text_ends: Vec<u32> = self.take(distinct)?;
        let codes: Vec<u32> = self.take(rows)?;
        let sound = ends(&text_ends, text.len())
            && text_ends
                .iter()
                .all(|end| text.is_char_boundary(*end as usize))
            && codes
                .iter()
                .all(|code| *code == NULL_CODE || (*code as usize) < distinct);
        if !sound {
            return Err("a text column is not sound".to_owned());
        }
        Ok(Column::Text(TextColumn::from_parts(text, text_ends, codes)))
    }
}

/// True when ends rise and the last is the length of what they divide.
fn ends(ends: &[u32], length: usize) -> bool {
    ends.windows(2).all(|pair| pair[0] <= pair[1])
        && ends.last().map_or(0, |last| *last as usize) == length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Value;

    fn delivery() -> Delivery {
        let mut shapes = Shapes::new();
        shapes.push_point([77.5, 12.9]);
        shapes.push_none(ShapeKind::Missing);
        shapes.coords.extend([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]);
        shapes.end_ring();
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
        let kinds = [
            FieldType::Text,
            FieldType::Integer,
            FieldType::Real,
            FieldType::Bool,
            FieldType::Date,
            FieldType::DateTime,
        ];
        let mut table = Table::new(
            kinds
                .iter()
                .map(|kind| Field::new(format!("{kind:?}"), *kind))
                .collect(),
        );
        for row in [
            [
                Value::Text("வார்டு"),
                Value::Integer(7),
                Value::Real(0.5),
                Value::Bool(true),
                Value::Date(1),
                Value::DateTime(2),
            ],
            [Value::Null; 6],
            [
                Value::Text("x"),
                Value::Integer(-7),
                Value::Null,
                Value::Bool(false),
                Value::Date(-1),
                Value::DateTime(0),
            ],
        ] {
            for (column, value) in table.columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        let layer = RawLayer {
            source: Source {
                file: "a.zip".into(),
                member: Some("b/c.shp".into()),
                layer: "c".into(),
                format: "Shapefile".into(),
                hash: "0".into(),
            },
            crs: CrsName::Wkt("x".into()),
            crs_origin: CrsOrigin::Declared,
            encoding: None,
            declared_rows: Some(3),
            table,
            shapes,
            notes: vec![Note {
                kind: "k".into(),
                text: "t".into(),
                rows: vec![1],
                count: 1,
                ..Note::default()
            }],
        };
        Delivery {
            layers: vec![layer.clone(), layer],
            refused: vec![Refused::new("m", "c", "t", "r")],
            notes: vec![],
            metadata: vec![Described {
                member: "a/metadata.json".to_owned(),
                metadata: serde_json::from_str(r#"{"title": "x"}"#).expect("metadata"),
            }],
        }
    }

    fn same(a: &Delivery, b: &Delivery) -> bool {
        // NaN is null in a column of numbers, so compare what is shown.
        format!("{:?}", (&a.refused, &a.notes, &a.metadata))
            == format!("{:?}", (&b.refused, &b.notes, &b.metadata))
            && a.layers.iter().zip(&b.layers).all(|(a, b)| {
                (
                    &a.source,
                    &a.crs,
                    a.crs_origin,
                    &a.notes,
                    &a.shapes,
                    &a.table.fields,
                ) == (
                    &b.source,
                    &b.crs,
                    b.crs_origin,
                    &b.notes,
                    &b.shapes,
                    &b.table.fields,
                ) && (0..a.len()).all(|row| {
                    a.table
                        .columns
                        .iter()
                        .zip(&b.table.columns)
                        .all(|(a, b)| a.get(row) == b.get(row))
                })
            })
            && a.layers.len() == b.layers.len()
    }

    #[test]
    fn a_delivery_survives_the_way() {
        let sent = delivery();
        let Ok(Answer::Delivery(found)) = read(&written(&Answer::Delivery(sent.clone()))[..])
        else {
            panic!()
        };
        assert!(same(&sent, &found), "{found:#?}");
        let failed = written(&Answer::Failed("no".into()));
        assert!(matches!(read(&failed[..]), Ok(Answer::Failed(text)) if text == "no"));
    }

    fn written(answer: &Answer) -> Vec<u8> {
        let mut bytes = vec![];
        write(&mut bytes, answer).unwrap();
        bytes
    }

    #[test]
    fn an_answer_cut_or_bent_anywhere_is_refused_or_sound_and_never_panics() {
        let whole = written(&Answer::Delivery(delivery()));
        for at in 0..whole.len() {
            assert!(read(&whole[..at]).is_err(), "cut at {at}");
            let mut bent = whole.clone();
            bent[at] ^= 0xff;
            if let Ok(Answer::Delivery(found)) = read(&bent[..]) {
                for layer in &found.layers {
                    for row in 0..layer.len() {
                        let _ = layer.shapes.get(row).bbox();
                        layer
                            .table
                            .columns
                            .iter()
                            .for_each(|column| drop(column.get(row).to_text()));
                    }
                }
            }
        }
    }

    #[test]
    fn a_long_array_comes_whole_and_one_that_is_only_claimed_takes_no_room() {
        let sent: Vec<u64> = (0..(3 * STRETCH as u64 / 8 + 5)).collect();
        let mut bytes = vec![];
        put(&mut bytes, &sent).unwrap();
        let found: Vec<u64> = Input { from: &bytes[..] }.take(sent.len()).unwrap();
        assert!(found == sent);
        for count in [usize::MAX, usize::MAX / 8, 1 << 50] {
            let none: Result<Vec<u64>, _> = Input { from: &bytes[..64] }.take(count);
            assert!(none.is_err());
        }
    }
}

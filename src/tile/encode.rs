//! A layer as MVT 2.1 protobuf, written straight from mapped columns.
//!
//! A value enters the layer's table when a feature first uses it. Which entry it then has is looked up by
//! the code that the column already holds, so no value is hashed or compared on the way.

use std::{collections::HashMap, hash::BuildHasherDefault};

use super::sketch::{Sketch, varint, varint_len};
use crate::{
    model::{Value, value::NULL_CODE},
    snapshot::{Codes, ColumnView},
};

/// `Tile.layers`, a message.
const TILE_LAYER: u8 = 0x1a;

/// Codes are spread by one multiplication.
#[derive(Default)]
pub(super) struct CodeHasher(u64);

impl std::hash::Hasher for CodeHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(u64::from(byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0 ^ number)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(31);
    }
}

/// Which entry of the value table each code has.
enum Seen {
    /// A slot a code; `u32::MAX` for none yet.
    Dense(Vec<u32>),
    /// For columns with too many entries to hold a slot for each.
    Sparse(HashMap<u64, u32, BuildHasherDefault<CodeHasher>>),
}

/// More entries than this are looked up in a map.
const DENSE: usize = 1 << 16;

/// Where a property comes from.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// A column of the snapshot.
    Column(ColumnView<'a>),
    /// A number a row; NaN for none.
    Numbers(&'a [f64]),
}

struct Key<'a> {
    name: &'a str,
    source: Source<'a>,
    seen: Seen,
}

/// Writes one layer.
pub(super) struct LayerWriter<'a> {
    name: String,
    keys: Vec<Key<'a>>,
    features: Vec<u8>,
    values: Vec<u8>,
    value_count: u32,
    tags: Vec<u8>,
}

impl<'a> LayerWriter<'a> {
    pub(super) fn new(
        name: String,
        sources: impl IntoIterator<Item = (&'a str, Source<'a>)>,
    ) -> Self {
        let keys = sources
            .into_iter()
            .map(|(name, source)| {
                let seen = match source {
                    Source::Column(view)
                        if view.distinct() <= DENSE && !matches!(view.codes(), Codes::Rows(_)) =>
                    {
                        Seen::Dense(vec![u32::MAX; view.distinct()])
                    }
                    _ => Seen::Sparse(HashMap::default()),
                };
                Key { name, source, seen }
            })
            .collect();
        Self {
            name,
            keys,
            features: vec![],
            values: vec![],
            value_count: 0,
            tags: vec![],
        }
    }

    /// Adds a feature with the geometry of the sketch; `kind` is 1 for points, 2 lines, 3 areas.
    pub(super) fn feature(&mut self, id: u64, row: u32, kind: u8, sketch: &Sketch) {
        self.tags.clear();
        for (at, key) in self.keys.iter_mut().enumerate() {
            let (slot, value) = match key.source {
                Source::Column(view) => match view.code(row) {
                    NULL_CODE => continue,
                    code => match &mut key.seen {
                        Seen::Dense(seen) => match seen.get_mut(code as usize) {
                            Some(slot) => (slot, view.entry(code)),
                            None => continue,
                        },
                        Seen::Sparse(seen) => {
                            let value = view.entry(code);
                            (seen.entry(name_of(value, code)).or_insert(u32::MAX), value)
                        }
                    },
                },
                Source::Numbers(numbers) => {
                    let number = numbers.get(row as usize).copied().unwrap_or(f64::NAN);
                    let value = if number.is_nan() {
                        Value::Null
                    } else {
                        Value::Real(number)
                    };
                    match &mut key.seen {
                        Seen::Sparse(seen) => {
                            (seen.entry(number.to_bits()).or_insert(u32::MAX), value)
                        }
                        Seen::Dense(_) => continue,
                    }
                }
            };
            if *slot == u32::MAX {
                if !write_value(value, &mut self.values) {
                    continue;
                }
                *slot = self.value_count;
                self.value_count += 1;
            }
            varint(&mut self.tags, at as u64);
            varint(&mut self.tags, u64::from(*slot));
        }
        let geometry = &sketch.commands;
        let mut body =
            1 + varint_len(id) + 2 + 1 + varint_len(geometry.len() as u64) + geometry.len();
        if !self.tags.is_empty() {
            body += 1 + varint_len(self.tags.len() as u64) + self.tags.len();
        }
        let out = &mut self.features;
        out.push(0x12);
        varint(out, body as u64);
        out.push(0x08);
        varint(out, id);
        if !self.tags.is_empty() {
            out.push(0x12);
            varint(out, self.tags.len() as u64);
            out.extend_from_slice(&self.tags);
        }
        out.extend([0x18, kind, 0x22]);
        varint(out, geometry.len() as u64);
        out.extend_from_slice(geometry);
    }

    /// The bytes of features so far.
    pub(super) fn features_len(&self) -> usize {
        self.features.len()
    }

    /// The bytes that the layer has now, roughly.
    pub(super) fn len(&self) -> usize {
        let keys: usize = self.keys.iter().map(|key| key.name.len() + 2).sum();
        self.features.len() + self.values.len() + keys + self.name.len() + 16
    }

    /// Appends the layer to a tile; nothing without features (4.1: a layer should have one).
    pub(super) fn finish(self, tile: &mut Vec<u8>) {
        if self.features.is_empty() {
            return;
        }
        // Version 2, the name.
        let mut head = vec![0x78, 2, 0x0a];
        varint(&mut head, self.name.len() as u64);
        head.extend_from_slice(self.name.as_bytes());
        let mut keys = vec![];
        for key in &self.keys {
            keys.push(0x1a);
            varint(&mut keys, key.name.len() as u64);
            keys.extend_from_slice(key.name.as_bytes());
        }
        // Extent 4096.
        let tail = [0x28, 0x80, 0x20];
        let body = head.len() + self.features.len() + keys.len() + self.values.len() + tail.len();
        tile.reserve(body + 8);
        tile.push(TILE_LAYER);
        varint(tile, body as u64);
        for part in [&head[..], &self.features, &keys, &self.values, &tail] {
            tile.extend_from_slice(part);
        }
    }
}

/// What tells values of one column apart: the code, or the number itself where rows are their own codes.
fn name_of(value: Value<'_>, code: u32) -> u64 {
    match value {
        Value::Integer(number) | Value::DateTime(number) => number as u64,
        Value::Real(number) => number.to_bits(),
        Value::Date(days) => u64::from(days as u32),
        Value::Bool(yes) => u64::from(yes),
        Value::Text(_) | Value::Null => u64::from(code),
    }
}

/// Appends a value message; false for null, which has none.
fn write_value(value: Value<'_>, out: &mut Vec<u8>) -> bool {
    let text = |text: &str, out: &mut Vec<u8>| {
        out.push(0x22);
        varint(out, (1 + varint_len(text.len() as u64) + text.len()) as u64);
        out.push(0x0a);
        varint(out, text.len() as u64);
        out.extend_from_slice(text.as_bytes());
    };
    match value {
        Value::Null => return false,
        Value::Text(value) => text(value, out),
        Value::Date(_) | Value::DateTime(_) => text(&value.to_text(), out),
        Value::Integer(number) => {
            // uint for what is not negative, sint for the rest: the shortest that holds both.
            let (field, number) = if number >= 0 {
                (0x28, number as u64)
            } else {
                (0x30, ((number << 1) ^ (number >> 63)) as u64)
            };
            out.push(0x22);
            varint(out, 1 + varint_len(number) as u64);
            out.push(field);
            varint(out, number);
        }
        Value::Real(number) => {
            out.extend([0x22, 9, 0x19]);
            out.extend(number.to_le_bytes());
        }
        Value::Bool(yes) => out.extend([0x22, 2, 0x38, u8::from(yes)]),
    }
    true
}

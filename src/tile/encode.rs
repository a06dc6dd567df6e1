//! A layer as MVT 2.1 protobuf, straight from mapped columns.
//!
//! Values are found column by column, not feature by feature: a column's codes are read in the order of
//! rows, its table of what was seen is the only thing in hand, and reads of a dictionary that miss the
//! cache overlap. Columns with few values come first, so most features name their values by one byte.
//! Nothing of a table is cleared between tiles: an entry counts only if it was made since the column was
//! begun.

use super::{
    sketch::{VARINT, place, put, varint_len},
    values::Once,
};
use crate::{
    model::{
        Value,
        value::{NULL_CODE, NULL_INTEGER},
    },
    snapshot::{Codes, ColumnView, Entries},
};

/// `Tile.layers`, a message.
const TILE_LAYER: u8 = 0x1a;
/// What is copied at once.
const CHUNK: usize = 64;
/// The slot of a feature without a value.
const NONE: u32 = u32::MAX;
/// Texts of fewer bytes have lengths of one byte in a tile, which are ASCII.
const SHORT: usize = 126;
/// Dictionaries with more entries than this are looked up by hash.
const DENSE: usize = 1 << 20;

/// A feature of a layer, drawn: which row it is, and where its geometry lies in the commands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Outline {
    pub(super) row: u32,
    /// 1 for points, 2 lines, 3 areas.
    pub(super) kind: u8,
    /// True when a dot stands for it.
    pub(super) dot: bool,
    /// True when it lost vertices that matter only deeper.
    pub(super) simplified: bool,
    /// True when it carries its id; of several points of one feature only one does.
    pub(super) named: bool,
    /// The longer side of its box, in units.
    pub(super) room: u32,
    pub(super) from: u32,
    pub(super) to: u32,
}

/// Where a property comes from.
#[derive(Clone, Copy)]
pub(super) enum Source<'a> {
    /// A column of the snapshot.
    Column(ColumnView<'a>),
    /// A number a row; NaN for none.
    Numbers(&'a [f64]),
    /// A whole number for each feature of the layer, in its order.
    Each(&'a [i64]),
}

/// A property: its name and its source.
pub(super) type Key<'a> = (&'a str, Source<'a>);

/// What is written of a layer.
pub(super) struct Spec<'a> {
    pub(super) name: &'a str,
    pub(super) keys: &'a [Key<'a>],
    pub(super) ids: &'a [u64],
}

/// Memory for one layer after the other.
#[derive(Default)]
pub(super) struct Desk {
    /// For each entry of a dictionary, `base` and its place among the column's values.
    dense: Vec<u32>,
    /// The same for values that are looked up by themselves.
    sparse: Vec<(u64, u32)>,
    /// Entries below this were made for another column.
    base: u32,
    /// For each key, and for each feature, its place among the values.
    slots: Vec<u32>,
    values: Vec<u8>,
    /// The entries of a column that its features name, in the order of their places, and where texts lie.
    codes: Vec<u32>,
    spans: Vec<(u32, u32)>,
    once: Once,
    /// The features' messages as far as `features_end`; what lies beyond is left from before.
    features: Vec<u8>,
    features_end: usize,
    tags: Vec<u8>,
    /// Bytes of each feature.
    pub(super) sizes: Vec<u32>,
}

impl Desk {
    /// Encodes features; how many bytes the layer has, head and values and all.
    pub(super) fn encode(
        &mut self,
        spec: &Spec<'_>,
        outlines: &[Outline],
        commands: &[u8],
    ) -> usize {
        self.values.clear();
        self.sizes.clear();
        self.slots.clear();
        self.slots.resize(spec.keys.len() * outlines.len(), NONE);
        self.find_values(spec, outlines);
        let mut slots = std::mem::take(&mut self.slots);
        self.once.settle(&mut self.values, &mut slots);
        self.write_features(spec, outlines, commands, &slots);
        slots.clear();
        self.slots = slots;
        let keys: usize = spec.keys.iter().map(|(name, _)| name.len() + 4).sum();
        self.features_end + self.values.len() + keys + spec.name.len() + 16
    }

    /// Fills in the slots, a column at a time, those with the fewest values first.
    fn find_values(&mut self, spec: &Spec<'_>, outlines: &[Outline]) {
        let distinct = |source: &Source<'_>| match source {
            Source::Column(view) => view.distinct(),
            Source::Numbers(_) => usize::MAX,
            Source::Each(_) => 0,
        };
        let mut order: Vec<usize> = (0..spec.keys.len()).collect();
        order.sort_by_key(|&at| distinct(&spec.keys[at].1));
        let mut slots = std::mem::take(&mut self.slots);
        let mut start = 0;
        self.once.clear();
        for at in order {
            let own = &mut slots[at * outlines.len()..(at + 1) * outlines.len()];
            let count = match spec.keys[at].1 {
                Source::Column(view) => self.column(view, outlines, start, own),
                Source::Numbers(numbers) => self.by_value(outlines, start, own, |outline, _| {
                    let number = numbers.get(outline.row as usize).copied();
                    number.filter(|number| !number.is_nan()).map(Value::Real)
                }),
                Source::Each(numbers) => self.by_value(outlines, start, own, |_, at| {
                    numbers.get(at).copied().map(Value::Integer)
                }),
            };
            self.once.note(&self.values, count);
            start += count;
        }
        self.slots = slots;
    }

    /// Entries made from now on count; those from before do not.
    fn begin(&mut self, most: usize) {
        if self.base as usize + 2 * most + 2 >= u32::MAX as usize {
            self.dense.fill(0);
            self.sparse.fill((0, 0));
            self.base = 0;
        }
        self.base += 1;
    }

    /// The slots of a column, from `start` on; how many values it has.
    fn column(
        &mut self,
        view: ColumnView<'_>,
        outlines: &[Outline],
        start: u32,
        slots: &mut [u32],
    ) -> u32 {
        let distinct = view.distinct();
        match view.codes() {
            Codes::U8(codes) => self.by_code(view, outlines, start, slots, |row| {
                codes
                    .get(row)
                    .filter(|&&code| code != u8::MAX)
                    .map_or(NULL_CODE, |&code| u32::from(code))
            }),
            Codes::U16(codes) => self.by_code(view, outlines, start, slots, |row| {
                codes
                    .get(row)
                    .filter(|&&code| code != u16::MAX)
                    .map_or(NULL_CODE, |&code| u32::from(code))
            }),
            Codes::U32(codes) if distinct <= DENSE => {
                self.by_code(view, outlines, start, slots, |row| {
                    codes.get(row).copied().unwrap_or(NULL_CODE)
                })
            }
            Codes::U32(codes) => self.by_key(
                outlines,
                start,
                slots,
                |outline, _| {
                    let code = *codes.get(outline.row as usize)?;
                    Some((u64::from(code), code))
                },
                |code| view.entry(code),
            ),
            Codes::Rows(_) => match view.entries() {
                Entries::Text { .. } => self.each_text(view, outlines, start, slots),
                Entries::Integer(rows) => self.by_value(outlines, start, slots, |outline, _| {
                    let number = *rows.get(outline.row as usize)?;
                    (number != NULL_INTEGER).then_some(Value::Integer(number))
                }),
                Entries::Real(rows) => self.by_value(outlines, start, slots, |outline, _| {
                    let number = *rows.get(outline.row as usize)?;
                    (!number.is_nan()).then_some(Value::Real(number))
                }),
                _ => self.by_value(outlines, start, slots, |outline, _| {
                    let value = view.entry(outline.row);
                    (!value.is_null()).then_some(value)
                }),
            },
        }
    }

    /// A dictionary small enough to hold a place for each of its entries.
    fn by_code(
        &mut self,
        view: ColumnView<'_>,
        outlines: &[Outline],
        start: u32,
        slots: &mut [u32],
        code_of: impl Fn(usize) -> u32,
    ) -> u32 {
        self.begin(outlines.len());
        let distinct = view.distinct();
        if self.dense.len() < distinct {
            self.dense.resize(distinct, 0);
        }
        let dense = &mut self.dense[..distinct];
        let base = self.base;
        self.codes.clear();
        for (slot, outline) in slots.iter_mut().zip(outlines) {
            let code = code_of(outline.row as usize);
            let Some(seen) = dense.get_mut(code as usize) else {
                continue;
            };
            if *seen < base {
                *seen = base + self.codes.len() as u32;
                self.codes.push(code);
            }
            *slot = start + (*seen - base);
        }
        let count = self.codes.len() as u32;
        self.base += count;
        let begin = self.values.len();
        let all_there = match view.entries() {
            Entries::Text { text, ends } => self.write_texts(text, ends),
            _ => (self.codes.iter()).all(|&code| write_value(view.entry(code), &mut self.values)),
        };
        if all_there {
            return count;
        }
        // Only a damaged file comes here: an entry is no text, or no value, so its features have none.
        self.values.truncate(begin);
        let mut left = 0;
        let places: Vec<u32> = (self.codes.iter())
            .map(|&code| {
                if !write_value(view.entry(code), &mut self.values) {
                    return NONE;
                }
                left += 1;
                start + left - 1
            })
            .collect();
        for slot in slots.iter_mut().filter(|slot| **slot != NONE) {
            *slot = places[(*slot - start) as usize];
        }
        left
    }

    /// The texts of the codes in hand; false where one is none. First all places are looked up, then all
    /// texts are copied, then all are looked at: reads that miss the cache do not wait for each other.
    fn write_texts(&mut self, text: &[u8], ends: &[u32]) -> bool {
        self.spans.clear();
        self.spans.extend(self.codes.iter().map(|&code| {
            let from = (code as usize).checked_sub(1).map_or(0, |at| ends[at]);
            (from, ends[code as usize])
        }));
        let begin = self.values.len();
        let mut are_short = true;
        for &(from, to) in &self.spans {
            let Some(own) = text.get(from as usize..to as usize) else {
                return false;
            };
            are_short &= own.len() < SHORT;
            write_text(own, &mut self.values);
        }
        // What stands between short texts is ASCII, so they are texts where all of it is one.
        let written = &self.values[begin..];
        if are_short {
            return std::str::from_utf8(written).is_ok();
        }
        let mut each = self.spans.iter();
        each.all(|&(from, to)| std::str::from_utf8(&text[from as usize..to as usize]).is_ok())
    }

    /// Texts of which none comes twice, which stand in the order of rows.
    fn each_text(
        &mut self,
        view: ColumnView<'_>,
        outlines: &[Outline],
        start: u32,
        slots: &mut [u32],
    ) -> u32 {
        let Entries::Text { text, ends } = view.entries() else {
            return 0;
        };
        let begin = self.values.len();
        let mut count = 0;
        // Points along one line follow each other and have one text.
        let mut before = (None, NONE);
        for (slot, outline) in slots.iter_mut().zip(outlines) {
            if before.0 == Some(outline.row) {
                *slot = before.1;
                continue;
            }
            let row = outline.row as usize;
            let from = row.checked_sub(1).map_or(0, |at| ends[at]);
            let own = text.get(from as usize..ends[row] as usize);
            write_text(own.unwrap_or_default(), &mut self.values);
            *slot = start + count;
            count += 1;
            before = (Some(outline.row), *slot);
        }
        // Looked at all at once, as nearly all are ASCII. What is not, or has 126 bytes or more and so a
        // length that is not, is looked at one by one.
        if self.values[begin..].is_ascii() {
            return count;
        }
        self.values.truncate(begin);
        (count, before) = (0, (None, NONE));
        for (slot, outline) in slots.iter_mut().zip(outlines) {
            if before.0 == Some(outline.row) {
                *slot = before.1;
                continue;
            }
            *slot = NONE;
            if let Some(text) = view.text(outline.row) {
                write_text(text.as_bytes(), &mut self.values);
                *slot = start + count;
                count += 1;
            }
            before = (Some(outline.row), *slot);
        }
        count
    }

    /// Values that are told apart by themselves.
    fn by_value<'v>(
        &mut self,
        outlines: &[Outline],
        start: u32,
        slots: &mut [u32],
        value_of: impl Fn(&Outline, usize) -> Option<Value<'v>>,
    ) -> u32 {
        self.by_key(
            outlines,
            start,
            slots,
            |outline, at| {
                let value = value_of(outline, at)?;
                let key = match value {
                    Value::Integer(number) | Value::DateTime(number) => number as u64,
                    Value::Real(number) => number.to_bits(),
                    Value::Date(days) => u64::from(days as u32),
                    Value::Bool(yes) => u64::from(yes),
                    Value::Text(_) | Value::Null => return None,
                };
                Some((key, value))
            },
            |value| value,
        )
    }

    /// Values that are told apart by a number: an open table of twice as many places as features.
    fn by_key<'v, T>(
        &mut self,
        outlines: &[Outline],
        start: u32,
        slots: &mut [u32],
        key_of: impl Fn(&Outline, usize) -> Option<(u64, T)>,
        value_of: impl Fn(T) -> Value<'v>,
    ) -> u32 {
        self.begin(outlines.len());
        let bits = (2 * outlines.len())
            .next_power_of_two()
            .max(64)
            .trailing_zeros();
        if self.sparse.len() < 1 << bits {
            self.sparse.resize(1 << bits, (0, 0));
        }
        let sparse = &mut self.sparse[..1 << bits];
        let base = self.base;
        let mut count = 0;
        for ((at, outline), slot) in outlines.iter().enumerate().zip(slots) {
            let Some((key, value)) = key_of(outline, at) else {
                continue;
            };
            let mut place = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits)) as usize;
            while sparse[place].1 >= base && sparse[place].0 != key {
                place = (place + 1) & (sparse.len() - 1);
            }
            let seen = &mut sparse[place];
            if seen.1 < base {
                if !write_value(value_of(value), &mut self.values) {
                    continue;
                }
                *seen = (key, base + count);
                count += 1;
            }
            *slot = start + (seen.1 - base);
        }
        self.base += count;
        count
    }

    fn write_features(
        &mut self,
        spec: &Spec<'_>,
        outlines: &[Outline],
        commands: &[u8],
        slots: &[u32],
    ) {
        self.tags
            .resize((2 * spec.keys.len() + 1) * VARINT + CHUNK, 0);
        // Tags, four lengths and an id, each with the byte before it.
        let most = self.tags.len() + 6 * (VARINT + 1) + CHUNK;
        let mut end = 0;
        for (at, outline) in outlines.iter().enumerate() {
            let mut tagged = 0;
            for key in 0..spec.keys.len() {
                let slot = slots[key * outlines.len() + at];
                if slot != NONE {
                    tagged += place(&mut self.tags[tagged..], key as u64);
                    tagged += place(&mut self.tags[tagged..], u64::from(slot));
                }
            }
            let geometry = &commands[outline.from as usize..];
            let drawn = (outline.to - outline.from) as usize;
            let id = spec.ids.get(outline.row as usize).copied();
            let id = id.filter(|_| outline.named);
            let mut body = 2 + 1 + varint_len(drawn as u64) + drawn;
            if let Some(id) = id {
                body += 1 + varint_len(id);
            }
            if tagged > 0 {
                body += 1 + varint_len(tagged as u64) + tagged;
            }
            let before = end;
            if self.features.len() < end + drawn + most {
                let wanted = (end + drawn + most).next_power_of_two();
                self.features.resize(wanted, 0);
            }
            let out = &mut self.features[..];
            out[end] = 0x12;
            end += 1;
            end += place(&mut out[end..], body as u64);
            if let Some(id) = id {
                out[end] = 0x08;
                end += 1;
                end += place(&mut out[end..], id);
            }
            if tagged > 0 {
                out[end] = 0x12;
                end += 1;
                end += place(&mut out[end..], tagged as u64);
                lay(&mut out[end..], &self.tags, tagged);
                end += tagged;
            }
            out[end..end + 3].copy_from_slice(&[0x18, outline.kind, 0x22]);
            end += 3;
            end += place(&mut out[end..], drawn as u64);
            lay(&mut out[end..], geometry, drawn);
            end += drawn;
            self.sizes.push((end - before) as u32);
        }
        self.features_end = end;
    }

    /// Appends the layer that was encoded last to a tile; nothing without features (4.1: a layer should
    /// have one).
    pub(super) fn finish(&self, spec: &Spec<'_>, tile: &mut Vec<u8>) {
        let features = &self.features[..self.features_end];
        if features.is_empty() {
            return;
        }
        // Version 2, the name.
        let mut head = vec![0x78, 2, 0x0a];
        put(&mut head, spec.name.len() as u64);
        head.extend_from_slice(spec.name.as_bytes());
        let mut keys = vec![];
        for (name, _) in spec.keys {
            keys.push(0x1a);
            put(&mut keys, name.len() as u64);
            keys.extend_from_slice(name.as_bytes());
        }
        // Extent 4096.
        let tail = [0x28, 0x80, 0x20];
        let body = head.len() + features.len() + keys.len() + self.values.len() + tail.len();
        tile.reserve(body + 8);
        tile.push(TILE_LAYER);
        put(tile, body as u64);
        for part in [&head[..], features, &keys, &self.values, &tail] {
            tile.extend_from_slice(part);
        }
    }
}

/// Copies the first `len` bytes, of which there are few mostly: then as many as always, which needs neither a
/// call nor a look at their number.
#[inline]
fn lay(out: &mut [u8], from: &[u8], len: usize) {
    match (out.first_chunk_mut::<CHUNK>(), from.first_chunk::<CHUNK>()) {
        (Some(out), Some(from)) if len <= CHUNK => *out = *from,
        _ => out[..len].copy_from_slice(&from[..len]),
    }
}

fn write_text(text: &[u8], out: &mut Vec<u8>) {
    let len = text.len() as u64;
    if text.len() < SHORT {
        out.extend_from_slice(&[0x22, len as u8 + 2, 0x0a, len as u8]);
    } else {
        out.push(0x22);
        put(out, 1 + varint_len(len) as u64 + len);
        out.push(0x0a);
        put(out, len);
    }
    out.extend_from_slice(text);
}

/// Appends a value message; false for null, which has none.
fn write_value(value: Value<'_>, out: &mut Vec<u8>) -> bool {
    match value {
        Value::Null => return false,
        Value::Text(value) => write_text(value.as_bytes(), out),
        Value::Date(_) | Value::DateTime(_) => write_text(value.to_text().as_bytes(), out),
        Value::Integer(number) => {
            // uint for what is not negative, sint for the rest: the shortest that holds both.
            let (field, number) = if number >= 0 {
                (0x28, number as u64)
            } else {
                (0x30, ((number << 1) ^ (number >> 63)) as u64)
            };
            out.extend_from_slice(&[0x22, 1 + varint_len(number) as u8, field]);
            put(out, number);
        }
        Value::Real(number) => {
            let mut message = [0x22, 9, 0x19, 0, 0, 0, 0, 0, 0, 0, 0];
            message[3..].copy_from_slice(&number.to_le_bytes());
            out.extend_from_slice(&message);
        }
        Value::Bool(yes) => out.extend_from_slice(&[0x22, 2, 0x38, u8::from(yes)]),
    }
    true
}

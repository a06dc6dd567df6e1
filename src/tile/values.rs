//! Makes every value of a layer stand once, whichever columns have it (MVT 2.1, 4.4: a tag names a value by its
//! place, so equal values need one place).
//!
//! Columns find their own values without looking at each other. Most pairs of columns cannot share one: their
//! types, lengths or first letters differ. Only those that can are walked and compared.

use super::sketch::varint_len;

/// Values that one column wrote, none of them twice, and what is known of them without comparing.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    /// How many.
    count: usize,
    /// Where their bytes end.
    end: usize,
    /// Which types, which lengths, which first or last bytes occur.
    kinds: u8,
    lengths: u64,
    bytes: [u64; 4],
}

impl Run {
    /// What is known of messages.
    fn of(values: &[u8], count: usize) -> Self {
        let mut run = Self {
            count,
            ..Self::default()
        };
        let mut from = 0;
        while from < values.len() {
            let len = message_len(&values[from..]);
            let own = &values[from..from + len];
            // A text by its first byte, a number by its last: there most of them differ.
            let (kind, byte) = match own {
                [_, _, 0x0a, text_len, first, ..] if *text_len < 0x80 => (1, *first),
                [_, _, 0x0a, ..] => (1, 0),
                [_, _, 0x19, .., last] => (2, *last),
                [_, _, 0x38, .., last] => (4, *last),
                [.., last] => (8, *last),
                [] => (0, 0),
            };
            run.kinds |= kind;
            run.lengths |= 1 << len.min(63);
            run.bytes[usize::from(byte >> 6)] |= 1 << (byte & 63);
            from += len;
        }
        run
    }

    /// False where no value of one can be one of the other.
    fn may_share(&self, other: &Self) -> bool {
        self.kinds & other.kinds != 0
            && self.lengths & other.lengths != 0
            && (0..4).any(|at| self.bytes[at] & other.bytes[at] != 0)
    }
}

/// A value that stays.
#[derive(Clone, Copy, Debug)]
struct Kept {
    from: u32,
    to: u32,
    place: u32,
}

/// Memory from layer to layer.
#[derive(Default)]
pub(super) struct Once {
    /// By hash: the turn in which the entry was made, and which of the kept. Older turns do not count.
    table: Vec<(u32, u32)>,
    turn: u32,
    kept: Vec<Kept>,
    runs: Vec<Run>,
    /// For each value its place among those that stay.
    places: Vec<u32>,
}

/// The length of the message that begins a buffer, tag and length included.
fn message_len(bytes: &[u8]) -> usize {
    let (mut len, mut shift) = (0_u64, 0);
    for &byte in bytes.iter().skip(1) {
        len |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if byte < 0x80 {
            break;
        }
    }
    1 + varint_len(len) + len as usize
}

fn hash(bytes: &[u8]) -> u64 {
    const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
    let (eights, rest) = bytes.as_chunks::<8>();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let mut hash = bytes.len() as u64;
    for &eight in eights.iter().chain([&last]) {
        hash = (hash.rotate_left(23) ^ u64::from_le_bytes(eight)).wrapping_mul(SPREAD);
    }
    hash
}

impl Once {
    /// Forgets all columns.
    pub(super) fn clear(&mut self) {
        self.runs.clear();
    }

    /// Notes a column: how many values it added to the others, none of them twice.
    pub(super) fn note(&mut self, values: &[u8], count: u32) {
        let from = self.runs.last().map_or(0, |run| run.end);
        let run = Run::of(&values[from..], count as usize);
        self.runs.push(Run {
            end: values.len(),
            ..run
        });
    }

    /// Takes out the messages of `values` that an earlier column has too, and turns the slots that named
    /// them to the first. Slots beyond all values name nothing and stay.
    pub(super) fn settle(&mut self, values: &mut Vec<u8>, slots: &mut [u32]) {
        let runs = std::mem::take(&mut self.runs);
        let doubtful = |at: usize| {
            let mut others = (0..runs.len()).filter(|&other| other != at);
            others.any(|other| runs[at].may_share(&runs[other]))
        };
        let looked_at: Vec<bool> = (0..runs.len()).map(doubtful).collect();
        let count = (0..runs.len())
            .filter(|&at| looked_at[at])
            .map(|at| runs[at].count)
            .sum();
        if count > 0 {
            self.take_out(values, slots, &runs, &looked_at, count);
        }
        self.runs = runs;
    }

    fn take_out(
        &mut self,
        values: &mut Vec<u8>,
        slots: &mut [u32],
        runs: &[Run],
        looked_at: &[bool],
        count: usize,
    ) {
        let bits = (2 * count).next_power_of_two().max(64).trailing_zeros();
        if self.table.len() < 1 << bits {
            self.table.resize(1 << bits, (0, 0));
        }
        if self.turn == u32::MAX {
            self.table.fill((0, 0));
            self.turn = 0;
        }
        self.turn += 1;
        let table = &mut self.table[..1 << bits];
        self.kept.clear();
        self.places.clear();
        let (mut from, mut end, mut place) = (0, 0, 0);
        for (run, looked_at) in runs.iter().zip(looked_at) {
            if !looked_at {
                if from != end {
                    values.copy_within(from..run.end, end);
                }
                end += run.end - from;
                from = run.end;
                self.places.extend(place..place + run.count as u32);
                place += run.count as u32;
                continue;
            }
            while from < run.end {
                let len = message_len(&values[from..]);
                let own = from..from + len;
                from += len;
                let mut at = (hash(&values[own.clone()]) >> (64 - bits)) as usize;
                let found = loop {
                    let (turn, which) = table[at];
                    if turn != self.turn {
                        break None;
                    }
                    let kept = self.kept[which as usize];
                    if values[kept.from as usize..kept.to as usize] == values[own.clone()] {
                        break Some(kept.place);
                    }
                    at = (at + 1) & (table.len() - 1);
                };
                if let Some(place) = found {
                    self.places.push(place);
                    continue;
                }
                table[at] = (self.turn, self.kept.len() as u32);
                self.kept.push(Kept {
                    from: end as u32,
                    to: (end + len) as u32,
                    place,
                });
                if own.start != end {
                    values.copy_within(own, end);
                }
                end += len;
                self.places.push(place);
                place += 1;
            }
        }
        values.truncate(end);
        if (place as usize) < self.places.len() {
            for slot in slots {
                *slot = self.places.get(*slot as usize).copied().unwrap_or(*slot);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use proptest::prelude::*;

    use super::*;

    fn message(text: &str) -> Vec<u8> {
        let mut own = vec![0x0a];
        super::super::sketch::put(&mut own, text.len() as u64);
        own.extend_from_slice(text.as_bytes());
        let mut bytes = vec![0x22];
        super::super::sketch::put(&mut bytes, own.len() as u64);
        bytes.extend_from_slice(&own);
        bytes
    }

    fn texts(mut values: &[u8]) -> Vec<Vec<u8>> {
        let mut found = vec![];
        while !values.is_empty() {
            let (own, rest) = values.split_at(message_len(values));
            found.push(own.to_vec());
            values = rest;
        }
        found
    }

    proptest! {
        #[test]
        fn every_value_stands_once_and_every_slot_names_what_it_named(
            columns in prop::collection::vec(
                prop::collection::btree_set("[a-c]{0,3}|[a-z]{120,300}|[0-9]{4}", 0..14), 0..6),
            picks in prop::collection::vec(any::<u32>(), 0..60),
        ) {
            let words: Vec<&String> = columns.iter().flatten().collect();
            let mut once = Once::default();
            for _ in 0..3 {
                let mut values: Vec<u8> = vec![];
                once.clear();
                for column in &columns {
                    values.extend(column.iter().flat_map(|word| message(word)));
                    once.note(&values, column.len() as u32);
                }
                let named = |at: u32| match words.len() as u32 {
                    count if count > 0 && !at.is_multiple_of(5) => at % count,
                    _ => u32::MAX,
                };
                let before: Vec<u32> = picks.iter().map(|&at| named(at)).collect();
                let mut slots = before.clone();
                once.settle(&mut values, &mut slots);
                let left = texts(&values);
                prop_assert_eq!(left.iter().collect::<HashSet<_>>().len(), left.len());
                for (before, after) in before.iter().zip(&slots) {
                    if *before == u32::MAX {
                        prop_assert_eq!(*after, u32::MAX);
                    } else {
                        prop_assert_eq!(&left[*after as usize], &message(words[*before as usize]));
                    }
                }
            }
        }
    }
}

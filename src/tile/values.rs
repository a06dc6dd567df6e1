//! Makes every value of a layer stand once, whichever columns have it (MVT 2.1, 4.4: a tag names a value by its
//! place, so equal values need one place).
//!
//! Columns find their own values without looking at each other; here all are walked once, in the order in
//! which they were written. Where none comes twice, which is usual, nothing else is touched.

use super::sketch::varint_len;

/// Memory from layer to layer.
#[derive(Default)]
pub(super) struct Once {
    /// By hash: the turn in which the entry was made, and the value's place. Older turns do not count.
    table: Vec<(u32, u32)>,
    turn: u32,
    /// Where each value ends that stays.
    ends: Vec<u32>,
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
    /// Takes out the messages of `values`, `count` of them, that came before, and turns the slots that named
    /// them to the first. Slots beyond `count` name nothing and stay.
    pub(super) fn settle(&mut self, values: &mut Vec<u8>, count: usize, slots: &mut [u32]) {
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
        self.ends.clear();
        self.places.clear();
        let (mut from, mut end) = (0, 0);
        while from < values.len() {
            let len = message_len(&values[from..]);
            let own = from..from + len;
            from += len;
            let mut place = (hash(&values[own.clone()]) >> (64 - bits)) as usize;
            let found = loop {
                let (turn, at) = table[place];
                if turn != self.turn {
                    break None;
                }
                let begin = (at as usize)
                    .checked_sub(1)
                    .map_or(0, |before| self.ends[before] as usize);
                if values[begin..self.ends[at as usize] as usize] == values[own.clone()] {
                    break Some(at);
                }
                place = (place + 1) & (table.len() - 1);
            };
            if let Some(at) = found {
                self.places.push(at);
                continue;
            }
            let at = self.ends.len() as u32;
            table[place] = (self.turn, at);
            if own.start != end {
                values.copy_within(own, end);
            }
            end += len;
            self.ends.push(end as u32);
            self.places.push(at);
        }
        values.truncate(end);
        if self.ends.len() < self.places.len() {
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
        let mut bytes = vec![0x22];
        super::super::sketch::put(&mut bytes, text.len() as u64);
        bytes.extend_from_slice(text.as_bytes());
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
            words in prop::collection::vec("[a-c]{0,3}|[a-z]{120,300}", 0..40),
            picks in prop::collection::vec(any::<u32>(), 0..60),
        ) {
            let mut once = Once::default();
            for _ in 0..3 {
                let mut values: Vec<u8> = words.iter().flat_map(|word| message(word)).collect();
                let named = |at: u32| match words.len() as u32 {
                    count if count > 0 && !at.is_multiple_of(5) => at % count,
                    _ => u32::MAX,
                };
                let before: Vec<u32> = picks.iter().map(|&at| named(at)).collect();
                let mut slots = before.clone();
                once.settle(&mut values, words.len(), &mut slots);
                let left = texts(&values);
                prop_assert_eq!(left.iter().collect::<HashSet<_>>().len(), left.len());
                for (before, after) in before.iter().zip(&slots) {
                    if *before == u32::MAX {
                        prop_assert_eq!(*after, u32::MAX);
                    } else {
                        prop_assert_eq!(&left[*after as usize], &message(&words[*before as usize]));
                    }
                }
            }
        }
    }
}

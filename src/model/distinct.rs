//! Which of many things are the same: a table from a hash to a number that stands for the thing.
//!
//! A layer has a million texts and numbers, most of them seen before. The table keeps eight bytes for each
//! distinct one and asks its owner for the rest, so nothing is stored twice and nothing is allocated for a
//! thing. The hash has a seed that is drawn when the program starts: whoever writes a file cannot choose
//! texts that all meet in one slot.

use std::{
    hash::{BuildHasher, RandomState},
    sync::OnceLock,
};

/// A slot nobody took.
const FREE: u32 = u32::MAX;

/// The numbers of distinct things, by their hashes.
#[derive(Clone, Debug, Default)]
pub struct Distinct {
    /// Hash and number; as many as a power of two, at least twice as many as are taken.
    slots: Vec<(u32, u32)>,
    taken: usize,
}

fn seed() -> u64 {
    static SEED: OnceLock<u64> = OnceLock::new();
    *SEED.get_or_init(|| RandomState::new().hash_one(0x5eed_u32))
}

/// Both halves of a product, so that every bit of both numbers counts.
#[inline]
fn folded(one: u64, other: u64) -> u64 {
    let product = u128::from(one) * u128::from(other);
    product as u64 ^ (product >> 64) as u64
}

#[inline]
fn word(bytes: &[u8]) -> u64 {
    let mut word = [0; 8];
    word[..bytes.len()].copy_from_slice(bytes);
    u64::from_le_bytes(word)
}

impl Distinct {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.taken
    }

    /// True without any.
    pub fn is_empty(&self) -> bool {
        self.taken == 0
    }

    /// The hash of some bytes.
    #[inline]
    pub fn hash(&self, bytes: &[u8]) -> u32 {
        let mut hash = seed() ^ (bytes.len() as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let chunks = bytes.chunks_exact(8);
        let rest = chunks.remainder();
        for chunk in chunks {
            hash = folded(hash ^ word(chunk), 0xa076_1d64_78bd_642f);
        }
        if !rest.is_empty() {
            hash = folded(hash ^ word(rest), 0xe703_7ed1_a0b4_28db);
        }
        (folded(hash, 0x8ebc_6af0_9c88_c6e3) >> 16) as u32
    }

    /// The number that stands for a thing of this hash, if one is there that is the `same`.
    #[inline]
    pub fn find(&self, hash: u32, same: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.slots.len().checked_sub(1)?;
        let mut at = hash as usize & mask;
        loop {
            let (its, number) = self.slots[at];
            if number == FREE {
                return None;
            }
            if its == hash && same(number) {
                return Some(number);
            }
            at = (at + 1) & mask;
        }
    }

    /// Asks the memory for what [`Self::find`] will look at first, for many hashes at once: one after the other,
    /// each would wait for its own.
    pub fn fetch(&self, hashes: impl Iterator<Item = u32>) {
        let Some(mask) = self.slots.len().checked_sub(1) else {
            return;
        };
        let touched = hashes.fold(0, |all, hash| all ^ self.slots[hash as usize & mask].0);
        std::hint::black_box(touched);
    }

    /// Makes room for so many in all.
    pub fn reserve(&mut self, count: usize) {
        let slots = (count * 2).next_power_of_two().max(16);
        if slots > self.slots.len() {
            let larger = vec![(0, FREE); slots];
            for (hash, number) in std::mem::replace(&mut self.slots, larger) {
                if number != FREE {
                    self.put(hash, number);
                }
            }
        }
    }

    /// Adds a thing that is not there yet.
    pub fn add(&mut self, hash: u32, number: u32) {
        self.reserve(self.taken + 1);
        self.put(hash, number);
        self.taken += 1;
    }

    fn put(&mut self, hash: u32, number: u32) {
        let mask = self.slots.len() - 1;
        let mut at = hash as usize & mask;
        while self.slots[at].1 != FREE {
            at = (at + 1) & mask;
        }
        self.slots[at] = (hash, number);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn things_are_told_apart_as_a_map_tells_them() {
        let texts: Vec<String> = (0..40_000_u64)
            .map(|at| format!("{:x}", (at * at * 7) % 9973 * (at % 5)))
            .collect();
        let mut map: HashMap<&str, u32> = HashMap::new();
        let mut first: Vec<&str> = vec![];
        let mut distinct = Distinct::default();
        for text in &texts {
            let next = map.len() as u32;
            let wanted = *map.entry(text).or_insert(next);
            let hash = distinct.hash(text.as_bytes());
            let found = distinct
                .find(hash, |number| first[number as usize] == text)
                .unwrap_or_else(|| {
                    let number = first.len() as u32;
                    distinct.add(hash, number);
                    first.push(text);
                    number
                });
            assert_eq!(found, wanted);
        }
        assert_eq!(distinct.len(), map.len());
        assert!(distinct.len() > 10_000);
    }
}

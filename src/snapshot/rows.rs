//! A set of rows of one snapshot, as a filter found them: a bit a row.

/// A set of row numbers below a fixed length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rows {
    words: Vec<u64>,
    len: usize,
}

impl Rows {
    /// No row of a layer with `len` rows.
    pub fn none(len: usize) -> Self {
        Self {
            words: vec![0; len.div_ceil(64)],
            len,
        }
    }

    /// The rows for which the test says yes.
    pub fn of(len: usize, mut test: impl FnMut(u32) -> bool) -> Self {
        let mut rows = Self::none(len);
        for row in 0..len as u32 {
            if test(row) {
                rows.insert(row);
            }
        }
        rows
    }

    /// The rows of a list; those at or beyond `len` are left out.
    pub fn from_list(len: usize, list: impl IntoIterator<Item = u32>) -> Self {
        let mut rows = Self::none(len);
        for row in list {
            rows.insert(row);
        }
        rows
    }

    /// Adds a row; nothing happens at or beyond the length.
    pub fn insert(&mut self, row: u32) {
        if (row as usize) < self.len {
            self.words[row as usize / 64] |= 1 << (row % 64);
        }
    }

    /// True when the row is in the set.
    #[inline]
    pub fn has(&self, row: u32) -> bool {
        self.words
            .get(row as usize / 64)
            .is_some_and(|word| word >> (row % 64) & 1 == 1)
    }

    /// How many rows are in the set.
    pub fn count(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// The rows, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        self.words.iter().enumerate().flat_map(|(at, &word)| {
            let mut left = word;
            std::iter::from_fn(move || {
                (left != 0).then(|| {
                    let bit = left.trailing_zeros();
                    left &= left - 1;
                    at as u32 * 64 + bit
                })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_back_its_rows_in_order_and_ignores_what_is_beyond() {
        let rows = Rows::from_list(130, [129, 0, 64, 63, 130, 4_000_000_000]);
        assert_eq!(rows.iter().collect::<Vec<_>>(), [0, 63, 64, 129]);
        assert_eq!(rows.count(), 4);
        assert!(rows.has(64) && !rows.has(65) && !rows.has(130) && !rows.has(u32::MAX));
        assert_eq!(Rows::of(130, |row| rows.has(row)), rows);
    }
}

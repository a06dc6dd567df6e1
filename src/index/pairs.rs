//! Every two boxes that meet, of many.
//!
//! All against all needs no tree that can be asked anything else: boxes in the order of their middles, eight under
//! one, and the whole against itself from the top down, one against eight at a time. That costs less
//! than a fifth of building a tree for searches.

use crate::model::Bbox;

/// Boxes under one box.
const RUN: usize = 8;

/// Up to eight boxes side by side, so that one is held against all of them at once. A free place holds a box
/// that meets none.
#[derive(Clone, Copy)]
struct Run {
    low: [[f64; RUN]; 2],
    high: [[f64; RUN]; 2],
}

impl Run {
    const FREE: Self = Self {
        low: [[f64::INFINITY; RUN]; 2],
        high: [[f64::NEG_INFINITY; RUN]; 2],
    };

    fn of(boxes: impl Iterator<Item = Bbox>) -> Self {
        let mut run = Self::FREE;
        for (at, bbox) in boxes.enumerate() {
            (run.low[0][at], run.low[1][at]) = (bbox.west, bbox.south);
            (run.high[0][at], run.high[1][at]) = (bbox.east, bbox.north);
        }
        run
    }

    fn get(&self, at: usize) -> Bbox {
        Bbox {
            west: self.low[0][at],
            south: self.low[1][at],
            east: self.high[0][at],
            north: self.high[1][at],
        }
    }

    /// The box around all of them.
    fn around(&self) -> Bbox {
        (0..RUN)
            .map(|at| self.get(at))
            .fold(Bbox::NOWHERE, Bbox::with)
    }

    /// Which of them meet a box, edges included: a byte of one each.
    #[inline]
    fn meeting(&self, other: &Bbox) -> Meeting {
        let mut bytes = [0; RUN];
        for (at, byte) in bytes.iter_mut().enumerate() {
            // Without a jump between them, so that all eight are compared side by side.
            *byte = u8::from(self.low[0][at] <= other.east)
                & u8::from(other.west <= self.high[0][at])
                & u8::from(self.low[1][at] <= other.north)
                & u8::from(other.south <= self.high[1][at]);
        }
        Meeting(u64::from_le_bytes(bytes))
    }
}

/// Places of a run.
struct Meeting(u64);

impl Iterator for Meeting {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        let at = (self.0 != 0).then(|| self.0.trailing_zeros() as usize / 8)?;
        self.0 &= self.0 - 1;
        Some(at)
    }
}

/// The bits of a number, each followed by a zero.
fn spread(number: u32) -> u64 {
    let mut bits = u64::from(number);
    for (shift, mask) in [
        (16, 0x0000_ffff_0000_ffff_u64),
        (8, 0x00ff_00ff_00ff_00ff),
        (4, 0x0f0f_0f0f_0f0f_0f0f),
        (2, 0x3333_3333_3333_3333),
        (1, 0x5555_5555_5555_5555),
    ] {
        bits = (bits | bits << shift) & mask;
    }
    bits
}

fn middle(bbox: &Bbox) -> [f64; 2] {
    [
        f64::midpoint(bbox.west, bbox.east),
        f64::midpoint(bbox.south, bbox.north),
    ]
}

/// Where a number lies between two others, 0 to 1, however far apart they are.
fn share(at: f64, low: f64, high: f64) -> f64 {
    let span = high - low;
    if span == 0.0 {
        0.0
    } else if span.is_finite() {
        (at - low) / span
    } else {
        (at / 2.0 - low / 2.0) / (high / 2.0 - low / 2.0)
    }
}

/// Brings rows into the order of their boxes' middles, by the bits of x and y in turn.
///
/// One stray box a million kilometres off would leave all others in one cell. So those that share a cell are
/// ordered among themselves again, by a finer grid over them alone.
fn order(boxes: &[Bbox], rows: &mut [u32]) {
    let mut todo = vec![(0, rows.len())];
    let mut keys: Vec<u64> = vec![];
    while let Some((mut from, to)) = todo.pop() {
        let own = &mut rows[from..to];
        let middles = own.iter().map(|&row| middle(&boxes[row as usize]));
        let Some(around) = middles
            .map(|[x, y]| Bbox::from([x, y, x, y]))
            .reduce(Bbox::with)
        else {
            continue;
        };
        // Place and number share one word: half as much to sort.
        let number_bits = u64::BITS - (own.len() as u64).leading_zeros();
        let axis_bits = ((u64::BITS - number_bits) / 2).min(u32::BITS);
        let most = ((1_u64 << axis_bits) - 1) as f64;
        keys.clear();
        keys.extend(own.iter().zip(0_u64..).map(|(&row, number)| {
            let [x, y] = middle(&boxes[row as usize]);
            let across = (share(x, around.west, around.east) * most) as u32;
            let up = (share(y, around.south, around.north) * most) as u32;
            (spread(across) | spread(up) << 1) << number_bits | number
        }));
        keys.sort_unstable();
        let number = (1 << number_bits) - 1;
        let before = own.to_vec();
        for (row, key) in own.iter_mut().zip(&keys) {
            *row = before[(key & number) as usize];
        }
        for cell in keys.chunk_by(|a, b| a >> number_bits == b >> number_bits) {
            // A cell that is the whole cannot be told apart any further.
            if cell.len() > RUN && cell.len() < keys.len() {
                todo.push((from, from + cell.len()));
            }
            from += cell.len();
        }
    }
}

/// Every two rows whose boxes meet, edges included, once, the smaller row first, in no particular order (the
/// same for the same boxes), until the closure says false. Boxes that are not finite meet none.
pub fn pairs(boxes: &[Bbox], mut found: impl FnMut(u32, u32) -> bool) {
    let mut rows: Vec<u32> = (0_u32..)
        .zip(boxes)
        .filter(|(_, bbox)| bbox.is_finite())
        .map(|(row, _)| row)
        .collect();
    if rows.is_empty() {
        return;
    }
    order(boxes, &mut rows);
    // From the boxes up to the one on top.
    let mut levels: Vec<Vec<Run>> = vec![
        rows.chunks(RUN)
            .map(|rows| Run::of(rows.iter().map(|&row| boxes[row as usize])))
            .collect(),
    ];
    while let Some(below) = levels.last().filter(|level| level.len() > 1) {
        let level = below
            .chunks(RUN)
            .map(|runs| Run::of(runs.iter().map(Run::around)))
            .collect();
        levels.push(level);
    }
    // Runs whose boxes meet one another, the left one never behind the right one.
    let mut todo = vec![(levels.len() - 1, 0_usize, 0_usize)];
    while let Some((level, left, right)) = todo.pop() {
        let (ours, theirs) = (&levels[level][left], &levels[level][right]);
        for a in 0..RUN {
            // A free place meets none.
            for b in theirs.meeting(&ours.get(a)) {
                if left == right && b < a {
                    continue;
                }
                let (a, b) = (left * RUN + a, right * RUN + b);
                if level > 0 {
                    todo.push((level - 1, a, b));
                } else if a != b {
                    let (one, other) = (rows[a], rows[b]);
                    if !found(one.min(other), one.max(other)) {
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_that_touch_by_their_edges_far_from_zero_are_pairs_and_those_a_bit_apart_are_none() {
        let side = |at: u32| 2_345_678.9 + f64::from(at) * 0.1;
        let mut boxes: Vec<Bbox> = (0..400)
            .map(|at| {
                let (x, y) = (at % 20, at / 20);
                // Every third column ends one step of a double before the next begins.
                let east = if x % 3 == 0 {
                    side(x + 1).next_down()
                } else {
                    side(x + 1)
                };
                Bbox::from([side(x), side(y), east, side(y + 1)])
            })
            .collect();
        boxes.insert(7, Bbox::NOWHERE);
        // Beyond them all, so that all others lie in one cell of it; and around them all.
        boxes.push(Bbox::from([1e300, 1e300, 1.5e308, 1.5e308]));
        boxes.push(Bbox::from([-1.7e308, 0.0, 1.7e308, 1e301]));
        let mut found = vec![];
        pairs(&boxes, |one, other| {
            found.push((one as usize, other as usize));
            true
        });
        found.sort_unstable();
        let mut plain = vec![];
        for one in 0..boxes.len() {
            plain.extend(
                (one + 1..boxes.len())
                    .filter(|&other| boxes[one].meets(&boxes[other]))
                    .map(|other| (one, other)),
            );
        }
        assert_eq!(found, plain);
        assert!(plain.len() > 1400 && plain.len() < 2000, "{}", plain.len());
    }
}

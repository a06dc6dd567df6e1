//! The ground plan: a bent lattice of street blocks, which of them are the city, and what each is used for.
//!
//! Every line of the city runs along the lattice, and a place on the lattice is a function of two whole
//! numbers. So two neighbours that walk the same edge get the same coordinates to the last bit, and a
//! coverage made of blocks has no gap and no overlap.

use super::dice::{mix, noise, share};

/// Points along the side of a block.
pub(super) const STEP: i64 = 4;

/// The middle of the city in UTM zone 43N; open country on the Deccan in truth.
const MIDDLE: [f64; 2] = [525_000.0, 2_092_000.0];

/// The mean ground of a block with its half streets, in square metres.
const BLOCK_SQM: f64 = 122.0 * 178.0;

/// What a block is used for: a code of the list `LU2`; the first letters are the code of `LU1`.
pub(super) type Use = &'static str;

/// The bent lattice and its blocks.
pub(super) struct Plan {
    /// Blocks from west to east.
    pub(super) columns: i64,
    /// Blocks from south to north.
    pub(super) rows: i64,
    /// For each block, row by row: is it part of the city?
    inside: Vec<bool>,
    uses: Vec<Use>,
    /// Metres from the middle to the edge, about.
    pub(super) radius: f64,
    xs: Vec<f64>,
    ys: Vec<f64>,
    /// Lakes: middle and radius, in lattice metres.
    pub(super) lakes: Vec<([f64; 2], f64)>,
}

/// The first level of a use.
pub(super) fn level_one(code: Use) -> &'static str {
    code.trim_end_matches(|letter: char| letter.is_ascii_digit())
}

/// Where the lines of the lattice lie, around 0.
fn lines(count: i64, kind: i64, least: f64, most: f64) -> Vec<f64> {
    let mut at = 0.0;
    let mut lines = vec![0.0];
    for line in 0..count {
        at += least + (most - least) * share(&[kind, line]);
        lines.push(at);
    }
    lines.iter().map(|line| line - at / 2.0).collect()
}

impl Plan {
    /// A city of about so many blocks.
    pub(super) fn new(blocks: f64) -> Self {
        let radius = (blocks * BLOCK_SQM / std::f64::consts::PI).sqrt();
        let columns = (2.5 * radius / 122.0).ceil() as i64 + 2;
        let rows = (2.5 * radius / 178.0).ceil() as i64 + 2;
        let mut plan = Self {
            columns,
            rows,
            inside: vec![],
            uses: vec![],
            radius,
            xs: lines(columns, 1, 94.0, 150.0),
            ys: lines(rows, 2, 146.0, 210.0),
            lakes: vec![],
        };
        plan.inside = plan.outline();
        let count = 2 + (radius / 2400.0) as i64;
        plan.lakes = (0..count)
            .map(|lake| {
                let turn =
                    std::f64::consts::TAU * (lake as f64 / count as f64 + 0.1 * share(&[3, lake]));
                let out = radius * (0.36 + 0.26 * share(&[4, lake]));
                let size = radius.min(4000.0) * (0.1 + 0.07 * share(&[5, lake]));
                ([out * turn.cos(), out * turn.sin()], size.max(170.0))
            })
            .collect();
        plan.uses = (0..rows)
            .flat_map(|row| (0..columns).map(move |column| (column, row)))
            .map(|(column, row)| plan.choose_use(column, row))
            .collect();
        plan
    }

    /// Lattice metres of a place in blocks, before bending.
    pub(super) fn flat(&self, u: f64, v: f64) -> [f64; 2] {
        let along = |lines: &[f64], t: f64| {
            let cell = (t.floor().max(0.0) as usize).min(lines.len() - 2);
            lines[cell] + (t - cell as f64) * (lines[cell + 1] - lines[cell])
        };
        [along(&self.xs, u), along(&self.ys, v)]
    }

    /// A place bent and turned, in metres of UTM zone 43N, to the millimetre.
    pub(super) fn bend([x, y]: [f64; 2]) -> [f64; 2] {
        // Slopes stay under 1 in all, so that the lattice never folds over itself.
        let shift = |kind: i64| {
            250.0 * noise(kind, x / 1900.0 + 7.3, y / 1900.0 + 1.9)
                + 34.0 * noise(kind + 1, x / 520.0, y / 520.0)
                + 9.0 * noise(kind + 2, x / 150.0, y / 150.0)
        };
        let (x, y) = (x + shift(10), y + shift(20));
        let (sine, cosine) = 0.3_f64.sin_cos();
        let round = |metres: f64| (metres * 1000.0).round() / 1000.0;
        [
            round(MIDDLE[0] + cosine * x - sine * y),
            round(MIDDLE[1] + sine * x + cosine * y),
        ]
    }

    /// The place `u` blocks east and `v` blocks north.
    pub(super) fn place(&self, u: f64, v: f64) -> [f64; 2] {
        Self::bend(self.flat(u, v))
    }

    /// The points of an edge from one corner of the lattice to the next, the last one left out.
    pub(super) fn edge(&self, from: (i64, i64), to: (i64, i64)) -> impl Iterator<Item = [f64; 2]> {
        let step = ((to.0 - from.0).signum(), (to.1 - from.1).signum());
        (0..STEP).map(move |point| {
            let at = (
                from.0 * STEP + step.0 * point,
                from.1 * STEP + step.1 * point,
            );
            self.place(at.0 as f64 / STEP as f64, at.1 as f64 / STEP as f64)
        })
    }

    fn slot(&self, column: i64, row: i64) -> Option<usize> {
        ((0..self.columns).contains(&column) && (0..self.rows).contains(&row))
            .then(|| (row * self.columns + column) as usize)
    }

    /// True when the block is part of the city.
    pub(super) fn holds(&self, column: i64, row: i64) -> bool {
        self.slot(column, row).is_some_and(|slot| self.inside[slot])
    }

    /// What a block is used for.
    pub(super) fn use_of(&self, column: i64, row: i64) -> Use {
        self.slot(column, row).map_or("A1", |slot| self.uses[slot])
    }

    /// The blocks of the city, row by row.
    pub(super) fn blocks(&self) -> impl Iterator<Item = (i64, i64)> {
        (0..self.rows)
            .flat_map(|row| (0..self.columns).map(move |column| (column, row)))
            .filter(|&(column, row)| self.holds(column, row))
    }

    /// Distance from the middle as a share of the radius.
    pub(super) fn out(&self, column: i64, row: i64) -> f64 {
        let [x, y] = self.flat(column as f64 + 0.5, row as f64 + 0.5);
        x.hypot(y) / self.radius
    }

    /// One piece without holes, with bays and headlands.
    fn outline(&self) -> Vec<bool> {
        let wanted = |column: i64, row: i64| {
            let [x, y] = self.flat(column as f64 + 0.5, row as f64 + 0.5);
            let turn = y.atan2(x);
            let bay = 0.2 * noise(30, 2.1 * turn.cos() + 9.0, 2.1 * turn.sin() + 9.0);
            self.slot(column, row).is_some()
                && column > 0
                && row > 0
                && column < self.columns - 1
                && row < self.rows - 1
                && x.hypot(y) < self.radius * (1.0 + bay)
        };
        let flood = |start: (i64, i64), may: &dyn Fn(i64, i64) -> bool| {
            let mut seen = vec![false; (self.columns * self.rows) as usize];
            let mut open = vec![start];
            while let Some((column, row)) = open.pop() {
                let Some(slot) = self.slot(column, row) else {
                    continue;
                };
                if seen[slot] || !may(column, row) {
                    continue;
                }
                seen[slot] = true;
                open.extend([
                    (column + 1, row),
                    (column - 1, row),
                    (column, row + 1),
                    (column, row - 1),
                ]);
            }
            seen
        };
        let one_piece = flood((self.columns / 2, self.rows / 2), &wanted);
        let in_piece = |column, row| self.slot(column, row).is_some_and(|slot| one_piece[slot]);
        let outside = flood((0, 0), &|column, row| !in_piece(column, row));
        outside.iter().map(|outside| !outside).collect()
    }

    fn choose_use(&self, column: i64, row: i64) -> Use {
        let [x, y] = self.flat(column as f64 + 0.5, row as f64 + 0.5);
        if self
            .lakes
            .iter()
            .any(|&([lx, ly], size)| (x - lx).hypot(y - ly) < size + 90.0)
        {
            return "E1";
        }
        let out = self.out(column, row);
        let chance = share(&[40, column, row]);
        let field = noise(41, x / 700.0, y / 700.0);
        if chance < 0.04 {
            return if chance < 0.025 { "P1" } else { "P2" };
        }
        if chance < 0.085 {
            return ["PS1", "PS3", "PS3", "PS4", "PS5"][(mix(&[42, column, row]) % 5) as usize];
        }
        if out > 0.93 {
            return if field > 0.1 {
                "A1"
            } else if chance < 0.5 {
                "V"
            } else {
                "R1"
            };
        }
        let turn = y.atan2(x);
        if (0.5..0.9).contains(&out) && (0.2..0.95).contains(&turn) && field > -0.6 {
            return if chance < 0.75 { "I1" } else { "I2" };
        }
        if out < 0.16 {
            return if chance < 0.75 { "C1" } else { "R2" };
        }
        let on_main = column.rem_euclid(6) == 0 || row.rem_euclid(4) == 0;
        if on_main && chance < 0.3 {
            return if chance < 0.25 { "C1" } else { "C2" };
        }
        if field > 0.62 {
            return "R3";
        }
        if chance > 0.97 {
            return "V";
        }
        if out < 0.45 { "R2" } else { "R1" }
    }
}

//! Smooth projections of a million coordinates: a polynomial for each square of the ground.
//!
//! Between UTM and longitude/latitude of one datum nothing bends sharply: over a square of 32 km, a two
//! hundredth of the Earth's radius, what is left beyond the fifth power is far below the last bit of a
//! double. So a square is asked of PROJ at 64 places, and polynomials through them answer for all others in
//! a tenth of the time. Nothing is assumed: each square is held against PROJ at 81 places more, and where one
//! differs by more than [`Patches::tolerance`] the square stays PROJ's. Only systems without grids of
//! measured shifts may come here, because a grid has kinks that no sample is sure to meet.

use std::{collections::HashMap, f64::consts::PI};

/// Places along a side at which a square is asked.
const NODES: usize = 8;
/// The highest power of x and y together.
const DEGREE: usize = 5;
/// Coefficients of all powers up to that.
const TERMS: usize = (DEGREE + 1) * (DEGREE + 2) / 2;
/// Places along a side at which a square is tried.
const TRIES: usize = 9;

/// Coordinates that are worked on side by side. One alone waits for each product before the next; the sums are the
/// same, in the same order.
const LANES: usize = 4;

/// Coefficients for both axes, by powers of y and within them of x.
type Terms = [[f64; 2]; TERMS];

/// A square, and the polynomials over it.
pub(super) struct Patch {
    middle: [f64; 2],
    /// One over half its side.
    scale: f64,
    terms: Terms,
}

/// The squares that were met so far.
pub(super) struct Patches<'a> {
    /// Half a square's side, in the unit of what comes in.
    half: f64,
    /// One over a square's side.
    per_side: f64,
    /// How far an answer may be off, in the unit of what goes out.
    tolerance: f64,
    /// The exact way; what cannot go becomes something that is not finite.
    exact: &'a dyn Fn(&mut [[f64; 2]]),
    known: HashMap<[i64; 2], usize>,
    /// None where PROJ must be asked.
    made: Vec<Option<Patch>>,
    last: ([i64; 2], usize),
    most: usize,
}

/// The Chebyshev polynomials up to a degree as coefficients of powers.
fn chebyshev() -> [[f64; DEGREE + 1]; DEGREE + 1] {
    let mut all = [[0.0; DEGREE + 1]; DEGREE + 1];
    all[0][0] = 1.0;
    all[1][1] = 1.0;
    for degree in 2..=DEGREE {
        for power in 0..=DEGREE {
            let shifted = if power > 0 {
                all[degree - 1][power - 1]
            } else {
                0.0
            };
            all[degree][power] = 2.0 * shifted - all[degree - 2][power];
        }
    }
    all
}

impl<'a> Patches<'a> {
    /// Squares of twice `half` a side, at most `most` of them.
    pub(super) fn new(
        half: f64,
        tolerance: f64,
        most: usize,
        exact: &'a dyn Fn(&mut [[f64; 2]]),
    ) -> Self {
        Self {
            half,
            per_side: 0.5 / half,
            tolerance,
            exact,
            known: HashMap::new(),
            made: vec![],
            last: ([i64::MAX; 2], 0),
            most,
        }
    }

    /// Takes every coordinate there. Those that no polynomial answers for go the exact way, together.
    pub(super) fn apply(&mut self, coords: &mut [[f64; 2]]) {
        let mut rest: Vec<u32> = vec![];
        let (blocks, last) = coords.as_chunks_mut::<LANES>();
        let mut at = 0;
        for block in blocks {
            let cell = self.cell(block[0]);
            let is_one = block[1..].iter().all(|&coord| self.cell(coord) == cell);
            match self.patch_at(cell).filter(|_| is_one) {
                Some(patch) if patch.all(block) => {}
                _ => self.one_by_one(at, block, &mut rest),
            }
            at += LANES as u32;
        }
        self.one_by_one(at, last, &mut rest);
        if !rest.is_empty() {
            let mut left: Vec<[f64; 2]> = rest.iter().map(|&at| coords[at as usize]).collect();
            (self.exact)(&mut left);
            for (&at, there) in rest.iter().zip(left) {
                coords[at as usize] = there;
            }
        }
    }

    /// Takes there those that a polynomial answers for, and notes the others, `from` being the first one's number.
    fn one_by_one(&mut self, from: u32, coords: &mut [[f64; 2]], rest: &mut Vec<u32>) {
        for (at, coord) in (from..).zip(coords) {
            let cell = self.cell(*coord);
            // None for NaN too, and beyond the squares at zero, which are two wide.
            match self.patch_at(cell).and_then(|patch| patch.at(*coord)) {
                Some(there) => *coord = there,
                None => rest.push(at),
            }
        }
    }

    /// The square of a coordinate.
    #[inline]
    fn cell(&self, coord: [f64; 2]) -> [i64; 2] {
        // A cast floors what is positive; the one square that meets zero from both sides is none.
        coord.map(|axis| (axis * self.per_side) as i64)
    }

    /// The patch of a square.
    #[inline]
    fn patch_at(&mut self, cell: [i64; 2]) -> Option<&Patch> {
        if cell != self.last.0 {
            self.last = (cell, self.patch(cell));
        }
        self.made.get(self.last.1)?.as_ref()
    }

    /// The number of a square's patch, made if it is new; none beyond the most.
    fn patch(&mut self, cell: [i64; 2]) -> usize {
        if let Some(&known) = self.known.get(&cell) {
            return known;
        }
        if self.made.len() >= self.most {
            return usize::MAX;
        }
        let side = 2.0 * self.half;
        let middle = cell.map(|at| at as f64 * side + self.half.copysign(at as f64));
        let number = self.made.len();
        self.made
            .push(Patch::fitted(middle, self.half, self.tolerance, self.exact));
        self.known.insert(cell, number);
        number
    }
}

impl Patch {
    /// The square around `middle`; none where no polynomials say what `exact` says, to within `tolerance`.
    pub(super) fn fitted(
        middle: [f64; 2],
        half: f64,
        tolerance: f64,
        exact: &dyn Fn(&mut [[f64; 2]]),
    ) -> Option<Self> {
        let terms = fit(middle, half, exact)?;
        let patch = Self {
            middle,
            scale: 1.0 / half,
            terms,
        };
        patch.holds(half, tolerance, exact).then_some(patch)
    }

    /// Where a coordinate of the square comes to lie; none for another.
    #[inline]
    pub(super) fn at(&self, coord: [f64; 2]) -> Option<[f64; 2]> {
        let x = (coord[0] - self.middle[0]) * self.scale;
        let y = (coord[1] - self.middle[1]) * self.scale;
        (x.abs() <= 1.0 && y.abs() <= 1.0).then(|| value(&self.terms, x, y))
    }

    /// Takes coordinates to where they come to lie, if all are of the square; else touches none.
    #[inline]
    fn all(&self, coords: &mut [[f64; 2]; LANES]) -> bool {
        let x = coords.map(|coord| (coord[0] - self.middle[0]) * self.scale);
        let y = coords.map(|coord| (coord[1] - self.middle[1]) * self.scale);
        let is_here = (0..LANES).all(|lane| x[lane].abs() <= 1.0 && y[lane].abs() <= 1.0);
        if is_here {
            let there = values(&self.terms, x, y);
            *coords = std::array::from_fn(|lane| there.map(|axis| axis[lane]));
        }
        is_here
    }

    /// True when the polynomials say what the exact way says.
    fn holds(&self, half: f64, tolerance: f64, exact: &dyn Fn(&mut [[f64; 2]])) -> bool {
        let share = |at: usize| 2.0 * at as f64 / (TRIES - 1) as f64 - 1.0;
        let places = |at: usize| [share(at % TRIES), share(at / TRIES)];
        let mut there: Vec<[f64; 2]> = (0..TRIES * TRIES)
            .map(|at| {
                let [x, y] = places(at);
                [self.middle[0] + half * x, self.middle[1] + half * y]
            })
            .collect();
        exact(&mut there);
        there.iter().enumerate().all(|(at, exact)| {
            let [x, y] = places(at);
            let ours = value(&self.terms, x, y);
            // Written so that NaN is no.
            (0..2).all(|axis| (ours[axis] - exact[axis]).abs() <= tolerance)
        })
    }
}

/// The polynomials through the places of a square.
fn fit(middle: [f64; 2], half: f64, exact: &dyn Fn(&mut [[f64; 2]])) -> Option<Terms> {
    let node = |at: usize| (PI * (at as f64 + 0.5) / NODES as f64).cos();
    let mut there: Vec<[f64; 2]> = (0..NODES * NODES)
        .map(|at| {
            [
                middle[0] + half * node(at % NODES),
                middle[1] + half * node(at / NODES),
            ]
        })
        .collect();
    exact(&mut there);
    if there.iter().flatten().any(|axis| !axis.is_finite()) {
        return None;
    }
    // About one of them, so that the sums keep their digits.
    let base = there[NODES * NODES / 2];
    let powers = chebyshev();
    let mut terms = [[0.0; 2]; TERMS];
    for i in 0..=DEGREE {
        for j in 0..=DEGREE - i {
            // The coefficient of T_i(x) T_j(y): a cosine sum over the nodes.
            let mut sum = [0.0; 2];
            for (at, place) in there.iter().enumerate() {
                let angle = |degree: usize, at: usize| {
                    (degree as f64 * PI * (at as f64 + 0.5) / NODES as f64).cos()
                };
                let weight = angle(i, at % NODES) * angle(j, at / NODES);
                for axis in 0..2 {
                    sum[axis] += (place[axis] - base[axis]) * weight;
                }
            }
            let scale = [i, j]
                .iter()
                .map(|&degree| if degree == 0 { 1.0 } else { 2.0 } / NODES as f64)
                .product::<f64>();
            for (p, by_x) in powers[i].iter().enumerate() {
                for (q, by_y) in powers[j].iter().enumerate() {
                    if by_x * by_y != 0.0 {
                        for axis in 0..2 {
                            terms[term(p, q)][axis] += sum[axis] * scale * by_x * by_y;
                        }
                    }
                }
            }
        }
    }
    for axis in 0..2 {
        terms[term(0, 0)][axis] += base[axis];
    }
    Some(terms)
}

/// Where the coefficient of `x^p y^q` stands.
const fn term(p: usize, q: usize) -> usize {
    // Powers of y from the highest down, within each powers of x from the highest down: the order in which
    // they are read.
    let above = DEGREE - q;
    above * (above + 1) / 2 + (above - p)
}

/// Both polynomials at a place.
#[inline]
fn value(terms: &Terms, x: f64, y: f64) -> [f64; 2] {
    values(terms, [x], [y]).map(|[axis]| axis)
}

/// Both polynomials at several places.
#[inline]
fn values<const N: usize>(terms: &Terms, x: [f64; N], y: [f64; N]) -> [[f64; N]; 2] {
    let mut all = [[0.0; N]; 2];
    let mut next = 0;
    for above in 0..=DEGREE {
        let mut row = [[0.0; N]; 2];
        for _ in 0..=above {
            for axis in 0..2 {
                for lane in 0..N {
                    row[axis][lane] = row[axis][lane] * x[lane] + terms[next][axis];
                }
            }
            next += 1;
        }
        for axis in 0..2 {
            for lane in 0..N {
                all[axis][lane] = all[axis][lane] * y[lane] + row[axis][lane];
            }
        }
    }
    all
}

//! Edges cut wherever they meet.
//!
//! Edges are cut at their true crossings, which lie within the last bits of where they are, and on which side of one
//! another they run is asked exactly. A union on a grid cannot do that: its cells are some hundredths of a millimetre
//! for a city, and where two edges cross at a ten-thousandth of a right angle, half a metre of both lies in one cell.
//!
//! A crossing is rounded to the numbers there are, so a part runs a last bit beside its edge, maybe over to the wrong side
//! of a corner there. So what comes within half a step of a crossing, and what was cut and comes so close to a corner,
//! goes through it, and is cut again until nothing meets anything but at its ends (snap rounding; Hobby 1999).

use std::{cmp::Ordering, collections::HashSet};

use super::orient::{At, side, within};
use crate::{
    index::{self, SpatialIndex},
    model::Bbox,
};

/// Between which numbers places lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Grain {
    /// Those that there are: results lie within last bits of where they are.
    Bits,
    /// Whole ones.
    Whole,
}

impl Grain {
    /// How many edges are cut, how many pairs of them are looked at, and how often what was cut is cut again. Whole
    /// numbers are a tile's, which somebody waits for.
    fn patience(self) -> (usize, usize, usize) {
        match self {
            Self::Bits => (1_000_000, 20_000_000, 32),
            Self::Whole => (200_000, 200_000, 8),
        }
    }
}

/// The edges cut wherever another meets them; with some of them told, wherever one of these meets another, or what
/// gave way to these. What several have in common is a part of each. None where that would take too long.
pub(crate) fn noded(
    mut edges: Vec<[At; 2]>,
    grain: Grain,
    troubled: Option<&[[At; 2]]>,
) -> Option<Vec<Part>> {
    edges.retain(|edge| edge.iter().flatten().all(|axis| axis.is_finite()));
    for edge in &mut edges {
        // There is one nought.
        *edge = in_order(edge.map(|end| end.map(|axis| axis + 0.0)));
    }
    each_once(&mut edges);
    let (most, mut left, rounds) = grain.patience();
    if edges.len() > most {
        return None;
    }
    let grid = Grid::of(grain, &edges);
    let mut parts: Vec<Part> = (edges.into_iter().zip(0..))
        .map(|(ends, edge)| Part { ends, edge })
        .collect();
    // At first all may meet, or what is troubled; then only what is new may meet another.
    let mut fresh: Option<HashSet<Key>> =
        troubled.map(|ways| ways.iter().map(|way| key(&in_order(*way))).collect());
    for _ in 0..rounds {
        let mut ways: Vec<[At; 2]> = parts.iter().map(|part| part.ends).collect();
        ways.dedup();
        let cuts = grid.cuts(&ways, fresh.as_ref(), &mut left)?;
        if cuts.is_empty() {
            break;
        }
        let (whole, mut new) = (parts, HashSet::new());
        parts = Vec::with_capacity(whole.len() + 2 * cuts.len());
        let mut cuts = cuts.chunk_by(|a, b| a.way == b.way).peekable();
        for (own, way) in whole.chunk_by(|a, b| a.ends == b.ends).zip(0..) {
            let Some(cuts) = cuts.next_if(|cuts| cuts[0].way == way) else {
                parts.extend_from_slice(own);
                continue;
            };
            let [from, to] = own[0].ends;
            let mut corners = vec![from];
            corners.extend(cuts.iter().map(|cut| cut.at));
            corners.push(to);
            for pair in corners.windows(2).filter(|pair| pair[0] != pair[1]) {
                let ends = in_order([pair[0], pair[1]]);
                new.insert(key(&ends));
                parts.extend(own.iter().map(|part| Part { ends, ..*part }));
            }
        }
        parts.sort_unstable_by(|a, b| by_ends(&a.ends, &b.ends).then(a.edge.cmp(&b.edge)));
        parts.dedup();
        fresh = Some(new);
    }
    Some(parts)
}

/// A place where a way is cut, and how far along it lies.
struct Cut {
    way: u32,
    along: f64,
    at: At,
}

impl Cut {
    /// None where the place is not between the way's ends.
    fn new(way: u32, [from, to]: [At; 2], at: At) -> Option<Self> {
        let [whole, own] = [step(from, to), step(from, at)];
        let along = whole[0] * own[0] + whole[1] * own[1];
        let length = whole[0] * whole[0] + whole[1] * whole[1];
        (at != from && at != to && along > 0.0 && along < length).then_some(Self { way, along, at })
    }
}

fn step(from: At, to: At) -> At {
    [to[0] - from[0], to[1] - from[1]]
}

/// The places that there are.
struct Grid {
    grain: Grain,
    /// Half a step along each axis.
    half: At,
}

impl Grid {
    fn of(grain: Grain, edges: &[[At; 2]]) -> Self {
        let half = match grain {
            Grain::Whole => [0.5; 2],
            Grain::Bits => [0, 1].map(|axis| {
                let all = edges.iter().flatten().map(|at| at[axis].abs());
                let most = all.fold(0.0, f64::max);
                (most.next_up() - most) / 2.0
            }),
        };
        Self { grain, half }
    }

    /// Where ways are met by others, in order; with `fresh` ones told, only where one of these meets another. None when
    /// there are more pairs of them than may be looked at.
    fn cuts(
        &self,
        ways: &[[At; 2]],
        fresh: Option<&HashSet<Key>>,
        left: &mut usize,
    ) -> Option<Vec<Cut>> {
        let mut cuts: Vec<Cut> = vec![];
        let mut crossings: Vec<At> = vec![];
        let mut look = |one: u32, other: u32| {
            let (here, there) = (ways[one as usize], ways[other as usize]);
            for (row, way, ends) in [(one, here, there), (other, there, here)] {
                // Edges as they were drawn run beside a corner however close they come to it.
                let drawn = self.grain == Grain::Bits && fresh.is_none();
                let cut = |end| {
                    if drawn {
                        touches(way, end).then(|| Cut::new(row, way, end)).flatten()
                    } else {
                        self.cut(row, way, end)
                    }
                };
                cuts.extend(ends.into_iter().filter_map(cut));
            }
            if let Some(at) = crossing(here, there) {
                let at = match self.grain {
                    Grain::Bits => at,
                    Grain::Whole => at.map(|axis| axis.round() + 0.0),
                };
                // Worked out in floating point, it may lie a little more than half a step beside either.
                let both = [(one, here), (other, there)];
                cuts.extend(
                    both.iter()
                        .filter_map(|(row, way)| Cut::new(*row, *way, at)),
                );
                crossings.push(at);
            }
            *left = left.saturating_sub(1);
            *left > 0
        };
        let rects: Vec<Bbox> = ways.iter().map(|way| self.around(way)).collect();
        let boxes = (0..)
            .zip(rects.iter().copied())
            .filter(|(_, bbox)| bbox.is_finite());
        match fresh {
            None => index::pairs(&rects, look),
            Some(fresh) => {
                let is_fresh = |at: u32| fresh.contains(&key(&ways[at as usize]));
                let known = SpatialIndex::new(boxes.clone().filter(|(at, _)| is_fresh(*at)));
                for (at, bbox) in boxes.clone() {
                    let own = is_fresh(at);
                    let mut met = vec![];
                    known.search(&bbox, |other| met.push(other));
                    // Two fresh ones find each other.
                    met.retain(|&other| !own || other < at);
                    if !met.into_iter().all(|other| look(at, other)) {
                        break;
                    }
                }
            }
        }
        if !crossings.is_empty() {
            crossings.sort_unstable_by(|a, b| by_place(*a, *b));
            crossings.dedup();
            let places = (0..).zip(&crossings);
            let places = places.filter_map(|(at, place)| Some((at, Bbox::around(&[*place])?)));
            let known = SpatialIndex::new(places);
            for (way, bbox) in boxes {
                known.search(&bbox, |at| {
                    cuts.extend(self.cut(way, ways[way as usize], crossings[at as usize]));
                });
            }
        }
        cuts.sort_unstable_by(|a, b| a.way.cmp(&b.way).then(a.along.total_cmp(&b.along)));
        (*left > 0).then_some(cuts)
    }

    /// The box around a way and whatever it may go through.
    fn around(&self, way: &[At; 2]) -> Bbox {
        let [across, up] = self.half.map(|half| 2.0 * half);
        let mut bbox = Bbox::around(way).unwrap_or(Bbox::NOWHERE);
        (bbox.west, bbox.east) = (bbox.west - across, bbox.east + across);
        (bbox.south, bbox.north) = (bbox.south - up, bbox.north + up);
        bbox
    }

    /// The cut of a way at a place, if it comes within half a step of it between its ends.
    fn cut(&self, number: u32, way: [At; 2], at: At) -> Option<Cut> {
        // Most have their ends in common.
        if way.contains(&at) {
            return None;
        }
        let [across, up] = step(way[0], way[1]);
        let [x, y] = step(way[0], at);
        let near = across.abs() * self.half[1] + up.abs() * self.half[0];
        // Not where it only touches: through one corner run both diagonals of four places.
        ((across * y - up * x).abs() < near || across * y == up * x)
            .then(|| Cut::new(number, way, at))
            .flatten()
    }
}

/// A part of an edge between two cuts, its ends in order, and which of the edges it is a part of.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Part {
    pub(crate) ends: [At; 2],
    pub(crate) edge: u32,
}

pub(crate) fn by_place(a: At, b: At) -> Ordering {
    a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]))
}

pub(crate) fn in_order([from, to]: [At; 2]) -> [At; 2] {
    match by_place(from, to) {
        Ordering::Greater => [to, from],
        _ => [from, to],
    }
}

pub(crate) fn by_ends(a: &[At; 2], b: &[At; 2]) -> Ordering {
    by_place(a[0], b[0]).then(by_place(a[1], b[1]))
}

/// A way by the bits of its ends.
pub(crate) type Key = [[u64; 2]; 2];

pub(crate) fn key(way: &[At; 2]) -> Key {
    way.map(|at| at.map(f64::to_bits))
}

pub(crate) fn each_once(edges: &mut Vec<[At; 2]>) {
    edges.retain(|[from, to]| from != to);
    edges.sort_unstable_by(by_ends);
    edges.dedup();
}

/// True when a place lies on an edge and is none of its ends.
fn touches([from, to]: [At; 2], at: At) -> bool {
    at != from && at != to && side(from, to, at) == Ordering::Equal && within(from, to, at)
}

/// Where two edges cut each other inside both.
fn crossing([a, b]: [At; 2], [c, d]: [At; 2]) -> Option<At> {
    let parted = |one: Ordering, other: Ordering| one == other.reverse() && one != Ordering::Equal;
    if !parted(side(a, b, c), side(a, b, d)) || !parted(side(c, d, a), side(c, d, b)) {
        return None;
    }
    let beside = |at: At| (b[0] - a[0]) * (at[1] - a[1]) - (b[1] - a[1]) * (at[0] - a[0]);
    let share = beside(c) / (beside(c) - beside(d));
    let along = |axis: usize| {
        let low = a[axis].min(b[axis]).max(c[axis].min(d[axis]));
        let high = a[axis].max(b[axis]).min(c[axis].max(d[axis]));
        (c[axis] + share * (d[axis] - c[axis])).max(low).min(high)
    };
    let at = [along(0), along(1)].map(|axis| axis + 0.0);
    (at[0].is_finite() && at[1].is_finite()).then_some(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plane::faces::faces;

    /// Edges that run beside one another for a kilometre, the last bits of their ends apart.
    fn beside(seed: &mut u64) -> Vec<[At; 2]> {
        let mut below = |count: u64| {
            *seed ^= *seed << 13;
            *seed ^= *seed >> 7;
            *seed ^= *seed << 17;
            *seed % count
        };
        let mut end = |[x, y]: At| {
            let bits = |v: f64, by: u64| f64::from_bits(v.to_bits() + by);
            [bits(x, below(4)), bits(y, below(4))]
        };
        let places = [
            [77.050_1, 11.002_3],
            [77.052_7, 11.003_1],
            [77.055_3, 11.003_9],
            [77.057_9, 11.004_7],
        ];
        let mut edges = vec![];
        for from in 0..places.len() {
            for to in from + 1..places.len() {
                edges.push([end(places[from]), end(places[to])]);
                edges.push([end(places[from]), end(places[to])]);
            }
            edges.push([end(places[from]), end([77.054, 11.002])]);
        }
        edges
    }

    #[test]
    fn edges_the_last_bits_apart_meet_at_ends_only_and_their_faces_close() {
        let mut seed = 0x9e37_79b9_7f4a_7c15;
        for round in 0..200 {
            let parts = noded(beside(&mut seed), Grain::Bits, None).unwrap();
            let mut ways: Vec<[At; 2]> = parts.iter().map(|part| part.ends).collect();
            ways.dedup();
            for (at, here) in ways.iter().enumerate() {
                for there in &ways[..at] {
                    let on = |way, ends: &[At; 2]| ends.iter().any(|end| touches(way, *end));
                    assert!(!on(*here, there) && !on(*there, here), "{round}");
                    assert!(crossing(*here, *there).is_none(), "{round}");
                }
            }
            // Euler: as many rings as edges, less places, and two more for each piece.
            let mut places: Vec<At> = ways.concat();
            places.sort_by(|a, b| by_place(*a, *b));
            places.dedup();
            let mut piece: Vec<usize> = (0..places.len()).collect();
            let number = |at: At| places.partition_point(|one| by_place(*one, at).is_lt());
            for way in &ways {
                let [one, other] = way.map(|at| piece[number(at)]);
                piece
                    .iter_mut()
                    .filter(|own| **own == other)
                    .for_each(|own| *own = one);
            }
            piece.sort_unstable();
            piece.dedup();
            let rings = faces(&parts).len();
            assert_eq!(
                rings + places.len(),
                ways.len() + 2 * piece.len(),
                "{round}"
            );
        }
    }
}

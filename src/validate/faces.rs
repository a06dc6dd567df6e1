//! The faces between edges: what a plane falls into when it is cut along all of them.
//!
//! Edges are cut at their true crossings, which lie within the last bits of where they are, and on which side of one
//! another they run is asked exactly. A union on a grid cannot do that: its cells are some hundredths of a millimetre
//! for a city, and where two edges cross at a ten-thousandth of a right angle, half a metre of both lies in one cell.

use std::{cmp::Ordering, collections::HashMap};

use super::orient::{At, side, within};
use crate::{index, model::Bbox};

/// How many edges are cut, and how many pairs of them are looked at.
const EDGES: usize = 1_000_000;
const PAIRS: usize = 20_000_000;

/// The edges cut wherever another meets them. What several have in common is a part of each. None where that would take too long.
pub(super) fn noded(mut edges: Vec<[At; 2]>) -> Option<Vec<Part>> {
    edges.retain(|edge| edge.iter().flatten().all(|axis| axis.is_finite()));
    for edge in &mut edges {
        if by_place(edge[0], edge[1]) == Ordering::Greater {
            edge.swap(0, 1);
        }
    }
    each_once(&mut edges);
    if edges.len() > EDGES {
        return None;
    }
    let boxes = edges
        .iter()
        .enumerate()
        .filter_map(|(at, edge)| Some((at as u32, Bbox::around(edge)?)));
    let mut cuts: Vec<(u32, At)> = vec![];
    let mut left = PAIRS;
    index::pairs(boxes, |one, other| {
        let (here, there) = (edges[one as usize], edges[other as usize]);
        for (row, edge, ends) in [(one, here, there), (other, there, here)] {
            let on = ends.into_iter().filter(|end| touches(edge, *end));
            cuts.extend(on.map(|end| (row, end)));
        }
        if let Some(at) = crossing(here, there) {
            cuts.extend([(one, at), (other, at)]);
        }
        left -= 1;
        left > 0
    });
    if left == 0 {
        return None;
    }
    let whole = edges.iter().enumerate();
    cuts.extend(whole.flat_map(|(at, edge)| edge.map(|end| (at as u32, end))));
    // The ends of an edge stand in order, so its parts do too.
    cuts.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(by_place(a.1, b.1)));
    let mut parts: Vec<Part> = cuts
        .windows(2)
        .filter(|pair| pair[0].0 == pair[1].0 && pair[0].1 != pair[1].1)
        .map(|pair| Part {
            ends: [pair[0].1, pair[1].1],
            edge: pair[0].0,
        })
        .collect();
    parts.sort_unstable_by(|a, b| by_ends(&a.ends, &b.ends).then(a.edge.cmp(&b.edge)));
    Some(parts)
}

/// A part of an edge between two cuts, its ends in order, and which of the edges it is a part of.
pub(super) struct Part {
    ends: [At; 2],
    edge: u32,
}

fn by_place(a: At, b: At) -> Ordering {
    a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]))
}

fn by_ends(a: &[At; 2], b: &[At; 2]) -> Ordering {
    by_place(a[0], b[0]).then(by_place(a[1], b[1]))
}

fn each_once(edges: &mut Vec<[At; 2]>) {
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
    let at = [c[0] + share * (d[0] - c[0]), c[1] + share * (d[1] - c[1])];
    (at[0].is_finite() && at[1].is_finite()).then_some(at)
}

/// The edges that have a part between two places.
fn edges_along(parts: &[Part], from: At, to: At) -> impl Iterator<Item = u32> {
    let ends = match by_place(from, to) {
        Ordering::Greater => [to, from],
        _ => [from, to],
    };
    let first = parts.partition_point(|part| by_ends(&part.ends, &ends) == Ordering::Less);
    let same = parts[first..]
        .iter()
        .take_while(move |part| part.ends == ends);
    same.map(|part| part.edge)
}

/// The rings around every face: counter-clockwise around its ground, clockwise around what lies in it. They have a
/// corner where they go over to another edge; where an edge only ends or crosses on the other side, they have none.
pub(super) fn faces(parts: &[Part]) -> Vec<Vec<At>> {
    let mut ways: Vec<[At; 2]> = parts
        .iter()
        .flat_map(|part| {
            let [from, to] = part.ends;
            [[from, to], [to, from]]
        })
        .collect();
    each_once(&mut ways);
    // All ways from one place together, as they follow one another counter-clockwise.
    ways.sort_by(|a, b| by_place(a[0], b[0]).then_with(|| turn(a[0], a[1], b[1])));
    let key = |way: &[At; 2]| way.map(|at| at.map(f64::to_bits));
    let known: HashMap<_, usize> = ways.iter().map(key).zip(0..).collect();
    let next = |way: usize| -> usize {
        let [from, to] = ways[way];
        let back = known[&key(&[to, from])];
        // The one before it around the place, the last where it is the first.
        if back > 0 && ways[back - 1][0] == to {
            return back - 1;
        }
        ways[back..].partition_point(|way| way[0] == to) + back - 1
    };
    let mut seen = vec![false; ways.len()];
    let mut rings = vec![];
    for start in 0..ways.len() {
        let mut ring = vec![];
        let mut way = start;
        while !seen[way] {
            seen[way] = true;
            ring.push(ways[way][0]);
            way = next(way);
        }
        if !ring.is_empty() {
            rings.push(corners(parts, &ring));
        }
    }
    rings
}

/// A ring closed, and without the places that are no corners of it.
fn corners(parts: &[Part], ring: &[At]) -> Vec<At> {
    let count = ring.len();
    let turns = |at: usize| {
        let (before, here, after) = (
            ring[(at + count - 1) % count],
            ring[at],
            ring[(at + 1) % count],
        );
        let mut on = edges_along(parts, before, here);
        !on.any(|edge| edges_along(parts, here, after).any(|other| other == edge))
            || before == after
    };
    let mut kept: Vec<At> = (0..count)
        .filter(|&at| turns(at))
        .map(|at| ring[at])
        .collect();
    kept.extend(kept.first().copied());
    kept
}

/// Which of two ways from a place comes first counter-clockwise, beginning in the east.
fn turn(centre: At, a: At, b: At) -> Ordering {
    let below = |at: At| at[1] < centre[1] || (at[1] == centre[1] && at[0] < centre[0]);
    below(a)
        .cmp(&below(b))
        .then_with(|| side(centre, a, b).reverse())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::geometry::doubled_area;

    #[test]
    fn a_comb_of_crossing_strips_has_as_many_faces_as_it_has_meshes() {
        let count = 12;
        let mut edges = vec![];
        for at in 0..=count {
            let at = f64::from(at);
            edges.push([[-0.5, at], [12.5, at]]);
            edges.push([[at, -0.5], [at, 12.5]]);
        }
        let rings = faces(&noded(edges).unwrap());
        let sizes = rings.iter().map(|ring| doubled_area(ring) / 2.0);
        let found: Vec<f64> = sizes.filter(|size| *size > 0.0).collect();
        assert_eq!((rings.len(), found.len()), (145, 144));
        let whole: f64 = found.iter().sum();
        assert!((whole - 144.0).abs() < 1e-9, "{whole}");
    }
}

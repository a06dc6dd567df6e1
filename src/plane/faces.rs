//! The faces between edges: what a plane falls into when it is cut along all of them.

use std::{cmp::Ordering, collections::HashMap};

use super::{
    noding::{Part, by_ends, by_place, each_once, in_order, key},
    orient::{At, side},
};

/// The edges that have a part between two places.
fn edges_along(parts: &[Part], from: At, to: At) -> impl Iterator<Item = u32> {
    let ends = in_order([from, to]);
    let first = parts.partition_point(|part| by_ends(&part.ends, &ends) == Ordering::Less);
    let same = parts[first..]
        .iter()
        .take_while(move |part| part.ends == ends);
    same.map(|part| part.edge)
}

/// The rings around every face: counter-clockwise around its ground, clockwise around what lies in it. They have a
/// corner where they go over to another edge; where an edge only ends or crosses on the other side, they have none.
pub(crate) fn faces(parts: &[Part]) -> Vec<Vec<At>> {
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
    use crate::plane::noding::{Grain, noded};

    #[test]
    fn a_comb_of_crossing_strips_has_as_many_faces_as_it_has_meshes() {
        let count = 12;
        let mut edges = vec![];
        for at in 0..=count {
            let at = f64::from(at);
            edges.push([[-0.5, at], [12.5, at]]);
            edges.push([[at, -0.5], [at, 12.5]]);
        }
        let rings = faces(&noded(edges, Grain::Bits, None).unwrap());
        let cross = |pair: &[At]| pair[0][0] * pair[1][1] - pair[1][0] * pair[0][1];
        let sizes = rings
            .iter()
            .map(|ring| ring.windows(2).map(cross).sum::<f64>() / 2.0);
        let found: Vec<f64> = sizes.filter(|size| *size > 0.0).collect();
        assert_eq!((rings.len(), found.len()), (145, 144));
        let whole: f64 = found.iter().sum();
        assert!((whole - 144.0).abs() < 1e-9, "{whole}");
    }
}

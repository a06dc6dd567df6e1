//! Wards and zones: unions of blocks that hang together, and the rings around them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use super::{dice::mix, plan::Plan};
use crate::model::{ShapeKind, Shapes};

/// For each thing, the number of its region, counted from 0. A thing has a middle and neighbours.
///
/// Seeds settle where their own things are (Lloyd's rounds); then all regions grow at once along
/// neighbours, so each hangs together.
pub(super) fn regions(
    middles: &[[f64; 2]],
    neighbours: &[Vec<usize>],
    count: usize,
    kind: i64,
) -> Vec<usize> {
    let count = count.min(middles.len());
    let mut seeds: Vec<[f64; 2]> = (0..count)
        .map(|seed| middles[(mix(&[kind, seed as i64]) % middles.len() as u64) as usize])
        .collect();
    let near = |at: &[f64; 2], seeds: &[[f64; 2]]| {
        let distance = |seed: &[f64; 2]| (seed[0] - at[0]).powi(2) + (seed[1] - at[1]).powi(2);
        (0..seeds.len())
            .min_by(|&a, &b| distance(&seeds[a]).total_cmp(&distance(&seeds[b])))
            .unwrap_or(0)
    };
    for _ in 0..12 {
        let mut sums = vec![[0.0, 0.0, 0.0]; count];
        for at in middles {
            let sum = &mut sums[near(at, &seeds)];
            *sum = [sum[0] + at[0], sum[1] + at[1], sum[2] + 1.0];
        }
        for (seed, (seed_at, sum)) in seeds.iter_mut().zip(&sums).enumerate() {
            *seed_at = if sum[2] > 0.0 {
                [sum[0] / sum[2], sum[1] / sum[2]]
            } else {
                middles[(mix(&[kind, 7, seed as i64]) % middles.len() as u64) as usize]
            };
        }
    }
    let mut region = vec![usize::MAX; middles.len()];
    let mut open = BinaryHeap::new();
    let mut taken = vec![false; middles.len()];
    for (number, seed) in seeds.iter().enumerate() {
        let distance = |at: &[f64; 2]| (seed[0] - at[0]).powi(2) + (seed[1] - at[1]).powi(2);
        let start = (0..middles.len())
            .filter(|&thing| !taken[thing])
            .min_by(|&a, &b| distance(&middles[a]).total_cmp(&distance(&middles[b])));
        if let Some(start) = start {
            taken[start] = true;
            open.push(Reverse((0_u64, start, number)));
        }
    }
    while let Some(Reverse((cost, thing, number))) = open.pop() {
        if region[thing] != usize::MAX {
            continue;
        }
        region[thing] = number;
        for &next in &neighbours[thing] {
            if region[next] == usize::MAX {
                let [x, y] = middles[thing];
                let way = (middles[next][0] - x).hypot(middles[next][1] - y);
                let bump = mix(&[kind, 9, thing as i64, next as i64]) % 60;
                open.push(Reverse((cost + way as u64 + bump, next, number)));
            }
        }
    }
    region
}

type Corner = (i64, i64);

/// The rings around a set of blocks, as corners of the lattice: shells counter-clockwise, holes clockwise.
/// Where two blocks touch only at a corner the walk turns right, so no ring meets itself there.
fn rings(inside: &dyn Fn(i64, i64) -> bool, blocks: &[(i64, i64)]) -> Vec<Vec<Corner>> {
    let mut out: BTreeMap<Corner, Vec<Corner>> = BTreeMap::new();
    for &(column, row) in blocks {
        let sides = [
            ((column, row), (column + 1, row), (column, row - 1)),
            ((column + 1, row), (column + 1, row + 1), (column + 1, row)),
            ((column + 1, row + 1), (column, row + 1), (column, row + 1)),
            ((column, row + 1), (column, row), (column - 1, row)),
        ];
        for (from, to, beyond) in sides {
            if !inside(beyond.0, beyond.1) {
                out.entry(from).or_default().push(to);
            }
        }
    }
    let mut rings = vec![];
    while let Some((&start, _)) = out.iter().next() {
        let mut ring = vec![start];
        let mut at = start;
        let mut heading = (0, 0);
        while let Some(ways) = out.get_mut(&at) {
            let right = (heading.1, -heading.0);
            let choice = ways
                .iter()
                .position(|to| (to.0 - at.0, to.1 - at.1) == right)
                .unwrap_or(0);
            let to = ways.swap_remove(choice);
            if ways.is_empty() {
                out.remove(&at);
            }
            heading = (to.0 - at.0, to.1 - at.1);
            at = to;
            if at == start {
                break;
            }
            ring.push(at);
        }
        rings.push(ring);
    }
    rings
}

fn area(ring: &[[f64; 2]]) -> f64 {
    ring.iter()
        .zip(ring.iter().cycle().skip(1))
        .map(|(a, b)| {
            (a[0] - ring[0][0]) * (b[1] - ring[0][1]) - (b[0] - ring[0][0]) * (a[1] - ring[0][1])
        })
        .sum::<f64>()
        / 2.0
}

/// Adds the union of blocks that hang together as one area; gives its size in square metres.
pub(super) fn push_union(plan: &Plan, blocks: &[(i64, i64)], shapes: &mut Shapes<f64>) -> f64 {
    let set: std::collections::HashSet<(i64, i64)> = blocks.iter().copied().collect();
    let mut walked: Vec<Vec<[f64; 2]>> = rings(&|column, row| set.contains(&(column, row)), blocks)
        .iter()
        .map(|ring| {
            let next = ring.iter().cycle().skip(1);
            ring.iter()
                .zip(next)
                .flat_map(|(&from, &to)| plan.edge(from, to))
                .collect()
        })
        .collect();
    walked.sort_by(|a, b| area(b).total_cmp(&area(a)));
    let mut size = 0.0;
    for ring in &mut walked {
        size += area(ring);
        ring.push(ring[0]);
        shapes.coords.extend_from_slice(ring);
        shapes.end_ring();
    }
    shapes.end_part();
    shapes.end_feature(ShapeKind::Polygon);
    size
}

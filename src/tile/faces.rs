//! From noded edges to valid areas.
//!
//! Each edge has its area on the left, and edges meet at their ends only. Who walks along one and at every
//! position takes the next edge clockwise stays at one face; where the walk comes by a position twice, what
//! lies between is a ring of its own: a hole that touches its shell, or the other way round. So shells touch
//! at positions only, and no shell's inside falls apart.

use std::collections::HashMap;

use super::{clip::Wide, simplify::double_area};

/// A shell and its holes.
pub(super) type Area = Vec<Vec<Wide>>;

/// The areas that directed edges surround. Edges that do not close are left out.
pub(super) fn areas(edges: &[[Wide; 2]]) -> Vec<Area> {
    let mut from: HashMap<Wide, Vec<usize>> = HashMap::with_capacity(edges.len());
    for (at, edge) in edges.iter().enumerate() {
        from.entry(edge[0]).or_default().push(at);
    }
    let mut walked = vec![false; edges.len()];
    let mut areas: Vec<Area> = vec![];
    let mut lone: Vec<Vec<Wide>> = vec![];
    for begin in 0..edges.len() {
        if walked[begin] {
            continue;
        }
        let (mut shells, mut holes) = (vec![], vec![]);
        for ring in rings_of(&walk(begin, edges, &from, &mut walked)) {
            match double_area(&ring) {
                1.. => shells.push(ring),
                0 => {}
                _ => holes.push(ring),
            }
        }
        for shell in shells {
            areas.push(vec![shell]);
        }
        lone.append(&mut holes);
    }
    for hole in lone {
        let around = (0..areas.len())
            .filter(|&at| holds(&areas[at][0], &hole))
            .min_by_key(|&at| double_area(&areas[at][0]));
        if let Some(at) = around {
            areas[at].push(hole);
        }
    }
    areas
}

/// The positions of a walk around one face; empty when it does not come back.
fn walk(
    begin: usize,
    edges: &[[Wide; 2]],
    from: &HashMap<Wide, Vec<usize>>,
    walked: &mut [bool],
) -> Vec<Wide> {
    let mut way = vec![];
    let mut at = begin;
    loop {
        walked[at] = true;
        let [here, there] = edges[at];
        way.push(here);
        let back = [here[0] - there[0], here[1] - there[1]];
        let outward = |next: usize| {
            let to = edges[next][1];
            [to[0] - there[0], to[1] - there[1]]
        };
        let all = from.get(&there).map_or(&[][..], Vec::as_slice);
        let next = match all {
            [one] => Some(*one),
            several => (several.iter().copied()).reduce(|one, other| {
                if sooner(back, outward(other), outward(one)) {
                    other
                } else {
                    one
                }
            }),
        };
        match next {
            Some(next) if next == begin => return way,
            Some(next) if !walked[next] => at = next,
            _ => return vec![],
        }
    }
}

/// True when turning clockwise from one direction a second comes before a third.
fn sooner(from: Wide, one: Wide, other: Wide) -> bool {
    // Which half turn a direction lies in, clockwise; straight on the first comes last.
    let half = |to: Wide| {
        let side = cross(from, to);
        if side < 0 {
            0
        } else if side == 0 && dot(from, to) < 0 {
            1
        } else if side > 0 {
            2
        } else {
            3
        }
    };
    match half(one).cmp(&half(other)) {
        std::cmp::Ordering::Equal => cross(one, other) < 0,
        order => order.is_lt(),
    }
}

fn cross(a: Wide, b: Wide) -> i64 {
    a[0] * b[1] - a[1] * b[0]
}

fn dot(a: Wide, b: Wide) -> i64 {
    a[0] * b[0] + a[1] * b[1]
}

/// A closed walk as rings that come by no position twice.
fn rings_of(way: &[Wide]) -> Vec<Vec<Wide>> {
    let mut rings = vec![];
    let mut open: Vec<Wide> = vec![];
    let mut place: HashMap<Wide, usize> = HashMap::new();
    for &at in way.iter().chain(way.first()) {
        if let Some(&since) = place.get(&at) {
            let ring = open.split_off(since);
            for gone in &ring {
                place.remove(gone);
            }
            if ring.len() > 2 {
                rings.push(ring);
            }
        }
        place.insert(at, open.len());
        open.push(at);
    }
    rings
}

/// True when a shell winds around a hole: around the middle of its first edge, where nothing else passes.
fn holds(shell: &[Wide], hole: &[Wide]) -> bool {
    let middle = [hole[0][0] + hole[1][0], hole[0][1] + hole[1][1]];
    let mut inside = false;
    let mut from = shell[shell.len() - 1];
    for &to in shell {
        let (a, b) = (from.map(|v| 2 * v), to.map(|v| 2 * v));
        if (a[1] <= middle[1]) != (b[1] <= middle[1]) {
            let side = cross(
                [b[0] - a[0], b[1] - a[1]],
                [middle[0] - a[0], middle[1] - a[1]],
            );
            inside ^= (side > 0) == (b[1] > a[1]);
        }
        from = to;
    }
    inside
}

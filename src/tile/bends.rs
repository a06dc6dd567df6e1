//! Edges of a coverage bent out of one another's way.
//!
//! Rounding to a tile's units brings a corner onto an edge, or over it, that it lay beside: then a ring touches or
//! crosses itself, which MVT 2.1 (4.3.4.4) forbids. Bending the edge through the corner mends that; in a coverage
//! another area has the same edge, and a sliver would open if only one of them bent. So it is found out once for all
//! areas of the tile which edge goes through which corners, and all are drawn by that.
//!
//! Where a corner came over an edge, the area between the two winds the wrong way in a few square units, which both its
//! neighbours take for theirs: the first of them gets these.

use std::collections::HashMap;

use super::{clip::Wide, rings::Rings, simplify, sketch::FRAME};
use crate::plane::noding::{Grain, Part, noded};

/// How many areas of a tile may be troubled. What has more of them is no coverage, and each is mended alone.
const TROUBLED: usize = 100;
/// How many positions are looked at to share out disputed ground.
const WORK: usize = 100_000;

/// How the edges of a tile are bent, and whose the ground is that came to wind the wrong way.
#[derive(Debug, Default)]
pub(super) struct Bends {
    /// For an edge, its ends in order, the positions it goes through on its way.
    ways: HashMap<[Wide; 2], Vec<Wide>>,
    disputed: Vec<Disputed>,
    /// Positions that were looked at so far.
    spent: usize,
}

/// Ground that several may claim.
#[derive(Debug)]
struct Disputed {
    ground: Rings,
    span: [Wide; 2],
    /// What of it somebody has.
    taken: Rings,
}

impl Bends {
    /// The bends that free the edges of the `troubled` areas of a tile from all others.
    pub(super) fn of(mut edges: Vec<[Wide; 2]>, troubled: &[Vec<[Wide; 2]>]) -> Self {
        if troubled.len() > TROUBLED {
            return Self {
                spent: WORK,
                ..Self::default()
            };
        }
        edges.sort_unstable();
        edges.dedup();
        let of = |edge: &[Wide; 2]| edge.map(|at| at.map(|axis| axis as f64));
        let all = edges.iter().map(of).collect();
        let troubled: Vec<_> = troubled.iter().flatten().map(of).collect();
        let mut parts = noded(all, Grain::Whole, Some(&troubled)).unwrap_or_default();
        parts.sort_unstable_by_key(|part| part.edge);
        let bent = parts
            .chunk_by(|one, other| one.edge == other.edge)
            .filter(|own| own.len() > 1)
            .filter_map(|own| {
                let edge = edges[own[0].edge as usize];
                Some((edge, way(edge, own)?))
            });
        Self {
            ways: bent.collect(),
            ..Self::default()
        }
    }

    /// Adds the ground that a bent area winds around the wrong way.
    pub(super) fn dispute(&mut self, area: &Rings) {
        self.spent += area.size();
        if self.spent > WORK {
            return;
        }
        for ground in area.negative().apart() {
            if let Some(span) = ground.span() {
                let taken = Rings::default();
                self.disputed.push(Disputed {
                    ground,
                    span,
                    taken,
                });
            }
        }
    }

    /// Takes from a bent and valid area what others have already of disputed ground; what it keeps of that is its own.
    pub(super) fn claim(&mut self, area: &mut Rings) {
        let Some([low, high]) = area.span().filter(|_| !self.disputed.is_empty()) else {
            return;
        };
        for one in &mut self.disputed {
            let meets =
                (0..2).all(|axis| low[axis] < one.span[1][axis] && one.span[0][axis] < high[axis]);
            if !meets {
                continue;
            }
            self.spent += area.size();
            if self.spent > WORK {
                return;
            }
            if one.taken.len() > 0 && area.common(&one.taken).len() > 0 {
                area.subtract(&one.taken);
            }
            one.taken.append(&area.common(&one.ground));
        }
    }

    /// Puts what its edges go through into a ring without closing position.
    pub(super) fn bend(&self, ring: &mut Vec<Wide>) {
        if self.ways.is_empty() {
            return;
        }
        let whole = std::mem::take(ring);
        for (at, &from) in whole.iter().enumerate() {
            ring.push(from);
            let to = whole[(at + 1) % whole.len()];
            if let Some(own) = self.ways.get(&in_order(from, to)) {
                if from < to {
                    ring.extend(own);
                } else {
                    ring.extend(own.iter().rev());
                }
            }
        }
    }
}

/// The positions between the ends of an edge; none where its parts do not lead from one to the other.
fn way([from, to]: [Wide; 2], parts: &[Part]) -> Option<Vec<Wide>> {
    let ends = |part: &Part| part.ends.map(|at| at.map(|axis| axis as i64));
    let mut left: Vec<[Wide; 2]> = parts.iter().map(ends).collect();
    let (mut at, mut found) = (from, vec![]);
    while at != to {
        let next = left.iter().position(|part| part.contains(&at))?;
        let [one, other] = left.swap_remove(next);
        at = if one == at { other } else { one };
        found.push(at);
    }
    found.pop();
    left.is_empty().then_some(found)
}

fn in_order(a: Wide, b: Wide) -> [Wide; 2] {
    [a.min(b), a.max(b)]
}

/// Adds the edges of a ring that come into the frame, each with its ends in order; none of a ring without area, which
/// is not drawn.
pub(super) fn edges(ring: &[Wide], out: &mut Vec<[Wide; 2]>) {
    let Some(&last) = ring.last() else { return };
    if ring.len() < 3 || !simplify::has_area(ring) {
        return;
    }
    let mut from = last;
    for &to in ring {
        let meets = (0..2).all(|axis| {
            from[axis].max(to[axis]) >= FRAME.low && from[axis].min(to[axis]) <= FRAME.high
        });
        if meets && from != to {
            out.push(in_order(from, to));
        }
        from = to;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// What a ring goes through from one position to the next of its own.
    fn between(ring: &[Wide], from: Wide, to: Wide) -> Vec<Wide> {
        let at = |one: Wide| {
            ring.iter()
                .position(|&other| other == one)
                .expect("its own")
        };
        let turned: Vec<Wide> = [&ring[at(from)..], &ring[..at(from)]].concat();
        let own = turned.into_iter().take_while(|&one| one != to);
        own.skip(1).collect()
    }

    #[test]
    fn an_edge_that_a_corner_was_brought_over_is_bent_alike_in_both_areas() {
        // The upper one's prong ends a unit below its own base, which the lower one has too.
        let upper = vec![[0, 0], [90, 0], [90, 60], [40, -1], [0, 60]];
        let lower = vec![[0, 0], [0, -50], [90, -50], [90, 0]];
        let (mut all, mut troubled) = (vec![], vec![]);
        edges(&upper, &mut troubled);
        edges(&lower, &mut all);
        all.extend_from_slice(&troubled);
        let bends = Bends::of(all, &[troubled]);
        let (mut above, mut below) = (upper.clone(), lower);
        bends.bend(&mut above);
        bends.bend(&mut below);
        let base = between(&above, [0, 0], [90, 0]);
        let mut back = between(&below, [90, 0], [0, 0]);
        back.reverse();
        assert_eq!(base, back);
        assert!(!base.is_empty(), "{above:?}");
        // What crosses now does so at corners that all of them have.
        let unmoved = |ring: &[Wide]| {
            let mut rings = Rings::default();
            rings.push(ring.iter().copied(), true);
            let corners: HashSet<Wide> = ring.iter().copied().collect();
            rings.settle(false);
            (0..rings.len()).all(|at| rings.get(at).iter().all(|at| corners.contains(at)))
        };
        assert!(!unmoved(&upper) && unmoved(&above) && unmoved(&below));
    }
}

//! Whether rings are valid as they are, which nearly all are.

use super::{Rings, small};
use crate::tile::clip::Wide;

/// How many pairs of edges are compared for each edge before a look is given up, which counts as a fault.
const PATIENCE: usize = 64;

/// Up to so many edges all pairs are compared, without sorting.
const FEW: usize = 12;

/// An edge with its box.
#[derive(Clone, Copy, Debug)]
pub(super) struct Edge {
    low: [i32; 2],
    high: [i32; 2],
    from: [i32; 2],
    to: [i32; 2],
    ring: u32,
    /// Its place in its ring.
    at: u32,
    /// True for the last of its ring, which the first follows.
    last: bool,
}

impl Rings {
    /// True when no two edges share a position but neighbours their common end, every hole lies in its shell
    /// and in nothing else, and no shell in another.
    pub(super) fn is_sound(&mut self) -> bool {
        match self.all.len() {
            0 => true,
            1 if self.positions.len() == 3 || is_convex(&self.positions) => true,
            1 => self.are_apart(),
            _ => self.are_apart() && self.are_nested(),
        }
    }

    fn are_apart(&mut self) -> bool {
        let mut edges = std::mem::take(&mut self.edges);
        edges.clear();
        for ring in 0..self.all.len() {
            let own = self.get(ring);
            for (at, &from) in own.iter().enumerate() {
                let last = at + 1 == own.len();
                let to = if last { own[0] } else { own[at + 1] };
                let (from, to) = (small(from), small(to));
                edges.push(Edge {
                    low: [from[0].min(to[0]), from[1].min(to[1])],
                    high: [from[0].max(to[0]), from[1].max(to[1])],
                    from,
                    to,
                    ring: ring as u32,
                    at: at as u32,
                    last,
                });
            }
        }
        if edges.len() > FEW {
            edges.sort_unstable_by_key(|edge| edge.low[0]);
        }
        let sorted = edges.len() > FEW;
        let mut left = PATIENCE * edges.len();
        let apart = edges.iter().enumerate().all(|(at, one)| {
            for other in &edges[at + 1..] {
                if other.low[0] > one.high[0] {
                    if sorted {
                        break;
                    }
                    continue;
                }
                left = left.saturating_sub(1);
                if left == 0 || one.meets(other) {
                    return false;
                }
            }
            true
        });
        self.edges = edges;
        apart
    }

    /// For rings that do not touch: true when the others wind once around each hole, and not around a shell.
    fn are_nested(&self) -> bool {
        let mut left = PATIENCE * self.positions.len() + 4096;
        (0..self.len()).all(|own| {
            let at = self.get(own)[0];
            let mut winding = 0;
            for other in (0..self.len()).filter(|&other| other != own) {
                let ring = self.get(other);
                left = left.saturating_sub(ring.len());
                winding += winding_of(ring, at);
            }
            left > 0 && winding == i32::from(!self.all[own].shell)
        })
    }
}

/// Twice the area of a triangle; its sign says on which side of the first two the third lies.
fn side(a: [i32; 2], b: [i32; 2], c: [i32; 2]) -> i32 {
    (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])
}

impl Edge {
    /// True when two edges share a position that they may not share.
    fn meets(&self, other: &Self) -> bool {
        if self.low[1] > other.high[1]
            || other.low[1] > self.high[1]
            || other.low[0] > self.high[0]
            || self.low[0] > other.high[0]
        {
            return false;
        }
        if self.ring == other.ring {
            let follows = |a: &Self, b: &Self| a.at + 1 == b.at || a.last && b.at == 0;
            if follows(self, other) {
                return turns_back(self.from, self.to, other.to);
            }
            if follows(other, self) {
                return turns_back(other.from, other.to, self.to);
            }
        }
        let beside = |one: i32, other: i32| one > 0 && other > 0 || one < 0 && other < 0;
        !beside(
            side(self.from, self.to, other.from),
            side(self.from, self.to, other.to),
        ) && !beside(
            side(other.from, other.to, self.from),
            side(other.from, other.to, self.to),
        )
    }
}

/// True when the second of two edges runs back along the first.
fn turns_back(a: [i32; 2], b: [i32; 2], c: [i32; 2]) -> bool {
    side(a, b, c) == 0 && (b[0] - a[0]) * (c[0] - b[0]) + (b[1] - a[1]) * (c[1] - b[1]) < 0
}

/// True when a ring turns one way only and goes round once.
pub(super) fn is_convex(ring: &[Wide]) -> bool {
    let len = ring.len();
    let (mut before, mut here) = (small(ring[len - 2]), small(ring[len - 1]));
    let mut turned = 0;
    let mut ahead = here[0] - before[0];
    for &at in ring {
        let next = small(at);
        let turn = side(before, here, next);
        if turn < 0 && turned > 0 || turn > 0 && turned < 0 || turns_back(before, here, next) {
            return false;
        }
        turned = if turn == 0 { turned } else { turn };
        let step = next[0] - here[0];
        ahead = if step == 0 { ahead } else { step };
        (before, here) = (here, next);
    }
    // Once round is once to the right and once to the left.
    let mut changes = 0;
    let mut way = ahead.signum();
    let mut before = ring[len - 1][0];
    for at in ring {
        let step = (at[0] - before).signum() as i32;
        changes += i32::from(step != 0 && step != way);
        way = if step == 0 { way } else { step };
        before = at[0];
    }
    changes == 2
}

/// How often a ring winds around a position that is not on it.
fn winding_of(ring: &[Wide], at: Wide) -> i32 {
    let mut winding = 0;
    let mut from = ring[ring.len() - 1];
    for &to in ring {
        if (from[1] <= at[1]) != (to[1] <= at[1]) {
            let side = side(small(from), small(to), small(at));
            if from[1] <= at[1] && side > 0 {
                winding += 1;
            } else if from[1] > at[1] && side < 0 {
                winding -= 1;
            }
        }
        from = to;
    }
    winding
}

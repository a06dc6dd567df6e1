//! The edges of a gap, traced back to the edges that bound it.
//!
//! A union lays all coordinates on a grid of whole numbers before it begins, and leaves out corners that lie
//! straight on it. For a city a cell is a hundredth of a millimetre; over a hundred metres that is a thousandth
//! of a square metre, and a sliver of a centimetre's width has only one. So what a union says is taken for the
//! shape of a gap, and the drawn edges for where its sides are: each side is moved onto the edge that it came
//! from. What is left at the corners is of the size of a cell squared.

use geo::BoundingRect;
use geo_types::Polygon;

use super::orient::At;
use crate::{
    index::{SegmentIndex, SpatialIndex},
    model::{Bbox, Shapes},
};

/// How far a union moves a place, in cells: one to the grid, the rest where edges that cross are cut.
const MOVED_CELLS: f64 = 8.0;
/// Half the side of the square that holds everything has at least this many cells.
const CELLS: f64 = (1_u32 << 29) as f64;
/// How many edges near one place are looked at.
const NEAR: usize = 32;
/// How many corners one side may have lost.
const LOST: usize = 10_000;

/// The drawn edges near some gaps.
pub(super) struct Drawn {
    edges: Vec<[At; 2]>,
    index: SegmentIndex,
    /// How far from its edge a side may lie.
    reach: f64,
}

/// The foot of the perpendicular on an edge, or its nearer end, and how far it is.
fn foot([from, to]: [At; 2], at: At) -> (At, f64) {
    let along = [to[0] - from[0], to[1] - from[1]];
    let length_2 = along[0] * along[0] + along[1] * along[1];
    let share = if length_2 > 0.0 {
        ((at[0] - from[0]) * along[0] + (at[1] - from[1]) * along[1]) / length_2
    } else {
        0.0
    };
    let foot = match share.clamp(0.0, 1.0) {
        0.0 => from,
        1.0 => to,
        share => [from[0] + share * along[0], from[1] + share * along[1]],
    };
    (foot, (foot[0] - at[0]).hypot(foot[1] - at[1]))
}

impl Drawn {
    /// The edges of these layers that come near one of the gaps.
    pub(super) fn near(layers: &[&Shapes<f64>], gaps: &[Polygon<f64>]) -> Self {
        let whole = layers
            .iter()
            .filter_map(|shapes| Bbox::around(&shapes.coords))
            .reduce(Bbox::with);
        let half = whole.map_or(0.0, |whole| {
            (whole.east - whole.west).max(whole.north - whole.south) / 2.0
        });
        let reach = MOVED_CELLS * half / CELLS;
        let boxes = SpatialIndex::new(gaps.iter().enumerate().filter_map(|(at, gap)| {
            let rect = gap.bounding_rect()?;
            let bbox = Bbox {
                west: rect.min().x - reach,
                south: rect.min().y - reach,
                east: rect.max().x + reach,
                north: rect.max().y + reach,
            };
            Some((at as u32, bbox))
        }));
        let mut edges = vec![];
        let mut add = |step: &[At]| {
            let Some(around) = Bbox::around(step) else {
                return;
            };
            let mut meets = false;
            boxes.search(&around, |_| meets = true);
            if meets {
                edges.push([step[0], step[1]]);
            }
        };
        for shapes in layers {
            for shape in shapes.view().iter() {
                for part in shape.parts() {
                    part.rings()
                        .for_each(|ring| ring.windows(2).for_each(&mut add));
                }
            }
        }
        let index = SegmentIndex::new(
            edges
                .iter()
                .enumerate()
                .map(|(at, [from, to])| (at as u32, *from, *to)),
        );
        Self {
            edges,
            index,
            reach,
        }
    }

    /// The edges that a place may lie on.
    fn around(&self, at: At) -> Vec<usize> {
        self.index
            .nearest(at)
            .take_while(|near| near.distance <= self.reach)
            .take(NEAR)
            .map(|near| near.row as usize)
            .collect()
    }

    /// The edge that runs along the whole of a side; the nearest of several.
    fn along(&self, from: At, to: At) -> Option<[At; 2]> {
        let ends = self.around(to);
        let off = |edge: usize| foot(self.edges[edge], from).1 + foot(self.edges[edge], to).1;
        self.around(from)
            .into_iter()
            .filter(|edge| ends.contains(edge))
            .min_by(|a, b| off(*a).total_cmp(&off(*b)))
            .map(|edge| self.edges[edge])
    }

    /// The next corner on a side that lost some.
    fn corner(&self, from: At, to: At) -> Option<([At; 2], At)> {
        let length = (to[0] - from[0]).hypot(to[1] - from[1]);
        let ahead = |at: At| (at[0] - from[0]).hypot(at[1] - from[1]);
        self.around(from)
            .into_iter()
            .map(|edge| self.edges[edge])
            .flat_map(|edge| [(edge, edge[0]), (edge, edge[1])])
            .filter(|(_, end)| {
                let (foot, off) = foot([from, to], *end);
                off <= self.reach && ahead(foot) > self.reach && ahead(foot) < length - self.reach
            })
            .max_by(|a, b| ahead(a.1).total_cmp(&ahead(b.1)))
    }

    /// A ring of a gap with every side on the edge that it came from.
    pub(super) fn ring(&self, ring: &[At]) -> Vec<At> {
        let mut traced: Vec<At> = Vec::with_capacity(ring.len() * 2);
        let mut push = |at: At| {
            if traced.last() != Some(&at) {
                traced.push(at);
            }
        };
        for side in ring.windows(2) {
            let (mut from, to) = (side[0], side[1]);
            for _ in 0..LOST {
                if let Some(edge) = self.along(from, to) {
                    push(foot(edge, from).0);
                    push(foot(edge, to).0);
                    break;
                }
                let Some((edge, corner)) = self.corner(from, to) else {
                    push(from);
                    push(to);
                    break;
                };
                push(foot(edge, from).0);
                push(corner);
                from = corner;
            }
        }
        if let (Some(&first), true) = (traced.first(), traced.first() != traced.last()) {
            traced.push(first);
        }
        traced
    }
}

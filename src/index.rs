//! Where things are, for sets that are in hand: boxes in, row numbers out, and the nearest segments.
//!
//! Neighbours in the gate, nearest features in a query. Sets that are mapped from disk have their own
//! packed index in [`crate::snapshot`]. Nothing outside this file speaks to rstar; [`pairs()`] does without.

mod pairs;

use rstar::{AABB, PointDistance, RTree, RTreeObject};

use crate::model::Bbox;
pub use pairs::pairs;

/// A box and the row it stands for.
#[derive(Clone, Copy, Debug)]
struct Boxed {
    low: [f64; 2],
    high: [f64; 2],
    row: u32,
}

impl RTreeObject for Boxed {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.low, self.high)
    }
}

impl PointDistance for Boxed {
    fn distance_2(&self, point: &[f64; 2]) -> f64 {
        let off = |axis: usize| {
            (self.low[axis] - point[axis])
                .max(point[axis] - self.high[axis])
                .max(0.0)
        };
        off(0).powi(2) + off(1).powi(2)
    }
}

/// Boxes with row numbers, in whatever unit the boxes are.
#[derive(Debug)]
pub struct SpatialIndex {
    tree: RTree<Boxed>,
}

impl SpatialIndex {
    /// An index of these boxes. A box that is not finite is left out, because it is nowhere.
    pub fn new(boxes: impl IntoIterator<Item = (u32, Bbox)>) -> Self {
        let boxes: Vec<Boxed> = boxes
            .into_iter()
            .filter(|(_, bbox)| bbox.is_finite())
            .map(|(row, bbox)| Boxed {
                low: [bbox.west, bbox.south],
                high: [bbox.east, bbox.north],
                row,
            })
            .collect();
        Self {
            tree: RTree::bulk_load(boxes),
        }
    }

    /// The number of boxes.
    pub fn len(&self) -> usize {
        self.tree.size()
    }

    /// True without boxes.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every row whose box meets this one, edges included, in no particular order.
    pub fn search(&self, bbox: &Bbox, mut found: impl FnMut(u32)) {
        let window = AABB::from_corners([bbox.west, bbox.south], [bbox.east, bbox.north]);
        for boxed in self.tree.locate_in_envelope_intersecting(window) {
            found(boxed.row);
        }
    }

    /// Rows with the distance to their box, nearest first: a lower bound for the distance to what is
    /// in the box.
    pub fn nearest(&self, at: [f64; 2]) -> impl Iterator<Item = (u32, f64)> + '_ {
        self.tree
            .nearest_neighbor_iter_with_distance_2(at)
            .map(|(boxed, squared)| (boxed.row, squared.sqrt()))
    }
}

/// A straight piece of a line and the row it belongs to.
#[derive(Clone, Copy, Debug)]
struct Segment {
    from: [f64; 2],
    to: [f64; 2],
    row: u32,
}

/// The foot of the perpendicular on a segment, or its nearer end.
fn foot(from: [f64; 2], to: [f64; 2], at: [f64; 2]) -> [f64; 2] {
    let along = [to[0] - from[0], to[1] - from[1]];
    let length_2 = along[0] * along[0] + along[1] * along[1];
    if length_2 == 0.0 {
        return from;
    }
    let share = ((at[0] - from[0]) * along[0] + (at[1] - from[1]) * along[1]) / length_2;
    let share = share.clamp(0.0, 1.0);
    [from[0] + share * along[0], from[1] + share * along[1]]
}

impl RTreeObject for Segment {
    type Envelope = AABB<[f64; 2]>;

    fn envelope(&self) -> Self::Envelope {
        AABB::from_corners(self.from, self.to)
    }
}

impl PointDistance for Segment {
    fn distance_2(&self, point: &[f64; 2]) -> f64 {
        let [x, y] = foot(self.from, self.to, *point);
        (x - point[0]).powi(2) + (y - point[1]).powi(2)
    }
}

/// The segments of many lines, for the nearest place on them.
#[derive(Debug)]
pub struct SegmentIndex {
    tree: RTree<Segment>,
}

/// The nearest place on a line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Nearest {
    /// The row of the line.
    pub row: u32,
    /// How far it is, in the unit of the coordinates.
    pub distance: f64,
    /// Where it is.
    pub at: [f64; 2],
}

impl SegmentIndex {
    /// An index of these segments, each a row and two ends. Those that are not finite are left out.
    pub fn new(segments: impl IntoIterator<Item = (u32, [f64; 2], [f64; 2])>) -> Self {
        let segments: Vec<Segment> = segments
            .into_iter()
            .map(|(row, from, to)| Segment { from, to, row })
            .filter(|one| one.from.iter().chain(&one.to).all(|c| c.is_finite()))
            .collect();
        Self {
            tree: RTree::bulk_load(segments),
        }
    }

    /// Places on segments, nearest first; a row comes once for each of its segments.
    pub fn nearest(&self, at: [f64; 2]) -> impl Iterator<Item = Nearest> + '_ {
        self.tree
            .nearest_neighbor_iter_with_distance_2(at)
            .map(move |(segment, squared)| Nearest {
                row: segment.row,
                distance: squared.sqrt(),
                at: foot(segment.from, segment.to, at),
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scattered(count: u32) -> Vec<(u32, Bbox)> {
        let mut seed = 12_345_u64;
        let mut next = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 40) as f64 / f64::from(1 << 24)
        };
        (0..count)
            .map(|row| {
                let (x, y) = (next() * 100.0, next() * 100.0);
                let bbox = Bbox::from([x, y, x + next() * 4.0, y + next() * 4.0]);
                (row, bbox)
            })
            .collect()
    }

    #[test]
    fn searches_and_pairs_equal_a_plain_scan() {
        let mut boxes = scattered(800);
        let index = SpatialIndex::new(boxes.iter().copied());
        for (_, window) in scattered(60) {
            let mut found = vec![];
            index.search(&window, |row| found.push(row));
            found.sort_unstable();
            let plain: Vec<u32> = boxes
                .iter()
                .filter(|(_, bbox)| bbox.meets(&window))
                .map(|(row, _)| *row)
                .collect();
            assert_eq!(found, plain);
        }
        let rects: Vec<Bbox> = boxes.iter().map(|&(_, bbox)| bbox).collect();
        let mut found = vec![];
        pairs(&rects, |one, other| {
            found.push((one, other));
            true
        });
        let mut few = 0;
        pairs(&rects, |_, _| {
            few += 1;
            few < 3
        });
        assert_eq!(few, 3, "told to stop");
        found.sort_unstable();
        let mut plain = vec![];
        for (row, bbox) in &boxes {
            for (other, its) in &boxes[*row as usize + 1..] {
                if bbox.meets(its) {
                    plain.push((*row, *other));
                }
            }
        }
        assert_eq!(found, plain);
        for few in 0..3 {
            let mut count = 0;
            pairs(&vec![rects[0]; few], |_, _| {
                count += 1;
                true
            });
            assert_eq!(count, few.saturating_sub(1), "{few} boxes on one place");
        }
        boxes.push((900, Bbox::from([f64::NAN, 0.0, 1.0, 1.0])));
        assert_eq!(SpatialIndex::new(boxes).len(), 800);
    }

    #[test]
    fn the_nearest_place_on_a_line_is_its_foot_or_its_end() {
        let index = SegmentIndex::new([(7, [0.0, 0.0], [10.0, 0.0]), (8, [0.0, 5.0], [0.0, 5.0])]);
        let first = |at| index.nearest(at).next().unwrap();
        let on = first([4.0, 1.0]);
        assert_eq!((on.row, on.distance, on.at), (7, 1.0, [4.0, 0.0]));
        assert_eq!(first([13.0, 4.0]).distance, 5.0);
        assert_eq!(first([0.0, 4.0]).row, 8);
    }
}

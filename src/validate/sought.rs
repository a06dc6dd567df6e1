//! The gaps that a union found, sought between the drawn edges.
//!
//! What is found again is told as it was drawn. What is not, or cannot be in good time, stays as the union has it.

use geo::{Area, BoundingRect, Euclidean, Length};
use geo_types::Polygon;

use super::{
    orient::At,
    uncovered::{Ground, WORK, around, joined, place_in, uncovered},
};
use crate::{
    index::SpatialIndex,
    model::{Bbox, Shapes},
};

/// Half the side of the square that holds everything has about this many cells of a union's grid.
const CELLS: f64 = (1_u32 << 29) as f64;
/// How many times its size the ground of a gap is walked around it: it may go on where the union closed it, with a corner
/// between edges that run almost one way far from there. What is not found in the first is sought in the second.
const REACHES: [f64; 2] = [2.0, 16.0];
/// How many cells wide a gap is, on average, that a union may have parted or filled up in places.
const THIN: f64 = 200.0;

/// What a union found to be left out, as it was drawn. The first of the layers covers; the second, where there is one,
/// is the ground to be covered.
pub(super) fn measured(found: &[Polygon<f64>], layers: &[&Shapes<f64>]) -> Vec<Ground> {
    let mut left = WORK;
    let mut sought: Vec<Sought<'_>> = found
        .iter()
        .map(|gap| Sought::new(gap, &mut left))
        .collect();
    match drawn(&mut sought, layers, &mut left) {
        Some(mut drawn) => {
            let missed = sought.into_iter().filter(|gap| !gap.again);
            drawn.extend(missed.map(|gap| gap.ground));
            drawn
        }
        // Nobody knows which is which any more: all as the union has it.
        None => sought.into_iter().map(|gap| gap.ground).collect(),
    }
}

/// A gap as a union has it, and whether it was found again between the drawn edges.
struct Sought<'a> {
    gap: &'a Polygon<f64>,
    ground: Ground,
    again: bool,
}

impl<'a> Sought<'a> {
    fn new(gap: &'a Polygon<f64>, left: &mut usize) -> Self {
        let rings = rings(gap);
        let inside = place_in(&rings, left).ok().flatten();
        let ground = Ground {
            inside: inside.unwrap_or(rings[0][0]),
            rings,
        };
        Self {
            gap,
            ground,
            again: false,
        }
    }
}

/// The drawn ground around what is sought, which learns whether it is among it. None when that would take too long.
fn drawn(
    sought: &mut [Sought<'_>],
    layers: &[&Shapes<f64>],
    left: &mut usize,
) -> Option<Vec<Ground>> {
    let whole = layers
        .iter()
        .filter_map(|shapes| Bbox::around(&shapes.coords))
        .reduce(Bbox::with);
    let cell = whole.map_or(0.0, |whole| {
        (whole.east - whole.west).max(whole.north - whole.south) / 2.0 / CELLS
    });
    let mut drawn: Vec<Ground> = vec![];
    for reach in REACHES {
        let boxes = joined(sought.iter().filter(|gap| !gap.again).filter_map(|gap| {
            let own = grown(gap.gap, 0.0)?;
            let size = (own.east - own.west).max(own.north - own.south);
            grown(gap.gap, THIN * cell + reach * size)
        }));
        if boxes.is_empty() {
            break;
        }
        let known = Places::of(&drawn);
        let mut new = vec![];
        for ground in uncovered(boxes, layers).unwrap_or_default() {
            if !known.hold(ground.inside, 0.0, left)? {
                new.push(ground);
            }
        }
        drawn.append(&mut new);
        let known = Places::of(&drawn);
        for gap in sought.iter_mut().filter(|gap| !gap.again) {
            // Beside what is thin, the place may lie off the drawn ground.
            let off = if is_thin(gap.gap, cell) {
                THIN * cell
            } else {
                0.0
            };
            gap.again = known.hold(gap.ground.inside, off, left)?;
        }
    }
    Some(drawn)
}

/// Pieces of ground by where they lie.
struct Places<'a> {
    drawn: &'a [Ground],
    boxes: SpatialIndex,
}

impl<'a> Places<'a> {
    fn of(drawn: &'a [Ground]) -> Self {
        let boxes = (0..).zip(drawn);
        let boxes = boxes.filter_map(|(at, ground)| Some((at, Bbox::around(&ground.rings[0])?)));
        Self {
            drawn,
            boxes: SpatialIndex::new(boxes),
        }
    }

    /// True when one of them holds the place or, with a distance, has a box no further off.
    fn hold(&self, at: At, off: f64, left: &mut usize) -> Option<bool> {
        let mut near = vec![];
        self.boxes.search(&around(at, off), |one| near.push(one));
        if off > 0.0 {
            return Some(!near.is_empty());
        }
        for one in near {
            if self.drawn[one as usize].holds(at, left)? {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// True for a gap so thin that a union may have parted it, or filled it up in places.
fn is_thin(gap: &Polygon<f64>, cell: f64) -> bool {
    let rings = std::iter::once(gap.exterior()).chain(gap.interiors());
    let around: f64 = rings.map(|ring| Euclidean.length(ring)).sum();
    gap.unsigned_area() * 2.0 < THIN * cell * around
}

/// The rings of an area, the outer one first.
pub(super) fn rings(polygon: &Polygon<f64>) -> Vec<Vec<At>> {
    std::iter::once(polygon.exterior())
        .chain(polygon.interiors())
        .map(|ring| ring.0.iter().map(|at| [at.x, at.y]).collect())
        .collect()
}

/// The box of a gap, so much larger on each side.
fn grown(gap: &Polygon<f64>, by: f64) -> Option<Bbox> {
    let rect = gap.bounding_rect()?;
    let [low, high] = [rect.min(), rect.max()].map(|at| around([at.x, at.y], by));
    Some(low.with(high))
}

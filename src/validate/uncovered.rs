//! Ground that no area covers, as exactly as it was drawn.
//!
//! A union says which gaps there are, but lays all coordinates on a grid first: it moves sides by hundredths of a
//! millimetre, which is a millionth of a gap of a few metres' width, and parts or fills up what is thinner. So what it
//! finds says only where to look (`sought`). There the faces between the drawn edges are walked, and those are gaps that
//! lie in the city and in no area.

use std::cmp::Ordering;

use super::{
    faces::faces,
    geometry::doubled_area,
    noding::{Grain, noded},
    orient::{At, side},
};
use crate::{
    index::SpatialIndex,
    model::{Bbox, ShapeRef, Shapes},
};

/// How many corners may be looked at to find places in faces, and how many edges to tell whether they are covered.
pub(super) const WORK: usize = 500_000_000;
/// At how many heights a place in a face is looked for.
const HEIGHTS: usize = 200;
/// How often ground is followed out of the boxes.
const FOLLOWED: usize = 3;
/// How many boxes of gaps are kept apart.
const BOXES: usize = 1_000;

/// A piece of uncovered ground: its outer ring and the rings of islands in it, all closed.
pub(super) struct Ground {
    pub(super) rings: Vec<Vec<At>>,
    /// A place in it.
    pub(super) inside: At,
}

/// Every face between the edges in these boxes that is ground of the city, where there is one, and not of any area.
/// None when that would take too long. Ground that leaves the boxes is followed a few times.
pub(super) fn uncovered(mut boxes: Vec<Bbox>, layers: &[&Shapes<f64>]) -> Option<Vec<Ground>> {
    let mut left = WORK;
    for _ in 0..FOLLOWED {
        let (found, beyond) = faces_in(&boxes, layers, &mut left)?;
        if beyond.is_empty() {
            return Some(found);
        }
        boxes = joined(boxes.into_iter().chain(beyond));
    }
    Some(faces_in(&boxes, layers, &mut left)?.0)
}

/// The uncovered faces inside one of the boxes, and the boxes of those that are not.
fn faces_in(
    boxes: &[Bbox],
    layers: &[&Shapes<f64>],
    left: &mut usize,
) -> Option<(Vec<Ground>, Vec<Bbox>)> {
    let edges = edges_in(layers, boxes);
    let (shells, islands): (Vec<_>, Vec<_>) = faces(&noded(edges, Grain::Bits, None)?)
        .into_iter()
        .filter(|ring| doubled_area(ring) != 0.0)
        .partition(|ring| doubled_area(ring) > 0.0);
    let areas = Cover::of(layers[0]);
    let city = layers.get(1).map(|city| Cover::of(city));
    let (mut found, mut beyond) = (vec![], vec![]);
    for shell in shells {
        let around = Bbox::around(&shell)?;
        let mut rings = vec![shell];
        *left = left.checked_sub(islands.len())?;
        for island in &islands {
            // The outside of the ground that the face itself lies in runs through its corners: no island.
            if around.holds(island[0])
                && !rings[0].contains(&island[0])
                && odd(&rings[0], island[0], left)?
            {
                rings.push(island.clone());
            }
        }
        let Some(inside) = place_in(&rings, left).ok()? else {
            continue;
        };
        let ground = match &city {
            Some(city) => city.holds(inside, left)?,
            None => true,
        };
        if ground && !areas.holds(inside, left)? {
            let ends = [[around.west, around.south], [around.east, around.north]];
            let whole = |bbox: &Bbox| ends.iter().all(|at| bbox.holds(*at));
            if boxes.iter().any(whole) {
                found.push(Ground { rings, inside });
            } else {
                beyond.push(around);
            }
        }
    }
    Some((found, beyond))
}

/// The box around a place, so far on each side.
pub(super) fn around([x, y]: At, by: f64) -> Bbox {
    Bbox {
        west: x - by,
        south: y - by,
        east: x + by,
        north: y + by,
    }
}

/// Boxes that meet, made one: a gap may have been parted, so that its parts have a box each.
pub(super) fn joined(boxes: impl Iterator<Item = Bbox>) -> Vec<Bbox> {
    let mut apart: Vec<Bbox> = vec![];
    for mut whole in boxes {
        while let Some(at) = apart.iter().position(|other| other.meets(&whole)) {
            whole = whole.with(apart.swap_remove(at));
        }
        apart.push(whole);
        // So many gaps lie everywhere.
        if apart.len() > BOXES {
            return apart.into_iter().reduce(Bbox::with).into_iter().collect();
        }
    }
    apart
}

/// The edges of these layers that come into one of the boxes.
fn edges_in(layers: &[&Shapes<f64>], boxes: &[Bbox]) -> Vec<[At; 2]> {
    let boxes = SpatialIndex::new((0..).zip(boxes.iter().copied()));
    let mut edges = vec![];
    let mut add = |step: &[At]| {
        let mut meets = false;
        if let Some(around) = Bbox::around(step) {
            boxes.search(&around, |_| meets = true);
        }
        if meets {
            edges.push([step[0], step[1]]);
        }
    };
    for shapes in layers {
        for part in shapes.view().iter().flat_map(|shape| shape.parts()) {
            part.rings()
                .for_each(|ring| ring.windows(2).for_each(&mut add));
        }
    }
    edges
}

impl Ground {
    /// Its area in the square of the coordinates' unit.
    pub(super) fn area(&self) -> f64 {
        let mut sizes = self.rings.iter().map(|ring| doubled_area(ring).abs() / 2.0);
        sizes.next().unwrap_or(0.0) - sizes.sum::<f64>()
    }

    pub(super) fn holds(&self, at: At, left: &mut usize) -> Option<bool> {
        let mut inside = false;
        for ring in &self.rings {
            inside ^= odd(ring, at, left)?;
        }
        Some(inside)
    }
}

/// The work is spent.
pub(super) struct Spent;

/// A place in a face, where it is widest by height; none where it is too thin to have one.
pub(super) fn place_in(rings: &[Vec<At>], left: &mut usize) -> Result<Option<At>, Spent> {
    let mut levels: Vec<f64> = rings.iter().flatten().map(|at| at[1]).collect();
    let corners = levels.len();
    levels.sort_unstable_by(f64::total_cmp);
    levels.dedup();
    let mut best: Option<(f64, At)> = None;
    let step = levels.len().div_ceil(HEIGHTS).max(1);
    for pair in levels.windows(2).step_by(step) {
        *left = left.checked_sub(corners).ok_or(Spent)?;
        let y = f64::midpoint(pair[0], pair[1]);
        let mut xs: Vec<f64> = rings
            .iter()
            .flat_map(|ring| ring.windows(2))
            .filter(|step| (step[0][1] > y) != (step[1][1] > y))
            .map(|step| {
                let share = (y - step[0][1]) / (step[1][1] - step[0][1]);
                step[0][0] + share * (step[1][0] - step[0][0])
            })
            .collect();
        xs.sort_unstable_by(f64::total_cmp);
        for span in xs.chunks_exact(2) {
            let size = (span[1] - span[0]) * (pair[1] - pair[0]);
            if size > best.map_or(0.0, |(most, _)| most) {
                best = Some((size, [f64::midpoint(span[0], span[1]), y]));
            }
        }
    }
    Ok(best.map(|(_, at)| at))
}

/// True where a ring goes around a place an odd number of times. Exact but on the ring itself.
fn odd(ring: &[At], at: At, left: &mut usize) -> Option<bool> {
    *left = left.checked_sub(ring.len())?;
    let crossed = ring.windows(2).filter(|step| {
        let (from, to) = (step[0], step[1]);
        let up = to[1] > at[1];
        (from[1] > at[1]) != up
            && side(from, to, at)
                == if up {
                    Ordering::Greater
                } else {
                    Ordering::Less
                }
    });
    Some(crossed.count() % 2 == 1)
}

/// Areas that may cover a place.
struct Cover<'a> {
    shapes: &'a Shapes<f64>,
    boxes: SpatialIndex,
}

impl<'a> Cover<'a> {
    fn of(shapes: &'a Shapes<f64>) -> Self {
        let boxes = SpatialIndex::new(
            shapes
                .view()
                .iter()
                .enumerate()
                .filter_map(|(row, shape)| Some((row as u32, shape.bbox()?))),
        );
        Self { shapes, boxes }
    }

    fn holds(&self, at: At, left: &mut usize) -> Option<bool> {
        let mut rows = vec![];
        self.boxes.search(&around(at, 0.0), |row| rows.push(row));
        for row in rows {
            if holds(self.shapes.get(row as usize), at, left)? {
                return Some(true);
            }
        }
        Some(false)
    }
}

/// True inside a shape: in a ring entered as a hole but outside the outline, too.
fn holds(shape: ShapeRef<'_, f64>, at: At, left: &mut usize) -> Option<bool> {
    for part in shape.parts() {
        let mut inside = false;
        for ring in part.rings() {
            inside ^= odd(ring, at, left)?;
        }
        if inside {
            return Some(true);
        }
    }
    Some(false)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ShapeKind;

    const EVERYWHERE: [Bbox; 1] = [Bbox {
        west: -180.0,
        south: -90.0,
        east: 180.0,
        north: 90.0,
    }];

    fn layer(rings: &[&[At]]) -> Shapes<f64> {
        let mut shapes = Shapes::new();
        for ring in rings {
            shapes.coords.extend(*ring);
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature(ShapeKind::Polygon);
        }
        shapes
    }

    #[test]
    fn a_gap_of_a_few_cells_is_measured_to_its_last_bits() {
        // Two areas a billionth apart along a line of a tenth, which cross in its middle: one gap, one overlap.
        let thin = 1e-9;
        let (west, middle, east) = (75.0, 75.05, 75.1);
        let shapes = layer(&[
            &[
                [west, 26.0],
                [east, 26.0],
                [east, 26.1],
                [west, 26.1],
                [west, 26.0],
            ],
            &[
                [west, 26.1 + thin],
                [east, 26.1 - thin],
                [east, 26.2],
                [west, 26.2],
                [west, 26.1 + thin],
            ],
            &[
                [west - 0.1, 26.0],
                [west, 26.0],
                [west, 26.2],
                [west - 0.1, 26.2],
                [west - 0.1, 26.0],
            ],
        ]);
        let found = uncovered(EVERYWHERE.to_vec(), &[&shapes]).unwrap();
        assert_eq!(found.len(), 1);
        // Left of the middle the upper one lies higher; the third area closes the gap in the west.
        let area = doubled_area(&found[0].rings[0]) / 2.0;
        let drawn = (26.1 + thin) - 26.1;
        let below = 26.1 - (26.1 - thin);
        let width = (east - west) * drawn / (drawn + below);
        assert!((area / (width * drawn / 2.0) - 1.0).abs() < 1e-6, "{area}");
        assert!(found[0].inside[0] < middle && found[0].inside[1] > 26.1);
    }

    #[test]
    fn an_island_in_a_gap_is_no_part_of_it_and_a_city_ends_where_it_ends() {
        let square = |low: f64, high: f64| {
            vec![
                [low, low],
                [high, low],
                [high, high],
                [low, high],
                [low, low],
            ]
        };
        let city = layer(&[&square(0.0, 10.0)]);
        let areas = layer(&[&square(4.0, 6.0), &square(20.0, 21.0)]);
        let found = uncovered(EVERYWHERE.to_vec(), &[&areas, &city]).unwrap();
        assert_eq!(found.len(), 1);
        let sizes: Vec<f64> = found[0].rings.iter().map(|r| doubled_area(r)).collect();
        assert_eq!(sizes, [200.0, -8.0]);
    }
}

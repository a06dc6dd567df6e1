//! How much ground two areas share, and where.
//!
//! An area is the signed sum of the trapezoids between its edges and a base line, so the common area of
//! two is the sum, over pairs of edges that share an x, of what their trapezoids have in common. Nothing
//! is cut, snapped or classified: a shared edge cancels to the last bits, which is the common case between
//! neighbours and the one that general overlays are worst at. Only edges over the common box matter, and
//! edges of real outlines share their x with few others, so it is quick too.

use super::{geometry::doubled_area, orient::At};
use crate::model::{Bbox, ShapeRef};

/// How many pairs of edges one pair of areas may cost; more than any honest pair needs.
const WORK: usize = 30_000_000;
/// Between how many corners along x the deepest overlap is looked for.
const TRIED: usize = 300;

/// What a pair costs besides, in nanoseconds.
const PAIR: usize = 200;

/// How many crossings count as corners.
const CROSSINGS: usize = 2000;

/// An edge over the common box, from left to right, its heights above the base, and its sign.
#[derive(Clone, Copy, Debug)]
struct Edge {
    x: [f64; 2],
    y: [f64; 2],
    sign: f64,
}

impl Edge {
    fn at(&self, x: f64) -> f64 {
        let share = (x - self.x[0]) / (self.x[1] - self.x[0]);
        self.y[0] + (self.y[1] - self.y[0]) * share
    }
}

/// Measures pair after pair and keeps its memory between them.
#[derive(Debug, Default)]
pub(super) struct Overlap {
    one: Vec<Edge>,
    other: Vec<Edge>,
    reach: Vec<f64>,
    base: f64,
    height: f64,
    /// What was spent so far, in about nanoseconds.
    work: usize,
}

impl Overlap {
    /// What all pairs so far have cost, in about nanoseconds: the same for the same areas on every machine.
    pub(super) fn work(&self) -> usize {
        self.work
    }

    /// The common area, in the square of the coordinates' unit. None when it would take too long.
    pub(super) fn area(
        &mut self,
        one: ShapeRef<'_, f64>,
        other: ShapeRef<'_, f64>,
        common: &Bbox,
    ) -> Option<f64> {
        self.work += PAIR + one.coords().len() + other.coords().len();
        self.base = common.south;
        self.height = common.north - common.south;
        if !(self.height > 0.0 && common.east > common.west) {
            return Some(0.0);
        }
        let mut edges = std::mem::take(&mut self.one);
        self.collect(one, common, &mut edges);
        self.one = edges;
        let mut edges = std::mem::take(&mut self.other);
        self.collect(other, common, &mut edges);
        self.other = edges;
        self.sum()
    }

    /// The edges of a shape over the box, cut at its sides and clamped to its height.
    fn collect(&self, shape: ShapeRef<'_, f64>, common: &Bbox, edges: &mut Vec<Edge>) {
        edges.clear();
        for part in shape.parts() {
            for (number, ring) in part.rings().enumerate() {
                // Whatever way a ring runs, a shell adds and a hole takes off.
                let turn = doubled_area(ring).signum() * if number == 0 { 1.0 } else { -1.0 };
                for step in ring.windows(2) {
                    let (from, to) = (step[0], step[1]);
                    let (left, right, sign) = if from[0] < to[0] {
                        (from, to, -turn)
                    } else {
                        (to, from, turn)
                    };
                    if left[0] >= common.east
                        || right[0] <= common.west
                        || left[0] == right[0]
                        || (left[1] <= common.south && right[1] <= common.south)
                    {
                        continue;
                    }
                    self.cut(left, right, sign, common, edges);
                }
            }
        }
        edges.sort_unstable_by(|a, b| a.x[0].total_cmp(&b.x[0]));
    }

    fn cut(&self, left: At, right: At, sign: f64, common: &Bbox, edges: &mut Vec<Edge>) {
        // Both directions of a shared edge come here as the same two points, so they cancel exactly.
        let whole = Edge {
            x: [left[0], right[0]],
            y: [left[1] - self.base, right[1] - self.base],
            sign,
        };
        let from = left[0].max(common.west);
        let to = right[0].min(common.east);
        let y = |x: f64| {
            if x == left[0] {
                whole.y[0]
            } else if x == right[0] {
                whole.y[1]
            } else {
                whole.at(x)
            }
        };
        let mut marks = [from, to, to, to];
        let mut count = 1;
        let rise = whole.y[1] - whole.y[0];
        if rise != 0.0 {
            let cross = |level: f64| left[0] + (level - whole.y[0]) / rise * (right[0] - left[0]);
            let mut levels = [cross(0.0), cross(self.height)];
            levels.sort_unstable_by(f64::total_cmp);
            for x in levels {
                if x > from && x < to {
                    marks[count] = x;
                    count += 1;
                }
            }
        }
        marks[count] = to;
        for span in marks[..=count].windows(2) {
            let x = [span[0], span[1]];
            if x[0] >= x[1] {
                continue;
            }
            let y = [y(x[0]), y(x[1])].map(|y| y.clamp(0.0, self.height));
            if y != [0.0, 0.0] {
                edges.push(Edge { x, y, sign });
            }
        }
    }

    fn sum(&mut self) -> Option<f64> {
        self.reach.clear();
        let mut furthest = f64::MIN;
        for edge in &self.other {
            furthest = furthest.max(edge.x[1]);
            self.reach.push(furthest);
        }
        let mut total = 0.0;
        let mut work = 0;
        for a in &self.one {
            let first = self.reach.partition_point(|reach| *reach <= a.x[0]);
            for b in &self.other[first..] {
                if b.x[0] >= a.x[1] {
                    break;
                }
                work += 1;
                total += a.sign * b.sign * below_both(a, b);
            }
            if work > WORK {
                break;
            }
        }
        self.work += 8 * work;
        (work <= WORK).then_some(total.max(0.0))
    }

    /// A place inside the overlap that was measured last, where it is deepest from south to north.
    pub(super) fn place(&self) -> Option<At> {
        let mut xs: Vec<f64> = self
            .one
            .iter()
            .chain(&self.other)
            .flat_map(|edge| edge.x)
            .collect();
        // An overlap may have no corner of either: where two strips cross, its corners are the crossings.
        let corners = xs.len();
        for a in &self.one {
            let first = self.reach.partition_point(|reach| *reach <= a.x[0]);
            for b in self.other[first..].iter().take_while(|b| b.x[0] < a.x[1]) {
                let (left, right) = (a.x[0].max(b.x[0]), a.x[1].min(b.x[1]));
                let (dl, dr) = (a.at(left) - b.at(left), a.at(right) - b.at(right));
                if left < right && dl * dr < 0.0 && xs.len() < corners + CROSSINGS {
                    xs.push(left + dl / (dl - dr) * (right - left));
                }
            }
        }
        xs.sort_unstable_by(f64::total_cmp);
        xs.dedup();
        let step = xs.len().div_ceil(TRIED).max(1);
        let mut best: Option<(f64, At)> = None;
        for pair in xs.windows(2).step_by(step) {
            let width = pair[1] - pair[0];
            let x = f64::midpoint(pair[0], pair[1]);
            // Corners may be so near that nothing is between them.
            if x <= pair[0] || x >= pair[1] {
                continue;
            }
            if let Some((deep, y)) = self.deepest_at(x)
                && best.is_none_or(|(most, _)| deep.min(width) > most)
            {
                best = Some((deep.min(width), [x, y]));
            }
        }
        best.map(|(_, at)| at)
    }

    fn deepest_at(&self, x: f64) -> Option<(f64, f64)> {
        let mut levels: Vec<(f64, usize, f64)> = vec![];
        for (who, edges) in [&self.one, &self.other].into_iter().enumerate() {
            for edge in edges.iter().take_while(|edge| edge.x[0] < x) {
                if edge.x[1] > x {
                    levels.push((edge.at(x), who, edge.sign));
                }
            }
        }
        levels.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        levels.push((0.0, 0, 0.0));
        let mut inside = [0.0; 2];
        let mut best: Option<(f64, f64)> = None;
        for pair in levels.windows(2) {
            let (top, who, sign) = pair[0];
            inside[who] += sign;
            let deep = top - pair[1].0;
            if inside[0] > 0.5 && inside[1] > 0.5 && best.is_none_or(|(most, _)| deep > most) {
                best = Some((deep, self.base + top - deep / 2.0));
            }
        }
        best
    }
}

/// The area under both of two edges, over the x they share.
fn below_both(a: &Edge, b: &Edge) -> f64 {
    let (left, right) = (a.x[0].max(b.x[0]), a.x[1].min(b.x[1]));
    let width = right - left;
    if width <= 0.0 {
        return 0.0;
    }
    let (al, ar, bl, br) = (a.at(left), a.at(right), b.at(left), b.at(right));
    let (dl, dr) = (al - bl, ar - br);
    if dl <= 0.0 && dr <= 0.0 {
        return f64::midpoint(al, ar) * width;
    }
    if dl >= 0.0 && dr >= 0.0 {
        return f64::midpoint(bl, br) * width;
    }
    let share = dl / (dl - dr);
    let cross = al + (ar - al) * share;
    (f64::midpoint(al.min(bl), cross) * share + f64::midpoint(cross, ar.min(br)) * (1.0 - share))
        * width
}

/// What two boxes share; none when they share no area.
pub(super) fn common(a: &Bbox, b: &Bbox) -> Option<Bbox> {
    let both = Bbox {
        west: a.west.max(b.west),
        south: a.south.max(b.south),
        east: a.east.min(b.east),
        north: a.north.min(b.north),
    };
    (both.east > both.west && both.north > both.south).then_some(both)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ShapeKind, Shapes};

    fn square(shapes: &mut Shapes<f64>, [x, y]: At, size: f64, hole: bool) {
        let mut ring = |x: f64, y: f64, size: f64| {
            shapes.coords.extend([
                [x, y],
                [x + size, y],
                [x + size, y + size],
                [x, y + size],
                [x, y],
            ]);
            shapes.end_ring();
        };
        ring(x, y, size);
        if hole {
            ring(x + size / 4.0, y + size / 4.0, size / 2.0);
        }
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
    }

    #[test]
    fn overlaps_are_measured_and_shared_edges_are_none() {
        let mut shapes = Shapes::new();
        square(&mut shapes, [0.0, 0.0], 4.0, true);
        for at in [[2.0, 2.0], [4.0, 0.0], [1.0, 1.0], [-1.0, -1.0]] {
            square(&mut shapes, at, 2.0, false);
        }
        let mut overlap = Overlap::default();
        for (row, wanted) in [(1, 4.0 - 1.0), (2, 0.0), (3, 0.0), (4, 1.0)] {
            let (one, other) = (shapes.get(0), shapes.get(row));
            let found = common(&one.bbox().unwrap(), &other.bbox().unwrap())
                .map_or(0.0, |both| overlap.area(one, other, &both).unwrap());
            assert!((found - wanted).abs() < 1e-12, "{row}: {found}");
            if wanted > 0.0 {
                let [x, y] = overlap.place().unwrap();
                let inside = other.bbox().unwrap().holds([x, y]) && !(1.0..3.0).contains(&x)
                    || !(1.0..3.0).contains(&y);
                assert!(inside, "{x} {y}");
            }
        }
    }

    #[test]
    fn common_areas_equal_geos_to_a_millionth() {
        use crate::validate::validity::{Checker, Dice, boxes, geos, scribble};
        let mut dice = Dice(4);
        let mut checker = Checker::default();
        let mut overlap = Overlap::default();
        let mut shapes = Shapes::new();
        let (mut apart, mut over) = (0, 0);
        while over < 4_000 {
            shapes.clear();
            for _ in 0..2 {
                if dice.below(3) == 0 {
                    boxes(&mut dice, &mut shapes);
                } else {
                    scribble(&mut dice, &mut shapes);
                }
            }
            // Off the grid and far from the origin, as metres in a UTM zone are.
            for at in &mut shapes.coords {
                *at = [at[0] * 3.7 + 780_000.1, at[1] * 4.1 + 1_430_000.3];
            }
            let (one, other) = (shapes.get(0), shapes.get(1));
            if [one, other]
                .into_iter()
                .any(|shape| checker.check(shape).is_none_or(|faults| !faults.is_empty()))
            {
                continue;
            }
            let ours = common(&one.bbox().unwrap(), &other.bbox().unwrap())
                .map_or(0.0, |both| overlap.area(one, other, &both).unwrap());
            let theirs = geos(one)
                .intersection(&geos(other))
                .map_or(0.0, |common| common.area());
            assert!(
                (ours - theirs).abs() <= 1e-6 * theirs.max(1.0),
                "{ours} {theirs} {} {}",
                geos(one).wkt().unwrap(),
                geos(other).wkt().unwrap()
            );
            // Below that, a corner that misses an edge by a rounding is all there is.
            if theirs > 1e-4 {
                over += 1;
                let [x, y] = overlap.place().unwrap();
                let point =
                    gdal::vector::Geometry::from_wkt(&format!("POINT ({x:.9} {y:.9})")).unwrap();
                assert!(
                    geos(one).contains(&point) && geos(other).contains(&point),
                    "{x} {y} {theirs} {} {}",
                    geos(one).wkt().unwrap(),
                    geos(other).wkt().unwrap()
                );
            } else {
                apart += 1;
            }
        }
        assert!(apart > 100, "{apart}");
    }
}

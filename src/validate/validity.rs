//! Is a geometry valid by OGC Simple Features, and if not, where?
//!
//! The meaning is that of OGC 06-103r4 section 6.1.11 as GEOS answers it: rings are closed, simple and
//! touch each other at most at points, holes lie inside their shell and not in one another, the
//! interior hangs together, parts do not overlap. `geo`'s own check compares every segment with every
//! other and GEOS must not run in the serving process, so this is ours: small shapes by plain pairs,
//! long ones by a pyramid of boxes over runs of neighbouring segments, which follows the line and so
//! needs no sorting. All predicates are exact.

use std::{cmp::Ordering, collections::HashMap};

use super::{
    orient::{At, is_ccw, side, turns_over, within},
    pyramid::Pyramid,
};
use crate::{
    index,
    model::{Bbox, ShapeRef},
};

/// Below this many segments plain pairs are quicker than a pyramid.
const SMALL: usize = 40;
/// How many faults of one shape are named.
pub(super) const FAULTS_A_SHAPE: usize = 20;
/// How many pairs of segments one shape may cost, and how many more for each of its segments. Real shapes
/// need a few dozen a segment; what needs more was made to stop us.
const WORK: u64 = 10_000_000;
const WORK_A_SEGMENT: u64 = 300;
/// How many all shapes of a layer may cost.
const WORK_A_LAYER: u64 = 2_000_000_000;

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Flaw {
    /// A coordinate is NaN or infinite.
    NotFinite,
    /// A ring's last coordinate is not its first.
    Unclosed,
    /// A ring with fewer than three corners or a line with fewer than two.
    TooFewPoints,
    /// Two edges cross.
    Crossing,
    /// The boundary runs back along itself or along another ring of the shape.
    Doubled,
    /// A ring touches itself.
    RingTouch,
    /// A hole outside its shell.
    HoleOutside,
    /// A hole inside another hole.
    HoleInHole,
    /// Holes that touch cut the interior in two.
    Disconnected,
    /// One part of a multi-polygon lies inside another.
    PartInPart,
}

/// One fault and its place: `share` of the way from one coordinate of the layer to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fault {
    pub(super) flaw: Flaw,
    pub(super) from: u32,
    pub(super) to: u32,
    pub(super) share: f64,
    /// The place in the shape's own coordinates, by which one fault is not named twice.
    here: At,
}

impl Fault {
    fn vertex(flaw: Flaw, at: u32, here: At) -> Self {
        Self {
            flaw,
            from: at,
            to: at,
            share: 0.0,
            here,
        }
    }

    /// Where it is, in any array that runs along the layer's coordinates.
    pub(super) fn place(&self, coords: &[At]) -> At {
        let [from, to] = [coords[self.from as usize], coords[self.to as usize]];
        if self.from == self.to {
            return from;
        }
        [
            from[0] + self.share * (to[0] - from[0]),
            from[1] + self.share * (to[1] - from[1]),
        ]
    }
}

/// A ring in `Checker::points`, without repeated points, closed.
#[derive(Clone, Copy, Debug)]
struct Ring {
    from: usize,
    to: usize,
    part: u32,
    bbox: Bbox,
}

/// Where a point lies against a ring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Spot {
    Inside,
    Outside,
    /// On the boundary; the edge that starts at this index holds it (or starts in it).
    Edge(usize),
}

/// The root of a node in a forest of parents, whose ways it shortens.
fn root(parents: &mut [usize], mut node: usize) -> usize {
    while parents[node] != node {
        parents[node] = parents[parents[node]];
        node = parents[node];
    }
    node
}

/// Checks shape after shape and keeps its memory between them.
#[derive(Debug, Default)]
pub(super) struct Checker {
    points: Vec<At>,
    /// For each point, its index in the layer's coordinates.
    source: Vec<u32>,
    rings: Vec<Ring>,
    /// For each segment, its first point and its ring.
    segments: Vec<(u32, u32)>,
    pyramid: Pyramid,
    touches: Vec<(u32, u32, At)>,
    faults: Vec<Fault>,
    work: u64,
    shape_work: u64,
}

impl Checker {
    /// The faults of a shape; none when it is valid, missing or empty. `None` in place of a list when
    /// finding out would take longer than any honest shape does.
    pub(super) fn check(&mut self, shape: ShapeRef<'_, f64>) -> Option<&[Fault]> {
        self.faults.clear();
        let (begin, end) = shape.coord_range();
        let coords = shape.coords();
        if let Some(bad) = coords
            .iter()
            .position(|at| !(at[0].is_finite() && at[1].is_finite()))
        {
            self.faults.push(Fault::vertex(
                Flaw::NotFinite,
                (begin + bad) as u32,
                coords[bad],
            ));
            return Some(&self.faults);
        }
        debug_assert!(begin <= end);
        match shape.kind.dimension() {
            Some(1) => self.check_lines(shape, begin),
            Some(2) if !self.check_areas(shape, begin) => return None,
            _ => {}
        }
        Some(&self.faults)
    }

    fn check_lines(&mut self, shape: ShapeRef<'_, f64>, mut at: usize) {
        for part in shape.parts() {
            for line in part.rings() {
                if line.iter().all(|point| *point == line[0]) {
                    self.fault(Fault::vertex(Flaw::TooFewPoints, at as u32, line[0]));
                }
                at += line.len();
            }
        }
    }

    fn fault(&mut self, fault: Fault) {
        // A ring that touches itself in a corner does so with up to four pairs of edges.
        let known = |other: &Fault| other.flaw == fault.flaw && other.here == fault.here;
        if self.faults.len() < FAULTS_A_SHAPE && !self.faults.iter().any(known) {
            self.faults.push(fault);
        }
    }

    /// False when it gave up.
    fn check_areas(&mut self, shape: ShapeRef<'_, f64>, begin: usize) -> bool {
        self.load(shape, begin);
        if !self.faults.is_empty() {
            return true;
        }
        let done = self.crossings();
        if !done || !self.faults.is_empty() {
            return done;
        }
        if self.rings.len() > 1 {
            if !self.nesting() {
                return false;
            }
            if self.faults.is_empty() {
                self.connectedness();
            }
        }
        true
    }

    /// Copies the rings without their repeated points, and names rings that are none.
    fn load(&mut self, shape: ShapeRef<'_, f64>, begin: usize) {
        self.points.clear();
        self.source.clear();
        self.rings.clear();
        self.segments.clear();
        self.touches.clear();
        let mut at = begin;
        for (part, area) in shape.parts().enumerate() {
            for ring in area.rings() {
                let from = self.points.len();
                let mut bbox = Bbox::from([f64::MAX, f64::MAX, f64::MIN, f64::MIN]);
                for (offset, &point) in ring.iter().enumerate() {
                    if self.points.len() > from && self.points[self.points.len() - 1] == point {
                        continue;
                    }
                    bbox.west = bbox.west.min(point[0]);
                    bbox.east = bbox.east.max(point[0]);
                    bbox.south = bbox.south.min(point[1]);
                    bbox.north = bbox.north.max(point[1]);
                    self.points.push(point);
                    self.source.push((at + offset) as u32);
                }
                let to = self.points.len();
                if to == from {
                    at += ring.len();
                    continue;
                }
                if ring[0] != ring[ring.len() - 1] {
                    let last = (at + ring.len() - 1) as u32;
                    self.fault(Fault::vertex(Flaw::Unclosed, last, ring[ring.len() - 1]));
                } else if to - from < 4 {
                    self.fault(Fault::vertex(Flaw::TooFewPoints, at as u32, ring[0]));
                }
                let number = self.rings.len() as u32;
                for point in from..to - 1 {
                    self.segments.push((point as u32, number));
                }
                self.rings.push(Ring {
                    from,
                    to,
                    part: part as u32,
                    bbox,
                });
                at += ring.len();
            }
        }
    }

    /// Compares segments with segments. False when it gave up.
    fn crossings(&mut self) -> bool {
        let count = self.segments.len();
        self.shape_work = 0;
        if count <= SMALL {
            for one in 0..count {
                for other in one + 1..count {
                    self.compare(one, other);
                }
            }
            self.pyramid.clear();
            return true;
        }
        let mut pyramid = std::mem::take(&mut self.pyramid);
        pyramid.build(count, |segment| {
            let at = self.segments[segment].0 as usize;
            (self.points[at], self.points[at + 1])
        });
        let limit = WORK + WORK_A_SEGMENT * count as u64;
        let done = pyramid.neighbours(|one, other| {
            self.compare(one, other);
            self.shape_work += 1;
            self.shape_work < limit && self.faults.len() < FAULTS_A_SHAPE
        });
        self.pyramid = pyramid;
        self.work += self.shape_work;
        (done || !self.faults.is_empty()) && self.work < WORK_A_LAYER
    }

    /// What two segments, the first before the second, do to each other.
    fn compare(&mut self, one: usize, other: usize) {
        let ((i, ring), (j, its_ring)) = (self.segments[one], self.segments[other]);
        let (i, j) = (i as usize, j as usize);
        let (a, b) = (self.points[i], self.points[i + 1]);
        let (c, d) = (self.points[j], self.points[j + 1]);
        for axis in 0..2 {
            if a[axis].max(b[axis]) < c[axis].min(d[axis])
                || c[axis].max(d[axis]) < a[axis].min(b[axis])
            {
                return;
            }
        }
        let same = ring == its_ring;
        if same {
            let Ring { from, to, .. } = self.rings[ring as usize];
            if j == i + 1 {
                self.adjacent(a, b, d, i + 1);
                return;
            }
            if i == from && j + 2 == to {
                self.adjacent(c, a, b, i);
                return;
            }
        }
        let (ac, ad) = (side(a, b, c), side(a, b, d));
        if ac == ad && ac != Ordering::Equal {
            return;
        }
        let (ca, cb) = (side(c, d, a), side(c, d, b));
        if ca == cb && ca != Ordering::Equal {
            return;
        }
        let on = |what: Ordering| what == Ordering::Equal;
        if on(ac) && on(ad) {
            self.collinear(one, other, same);
            return;
        }
        if !(on(ac) || on(ad) || on(ca) || on(cb)) {
            let (u, v) = ([b[0] - a[0], b[1] - a[1]], [d[0] - c[0], d[1] - c[1]]);
            let across = u[0] * v[1] - u[1] * v[0];
            let share = ((c[0] - a[0]) * v[1] - (c[1] - a[1]) * v[0]) / across;
            let share = if share.is_finite() {
                share.clamp(0.0, 1.0)
            } else {
                0.5
            };
            self.fault(Fault {
                flaw: Flaw::Crossing,
                from: self.source[i],
                to: self.source[i + 1],
                share,
                here: [a[0] + share * u[0], a[1] + share * u[1]],
            });
            return;
        }
        for (lies, ends, point, at) in [
            (on(ac), (a, b), c, j),
            (on(ad), (a, b), d, j + 1),
            (on(ca), (c, d), a, i),
            (on(cb), (c, d), b, i + 1),
        ] {
            if lies && within(ends.0, ends.1, point) {
                self.touch(one, other, at, same);
                return;
            }
        }
    }

    /// Two edges that follow one another through the point `at`: wrong only when the second runs back
    /// over the first.
    fn adjacent(&mut self, before: At, here: At, after: At, at: usize) {
        if side(before, here, after) == Ordering::Equal {
            let back = |axis: usize| {
                (before[axis] - here[axis]) * (after[axis] - here[axis]) > 0.0
                    // The product of two tiny differences may be lost; their signs are not.
                    || (before[axis] > here[axis] && after[axis] > here[axis])
                    || (before[axis] < here[axis] && after[axis] < here[axis])
            };
            if back(0) || back(1) {
                self.fault(Fault::vertex(
                    Flaw::Doubled,
                    self.source[at],
                    self.points[at],
                ));
            }
        }
    }

    /// Two segments on one line: apart, touching at an end, or running along each other.
    fn collinear(&mut self, one: usize, other: usize, same: bool) {
        let (i, j) = (
            self.segments[one].0 as usize,
            self.segments[other].0 as usize,
        );
        let (a, b) = (self.points[i], self.points[i + 1]);
        let (c, d) = (self.points[j], self.points[j + 1]);
        let mut shared: Option<(At, usize)> = None;
        let mut twice = false;
        for (ends, point, at) in [
            ((a, b), c, j),
            ((a, b), d, j + 1),
            ((c, d), a, i),
            ((c, d), b, i + 1),
        ] {
            if within(ends.0, ends.1, point) {
                twice |= shared.is_some_and(|(seen, _)| seen != point);
                shared = Some((point, at));
            }
        }
        match shared {
            Some((_, at)) if twice => {
                self.fault(Fault::vertex(
                    Flaw::Doubled,
                    self.source[at],
                    self.points[at],
                ));
            }
            Some((_, at)) => self.touch(one, other, at, same),
            None => {}
        }
    }

    /// Two segments that are no neighbours meet in the point `at`.
    fn touch(&mut self, one: usize, other: usize, at: usize, same: bool) {
        let point = self.points[at];
        if same {
            self.fault(Fault::vertex(Flaw::RingTouch, self.source[at], point));
            return;
        }
        let ((i, ring), (j, its_ring)) = (self.segments[one], self.segments[other]);
        let (i, j) = (i as usize, j as usize);
        // A point at a segment's end is looked at where the next segment starts in it.
        if point == self.points[i + 1] || point == self.points[j + 1] {
            return;
        }
        let (a0, a1) = self.beside(i, ring, point);
        let (b0, b1) = self.beside(j, its_ring, point);
        if turns_over(point, a0, a1, b0) != turns_over(point, a0, a1, b1) {
            self.fault(Fault::vertex(Flaw::Crossing, self.source[at], point));
        } else if self.rings[ring as usize].part == self.rings[its_ring as usize].part {
            self.touches.push((ring, its_ring, point));
        }
    }

    /// The points of a ring before and after `point`, which lies on the segment at `i`, not at its end.
    fn beside(&self, i: usize, ring: u32, point: At) -> (At, At) {
        let Ring { from, to, .. } = self.rings[ring as usize];
        let before = if point != self.points[i] {
            i
        } else if i == from {
            to - 2
        } else {
            i - 1
        };
        (self.points[before], self.points[i + 1])
    }

    fn ring(&self, number: usize) -> &[At] {
        let Ring { from, to, .. } = self.rings[number];
        &self.points[from..to]
    }

    /// Holes in shells, holes in holes, parts in parts. No two edges cross when this is asked. False when it gave
    /// up.
    fn nesting(&mut self) -> bool {
        let mut found: Vec<(Flaw, usize)> = vec![];
        let shells: Vec<usize> = (0..self.rings.len())
            .filter(|&ring| ring == 0 || self.rings[ring].part != self.rings[ring - 1].part)
            .collect();
        for &shell in &shells {
            for hole in self.holes_of(shell) {
                if !self.lies_in(hole, shell) {
                    found.push((Flaw::HoleOutside, hole));
                }
            }
        }
        let mut left = WORK;
        if found.is_empty() {
            let boxes: Vec<_> = self.rings.iter().map(|ring| ring.bbox).collect();
            index::pairs(&boxes, |one, other| {
                left -= 1;
                let (one, other) = (one as usize, other as usize);
                let [a, b] = [one, other].map(|ring| shells.binary_search(&ring).is_ok());
                let together = self.rings[one].part == self.rings[other].part;
                for (inner, outer) in [(one, other), (other, one)] {
                    if together && !a && !b && self.lies_in(inner, outer) {
                        found.push((Flaw::HoleInHole, inner));
                    }
                    if !together
                        && a
                        && b
                        && self.lies_in(inner, outer)
                        && !self.holes_of(outer).any(|hole| self.lies_in(inner, hole))
                    {
                        found.push((Flaw::PartInPart, inner));
                    }
                }
                left > 0 && found.len() < FAULTS_A_SHAPE
            });
        }
        let done = left > 0 || !found.is_empty();
        for (flaw, ring) in found {
            let from = self.rings[ring].from;
            self.fault(Fault::vertex(flaw, self.source[from], self.points[from]));
        }
        done
    }

    /// The rings after a shell that are its holes.
    fn holes_of(&self, shell: usize) -> impl Iterator<Item = usize> + '_ {
        let part = self.rings[shell].part;
        (shell + 1..self.rings.len()).take_while(move |&ring| self.rings[ring].part == part)
    }

    /// True when a ring lies inside another, given that they do not cross.
    fn lies_in(&self, inner: usize, outer: usize) -> bool {
        let (small, large) = (self.rings[inner].bbox, self.rings[outer].bbox);
        let covers = large.west <= small.west
            && small.east <= large.east
            && large.south <= small.south
            && small.north <= large.north;
        if !covers {
            return false;
        }
        let ring = self.ring(inner);
        match self.locate(ring[0], outer) {
            Spot::Inside => true,
            Spot::Outside => false,
            Spot::Edge(edge) => {
                // The first point lies on the boundary, so the direction of the first edge decides.
                let (before, after) = self.beside(edge, outer as u32, ring[0]);
                if is_ccw(self.ring(outer)) {
                    turns_over(ring[0], after, before, ring[1])
                } else {
                    turns_over(ring[0], before, after, ring[1])
                }
            }
        }
    }

    /// Where a point lies against a ring: how often a ray to the east meets it.
    fn locate(&self, point: At, ring: usize) -> Spot {
        let Ring { from, to, .. } = self.rings[ring];
        let mut inside = false;
        let mut edge = None;
        let mut look = |i: usize| {
            let (a, b) = (self.points[i], self.points[i + 1]);
            if a[1].max(b[1]) < point[1] || a[1].min(b[1]) > point[1] || a[0].max(b[0]) < point[0] {
                return;
            }
            let turn = side(a, b, point);
            if turn == Ordering::Equal && within(a, b, point) {
                // Of the two edges that meet in a corner, the one that starts there.
                if edge.is_none() || point != b {
                    edge = Some(if point == b {
                        self.following(i, from, to)
                    } else {
                        i
                    });
                }
            } else if (a[1] > point[1]) != (b[1] > point[1])
                && (turn == Ordering::Greater) == (b[1] > a[1])
            {
                inside = !inside;
            }
        };
        // Segments of a ring stand together, one fewer a ring than its points.
        let first = from - ring;
        if self.pyramid.is_empty() {
            (from..to - 1).for_each(&mut look);
        } else {
            self.pyramid
                .ray(point, first, first + (to - 1 - from), |segment| {
                    look(segment + ring);
                });
        }
        match edge {
            Some(edge) => Spot::Edge(edge),
            None if inside => Spot::Inside,
            None => Spot::Outside,
        }
    }

    fn following(&self, i: usize, from: usize, to: usize) -> usize {
        debug_assert!(i < self.points.len());
        if i + 2 == to { from } else { i + 1 }
    }

    /// Rings of one part that touch form a graph of rings and points; a circle in it cuts the interior.
    fn connectedness(&mut self) {
        if self.touches.is_empty() {
            return;
        }
        let mut parents: Vec<usize> = (0..self.rings.len()).collect();
        let mut places: HashMap<(u32, u64, u64), usize> = HashMap::new();
        let mut joined: std::collections::HashSet<(usize, u32)> = std::collections::HashSet::new();
        for (one, other, point) in std::mem::take(&mut self.touches) {
            let part = self.rings[one as usize].part;
            // Adding zero turns -0 into 0, which is the same place.
            let key = (part, (point[0] + 0.0).to_bits(), (point[1] + 0.0).to_bits());
            let place = *places.entry(key).or_insert_with(|| {
                parents.push(parents.len());
                parents.len() - 1
            });
            for ring in [one, other] {
                if !joined.insert((place, ring)) {
                    continue;
                }
                let (a, b) = (root(&mut parents, place), root(&mut parents, ring as usize));
                if a == b {
                    // Every touch is a corner of one of the rings.
                    let near = self
                        .points
                        .iter()
                        .position(|corner| *corner == point)
                        .unwrap_or(self.rings[ring as usize].from);
                    self.fault(Fault::vertex(
                        Flaw::Disconnected,
                        self.source[near],
                        self.points[near],
                    ));
                    return;
                }
                parents[a] = b;
            }
        }
    }
}

#[cfg(test)]
mod judge;

#[cfg(test)]
pub(super) use judge::{Dice, boxes, geos, scribble};

//! The edges of one shape, in slices of y, so that a position or a segment meets few of them.
//!
//! Orientation is decided by adaptive exact arithmetic, never by a tolerance.

use geo::{
    Coord,
    algorithm::kernels::{Kernel, Orientation, RobustKernel},
};

/// A coordinate, x before y.
pub(super) type Xy = [f64; 2];

/// Where a position lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Position {
    /// In the interior.
    Inside,
    /// On an edge.
    Boundary,
    /// Elsewhere.
    Outside,
}

/// Which side of the way from a to b a position lies on: 1 left, -1 right, 0 on the line.
pub(super) fn side(a: Xy, b: Xy, p: Xy) -> i8 {
    let coord = |at: Xy| Coord { x: at[0], y: at[1] };
    match RobustKernel::orient2d(coord(a), coord(b), coord(p)) {
        Orientation::CounterClockwise => 1,
        Orientation::Clockwise => -1,
        Orientation::Collinear => 0,
    }
}

/// True when two closed segments share a point.
pub(super) fn segments_meet(a: Xy, b: Xy, c: Xy, d: Xy) -> bool {
    let apart = |axis: usize| {
        a[axis].max(b[axis]) < c[axis].min(d[axis]) || c[axis].max(d[axis]) < a[axis].min(b[axis])
    };
    if apart(0) || apart(1) {
        return false;
    }
    let (c_side, d_side) = (side(a, b, c), side(a, b, d));
    if c_side == d_side && c_side != 0 {
        return false;
    }
    let (a_side, b_side) = (side(c, d, a), side(c, d, b));
    // All on one line: their boxes meet, so they do.
    a_side != b_side || a_side == 0
}

/// What one edge does to the question whether `p` is inside: none when `p` is on it, else whether a ray
/// to the east crosses it. An edge holds its lower end and not its upper one, so that a ray through a
/// corner is counted once.
fn crosses(a: Xy, b: Xy, p: Xy) -> Option<bool> {
    let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
    if p[1] < low[1] || p[1] > high[1] {
        return Some(false);
    }
    if p[0] > low[0].max(high[0]) {
        return Some(false);
    }
    if low[1] == high[1] {
        let on = p[0] >= low[0].min(high[0]) && p[0] <= low[0].max(high[0]);
        return if on { None } else { Some(false) };
    }
    match side(low, high, p) {
        0 => None,
        left => Some(left > 0 && p[1] < high[1]),
    }
}

/// Where a position lies in the area of some closed rings, by looking at every edge.
pub(super) fn locate_in<'a>(rings: impl Iterator<Item = &'a [Xy]>, p: Xy) -> Position {
    locate_among(
        rings.flat_map(|ring| ring.windows(2).map(|pair| [pair[0], pair[1]])),
        p,
    )
}

/// The same by those edges that a ray to one side may cross.
fn locate_among(edges: impl IntoIterator<Item = [Xy; 2]>, p: Xy) -> Position {
    let mut inside = false;
    for [a, b] in edges {
        match crosses(a, b, p) {
            None => return Position::Boundary,
            Some(crossed) => inside ^= crossed,
        }
    }
    if inside {
        Position::Inside
    } else {
        Position::Outside
    }
}

/// The square of the distance between a position and a segment.
pub(super) fn distance_sq(a: Xy, b: Xy, p: Xy) -> f64 {
    let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
    let length_sq = dx * dx + dy * dy;
    let share = if length_sq > 0.0 {
        (((p[0] - a[0]) * dx + (p[1] - a[1]) * dy) / length_sq).clamp(0.0, 1.0)
    } else {
        0.0
    };
    let (x, y) = (a[0] + share * dx - p[0], a[1] + share * dy - p[1]);
    x * x + y * y
}

/// The square of the distance between two segments.
pub(super) fn segment_distance_sq(a: Xy, b: Xy, c: Xy, d: Xy) -> f64 {
    if segments_meet(a, b, c, d) {
        return 0.0;
    }
    distance_sq(a, b, c)
        .min(distance_sq(a, b, d))
        .min(distance_sq(c, d, a))
        .min(distance_sq(c, d, b))
}

/// Edges in slices of y.
#[derive(Clone, Debug, Default)]
pub(super) struct Edges {
    all: Vec<[Xy; 2]>,
    south: f64,
    per_slice: f64,
    /// Where each slice ends in `members`.
    ends: Vec<u32>,
    members: Vec<u32>,
}

impl Edges {
    /// Slices the edges. An edge stands in every slice it reaches into; there are fewer slices where
    /// edges are long, so that the index stays within eight entries an edge.
    pub(super) fn new(edges: Vec<[Xy; 2]>) -> Self {
        let (mut south, mut north) = (f64::INFINITY, f64::NEG_INFINITY);
        for [a, b] in &edges {
            south = south.min(a[1]).min(b[1]);
            north = north.max(a[1]).max(b[1]);
        }
        if edges.is_empty() {
            return Self::default();
        }
        let mut slices = (edges.len() / 4).clamp(1, 8192);
        let height = north - south;
        let range = |edge: &[Xy; 2], slices: usize| {
            let slice = |y: f64| {
                if height > 0.0 {
                    (((y - south) / height * slices as f64) as usize).min(slices - 1)
                } else {
                    0
                }
            };
            (
                slice(edge[0][1].min(edge[1][1])),
                slice(edge[0][1].max(edge[1][1])),
            )
        };
        while slices > 1 {
            let entries: usize = edges
                .iter()
                .map(|edge| {
                    let (from, to) = range(edge, slices);
                    to - from + 1
                })
                .sum();
            if entries <= edges.len() * 8 {
                break;
            }
            slices /= 2;
        }
        let mut ends = vec![0_u32; slices];
        for edge in &edges {
            let (from, to) = range(edge, slices);
            for count in &mut ends[from..=to] {
                *count += 1;
            }
        }
        let mut total = 0;
        for end in &mut ends {
            total += *end;
            *end = total;
        }
        let mut next: Vec<u32> = std::iter::once(0)
            .chain(ends.iter().copied())
            .take(slices)
            .collect();
        let mut members = vec![0; total as usize];
        for (number, edge) in edges.iter().enumerate() {
            let (from, to) = range(edge, slices);
            for at in &mut next[from..=to] {
                members[*at as usize] = number as u32;
                *at += 1;
            }
        }
        Self {
            all: edges,
            south,
            per_slice: if height > 0.0 {
                slices as f64 / height
            } else {
                0.0
            },
            ends,
            members,
        }
    }

    /// True without edges.
    pub(super) fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All edges, in the order given.
    pub(super) fn all(&self) -> &[[Xy; 2]] {
        &self.all
    }

    fn slice_of(&self, y: f64) -> usize {
        // `as` saturates: what lies beyond is held by the outermost slices, whose edges then say no.
        (((y - self.south) * self.per_slice) as usize).min(self.ends.len().saturating_sub(1))
    }

    fn slice(&self, at: usize) -> &[u32] {
        let from = if at == 0 { 0 } else { self.ends[at - 1] };
        &self.members[from as usize..self.ends[at] as usize]
    }

    /// Edges that may reach into a range of y. One edge may come several times.
    pub(super) fn near(&self, south: f64, north: f64) -> impl Iterator<Item = &[Xy; 2]> + '_ {
        let slices = if self.ends.is_empty() {
            0..0
        } else {
            self.slice_of(south)..self.slice_of(north) + 1
        };
        slices
            .flat_map(|slice| self.slice(slice))
            .map(|&edge| &self.all[edge as usize])
    }

    /// Where a position lies in the area that the edges surround.
    pub(super) fn locate(&self, p: Xy) -> Position {
        if self.ends.is_empty() {
            return Position::Outside;
        }
        let edges = self.slice(self.slice_of(p[1])).iter();
        locate_among(edges.map(|&edge| self.all[edge as usize]), p)
    }

    /// True when a segment shares a point with an edge.
    pub(super) fn meets(&self, a: Xy, b: Xy) -> bool {
        self.near(a[1].min(b[1]), a[1].max(b[1]))
            .any(|&[c, d]| segments_meet(a, b, c, d))
    }
}

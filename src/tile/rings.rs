//! The rings of one area as they lie on a tile's grid: whether they are valid, which nearly all are, and how
//! those are made so that are not.
//!
//! Cutting a bent area leaves stretches that run along the tile's edge twice, and rounding brings stretches
//! together that were apart. MVT 2.1 (4.3.4.4) wants neither. Where that happened, all edges are noded and
//! what has a positive winding number is the area: two neighbours whose common edge crosses itself wind
//! oppositely there, so each place goes to one of them.

use i_overlay::{
    core::{
        fill_rule::FillRule,
        overlay::{ContourDirection, IntOverlayOptions, Overlay, ShapeType},
        overlay_rule::OverlayRule,
        solver::Solver,
    },
    i_float::int::point::IntPoint,
};

use super::{clip::Wide, faces, simplify, sketch::FRAME};

/// How many pairs of edges are compared for each edge before a look is given up, which counts as a fault.
const PATIENCE: usize = 64;
/// Up to so many edges all pairs are compared, without sorting.
const FEW: usize = 12;

/// A ring's end among the positions, and whether it is a shell; holes follow theirs.
#[derive(Clone, Copy, Debug)]
struct Ring {
    end: usize,
    shell: bool,
}

/// An edge with its box.
#[derive(Clone, Copy, Debug)]
struct Edge {
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

/// Shells, clockwise on the screen, each before its holes; memory for one area after the other.
#[derive(Clone, Debug, Default)]
pub(super) struct Rings {
    positions: Vec<Wide>,
    all: Vec<Ring>,
    edges: Vec<Edge>,
}

impl Rings {
    /// Forgets all rings.
    pub(super) fn clear(&mut self) {
        self.positions.clear();
        self.all.clear();
    }

    /// Adds a ring of at least three positions, wound as its kind wants it; a hole after its shell.
    pub(super) fn push(&mut self, ring: impl IntoIterator<Item = Wide>, shell: bool) {
        self.positions.extend(ring);
        self.all.push(Ring {
            end: self.positions.len(),
            shell,
        });
    }

    /// The least position of all.
    pub(super) fn least(&self) -> Option<Wide> {
        self.positions.iter().min().copied()
    }

    /// How many rings there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// A ring's positions.
    pub(super) fn get(&self, at: usize) -> &[Wide] {
        let begin = at.checked_sub(1).map_or(0, |before| self.all[before].end);
        &self.positions[begin..self.all[at].end]
    }

    /// Makes an area valid whose rings touch or cross; others stay as they are. False when it stays as it is but is
    /// not valid. See [`Self::remake`].
    pub(super) fn settle(&mut self, shared: bool) -> bool {
        self.is_sound() || self.remake(shared)
    }

    /// True when no two edges share a position but neighbours their common end, every hole lies in its shell
    /// and in nothing else, and no shell in another.
    fn is_sound(&mut self) -> bool {
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

    /// Nodes all edges and takes what winds positively; nothing may be left. Where edges are `shared` with
    /// neighbours and this would move one within the frame, the rings stay as they are, and false is returned: the
    /// neighbours have the same edges and may keep them. Edges that go when their ground is nothing are missed by
    /// nobody: those on both sides of it fall together.
    pub(super) fn remake(&mut self, shared: bool) -> bool {
        if !shared {
            self.take_positive();
            return true;
        }
        let before = self.clone();
        self.take_positive();
        let stays = self.double_area() == before.double_area() && self.runs_along(&before);
        if !stays {
            *self = before;
        }
        stays
    }

    /// True when every edge that is not the frame's is one of these others, or a part of one.
    fn runs_along(&self, others: &Self) -> bool {
        let mut known: Vec<[Wide; 2]> = others.steps().map(|[a, b]| [a.min(b), a.max(b)]).collect();
        known.sort_unstable();
        self.steps().all(|[from, to]| {
            let framed = (sides(from).iter().zip(sides(to))).any(|(&one, other)| one && other);
            framed
                || known.binary_search(&[from.min(to), from.max(to)]).is_ok()
                || known
                    .iter()
                    .any(|&[a, b]| lies_on(from, a, b) && lies_on(to, a, b))
        })
    }

    /// The edges of all rings.
    fn steps(&self) -> impl Iterator<Item = [Wide; 2]> {
        (0..self.len()).flat_map(|at| {
            let ring = self.get(at);
            let next = ring.iter().cycle().skip(1);
            ring.iter().zip(next).map(|(&from, &to)| [from, to])
        })
    }

    fn double_area(&self) -> i64 {
        (0..self.len())
            .map(|at| simplify::double_area(self.get(at)))
            .sum()
    }

    fn take_positive(&mut self) {
        self.take(OverlayRule::Subject, FillRule::Positive, None);
    }

    /// What winds the wrong way, as areas of its own.
    pub(super) fn negative(&self) -> Self {
        let mut own = self.clone();
        own.take(OverlayRule::Subject, FillRule::Negative, None);
        own
    }

    /// What is left of valid areas without others.
    pub(super) fn subtract(&mut self, other: &Self) {
        self.take(OverlayRule::Difference, FillRule::Positive, Some(other));
    }

    /// What valid areas and others have in common.
    pub(super) fn common(&self, other: &Self) -> Self {
        let mut own = self.clone();
        own.take(OverlayRule::Intersect, FillRule::Positive, Some(other));
        own
    }

    /// Adds areas that have no ground in common with these.
    pub(super) fn append(&mut self, other: &Self) {
        for (at, ring) in other.all.iter().enumerate() {
            self.push(other.get(at).iter().copied(), ring.shell);
        }
    }

    /// Each shell with its holes by itself.
    pub(super) fn apart(&self) -> Vec<Self> {
        let mut each: Vec<Self> = vec![];
        for (at, ring) in self.all.iter().enumerate() {
            if ring.shell {
                each.push(Self::default());
            }
            if let Some(own) = each.last_mut() {
                own.push(self.get(at).iter().copied(), ring.shell);
            }
        }
        each
    }

    /// How many positions there are.
    pub(super) fn size(&self) -> usize {
        self.positions.len()
    }

    /// The least and the greatest position along both axes.
    pub(super) fn span(&self) -> Option<[Wide; 2]> {
        let first = *self.positions.first()?;
        Some(self.positions.iter().fold([first; 2], |[low, high], at| {
            let along = |of: fn(i64, i64) -> i64, end: Wide| [of(end[0], at[0]), of(end[1], at[1])];
            [along(i64::min, low), along(i64::max, high)]
        }))
    }

    /// Nodes all edges and takes what a rule says.
    fn take(&mut self, rule: OverlayRule, fill: FillRule, other: Option<&Self>) {
        let options = IntOverlayOptions {
            // Neighbours have the same positions along a common edge, bent or not.
            preserve_input_collinear: true,
            preserve_output_collinear: true,
            output_direction: ContourDirection::CounterClockwise,
            min_output_area: 0,
            // Which rings touch is looked at in `faces`.
            ogc: false,
        };
        // A tile has a thread, not the machine.
        let solver = Solver {
            multithreading: None,
            ..Solver::default()
        };
        let mut overlay = Overlay::new_custom(self.positions.len(), options, solver);
        let sides = [(Some(&*self), ShapeType::Subject), (other, ShapeType::Clip)];
        for (rings, side) in sides {
            let Some(rings) = rings else { continue };
            for own in (0..rings.len()).map(|at| rings.get(at)) {
                // Where a crossing is rounded to depends on where a ring starts; who cut it earlier must not matter.
                let start = (0..own.len()).min_by_key(|&at| (own[at], own[(at + 1) % own.len()]));
                let (before, from) = own.split_at(start.unwrap_or(0));
                let contour = from.iter().chain(before).copied().map(small);
                overlay.add_path_iter(contour.map(|[x, y]| IntPoint::new(x, y)), side);
            }
        }
        let noded = overlay.overlay(rule, fill);
        self.clear();
        let mut edges: Vec<[Wide; 2]> = vec![];
        for contour in noded.iter().flatten() {
            let wide = |at: usize| [i64::from(contour[at].x), i64::from(contour[at].y)];
            edges.extend((0..contour.len()).map(|at| [wide(at), wide((at + 1) % contour.len())]));
        }
        for area in faces::areas(&edges) {
            for (at, ring) in area.into_iter().enumerate() {
                self.push(ring, at == 0);
            }
        }
    }
}

/// On which sides of the frame a position lies.
fn sides(at: Wide) -> [bool; 4] {
    [
        at[0] == FRAME.low,
        at[0] == FRAME.high,
        at[1] == FRAME.low,
        at[1] == FRAME.high,
    ]
}

/// True when a position lies on an edge or at an end of it.
fn lies_on(at: Wide, from: Wide, to: Wide) -> bool {
    let step = |to: Wide| [to[0] - from[0], to[1] - from[1]];
    let (whole, own) = (step(to), step(at));
    let within =
        |axis: usize| (from[axis].min(to[axis])..=from[axis].max(to[axis])).contains(&at[axis]);
    whole[0] * own[1] == whole[1] * own[0] && within(0) && within(1)
}

/// Within the frame sixteen bits would do.
fn small(at: Wide) -> [i32; 2] {
    at.map(|v| v as i32)
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
fn is_convex(ring: &[Wide]) -> bool {
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

#[cfg(test)]
mod tests {
    use gdal::vector::Geometry;
    use proptest::prelude::*;

    use super::*;

    /// What GEOS says of rings, and what it takes their area to be.
    fn judged(rings: &Rings) -> (bool, f64) {
        let mut areas: Vec<String> = vec![];
        for at in 0..rings.len() {
            let ring = rings.get(at);
            let closed: Vec<String> = ring
                .iter()
                .chain(ring.first())
                .map(|at| format!("{} {}", at[0], at[1]))
                .collect();
            let ring = format!("({})", closed.join(","));
            match areas.last_mut() {
                Some(area) if !rings.all[at].shell => {
                    area.push(',');
                    area.push_str(&ring);
                }
                _ => areas.push(ring),
            }
        }
        if areas.is_empty() {
            return (true, 0.0);
        }
        let text: Vec<String> = areas.iter().map(|area| format!("({area})")).collect();
        let shape = Geometry::from_wkt(&format!("MULTIPOLYGON({})", text.join(","))).expect("WKT");
        (shape.is_valid(), shape.area())
    }

    fn gathered(all: &[Vec<Wide>]) -> Rings {
        let mut rings = Rings::default();
        for ring in all {
            let mut ring = ring.clone();
            simplify::tidy_ring(&mut ring);
            let double = if ring.len() < 3 {
                0
            } else {
                simplify::double_area(&ring)
            };
            if double == 0 {
                continue;
            }
            let shell = rings.len() == 0;
            if (double > 0) != shell {
                ring.reverse();
            }
            rings.push(ring, shell);
        }
        rings
    }

    fn ring(span: i64) -> impl Strategy<Value = Vec<Wide>> {
        prop::collection::vec((0..span, 0..span), 3..24)
            .prop_map(|ring| ring.into_iter().map(|(x, y)| [x, y]).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

        #[test]
        fn what_is_taken_as_sound_is_valid_to_geos_and_all_others_become_so(
            all in prop::collection::vec(prop_oneof![ring(5), ring(12), ring(4000)], 1..4),
        ) {
            let mut rings = gathered(&all);
            let (valid, area) = judged(&rings);
            if rings.is_sound() {
                prop_assert!(valid, "{rings:?}");
            }
            let mut settled = gathered(&all);
            settled.settle(false);
            prop_assert!(judged(&settled).0, "{all:?} became {settled:?}");
            // What was valid keeps its ground, touching holes and all.
            if valid {
                prop_assert_eq!(judged(&settled).1, area);
            }
        }

        #[test]
        fn a_ring_that_goes_round_once_and_turns_one_way_is_convex(
            all in ring(12),
        ) {
            let rings = gathered(&[all]);
            if rings.len() == 1 && is_convex(rings.get(0)) {
                prop_assert!(judged(&rings).0, "{rings:?}");
            }
        }
    }

    #[test]
    fn stretches_that_run_along_the_edge_twice_are_taken_apart() {
        // Two prongs, as cutting leaves them: joined along the tile's edge by nothing.
        let prongs = [
            [0, 0],
            [5, 0],
            [5, 2],
            [0, 2],
            [0, 6],
            [5, 6],
            [5, 8],
            [0, 8],
        ];
        let prongs = prongs.map(|[x, y]| [x + FRAME.low, y]).to_vec();
        let mut rings = gathered(&[prongs]);
        assert!(!rings.is_sound() && !judged(&rings).0);
        rings.settle(true);
        let (valid, area) = judged(&rings);
        assert!(
            valid && rings.len() == 2 && (area - 20.0).abs() < 1e-9,
            "{rings:?}"
        );
    }

    #[test]
    fn where_edges_are_shared_a_touch_is_taken_apart_and_a_crossing_stays() {
        let touch = vec![[0, 0], [8, 0], [8, 6], [4, 0], [0, 6]];
        let mut rings = gathered(std::slice::from_ref(&touch));
        rings.settle(true);
        assert!(judged(&rings).0 && rings.len() == 2, "{rings:?}");
        let crossing = vec![[0, 0], [9, 0], [9, 6], [4, -1], [0, 6]];
        let mut rings = gathered(std::slice::from_ref(&crossing));
        rings.settle(true);
        assert_eq!(rings.get(0), crossing);
        rings.settle(false);
        assert!(judged(&rings).0, "{rings:?}");
    }
}

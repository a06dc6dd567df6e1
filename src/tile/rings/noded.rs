//! Rings made anew from their noded edges: an area made valid, what two have in common, what is left of one.

use i_overlay::{
    core::{
        fill_rule::FillRule,
        overlay::{ContourDirection, IntOverlayOptions, Overlay, ShapeType},
        overlay_rule::OverlayRule,
        solver::Solver,
    },
    i_float::int::point::IntPoint,
};

use super::{Rings, small};
use crate::tile::{clip::Wide, faces, simplify, sketch::FRAME};

impl Rings {
    /// Nodes all edges and takes what winds positively; nothing may be left. Where edges are `shared` with
    /// neighbours and this would move one within the frame, the rings stay as they are, and false is returned: the
    /// neighbours have the same edges and may keep them. Edges that go when their ground is nothing are missed by
    /// nobody: those on both sides of it fall together.
    pub(in crate::tile) fn remake(&mut self, shared: bool) -> bool {
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
    pub(in crate::tile) fn negative(&self) -> Self {
        let mut own = self.clone();
        own.take(OverlayRule::Subject, FillRule::Negative, None);
        own
    }

    /// What is left of valid areas without others.
    pub(in crate::tile) fn subtract(&mut self, other: &Self) {
        self.take(OverlayRule::Difference, FillRule::Positive, Some(other));
    }

    /// What valid areas and others have in common.
    pub(in crate::tile) fn common(&self, other: &Self) -> Self {
        let mut own = self.clone();
        own.take(OverlayRule::Intersect, FillRule::Positive, Some(other));
        own
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

//! Whether the edges of areas cross so often that a union of them would not end.
//!
//! A union cuts every edge wherever another meets it, so its memory grows with the crossings, and a thousand strips
//! across a thousand others have a million. Coverages that people draw have fewer than they have edges. So the
//! crossings are counted first, and only as far as it matters.

use std::cmp::Ordering;

use super::{
    Stop,
    orient::{At, side},
};
use crate::{
    index,
    model::{Bbox, Shapes},
};

/// How many crossings are too many, and how many more are not for each edge.
const CROSSINGS: usize = 1_000_000;
const CROSSINGS_AN_EDGE: usize = 4;
/// How many pairs of edges are looked at, and how many more for each edge.
const PAIRS: usize = 50_000_000;
const PAIRS_AN_EDGE: usize = 100;

/// True when edges cross, or lie on parts of one another, more often than a union should be asked to cope with;
/// true as well when nobody waits for an answer.
pub(super) fn tangled(shapes: &Shapes<f64>, stop: Stop<'_>) -> bool {
    let mut edges: Vec<[At; 2]> = Vec::with_capacity(shapes.coords.len());
    for shape in shapes.view().iter() {
        for part in shape.parts().filter(|_| shape.kind.dimension() == Some(2)) {
            for ring in part.rings() {
                edges.extend(ring.windows(2).map(|step| [step[0], step[1]]));
            }
        }
    }
    let boxes: Vec<Bbox> = edges
        .iter()
        .map(|edge| Bbox::around(edge).unwrap_or(Bbox::NOWHERE))
        .collect();
    let most = CROSSINGS + CROSSINGS_AN_EDGE * edges.len();
    let mut left = PAIRS + PAIRS_AN_EDGE * edges.len();
    let mut crossings = 0;
    let mut going = stop.often();
    index::pairs(&boxes, |one, other| {
        left -= 1;
        crossings += usize::from(cut(edges[one as usize], edges[other as usize]));
        crossings < most && left > 0 && going()
    });
    crossings >= most || left == 0 || stop.is_on()
}

/// True when one edge is cut by the other: not where they only end in one corner, and not where they are the same.
fn cut([a, b]: [At; 2], [c, d]: [At; 2]) -> bool {
    if a == b || c == d || [a, b] == [c, d] || [a, b] == [d, c] {
        return false;
    }
    let (ac, ad) = (side(a, b, c), side(a, b, d));
    if ac == Ordering::Equal && ad == Ordering::Equal {
        // On one line: cut when they share more than an end.
        let axis = usize::from((b[0] - a[0]).abs() < (b[1] - a[1]).abs());
        let (low, high) = (a[axis].min(b[axis]), a[axis].max(b[axis]));
        return c[axis].max(d[axis]) > low && c[axis].min(d[axis]) < high;
    }
    let corner = a == c || a == d || b == c || b == d;
    !corner && ac != ad && side(c, d, a) != side(c, d, b)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ShapeKind;

    /// Strips across one another, so many each way.
    fn strips(count: u32, across: bool) -> Shapes<f64> {
        let mut shapes = Shapes::new();
        let long = f64::from(count);
        for at in 0..count {
            for turned in [false, true] {
                if turned && !across {
                    continue;
                }
                let low = f64::from(at);
                let ring = [
                    [0.0, low],
                    [long, low],
                    [long, low + 0.5],
                    [0.0, low + 0.5],
                    [0.0, low],
                ];
                let turn = |at: At| if turned { [at[1], at[0]] } else { at };
                shapes.coords.extend(ring.map(turn));
                shapes.end_ring();
                shapes.end_part();
                shapes.end_feature(ShapeKind::Polygon);
            }
        }
        shapes
    }

    #[test]
    fn strips_across_strips_are_a_tangle_and_strips_side_by_side_are_none() {
        assert!(tangled(&strips(800, true), Stop::never()));
        assert!(!tangled(&strips(800, false), Stop::never()));
        assert!(!tangled(&strips(100, true), Stop::never()));
        assert!(
            tangled(&strips(800, false), Stop::when(&|| true)),
            "nobody waits"
        );
    }

    #[test]
    fn an_edge_is_cut_inside_and_not_in_its_corners() {
        let edge = [[0.0, 0.0], [4.0, 0.0]];
        for (other, expected) in [
            ([[1.0, -1.0], [1.0, 1.0]], true),
            ([[1.0, 0.0], [1.0, 1.0]], true),
            ([[0.0, 0.0], [1.0, 1.0]], false),
            ([[4.0, 0.0], [0.0, 0.0]], false),
            ([[4.0, 0.0], [8.0, 0.0]], false),
            ([[2.0, 0.0], [8.0, 0.0]], true),
            ([[0.0, 0.0], [2.0, 0.0]], true),
            ([[0.0, 1.0], [4.0, 1.0]], false),
        ] {
            assert_eq!(cut(edge, other), expected, "{other:?}");
            assert_eq!(cut(other, edge), expected, "{other:?}");
        }
    }
}

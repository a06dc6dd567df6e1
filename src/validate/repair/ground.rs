//! Whether two areas cover the same ground, along many lines across them.
//!
//! The judge of what an overlay made of a shape: overlays of floating numbers now and then lose a corner
//! where a vertex lies on an edge, and such a result may be valid and still be wrong.

use crate::{model::ShapeRef, validate::orient::At};

/// At most so many lines: every slab between two vertices of shapes of some hundred vertices.
const LINES: usize = 1024;

/// One crossing of a line with a ring: where, which shape, which part, and whether it is a hole.
struct Crossing {
    x: f64,
    shape: usize,
    part: usize,
    ring: usize,
    hole: bool,
}

/// True when both cover the same ground but for a share of `tolerance` of the length of each line. A shape's
/// ground is what lies within some part's outline an odd number of times and within none of its holes so.
///
/// Between two neighbouring heights of vertices (crossings of edges are vertices of a result that is right) the
/// cover changes evenly, so two lines in each such slab tell all; where there are more slabs than lines, a part.
pub(super) fn is_same(one: ShapeRef<'_, f64>, other: ShapeRef<'_, f64>, tolerance: f64) -> bool {
    let (Some(a), Some(b)) = (one.bbox(), other.bbox()) else {
        return false;
    };
    let width = a.with(b).east - a.with(b).west;
    let mut heights: Vec<f64> = [one, other]
        .iter()
        .flat_map(|shape| shape.coords().iter().map(|at| at[1]))
        .collect();
    heights.sort_unstable_by(f64::total_cmp);
    heights.dedup();
    let tall = heights.last().copied().unwrap_or_default() - heights[0];
    // A slab of nothing but rounding holds nothing.
    let slabs: Vec<[f64; 2]> = heights
        .windows(2)
        .map(|pair| [pair[0], pair[1]])
        .filter(|[low, high]| high - low > 1e-9 * tall)
        .collect();
    let step = (2 * slabs.len()).div_ceil(LINES).max(1);
    let mut crossings = vec![];
    slabs.iter().step_by(step).all(|[low, high]| {
        [0.31, 0.73].iter().all(|share| {
            let y = low + share * (high - low);
            crossings.clear();
            cross(one, 0, y, &mut crossings);
            cross(other, 1, y, &mut crossings);
            differs(&mut crossings) <= tolerance * width
        })
    })
}

fn cross(shape: ShapeRef<'_, f64>, which: usize, y: f64, out: &mut Vec<Crossing>) {
    for (part, one) in shape.parts().enumerate() {
        for (ring, path) in one.rings().enumerate() {
            for step in path.windows(2) {
                let ([ax, ay], [bx, by]): (At, At) = (step[0], step[1]);
                if (ay > y) != (by > y) {
                    out.push(Crossing {
                        x: ax + (y - ay) / (by - ay) * (bx - ax),
                        shape: which,
                        part,
                        ring,
                        hole: ring > 0,
                    });
                }
            }
        }
    }
}

/// The length of a line along which just one of the two shapes has ground.
fn differs(crossings: &mut [Crossing]) -> f64 {
    crossings.sort_unstable_by(|a, b| a.x.total_cmp(&b.x));
    // The rings that the line is in: few at a time.
    let mut within: Vec<(usize, usize, usize, bool)> = vec![];
    let covered = |within: &[(usize, usize, usize, bool)], shape: usize| {
        within.iter().any(|&(one, part, _, hole)| {
            one == shape
                && !hole
                && !within
                    .iter()
                    .any(|&(other, of, _, pit)| other == shape && of == part && pit)
        })
    };
    let (mut length, mut before) = (0.0, f64::NAN);
    for crossing in crossings.iter() {
        if !within.is_empty() && covered(&within, 0) != covered(&within, 1) {
            length += crossing.x - before;
        }
        before = crossing.x;
        let ring = (crossing.shape, crossing.part, crossing.ring, crossing.hole);
        match within.iter().position(|one| *one == ring) {
            Some(at) => {
                within.swap_remove(at);
            }
            None => within.push(ring),
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ShapeKind, Shapes};

    fn areas(rings: &[&[At]]) -> Shapes<f64> {
        let mut shapes = Shapes::new();
        for ring in rings {
            shapes.coords.extend_from_slice(ring);
            shapes.end_ring();
            shapes.end_part();
        }
        shapes.end_feature(ShapeKind::Polygon);
        shapes
    }

    #[test]
    fn a_corner_that_an_overlay_lost_is_seen() {
        let scribble: &[At] = &[
            [0.0, 0.0],
            [0.0, 1.0],
            [2.0, 0.0],
            [2.0, 2.0],
            [3.0, 2.0],
            [3.0, 3.0],
            [0.0, 0.0],
        ];
        let third = 2.0 / 3.0;
        let left: &[At] = &[[0.0, 0.0], [third, third], [0.0, 1.0], [0.0, 0.0]];
        let middle: &[At] = &[[third, third], [2.0, 0.0], [2.0, 2.0], [third, third]];
        let right: &[At] = &[[2.0, 2.0], [3.0, 2.0], [3.0, 3.0], [2.0, 2.0]];
        let lost: &[At] = &[[third, third], [3.0, 2.0], [3.0, 3.0], [third, third]];
        let whole = areas(&[scribble]);
        let right = areas(&[left, middle, right]);
        assert!(is_same(whole.get(0), right.get(0), 1e-9));
        let wrong = areas(&[left, lost]);
        assert!(!is_same(whole.get(0), wrong.get(0), 1e-6));
    }
}

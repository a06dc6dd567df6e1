//! A rough outline of a layer, small enough to go into its report.

use super::report::OUTLINE_COORDS;
use crate::model::{Bbox, ShapeKind, Shapes};

/// Five decimals: a metre.
fn rounded([x, y]: [f64; 2]) -> [f64; 2] {
    [(x * 1e5).round() / 1e5, (y * 1e5).round() / 1e5]
}

/// Paths in longitude/latitude, at most [`OUTLINE_COORDS`] coordinates in all. Where there are too many
/// features to draw, evenly chosen ones are drawn as boxes, and points as points.
pub(super) fn outline(shapes: &Shapes<f64>) -> Vec<Vec<[f64; 2]>> {
    let rings: Vec<&[[f64; 2]]> = shapes
        .view()
        .iter()
        .filter(|shape| shape.kind != ShapeKind::Missing)
        .flat_map(|shape| shape.parts().filter_map(|part| part.rings().next()))
        .filter(|ring| ring.iter().all(|at| at[0].is_finite() && at[1].is_finite()))
        .collect();
    let total: usize = rings.iter().map(|ring| ring.len()).sum();
    if total <= OUTLINE_COORDS {
        return rings
            .iter()
            .map(|ring| ring.iter().copied().map(rounded).collect())
            .collect();
    }
    if rings.len() * 5 > OUTLINE_COORDS {
        let step = (rings.len() * 5).div_ceil(OUTLINE_COORDS);
        return rings
            .iter()
            .step_by(step)
            .filter_map(|ring| match Bbox::around(ring) {
                Some(_) if ring.len() == 1 => Some(vec![rounded(ring[0])]),
                Some(Bbox {
                    west,
                    south,
                    east,
                    north,
                }) => Some(
                    [
                        [west, south],
                        [east, south],
                        [east, north],
                        [west, north],
                        [west, south],
                    ]
                    .map(rounded)
                    .to_vec(),
                ),
                None => None,
            })
            .collect();
    }
    // Every ring keeps its ends and at least four places between them.
    let budget = OUTLINE_COORDS - rings.len() * 5;
    rings
        .iter()
        .map(|ring| {
            let keep = 4 + ring.len() * budget / total;
            let step = (ring.len() as f64 / keep as f64).max(1.0);
            let mut path: Vec<[f64; 2]> = (0..keep)
                .map(|at| (at as f64 * step) as usize)
                .take_while(|&at| at < ring.len())
                .map(|at| rounded(ring[at]))
                .collect();
            path.push(rounded(ring[ring.len() - 1]));
            path
        })
        .collect()
}

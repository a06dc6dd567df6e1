//! Geometries as they are kept: rounded, wound, closed, and single where one part is all there is.
//!
//! ## Why 1e-8 degrees
//! That is 1.1 mm on the ground, a two-hundredth of what survey at 1:500 promises (0.25 m). It is coarse
//! enough to swallow what formats and releases of PROJ differ by (KML and `GeoJSON` write 15 digits, the last
//! ones of which are noise), so that five formats of one layer give one content, and so fine that it moves
//! no vertex by more than 0.8 mm. Rounding goes coordinate by coordinate, so an edge that two wards share
//! stays shared. RFC 7946 section 11.2 asks for no more than 7 digits in text; the truth keeps one more.

use crate::model::{ShapeKind, ShapeRef, Shapes};

/// Steps in a degree.
const STEPS: f64 = 1e8;

fn round(value: f64) -> f64 {
    let steps = value * STEPS;
    if steps.abs() > 1e15 {
        // Nowhere on Earth, in a draft: it has no digits to lose.
        return value;
    }
    // Halves away from zero, as `round` does, which is a call where the processor may lack SSE 4.1.
    let whole = steps as i64;
    let rest = steps - whole as f64;
    let whole = whole + i64::from(rest >= 0.5) - i64::from(rest <= -0.5);
    // No -0.0 comes of a whole number: it and 0.0 are the same place and must be the same bytes.
    whole as f64 / STEPS
}

/// Twice the signed area; positive counter-clockwise. Relative to the first corner, so that small rings
/// far from the origin keep their digits.
fn twice_area(ring: &[[f64; 2]]) -> f64 {
    let Some(&[x0, y0]) = ring.first() else {
        return 0.0;
    };
    ring.windows(2)
        .map(|pair| {
            let ([ax, ay], [bx, by]) = (pair[0], pair[1]);
            (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
        })
        .sum()
}

/// The kind that says no more than there is: one part is not several.
fn single(kind: ShapeKind, parts: usize) -> ShapeKind {
    match (kind, parts) {
        (ShapeKind::MultiPoint, 1) => ShapeKind::Point,
        (ShapeKind::MultiLineString, 1) => ShapeKind::LineString,
        (ShapeKind::MultiPolygon, 1) => ShapeKind::Polygon,
        _ => kind,
    }
}

/// Every geometry in its kept form, row by row.
pub(super) fn canonical(shapes: &Shapes<f64>) -> Shapes<f64> {
    let mut out = Shapes::new();
    out.coords.reserve(shapes.coords.len());
    out.kinds.reserve(shapes.len());
    for shape in shapes.view().iter() {
        push(&mut out, shape);
    }
    out
}

fn push(out: &mut Shapes<f64>, shape: ShapeRef<'_, f64>) {
    // A place that could not be reprojected is no place; the gate has said so, and a draft is still shown.
    let placed = shape
        .coords()
        .iter()
        .all(|[x, y]| x.is_finite() && y.is_finite());
    if !placed {
        out.push_none(ShapeKind::Missing);
        return;
    }
    let areas = shape.kind.dimension() == Some(2);
    let parts = shape.parts().len();
    for part in shape.parts() {
        for (number, ring) in part.rings().enumerate() {
            let from = out.coords.len();
            out.coords
                .extend(ring.iter().map(|&[x, y]| [round(x), round(y)]));
            if areas {
                if let (Some(&first), Some(&last)) = (out.coords.get(from), out.coords.last())
                    && first != last
                {
                    out.coords.push(first);
                }
                // RFC 7946 section 3.1.6: shells counter-clockwise, holes clockwise. A reversed closed ring
                // keeps its first corner.
                let area = twice_area(&out.coords[from..]);
                if (number == 0 && area < 0.0) || (number > 0 && area > 0.0) {
                    out.coords[from..].reverse();
                }
            }
            out.end_ring();
        }
        out.end_part();
    }
    out.end_feature(single(shape.kind, parts));
}

/// The dimension that most features have; none without a geometry.
pub(super) fn dimension(shapes: &Shapes<f64>) -> Option<u8> {
    let mut counts = [0_u64; 3];
    for &kind in &shapes.kinds {
        if let Some(dimension) = ShapeKind::from_u8(kind).dimension() {
            counts[usize::from(dimension)] += 1;
        }
    }
    (0..3_u8)
        .rev()
        .filter(|&dimension| counts[usize::from(dimension)] > 0)
        .max_by_key(|&dimension| counts[usize::from(dimension)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn area(rings: &[&[[f64; 2]]], kind: ShapeKind) -> Shapes<f64> {
        let mut shapes = Shapes::new();
        for ring in rings {
            shapes.coords.extend_from_slice(ring);
            shapes.end_ring();
        }
        shapes.end_part();
        shapes.end_feature(kind);
        shapes
    }

    #[test]
    fn shells_go_counter_clockwise_holes_clockwise_and_open_rings_are_closed() {
        let clockwise: &[[f64; 2]] = &[[77.0, 12.0], [77.0, 13.0], [78.0, 13.0], [78.0, 12.0]];
        let hole: &[[f64; 2]] = &[
            [77.2, 12.2],
            [77.4, 12.2],
            [77.4, 12.4],
            [77.2, 12.4],
            [77.2, 12.2],
        ];
        let kept = canonical(&area(&[clockwise, hole], ShapeKind::MultiPolygon));
        let shape = kept.get(0);
        assert_eq!(shape.kind, ShapeKind::Polygon);
        let rings: Vec<_> = shape.parts().next().expect("a part").rings().collect();
        assert!(twice_area(rings[0]) > 0.0 && twice_area(rings[1]) < 0.0);
        assert_eq!(rings[0].first(), rings[0].last());
        assert_eq!((rings[0].len(), rings[0][0]), (5, [77.0, 12.0]));
        assert_eq!(canonical(&kept), kept, "what is kept stays as it is");
    }

    #[test]
    fn rounding_swallows_the_noise_of_formats_and_a_lost_place_is_no_place() {
        let mut shapes = Shapes::new();
        shapes.push_point([77.594_600_000_000_01, -0.000_000_000_1]);
        shapes.push_point([f64::NAN, 12.0]);
        let kept = canonical(&shapes);
        assert_eq!(kept.coords, [[77.5946, 0.0]]);
        assert!(kept.coords[0][1].is_sign_positive());
        assert_eq!(kept.get(1).kind, ShapeKind::Missing);
        assert_eq!(dimension(&kept), Some(0));
    }
}

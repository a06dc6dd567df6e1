//! On which side of a line a point lies, exactly, and what follows from that.

use std::cmp::Ordering;

use geo::algorithm::kernels::{Kernel, Orientation, RobustKernel};
use geo_types::Coord;

/// A position.
pub(crate) type At = [f64; 2];

/// Greater when `c` lies left of the way from `a` to `b`, less when right, equal when on the line
/// through both. Exact, as long as nothing overflows.
pub(crate) fn side(a: At, b: At, c: At) -> Ordering {
    let left = (a[0] - c[0]) * (b[1] - c[1]);
    let right = (a[1] - c[1]) * (b[0] - c[0]);
    let area = left - right;
    // Shewchuk's bound for the first, cheap stage; most calls end here.
    if area.abs() > 4.0e-16 * (left.abs() + right.abs()) {
        return if area > 0.0 {
            Ordering::Greater
        } else {
            Ordering::Less
        };
    }
    let coord = |at: At| Coord { x: at[0], y: at[1] };
    match RobustKernel::orient2d(coord(a), coord(b), coord(c)) {
        Orientation::CounterClockwise => Ordering::Greater,
        Orientation::Clockwise => Ordering::Less,
        Orientation::Collinear => Ordering::Equal,
    }
}

/// True when `c`, known to lie on the line through `a` and `b`, lies between them or on one of them.
pub(crate) fn within(a: At, b: At, c: At) -> bool {
    (0..2).all(|axis| a[axis].min(b[axis]) <= c[axis] && c[axis] <= a[axis].max(b[axis]))
}

/// True when, seen from `centre`, the direction to `q` is met strictly between those to `from` and `to`
/// when turning counter-clockwise from `from`.
pub(crate) fn turns_over(centre: At, from: At, to: At, q: At) -> bool {
    use Ordering::{Equal, Greater, Less};
    match side(centre, from, to) {
        Greater => side(centre, from, q) == Greater && side(centre, q, to) == Greater,
        Less => side(centre, to, q) == Less || side(centre, q, from) == Less,
        Equal => side(centre, from, q) == Greater,
    }
}

/// True for a closed ring that runs counter-clockwise. Exact, because it looks at the one corner that
/// must be convex: the lowest, and of those the leftmost.
pub(crate) fn is_ccw(ring: &[At]) -> bool {
    let count = ring.len().saturating_sub(1);
    let Some(low) = (0..count).min_by(|&i, &j| {
        let [a, b] = [ring[i], ring[j]];
        a[1].total_cmp(&b[1]).then(a[0].total_cmp(&b[0]))
    }) else {
        return false;
    };
    let before = (1..count)
        .map(|back| ring[(low + count - back) % count])
        .find(|&at| at != ring[low]);
    let after = (1..count)
        .map(|on| ring[(low + on) % count])
        .find(|&at| at != ring[low]);
    match (before, after) {
        (Some(before), Some(after)) => side(before, ring[low], after) == Ordering::Greater,
        _ => false,
    }
}

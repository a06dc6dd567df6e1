//! Cuts shapes in tile units to a box, in whole numbers only.
//!
//! Where an edge crosses a side of the box is computed from its ends in a fixed order, not in the order
//! of the ring: so two areas that share an edge are cut at the same position, whichever way each walks.

/// A position in tile units; wide, because a city is large in the units of zoom 22.
pub(super) type Wide = [i64; 2];

/// The box to cut to, both ends included, the same on both axes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    pub(super) low: i64,
    pub(super) high: i64,
}

impl Frame {
    /// True when the position is in the box.
    pub(super) fn holds(self, at: Wide) -> bool {
        at.iter().all(|&v| self.low <= v && v <= self.high)
    }
}

/// Where the edge between two positions crosses `limit` on an axis; its ends lie on different sides.
fn crossing(a: Wide, b: Wide, axis: usize, limit: i64) -> Wide {
    let (a, b) = if a <= b { (a, b) } else { (b, a) };
    let other = 1 - axis;
    let along = i128::from(limit - a[axis]) * i128::from(b[other] - a[other]);
    let across = i128::from(b[axis] - a[axis]);
    // Rounded down: a Euclidean quotient rounds down when its divisor is positive.
    let step = (along * across.signum()).div_euclid(across.abs());
    let mut at = [limit; 2];
    at[other] = a[other] + step as i64;
    at
}

/// Cuts a ring without closing position (Sutherland and Hodgman). What is left has its result in `ring`;
/// `spare` is memory to work with.
pub(super) fn ring(ring: &mut Vec<Wide>, spare: &mut Vec<Wide>, frame: Frame) {
    for axis in 0..2 {
        for (limit, upper) in [(frame.low, false), (frame.high, true)] {
            let inside = |at: Wide| {
                if upper {
                    at[axis] <= limit
                } else {
                    at[axis] >= limit
                }
            };
            spare.clear();
            let Some(&last) = ring.last() else { return };
            let mut before = last;
            for &at in ring.iter() {
                if inside(at) != inside(before) && at[axis] != limit && before[axis] != limit {
                    spare.push(crossing(before, at, axis, limit));
                }
                if inside(at) {
                    spare.push(at);
                }
                before = at;
            }
            std::mem::swap(ring, spare);
        }
    }
}

/// The part of a segment that lies in the box (Liang and Barsky); none when it misses it.
pub(super) fn segment(mut a: Wide, mut b: Wide, frame: Frame) -> Option<(Wide, Wide)> {
    for axis in 0..2 {
        for (limit, upper) in [(frame.low, false), (frame.high, true)] {
            let inside = |at: Wide| {
                if upper {
                    at[axis] <= limit
                } else {
                    at[axis] >= limit
                }
            };
            match (inside(a), inside(b)) {
                (true, true) => {}
                (false, false) => return None,
                (true, false) => b = crossing(a, b, axis, limit),
                (false, true) => a = crossing(a, b, axis, limit),
            }
        }
    }
    Some((a, b))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FRAME: Frame = Frame {
        low: -64,
        high: 4160,
    };

    fn double_area(ring: &[Wide]) -> i128 {
        (0..ring.len())
            .map(|at| {
                let (a, b) = (ring[at], ring[(at + 1) % ring.len()]);
                i128::from(a[0]) * i128::from(b[1]) - i128::from(b[0]) * i128::from(a[1])
            })
            .sum()
    }

    fn position() -> impl Strategy<Value = Wide> {
        prop_oneof![
            (-200_i64..4300, -200_i64..4300).prop_map(|(x, y)| [x, y]),
            (-(1_i64 << 34)..1 << 34, -(1_i64 << 34)..1 << 34).prop_map(|(x, y)| [x, y]),
        ]
    }

    proptest! {
        #[test]
        fn what_is_left_of_a_ring_lies_in_the_box_and_does_not_depend_on_direction(
            points in prop::collection::vec(position(), 1..30),
        ) {
            let (mut forth, mut back) = (points.clone(), points);
            back.reverse();
            let mut spare = vec![];
            ring(&mut forth, &mut spare, FRAME);
            ring(&mut back, &mut spare, FRAME);
            prop_assert!(forth.iter().all(|&at| FRAME.holds(at)));
            prop_assert_eq!(double_area(&forth), -double_area(&back));
        }

        #[test]
        fn a_ring_in_the_box_is_left_alone(
            points in prop::collection::vec((-64_i64..=4160, -64_i64..=4160), 1..30),
        ) {
            let points: Vec<Wide> = points.into_iter().map(|(x, y)| [x, y]).collect();
            let mut cut = points.clone();
            ring(&mut cut, &mut vec![], FRAME);
            prop_assert_eq!(cut, points);
        }

        #[test]
        fn a_segment_is_cut_to_the_box_the_same_both_ways(a in position(), b in position()) {
            let forth = segment(a, b, FRAME);
            let back = segment(b, a, FRAME).map(|(a, b)| (b, a));
            if let (Some((p, q)), Some((r, s))) = (forth, back) {
                prop_assert!(FRAME.holds(p) && FRAME.holds(q));
                // Cut twice, a corner may round differently by one unit, never more.
                for (one, other) in [(p, r), (q, s)] {
                    prop_assert!((one[0] - other[0]).abs() <= 1 && (one[1] - other[1]).abs() <= 1);
                }
            }
            if FRAME.holds(a) {
                prop_assert_eq!(forth.map(|cut| cut.0), Some(a));
            }
        }
    }
}

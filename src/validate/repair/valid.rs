//! Repairs that make an area valid: open rings are closed, and what crosses itself is drawn anew.
//!
//! ## What an invalid area becomes
//! Each ring for itself by the even-odd rule: where a ring crosses itself, ground that it goes round twice is
//! outside, so a bow-tie becomes its two wings, and an edge that runs out and back encloses nothing. Then the
//! holes are taken off, whether they lay inside or reached out, and the parts are joined. So a hole that takes off
//! ground never becomes ground, and ground that two parts share is there once. Where nothing is wrong but holes that
//! lie wholly outside their outline, they take nothing off, and each becomes a part of its own, as GEOS holds it: in
//! real files they are exclaves that were drawn as a further ring. Vertices of the file stay where they are to the bit;
//! new ones arise only where edges cross. A result that is empty, still invalid or of other ground is not taken: the
//! shape then stays as it was, and is reported.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{Plan, RepairKind, bench::Bench, even_odd, ground};
use crate::{
    model::{ShapeKind, ShapeRef, Shapes},
    validate::{
        Subject,
        geometry::area,
        orient::At,
        validity::{Checker, Flaw},
    },
};

/// The most vertices of a shape that is made valid; more is drawn anew more quickly than it is mended.
const MOST: usize = 200_000;

/// Plans to close the rings of areas that are open.
pub(super) fn close_ring(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::CloseRing);
    let mut one = Shapes::new();
    for (row, shape) in areas(subject) {
        let open = |ring: &[At]| ring.len() > 2 && ring.first() != ring.last();
        if !shape.parts().any(|part| part.rings().any(open)) {
            continue;
        }
        one.clear();
        for part in shape.parts() {
            for ring in part.rings() {
                one.coords.extend_from_slice(ring);
                if open(ring) {
                    one.coords.push(ring[0]);
                }
                one.end_ring();
            }
            one.end_part();
        }
        one.end_feature(shape.kind);
        plan.reshape(row, one.get(0));
    }
    plan
}

/// The rows that are areas, with finite coordinates.
fn areas<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (usize, ShapeRef<'a, f64>)> {
    let shapes = subject.raw.shapes.view();
    (0..shapes.len())
        .map(move |row| (row, shapes.get(row)))
        .filter(|(_, shape)| shape.kind.dimension() == Some(2))
        .filter(|(_, shape)| shape.coords().iter().flatten().all(|axis| axis.is_finite()))
}

/// Plans to make invalid areas valid.
pub(super) fn make_valid(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::MakeValid);
    let mut checker = Checker::default();
    for (row, shape) in areas(subject) {
        let Some(faults) = checker.check(shape).filter(|faults| !faults.is_empty()) else {
            continue;
        };
        let mends = faults
            .iter()
            .all(|fault| !matches!(fault.flaw, Flaw::NotFinite | Flaw::Unclosed));
        let outside = faults
            .iter()
            .all(|fault| fault.flaw == Flaw::HoleOutside)
            .then(|| {
                faults
                    .iter()
                    .map(|fault| fault.from as usize)
                    .collect::<Vec<_>>()
            });
        if let Some(at) = outside {
            if let Some(better) = parted(shape, &at, &mut checker) {
                plan.reshape(row, better.get(0));
            }
        } else if mends && let Some(better) = made_valid(shape, &mut checker) {
            plan.reshape(row, better.get(0));
        }
    }
    plan
}

/// The shape with each ring that holds one of these coordinates of the layer as a part of its own; none where that is
/// not valid either, because such rings lie on other ground of the shape.
fn parted(
    shape: ShapeRef<'_, f64>,
    outside: &[usize],
    checker: &mut Checker,
) -> Option<Shapes<f64>> {
    let mut at = shape.coord_range().0;
    let mut apart: Vec<&[At]> = vec![];
    let mut out = Shapes::new();
    let push = |out: &mut Shapes<f64>, ring: &[At]| {
        out.coords.extend_from_slice(ring);
        out.end_ring();
    };
    for part in shape.parts() {
        for (number, ring) in part.rings().enumerate() {
            if number > 0
                && outside
                    .iter()
                    .any(|one| (at..at + ring.len()).contains(one))
            {
                apart.push(ring);
            } else {
                push(&mut out, ring);
            }
            at += ring.len();
        }
        out.end_part();
    }
    for ring in apart {
        push(&mut out, ring);
        out.end_part();
    }
    out.end_feature(ShapeKind::MultiPolygon);
    checker.check(out.get(0))?.is_empty().then_some(out)
}

/// A valid shape of the same ground; none when there is none.
fn made_valid(shape: ShapeRef<'_, f64>, checker: &mut Checker) -> Option<Shapes<f64>> {
    if shape.coords().len() > MOST {
        return None;
    }
    let bench = Bench::new(shape)?;
    // Others' code on strangers' shapes: should it panic, the shape stays as it was.
    let made = catch_unwind(AssertUnwindSafe(|| even_odd::joined(shape, &bench))).ok()??;
    [true, false].into_iter().find_map(|exact| {
        let out = bench.brought_back(&made, exact)?;
        let valid = checker.check(out.get(0)).is_some_and(<[_]>::is_empty);
        let right = valid && area(out.get(0)) > 0.0 && ground::is_same(shape, out.get(0), 1e-7);
        right.then_some(out)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::validity::{Dice, boxes, geos, scribble};

    /// True where the head of this file promises ground: within some part's outline an odd number of times, and within
    /// none of its holes so.
    fn ground(shape: ShapeRef<'_, f64>, [x, y]: At) -> bool {
        let odd = |ring: &[At]| {
            ring.windows(2).fold(false, |inside, step| {
                let (a, b) = (step[0], step[1]);
                let crosses = (a[1] > y) != (b[1] > y)
                    && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
                inside != crosses
            })
        };
        shape.parts().any(|part| {
            let mut rings = part.rings();
            rings.next().is_some_and(odd) && !rings.any(odd)
        })
    }

    #[test]
    fn areas_made_valid_are_valid_by_geos_and_cover_the_ground_that_is_promised() {
        let mut dice = Dice(11);
        let mut checker = Checker::default();
        let (mut mended, mut left, mut judged, mut off) = (0, 0, 0, 0);
        let mut shapes = Shapes::new();
        for number in 0..30_000 {
            shapes.clear();
            if dice.below(3) == 0 {
                boxes(&mut dice, &mut shapes);
            } else {
                scribble(&mut dice, &mut shapes);
            }
            // As metres in a UTM zone, as degrees of a city a few metres across, and as they are.
            for at in &mut shapes.coords {
                match number % 3 {
                    0 => *at = [at[0] * 3.7 + 780_000.1, at[1] * 4.1 + 1_430_000.3],
                    1 => *at = [at[0] * 1.7e-5 + 77.59, at[1] * 1.3e-5 + 12.97],
                    _ => {}
                }
            }
            let shape = shapes.get(0);
            if checker.check(shape).is_none_or(<[_]>::is_empty) {
                continue;
            }
            let bbox = shape.bbox().expect("it has coordinates");
            let mut share = || dice.below(1 << 31) as f64 / (1_u64 << 31) as f64;
            let places: Vec<At> = (0..40)
                .map(|_| {
                    let [x, y] = [share(), share()];
                    [
                        bbox.west + x * (bbox.east - bbox.west),
                        bbox.south + y * (bbox.north - bbox.south),
                    ]
                })
                .collect();
            let Some(made) = made_valid(shape, &mut checker) else {
                // An overlay that does not balance leaves the shape as it was.
                left += usize::from(places.iter().any(|at| ground(shape, *at)));
                continue;
            };
            mended += 1;
            let theirs = geos(made.get(0));
            assert!(theirs.is_valid(), "{}", geos(shape).wkt().unwrap());
            // GEOS's own MakeValid is no judge of the ground: it fills places that a ring goes round twice.
            for at in places {
                judged += 1;
                off += usize::from(ground(made.get(0), at) != ground(shape, at));
            }
        }
        assert!(
            mended > 10_000 && judged > 400_000 && left * 50 < mended && off == 0,
            "{mended} made valid, {left} with ground left as they were, {off} of {judged} places differ"
        );
    }

    #[test]
    fn a_hole_outside_its_outline_becomes_a_part_unless_it_lies_on_another() {
        let square = |x: f64, size: f64| {
            [
                [x, 0.0],
                [x + size, 0.0],
                [x + size, size],
                [x, size],
                [x, 0.0],
            ]
        };
        let mut shapes = Shapes::new();
        for rings in [
            &[square(0.0, 4.0), square(1.0, 1.0), square(6.0, 2.0)][..],
            &[square(0.0, 4.0), square(6.0, 2.0), square(6.5, 1.0)][..],
        ] {
            for ring in rings {
                shapes.coords.extend_from_slice(
                    &ring.map(|[x, y]| [x, y + if x == 1.0 || x == 2.0 { 1.0 } else { 0.0 }]),
                );
                shapes.end_ring();
            }
            shapes.end_part();
            shapes.end_feature(ShapeKind::Polygon);
        }
        let mut checker = Checker::default();
        let places = |checker: &mut Checker, row: usize| -> Vec<usize> {
            let faults = checker.check(shapes.get(row)).unwrap().iter();
            let faults: Vec<_> = faults
                .filter(|fault| fault.flaw == Flaw::HoleOutside)
                .collect();
            faults.iter().map(|fault| fault.from as usize).collect()
        };
        let outside = places(&mut checker, 0);
        let made = parted(shapes.get(0), &outside, &mut checker).expect("it can be mended");
        let theirs = geos(made.get(0));
        assert!(theirs.is_valid());
        assert!(
            (theirs.area() - (16.0 - 1.0 + 4.0)).abs() < 1e-12,
            "{}",
            theirs.area()
        );
        let outside = places(&mut checker, 1);
        assert!(parted(shapes.get(1), &outside, &mut checker).is_none());
    }

    #[test]
    fn a_ring_that_only_touches_itself_keeps_every_vertex_and_its_area() {
        let mut shapes = Shapes::new();
        // Two squares of a few metres that share a corner, drawn as one ring, in degrees.
        let ring = [
            [0.0, 0.0],
            [2.0, 0.0],
            [2.0, 2.0],
            [4.0, 2.0],
            [4.0, 4.0],
            [2.0, 4.0],
            [2.0, 2.0],
            [0.0, 2.0],
            [0.0, 0.0],
        ];
        shapes
            .coords
            .extend(ring.map(|[x, y]: At| [77.59 + x * 1.1e-5, 12.97 + y * 1.3e-5]));
        shapes.end_ring();
        shapes.end_part();
        shapes.end_feature(crate::model::ShapeKind::Polygon);
        let made = made_valid(shapes.get(0), &mut Checker::default()).unwrap();
        let (before, after) = (area(shapes.get(0)), area(made.get(0)));
        assert!((before - after).abs() <= 1e-9 * before, "{before} {after}");
        let places = |shapes: &Shapes<f64>| {
            shapes
                .coords
                .iter()
                .map(|at| at.map(f64::to_bits))
                .collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(places(&shapes), places(&made));
    }
}

//! Validity held against GEOS: on a hundred thousand small geometries that a die draws, on long rings, and
//! on faults that are named one by one. No verdict differs, so there is nothing to explain away.

use super::*;
use crate::model::{ShapeKind, Shapes};

/// Whole numbers from a seed; the same on every machine.
pub(in super::super) struct Dice(pub(in super::super) u64);

impl Dice {
    pub(in super::super) fn below(&mut self, count: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % count
    }
}

pub(in super::super) fn wkb(shape: ShapeRef<'_, f64>) -> Vec<u8> {
    let mut out = vec![];
    let head = |out: &mut Vec<u8>, kind: u32, count: usize| {
        out.push(1);
        out.extend(kind.to_le_bytes());
        out.extend((count as u32).to_le_bytes());
    };
    let multi = shape.kind == ShapeKind::MultiPolygon;
    if multi {
        head(&mut out, 6, shape.parts().len());
    }
    for part in shape.parts() {
        head(&mut out, 3, part.rings().len());
        for ring in part.rings() {
            out.extend((ring.len() as u32).to_le_bytes());
            for at in ring {
                out.extend(at[0].to_le_bytes());
                out.extend(at[1].to_le_bytes());
            }
        }
    }
    out
}

pub(in super::super) fn geos(shape: ShapeRef<'_, f64>) -> gdal::vector::Geometry {
    gdal::vector::Geometry::from_wkb(&wkb(shape)).unwrap()
}

/// A polygon, or several, whose corners lie on a coarse grid, so that all ways of touching happen.
pub(in super::super) fn scribble(dice: &mut Dice, shapes: &mut Shapes<f64>) {
    let parts = 1 + dice.below(6) / 4;
    let grid = 3 + dice.below(6);
    let shrunk = dice.below(2) == 0;
    for _ in 0..parts {
        let rings = 1 + dice.below(4) / 2;
        let (mut low, mut span) = (0.0, grid);
        for ring in 0..rings {
            if ring == 1 && shrunk {
                low = 1.0;
                span = grid.saturating_sub(2).max(2);
            }
            let square = dice.below(3) == 0;
            let from = shapes.coords.len();
            if square {
                let [x, y] = [dice.below(span), dice.below(span)].map(|at| at as f64 + low);
                let [w, h] = [dice.below(span) + 1, dice.below(span) + 1].map(|at| at as f64);
                shapes
                    .coords
                    .extend([[x, y], [x + w, y], [x + w, y + h], [x, y + h]]);
            } else {
                for _ in 0..3 + dice.below(5) {
                    shapes.coords.push(
                        [dice.below(span + 1), dice.below(span + 1)].map(|at| at as f64 + low),
                    );
                }
            }
            shapes.coords.push(shapes.coords[from]);
            shapes.end_ring();
        }
        shapes.end_part();
    }
    shapes.end_feature(if parts == 1 {
        ShapeKind::Polygon
    } else {
        ShapeKind::MultiPolygon
    });
}

/// Boxes in boxes: shells with many holes, parts in holes and in each other.
pub(in super::super) fn boxes(dice: &mut Dice, shapes: &mut Shapes<f64>) {
    let parts = 1 + dice.below(3);
    for part in 0..parts {
        let rings = if part == 0 { 1 + dice.below(4) } else { 1 };
        for ring in 0..rings {
            let [x, y, w, h] = if ring == 0 && part == 0 {
                [0, 0, 12, 12]
            } else {
                [
                    dice.below(9) + 1,
                    dice.below(9) + 1,
                    dice.below(6) + 1,
                    dice.below(6) + 1,
                ]
            };
            let [x, y, w, h] = [x, y, w, h].map(|at| at as f64);
            let mut corners = vec![[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]];
            if dice.below(2) == 0 {
                corners.reverse();
            }
            if dice.below(4) == 0 {
                // A diamond touches where a box overlaps.
                corners = vec![
                    [x, y + h / 2.0],
                    [x + w / 2.0, y],
                    [x + w, y + h / 2.0],
                    [x + w / 2.0, y + h],
                    [x, y + h / 2.0],
                ];
            }
            shapes.coords.extend(corners);
            shapes.end_ring();
        }
        shapes.end_part();
    }
    shapes.end_feature(if parts == 1 {
        ShapeKind::Polygon
    } else {
        ShapeKind::MultiPolygon
    });
}

fn check(shape: ShapeRef<'_, f64>) -> Vec<Flaw> {
    Checker::default()
        .check(shape)
        .expect("small shapes are never too much work")
        .iter()
        .map(|fault| fault.flaw)
        .collect()
}

#[test]
fn verdicts_equal_geos_on_a_hundred_thousand_scribbles_and_boxes() {
    let mut dice = Dice(20);
    let mut shapes = Shapes::new();
    let (mut valid, mut seen) = (0, HashMap::<Flaw, u32>::new());
    for number in 0..100_000 {
        shapes.clear();
        if number % 3 == 0 {
            boxes(&mut dice, &mut shapes);
        } else {
            scribble(&mut dice, &mut shapes);
        }
        let ours = check(shapes.get(0));
        let theirs = geos(shapes.get(0)).is_valid();
        assert_eq!(
            ours.is_empty(),
            theirs,
            "{number}: {ours:?} {}",
            geos(shapes.get(0)).wkt().unwrap()
        );
        valid += u32::from(theirs);
        for flaw in ours {
            *seen.entry(flaw).or_default() += 1;
        }
    }
    // The dice must have met every kind of fault, or the test says little.
    assert!(valid > 4_000, "{valid} valid");
    for flaw in [
        Flaw::Crossing,
        Flaw::Doubled,
        Flaw::RingTouch,
        Flaw::TooFewPoints,
        Flaw::HoleOutside,
        Flaw::HoleInHole,
        Flaw::Disconnected,
        Flaw::PartInPart,
    ] {
        assert!(
            seen.get(&flaw).copied().unwrap_or(0) > 20,
            "{flaw:?}: {seen:?}"
        );
    }
}

#[test]
fn long_rings_get_the_same_answer_as_geos_and_as_short_ones() {
    let mut dice = Dice(7);
    let mut shapes = Shapes::new();
    let (mut valid, mut invalid) = (0, 0);
    for _ in 0..300 {
        shapes.clear();
        // A star whose radius wanders: simple, unless a corner is thrown somewhere else.
        let count = 60 + dice.below(300);
        let hole = dice.below(3) == 0;
        for ring in 0..=usize::from(hole) {
            let from = shapes.coords.len();
            for corner in 0..count {
                let angle = corner as f64 / count as f64 * std::f64::consts::TAU;
                let radius = (100 + dice.below(40)) as f64 * if ring == 0 { 1.0 } else { 0.5 };
                shapes
                    .coords
                    .push([radius * angle.cos(), radius * angle.sin()]);
            }
            if dice.below(3) == 0 {
                let at = from + dice.below(count) as usize;
                shapes.coords[at] = [
                    dice.below(300) as f64 - 150.0,
                    dice.below(300) as f64 - 150.0,
                ];
            }
            shapes.coords.push(shapes.coords[from]);
            shapes.end_ring();
        }
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
        let ours = check(shapes.get(0));
        let theirs = geos(shapes.get(0)).is_valid();
        assert_eq!(ours.is_empty(), theirs, "{ours:?}");
        if theirs {
            valid += 1;
        } else {
            invalid += 1;
        }
    }
    assert!(valid > 50 && invalid > 50, "{valid} {invalid}");
}

fn polygon(rings: &[&[At]]) -> Shapes<f64> {
    let mut shapes = Shapes::new();
    for ring in rings {
        shapes.coords.extend_from_slice(ring);
        shapes.end_ring();
    }
    shapes.end_part();
    shapes.end_feature(ShapeKind::Polygon);
    shapes
}

#[test]
fn a_fault_is_named_with_its_place() {
    let place = |shapes: &Shapes<f64>| {
        let mut checker = Checker::default();
        let faults = checker.check(shapes.get(0)).unwrap();
        assert_eq!(faults.len(), 1, "{faults:?}");
        (faults[0].flaw, faults[0].place(&shapes.coords))
    };
    let bow = polygon(&[&[[0.0, 0.0], [2.0, 2.0], [2.0, 0.0], [0.0, 2.0], [0.0, 0.0]]]);
    assert_eq!(place(&bow), (Flaw::Crossing, [1.0, 1.0]));
    let open = polygon(&[&[[0.0, 0.0], [2.0, 0.0], [2.0, 2.0], [0.0, 2.0]]]);
    assert_eq!(place(&open), (Flaw::Unclosed, [0.0, 2.0]));
    let line = polygon(&[&[[0.0, 0.0], [2.0, 0.0], [0.0, 0.0], [0.0, 0.0]]]);
    assert_eq!(place(&line).0, Flaw::TooFewPoints);
    let spike = polygon(&[&[
        [0.0, 0.0],
        [2.0, 0.0],
        [5.0, 0.0],
        [2.0, 0.0],
        [1.0, 2.0],
        [0.0, 0.0],
    ]]);
    let mut checker = Checker::default();
    assert!(
        checker
            .check(spike.get(0))
            .unwrap()
            .iter()
            .any(|fault| fault.flaw == Flaw::Doubled && fault.place(&spike.coords) == [5.0, 0.0])
    );
    let nan = polygon(&[&[[0.0, 0.0], [2.0, f64::NAN], [2.0, 2.0], [0.0, 0.0]]]);
    assert!(matches!(checker.check(nan.get(0)).unwrap(), [fault] if fault.flaw == Flaw::NotFinite));
    let square: &[At] = &[[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [0.0, 4.0], [0.0, 0.0]];
    let outside = polygon(&[square, &[[5.0, 5.0], [6.0, 5.0], [6.0, 6.0], [5.0, 5.0]]]);
    assert_eq!(place(&outside), (Flaw::HoleOutside, [5.0, 5.0]));
    let cut = polygon(&[
        square,
        &[[2.0, 0.0], [3.0, 2.0], [2.0, 4.0], [1.0, 2.0], [2.0, 0.0]],
    ]);
    assert_eq!(place(&cut).0, Flaw::Disconnected);
}

#[test]
fn a_ring_of_a_hundred_thousand_vertices_is_quick_and_a_tangle_is_given_up() {
    let count = 100_000;
    let mut ring: Vec<At> = (0..count)
        .map(|at| {
            let angle = f64::from(at) / f64::from(count) * std::f64::consts::TAU;
            let radius = 1.0 + 0.1 * (angle * 900.0).sin();
            [radius * angle.cos(), radius * angle.sin()]
        })
        .collect();
    ring.push(ring[0]);
    let shapes = polygon(&[&ring]);
    let mut checker = Checker::default();
    assert!(checker.check(shapes.get(0)).unwrap().is_empty());
    assert!(
        checker.shape_work < 30 * count as u64,
        "{} pairs",
        checker.shape_work
    );

    // Diagonal teeth: every box meets every other, and nothing crosses.
    let teeth = 40_000;
    let mut comb: Vec<At> = vec![];
    for tooth in 0..teeth {
        let x = f64::from(tooth);
        comb.extend([[x, 0.0], [x + 1e6, 1e6], [x + 0.5, 0.0]]);
    }
    comb.extend([[f64::from(teeth), -1.0], [0.0, -1.0], [0.0, 0.0]]);
    let shapes = polygon(&[&comb]);
    assert!(checker.check(shapes.get(0)).is_none());
}

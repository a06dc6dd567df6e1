//! T04, T05: a coverage lies on the ground without overlap and without gap.
//!
//! Both look in the coordinates of the file and measure in metres. An edge that is straight in degrees is
//! bent in UTM, by a centimetre over a kilometre: enough to part a long edge from the neighbours' corners
//! on it, and to see slivers where there are none.

use std::panic::{AssertUnwindSafe, catch_unwind};

use geo::{BooleanOps, BoundingRect, Contains, InteriorPoint, unary_union};
use geo_types::{Geometry, LineString, MultiPolygon, Polygon};

use super::{
    Finding, Findings, Outcome, Rule, RuleInfo, Subject,
    geometry::{area, doubled_area, not_placed},
    overlap::{Overlap, common},
    placing::{Native, middle, to_metres},
};
use crate::{
    index,
    model::{Bbox, Severity, Shapes, say},
};

/// Beyond this many vertices a union is more than a gate should spend.
const UNION_VERTICES: usize = 8_000_000;

/// Square metres with thousands set apart, for a sentence.
fn sqm(area: f64) -> String {
    if area < 10.0 {
        return format!("{area:.1}");
    }
    let whole = format!("{area:.0}");
    let mut out = String::new();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// T04: no two areas overlap.
pub(super) struct Overlaps;

impl Rule for Overlaps {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T04",
            name: "overlap",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let (Some(metres), Some(native)) = (subject.metres, Native::of(subject.raw)) else {
            return not_placed();
        };
        let drawn = &subject.raw.shapes;
        let limits = subject.standards.profile().thresholds;
        let boxes: Vec<Option<Bbox>> = drawn
            .view()
            .iter()
            .map(|shape| {
                let whole = shape.coords().iter().all(|at| at[0].is_finite());
                (whole && shape.kind.dimension() == Some(2))
                    .then(|| shape.bbox())
                    .flatten()
            })
            .collect();
        let drawable = boxes
            .iter()
            .enumerate()
            .filter_map(|(row, bbox)| Some((row as u32, (*bbox)?)));
        let mut overlap = Overlap::default();
        let mut found: Vec<(f64, u32, u32, [f64; 2])> = vec![];
        let mut skipped = None;
        index::pairs(drawable, |one, other| {
            let (Some(a), Some(b)) = (boxes[one as usize], boxes[other as usize]) else {
                return;
            };
            let Some(both) = common(&a, &b) else {
                return;
            };
            let shapes = (drawn.get(one as usize), drawn.get(other as usize));
            match overlap.area(shapes.0, shapes.1, &both) {
                Some(square) if square > 0.0 => {
                    let here = metres.get(one as usize);
                    let scale = area(here) / area(shapes.0).max(f64::MIN_POSITIVE);
                    if square * scale <= limits.ignore_sqm {
                        return;
                    }
                    let at = overlap.place().unwrap_or([f64::NAN; 2]);
                    let there = metres.get(other as usize);
                    let exact = here
                        .bbox()
                        .zip(there.bbox())
                        .and_then(|(a, b)| common(&a, &b))
                        .and_then(|both| overlap.area(here, there, &both))
                        .filter(|exact| *exact > 0.0);
                    let square = exact.unwrap_or(square * scale);
                    if square > limits.ignore_sqm {
                        found.push((square, one, other, at));
                    }
                }
                Some(_) => {}
                None => {
                    skipped.get_or_insert((one, other));
                }
            }
        });
        if let (Some((one, other)), true) = (skipped, found.is_empty()) {
            return Outcome::not_run(
                say!(
                    T04_tangled,
                    one = subject.called(one as usize),
                    other = subject.called(other as usize)
                ),
                true,
            );
        }
        found.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let bad: f64 = found.iter().map(|hit| hit.0).sum();
        let all: f64 = metres
            .view()
            .iter()
            .map(area)
            .filter(|area| area.is_finite())
            .sum();
        let ratio = bad / (all - bad).max(f64::MIN_POSITIVE);
        let mut findings = Findings::new();
        for (square, one, other, at) in found {
            findings.add(|| {
                let (one, other) = (one as usize, other as usize);
                let smaller = area(metres.get(one)).min(area(metres.get(other)));
                let grave = ratio > limits.overlap_ratio || square > limits.overlap_sqm;
                Finding {
                    place: subject.spot(one, Some(native.lonlat(at))),
                    say: say!(
                        T04_overlap,
                        one = subject.called(one),
                        other = subject.called(other),
                        sqm = sqm(square),
                        share = format!("{:.2}", 100.0 * square / smaller.max(f64::MIN_POSITIVE))
                    ),
                    fix: say!(T04_overlap_fix),
                    measure: Some((square * 100.0).round() / 100.0),
                    severity: Some(if grave {
                        Severity::Error
                    } else {
                        Severity::Warning
                    }),
                    ..Finding::default()
                }
            });
        }
        findings.outcome(drawn.len() as u64)
    }
}

/// T05: no ground inside is left out.
pub(super) struct Gaps;

/// The areas of a layer for `geo`, all wound one way, as its union wants them.
fn polygons(shapes: &Shapes<f64>) -> Vec<Polygon<f64>> {
    use geo::Orient;
    shapes
        .view()
        .iter()
        .filter(|shape| shape.coords().iter().all(|at| at[0].is_finite()))
        .flat_map(|shape| match shape.to_geo() {
            Some(Geometry::Polygon(polygon)) => vec![polygon],
            Some(Geometry::MultiPolygon(parts)) => parts.0,
            _ => vec![],
        })
        .filter(|polygon| polygon.exterior().0.len() > 3)
        .map(|polygon| polygon.orient(geo::orient::Direction::Default))
        .collect()
}

/// The ground that a union leaves out: its holes, without the islands in them.
fn holes(union: &MultiPolygon<f64>) -> Vec<Polygon<f64>> {
    let mut found = vec![];
    for ring in union.iter().flat_map(Polygon::interiors) {
        let hole = Polygon::new(ring.clone(), vec![]);
        let Some(around) = hole.bounding_rect() else {
            continue;
        };
        let islands: Vec<LineString<f64>> = union
            .iter()
            .map(Polygon::exterior)
            .filter(|shell| {
                shell.0.first().is_some_and(|&first| {
                    around.contains(&first) && hole.contains(&geo_types::Point(first))
                })
            })
            .cloned()
            .collect();
        found.push(Polygon::new(ring.clone(), islands));
    }
    found
}

impl Rule for Gaps {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T05",
            name: "gap",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let (Some(lonlat), Some(native)) = (subject.lonlat, Native::of(subject.raw)) else {
            return not_placed();
        };
        let Some(at) = middle(&lonlat.coords) else {
            return not_placed();
        };
        if lonlat.coords.len() > UNION_VERTICES {
            return Outcome::not_run(
                say!(
                    T05_too_large,
                    count = lonlat.coords.len(),
                    most = UNION_VERTICES
                ),
                true,
            );
        }
        let limits = subject.standards.profile().thresholds;
        let parent = subject.city.filter(|_| {
            subject
                .standard
                .is_some_and(|standard| !standard.parent.is_empty())
        });
        // The city is in degrees, so the layer must be too where it is held against the city.
        let drawn = if parent.is_some() {
            lonlat
        } else {
            &subject.raw.shapes
        };
        let to_lonlat = |coords: &mut [[f64; 2]]| {
            if parent.is_none() {
                native.all(coords);
            }
        };
        let in_metres = |polygon: &Polygon<f64>| {
            let mut all: Vec<[f64; 2]> = vec![];
            let mut ends = vec![];
            for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
                all.extend(ring.0.iter().map(|at| [at.x, at.y]));
                ends.push(all.len());
            }
            to_lonlat(&mut all);
            to_metres(at, &mut all);
            let mut from = 0;
            let mut sizes = ends.into_iter().map(|to| {
                let size = doubled_area(&all[from..to]).abs() / 2.0;
                from = to;
                size
            });
            let shell = sizes.next().unwrap_or(0.0);
            shell - sizes.sum::<f64>()
        };
        // The union is others' code on strangers' shapes; should it panic, that is no answer, not an end.
        let work = catch_unwind(AssertUnwindSafe(|| {
            let union = unary_union(&polygons(drawn));
            let total: f64 = union.iter().map(in_metres).sum();
            let found = match parent {
                Some(city) => unary_union(&polygons(city)).difference(&union).0,
                None => holes(&union),
            };
            let mut gaps: Vec<(f64, Polygon<f64>)> = found
                .into_iter()
                .map(|gap| (in_metres(&gap), gap))
                .filter(|(area, _)| *area > limits.ignore_sqm)
                .collect();
            gaps.sort_by(|a, b| b.0.total_cmp(&a.0));
            let places: Vec<Option<[f64; 2]>> = gaps
                .iter()
                .take(super::KEPT_FINDINGS)
                .map(|(_, gap)| {
                    let mut place = [gap.interior_point().map(|point| [point.x(), point.y()])?];
                    to_lonlat(&mut place);
                    Some(place[0])
                })
                .collect();
            let areas: Vec<f64> = gaps.iter().map(|(area, _)| *area).collect();
            (total, areas, places)
        }));
        let Ok((total, areas, places)) = work else {
            return Outcome::not_run(say!(T05_no_union), true);
        };
        // A large hole may be true: a cantonment, a lake. It is asked about and not counted.
        let bad: f64 = areas
            .iter()
            .filter(|area| **area <= limits.question_hole_sqm)
            .sum();
        let ratio = bad / total.max(f64::MIN_POSITIVE);
        let inside = || {
            if parent.is_some() {
                say!(T05_city)
            } else {
                say!(T05_layer)
            }
        };
        let mut findings = Findings::new();
        for (at, area) in areas.iter().enumerate() {
            findings.add(|| {
                let place = places.get(at).copied().flatten();
                let question = *area > limits.question_hole_sqm;
                Finding {
                    place: super::Place {
                        at: place,
                        ..super::Place::default()
                    },
                    say: if question {
                        say!(T05_question, sqm = sqm(*area), inside = inside())
                    } else {
                        say!(T05_gap, sqm = sqm(*area), inside = inside())
                    },
                    fix: if question {
                        say!(T05_question_fix)
                    } else {
                        say!(T05_gap_fix)
                    },
                    measure: Some((area * 100.0).round() / 100.0),
                    severity: Some(if !question && ratio > limits.overlap_ratio {
                        Severity::Error
                    } else {
                        Severity::Warning
                    }),
                    ..Finding::default()
                }
            });
        }
        findings.outcome(lonlat.len() as u64)
    }
}

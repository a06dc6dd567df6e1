//! T05: a coverage leaves no ground out.
//!
//! A gap is looked for in the coordinates of the file, because an edge that is straight in degrees is bent in
//! UTM, by a centimetre over a kilometre: enough to see slivers where there are none. The union says which
//! ground is left out, [`measured`] where it ends, and its area is that of its corners in the zone of the city.

use std::panic::{AssertUnwindSafe, catch_unwind};

use geo::{Area, BooleanOps, BoundingRect, Contains, unary_union};
use geo_types::{Geometry, LineString, MultiPolygon, Polygon};

use super::{
    Finding, Findings, Outcome, Rule, RuleInfo, Subject,
    coverage::{kept_sqm, sqm},
    crossed::tangled,
    geometry::{doubled_area, not_placed},
    orient::At,
    placing::{Native, middle, to_metres},
    sought::{measured, rings},
};
use crate::model::{Severity, Shapes, say};

/// Beyond this many vertices a union is more than a gate should spend.
const UNION_VERTICES: usize = 8_000_000;

/// T05: no ground inside is left out.
pub(super) struct Gaps;

/// How many steps of a search for holes outside their outline one area is worth.
const STRAY_WORK: usize = 20_000_000;

/// An area with the rings that were entered as its holes but lie outside of it as parts of their own: T01 names them,
/// and their ground is not left out. An area with very many holes stays as it is.
fn apart(polygon: Polygon<f64>) -> Vec<Polygon<f64>> {
    if polygon.interiors().is_empty()
        || polygon.interiors().len() * polygon.exterior().0.len() > STRAY_WORK
    {
        return vec![polygon];
    }
    let (shell, holes) = polygon.into_inner();
    let shell = Polygon::new(shell, vec![]);
    let inside = |hole: &LineString<f64>| hole.points().any(|at| shell.contains(&at));
    let (holes, strays): (Vec<_>, Vec<_>) = holes.into_iter().partition(inside);
    let mut parts = vec![Polygon::new(shell.exterior().clone(), holes)];
    parts.extend(strays.into_iter().map(|ring| Polygon::new(ring, vec![])));
    parts
}

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
        .flat_map(apart)
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
        if tangled(&subject.raw.shapes, subject.stop) {
            return Outcome::not_run(say!(T05_tangled), true);
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
        let in_metres = |rings: Vec<Vec<At>>| {
            let mut sizes = rings.into_iter().map(|mut ring| {
                to_lonlat(&mut ring);
                to_metres(at, &mut ring);
                doubled_area(&ring).abs() / 2.0
            });
            let shell = sizes.next().unwrap_or(0.0);
            shell - sizes.sum::<f64>()
        };
        // The union is others' code on strangers' shapes; should it panic, that is no answer, not an end.
        let work = catch_unwind(AssertUnwindSafe(|| {
            let union = unary_union(&polygons(drawn));
            let total: f64 = union.iter().map(|part| in_metres(rings(part))).sum();
            // Square metres in one square unit of the file.
            let scale = total / union.unsigned_area().max(f64::MIN_POSITIVE);
            let (found, layers) = match parent {
                Some(city) => (
                    unary_union(&polygons(city)).difference(&union).0,
                    vec![drawn, city],
                ),
                None => (holes(&union), vec![drawn]),
            };
            let mut gaps: Vec<(f64, At)> = measured(&found, &layers)
                .into_iter()
                // A corner on a straight edge of a kilometre leaves nothing out; taken to the zone, the edge bends away.
                .filter(|ground| ground.area() * scale > limits.ignore_sqm)
                .map(|ground| (in_metres(ground.rings), ground.inside))
                .filter(|(area, _)| *area > limits.ignore_sqm)
                .collect();
            gaps.sort_by(|a, b| b.0.total_cmp(&a.0));
            let mut places: Vec<At> = gaps
                .iter()
                .take(super::KEPT_FINDINGS)
                .map(|gap| gap.1)
                .collect();
            to_lonlat(&mut places);
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
                let place = places.get(at).copied();
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
                    measure: Some(kept_sqm(*area)),
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

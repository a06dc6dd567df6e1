//! T04, T05: a coverage lies on the ground without overlap and without gap.

use std::panic::{AssertUnwindSafe, catch_unwind};

use geo::{Area, BooleanOps, BoundingRect, Contains, InteriorPoint, unary_union};
use geo_types::{Geometry, LineString, MultiPolygon, Polygon};

use super::{
    Finding, Findings, Outcome, Rule, RuleInfo, Subject,
    geometry::{area, not_placed},
    overlap::{Overlap, common},
    placing::{Back, middle, to_metres},
};
use crate::{
    index::SpatialIndex,
    model::{Bbox, Severity, Shapes},
};

/// Beyond this many vertices a union is more than a gate should spend.
const UNION_VERTICES: usize = 8_000_000;

/// Square metres with thousands set apart, for a sentence.
fn sqm(area: f64) -> String {
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
        let (Some(metres), Some(lonlat)) = (subject.metres, subject.lonlat) else {
            return not_placed();
        };
        let limits = subject.standards.profile().thresholds;
        let boxes: Vec<Option<Bbox>> = metres
            .view()
            .iter()
            .map(|shape| {
                let whole = shape.coords().iter().all(|at| at[0].is_finite());
                (whole && shape.kind.dimension() == Some(2))
                    .then(|| shape.bbox())
                    .flatten()
            })
            .collect();
        let index = SpatialIndex::new(
            boxes
                .iter()
                .enumerate()
                .filter_map(|(row, bbox)| Some((row as u32, (*bbox)?))),
        );
        let mut overlap = Overlap::default();
        let mut found: Vec<(f64, u32, u32, [f64; 2])> = vec![];
        let mut skipped = None;
        index.pairs(|one, other| {
            let (Some(a), Some(b)) = (boxes[one as usize], boxes[other as usize]) else {
                return;
            };
            let Some(both) = common(&a, &b) else {
                return;
            };
            let shapes = (metres.get(one as usize), metres.get(other as usize));
            match overlap.area(shapes.0, shapes.1, &both) {
                Some(area) if area > limits.ignore_sqm => {
                    let at = overlap.place().unwrap_or([f64::NAN; 2]);
                    found.push((area, one, other, at));
                }
                Some(_) => {}
                None => {
                    skipped.get_or_insert((one, other));
                }
            }
        });
        if let (Some((one, other)), true) = (skipped, found.is_empty()) {
            return Outcome::NotRun {
                because: format!(
                    "{} and {} have so many edges over one another that comparing them would take too long",
                    subject.called(one as usize),
                    subject.called(other as usize)
                ),
                needed: true,
            };
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
        let back = Back::of(lonlat);
        let mut findings = Findings::new();
        for (square, one, other, at) in found {
            findings.add(|| {
                let (one, other) = (one as usize, other as usize);
                let smaller = area(metres.get(one)).min(area(metres.get(other)));
                let grave = ratio > limits.overlap_ratio || square > limits.overlap_sqm;
                Finding {
                    place: subject.spot(one, back.as_ref().map(|back| back.lonlat(at))),
                    message: format!(
                        "{} and {} overlap by {} sqm ({:.2} % of the smaller)",
                        subject.called(one),
                        subject.called(other),
                        sqm(square),
                        100.0 * square / smaller.max(f64::MIN_POSITIVE)
                    ),
                    remedy: Some(
                        "decide which of the two owns the ground and move the other's edge to it \
                         (QGIS: snapping on, avoid overlap)"
                            .into(),
                    ),
                    measure: Some((square * 100.0).round() / 100.0),
                    severity: Some(if grave {
                        Severity::Error
                    } else {
                        Severity::Warning
                    }),
                }
            });
        }
        findings.outcome(metres.len() as u64)
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
fn holes(union: &MultiPolygon<f64>, ignore: f64) -> Vec<(f64, Polygon<f64>)> {
    let mut found = vec![];
    let hole_of = |ring: &LineString<f64>| Polygon::new(ring.clone(), vec![]);
    for part in union {
        for ring in part.interiors() {
            let hole = hole_of(ring);
            let Some(around) = hole.bounding_rect() else {
                continue;
            };
            let islands: Vec<LineString<f64>> = union
                .iter()
                .filter(|other| {
                    other.exterior().0.first().is_some_and(|&first| {
                        around.contains(&first) && hole.contains(&geo_types::Point(first))
                    })
                })
                .map(|other| other.exterior().clone())
                .collect();
            let gap = Polygon::new(ring.clone(), islands);
            let area = gap.unsigned_area();
            if area > ignore {
                found.push((area, gap));
            }
        }
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
        let (Some(metres), Some(lonlat)) = (subject.metres, subject.lonlat) else {
            return not_placed();
        };
        if metres.coords.len() > UNION_VERTICES {
            return Outcome::NotRun {
                because: format!(
                    "the layer has {} vertices; gaps are looked for up to {UNION_VERTICES}",
                    metres.coords.len()
                ),
                needed: true,
            };
        }
        let limits = subject.standards.profile().thresholds;
        let parent = subject.city.filter(|_| {
            subject
                .standard
                .is_some_and(|standard| !standard.parent.is_empty())
        });
        // The union is others' code on strangers' shapes; should it panic, that is no answer, not an end.
        let work = catch_unwind(AssertUnwindSafe(|| {
            let areas = polygons(metres);
            let union = unary_union(&areas);
            let total = union.unsigned_area();
            let mut gaps = holes(&union, limits.ignore_sqm);
            if let (Some(city), Some(at)) = (parent, middle(&lonlat.coords)) {
                let mut city = city.clone();
                if to_metres(at, &mut city.coords) {
                    let rest = unary_union(&polygons(&city)).difference(&union);
                    gaps = rest
                        .0
                        .into_iter()
                        .map(|gap| (gap.unsigned_area(), gap))
                        .filter(|(area, _)| *area > limits.ignore_sqm)
                        .collect();
                }
            }
            gaps.sort_by(|a, b| b.0.total_cmp(&a.0));
            let places: Vec<(f64, Option<[f64; 2]>)> = gaps
                .iter()
                .take(super::KEPT_FINDINGS)
                .map(|(area, gap)| {
                    (
                        *area,
                        gap.interior_point().map(|point| [point.x(), point.y()]),
                    )
                })
                .collect();
            let areas: Vec<f64> = gaps.iter().map(|(area, _)| *area).collect();
            (total, areas, places)
        }));
        let Ok((total, areas, places)) = work else {
            return Outcome::NotRun {
                because:
                    "the union of the areas could not be made; mend what T01 found and check again"
                        .into(),
                needed: true,
            };
        };
        // A large hole may be true: a cantonment, a lake. It is asked about and not counted.
        let bad: f64 = areas
            .iter()
            .filter(|area| **area <= limits.question_hole_sqm)
            .sum();
        let ratio = bad / total.max(f64::MIN_POSITIVE);
        let back = Back::of(lonlat);
        let inside = if parent.is_some() {
            "the city"
        } else {
            "the layer"
        };
        let mut findings = Findings::new();
        for (at, area) in areas.iter().enumerate() {
            findings.add(|| {
                let place = places
                    .get(at)
                    .and_then(|(_, place)| Some(back.as_ref()?.lonlat((*place)?)));
                let question = *area > limits.question_hole_sqm;
                Finding {
                    place: super::Place {
                        at: place,
                        ..super::Place::default()
                    },
                    message: if question {
                        format!("{} sqm inside {inside} belong to no feature: is that meant?", sqm(*area))
                    } else {
                        format!("a gap of {} sqm inside {inside} belongs to no feature", sqm(*area))
                    },
                    remedy: Some(if question {
                        "if it is a cantonment, a lake or another body's land, leave it so; else add the missing feature".into()
                    } else {
                        "move the edges of its neighbours together (QGIS: snapping on, topological editing)".into()
                    }),
                    measure: Some((area * 100.0).round() / 100.0),
                    severity: Some(if !question && ratio > limits.overlap_ratio {
                        Severity::Error
                    } else {
                        Severity::Warning
                    }),
                }
            });
        }
        findings.outcome(metres.len() as u64)
    }
}

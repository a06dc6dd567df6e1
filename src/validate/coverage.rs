//! T04: the areas of a coverage do not lie on one another.
//!
//! It looks in the coordinates of the file and measures in metres, as T05 does. An edge that is straight in degrees is
//! bent in UTM, by a centimetre over a kilometre: enough to part a long edge from the neighbours' corners
//! on it, and to see slivers where there are none.

use super::{
    Finding, Findings, Outcome, Rule, RuleInfo, Subject,
    geometry::{area, drawn_box, not_placed},
    overlap::{Overlap, common},
    period::Periods,
    placing::Native,
};
use crate::{
    index,
    model::{Bbox, Severity, say},
};

/// Square metres with thousands set apart, for a sentence.
pub(super) fn sqm(area: f64) -> String {
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

/// Square metres as a report keeps them: to the square millimetre, so that another program can be held to them.
pub(super) fn kept_sqm(area: f64) -> f64 {
    (area * 1e6).round() / 1e6
}

/// What all pairs of areas of a layer may cost, in about nanoseconds, and how much more for each row; what keeping
/// an overlap costs. Real coverages need a hundredth of it; twenty thousand areas on one spot would need minutes,
/// and gigabytes for what is found.
const WORK: usize = 3_000_000_000;
const WORK_A_ROW: usize = 5_000;
const WORK_A_HIT: usize = 5_000;

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
        let boxes: Vec<Bbox> = drawn
            .view()
            .iter()
            .map(|shape| drawn_box(&shape, 2))
            .collect();
        let mut overlap = Overlap::default();
        let mut found: Vec<(f64, u32, u32)> = vec![];
        let mut skipped = None;
        let periods = Periods::of(subject);
        let budget = WORK + WORK_A_ROW * boxes.len();
        let mut spent = false;
        let mut going = subject.stop.often();
        index::pairs(&boxes, |one, other| {
            let Some(both) = common(&boxes[one as usize], &boxes[other as usize]) else {
                return true;
            };
            if periods
                .as_ref()
                .is_some_and(|periods| !periods.together(one, other))
            {
                return going();
            }
            if overlap.work() + WORK_A_HIT * found.len() > budget {
                spent = true;
                return false;
            }
            let shapes = (drawn.get(one as usize), drawn.get(other as usize));
            match overlap.area(shapes.0, shapes.1, &both) {
                Some(square) if square > 0.0 => {
                    let here = metres.get(one as usize);
                    let scale = area(here) / area(shapes.0).max(f64::MIN_POSITIVE);
                    if square * scale <= limits.ignore_sqm {
                        return going();
                    }
                    let there = metres.get(other as usize);
                    let exact = here
                        .bbox()
                        .zip(there.bbox())
                        .and_then(|(a, b)| common(&a, &b))
                        .and_then(|both| overlap.area(here, there, &both))
                        .filter(|exact| *exact > 0.0);
                    let square = exact.unwrap_or(square * scale);
                    if square > limits.ignore_sqm {
                        found.push((square, one, other));
                    }
                }
                Some(_) => {}
                None => {
                    skipped.get_or_insert((one, other));
                }
            }
            going()
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
        if spent {
            findings.add(|| Finding {
                say: say!(T04_many, count = found.len()),
                fix: say!(T04_many_fix),
                severity: Some(Severity::Error),
                ..Finding::default()
            });
        }
        for (square, one, other) in found {
            findings.add(|| {
                let (one, other) = (one as usize, other as usize);
                // Only of those that are told: finding the place takes longer than finding the overlap.
                let at = common(&boxes[one], &boxes[other])
                    .and_then(|both| {
                        overlap.area(drawn.get(one), drawn.get(other), &both)?;
                        overlap.place()
                    })
                    .unwrap_or([f64::NAN; 2]);
                let smaller = area(metres.get(one)).min(area(metres.get(other)));
                let grave = ratio > limits.overlap_ratio || square > limits.overlap_sqm;
                Finding {
                    place: subject.spot(one, Some(native.lonlat(at))),
                    say: if square < smaller * 0.000_1 {
                        say!(
                            T04_hardly,
                            one = subject.called(one),
                            other = subject.called(other),
                            sqm = sqm(square)
                        )
                    } else {
                        say!(
                            T04_overlap,
                            one = subject.called(one),
                            other = subject.called(other),
                            sqm = sqm(square),
                            share =
                                format!("{:.2}", 100.0 * square / smaller.max(f64::MIN_POSITIVE))
                        )
                    },
                    fix: say!(T04_overlap_fix),
                    measure: Some(kept_sqm(square)),
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

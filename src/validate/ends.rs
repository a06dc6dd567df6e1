//! T07, T08: lines that meet where they end, with no stubs and none along another.

use std::{
    cmp::Ordering,
    collections::{HashMap, HashSet},
};

use super::{
    Finding, Findings, Outcome, Rule, RuleInfo, Subject,
    along::{Along, along},
    geometry::{length, not_placed},
    orient::{At, side},
};
use crate::{
    index::SegmentIndex,
    model::{Severity, Shapes, say},
};

/// Ends on one spot of this size meet, in metres.
const MEETS_M: f64 = 0.001;

/// An end this near to the middle of an edge meets it, in metres: a coordinate rounded to six decimals of a
/// degree, or an edge of a kilometre drawn straight in degrees, is that far from where it should be.
pub(super) const TOUCHES_M: f64 = 0.05;

/// How many pieces of its own are passed over on the way from the ends to another line, and how many more for
/// each end; real lines have a few.
const OWN: usize = 10_000_000;
const OWN_AN_END: usize = 100;

/// The share of a line that another must cover to be the same line drawn twice.
const WHOLE: f64 = 0.99;

/// The ends of every line of a layer: row, which coordinate of the layer, and the place.
pub(super) fn ends(shapes: &Shapes<f64>) -> Vec<(u32, usize, At)> {
    let mut ends = vec![];
    for (row, shape) in shapes.view().iter().enumerate() {
        if shape.kind.dimension() != Some(1) {
            continue;
        }
        let mut at = shape.coord_range().0;
        for part in shape.parts() {
            for path in part.rings() {
                // A closed line has no ends.
                if path.len() > 1 && path[0] != path[path.len() - 1] {
                    for end in [at, at + path.len() - 1] {
                        ends.push((row as u32, end, shapes.coords[end]));
                    }
                }
                at += path.len();
            }
        }
    }
    ends
}

/// The segments of all lines, each with its row.
pub(super) fn segments(shapes: &Shapes<f64>) -> impl Iterator<Item = (u32, At, At)> + '_ {
    (0..shapes.len()).flat_map(|row| {
        let shape = shapes.get(row);
        let lines: Vec<(u32, At, At)> = if shape.kind.dimension() == Some(1) {
            shape
                .parts()
                .flat_map(|part| {
                    part.rings()
                        .flat_map(|path| path.windows(2).map(|step| (row as u32, step[0], step[1])))
                        .collect::<Vec<_>>()
                })
                .collect()
        } else {
            vec![]
        };
        lines.into_iter()
    })
}

/// How many line ends lie on each millimetre.
pub(super) fn crowds(ends: &[(u32, usize, At)]) -> HashMap<[i64; 2], u32> {
    let mut crowds = HashMap::with_capacity(ends.len());
    for (.., at) in ends {
        *crowds.entry(spot(*at)).or_default() += 1;
    }
    crowds
}

pub(super) fn spot(at: At) -> [i64; 2] {
    at.map(|axis| (axis / MEETS_M).round() as i64)
}

/// T07: line ends that nearly meet another line do meet it.
pub(super) struct EndsMeet;

impl Rule for EndsMeet {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T07",
            name: "ends_meet",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let (Some(metres), Some(lonlat)) = (subject.metres, subject.lonlat) else {
            return not_placed();
        };
        let limit = subject.limit_m();
        let ends = ends(metres);
        let crowds = crowds(&ends);
        let index = SegmentIndex::new(segments(metres));
        let mut findings = Findings::new();
        let mut left = OWN + OWN_AN_END * ends.len();
        for &(row, coord, at) in subject.stop.each(ends.iter()) {
            if crowds.get(&spot(at)).is_some_and(|count| *count > 1) || !at[0].is_finite() {
                continue;
            }
            let near = index
                .nearest(at)
                .take_while(|near| near.distance <= limit)
                .find(|near| {
                    left = left.saturating_sub(1);
                    near.row != row || left == 0
                });
            if left == 0 {
                return Outcome::not_run(say!(T07_tangled), true);
            }
            let Some(near) = near.filter(|near| near.distance > TOUCHES_M) else {
                continue;
            };
            findings.add(|| Finding {
                place: subject.spot(row as usize, lonlat.coords.get(coord).copied()),
                say: say!(
                    T07_short,
                    who = subject.called(row as usize),
                    metres = format!("{:.2}", near.distance),
                    other = subject.called(near.row as usize)
                ),
                fix: say!(T07_short_fix),
                measure: Some(near.distance),
                ..Finding::default()
            });
        }
        findings.outcome(ends.len() as u64)
    }
}

/// T08: no line is a stub, none runs over itself, and none along another.
pub(super) struct Dangles;

impl Rule for Dangles {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T08",
            name: "dangles",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let (Some(metres), Some(lonlat)) = (subject.metres, subject.lonlat) else {
            return not_placed();
        };
        let limit = subject.limit_m();
        let ends = ends(metres);
        let crowds = crowds(&ends);
        let mut findings = Findings::new();
        for pair in ends.chunks_exact(2) {
            let (row, coord, from) = pair[0];
            let to = pair[1].2;
            let free = |at: At| crowds.get(&spot(at)).is_none_or(|count| *count < 2);
            let shape = metres.get(row as usize);
            if shape.parts().len() == 1 && free(from) != free(to) && length(shape) < limit {
                findings.add(|| Finding {
                    place: subject.spot(row as usize, lonlat.coords.get(coord).copied()),
                    say: say!(
                        T08_stub,
                        who = subject.called(row as usize),
                        metres = format!("{:.2}", length(shape))
                    ),
                    fix: say!(T08_stub_fix),
                    measure: Some(length(shape)),
                    ..Finding::default()
                });
            }
        }
        let mut folded = HashSet::new();
        for (row, shape) in subject
            .stop
            .each(subject.raw.shapes.view().iter().enumerate())
        {
            if shape.kind.dimension() != Some(1) {
                continue;
            }
            let mut at = shape.coord_range().0;
            'shape: for part in shape.parts() {
                for path in part.rings() {
                    if let Some(turn) = path.windows(3).position(runs_back) {
                        folded.insert(row as u32);
                        findings.add(|| Finding {
                            place: subject.spot(row, lonlat.coords.get(at + turn + 1).copied()),
                            say: say!(T08_back, who = subject.called(row)),
                            fix: say!(T08_back_fix),
                            ..Finding::default()
                        });
                        break 'shape;
                    }
                    at += path.len();
                }
            }
        }
        let Some(shared) = along(&subject.raw.shapes, metres, limit, subject.stop) else {
            return if findings.count() == 0 {
                Outcome::not_run(say!(T08_tangled), true)
            } else {
                findings.outcome(metres.len() as u64)
            };
        };
        for along in shared {
            // A line that folds back has been named with the place of the fold.
            if along.one == along.other && folded.contains(&along.one) {
                continue;
            }
            findings.add(|| told(subject, &along, metres, along.place(&lonlat.coords)));
        }
        findings.outcome(metres.len() as u64)
    }
}

/// What is said of a line that runs along another, or over itself.
fn told(subject: &Subject<'_>, along: &Along, metres: &Shapes<f64>, at: Option<At>) -> Finding {
    let row = along.other as usize;
    let who = subject.called(row);
    let far = format!("{:.1}", along.metres);
    let (say, fix) = if along.one == along.other {
        (
            say!(T08_itself, who = who, metres = far),
            say!(T08_itself_fix),
        )
    } else {
        let other = subject.called(along.one as usize);
        // Nearly all of a line is all of it: the ends of one that was traced differ by a hand's breadth.
        if along.metres >= WHOLE * length(metres.get(row)) {
            (
                say!(T08_twice, who = who, metres = far, other = other),
                say!(T08_twice_fix),
            )
        } else {
            (
                say!(T08_along, who = who, metres = far, other = other),
                say!(T08_along_fix),
            )
        }
    };
    Finding {
        place: subject.spot(row, at),
        say,
        fix,
        measure: Some((along.metres * 1000.0).round() / 1000.0),
        ..Finding::default()
    }
}

/// True when the way from the first of three places over the second turns straight back.
pub(super) fn runs_back(corner: &[At]) -> bool {
    let [before, here, after] = [corner[0], corner[1], corner[2]];
    let dot =
        (before[0] - here[0]) * (after[0] - here[0]) + (before[1] - here[1]) * (after[1] - here[1]);
    dot > 0.0 && side(before, here, after) == Ordering::Equal
}

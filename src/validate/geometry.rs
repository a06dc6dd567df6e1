//! G01, T01, T02, T06, T11: each geometry for itself.

use super::{
    Finding, Findings, Outcome, Rule, RuleInfo, Subject,
    orient::At,
    validity::{Checker, FAULTS_A_SHAPE, Flaw},
};
use crate::model::{Bbox, Say, Severity, ShapeKind, ShapeRef, say};

/// The answer of a rule that measures in metres, where nobody knows where the layer lies.
pub(super) fn not_placed() -> Outcome {
    Outcome::not_run(say!(T00_not_placed), true)
}

/// G01: the geometry is of a kind that the standard allows.
pub(super) struct GeometryType;

impl Rule for GeometryType {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "G01",
            name: "geometry_type",
            severity: Severity::Error,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let Some(standard) = subject.standard else {
            return Outcome::not_run(say!(G01_no_standard), true);
        };
        let wanted = || -> Vec<String> {
            let kinds = standard.geometry.iter();
            kinds.map(|shape| format!("{shape:?}")).collect()
        };
        let mut findings = Findings::new();
        for (row, shape) in subject
            .stop
            .each(subject.raw.shapes.view().iter().enumerate())
        {
            let Some(dimension) = shape.kind.dimension() else {
                continue;
            };
            if !standard
                .geometry
                .iter()
                .any(|shape| shape.dimension() == dimension)
            {
                findings.add(|| Finding {
                    place: subject.row(row),
                    say: say!(
                        G01_kind,
                        who = subject.called(row),
                        kind = shape.kind.name(),
                        layer = standard.layer.as_str(),
                        wanted = wanted()
                    ),
                    fix: say!(G01_kind_fix),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(subject.raw.len() as u64)
    }
}

/// T01: geometries are there, and valid by OGC Simple Features.
pub(super) struct Valid;

impl Flaw {
    /// What is said of a feature with this flaw, and how to mend it.
    fn says(self, who: Say) -> (Say, Say) {
        match self {
            Self::NotFinite => (say!(T01_not_finite, who = who), say!(T01_not_finite_fix)),
            Self::Unclosed => (say!(T01_unclosed, who = who), say!(T01_unclosed_fix)),
            Self::TooFewPoints => (
                say!(T01_too_few_points, who = who),
                say!(T01_too_few_points_fix),
            ),
            Self::Crossing => (say!(T01_crossing, who = who), say!(T01_crossing_fix)),
            Self::Doubled => (say!(T01_doubled, who = who), say!(T01_doubled_fix)),
            Self::RingTouch => (say!(T01_ring_touch, who = who), say!(T01_ring_touch_fix)),
            Self::HoleOutside => (
                say!(T01_hole_outside, who = who),
                say!(T01_hole_outside_fix),
            ),
            Self::HoleInHole => (
                say!(T01_hole_in_hole, who = who),
                say!(T01_hole_in_hole_fix),
            ),
            Self::Disconnected => (
                say!(T01_disconnected, who = who),
                say!(T01_disconnected_fix),
            ),
            Self::PartInPart => (
                say!(T01_part_in_part, who = who),
                say!(T01_part_in_part_fix),
            ),
        }
    }
}

impl Rule for Valid {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T01",
            name: "valid",
            severity: Severity::Error,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let mut findings = Findings::new();
        let mut checker = Checker::default();
        let mut gave_up = None;
        for (row, shape) in subject
            .stop
            .each(subject.raw.shapes.view().iter().enumerate())
        {
            if matches!(shape.kind, ShapeKind::Missing | ShapeKind::Empty) || shape.is_blank() {
                findings.add(|| Finding {
                    place: subject.row(row),
                    say: match shape.kind {
                        ShapeKind::Missing => say!(T01_missing, who = subject.called(row)),
                        _ => say!(T01_empty, who = subject.called(row)),
                    },
                    fix: say!(T01_missing_fix),
                    ..Finding::default()
                });
                continue;
            }
            let Some(faults) = checker.check(shape) else {
                gave_up.get_or_insert(row);
                continue;
            };
            for (at, fault) in faults.iter().enumerate() {
                findings.add(|| {
                    let (mut say, fix) = fault.flaw.says(subject.called(row));
                    if at + 1 == FAULTS_A_SHAPE {
                        say = say!(T01_and_more, what = say);
                    }
                    Finding {
                        place: subject.spot(
                            row,
                            subject.lonlat.map(|lonlat| fault.place(&lonlat.coords)),
                        ),
                        say,
                        fix,
                        ..Finding::default()
                    }
                });
            }
        }
        match gave_up {
            Some(row) if findings.count() == 0 => {
                Outcome::not_run(say!(T01_tangled, who = subject.called(row)), true)
            }
            _ => findings.outcome(subject.raw.len() as u64),
        }
    }
}

/// T02: no part without area or length, no vertex twice, no spike.
pub(super) struct Slivers;

/// Vertices nearer than this are the same, in metres.
pub(super) const SAME_M: f64 = 0.001;
/// A spike is sharper than this, in degrees, and reaches further than [`SPIKE_M`].
const SPIKE_DEGREES: f64 = 1.0;
const SPIKE_M: f64 = 0.5;

/// What T02 can find in a ring or line.
pub(super) enum Sliver {
    Nothing,
    Twice(usize),
    Spike(usize),
}

fn distance(a: At, b: At) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// The first vertex of a ring or line that repeats the one before it, or is the tip of a spike.
pub(super) fn sliver(path: &[At], area: bool) -> Sliver {
    let sharp = SPIKE_DEGREES.to_radians().cos();
    let is_spike = |before: At, tip: At, after: At| {
        let (u, v) = (
            [before[0] - tip[0], before[1] - tip[1]],
            [after[0] - tip[0], after[1] - tip[1]],
        );
        let dot = u[0] * v[0] + u[1] * v[1];
        let lengths_2 = (u[0] * u[0] + u[1] * u[1]) * (v[0] * v[0] + v[1] * v[1]);
        // Squares spare a root a vertex; almost every corner fails the first test.
        dot > 0.0
            && dot * dot > sharp * sharp * lengths_2
            && distance(before, tip).min(distance(after, tip)) > SPIKE_M
    };
    for at in 1..path.len() {
        let (dx, dy) = (path[at][0] - path[at - 1][0], path[at][1] - path[at - 1][1]);
        if dx * dx + dy * dy < SAME_M * SAME_M {
            return Sliver::Twice(at);
        }
    }
    let closed = area && path.len() > 3 && path[0] == path[path.len() - 1];
    for at in 1..path.len().saturating_sub(1) {
        if is_spike(path[at - 1], path[at], path[at + 1]) {
            return Sliver::Spike(at);
        }
    }
    if closed && is_spike(path[path.len() - 2], path[0], path[1]) {
        return Sliver::Spike(0);
    }
    Sliver::Nothing
}

/// Twice the signed area of a ring.
pub(super) fn doubled_area(ring: &[At]) -> f64 {
    let Some(&[x0, y0]) = ring.first() else {
        return 0.0;
    };
    ring.windows(2)
        .map(|edge| (edge[0][0] - x0) * (edge[1][1] - y0) - (edge[1][0] - x0) * (edge[0][1] - y0))
        .sum()
}

/// The box of a shape of this dimension whose coordinates are all numbers; of any other one that meets none.
pub(super) fn drawn_box(shape: &ShapeRef<'_, f64>, dimension: u8) -> Bbox {
    let whole = shape.coords().iter().all(|at| at[0].is_finite());
    let bbox = (whole && shape.kind.dimension() == Some(dimension)).then(|| shape.bbox());
    bbox.flatten().unwrap_or(Bbox::NOWHERE)
}

/// Square metres of a shape, holes taken off.
pub(super) fn area(shape: ShapeRef<'_, f64>) -> f64 {
    shape
        .parts()
        .map(|part| {
            let mut rings = part.rings().map(|ring| doubled_area(ring).abs() / 2.0);
            let shell = rings.next().unwrap_or(0.0);
            shell - rings.sum::<f64>()
        })
        .sum()
}

/// Metres of all paths of a shape.
pub(super) fn length(shape: ShapeRef<'_, f64>) -> f64 {
    shape
        .parts()
        .flat_map(|part| {
            part.rings()
                .map(|path| {
                    path.windows(2)
                        .map(|step| distance(step[0], step[1]))
                        .sum::<f64>()
                })
                .collect::<Vec<_>>()
        })
        .sum()
}

impl Rule for Slivers {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T02",
            name: "slivers",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let (Some(metres), Some(lonlat)) = (subject.metres, subject.lonlat) else {
            return not_placed();
        };
        let mut findings = Findings::new();
        for (row, shape) in subject.stop.each(metres.view().iter().enumerate()) {
            let dimension = shape.kind.dimension();
            if dimension.is_none_or(|dimension| dimension == 0) {
                continue;
            }
            let area = dimension == Some(2);
            let mut begin = shape.coord_range().0;
            'shape: for part in shape.parts() {
                for path in part.rings() {
                    let flat = area && path.len() > 3 && doubled_area(path).abs() < 2e-6;
                    let who = || subject.called(row);
                    let (say, fix, at) = if flat {
                        (say!(T02_flat, who = who()), say!(T02_flat_fix), begin)
                    } else {
                        match sliver(path, area) {
                            Sliver::Nothing => {
                                begin += path.len();
                                continue;
                            }
                            Sliver::Twice(at) => (
                                say!(T02_twice, who = who()),
                                say!(T02_twice_fix),
                                begin + at,
                            ),
                            Sliver::Spike(at) => (
                                say!(T02_spike, who = who()),
                                say!(T02_spike_fix),
                                begin + at,
                            ),
                        }
                    };
                    findings.add(|| Finding {
                        place: subject.spot(row, lonlat.coords.get(at).copied()),
                        say,
                        fix,
                        ..Finding::default()
                    });
                    // One a feature: a layer digitised in stream mode has thousands.
                    break 'shape;
                }
            }
        }
        findings.outcome(metres.len() as u64)
    }
}

/// T06: features have one part.
pub(super) struct SinglePart;

impl Rule for SinglePart {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T06",
            name: "single_part",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let mut findings = Findings::new();
        for (row, shape) in subject
            .stop
            .each(subject.raw.shapes.view().iter().enumerate())
        {
            let parts = shape.parts().len();
            if parts > 1 {
                findings.add(|| Finding {
                    place: subject.row(row),
                    say: say!(T06_parts, who = subject.called(row), parts = parts),
                    fix: say!(T06_parts_fix),
                    measure: Some(parts as f64),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(subject.raw.len() as u64)
    }
}

/// T11: features are no smaller than the standard says.
pub(super) struct SmallestSize;

impl Rule for SmallestSize {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T11",
            name: "smallest_size",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let Some(limit) = subject.settings.limit else {
            return Outcome::not_run(say!(T11_no_size), false);
        };
        let Some(metres) = subject.metres else {
            return not_placed();
        };
        let mut findings = Findings::new();
        for (row, shape) in subject.stop.each(metres.view().iter().enumerate()) {
            let (size, unit) = match shape.kind.dimension() {
                Some(1) => (length(shape), "m"),
                Some(2) => (area(shape), "sqm"),
                _ => continue,
            };
            if size < limit {
                findings.add(|| Finding {
                    place: subject.row(row),
                    say: say!(
                        T11_small,
                        who = subject.called(row),
                        size = format!("{size:.2}"),
                        unit = unit,
                        limit = limit.to_string()
                    ),
                    fix: say!(T11_small_fix),
                    measure: Some(size),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(metres.len() as u64)
    }
}

//! T12: nothing is there twice.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::{
    Finding, Findings, Outcome, Rule, RuleInfo, Stop, Subject, geometry::not_placed,
    period::Periods,
};
use crate::model::{Severity, ShapeKind, ShapeRef, Shapes, say};

/// Points of one kind nearer than this are one thing, in metres, unless the standard says otherwise.
const NEAR_M: f64 = 0.5;

/// T12: no geometry twice, no two points of one kind on one spot.
pub(super) struct Duplicates;

/// A number that shapes with the same coordinates share, wherever their rings start and however they run.
fn imprint(shape: ShapeRef<'_, f64>) -> u64 {
    let mut sum = shape.coords().len() as u64;
    for part in shape.parts() {
        for ring in part.rings() {
            let closed = ring.len() > 1 && ring[0] == ring[ring.len() - 1];
            // The closing vertex is whichever came first, so it does not count.
            for at in &ring[usize::from(closed)..] {
                let x = (at[0] + 0.0).to_bits().wrapping_mul(0x9E37_79B9_7F4A_7C15);
                let y = (at[1] + 0.0).to_bits().wrapping_mul(0xC2B2_AE3D_27D4_EB4F);
                let mixed = (x.rotate_left(31) ^ y).wrapping_mul(0x1656_67B1_9E37_79F9);
                sum = sum.wrapping_add(mixed ^ (mixed >> 29));
            }
        }
    }
    sum
}

/// True when two shapes have the same coordinates, in any order: with one imprint that is as good as equal.
fn same(one: ShapeRef<'_, f64>, other: ShapeRef<'_, f64>) -> bool {
    let sorted = |shape: ShapeRef<'_, f64>| {
        let mut coords: Vec<[u64; 2]> = shape
            .parts()
            .flat_map(|part| {
                part.rings()
                    .flat_map(|ring| {
                        let closed = ring.len() > 1 && ring[0] == ring[ring.len() - 1];
                        ring[usize::from(closed)..]
                            .iter()
                            .map(|at| at.map(|axis| (axis + 0.0).to_bits()))
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
        coords.sort_unstable();
        coords
    };
    one.kind.dimension() == other.kind.dimension() && sorted(one) == sorted(other)
}

/// For each row, a number of its kind; rows of one kind may be twins.
fn kinds(subject: &Subject<'_>) -> Option<Vec<u64>> {
    let column = subject.map.column(subject.settings.by.as_deref()?)?;
    let column = &subject.raw.table.columns[column];
    Some(
        (0..column.len())
            .map(|row| {
                let mut hasher = DefaultHasher::new();
                column.get(row).to_text().trim().hash(&mut hasher);
                hasher.finish()
            })
            .collect(),
    )
}

/// Twins among shapes: (row, the row before it that is the same).
fn twins(shapes: &Shapes<f64>, periods: Option<&Periods>, stop: Stop<'_>) -> Vec<(u32, u32)> {
    let mut prints: Vec<(u64, u32)> = shapes
        .view()
        .iter()
        .enumerate()
        .filter(|(_, shape)| !shape.is_blank() && shape.kind != ShapeKind::Point)
        .map(|(row, shape)| (imprint(shape), row as u32))
        .collect();
    prints.sort_unstable();
    let mut twins = vec![];
    for run in prints.chunk_by(|a, b| a.0 == b.0) {
        for (at, &(_, row)) in stop.each(run.iter().enumerate().skip(1)) {
            // Compare with the first of the run, which stands for all equal ones.
            let first = run[..at].iter().take(4).find(|(_, other)| {
                periods.is_none_or(|periods| periods.together(*other, row))
                    && same(shapes.get(*other as usize), shapes.get(row as usize))
            });
            if let Some(&(_, other)) = first {
                twins.push((row, other));
            }
        }
    }
    twins.sort_unstable();
    twins
}

/// Points that stand on one spot: (row, a row before it, metres between them).
fn crowded(
    metres: &Shapes<f64>,
    kinds: Option<&[u64]>,
    near: f64,
    stop: Stop<'_>,
) -> Vec<(u32, u32, f64)> {
    let cell = |axis: f64| (axis / near).floor() as i64;
    let mut points: Vec<([i64; 2], u32)> = metres
        .view()
        .iter()
        .enumerate()
        .filter(|(_, shape)| shape.kind == ShapeKind::Point)
        .filter_map(|(row, shape)| {
            let [x, y] = *shape.coords().first()?;
            (x.is_finite() && y.is_finite()).then(|| ([cell(x), cell(y)], row as u32))
        })
        .collect();
    points.sort_unstable();
    let at = |row: u32| metres.get(row as usize).coords()[0];
    let mut found: Vec<(u32, u32, f64)> = vec![];
    for &([x, y], row) in stop.each(points.iter()) {
        let mut best: Option<(u32, f64)> = None;
        for dx in -1..=1 {
            let from = points.partition_point(|(cell, _)| *cell < [x + dx, y - 1]);
            // A bound, because a thousand points on one spot need not be compared a million times.
            for &(its, other) in points[from..].iter().take(64) {
                if its > [x + dx, y + 1] {
                    break;
                }
                if other >= row
                    || kinds.is_some_and(|kinds| kinds[row as usize] != kinds[other as usize])
                {
                    continue;
                }
                let (a, b) = (at(row), at(other));
                let away = (a[0] - b[0]).hypot(a[1] - b[1]);
                if away < near && best.is_none_or(|(_, least)| away < least) {
                    best = Some((other, away));
                }
            }
        }
        if let Some((other, away)) = best {
            found.push((row, other, away));
        }
    }
    found.sort_unstable_by_key(|&(row, other, _)| (row, other));
    found
}

impl Rule for Duplicates {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T12",
            name: "duplicate",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let mut findings = Findings::new();
        for (row, other) in twins(
            &subject.raw.shapes,
            Periods::of(subject).as_ref(),
            subject.stop,
        ) {
            findings.add(|| Finding {
                place: subject.row(row as usize),
                say: say!(
                    T12_same,
                    who = subject.called(row as usize),
                    other = subject.called(other as usize)
                ),
                fix: say!(T12_same_fix),
                ..Finding::default()
            });
        }
        let points = subject.raw.shapes.kinds.contains(&(ShapeKind::Point as u8));
        if points {
            let (Some(metres), Some(lonlat)) = (subject.metres, subject.lonlat) else {
                return not_placed();
            };
            let kinds = kinds(subject);
            let near = subject.settings.limit.unwrap_or(NEAR_M);
            for (row, other, away) in crowded(metres, kinds.as_deref(), near, subject.stop) {
                findings.add(|| Finding {
                    place: subject.spot(
                        row as usize,
                        lonlat.get(row as usize).coords().first().copied(),
                    ),
                    say: {
                        let who = subject.called(row as usize);
                        let other = subject.called(other as usize);
                        let metres = format!("{away:.2}");
                        if kinds.is_some() {
                            say!(T12_near_kind, who = who, metres = metres, other = other)
                        } else {
                            say!(T12_near, who = who, metres = metres, other = other)
                        }
                    },
                    fix: say!(T12_near_fix),
                    measure: Some(away),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(subject.raw.len() as u64)
    }
}

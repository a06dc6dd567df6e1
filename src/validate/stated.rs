//! A09: a size that stands in a column is the size of the shape beside it.
//!
//! Cities write areas and lengths into their tables, and everything that is counted by area is counted by these. One
//! real file says 34,535 square kilometres of a ward that has 1.2; another holds square degrees. What was surveyed and
//! what was drawn differ a little, and that is nobody's fault, so only a fifth and more is told.

use super::{
    Finding, Findings, Outcome, Rule, RuleInfo, Subject,
    geometry::{area, length, not_placed},
};
use crate::{
    model::{Severity, Shapes, say},
    standard::{FieldRule, Kind, reading::decimal},
};

/// The share by which what is stated may differ from what is drawn.
const APART: f64 = 0.2;
/// Differences up to so many units are the rounding of a small number.
const ROUNDED: f64 = 0.05;

/// A09: the stated size of a feature is that of its shape.
pub(super) struct StatedSize;

/// Metres, or square metres, in the unit of a field that states the size of its feature; none for any other field.
fn unit_of(field: &FieldRule) -> Option<(f64, u8)> {
    if field.kind != Kind::Decimal {
        return None;
    }
    match (field.name.as_str(), field.unit.as_deref()) {
        ("area_sqkm", Some("km2")) => Some((1e6, 2)),
        ("area_sqm", Some("m2")) => Some((1.0, 2)),
        ("length_m", Some("m")) => Some((1.0, 1)),
        _ => None,
    }
}

/// The size of a row's shape in the unit of a field; none where it has no such size.
fn drawn(metres: &Shapes<f64>, row: usize, (unit, dimension): (f64, u8)) -> Option<f64> {
    let shape = metres.get(row);
    if shape.kind.dimension() != Some(dimension) {
        return None;
    }
    let size = if dimension == 2 {
        area(shape)
    } else {
        length(shape)
    };
    (size.is_finite() && size > 0.0).then_some(size / unit)
}

fn differs(stated: f64, drawn: f64) -> bool {
    let apart = (stated - drawn).abs();
    apart > APART * stated.abs().max(drawn) && apart > ROUNDED
}

/// False when most values of a column cannot be the size that a field states; true where there is nothing to measure.
pub(super) fn may_state(subject: &Subject<'_>, field: &FieldRule, at: usize) -> bool {
    let (Some(unit), Some(metres)) = (unit_of(field), subject.metres) else {
        return true;
    };
    let column = &subject.raw.table.columns[at];
    let step = column.len().div_ceil(SAMPLE).max(1);
    let (mut seen, mut good) = (0, 0);
    for row in (0..column.len()).step_by(step) {
        if let (Some(stated), Some(drawn)) = (decimal(column.get(row)), drawn(metres, row, unit)) {
            seen += 1;
            good += usize::from(!differs(stated, drawn));
        }
    }
    good * 2 >= seen
}

/// How many rows are measured before a column is proposed.
const SAMPLE: usize = 400;

impl Rule for StatedSize {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "A09",
            name: "stated_size",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let Some(standard) = subject.standard else {
            return Outcome::not_run(say!(A01_no_standard), false);
        };
        let sizes: Vec<_> = subject
            .map
            .entries()
            .iter()
            .filter_map(|(mapping, at)| {
                let field = subject.standards.field(standard, &mapping.field)?;
                Some((unit_of(field)?, field, *at))
            })
            .collect();
        if sizes.is_empty() {
            return Outcome::not_run(say!(A09_no_size), false);
        }
        let Some(metres) = subject.metres else {
            return not_placed();
        };
        let mut findings = Findings::new();
        let mut checked = 0;
        for (unit, field, at) in sizes {
            let column = &subject.raw.table.columns[at];
            for row in subject.stop.each(0..column.len()) {
                let (Some(stated), Some(drawn)) =
                    (decimal(column.get(row)), drawn(metres, row, unit))
                else {
                    continue;
                };
                checked += 1;
                if !differs(stated, drawn) {
                    continue;
                }
                findings.add(|| Finding {
                    place: subject.cell(row, at),
                    say: say!(
                        A09_size,
                        who = subject.called(row),
                        column = subject.raw.table.fields[at].name.as_str(),
                        stated = column.get(row).to_text().into_owned(),
                        drawn = format!("{drawn:.*}", if drawn < 100.0 { 2 } else { 0 }),
                        unit = field.unit.as_deref().unwrap_or_default()
                    ),
                    fix: say!(A09_size_fix),
                    measure: Some(stated),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(checked)
    }
}

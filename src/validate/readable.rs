//! R01, L01, L02, V01: is there a layer at all, is it the one it is said to be, and is it whole?

use super::{Finding, Findings, Outcome, Rule, RuleInfo, Subject};
use crate::{
    model::{Severity, say},
    standard::FITS,
};

/// R01: the file was read to its end and holds rows.
pub(super) struct Readable;

impl Rule for Readable {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "R01",
            name: "readable",
            severity: Severity::Block,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let mut findings = Findings::new();
        if subject.raw.is_empty() {
            findings.add(|| Finding {
                say: say!(R01_empty, layer = subject.raw.source.layer.as_str()),
                fix: say!(R01_empty_fix),
                ..Finding::default()
            });
        }
        for note in subject
            .raw
            .notes
            .iter()
            .filter(|note| note.kind == "truncated")
        {
            findings.add(|| Finding {
                say: note.say.clone(),
                message: note.text.clone(),
                fix: say!(R01_cut_fix),
                ..Finding::default()
            });
        }
        findings.outcome(1)
    }
}

/// L01: the layer that the sender names is the one it looks like.
pub(super) struct OtherLayer;

/// How much better another standard must fit before it is worth a word.
const CLEARLY: f64 = 0.25;

impl Rule for OtherLayer {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "L01",
            name: "other_layer",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let Some(standard) = subject.standard.filter(|_| subject.named) else {
            return Outcome::not_run(say!(L01_unnamed), false);
        };
        let fits = subject.standards.fits(subject.raw);
        let own = fits
            .iter()
            .find(|fit| fit.layer == standard.layer)
            .map_or(0.0, |fit| fit.score);
        let mut findings = Findings::new();
        if let Some(best) = fits.first()
            && best.layer != standard.layer
            && best.score >= FITS
            && best.score > own + CLEARLY
        {
            findings.add(|| Finding {
                say: say!(
                    L01_looks,
                    sent = standard.layer.as_str(),
                    best = best.layer.as_str(),
                    why = best.say.clone()
                ),
                fix: say!(L01_looks_fix, best = best.layer.as_str()),
                ..Finding::default()
            });
        }
        findings.outcome(1)
    }
}

/// L02: as many rows as the file, or the sender, says there are.
pub(super) struct RowCount;

impl Rule for RowCount {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "L02",
            name: "row_count",
            severity: Severity::Error,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let rows = subject.read as u64;
        let said = subject.metadata.0.get("feature_count").and_then(|value| {
            value
                .as_u64()
                .or_else(|| value.as_str()?.trim().parse().ok())
        });
        let counts = [
            (subject.raw.declared_rows, say!(L02_file)),
            (said, say!(L02_metadata)),
        ];
        if counts.iter().all(|(count, _)| count.is_none()) {
            return Outcome::not_run(say!(L02_unsaid), false);
        }
        let mut findings = Findings::new();
        for (count, who) in counts {
            if let Some(count) = count.filter(|count| *count != rows) {
                findings.add(|| Finding {
                    say: say!(L02_differs, who = who, count = count, rows = rows),
                    fix: say!(L02_differs_fix),
                    measure: Some(rows as f64 - count as f64),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(1)
    }
}

/// V01: no feature has more vertices than maps can bear.
pub(super) struct VertexBound;

/// Vertices of one feature, unless the standard says otherwise. A municipal limit at 1:4,000 has some
/// ten thousand.
const VERTICES: f64 = 50_000.0;

impl Rule for VertexBound {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "V01",
            name: "vertex_bound",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let bound = subject.settings.limit.unwrap_or(VERTICES);
        let mut findings = Findings::new();
        for (row, shape) in subject.raw.shapes.view().iter().enumerate() {
            let count = shape.coords().len();
            if count as f64 > bound {
                findings.add(|| Finding {
                    place: subject.row(row),
                    say: say!(
                        V01_vertices,
                        who = subject.called(row),
                        count = count,
                        bound = bound.to_string()
                    ),
                    fix: say!(V01_vertices_fix),
                    measure: Some(count as f64),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(subject.raw.len() as u64)
    }
}

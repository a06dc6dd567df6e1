//! R01, L01, L02, V01: is there a layer at all, is it the one it is said to be, and is it whole?

use super::{Finding, Findings, Outcome, Rule, RuleInfo, Subject};
use crate::{model::Severity, standard::FITS};

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
                message: format!(
                    "layer `{}` was read, but it holds no rows",
                    subject.raw.source.layer
                ),
                remedy: Some(
                    "check that the right layer was exported and that no filter was on".into(),
                ),
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
                message: note.text.clone(),
                remedy: Some("the file is cut short: export or copy it again".into()),
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
            return Outcome::NotRun {
                because: "nobody said which layer this is, so there is nothing to compare with"
                    .into(),
                needed: false,
            };
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
                message: format!(
                    "it was sent as {}, but it looks like {}: {}",
                    standard.layer, best.layer, best.why
                ),
                remedy: Some(format!(
                    "send it with --as {}, if that is what it is",
                    best.layer
                )),
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
        let rows = subject.raw.len() as u64;
        let said = subject.metadata.0.get("feature_count").and_then(|value| {
            value
                .as_u64()
                .or_else(|| value.as_str()?.trim().parse().ok())
        });
        let counts = [
            (subject.raw.declared_rows, "the file itself declares"),
            (said, "the metadata say"),
        ];
        if counts.iter().all(|(count, _)| count.is_none()) {
            return Outcome::NotRun {
                because: "neither the format nor the metadata say how many rows there should be"
                    .into(),
                needed: false,
            };
        }
        let mut findings = Findings::new();
        for (count, who) in counts {
            if let Some(count) = count.filter(|count| *count != rows) {
                findings.add(|| Finding {
                    message: format!("{who} {count} rows, but {rows} were read"),
                    remedy: Some("export the layer again and compare the counts".into()),
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
                    message: format!(
                        "{} has {count} vertices; more than {bound} is slow on every map",
                        subject.called(row)
                    ),
                    remedy: Some(
                        "simplify it within the accuracy of the layer (QGIS: Vector > Geometry Tools > Simplify), \
                         or split it"
                            .into(),
                    ),
                    measure: Some(count as f64),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(subject.raw.len() as u64)
    }
}

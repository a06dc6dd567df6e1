//! A report as people and programs want it: text, one self-contained page, GeoJSON, CSV, JSON.
//!
//! All of them speak from [`Report`] alone, so the terminal, the server and an archive of old reports
//! say the same.

mod html;
mod map;
mod table;
mod text;

use crate::{
    model::{Severity, Verdict},
    validate::{Finding, Outcome, Report, RuleReport},
};

pub use html::html;
pub use table::{csv, geojson};
pub use text::{Look, text};

/// The report as JSON, always in the same order.
pub fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("a report has only text keys and finite numbers")
}

/// What a verdict is called in a sentence.
fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Conforms => "Conforms",
        Verdict::ConformsWithWarnings => "Conforms, with warnings",
        Verdict::NotJudged => "Not judged",
        Verdict::DoesNotConform => "Does not conform",
    }
}

fn severity_words(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Block => "block",
    }
}

/// Rules that found something, the gravest first, with the count and the kept findings.
fn failed(report: &Report) -> Vec<(&RuleReport, u64, &[Finding])> {
    let mut failed: Vec<_> = report
        .rules
        .iter()
        .filter_map(|rule| match &rule.outcome {
            Outcome::Failed {
                count, findings, ..
            } => Some((rule, *count, findings.as_slice())),
            _ => None,
        })
        .collect();
    failed.sort_by_key(|(rule, ..)| std::cmp::Reverse(rule.severity));
    failed
}

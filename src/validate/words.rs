//! The sentence for a person in a hurry, and the three things to do first.

use super::{Outcome, Report, RuleReport};
use crate::{
    model::{Severity, Verdict},
    standard::Standards,
};

/// How many things to do are named.
const TODO: usize = 3;

/// A number with its noun: `1 row`, `2 rows`.
fn many(count: u64, noun: &str) -> String {
    if count == 1 {
        format!("1 {noun}")
    } else {
        format!("{count} {noun}s")
    }
}

fn title(rule: &RuleReport, standards: &Standards) -> String {
    standards.rule_words(&rule.code).map_or_else(
        || rule.name.replace('_', " "),
        |words| words.title.say("en").to_owned(),
    )
}

/// Failed rules, the gravest first, then in the order of the report.
fn failed(report: &Report) -> Vec<(&RuleReport, u64)> {
    let mut failed: Vec<(&RuleReport, u64)> = report
        .rules
        .iter()
        .filter_map(|rule| match &rule.outcome {
            Outcome::Failed { count, .. } => Some((rule, *count)),
            _ => None,
        })
        .collect();
    failed.sort_by_key(|(rule, _)| std::cmp::Reverse(rule.severity));
    failed
}

/// One sentence: what it is, what became of it, and why.
pub(super) fn summary(report: &Report, standards: &Standards) -> String {
    let what = report.standard.as_ref().map_or_else(
        || format!("{} ({})", report.layer, many(report.rows, "row")),
        |_| format!("{} ({})", report.layer, many(report.rows, "row")),
    );
    let list = |from: Severity, to: Severity| {
        let named: Vec<String> = failed(report)
            .iter()
            .filter(|(rule, _)| (from..=to).contains(&rule.severity))
            .map(|(rule, count)| format!("{} ({count})", title(rule, standards).to_lowercase()))
            .collect();
        named.join(", ")
    };
    match report.verdict {
        Verdict::Conforms => format!(
            "{what} conforms: every rule ran that the standard asks for, and none found anything."
        ),
        Verdict::ConformsWithWarnings => format!(
            "{what} conforms, with warnings: {}.",
            list(Severity::Warning, Severity::Warning)
        ),
        Verdict::NotJudged => {
            let unknown: Vec<String> = report
                .rules
                .iter()
                .filter_map(|rule| match &rule.outcome {
                    Outcome::NotRun {
                        because,
                        needed: true,
                    } => Some(format!("{} ({because})", rule.code)),
                    _ => None,
                })
                .collect();
            if report.standard.is_none() {
                format!(
                    "{what} was read, but no standard fits it, so it was not judged: name the layer with --as."
                )
            } else {
                format!(
                    "{what} was not judged, because some rules could not run: {}.",
                    unknown.join("; ")
                )
            }
        }
        Verdict::DoesNotConform if report.rows == 0 => format!(
            "{} was not accepted: {}.",
            report.source.member.as_ref().unwrap_or(&report.source.file),
            list(Severity::Error, Severity::Block)
        ),
        Verdict::DoesNotConform => format!(
            "{what} does not conform: {}.",
            list(Severity::Error, Severity::Block)
        ),
    }
}

/// What to do first: of each failed rule, the gravest first, what it found and how to mend it.
pub(super) fn todo(report: &Report, standards: &Standards) -> Vec<String> {
    let mut todo: Vec<String> = failed(report)
        .iter()
        .filter(|(rule, _)| rule.severity > Severity::Note)
        .take(TODO)
        .map(|(rule, count)| {
            let Outcome::Failed { findings, .. } = &rule.outcome else {
                return String::new();
            };
            let Some(first) = findings.first() else {
                return title(rule, standards);
            };
            let remedy = first
                .remedy
                .as_deref()
                .map(|remedy| format!(" To do: {}.", remedy.trim_end_matches('.')))
                .unwrap_or_default();
            let more = if *count > 1 {
                format!(" ({count} in all)")
            } else {
                String::new()
            };
            format!(
                "{}: {}{more}.{remedy}",
                title(rule, standards),
                first.message
            )
        })
        .collect();
    if report.standard.is_none() && report.rows > 0 && todo.len() < TODO {
        todo.push(
            "Say which layer this is, with --as: no standard fits it well enough to guess.".into(),
        );
    }
    todo
}

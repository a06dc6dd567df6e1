//! The sentence for a person in a hurry, and the three things to do first.

use std::collections::BTreeMap;

use super::{Finding, Outcome, Report, RuleReport};
use crate::{
    model::{Arg, Say, Severity, Verdict, say},
    standard::{Messages, Standards},
};

/// How many things to do are named.
const TODO: usize = 3;

/// What the reader said in its own words, with the template that stands under its code: `read_truncated`, and
/// `read_truncated_fix` for what to do. Silent where there is none, so that the words stay as they are.
pub(super) fn of_reader(
    code: &str,
    end: &str,
    detail: &str,
    count: u64,
    messages: &Messages,
) -> Say {
    let id = format!("read_{code}{end}");
    if detail.is_empty() || !messages.has(&id) {
        return Say::default();
    }
    let mut args = BTreeMap::from([("detail".into(), detail.into())]);
    if count > 0 {
        args.insert("count".into(), count.into());
    }
    Say {
        id: id.into(),
        args,
    }
}

/// A rule's title by language.
fn title(rule: &RuleReport, standards: &Standards) -> BTreeMap<String, String> {
    standards.rule_words(&rule.code).map_or_else(
        || BTreeMap::from([("en".to_owned(), rule.name.replace('_', " "))]),
        |words| words.title.0.clone(),
    )
}

/// Failed rules, the gravest first, then in the order of the report.
fn failed(report: &Report) -> Vec<(&RuleReport, u64, &[Finding])> {
    let mut failed: Vec<(&RuleReport, u64, &[Finding])> = report
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

/// One sentence: what it is, what became of it, and why.
pub(super) fn summary(report: &Report, standards: &Standards) -> Say {
    let layer = report.layer.as_str();
    let what = match report.rows {
        1 => say!(layer_one_row, layer = layer),
        rows => say!(layer_rows, layer = layer, rows = rows),
    };
    let list = |from: Severity, to: Severity| -> Vec<Say> {
        failed(report)
            .iter()
            .filter(|(rule, ..)| (from..=to).contains(&rule.severity))
            .map(|(rule, count, _)| {
                let mut title = title(rule, standards);
                for text in title.values_mut() {
                    *text = text.to_lowercase();
                }
                say!(rule_count, title = title, count = *count)
            })
            .collect()
    };
    match report.verdict {
        Verdict::Conforms => say!(summary_conforms, what = what),
        Verdict::ConformsWithWarnings => say!(
            summary_warnings,
            what = what,
            rules = list(Severity::Warning, Severity::Warning)
        ),
        Verdict::NotJudged if report.standard.is_none() => say!(summary_no_standard, what = what),
        Verdict::NotJudged => {
            let unknown: Vec<Say> = report
                .rules
                .iter()
                .filter_map(|rule| match &rule.outcome {
                    Outcome::NotRun {
                        say, needed: true, ..
                    } => Some(say!(
                        rule_because,
                        code = rule.code.as_str(),
                        because = say.clone()
                    )),
                    _ => None,
                })
                .collect();
            say!(summary_not_judged, what = what, rules = unknown)
        }
        Verdict::DoesNotConform if report.rows == 0 => {
            let file = &report.source.file;
            let file = report.source.member.as_ref().unwrap_or(file);
            say!(
                summary_refused,
                file = file.as_str(),
                rules = list(Severity::Error, Severity::Block)
            )
        }
        Verdict::DoesNotConform => say!(
            summary_fails,
            what = what,
            rules = list(Severity::Error, Severity::Block)
        ),
    }
}

/// A sentence that has a template, or the text that somebody wrote.
fn said(say: &Say, text: &str) -> Option<Arg> {
    if !say.is_silent() {
        return Some(say.clone().into());
    }
    (!text.is_empty()).then(|| text.trim_end_matches('.').into())
}

/// What to do first: of each failed rule, the gravest first, what it found and how to mend it.
pub(super) fn todo(report: &Report, standards: &Standards) -> Vec<Say> {
    let mut todo: Vec<Say> = failed(report)
        .iter()
        .filter(|(rule, ..)| rule.severity > Severity::Note)
        .take(TODO)
        .filter_map(|(rule, count, findings)| {
            let first = findings.first()?;
            let mut what = said(&first.say, &first.message)?;
            if *count > 1 {
                what = say!(todo_more, what = what, count = *count).into();
            }
            let title = title(rule, standards);
            let fix = said(&first.fix, first.remedy.as_deref().unwrap_or_default());
            Some(match fix {
                Some(fix) => say!(todo_fix, title = title, what = what, fix = fix),
                None => say!(todo, title = title, what = what),
            })
        })
        .collect();
    // Until somebody says what the layer is, hardly anything of it was judged: that comes first.
    if report.standard.is_none() && report.rows > 0 {
        todo.insert(0, say!(todo_name_layer));
        todo.truncate(TODO);
    }
    todo
}

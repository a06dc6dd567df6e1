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

/// What a rule finds, by language.
fn fault(rule: &RuleReport, standards: &Standards) -> BTreeMap<String, String> {
    standards.rule_words(&rule.code).map_or_else(
        || BTreeMap::from([("en".to_owned(), rule.name.replace('_', " "))]),
        |words| words.fault.0.clone(),
    )
}

/// The same at the head of a sentence.
fn heading(rule: &RuleReport, standards: &Standards) -> BTreeMap<String, String> {
    standards.rule_words(&rule.code).map_or_else(
        || BTreeMap::from([("en".to_owned(), rule.name.replace('_', " "))]),
        |words| {
            let languages = words.fault.0.keys();
            languages
                .map(|language| (language.clone(), words.fault.heading(language)))
                .collect()
        },
    )
}

/// One sentence: what it is, what became of it, and why.
pub(super) fn summary(report: &Report, standards: &Standards) -> Say {
    let layer = report.layer.as_str();
    let what = match report.rows {
        1 => say!(layer_one_row, layer = layer),
        rows => say!(layer_rows, layer = layer, rows = rows),
    };
    let list = |from: Severity, to: Severity| -> Vec<Say> {
        report
            .failed()
            .iter()
            .filter(|(rule, ..)| (from..=to).contains(&rule.severity))
            .map(|(rule, count, _)| {
                say!(rule_count, fault = fault(rule, standards), count = *count)
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
            if report.standard_chosen_say.id == "chosen_not_read" {
                return say!(summary_unread, file = file.as_str());
            }
            say!(
                summary_refused,
                file = file.as_str(),
                rules = list(Severity::Error, Severity::Block)
            )
        }
        Verdict::DoesNotConform if report.standard.is_none() => say!(
            summary_fails_unnamed,
            what = what,
            rules = list(Severity::Error, Severity::Block)
        ),
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

/// Columns and metadata that are missing are added in one go, so all of them are named at once.
fn together(report: &Report, code: &str, findings: &[Finding]) -> Option<(Say, Say)> {
    let names: Vec<String> = findings
        .iter()
        .filter_map(|finding| Some(format!("`{}`", finding.place.field.as_ref()?)))
        .collect();
    let standard = report.standard.as_deref()?;
    match code {
        _ if names.len() < 2 => None,
        "A01" => Some((
            say!(A01_all, fields = names),
            say!(
                A01_all_fix,
                layer = standard.split('@').next().unwrap_or_default()
            ),
        )),
        "M01" => Some((
            say!(M01_all, elements = names),
            say!(M01_all_fix, file = report.source.file.as_str()),
        )),
        _ => None,
    }
}

/// What to do first: of each failed rule, the gravest first, what it found and how to mend it.
pub(super) fn todo(report: &Report, standards: &Standards) -> Vec<Say> {
    let mut todo: Vec<Say> = report
        .failed()
        .iter()
        .filter(|(rule, ..)| rule.severity > Severity::Note)
        .take(TODO)
        .filter_map(|(rule, count, findings)| {
            let first = findings.first()?;
            let fault = heading(rule, standards);
            if let Some((what, fix)) = together(report, &rule.code, findings) {
                return Some(say!(todo_fix, fault = fault, what = what, fix = fix));
            }
            let mut what = said(&first.say, &first.message)?;
            if *count > 1 {
                what = say!(todo_more, what = what, count = *count).into();
            }
            let fix = said(&first.fix, first.remedy.as_deref().unwrap_or_default());
            Some(match fix {
                Some(fix) => say!(todo_fix, fault = fault, what = what, fix = fix),
                None => say!(todo, fault = fault, what = what),
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

//! The report on what could not be read.

use super::{RULES, fill::blank};
use crate::{
    model::{Encoding, Note, Source, Verdict, say},
    standard::Standards,
    validate::{Finding, Findings, Outcome, Report, RuleReport, words},
};

/// The report on a file that could not be read at all: rule R01 fails, and nothing else could run.
/// `code` is the reader's name for the reason (`crashed`, `not_a_zip`), `remedy` what to do about it.
pub fn refused(
    source: Source,
    encoding: Option<Encoding>,
    code: &str,
    message: &str,
    remedy: &str,
    standards: &Standards,
) -> Report {
    let mut report = blank(source, standards);
    report.verdict = Verdict::DoesNotConform;
    report.encoding = encoding;
    report.standard_chosen_say = say!(chosen_not_read);
    let messages = standards.messages();
    let said = words::of_reader(code, "", message, 0, messages);
    let fix = words::of_reader(code, "_fix", remedy, 0, messages);
    report.notes.push(Note {
        kind: code.to_owned(),
        text: message.to_owned(),
        say: said.clone(),
        ..Note::default()
    });
    report.rules = RULES
        .iter()
        .map(|rule| {
            let info = rule.info();
            let outcome = if info.code == "R01" {
                let mut findings = Findings::new();
                findings.add(|| Finding {
                    message: message.to_owned(),
                    say: said.clone(),
                    fix: fix.clone(),
                    remedy: Some(remedy.to_owned()).filter(|remedy| !remedy.is_empty()),
                    ..Finding::default()
                });
                findings.outcome(1)
            } else {
                Outcome::not_run(say!(not_read), true)
            };
            RuleReport {
                code: info.code.to_owned(),
                name: info.name.to_owned(),
                severity: info.severity,
                outcome,
            }
        })
        .collect();
    report.todo_say = words::todo(&report, standards);
    report.summary_say = words::summary(&report, standards);
    report.speak(standards.messages(), "en");
    report
}

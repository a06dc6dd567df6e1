//! The report as text for a terminal: the verdict, what to do first, then rule by rule.

use std::fmt::Write as _;

use super::{Speech, name_of, notes, offers};
use crate::{
    model::{Severity, Verdict, say},
    standard::Standards,
    validate::{Outcome, Report},
};

/// How the terminal wants its text.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The language, as a BCP 47 tag; English stands in where it is missing.
    pub language: &'a str,
    /// The number of columns to fill.
    pub width: usize,
    /// True to use ANSI colours.
    pub colour: bool,
}

/// How many findings of a rule are shown; the other formats show all that are kept.
const SHOWN: usize = 5;

/// So many are shown whole: to be told of one more is worse than to read it.
const SHOWN_WHOLE: usize = 8;

impl Look<'_> {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn severity(&self, severity: Severity, speech: Speech<'_>) -> String {
        let code = match severity {
            Severity::Note => "36",
            Severity::Warning => "33",
            Severity::Error | Severity::Block => "31",
        };
        self.paint(code, speech.severity(severity))
    }

    /// Breaks a paragraph at blanks; the first line starts with `first`, the others with as many blanks.
    fn wrap(&self, first: &str, text: &str, out: &mut String) {
        let indent = " ".repeat(first.chars().count());
        let width = self.width.max(40);
        let mut line = first.to_owned();
        let mut empty = true;
        for word in printable(text).split_whitespace() {
            if !empty && line.chars().count() + 1 + word.chars().count() > width {
                let _ = writeln!(out, "{line}");
                line.clone_from(&indent);
                empty = true;
            }
            if !empty {
                line.push(' ');
            }
            line.push_str(word);
            empty = false;
        }
        let _ = writeln!(out, "{line}");
    }
}

/// A stranger's text without what a terminal would obey.
fn printable(text: &str) -> String {
    text.chars()
        .map(|letter| {
            if letter.is_control() && !matches!(letter, '\n' | '\t') {
                '\u{FFFD}'
            } else {
                letter
            }
        })
        .collect()
}

/// The report as text for a terminal.
pub fn text(report: &Report, standards: &Standards, look: &Look<'_>) -> String {
    let mut out = String::new();
    let speech = Speech {
        standards,
        language: look.language,
    };
    let report = &*report.in_language(standards.messages(), look.language);
    let colour = match report.verdict {
        Verdict::Conforms => "1;32",
        Verdict::ConformsWithWarnings | Verdict::NotJudged => "1;33",
        Verdict::DoesNotConform => "1;31",
    };
    let name = printable(&name_of(report));
    let _ = writeln!(
        out,
        "{}  {name}",
        look.paint(colour, speech.verdict(report.verdict))
    );
    look.wrap("", &report.summary, &mut out);
    if !report.todo.is_empty() {
        let _ = writeln!(out, "\n{}:", speech.word("report_first"));
        for (at, todo) in report.todo.iter().enumerate() {
            look.wrap(&format!("  {}. ", at + 1), todo, &mut out);
        }
    }
    let _ = writeln!(out);
    look.wrap(
        &heading(speech, "report_rows"),
        &offers::sum(&report.counts, speech),
        &mut out,
    );
    offered(report, look, speech, &mut out);
    let _ = writeln!(out);
    facts(report, look, speech, &mut out);
    for (rule, count, findings) in report.failed() {
        let words = standards.rule_words(&rule.code);
        let title = words.map_or_else(
            || rule.name.clone(),
            |words| words.fault.heading(look.language),
        );
        let _ = writeln!(
            out,
            "\n{} {} {title} ({count})",
            look.severity(rule.severity, speech),
            look.paint("1", &rule.code)
        );
        if let Some(words) = words {
            let why = format!("  {}: ", speech.word("report_why"));
            look.wrap(&why, words.why.say(look.language), &mut out);
            let how = format!("  {}: ", speech.word("report_how_to_mend").to_lowercase());
            look.wrap(&how, words.fix.say(look.language), &mut out);
        }
        let shown = if findings.len() <= SHOWN_WHOLE {
            SHOWN_WHOLE
        } else {
            SHOWN
        };
        let mut before = None;
        for finding in findings.iter().take(shown) {
            look.wrap("  - ", &finding.message, &mut out);
            if let Some([lon, lat]) = finding.place.at {
                let (lon, lat) = (format!("{lon:.6}"), format!("{lat:.6}"));
                let at = speech.say(&say!(report_at, lon = lon, lat = lat));
                let _ = writeln!(out, "    {at}");
            }
            // What was said of the finding before is not said again.
            let again = before.replace(&finding.remedy) == Some(&finding.remedy);
            if let Some(remedy) = finding.remedy.as_ref().filter(|_| !again) {
                let to_do = format!("    {}: ", speech.word("report_to_do").to_lowercase());
                look.wrap(&to_do, remedy, &mut out);
            }
        }
        // A kept report may have been bent: it can count less than it names.
        let rest = count.saturating_sub(findings.len().min(shown) as u64);
        if rest > 0 {
            let more = speech.say(&say!(report_rest, count = rest));
            let _ = writeln!(out, "    {more}");
        }
    }
    silent(report, look, speech, &mut out);
    out
}

/// A heading at the left, wide enough that what stands beside it lies in one column.
fn heading(speech: Speech<'_>, id: &str) -> String {
    format!(
        "{:<10}",
        speech.word(id).to_lowercase().replace("crs", "CRS")
    )
}

/// How many rows each kind of repair changed.
pub(super) fn repaired(report: &Report) -> String {
    let kinds: Vec<String> = report
        .repair_counts
        .iter()
        .map(|(kind, count)| format!("{kind} {count}"))
        .collect();
    kinds.join(", ")
}

/// What can be asked for, each with the option that takes it.
fn offered(report: &Report, look: &Look<'_>, speech: Speech<'_>, out: &mut String) {
    let offers = offers::all(report, speech);
    if offers.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}:", speech.word("report_offered"));
    for offer in offers {
        look.wrap(&format!("  {:10} ", offer.about), &offer.what, out);
        for example in offer.examples.iter().take(1) {
            look.wrap("             - ", example, out);
        }
        look.wrap("             ", &offer.why, out);
        let _ = writeln!(
            out,
            "             {}",
            look.paint("1", &printable(&offer.option))
        );
    }
    if report
        .proposals
        .repairs
        .iter()
        .filter(|repair| repair.safe)
        .count()
        > 1
    {
        look.wrap("  ", speech.word("report_all_safe"), out);
    }
}

/// What the layer is, in a few lines.
fn facts(report: &Report, look: &Look<'_>, speech: Speech<'_>, out: &mut String) {
    let head = |id| heading(speech, id);
    let standard = report
        .standard
        .as_deref()
        .unwrap_or_else(|| speech.word("report_none"));
    look.wrap(
        &head("report_standard"),
        &format!(
            "{standard} ({}), {} {}, {} {}",
            report.standard_chosen,
            speech.word("report_profile").to_lowercase(),
            report.profile,
            speech.word("report_packs").to_lowercase(),
            report.packs.join(" < ")
        ),
        out,
    );
    let kinds: Vec<String> = report
        .geometry
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    look.wrap(
        &head("report_geometry"),
        &if kinds.is_empty() {
            speech.word("report_none").to_owned()
        } else {
            kinds.join(", ")
        },
        out,
    );
    look.wrap(&head("report_crs"), &report.crs.to_string(), out);
    if let Some(encoding) = &report.encoding {
        look.wrap(
            &head("report_encoding"),
            &format!(
                "{} ({})",
                encoding.name,
                speech.named("origin", &encoding.origin)
            ),
            out,
        );
    }
    let columns: Vec<String> = report
        .columns
        .iter()
        .map(|mapping| {
            if mapping.field == mapping.column {
                mapping.field.clone()
            } else {
                format!("{} = {}", mapping.field, mapping.column)
            }
        })
        .collect();
    if !columns.is_empty() {
        look.wrap(&head("report_columns"), &columns.join(", "), out);
    }
    if !report.extra_columns.is_empty() {
        look.wrap(
            &head("report_not_used_head"),
            &report.extra_columns.join(", "),
            out,
        );
    }
    for note in notes(report) {
        look.wrap(&head("report_note"), &note.text, out);
    }
    if !report.repairs.is_empty() {
        look.wrap(
            &head("report_repaired"),
            &speech.say(&say!(report_repaired_kinds, kinds = repaired(report))),
            out,
        );
    }
    for told in speech.confirmed(report) {
        look.wrap(&head("report_confirmed"), &told, out);
    }
    for row in report.set_aside.iter().take(SHOWN) {
        look.wrap(
            &head("report_set_aside"),
            &format!("{} ({})", row.message, row.rules.join(" ")),
            out,
        );
    }
    if report.counts.set_aside as usize > SHOWN {
        let rest = report.counts.set_aside as usize - SHOWN;
        look.wrap(
            &head("report_set_aside"),
            &speech.say(&say!(report_set_aside_rest, count = rest)),
            out,
        );
    }
}

/// The rules that found nothing and those that could not run: silence is never a pass.
fn silent(report: &Report, look: &Look<'_>, speech: Speech<'_>, out: &mut String) {
    let head = |id| heading(speech, id);
    let passed: Vec<&str> = report
        .rules
        .iter()
        .filter(|rule| matches!(rule.outcome, Outcome::Passed { .. }))
        .map(|rule| rule.code.as_str())
        .collect();
    let _ = writeln!(out);
    if !passed.is_empty() {
        look.wrap(&head("report_passed_head"), &passed.join(" "), out);
    }
    let mut quiet: std::collections::BTreeMap<(&str, bool), Vec<&str>> =
        std::collections::BTreeMap::new();
    for rule in &report.rules {
        if let Outcome::NotRun {
            because, needed, ..
        } = &rule.outcome
        {
            quiet
                .entry((because, *needed))
                .or_default()
                .push(&rule.code);
        }
    }
    for ((because, needed), codes) in quiet {
        let because = if needed {
            speech.say(&say!(report_needed, because = because))
        } else {
            because.to_owned()
        };
        look.wrap(
            &head("report_not_run_head"),
            &format!("{}: {because}", codes.join(" ")),
            out,
        );
    }
}

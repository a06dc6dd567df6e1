//! The report as text for a terminal: the verdict, what to do first, then rule by rule.

use std::fmt::Write as _;

use super::{failed, severity_words, verdict_words};
use crate::{
    model::{Severity, Verdict},
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

impl Look<'_> {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{code}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn severity(&self, severity: Severity) -> String {
        let code = match severity {
            Severity::Note => "36",
            Severity::Warning => "33",
            Severity::Error | Severity::Block => "31",
        };
        self.paint(code, severity_words(severity))
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
    let colour = match report.verdict {
        Verdict::Conforms => "1;32",
        Verdict::ConformsWithWarnings | Verdict::NotJudged => "1;33",
        Verdict::DoesNotConform => "1;31",
    };
    let member = report
        .source
        .member
        .as_ref()
        .map(|member| format!(" / {member}"))
        .unwrap_or_default();
    let name = printable(&format!("{}{member}", report.source.file));
    let _ = writeln!(
        out,
        "{}  {name}",
        look.paint(colour, verdict_words(report.verdict))
    );
    look.wrap("", &report.summary, &mut out);
    if !report.todo.is_empty() {
        let _ = writeln!(out, "\nFirst:");
        for (at, todo) in report.todo.iter().enumerate() {
            look.wrap(&format!("  {}. ", at + 1), todo, &mut out);
        }
    }
    let _ = writeln!(out);
    facts(report, look, &mut out);
    for (rule, count, findings) in failed(report) {
        let words = standards.rule_words(&rule.code);
        let title = words.map_or(rule.name.as_str(), |words| words.title.say(look.language));
        let _ = writeln!(
            out,
            "\n{} {} {title} ({count})",
            look.severity(rule.severity),
            look.paint("1", &rule.code)
        );
        if let Some(words) = words {
            look.wrap("  why: ", words.why.say(look.language), &mut out);
        }
        for finding in findings.iter().take(SHOWN) {
            look.wrap("  - ", &finding.message, &mut out);
            if let Some([lon, lat]) = finding.place.at {
                let _ = writeln!(out, "    at {lon:.6}, {lat:.6}");
            }
            if let Some(remedy) = &finding.remedy {
                look.wrap("    to do: ", remedy, &mut out);
            }
        }
        if count as usize > SHOWN {
            let _ = writeln!(
                out,
                "    and {} more (--format html or geojson shows them)",
                count as usize - findings.len().min(SHOWN)
            );
        }
    }
    silent(report, look, &mut out);
    out
}

/// What the layer is, in a few lines.
fn facts(report: &Report, look: &Look<'_>, out: &mut String) {
    let standard = report.standard.as_deref().unwrap_or("none");
    look.wrap(
        "standard  ",
        &format!(
            "{standard} ({}), profile {}",
            report.standard_chosen, report.profile
        ),
        out,
    );
    let kinds: Vec<String> = report
        .geometry
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    look.wrap(
        "rows      ",
        &if kinds.is_empty() {
            report.rows.to_string()
        } else {
            format!("{} ({})", report.rows, kinds.join(", "))
        },
        out,
    );
    look.wrap("CRS       ", &report.crs.to_string(), out);
    if let Some(encoding) = &report.encoding {
        look.wrap(
            "encoding  ",
            &format!("{} ({})", encoding.name, encoding.origin),
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
        look.wrap("columns   ", &columns.join(", "), out);
    }
    if !report.extra_columns.is_empty() {
        look.wrap("not used  ", &report.extra_columns.join(", "), out);
    }
    for note in &report.notes {
        look.wrap("note      ", &note.text, out);
    }
    if !report.repairs.is_empty() {
        look.wrap(
            "repaired  ",
            &format!(
                "{} rows; the file itself is as it was",
                report.repairs.len()
            ),
            out,
        );
    }
}

/// The rules that found nothing and those that could not run: silence is never a pass.
fn silent(report: &Report, look: &Look<'_>, out: &mut String) {
    let passed: Vec<&str> = report
        .rules
        .iter()
        .filter(|rule| matches!(rule.outcome, Outcome::Passed { .. }))
        .map(|rule| rule.code.as_str())
        .collect();
    let _ = writeln!(out);
    if !passed.is_empty() {
        look.wrap("passed    ", &passed.join(" "), out);
    }
    let mut quiet: std::collections::BTreeMap<(&str, bool), Vec<&str>> =
        std::collections::BTreeMap::new();
    for rule in &report.rules {
        if let Outcome::NotRun { because, needed } = &rule.outcome {
            quiet
                .entry((because, *needed))
                .or_default()
                .push(&rule.code);
        }
    }
    for ((because, needed), codes) in quiet {
        let needed = if needed {
            ", and the standard needs it"
        } else {
            ""
        };
        look.wrap(
            "not run   ",
            &format!("{}: {because}{needed}", codes.join(" ")),
            out,
        );
    }
}

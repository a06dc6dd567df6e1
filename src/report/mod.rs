//! A report as people and programs want it: text, one self-contained page, GeoJSON, CSV, JSON.
//!
//! All of them speak from [`Report`] alone, so the terminal, the server and an archive of old reports
//! say the same.

mod aside;
mod html;
mod map;
mod offers;
mod prose;
mod schema;
mod table;
mod text;

use std::fmt::Write as _;

use crate::{
    model::{Note, Say, Severity, Verdict, say},
    standard::Standards,
    validate::Report,
};

pub use aside::{SetAsideForm, SetAsideText, set_aside_lines};
pub use html::{html, html_with};
pub use prose::escape;
pub use schema::schema;
pub use table::{cell, csv, geojson};
pub use text::{Look, text};

/// The report as JSON, always in the same order.
pub fn json(report: &Report) -> String {
    serde_json::to_string_pretty(report).expect("a report has only text keys and finite numbers")
}

/// The reports of a delivery as JSON: one as an object, several as an array.
pub fn all_json(reports: &[Report]) -> String {
    match reports {
        [one] => json(one),
        many => {
            let all: Vec<String> = many.iter().map(json).collect();
            format!("[{}]", all.join(","))
        }
    }
}

/// The faults of a delivery's layers in one collection, each with its layer where there are several.
pub fn all_geojson(reports: &[Report]) -> String {
    if let [one] = reports {
        return geojson(one);
    }
    let mut all = vec![];
    for one in reports {
        let found: serde_json::Value = serde_json::from_str(&geojson(one)).unwrap_or_default();
        if let Some(features) = found.get("features").and_then(|list| list.as_array()) {
            all.extend(features.iter().cloned().map(|mut feature| {
                feature["properties"]["layer"] = one.layer.as_str().into();
                feature
            }));
        }
    }
    serde_json::json!({ "type": "FeatureCollection", "features": all }).to_string()
}

/// The faults of a delivery's layers under one header.
pub fn all_csv(reports: &[Report]) -> String {
    let mut all = String::new();
    for one in reports {
        let text = csv(one);
        let rows = if all.is_empty() {
            text.as_str()
        } else {
            text.split_once('\n').map_or("", |(_, rows)| rows)
        };
        all.push_str(rows);
    }
    all
}

/// What stands around the sentences of a report, in one language.
#[derive(Clone, Copy)]
struct Speech<'a> {
    standards: &'a Standards,
    language: &'a str,
}

impl<'a> Speech<'a> {
    /// A word of `layers/messages.toml`.
    fn word(&self, id: &str) -> &'a str {
        self.standards.messages().word(id, self.language)
    }

    fn say(&self, say: &Say) -> String {
        self.standards.messages().render(say, self.language)
    }

    /// A code of ours that has a word: `same name` by `why_same_name`; itself where it has none.
    fn named(&self, family: &str, code: &str) -> String {
        let word = self.word(&format!("{family}_{}", code.replace(' ', "_")));
        if word.is_empty() { code } else { word }.to_owned()
    }

    /// The parts of an answer that a person confirmed, with who did, a sentence each.
    fn confirmed(&self, report: &Report) -> Vec<String> {
        let told = report.confirmed.iter().map(|part| {
            let mut what = self.named("confirmed", &part.part);
            if !part.what.is_empty() {
                what = format!("{what}: {}", part.what.join(", "));
            }
            match &part.said {
                Some(said) => self.say(&say!(
                    confirmed_by,
                    what = what,
                    by = &said.by,
                    at = &said.at,
                    from = &said.from
                )),
                None => what,
            }
        });
        told.collect()
    }

    /// What a verdict is called.
    fn verdict(&self, verdict: Verdict) -> &str {
        self.word(match verdict {
            Verdict::Conforms => "verdict_conforms",
            Verdict::ConformsWithWarnings => "verdict_conforms_with_warnings",
            Verdict::NotJudged => "verdict_not_judged",
            Verdict::DoesNotConform => "verdict_does_not_conform",
        })
    }

    /// What a severity is called.
    fn severity(&self, severity: Severity) -> &str {
        self.word(match severity {
            Severity::Note => "severity_note",
            Severity::Warning => "severity_warning",
            Severity::Error => "severity_error",
            Severity::Block => "severity_block",
        })
    }
}

/// A severity for programs: a class, a cell.
fn severity_words(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
        Severity::Block => "block",
    }
}

/// What the reader saw, but for what rule R01 says of a file that was refused.
fn notes(report: &Report) -> impl Iterator<Item = &Note> {
    let refused = report.rows == 0;
    let said = |note: &Note| {
        report
            .failed()
            .iter()
            .any(|(_, _, findings)| findings.iter().any(|found| found.message == note.text))
    };
    report
        .notes
        .iter()
        .filter(move |note| !(refused && said(note)))
}

/// The file, the part of it and the layer in it, as far as each says more than the one before.
fn name_of(report: &Report) -> String {
    let source = &report.source;
    let mut name = source.file.clone();
    if let Some(member) = &source.member {
        let _ = write!(name, " / {member}");
    }
    let last = source.member.as_ref().unwrap_or(&source.file);
    let last = last.rsplit('/').next().unwrap_or_default();
    let stem = last.rsplit_once('.').map_or(last, |(stem, _)| stem);
    if !source.layer.is_empty() && source.layer != stem && source.layer != last {
        let _ = write!(name, " / {}", source.layer);
    }
    name
}

//! What the rules found: a table a rule, and a mark on the map for each finding that has a place.

use std::fmt::Write as _;

use crate::{
    report::{
        Speech, map,
        prose::{escape, prose},
        severity_words,
    },
    validate::{Finding, Report, RuleReport},
};

use super::SHOWN;

/// The findings of a rule; a column that none of them fills is not there.
pub(super) fn table(
    number: usize,
    rule: &RuleReport,
    findings: &[Finding],
    marks: &[map::Mark],
    speech: Speech<'_>,
    out: &mut String,
) {
    let shown = &findings[..findings.len().min(SHOWN)];
    let cells = |at: usize, finding: &Finding| {
        let place = &finding.place;
        let anchor = format!("r{number}-{}-{at}", rule.code);
        let on_map = || {
            let marked = marks.iter().any(|mark| mark.anchor == anchor);
            marked.then(|| escape(speech.word("report_on_map")))
        };
        let spot = place.at.map(|[lon, lat]| format!("{lon:.5}, {lat:.5}"));
        let spot = spot
            .or_else(on_map)
            .map(|text| format!("<a href=\"#m-{anchor}\">{text}</a>"));
        [
            place.row.map(|row| row.to_string()).unwrap_or_default(),
            escape(place.key.as_deref().unwrap_or_default()),
            escape(place.field.as_deref().unwrap_or_default()),
            prose(&finding.message),
            prose(finding.remedy.as_deref().unwrap_or_default()),
            spot.unwrap_or_default(),
        ]
    };
    let rows: Vec<[String; 6]> = shown
        .iter()
        .enumerate()
        .map(|(at, finding)| cells(at, finding))
        .collect();
    let names = [
        "report_row",
        "report_key",
        "report_column",
        "report_what",
        "report_to_do",
        "report_place",
    ];
    let names = names.map(|id| speech.word(id));
    let is_filled = |column: usize| rows.iter().any(|row| !row[column].is_empty());
    out.push_str("<div class=\"scroll\"><table class=\"rows\"><thead><tr>");
    for (column, name) in names.iter().enumerate() {
        if is_filled(column) {
            let _ = write!(out, "<th>{}</th>", escape(name));
        }
    }
    out.push_str("</tr></thead><tbody>");
    for (at, row) in rows.iter().enumerate() {
        let _ = write!(out, "<tr id=\"r{number}-{}-{at}\">", rule.code);
        for (column, cell) in row
            .iter()
            .enumerate()
            .filter(|(column, _)| is_filled(*column))
        {
            // On a narrow screen cells stand one below the other; what the sentence says needs no name.
            let name = match column {
                3 => String::new(),
                _ => format!(" data-name=\"{}\"", escape(names[column])),
            };
            let _ = write!(out, "<td{name}>{cell}</td>");
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table></div>");
}

/// The marks of all findings that have a place, in the order of the tables.
pub(super) fn marks(number: usize, report: &Report) -> Vec<map::Mark> {
    let mut marks = vec![];
    for (rule, _, findings) in report.failed() {
        for (at, finding) in findings.iter().take(SHOWN).enumerate() {
            let middle = finding.place.bbox.map(|b| {
                [
                    f64::midpoint(b.west, b.east),
                    f64::midpoint(b.south, b.north),
                ]
            });
            let whole_layer = matches!(rule.code.as_str(), "A02" | "A03" | "A04" | "A05" | "A06");
            // A fault of a value has its feature for a place, but thousands of them would hide the shapes' faults.
            if let Some(place) = finding.place.at.or(middle.filter(|_| !whole_layer)) {
                marks.push(map::Mark {
                    anchor: format!("r{number}-{}-{at}", rule.code),
                    at: place,
                    class: severity_words(finding.severity.unwrap_or(rule.severity)),
                    title: format!("{}: {}", rule.code, finding.message),
                });
            }
        }
    }
    marks
}

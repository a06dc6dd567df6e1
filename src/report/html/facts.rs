//! What the layer is, as it was judged, and what every rule came to.

use std::fmt::Write as _;

use crate::{
    model::say,
    report::{Speech, notes, prose::escape, severity_words},
    validate::{Outcome, Report},
};

/// The layer's plain facts.
pub(super) fn facts(report: &Report, speech: Speech<'_>, out: &mut String) {
    let _ = write!(out, "<h2>{}</h2><dl>", escape(speech.word("report_layer")));
    let mut fact = |id: &str, text: &str| {
        if !text.is_empty() {
            let name = escape(speech.word(id));
            let _ = write!(out, "<dt>{name}</dt><dd>{}</dd>", escape(text));
        }
    };
    fact("report_format", &report.source.format);
    fact(
        "report_standard",
        &format!(
            "{} ({})",
            report
                .standard
                .as_deref()
                .unwrap_or_else(|| speech.word("report_none")),
            report.standard_chosen
        ),
    );
    fact("report_profile", &report.profile);
    fact("report_packs", &report.packs.join(" < "));
    let kinds: Vec<String> = report
        .geometry
        .iter()
        .map(|(kind, count)| format!("{count} {kind}"))
        .collect();
    fact("report_geometry", &kinds.join(", "));
    fact("report_crs", &report.crs.to_string());
    if let Some(encoding) = &report.encoding {
        fact(
            "report_encoding",
            &format!(
                "{} ({})",
                encoding.name,
                speech.named("origin", &encoding.origin)
            ),
        );
    }
    let columns: Vec<String> = report
        .columns
        .iter()
        .map(|mapping| {
            format!(
                "{} = {} ({})",
                mapping.field,
                mapping.column,
                speech.named("why", &mapping.why)
            )
        })
        .collect();
    fact("report_columns", &columns.join("; "));
    fact("report_not_used", &report.extra_columns.join(", "));
    for note in notes(report) {
        fact("report_note", &note.text);
    }
    for told in speech.confirmed(report) {
        fact("report_confirmed", &told);
    }
    fact("report_file", &report.source.hash);
    out.push_str("</dl>");
}

/// Every rule with its outcome.
pub(super) fn rules(report: &Report, speech: Speech<'_>, out: &mut String) {
    let Speech {
        standards,
        language,
    } = speech;
    let _ = write!(
        out,
        "<h2>{}</h2><div class=\"scroll\"><table><tbody>",
        escape(speech.word("report_every_rule"))
    );
    for rule in &report.rules {
        let title = standards
            .rule_words(&rule.code)
            .map_or(rule.name.as_str(), |words| words.title.say(language));
        let (class, said) = match &rule.outcome {
            Outcome::Passed { checked } => (
                "conforms",
                speech.say(&say!(report_passed, checked = *checked)),
            ),
            Outcome::Failed { count, .. } => (
                severity_words(rule.severity),
                speech.say(&say!(report_count, count = *count)),
            ),
            Outcome::NotRun {
                because, needed, ..
            } => (
                if *needed { "not_judged" } else { "note" },
                speech.say(&say!(report_not_run, because = because.as_str())),
            ),
        };
        let _ = write!(
            out,
            "<tr><td>{}</td><td>{}</td><td class=\"{class}\">{}</td></tr>",
            rule.code,
            escape(title),
            escape(&said)
        );
    }
    out.push_str("</tbody></table></div>");
}

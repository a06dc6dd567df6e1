//! What a report offers, as lines for the terminal and the page: each says what, why, and the option that takes it.

use super::Speech;
use crate::{
    model::say,
    validate::{Counts, RepairExample, RepairProposal, Report},
};

/// One thing that can be asked for.
pub(super) struct Offer<'a> {
    /// What it is about: `repair`, `layer`, `CRS`, `encoding`, `column`.
    pub(super) about: &'a str,
    /// What is offered.
    pub(super) what: String,
    /// The evidence.
    pub(super) why: String,
    /// The option that takes it.
    pub(super) option: String,
    /// Before and after, a line each.
    pub(super) examples: Vec<String>,
}

/// The rows in one sum.
pub(super) fn sum(counts: &Counts, speech: Speech<'_>) -> String {
    speech.say(&say!(
        report_sum,
        read = counts.read,
        accepted = counts.accepted,
        repaired = counts.repaired,
        set_aside = counts.set_aside
    ))
}

/// Repairs first, because they are the least work; then what is in doubt.
pub(super) fn all<'a>(report: &Report, speech: Speech<'a>) -> Vec<Offer<'a>> {
    let proposals = &report.proposals;
    let percent = |score: f64, why: &str| format!("{:.0} %: {why}", score * 100.0);
    let mut offers: Vec<Offer<'a>> = proposals
        .repairs
        .iter()
        .map(|repair| repaired(repair, speech))
        .collect();
    let mut add = |about: &str, what: String, why: String, option: String| {
        offers.push(Offer {
            about: speech.word(about),
            what,
            why,
            option,
            examples: vec![],
        });
    };
    for layer in &proposals.layers {
        if !is_judged_by(report, &layer.layer) {
            let what = format!("{} ({})", layer.layer, layer.title);
            add(
                "about_layer",
                what,
                percent(layer.score, &layer.why),
                format!("--as {}", layer.layer),
            );
        }
    }
    for crs in &proposals.crs {
        let what = format!("{} ({})", crs.code, crs.name);
        add(
            "about_crs",
            what,
            crs.why.clone(),
            format!("--crs {}", crs.code),
        );
    }
    for encoding in &proposals.encodings {
        let what = format!("{}: {}", encoding.name, encoding.samples.join(" · "));
        add(
            "about_encoding",
            what,
            encoding.why.clone(),
            format!("--encoding {}", encoding.name),
        );
    }
    for column in &proposals.columns {
        let what = say!(offer_column, column = &column.column, field = &column.field);
        let option = format!(
            "--column {}",
            quoted(&format!("{}={}", column.field, column.column))
        );
        add(
            "about_column",
            speech.say(&what),
            percent(column.score, &column.why),
            option,
        );
    }
    offers
}

fn repaired<'a>(repair: &RepairProposal, speech: Speech<'a>) -> Offer<'a> {
    let title = speech.word(repair.kind.word());
    let what = match repair.count {
        1 => say!(offer_repair_one, title = title),
        count => say!(offer_repair, count = count, title = title),
    };
    let example = |example: &RepairExample| {
        let row = example
            .place
            .row
            .map(|row| format!("{}: ", speech.say(&say!(row, row = row))))
            .unwrap_or_default();
        let field = example
            .place
            .field
            .as_ref()
            .map(|field| format!("`{field}` "))
            .unwrap_or_default();
        format!(
            "{row}{field}{} → {}",
            shown(&example.before),
            shown(&example.after)
        )
    };
    Offer {
        about: speech.word("about_repair"),
        what: speech.say(&what),
        why: speech
            .word(if repair.safe {
                "offer_safe"
            } else {
                "offer_look"
            })
            .to_owned(),
        option: format!("--repair={}", repair.kind),
        examples: repair.examples.iter().map(example).collect(),
    }
}

fn is_judged_by(report: &Report, layer: &crate::model::LayerId) -> bool {
    report
        .standard
        .as_deref()
        .and_then(|standard| standard.split('@').next())
        == Some(layer.as_str())
}

fn shown(text: &str) -> &str {
    if text.is_empty() { "(empty)" } else { text }
}

/// A word for a shell: a stranger's column name in single quotes, where it is not plain.
fn quoted(word: &str) -> String {
    let plain = word
        .chars()
        .all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '=' | '-' | '.'));
    if plain {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

//! Looks for what can be proposed, once the rules have spoken: nothing here is looked for where nothing is in doubt.

use std::collections::HashSet;

use super::{
    ColumnProposal, EncodingProposal, LayerProposal, Outcome, Proposals, RepairKind,
    RepairProposal, Repairs, RuleReport, Subject, landing, stated,
};
use crate::{
    model::{Column, Say, Value, say},
    standard::{
        FieldRule, Kind,
        reading::{decimal, is_blank, reads_as},
    },
};

/// How many standards are proposed.
const LAYERS: usize = 5;
/// The score from which a standard is worth a line.
const WORTH: f64 = 0.2;
/// How many columns are proposed for one field.
const COLUMNS: usize = 3;
/// The score from which a column is worth a line.
const LIKELY: f64 = 0.5;
/// The width from which a column of that width says something.
const TELLING_WIDTH: u32 = 6;
/// Numbers from here on, all of one length, are a code's; smaller ones may count anything.
const TELLING_FROM: f64 = 10_000.0;
/// Fewer different codes than this may be the numbers of something else.
const TELLING_CODES: usize = 2;
/// How many rows of a column are looked at, evenly over the layer.
const ROWS: usize = 400;

fn failed(rules: &[RuleReport], codes: &[&str]) -> bool {
    rules.iter().any(|rule| {
        codes.contains(&rule.code.as_str()) && matches!(rule.outcome, Outcome::Failed { .. })
    })
}

/// A score with two digits: the third says nothing.
fn score(score: f64) -> f64 {
    (score.clamp(0.0, 1.0) * 100.0).round() / 100.0
}

/// Everything that can be proposed for a layer that was judged. `made` are the repairs that were made already.
pub(super) fn proposals(subject: &Subject<'_>, rules: &[RuleReport], made: &Repairs) -> Proposals {
    Proposals {
        layers: layers(subject, rules),
        crs: if failed(rules, &["C01", "C02"]) {
            landing::proposals(subject)
        } else {
            vec![]
        },
        encodings: subject
            .raw
            .encoding
            .iter()
            .flat_map(|encoding| &encoding.readings)
            .map(|reading| EncodingProposal {
                name: reading.name.clone(),
                why: String::new(),
                why_say: reading.why.clone(),
                samples: reading.samples.clone(),
            })
            .collect(),
        columns: columns(subject),
        repairs: repairs(subject, rules, made),
    }
}

fn layers(subject: &Subject<'_>, rules: &[RuleReport]) -> Vec<LayerProposal> {
    if subject.named && !failed(rules, &["L01", "G01"]) {
        return vec![];
    }
    subject
        .standards
        .fits(subject.raw)
        .into_iter()
        .filter(|fit| fit.score >= WORTH)
        .take(LAYERS)
        .map(|fit| LayerProposal {
            title: subject
                .standards
                .layer(&fit.layer)
                .map(|standard| standard.title.say("en").to_owned())
                .unwrap_or_default(),
            layer: fit.layer,
            score: score(fit.score),
            why: String::new(),
            why_say: fit.say,
        })
        .collect()
}

/// Columns for fields that none answers: by what they are called and by what they hold.
fn columns(subject: &Subject<'_>) -> Vec<ColumnProposal> {
    let Some(standard) = subject.standard else {
        return vec![];
    };
    let table = &subject.raw.table;
    let free: Vec<usize> = (0..table.fields.len())
        .filter(|at| !subject.map.takes(*at))
        .collect();
    let mut found = vec![];
    for field in subject.standards.fields(standard) {
        if subject.map.column(&field.name).is_some() {
            continue;
        }
        let vetoes: Vec<_> = subject
            .map
            .vetoes()
            .filter(|veto| veto.field == field.name)
            .collect();
        // Of a column that holds nothing fitting, what is missing says all there is to say.
        let worth = vetoes.iter().filter(|veto| veto.percent > 0);
        found.extend(worth.map(|veto| ColumnProposal {
            field: field.name.clone(),
            column: table.fields[veto.column].name.clone(),
            score: score(f64::from(veto.percent) / 100.0),
            why: String::new(),
            why_say: veto.why.clone(),
        }));
        let mut wishes: Vec<ColumnProposal> = free
            .iter()
            .filter(|at| !vetoes.iter().any(|veto| veto.column == **at))
            .filter_map(|at| {
                let proposal = likely(subject, field, *at)?;
                (proposal.score >= LIKELY && !is_another(subject, field, *at)).then_some(proposal)
            })
            .collect();
        wishes.sort_by(|a, b| b.score.total_cmp(&a.score));
        found.extend(wishes.into_iter().take(COLUMNS));
    }
    found
}

/// True when a column's header is a usual name of another field: who edited a feature is no local body.
fn is_another(subject: &Subject<'_>, field: &FieldRule, at: usize) -> bool {
    let header = &subject.raw.table.fields[at].name;
    subject.standard.is_some_and(|standard| {
        let mut fields = subject.standards.fields(standard);
        !field.is_called(header)
            && fields.any(|other| other.name != field.name && other.is_called(header))
    })
}

/// How likely a column answers a field, and why; none where its values cannot.
fn likely(subject: &Subject<'_>, field: &FieldRule, at: usize) -> Option<ColumnProposal> {
    let header = &subject.raw.table.fields[at].name;
    let (alike, name) = std::iter::once(&field.name)
        .chain(&field.aliases)
        .chain(field.title.0.values())
        .map(|name| (strsim::jaro_winkler(&plain(header), &plain(name)), name))
        .max_by(|a, b| a.0.total_cmp(&b.0))?;
    if !stated::may_state(subject, field, at) {
        return None;
    }
    let values = &subject.raw.table.columns[at];
    let (fits, telling, evidence) = held(subject, field, values)?;
    // A name says something from about three quarters on; values say much only where few columns hold the like.
    let called = ((alike - 0.7) / 0.3).clamp(0.0, 1.0);
    let total = if telling {
        0.5 * called + 0.5 * fits
    } else {
        0.75 * called * fits
    };
    let mut why = vec![];
    if called > 0.3 {
        why.push(say!(column_alike, header = header, name = name));
    }
    why.push(evidence);
    Some(ColumnProposal {
        field: field.name.clone(),
        column: header.clone(),
        score: score(total),
        why: String::new(),
        why_say: say!(fit, reasons = why),
    })
}

fn plain(text: &str) -> String {
    text.to_lowercase().replace([' ', '_', '-', '.'], "")
}

/// The share of values that a field could hold, whether that sets the column apart from most others, and a sentence;
/// none where there are no values, or most of them cannot be.
fn held(subject: &Subject<'_>, field: &FieldRule, column: &Column) -> Option<(f64, bool, Say)> {
    let step = column.len().div_ceil(ROWS).max(1);
    let values: Vec<Value<'_>> = (0..column.len())
        .step_by(step)
        .map(|row| column.get(row))
        .filter(|value| !is_blank(*value))
        .collect();
    if values.is_empty() {
        return None;
    }
    let share = |good: &dyn Fn(Value<'_>) -> bool| {
        values.iter().filter(|value| good(**value)).count() as f64 / values.len() as f64
    };
    let percent = |share: f64| (share * 100.0).round() as u64;
    if let Some(list) = field
        .codes
        .as_deref()
        .and_then(|list| subject.standards.codes(list))
    {
        let exact = list.exact();
        let fits =
            share(&|value| exact.contains_key(&crate::standard::CodeList::plain(&value.to_text())));
        let distinct: HashSet<_> = values.iter().map(Value::to_text).collect();
        let telling =
            distinct.len() >= TELLING_CODES || values.iter().all(|value| decimal(*value).is_none());
        return (fits > 0.5).then(|| {
            (
                fits,
                telling,
                say!(
                    column_codes,
                    percent = percent(fits),
                    list = list.name.as_str()
                ),
            )
        });
    }
    let typed = share(&|value| {
        reads_as(field.kind, value)
            && decimal(value).is_none_or(|number| {
                field.min.is_none_or(|min| number >= min)
                    && field.max.is_none_or(|max| number <= max)
            })
            && field
                .width
                .is_none_or(|width| value.to_text().trim().chars().count() == width as usize)
    });
    if typed < 0.8 {
        return None;
    }
    let distinct: HashSet<String> = values
        .iter()
        .map(|value| value.to_text().into_owned())
        .collect();
    let alone = distinct.len() == values.len() && values.len() > 1;
    if field.unique {
        return alone.then(|| (1.0, false, say!(column_distinct)));
    }
    // Four characters are the form of many things; six digits are a code's.
    let narrow = field.width.is_some_and(|width| width >= TELLING_WIDTH)
        || field
            .min
            .zip(field.max)
            .is_some_and(|(min, max)| field.identifier && min >= TELLING_FROM && max < 10.0 * min);
    let what = match field.kind {
        Kind::Date => say!(column_dates),
        Kind::Year => say!(column_years),
        Kind::Integer | Kind::Decimal => say!(column_numbers),
        Kind::Boolean => say!(kind_boolean),
        Kind::Text | Kind::Code => say!(column_texts),
    };
    // Any day could be any of a feature's optional days.
    let telling = narrow || (field.kind == Kind::Date && field.required);
    Some((
        typed,
        telling,
        say!(column_holds, percent = percent(typed), what = what),
    ))
}

fn repairs(subject: &Subject<'_>, rules: &[RuleReport], made: &Repairs) -> Vec<RepairProposal> {
    RepairKind::ALL
        .into_iter()
        // Heights are left out by the reader whether anybody asks or not, and a note says so.
        .filter(|kind| !made.has(*kind) && *kind != RepairKind::DropZ)
        .filter(|kind| kind.mends().is_empty() || failed(rules, kind.mends()))
        .map(|kind| kind.plan(subject))
        .filter(|plan| !plan.is_empty())
        .map(|plan| plan.proposal(subject))
        .collect()
}

//! T10: the business key names each feature once.

use super::{Finding, Findings, Outcome, Rule, RuleInfo, Subject, rule::shortened};
use crate::{
    model::{Column, Severity, TextColumn, say, value::NULL_CODE},
    standard::{normal_key, reading::is_blank},
};

/// T10: keys are there and distinct.
pub(super) struct UniqueKey;

impl Rule for UniqueKey {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T10",
            name: "unique_key",
            severity: Severity::Error,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let Some(standard) = subject.standard else {
            return Outcome::not_run(say!(T10_no_standard), true);
        };
        // The part of the key that tells features apart must be there; the city's code may be missing (A01).
        let parts: Vec<(&str, usize, bool)> = standard
            .key
            .iter()
            .filter_map(|name| {
                let needed = subject
                    .standards
                    .field(standard, name)
                    .is_some_and(|field| field.required);
                Some((name.as_str(), subject.map.column(name)?, needed))
            })
            .collect();
        // A city's own limits are told apart by what all features share: there is only one of them at a time.
        let tells_apart = |name: &str| !subject.is_shared(name);
        if parts.is_empty()
            || (standard.key.iter().any(|name| tells_apart(name))
                && !parts.iter().any(|(name, ..)| tells_apart(name)))
        {
            return Outcome::not_run(say!(T10_no_column, key = standard.key.join(" + ")), true);
        }
        let names: Vec<&str> = parts
            .iter()
            .map(|(_, at, _)| subject.raw.table.fields[*at].name.as_str())
            .collect();
        let names = names.join("` + `");
        let mut findings = Findings::new();
        // Each key once, and the row where it was met first.
        let mut keys = TextColumn::default();
        let mut first: Vec<u32> = vec![];
        // Where one column of text is the key, each distinct text is looked at once.
        let lone = match parts[..] {
            [(_, at, _)] => match &subject.raw.table.columns[at] {
                Column::Text(column) => Some(column),
                _ => None,
            },
            _ => None,
        };
        let numbered = |name: &str| name == "ward_no" || name == "zone_no";
        let plain = lone.is_some_and(|column| {
            !numbered(parts[0].0)
                && (0..column.distinct() as u32).all(|code| {
                    let text = column.entry(code);
                    text.trim().len() == text.len()
                })
        });
        let mut known = vec![NULL_CODE; lone.map_or(0, TextColumn::distinct)];
        let mut key = String::new();
        for row in 0..subject.raw.len() {
            let text = lone.map_or(NULL_CODE, |column| column.codes[row]) as usize;
            if let Some(&met) = known.get(text)
                && met != NULL_CODE
            {
                let other = first[met as usize];
                let said = lone.map_or("", |column| column.entry(text as u32).trim());
                findings.add(|| twice(subject, row, other, said, &names, parts[0].1));
                continue;
            }
            key.clear();
            let mut missing = None;
            for (at, (name, column, needed)) in parts.iter().enumerate() {
                let value = subject.raw.table.columns[*column].get(row);
                if at > 0 {
                    key.push('\u{1f}');
                }
                if is_blank(value) {
                    if *needed || parts.len() == 1 {
                        missing = Some(*column);
                    }
                } else if numbered(name) {
                    // `07` and `7` are one ward to every table that will be joined.
                    key.push_str(normal_key(&value.to_text()).as_str());
                } else {
                    key.push_str(value.to_text().trim());
                }
            }
            if let Some(column) = missing {
                findings.add(|| Finding {
                    place: subject.cell(row, column),
                    say: say!(
                        T10_no_key,
                        who = subject.called(row),
                        column = subject.raw.table.fields[column].name.as_str()
                    ),
                    fix: say!(T10_no_key_fix),
                    ..Finding::default()
                });
                continue;
            }
            // Distinct texts that are written without blanks around them are distinct keys.
            let met = if plain {
                first.len() as u32
            } else {
                keys.code(&key)
            };
            if let Some(known) = known.get_mut(text) {
                *known = met;
            }
            if let Some(&other) = first.get(met as usize) {
                let column = parts[parts.len() - 1].1;
                findings.add(|| twice(subject, row, other, &key, &names, column));
            } else {
                first.push(row as u32);
            }
        }
        for (_, column, _) in parts.iter().filter(|(name, ..)| numbered(name)) {
            zeros(subject, *column, &mut findings);
        }
        findings.outcome(subject.raw.len() as u64)
    }
}

/// Wards are counted from 1. A 0 is often what was left over: asked about, and no fault.
fn zeros(subject: &Subject<'_>, column: usize, findings: &mut Findings) {
    let values = &subject.raw.table.columns[column];
    for row in 0..values.len() {
        let value = values.get(row);
        if !is_blank(value) && normal_key(&value.to_text()).as_str() == "0" {
            findings.add(|| Finding {
                place: subject.cell(row, column),
                say: say!(T10_zero, who = subject.called(row)),
                fix: say!(T10_zero_fix),
                severity: Some(Severity::Note),
                ..Finding::default()
            });
        }
    }
}

/// Two rows with one key.
fn twice(
    subject: &Subject<'_>,
    row: usize,
    other: u32,
    key: &str,
    names: &str,
    column: usize,
) -> Finding {
    let said = key.replace('\u{1f}', " + ");
    Finding {
        place: subject.cell(row, column),
        say: say!(
            T10_same_key,
            who = subject.called(row),
            other = subject.called(other as usize),
            key = shortened(&said, 80),
            columns = names
        ),
        fix: say!(T10_same_key_fix),
        ..Finding::default()
    }
}

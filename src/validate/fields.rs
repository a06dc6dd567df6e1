//! A02 to A06: the values of the attributes that the standard asks for.

use std::collections::HashMap;

use super::{
    Finding, Findings, Outcome, Place, Rule, RuleInfo, Subject, columns::without_standard,
    rule::shortened, values::each_bad,
};
use crate::{
    model::{Column, Say, Severity, Value, say},
    standard::{
        FieldRule, Kind, LayerStandard, Words,
        reading::{called, decimal, is_blank, reads_as},
    },
};

/// Words as they stand inside a sentence.
fn lower(words: &Words) -> std::collections::BTreeMap<String, String> {
    let lower = |(language, text): (&String, &String)| {
        let mut letters = text.chars();
        // `LGD code` keeps its capitals.
        let word = letters.next().is_some() && letters.next().is_some_and(char::is_lowercase);
        let text = if word {
            text.to_lowercase()
        } else {
            text.clone()
        };
        (language.clone(), text)
    };
    words.0.iter().map(lower).collect()
}

/// Every field of the standard that a column answers, with the column.
fn answered<'a>(
    subject: &'a Subject<'_>,
    standard: &'a LayerStandard,
) -> impl Iterator<Item = (&'a FieldRule, usize)> {
    subject
        .standards
        .fields(standard)
        .filter_map(|field| Some((field, subject.map.column(&field.name)?)))
}

/// Runs a check on every value of every answered field; the closures say which fields, which values are
/// good, and what to say of one that is not.
fn on_values(
    subject: &Subject<'_>,
    standard: &LayerStandard,
    concerns: impl Fn(&FieldRule) -> bool,
    good: impl Fn(&FieldRule, crate::model::Value<'_>) -> bool,
    say: impl Fn(&FieldRule, &str, &str) -> (Say, Say),
) -> Outcome {
    let mut findings = Findings::new();
    let mut checked = 0;
    for (field, at) in answered(subject, standard).filter(|(field, _)| concerns(field)) {
        let column = &subject.raw.table.columns[at];
        checked += column.len() as u64;
        // A wrong code is wrong in many rows, and its nearest one takes long to find.
        let mut said: HashMap<String, (Say, Say)> = HashMap::new();
        each_bad(
            column,
            |value| good(field, value),
            |row| {
                findings.add(|| {
                    let text = column.get(row).to_text();
                    let text = text.trim();
                    let name = &subject.raw.table.fields[at].name;
                    let (what, fix) = said
                        .entry(text.to_owned())
                        .or_insert_with(|| say(field, text, name))
                        .clone();
                    Finding {
                        place: subject.cell(row, at),
                        say: say!(at_row, who = subject.called(row), what = what),
                        fix,
                        ..Finding::default()
                    }
                });
            },
        );
    }
    findings.outcome(checked)
}

/// A02: required fields are filled in every row.
pub(super) struct RequiredValues;

impl Rule for RequiredValues {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "A02",
            name: "required_values",
            severity: Severity::Error,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let Some(standard) = subject.standard else {
            return without_standard();
        };
        let mut findings = Findings::new();
        let mut checked = 0;
        let mut partly = vec![];
        for (field, at) in answered(subject, standard) {
            let column = &subject.raw.table.columns[at];
            // A text that stands in many rows is looked at once.
            let texts = match column {
                Column::Text(texts) => Some((
                    texts,
                    (0..texts.distinct() as u32)
                        .map(|code| is_blank(Value::Text(texts.entry(code))))
                        .collect::<Vec<bool>>(),
                )),
                _ => None,
            };
            let blank = |row: usize| match &texts {
                Some((texts, blank)) => blank
                    .get(texts.codes[row] as usize)
                    .copied()
                    .unwrap_or(true),
                None => is_blank(column.get(row)),
            };
            if !field.required {
                let mut empty = (0..column.len()).filter(|&row| blank(row));
                if let Some(first) = empty.next() {
                    partly.push((field, at, first, 1 + empty.count()));
                }
                continue;
            }
            for row in 0..column.len() {
                checked += 1;
                if blank(row) {
                    findings.add(|| Finding {
                        place: subject.cell(row, at),
                        say: say!(
                            A02_empty,
                            who = subject.called(row),
                            column = subject.raw.table.fields[at].name.as_str()
                        ),
                        fix: say!(A02_empty_fix, title = lower(&field.title)),
                        ..Finding::default()
                    });
                }
            }
        }
        // A column that holds nothing at all was brought along by an export and is nobody's work.
        for (field, at, first, count) in partly {
            if count < subject.raw.len() {
                findings.add(|| Finding {
                    place: Place {
                        field: Some(subject.raw.table.fields[at].name.clone()),
                        ..Place::default()
                    },
                    say: say!(
                        A02_partly,
                        column = subject.raw.table.fields[at].name.as_str(),
                        count = count,
                        rows = subject.raw.len(),
                        who = subject.called(first)
                    ),
                    fix: say!(A02_partly_fix, title = lower(&field.title)),
                    severity: Some(Severity::Note),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(checked)
    }
}

/// A03: values are of the type that the standard says.
pub(super) struct Types;

impl Rule for Types {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "A03",
            name: "types",
            severity: Severity::Error,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let Some(standard) = subject.standard else {
            return without_standard();
        };
        on_values(
            subject,
            standard,
            |field| !matches!(field.kind, Kind::Text | Kind::Code),
            |field, value| reads_as(field.kind, value),
            |field, text, name| {
                (
                    say!(
                        A03_type,
                        text = shortened(text, 40),
                        column = name,
                        kind = called(field.kind)
                    ),
                    match field.kind {
                        Kind::Integer => say!(A03_integer_fix),
                        Kind::Decimal => say!(A03_decimal_fix),
                        Kind::Boolean => say!(A03_boolean_fix),
                        Kind::Date => say!(A03_date_fix),
                        Kind::Year => say!(A03_year_fix),
                        Kind::Text | Kind::Code => Say::default(),
                    },
                )
            },
        )
    }
}

/// A04: codes come from their code list.
pub(super) struct Codes;

impl Rule for Codes {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "A04",
            name: "codes",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let Some(standard) = subject.standard else {
            return without_standard();
        };
        let list = |field: &FieldRule| subject.standards.codes(field.codes.as_deref()?);
        on_values(
            subject,
            standard,
            |field| field.kind == Kind::Code && list(field).is_some(),
            |field, value| {
                let text = value.to_text();
                list(field).is_none_or(|list| {
                    list.entries
                        .iter()
                        .any(|entry| entry.code.eq_ignore_ascii_case(text.trim()))
                })
            },
            |field, text, name| {
                let list = list(field);
                let nearest = list.and_then(|list| list.nearest(text));
                let called = field.codes.as_deref().unwrap_or_default();
                (
                    say!(
                        A04_code,
                        text = shortened(text, 40),
                        column = name,
                        list = called
                    ),
                    nearest.map_or_else(
                        || {
                            let entries = list.map_or(&[][..], |list| &list.entries);
                            let some = entries.iter().take(6).map(|entry| entry.code.as_str());
                            say!(
                                A04_some_fix,
                                list = called,
                                codes = some.collect::<Vec<_>>()
                            )
                        },
                        |code| say!(A04_nearest_fix, code = code),
                    ),
                )
            },
        )
    }
}

/// A05: numbers lie in their range.
pub(super) struct Ranges;

impl Rule for Ranges {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "A05",
            name: "ranges",
            severity: Severity::Error,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let Some(standard) = subject.standard else {
            return without_standard();
        };
        on_values(
            subject,
            standard,
            |field| field.min.is_some() || field.max.is_some(),
            |field, value| {
                // What is no number at all is A03's to say.
                decimal(value).is_none_or(|number| {
                    field.min.is_none_or(|min| number >= min)
                        && field.max.is_none_or(|max| number <= max)
                })
            },
            |field, text, name| {
                let unit = field.unit.as_deref();
                let unit = unit.map(|unit| format!(" {unit}")).unwrap_or_default();
                let [min, max] = [field.min, field.max]
                    .map(|end| end.map(|end| end.to_string()).unwrap_or_default());
                let range = match (field.min, field.max) {
                    (Some(_), None) => say!(A05_least, min = min, unit = unit),
                    (None, _) => say!(A05_most, max = max, unit = unit),
                    (Some(_), Some(_)) => say!(A05_between, min = min, max = max, unit = unit),
                };
                (
                    say!(
                        A05_range,
                        text = shortened(text, 40),
                        column = name,
                        range = range
                    ),
                    say!(A05_range_fix),
                )
            },
        )
    }
}

/// A06: texts of a fixed width have it.
pub(super) struct Widths;

impl Rule for Widths {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "A06",
            name: "widths",
            severity: Severity::Error,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let Some(standard) = subject.standard else {
            return without_standard();
        };
        let length = |text: &str| {
            let text = text.trim();
            // A spreadsheet leaves `.0` behind a number; that is not part of the code.
            text.strip_suffix(".0").unwrap_or(text).chars().count()
        };
        on_values(
            subject,
            standard,
            |field| field.width.is_some(),
            |field, value| {
                field
                    .width
                    .is_none_or(|width| length(&value.to_text()) == width as usize)
            },
            |field, text, name| {
                let width = field.width.unwrap_or_default();
                let found = length(text);
                let digits = text.bytes().all(|byte| byte.is_ascii_digit());
                (
                    say!(
                        A06_width,
                        text = shortened(text, 40),
                        column = name,
                        found = found,
                        width = width
                    ),
                    if digits && found < width as usize {
                        say!(A06_zeros_fix, text = format!("{text:0>0$}", width as usize))
                    } else {
                        say!(A06_width_fix, width = width)
                    },
                )
            },
        )
    }
}

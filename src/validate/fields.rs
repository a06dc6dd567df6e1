//! A01 to A07: the attributes that the standard asks for, with values it allows.

use std::collections::HashMap;

use super::{
    Finding, Findings, Outcome, Place, Rule, RuleInfo, Subject,
    rule::shortened,
    values::{called, each_bad, is_blank, number, reads_as},
};
use crate::{
    model::Severity,
    standard::{FieldRule, Kind, LayerStandard},
};

fn without_standard() -> Outcome {
    Outcome::NotRun {
        because: "no standard says which attributes there should be".into(),
        needed: true,
    }
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
    say: impl Fn(&FieldRule, &str, &str) -> (String, Option<String>),
) -> Outcome {
    let mut findings = Findings::new();
    let mut checked = 0;
    for (field, at) in answered(subject, standard).filter(|(field, _)| concerns(field)) {
        let column = &subject.raw.table.columns[at];
        checked += column.len() as u64;
        each_bad(
            column,
            |value| good(field, value),
            |row| {
                findings.add(|| {
                    let text = column.get(row).to_text();
                    let name = &subject.raw.table.fields[at].name;
                    let (what, remedy) = say(field, text.trim(), name);
                    Finding {
                        place: subject.cell(row, at),
                        message: format!("{}: {what}", subject.called(row)),
                        remedy,
                        ..Finding::default()
                    }
                });
            },
        );
    }
    findings.outcome(checked)
}

/// A01: every required field has a column.
pub(super) struct RequiredColumns;

impl Rule for RequiredColumns {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "A01",
            name: "required_columns",
            severity: Severity::Error,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let Some(standard) = subject.standard else {
            return without_standard();
        };
        let taken: Vec<usize> = subject.map.entries().iter().map(|(_, at)| *at).collect();
        let mut findings = Findings::new();
        let mut checked = 0;
        for field in subject
            .standards
            .fields(standard)
            .filter(|field| field.required)
        {
            checked += 1;
            if subject.map.column(&field.name).is_some() {
                continue;
            }
            let near = subject
                .raw
                .table
                .fields
                .iter()
                .enumerate()
                .filter(|(at, _)| !taken.contains(at))
                .map(|(_, column)| {
                    let score = strsim::jaro_winkler(&column.name.to_lowercase(), &field.name);
                    (score, column.name.as_str())
                })
                .filter(|(score, _)| *score > 0.85)
                .max_by(|a, b| a.0.total_cmp(&b.0));
            findings.add(|| Finding {
                place: Place {
                    field: Some(field.name.clone()),
                    ..Place::default()
                },
                message: format!(
                    "there is no column for `{}` ({})",
                    field.name,
                    field.title.say("en")
                ),
                remedy: Some(match near {
                    Some((_, column)) => {
                        format!("if `{column}` is meant, rename it to `{}`", field.name)
                    }
                    None => format!(
                        "add a column `{}` ({}{}) and fill it for every row",
                        field.name,
                        called(field.kind),
                        field
                            .codes
                            .as_deref()
                            .map(|list| format!(" of the list {list}"))
                            .unwrap_or_default()
                    ),
                }),
                ..Finding::default()
            });
        }
        findings.outcome(checked)
    }
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
        for (field, at) in answered(subject, standard).filter(|(field, _)| field.required) {
            let column = &subject.raw.table.columns[at];
            for row in 0..column.len() {
                checked += 1;
                if is_blank(column.get(row)) {
                    findings.add(|| Finding {
                        place: subject.cell(row, at),
                        message: format!(
                            "{}: `{}` is empty",
                            subject.called(row),
                            subject.raw.table.fields[at].name
                        ),
                        remedy: Some(format!(
                            "fill in the {}",
                            field.title.say("en").to_lowercase()
                        )),
                        ..Finding::default()
                    });
                }
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
                    format!(
                        "`{}` in column `{name}` is not {}",
                        shortened(text, 40),
                        called(field.kind)
                    ),
                    Some(format!(
                        "write {} or leave it empty",
                        match field.kind {
                            Kind::Integer => "only digits, such as 1250",
                            Kind::Decimal => "only a number, such as 12.5, without its unit",
                            Kind::Boolean => "true or false",
                            Kind::Date => "the date as year-month-day, such as 2026-03-31",
                            Kind::Year => "the year with four digits, such as 2022",
                            Kind::Text | Kind::Code => "text",
                        }
                    )),
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
                    format!(
                        "`{}` in column `{name}` is not in the code list {called}",
                        shortened(text, 40)
                    ),
                    Some(nearest.map_or_else(
                        || {
                            let some: Vec<&str> = list
                                .map(|list| {
                                    list.entries
                                        .iter()
                                        .take(6)
                                        .map(|entry| entry.code.as_str())
                                        .collect()
                                })
                                .unwrap_or_default();
                            format!("use one of {called}: {}, …", some.join(", "))
                        },
                        |code| format!("use `{code}`, if that is what is meant"),
                    )),
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
                number(value).is_none_or(|number| {
                    field.min.is_none_or(|min| number >= min)
                        && field.max.is_none_or(|max| number <= max)
                })
            },
            |field, text, name| {
                let range = match (field.min, field.max) {
                    (Some(min), Some(max)) => format!("between {min} and {max}"),
                    (Some(min), None) => format!("{min} or more"),
                    (None, Some(max)) => format!("{max} or less"),
                    (None, None) => String::new(),
                };
                let unit = field
                    .unit
                    .as_deref()
                    .map(|unit| format!(" {unit}"))
                    .unwrap_or_default();
                (
                    format!(
                        "`{text}` in column `{name}` is out of range: it should be {range}{unit}"
                    ),
                    Some("correct it, or leave it empty where it is not known".into()),
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
                    format!(
                        "`{}` in column `{name}` has {found} characters, not {width}",
                        shortened(text, 40)
                    ),
                    Some(if digits && found < width as usize {
                        format!(
                            "a spreadsheet may have dropped leading zeros: write `{text:0>0$}`",
                            width as usize
                        )
                    } else {
                        format!("write all {width} characters")
                    }),
                )
            },
        )
    }
}

/// A07: no column's name was cut so that it now means nothing or stands twice.
pub(super) struct CutNames;

/// What a DBF keeps of a name.
const DBF_NAME: usize = 10;

impl Rule for CutNames {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "A07",
            name: "cut_names",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let fields = &subject.raw.table.fields;
        let mut findings = Findings::new();
        let mut seen: HashMap<String, &str> = HashMap::new();
        let finding = |name: &str, message: String, remedy: String| Finding {
            place: Place {
                field: Some(name.to_owned()),
                ..Place::default()
            },
            message,
            remedy: Some(remedy),
            ..Finding::default()
        };
        for field in fields {
            if let Some(other) = seen.insert(field.name.to_lowercase(), &field.name) {
                findings.add(|| {
                    finding(
                        &field.name,
                        format!(
                            "columns `{other}` and `{}` differ only in capitals",
                            field.name
                        ),
                        "rename one of them".into(),
                    )
                });
            }
        }
        // GDAL writes `POPULATI_1` for the second column that a shapefile's ten bytes make equal.
        if subject.raw.source.format.to_lowercase().contains("shape") {
            for field in fields.iter().filter(|field| field.name.len() == DBF_NAME) {
                let Some((stem, number)) = field.name.rsplit_once('_') else {
                    continue;
                };
                let numbered =
                    !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
                if let Some(other) = fields.iter().find(|other| {
                    numbered
                        && other.name.len() == DBF_NAME
                        && other.name != field.name
                        && other.name.starts_with(stem)
                        && !other.name[stem.len()..].starts_with('_')
                }) {
                    findings.add(|| finding(
                        &field.name,
                        format!(
                            "`{}` and `{}` seem to be two names cut to the same ten letters",
                            other.name, field.name
                        ),
                        "send the layer as GeoPackage, or give the columns names of at most ten letters".into(),
                    ));
                }
            }
        }
        findings.outcome(fields.len() as u64)
    }
}

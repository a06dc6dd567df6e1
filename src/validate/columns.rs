//! A01 and A07: every field that is required has a column, and no column's name was cut.

use std::collections::HashMap;

use super::{Finding, Findings, Outcome, Place, Rule, RuleInfo, Subject};
use crate::{
    model::{Say, Severity, say},
    standard::reading::called,
};

/// Says that nothing is known of fields.
pub(super) fn without_standard() -> Outcome {
    Outcome::not_run(say!(A01_no_standard), true)
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
            let veto = subject.map.vetoes().find(|veto| veto.field == field.name);
            // `Name` that holds `48 RAMOL HATHIJAN` answers the number, and nothing is left for the name.
            let shared = subject
                .map
                .entries()
                .iter()
                .find(|(mapping, _)| field.is_called(&mapping.column));
            findings.add(|| Finding {
                place: Place {
                    field: Some(field.name.clone()),
                    ..Place::default()
                },
                say: if field.title.repeats(&field.name) {
                    say!(
                        A01_same_name,
                        field = field.name.as_str(),
                        title = field.title.0.clone()
                    )
                } else {
                    say!(
                        A01_no_column,
                        field = field.name.as_str(),
                        title = field.title.0.clone()
                    )
                },
                fix: match (near, field.codes.as_deref()) {
                    _ if let Some(veto) = veto => say!(A01_veto_fix, why = veto.why.clone()),
                    _ if let Some((mapping, _)) = shared => say!(
                        A01_shared_fix,
                        field = field.name.as_str(),
                        column = mapping.column.as_str(),
                        other = mapping.field.as_str()
                    ),
                    (Some((_, column)), _) => {
                        say!(A01_rename_fix, column = column, field = field.name.as_str())
                    }
                    (None, Some(list)) => {
                        say!(A01_add_code_fix, field = field.name.as_str(), list = list)
                    }
                    (None, None) => say!(
                        A01_add_fix,
                        field = field.name.as_str(),
                        kind = called(field.kind)
                    ),
                },
                ..Finding::default()
            });
        }
        findings.outcome(checked)
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
        // Columns that nothing is asked of confuse nobody.
        let answers = |name: &str| {
            let mut entries = subject.map.entries().iter();
            entries.any(|(mapping, _)| mapping.column == name)
        };
        let finding = |one: &str, name: &str, say: Say, fix: Say| Finding {
            place: Place {
                field: Some(name.to_owned()),
                ..Place::default()
            },
            say,
            fix,
            severity: (!answers(one) && !answers(name)).then_some(Severity::Note),
            ..Finding::default()
        };
        for field in fields {
            if let Some(other) = seen.insert(field.name.to_lowercase(), &field.name) {
                findings.add(|| {
                    finding(
                        other,
                        &field.name,
                        say!(A07_capitals, one = other, other = field.name.as_str()),
                        say!(A07_capitals_fix),
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
                    findings.add(|| {
                        finding(
                            &other.name,
                            &field.name,
                            say!(
                                A07_cut,
                                one = other.name.as_str(),
                                other = field.name.as_str()
                            ),
                            say!(A07_cut_fix),
                        )
                    });
                }
            }
        }
        findings.outcome(fields.len() as u64)
    }
}

//! T10: the business key names each feature once.

use std::collections::HashMap;

use super::{Finding, Findings, Outcome, Rule, RuleInfo, Subject, values::is_blank};
use crate::{model::Severity, standard::normal_key};

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
            return Outcome::NotRun {
                because: "no standard says which fields make the key".into(),
                needed: true,
            };
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
        if parts.is_empty()
            || (standard.key.len() > 1 && parts.iter().all(|(name, ..)| *name == "ulb_lgd"))
        {
            return Outcome::NotRun {
                because: format!("no column answers the key ({})", standard.key.join(" + ")),
                needed: true,
            };
        }
        let names: Vec<&str> = parts
            .iter()
            .map(|(_, at, _)| subject.raw.table.fields[*at].name.as_str())
            .collect();
        let names = names.join("` + `");
        let mut findings = Findings::new();
        let mut first: HashMap<String, u32> = HashMap::with_capacity(subject.raw.len());
        let mut key = String::new();
        for row in 0..subject.raw.len() {
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
                } else if *name == "ward_no" || *name == "zone_no" {
                    // `07` and `7` are one ward to every table that will be joined.
                    key.push_str(normal_key(&value.to_text()).as_str());
                } else {
                    key.push_str(value.to_text().trim());
                }
            }
            if let Some(column) = missing {
                findings.add(|| Finding {
                    place: subject.cell(row, column),
                    message: format!(
                        "{} has no key: `{}` is empty",
                        subject.called(row),
                        subject.raw.table.fields[column].name
                    ),
                    remedy: Some("give it the number or code by which tables will know it".into()),
                    ..Finding::default()
                });
                continue;
            }
            if let Some(&other) = first.get(key.as_str()) {
                let said = key.replace('\u{1f}', " + ");
                findings.add(|| Finding {
                    place: subject.cell(row, parts[parts.len() - 1].1),
                    message: format!(
                        "{} has the same key as row {}: `{said}` in `{names}`",
                        subject.called(row),
                        other + 1
                    ),
                    remedy: Some(
                        "correct the wrong one; if both are one feature in two pieces, make it one multi-part feature"
                            .into(),
                    ),
                    ..Finding::default()
                });
            } else {
                first.insert(key.clone(), row as u32);
            }
        }
        findings.outcome(subject.raw.len() as u64)
    }
}

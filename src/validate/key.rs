//! T10: the business key names each feature once.

use std::collections::HashMap;

use super::{
    Finding, Findings, Outcome, Rule, RuleInfo, Subject, rule::shortened, values::is_blank,
};
use crate::{
    model::{Severity, say},
    standard::normal_key,
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
        if parts.is_empty()
            || (standard.key.len() > 1 && parts.iter().all(|(name, ..)| subject.is_shared(name)))
        {
            return Outcome::not_run(say!(T10_no_column, key = standard.key.join(" + ")), true);
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
            if let Some(&other) = first.get(key.as_str()) {
                let said = key.replace('\u{1f}', " + ");
                findings.add(|| Finding {
                    place: subject.cell(row, parts[parts.len() - 1].1),
                    say: say!(
                        T10_same_key,
                        who = subject.called(row),
                        row = other + 1,
                        key = shortened(&said, 80),
                        columns = names.as_str()
                    ),
                    fix: say!(T10_same_key_fix),
                    ..Finding::default()
                });
            } else {
                first.insert(key.clone(), row as u32);
            }
        }
        findings.outcome(subject.raw.len() as u64)
    }
}

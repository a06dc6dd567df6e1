//! M01: what must be said about the layer is said.

use super::{Finding, Findings, Outcome, Place, Rule, RuleInfo, Subject};
use crate::model::{Severity, say};

/// M01: the metadata elements that nobody can derive are written.
pub(super) struct RequiredElements;

impl Rule for RequiredElements {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "M01",
            name: "metadata",
            severity: Severity::Error,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let said = |element: &str| match subject.metadata.0.get(element) {
            None | Some(serde_json::Value::Null) => false,
            Some(serde_json::Value::String(text)) => !text.trim().is_empty(),
            Some(serde_json::Value::Array(items)) => !items.is_empty(),
            Some(serde_json::Value::Object(items)) => !items.is_empty(),
            Some(_) => true,
        };
        let mut findings = Findings::new();
        let mut checked = 0;
        for rule in subject.standards.metadata() {
            if !rule.must_be_written() {
                continue;
            }
            checked += 1;
            if !said(&rule.element) {
                findings.add(|| Finding {
                    place: Place {
                        field: Some(rule.element.clone()),
                        ..Place::default()
                    },
                    say: if rule.title.repeats(&rule.element) {
                        say!(
                            M01_same_name,
                            element = rule.element.as_str(),
                            title = rule.title.0.clone()
                        )
                    } else {
                        say!(
                            M01_missing,
                            element = rule.element.as_str(),
                            title = rule.title.0.clone()
                        )
                    },
                    fix: say!(
                        M01_missing_fix,
                        element = rule.element.as_str(),
                        about = rule.about.0.clone()
                    ),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(checked)
    }
}

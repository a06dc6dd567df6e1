//! A08: numbers, dates and yes-or-no stored as what they are, not as text.

use super::{Finding, Findings, Outcome, Place, Rule, RuleInfo, Subject};
use crate::{
    model::{Column, FieldType, Severity, Value, say},
    standard::{
        Kind,
        reading::{called, is_blank, reads_as},
    },
};

/// A08: a column of numbers or dates has their type, where the format has types.
pub(super) struct StoredAsText;

/// True for formats whose tables know numbers from text.
fn has_types(format: &str) -> bool {
    let format = format.to_lowercase();
    [
        "shape",
        "gpkg",
        "geopackage",
        "flatgeobuf",
        "geojson",
        "parquet",
    ]
    .iter()
    .any(|typed| format.contains(typed))
}

impl Rule for StoredAsText {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "A08",
            name: "stored_as_text",
            severity: Severity::Note,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let raw = subject.raw;
        let Some(standard) = subject.standard else {
            return Outcome::not_run(say!(A01_no_standard), false);
        };
        if !has_types(&raw.source.format) {
            return Outcome::not_run(
                say!(A08_no_types, format = raw.source.format.as_str()),
                false,
            );
        }
        // JSON writes a date as text and has no other way.
        let dates = !raw.source.format.to_lowercase().contains("json");
        let mut findings = Findings::new();
        let mut checked = 0;
        for (mapping, at) in subject.map.entries() {
            let Some(field) = subject.standards.field(standard, &mapping.field) else {
                continue;
            };
            let wanted = match field.kind {
                Kind::Integer | Kind::Decimal | Kind::Year | Kind::Boolean => !field.identifier,
                Kind::Date => dates,
                Kind::Text | Kind::Code => false,
            };
            checked += 1;
            let (true, FieldType::Text, Column::Text(column)) =
                (wanted, raw.table.fields[*at].kind, &raw.table.columns[*at])
            else {
                continue;
            };
            let mut filled = 0;
            let good = (0..column.distinct() as u32).all(|code| {
                let value = Value::Text(column.entry(code));
                filled += usize::from(!is_blank(value));
                is_blank(value) || reads_as(field.kind, value)
            });
            // What cannot be read at all is A03's to say.
            if good && filled > 0 {
                findings.add(|| Finding {
                    place: Place {
                        field: Some(mapping.column.clone()),
                        ..Place::default()
                    },
                    say: say!(
                        A08_text,
                        column = mapping.column.as_str(),
                        kind = called(field.kind)
                    ),
                    fix: say!(A08_text_fix),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(checked)
    }
}

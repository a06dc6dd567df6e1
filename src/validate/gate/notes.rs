//! What the gate itself has to say beside the rules.

use super::Ask;
use crate::{
    model::{Note, Say, say},
    standard::Standards,
    validate::{Counts, Report, Subject},
};

/// An answer about columns that could not be taken, and an outline that nobody gave.
pub(super) fn notes(subject: &Subject<'_>, ask: &Ask<'_>) -> Vec<Note> {
    let mut notes = vec![];
    for (field, column) in ask.columns {
        if subject
            .map
            .entries()
            .iter()
            .any(|(mapping, _)| mapping.field == *field && mapping.column == *column)
        {
            continue;
        }
        let (field, column) = (field.as_str(), column.as_str());
        let say = match subject.standard {
            None => continue,
            Some(standard) if subject.standards.field(standard, field).is_none() => {
                say!(
                    note_column_no_field,
                    column = column,
                    field = field,
                    layer = standard.layer.as_str()
                )
            }
            Some(_) if subject.raw.table.position(column).is_some() => {
                say!(note_column_taken, column = column, field = field)
            }
            Some(_) => say!(note_column_absent, column = column, field = field),
        };
        notes.push(note("column_not_taken", say, 0));
    }
    let asks = |code: &str| {
        subject
            .standard
            .is_some_and(|standard| standard.rules.contains_key(code))
    };
    if subject.city.is_none() && asks("T03") {
        notes.push(Note {
            kind: "city_unknown".to_owned(),
            say: say!(note_city_unknown),
            ..Note::default()
        });
    }
    notes
}

pub(super) fn too_much_aside(report: &Report, standards: &Standards) -> Note {
    let limit = standards.profile().thresholds.set_aside_share * 100.0;
    let Counts {
        read, set_aside, ..
    } = report.counts;
    let say = say!(
        note_too_much_aside,
        count = set_aside,
        read = read,
        limit = limit.to_string()
    );
    note("too_much_set_aside", say, set_aside)
}

fn note(kind: &str, say: Say, count: u64) -> Note {
    Note {
        kind: kind.to_owned(),
        text: String::new(),
        say,
        rows: vec![],
        count,
    }
}

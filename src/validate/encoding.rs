//! E01: text says what was written.

use std::collections::HashMap;

use super::{Finding, Findings, Outcome, Rule, RuleInfo, Subject, rule::shortened};
use crate::model::{Column, Say, Severity, say, value::NULL_CODE};

/// E01: no character was lost or read in the wrong encoding.
pub(super) struct Text;

/// What Windows-1252 puts where ISO 8859-1 has control characters, 0x80 to 0x9F.
const WINDOWS_1252: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The byte that a letter was, had it been read as Windows-1252 or ISO 8859-1.
fn byte_of(letter: char) -> Option<u8> {
    match u32::from(letter) {
        code @ 0..=0xFF => Some(code as u8),
        _ => WINDOWS_1252
            .iter()
            .position(|other| *other == letter)
            .map(|at| 0x80 + at as u8),
    }
}

/// What a text was before UTF-8 was taken for a single-byte encoding; none when it was not.
pub(super) fn undone(text: &str) -> Option<String> {
    if text.is_ascii() {
        return None;
    }
    let bytes: Vec<u8> = text.chars().map(byte_of).collect::<Option<_>>()?;
    match std::str::from_utf8(&bytes) {
        Ok(was) => Some(was.to_owned()),
        // A DBF cuts text at its width, perhaps inside a letter.
        Err(error) if error.error_len().is_none() && error.valid_up_to() > 0 => {
            let was = std::str::from_utf8(&bytes[..error.valid_up_to()]).ok()?;
            (!was.is_ascii()).then(|| format!("{was}…"))
        }
        Err(_) => None,
    }
}

/// What is wrong with a text: what is said of it, and the remedy.
fn wrong(text: &str) -> Option<(Say, Say)> {
    if text.contains('\u{FFFD}') {
        return Some((say!(E01_lost), say!(E01_lost_fix)));
    }
    if text.len() >= 3
        && text.bytes().all(|byte| matches!(byte, b'?' | b' '))
        && text.contains("??")
    {
        return Some((say!(E01_question_marks), say!(E01_question_marks_fix)));
    }
    undone(text).map(|was| {
        let twice = undone(&was);
        let was = twice.unwrap_or(was);
        (
            say!(E01_misread),
            say!(E01_misread_fix, text = shortened(&was, 60)),
        )
    })
}

impl Rule for Text {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "E01",
            name: "encoding",
            severity: Severity::Error,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let table = &subject.raw.table;
        let mut findings = Findings::new();
        let mut checked = 0;
        for (at, field) in table.fields.iter().enumerate() {
            if let Some((what, fix)) = wrong(&field.name) {
                findings.add(|| Finding {
                    place: super::Place {
                        field: Some(field.name.clone()),
                        ..super::Place::default()
                    },
                    say: say!(
                        E01_column_name,
                        name = shortened(&field.name, 60),
                        what = what
                    ),
                    fix,
                    severity: Some(Severity::Error),
                    ..Finding::default()
                });
            }
            let Column::Text(column) = &table.columns[at] else {
                continue;
            };
            checked += column.codes.len() as u64;
            let bad: HashMap<u32, _> = (0..column.distinct() as u32)
                .filter_map(|code| Some((code, wrong(column.entry(code))?)))
                .collect();
            if bad.is_empty() {
                continue;
            }
            for (row, &code) in column.codes.iter().enumerate() {
                if code == NULL_CODE {
                    continue;
                }
                let Some((what, fix)) = bad.get(&code) else {
                    continue;
                };
                findings.add(|| Finding {
                    place: subject.cell(row, at),
                    say: say!(
                        E01_value,
                        who = subject.called(row),
                        text = shortened(column.entry(code), 60),
                        column = field.name.as_str(),
                        what = what.clone()
                    ),
                    fix: fix.clone(),
                    severity: Some(Severity::Error),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(checked)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_read_in_the_wrong_encoding_is_told_from_text_that_is_just_foreign() {
        let misread: String = "वार्ड"
            .bytes()
            .map(|byte| match byte {
                0x80..=0x9F => WINDOWS_1252[usize::from(byte - 0x80)],
                other => char::from(other),
            })
            .collect();
        assert_eq!(undone(&misread).as_deref(), Some("वार्ड"));
        let latin: String = "కడప".bytes().map(char::from).collect();
        assert_eq!(undone(&latin).as_deref(), Some("కడప"));
        for good in ["वार्ड", "São Paulo", "Besançon – Est", "plain", "ñ", "12 °C"]
        {
            assert!(wrong(good).is_none(), "{good}");
        }
        assert!(wrong("Ward \u{FFFD}").is_some());
        assert!(wrong("???? ??").is_some());
        assert!(wrong("?").is_none() && wrong("what?").is_none());
    }
}

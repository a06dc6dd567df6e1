//! P01: no personal data goes out with the map.

use super::{
    Finding, Findings, Outcome, Place, Rule, RuleInfo, Subject,
    personal::{masked, private},
};

use crate::model::{Column, FieldType, Say, Severity, Value, say, value::NULL_CODE};

/// P01: no column that names private persons, no value that is a private number.
pub(super) struct PersonalData;

/// Words of a column's name, and whether the name alone is enough when the column holds text.
const NAMES: &[(&str, &str, Severity)] = &[
    ("mobile", "mobile numbers", Severity::Error),
    ("phone", "telephone numbers", Severity::Error),
    ("mob", "mobile numbers", Severity::Error),
    ("contact", "contact data of persons", Severity::Error),
    ("email", "e-mail addresses", Severity::Error),
    ("mail", "e-mail addresses", Severity::Error),
    ("aadhaar", "Aadhaar numbers", Severity::Error),
    ("aadhar", "Aadhaar numbers", Severity::Error),
    ("pan", "PAN numbers", Severity::Error),
    ("owner", "names of owners", Severity::Error),
    ("father", "names of persons' fathers", Severity::Error),
    ("occupant", "names of occupants", Severity::Error),
    ("voter", "voters' data", Severity::Error),
    ("dob", "dates of birth", Severity::Error),
    ("corporator", "names of councillors", Severity::Warning),
];

/// The words of a column's name: `OwnerName` and `owner_name` are both `owner name`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for letter in name.chars() {
        if !letter.is_alphabetic() {
            words.push(String::new());
            before_lower = false;
            continue;
        }
        if letter.is_uppercase() && before_lower {
            words.push(String::new());
        }
        before_lower = letter.is_lowercase();
        if let Some(word) = words.last_mut() {
            word.extend(letter.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

impl Rule for PersonalData {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "P01",
            name: "personal_data",
            severity: Severity::Error,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let mut findings = Findings::new();
        let mut checked = 0;
        for (at, field) in subject.raw.table.fields.iter().enumerate() {
            let column = &subject.raw.table.columns[at];
            checked += column.len() as u64;
            if bound_to_codes(subject, at) {
                continue;
            }
            let hint = hint(&field.name);
            if let Some((what, severity)) = hint
                && field.kind == FieldType::Text
            {
                let filled = (0..column.len())
                    .filter(|row| holds(what, &column.get(*row).to_text()))
                    .count();
                if filled > 0 {
                    findings.add(|| Finding {
                        place: Place {
                            field: Some(field.name.clone()),
                            ..Place::default()
                        },
                        say: say!(
                            P01_column,
                            column = field.name.as_str(),
                            what = plural(what),
                            filled = filled
                        ),
                        fix: say!(P01_column_fix),
                        measure: Some(filled as f64),
                        severity: Some(severity),
                        ..Finding::default()
                    });
                    continue;
                }
            }
            match column {
                Column::Text(text) => {
                    let bad: Vec<Option<(&str, String)>> = (0..text.distinct() as u32)
                        .map(|code| private(text.entry(code)))
                        .collect();
                    if bad.iter().all(Option::is_none)
                        || is_identifier(subject, at) && hint.is_none()
                    {
                        continue;
                    }
                    for (row, &code) in text.codes.iter().enumerate() {
                        if code == NULL_CODE {
                            continue;
                        }
                        if let Some((what, said)) = &bad[code as usize] {
                            findings.add(|| leak(subject, row, at, what, said));
                        }
                    }
                }
                Column::Integer(_) | Column::Real(_) => {
                    let mobile = |row: usize| match column.get(row) {
                        Value::Null => None,
                        value => Some((6e9..1e10).contains(&value.as_f64().unwrap_or(0.0))),
                    };
                    let (filled, mobiles) = (0..column.len())
                        .filter_map(mobile)
                        .fold((0, 0), |(filled, mobiles), is| {
                            (filled + 1, mobiles + usize::from(is))
                        });
                    // A number of ten digits alone may be anything; a named column, or one full of them, is not.
                    if mobiles > 0
                        && (hint.is_some()
                            || (mobiles * 5 >= filled * 4
                                && mobiles > 2
                                && !is_identifier(subject, at)))
                    {
                        for row in (0..column.len()).filter(|row| mobile(*row) == Some(true)) {
                            findings.add(|| {
                                leak(
                                    subject,
                                    row,
                                    at,
                                    "a mobile number",
                                    &column.get(row).to_text(),
                                )
                            });
                        }
                    }
                }
                _ => {}
            }
        }
        findings.outcome(checked)
    }
}

fn leak(subject: &Subject<'_>, row: usize, at: usize, what: &str, said: &str) -> Finding {
    Finding {
        place: Place {
            // The key may be the private text itself.
            key: None,
            ..subject.cell(row, at)
        },
        say: say!(
            P01_value,
            row = row + 1,
            column = subject.raw.table.fields[at].name.as_str(),
            what = match what {
                "an e-mail address" => say!(P01_email),
                "an Aadhaar number" => say!(P01_aadhaar),
                "a PAN number" => say!(P01_pan),
                _ => say!(P01_mobile),
            },
            masked = masked(said)
        ),
        fix: say!(P01_value_fix),
        ..Finding::default()
    }
}

/// What a column's name says it holds, as part of a sentence.
fn plural(what: &str) -> Say {
    match what {
        "telephone numbers" => say!(P01_telephones),
        "contact data of persons" => say!(P01_contacts),
        "e-mail addresses" => say!(P01_emails),
        "Aadhaar numbers" => say!(P01_aadhaars),
        "PAN numbers" => say!(P01_pans),
        "names of owners" => say!(P01_owners),
        "names of persons' fathers" => say!(P01_fathers),
        "names of occupants" => say!(P01_occupants),
        "voters' data" => say!(P01_voters),
        "dates of birth" => say!(P01_births),
        "names of councillors" => say!(P01_councillors),
        _ => say!(P01_mobiles),
    }
}

/// True when a text can be what the column's name says: a name has letters (a column of voters' numbers
/// has none), a number has digits, an address has its sign.
fn holds(what: &str, text: &str) -> bool {
    if what.starts_with("names") || what.starts_with("voters") {
        text.chars().any(char::is_alphabetic)
    } else if what.starts_with("e-mail") {
        text.contains('@')
    } else {
        text.bytes().any(|byte| byte.is_ascii_digit()) || text.contains('@')
    }
}

/// What a column's name says it holds.
fn hint(name: &str) -> Option<(&'static str, Severity)> {
    let words = words(name);
    NAMES
        .iter()
        .find(|(wanted, ..)| {
            words.iter().any(|word| {
                word == wanted
                    || word.strip_suffix('s') == Some(wanted)
                    || (wanted.len() > 5 && word.starts_with(wanted))
                    || (matches!(*wanted, "phone" | "email") && word.ends_with(wanted))
            })
        })
        .map(|(_, what, severity)| (*what, *severity))
}

fn field_of<'a>(subject: &Subject<'a>, at: usize) -> Option<&'a crate::standard::FieldRule> {
    let (mapping, _) = subject
        .map
        .entries()
        .iter()
        .find(|(_, taken)| *taken == at)?;
    subject.standards.field(subject.standard?, &mapping.field)
}

fn bound_to_codes(subject: &Subject<'_>, at: usize) -> bool {
    field_of(subject, at).is_some_and(|field| field.codes.is_some())
}

fn is_identifier(subject: &Subject<'_>, at: usize) -> bool {
    field_of(subject, at).is_some_and(|field| field.identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_are_read_by_their_words() {
        for name in [
            "MOBILE_NO",
            "OwnerName",
            "Owner",
            "email_id",
            "PAN",
            "contact no",
            "Corporators",
            "telephone",
        ] {
            assert!(hint(name).is_some(), "{name}");
        }
        for name in [
            "company",
            "panchayat",
            "downer",
            "WARD_NO",
            "POP_TOTAL",
            "expanse",
            "mobility",
        ] {
            assert!(hint(name).is_none(), "{name}");
        }
    }
}

//! P01: no personal data goes out with the map.

use super::{Finding, Findings, Outcome, Place, Rule, RuleInfo, Subject};
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

/// Verhoeff's check digit, which Aadhaar uses: the multiplication and permutation of the dihedral group D5.
fn verhoeff(digits: &[u8]) -> bool {
    const TURN: [usize; 10] = [1, 5, 7, 6, 2, 8, 3, 0, 9, 4];
    let times = |a: usize, b: usize| match (a < 5, b < 5) {
        (true, true) => (a + b) % 5,
        (true, false) => 5 + (a + b - 5) % 5,
        (false, true) => 5 + (a - b) % 5,
        (false, false) => (a + 5 - b) % 5,
    };
    let mut sum = 0;
    for (place, digit) in digits.iter().rev().enumerate() {
        let mut turned = usize::from(digit - b'0');
        for _ in 0..place % 8 {
            turned = TURN[turned];
        }
        sum = times(sum, turned);
    }
    sum == 0
}

/// The first private number in a text: what it is, and the number.
fn private(text: &str) -> Option<(&'static str, String)> {
    if let Some(at) = text.find('@') {
        let (before, after) = (&text[..at], &text[at + 1..]);
        let name: String = before
            .chars()
            .rev()
            .take_while(|letter| letter.is_ascii_alphanumeric() || "._-+".contains(*letter))
            .collect();
        let host: String = after
            .chars()
            .take_while(|letter| letter.is_ascii_alphanumeric() || ".-".contains(*letter))
            .collect();
        let top = host.rsplit('.').next().unwrap_or_default();
        if !name.is_empty()
            && host.contains('.')
            && top.len() >= 2
            && top.bytes().all(|byte| byte.is_ascii_alphabetic())
        {
            let name: String = name.chars().rev().collect();
            return Some(("an e-mail address", format!("{name}@{host}")));
        }
    }
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if !bytes[at].is_ascii_alphanumeric() {
            at += 1;
            continue;
        }
        // A run of digits, blanks and dashes inside a number do not end it.
        let mut digits = vec![];
        let mut end = at;
        let mut look = at;
        while look < bytes.len() && digits.len() < 20 {
            if bytes[look].is_ascii_digit() {
                digits.push(bytes[look]);
                end = look + 1;
            } else if !matches!(bytes[look], b' ' | b'-') || digits.is_empty() {
                break;
            }
            look += 1;
        }
        let plain = end - at == digits.len();
        // Digits behind a decimal point are no number of their own.
        let fraction = at > 1 && bytes[at - 1] == b'.' && bytes[at - 2].is_ascii_digit();
        let closed = !fraction
            && bytes
                .get(end)
                .is_none_or(|byte| !byte.is_ascii_alphanumeric() && *byte != b'.');
        let said = || text[at..end].to_owned();
        if !digits.is_empty() && closed {
            let country: &[u8] = match digits.len() {
                12 if digits.starts_with(b"91") => &digits[2..],
                11 if digits[0] == b'0' => &digits[1..],
                _ => &digits,
            };
            if country.len() == 10 && country[0] >= b'6' && (plain || end - at <= 13) {
                return Some(("a mobile number", said()));
            }
            if digits.len() == 12 && digits[0] >= b'2' && verhoeff(&digits) {
                return Some(("an Aadhaar number", said()));
            }
        }
        // A PAN: five capitals, four digits, a capital.
        if let Some(word) = bytes.get(at..at + 10) {
            let pan = word[..5].iter().all(u8::is_ascii_uppercase)
                && word[5..9].iter().all(u8::is_ascii_digit)
                && word[9].is_ascii_uppercase()
                && bytes
                    .get(at + 10)
                    .is_none_or(|byte| !byte.is_ascii_alphanumeric());
            if pan {
                return Some(("a PAN number", text[at..at + 10].to_owned()));
            }
        }
        while at < bytes.len() && bytes[at].is_ascii_alphanumeric() {
            at += 1;
        }
    }
    None
}

/// A private text with its middle hidden: a report must not leak what it warns of.
fn masked(text: &str) -> String {
    let count = text.chars().count();
    text.chars()
        .enumerate()
        .map(|(at, letter)| {
            if at < 2 || at + 2 >= count {
                letter
            } else {
                '*'
            }
        })
        .collect()
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
    fn private_numbers_are_found_in_text_and_other_numbers_are_not() {
        for (text, what) in [
            ("call 9845012345 now", "a mobile number"),
            ("+91 98450 12345", "a mobile number"),
            ("098450-12345", "a mobile number"),
            ("x.y@example.co.in", "an e-mail address"),
            ("PAN ABCDE1234F", "a PAN number"),
            ("2341 2341 2346", "an Aadhaar number"),
        ] {
            assert_eq!(private(text).map(|found| found.0), Some(what), "{text}");
        }
        for text in [
            "1234567890",
            "98450",
            "560001",
            "12.9716, 77.5946",
            "2341 2341 2345",
            "9845012345678",
            "ABCDE12345",
            "a@b",
            "ward 12",
            "9845012345.5",
            "1.08345678955",
            "0.9845012345",
        ] {
            assert_eq!(private(text), None, "{text}");
        }
        assert_eq!(masked("9845012345"), "98******45");
    }

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

//! Ward keys as people write them, to one form in which two tables meet.
//!
//! Every pattern here was seen in a real file: `2.0`, `01`, `W9`, `Ward No. 12`, `Ward 91 Name`,
//! `48 NAME`, `12-A`, `A`, `CANT_1`, `प्रभाग क्र. ४`. The original text stays with whoever asks; the
//! answer says what it was read as.

use unicode_normalization::UnicodeNormalization;

/// What a ward is called, once the accidents of writing are gone.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WardKey {
    /// The key to compare with: a number without leading zeros, or a code in capitals. Empty for blank text.
    pub key: String,
    /// The text that followed the number, where there was one.
    pub name: Option<String>,
}

impl WardKey {
    /// The key as text.
    pub fn as_str(&self) -> &str {
        &self.key
    }
}

/// Words before a number that say only that it is a number; compared in capitals, without dots.
const LEADS: [&str; 16] = [
    "WARD",
    "ADMIN",
    "NO",
    "NUMBER",
    "NUM",
    "PRABHAG",
    "W",
    "WD",
    "N",
    "वार्ड",
    "प्रभाग",
    "क्र",
    "क्रमांक",
    "नं",
    "नंबर",
    "संख्या",
];

/// The key of a text, by section 9 of the standards: NFC, trimmed, blanks collapsed, capitals, words such
/// as WARD and NO before a number gone, no trailing `.0`, no leading zeros; text after the number is the
/// name; single letters and mixed codes (`12A`, `CANT_1`) stay whole.
pub fn normal_key(text: &str) -> WardKey {
    let clean: String = text
        .nfc()
        .flat_map(char::to_uppercase)
        .map(ascii_digit)
        .collect();
    let words: Vec<&str> = clean.split_whitespace().collect();
    let whole = words.join(" ");
    let mut rest = whole.as_str();
    loop {
        let trimmed = rest.trim_start_matches([' ', '.', '-', '_', ':', '#', '/', '–']);
        let lead = LEADS
            .iter()
            .filter_map(|lead| trimmed.strip_prefix(lead))
            .filter(|after| !after.starts_with(char::is_alphabetic))
            .min_by_key(|after| after.len());
        let Some(after) = lead else {
            rest = trimmed;
            break;
        };
        rest = after;
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    if digits == 0 {
        return WardKey {
            key: whole,
            name: None,
        };
    }
    let (number, after) = rest.split_at(digits);
    let after = fraction_of_zeros(after);
    let stripped = number.trim_start_matches('0');
    let number = if stripped.is_empty() { "0" } else { stripped };
    let name = after.trim_start_matches([' ', '.', '-', '_', ':', ',', '/', '–', '(', ')']);
    if name.is_empty() {
        return WardKey {
            key: number.to_owned(),
            name: None,
        };
    }
    let parted = name.len() < after.len();
    let is_a_name = parted
        && name
            .chars()
            .filter(|letter| letter.is_alphabetic() || !letter.is_ascii())
            .count()
            > 1
        && !name.bytes().any(|byte| byte.is_ascii_digit());
    if is_a_name {
        WardKey {
            key: number.to_owned(),
            name: Some(name.trim_end_matches([')', ' ']).to_owned()),
        }
    } else {
        WardKey {
            key: format!("{number}{after}"),
            name: None,
        }
    }
}

/// What follows `.0`, `.00` …, when that ends the number.
fn fraction_of_zeros(after: &str) -> &str {
    let Some(zeros) = after.strip_prefix('.') else {
        return after;
    };
    let rest = zeros.trim_start_matches('0');
    if rest.len() < zeros.len() && !rest.starts_with(|letter: char| letter.is_alphanumeric()) {
        rest
    } else {
        after
    }
}

/// The digits of the Indian scripts as ASCII digits. Each script's ten digits lie together.
pub fn ascii_digit(letter: char) -> char {
    const ZEROS: [u32; 10] = [
        0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x06F0,
    ];
    ZEROS
        .iter()
        .find_map(|zero| {
            (letter as u32)
                .checked_sub(*zero)
                .filter(|digit| *digit < 10)
        })
        .and_then(|digit| char::from_digit(digit, 10))
        .unwrap_or(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_a_ward_was_written_in_real_files_meets_its_number() {
        for (text, key, name) in [
            ("2.0", "2", None),
            ("01", "1", None),
            ("W9", "9", None),
            (" ward  no. 012 ", "12", None),
            ("Ward Number 7", "7", None),
            ("Prabhag-14", "14", None),
            ("Ward 91 Lake Side", "91", Some("LAKE SIDE")),
            ("48 NAME", "48", Some("NAME")),
            ("48-Name (East)", "48", Some("NAME (EAST")),
            ("प्रभाग क्र. ४", "4", None),
            ("12A", "12A", None),
            ("12-A", "12-A", None),
            ("A", "A", None),
            ("n", "N", None),
            ("CANT_1", "CANT_1", None),
            ("Wadgaon", "WADGAON", None),
            ("0", "0", None),
            ("000", "0", None),
            ("3.5", "3.5", None),
            ("", "", None),
        ] {
            let found = normal_key(text);
            assert_eq!(
                (found.key.as_str(), found.name.as_deref()),
                (key, name),
                "{text}"
            );
        }
    }

    #[test]
    fn a_key_is_its_own_key() {
        for text in ["12", "12A", "CANT_1", "LAKE SIDE", "A"] {
            assert_eq!(normal_key(&normal_key(text).key).key, text);
        }
    }
}

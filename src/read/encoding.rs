//! Which encoding text bytes are in: what is said, what the bytes prove, what statistics suggest.
//!
//! UTF-8 proves itself: bytes beyond ASCII that form valid UTF-8 throughout are UTF-8, whatever a .cpg
//! or a language byte claims, because no other encoding does that by chance over a column of names.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{Encoding, UTF_8, WINDOWS_1252};

use super::delivery::{ReadError, note};
use crate::model::{Note, Reading, Say, say};

/// What is said about the encoding, strongest first.
#[derive(Clone, Debug, Default)]
pub(super) struct Hints {
    /// By a person.
    pub(super) given: Option<String>,
    /// By a .cpg file.
    pub(super) cpg: Option<String>,
    /// By a .cst file (GeoServer, gvSIG).
    pub(super) cst: Option<String>,
    /// By byte 29 of a DBF.
    pub(super) language_byte: u8,
}

/// The encoding, and how it became known.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub(super) encoding: &'static Encoding,
    pub(super) origin: &'static str,
    pub(super) notes: Vec<Note>,
    /// Where the bytes leave a doubt: the encoding that was chosen, and the next.
    pub(super) readings: Vec<Reading>,
}

/// The encoding that a label means, in the spellings that .cpg files really hold.
pub(super) fn label(text: &str) -> Option<&'static Encoding> {
    let text = text
        .trim()
        .trim_start_matches('\u{feff}')
        .trim_matches('"')
        .to_lowercase();
    let plain = text.replace([' ', '_'], "-");
    let plain = plain
        .trim_start_matches("ansi-")
        .trim_start_matches("cp")
        .trim_start_matches("ms-");
    match plain {
        "65001" | "utf8" | "utf-8" => Some(UTF_8),
        "88591" | "8859-1" | "iso88591" => Some(WINDOWS_1252),
        _ => {
            if let Some(part) = plain
                .strip_prefix("8859")
                .map(|part| part.trim_start_matches('-'))
                .filter(|part| part.len() <= 2)
            {
                return Encoding::for_label(format!("iso-8859-{part}").as_bytes());
            }
            if plain.len() <= 4
                && !plain.is_empty()
                && plain.bytes().all(|byte| byte.is_ascii_digit())
            {
                return Encoding::for_label(format!("windows-{plain}").as_bytes());
            }
            Encoding::for_label(plain.as_bytes()).or_else(|| Encoding::for_label(text.as_bytes()))
        }
    }
}

/// What a DBF's language byte means. 0x57 is what ESRI writes for "the sender's machine": no answer.
fn of_language_byte(byte: u8) -> Option<&'static Encoding> {
    let name = match byte {
        0x03 | 0x58 | 0x59 => "windows-1252",
        0xc8 => "windows-1250",
        0xc9 => "windows-1251",
        0xca => "windows-1254",
        0xcb => "windows-1253",
        0xcc => "windows-1257",
        0x7b | 0x13 => "shift_jis",
        0x7a | 0x4d => "gbk",
        0x4f | 0x78 => "big5",
        0x4e | 0x79 => "euc-kr",
        0x50 | 0x7c => "windows-874",
        _ => return None,
    };
    Encoding::for_label(name.as_bytes())
}

/// True when the bytes are UTF-8, perhaps with the last letter cut by a field's width.
fn is_utf8(bytes: &[u8]) -> bool {
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(error) => error.error_len().is_none() && error.valid_up_to() > 0,
    }
}

/// Bytes as text. A UTF-8 letter that a field's width cut in two is left out; what does not decode
/// becomes U+FFFD.
pub(super) fn decode<'a>(
    bytes: &'a [u8],
    encoding: &'static Encoding,
) -> std::borrow::Cow<'a, str> {
    if encoding == UTF_8 {
        if let Err(error) = std::str::from_utf8(bytes)
            && error.error_len().is_none()
        {
            return String::from_utf8_lossy(&bytes[..error.valid_up_to()]);
        }
        return String::from_utf8_lossy(bytes);
    }
    encoding.decode_without_bom_handling(bytes).0
}

/// Chooses the encoding of `texts`, which are all the values with bytes beyond ASCII.
pub(super) fn choose(texts: &[&[u8]], hints: &Hints) -> Result<Chosen, ReadError> {
    let done = |encoding: &'static Encoding, origin: &'static str, notes| {
        Ok(Chosen {
            encoding,
            origin,
            notes,
            readings: readings(texts, encoding, origin),
        })
    };
    if let Some(text) = &hints.given {
        let encoding = label(text).ok_or_else(|| ReadError::Option {
            option: "encoding",
            detail: format!("`{text}` is not a known encoding: write UTF-8 or windows-1252"),
        })?;
        return done(encoding, "given", vec![]);
    }
    let said = [
        (hints.cpg.as_deref().and_then(label), "cpg"),
        (hints.cst.as_deref().and_then(label), "cst"),
        (of_language_byte(hints.language_byte), "dbf language byte"),
    ];
    let first = said
        .iter()
        .find_map(|(encoding, origin)| encoding.map(|encoding| (encoding, *origin)));
    if texts.is_empty() {
        let (encoding, origin) = first.unwrap_or((UTF_8, "all text is ASCII"));
        return done(encoding, origin, vec![]);
    }
    if texts.iter().all(|text| is_utf8(text)) {
        return match first {
            Some((encoding, origin)) if encoding == UTF_8 => done(UTF_8, origin, vec![]),
            Some((encoding, origin)) if origin != "dbf language byte" => done(
                UTF_8,
                "detected",
                vec![note(
                    "encoding_conflict",
                    format!(
                        "the .{origin} says {}, but all text is valid UTF-8 and was read as that",
                        encoding.name()
                    ),
                )],
            ),
            _ => done(UTF_8, "detected", vec![]),
        };
    }
    let mut notes = vec![];
    for (encoding, origin) in said
        .into_iter()
        .filter_map(|(encoding, origin)| encoding.map(|found| (found, origin)))
    {
        let fits = |text: &&[u8]| !encoding.decode_without_bom_handling(text).1;
        if encoding != UTF_8 && texts.iter().all(fits) {
            return done(encoding, origin, notes);
        }
        notes.push(note(
            "encoding_conflict",
            format!(
                "the file says its text is {} ({origin}), but the bytes are not",
                encoding.name()
            ),
        ));
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    for text in texts {
        detector.feed(text, false);
        detector.feed(b"\n", false);
    }
    detector.feed(b"", true);
    let encoding = detector.guess(Some(b"in"), Utf8Detection::Deny);
    let shown = |encoding: &'static Encoding| -> String {
        let samples: Vec<_> = texts
            .iter()
            .take(5)
            .map(|text| decode(text, encoding))
            .collect();
        format!("{}: {}", encoding.name(), samples.join(" · "))
    };
    let other = if encoding == WINDOWS_1252 {
        UTF_8
    } else {
        WINDOWS_1252
    };
    notes.push(note(
        "encoding_detected",
        format!(
            "nothing sure names the encoding, so it was guessed from the bytes. As {}. As {}. If that is wrong, say --encoding",
            shown(encoding),
            shown(other)
        ),
    ));
    done(encoding, "detected", notes)
}

/// How many values are shown under each encoding.
const SAMPLES: usize = 5;
/// The most letters of a value that is shown.
const SAMPLE_LETTERS: usize = 60;

/// The chosen encoding and the next likely one with the same values under each; none where all text is ASCII, or is
/// UTF-8 and was read as that.
fn readings(texts: &[&[u8]], chosen: &'static Encoding, origin: &str) -> Vec<Reading> {
    let proven = texts.iter().all(|text| is_utf8(text));
    if texts.is_empty() || (proven && chosen == UTF_8) {
        return vec![];
    }
    let next = if proven || chosen == WINDOWS_1252 {
        UTF_8
    } else {
        WINDOWS_1252
    };
    // Different values, spread over the layer.
    let mut shown: Vec<&[u8]> = vec![];
    for text in texts.iter().step_by((texts.len() / 50).max(1)) {
        if shown.len() < SAMPLES && !shown.contains(text) {
            shown.push(text);
        }
    }
    let why = |encoding: &'static Encoding| {
        let broken = texts
            .iter()
            .filter(|text| decode(text, encoding).contains('\u{FFFD}'))
            .count();
        let said = if encoding != chosen {
            say!(encoding_next)
        } else if origin == "detected" {
            say!(encoding_detected)
        } else {
            say!(encoding_said, origin = who_said(origin))
        };
        let seen = match broken {
            0 if encoding == UTF_8 => say!(encoding_utf8),
            0 => say!(encoding_letters),
            some => say!(encoding_broken, count = some, all = texts.len()),
        };
        say!(fit, reasons = vec![said, seen])
    };
    [chosen, next]
        .into_iter()
        .map(|encoding| Reading {
            name: encoding.name().to_owned(),
            why: why(encoding),
            samples: shown
                .iter()
                .map(|text| {
                    decode(text, encoding)
                        .chars()
                        .take(SAMPLE_LETTERS)
                        .collect()
                })
                .collect(),
        })
        .collect()
}

/// Who named an encoding, as a part of a sentence.
fn who_said(origin: &str) -> Say {
    match origin {
        "cpg" => say!(said_cpg),
        "cst" => say!(said_cst),
        "dbf language byte" => say!(said_byte),
        _ => say!(said_given),
    }
}

/// The text it was before it was encoded twice: `à¤µà¤¾` is `वा`. None for ordinary text.
pub(super) fn double_encoded(text: &str) -> Option<String> {
    // Twice-encoded UTF-8 always holds one of the letters that the lead bytes 0xC2 to 0xF4 become.
    if text.is_ascii()
        || !text
            .chars()
            .any(|letter| ('\u{c2}'..='\u{f4}').contains(&letter))
    {
        return None;
    }
    let (bytes, _, unmappable) = WINDOWS_1252.encode(text);
    if unmappable || bytes.is_ascii() {
        return None;
    }
    String::from_utf8(bytes.into_owned())
        .ok()
        .filter(|once| once != text)
}

/// A note about texts that look encoded twice, over the distinct values of a layer.
pub(super) fn note_double<'a>(texts: impl Iterator<Item = &'a str>) -> Option<Note> {
    let mut count = 0;
    let mut shown = vec![];
    for text in texts {
        if let Some(once) = double_encoded(text) {
            count += 1;
            if shown.len() < 3 {
                shown.push(format!("`{text}` would be `{once}`"));
            }
        }
    }
    (count > 0).then(|| Note {
        count,
        ..note(
            "double_encoded",
            format!("{count} different texts look as if they were encoded twice: {}; ask the sender for the original", shown.join(", ")),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn choose_for(texts: &[&[u8]], cpg: Option<&str>, language_byte: u8) -> Chosen {
        let hints = Hints {
            cpg: cpg.map(str::to_owned),
            language_byte,
            ..Hints::default()
        };
        choose(texts, &hints).unwrap()
    }

    #[test]
    fn indian_scripts_are_utf8_whatever_the_file_claims() {
        let names = ["शिवाजीनगर", "மயிலாப்பூர்", "ಬಸವನಗುಡಿ", "గాజువాక"].map(str::as_bytes);
        for (cpg, byte) in [
            (None, 0),
            (None, 0x57),
            (Some("UTF-8"), 0),
            (Some("ISO-8859-1"), 0x57),
            (Some("1252"), 3),
        ] {
            assert_eq!(
                choose_for(&names, cpg, byte).encoding,
                UTF_8,
                "{cpg:?} {byte}"
            );
        }
        assert_eq!(
            choose_for(&names, Some("1252"), 0).notes[0].kind,
            "encoding_conflict"
        );
        // Cut inside the last letter by the width of the field.
        let cut = &"शिवाजीनगर".as_bytes()[..25];
        assert_eq!(choose_for(&[cut], None, 0x57).encoding, UTF_8);
        assert_eq!(decode(cut, UTF_8), "शिवाजीनग");
    }

    #[test]
    fn latin_text_is_what_the_file_says_and_else_what_the_bytes_suggest() {
        let latin: &[&[u8]] = &[b"Caf\xe9 de la Gare", b"Ch\xe2teau d'eau", b"H\xf4pital"];
        let said = choose_for(latin, Some("ANSI 1252"), 0);
        assert_eq!((said.encoding, said.origin), (WINDOWS_1252, "cpg"));
        assert_eq!(choose_for(latin, None, 3).origin, "dbf language byte");
        let guessed = choose_for(latin, None, 0x57);
        assert_eq!(
            (guessed.encoding, guessed.origin),
            (WINDOWS_1252, "detected")
        );
        assert!(
            guessed.notes[0].text.contains("Café"),
            "{:?}",
            guessed.notes
        );
        let wrong = choose_for(latin, Some("UTF-8"), 0);
        assert_eq!(
            (wrong.encoding, wrong.notes[0].kind.as_str()),
            (WINDOWS_1252, "encoding_conflict")
        );
        for text in [
            "utf8",
            "UTF-8\r\n",
            "65001",
            "88591",
            "ISO 8859-1",
            "CP1252",
            "8859-15",
            "windows-1258",
            "1251",
        ] {
            assert!(label(text).is_some(), "{text}");
        }
        assert!(label("SYSTEM").is_none() && label("").is_none());
    }

    #[test]
    fn a_doubtful_encoding_is_shown_beside_the_next_with_the_same_values() {
        let latin: &[&[u8]] = &[b"Caf\xe9 de la Gare", b"H\xf4pital"];
        let readings = choose_for(latin, None, 0x57).readings;
        let names: Vec<&str> = readings.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["windows-1252", "UTF-8"]);
        assert_eq!(readings[0].samples, ["Café de la Gare", "Hôpital"]);
        assert!(
            readings[1].samples[0].contains('\u{FFFD}')
                && readings[1].why.args["reasons"]
                    == vec![
                        say!(encoding_next),
                        say!(encoding_broken, count = 2_u64, all = 2_u64)
                    ]
                    .into()
        );
        // What a person says is shown too: they may be wrong.
        let hints = Hints {
            given: Some("windows-1252".to_owned()),
            ..Hints::default()
        };
        let given = choose(&["शिवाजीनगर".as_bytes()], &hints).unwrap();
        assert_eq!(given.readings[1].samples, ["शिवाजीनगर"]);
        assert!(
            choose_for(&["शिवाजीनगर".as_bytes()], None, 0)
                .readings
                .is_empty()
        );
        assert!(choose_for(&[], None, 0).readings.is_empty());
    }

    #[test]
    fn text_encoded_twice_is_recognised_and_ordinary_text_is_not() {
        for once in ["शिवाजीनगर", "ಬಸವನಗುಡಿ", "é"] {
            let (twice, _, _) = WINDOWS_1252.decode(once.as_bytes());
            assert_eq!(double_encoded(&twice).as_deref(), Some(once));
            assert_eq!(double_encoded(once), None);
        }
        for plain in ["Café", "naïve", "", "ward", "Ñandú", "Ç"] {
            assert_eq!(double_encoded(plain), None, "{plain}");
        }
    }
}

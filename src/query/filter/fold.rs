//! What CASEI, ACCENTI and LIKE mean (OGC 21-065r2, 7.6 and 8.1).

use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

/// Case folded in full Unicode: capitals first, so that `ß` and `SS` meet, then small letters one by one,
/// so that every sigma is the same.
pub(super) fn casei(text: &str) -> String {
    text.chars()
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .nfc()
        .collect()
}

/// Accents folded: decomposed, without the combining marks of European scripts. The vowel signs of
/// Devanagari and its neighbours are combining marks too, but they are letters, not accents.
pub(super) fn accenti(text: &str) -> String {
    text.nfd()
        .filter(|letter| {
            !(is_combining_mark(*letter)
                && matches!(letter, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}' | '\u{20D0}'..='\u{20FF}' | '\u{FE20}'..='\u{FE2F}'))
        })
        .nfc()
        .collect()
}

/// Whether a text is like a pattern: `%` any letters, `_` one letter, a backslash takes the next letter
/// as it is. Goes back only to the latest `%`, so the work is bounded by the product of the lengths.
pub(super) fn like(text: &str, pattern: &str) -> bool {
    #[derive(PartialEq, Clone, Copy)]
    enum Step {
        Any,
        One,
        Letter(char),
    }
    let mut steps = vec![];
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        steps.push(match letter {
            '%' => Step::Any,
            '_' => Step::One,
            '\\' => Step::Letter(letters.next().unwrap_or('\\')),
            _ => Step::Letter(letter),
        });
    }
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut step) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    while at < text.len() {
        match steps.get(step) {
            Some(Step::Any) => {
                retry = Some((step + 1, at));
                step += 1;
                continue;
            }
            Some(Step::One) => {
                at += 1;
                step += 1;
                continue;
            }
            Some(Step::Letter(letter)) if *letter == text[at] => {
                at += 1;
                step += 1;
                continue;
            }
            _ => {}
        }
        let Some((after, from)) = retry else {
            return false;
        };
        retry = Some((after, from + 1));
        (step, at) = (after, from + 1);
    }
    steps[step..].iter().all(|step| *step == Step::Any)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folding_keeps_indian_vowel_signs_and_drops_european_accents() {
        assert_eq!(accenti("Chișinău"), "Chisinau");
        assert_eq!(accenti("वार्ड"), "वार्ड");
        assert_eq!(accenti("கோயம்புத்தூர்"), "கோயம்புத்தூர்");
        assert_eq!(casei("STRASSE"), casei("straße"));
        assert_eq!(casei("ΟΔΟΣ"), casei("οδος"));
    }

    #[test]
    fn like_knows_wildcards_and_escapes_and_ends_on_hard_patterns() {
        for (text, pattern, yes) in [
            ("Bern", "B_r%", true),
            ("Bern", "b_r%", false),
            ("100%", r"100\%", true),
            ("1000", r"100\%", false),
            ("", "%", true),
            ("", "_", false),
            ("aXbXc", "a%b%c", true),
            ("वार्ड", "वा%", true),
            ("", "", true),
            ("a", "", false),
        ] {
            assert_eq!(like(text, pattern), yes, "{text} like {pattern}");
        }
        assert!(!like(&"a".repeat(5000), &("a%".repeat(50) + "b")));
    }
}

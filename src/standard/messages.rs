//! The templates of all sentences (`layers/messages.toml`), and how one becomes a sentence in a language.
//!
//! A gap is a name in braces; `{names|; }` parts a list by `; ` (by `, ` where nothing is said). What fills
//! a gap is said in the same language, so a part of a sentence has a template of its own.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::Words;
use crate::model::{Arg, Say};

/// How deep parts of sentences are followed; ours need four.
const DEEPEST: usize = 12;

/// Every template by its name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Messages(BTreeMap<String, Words>);

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Plain(&'a str),
    Gap { name: &'a str, between: &'a str },
}

/// A template, piece by piece. Braces that hold no name stand for themselves.
fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut pieces = vec![];
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        let Some(close) = rest[open..].find('}').map(|at| open + at) else {
            break;
        };
        let inner = &rest[open + 1..close];
        let (name, between) = inner.split_once('|').unwrap_or((inner, ", "));
        pieces.push(Piece::Plain(&rest[..open]));
        pieces.push(Piece::Gap { name, between });
        rest = &rest[close + 1..];
    }
    pieces.push(Piece::Plain(rest));
    pieces
}

/// What stands in the gaps of a template in a sentence that was made from it.
fn filled<'a>(template: &'a str, sentence: &'a str) -> Option<BTreeMap<&'a str, &'a str>> {
    let pieces = pieces(template);
    let count = pieces.len();
    let mut gaps = BTreeMap::new();
    let mut rest = sentence;
    let mut open: Option<&str> = None;
    for (at, piece) in pieces.into_iter().enumerate() {
        match piece {
            Piece::Gap { name, .. } => open = Some(name),
            Piece::Plain(text) => {
                let last = at + 1 == count;
                let Some(name) = open.take() else {
                    rest = rest.strip_prefix(text)?;
                    continue;
                };
                let end = if last {
                    rest.len()
                        .checked_sub(text.len())
                        .filter(|end| rest.is_char_boundary(*end) && rest[*end..] == *text)?
                } else {
                    rest.find(text)?
                };
                if end == 0 {
                    return None;
                }
                gaps.insert(name, &rest[..end]);
                rest = &rest[end + text.len()..];
            }
        }
    }
    rest.is_empty().then_some(gaps)
}

impl Messages {
    /// A sentence in a language, or in English where that language has no template.
    pub fn render(&self, say: &Say, language: &str) -> String {
        let mut out = String::new();
        self.write(say, language, DEEPEST, &mut out);
        out
    }

    /// The languages that some sentence has.
    pub fn languages(&self) -> BTreeSet<&str> {
        self.0
            .values()
            .flat_map(|words| words.0.keys().map(String::as_str))
            .collect()
    }

    /// True when there is such a template.
    pub fn has(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }

    /// A word or sentence without gaps.
    pub fn word(&self, id: &str, language: &str) -> &str {
        self.0.get(id).map_or("", |words| words.say(language))
    }

    fn write(&self, say: &Say, language: &str, depth: usize, out: &mut String) {
        // A report of a later version may know templates that this one does not.
        let Some(words) = self.0.get(say.id.as_ref()) else {
            out.push_str(&say.id);
            return;
        };
        for piece in pieces(words.say(language)) {
            match piece {
                Piece::Plain(text) => {
                    // What filled the gap may have ended the sentence already.
                    let ended = out.ends_with(['.', '।', '?', '!', '…']) && text.starts_with('.');
                    let ended = ended || (out.ends_with(['.', '।']) && text.starts_with('।'));
                    let skipped = if ended {
                        text.chars().next().map_or(0, char::len_utf8)
                    } else {
                        0
                    };
                    out.push_str(&text[skipped..]);
                }
                Piece::Gap { name, between } => match say.args.get(name) {
                    Some(arg) => self.fill(arg, between, language, depth, out),
                    None => out.push('…'),
                },
            }
        }
    }

    fn fill(&self, arg: &Arg, between: &str, language: &str, depth: usize, out: &mut String) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        match arg {
            Arg::Count(count) => out.push_str(&count.to_string()),
            Arg::Text(text) => out.push_str(text),
            Arg::Say(say) => self.write(say, language, depth, out),
            Arg::Words(words) => out.push_str(
                words
                    .get(language)
                    .or_else(|| words.get("en"))
                    .map_or("", String::as_str),
            ),
            Arg::List(all) => {
                for (at, one) in all.iter().enumerate() {
                    if at > 0 {
                        out.push_str(between);
                    }
                    self.fill(one, between, language, depth, out);
                }
            }
        }
    }

    /// An answer that was given in English, in another language: the sentence of the template that it was made
    /// from, with the same in its gaps. What no template (`answer_…`) has made stays as it is.
    ///
    /// Errors say what they say in English, far from any request and its language, and programs log it so. A
    /// person is answered in the language that they asked for; this is where the two meet.
    pub fn answer(&self, english: &str, language: &str) -> String {
        self.answer_within(english, language, 5)
    }

    fn answer_within(&self, english: &str, language: &str, depth: usize) -> String {
        let Some(depth) = depth.checked_sub(1).filter(|_| language != "en") else {
            return english.to_owned();
        };
        let found = self
            .0
            .iter()
            .filter(|(id, _)| id.starts_with("answer_"))
            .filter_map(|(_, words)| {
                let (other, template) = (words.0.get(language)?, words.0.get("en")?);
                let gaps = filled(template, english)?;
                // The template that says most by itself: `{a} of {b}` says less than `the length of {b}`.
                let said = template.len() - gaps.keys().map(|name| name.len() + 2).sum::<usize>();
                Some((said, other, gaps))
            })
            .max_by_key(|(said, ..)| *said);
        let Some((_, other, gaps)) = found else {
            return english.to_owned();
        };
        pieces(other)
            .into_iter()
            .map(|piece| match piece {
                Piece::Plain(text) => text.to_owned(),
                Piece::Gap { name, .. } => gaps.get(name).map_or_else(
                    || "…".to_owned(),
                    |text| self.answer_within(text, language, depth),
                ),
            })
            .collect()
    }

    /// These templates over others: a pack's file may hold only what it adds or says otherwise.
    pub(super) fn over(mut self, others: &Self) -> Self {
        for (id, words) in &others.0 {
            let mine = self.0.entry(id.clone()).or_default();
            for (language, text) in &words.0 {
                mine.0
                    .entry(language.clone())
                    .or_insert_with(|| text.clone());
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    #[test]
    fn an_answer_is_said_in_the_language_of_who_asked() {
        let messages: Messages = toml::from_str(
            r#"
            answer_a = { en = "there is no {what}", hi = "{what} नहीं है" }
            answer_b = { en = "layer `{layer}`", hi = "परत `{layer}`" }
            answer_c = { en = "{who} is {state}: {why}", hi = "{who} {state} है: {why}" }
            plain = { en = "there is no end", hi = "अंत नहीं" }
            "#,
        )
        .expect("templates");
        for (english, hindi) in [
            ("there is no layer `road`", "परत `road` नहीं है"),
            ("layer `x`", "परत `x`"),
            ("layer ``", "layer ``"),
            (
                "d-7 is failed: there is no layer `a: b`",
                "d-7 failed है: परत `a: b` नहीं है",
            ),
            ("nobody made this", "nobody made this"),
        ] {
            assert_eq!(messages.answer(english, "hi"), hindi);
            assert_eq!(messages.answer(english, "en"), english);
            assert_eq!(messages.answer(english, "ta"), english);
        }
    }

    use super::*;
    use crate::{model::say, standard::Standards};

    /// A template's gaps.
    fn gaps(template: &str) -> BTreeSet<&str> {
        pieces(template)
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Gap { name, .. } => Some(name),
                Piece::Plain(_) => None,
            })
            .collect()
    }

    /// The templates that the sources name, each with the gaps that they fill there.
    fn calls(text: &str, found: &mut Vec<(String, BTreeSet<String>)>) {
        for (at, _) in text.match_indices("say!(") {
            if text[..at].ends_with(|letter: char| letter == '_' || letter.is_alphanumeric()) {
                continue;
            }
            let inner = &text[at + "say!(".len()..];
            let id: String = inner
                .trim_start()
                .chars()
                .take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_')
                .collect();
            if id.is_empty() {
                continue;
            }
            let mut names = BTreeSet::new();
            let (mut depth, mut quoted, mut from, mut last) = (0_i32, false, 0, ' ');
            for (place, letter) in inner.char_indices() {
                let was = std::mem::replace(&mut last, letter);
                if letter == '"' && was != '\\' && was != '\'' {
                    quoted = !quoted;
                }
                if quoted {
                    continue;
                }
                match letter {
                    '(' | '[' | '{' => depth += 1,
                    ')' if depth == 0 => break,
                    ')' | ']' | '}' => depth -= 1,
                    ',' if depth == 0 => from = place + 1,
                    '=' if depth == 0 && !"=!<>+-".contains(was) => {
                        let name = inner[from..place].trim();
                        let plain = name
                            .bytes()
                            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
                        if plain && !name.is_empty() {
                            names.insert(name.to_owned());
                        }
                    }
                    _ => {}
                }
            }
            found.push((id, names));
        }
    }

    fn sources(folder: &Path, found: &mut Vec<(String, BTreeSet<String>)>, words: &mut String) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found, words);
            } else if path.extension().is_some_and(|end| end == "rs")
                && !path.ends_with("standard/messages.rs")
                && !path.ends_with("model/say.rs")
            {
                let text = fs::read_to_string(&path).unwrap();
                calls(&text, found);
                words.push_str(&text);
            }
        }
    }

    #[test]
    fn every_template_has_english_is_used_and_names_only_gaps_that_are_filled() {
        let messages = &Standards::builtin().messages().0;
        let (mut found, mut words) = (vec![], String::new());
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        sources(&root, &mut found, &mut words);
        assert!(found.len() > 100, "{} calls were seen", found.len());
        let mut wrong = vec![];
        for (id, filled) in &found {
            let Some(template) = messages.get(id) else {
                wrong.push(format!("{id} is said, but layers/messages.toml lacks it"));
                continue;
            };
            for (language, text) in &template.0 {
                for gap in gaps(text) {
                    if !filled.contains(gap) {
                        wrong.push(format!(
                            "{id} ({language}) has a gap {{{gap}}} that nobody fills"
                        ));
                    }
                }
            }
        }
        // A long sentence goes over two lines, joined by a backslash.
        let joined = words.replace("\\\n", " ");
        let joined = joined.split_whitespace().collect::<Vec<_>>().join(" ");
        for (id, template) in messages {
            if template.0.get("en").is_none_or(String::is_empty) {
                wrong.push(format!("{id} has no English"));
            }
            let said = found.iter().any(|(said, _)| said == id);
            // A word without gaps may be asked for by its name.
            let named = gaps(template.say("en")).is_empty() && words.contains(&format!("\"{id}\""));
            // A family of words is asked for by the name of the family and a code of ours.
            let family = id
                .split_once('_')
                .is_some_and(|(family, _)| words.contains(&format!(".named(\"{family}\"")));
            // The reader's codes are held against their templates by a test of their own.
            let reader = id.starts_with("read_") || id.starts_with("job_is_");
            // An answer's English stands in the program: the longest piece of it between two gaps.
            let answer = id.starts_with("answer_") && {
                let longest = pieces(template.say("en"))
                    .into_iter()
                    .filter_map(|piece| match piece {
                        Piece::Plain(text) => Some(text),
                        Piece::Gap { .. } => None,
                    })
                    .max_by_key(|text| text.len());
                // What a semicolon parts may have been put together.
                longest
                    .is_some_and(|text| text.trim().split("; ").all(|part| joined.contains(part)))
            };
            if !said && !named && !family && !reader && !answer {
                wrong.push(format!("{id} is said nowhere"));
            }
            let brace = template.0.values().any(|text| {
                text.matches('{').count() != text.matches('}').count() || text.ends_with(' ')
            });
            if brace {
                wrong.push(format!("{id} has an odd brace, or a blank at its end"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }

    /// The codes that the reader and the worker give their notes and refusals.
    fn reader_codes(text: &str, found: &mut BTreeSet<String>) {
        let code = text.split("#[cfg(test)]").next().unwrap_or_default();
        for call in ["note(", "refuse(", "Refused::new(", "nothing("] {
            for (at, _) in code.match_indices(call) {
                let inner = &code[at + call.len()..];
                // The code is the first literal, behind the name of a file at most.
                let before = inner.split('"').next().unwrap_or_default();
                let named = before.trim().is_empty()
                    || (before.trim().ends_with(',') && before.matches(',').count() == 1);
                let word = inner.split('"').nth(1).unwrap_or_default();
                let plain = word.len() > 2
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
                if named && plain {
                    found.insert(word.to_owned());
                }
            }
        }
    }

    #[test]
    fn whatever_the_reader_says_can_be_said_in_every_language() {
        let all = Standards::builtin().messages();
        let mut codes = BTreeSet::new();
        for folder in ["src/read", "src/worker"] {
            let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            for entry in fs::read_dir(root).unwrap() {
                reader_codes(
                    &fs::read_to_string(entry.unwrap().path()).unwrap(),
                    &mut codes,
                );
            }
        }
        assert!(codes.len() > 40, "{codes:?}");
        for known in ["truncated", "damaged_archive", "not_json", "unsafe_path"] {
            assert!(codes.contains(known), "{known} in {codes:?}");
        }
        codes.extend(["crashed", "too_large", "timed_out"].map(str::to_owned));
        let lacking: Vec<&String> = codes
            .iter()
            .filter(|code| !all.has(&format!("read_{code}")))
            .collect();
        assert!(
            lacking.is_empty(),
            "layers/messages.toml lacks read_… of {lacking:?}"
        );
        for (id, words) in all.0.iter().filter(|(id, _)| id.starts_with("read_")) {
            for text in words.0.values() {
                let known = gaps(text)
                    .iter()
                    .all(|gap| ["detail", "count"].contains(gap));
                assert!(known, "{id}: {text}");
            }
        }
    }

    #[test]
    fn every_template_is_in_every_language() {
        let messages = &Standards::builtin().messages().0;
        let lacking: Vec<&str> = messages
            .iter()
            .filter(|(_, words)| words.0.get("hi").is_none_or(String::is_empty))
            .map(|(id, _)| id.as_str())
            .collect();
        assert!(lacking.is_empty(), "no Hindi: {}", lacking.join(" "));
    }

    #[test]
    fn gaps_are_filled_in_the_language_of_the_sentence() {
        let toml = r#"
            row = { en = "row {row}", hi = "पंक्ति {row}" }
            ends = { en = "{who} meets {others|; }. {why}.", hi = "{who}: {others|; }। {why}।" }
        "#;
        let messages: Messages = toml::from_str(toml).unwrap();
        let row = |row: u64| say!(row, row = row);
        let said = say!(
            ends,
            who = row(1),
            others = vec![row(2), row(3)],
            why = "so."
        );
        assert_eq!(
            messages.render(&said, "en"),
            "row 1 meets row 2; row 3. so."
        );
        assert_eq!(messages.render(&said, "hi"), "पंक्ति 1: पंक्ति 2; पंक्ति 3। so.");
        let kept = serde_json::to_string(&said).unwrap();
        let again: Say = serde_json::from_str(&kept).unwrap();
        assert_eq!(again, said);
        // A report from elsewhere may nest a sentence in itself, or leave a gap open.
        let mut deep = say!(row, row = 1_u64);
        for _ in 0..100 {
            deep = say!(row, row = deep);
        }
        assert!(messages.render(&deep, "en").len() < 100);
        // A language that a template lacks is said in English.
        assert_eq!(messages.render(&row(1), "ta"), "row 1");
        assert_eq!(messages.render(&say!(row), "en"), "row …");
        assert_eq!(messages.render(&say!(nobody), "en"), "nobody");
    }
}

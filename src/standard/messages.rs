//! The templates of all sentences (`layers/messages.toml`), and how one becomes a sentence in a language.
//!
//! A gap is a name in braces; `{names|; }` parts a list by `; ` (by `, ` where nothing is said). What fills
//! a gap is said in the same language, so a part of a sentence has a template of its own.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::{
    RuleWords, Words,
    template::{Piece, pieces},
};
use crate::model::{Arg, Say};

/// How deep parts of sentences are followed; ours need four.
const DEEPEST: usize = 12;

/// Every template by its name.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(transparent)]
pub struct Messages(BTreeMap<String, Words>);

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
        if language != "en"
            && let Some(said) = self.alone(say, words, language)
        {
            out.push_str(&said);
            return;
        }
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
                Piece::Gap(gap) => match say.args.get(gap.name) {
                    Some(arg) => {
                        self.fill(arg, gap.between.unwrap_or(", "), language, depth, out);
                    }
                    None => out.push('…'),
                },
            }
        }
    }

    /// A sentence that was made in English as a whole, told again: that of a template whose English is one gap and no
    /// more. None where its maker has no template (`detail_…`); then the template itself says it in short, with the
    /// English in it.
    fn alone(&self, say: &Say, words: &Words, language: &str) -> Option<String> {
        let [Piece::Plain(""), Piece::Gap(gap), Piece::Plain("")] = &pieces(words.say("en"))[..]
        else {
            return None;
        };
        match say.args.get(gap.name)? {
            Arg::Text(text) => self.retold(text, language),
            _ => None,
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

    /// The templates whose names begin so.
    pub(super) fn family(&self, name: &str) -> impl Iterator<Item = &Words> {
        self.0
            .range(name.to_owned()..)
            .take_while(move |(id, _)| id.starts_with(name))
            .map(|(_, words)| words)
    }

    /// With what rules find (`fault_T04`), so that a sentence that was kept in one language can be told again.
    pub(super) fn with_faults<'a>(
        mut self,
        rules: impl Iterator<Item = (&'a String, &'a RuleWords)>,
    ) -> Self {
        let faults = rules.map(|(code, words)| (format!("fault_{code}"), words.fault.clone()));
        self.0.extend(faults);
        self
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

    use super::*;
    use crate::{
        model::say,
        standard::{Standards, heard::literals},
    };

    /// A template's gaps.
    fn gaps(template: &str) -> BTreeSet<&str> {
        pieces(template)
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Gap(gap) => Some(gap.name),
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
                // What tests say, nobody hears.
                words.push_str(
                    text.split("#[cfg(test)]\nmod tests")
                        .next()
                        .unwrap_or_default(),
                );
            }
        }
    }

    /// In how many pieces the words of a sentence stand in the sources: `1 feature` may be put into another one.
    fn runs(sentence: &str, sources: &str) -> usize {
        let (mut count, mut run) = (1, String::new());
        for word in sentence.split_whitespace() {
            let longer = format!("{run} {word}");
            run = if sources.contains(longer.trim_start()) {
                longer.trim_start().to_owned()
            } else {
                count += 1;
                word.to_owned()
            };
        }
        count
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
        let said_there = literals(&words).join("\n");
        let joined = said_there.split_whitespace().collect::<Vec<_>>().join(" ");
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
            // What rules find stands in rules.toml.
            let fault = id.starts_with("fault_");
            // What serde says stands in serde; a test of ours provokes it.
            let serde = id.starts_with("json_");
            // An answer's English stands in the program: the longest piece of it between two gaps.
            let elsewhere = ["answer_", "detail_", "shape_"];
            let answer = elsewhere.iter().any(|family| id.starts_with(family)) && {
                let longest = pieces(template.say("en"))
                    .into_iter()
                    .filter_map(|piece| match piece {
                        Piece::Plain(text) => Some(text),
                        Piece::Gap(_) => None,
                    })
                    .max_by_key(|text| text.len());
                // What a semicolon parts may have been put together.
                longest.is_some_and(|text| {
                    text.trim()
                        .split("; ")
                        .all(|part| joined.contains(part) || runs(part, &joined) <= 3)
                })
            };
            if !said && !named && !family && !reader && !serde && !fault && !answer {
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
        let code = text
            .split("#[cfg(test)]\nmod tests")
            .next()
            .unwrap_or_default();
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

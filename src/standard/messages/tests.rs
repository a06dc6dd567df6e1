//! Every sentence that the sources say has a template, and every template is said.

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
            && !path.ends_with("standard/messages/tests.rs")
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

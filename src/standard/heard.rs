//! Tests: whatever the reader makes, and whatever serde says of JSON, has a template that tells it in other languages.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use super::{
    Standards,
    template::{Piece, pieces},
};

/// What stands in quotation marks in a source, without what its tests and comments say.
pub(super) fn literals(source: &str) -> Vec<String> {
    let code = source
        .split("#[cfg(test)]\nmod tests")
        .next()
        .unwrap_or_default();
    let mut found = vec![];
    let mut letters = code.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '/' if letters.peek() == Some(&'/') => {
                letters.by_ref().find(|letter| *letter == '\n');
            }
            '\'' => {
                // A letter in single quotes, not a lifetime.
                let mut ahead = letters.clone();
                let first = ahead.next();
                if first == Some('\\') {
                    ahead.next();
                }
                if ahead.next() == Some('\'') {
                    letters = ahead;
                }
            }
            '"' => {
                let mut text = String::new();
                while let Some(letter) = letters.next().filter(|letter| *letter != '"') {
                    if letter != '\\' {
                        text.push(letter);
                        continue;
                    }
                    match letters.next() {
                        Some('\n') => {
                            while letters.next_if(|next| next.is_whitespace()).is_some() {}
                        }
                        Some('u') => {
                            letters.by_ref().find(|letter| *letter == '}');
                            text.push('\u{fffd}');
                        }
                        Some(other) => text.push(other),
                        None => {}
                    }
                }
                found.push(text);
            }
            _ => {}
        }
    }
    found
}

/// A sentence with something in each of its gaps.
fn with(template: &str, filler: &str) -> String {
    pieces(template)
        .iter()
        .map(|piece| match piece {
            Piece::Plain(text) => *text,
            Piece::Gap(_) => filler,
        })
        .collect()
}

/// What nobody reads in a report or an answer.
const NOT_SAID: &[&str] = &[
    // Said to SQLite, or by another program and looked for in its words.
    "SELECT name",
    "PRAGMA locking_mode",
    " at line ",
    "not recognized",
    "Cannot allocate memory",
    "Out of memory",
    "memory allocation of",
    // Why a line of the source is as it is, and what cannot be.
    "mapping; ",
    "null geometries, ",
    "seven observations",
    "the kernel takes pages",
    "eight bytes",
    "four bytes",
    // How an encoding became known: a code that `origin_…` puts into words.
    "all text is ASCII",
    "byte order mark",
    // The installation is broken: the sender is told that it is not the file, the log is told this.
    "the limits of the reader cannot be set",
    "the reader could not be started",
    "the reader failed",
    "the reader's answer is malformed",
    "the reading was called off",
    "reading was stopped",
    // The same, behind \"the reader's answer is malformed\".
    "it does not begin as one",
    "it is not one (",
    "it is too long",
    "it is too short (",
    "it lacks a text column",
    "its geometries",
    "its header",
    "its rows",
    "its text",
    "a text column is not sound",
];

/// What parts of sentences stand in.
const AROUND: &[&str] = &[
    "{}",
    "{}; what a file computes is not run here",
    "`x` is a view, not a table{}",
    "layer x: {}",
    "line 1, character 2: {} (expected value)",
    "places were taken from {}",
    "{}: No such file or directory",
];

#[test]
fn every_sentence_that_the_reader_makes_has_a_template() {
    let all = Standards::builtin().messages();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sentences = BTreeSet::new();
    for folder in ["read", "worker"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            sentences.extend(literals(
                &fs::read_to_string(entry.unwrap().path()).unwrap(),
            ));
        }
    }
    let is_word = |word: &str| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase());
    sentences.retain(|text| text.split(' ').filter(|word| is_word(word)).count() > 1);
    sentences.retain(|text| !NOT_SAID.iter().any(|start| text.starts_with(start)));
    assert!(sentences.len() > 100, "{sentences:?}");
    let lacking: Vec<&String> = sentences
        .iter()
        .filter(|text| {
            // What fills a gap decides at times which template it is.
            let fillers = ["7", "7 features", "columns `a` and `b`", "this is not JSON"];
            let mut around = AROUND.iter();
            !around.any(|around| {
                let whole = around.replace("{}", text);
                let mut fillers = fillers.iter();
                fillers.any(|filler| all.retold(&with(&whole, filler), "hi").is_some())
            })
        })
        .collect();
    assert!(
        lacking.is_empty(),
        "layers/messages.toml has no detail_… for {lacking:#?}"
    );
}

/// A type with all that serde complains of.
#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read into")]
struct Asked {
    name: String,
    count: Option<u64>,
    small: Option<u8>,
    share: Option<f64>,
    yes: Option<bool>,
    letter: Option<char>,
    pair: Option<(i64, i64)>,
    four: Option<[f64; 4]>,
    list: Option<Vec<String>>,
    map: Option<BTreeMap<String, i32>>,
    nothing: Option<()>,
    kind: Option<Kind>,
    either: Option<Either>,
    tagged: Option<Tagged>,
}

#[derive(Debug, serde::Deserialize)]
#[expect(dead_code, reason = "only read into")]
enum Kind {
    One,
    Two,
    Three,
    Held(u32),
}

#[derive(Debug, serde::Deserialize)]
#[serde(untagged)]
#[expect(dead_code, reason = "only read into")]
enum Either {
    Text(String),
    Number(i64),
}

#[derive(Debug, serde::Deserialize)]
#[serde(tag = "type")]
enum Tagged {
    A,
}

#[test]
fn what_serde_says_of_json_is_said_in_hindi_to_the_last_word() {
    let all = Standards::builtin().messages();
    let deep = format!(r#"{{"name":{}"#, "[".repeat(200));
    let texts = [
        "",
        "[",
        "{",
        "\"",
        "\"\\",
        "nul",
        "x",
        "{\"name\"",
        "{\"name\" 1}",
        "{\"name\":}",
        "{\"name\":\"a\"",
        "{\"name\":\"a\" 1}",
        "{\"name\":\"a\",}",
        "{1:2}",
        "{\"list\":[\"a\"",
        "{\"list\":[\"a\" 1]}",
        "{\"list\":[\"a\",]}",
        "{\"name\":\"\u{1}\"}",
        "{\"name\":\"\\x\"}",
        "{\"name\":\"\\u12\"}",
        "{\"name\":\"\\ud800\"}",
        "{\"name\":\"\\ud800x\"}",
        "{\"name\":\"\\udc00\"}",
        "{\"count\":01}",
        "{\"count\":1.}",
        "{\"share\":1e999}",
        "{\"count\":-}",
        "{\"name\":\"a\"} x",
        "5",
        "[1]",
        "[\"a\"]",
        "null",
        "\"text, expected map\"",
        "true",
        "1.5",
        "{}",
        "{\"name\":1}",
        "{\"name\":null}",
        "{\"name\":[]}",
        "{\"name\":{}}",
        "{\"name\":true}",
        "{\"name\":1.5}",
        "{\"name\":\"a\",\"name\":\"b\"}",
        "{\"other\":1}",
        "{\"count\":-1}",
        "{\"count\":\"a\"}",
        "{\"count\":1.5}",
        "{\"small\":300}",
        "{\"share\":\"a\"}",
        "{\"yes\":1}",
        "{\"letter\":\"ab\"}",
        "{\"letter\":1}",
        "{\"pair\":[1]}",
        "{\"pair\":[1,2,3]}",
        "{\"pair\":1}",
        "{\"four\":[1]}",
        "{\"four\":{}}",
        "{\"list\":{}}",
        "{\"list\":[1]}",
        "{\"map\":[]}",
        "{\"map\":{\"a\":\"b\"}}",
        "{\"nothing\":1}",
        "{\"kind\":\"Four\"}",
        "{\"kind\":1}",
        "{\"kind\":{}}",
        "{\"kind\":{\"Held\":\"a\"}}",
        "{\"kind\":\"Held\"}",
        "{\"kind\":{\"One\":1}}",
        "{\"either\":[]}",
        "{\"tagged\":{}}",
        "{\"tagged\":{\"type\":\"B\"}}",
        "{\"tagged\":1}",
        "{\"map\":{\"a\":3000000000}}",
        &deep,
    ];
    let latin = |text: &str| {
        let mut is_marked = false;
        let plain = text.chars().filter(|letter| {
            is_marked ^= matches!(letter, '`' | '"');
            !is_marked
        });
        plain.into_iter().any(|letter| letter.is_ascii_alphabetic())
    };
    let (mut left, mut seen) = (vec![], BTreeSet::new());
    for text in texts {
        let asked = serde_json::from_str::<Asked>(text).map(|_| ());
        let any = serde_json::from_str::<serde_json::Value>(text).map(|_| ());
        let object = serde_json::from_str::<BTreeMap<String, String>>(text).map(|_| ());
        for error in [asked, any, object].into_iter().filter_map(Result::err) {
            let english = error.to_string();
            let hindi = all.answer(&format!("it is not JSON: {english}"), "hi");
            if latin(&hindi.replace("JSON", "").replace("\\\"", "")) {
                left.push(format!("{english}\n    {hindi}"));
            }
            seen.insert(
                english
                    .split(" at line")
                    .next()
                    .unwrap_or_default()
                    .to_owned(),
            );
        }
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
    assert!(seen.len() > 50, "{} kinds: {seen:?}", seen.len());
}

#[test]
fn a_summary_that_was_kept_in_english_is_told_in_hindi() {
    let all = Standards::builtin().messages();
    for (english, hindi) in [
        (
            "is of 9 (4 rows) conforms: every rule ran that the standard asks for, and none found anything.",
            "is of 9 (4 पंक्तियाँ) मानक के अनुरूप है: मानक के सभी नियम चले और किसी ने दोष नहीं पाया।",
        ),
        (
            "ward_boundary (36 rows) does not conform: overlaps (3), missing columns (1).",
            "ward_boundary (36 पंक्तियाँ) मानक के अनुरूप नहीं है: ",
        ),
        (
            "x was not judged, because some rules could not run: C02 (the coordinate reference system is not known (C01)).",
            "x का निर्णय नहीं हुआ, क्योंकि कुछ नियम चल नहीं सके: C02 (निर्देशांक प्रणाली ज्ञात नहीं है (C01))।",
        ),
    ] {
        let told = all.summary(english, "hi");
        assert!(told.starts_with(hindi), "{told}");
        assert_eq!(all.summary(english, "en"), english);
    }
    let faults: Vec<_> = all.family("fault_").collect();
    assert!(faults.len() > 20, "{}", faults.len());
    for fault in faults {
        let english = format!(
            "road (2 rows) does not conform: {} (2), gaps (1).",
            fault.say("en")
        );
        let hindi = format!(
            "road (2 पंक्तियाँ) मानक के अनुरूप नहीं है: {} (2), अंतर (1)।",
            fault.say("hi")
        );
        assert_eq!(all.summary(&english, "hi"), hindi);
    }
}

#[test]
fn what_a_repair_says_of_a_shape_is_told_in_hindi() {
    let all = Standards::builtin().messages();
    for (english, hindi) in [
        ("nothing", "कुछ नहीं"),
        (
            "Polygon of 1 part and 2 rings, 10 vertices",
            "Polygon: 1 भाग, 2 वलय, 10 शीर्ष",
        ),
        (
            "MultiLineString of 3 parts, 1 vertex",
            "MultiLineString: 3 भाग, 1 शीर्ष",
        ),
        (
            "outline clockwise, counter-clockwise",
            "बाहरी रेखा दक्षिणावर्त, वामावर्त",
        ),
        ("1 row of 3 parts", "3 भागों की 1 पंक्ति"),
        ("3 rows of 1 part", "1 भाग वाली 3 पंक्तियाँ"),
        (
            "first vertex 77.50000, 12.90000",
            "पहला शीर्ष 77.50000, 12.90000",
        ),
    ] {
        assert_eq!(all.shape(english, "hi"), hindi);
        assert_eq!(all.shape(english, "en"), english);
    }
}

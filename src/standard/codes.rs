//! Code lists: the code is stored, the label is shown, and a wrong text gets the nearest code.

use std::collections::HashMap;

use serde::Serialize;

use super::{
    alias::squash,
    files::{StandardError, wrong},
    spec::Words,
};

/// The longest text that is compared with codes and labels, in bytes.
const LONGEST: usize = 1000;

/// One code.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CodeEntry {
    /// What is stored.
    pub code: String,
    /// What is shown.
    pub label: Words,
    /// Other texts that people write for it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<String>,
}

/// A code list: `layers/codes/<NAME>.csv` with its title from `layers/codes.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CodeList {
    /// Its name: `ROADCL`.
    pub name: String,
    /// What people call it.
    pub title: Words,
    /// The codes, in the order of the list.
    pub entries: Vec<CodeEntry>,
}

impl CodeList {
    /// True when this is a code of the list, letter for letter.
    pub fn has(&self, code: &str) -> bool {
        self.entry(code).is_some()
    }

    /// The entry of a code.
    pub fn entry(&self, code: &str) -> Option<&CodeEntry> {
        self.entries.iter().find(|entry| entry.code == code)
    }

    /// A text as codes and labels are compared: without case, blanks and punctuation.
    pub fn plain(text: &str) -> String {
        squash(text)
    }

    /// What codes, labels in any language, and other texts people write for them mean, each in plain form
    /// ([`CodeList::plain`]). A text that could mean two codes means none.
    pub fn exact(&self) -> HashMap<String, &str> {
        let mut codes: HashMap<String, Option<&str>> = HashMap::new();
        let mut found: HashMap<String, Option<&str>> = HashMap::new();
        for entry in &self.entries {
            let code = entry.code.as_str();
            add(&mut codes, code, code);
            for text in entry.label.0.values().chain(&entry.also) {
                add(&mut found, text, code);
            }
        }
        // A code itself means itself, whatever else is called so.
        found.extend(codes);
        found
            .into_iter()
            .filter_map(|(text, code)| Some((text, code?)))
            .collect()
    }

    /// The code that a text most likely means: the code in other letters, a label in any language, another
    /// text people write for it, or one of these with a slip of the pen. None when nothing is near.
    pub fn nearest(&self, text: &str) -> Option<&str> {
        // Nothing that long is a code or its label, and likeness is measured letter by letter.
        if text.len() > LONGEST {
            return None;
        }
        let wanted = squash(text);
        if wanted.is_empty() {
            return None;
        }
        let mut best: Option<(f64, &str)> = None;
        for entry in &self.entries {
            let texts = std::iter::once(&entry.code)
                .chain(entry.label.0.values())
                .chain(&entry.also);
            for candidate in texts {
                let candidate = squash(candidate);
                if candidate == wanted {
                    return Some(&entry.code);
                }
                let score = strsim::jaro_winkler(&candidate, &wanted);
                // Two or three letters are too short to guess from.
                if wanted.chars().count() > 3 && score > best.map_or(0.87, |(score, _)| score) {
                    best = Some((score, &entry.code));
                }
            }
        }
        best.map(|(_, code)| code)
    }
}

impl CodeList {
    /// Lays the list of a pack above on this one: a code that is there is said anew, a new one comes last.
    pub(super) fn lay(&mut self, above: Self) {
        for entry in above.entries {
            match self.entries.iter_mut().find(|one| one.code == entry.code) {
                Some(below) => *below = entry,
                None => self.entries.push(entry),
            }
        }
    }
}

/// Notes that a text means a code; a text that means two means none.
fn add<'a>(found: &mut HashMap<String, Option<&'a str>>, text: &str, code: &'a str) {
    let plain = squash(text);
    if !plain.is_empty() {
        found
            .entry(plain)
            .and_modify(|known| *known = known.filter(|known| *known == code))
            .or_insert(Some(code));
    }
}

/// Reads one list. Columns: `code`, `label_en`, `label_hi` (any `label_<language>`), `also` (parted by `|`).
pub(super) fn read(
    file: &str,
    text: &str,
    name: &str,
    title: Words,
) -> Result<CodeList, StandardError> {
    let mut rows = csv::ReaderBuilder::new().from_reader(text.as_bytes());
    let refused = |error: &csv::Error| {
        let line = error.position().map_or(1, csv::Position::line);
        wrong(file, line as usize, error.to_string())
    };
    let heads = rows.headers().map_err(|error| refused(&error))?.clone();
    for head in &heads {
        if !(head == "code" || head == "also" || head.starts_with("label_")) {
            return Err(wrong(
                file,
                1,
                format!("unknown column `{head}`: code, label_<language>, also"),
            ));
        }
    }
    let mut entries: Vec<CodeEntry> = vec![];
    for row in rows.records() {
        let row = row.map_err(|error| refused(&error))?;
        let line = row.position().map_or(1, |at| at.line() as usize);
        let mut entry = CodeEntry {
            code: String::new(),
            label: Words::default(),
            also: vec![],
        };
        for (head, value) in heads.iter().zip(&row) {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            if let Some(language) = head.strip_prefix("label_") {
                entry.label.0.insert(language.to_owned(), value.to_owned());
            } else if head == "code" {
                value.clone_into(&mut entry.code);
            } else {
                entry.also = value
                    .split('|')
                    .map(|text| text.trim().to_owned())
                    .collect();
            }
        }
        if entry.code.is_empty() || !entry.label.0.contains_key("en") {
            return Err(wrong(file, line, "a code and an English label are needed"));
        }
        if entries.iter().any(|other| other.code == entry.code) {
            return Err(wrong(
                file,
                line,
                format!("`{}` stands here twice", entry.code),
            ));
        }
        entries.push(entry);
    }
    if entries.is_empty() {
        return Err(wrong(file, 1, "the list has no codes"));
    }
    Ok(CodeList {
        name: name.to_owned(),
        title,
        entries,
    })
}

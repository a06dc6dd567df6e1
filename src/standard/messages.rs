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
mod tests;

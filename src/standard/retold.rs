//! Sentences that were made in English, told again in another language.
//!
//! Readers and errors say what they say in English, far from any request and its language, and programs log it so.
//! Here such a sentence is taken apart by the English template that it was made from (`answer_…` of errors,
//! `detail_…` of the reader, `json_…` of serde), and its parts are put into the template of the other language, told
//! again themselves. So a further language is data alone, and nothing that is kept or sent changes its form.
//!
//! What somebody else wrote stays as it is: a gap in backticks, and a gap marked by `!` (`{file!}`). A gap with a
//! separator (`{all|, }`) is a list, told again one by one. A sentence that no template has made stays English.

use super::{
    messages::Messages,
    template::{Piece, members, pieces, taken_apart},
};

/// The families of templates whose English may come back as text: most is said elsewhere, why a job ended is kept so.
const FAMILIES: &[&str] = &["answer_", "detail_", "job_", "json_"];

/// What the summary of a report is made of, with the faults of rules and why some could not run.
const SUMMARIES: &[&str] = &[
    "summary_",
    "layer_",
    "rule_",
    "fault_",
    "set_aside_",
    "not_read",
    "A01_no",
    "C02_unknown",
    "G01_no",
    "T00_",
    "T01_tangled",
    "T05_",
    "T07_tangled",
    "T08_tangled",
    "T10_no",
];

/// What a repair says of a shape.
const SHAPES: &[&str] = &["shape_"];

/// How deep parts of sentences are followed; ours need five.
const DEEPEST: usize = 8;

/// The longest sentence that is taken apart, and the longest part of one, in bytes. Ours are shorter; what strangers
/// wrote into one may not be, and must not cost everybody else.
const LONGEST: usize = 8 << 10;
const LONGEST_PART: usize = 2 << 10;

impl Messages {
    /// An answer that was given in English, in another language; itself where no template has made it.
    pub fn answer(&self, english: &str, language: &str) -> String {
        self.retold(english, language)
            .unwrap_or_else(|| english.to_owned())
    }

    /// A sentence that was made in English, in another language; none where no template has made it.
    pub(super) fn retold(&self, english: &str, language: &str) -> Option<String> {
        self.of(FAMILIES, english, language)
    }

    fn of(&self, families: &[&str], english: &str, language: &str) -> Option<String> {
        if language == "en" || english.len() > LONGEST {
            return None;
        }
        self.retold_within(english, language, families, DEEPEST)
    }

    /// The summary of a report that was kept in English only, in another language.
    pub fn summary(&self, english: &str, language: &str) -> String {
        self.of(SUMMARIES, english, language)
            .unwrap_or_else(|| english.to_owned())
    }

    /// What a repair found or left of a shape, in another language.
    pub fn shape(&self, english: &str, language: &str) -> String {
        self.of(SHAPES, english, language)
            .unwrap_or_else(|| english.to_owned())
    }

    fn retold_within(
        &self,
        english: &str,
        language: &str,
        families: &[&str],
        depth: usize,
    ) -> Option<String> {
        let depth = depth.checked_sub(1)?;
        let (_, other, gaps) = families
            .iter()
            .flat_map(|family| self.family(family))
            .filter_map(|words| {
                let (other, template) = (words.0.get(language)?, words.0.get("en")?);
                let gaps = taken_apart(template, english)?;
                // The template that says most by itself: `{a} of {b}` says less than `the length of {b}`.
                let said: usize = pieces(template).iter().map(Piece::said).sum();
                (said > 0).then_some((said, other, gaps))
            })
            .max_by_key(|(said, ..)| *said)?;
        let one = |text: &str| {
            Some(text)
                .filter(|text| text.len() <= LONGEST_PART)
                .and_then(|text| self.retold_within(text, language, families, depth))
                .unwrap_or_else(|| text.to_owned())
        };
        let said = pieces(other).into_iter().map(|piece| match piece {
            Piece::Plain(text) => text.to_owned(),
            Piece::Gap(gap) => match gaps.get(gap.name) {
                None => "…".to_owned(),
                Some(found) if found.is_verbatim => found.text.to_owned(),
                Some(found) => match found.between {
                    None => one(found.text),
                    Some(between) => {
                        let all: Vec<String> =
                            members(found.text, between).into_iter().map(one).collect();
                        all.join(gap.between.unwrap_or(between))
                    }
                },
            },
        });
        Some(said.collect())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::{model::say, standard::Standards};

    fn few() -> Messages {
        toml::from_str(
            r#"
            answer_a = { en = "there is no {what}", hi = "{what} नहीं है" }
            answer_b = { en = "layer `{layer}`", hi = "परत `{layer}`" }
            answer_c = { en = "{who} is {state}: {why}", hi = "{who} {state} है: {why}" }
            detail_d = { en = "{file!} was passed over", hi = "{file!} छोड़ दी गई" }
            detail_e = { en = "it has {all|, } in it", hi = "इसमें {all|; } हैं" }
            detail_f = { en = "wrong: {one}, expected {other}", hi = "ग़लत: {one}, चाहिए {other}" }
            detail_g = { en = "text {text!}", hi = "पाठ {text!}" }
            plain = { en = "there is no end", hi = "अंत नहीं" }
            "#,
        )
        .expect("templates")
    }

    #[test]
    fn an_answer_is_said_in_the_language_of_who_asked() {
        for (english, hindi) in [
            ("there is no layer `road`", "परत `road` नहीं है"),
            ("layer `x`", "परत `x`"),
            ("layer ``", "परत ``"),
            (
                "d-7 is failed: there is no layer `a: b`",
                "d-7 failed है: परत `a: b` नहीं है",
            ),
            (
                "it has layer `a, b`, layer `c` in it",
                "इसमें परत `a, b`; परत `c` हैं",
            ),
            ("nobody made this", "nobody made this"),
        ] {
            assert_eq!(few().answer(english, "hi"), hindi);
            assert_eq!(few().answer(english, "en"), english);
            assert_eq!(few().answer(english, "ta"), english);
        }
    }

    #[test]
    fn what_strangers_wrote_is_neither_told_again_nor_taken_for_a_template() {
        for (english, hindi) in [
            // The names are sentences that templates would make.
            ("layer `there is no end`", "परत `there is no end`"),
            ("layer `layer `x``", "परत `layer `x``"),
            (
                "there is no {what} was passed over",
                "there is no {what} छोड़ दी गई",
            ),
            (
                r#"wrong: text "a, expected b\", expected c", expected layer `d`"#,
                r#"ग़लत: पाठ "a, expected b\", expected c", चाहिए परत `d`"#,
            ),
        ] {
            assert_eq!(few().answer(english, "hi"), hindi, "{english}");
        }
    }

    #[test]
    fn what_the_reader_says_is_told_alone_or_in_brackets_and_a_third_language_is_data() {
        let swahili: Messages = toml::from_str(
            r#"
            detail_file_empty = { sw = "faili ni tupu" }
            read_truncated = { sw = "faili imekatika ({detail})" }
            "#,
        )
        .expect("templates");
        let all = swahili.over(Standards::builtin().messages());
        let empty = say!(read_empty_file, detail = "the file is empty");
        let odd = say!(read_truncated, detail = "nobody has a template for this");
        for (said, language, text) in [
            (&empty, "en", "the file is empty"),
            (&empty, "hi", "फ़ाइल ख़ाली है"),
            (&empty, "sw", "faili ni tupu"),
            (&odd, "en", "nobody has a template for this"),
            (
                &odd,
                "hi",
                "फ़ाइल अधूरी है: वह बीच में कट गई (nobody has a template for this)",
            ),
            (
                &odd,
                "sw",
                "faili imekatika (nobody has a template for this)",
            ),
        ] {
            assert_eq!(all.render(said, language), text);
        }
    }

    #[test]
    fn a_long_or_bent_sentence_costs_little() {
        let all = Standards::builtin().messages();
        let started = Instant::now();
        for text in [
            "is ",
            ": ",
            "; ",
            ", expected ",
            "`",
            "\"",
            "` would be `",
            "(",
            "of ",
        ] {
            let sentence = text.repeat(LONGEST / 3 / text.len());
            all.answer(&sentence, "hi");
            all.answer(&format!("it is not JSON: {sentence}"), "hi");
            all.answer(&format!("{sentence} was passed over: {sentence}"), "hi");
        }
        let spent = started.elapsed();
        // A second of an unoptimised build for 27 of them, on two busy cores.
        assert!(spent.as_secs() < 10, "{spent:?}");
    }
}

//! What the gate says: counted in full, with examples that have a place.

use serde::{Deserialize, Serialize};

use super::{ConfirmedPart, Proposals, SetAside};
use crate::{
    model::{
        Bbox, CrsName, CrsOrigin, Encoding, LayerId, Note, Say, Severity, Source, Verdict, say,
    },
    standard::{Mapping, Messages},
};

/// How many findings of one rule are kept with their place. All are counted.
pub const KEPT_FINDINGS: usize = 1000;

/// How many coordinates the outline of a layer has at most.
pub const OUTLINE_COORDS: usize = 3000;

/// Where a finding lies: enough to find it in the file and on the map.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Place {
    /// The row, counted from 1 as the file stores them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<u64>,
    /// What the row calls itself: the value of its key or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The column, as the file calls it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Longitude and latitude of a geometry fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<[f64; 2]>,
    /// The box of the feature, for a fault of a whole row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bbox: Option<Bbox>,
}

/// One thing that is wrong in one place.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Where.
    pub place: Place,
    /// What is wrong there, in plain words, with the value at fault.
    #[serde(default)]
    pub message: String,
    /// What to write or do instead, where the rule can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The message before it had a language. A rule writes this, [`Report::speak`] the message.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub say: Say,
    /// The remedy before it had a language.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub fix: Say,
    /// A measure of it: square metres of overlap, metres of shift.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<f64>,
    /// A severity of its own, where a rule grades its findings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

/// What became of one rule. Silence is never a pass.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It ran over everything and found nothing.
    Passed {
        /// How many things it looked at.
        checked: u64,
    },
    /// It found something.
    Failed {
        /// How many things it looked at.
        checked: u64,
        /// How many findings there are in all.
        count: u64,
        /// The first [`KEPT_FINDINGS`] of them.
        findings: Vec<Finding>,
    },
    /// It could not run.
    NotRun {
        /// Why.
        because: String,
        /// The reason before it had a language.
        #[serde(default, skip_serializing_if = "Say::is_silent")]
        say: Say,
        /// True when a layer cannot conform without it; false when it does not apply here.
        needed: bool,
    },
}

impl Outcome {
    /// A rule that could not run, and why; `needed` when a layer cannot conform without it.
    pub fn not_run(say: Say, needed: bool) -> Self {
        Self::NotRun {
            because: String::new(),
            say,
            needed,
        }
    }
}

/// What one rule said of the layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleReport {
    /// The rule's code.
    pub code: String,
    /// The rule's name.
    pub name: String,
    /// How much its findings matter here.
    pub severity: Severity,
    /// What it found.
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// A repair that was made to a row, on request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Repair {
    /// What was done: the name of a [`super::RepairKind`].
    pub kind: String,
    /// Where.
    pub place: Place,
    /// What it was, shortened.
    pub before: String,
    /// What it is now, shortened.
    pub after: String,
}

/// What became of the rows that were read. Every row is one of the three, so `read` is always their sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Rows read.
    pub read: u64,
    /// Rows that were judged as they came.
    pub accepted: u64,
    /// Rows that were judged after a repair.
    pub repaired: u64,
    /// Rows that were set aside before the rest was judged.
    pub set_aside: u64,
}

/// The gate's answer for one layer. The same bytes from `parat check` and from the server: no clock, no
/// machine and no path goes into it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The layer's name in Parat.
    pub layer: LayerId,
    /// What became of it.
    pub verdict: Verdict,
    /// One sentence for a person in a hurry.
    pub summary: String,
    /// The summary before it had a language.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub summary_say: Say,
    /// The three things to do first, at most.
    pub todo: Vec<String>,
    /// The same before they had a language.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub todo_say: Vec<Say>,
    /// Where it came from.
    pub source: Source,
    /// The standard it was held to, `ward_boundary@1`; none when none fits.
    pub standard: Option<String>,
    /// How the standard was chosen: given, confirmed, the best fit and why, or none fits.
    pub standard_chosen: String,
    /// The same before it had a language.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub standard_chosen_say: Say,
    /// The profile, `in-city-min-1@1`.
    pub profile: String,
    /// The packs that declare the standard, the lowest first: `in@1`.
    #[serde(default)]
    pub packs: Vec<String>,
    /// Rows read.
    pub rows: u64,
    /// What became of them.
    #[serde(default)]
    pub counts: Counts,
    /// The CRS as the file has it.
    pub crs: CrsName,
    /// How that is known.
    pub crs_origin: CrsOrigin,
    /// The encoding of its text.
    pub encoding: Option<Encoding>,
    /// The box in longitude/latitude, where it could be placed.
    pub bbox: Option<Bbox>,
    /// How many features of each kind of geometry.
    pub geometry: std::collections::BTreeMap<String, u64>,
    /// Which column answers which field.
    pub columns: Vec<Mapping>,
    /// Columns that no field of the standard asks for.
    pub extra_columns: Vec<String>,
    /// What the reader did and saw.
    pub notes: Vec<Note>,
    /// Every rule, in the order of [`super::RULES`].
    pub rules: Vec<RuleReport>,
    /// The repairs that were made, those of each kind up to a thousand.
    pub repairs: Vec<Repair>,
    /// How many rows each kind of repair changed.
    #[serde(default, skip_serializing_if = "std::collections::BTreeMap::is_empty")]
    pub repair_counts: std::collections::BTreeMap<String, u64>,
    /// The rows that were set aside, up to [`super::KEPT_ASIDE`]; `counts` has them all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub set_aside: Vec<SetAside>,
    /// What was taken from what a person confirmed, with an earlier delivery of the source or with this one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmed: Vec<ConfirmedPart>,
    /// What can be asked for, with the evidence.
    #[serde(default)]
    pub proposals: Proposals,
    /// A rough outline of the layer in longitude/latitude for the map of the faults: paths, at most
    /// [`OUTLINE_COORDS`] coordinates in all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outline: Vec<Vec<[f64; 2]>>,
}

/// What a repair takes away in a moment, or nobody's map suffers from, can wait until the rest is done.
const CAN_WAIT: &[&str] = &["T02", "A07", "A08"];

impl Report {
    /// The rules that found something, each with the count and the kept findings: the gravest first, those that can
    /// wait after their like, then in the order of the report.
    pub fn failed(&self) -> Vec<(&RuleReport, u64, &[Finding])> {
        let mut failed: Vec<_> = self
            .rules
            .iter()
            .filter_map(|rule| match &rule.outcome {
                Outcome::Failed {
                    count, findings, ..
                } => Some((rule, *count, findings.as_slice())),
                _ => None,
            })
            .collect();
        failed.sort_by_key(|(rule, ..)| {
            let can_wait = CAN_WAIT.contains(&rule.code.as_str());
            (std::cmp::Reverse(rule.severity), can_wait)
        });
        failed
    }

    /// Writes every sentence of the report in a language. Sentences without a template (what a reader said,
    /// an old report) stay as they are.
    pub fn speak(&mut self, messages: &Messages, language: &str) {
        let write = |say: &Say, text: &mut String| {
            if !say.is_silent() {
                *text = messages.render(say, language);
            }
        };
        for rule in &mut self.rules {
            match &mut rule.outcome {
                Outcome::Passed { .. } => {}
                Outcome::NotRun { because, say, .. } => write(say, because),
                Outcome::Failed { findings, .. } => {
                    for finding in findings {
                        write(&finding.say, &mut finding.message);
                        if !finding.fix.is_silent() {
                            write(&finding.fix, finding.remedy.get_or_insert_default());
                        }
                    }
                }
            }
        }
        for note in &mut self.notes {
            write(&note.say, &mut note.text);
        }
        for row in &mut self.set_aside {
            write(&row.say, &mut row.message);
        }
        // Where a column is named, these are values of the file.
        let shapes = |place: &Place, said: [&mut String; 2]| {
            if place.field.is_none() {
                for text in said {
                    *text = messages.shape(text, language);
                }
            }
        };
        for repair in &mut self.repairs {
            shapes(&repair.place, [&mut repair.before, &mut repair.after]);
        }
        let proposals = &mut self.proposals;
        for layer in &mut proposals.layers {
            write(&layer.why_say, &mut layer.why);
        }
        for crs in &mut proposals.crs {
            write(&crs.why_say, &mut crs.why);
        }
        for encoding in &mut proposals.encodings {
            write(&encoding.why_say, &mut encoding.why);
        }
        for column in &mut proposals.columns {
            write(&column.why_say, &mut column.why);
        }
        for repair in &mut proposals.repairs {
            for one in &mut repair.examples {
                shapes(&one.place, [&mut one.before, &mut one.after]);
            }
            messages
                .word(repair.kind.word(), language)
                .clone_into(&mut repair.title);
        }
        write(&self.standard_chosen_say, &mut self.standard_chosen);
        write(&self.summary_say, &mut self.summary);
        if !self.todo_say.is_empty() {
            let todo = self.todo_say.iter();
            self.todo = todo.map(|say| messages.render(say, language)).collect();
        }
    }

    /// The report in a language; itself where that is the one it speaks already.
    #[must_use]
    pub fn in_language(&self, messages: &Messages, language: &str) -> std::borrow::Cow<'_, Self> {
        if language == "en" {
            return std::borrow::Cow::Borrowed(self);
        }
        let mut report = self.clone();
        report.speak(messages, language);
        std::borrow::Cow::Owned(report)
    }
}

/// Collects findings: counts all, keeps the first [`KEPT_FINDINGS`].
#[derive(Debug, Default)]
pub struct Findings {
    count: u64,
    kept: Vec<Finding>,
}

impl Findings {
    /// None yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one; the closure is only called while findings are still kept.
    pub fn add(&mut self, finding: impl FnOnce() -> Finding) {
        self.count += 1;
        if self.kept.len() < KEPT_FINDINGS {
            self.kept.push(finding());
        }
    }

    /// How many were added.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The outcome of a rule that looked at `checked` things. One that found nothing to look at says so: it did not pass.
    pub fn outcome(self, checked: u64) -> Outcome {
        if self.count == 0 && checked == 0 {
            Outcome::not_run(say!(nothing_to_look_at), false)
        } else if self.count == 0 {
            Outcome::Passed { checked }
        } else {
            Outcome::Failed {
                checked,
                count: self.count,
                findings: self.kept,
            }
        }
    }
}

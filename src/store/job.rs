//! Deliveries over HTTP as the catalogue keeps them: who sent what, what is asked about it, how far it is,
//! and how it ended. A row is written before the first byte arrives, so nothing that came is ever without a
//! name; a row that is not at an end when the server starts is taken up again.

use std::{collections::BTreeMap, fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Actor, Role, StoreError};
use crate::{
    model::{LayerId, Metadata, Say, Verdict},
    validate::{CodeMap, Confirmed, Counts, Repairs},
};

/// The number of a delivery, `d-12`. It shares its numbers with reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub i64);

impl fmt::Display for JobId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "d-{}", self.0)
    }
}

impl FromStr for JobId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        text.strip_prefix("d-")
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            .and_then(|digits| digits.parse().ok())
            .map(Self)
            .ok_or_else(|| format!("`{text:.40}` is no delivery; one is called d-12"))
    }
}

impl Serialize for JobId {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for JobId {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?
            .parse()
            .map_err(serde::de::Error::custom)
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JobState {
    /// Bytes arrive, or can go on arriving.
    Receiving,
    /// It waits for its turn.
    Queued,
    /// A child reads it.
    Reading,
    /// Its layers are held to their standards.
    Checking,
    /// A layer of it is laid out as a draft version.
    Publishing,
    /// Every layer of it has its verdict.
    Judged,
    /// It ended without a verdict; `reason` says why.
    Failed,
    /// Somebody called it off.
    Cancelled,
}

impl JobState {
    /// Every state, in the order of the way.
    pub const ALL: [Self; 8] = [
        Self::Receiving,
        Self::Queued,
        Self::Reading,
        Self::Checking,
        Self::Publishing,
        Self::Judged,
        Self::Failed,
        Self::Cancelled,
    ];

    /// True when nothing more happens by itself.
    pub fn is_end(self) -> bool {
        matches!(self, Self::Judged | Self::Failed | Self::Cancelled)
    }

    /// As the interface writes it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Queued => "queued",
            Self::Reading => "reading",
            Self::Checking => "checking",
            Self::Publishing => "publishing",
            Self::Judged => "judged",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// How a delivery comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Via {
    /// As a form, in one request.
    Form,
    /// By tus, in as many requests as it takes.
    Tus,
}

/// One file of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JobFile {
    /// What the sender calls it. Only ever shown; never a path.
    pub label: String,
    /// Its name in the delivery's folder, of our own making.
    pub stored: String,
    /// Bytes that are on disk.
    pub bytes: u64,
    /// Bytes that were announced.
    #[serde(default)]
    pub total: Option<u64>,
    /// BLAKE3 of the whole file, once it is whole.
    #[serde(default)]
    pub hash: Option<String>,
}

/// What is asked about a delivery. All of it can be changed later; then it is judged again.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct JobAsk {
    /// The layer that the sender says it is.
    pub layer: Option<LayerId>,
    /// The CRS, `EPSG:32643`.
    pub crs: Option<String>,
    /// The encoding of text.
    pub encoding: Option<String>,
    /// Which column answers which field.
    pub columns: BTreeMap<String, String>,
    /// Which code a text means, field by field.
    pub codes: CodeMap,
    /// The repairs to make first.
    pub repairs: Repairs,
    /// Set bad rows aside and judge the rest.
    pub set_aside: bool,
    /// Metadata, element by element; they go before those in the files.
    pub metadata: Metadata,
}

/// Answers with where they come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remembered {
    /// What was confirmed.
    #[serde(flatten)]
    pub answers: Confirmed,
    /// For which delivery.
    pub from: JobId,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

/// A layer of a delivery with its verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JobLayer {
    /// The layer.
    pub layer: LayerId,
    /// What the gate said.
    pub verdict: Verdict,
    /// In one sentence.
    pub summary: String,
    /// The same before it had a language.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub summary_say: Say,
    /// What became of its rows.
    pub counts: Counts,
    /// The version that it became or confirmed; none where it cannot be placed.
    pub version: Option<u32>,
    /// Where that version stood when it was judged.
    pub state: Option<String>,
    /// The number of its report.
    pub report: JobId,
}

/// A delivery.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// Who sent it: the name of an account.
    pub actor: String,
    /// What that account might do then.
    pub role: Role,
    /// The office, or whatever the sender calls where it comes from; what is confirmed is kept by it.
    pub source: String,
    /// How it comes.
    pub via: Via,
    /// Where it stands.
    pub state: JobState,
    /// Its files.
    pub files: Vec<JobFile>,
    /// What is asked about it.
    pub ask: JobAsk,
    /// What of that nobody said this time, but once for this source.
    #[serde(default)]
    pub remembered: Option<Remembered>,
    /// Who asked what is asked now, where that is not the sender.
    #[serde(default)]
    pub asked_by: Option<String>,
    /// How often its judging was begun without coming to an end.
    pub attempts: u32,
    /// Why it ended as it did, or waits.
    pub reason: Option<String>,
    /// The same before it had a language.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub reason_say: Say,
    /// What was said with it and could not be meant, so that it was judged without.
    #[serde(default)]
    pub passed_over: Option<String>,
    /// Its layers, once they are judged.
    pub layers: Vec<JobLayer>,
    /// Until when bytes may go on arriving, RFC 3339 in UTC.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// When it began, RFC 3339 in UTC.
    pub created_at: String,
    /// When it last changed.
    pub updated_at: String,
}

impl Job {
    /// Sets why it ended, in English and for every other language.
    pub fn because(&mut self, reason: Say, english: String) {
        self.reason = Some(english);
        self.reason_say = reason;
    }

    /// Who sent it.
    pub fn sender(&self) -> Actor {
        Actor {
            name: self.actor.clone(),
            role: self.role,
        }
    }
}

/// Which deliveries are wanted.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    /// At most so many, newest first.
    pub limit: u32,
    /// Only those that are asked to be, or were found to be, this layer.
    pub layer: Option<LayerId>,
    /// Only those in this state.
    pub state: Option<JobState>,
}

/// Keeps deliveries.
pub trait JobStore: Send + Sync {
    /// Gives a new delivery its number and keeps it.
    fn add_job(&self, job: Job) -> Result<Job, StoreError>;

    /// Keeps what became of a delivery.
    fn save_job(&self, job: &Job) -> Result<(), StoreError>;

    /// A delivery by its number, or by the number of one of its reports.
    fn job(&self, id: JobId) -> Result<Option<Job>, StoreError>;

    /// Deliveries, newest first.
    fn jobs(&self, filter: &JobFilter) -> Result<Vec<Job>, StoreError>;

    /// Deliveries that are not at an end, oldest first.
    fn unfinished_jobs(&self) -> Result<Vec<Job>, StoreError>;

    /// Keeps what a person confirmed, over what was known of the source.
    fn remember(
        &self,
        source: &str,
        from: JobId,
        by: &str,
        answers: &Confirmed,
    ) -> Result<(), StoreError>;

    /// What was confirmed of a source.
    fn remembered(&self, source: &str) -> Result<Option<Remembered>, StoreError>;
}

//! What the catalogue knows of a layer, of a delivery and of a table.

use serde::{Deserialize, Serialize};

use super::{VersionEntry, VersionState};
use crate::{
    indicator::IndicatorTable,
    model::{LayerId, Verdict, Version},
};

/// Where a layer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// A version is public.
    Published,
    /// Only on this machine's map; never published.
    Draft,
    /// Nothing is public; the last delivery was kept out.
    Withheld,
    /// Nothing is public yet; a version is on its way.
    Staged,
    /// Nothing is public any more: it was withdrawn.
    Retired,
}

/// That and why nothing of a layer is public any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retirement {
    /// Since when, RFC 3339 in UTC.
    pub at: String,
    /// Why.
    pub reason: String,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Became {
    /// A new version.
    Published,
    /// The same content as the current version: it is confirmed as fresh, no new version.
    Confirmed,
    /// Kept out; the version before it stays.
    Withheld,
    /// Shown on the local map only.
    Draft,
    /// A new version, as a draft that waits to be submitted.
    Staged,
}

/// One layer as the catalogue knows it, or what a publish made of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// The layer.
    pub layer: LayerId,
    /// Where it stands.
    pub state: State,
    /// Since when and why nothing of it is public any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retired: Option<Retirement>,
    /// The public version.
    pub version: Option<Version>,
    /// The content hash of that version.
    pub hash: Option<String>,
    /// The verdict of that version, or of the last delivery where none is public.
    pub verdict: Verdict,
    /// The gate's one sentence.
    pub summary: String,
    /// How many features it has.
    pub features: u64,
    /// The report that goes with it: `d-12`.
    pub report_id: String,
    /// The name of the file it came from.
    pub file: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

impl From<VersionEntry> for Entry {
    fn from(one: VersionEntry) -> Self {
        Self {
            layer: one.layer,
            state: if one.state == VersionState::Published {
                State::Published
            } else {
                State::Staged
            },
            retired: None,
            version: Some(one.version),
            hash: Some(one.hash),
            verdict: one.verdict,
            summary: one.summary,
            features: one.features,
            report_id: one.report_id,
            file: one.file,
            at: one.at,
        }
    }
}

/// One delivery: a file that came to the gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeliveryEntry {
    /// Its id, which is its report's address too: `d-12`.
    pub id: String,
    /// For which layer it was held.
    pub layer: LayerId,
    /// The name of the file.
    pub file: String,
    /// What the gate said.
    pub verdict: Verdict,
    /// In one sentence.
    pub summary: String,
    /// What became of it.
    pub became: Became,
    /// The version it made or confirmed.
    pub version: Option<Version>,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

/// An indicator table as the catalogue keeps it.
#[derive(Clone, Debug)]
pub struct StoredTable {
    /// The table.
    pub table: IndicatorTable,
    /// Counts up with every new content of the same indicator.
    pub version: Version,
    /// The file it came from.
    pub file: String,
    /// When, RFC 3339 in UTC.
    pub at: String,
}

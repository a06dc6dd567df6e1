//! Versions and where they stand, and since when which was public.

use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;

use super::{
    Action, Actor, Embedded, StoreError, VersionState, catalogue::failed, rows::unword,
    workflow::possible,
};
use crate::model::{LayerId, Verdict, Version};

/// One version of a layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct VersionEntry {
    /// The layer.
    pub layer: LayerId,
    /// Its number.
    pub version: Version,
    /// Where it stands.
    pub state: VersionState,
    /// Counts its transitions.
    pub revision: u64,
    /// The hash of its content.
    pub hash: String,
    /// How many features.
    pub features: u64,
    /// What the gate said.
    pub verdict: Verdict,
    /// In one sentence.
    pub summary: String,
    /// The report that goes with it: `d-12`.
    pub report_id: String,
    /// The name of the file it came from.
    pub file: String,
    /// Who delivered it.
    pub author: String,
    /// When it was delivered, RFC 3339 in UTC.
    pub at: String,
    /// Who moved it last.
    pub changed_by: String,
    /// When.
    pub changed_at: String,
    /// What was said then: why it was returned or retired.
    pub comment: Option<String>,
}

impl VersionEntry {
    /// What an actor may do with it now.
    pub fn possible(&self, actor: &Actor) -> Vec<Action> {
        possible(actor, self.state, &self.author, self.verdict.admits())
    }
}

/// A change of what is public of a layer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Publication {
    /// The layer.
    pub layer: LayerId,
    /// What is public from then on; nothing when it was withdrawn.
    pub version: Option<Version>,
    /// From when, RFC 3339 in UTC.
    pub at: String,
    /// Who did it.
    pub actor: String,
    /// What was said.
    pub comment: Option<String>,
}

/// What somebody saw before deciding; a transition of something else is refused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// In which state.
    pub state: Option<VersionState>,
    /// At which [`VersionEntry::revision`].
    pub revision: Option<u64>,
}

const COLUMNS: &str =
    "v.layer, v.version, v.state, v.revision, v.hash, v.features, d.verdict, d.summary, d.id,
    d.file, v.author, v.at, v.changed_by, v.changed_at, v.comment
    FROM versions v JOIN deliveries d ON d.id = v.delivery";

fn entry(row: &Row<'_>) -> rusqlite::Result<VersionEntry> {
    Ok(VersionEntry {
        layer: unword(row, 0)?,
        version: Version(row.get(1)?),
        state: unword(row, 2)?,
        revision: row.get::<_, i64>(3)? as u64,
        hash: row.get(4)?,
        features: row.get::<_, i64>(5)? as u64,
        verdict: unword(row, 6)?,
        summary: row.get(7)?,
        report_id: format!("d-{}", row.get::<_, i64>(8)?),
        file: row.get(9)?,
        author: row.get(10)?,
        at: row.get(11)?,
        changed_by: row.get(12)?,
        changed_at: row.get(13)?,
        comment: row.get(14)?,
    })
}

/// One version inside a transaction.
pub(super) fn find(
    connection: &rusqlite::Connection,
    layer: &LayerId,
    version: Version,
) -> Result<VersionEntry, StoreError> {
    connection
        .query_row(
            &format!("SELECT {COLUMNS} WHERE v.layer = ?1 AND v.version = ?2"),
            params![layer.as_str(), version.0],
            entry,
        )
        .optional()
        .map_err(failed("find the version"))?
        .ok_or_else(|| StoreError::NotFound {
            what: format!("version {version} of layer {layer}"),
        })
}

impl Embedded {
    pub(super) fn all_versions(
        &self,
        layer: Option<&LayerId>,
    ) -> Result<Vec<VersionEntry>, StoreError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached(&format!(
                "SELECT {COLUMNS} WHERE ?1 IS NULL OR v.layer = ?1 ORDER BY v.layer, v.version DESC"
            ))
            .map_err(failed("list versions"))?;
        statement
            .query_map([layer.map(LayerId::as_str)], entry)
            .and_then(Iterator::collect)
            .map_err(failed("list versions"))
    }

    pub(super) fn all_publications(&self) -> Result<Vec<Publication>, StoreError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached(
                "SELECT layer, version, at, actor, comment FROM publications ORDER BY id",
            )
            .map_err(failed("list publications"))?;
        statement
            .query_map([], |row| {
                Ok(Publication {
                    layer: unword(row, 0)?,
                    version: row.get::<_, Option<u32>>(1)?.map(Version),
                    at: row.get(2)?,
                    actor: row.get(3)?,
                    comment: row.get(4)?,
                })
            })
            .and_then(Iterator::collect)
            .map_err(failed("list publications"))
    }
}

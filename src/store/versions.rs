//! Versions and where they stand: staged, moved along the table of [`super::workflow`], listed.

use rusqlite::{OptionalExtension, Row, Transaction, TransactionBehavior, params};
use serde::Serialize;

use super::{
    Action, Actor, Became, Embedded, StoreError, VersionState,
    catalogue::failed,
    disk::disk,
    journal,
    publish::{Placed, file_hash},
    rows::{Made, add_delivery, identity, now, raise_generation, unword, word},
    workflow::{Refusal, may, possible},
};
use crate::{
    model::{Layer, LayerId, Verdict, Version},
    snapshot,
    validate::Report,
};

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

/// A version to be named in the catalogue; its files are in place.
pub(super) struct Named<'a> {
    pub(super) layer: &'a LayerId,
    pub(super) version: Version,
    pub(super) state: VersionState,
    pub(super) hash: &'a str,
    pub(super) identity: &'a str,
    pub(super) placed: &'a Placed,
    pub(super) features: u64,
    pub(super) delivery: i64,
    pub(super) actor: &'a Actor,
    pub(super) at: &'a str,
}

/// Names a version in the catalogue.
pub(super) fn name(transaction: &Transaction<'_>, one: &Named<'_>) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO versions (layer, version, hash, identity, folder, features, delivery, at, state,
             author, changed_at, changed_by, truth) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?8, ?10, ?11)",
            params![
                one.layer.as_str(),
                one.version.0,
                one.hash,
                one.identity,
                one.placed.folder,
                one.features as i64,
                one.delivery,
                one.at,
                word(one.state),
                one.actor.name,
                one.placed.truth,
            ],
        )
        .map_err(failed("name the version"))?;
    Ok(())
}

/// Makes a version the public one, or nothing, and remembers since when.
pub(super) fn make_public(
    transaction: &Transaction<'_>,
    layer: &LayerId,
    version: Option<Version>,
    actor: &Actor,
    at: &str,
    comment: Option<&str>,
) -> Result<(), StoreError> {
    let number = version.map(|version| version.0);
    let done = match number {
        Some(number) => transaction
            .execute(
                "UPDATE versions SET state = 'superseded', revision = revision + 1, changed_at = ?3,
                 changed_by = ?4, comment = NULL
                 WHERE layer = ?1 AND state = 'published' AND version <> ?2",
                params![layer.as_str(), number, at, actor.name],
            )
            .and_then(|_| {
                transaction.execute(
                    "INSERT INTO layers (layer, version) VALUES (?1, ?2)
                     ON CONFLICT (layer) DO UPDATE SET version = excluded.version",
                    params![layer.as_str(), number],
                )
            }),
        None => transaction.execute("DELETE FROM layers WHERE layer = ?1", [layer.as_str()]),
    };
    done.and_then(|_| {
        transaction.execute(
            "INSERT INTO publications (layer, version, at, actor, comment) VALUES (?1, ?2, ?3, ?4, ?5)",
            params![layer.as_str(), number, at, actor.name, comment],
        )
    })
    .map_err(failed("make the version public"))?;
    Ok(())
}

impl Embedded {
    pub(super) fn stage_version(
        &self,
        layer: &Layer,
        report: &Report,
        delivery: Option<i64>,
        actor: &Actor,
    ) -> Result<(VersionEntry, Became), StoreError> {
        let hash = snapshot::content_hash(layer);
        let identity = identity(layer)?;
        let at = now();
        let lock = self.lock_file()?;
        lock.lock()
            .map_err(disk("lock", &self.folder.join("publish.lock")))?;

        // The same content under the same metadata with the same verdict, public or on its way.
        let same: Option<u32> = self
            .connection()
            .query_row(
                "SELECT v.version FROM versions v JOIN deliveries d ON d.id = v.delivery
                 WHERE v.layer = ?1 AND v.hash = ?2 AND v.identity = ?3 AND d.verdict = ?4
                 AND v.state IN ('draft', 'submitted', 'approved', 'published')
                 ORDER BY v.state = 'published' DESC, v.version DESC LIMIT 1",
                params![layer.id.as_str(), hash, identity, word(layer.verdict)],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed("look for the same version"))?;
        let (version, became) = match same {
            Some(same) => (Version(same), Became::Confirmed),
            None => (self.next_version(&layer.id)?, Became::Staged),
        };
        let placed = match same {
            Some(_) => None,
            None => Some(self.write_files(layer, version, &hash, &at)?),
        };

        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed("begin"))?;
        let features = layer.ids.len() as u64;
        let delivery = add_delivery(
            &transaction,
            &Made {
                id: delivery,
                report,
                became,
                version: Some(version),
                features,
                at: &at,
            },
        )?;
        if let Some(placed) = &placed {
            name(
                &transaction,
                &Named {
                    layer: &layer.id,
                    version,
                    state: VersionState::Draft,
                    hash: &hash,
                    identity: &identity,
                    placed,
                    features,
                    delivery,
                    actor,
                    at: &at,
                },
            )?;
        }
        journal::append(
            &transaction,
            &at,
            actor,
            &word(became),
            layer.id.as_str(),
            &serde_json::json!({
                "version": version,
                "hash": hash,
                "delivery": format!("d-{delivery}"),
                "file": report.source.file,
                "file_hash": report.source.hash,
                "truth": placed.as_ref().map(|placed| &placed.truth),
            }),
        )?;
        raise_generation(&transaction)?;
        let found = find(&transaction, &layer.id, version)?;
        transaction.commit().map_err(failed("commit"))?;
        Ok((found, became))
    }

    /// The number of a layer's next version. Under the lock.
    pub(super) fn next_version(&self, layer: &LayerId) -> Result<Version, StoreError> {
        self.connection()
            .query_row(
                "SELECT coalesce(max(version), 0) + 1 FROM versions WHERE layer = ?1",
                [layer.as_str()],
                |row| row.get(0).map(Version),
            )
            .map_err(failed("count versions"))
    }

    pub(super) fn move_version(
        &self,
        layer: &LayerId,
        version: Version,
        action: Action,
        actor: &Actor,
        seen: Seen,
        comment: Option<&str>,
    ) -> Result<VersionEntry, StoreError> {
        let comment = comment.map(str::trim).filter(|text| !text.is_empty());
        if action == Action::Publish {
            // Before the transaction: reading a large file must not keep others waiting.
            self.check_truth(layer, version)?;
        }
        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed("begin"))?;
        let before = find(&transaction, layer, version)?;
        let conflict = |why: String| StoreError::Conflict {
            why,
            state: before.state,
            possible: before.possible(actor),
        };
        if let Some(state) = seen.state
            && state != before.state
        {
            return Err(conflict(format!(
                "version {version} of {layer} is {}, no longer {state}",
                before.state
            )));
        }
        if seen
            .revision
            .is_some_and(|revision| revision != before.revision)
        {
            return Err(StoreError::Moved {
                state: before.state,
            });
        }
        let admitted = before.verdict.admits();
        let rule = may(actor, action, before.state, &before.author, admitted).map_err(
            |refusal| match refusal {
                Refusal::State => conflict(format!(
                    "version {version} of {layer} is {}: `{action}` is not possible from there",
                    before.state
                )),
                Refusal::Verdict => conflict(format!(
                    "version {version} of {layer} does not conform, see its report; deliver the mended file \
                     as the next version"
                )),
                Refusal::Role(role) => StoreError::Forbidden(format!(
                    "`{action}` needs the role {role}; {} is {}",
                    actor.name, actor.role
                )),
                Refusal::Whose(super::Whose::Own) => StoreError::Forbidden(format!(
                    "{} delivered it, and only he or a coordinator may {action} it",
                    before.author
                )),
                Refusal::Whose(_) => StoreError::Forbidden(format!(
                    "{} delivered it, and another pair of eyes must {action} it",
                    actor.name
                )),
            },
        )?;
        if rule.comment && comment.is_none() {
            return Err(StoreError::NeedsComment(action));
        }
        let at = now();
        transaction
            .execute(
                "UPDATE versions SET state = ?3, revision = revision + 1, changed_at = ?4, changed_by = ?5,
                 comment = ?6 WHERE layer = ?1 AND version = ?2",
                params![
                    layer.as_str(),
                    version.0,
                    word(rule.to),
                    at,
                    actor.name,
                    comment
                ],
            )
            .map_err(failed("move the version"))?;
        match (action, before.state) {
            (Action::Publish, _) => {
                make_public(&transaction, layer, Some(version), actor, &at, comment)?;
            }
            (Action::Retire, VersionState::Published) => {
                make_public(&transaction, layer, None, actor, &at, comment)?;
            }
            _ => {}
        }
        let mut detail = serde_json::json!({
            "version": version,
            "hash": before.hash,
            "from": before.state,
            "to": rule.to,
        });
        if let Some(comment) = comment {
            detail["comment"] = comment.into();
        }
        if action == Action::Publish && before.state != VersionState::Approved {
            detail["again"] = true.into();
        }
        journal::append(
            &transaction,
            &at,
            actor,
            action.done(),
            layer.as_str(),
            &detail,
        )?;
        raise_generation(&transaction)?;
        let after = find(&transaction, layer, version)?;
        transaction.commit().map_err(failed("commit"))?;
        Ok(after)
    }

    /// The truth of a version is what it was when it was staged.
    pub(super) fn check_truth(&self, layer: &LayerId, version: Version) -> Result<(), StoreError> {
        let found: Option<(String, Option<String>)> = self
            .connection()
            .query_row(
                "SELECT folder, truth FROM versions WHERE layer = ?1 AND version = ?2",
                params![layer.as_str(), version.0],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(failed("find the version"))?;
        let Some((folder, Some(sealed))) = found else {
            return Ok(());
        };
        let path = self.folder.join(folder).join(snapshot::TRUTH);
        if file_hash(&path)? == sealed {
            return Ok(());
        }
        Err(StoreError::Snapshot {
            layer: layer.clone(),
            source: snapshot::SnapshotError::Damaged {
                path: path.display().to_string(),
                what: format!("it is not as version {version} was staged"),
            },
        })
    }

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

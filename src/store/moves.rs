//! Versions moved along the table of [`super::workflow`], and what is public made another.

use rusqlite::{Transaction, params};

use super::{
    Action, Actor, Embedded, Seen, StoreError, VersionEntry, VersionState,
    catalogue::{begin, failed},
    journal,
    rows::{now, raise_generation, word},
    versions::find,
    workflow::{Refusal, may},
};
use crate::model::{LayerId, Version};

impl Embedded {
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
        let transaction = begin(&mut connection)?;
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

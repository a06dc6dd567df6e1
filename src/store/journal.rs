//! What happened, in the order it happened, each entry sealed with the hash of the one before it.

use rusqlite::{Connection, OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Actor, StoreError, catalogue::failed};

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct JournalEntry {
    /// Counts from 1.
    pub id: i64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// Who: an office account, or `local` on a machine without accounts.
    pub actor: String,
    /// What: `published`, `confirmed`, `withheld`, `table`.
    pub what: String,
    /// Of which layer or indicator.
    pub subject: String,
    /// The version, the delivery, the hash, as JSON.
    pub detail: String,
    /// BLAKE3 over the hash before it and the fields above.
    pub hash: String,
}

impl JournalEntry {
    /// The hash that this entry must have after one with hash `before`.
    pub(super) fn seal(&self, before: &str) -> String {
        let mut hasher = blake3::Hasher::new();
        for field in [
            before,
            &self.at,
            &self.actor,
            &self.what,
            &self.subject,
            &self.detail,
        ] {
            // The length first: no two lists of fields run together into the same bytes.
            hasher.update(&(field.len() as u64).to_le_bytes());
            hasher.update(field.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// Adds an entry. Call it inside the transaction of what it tells.
pub(super) fn append(
    connection: &Connection,
    at: &str,
    actor: &Actor,
    what: &str,
    subject: &str,
    detail: &serde_json::Value,
) -> Result<(), StoreError> {
    let mut detail = detail.clone();
    detail["role"] = serde_json::json!(actor.role);
    let before: Option<String> = connection
        .query_row(
            "SELECT hash FROM journal ORDER BY id DESC LIMIT 1",
            [],
            |row| row.get(0),
        )
        .optional()
        .map_err(failed("read the journal"))?;
    let mut entry = JournalEntry {
        id: 0,
        at: at.to_owned(),
        actor: actor.name.clone(),
        what: what.to_owned(),
        subject: subject.to_owned(),
        detail: detail.to_string(),
        hash: String::new(),
    };
    entry.hash = entry.seal(before.as_deref().unwrap_or(""));
    connection
        .execute(
            "INSERT INTO journal (at, actor, what, subject, detail, hash) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                entry.at,
                entry.actor,
                entry.what,
                entry.subject,
                entry.detail,
                entry.hash
            ],
        )
        .and_then(|_| {
            connection.execute(
                "INSERT INTO journal_head (one, count, hash) VALUES (1, 1, ?1)
                 ON CONFLICT (one) DO UPDATE SET count = count + 1, hash = excluded.hash",
                [&entry.hash],
            )
        })
        .map_err(failed("write the journal"))?;
    Ok(())
}

/// Which entries are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JournalQuery {
    /// Only entries before this one.
    pub before: Option<i64>,
    /// Only of this layer, indicator or account.
    pub subject: Option<String>,
    /// Only by this actor.
    pub actor: Option<String>,
    /// Only of these kinds; all when it is empty.
    pub what: Vec<String>,
    /// At most so many.
    pub limit: u32,
}

pub(super) fn read(row: &rusqlite::Row<'_>) -> rusqlite::Result<JournalEntry> {
    Ok(JournalEntry {
        id: row.get(0)?,
        at: row.get(1)?,
        actor: row.get(2)?,
        what: row.get(3)?,
        subject: row.get(4)?,
        detail: row.get(5)?,
        hash: row.get(6)?,
    })
}

/// The entries that were asked for, newest first.
pub(super) fn page(
    connection: &Connection,
    query: &JournalQuery,
) -> Result<Vec<JournalEntry>, StoreError> {
    // A list as JSON, since SQLite binds no lists.
    let kinds = serde_json::json!(query.what).to_string();
    let mut statement = connection
        .prepare_cached(
            "SELECT id, at, actor, what, subject, detail, hash FROM journal
             WHERE (?1 IS NULL OR id < ?1) AND (?2 IS NULL OR subject = ?2) AND (?3 IS NULL OR actor = ?3)
             AND (?4 = '[]' OR what IN (SELECT value FROM json_each(?4)))
             ORDER BY id DESC LIMIT ?5",
        )
        .map_err(failed("read the journal"))?;
    statement
        .query_map(
            params![query.before, query.subject, query.actor, kinds, query.limit],
            read,
        )
        .and_then(Iterator::collect)
        .map_err(failed("read the journal"))
}

/// The first entry, oldest first, whose hash is not what it must be; none when the journal is whole.
pub fn first_broken(newest_first: &[JournalEntry]) -> Option<i64> {
    let mut before = "";
    for entry in newest_first.iter().rev() {
        if entry.seal(before) != entry.hash {
            return Some(entry.id);
        }
        before = &entry.hash;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(connection: &Connection) -> Result<Vec<JournalEntry>, StoreError> {
        page(
            connection,
            &JournalQuery {
                limit: 99,
                ..JournalQuery::default()
            },
        )
    }

    #[test]
    fn a_change_in_the_past_shows() {
        let folder = tempfile::tempdir().expect("a folder");
        let connection =
            super::super::catalogue::open(&folder.path().join("catalogue.sqlite")).expect("open");
        for what in ["published", "withheld", "confirmed"] {
            append(
                &connection,
                "2026-01-01T00:00:00Z",
                &Actor::local(),
                what,
                "road",
                &serde_json::json!({ "version": 1 }),
            )
            .expect("appended");
        }
        assert_eq!(first_broken(&all(&connection).expect("read")), None);
        assert!(
            connection.execute("DELETE FROM journal", []).is_err()
                && connection
                    .execute("UPDATE journal SET what = ''", [])
                    .is_err(),
            "not in passing"
        );
        connection
            .execute_batch("DROP TRIGGER journal_is_not_rewritten")
            .expect("whoever owns the file can");
        connection
            .execute("UPDATE journal SET what = 'published' WHERE id = 2", [])
            .expect("tampered");
        assert_eq!(first_broken(&all(&connection).expect("read")), Some(2));
    }
}

//! Schema 2: where each version stands, what was public when, who may do what, and a journal that nobody
//! can shorten or rewrite in passing.

use rusqlite::{Transaction, params};

use crate::store::{StoreError, catalogue::failed};

/// What it adds. Before it, every version of the table had been public, one after the other.
pub(super) const SQL: &str = "
ALTER TABLE versions ADD COLUMN state TEXT NOT NULL DEFAULT 'published';
-- Counts the transitions, so that two people do not act on one state.
ALTER TABLE versions ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
ALTER TABLE versions ADD COLUMN author TEXT NOT NULL DEFAULT 'local';
ALTER TABLE versions ADD COLUMN changed_at TEXT NOT NULL DEFAULT '';
ALTER TABLE versions ADD COLUMN changed_by TEXT NOT NULL DEFAULT 'local';
-- What was said at the last transition: why it was returned or retired.
ALTER TABLE versions ADD COLUMN comment TEXT;
UPDATE versions SET changed_at = coalesce(
    (SELECT n.at FROM versions n WHERE n.layer = versions.layer AND n.version = versions.version + 1), at);
UPDATE versions SET state = 'superseded' WHERE version IS NOT
    (SELECT l.version FROM layers l WHERE l.layer = versions.layer);

-- What became public when: one row each time that the public version of a layer changes. Without a
-- version, nothing is public from then on.
CREATE TABLE publications (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    layer TEXT NOT NULL,
    version INTEGER,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    comment TEXT
) STRICT;
CREATE INDEX publications_of_layer ON publications (layer, id);
INSERT INTO publications (layer, version, at, actor)
    SELECT layer, version, at, 'local' FROM versions ORDER BY at, version;

CREATE TABLE users (
    name TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    -- BLAKE3 of the token, which itself is kept nowhere.
    token TEXT NOT NULL UNIQUE,
    at TEXT NOT NULL
) STRICT;

-- How many entries the journal has and how the last is sealed: shows when its end is missing.
CREATE TABLE journal_head (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    count INTEGER NOT NULL,
    hash TEXT NOT NULL
) STRICT;

CREATE TRIGGER journal_is_not_rewritten BEFORE UPDATE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER journal_is_not_shortened BEFORE DELETE ON journal
    BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
CREATE TRIGGER publications_are_not_rewritten BEFORE UPDATE ON publications
    BEGIN SELECT RAISE(ABORT, 'publications are append-only'); END;
CREATE TRIGGER publications_are_not_removed BEFORE DELETE ON publications
    BEGIN SELECT RAISE(ABORT, 'publications are append-only'); END;
";

/// Takes the end of the journal as it is found.
pub(super) fn seal(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction
        .execute(
            "INSERT INTO journal_head (one, count, hash) SELECT 1, count(*),
             coalesce((SELECT hash FROM journal ORDER BY id DESC LIMIT 1), '') FROM journal",
            params![],
        )
        .map_err(failed("be brought up to date"))?;
    Ok(())
}

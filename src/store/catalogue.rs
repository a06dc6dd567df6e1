//! The catalogue: a SQLite file in the data folder, opened the same way by every process.
//!
//! Write-ahead logging lets a server read while `parat ingest` writes. `synchronous = FULL` makes a
//! commit mean that it survives a power cut. The same tables go to PostgreSQL unchanged.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

use super::StoreError;

/// The newest schema that this program knows.
const SCHEMA: i64 = 1;

const TABLES: &str = "
CREATE TABLE meta (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO meta VALUES ('schema', 1), ('generation', 0);

-- Every delivery that came to the gate, with its report as JSON.
CREATE TABLE deliveries (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    layer TEXT NOT NULL,
    file TEXT NOT NULL,
    verdict TEXT NOT NULL,
    summary TEXT NOT NULL,
    became TEXT NOT NULL,
    version INTEGER,
    features INTEGER NOT NULL,
    at TEXT NOT NULL,
    report TEXT NOT NULL
) STRICT;
CREATE INDEX deliveries_of_layer ON deliveries (layer, id);

-- Every version that was ever public. Rows are added, never changed.
CREATE TABLE versions (
    layer TEXT NOT NULL,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    -- What else makes a version another one: metadata, title, standard.
    identity TEXT NOT NULL,
    -- Below the data folder.
    folder TEXT NOT NULL,
    features INTEGER NOT NULL,
    delivery INTEGER NOT NULL REFERENCES deliveries (id),
    at TEXT NOT NULL,
    PRIMARY KEY (layer, version)
) STRICT;

-- Which version of a layer is public.
CREATE TABLE layers (
    layer TEXT PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;

-- Indicator tables, as JSON; the newest version of each is the one that answers.
CREATE TABLE indicator_tables (
    indicator TEXT NOT NULL,
    version INTEGER NOT NULL,
    hash TEXT NOT NULL,
    file TEXT NOT NULL,
    at TEXT NOT NULL,
    body TEXT NOT NULL,
    PRIMARY KEY (indicator, version)
) STRICT;

CREATE TABLE join_reports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    layer TEXT NOT NULL,
    indicator TEXT NOT NULL,
    at TEXT NOT NULL,
    report TEXT NOT NULL
) STRICT;

-- Append only; each row's hash covers the row before it, so that a change in the past shows.
CREATE TABLE journal (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    actor TEXT NOT NULL,
    what TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
) STRICT;
";

/// Turns what SQLite says into what we say.
pub(super) fn failed(doing: &'static str) -> impl Fn(rusqlite::Error) -> StoreError {
    move |error| StoreError::Catalogue {
        doing,
        source: Box::new(error),
    }
}

/// Opens the catalogue, makes it where there is none, and brings it up to date.
pub(super) fn open(path: &Path) -> Result<Connection, StoreError> {
    let mut connection = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )
    .map_err(failed("be opened"))?;
    let settings = || -> rusqlite::Result<()> {
        connection.busy_timeout(std::time::Duration::from_secs(30))?;
        connection.pragma_update(None, "journal_mode", "wal")?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "foreign_keys", true)
    };
    settings().map_err(failed("be set up"))?;

    let transaction = connection
        .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
        .map_err(failed("be locked"))?;
    let made: bool = transaction
        .query_row(
            "SELECT count(*) FROM sqlite_master WHERE name = 'meta'",
            [],
            |row| row.get(0),
        )
        .map_err(failed("be read"))?;
    if !made {
        transaction
            .execute_batch(TABLES)
            .map_err(failed("be made"))?;
    }
    let found = number(&transaction, "schema")?;
    if found > SCHEMA {
        return Err(StoreError::Newer {
            found,
            known: SCHEMA,
        });
    }
    transaction.commit().map_err(failed("be made"))?;
    Ok(connection)
}

/// A number of the table `meta`.
pub(super) fn number(connection: &Connection, name: &str) -> Result<i64, StoreError> {
    connection
        .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .map_err(failed("be read"))
}

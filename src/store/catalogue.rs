//! The catalogue: a SQLite file in the data folder, opened the same way by every process.
//!
//! Write-ahead logging lets a server read while `parat ingest` writes. `synchronous = FULL` makes a
//! commit mean that it survives a power cut. The same tables go to PostgreSQL unchanged.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};

use super::{StoreError, migrations};

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

    migrations::run(&mut connection)?;
    Ok(connection)
}

/// Begins a change: nobody else writes until it is committed or dropped.
pub(super) fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("begin"))
}

/// A number of the table `meta`.
pub(super) fn number(connection: &Connection, name: &str) -> Result<i64, StoreError> {
    connection
        .query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| {
            row.get(0)
        })
        .map_err(failed("be read"))
}

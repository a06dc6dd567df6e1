//! The catalogue's schema as a list of numbered steps, each in a file of its own.
//!
//! A data folder of any older schema is brought up to date in one transaction when it is opened: either
//! all steps are done or none. A step that was released is never changed; what comes later is a new step.

mod first;
mod seals;
mod workflow;

use rusqlite::{Connection, Transaction, TransactionBehavior};

use super::{
    StoreError,
    catalogue::{failed, number},
};

/// What a step does beside its SQL, in the same transaction.
type Then = fn(&Transaction<'_>) -> Result<(), StoreError>;

/// One step from a schema to the next.
struct Migration {
    /// What it brings, for the log.
    about: &'static str,
    /// What SQLite is told.
    sql: &'static str,
    /// What SQL alone cannot say.
    then: Option<Then>,
}

/// Every step, in order; the place in the list, counted from 1, is the schema that it makes.
const STEPS: &[Migration] = &[
    Migration {
        about: "layers, versions, deliveries, tables, journal",
        sql: first::SQL,
        then: None,
    },
    Migration {
        about: "states of versions, publications, users, a sealed journal",
        sql: workflow::SQL,
        then: Some(workflow::seal),
    },
    Migration {
        about: "deliveries over HTTP",
        sql: super::jobs::TABLES,
        then: None,
    },
    Migration {
        about: "the hash of each version's truth",
        sql: seals::SQL,
        then: None,
    },
];

/// Makes the tables where there are none, and brings older ones up to date. Newer ones are refused.
pub(super) fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(failed("be locked"))?;
    let made: bool = transaction
        .query_row(
            "SELECT count(*) FROM sqlite_master WHERE name = 'meta'",
            [],
            |row| row.get(0),
        )
        .map_err(failed("be read"))?;
    let found = if made {
        number(&transaction, "schema")?
    } else {
        0
    };
    let known = STEPS.len() as i64;
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (at, step) in STEPS.iter().enumerate().skip(found.max(0) as usize) {
        transaction
            .execute_batch(step.sql)
            .map_err(failed("be brought up to date"))?;
        if let Some(then) = step.then {
            then(&transaction)?;
        }
        transaction
            .execute(
                "UPDATE meta SET value = ?1 WHERE name = 'schema'",
                [at as i64 + 1],
            )
            .map_err(failed("be brought up to date"))?;
        if made {
            tracing::info!(schema = at + 1, about = step.about, "catalogue upgraded");
        }
    }
    transaction.commit().map_err(failed("be made"))
}

#[cfg(test)]
mod tests;

//! Rows of the catalogue to our types and back.

use rusqlite::{Connection, Row, Transaction, params};
use serde::{Serialize, de::DeserializeOwned};

use super::{Became, Entry, State, StoreError, catalogue::failed};
use crate::{
    model::{Layer, Version},
    validate::Report,
};

/// This moment, as lists show it.
pub(super) fn now() -> String {
    // Whole seconds: what people read in lists.
    jiff::Timestamp::now()
        .round(jiff::Unit::Second)
        .unwrap_or_else(|_| jiff::Timestamp::now())
        .to_string()
}

/// An enum's name as the catalogue keeps it.
pub(super) fn word(value: impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(word)) => word,
        _ => String::new(),
    }
}

/// What the catalogue kept as JSON.
pub(super) fn parse<T: DeserializeOwned>(
    text: &str,
    what: impl Into<String>,
) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Stored {
        what: what.into(),
        source,
    })
}

/// A word of the catalogue back to its enum.
pub(super) fn unword<T: DeserializeOwned>(row: &Row<'_>, at: usize) -> rusqlite::Result<T> {
    let word: String = row.get(at)?;
    serde_json::from_value(word.into()).map_err(|error| {
        rusqlite::Error::FromSqlConversionFailure(at, rusqlite::types::Type::Text, Box::new(error))
    })
}

/// What the catalogue keeps as JSON.
pub(super) fn json(value: &impl Serialize, what: &str) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|source| StoreError::Stored {
        what: what.to_owned(),
        source,
    })
}

/// What makes a version another one beside its content: a change of metadata alone is worth a version.
pub(super) fn identity(layer: &Layer) -> Result<String, StoreError> {
    let said = json(
        &(
            &layer.title,
            &layer.description,
            &layer.metadata,
            &layer.standard,
            &layer.profile,
            &layer.packs,
        ),
        "metadata",
    )?;
    Ok(blake3::hash(said.as_bytes()).to_hex()[..16].to_owned())
}

/// A delivery to be kept.
pub(super) struct Made<'a> {
    /// The number that was reserved for it; a new one where none was.
    pub(super) id: Option<i64>,
    pub(super) report: &'a Report,
    pub(super) became: Became,
    pub(super) version: Option<Version>,
    pub(super) features: u64,
    pub(super) at: &'a str,
}

/// Keeps a delivery with its report and gives its number.
pub(super) fn add_delivery(connection: &Connection, made: &Made<'_>) -> Result<i64, StoreError> {
    connection
        .execute(
            "INSERT INTO deliveries (id, layer, file, verdict, summary, became, version, features, at, report)
             VALUES (?10, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                made.report.layer.as_str(),
                made.report.source.file,
                word(made.report.verdict),
                made.report.summary,
                word(made.became),
                made.version.map(|version| version.0),
                made.features as i64,
                made.at,
                json(made.report, "a report")?,
                made.id,
            ],
        )
        .map_err(failed("keep the delivery"))?;
    Ok(connection.last_insert_rowid())
}

/// Counts a change, for whoever watches.
pub(super) fn raise_generation(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    transaction
        .execute(
            "UPDATE meta SET value = value + 1 WHERE name = 'generation'",
            [],
        )
        .map_err(failed("count the change"))?;
    Ok(())
}

/// Columns of an entry that is a version with its delivery.
pub(super) const VERSION_COLUMNS: &str =
    "v.layer, v.version, v.hash, d.verdict, d.summary, v.features, d.id, d.file, v.at
    FROM versions v JOIN deliveries d ON d.id = v.delivery";

/// An entry from [`VERSION_COLUMNS`].
pub(super) fn version_entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        layer: unword(row, 0)?,
        state: State::Published,
        retired: None,
        version: Some(Version(row.get(1)?)),
        hash: Some(row.get(2)?),
        verdict: unword(row, 3)?,
        summary: row.get(4)?,
        features: row.get::<_, i64>(5)? as u64,
        report_id: format!("d-{}", row.get::<_, i64>(6)?),
        file: row.get(7)?,
        at: row.get(8)?,
    })
}

//! Indicator tables, one version a content, and the reports of their joins.

use rusqlite::{OptionalExtension, params};

use super::{
    Actor, Embedded, StoreError, StoredTable,
    catalogue::{begin, failed},
    journal,
    rows::{json, now, parse, raise_generation},
};
use crate::{
    indicator::{IndicatorTable, JoinReport},
    model::{IndicatorId, LayerId, Version},
};

impl Embedded {
    pub(super) fn keep_table(
        &self,
        table: &IndicatorTable,
        file: &str,
        actor: &Actor,
    ) -> Result<StoredTable, StoreError> {
        let body = json(table, "an indicator table")?;
        let hash = blake3::hash(body.as_bytes()).to_hex().to_string();
        let indicator = table.id.as_str();
        let mut at = now();
        let mut connection = self.connection();
        let transaction = begin(&mut connection)?;
        let last: Option<(u32, String, String)> = transaction
            .query_row(
                "SELECT version, hash, at FROM indicator_tables WHERE indicator = ?1
                 ORDER BY version DESC LIMIT 1",
                [indicator],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()
            .map_err(failed("find the table"))?;
        let version = match last {
            Some((version, old, when)) if old == hash => {
                at = when;
                version
            }
            last => {
                let version = last.map_or(1, |(version, ..)| version + 1);
                transaction
                    .execute(
                        "INSERT INTO indicator_tables (indicator, version, hash, file, at, body)
                         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                        params![indicator, version, hash, file, at, body],
                    )
                    .map_err(failed("keep the table"))?;
                journal::append(
                    &transaction,
                    &at,
                    actor,
                    "table",
                    indicator,
                    &serde_json::json!({ "version": version, "hash": hash, "file": file }),
                )?;
                raise_generation(&transaction)?;
                version
            }
        };
        transaction.commit().map_err(failed("commit"))?;
        Ok(StoredTable {
            table: table.clone(),
            version: Version(version),
            file: file.to_owned(),
            at,
        })
    }

    pub(super) fn newest_tables(&self) -> Result<Vec<StoredTable>, StoreError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached(
                "SELECT body, version, file, at FROM indicator_tables t WHERE version =
                 (SELECT max(version) FROM indicator_tables WHERE indicator = t.indicator)
                 ORDER BY indicator",
            )
            .map_err(failed("list tables"))?;
        let rows = statement
            .query_map([], |row| {
                Ok((
                    row.get::<_, String>(0)?,
                    row.get(1)?,
                    row.get(2)?,
                    row.get(3)?,
                ))
            })
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(failed("list tables"))?;
        rows.into_iter()
            .map(|(body, version, file, at)| {
                Ok(StoredTable {
                    table: parse(&body, "an indicator table")?,
                    version: Version(version),
                    file,
                    at,
                })
            })
            .collect()
    }

    pub(super) fn keep_join(
        &self,
        layer: &LayerId,
        indicator: &IndicatorId,
        report: &JoinReport,
    ) -> Result<(), StoreError> {
        self.connection()
            .execute(
                "INSERT INTO join_reports (layer, indicator, at, report) VALUES (?1, ?2, ?3, ?4)",
                params![
                    layer.as_str(),
                    indicator.as_str(),
                    now(),
                    json(report, "a join report")?
                ],
            )
            .map_err(failed("keep the join report"))?;
        Ok(())
    }
}

//! Deliveries with their reports: numbered, kept, found again.

use rusqlite::{OptionalExtension, params};

use super::{
    Actor, Became, DeliveryEntry, Embedded, Entry, State, StoreError,
    catalogue::{begin, failed},
    journal,
    rows::{Made, add_delivery, now, parse, raise_generation, unword},
};
use crate::{model::Version, validate::Report};

impl Embedded {
    pub(super) fn next_delivery(&self) -> Result<i64, StoreError> {
        // The counter of AUTOINCREMENT, which never gives a number twice.
        let mut connection = self.connection();
        let transaction = begin(&mut connection)?;
        let id = transaction
            .execute(
                "INSERT INTO sqlite_sequence (name, seq) SELECT 'deliveries', 0
                 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'deliveries')",
                [],
            )
            .and_then(|_| {
                transaction.query_row(
                    "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'deliveries' RETURNING seq",
                    [],
                    |row| row.get(0),
                )
            })
            .map_err(failed("number a delivery"))?;
        transaction.commit().map_err(failed("commit"))?;
        Ok(id)
    }

    pub(super) fn withhold_delivery(
        &self,
        report: &Report,
        delivery: Option<i64>,
        actor: &Actor,
    ) -> Result<Entry, StoreError> {
        let at = now();
        let mut connection = self.connection();
        let transaction = begin(&mut connection)?;
        let delivery = add_delivery(
            &transaction,
            &Made {
                id: delivery,
                report,
                became: Became::Withheld,
                version: None,
                features: report.rows,
                at: &at,
            },
        )?;
        journal::append(
            &transaction,
            &at,
            actor,
            "withheld",
            report.layer.as_str(),
            &serde_json::json!({
                "delivery": format!("d-{delivery}"),
                "verdict": report.verdict,
                "file": report.source.file,
                "file_hash": report.source.hash,
            }),
        )?;
        raise_generation(&transaction)?;
        transaction.commit().map_err(failed("commit"))?;
        Ok(Entry {
            layer: report.layer.clone(),
            state: State::Withheld,
            retired: None,
            version: None,
            hash: None,
            verdict: report.verdict,
            summary: report.summary.clone(),
            features: report.rows,
            report_id: format!("d-{delivery}"),
            file: report.source.file.clone(),
            at,
        })
    }

    pub(super) fn last_deliveries(&self, limit: u32) -> Result<Vec<DeliveryEntry>, StoreError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached(
                "SELECT id, layer, file, verdict, summary, became, version, at
                 FROM deliveries ORDER BY id DESC LIMIT ?1",
            )
            .map_err(failed("list deliveries"))?;
        statement
            .query_map([limit], |row| {
                Ok(DeliveryEntry {
                    id: format!("d-{}", row.get::<_, i64>(0)?),
                    layer: unword(row, 1)?,
                    file: row.get(2)?,
                    verdict: unword(row, 3)?,
                    summary: row.get(4)?,
                    became: unword(row, 5)?,
                    version: row.get::<_, Option<u32>>(6)?.map(Version),
                    at: row.get(7)?,
                })
            })
            .and_then(Iterator::collect)
            .map_err(failed("list deliveries"))
    }

    pub(super) fn find_report(&self, id: &str) -> Result<Report, StoreError> {
        let number = self.find_report_number(id)?;
        let body: String = self
            .connection()
            .query_row(
                "SELECT report FROM deliveries WHERE id = ?1",
                [number],
                |row| row.get(0),
            )
            .map_err(failed("find the report"))?;
        parse(&body, format!("report {id}"))
    }

    pub(super) fn find_report_number(&self, id: &str) -> Result<i64, StoreError> {
        let number = id
            .strip_prefix("d-")
            .and_then(|number| number.parse::<i64>().ok());
        let found: Option<i64> = self
            .connection()
            .query_row(
                "SELECT id FROM deliveries WHERE id = coalesce(?1,
                    (SELECT v.delivery FROM versions v JOIN layers l
                     ON l.layer = v.layer AND l.version = v.version WHERE v.layer = ?2),
                    (SELECT max(id) FROM deliveries WHERE layer = ?2))",
                params![number, id],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed("find the report"))?;
        found.ok_or_else(|| StoreError::NotFound {
            what: format!("report {id}"),
        })
    }
}

//! Deliveries over HTTP in the catalogue, and what was confirmed of their sources.

use rusqlite::{OptionalExtension, Params, params};

use super::{
    Embedded, Job, JobFilter, JobId, JobStore, Remembered, StoreError,
    catalogue::{begin, failed},
    rows::{json, now, parse, word},
};
use crate::{
    model::LayerId,
    validate::{Confirmed, Said},
};

impl Embedded {
    fn deliveries_by(&self, sql: &str, params: impl Params) -> Result<Vec<Job>, StoreError> {
        let bodies: Vec<String> = {
            let connection = self.connection();
            let mut statement = connection
                .prepare_cached(sql)
                .map_err(failed("list deliveries"))?;
            statement
                .query_map(params, |row| row.get(0))
                .and_then(Iterator::collect)
                .map_err(failed("list deliveries"))?
        };
        bodies
            .iter()
            .map(|body| parse(body, "a delivery"))
            .collect()
    }
}

impl JobStore for Embedded {
    fn add_job(&self, mut job: Job) -> Result<Job, StoreError> {
        job.id = JobId(super::LayerStore::reserve_delivery(self)?);
        job.created_at = now();
        job.updated_at.clone_from(&job.created_at);
        self.connection()
            .execute(
                "INSERT INTO jobs (id, state, at, body) VALUES (?1, ?2, ?3, ?4)",
                params![
                    job.id.0,
                    word(job.state),
                    job.created_at,
                    json(&job, "a delivery")?
                ],
            )
            .map_err(failed("keep the delivery"))?;
        Ok(job)
    }

    fn save_job(&self, job: &Job) -> Result<(), StoreError> {
        let body = json(
            &Job {
                updated_at: now(),
                ..job.clone()
            },
            "a delivery",
        )?;
        let mut connection = self.connection();
        let transaction = begin(&mut connection)?;
        let write = || -> rusqlite::Result<()> {
            transaction.execute(
                "UPDATE jobs SET state = ?2, body = ?3 WHERE id = ?1",
                params![job.id.0, word(job.state), body],
            )?;
            transaction.execute("DELETE FROM job_layers WHERE job = ?1", [job.id.0])?;
            let asked = job.ask.layer.iter().filter(|_| job.layers.is_empty());
            for (at, (layer, report)) in asked
                .map(|layer| (layer, None))
                .chain(
                    job.layers
                        .iter()
                        .map(|one| (&one.layer, Some(one.report.0))),
                )
                .enumerate()
            {
                transaction.execute(
                    "INSERT INTO job_layers (job, position, layer, report) VALUES (?1, ?2, ?3, ?4)",
                    params![job.id.0, at as i64, layer.as_str(), report],
                )?;
            }
            Ok(())
        };
        write().map_err(failed("keep the delivery"))?;
        transaction.commit().map_err(failed("commit"))
    }

    fn job(&self, id: JobId) -> Result<Option<Job>, StoreError> {
        let body: Option<String> = self
            .connection()
            .query_row(
                "SELECT body FROM jobs WHERE id = coalesce(
                    (SELECT id FROM jobs WHERE id = ?1),
                    (SELECT job FROM job_layers WHERE report = ?1))",
                [id.0],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed("find the delivery"))?;
        body.map(|body| parse(&body, format!("delivery {id}")))
            .transpose()
    }

    fn jobs(&self, filter: &JobFilter) -> Result<Vec<Job>, StoreError> {
        self.deliveries_by(
            "SELECT body FROM jobs WHERE (?2 IS NULL OR state = ?2) AND
             (?3 IS NULL OR id IN (SELECT job FROM job_layers WHERE layer = ?3))
             ORDER BY id DESC LIMIT ?1",
            params![
                filter.limit,
                filter.state.map(word),
                filter.layer.as_ref().map(LayerId::as_str)
            ],
        )
    }

    fn unfinished_jobs(&self) -> Result<Vec<Job>, StoreError> {
        self.deliveries_by(
            "SELECT body FROM jobs WHERE state NOT IN ('judged', 'failed', 'cancelled')
             ORDER BY id",
            [],
        )
    }

    fn remember(
        &self,
        source: &str,
        from: JobId,
        by: &str,
        answers: &Confirmed,
    ) -> Result<(), StoreError> {
        let mut all = self
            .remembered(source)?
            .map(|known| known.answers)
            .unwrap_or_default();
        let said = Said {
            by: by.to_owned(),
            at: now(),
            from: from.to_string(),
        };
        all.learn(answers, &said);
        self.connection()
            .execute(
                "INSERT INTO answers (source, job, at, body) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (source) DO UPDATE SET job = excluded.job, at = excluded.at,
                 body = excluded.body",
                params![source, from.0, said.at, json(&all, "what was confirmed")?],
            )
            .map_err(failed("keep what was confirmed"))?;
        Ok(())
    }

    fn remembered(&self, source: &str) -> Result<Option<Remembered>, StoreError> {
        let found: Option<(i64, String, String)> = self
            .connection()
            .query_row(
                "SELECT job, at, body FROM answers WHERE source = ?1",
                [source],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()
            .map_err(failed("find what was confirmed"))?;
        found
            .map(|(from, at, body)| {
                Ok(Remembered {
                    answers: parse(&body, "what was confirmed")?,
                    from: JobId(from),
                    at,
                })
            })
            .transpose()
    }
}

/// The tables of deliveries.
pub(super) const TABLES: &str = "
-- Every delivery over HTTP, as JSON, with what lists ask for beside it.
CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    state TEXT NOT NULL,
    at TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
CREATE INDEX jobs_by_state ON jobs (state);

-- Which layers a delivery holds, and under which number the report of each is kept.
CREATE TABLE job_layers (
    job INTEGER NOT NULL REFERENCES jobs (id),
    position INTEGER NOT NULL,
    layer TEXT NOT NULL,
    report INTEGER,
    PRIMARY KEY (job, position)
) STRICT;
CREATE INDEX job_layers_by_layer ON job_layers (layer);
CREATE INDEX job_layers_by_report ON job_layers (report);

-- What a person confirmed about the deliveries of a source.
CREATE TABLE answers (
    source TEXT PRIMARY KEY,
    job INTEGER NOT NULL,
    at TEXT NOT NULL,
    body TEXT NOT NULL
) STRICT;
";

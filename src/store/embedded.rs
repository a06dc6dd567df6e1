//! A folder of versions and a SQLite catalogue: everything a city needs on one machine.
//!
//! ```text
//! data/
//!   catalogue.sqlite            layers, versions, deliveries with their reports, tables, journal
//!   publish.lock                held by whoever publishes; the system lets go when the holder dies
//!   versions/<layer>/<hash>/    truth.fgb and the serving columns; written once, never changed
//!   staging/<random>/           a version being written; swept at the next opening
//!   set-aside/d-<n>.jsonl       rows that were set aside of a delivery, see `aside`
//! ```
//!
//! ## Why so
//! A publish writes its files under `staging`, syncs them, renames the folder to its final name, and only
//! then names it in the catalogue, in one transaction. Killed at any moment, either the transaction is
//! there and the files are too, or it is not and nobody knows the files; those are swept.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::{
    Action, Actor, Became, Broken, DeliveryEntry, Entry, JournalEntry, JournalQuery, LayerStore,
    Publication, Retirement, Role, Seen, State, StoreError, StoredTable, User, Verified,
    VersionEntry, WriteRows,
    catalogue::{self, failed},
    disk::{Sign, children, disk, sign},
    journal,
    rows::{
        Made, VERSION_COLUMNS, add_delivery, json, now, parse, raise_generation, unword,
        version_entry,
    },
    verify,
};
use crate::{
    indicator::{IndicatorTable, JoinReport},
    model::{IndicatorId, Layer, LayerId, Version},
    snapshot::Snapshot,
    validate::Report,
};

/// How long [`LayerStore::touched`] trusts the file system's clock before it asks the catalogue itself.
const TRUST: Duration = Duration::from_secs(1);

#[derive(Debug)]
struct Watch {
    sign: Sign,
    generation: u64,
    asked: Instant,
}

/// The store of one machine.
#[derive(Debug)]
pub struct Embedded {
    pub(super) folder: PathBuf,
    connection: Mutex<Connection>,
    watch: Mutex<Watch>,
}

impl Embedded {
    /// Opens the data folder, makes it where there is none, and sweeps what a crash left behind.
    pub fn open(folder: &Path) -> Result<Self, StoreError> {
        for below in ["versions", "staging"] {
            let path = folder.join(below);
            fs::create_dir_all(&path).map_err(disk("create", &path))?;
        }
        let connection = catalogue::open(&folder.join("catalogue.sqlite"))?;
        let generation = catalogue::number(&connection, "generation")? as u64;
        let store = Self {
            folder: folder.to_owned(),
            watch: Mutex::new(Watch {
                sign: sign(folder),
                generation,
                asked: Instant::now(),
            }),
            connection: Mutex::new(connection),
        };
        store.sweep()?;
        Ok(store)
    }

    pub(super) fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic between two statements rolls its transaction back, so the connection stays sound.
        self.connection
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn lock_file(&self) -> Result<File, StoreError> {
        let path = self.folder.join("publish.lock");
        File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(disk("open", &path))
    }

    /// Removes staging folders and version folders that no version names. Skipped while someone publishes.
    fn sweep(&self) -> Result<(), StoreError> {
        let lock = self.lock_file()?;
        if lock.try_lock().is_err() {
            return Ok(());
        }
        let staging = self.folder.join("staging");
        for path in children(&staging)? {
            tracing::info!(?path, "sweeping what an unfinished publish left");
            fs::remove_dir_all(&path).map_err(disk("remove", &path))?;
        }
        let known: std::collections::HashSet<PathBuf> = {
            let connection = self.connection();
            let mut statement = connection
                .prepare("SELECT folder FROM versions")
                .map_err(failed("list versions"))?;
            let rows = statement
                .query_map([], |row| row.get::<_, String>(0))
                .map_err(failed("list versions"))?;
            rows.map(|folder| folder.map(|folder| self.folder.join(folder)))
                .collect::<Result<_, _>>()
                .map_err(failed("list versions"))?
        };
        for layer in children(&self.folder.join("versions"))? {
            for version in children(&layer)? {
                if !known.contains(&version) {
                    tracing::info!(path = ?version, "sweeping a version that was never published");
                    fs::remove_dir_all(&version).map_err(disk("remove", &version))?;
                }
            }
        }
        self.sweep_aside()
    }
}

impl LayerStore for Embedded {
    fn generation(&self) -> Result<u64, StoreError> {
        Ok(catalogue::number(&self.connection(), "generation")? as u64)
    }

    fn touched(&self) -> bool {
        // Someone else is looking this very moment, and will tell.
        let Ok(mut watch) = self.watch.try_lock() else {
            return false;
        };
        let seen = sign(&self.folder);
        if seen == watch.sign && watch.asked.elapsed() < TRUST {
            return false;
        }
        watch.sign = seen;
        watch.asked = Instant::now();
        match self.generation() {
            Ok(generation) if generation != watch.generation => {
                watch.generation = generation;
                true
            }
            Ok(_) => false,
            Err(error) => {
                tracing::error!(%error, "the catalogue cannot be asked for changes");
                false
            }
        }
    }

    fn list(&self) -> Result<Vec<Entry>, StoreError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached(&format!(
                "SELECT {VERSION_COLUMNS} JOIN layers l ON l.layer = v.layer AND l.version = v.version"
            ))
            .map_err(failed("list layers"))?;
        let mut entries: Vec<Entry> = statement
            .query_map([], version_entry)
            .and_then(Iterator::collect)
            .map_err(failed("list layers"))?;
        let mut statement = connection
            .prepare_cached(
                "SELECT layer, verdict, summary, features, id, file, at FROM deliveries
                 WHERE id IN (SELECT max(id) FROM deliveries
                              WHERE layer NOT IN (SELECT layer FROM layers) GROUP BY layer)",
            )
            .map_err(failed("list withheld layers"))?;
        let withheld = statement
            .query_map([], |row| {
                Ok(Entry {
                    layer: unword(row, 0)?,
                    state: State::Withheld,
                    retired: None,
                    version: None,
                    hash: None,
                    verdict: unword(row, 1)?,
                    summary: row.get(2)?,
                    features: row.get::<_, i64>(3)? as u64,
                    report_id: format!("d-{}", row.get::<_, i64>(4)?),
                    file: row.get(5)?,
                    at: row.get(6)?,
                })
            })
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(failed("list withheld layers"))?;
        entries.extend(withheld);
        let mut retired = connection
            .prepare_cached(
                "SELECT at, comment FROM publications WHERE layer = ?1 ORDER BY id DESC LIMIT 1",
            )
            .map_err(failed("list retired layers"))?;
        let mut staged = connection
            .prepare_cached(
                "SELECT count(*) FROM versions WHERE layer = ?1 AND state <> 'returned'",
            )
            .map_err(failed("list staged layers"))?;
        for entry in entries.iter_mut().filter(|one| one.version.is_none()) {
            entry.retired = retired
                .query_row([entry.layer.as_str()], |row| {
                    Ok(Retirement {
                        at: row.get(0)?,
                        reason: row.get::<_, Option<String>>(1)?.unwrap_or_default(),
                    })
                })
                .optional()
                .map_err(failed("list retired layers"))?;
            let waits: bool = staged
                .query_row([entry.layer.as_str()], |row| row.get(0))
                .map_err(failed("list staged layers"))?;
            if entry.retired.is_some() {
                entry.state = State::Retired;
            } else if waits {
                entry.state = State::Staged;
            }
        }
        entries.sort_by(|a, b| a.layer.cmp(&b.layer));
        Ok(entries)
    }

    fn versions(&self, layer: Option<&LayerId>) -> Result<Vec<VersionEntry>, StoreError> {
        self.all_versions(layer)
    }

    fn publications(&self) -> Result<Vec<Publication>, StoreError> {
        self.all_publications()
    }

    fn load(&self, layer: &LayerId, version: Option<Version>) -> Result<Snapshot, StoreError> {
        let folder: Option<String> = self
            .connection()
            .query_row(
                "SELECT v.folder FROM versions v WHERE v.layer = ?1 AND v.version =
                 coalesce(?2, (SELECT version FROM layers WHERE layer = ?1))",
                params![layer.as_str(), version.map(|version| version.0)],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed("find the version"))?;
        let folder = folder.ok_or_else(|| StoreError::NotFound {
            what: match version {
                Some(version) => format!("version {version} of layer {layer}"),
                None => format!("published layer {layer}"),
            },
        })?;
        Snapshot::open(&self.folder.join(folder)).map_err(|source| StoreError::Snapshot {
            layer: layer.clone(),
            source,
        })
    }

    fn publish(
        &self,
        layer: &Layer,
        report: &Report,
        delivery: Option<i64>,
    ) -> Result<(Entry, Became), StoreError> {
        self.publish_version(layer, report, delivery)
    }

    fn reserve_delivery(&self) -> Result<i64, StoreError> {
        // The counter of AUTOINCREMENT, which never gives a number twice.
        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed("begin"))?;
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

    fn stage(
        &self,
        layer: &Layer,
        report: &Report,
        delivery: Option<i64>,
        actor: &Actor,
    ) -> Result<(VersionEntry, Became), StoreError> {
        self.stage_version(layer, report, delivery, actor)
    }

    fn transition(
        &self,
        layer: &LayerId,
        version: Version,
        action: Action,
        actor: &Actor,
        seen: Seen,
        comment: Option<&str>,
    ) -> Result<VersionEntry, StoreError> {
        self.move_version(layer, version, action, actor, seen, comment)
    }

    fn withhold(
        &self,
        report: &Report,
        delivery: Option<i64>,
        actor: &Actor,
    ) -> Result<Entry, StoreError> {
        let at = now();
        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed("begin"))?;
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

    fn deliveries(&self, limit: u32) -> Result<Vec<DeliveryEntry>, StoreError> {
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

    fn report(&self, id: &str) -> Result<Report, StoreError> {
        let number = self.report_number(id)?;
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

    fn report_number(&self, id: &str) -> Result<i64, StoreError> {
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

    fn keep_aside(&self, delivery: i64, rows: WriteRows<'_>) -> Result<(), StoreError> {
        self.write_aside(delivery, rows)
    }

    fn aside(&self, delivery: i64) -> Result<Option<File>, StoreError> {
        self.open_aside(delivery)
    }

    fn put_table_by(
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
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed("begin"))?;
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

    fn tables(&self) -> Result<Vec<StoredTable>, StoreError> {
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

    fn put_join(
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

    fn add_user(&self, name: &str, role: Role, actor: &Actor) -> Result<String, StoreError> {
        self.add_account(name, role, actor)
    }

    fn remove_user(&self, name: &str, actor: &Actor) -> Result<(), StoreError> {
        self.remove_account(name, actor)
    }

    fn users(&self) -> Result<Vec<User>, StoreError> {
        self.accounts()
    }

    fn journal(&self, limit: u32) -> Result<Vec<JournalEntry>, StoreError> {
        self.journal_page(&JournalQuery {
            limit,
            ..JournalQuery::default()
        })
    }

    fn journal_page(&self, query: &JournalQuery) -> Result<Vec<JournalEntry>, StoreError> {
        journal::page(&self.connection(), query)
    }

    fn verify_journal(&self, files: bool) -> Result<Verified, StoreError> {
        let mut found = verify::verify(&self.connection())?;
        if files && found.whole {
            for entry in self.all_versions(None)? {
                if let Err(error) = self.check_truth(&entry.layer, entry.version) {
                    found.whole = false;
                    found.broken = Some(Broken {
                        entry: None,
                        what: format!(
                            "the files of version {} of {} are not as they were staged ({error})",
                            entry.version, entry.layer
                        ),
                    });
                    break;
                }
            }
        }
        Ok(found)
    }
}

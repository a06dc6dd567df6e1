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

use rusqlite::Connection;

use super::{
    Action, Actor, Became, Broken, DeliveryEntry, Entry, JournalEntry, JournalQuery, LayerStore,
    Publication, Role, Seen, StoreError, StoredTable, User, Verified, VersionEntry, WriteRows,
    catalogue::{self, failed},
    disk::{Sign, children, disk, sign},
    journal, verify,
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
        self.all_layers()
    }

    fn versions(&self, layer: Option<&LayerId>) -> Result<Vec<VersionEntry>, StoreError> {
        self.all_versions(layer)
    }

    fn publications(&self) -> Result<Vec<Publication>, StoreError> {
        self.all_publications()
    }

    fn load(&self, layer: &LayerId, version: Option<Version>) -> Result<Snapshot, StoreError> {
        self.open_version(layer, version)
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
        self.next_delivery()
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
        self.withhold_delivery(report, delivery, actor)
    }

    fn deliveries(&self, limit: u32) -> Result<Vec<DeliveryEntry>, StoreError> {
        self.last_deliveries(limit)
    }

    fn report(&self, id: &str) -> Result<Report, StoreError> {
        self.find_report(id)
    }

    fn report_number(&self, id: &str) -> Result<i64, StoreError> {
        self.find_report_number(id)
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
        self.keep_table(table, file, actor)
    }

    fn tables(&self) -> Result<Vec<StoredTable>, StoreError> {
        self.newest_tables()
    }

    fn put_join(
        &self,
        layer: &LayerId,
        indicator: &IndicatorId,
        report: &JoinReport,
    ) -> Result<(), StoreError> {
        self.keep_join(layer, indicator, report)
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

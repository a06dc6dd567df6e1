//! Where published versions, reports and indicator tables are kept.
//!
//! A store keeps things and hands them back; it answers no questions about them, so every answer has
//! one meaning whichever store is behind it. Calls block and are made off the request path.

mod aside;
mod catalogue;
mod deliveries;
mod disk;
mod embedded;
mod entry;
mod files;
mod job;
mod jobs;
mod journal;
mod layers;
mod mbtiles;
mod migrations;
mod moves;
mod publish;
mod rows;
mod tables;
mod users;
mod verify;
mod versions;
pub mod workflow;

use std::path::PathBuf;

pub use aside::WriteRows;
pub use embedded::Embedded;
pub use entry::{Became, DeliveryEntry, Entry, Retirement, State, StoredTable};
pub use job::{
    Job, JobAsk, JobFile, JobFilter, JobId, JobLayer, JobState, JobStore, Remembered, Via,
};
pub use journal::{JournalEntry, JournalQuery, first_broken};
pub use mbtiles::write_mbtiles;
pub use users::{User, token_hash};
pub use verify::{Broken, Verified};
pub use versions::{Publication, Seen, VersionEntry};
pub use workflow::{Action, Actor, Role, VersionState, Whose};

use crate::{
    indicator::{IndicatorTable, JoinReport},
    model::{IndicatorId, Layer, LayerId, Version},
    snapshot::{Snapshot, SnapshotError},
    validate::Report,
};

/// Why the store could not do it.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such thing.
    #[error("no {what}")]
    NotFound {
        /// What was asked for: `layer ward_boundary`, `version 3 of layer road`.
        what: String,
    },
    /// The disk.
    #[error("cannot {doing} {path}")]
    Disk {
        /// What was tried: `create`, `sync`.
        doing: &'static str,
        /// With which file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// The catalogue.
    #[error("the catalogue could not {doing}")]
    Catalogue {
        /// What was tried.
        doing: &'static str,
        /// What SQLite said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The catalogue was written by a newer Parat.
    #[error(
        "the data folder has schema {found}, this Parat knows up to {known}; use a newer Parat"
    )]
    Newer {
        /// The schema on disk.
        found: i64,
        /// The newest that this program knows.
        known: i64,
    },
    /// Something kept as JSON does not read back.
    #[error("{what} in the catalogue does not read back")]
    Stored {
        /// What it is.
        what: String,
        /// Why.
        #[source]
        source: serde_json::Error,
    },
    /// A snapshot.
    #[error("the snapshot of {layer}")]
    Snapshot {
        /// Of which layer.
        layer: LayerId,
        /// Why.
        #[source]
        source: SnapshotError,
    },
    /// Nothing that was not judged, or was judged wrong, is published.
    #[error("layer {0} does not conform and cannot be published")]
    NotAdmitted(LayerId),
    /// A transition that the version's state does not allow.
    #[error("{why}")]
    Conflict {
        /// Why not.
        why: String,
        /// Where the version stands.
        state: VersionState,
        /// What the actor can do with it instead.
        possible: Vec<Action>,
    },
    /// Somebody else was quicker.
    #[error("somebody changed the version in the meantime; it is now {state}")]
    Moved {
        /// Where the version stands.
        state: VersionState,
    },
    /// The actor may not.
    #[error("{0}")]
    Forbidden(String),
    /// It must be said why.
    #[error("`{0}` needs a comment that says why")]
    NeedsComment(Action),
    /// A name that no account can have.
    #[error(
        "`{0}` cannot be the name of an account: letters, digits and . _ - @, at most 64; not `local` or `public`"
    )]
    BadName(String),
}

/// Keeps versions of layers, reports, indicator tables and the journal of what happened.
pub trait LayerStore: JobStore + Send + Sync {
    /// A number that rises with every change, by whichever process.
    fn generation(&self) -> Result<u64, StoreError>;

    /// True when the catalogue may have changed since the last call with `true` or the opening: cheap
    /// enough for every request, and never falsely `false` for longer than a second.
    fn touched(&self) -> bool;

    /// Every layer that something was delivered for, by name.
    fn list(&self) -> Result<Vec<Entry>, StoreError>;

    /// Every version of a layer, or of all, newest first.
    fn versions(&self, layer: Option<&LayerId>) -> Result<Vec<VersionEntry>, StoreError>;

    /// Every change of what was public, oldest first.
    fn publications(&self) -> Result<Vec<Publication>, StoreError>;

    /// A version of a layer; without a number, the public one.
    fn load(&self, layer: &LayerId, version: Option<Version>) -> Result<Snapshot, StoreError>;

    /// The next number of a delivery, for who has its report later.
    fn reserve_delivery(&self) -> Result<i64, StoreError>;

    /// Keeps a judged layer as a draft: the next version, or the same one where the same content is public
    /// or on its way. `delivery` is a number from [`LayerStore::reserve_delivery`] that no report has yet.
    fn stage(
        &self,
        layer: &Layer,
        report: &Report,
        delivery: Option<i64>,
        actor: &Actor,
    ) -> Result<(VersionEntry, Became), StoreError>;

    /// Moves a version along the table of [`workflow`], in one transaction with its journal entry.
    fn transition(
        &self,
        layer: &LayerId,
        version: Version,
        action: Action,
        actor: &Actor,
        seen: Seen,
        comment: Option<&str>,
    ) -> Result<VersionEntry, StoreError>;

    /// Makes a layer's next version public in one step, by whoever sits at the machine.
    /// `delivery` is a number from [`LayerStore::reserve_delivery`] that no report has yet.
    fn publish(
        &self,
        layer: &Layer,
        report: &Report,
        delivery: Option<i64>,
    ) -> Result<(Entry, Became), StoreError>;

    /// Keeps the report of a delivery that stays out. The public version is not touched.
    fn withhold(
        &self,
        report: &Report,
        delivery: Option<i64>,
        actor: &Actor,
    ) -> Result<Entry, StoreError>;

    /// The last deliveries, newest first.
    fn deliveries(&self, limit: u32) -> Result<Vec<DeliveryEntry>, StoreError>;

    /// A report by its delivery's id (`d-12`), or by a layer's name: the one of its public version, else
    /// of its last delivery.
    fn report(&self, id: &str) -> Result<Report, StoreError>;

    /// The number of the report that [`LayerStore::report`] gives.
    fn report_number(&self, id: &str) -> Result<i64, StoreError>;

    /// Keeps the rows that were set aside of a delivery, before its report is kept under the same number.
    fn keep_aside(&self, delivery: i64, rows: WriteRows<'_>) -> Result<(), StoreError>;

    /// Those rows; none where none were kept.
    fn aside(&self, delivery: i64) -> Result<Option<std::fs::File>, StoreError>;

    /// Keeps an indicator table that somebody delivered; the same content again makes no new version.
    fn put_table_by(
        &self,
        table: &IndicatorTable,
        file: &str,
        actor: &Actor,
    ) -> Result<StoredTable, StoreError>;

    /// The same by whoever sits at the machine.
    fn put_table(&self, table: &IndicatorTable, file: &str) -> Result<StoredTable, StoreError> {
        self.put_table_by(table, file, &Actor::local())
    }

    /// The newest table of every indicator, by code.
    fn tables(&self) -> Result<Vec<StoredTable>, StoreError>;

    /// Keeps what a join of a table with a layer gave.
    fn put_join(
        &self,
        layer: &LayerId,
        indicator: &IndicatorId,
        report: &JoinReport,
    ) -> Result<(), StoreError>;

    /// Makes an account, or gives one a new role and token. The token is told this once.
    fn add_user(&self, name: &str, role: Role, actor: &Actor) -> Result<String, StoreError>;

    /// Takes an account away; its name stays in the journal.
    fn remove_user(&self, name: &str, actor: &Actor) -> Result<(), StoreError>;

    /// Every account, by name.
    fn users(&self) -> Result<Vec<User>, StoreError>;

    /// What happened, newest first.
    fn journal(&self, limit: u32) -> Result<Vec<JournalEntry>, StoreError>;

    /// What happened of what was asked for, newest first.
    fn journal_page(&self, query: &JournalQuery) -> Result<Vec<JournalEntry>, StoreError>;

    /// Goes through the whole journal: is every entry as it was written, is none missing, and does it tell
    /// the versions that the catalogue has? With `files`, also whether their truth is as it was staged.
    fn verify_journal(&self, files: bool) -> Result<Verified, StoreError>;
}

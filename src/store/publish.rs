//! A publish: the files of a version, then its name, so that nobody ever sees half of it.

use std::{
    fs::{self, File},
    path::Path,
};

use rusqlite::{OptionalExtension, TransactionBehavior};

use super::{
    Actor, Became, Embedded, Entry, State, StoreError, VersionState,
    catalogue::failed,
    disk::{disk, sync_folder},
    journal,
    rows::{Made, add_delivery, identity, now, raise_generation, word},
    versions::{Named, make_public, name},
};
use crate::{
    model::{Layer, Version},
    snapshot::{self, Snapshot},
    validate::Report,
};

impl Embedded {
    /// All steps of the way at once, by whoever sits at the machine: makes the next version public, or
    /// confirms the public one. Under the lock, files first, then one transaction.
    pub(super) fn publish_version(
        &self,
        layer: &Layer,
        report: &Report,
        delivery: Option<i64>,
    ) -> Result<(Entry, Became), StoreError> {
        if !report.verdict.admits() || !layer.verdict.admits() {
            return Err(StoreError::NotAdmitted(layer.id.clone()));
        }
        let hash = snapshot::content_hash(layer);
        let identity = identity(layer)?;
        let at = now();
        let actor = Actor::local();
        // One publisher at a time over all processes; the lock dies with its holder.
        let lock = self.lock_file()?;
        lock.lock()
            .map_err(disk("lock", &self.folder.join("publish.lock")))?;

        let public: Option<(u32, String, String)> = self
            .connection()
            .query_row(
                "SELECT v.version, v.hash, v.identity FROM versions v
                 JOIN layers l ON l.layer = v.layer AND l.version = v.version
                 WHERE v.layer = ?1",
                [layer.id.as_str()],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()
            .map_err(failed("find the public version"))?;
        let next = self.next_version(&layer.id)?;
        let same = public
            .filter(|(_, old_hash, old_identity)| *old_hash == hash && *old_identity == identity)
            .map(|(version, ..)| Version(version));
        let became = if same.is_some() {
            Became::Confirmed
        } else {
            Became::Published
        };
        let version = same.unwrap_or(next);
        let placed = match same {
            Some(_) => None,
            None => Some(self.write_files(layer, version, &hash, &at)?),
        };

        let mut connection = self.connection();
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed("begin a publish"))?;
        let features = layer.ids.len() as u64;
        let delivery = add_delivery(
            &transaction,
            &Made {
                id: delivery,
                report,
                became,
                version: Some(version),
                features,
                at: &at,
            },
        )?;
        if let Some(placed) = &placed {
            name(
                &transaction,
                &Named {
                    layer: &layer.id,
                    version,
                    state: VersionState::Published,
                    hash: &hash,
                    identity: &identity,
                    placed,
                    features,
                    delivery,
                    actor: &actor,
                    at: &at,
                },
            )?;
            make_public(&transaction, &layer.id, Some(version), &actor, &at, None)?;
        }
        journal::append(
            &transaction,
            &at,
            &actor,
            &word(became),
            layer.id.as_str(),
            &serde_json::json!({
                "version": version,
                "hash": hash,
                "delivery": format!("d-{delivery}"),
                "file": report.source.file,
                "file_hash": report.source.hash,
                "truth": placed.as_ref().map(|placed| &placed.truth),
            }),
        )?;
        raise_generation(&transaction)?;
        transaction.commit().map_err(failed("commit a publish"))?;

        Ok((
            Entry {
                layer: layer.id.clone(),
                state: State::Published,
                retired: None,
                version: Some(version),
                hash: Some(hash),
                verdict: report.verdict,
                summary: report.summary.clone(),
                features,
                report_id: format!("d-{delivery}"),
                file: report.source.file.clone(),
                at,
            },
            became,
        ))
    }

    /// Writes the files of a version and gives the folder's name below the data folder.
    pub(super) fn write_files(
        &self,
        layer: &Layer,
        version: Version,
        hash: &str,
        at: &str,
    ) -> Result<Placed, StoreError> {
        let shelf = self.folder.join("versions").join(layer.id.as_str());
        fs::create_dir_all(&shelf).map_err(disk("create", &shelf))?;
        let mut name = hash.to_owned();
        if shelf.join(&name).exists() {
            // The same content under other metadata, or published again after another version.
            name = format!("{hash}.{version}");
        }
        let target = shelf.join(&name);
        if target.exists() {
            // Nobody names it, else `version` would be taken: a publish died after its rename.
            fs::remove_dir_all(&target).map_err(disk("remove", &target))?;
        }
        let staging = tempfile::Builder::new()
            .prefix("publish-")
            .tempdir_in(self.folder.join("staging"))
            .map_err(disk("create", &self.folder.join("staging")))?;
        let draft = staging.path().join("version");
        let shown_only = !layer.verdict.admits();
        Snapshot::build_named(layer, hash.to_owned(), version, shown_only, at, &draft).map_err(
            |source| StoreError::Snapshot {
                layer: layer.id.clone(),
                source,
            },
        )?;
        let truth = file_hash(&draft.join(snapshot::TRUTH))?;
        sync_folder(&draft)?;
        fs::rename(&draft, &target).map_err(disk("rename", &target))?;
        sync_folder(&shelf)?;
        sync_folder(&self.folder.join("versions"))?;
        Ok(Placed {
            folder: format!("versions/{}/{name}", layer.id),
            truth,
        })
    }
}

/// The files of a version in their place.
pub(super) struct Placed {
    /// Below the data folder.
    pub(super) folder: String,
    /// The hash of the truth.
    pub(super) truth: String,
}

/// BLAKE3 of a file, read in pieces.
pub(super) fn file_hash(path: &Path) -> Result<String, StoreError> {
    let mut hasher = blake3::Hasher::new();
    let file = File::open(path).map_err(disk("open", path))?;
    hasher.update_reader(file).map_err(disk("read", path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

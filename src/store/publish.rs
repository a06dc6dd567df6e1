//! A layer becomes a version, as a draft or public at once: its files, then its name, so that nobody ever sees half of
//! it.

use rusqlite::{OptionalExtension, Transaction, params};

use super::{
    Actor, Became, Embedded, Entry, State, StoreError, VersionEntry, VersionState,
    catalogue::{begin, failed},
    disk::disk,
    files::Placed,
    journal,
    moves::make_public,
    rows::{Made, add_delivery, identity, now, raise_generation, word},
    versions::find,
};
use crate::{
    model::{Layer, LayerId, Version},
    snapshot,
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
        let transaction = begin(&mut connection)?;
        let delivery = Arrival {
            layer,
            report,
            delivery,
            became,
            version,
            state: VersionState::Published,
            hash: &hash,
            identity: &identity,
            placed: placed.as_ref(),
            actor: &actor,
            at: &at,
        }
        .keep(&transaction)?;
        if placed.is_some() {
            make_public(&transaction, &layer.id, Some(version), &actor, &at, None)?;
        }
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
                features: layer.ids.len() as u64,
                report_id: format!("d-{delivery}"),
                file: report.source.file.clone(),
                at,
            },
            became,
        ))
    }

    /// The first step of the way: the next version as a draft, or the same one where the same content is public or on
    /// its way. Under the same lock.
    pub(super) fn stage_version(
        &self,
        layer: &Layer,
        report: &Report,
        delivery: Option<i64>,
        actor: &Actor,
    ) -> Result<(VersionEntry, Became), StoreError> {
        let hash = snapshot::content_hash(layer);
        let identity = identity(layer)?;
        let at = now();
        let lock = self.lock_file()?;
        lock.lock()
            .map_err(disk("lock", &self.folder.join("publish.lock")))?;

        // The same content under the same metadata with the same verdict, public or on its way.
        let same: Option<u32> = self
            .connection()
            .query_row(
                "SELECT v.version FROM versions v JOIN deliveries d ON d.id = v.delivery
                 WHERE v.layer = ?1 AND v.hash = ?2 AND v.identity = ?3 AND d.verdict = ?4
                 AND v.state IN ('draft', 'submitted', 'approved', 'published')
                 ORDER BY v.state = 'published' DESC, v.version DESC LIMIT 1",
                params![layer.id.as_str(), hash, identity, word(layer.verdict)],
                |row| row.get(0),
            )
            .optional()
            .map_err(failed("look for the same version"))?;
        let (version, became) = match same {
            Some(same) => (Version(same), Became::Confirmed),
            None => (self.next_version(&layer.id)?, Became::Staged),
        };
        let placed = match same {
            Some(_) => None,
            None => Some(self.write_files(layer, version, &hash, &at)?),
        };

        let mut connection = self.connection();
        let transaction = begin(&mut connection)?;
        Arrival {
            layer,
            report,
            delivery,
            became,
            version,
            state: VersionState::Draft,
            hash: &hash,
            identity: &identity,
            placed: placed.as_ref(),
            actor,
            at: &at,
        }
        .keep(&transaction)?;
        raise_generation(&transaction)?;
        let found = find(&transaction, &layer.id, version)?;
        transaction.commit().map_err(failed("commit"))?;
        Ok((found, became))
    }

    /// The number of a layer's next version. Under the lock.
    fn next_version(&self, layer: &LayerId) -> Result<Version, StoreError> {
        self.connection()
            .query_row(
                "SELECT coalesce(max(version), 0) + 1 FROM versions WHERE layer = ?1",
                [layer.as_str()],
                |row| row.get(0).map(Version),
            )
            .map_err(failed("count versions"))
    }
}

/// A layer that arrived as a version, or confirmed one; the files of a new one are in place.
struct Arrival<'a> {
    layer: &'a Layer,
    report: &'a Report,
    /// The number that was reserved for the delivery.
    delivery: Option<i64>,
    became: Became,
    version: Version,
    /// Where a new version stands.
    state: VersionState,
    hash: &'a str,
    identity: &'a str,
    /// The files of a new version; none where one is confirmed.
    placed: Option<&'a Placed>,
    actor: &'a Actor,
    at: &'a str,
}

impl Arrival<'_> {
    /// Keeps the delivery, names a new version and writes both into the journal. Gives the delivery's number.
    fn keep(&self, transaction: &Transaction<'_>) -> Result<i64, StoreError> {
        let delivery = add_delivery(
            transaction,
            &Made {
                id: self.delivery,
                report: self.report,
                became: self.became,
                version: Some(self.version),
                features: self.layer.ids.len() as u64,
                at: self.at,
            },
        )?;
        if let Some(placed) = self.placed {
            self.name(transaction, placed, delivery)?;
        }
        journal::append(
            transaction,
            self.at,
            self.actor,
            &word(self.became),
            self.layer.id.as_str(),
            &serde_json::json!({
                "version": self.version,
                "hash": self.hash,
                "delivery": format!("d-{delivery}"),
                "file": self.report.source.file,
                "file_hash": self.report.source.hash,
                "truth": self.placed.map(|placed| &placed.truth),
            }),
        )?;
        Ok(delivery)
    }

    /// Names a version in the catalogue.
    fn name(
        &self,
        transaction: &Transaction<'_>,
        placed: &Placed,
        delivery: i64,
    ) -> Result<(), StoreError> {
        transaction
            .execute(
                "INSERT INTO versions (layer, version, hash, identity, folder, features, delivery, at, state,
                 author, changed_at, changed_by, truth) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?8, ?10, ?11)",
                params![
                    self.layer.id.as_str(),
                    self.version.0,
                    self.hash,
                    self.identity,
                    placed.folder,
                    self.layer.ids.len() as i64,
                    delivery,
                    self.at,
                    word(self.state),
                    self.actor.name,
                    placed.truth,
                ],
            )
            .map_err(failed("name the version"))?;
        Ok(())
    }
}

//! The layers that something was delivered for, and where each stands.

use rusqlite::{OptionalExtension, params};

use super::{
    Embedded, Entry, Retirement, State, StoreError,
    catalogue::failed,
    rows::{VERSION_COLUMNS, unword, version_entry},
};
use crate::{
    model::{LayerId, Version},
    snapshot::Snapshot,
};

impl Embedded {
    pub(super) fn all_layers(&self) -> Result<Vec<Entry>, StoreError> {
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

    pub(super) fn open_version(
        &self,
        layer: &LayerId,
        version: Option<Version>,
    ) -> Result<Snapshot, StoreError> {
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
}

//! The files of a version: written whole or not at all, and still what they were.

use std::{
    fs::{self, File},
    path::Path,
};

use rusqlite::{OptionalExtension, params};

use super::{
    Embedded, StoreError,
    catalogue::failed,
    disk::{disk, sync_folder},
};
use crate::{
    model::{Layer, LayerId, Version},
    snapshot::{self, Snapshot},
};

/// The files of a version in their place.
pub(super) struct Placed {
    /// Below the data folder.
    pub(super) folder: String,
    /// The hash of the truth.
    pub(super) truth: String,
}

impl Embedded {
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

    /// The truth of a version is what it was when it was staged.
    pub(super) fn check_truth(&self, layer: &LayerId, version: Version) -> Result<(), StoreError> {
        let found: Option<(String, Option<String>)> = self
            .connection()
            .query_row(
                "SELECT folder, truth FROM versions WHERE layer = ?1 AND version = ?2",
                params![layer.as_str(), version.0],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(failed("find the version"))?;
        let Some((folder, Some(sealed))) = found else {
            return Ok(());
        };
        let path = self.folder.join(folder).join(snapshot::TRUTH);
        if file_hash(&path)? == sealed {
            return Ok(());
        }
        Err(StoreError::Snapshot {
            layer: layer.clone(),
            source: snapshot::SnapshotError::Damaged {
                path: path.display().to_string(),
                what: format!("it is not as version {version} was staged"),
            },
        })
    }
}

/// BLAKE3 of a file, read in pieces.
fn file_hash(path: &Path) -> Result<String, StoreError> {
    let mut hasher = blake3::Hasher::new();
    let file = File::open(path).map_err(disk("open", path))?;
    hasher.update_reader(file).map_err(disk("read", path))?;
    Ok(hasher.finalize().to_hex().to_string())
}

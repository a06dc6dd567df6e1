//! The file system under the store: what can go wrong there, named.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
};

use super::StoreError;

/// What the catalogue's log looked like: the cheapest sign of a change by any process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sign {
    length: u64,
    changed: Option<SystemTime>,
}

/// Names what was tried, and with what.
pub(super) fn disk<'a>(
    doing: &'static str,
    path: &'a Path,
) -> impl FnOnce(std::io::Error) -> StoreError + 'a {
    move |source| StoreError::Disk {
        doing,
        path: path.to_owned(),
        source,
    }
}

/// Everything in a folder.
pub(super) fn children(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    fs::read_dir(folder)
        .and_then(|entries| {
            entries
                .map(|entry| entry.map(|entry| entry.path()))
                .collect()
        })
        .map_err(disk("list", folder))
}

/// Makes a folder's names survive a power cut.
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    File::open(folder)
        .and_then(|file| file.sync_all())
        .map_err(disk("sync", folder))
}

/// What the log looks like now.
pub(super) fn sign(folder: &Path) -> Sign {
    fs::metadata(folder.join("catalogue.sqlite-wal")).map_or(Sign::default(), |about| Sign {
        length: about.len(),
        changed: about.modified().ok(),
    })
}

//! The rows of a delivery that were set aside: one file a report, under the report's number, written before the
//! report is. A report that names rows has them, whenever the process died.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::PathBuf,
};

use super::{
    Embedded, StoreError,
    disk::{disk, sync_folder},
};

/// Writes the rows; called once.
pub type WriteRows<'a> = &'a mut dyn FnMut(&mut dyn Write) -> io::Result<()>;

impl Embedded {
    fn aside_path(&self, report: i64) -> PathBuf {
        self.folder
            .join("set-aside")
            .join(format!("d-{report}.jsonl"))
    }

    /// Keeps the rows of a report; those of an attempt before it are written over.
    pub(super) fn write_aside(&self, report: i64, rows: WriteRows<'_>) -> Result<(), StoreError> {
        let path = self.aside_path(report);
        let folder = self.folder.join("set-aside");
        fs::create_dir_all(&folder).map_err(disk("create", &folder))?;
        let part = path.with_extension("part");
        File::create(&part)
            .and_then(|file| {
                let mut file = BufWriter::new(file);
                rows(&mut file)?;
                file.into_inner()
                    .map_err(io::IntoInnerError::into_error)?
                    .sync_all()
            })
            .map_err(disk("write", &part))?;
        fs::rename(&part, &path).map_err(disk("rename", &path))?;
        sync_folder(&folder)
    }

    /// The rows of a report; none where none were kept.
    pub(super) fn open_aside(&self, report: i64) -> Result<Option<File>, StoreError> {
        let path = self.aside_path(report);
        match File::open(&path) {
            Ok(file) => Ok(Some(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(disk("open", &path)(error)),
        }
    }
}

//! The rows of a delivery that were set aside: one file a report, under the report's number, written before the
//! report is. A report that names rows has them, whenever the process died.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::PathBuf,
    time::Duration,
};

use super::{
    Embedded, LayerStore as _, StoreError,
    disk::{disk, sync_folder},
};

/// A file younger than this may still get its report.
const FRESH: Duration = Duration::from_hours(1);

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

    /// Removes rows of reports that were never kept, because the process died between the two. A file of the last
    /// hour may be of another process that is about to keep its report.
    pub(super) fn sweep_aside(&self) -> Result<(), StoreError> {
        let folder = self.folder.join("set-aside");
        let files = match fs::read_dir(&folder) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(disk("list", &folder)(error)),
        };
        for file in files {
            let file = file.map_err(disk("list", &folder))?;
            let path = file.path();
            let age = file
                .metadata()
                .and_then(|about| about.modified())
                .map(|then| then.elapsed().unwrap_or_default());
            // It may have been finished and renamed while we looked.
            if age.is_err() || age.is_ok_and(|age| age < FRESH) {
                continue;
            }
            let name = file.file_name().to_string_lossy().into_owned();
            let kept = match name.strip_suffix(".jsonl") {
                Some(report) => match self.report_number(report) {
                    Ok(_) => true,
                    Err(StoreError::NotFound { .. }) => false,
                    Err(error) => return Err(error),
                },
                None => path.extension().is_none_or(|ending| ending != "part"),
            };
            if !kept {
                tracing::info!(?path, "sweeping rows of a report that was never kept");
                fs::remove_file(&path).map_err(disk("remove", &path))?;
            }
        }
        Ok(())
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

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn rows_of_a_report_that_was_never_kept_are_swept_once_nobody_can_be_about_to_keep_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Embedded::open(folder.path()).expect("opens");
        let write = |number: i64, hours: u64| {
            store
                .write_aside(number, &mut |out| out.write_all(b"{}\n"))
                .expect("written");
            let path = store.aside_path(number);
            let then = SystemTime::now() - Duration::from_hours(hours);
            let file = File::options().write(true).open(&path).expect("there");
            file.set_modified(then).expect("set");
            path
        };
        let (old, fresh) = (write(7, 2), write(8, 0));
        let part = old.with_extension("part");
        fs::rename(write(9, 2), &part).expect("renamed");
        let other = folder.path().join("set-aside/notes.txt");
        fs::write(&other, "").expect("written");
        drop(store);
        drop(Embedded::open(folder.path()).expect("opens again"));
        assert!(!old.exists() && !part.exists());
        assert!(fresh.exists() && other.exists());
    }
}

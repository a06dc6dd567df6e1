//! Where a child works, and how it is called off.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Once,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, SystemTime},
};

use tempfile::TempDir;

/// What every job's folder begins with.
const PREFIX: &str = "parat-read-";
/// Held while the folder is in use; the system lets go when the holder dies.
const LOCK: &str = "lock";
/// A folder without a lock may be one that was made this very moment.
const FRESH: Duration = Duration::from_mins(1);

/// Says that a reading is no longer wanted. All clones are one.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Calls the reading off: the child is killed within the next look at it, some 20 ms.
    pub fn call_off(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// True once somebody did.
    pub fn is_called_off(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Where a child works and how it is called off.
#[derive(Clone, Debug, Default)]
pub struct Desk {
    /// A folder for the folders of jobs; without one, the system's for temporary files.
    pub folder: Option<PathBuf>,
    /// Ends the reading.
    pub cancel: Cancel,
}

/// The folder of one job: locked while it is there, gone when it is dropped.
pub(super) struct Laid {
    folder: TempDir,
    _lock: File,
}

impl Laid {
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }
}

impl Desk {
    /// Makes the folder of one job. The first time in a process, what killed ones left is swept.
    pub(super) fn lay(&self) -> io::Result<Laid> {
        static SWEPT: Once = Once::new();
        SWEPT.call_once(|| {
            sweep(&std::env::temp_dir());
        });
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        let folder = match &self.folder {
            Some(above) => builder.tempdir_in(above)?,
            None => builder.tempdir()?,
        };
        let lock = File::create(folder.path().join(LOCK))?;
        lock.lock()?;
        Ok(Laid {
            folder,
            _lock: lock,
        })
    }
}

/// Removes the folders of jobs whose process is gone, and tells how many. Folders in use are locked; those
/// of other people cannot be removed and stay.
pub fn sweep(above: &Path) -> usize {
    let mut gone = 0;
    for entry in fs::read_dir(above).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with(PREFIX)
            || !entry.file_type().is_ok_and(|kind| kind.is_dir())
        {
            continue;
        }
        let path = entry.path();
        let left = match File::open(path.join(LOCK)) {
            Ok(lock) => lock.try_lock().is_ok(),
            Err(_no_lock) => entry
                .metadata()
                .and_then(|about| about.modified())
                .is_ok_and(|at| {
                    SystemTime::now()
                        .duration_since(at)
                        .is_ok_and(|age| age > FRESH)
                }),
        };
        if left && fs::remove_dir_all(&path).is_ok() {
            gone += 1;
        }
    }
    gone
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_in_use_stays_and_one_whose_holder_died_is_swept() {
        let above = tempfile::tempdir().expect("a folder");
        let desk = Desk {
            folder: Some(above.path().to_owned()),
            ..Desk::default()
        };
        let mine = desk.lay().expect("laid");
        let dead = above.path().join("parat-read-dead");
        fs::create_dir(&dead).expect("made");
        fs::write(dead.join(LOCK), "").expect("written");
        let fresh = above.path().join("parat-read-fresh");
        fs::create_dir(&fresh).expect("made");
        let other = above.path().join("somebody-else");
        fs::create_dir(&other).expect("made");
        assert_eq!(sweep(above.path()), 1);
        assert!(!dead.exists() && fresh.exists() && other.exists() && mine.path().exists());
        let path = mine.path().to_owned();
        drop(mine);
        assert!(!path.exists());
    }
}

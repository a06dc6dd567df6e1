//! Deliveries over HTTP: received, queued, judged, and always brought to an end with a reason.
//!
//! ```text
//! receive  bytes to disk as they come        data/deliveries/d-12/f0.zip
//! queue    one line for each sender, in turn
//! run      a child reads, the gate judges, drafts are staged
//! watch    who waits hears of every change
//! ```
//!
//! What is true of a delivery stands in the catalogue; this room holds only what is under way. Killed at any
//! moment, a delivery is found again at the next start: an upload goes on where its bytes end, a judging
//! begins anew. One process at a time runs the deliveries of a data folder.

mod ask;
mod names;
mod queue;
mod receive;
mod run;
mod upload;
mod watch;

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

pub use ask::{AskPatch, stated};
pub use receive::Incoming;
pub use upload::{Appending, Upload};
pub use watch::{Progress, Watcher};

use super::{Actor, App, AppError, Role};
use crate::{
    model::{Say, say},
    store::{Job, JobFilter, JobId, JobState},
    worker::Cancel,
};
use queue::Queue;

/// Why a delivery cannot be taken, or not changed so.
#[derive(Debug, thiserror::Error)]
pub enum DeliverError {
    /// More than a limit allows.
    #[error("{what}; the limit `{limit}` is {value}")]
    TooLarge {
        /// What is too large.
        what: String,
        /// The limit's name, as `/accepted-inputs` tells it.
        limit: &'static str,
        /// Its value.
        value: u64,
    },
    /// Too many at once.
    #[error("{what}; the limit `{limit}` is {value}")]
    TooMany {
        /// What there are too many of.
        what: String,
        /// The limit's name.
        limit: &'static str,
        /// Its value.
        value: u64,
    },
    /// The disk is full.
    #[error(
        "there is no room left on the server's disk; what was answered for is kept, the rest must be sent again"
    )]
    NoSpace,
    /// Something in the question makes no sense.
    #[error("{parameter}: {detail}")]
    Bad {
        /// Which part of it.
        parameter: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The delivery does not stand where that is possible.
    #[error("{0}")]
    Conflict(String),
    /// Somebody is sending bytes to it this very moment.
    #[error("another request is sending bytes to this upload")]
    Locked,
    /// It was there.
    #[error("{0}")]
    Gone(String),
    /// It belongs to somebody else.
    #[error("{0}")]
    Forbidden(String),
    /// Deliveries are not taken here now.
    #[error("{0}")]
    Closed(&'static str),
    /// Anything else.
    #[error(transparent)]
    App(#[from] AppError),
}

impl DeliverError {
    fn bad(parameter: &str, detail: impl Into<String>) -> Self {
        Self::Bad {
            parameter: parameter.to_owned(),
            detail: detail.into(),
        }
    }

    /// What the disk says, told apart: full, or broken.
    fn disk(doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |error| match error.kind() {
            std::io::ErrorKind::StorageFull
            | std::io::ErrorKind::QuotaExceeded
            | std::io::ErrorKind::FileTooLarge => Self::NoSpace,
            _ => Self::App(AppError::internal(doing, error)),
        }
    }
}

impl From<crate::store::StoreError> for DeliverError {
    fn from(error: crate::store::StoreError) -> Self {
        // SQLite says 13 (SQLITE_FULL) in words only.
        let full = std::error::Error::source(&error)
            .is_some_and(|cause| cause.to_string().contains("disk is full"));
        if full {
            return Self::NoSpace;
        }
        Self::App(error.into())
    }
}

/// A delivery that is under way.
struct Live {
    job: Mutex<Job>,
    progress: Mutex<Progress>,
    cancel: Cancel,
    /// Counts changes, for those who wait.
    changed: tokio::sync::watch::Sender<u64>,
}

impl Live {
    fn new(job: Job) -> Arc<Self> {
        Arc::new(Self {
            progress: Mutex::new(Progress::default()),
            job: Mutex::new(job),
            cancel: Cancel::default(),
            changed: tokio::sync::watch::channel(0).0,
        })
    }

    fn job(&self) -> MutexGuard<'_, Job> {
        self.job.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// As it stands this moment.
    fn now(&self) -> (Job, Progress) {
        let progress = *self.progress.lock().unwrap_or_else(PoisonError::into_inner);
        (self.job().clone(), progress)
    }

    fn tell(&self) {
        self.changed.send_modify(|count| *count += 1);
    }
}

/// Everything under way in this process.
pub(super) struct Jobs {
    folder: PathBuf,
    /// Held while this process runs deliveries; none when another one does.
    lock: OnceLock<Option<File>>,
    live: Mutex<HashMap<JobId, Arc<Live>>>,
    queue: Arc<Queue>,
    /// Who sends how many requests with bytes at this moment.
    sending: Mutex<HashMap<String, u64>>,
    /// Uploads that a request is writing to.
    writing: Mutex<HashSet<JobId>>,
    listeners: Arc<tokio::sync::Semaphore>,
    stopping: tokio::sync::watch::Sender<bool>,
}

impl Jobs {
    pub(super) fn new(config: &crate::config::Config) -> Self {
        Self {
            folder: config.data.join("deliveries"),
            lock: OnceLock::new(),
            live: Mutex::default(),
            queue: Arc::default(),
            sending: Mutex::default(),
            writing: Mutex::default(),
            listeners: Arc::new(tokio::sync::Semaphore::new(config.limits.listeners)),
            stopping: tokio::sync::watch::channel(false).0,
        }
    }

    fn live(&self) -> MutexGuard<'_, HashMap<JobId, Arc<Live>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The folder of one delivery. Its name is a number of ours.
    fn place(&self, id: JobId) -> PathBuf {
        self.folder.join(id.to_string())
    }

    fn work(&self) -> PathBuf {
        self.folder.join("work")
    }

    fn is_stopping(&self) -> bool {
        *self.stopping.borrow()
    }
}

impl App {
    /// Takes up the deliveries of the data folder: what an earlier process left is swept or gone on with,
    /// and threads wait for more. Does nothing the second time, and where another process does it already.
    pub fn run_deliveries(&self) {
        let jobs = &self.inner.jobs;
        let mut first = false;
        jobs.lock.get_or_init(|| {
            first = true;
            match lock(&jobs.folder) {
                Ok(lock) => lock,
                Err(error) => {
                    tracing::error!(%error, "the folder of deliveries cannot be used");
                    None
                }
            }
        });
        if first && jobs.lock.get().is_some_and(Option::is_some) {
            if let Err(error) = self.take_up() {
                tracing::error!(%error, "deliveries of an earlier run cannot be taken up");
            }
            run::start(self);
        }
    }

    /// Stops taking deliveries: uploads end where they are, listeners are let go, a judging under way is put
    /// back in the queue. Called when the server is told to stop.
    pub fn close_deliveries(&self) {
        self.inner.jobs.stopping.send_replace(true);
        for live in self.inner.jobs.live().values() {
            live.cancel.call_off();
            live.tell();
        }
        self.inner.jobs.queue.close();
    }

    /// Ends when the server is told to stop.
    pub async fn deliveries_closing(&self) {
        let mut stopping = self.inner.jobs.stopping.subscribe();
        stopping.wait_for(|stop| *stop).await.ok();
    }

    /// Refuses where deliveries are not run.
    fn open_for_deliveries(&self) -> Result<(), DeliverError> {
        if self.inner.jobs.is_stopping() {
            return Err(DeliverError::Closed("the server is stopping"));
        }
        match self.inner.jobs.lock.get() {
            Some(Some(_)) => Ok(()),
            _ => Err(DeliverError::Closed(
                "another process takes the deliveries of this data folder",
            )),
        }
    }

    /// A delivery as it stands this moment, by its number or a report's. Blocks.
    pub fn delivery(&self, id: JobId) -> Result<(Job, Progress), DeliverError> {
        if let Some(live) = self.under_way(id) {
            return Ok(live.now());
        }
        let job = self.store().job(id)?.ok_or_else(|| AppError::NotFound {
            what: format!("delivery {id}"),
        })?;
        // By a report's number the delivery may still be under way.
        if let Some(live) = self.under_way(job.id) {
            return Ok(live.now());
        }
        let progress = Progress::of(&job);
        Ok((job, progress))
    }

    /// What is under way under a number. The lock of all is let go before anybody's own is taken.
    fn under_way(&self, id: JobId) -> Option<Arc<Live>> {
        self.inner.jobs.live().get(&id).cloned()
    }

    /// Deliveries, newest first. Blocks.
    pub fn delivery_list(&self, filter: &JobFilter) -> Result<Vec<(Job, Progress)>, DeliverError> {
        let kept = self.store().jobs(filter)?;
        Ok(kept
            .into_iter()
            .map(|job| {
                self.under_way(job.id).map_or_else(
                    || {
                        let progress = Progress::of(&job);
                        (job.clone(), progress)
                    },
                    |live| live.now(),
                )
            })
            .filter(|(job, _)| filter.state.is_none_or(|state| job.state == state))
            .collect())
    }

    /// Where the bytes of a delivery's file lie, with its label. Blocks.
    pub fn delivery_file(&self, id: JobId, at: usize) -> Result<(PathBuf, String), DeliverError> {
        let (job, _) = self.delivery(id)?;
        let file = job.files.get(at).ok_or_else(|| AppError::NotFound {
            what: format!("file {at} of delivery {id}"),
        })?;
        let path = self.inner.jobs.place(job.id).join(&file.stored);
        if !path.is_file() {
            return Err(DeliverError::Gone(format!(
                "the bytes of {} were removed: the upload was given up",
                job.id
            )));
        }
        Ok((path, file.label.clone()))
    }

    /// Calls a delivery off. Its file and the reports that it has stay. Blocks.
    pub fn cancel_delivery(&self, id: JobId, actor: &Actor) -> Result<Job, DeliverError> {
        let (job, _) = self.delivery(id)?;
        may(actor, &job)?;
        if job.state.is_end() {
            return Err(DeliverError::Conflict(format!(
                "{} is at its end already: {}",
                job.id,
                job.state.word()
            )));
        }
        self.end(
            job.id,
            JobState::Cancelled,
            say!(job_called_off, by = &actor.name),
        )
    }

    /// Says why a delivery ended as it did.
    fn because(&self, job: &mut Job, reason: Say) {
        let english = self.standards().messages().render(&reason, "en");
        job.because(reason, english);
    }

    /// Brings a delivery to an end, unless it is at one; kills what works on it.
    fn end(&self, id: JobId, state: JobState, reason: Say) -> Result<Job, DeliverError> {
        let live = self.inner.jobs.live().get(&id).cloned();
        let Some(live) = live else {
            let (job, _) = self.delivery(id)?;
            return Ok(job);
        };
        live.cancel.call_off();
        self.inner.jobs.queue.remove(id);
        let job = {
            let mut job = live.job();
            if !job.state.is_end() {
                job.state = state;
                self.because(&mut job, reason);
                self.store().save_job(&job)?;
            }
            job.clone()
        };
        self.inner.jobs.live().remove(&id);
        live.tell();
        Ok(job)
    }
}

/// Only who sent it, or who reviews others' deliveries, may change a delivery.
fn may(actor: &Actor, job: &Job) -> Result<(), DeliverError> {
    if actor.name == job.actor || actor.role >= Role::Coordinator {
        return Ok(());
    }
    Err(DeliverError::Forbidden(format!(
        "{} was sent by somebody else",
        job.id
    )))
}

/// Makes the folder, takes the lock, and empties the place where children work.
fn lock(folder: &std::path::Path) -> std::io::Result<Option<File>> {
    let work = folder.join("work");
    fs::create_dir_all(&work)?;
    let lock = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(folder.join("lock"))?;
    if lock.try_lock().is_err() {
        return Ok(None);
    }
    for left in fs::read_dir(&work)? {
        let left = left?.path();
        tracing::info!(path = ?left, "sweeping what a killed reader left");
        fs::remove_dir_all(&left)?;
    }
    Ok(Some(lock))
}

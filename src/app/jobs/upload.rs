//! Uploads that can break off and go on: what tus asks of a server, without its words.
//!
//! An upload is a delivery whose one file is not whole yet, and its offset is the length of that file on
//! disk: no second record could disagree with it. Bytes count once they are written, which a killed process
//! survives; before an answer tells an offset the file is synced, which a power cut survives.

use std::{
    fs::{self, File},
    io::{Seek as _, SeekFrom, Write as _},
    sync::{Arc, PoisonError},
    time::Duration,
};

use super::{
    super::{Actor, App, AppError},
    DeliverError, Live,
    ask::AskPatch,
    may,
    names::{label, stored},
    receive::Slot,
    watch::Progress,
};
use crate::{
    model::say,
    store::{Job, JobFile, JobId, JobState, Via},
};

/// An upload as it stands.
#[derive(Clone, Debug)]
pub struct Upload {
    /// The delivery that it makes.
    pub job: Job,
    /// Bytes that are on disk.
    pub offset: u64,
    /// Bytes in all.
    pub length: u64,
}

/// A request that writes to an upload; the only one at its time.
pub struct Appending {
    app: App,
    live: Arc<Live>,
    file: File,
    begun: u64,
    offset: u64,
    length: u64,
    _turn: Turn,
    _slot: Slot,
}

/// The right to write to an upload.
struct Turn {
    app: App,
    id: JobId,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.app
            .inner
            .jobs
            .writing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.id);
    }
}

impl App {
    /// Begins an upload of `length` bytes. Blocks.
    pub fn create_upload(
        &self,
        actor: &Actor,
        length: u64,
        name: &str,
        source: Option<&str>,
        patch: &AskPatch,
    ) -> Result<Upload, DeliverError> {
        self.open_for_deliveries()?;
        self.fits(length)?;
        let ask = self.merged(&crate::store::JobAsk::default(), patch)?;
        let most = self.config().limits.unfinished_per_user;
        let all: Vec<Arc<Live>> = self.inner.jobs.live().values().cloned().collect();
        let open = all
            .iter()
            .filter(|live| {
                let job = live.job();
                job.via == Via::Tus && job.state == JobState::Receiving && job.actor == actor.name
            })
            .count() as u64;
        if open >= most {
            return Err(DeliverError::TooMany {
                what: format!(
                    "{} has begun as many uploads without finishing them as are kept; finish or delete one",
                    actor.name
                ),
                limit: "unfinished_per_user",
                value: most,
            });
        }
        let mut job = self.new_delivery(actor, Via::Tus)?;
        let label = label(name);
        let stored = stored(&[], &label);
        let path = self.inner.jobs.place(job.id).join(&stored);
        File::create_new(path).map_err(DeliverError::disk("making a file"))?;
        job.files.push(JobFile {
            label,
            stored,
            bytes: 0,
            total: Some(length),
            hash: None,
        });
        job.ask = ask;
        source.unwrap_or("").clone_into(&mut job.source);
        let expires = jiff::Timestamp::now()
            .checked_add(Duration::from_secs(self.config().limits.upload_expires_s))
            .and_then(|at| at.round(jiff::Unit::Second))
            .map_err(|error| AppError::internal("reckoning a date", error))?;
        job.expires_at = Some(expires.to_string());
        self.store().save_job(&job)?;
        let live = Live::new(job.clone());
        *live.progress.lock().unwrap_or_else(PoisonError::into_inner) = Progress::bytes(0, length);
        self.inner.jobs.live().insert(job.id, Arc::clone(&live));
        if length == 0 {
            job = self.whole(&live)?;
        }
        Ok(Upload {
            job,
            offset: 0,
            length,
        })
    }

    /// Where an upload stands. Blocks.
    pub fn upload(&self, id: JobId, actor: &Actor) -> Result<Upload, DeliverError> {
        let (job, _) = self.delivery(id)?;
        may(actor, &job)?;
        let missing = || AppError::NotFound {
            what: format!("upload {id}"),
        };
        let file = job
            .files
            .first()
            .filter(|_| job.via == Via::Tus && job.id == id)
            .ok_or_else(missing)?;
        let length = file.total.ok_or_else(missing)?;
        if file.hash.is_some() || job.state == JobState::Queued {
            return Ok(Upload {
                offset: length,
                length,
                job,
            });
        }
        if job.state.is_end() {
            return Err(DeliverError::Gone(format!(
                "the upload ended: {}",
                job.reason.as_deref().unwrap_or("it was given up")
            )));
        }
        let path = self.inner.jobs.place(id).join(&file.stored);
        let offset = fs::metadata(path).map_or(0, |about| about.len());
        Ok(Upload {
            job,
            offset,
            length,
        })
    }

    /// Takes the turn to write to an upload from `offset` on. Blocks.
    pub fn append(&self, id: JobId, actor: &Actor, offset: u64) -> Result<Appending, DeliverError> {
        self.open_for_deliveries()?;
        let slot = self.slot(actor)?;
        let first = self
            .inner
            .jobs
            .writing
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(id);
        if !first {
            return Err(DeliverError::Locked);
        }
        let turn = Turn {
            app: self.clone(),
            id,
        };
        let upload = self.upload(id, actor)?;
        if upload.offset != offset {
            return Err(DeliverError::Conflict(format!(
                "the upload stands at {}, not at {offset}",
                upload.offset
            )));
        }
        let gone = || DeliverError::Gone("the upload has ended".to_owned());
        let live = self.inner.jobs.live().get(&id).cloned();
        let live = match live {
            Some(live) => live,
            // Whole already: nothing is left to write, and that is said again.
            None if upload.offset == upload.length => Live::new(upload.job.clone()),
            None => return Err(gone()),
        };
        let stored = upload.job.files.first().ok_or_else(gone)?.stored.clone();
        let mut file = File::options()
            .write(true)
            .open(self.inner.jobs.place(id).join(stored))
            .map_err(DeliverError::disk("opening an upload"))?;
        file.seek(SeekFrom::Start(offset))
            .map_err(DeliverError::disk("opening an upload"))?;
        Ok(Appending {
            app: self.clone(),
            live,
            file,
            begun: offset,
            offset,
            length: upload.length,
            _turn: turn,
            _slot: slot,
        })
    }

    /// Gives an upload up; its bytes are removed. Blocks.
    pub fn terminate_upload(&self, id: JobId, actor: &Actor) -> Result<(), DeliverError> {
        let upload = self.upload(id, actor)?;
        if upload.job.state != JobState::Receiving {
            return Err(DeliverError::Conflict(format!(
                "the upload is whole and has become the delivery {id}; call that off at /deliveries/{id}"
            )));
        }
        self.end(
            id,
            JobState::Cancelled,
            say!(job_given_up, by = &actor.name),
        )?;
        fs::remove_dir_all(self.inner.jobs.place(id))
            .map_err(DeliverError::disk("removing an upload"))
    }

    /// Removes uploads that nobody went on with in time.
    pub(super) fn expire_uploads(&self) {
        let now = jiff::Timestamp::now();
        let all: Vec<Arc<Live>> = self.inner.jobs.live().values().cloned().collect();
        let late: Vec<JobId> = all
            .iter()
            .filter_map(|live| {
                let job = live.job();
                let until: jiff::Timestamp = job.expires_at.as_deref()?.parse().ok()?;
                (job.state == JobState::Receiving && until < now).then_some(job.id)
            })
            .collect();
        for id in late {
            let busy = self
                .inner
                .jobs
                .writing
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .contains(&id);
            if busy {
                continue;
            }
            match self.end(id, JobState::Failed, say!(job_expired)) {
                Ok(_) => {
                    fs::remove_dir_all(self.inner.jobs.place(id)).ok();
                }
                Err(error) => tracing::error!(%error, %id, "an upload cannot be ended"),
            }
        }
    }

    /// All bytes of an upload are there: they are hashed, and it waits for its turn.
    pub(super) fn whole(&self, live: &Live) -> Result<Job, DeliverError> {
        let (id, stored, source) = {
            let job = live.job();
            let Some(file) = job.files.first() else {
                return Ok(job.clone());
            };
            (job.id, file.stored.clone(), job.source.clone())
        };
        let path = self.inner.jobs.place(id).join(stored);
        let mut hash = blake3::Hasher::new();
        hash.update_reader(File::open(path).map_err(DeliverError::disk("hashing an upload"))?)
            .map_err(DeliverError::disk("hashing an upload"))?;
        {
            let mut job = live.job();
            if let Some(file) = job.files.first_mut() {
                file.bytes = file.total.unwrap_or(file.bytes);
                file.hash = Some(hash.finalize().to_hex().to_string());
            }
        }
        let patch = asked(&live.job());
        self.arrived(live, &patch, Some(&source))
    }
}

/// What was said at the beginning of an upload, as a change: so that it counts as confirmed.
fn asked(job: &Job) -> AskPatch {
    let mut patch = AskPatch::new();
    let ask = &job.ask;
    let texts = [
        ("layer", ask.layer.as_ref().map(ToString::to_string)),
        ("crs", ask.crs.clone()),
        ("encoding", ask.encoding.clone()),
    ];
    for (name, value) in texts {
        if let Some(value) = value {
            patch.insert(name.to_owned(), value.into());
        }
    }
    patch
}

impl Appending {
    /// Bytes that may still come.
    pub fn room(&self) -> u64 {
        self.length - self.offset
    }

    /// True once somebody gave the upload up.
    pub fn is_called_off(&self) -> bool {
        self.live.cancel.is_called_off()
    }

    /// Writes what came. More than was announced is refused before it is written.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), DeliverError> {
        if bytes.len() as u64 > self.room() {
            return Err(DeliverError::TooLarge {
                what: "more bytes came than `Upload-Length` announced".to_owned(),
                limit: "Upload-Length",
                value: self.length,
            });
        }
        if let Err(error) = self.file.write_all(bytes) {
            let error = DeliverError::disk("writing an upload")(error);
            if matches!(error, DeliverError::NoSpace) {
                // What was answered for stays; the catalogue needs the room of the rest.
                self.file.set_len(self.begun).ok();
                self.offset = self.begun;
            }
            return Err(error);
        }
        self.offset += bytes.len() as u64;
        {
            let mut job = self.live.job();
            if let Some(file) = job.files.first_mut() {
                file.bytes = self.offset;
            }
        }
        self.live
            .progress
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .done = self.offset;
        self.live.tell();
        Ok(())
    }

    /// Takes back what this request wrote: its checksum was another.
    pub fn take_back(mut self) -> Result<(), DeliverError> {
        self.offset = self.begun;
        self.file
            .set_len(self.begun)
            .and_then(|()| self.file.sync_all())
            .map_err(DeliverError::disk("taking bytes back"))
    }

    /// Syncs what was written and gives the offset; the last byte makes the delivery.
    pub fn end(self) -> Result<Upload, DeliverError> {
        self.file
            .sync_all()
            .map_err(DeliverError::disk("syncing an upload"))?;
        let whole = self.offset == self.length;
        let job = self.live.job().clone();
        let job = if whole && job.state == JobState::Receiving {
            self.app.whole(&self.live)?
        } else if job.state == JobState::Receiving {
            self.app.store().save_job(&job)?;
            job
        } else {
            job
        };
        Ok(Upload {
            job,
            offset: self.offset,
            length: self.length,
        })
    }
}

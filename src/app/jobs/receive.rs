//! Bytes to disk as they come, in files under names of our own.
//!
//! The row in the catalogue comes first, then the folder, then the bytes; each file is hashed as it is
//! written. What breaks off is kept and said, never thrown away in silence.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::Write as _,
    path::PathBuf,
    sync::Arc,
};

use super::{
    super::{Actor, App},
    DeliverError, Live,
    ask::{AskPatch, answers},
    names::{label, source_name, stored},
    watch::Progress,
};

use crate::{
    model::{Say, say},
    store::{Job, JobAsk, JobFile, JobId, JobState, Via},
};

/// A delivery whose bytes are coming in as a form.
pub struct Incoming {
    app: App,
    live: Arc<Live>,
    id: JobId,
    patch: AskPatch,
    source: Option<String>,
    open: Option<Open>,
    total: u64,
    _slot: Slot,
}

/// The file being written.
struct Open {
    file: File,
    hash: Box<blake3::Hasher>,
}

/// One of the requests with bytes that a sender may have at once.
pub(super) struct Slot {
    app: App,
    name: String,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut sending = lock(&self.app.inner.jobs.sending);
        if let Some(count) = sending.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                sending.remove(&self.name);
            }
        }
    }
}

fn lock<T>(mutex: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
}

impl App {
    /// Room for one more request with bytes of this sender.
    pub(super) fn slot(&self, actor: &Actor) -> Result<Slot, DeliverError> {
        let most = self.config().limits.uploads_per_user;
        let mut sending = lock(&self.inner.jobs.sending);
        let count = sending.entry(actor.name.clone()).or_default();
        if *count >= most {
            return Err(DeliverError::TooMany {
                what: format!("{} sends as many files at once as are taken", actor.name),
                limit: "uploads_per_user",
                value: most,
            });
        }
        *count += 1;
        Ok(Slot {
            app: self.clone(),
            name: actor.name.clone(),
        })
    }

    /// A new delivery without a byte yet, in the catalogue and with a folder.
    pub(super) fn new_delivery(&self, actor: &Actor, via: Via) -> Result<Job, DeliverError> {
        self.open_for_deliveries()?;
        self.room_in_queue()?;
        let job = self.store().add_job(Job {
            id: JobId(0),
            actor: actor.name.clone(),
            role: actor.role,
            source: String::new(),
            via,
            state: JobState::Receiving,
            files: vec![],
            ask: JobAsk::default(),
            remembered: None,
            asked_by: None,
            attempts: 0,
            reason: None,
            reason_say: Say::default(),
            passed_over: None,
            layers: vec![],
            expires_at: None,
            created_at: String::new(),
            updated_at: String::new(),
        })?;
        let place = self.inner.jobs.place(job.id);
        fs::create_dir_all(&place)
            .and_then(|()| sync(&self.inner.jobs.folder))
            .map_err(DeliverError::disk("making a delivery's folder"))?;
        Ok(job)
    }

    /// Begins a delivery that comes as a form. `announced` is how many bytes the request says it has. Blocks.
    pub fn receive(&self, actor: &Actor, announced: Option<u64>) -> Result<Incoming, DeliverError> {
        let slot = self.slot(actor)?;
        self.fits(announced.unwrap_or(0))?;
        let job = self.new_delivery(actor, Via::Form)?;
        let live = Live::new(job.clone());
        *lock(&live.progress) = Progress::bytes(0, announced.unwrap_or(0));
        self.inner.jobs.live().insert(job.id, Arc::clone(&live));
        Ok(Incoming {
            app: self.clone(),
            live,
            id: job.id,
            patch: AskPatch::new(),
            source: None,
            open: None,
            total: 0,
            _slot: slot,
        })
    }

    /// Refuses more bytes than a delivery may have.
    pub(super) fn fits(&self, bytes: u64) -> Result<(), DeliverError> {
        let most = self.config().limits.upload_bytes;
        if bytes <= most {
            return Ok(());
        }
        Err(DeliverError::TooLarge {
            what: format!("a delivery of {bytes} bytes is not taken"),
            limit: "upload_bytes",
            value: most,
        })
    }

    /// All bytes of a delivery are there: what is remembered of its source is filled in, and it waits for
    /// its turn.
    pub(super) fn arrived(
        &self,
        live: &Live,
        patch: &AskPatch,
        source: Option<&str>,
    ) -> Result<Job, DeliverError> {
        let job = {
            let mut job = live.job();
            if job.state != JobState::Receiving {
                return Ok(job.clone());
            }
            let mut next = job.clone();
            next.ask = self.merged(&next.ask, patch)?;
            next.source = source_name(source, &next.files);
            self.recall(&mut next)?;
            next.state = JobState::Queued;
            next.reason = None;
            next.reason_say = Say::default();
            next.expires_at = None;
            let confirmed = answers(&JobAsk::default(), &next.ask, patch);
            self.store().save_job(&next)?;
            if !confirmed.is_empty() {
                self.store()
                    .remember(&next.source, next.id, &next.actor, &confirmed)?;
            }
            *job = next.clone();
            next
        };
        *lock(&live.progress) = Progress::default();
        self.inner.jobs.queue.push(&job.actor, job.id);
        live.tell();
        Ok(job)
    }
}

/// Makes a folder's names survive a power cut.
pub(super) fn sync(folder: &std::path::Path) -> std::io::Result<()> {
    File::open(folder)?.sync_all()
}

impl Incoming {
    /// The delivery's number.
    pub fn id(&self) -> JobId {
        self.id
    }

    /// True once somebody called it off.
    pub fn is_called_off(&self) -> bool {
        self.live.cancel.is_called_off()
    }

    /// A file begins.
    pub fn file(&mut self, name: &str) -> Result<(), DeliverError> {
        self.end_file()?;
        let mut job = self.live.job();
        let most = self.app.config().limits.upload_files;
        if job.files.len() >= most {
            return Err(DeliverError::TooLarge {
                what: "the delivery has more files than are taken; send them in a zip".to_owned(),
                limit: "upload_files",
                value: most as u64,
            });
        }
        let label = label(name);
        let stored = stored(&job.files, &label);
        let path: PathBuf = self.app.inner.jobs.place(self.id).join(&stored);
        let file = File::create_new(path).map_err(DeliverError::disk("making a file"))?;
        job.files.push(JobFile {
            label,
            stored,
            bytes: 0,
            total: None,
            hash: None,
        });
        self.open = Some(Open {
            file,
            hash: Box::default(),
        });
        Ok(())
    }

    /// Bytes of the file that began last.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), DeliverError> {
        self.app.fits(self.total + bytes.len() as u64)?;
        let Some(open) = &mut self.open else {
            return Ok(());
        };
        if let Err(error) = open.file.write_all(bytes) {
            let error = DeliverError::disk("writing a delivery")(error);
            if matches!(error, DeliverError::NoSpace) {
                // Half a file helps nobody, and the catalogue needs the room to say so.
                open.file.set_len(0).ok();
                if let Some(file) = self.live.job().files.last_mut() {
                    file.bytes = 0;
                }
            }
            return Err(error);
        }
        open.hash.update(bytes);
        self.total += bytes.len() as u64;
        let mut job = self.live.job();
        if let Some(file) = job.files.last_mut() {
            file.bytes += bytes.len() as u64;
        }
        lock(&self.live.progress).done = self.total;
        drop(job);
        self.live.tell();
        Ok(())
    }

    /// The file is whole.
    pub fn end_file(&mut self) -> Result<(), DeliverError> {
        let Some(open) = self.open.take() else {
            return Ok(());
        };
        open.file
            .sync_all()
            .map_err(DeliverError::disk("syncing a delivery"))?;
        let mut job = self.live.job();
        if let Some(file) = job.files.last_mut() {
            file.total = Some(file.bytes);
            file.hash = Some(open.hash.finalize().to_hex().to_string());
        }
        Ok(())
    }

    /// A value of the form. One that cannot be meant is refused at the end, when the file is safe.
    pub fn value(&mut self, name: &str, text: &str) -> Result<(), DeliverError> {
        if name == "source" {
            self.source = Some(text.to_owned());
            return Ok(());
        }
        if super::stated(&mut self.patch, name, text)? {
            return Ok(());
        }
        Err(DeliverError::bad(
            &label(name),
            "the form has no such part: file, layer, crs, encoding, source, columns, codes, metadata, repairs, set_aside",
        ))
    }

    /// Everything arrived. `wrong` is the first value that could not be meant: the file is kept and judged
    /// without it, and the delivery says so.
    pub fn done(mut self, wrong: Option<&DeliverError>) -> Result<Job, DeliverError> {
        self.end_file()?;
        if self.live.job().files.is_empty() {
            let none = DeliverError::bad("file", "the form has no part `file` with a file in it");
            let reason = say!(job_refused, why = none.to_string());
            self.app.end(self.id, JobState::Failed, reason)?;
            return Err(none);
        }
        sync(&self.app.inner.jobs.place(self.id))
            .map_err(DeliverError::disk("syncing a delivery"))?;
        let mut patch = std::mem::take(&mut self.patch);
        let mut why = wrong.map(ToString::to_string);
        // Value by value: one that cannot be meant must not take the others with it.
        let names: Vec<String> = patch.keys().cloned().collect();
        for name in names {
            let one: AskPatch = patch
                .get_key_value(&name)
                .map(|(name, value)| (name.clone(), value.clone()))
                .into_iter()
                .collect();
            if let Err(error) = self.app.merged(&JobAsk::default(), &one) {
                patch.remove(&name);
                why.get_or_insert_with(|| error.to_string());
            }
        }
        if let Some(why) = why {
            self.live.job().passed_over = Some(why);
        }
        self.app.arrived(&self.live, &patch, self.source.as_deref())
    }

    /// It broke off. What arrived is kept, and the delivery ends with the reason.
    pub fn broke(mut self, reason: &str) -> Result<Job, DeliverError> {
        if let Some(open) = self.open.take() {
            // The reason counts more than whether these bytes survive a power cut.
            open.file.sync_all().ok();
        }
        let mut got: BTreeMap<String, u64> = BTreeMap::new();
        {
            let mut job = self.live.job();
            job.source = source_name(self.source.as_deref(), &job.files);
            for file in &job.files {
                *got.entry(file.label.clone()).or_default() += file.bytes;
            }
        }
        let kept: Vec<Say> = got
            .iter()
            .map(|(label, bytes)| say!(job_kept_file, bytes = *bytes, file = label))
            .collect();
        let kept = if kept.is_empty() {
            say!(job_nothing_kept)
        } else {
            say!(job_kept, files = kept)
        };
        let reason = say!(
            job_broke_off,
            why = say!(job_refused, why = reason),
            kept = kept
        );
        self.app.end(self.id, JobState::Failed, reason)
    }
}

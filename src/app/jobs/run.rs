//! Judges what waits: threads that take deliveries in turn, each to its end with a reason.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::Path,
    sync::{Arc, PoisonError, Weak},
    time::{Duration, Instant},
};

use super::{
    super::{
        Actor, App, Inner, Step,
        delivery::{self, Item},
        gate::{GateError, Judged, Outcome},
        ingest::IngestError,
    },
    DeliverError, Live,
    ask::{mapped_codes, question},
    watch::Progress,
};
use crate::{
    model::{Metadata, Note, Say, say},
    store::{Job, JobFile, JobId, JobLayer, JobState},
    worker::{Cancel, Desk, WorkerError},
};

/// How long a thread waits for work before it looks whether the application is still there.
const LOOK: Duration = Duration::from_millis(500);
/// How often uploads that nobody goes on with are looked for.
const EXPIRE: Duration = Duration::from_mins(1);

/// Starts the threads.
pub(super) fn start(app: &App) {
    for number in 0..app.config().limits.judging.max(1) {
        let weak = Arc::downgrade(&app.inner);
        let queue = Arc::clone(&app.inner.jobs.queue);
        let started = std::thread::Builder::new()
            .name(format!("deliveries-{number}"))
            .spawn(move || {
                let mut expired = Instant::now();
                while weak.strong_count() > 0 && !queue.is_closed() {
                    if let Some(id) = queue.next(LOOK)
                        && let Some(app) = strong(&weak)
                    {
                        app.run_one(id);
                    }
                    if number == 0
                        && expired.elapsed() > EXPIRE
                        && let Some(app) = strong(&weak)
                    {
                        expired = Instant::now();
                        app.expire_uploads();
                    }
                }
            });
        if let Err(error) = started {
            tracing::error!(%error, "a thread for deliveries cannot be started");
        }
    }
}

fn strong(weak: &Weak<Inner>) -> Option<App> {
    weak.upgrade().map(|inner| App { inner })
}

/// How a judging came to its end.
enum Ended {
    Judged,
    /// Somebody called it off, and has said so.
    CalledOff,
    Failed(Say),
}

impl App {
    /// Finds what an earlier process left unfinished.
    pub(super) fn take_up(&self) -> Result<(), DeliverError> {
        for mut job in self.store().unfinished_jobs()? {
            let place = self.inner.jobs.place(job.id);
            match (job.state, job.via) {
                (JobState::Receiving, crate::store::Via::Form) => {
                    for file in &mut job.files {
                        file.bytes = std::fs::metadata(place.join(&file.stored))
                            .map_or(0, |about| about.len());
                    }
                    let got = std::fs::read_dir(&place)
                        .into_iter()
                        .flatten()
                        .flatten()
                        .filter_map(|entry| entry.metadata().ok())
                        .map(|about| about.len())
                        .sum::<u64>();
                    job.state = JobState::Failed;
                    self.because(&mut job, say!(job_stopped_arriving, bytes = got));
                    self.store().save_job(&job)?;
                }
                (JobState::Receiving, crate::store::Via::Tus) => {
                    let Some(file) = job.files.first_mut() else {
                        // Killed between its number and its first file: nobody was told of it.
                        job.state = JobState::Failed;
                        self.because(&mut job, say!(job_stopped_before));
                        self.store().save_job(&job)?;
                        continue;
                    };
                    file.bytes =
                        std::fs::metadata(place.join(&file.stored)).map_or(0, |about| about.len());
                    let (done, total) = (file.bytes, file.total.unwrap_or(0));
                    let live = Live::new(job.clone());
                    *live.progress.lock().unwrap_or_else(PoisonError::into_inner) =
                        Progress::bytes(done, total);
                    self.inner.jobs.live().insert(job.id, Arc::clone(&live));
                    if done == total {
                        self.whole(&live)?;
                    }
                }
                _ => {
                    let most = self.config().limits.attempts;
                    if job.attempts >= most {
                        job.state = JobState::Failed;
                        self.because(&mut job, say!(job_stopped_times, times = most));
                        self.store().save_job(&job)?;
                        continue;
                    }
                    job.state = JobState::Queued;
                    self.store().save_job(&job)?;
                    self.inner
                        .jobs
                        .live()
                        .insert(job.id, Live::new(job.clone()));
                    self.inner.jobs.queue.push(&job.actor, job.id);
                }
            }
        }
        Ok(())
    }

    /// Judges one delivery, and whatever happens brings it to an end.
    fn run_one(&self, id: JobId) {
        let Some(live) = self.inner.jobs.live().get(&id).cloned() else {
            return;
        };
        let ended = catch_unwind(AssertUnwindSafe(|| self.judge(&live))).unwrap_or_else(|_panic| {
            tracing::error!(%id, "judging a delivery panicked");
            Ended::Failed(say!(job_mistake))
        });
        // Called off meanwhile, and perhaps asked about again: then it is somebody else's by now.
        let mine = || {
            let all = self.inner.jobs.live();
            all.get(&id).is_some_and(|known| Arc::ptr_eq(known, &live))
        };
        let mut job = live.job().clone();
        match ended {
            Ended::Judged if !job.state.is_end() => {
                job.state = JobState::Judged;
                job.reason = None;
                job.reason_say = Say::default();
            }
            Ended::Failed(why) if !job.state.is_end() => {
                job.state = JobState::Failed;
                self.because(&mut job, why);
            }
            Ended::CalledOff if !job.state.is_end() && self.inner.jobs.is_stopping() => {
                // Not its fault: the next process begins anew.
                job.state = JobState::Queued;
                job.attempts = job.attempts.saturating_sub(1);
            }
            _ => {}
        }
        // A full disk passes; the verdict must not be lost to it.
        let mut kept = false;
        for wait in [0, 1, 5, 30] {
            std::thread::sleep(Duration::from_secs(wait));
            let mut now = live.job();
            if now.state.is_end() || !mine() {
                break;
            }
            match self.store().save_job(&job) {
                Ok(()) => {
                    *now = job;
                    kept = true;
                    break;
                }
                Err(error) => tracing::error!(%error, %id, "the end of a delivery cannot be kept"),
            }
        }
        if kept && mine() {
            self.inner.jobs.live().remove(&id);
        }
        live.tell();
    }

    fn judge(&self, live: &Live) -> Ended {
        let job = {
            let mut job = live.job();
            if job.state != JobState::Queued {
                return Ended::CalledOff;
            }
            job.state = JobState::Reading;
            job.attempts += 1;
            job.layers.clear();
            if let Err(error) = self.store().save_job(&job) {
                tracing::error!(%error, id = %job.id, "a delivery cannot be begun");
                return Ended::Failed(say!(job_catalogue));
            }
            job.clone()
        };
        live.tell();
        match self.judge_files(live, &job) {
            Ok(()) => Ended::Judged,
            Err(_) if live.cancel.is_called_off() => Ended::CalledOff,
            Err(error) => Ended::Failed(told(&error)),
        }
    }

    fn judge_files(&self, live: &Live, job: &Job) -> Result<(), IngestError> {
        let place = self.inner.jobs.place(job.id);
        let ask = question(job);
        let mut notes = vec![];
        let items = items(&place, &job.files, &job.ask.metadata, &mut notes);
        let desk = Desk {
            folder: Some(self.inner.jobs.work()),
            cancel: live.cancel.clone(),
        };
        let actor = job.sender();
        let bytes = items.iter().map(|item| item.bytes).sum();
        let mut rows = (0, 0);
        let mut first = job.attempts == 1 && !self.has_report(job.id);
        let mut tell = |step: Step| {
            let (state, progress) = match step {
                Step::Reading { .. } => (JobState::Reading, Progress::bytes(0, bytes)),
                Step::Checking { rows: more, .. } => {
                    rows.1 += more as u64;
                    (JobState::Checking, Progress::rows(rows.0, rows.1))
                }
                Step::Publishing { features, .. } => {
                    rows.0 += features as u64;
                    (JobState::Publishing, Progress::rows(rows.0, rows.1))
                }
            };
            *live.progress.lock().unwrap_or_else(PoisonError::into_inner) = progress;
            let mut now = live.job();
            if !now.state.is_end() {
                now.state = state;
            }
            drop(now);
            live.tell();
        };
        self.gate(&ask)?.at(desk).noting(notes).judge_items(
            items,
            &mut tell,
            &mut |judged: Judged, tell: &mut dyn FnMut(Step)| {
                if live.cancel.is_called_off() {
                    return Err(GateError::Reader(WorkerError::Cancelled).into());
                }
                let number = std::mem::take(&mut first).then_some(job.id.0);
                let codes = mapped_codes(job, &judged.report);
                if !codes.is_empty() {
                    let by = job.asked_by.as_deref().unwrap_or(&job.actor);
                    self.store().remember(&job.source, job.id, by, &codes)?;
                }
                let layer = self.keep(judged, number, &actor, &live.cancel, tell)?;
                let mut now = live.job();
                now.layers.push(layer);
                if !now.state.is_end() {
                    self.store().save_job(&now)?;
                }
                Ok::<_, IngestError>(())
            },
        )?;
        self.renew()?;
        Ok(())
    }

    fn has_report(&self, id: JobId) -> bool {
        self.store().report(&id.to_string()).is_ok()
    }

    /// Keeps one judged layer: as a draft version where anybody can tell where it lies, else its report.
    fn keep(
        &self,
        judged: Judged,
        number: Option<i64>,
        actor: &Actor,
        cancel: &Cancel,
        tell: &mut dyn FnMut(Step),
    ) -> Result<JobLayer, IngestError> {
        let report = judged.report.clone();
        // The same content again is the same version, which tells its own report; this one has its own number.
        let number = match number {
            Some(number) => number,
            None => self.store().reserve_delivery()?,
        };
        self.keep_aside(&judged, Some(number))?;
        let layer = match judged.outcome {
            Outcome::Refused => None,
            Outcome::Checked(_) => match judged.accepted(self.standards())? {
                Ok(layer) => Some(layer),
                Err(kept_out) => kept_out.draft(self.standards())?,
            },
        };
        // The last moment: what is staged from here on stands as a draft, whoever calls it off.
        if cancel.is_called_off() {
            return Err(GateError::Reader(WorkerError::Cancelled).into());
        }
        let mut kept = JobLayer {
            layer: report.layer.clone(),
            verdict: report.verdict,
            summary: report.summary.clone(),
            summary_say: report.summary_say.clone(),
            counts: report.counts,
            version: None,
            state: None,
            report: JobId(number),
        };
        match layer {
            Some(layer) => {
                tell(Step::Publishing {
                    layer: layer.id.clone(),
                    features: layer.ids.len(),
                });
                let (entry, _) = self.store().stage(&layer, &report, Some(number), actor)?;
                kept.version = Some(entry.version.0);
                kept.state = Some(entry.state.word().to_owned());
            }
            None => {
                self.store().withhold(&report, Some(number), actor)?;
            }
        }
        Ok(kept)
    }
}

/// The files to read, each with the metadata that came beside it and those that a person said since.
fn items(place: &Path, files: &[JobFile], said: &Metadata, notes: &mut Vec<Note>) -> Vec<Item> {
    let is_about = |file: &JobFile| {
        let name = file.label.to_lowercase();
        name == "metadata.json" || name.ends_with(".metadata.json")
    };
    let parts = |file: &JobFile| {
        let ending = file.stored.split_once('.').map_or("", |(_, ending)| ending);
        let number = file.stored.split('.').next().unwrap_or_default();
        ending != "shp"
            && files
                .iter()
                .any(|other| other.stored == format!("{number}.shp"))
    };
    let beside = |label: &str, notes: &mut Vec<Note>| -> Metadata {
        let stem = label.rsplit_once('.').map_or(label, |(stem, _)| stem);
        let names = [
            format!("{label}.metadata.json"),
            format!("{stem}.metadata.json"),
            "metadata.json".to_owned(),
        ];
        let found = names.iter().find_map(|name| {
            files
                .iter()
                .find(|file| is_about(file) && file.label.eq_ignore_ascii_case(name))
        });
        let Some(file) = found else {
            return Metadata::default();
        };
        delivery::read_metadata(&place.join(&file.stored)).unwrap_or_else(|_unreadable| {
            notes.push(Note {
                kind: "metadata_unreadable".to_owned(),
                text: format!("{} was passed over: it is not a JSON object", file.label),
                say: say!(note_metadata_unreadable, file = file.label.as_str()),
                ..Note::default()
            });
            Metadata::default()
        })
    };
    let only_about = files.iter().all(is_about);
    files
        .iter()
        .filter(|file| (only_about || !is_about(file)) && !parts(file))
        .map(|file| {
            let path = place.join(&file.stored);
            let mut metadata = beside(&file.label, notes);
            metadata.0.extend(said.0.clone());
            Item {
                bytes: delivery::size(&path),
                label: Some(file.label.clone()),
                path,
                metadata,
            }
        })
        .collect()
}

/// Why it ended without a verdict, for the sender: what is ours goes to the log.
fn told(error: &IngestError) -> Say {
    match error {
        IngestError::Gate(GateError::Reader(WorkerError::Read(text))) => {
            say!(job_refused, why = text.as_str())
        }
        IngestError::Gate(GateError::Reader(WorkerError::Start(cause))) => {
            tracing::error!(%cause, "the reader cannot be started");
            say!(job_no_reader)
        }
        IngestError::Gate(error @ GateError::NoStandard { .. }) => {
            say!(job_refused, why = error.to_string())
        }
        other => {
            tracing::error!(
                error = other as &dyn std::error::Error,
                "a delivery could not be judged"
            );
            say!(job_no_verdict)
        }
    }
}

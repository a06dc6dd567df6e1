//! How far a delivery is, and who waits to hear of it.

use std::sync::Arc;

use serde::Serialize;

use super::{super::App, DeliverError, Live};
use crate::store::{Job, JobId, JobState};

/// How far the present phase is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// How much is done.
    pub done: u64,
    /// Of how much; 0 where nobody knows yet.
    pub total: u64,
    /// Of what: `bytes`, `rows`.
    pub unit: &'static str,
}

impl Progress {
    pub(super) fn bytes(done: u64, total: u64) -> Self {
        Self {
            done,
            total,
            unit: "bytes",
        }
    }

    pub(super) fn rows(done: u64, total: u64) -> Self {
        Self {
            done,
            total,
            unit: "rows",
        }
    }

    /// Of a delivery that nobody works on.
    pub(super) fn of(job: &Job) -> Self {
        if job.state == JobState::Judged {
            let rows = job.layers.iter().map(|layer| layer.counts.read).sum();
            return Self::rows(rows, rows);
        }
        let done = job.files.iter().map(|file| file.bytes).sum();
        let total = job
            .files
            .iter()
            .map(|file| file.total.unwrap_or(file.bytes))
            .sum();
        Self::bytes(done, total)
    }
}

/// Waits for changes of one delivery. As many at once as the limit `listeners` says.
pub struct Watcher {
    /// The delivery.
    pub id: JobId,
    changed: Option<tokio::sync::watch::Receiver<u64>>,
    _live: Option<Arc<Live>>,
    _permit: tokio::sync::OwnedSemaphorePermit,
}

impl Watcher {
    /// Ends at the next change; at once when there will be none.
    pub async fn changed(&mut self) -> bool {
        match &mut self.changed {
            Some(changed) => changed.changed().await.is_ok(),
            None => false,
        }
    }
}

impl App {
    /// A place among those who hear of a delivery's changes. Blocks.
    pub fn watch_delivery(&self, id: JobId) -> Result<Watcher, DeliverError> {
        let jobs = &self.inner.jobs;
        let Ok(permit) = Arc::clone(&jobs.listeners).try_acquire_owned() else {
            return Err(DeliverError::TooMany {
                what: "too many listen to deliveries; ask for the delivery itself now and then"
                    .to_owned(),
                limit: "listeners",
                value: self.config().limits.listeners as u64,
            });
        };
        let (job, _) = self.delivery(id)?;
        let live = jobs.live().get(&job.id).cloned();
        Ok(Watcher {
            id: job.id,
            changed: live.as_ref().map(|live| live.changed.subscribe()),
            _live: live,
            _permit: permit,
        })
    }
}

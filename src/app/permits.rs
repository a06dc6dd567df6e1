//! A bounded number of computations at once, a bounded number that wait, and "come again" for the rest.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::sync::Semaphore;

use super::AppError;

#[derive(Debug)]
pub(super) struct Permits {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
    patience: Duration,
}

/// Counts someone out of the queue, however the wait ends.
struct Waiting<'a>(&'a AtomicUsize);

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Permits {
    pub(super) fn new(running: usize, queue: usize, patience: Duration) -> Self {
        Self {
            running: Arc::new(Semaphore::new(running.max(1))),
            waiting: AtomicUsize::new(0),
            queue,
            patience,
        }
    }

    /// How many wait at this moment.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }

    /// A permit for work of our own that no client waits for; waits as long as it takes. None when the
    /// application ends.
    pub(super) fn hold(
        &self,
        runtime: &tokio::runtime::Handle,
    ) -> Option<tokio::sync::OwnedSemaphorePermit> {
        runtime
            .block_on(Arc::clone(&self.running).acquire_owned())
            .ok()
    }

    /// Runs a short job right here, where a permit is free and nobody has to be waited for: the way to
    /// another thread and back costs more than the job. None when no permit is free, or when the job panics:
    /// then [`Self::run`] tells.
    pub(super) fn run_here<T>(&self, job: impl FnOnce() -> T) -> Option<T> {
        let _permit = self.running.try_acquire().ok()?;
        catch_unwind(AssertUnwindSafe(job)).ok()
    }

    /// Runs a job on a blocking thread once a permit is free. A job that panics is our fault and told so;
    /// the next one is not touched by it.
    pub(super) async fn run<T, F>(&self, job: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T, AppError> + Send + 'static,
    {
        let permit = if let Ok(permit) = Arc::clone(&self.running).try_acquire_owned() {
            permit
        } else {
            let before = self.waiting.fetch_add(1, Ordering::Relaxed);
            let _waiting = Waiting(&self.waiting);
            if before >= self.queue {
                return Err(AppError::Busy);
            }
            match tokio::time::timeout(self.patience, Arc::clone(&self.running).acquire_owned())
                .await
            {
                Ok(Ok(permit)) => permit,
                Ok(Err(closed)) => return Err(AppError::internal("waiting for a permit", closed)),
                Err(_) => return Err(AppError::Busy),
            }
        };
        let done = tokio::task::spawn_blocking(move || {
            // The permit goes with the job, not with the request: a client that hangs up frees nothing early.
            let _permit = permit;
            job()
        });
        done.await
            .map_err(|error| AppError::internal("computing an answer", error))?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn who_finds_everything_taken_waits_or_is_told_to_come_again() {
        let permits = Arc::new(Permits::new(1, 1, Duration::from_millis(50)));
        let (release, held) = std::sync::mpsc::channel::<()>();
        let first = tokio::spawn({
            let permits = Arc::clone(&permits);
            async move {
                permits
                    .run(move || {
                        held.recv().ok();
                        Ok(1)
                    })
                    .await
            }
        });
        while permits.running.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        let tired = permits.run(|| Ok(2)).await;
        assert!(matches!(tired, Err(AppError::Busy)), "{tired:?}");
        assert_eq!(permits.waiting(), 0);
        assert_eq!(permits.run_here(|| 2), None);
        release.send(()).expect("the first job waits");
        assert_eq!(first.await.expect("ran").expect("answered"), 1);
        let after: Result<u8, _> = permits.run(|| panic!("a bug")).await;
        assert!(matches!(after, Err(AppError::Internal { .. })));
        assert_eq!(permits.run(|| Ok(3)).await.expect("still serving"), 3);
        assert_eq!(permits.run_here(|| 4), Some(4));
        assert_eq!(permits.run_here(|| -> u8 { panic!("a bug") }), None);
        assert_eq!(permits.running.available_permits(), 1);
    }
}

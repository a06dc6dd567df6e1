//! Answers to requests: each takes a permit, works on a blocking thread, and speaks from one set of layers.

use super::{App, AppError, LiveLayers};
use crate::{
    store::{JournalEntry, JournalQuery, Verified},
    validate::Report,
};

impl App {
    /// Computes something over the set being served, on a blocking thread, with a permit.
    pub async fn compute<T, F>(&self, job: F) -> Result<T, AppError>
    where
        T: Send + 'static,
        F: FnOnce(&LiveLayers) -> Result<T, AppError> + Send + 'static,
    {
        let app = self.clone();
        self.inner.permits.run(move || job(&app.live())).await
    }

    /// Computes something that takes less than the way to another thread, on this one; none when no permit
    /// is free. Whoever calls it answers for its being short: requests wait behind it.
    pub fn compute_here<T>(&self, job: impl FnOnce() -> T) -> Option<T> {
        self.inner.permits.run_here(job)
    }

    /// How many requests wait for a permit at this moment.
    pub fn waiting(&self) -> usize {
        self.inner.permits.waiting()
    }

    /// A report by its delivery's id, or a layer's own.
    pub async fn report(&self, id: &str) -> Result<Report, AppError> {
        let (app, id) = (self.clone(), id.to_owned());
        self.inner
            .permits
            .run(move || Ok(app.store().report(&id)?))
            .await
    }

    /// What happened of what was asked for, newest first.
    pub async fn journal(&self, query: JournalQuery) -> Result<Vec<JournalEntry>, AppError> {
        let app = self.clone();
        self.inner
            .permits
            .run(move || app.journal_here(&query))
            .await
    }

    /// [`App::journal`] without a runtime.
    pub fn journal_here(&self, query: &JournalQuery) -> Result<Vec<JournalEntry>, AppError> {
        Ok(self.store().journal_page(query)?)
    }

    /// Is the journal whole?
    pub async fn verify_journal(&self) -> Result<Verified, AppError> {
        let app = self.clone();
        self.inner
            .permits
            .run(move || app.verify_journal_here(false))
            .await
    }

    /// [`App::verify_journal`] without a runtime; with `files`, every version's truth is read too.
    pub fn verify_journal_here(&self, files: bool) -> Result<Verified, AppError> {
        Ok(self.store().verify_journal(files)?)
    }
}

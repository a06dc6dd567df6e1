//! Answers to requests: each takes a permit, works on a blocking thread, and speaks from one set of layers.

use super::{App, AppError, LiveLayers};
use crate::{store::JournalEntry, validate::Report};

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

    /// What happened, newest first.
    pub async fn journal(&self, limit: u32) -> Result<Vec<JournalEntry>, AppError> {
        let app = self.clone();
        self.inner
            .permits
            .run(move || Ok(app.store().journal(limit)?))
            .await
    }
}

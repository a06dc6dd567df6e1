//! Answers to requests: each takes a permit, works on a blocking thread, and speaks from one set of layers.

use std::sync::{Arc, Mutex, PoisonError};

use super::{App, AppError, LiveLayers};
use crate::{
    model::{LayerId, Version},
    snapshot::Snapshot,
    store::{Entry, JournalEntry},
    validate::Report,
};

/// How many versions that are no longer public stay open for those who still look at them.
const PAST_OPEN: usize = 16;

/// Versions that were replaced while somebody's map still asks for their tiles.
#[derive(Default)]
pub(super) struct Past {
    open: Mutex<Vec<(LayerId, String, Arc<Snapshot>)>>,
}

impl Past {
    fn get(&self, layer: &LayerId, hash: &str) -> Option<Arc<Snapshot>> {
        let open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.iter()
            .find(|(name, known, _)| name == layer && known == hash)
            .map(|(.., snapshot)| Arc::clone(snapshot))
    }

    fn keep(&self, layer: LayerId, hash: String, snapshot: Arc<Snapshot>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= PAST_OPEN {
            open.remove(0);
        }
        open.push((layer, hash, snapshot));
    }
}

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

    /// A layer's features: the version being served, or any version by its content hash.
    pub async fn snapshot(
        &self,
        layer: &LayerId,
        hash: Option<&str>,
    ) -> Result<Arc<Snapshot>, AppError> {
        let live = self.live();
        let Some(hash) = hash else {
            return live.snapshot(layer).cloned();
        };
        if let Ok(snapshot) = live.snapshot(layer)
            && snapshot.info().hash == hash
        {
            return Ok(Arc::clone(snapshot));
        }
        if let Some(snapshot) = self.inner.past.get(layer, hash) {
            return Ok(snapshot);
        }
        let (app, layer, hash) = (self.clone(), layer.clone(), hash.to_owned());
        self.inner
            .permits
            .run(move || {
                let version = app
                    .store()
                    .versions(&layer)?
                    .into_iter()
                    .find(|entry| entry.hash.as_deref() == Some(&hash))
                    .and_then(|entry| entry.version)
                    .ok_or_else(|| AppError::NotFound {
                        what: format!("version {hash} of layer `{layer}`"),
                    })?;
                let snapshot = Arc::new(app.store().load(&layer, Some(version))?);
                app.inner.past.keep(layer, hash, Arc::clone(&snapshot));
                Ok(snapshot)
            })
            .await
    }

    /// A report by its delivery's id, or a layer's own.
    pub async fn report(&self, id: &str) -> Result<Report, AppError> {
        let (app, id) = (self.clone(), id.to_owned());
        self.inner
            .permits
            .run(move || Ok(app.store().report(&id)?))
            .await
    }

    /// Every version of a layer, newest first.
    pub async fn versions(&self, layer: &LayerId) -> Result<Vec<Entry>, AppError> {
        let (app, layer) = (self.clone(), layer.clone());
        self.inner
            .permits
            .run(move || Ok(app.store().versions(&layer)?))
            .await
    }

    /// A version of a layer by its number.
    pub async fn version(
        &self,
        layer: &LayerId,
        version: Version,
    ) -> Result<Arc<Snapshot>, AppError> {
        let (app, layer) = (self.clone(), layer.clone());
        self.inner
            .permits
            .run(move || Ok(Arc::new(app.store().load(&layer, Some(version))?)))
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

//! Files on the local map: what conforms is published, what does not but can be placed is shown as a draft.

use std::{path::PathBuf, sync::Arc};

use super::{
    App, Ask, LiveLayer, Step,
    gate::Judged,
    ingest::{Arrived, IngestError, Way},
};
use crate::{
    model::{LayerId, Version},
    snapshot::Snapshot,
    store::{Entry, State},
};

impl App {
    /// Takes files in as [`App::ingest`] does, and besides shows what the gate kept out as a draft of this
    /// process, where anybody can tell where it lies. Drafts are never published and end with the process.
    pub fn preview(
        &self,
        paths: &[PathBuf],
        ask: &Ask,
        tell: &mut dyn FnMut(Step),
        arrived: &mut dyn FnMut(&Arrived),
    ) -> Result<Vec<Arrived>, IngestError> {
        self.take(paths, ask, Way::Preview, tell, arrived)
    }

    pub(super) fn lay_draft(
        &self,
        judged: Judged,
        entry: &Entry,
    ) -> Result<Option<Entry>, IngestError> {
        // Judged wrong, but where it lies is known.
        let Some(mut layer) = judged.draft(self.standards())? else {
            return Ok(None);
        };
        layer.id = self.free_draft_name(&layer.id);
        let failed = |error: Box<dyn std::error::Error + Send + Sync>| IngestError::Draft(error);
        let folder = tempfile::Builder::new()
            .prefix("parat-draft-")
            .tempdir()
            .map_err(|error| failed(error.into()))?;
        let place = folder.path().join("version");
        Snapshot::build(&layer, Version(0), true, &entry.at, &place)
            .map_err(|error| failed(error.into()))?;
        let snapshot = Snapshot::open(&place).map_err(|error| failed(error.into()))?;
        let draft = Entry {
            layer: layer.id.clone(),
            state: State::Draft,
            hash: Some(snapshot.info().hash.clone()),
            features: layer.ids.len() as u64,
            ..entry.clone()
        };
        self.inner.live.lay_draft(
            LiveLayer {
                entry: draft.clone(),
                snapshot: Some(Arc::new(snapshot)),
            },
            folder,
        );
        Ok(Some(draft))
    }

    /// Two drafts of one name are both shown; the second gets a number.
    fn free_draft_name(&self, wanted: &LayerId) -> LayerId {
        if !self.inner.live.has_draft(wanted) {
            return wanted.clone();
        }
        (2..u32::MAX)
            .map(|number| LayerId::slug(&format!("{:.56}_{number}", wanted.as_str())))
            .find(|name| !self.inner.live.has_draft(name))
            .expect("some number is free")
    }
}

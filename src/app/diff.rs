//! The difference between two versions, for whoever may see both.

use std::sync::Arc;

use super::{Actor, App, AppError, LiveLayers};
use crate::{
    model::{LayerId, Version},
    snapshot::Snapshot,
    store::VersionEntry,
};

/// Two versions to be compared.
#[derive(Clone)]
pub struct Compared {
    /// The older one and its features; none for the first version of a layer.
    pub before: Option<(VersionEntry, Arc<Snapshot>)>,
    /// The newer one.
    pub after: (VersionEntry, Arc<Snapshot>),
}

impl Compared {
    /// The older version's features.
    pub fn older(&self) -> Option<&Snapshot> {
        self.before.as_ref().map(|(_, snapshot)| snapshot.as_ref())
    }
}

impl LiveLayers {
    /// What a version is compared with when nobody says: what is public now, or for one that is or was
    /// public, what was public before it.
    pub fn usual_other(&self, entry: &VersionEntry) -> Option<Version> {
        let own = |version: Option<Version>| version == Some(entry.version);
        let history = self.publications.get(&entry.layer)?;
        match history.iter().position(|one| own(one.version)) {
            Some(first) => history[..first].iter().rev().find_map(|one| one.version),
            None => history.last().and_then(|one| one.version),
        }
    }
}

impl App {
    /// Two versions of a layer, open; `against` is [`LiveLayers::usual_other`] unless it is named.
    pub async fn compare(
        &self,
        layer: &LayerId,
        version: Version,
        against: Option<Version>,
        actor: &Actor,
    ) -> Result<Compared, AppError> {
        let live = self.live();
        let after = live.readable(layer, version, actor)?.clone();
        let before = match against.or_else(|| live.usual_other(&after)) {
            Some(version) => Some(live.readable(layer, version, actor)?.clone()),
            None => None,
        };
        let after_snapshot = self.open_version(layer, version).await?;
        Ok(Compared {
            before: match before {
                Some(entry) => {
                    let snapshot = self.open_version(layer, entry.version).await?;
                    Some((entry, snapshot))
                }
                None => None,
            },
            after: (after, after_snapshot),
        })
    }

    /// [`App::compare`] for whoever sits at the machine, without a runtime.
    pub fn compare_here(
        &self,
        layer: &LayerId,
        version: Version,
        against: Option<Version>,
    ) -> Result<Compared, AppError> {
        let live = self.live();
        let actor = Actor::local();
        let open = |version| -> Result<(VersionEntry, Arc<Snapshot>), AppError> {
            let entry = live.readable(layer, version, &actor)?.clone();
            Ok((entry, Arc::new(self.store().load(layer, Some(version))?)))
        };
        let after = open(version)?;
        let before = against
            .or_else(|| live.usual_other(&after.0))
            .map(open)
            .transpose()?;
        Ok(Compared { before, after })
    }
}

//! The set being served: open snapshots and indicator tables, swapped whole.
//!
//! A request takes the set once and keeps it to its end, so no answer mixes two versions.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use super::AppError;
use crate::{
    model::{IndicatorId, LayerId},
    snapshot::Snapshot,
    store::{
        DeliveryEntry, Entry, LayerStore, Publication, State, StoredTable, User, VersionEntry,
    },
};

/// How many deliveries are shown in lists.
const DELIVERIES: u32 = 200;

/// One layer being served.
#[derive(Clone)]
pub struct LiveLayer {
    /// Where it stands.
    pub entry: Entry,
    /// Its features; none while nothing of it can be shown.
    pub snapshot: Option<Arc<Snapshot>>,
}

/// Everything being served, at one moment.
#[derive(Clone, Default)]
pub struct LiveLayers {
    /// Rises with every change.
    pub generation: u64,
    /// The layers, by name: published, drafts of this process, and those of which nothing was published yet.
    pub layers: BTreeMap<LayerId, LiveLayer>,
    /// The newest table of each indicator.
    pub tables: BTreeMap<IndicatorId, Arc<StoredTable>>,
    /// The last deliveries, newest first.
    pub deliveries: Vec<DeliveryEntry>,
    /// Every version of each layer, newest first, whatever its state.
    pub versions: BTreeMap<LayerId, Vec<VersionEntry>>,
    /// What was public when, of each layer, oldest first.
    pub publications: BTreeMap<LayerId, Vec<Publication>>,
    /// Every account.
    pub users: Vec<User>,
}

impl LiveLayers {
    /// A layer that can be shown.
    pub fn snapshot(&self, layer: &LayerId) -> Result<&Arc<Snapshot>, AppError> {
        self.layers
            .get(layer)
            .and_then(|live| live.snapshot.as_ref())
            .ok_or_else(|| self.missing(layer))
    }

    /// Why nothing of a layer can be shown: it never could, or was withdrawn.
    fn missing(&self, layer: &LayerId) -> AppError {
        let retired = self
            .layers
            .get(layer)
            .filter(|live| live.entry.state == State::Retired)
            .and_then(|live| live.entry.retired.clone());
        match retired {
            Some(retired) => AppError::Gone {
                what: format!("layer `{layer}`"),
                at: retired.at,
                reason: retired.reason,
            },
            None => AppError::NotFound {
                what: format!("layer `{layer}`"),
            },
        }
    }

    /// The newest table of an indicator.
    pub fn table(&self, indicator: &IndicatorId) -> Result<&Arc<StoredTable>, AppError> {
        self.tables
            .get(indicator)
            .ok_or_else(|| AppError::NotFound {
                what: format!("table for indicator `{indicator}`"),
            })
    }
}

/// A draft, and the folder that goes when it does.
struct Draft {
    live: LiveLayer,
    _folder: tempfile::TempDir,
}

/// Holds the current set and renews it when the store has changed.
pub(super) struct Live {
    current: RwLock<Arc<LiveLayers>>,
    /// Drafts of this process; laid over what the store holds.
    drafts: RwLock<BTreeMap<LayerId, Draft>>,
    /// Held while a set is built, so that an older one never replaces a newer one.
    renewing: Mutex<()>,
}

impl Live {
    pub(super) fn open(store: &dyn LayerStore) -> Result<Self, AppError> {
        let live = Self {
            current: RwLock::new(Arc::default()),
            drafts: RwLock::new(BTreeMap::new()),
            renewing: Mutex::new(()),
        };
        live.renew(store)?;
        Ok(live)
    }

    pub(super) fn get(&self) -> Arc<LiveLayers> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Lays a draft over the store's layers.
    pub(super) fn lay_draft(&self, live: LiveLayer, folder: tempfile::TempDir) {
        let mut drafts = self.drafts.write().unwrap_or_else(PoisonError::into_inner);
        drafts.insert(
            live.entry.layer.clone(),
            Draft {
                live,
                _folder: folder,
            },
        );
    }

    pub(super) fn has_draft(&self, layer: &LayerId) -> bool {
        self.drafts
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains_key(layer)
    }

    /// Builds the set anew from the store and swaps it in. Snapshots of unchanged versions stay open.
    pub(super) fn renew(&self, store: &dyn LayerStore) -> Result<(), AppError> {
        let _turn = self.renewing.lock().unwrap_or_else(PoisonError::into_inner);
        let before = self.get();
        let generation = store.generation()?;
        let mut layers = BTreeMap::new();
        for entry in store.list()? {
            let open = before.layers.get(&entry.layer).filter(|live| {
                entry.version.is_some()
                    && live.entry.version == entry.version
                    && live.entry.hash == entry.hash
            });
            let snapshot = match (open, entry.version) {
                (Some(live), _) if live.snapshot.is_some() => live.snapshot.clone(),
                (_, Some(version)) => match store.load(&entry.layer, Some(version)) {
                    Ok(snapshot) => Some(Arc::new(snapshot)),
                    // One damaged layer must not take the others down with it.
                    Err(error) => {
                        tracing::error!(layer = %entry.layer, %error, "a published layer cannot be opened");
                        None
                    }
                },
                (_, None) => None,
            };
            layers.insert(entry.layer.clone(), LiveLayer { entry, snapshot });
        }
        let drafts = self.drafts.read().unwrap_or_else(PoisonError::into_inner);
        for (layer, draft) in drafts.iter() {
            // Whoever looks at a file wants to see that file, until something newer is published.
            let newer = layers.get(layer).is_some_and(|live: &LiveLayer| {
                live.snapshot.is_some() && live.entry.at > draft.live.entry.at
            });
            if !newer {
                layers.insert(layer.clone(), draft.live.clone());
            }
        }
        let mut versions: BTreeMap<LayerId, Vec<VersionEntry>> = BTreeMap::new();
        for version in store.versions(None)? {
            versions
                .entry(version.layer.clone())
                .or_default()
                .push(version);
        }
        let mut publications: BTreeMap<LayerId, Vec<Publication>> = BTreeMap::new();
        for one in store.publications()? {
            publications.entry(one.layer.clone()).or_default().push(one);
        }
        let next = LiveLayers {
            generation,
            layers,
            versions,
            publications,
            users: store.users()?,
            tables: store
                .tables()?
                .into_iter()
                .map(|stored| (stored.table.id.clone(), Arc::new(stored)))
                .collect(),
            deliveries: store.deliveries(DELIVERIES)?,
        };
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(next);
        Ok(())
    }
}

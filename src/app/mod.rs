//! The only orchestrator: everything that people can ask of Parat, in terms of the rooms below.
//!
//! Requests are answered from [`LiveLayers`], a set of open snapshots that is swapped whole. Work runs on
//! blocking threads with a bounded number of permits, so that overload is a quick "come again" and not a
//! long queue.

mod answer;
mod aside;
mod delivery;
mod diff;
mod export;
mod gate;
mod ingest;
mod jobs;
mod live;
mod permits;
mod preview;
mod public;
mod pyramids;
mod tables;
mod users;
mod versions;

use std::sync::Arc;

pub use delivery::DeliveryError;
pub use diff::Compared;
pub use export::{Export, ExportError, ExportForm, Exported, MBTILES};
pub use gate::{Ask, Gate, GateError, Judged, Outcome, Step, Take};
pub use ingest::{Arrived, IngestError, Way, archive_limits, reader_limits};
pub use jobs::{Appending, AskPatch, DeliverError, Incoming, Progress, Upload, Watcher, stated};
pub use live::{LiveLayer, LiveLayers};
pub use tables::{Loaded, Met, TABLE_BYTES, TableError};
pub use versions::{AsOf, Pick, Pinned};

pub use crate::store::{Action, Actor, Role, VersionState};
use crate::{
    config::Config,
    standard::Standards,
    store::{Embedded, LayerStore, StoreError},
    tile::Grid,
};

/// Why the application could not answer.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// Too much is going on; come again in a moment.
    #[error("too many requests are being worked on")]
    Busy,
    /// There is no such thing.
    #[error("there is no {what}")]
    NotFound {
        /// What was asked for.
        what: String,
    },
    /// The question makes no sense.
    #[error("{parameter}: {detail}")]
    Bad {
        /// Which part of it.
        parameter: String,
        /// What is wrong with it.
        detail: String,
    },
    /// It was public and was withdrawn.
    #[error("{what} was withdrawn on {at}: {reason}")]
    Gone {
        /// What was asked for.
        what: String,
        /// When, RFC 3339.
        at: String,
        /// Why.
        reason: String,
    },
    /// The actor may not.
    #[error("{0}")]
    Forbidden(String),
    /// Only for those with a role, and the actor is nobody.
    #[error("{0}")]
    Nobody(String),
    /// Not from the state in which it is.
    #[error("{why}")]
    Conflict {
        /// Why not.
        why: String,
        /// Where the version stands.
        state: VersionState,
        /// What can be done with it instead.
        possible: Vec<Action>,
    },
    /// Somebody else changed it first.
    #[error("{0}")]
    Changed(String),
    /// Our fault; the cause goes to the log, never to the client.
    #[error("something went wrong inside: {doing}")]
    Internal {
        /// What was being done.
        doing: &'static str,
        /// Why it failed.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl AppError {
    /// An [`AppError::Internal`].
    pub fn internal(
        doing: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self::Internal {
            doing,
            source: source.into(),
        }
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { what } => Self::NotFound { what },
            StoreError::Forbidden(why) => Self::Forbidden(why),
            StoreError::Conflict {
                why,
                state,
                possible,
            } => Self::Conflict {
                why,
                state,
                possible,
            },
            moved @ StoreError::Moved { .. } => Self::Changed(moved.to_string()),
            needs @ StoreError::NeedsComment(_) => Self::Bad {
                parameter: "comment".to_owned(),
                detail: needs.to_string(),
            },
            bad @ StoreError::BadName(_) => Self::Bad {
                parameter: "name".to_owned(),
                detail: bad.to_string(),
            },
            other => Self::internal("using the store", other),
        }
    }
}

/// The application. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct App {
    inner: Arc<Inner>,
}

struct Inner {
    config: Config,
    standards: &'static Standards,
    /// The tile grids of the standards, in their order.
    grids: Vec<Arc<Grid>>,
    store: Box<dyn LayerStore>,
    live: live::Live,
    permits: permits::Permits,
    past: versions::Past,
    jobs: jobs::Jobs,
}

impl App {
    /// Opens the data folder that the settings name and everything published in it.
    pub fn open(config: Config) -> Result<Self, AppError> {
        let standards = match &config.standards {
            None => Standards::builtin(),
            // Once a process, and needed until its end.
            Some(folder) => Box::leak(Box::new(Standards::load(folder).map_err(|error| {
                let mut detail = error.to_string();
                if let Some(cause) = std::error::Error::source(&error) {
                    detail = format!("{detail}: {cause}");
                }
                AppError::Bad {
                    parameter: "standards".to_owned(),
                    detail,
                }
            })?)),
        };
        let grids = standards.grids().map(|set| {
            let opened = Grid::open(set.clone());
            opened.map(Arc::new).map_err(|error| AppError::Bad {
                parameter: "standards".to_owned(),
                detail: format!("the grid `{}`: {error}", set.id),
            })
        });
        let grids = grids.collect::<Result<_, _>>()?;
        let store = Embedded::open(&config.data)?;
        Ok(Self {
            inner: Arc::new(Inner {
                live: live::Live::open(&store)?,
                permits: permits::Permits::new(config.permits(), config.queue, config.patience()),
                standards,
                grids,
                store: Box::new(store),
                past: versions::Past::default(),
                jobs: jobs::Jobs::new(&config),
                config,
            }),
        })
    }

    /// The settings.
    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    /// The standards that the gate holds layers to.
    pub fn standards(&self) -> &'static Standards {
        self.inner.standards
    }

    /// The tile grids on offer beside the web's square.
    pub fn grids(&self) -> &[Arc<Grid>] {
        &self.inner.grids
    }

    /// The set being served, with whatever any process has published until now. Costs a look at a file's
    /// date; only when that has changed is anything opened.
    pub fn live(&self) -> Arc<LiveLayers> {
        if self.inner.store.touched()
            && let Err(error) = self.renew()
        {
            // The set before it stays: old and whole is better than none.
            tracing::error!(%error, "the catalogue changed but cannot be read");
        }
        self.inner.live.get()
    }

    fn renew(&self) -> Result<(), AppError> {
        self.inner.live.renew(self.inner.store.as_ref())
    }

    fn store(&self) -> &dyn LayerStore {
        self.inner.store.as_ref()
    }
}

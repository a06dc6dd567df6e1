//! Versions as people ask for them: the public one, one by its number or hash, the one that was public
//! then; and their way from a draft to the public.

use std::sync::{Arc, Mutex, PoisonError};

use super::{Action, Actor, App, AppError, LiveLayer, LiveLayers, Role};
use crate::{
    model::{LayerId, Version},
    snapshot::Snapshot,
    store::{Entry, Publication, Seen, State, VersionEntry, VersionState},
};

/// How many versions that are not public now stay open for those who look at them.
const PAST_OPEN: usize = 64;

/// A version that is open.
type Opened = ((LayerId, Version), Arc<Snapshot>);

/// Versions beside the public ones that somebody looks at, last used last.
#[derive(Default)]
pub(super) struct Past {
    open: Mutex<Vec<Opened>>,
}

impl Past {
    fn get(&self, layer: &LayerId, version: Version) -> Option<Arc<Snapshot>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let at = open
            .iter()
            .position(|((name, number), _)| name == layer && *number == version)?;
        let found = open.remove(at);
        let snapshot = Arc::clone(&found.1);
        open.push(found);
        Some(snapshot)
    }

    fn keep(&self, layer: LayerId, version: Version, snapshot: Arc<Snapshot>) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() >= PAST_OPEN {
            open.remove(0);
        }
        open.push(((layer, version), snapshot));
    }
}

/// A moment in the past: the last of a day in UTC, or a time. RFC 3339.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AsOf(jiff::Timestamp);

impl std::str::FromStr for AsOf {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Ok(time) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(time));
        }
        let day = (text.len() == 10)
            .then(|| text.parse::<jiff::civil::Date>().ok())
            .flatten()
            .and_then(|day| day.at(23, 59, 59, 999_999_999).in_tz("UTC").ok());
        day.map(|moment| Self(moment.timestamp())).ok_or_else(|| {
            "it is a date such as 2026-03-31, or a time such as 2026-03-31T12:00:00Z".to_owned()
        })
    }
}

/// Which version of a layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pick {
    /// The public one.
    Public,
    /// The one with this number.
    Number(Version),
    /// The one with this content hash.
    Hash(String),
    /// The one that was public then.
    AsOf(AsOf),
}

/// A version that was picked.
#[derive(Clone)]
pub struct Pinned {
    /// Its features.
    pub snapshot: Arc<Snapshot>,
    /// Its entry; none for a draft of this process.
    pub entry: Option<VersionEntry>,
}

impl LiveLayers {
    /// The versions of a layer that an actor may know of, newest first.
    pub fn versions_for(&self, layer: &LayerId, actor: &Actor) -> Vec<&VersionEntry> {
        self.versions
            .get(layer)
            .into_iter()
            .flatten()
            .filter(|entry| may_know(entry, actor))
            .collect()
    }

    /// A version by its number, for an actor who may know of it.
    pub fn version(
        &self,
        layer: &LayerId,
        version: Version,
        actor: &Actor,
    ) -> Result<&VersionEntry, AppError> {
        let found = self
            .versions
            .get(layer)
            .into_iter()
            .flatten()
            .find(|entry| entry.version == version)
            .ok_or_else(|| AppError::NotFound {
                what: format!("version {version} of layer `{layer}`"),
            })?;
        if may_know(found, actor) {
            Ok(found)
        } else {
            Err(AppError::Nobody(format!(
                "version {version} of layer `{layer}` is not public; it is shown to those with a role"
            )))
        }
    }

    /// A version whose features an actor may read: [`LiveLayers::version`], unless it was withdrawn.
    pub fn readable(
        &self,
        layer: &LayerId,
        version: Version,
        actor: &Actor,
    ) -> Result<&VersionEntry, AppError> {
        let entry = self.version(layer, version, actor)?;
        if entry.state == VersionState::Retired && actor.role < Role::Contributor {
            return Err(AppError::Gone {
                what: format!("version {version} of layer `{layer}`"),
                at: entry.changed_at.clone(),
                reason: entry.comment.clone().unwrap_or_default(),
            });
        }
        Ok(entry)
    }

    /// What was public of a layer at a moment.
    pub fn public_then(&self, layer: &LayerId, then: &AsOf) -> Result<Version, AppError> {
        let last = self
            .publications
            .get(layer)
            .into_iter()
            .flatten()
            .take_while(|one| {
                one.at
                    .parse::<jiff::Timestamp>()
                    .is_ok_and(|at| at <= then.0)
            })
            .last();
        match last {
            Some(Publication {
                version: Some(version),
                ..
            }) => Ok(*version),
            Some(withdrawn) => Err(AppError::Gone {
                what: format!("layer `{layer}`"),
                at: withdrawn.at.clone(),
                reason: withdrawn.comment.clone().unwrap_or_default(),
            }),
            None => Err(AppError::NotFound {
                what: format!("version of layer `{layer}` that was public at {}", then.0),
            }),
        }
    }
}

/// Everybody knows of what is or was public, even when it was withdrawn; of the rest those with a role.
fn may_know(entry: &VersionEntry, actor: &Actor) -> bool {
    entry.state.is_open() || entry.state == VersionState::Retired || actor.role >= Role::Contributor
}

impl App {
    /// A version of a layer for an actor: its features and its entry. Opening one that is not public now
    /// takes a permit; all others come from memory.
    pub async fn pick(
        &self,
        layer: &LayerId,
        pick: &Pick,
        actor: &Actor,
    ) -> Result<Pinned, AppError> {
        let live = self.live();
        let version = match pick {
            Pick::Public => {
                let snapshot = Arc::clone(live.snapshot(layer)?);
                let number = live.layers[layer].entry.version;
                let entry = number.and_then(|number| live.version(layer, number, actor).ok());
                return Ok(Pinned {
                    entry: entry.cloned(),
                    snapshot,
                });
            }
            Pick::Hash(hash) => {
                if let Ok(snapshot) = live.snapshot(layer)
                    && snapshot.info().hash == *hash
                {
                    return Ok(Pinned {
                        snapshot: Arc::clone(snapshot),
                        entry: None,
                    });
                }
                let found = live.versions.get(layer).into_iter().flatten();
                // The same content may be in several versions: the one that most may see.
                found
                    .filter(|entry| entry.hash == *hash)
                    .min_by_key(|entry| {
                        (!entry.state.is_open(), entry.state == VersionState::Retired)
                    })
                    .ok_or_else(|| AppError::NotFound {
                        what: format!("version {hash} of layer `{layer}`"),
                    })?
                    .version
            }
            Pick::Number(version) => *version,
            Pick::AsOf(then) => live.public_then(layer, then)?,
        };
        let entry = live.readable(layer, version, actor)?.clone();
        let snapshot = self.open_version(layer, version).await?;
        Ok(Pinned {
            snapshot,
            entry: Some(entry),
        })
    }

    /// The whole set as it was public at a moment. What was not public then is not in it; indicator tables
    /// are those of now.
    pub async fn then(&self, then: &AsOf) -> Result<Arc<LiveLayers>, AppError> {
        let (app, then) = (self.clone(), then.clone());
        self.inner
            .permits
            .run(move || {
                let mut set = LiveLayers::clone(&app.live());
                let now = std::mem::take(&mut set.layers);
                for (id, history) in &set.publications {
                    let Ok(version) = set.public_then(id, &then) else {
                        continue;
                    };
                    let entry = set.readable(id, version, &Actor::public());
                    let (Ok(entry), false) = (entry, history.is_empty()) else {
                        continue;
                    };
                    let live = now
                        .get(id)
                        .filter(|live| live.entry.version == Some(version))
                        .and_then(|live| live.snapshot.clone());
                    let snapshot = match live {
                        Some(snapshot) => snapshot,
                        None => app.open_now(id, version)?,
                    };
                    let mut entry = Entry::from(entry.clone());
                    entry.state = State::Published;
                    set.layers.insert(
                        id.clone(),
                        LiveLayer {
                            entry,
                            snapshot: Some(snapshot),
                        },
                    );
                }
                Ok(Arc::new(set))
            })
            .await
    }

    /// Opens a version beside the public ones, or gives the one that is open. Blocks.
    fn open_now(&self, layer: &LayerId, version: Version) -> Result<Arc<Snapshot>, AppError> {
        if let Some(snapshot) = self.inner.past.get(layer, version) {
            return Ok(snapshot);
        }
        let snapshot = Arc::new(self.store().load(layer, Some(version))?);
        self.inner
            .past
            .keep(layer.clone(), version, Arc::clone(&snapshot));
        Ok(snapshot)
    }

    /// The features of any version, open already or opened now.
    pub async fn open_version(
        &self,
        layer: &LayerId,
        version: Version,
    ) -> Result<Arc<Snapshot>, AppError> {
        if let Some(live) = self.live().layers.get(layer)
            && live.entry.version == Some(version)
            && let Some(snapshot) = &live.snapshot
        {
            return Ok(Arc::clone(snapshot));
        }
        if let Some(snapshot) = self.inner.past.get(layer, version) {
            return Ok(snapshot);
        }
        let (app, layer) = (self.clone(), layer.clone());
        self.inner
            .permits
            .run(move || app.open_now(&layer, version))
            .await
    }

    /// A layer's features: the version being served, or any public version by its content hash.
    pub async fn snapshot(
        &self,
        layer: &LayerId,
        hash: Option<&str>,
    ) -> Result<Arc<Snapshot>, AppError> {
        let pick = hash.map_or(Pick::Public, |hash| Pick::Hash(hash.to_owned()));
        Ok(self.pick(layer, &pick, &Actor::public()).await?.snapshot)
    }

    /// Moves a version along its way. Blocks; the store holds the table of who may.
    pub fn transition(
        &self,
        layer: &LayerId,
        version: Version,
        action: Action,
        actor: &Actor,
        seen: Seen,
        comment: Option<&str>,
    ) -> Result<VersionEntry, AppError> {
        if actor.role == Role::Public {
            return Err(AppError::Nobody(format!(
                "`{action}` needs an account; send its token"
            )));
        }
        let entry = self
            .store()
            .transition(layer, version, action, actor, seen, comment)?;
        self.renew()?;
        Ok(entry)
    }

    /// [`App::transition`] on a blocking thread.
    pub async fn act(
        &self,
        layer: LayerId,
        version: Version,
        action: Action,
        actor: Actor,
        seen: Seen,
        comment: Option<String>,
    ) -> Result<VersionEntry, AppError> {
        let app = self.clone();
        self.inner
            .permits
            .run(move || app.transition(&layer, version, action, &actor, seen, comment.as_deref()))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_means_its_end_and_a_time_itself() {
        let at = |text: &str| text.parse::<AsOf>().map(|then| then.0.to_string());
        assert_eq!(
            at("2026-03-31").as_deref(),
            Ok("2026-03-31T23:59:59.999999999Z")
        );
        assert_eq!(
            at("2026-03-31T05:30:00+05:30").as_deref(),
            Ok("2026-03-31T00:00:00Z")
        );
        for bad in [
            "",
            "2026",
            "2026-02-30",
            "31.03.2026",
            "2026-03-31T12:00",
            "now",
            "2026-03-31 ",
        ] {
            assert!(at(bad).is_err(), "{bad}");
        }
    }
}

//! Which version of a collection a request means: the public one, `{id}@{n}` by its number, `{id}@{hash}` by
//! its content, or with `as-of=` the one that was public then.
//!
//! A version that was picked has a path of its own, and every link in the answer stays on it, so a client
//! that follows links never slides to another version.

use std::sync::Arc;

use axum::http::request::Parts;

use super::{
    actor::caller,
    error::{self, Problem},
    extract::layer,
    percent::decode,
    site::Site,
};
use crate::{
    app::{Actor, AsOf, LiveLayers, Pick},
    model::{LayerId, Version},
    snapshot::Snapshot,
    store::VersionEntry,
};

/// A version of a collection that a request means.
pub(super) struct Which {
    /// Its features.
    pub snapshot: Arc<Snapshot>,
    /// Its entry, where it was picked and is not just what is public now.
    pub pinned: Option<VersionEntry>,
    /// What is being served beside it.
    pub live: Arc<LiveLayers>,
    /// Its id in paths: `road`, `road@3`.
    pub name: String,
}

impl Which {
    /// Reads it from the id in the path and the query.
    pub(super) async fn of(site: &Site, text: &str, parts: &Parts) -> Result<Self, Problem> {
        let live = site.app().live();
        let (id, pick) = pick(text, parts.uri.query())?;
        if pick == Pick::Public {
            return Ok(Self {
                snapshot: Arc::clone(live.snapshot(&id)?),
                pinned: None,
                live,
                name: id.to_string(),
            });
        }
        // Only here it matters who asks: what is public is for everybody.
        let actor = caller(site, &parts.headers)?;
        let found = site.app().pick(&id, &pick, &actor).await?;
        let name = found
            .entry
            .as_ref()
            .map_or_else(|| id.to_string(), |entry| format!("{id}@{}", entry.version));
        Ok(Self {
            snapshot: found.snapshot,
            pinned: found.entry,
            live,
            name,
        })
    }

    /// Its path: `/collections/road@3`.
    pub(super) fn path(&self) -> String {
        format!("/collections/{}", self.name)
    }
}

/// The layer and the version that an id and a query name.
pub(super) fn pick(text: &str, query: Option<&str>) -> Result<(LayerId, Pick), Problem> {
    let then = as_of(query)?;
    let Some((id, which)) = text.split_once('@') else {
        return Ok((layer(text)?, then.map_or(Pick::Public, Pick::AsOf)));
    };
    if then.is_some() {
        return Err(Problem::parameter(
            "as-of",
            "the path names a version already",
        ));
    }
    let id = layer(id)?;
    let digits = |most: usize| !which.is_empty() && which.len() <= most;
    if digits(9) && which.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok((id, Pick::Number(Version(which.parse().unwrap_or(0)))));
    }
    if digits(64) && which.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok((id, Pick::Hash(which.to_owned())));
    }
    Err(Problem::new(
        error::NOT_FOUND,
        "after `@` comes the number or the hash of a version",
    ))
}

/// The whole set that a request means: what is public, or with `as-of` what was.
pub(super) async fn set(site: &Site, query: Option<&str>) -> Result<Arc<LiveLayers>, Problem> {
    Ok(match as_of(query)? {
        None => site.app().live(),
        Some(then) => site.app().then(&then).await?,
    })
}

/// The moment that `as-of` names, read before the other parameters because they depend on the version.
pub(super) fn as_of(query: Option<&str>) -> Result<Option<AsOf>, Problem> {
    let Some(text) = query
        .unwrap_or("")
        .split('&')
        .find_map(|pair| pair.strip_prefix("as-of="))
    else {
        return Ok(None);
    };
    decode(text)
        .unwrap_or_default()
        .parse()
        .map(Some)
        .map_err(|why: String| Problem::parameter("as-of", why))
}

/// The number of a version in a path.
pub(super) fn number(text: &str) -> Result<Version, Problem> {
    let digits = (1..=9).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().ok().map(Version))
        .flatten()
        .ok_or_else(|| Problem::new(error::NOT_FOUND, "there is no such version"))
}

/// True when an actor sees what is not public.
pub(super) fn is_inside(actor: &Actor) -> bool {
    actor.role >= crate::app::Role::Contributor
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_named_by_number_hash_or_moment_and_never_by_two() {
        let picked = |text: &str, query: Option<&str>| pick(text, query).ok().map(|(_, pick)| pick);
        assert_eq!(picked("road", None), Some(Pick::Public));
        assert_eq!(picked("road@3", None), Some(Pick::Number(Version(3))));
        let hash = "0123456789abcdef0123456789abcdef";
        assert_eq!(
            picked(&format!("road@{hash}"), None),
            Some(Pick::Hash(hash.to_owned()))
        );
        assert!(matches!(
            picked("road", Some("limit=1&as-of=2026-01-31")),
            Some(Pick::AsOf(_))
        ));
        assert!(matches!(
            picked("road", Some("as-of=2026-01-31T10%3A00%3A00%2B05:30")),
            Some(Pick::AsOf(_))
        ));
        for (text, query) in [
            ("road@3", Some("as-of=2026-01-31")),
            ("road", Some("as-of=yesterday")),
            ("road", Some("as-of=")),
            ("road@", None),
            ("road@x y", None),
            ("road@3@4", None),
            ("@3", None),
        ] {
            assert!(pick(text, query).is_err(), "{text} {query:?}");
        }
    }
}

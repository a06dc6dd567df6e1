//! The fast lane: a tile that publication made, or a short one with a known query, at the address of its
//! version, answered before the router.
//!
//! The router and what lies around it cost more than the tile. Nearly every request of a map asks for the
//! same plain thing, `GET /xyz/{layer}@{hash}/{z}/{x}/{y}.mvt` with gzip accepted; it is read here by
//! hand and answered with bytes of the mapped pyramid. The same address with a query that was read before
//! ([`super::prepared`]) is answered from memory, or made here when that takes no longer than the way
//! to another thread. Whatever is not exactly that goes the long way, which answers the same.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header},
};

use super::{
    edge::EXPOSED,
    kept::Made,
    losses,
    negotiate::{Coding, Codings, TILE},
    prepared::asked,
    recipe::Recipe,
    remembered::OfSet,
    reply::{FOREVER, holds},
    site::Site,
    tiles::at_once,
};
use crate::{
    model::LayerId,
    snapshot::Snapshot,
    tile::{Place, TileId},
};

/// How long a source is answered without a look at what is public. A pinned version never changes, but it
/// can be retired.
const TRUST: Duration = Duration::from_secs(1);

/// A layer's version that tiles are asked of.
struct Known {
    snapshot: Arc<Snapshot>,
    version: HeaderValue,
}

/// Answers tiles made beforehand.
#[derive(Clone)]
pub(super) struct Lane(Arc<Inner>);

struct Inner {
    site: Site,
    /// By `layer@hash`.
    known: OfSet<Known>,
    /// When the set being served was last looked at.
    looked: Mutex<Instant>,
}

impl Lane {
    /// The lane of a site.
    pub(super) fn new(site: Site) -> Self {
        Self(Arc::new(Inner {
            site,
            known: OfSet::default(),
            looked: Mutex::new(Instant::now()),
        }))
    }

    /// The answer; none for a request that must go the long way.
    pub(super) fn answer<B>(&self, request: &Request<B>) -> Option<Response<Body>> {
        let uri = request.uri();
        let path = uri.path();
        let rest = path.strip_prefix("/xyz/").or_else(|| {
            path.strip_prefix(self.0.site.prefix())?
                .strip_prefix("/xyz/")
        })?;
        let headers = request.headers();
        let codings = Codings::of(headers);
        let plain = matches!(*request.method(), Method::GET | Method::HEAD) && takes_tiles(headers);
        if !plain || codings.best().is_none() {
            return None;
        }
        let begun = Instant::now();
        self.look(begun);
        let (source, id) = parse(rest)?;
        let site = &self.0.site;
        let response = match uri.query().filter(|query| !query.is_empty()) {
            None => {
                if !codings.takes(Coding::Gzip) {
                    return None;
                }
                let known = self.known(source)?;
                let made = Made::beforehand(&known.snapshot, id)?;
                site.metrics().tile_beforehand();
                respond(&made, Some(&known.version), FOREVER, headers)?
            }
            Some(query) => {
                let prepared = site.queries().get(&asked(source, query)?)?;
                let recipe = Recipe {
                    place: Place::Square(id),
                    layers: Arc::clone(&prepared.layers),
                };
                let made = at_once(site, &recipe, &recipe.key(), codings)?;
                respond(&made, prepared.version.as_ref(), prepared.cache, headers)?
            }
        };
        let metrics = site.metrics();
        metrics.answered(response.status().as_u16(), begun.elapsed());
        Some(response)
    }

    /// The version that a source names, where it is the public one.
    fn known(&self, source: &str) -> Option<Arc<Known>> {
        let inner = &self.0;
        if let Some(found) = inner.known.get(source) {
            return Some(found);
        }
        let (id, hash) = source.split_once('@')?;
        let id: LayerId = id.parse().ok()?;
        let live = inner.site.app().live();
        let snapshot = live.snapshot(&id).ok()?;
        if snapshot.info().hash != hash || snapshot.pyramid().is_none() {
            return None;
        }
        let known = Arc::new(Known {
            version: HeaderValue::from_str(&snapshot.info().version.to_string()).ok()?,
            snapshot: Arc::clone(snapshot),
        });
        inner
            .known
            .keep(live.generation, source.to_owned(), Arc::clone(&known));
        Some(known)
    }

    /// Forgets all sources and queries when something was published or retired since the last look.
    fn look(&self, now: Instant) {
        // Someone else is looking this very moment.
        let Ok(mut looked) = self.0.looked.try_lock() else {
            return;
        };
        if now.saturating_duration_since(*looked) < TRUST {
            return;
        }
        *looked = now;
        let generation = self.0.site.app().live().generation;
        self.0.site.queries().renew(generation);
        self.0.known.renew(generation);
    }
}

/// True where the client takes a tile by its own name or by any.
fn takes_tiles(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).is_none_or(|accept| {
        accept
            .to_str()
            .is_ok_and(|accept| accept.trim() == "*/*" || accept.trim() == TILE)
    })
}

/// `layer@hash/z/x/y.mvt`, and nothing else.
fn parse(rest: &str) -> Option<(&str, TileId)> {
    let mut parts = rest.split('/');
    let (source, z, x, y) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    let y = y.strip_suffix(".mvt")?;
    let id = TileId::new(u8::try_from(digits(z)?).ok()?, digits(x)?, digits(y)?)?;
    Some((source, id))
}

fn digits(text: &str) -> Option<u32> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

fn respond(
    made: &Made,
    version: Option<&HeaderValue>,
    cache: &'static str,
    asked: &HeaderMap,
) -> Option<Response<Body>> {
    let empty = made.body.is_empty();
    // With the encoding behind it, as `edge` does for all others.
    let tag = if empty {
        made.tag.clone()
    } else {
        format!("{}-{}\"", made.tag.strip_suffix('"')?, made.coding.name())
    };
    let mut headers = HeaderMap::with_capacity(16);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(
        header::VARY,
        HeaderValue::from_static("Accept-Encoding, Accept"),
    );
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    let has_it = holds(asked, &made.tag);
    headers.insert(
        header::ETAG,
        HeaderValue::from_maybe_shared(axum::body::Bytes::from(tag)).ok()?,
    );
    let mut response = if has_it || empty {
        Response::new(Body::empty())
    } else {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(TILE));
        headers.insert(
            header::CONTENT_ENCODING,
            HeaderValue::from_static(made.coding.name()),
        );
        headers.insert("parat-losses", losses::header(&made.losses, &made.layers)?);
        if let Some(version) = version {
            headers.insert("parat-version", version.clone());
        }
        Response::new(Body::from(made.body.clone()))
    };
    *response.status_mut() = match (has_it, empty) {
        (true, _) => StatusCode::NOT_MODIFIED,
        (false, true) => StatusCode::NO_CONTENT,
        (false, false) => StatusCode::OK,
    };
    *response.headers_mut() = headers;
    Some(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_plain_address_is_read_by_hand() {
        let id = TileId::new(14, 11_723, 7_596).expect("a tile");
        assert_eq!(parse("road@ab/14/11723/7596.mvt"), Some(("road@ab", id)));
        for other in [
            "road@ab/14/11723/7596",
            "road@ab/14/11723/7596.pbf",
            "road@ab/14/11723/7596.mvt/",
            "road@ab/14/-1/7596.mvt",
            "road@ab/14/+1/7596.mvt",
            "road@ab/300/1/1.mvt",
            "road@ab/2/9/1.mvt",
            "road@ab/2/99999999999/1.mvt",
            "road@ab//1/1.mvt",
            "road@ab",
            "",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}

//! An answer with what caches need: `ETag`, `Cache-Control`, `Vary`, and 304 for who has it already.
//!
//! A tag names one representation before compression. [`super::edge`] adds the encoding to it on the way
//! out (`"abc"` becomes `"abc-gzip"`), and [`unchanged`] takes it off on the way in, so a strong tag
//! stays true for every encoding.

use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::{extract::Ask, html, site::Site};

/// For what may change at the next publish: keep it, but ask first.
pub(super) const REVALIDATE: &str = "no-cache";
/// For tiles without a version in their address (asks.md, 3).
pub(super) const BRIEF: &str = "public, max-age=60, stale-while-revalidate=600";
/// For what changes with the machine or the program, not with the data.
pub(super) const WEEK: &str = "public, max-age=604800";
/// For what is not public: nobody between may keep it.
pub(super) const PRIVATE: &str = "private, no-cache";
/// For what is addressed by its content.
pub(super) const FOREVER: &str = "public, max-age=31536000, immutable";

/// An answer in the making.
pub(super) struct Reply {
    body: Bytes,
    content_type: HeaderValue,
    tag: String,
    cache: &'static str,
    headers: HeaderMap,
}

impl Reply {
    /// An answer whose tag is the hash of its bytes.
    pub(super) fn new(content_type: &'static str, body: impl Into<Bytes>) -> Self {
        let body = body.into();
        let tag = strong(&[&body]);
        Self::tagged(content_type, body, tag)
    }

    /// An answer whose tag the caller knows without reading the bytes.
    pub(super) fn tagged(content_type: &'static str, body: impl Into<Bytes>, tag: String) -> Self {
        Self {
            body: body.into(),
            content_type: HeaderValue::from_static(content_type),
            tag,
            cache: REVALIDATE,
            headers: HeaderMap::new(),
        }
    }

    /// Sets how long it may be kept.
    #[must_use]
    pub(super) fn cached(mut self, cache: &'static str) -> Self {
        self.cache = cache;
        self
    }

    /// Adds a header; one whose value is not a header's is left out.
    #[must_use]
    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        if let Ok(value) = HeaderValue::from_str(value) {
            self.headers.append(HeaderName::from_static(name), value);
        }
        self
    }

    /// Adds a header.
    #[must_use]
    pub(super) fn with(mut self, name: &'static str, value: HeaderValue) -> Self {
        self.headers.append(HeaderName::from_static(name), value);
        self
    }

    /// The answer, or 304 when the client has it.
    pub(super) fn send(self, asked: &HeaderMap) -> Response {
        if let Some(response) = unchanged(asked, &self.tag, self.cache) {
            return response;
        }
        let mut headers = self.headers;
        headers.insert(header::CONTENT_TYPE, self.content_type);
        common(&mut headers, &self.tag, self.cache);
        (headers, Body::from(self.body)).into_response()
    }
}

/// 304 when the client already has what carries this tag (RFC 9110, 13.1.2).
pub(super) fn unchanged(asked: &HeaderMap, tag: &str, cache: &'static str) -> Option<Response> {
    let has = held(asked, tag)?;
    let mut headers = HeaderMap::new();
    common(&mut headers, if has == "*" { tag } else { has }, cache);
    Some((StatusCode::NOT_MODIFIED, headers).into_response())
}

/// The tag under which a client says that it has what carries this one.
fn held<'a>(asked: &'a HeaderMap, tag: &str) -> Option<&'a str> {
    asked
        .get_all(header::IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(',').map(str::trim))
        .find(|theirs| *theirs == "*" || bare(theirs) == bare(tag))
}

/// True when a client says that it has what carries this tag.
pub(super) fn holds(asked: &HeaderMap, tag: &str) -> bool {
    held(asked, tag).is_some()
}

/// Nothing here, and that is right: an empty tile.
pub(super) fn empty(asked: &HeaderMap, tag: &str, cache: &'static str) -> Response {
    unchanged(asked, tag, cache).unwrap_or_else(|| {
        let mut headers = HeaderMap::new();
        common(&mut headers, tag, cache);
        (StatusCode::NO_CONTENT, headers).into_response()
    })
}

fn common(headers: &mut HeaderMap, tag: &str, cache: &'static str) {
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.append(header::VARY, HeaderValue::from_static("Accept"));
}

/// The text between the quotes, without the encoding that [`super::edge`] added.
pub(super) fn bare(tag: &str) -> &str {
    let tag = tag.strip_prefix("W/").unwrap_or(tag).trim_matches('"');
    ["-gzip", "-br", "-zstd"]
        .iter()
        .find_map(|coding| tag.strip_suffix(coding))
        .unwrap_or(tag)
}

/// A strong tag of what makes an answer what it is.
pub(super) fn strong(parts: &[&[u8]]) -> String {
    let mut hasher = blake3::Hasher::new();
    for part in parts {
        hasher.update(&(part.len() as u64).to_le_bytes());
        hasher.update(part);
    }
    let hex = hasher.finalize().to_hex();
    format!("\"{}\"", &hex[..22])
}

/// A weak tag: the same content, though the bytes may differ (a page of features says when it was made).
pub(super) fn weak(parts: &[&[u8]]) -> String {
    format!("W/{}", strong(parts))
}

/// A JSON resource, or the same as a page. `way` is the path to it, for the page.
pub(super) fn resource(
    site: &Site,
    ask: &Ask,
    title: &str,
    way: &[(&str, String)],
    value: &Value,
) -> Response {
    if ask.is_page() {
        let page = html::document(site.base(), title, way, value);
        return Reply::new(html::MEDIA, page).send(&ask.headers);
    }
    json(ask, value)
}

/// A JSON resource in the type that was chosen.
pub(super) fn json(ask: &Ask, value: &Value) -> Response {
    let body = serde_json::to_vec(value).expect("a value is JSON");
    Reply::new(ask.chosen.content_type, body).send(&ask.headers)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(tag: &str) -> HeaderMap {
        HeaderMap::from_iter([(
            header::IF_NONE_MATCH,
            HeaderValue::from_str(tag).expect("a tag"),
        )])
    }

    #[test]
    fn who_has_it_in_any_encoding_gets_a_304() {
        let tag = strong(&[b"a"]);
        let inner = tag.trim_matches('"');
        for theirs in [
            tag.clone(),
            "*".into(),
            format!("W/{tag}"),
            format!("\"{inner}-gzip\""),
            format!("\"{inner}-zstd\""),
            format!("\"other\", \"{inner}-br\""),
        ] {
            let response = unchanged(&asked(&theirs), &tag, REVALIDATE).expect("a 304");
            assert_eq!(response.status(), StatusCode::NOT_MODIFIED, "{theirs}");
        }
        assert!(unchanged(&asked("\"other\""), &tag, REVALIDATE).is_none());
        assert!(unchanged(&HeaderMap::new(), &tag, REVALIDATE).is_none());
        assert_ne!(strong(&[b"ab", b"c"]), strong(&[b"a", b"bc"]));
    }
}

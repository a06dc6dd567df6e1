//! Whole pyramids as one file, in parts or in one go: `/xyz/{layer}@{hash}.pmtiles` (immutable),
//! `/collections/{id}/tiles.pmtiles` (the public version), and the same as `.mbtiles`.
//!
//! PMTiles comes straight from the file that tiles are served from; a client that reads it by ranges needs
//! no other server. One range a request (RFC 9110, 14.2): a list of them is answered with 416.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse as _, Response},
};

use super::{
    error::{self, Problem},
    extract::{Ask, layer},
    negotiate::{MBTILES, PMTILES},
    ops::{self, Op},
    reply::{FOREVER, REVALIDATE, unchanged},
    select::pinned,
    site::Site,
};
use crate::snapshot::{Mapped, Snapshot};

/// Which file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Pmtiles,
    Mbtiles,
}

impl Kind {
    fn ending(self) -> &'static str {
        match self {
            Self::Pmtiles => "pmtiles",
            Self::Mbtiles => "mbtiles",
        }
    }
}

/// `/collections/{id}/tiles.pmtiles`.
pub(super) async fn pmtiles(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::PMTILES, parts)?;
    let snapshot = site.app().snapshot(&layer(&id)?, None).await?;
    archive(&site, &ask, snapshot, Kind::Pmtiles, REVALIDATE).await
}

/// `/collections/{id}/tiles.mbtiles`.
pub(super) async fn mbtiles(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::MBTILES, parts)?;
    let snapshot = site.app().snapshot(&layer(&id)?, None).await?;
    archive(&site, &ask, snapshot, Kind::Mbtiles, REVALIDATE).await
}

/// `/xyz/{layer}@{hash}.pmtiles` and `.mbtiles`.
pub(super) async fn of_version(
    State(site): State<Site>,
    Path(name): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let unknown = || {
        Problem::new(
            error::NOT_FOUND,
            "an archive is called {layer}@{hash}.pmtiles or .mbtiles",
        )
    };
    let (source, ending) = name.rsplit_once('.').ok_or_else(unknown)?;
    let (kind, op): (Kind, &Op) = match ending {
        "pmtiles" => (Kind::Pmtiles, &ops::ARCHIVE),
        "mbtiles" => (Kind::Mbtiles, &ops::ARCHIVE),
        _ => return Err(unknown()),
    };
    let (id, hash) = pinned(source);
    let ask = Ask::of(op, parts)?;
    let snapshot = site.app().snapshot(&layer(id)?, hash).await?;
    let cache = if hash.is_some() { FOREVER } else { REVALIDATE };
    archive(&site, &ask, snapshot, kind, cache).await
}

async fn archive(
    site: &Site,
    ask: &Ask,
    snapshot: Arc<Snapshot>,
    kind: Kind,
    cache: &'static str,
) -> Result<Response, Problem> {
    let missing = || {
        Problem::new(
            error::NOT_FOUND,
            "the tiles of this version have not been made beforehand yet; they are made after publication",
        )
    };
    let info = snapshot.info();
    let name = format!("{}-v{}.{}", info.id, info.version, kind.ending());
    // The checksum covers header and directories, so tiles made anew have another tag.
    let made = snapshot.pyramid().ok_or_else(missing)?.info();
    let tag = format!(
        "\"{}-{}-{}\"",
        &info.hash[..12.min(info.hash.len())],
        made.checksum.get(..12).unwrap_or(&made.checksum),
        kind.ending()
    );
    if let Some(response) = unchanged(&ask.headers, &tag, cache) {
        return Ok(response);
    }
    let body = match kind {
        Kind::Pmtiles => Bytes::from_owner(Whole(snapshot)),
        Kind::Mbtiles => {
            let path = site.app().mbtiles(snapshot).await?.ok_or_else(missing)?;
            let mapped = Mapped::open(&path).map_err(|error| {
                tracing::error!(%error, "an MBTiles file cannot be opened");
                Problem::new(error::INTERNAL, "nothing more can be said here")
            })?;
            Bytes::from_owner(File(mapped))
        }
    };
    let total = body.len();
    let media = match kind {
        Kind::Pmtiles => PMTILES,
        Kind::Mbtiles => MBTILES,
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    let mut put = |name, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    };
    put(header::ETAG, tag.clone());
    put(
        header::CONTENT_DISPOSITION,
        format!("attachment; filename=\"{name}\""),
    );
    let text = |name| {
        ask.headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    // Parts of another version than the client has the rest of would not fit: then it gets the whole.
    let fits = text(header::IF_RANGE).is_none_or(|theirs| theirs == tag);
    let asked = text(header::RANGE)
        .filter(|_| fits)
        .map(|asked| range(asked, total));
    match asked {
        None | Some(Range::Ignored) => Ok((headers, Body::from(body)).into_response()),
        Some(Range::Part(from, to)) => {
            put(
                header::CONTENT_RANGE,
                format!("bytes {from}-{}/{total}", to - 1),
            );
            let part = body.slice(from..to);
            Ok((StatusCode::PARTIAL_CONTENT, headers, Body::from(part)).into_response())
        }
        Some(Range::Refused) => Err(Problem::new(
            error::RANGE,
            format!(
                "one range of bytes within 0 to {} is given",
                total.saturating_sub(1)
            ),
        )
        .of_bytes(total)),
    }
}

/// A pyramid's file.
struct Whole(Arc<Snapshot>);

impl AsRef<[u8]> for Whole {
    fn as_ref(&self) -> &[u8] {
        self.0.pyramid().map_or(&[], |pyramid| pyramid.bytes())
    }
}

/// Another mapped file.
struct File(Mapped);

impl AsRef<[u8]> for File {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}

/// What a header `Range` means for a file.
#[derive(Debug, PartialEq, Eq)]
enum Range {
    /// Bytes from the first up to before the second.
    Part(usize, usize),
    /// Another unit, or no range at all: the whole is the answer (RFC 9110, 14.2).
    Ignored,
    /// Several, or beyond the end.
    Refused,
}

fn range(text: &str, total: usize) -> Range {
    let Some(list) = text.trim().strip_prefix("bytes=") else {
        return Range::Ignored;
    };
    if list.contains(',') {
        return Range::Refused;
    }
    let number = |text: &str| {
        (text.bytes().all(|byte| byte.is_ascii_digit()) && !text.is_empty())
            .then(|| text.parse::<usize>().unwrap_or(usize::MAX))
    };
    let Some((first, last)) = list.trim().split_once('-') else {
        return Range::Ignored;
    };
    match (number(first.trim()), number(last.trim())) {
        (Some(first), _) if first >= total => Range::Refused,
        (Some(first), Some(last)) if last >= first => {
            Range::Part(first, last.saturating_add(1).min(total))
        }
        (Some(first), None) if last.trim().is_empty() => Range::Part(first, total),
        (None, Some(0)) if first.trim().is_empty() => Range::Refused,
        (None, Some(length)) if first.trim().is_empty() => {
            Range::Part(total.saturating_sub(length), total)
        }
        _ => Range::Ignored,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_is_given_several_are_refused_and_nonsense_is_passed_over() {
        for (text, wanted) in [
            ("bytes=0-9", Range::Part(0, 10)),
            ("bytes=90-", Range::Part(90, 100)),
            ("bytes=90-1000", Range::Part(90, 100)),
            ("bytes=-7", Range::Part(93, 100)),
            ("bytes=-1000", Range::Part(0, 100)),
            ("bytes=99999999999999999999999-", Range::Refused),
            ("bytes=100-", Range::Refused),
            ("bytes=-0", Range::Refused),
            ("bytes=0-1,4-5", Range::Refused),
            ("bytes=9-0", Range::Ignored),
            ("bytes=a-b", Range::Ignored),
            ("bytes=-", Range::Ignored),
            ("rows=0-9", Range::Ignored),
        ] {
            assert_eq!(range(text, 100), wanted, "{text}");
        }
        assert_eq!(range("bytes=0-0", 0), Range::Refused);
    }
}

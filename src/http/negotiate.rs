//! Which media type a client gets: `f=` before `Accept`, weights counted, JSON when nothing is said.

use axum::http::{HeaderMap, header};

use super::{
    error::{self, Problem},
    params::Params,
};

/// What an answer can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Media {
    /// `application/json`.
    Json,
    /// `application/geo+json`.
    GeoJson,
    /// `text/html`.
    Html,
    /// The API description, OpenAPI 3.0.
    OpenApi,
    /// `application/schema+json`.
    Schema,
    /// A MapLibre style.
    Style,
    /// A Mapbox vector tile.
    Tile,
    /// A pyramid as one file.
    Pmtiles,
    /// A pyramid as a SQLite file.
    Mbtiles,
    /// Glyphs of a font, see [`super::fonts`].
    Glyphs,
    /// A picture.
    Png,
    /// Arrays of values, see [`super::side_array`].
    Values,
    /// Comma-separated values.
    Csv,
    /// Plain text.
    Text,
    /// Server-sent events.
    Events,
    /// A file as it came.
    Bytes,
}

/// The media type of vector tiles.
pub(super) const TILE: &str = "application/vnd.mapbox-vector-tile";
/// The media type of the API description, spelled as the OGC suites compare it.
pub(super) const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";
/// The media type of PMTiles archives.
pub(super) const PMTILES: &str = "application/vnd.pmtiles";
/// The media type of MBTiles files.
pub(super) const MBTILES: &str = "application/vnd.mapbox-vector-tile+sqlite3";
/// The media type of glyphs.
pub(super) const GLYPHS: &str = "application/x-protobuf";
/// The media type of arrays of values.
pub(super) const VALUES: &str = "application/vnd.parat.values";
/// The media type of styles.
pub(super) const STYLE: &str = "application/vnd.mapbox.style+json";

impl Media {
    /// The types it is served as: its own first, then those that clients also ask for it by.
    pub(super) fn types(self) -> &'static [&'static str] {
        match self {
            Self::Json => &["application/json"],
            Self::GeoJson => &["application/geo+json", "application/json"],
            Self::Html => &["text/html; charset=utf-8"],
            Self::OpenApi => &[
                OPENAPI,
                "application/openapi+json;version=3.0",
                "application/json",
            ],
            Self::Schema => &["application/schema+json", "application/json"],
            Self::Style => &[STYLE, "application/json"],
            Self::Tile => &[TILE, "application/x-protobuf", "application/octet-stream"],
            Self::Glyphs => &[GLYPHS, "application/octet-stream"],
            Self::Png => &["image/png"],
            Self::Pmtiles => &[PMTILES, "application/octet-stream"],
            Self::Mbtiles => &[MBTILES, "application/octet-stream"],
            Self::Values => &[VALUES, "application/octet-stream"],
            Self::Csv => &["text/csv; charset=utf-8"],
            Self::Text => &["text/plain; charset=utf-8"],
            Self::Events => &["text/event-stream"],
            Self::Bytes => &["application/octet-stream"],
        }
    }

    /// Its own type, without parameters but for OpenAPI's.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Html => "text/html",
            Self::Csv => "text/csv",
            Self::Text => "text/plain",
            other => other.types()[0],
        }
    }

    /// The values of `f` that ask for it; the first is the one we write into links.
    pub(super) fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Json | Self::OpenApi | Self::Schema | Self::Style => &["json"],
            Self::GeoJson => &["geojson", "json"],
            Self::Html => &["html"],
            Self::Tile => &["mvt", "pbf"],
            Self::Glyphs => &["pbf"],
            Self::Png => &["png"],
            Self::Pmtiles => &["pmtiles"],
            Self::Mbtiles => &["mbtiles"],
            Self::Values => &["bin"],
            Self::Csv => &["csv"],
            Self::Text => &["txt"],
            Self::Events | Self::Bytes => &[],
        }
    }
}

/// The choice that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Chosen {
    /// What to answer.
    pub media: Media,
    /// The `Content-Type` to answer with.
    pub content_type: &'static str,
}

/// Chooses among what is on offer; the first is what a client without wishes gets.
pub(super) fn choose(
    offer: &[Media],
    params: &Params,
    headers: &HeaderMap,
) -> Result<Chosen, Problem> {
    if let Some(key) = params.get("f") {
        return offer
            .iter()
            .find(|media| media.keys().contains(&key))
            .map(|&media| Chosen {
                media,
                content_type: media.types()[0],
            })
            .ok_or_else(|| {
                let keys: Vec<_> = offer
                    .iter()
                    .flat_map(|media| media.keys())
                    .copied()
                    .collect();
                Problem::parameter("f", format!("it is one of {}", keys.join(", ")))
            });
    }
    let accept: Vec<&str> = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .collect();
    by_accept(offer, &accept.join(",")).ok_or_else(|| {
        let names: Vec<_> = offer.iter().map(|media| media.name()).collect();
        Problem::new(
            error::NOT_ACCEPTABLE,
            format!("on offer: {}", names.join(", ")),
        )
    })
}

/// How tiles are compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coding {
    /// RFC 1952: what all clients take, and what publication made.
    Gzip,
    /// RFC 8878: a tenth larger, for less than half of the time.
    Zstd,
}

impl Coding {
    /// As `Content-Encoding` names it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Zstd => "zstd",
        }
    }
}

/// Which of the codings a client takes (RFC 9110, 12.5.3), with weights in thousandths.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Codings {
    gzip: u16,
    zstd: u16,
}

impl Codings {
    /// What a request says. Who says nothing takes none, so that a plain client reads what it gets; and a star
    /// speaks for gzip alone: who can read zstd names it.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let (mut gzip, mut any, mut zstd) = (None, None, 0);
        for (name, weight) in headers
            .get_all(header::ACCEPT_ENCODING)
            .iter()
            .filter_map(|value| value.to_str().ok())
            .flat_map(|value| value.split(','))
            .filter_map(range)
        {
            if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") {
                gzip = Some(weight);
            } else if name.eq_ignore_ascii_case("zstd") {
                zstd = weight;
            } else if name == "*" {
                any = Some(weight);
            }
        }
        Self {
            gzip: gzip.or(any).unwrap_or(0),
            zstd,
        }
    }

    /// True when the client takes this coding.
    pub(super) fn takes(self, coding: Coding) -> bool {
        match coding {
            Coding::Gzip => self.gzip > 0,
            Coding::Zstd => self.zstd > 0,
        }
    }

    /// The one for what is compressed now: what the client likes best, and of two that it likes alike the
    /// cheaper. None for a client that takes neither.
    pub(super) fn best(self) -> Option<Coding> {
        match (self.gzip, self.zstd) {
            (0, 0) => None,
            (gzip, zstd) if gzip > zstd => Some(Coding::Gzip),
            _ => Some(Coding::Zstd),
        }
    }
}

/// True when a client likes a page better than JSON: for errors, which have no offer of their own.
pub(super) fn wants_page(query: Option<&str>, headers: &HeaderMap) -> bool {
    let f = query
        .unwrap_or("")
        .split('&')
        .find_map(|pair| pair.strip_prefix("f="));
    if let Some(f) = f {
        return f == "html";
    }
    let accept = headers
        .get(header::ACCEPT)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("");
    by_accept(&[Media::Json, Media::Html], accept).is_some_and(|chosen| chosen.media == Media::Html)
}

fn by_accept(offer: &[Media], accept: &str) -> Option<Chosen> {
    let ranges: Vec<(&str, u16)> = accept.split(',').filter_map(range).collect();
    let mut best: Option<(u16, Chosen)> = None;
    for &media in offer {
        for &content_type in media.types() {
            let weight = if ranges.is_empty() {
                1000
            } else {
                weight(&ranges, essence(content_type))
            };
            if weight > 0 && best.is_none_or(|(other, _)| weight > other) {
                best = Some((
                    weight,
                    Chosen {
                        media,
                        content_type,
                    },
                ));
            }
        }
    }
    best.map(|(_, chosen)| chosen)
}

/// A media range without its parameters, and its weight in thousandths. None for an empty one.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let q = parts
        .find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
        .map_or(1.0, |q| q.parse::<f32>().unwrap_or(0.0));
    Some((name, (q.clamp(0.0, 1.0) * 1000.0) as u16))
}

/// The weight of the most specific range that covers a type (RFC 9110, 12.5.1).
fn weight(ranges: &[(&str, u16)], name: &str) -> u16 {
    let family = name.split('/').next().unwrap_or("");
    let rank = |range: &str| {
        if range.eq_ignore_ascii_case(name) {
            3
        } else if range
            .strip_suffix("/*")
            .is_some_and(|start| start.eq_ignore_ascii_case(family))
        {
            2
        } else {
            u8::from(range == "*/*" || range == "*")
        }
    };
    ranges
        .iter()
        .map(|&(range, weight)| (rank(range), weight))
        .filter(|&(rank, _)| rank > 0)
        .max_by_key(|&(rank, _)| rank)
        .map_or(0, |(_, weight)| weight)
}

fn essence(name: &str) -> &str {
    name.split(';').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pick(offer: &[Media], accept: &str) -> Option<&'static str> {
        by_accept(offer, accept).map(|chosen| chosen.content_type)
    }

    #[test]
    fn accept_is_weighed_and_json_is_the_default() {
        const PAGE: &[Media] = &[Media::Json, Media::Html];
        let html = Some("text/html; charset=utf-8");
        let json = Some("application/json");
        for (accept, wanted) in [
            ("", json),
            ("*/*", json),
            ("application/*", json),
            (
                "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
                html,
            ),
            ("application/json;q=0.4, text/html;q=0.5", html),
            ("text/html;q=0, */*", json),
            ("application/json;q=0, */*;q=0.1", html),
            ("TEXT/HTML", html),
            ("image/png", None),
            ("application/json;q=0", None),
            (",;,", json),
        ] {
            assert_eq!(pick(PAGE, accept), wanted, "{accept}");
        }
    }

    #[test]
    fn an_alias_answers_under_the_name_it_was_asked_by() {
        let three = "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json";
        assert_eq!(pick(&[Media::OpenApi, Media::Html], three), Some(OPENAPI));
        assert_eq!(
            pick(&[Media::OpenApi], "application/json"),
            Some("application/json")
        );
        assert_eq!(
            pick(&[Media::GeoJson, Media::Html], "application/json"),
            Some("application/json")
        );
        assert_eq!(
            pick(&[Media::GeoJson], "application/geo+json, application/json"),
            Some("application/geo+json")
        );
    }

    #[test]
    fn a_coding_is_used_only_for_who_takes_it_and_the_best_liked_first() {
        let codings = |text: &'static str| {
            Codings::of(&HeaderMap::from_iter([(
                header::ACCEPT_ENCODING,
                header::HeaderValue::from_static(text),
            )]))
        };
        let (gzip, zstd) = (Some(Coding::Gzip), Some(Coding::Zstd));
        for (text, takes_gzip, takes_zstd, best) in [
            // What browsers say.
            ("gzip, deflate, br, zstd", true, true, zstd),
            ("gzip, deflate, br", true, false, gzip),
            ("gzip", true, false, gzip),
            ("x-gzip", true, false, gzip),
            ("br, GZIP;q=0.5", true, false, gzip),
            ("zstd", false, true, zstd),
            ("gzip;q=1.0, zstd;q=0.9", true, true, gzip),
            ("gzip;q=0.5, zstd;Q=0.5", true, true, zstd),
            ("zstd ; q=0 , gzip", true, false, gzip),
            ("gzip;q=0, zstd", false, true, zstd),
            ("gzip;q=0, zstd;q=0.000", false, false, None),
            ("*", true, false, gzip),
            ("br;q=1, *;q=0.1", true, false, gzip),
            ("zstd;q=0.1, *", true, true, gzip),
            ("gzip;q=0, *", false, false, None),
            ("*;q=0, gzip;q=0.001", true, false, gzip),
            ("*;q=0", false, false, None),
            ("identity", false, false, None),
            ("br", false, false, None),
            ("gzip;q=nonsense", false, false, None),
            (",;,", false, false, None),
            ("", false, false, None),
        ] {
            let said = codings(text);
            assert_eq!(
                (
                    said.takes(Coding::Gzip),
                    said.takes(Coding::Zstd),
                    said.best()
                ),
                (takes_gzip, takes_zstd, best),
                "{text}"
            );
        }
        assert_eq!(Codings::of(&HeaderMap::new()).best(), None);
    }
}

//! `/fonts/{stack}/{range}.pbf`: glyphs for map labels, as MapLibre and its kin read them.
//!
//! Made from the font files of the system, which are found by name and never shipped: Noto Sans in its
//! many scripts, under the Open Font Licence (Debian's `fonts-noto-core`). A glyph is a picture of distances
//! to its outline, so that one size serves all. Clients place the glyphs of the stored text one after the
//! other: conjuncts of Indian scripts are right only in clients that shape text with fonts of their own.

mod files;
mod outline;
mod stack;

use std::sync::{Arc, LazyLock};

use axum::{
    body::Bytes,
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use moka::sync::Cache;

pub(super) use files::Fonts;

use super::{
    error::{self, Problem},
    extract::Ask,
    negotiate::GLYPHS,
    ops,
    reply::{Reply, WEEK},
    site::Site,
};

/// Bytes of glyphs that are kept: all that a map of Indian cities asks for, many times over.
const KEPT_BYTES: u64 = 16 << 20;
/// The most fonts that a stack may name.
const MOST_FONTS: usize = 8;
/// A range has so many letters.
const RANGE: u32 = 256;
/// The last letter that has a range.
const LAST: u32 = 0xffff;

static KEPT: LazyLock<Cache<(String, u32), Bytes>> = LazyLock::new(|| {
    Cache::builder()
        .weigher(|(stack, _): &(String, u32), bytes: &Bytes| {
            (stack.len() + bytes.len() + 64) as u32
        })
        .max_capacity(KEPT_BYTES)
        .build()
});

/// `/fonts`: the stacks there are.
pub(super) async fn list(State(site): State<Site>, parts: Parts) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::FONTS, parts)?;
    let names: Vec<&str> = site.fonts().names().collect();
    let value = serde_json::json!({
        "fonts": names,
        "glyphs": site.url("/fonts/{fontstack}/{range}.pbf"),
        "note": if names.is_empty() {
            "no fonts were found on this machine, so styles come without labels; Debian's package fonts-noto-core has them"
        } else {
            "made from the fonts of this machine"
        },
    });
    Ok(super::reply::json(&ask, &value))
}

/// `/fonts/{stack}/{range}.pbf`.
pub(super) async fn glyphs(
    State(site): State<Site>,
    Path((stack, range)): Path<(String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::GLYPHS, parts)?;
    let first = first_of(&range).ok_or_else(|| {
        Problem::new(
            error::NOT_FOUND,
            "a range is 0-255.pbf, 256-511.pbf and so on to 65280-65535.pbf",
        )
    })?;
    let names: Vec<&str> = stack.split(',').map(str::trim).collect();
    let fonts = site.fonts();
    let known: Vec<&str> = names
        .iter()
        .take(MOST_FONTS)
        .filter_map(|name| fonts.canonical(name))
        .collect();
    if known.is_empty() {
        let all: Vec<&str> = fonts.names().collect();
        return Err(Problem::new(
            error::NOT_FOUND,
            if all.is_empty() {
                "there are no fonts on this machine; see /fonts".to_owned()
            } else {
                format!("none of these fonts is here; there are {}", all.join(", "))
            },
        ));
    }
    let key = (known.join(","), first);
    let bytes = if let Some(bytes) = KEPT.get(&key) {
        bytes
    } else {
        let fonts = Arc::clone(fonts);
        let asked = stack.clone();
        site.app()
            .compute(move |_| {
                let names: Vec<&str> = key.0.split(',').collect();
                let bytes: Bytes = stack::pbf(&fonts, &names, &asked, first).into();
                KEPT.insert(key, bytes.clone());
                Ok(bytes)
            })
            .await?
    };
    Ok(Reply::new(GLYPHS, bytes).cached(WEEK).send(&ask.headers))
}

/// The first letter of a range such as `256-511.pbf`.
fn first_of(text: &str) -> Option<u32> {
    let (first, last) = text.strip_suffix(".pbf")?.split_once('-')?;
    let number = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit())
            .then(|| text.parse::<u32>().ok())
            .flatten()
    };
    let (first, last) = (number(first)?, number(last)?);
    (first % RANGE == 0 && last <= LAST && last - first.min(last) == RANGE - 1).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_that_clients_ask_for() {
        assert_eq!(first_of("0-255.pbf"), Some(0));
        assert_eq!(first_of("65280-65535.pbf"), Some(65_280));
        for bad in [
            "0-255",
            "1-256.pbf",
            "0-511.pbf",
            "256-255.pbf",
            "65536-65791.pbf",
            "-255.pbf",
            "a-b.pbf",
            "+0-255.pbf",
            "0-99999999999.pbf",
            "512-0.pbf",
        ] {
            assert_eq!(first_of(bad), None, "{bad}");
        }
    }
}

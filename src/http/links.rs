//! Links between resources, all absolute, and the relation types that the OGC registered.

use serde_json::{Value, json};

use super::{negotiate::Media, site::Site};

/// The start of the OGC's relation types.
macro_rules! ogc {
    ($name:literal) => {
        concat!("http://www.opengis.net/def/rel/ogc/1.0/", $name)
    };
}

/// Relation types.
pub(super) const CONFORMANCE: &str = ogc!("conformance");
/// The collections.
pub(super) const DATA: &str = ogc!("data");
/// Lists of vector tilesets.
pub(super) const TILESETS: &str = ogc!("tilesets-vector");
/// Definitions of tile matrix sets.
pub(super) const TILING_SCHEMES: &str = ogc!("tiling-schemes");
/// The tile matrix set of a tileset.
pub(super) const TILING_SCHEME: &str = ogc!("tiling-scheme");
/// The collection behind a tileset.
pub(super) const GEODATA: &str = ogc!("geodata");
/// Styles.
pub(super) const STYLES: &str = ogc!("styles");
/// What a filter may name.
pub(super) const QUERYABLES: &str = ogc!("queryables");
/// What a feature carries.
pub(super) const SCHEMA: &str = ogc!("schema");

/// A link. `path` begins with a slash and is put behind the public address.
pub(super) fn link(site: &Site, rel: &str, media: &str, title: &str, path: &str) -> Value {
    json!({"rel": rel, "type": media, "title": title, "href": site.url(path)})
}

/// `self` and an `alternate` for each other media type. `path` has no query string.
pub(super) fn self_and_alternates(
    site: &Site,
    offer: &[Media],
    chosen: Media,
    path: &str,
) -> Vec<Value> {
    offer
        .iter()
        .map(|&media| {
            let (rel, title) = if media == chosen {
                ("self", "This document")
            } else {
                ("alternate", "This document in another form")
            };
            let href = format!("{path}?f={}", media.keys()[0]);
            link(site, rel, media.name(), title, &href)
        })
        .collect()
}

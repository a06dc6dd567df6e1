//! The language of sentences for people: `lang` before `Accept-Language`, English where neither can be met.

use std::collections::BTreeSet;

use axum::http::{HeaderMap, header};

use super::{params::Params, site::Site};

/// What a request asks for.
pub(super) fn of(site: &Site, params: &Params, headers: &HeaderMap) -> String {
    match params.get("lang") {
        Some(language) => language.to_owned(),
        None => preferred(site, headers),
    }
}

/// The same for a request of which no more is known than its query: `lang` counts where it names a language that
/// sentences are written in.
pub(super) fn asked(site: &Site, query: Option<&str>, headers: &HeaderMap) -> String {
    let known = site.app().standards().messages().languages();
    query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .find_map(|pair| pair.strip_prefix("lang="))
        .filter(|language| known.contains(language))
        .map_or_else(|| first(headers, &known), ToOwned::to_owned)
}

/// The first language of `Accept-Language` that sentences are written in, else English.
pub(super) fn preferred(site: &Site, headers: &HeaderMap) -> String {
    first(headers, &site.app().standards().messages().languages())
}

/// Weights are rare and mostly in the order of the list, so the order decides.
fn first(headers: &HeaderMap, known: &BTreeSet<&str>) -> String {
    headers
        .get(header::ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .into_iter()
        .flat_map(|list| list.split(','))
        .map(|range| range.split([';', '-']).next().unwrap_or_default().trim())
        .map(str::to_ascii_lowercase)
        .find(|language| known.contains(language.as_str()))
        .unwrap_or_else(|| "en".to_owned())
}

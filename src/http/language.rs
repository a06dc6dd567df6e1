//! The language of sentences for people: `lang` before `Accept-Language`, English where neither can be met.

use std::collections::BTreeSet;

use axum::{
    http::{HeaderMap, HeaderValue, header},
    response::Response,
};

use serde_json::Value;

use super::{params::Params, site::Site};
use crate::standard::Messages;

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
    let known = site.languages();
    query
        .into_iter()
        .flat_map(|query| query.split('&'))
        .find_map(|pair| pair.strip_prefix("lang="))
        .filter(|language| known.contains(*language))
        .map_or_else(|| first(headers, known), ToOwned::to_owned)
}

/// The first language of `Accept-Language` that sentences are written in, else English.
pub(super) fn preferred(site: &Site, headers: &HeaderMap) -> String {
    first(headers, site.languages())
}

/// The sentences of a document, told in a language. Only what stands under these names, at any depth, is a sentence.
pub(super) fn tell(messages: &Messages, language: &str, names: &[&str], value: &mut Value) {
    let answer = |text: &mut Value| {
        if let Value::String(text) = text {
            *text = messages.answer(text, language);
        }
    };
    match value {
        _ if language == "en" => {}
        Value::Array(all) => all
            .iter_mut()
            .for_each(|one| tell(messages, language, names, one)),
        Value::Object(members) => {
            for (name, member) in members {
                match member {
                    Value::Array(all) if names.contains(&name.as_str()) => {
                        all.iter_mut().for_each(answer);
                    }
                    Value::String(_) if names.contains(&name.as_str()) => answer(member),
                    member => tell(messages, language, names, member),
                }
            }
        }
        _ => {}
    }
}

/// The same of an indicator's table, its join with a layer and its value for the city.
pub(super) fn tell_tables(site: &Site, headers: &HeaderMap, value: &mut Value) {
    let names = [
        "because",
        "fix",
        "key_field_why",
        "message",
        "note",
        "remedy",
        "summary",
    ];
    let messages = site.app().standards().messages();
    tell(messages, &preferred(site, headers), &names, value);
}

/// What an answer says depends on the language that is asked for.
pub(super) fn spoken(mut response: Response) -> Response {
    let by = HeaderValue::from_static("Accept-Language");
    response.headers_mut().append(header::VARY, by);
    response
}

/// Weights are rare and mostly in the order of the list, so the order decides.
fn first(headers: &HeaderMap, known: &BTreeSet<String>) -> String {
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

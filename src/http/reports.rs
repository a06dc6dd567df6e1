//! `/reports/{id}`: what the gate said, as JSON, as a page, as findings on a map or in a table.

use std::collections::BTreeSet;

use axum::{
    extract::{Path, State},
    http::{HeaderMap, header, request::Parts},
    response::Response,
};

use super::{error::Problem, extract::Ask, negotiate::Media, ops, reply::Reply, site::Site};
use crate::report;

/// The report of a layer's public version, or of a delivery. An ending asks for a form before `Accept` does.
pub(super) async fn report(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let (name, ending) = match id.rsplit_once('.') {
        Some((name, "json")) => (name, Some(Media::Json)),
        Some((name, "html")) => (name, Some(Media::Html)),
        Some((name, "geojson")) => (name, Some(Media::GeoJson)),
        Some((name, "csv")) => (name, Some(Media::Csv)),
        _ => (id.as_str(), None),
    };
    let ask = match ending {
        // The address says it, so `Accept` has no say.
        Some(media) => {
            let params =
                super::params::Params::parse(parts.uri.query(), |name| ops::REPORT.takes(name))?;
            let chosen = super::negotiate::Chosen {
                media,
                content_type: media.types()[0],
            };
            Ask {
                params,
                chosen,
                headers: parts.headers,
            }
        }
        None => Ask::of(&ops::REPORT, parts)?,
    };
    let found = site.app().report(name).await?;
    let standards = site.app().standards();
    let media = ask.chosen.media;
    let asked = ask.params.get("lang").map(ToOwned::to_owned);
    let language = match &asked {
        Some(language) => language.clone(),
        // A program compares the JSON with that of `parat check`: only `lang` changes it.
        None if media == Media::Json => "en".to_owned(),
        None => preferred(&ask.headers, &standards.messages().languages()),
    };
    let body = site
        .app()
        .compute(move |_| {
            let found = found.in_language(standards.messages(), &language);
            Ok(match media {
                Media::Html => report::html(std::slice::from_ref(&*found), standards, &language),
                Media::GeoJson => report::geojson(&found),
                Media::Csv => report::csv(&found),
                _ => report::json(&found),
            })
        })
        .await?;
    Ok(Reply::new(ask.chosen.content_type, body)
        .header("vary", "Accept-Language")
        .send(&ask.headers))
}

/// The first language of `Accept-Language` that sentences are written in, else English. Weights are rare
/// and mostly in the order of the list, so the order decides.
fn preferred(headers: &HeaderMap, known: &BTreeSet<&str>) -> String {
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

//! `/reports/{id}`: what the gate said, as JSON, as a page, as findings on a map or in a table.

use axum::{
    extract::{Path, State},
    http::request::Parts,
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
    let body = site
        .app()
        .compute(move |_| {
            Ok(match media {
                Media::Html => report::html(std::slice::from_ref(&found), standards, "en"),
                Media::GeoJson => report::geojson(&found),
                Media::Csv => report::csv(&found),
                _ => report::json(&found),
            })
        })
        .await?;
    Ok(Reply::new(ask.chosen.content_type, body).send(&ask.headers))
}

//! `/reports/{id}/set-aside`: the rows that were kept out so that the others could go on, to mend and send again.
//!
//! They are rows as somebody sent them, published nowhere, so whoever asks needs an account. However many they are,
//! they go out in pieces as they are read.

use std::io;

use axum::{
    body::Body,
    extract::{Path, State},
    http::{HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};

use super::{
    actor::Caller,
    attachment::{PIECE, saved},
    error::Problem,
    extract::Ask,
    language,
    negotiate::Media,
    ops, reply,
    site::Site,
    wait::blocking,
};
use crate::{app::Role, model::LayerId, report::SetAsideForm};

/// The rows, as GeoJSON or CSV.
pub(super) async fn rows(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    caller.at_least(Role::Contributor)?;
    let ask = Ask::of(&ops::SET_ASIDE, parts)?;
    let layer: Option<LayerId> = ask
        .params
        .get("layer")
        .map(super::extract::layer)
        .transpose()?;
    let (form, ending) = match ask.chosen.media {
        Media::Csv => (SetAsideForm::Csv, "csv"),
        _ => (SetAsideForm::GeoJson, "geojson"),
    };
    let language = language::of(&site, &ask.params, &ask.headers);
    let name = format!("{id:.60}-set-aside.{ending}");
    let text = blocking(site.app(), move |app| {
        let reports = app.reports_with_aside(&id, layer.as_ref())?;
        Ok(app.set_aside(&reports, form, &language)?)
    })
    .await?;
    let body = futures_util::stream::try_unfold(text, |mut text| async move {
        tokio::task::spawn_blocking(move || {
            let piece = text.piece(PIECE)?;
            Ok::<_, io::Error>(piece.map(|piece| (axum::body::Bytes::from(piece), text)))
        })
        .await
        .map_err(io::Error::other)?
    });
    let headers = [
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static(reply::PRIVATE),
        ),
        (
            header::VARY,
            HeaderValue::from_static("Accept, Accept-Language, Authorization"),
        ),
    ];
    let rows = saved(&name, ask.chosen.content_type, Body::from_stream(body));
    Ok((headers, rows).into_response())
}

/// Where the rows of a layer's report are: below the report's own address, by the layer's name where the report
/// tells of several.
pub(super) fn address(report: &str, layer: Option<&LayerId>) -> String {
    match layer {
        None => format!("{report}/set-aside"),
        Some(layer) => format!("{report}/set-aside?layer={layer}"),
    }
}

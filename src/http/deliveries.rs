//! `/deliveries`: a file handed in, how far it is, what became of it, and the question asked about it.

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};

use serde_json::{Value, json};

use super::{
    actor::Caller,
    attachment::{PIECE, saved},
    delivery_json::shown,
    error::{self, Problem},
    extract::{Ask, delivery},
    form, language,
    negotiate::wants_page,
    ops,
    reply::{self},
    site::Site,
    wait::blocking,
};
use crate::{
    app::{AppError, AskPatch, Role},
    model::LayerId,
    store::{JobFilter, JobState},
};

/// The page of a list.
const SOME: usize = 50;

/// The longest.
const MOST: usize = 1_000;

/// Takes a form with files.
pub(super) async fn post(
    State(site): State<Site>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let actor = caller.at_least(Role::Contributor)?.clone();
    let page = wants_page(request.uri().query(), request.headers());
    let language = language::preferred(&site, request.headers());
    let job = form::take(&site, actor, request).await?;
    let at = site.url(&format!("/deliveries/{}", job.id));
    if page {
        // A form without a script: its report is where the person wants to be.
        let report = site.url(&format!("/reports/{}.html", job.id));
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, report)]).into_response());
    }
    let progress = blocking(site.app(), {
        let id = job.id;
        move |app| app.delivery(id)
    })
    .await?;
    Ok((
        StatusCode::ACCEPTED,
        [(header::LOCATION, at)],
        no_store(),
        Json(shown(&site, &progress.0, progress.1, &language)),
    )
        .into_response())
}

fn no_store() -> [(header::HeaderName, HeaderValue); 1] {
    [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))]
}

/// Deliveries, newest first.
pub(super) async fn list(
    State(site): State<Site>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Problem> {
    caller.at_least(Role::Contributor)?;
    let ask = Ask::of(&ops::DELIVERIES, parts)?;
    let layer: Option<LayerId> = ask
        .params
        .get("layer")
        .map(|text| {
            text.parse()
                .map_err(|error| Problem::parameter("layer", format!("{error}")))
        })
        .transpose()?;
    let state = ask
        .params
        .get("state")
        .map(|text| {
            JobState::ALL
                .into_iter()
                .find(|state| state.word() == text)
                .ok_or_else(|| {
                    let all = JobState::ALL.map(JobState::word).join(", ");
                    Problem::parameter("state", format!("it is one of {all}"))
                })
        })
        .transpose()?;
    let filter = JobFilter {
        limit: ask.params.limit(SOME, MOST)? as u32,
        layer,
        state,
    };
    let language = language::of(&site, &ask.params, &ask.headers);
    let found = blocking(site.app(), move |app| app.delivery_list(&filter)).await?;
    let all: Vec<Value> = found
        .iter()
        .map(|(job, progress)| shown(&site, job, *progress, &language))
        .collect();
    let value = json!({
        "deliveries": all,
        "links": [{"rel": "self", "href": site.url("/deliveries")}],
    });
    Ok(reply::json(&ask, &value))
}

/// One delivery.
pub(super) async fn get(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    caller.at_least(Role::Contributor)?;
    let ask = Ask::of(&ops::DELIVERY, parts)?;
    let id = delivery(&id)?;
    let (job, progress) = blocking(site.app(), move |app| app.delivery(id)).await?;
    let language = language::of(&site, &ask.params, &ask.headers);
    Ok(reply::json(&ask, &shown(&site, &job, progress, &language)))
}

/// Changes the question; it is judged again.
pub(super) async fn patch(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let actor = caller.at_least(Role::Contributor)?.clone();
    let media = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("application/json");
    if !["application/json", "application/merge-patch+json"]
        .iter()
        .any(|known| media.starts_with(known))
    {
        return Err(Problem::new(
            error::UNSUPPORTED_TYPE,
            "a change is sent as application/merge-patch+json or application/json",
        ));
    }
    let said: Value = serde_json::from_slice(&body)
        .map_err(|error| Problem::new(error::BAD_BODY, format!("it is not JSON: {error}")))?;
    let patch = patch_of(said)?;
    let language = language::preferred(&site, &headers);
    let id = delivery(&id)?;
    let (job, progress) = blocking(site.app(), move |app| {
        let job = app.ask_again(id, &actor, &patch)?;
        app.delivery(job.id)
    })
    .await?;
    Ok((
        StatusCode::ACCEPTED,
        no_store(),
        Json(shown(&site, &job, progress, &language)),
    )
        .into_response())
}

/// `{"ask": {…}}`, as the delivery shows it, or the question alone.
fn patch_of(said: Value) -> Result<AskPatch, Problem> {
    let wrong = || {
        Problem::new(
            error::BAD_BODY,
            "it is an object with `ask`, or the question itself",
        )
    };
    let Value::Object(mut said) = said else {
        return Err(wrong());
    };
    match said.remove("ask") {
        Some(Value::Object(ask)) if said.is_empty() => Ok(ask),
        None => Ok(said),
        _ => Err(wrong()),
    }
}

/// Calls it off; the file and the reports stay.
pub(super) async fn delete(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let actor = caller.at_least(Role::Contributor)?.clone();
    let language = language::preferred(&site, &headers);
    let id = delivery(&id)?;
    let (job, progress) = blocking(site.app(), move |app| {
        let job = app.cancel_delivery(id, &actor)?;
        app.delivery(job.id)
    })
    .await?;
    Ok((no_store(), Json(shown(&site, &job, progress, &language))).into_response())
}

/// The bytes as they came.
pub(super) async fn file(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    caller.at_least(Role::Contributor)?;
    let params =
        super::params::Params::parse(parts.uri.query(), |name| ops::DELIVERY_FILE.takes(name))?;
    let part = usize::try_from(params.whole("part")?.unwrap_or(0)).unwrap_or(usize::MAX);
    let id = delivery(&id)?;
    let (path, label) = blocking(site.app(), move |app| app.delivery_file(id, part)).await?;
    let file = tokio::fs::File::open(path)
        .await
        .map_err(|error| AppError::internal("opening a delivery's file", error))?;
    let bytes = file
        .metadata()
        .await
        .map_err(|error| AppError::internal("opening a delivery's file", error))?
        .len();
    let body = futures_util::stream::try_unfold(file, |mut file| async move {
        use tokio::io::AsyncReadExt as _;
        let mut piece = vec![0; PIECE];
        let count = file.read(&mut piece).await?;
        piece.truncate(count);
        Ok::<_, std::io::Error>((count > 0).then(|| (Bytes::from(piece), file)))
    });
    Ok((
        [(header::CONTENT_LENGTH, bytes.to_string())],
        saved(&label, "application/octet-stream", Body::from_stream(body)),
    )
        .into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_the_question_alone_or_under_its_name() {
        for good in [
            json!({"crs": "EPSG:4326"}),
            json!({"ask": {"crs": "EPSG:4326"}}),
        ] {
            assert_eq!(patch_of(good).expect("a change")["crs"], "EPSG:4326");
        }
        for bad in [json!(1), json!({"ask": 1}), json!({"ask": {}, "crs": null})] {
            assert!(patch_of(bad).is_err());
        }
    }
}

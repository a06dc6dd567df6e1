//! `/deliveries`: a file handed in, how far it is, what became of it, and the question asked about it.

use axum::{
    Json,
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};

use super::{
    actor::Caller,
    error::{self, Problem},
    extract::Ask,
    form, language,
    negotiate::wants_page,
    ops,
    reply::{self},
    site::Site,
};
use crate::{
    app::{App, AppError, AskPatch, DeliverError, Progress, Role},
    model::{LayerId, Say},
    store::{Job, JobFilter, JobId, JobState},
};

/// The page of a list.
const SOME: usize = 50;
/// The longest.
const MOST: usize = 1_000;

/// Runs something that blocks away from the threads that answer. Unlike a computation it takes no permit:
/// it waits for the disk, and the disk's own queue is the limit.
pub(super) async fn blocking<T: Send + 'static>(
    app: &App,
    job: impl FnOnce(&App) -> Result<T, DeliverError> + Send + 'static,
) -> Result<T, DeliverError> {
    let app = app.clone();
    tokio::task::spawn_blocking(move || job(&app))
        .await
        .map_err(|error| DeliverError::App(AppError::internal("serving a delivery", error)))?
}

/// The number that a path names.
pub(super) fn number(text: &str) -> Result<JobId, Problem> {
    text.parse()
        .map_err(|_no_number| Problem::new(error::NOT_FOUND, "there is no such delivery"))
}

/// A delivery as clients see it, its sentences in a language.
pub(super) fn shown(site: &Site, job: &Job, progress: Progress, language: &str) -> Value {
    let messages = site.app().standards().messages();
    let spoken = |say: &Say, english: &str| {
        if say.is_silent() || language == "en" {
            english.to_owned()
        } else {
            messages.render(say, language)
        }
    };
    let reason = job
        .reason
        .as_deref()
        .map(|english| spoken(&job.reason_say, english));
    let id = job.id;
    let received: u64 = job.files.iter().map(|file| file.bytes).sum();
    let announced: u64 = job
        .files
        .iter()
        .map(|file| file.total.unwrap_or(file.bytes))
        .sum();
    let files: Vec<Value> = job
        .files
        .iter()
        .enumerate()
        .map(|(at, file)| {
            json!({
                "name": file.label, "bytes": file.total, "received": file.bytes, "hash": file.hash,
                "href": site.url(&format!("/deliveries/{id}/file?part={at}")),
            })
        })
        .collect();
    let layers: Vec<Value> = job
        .layers
        .iter()
        .map(|layer| {
            let mut value = json!({
                "layer": layer.layer, "verdict": layer.verdict, "summary": spoken(&layer.summary_say, &layer.summary), "counts": layer.counts,
                "report": format!("/reports/{}", layer.report),
            });
            if let Some(version) = layer.version {
                value["version"] = json!(version);
                value["state"] = json!(layer.state);
            }
            if layer.counts.set_aside > 0 {
                let several = (job.layers.len() > 1).then_some(&layer.layer);
                value["set_aside"] =
                    json!(super::set_aside::address(&format!("/reports/{id}"), several));
            }
            value
        })
        .collect();
    let link = |rel: &str, path: String| json!({"rel": rel, "href": site.url(&path)});
    let mut value = json!({
        "id": id,
        "source": job.source,
        "file": main_label(job),
        "files": files,
        "bytes": announced.max(if progress.unit == "bytes" { progress.total } else { 0 }),
        "received": received,
        "layer": job.layers.first().map(|one| &one.layer).or(job.ask.layer.as_ref()),
        "state": job.state,
        "phase": job.state,
        "progress": progress,
        "reason": reason,
        "ask": job.ask,
        "layers": layers,
        "report": format!("/reports/{id}"),
        "by": job.actor,
        "created_at": job.created_at,
        "updated_at": job.updated_at,
        "links": [
            link("self", format!("/deliveries/{id}")),
            link("describedby", format!("/reports/{id}")),
            link("monitor", format!("/deliveries/{id}/events")),
            link("enclosure", format!("/deliveries/{id}/file")),
        ],
    });
    for (name, more) in [
        ("remembered", json!(job.remembered)),
        ("passed_over", json!(job.passed_over)),
        ("expires_at", json!(job.expires_at)),
    ] {
        if !more.is_null() {
            value[name] = more;
        }
    }
    value
}

/// The name that a delivery goes by.
fn main_label(job: &Job) -> &str {
    job.files
        .iter()
        .find(|file| file.stored.rsplit('.').next() == Some("shp"))
        .or(job.files.first())
        .map_or("", |file| &file.label)
}

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
    let id = number(&id)?;
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
    let id = number(&id)?;
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
    let id = number(&id)?;
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
    let id = number(&id)?;
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
        let mut piece = vec![0; 256 << 10];
        let count = file.read(&mut piece).await?;
        piece.truncate(count);
        Ok::<_, std::io::Error>((count > 0).then(|| (Bytes::from(piece), file)))
    });
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_LENGTH, bytes.to_string()),
        (header::CONTENT_DISPOSITION, attachment(&label)),
        // It is a stranger's: a browser saves it and never shows it.
        (header::CONTENT_SECURITY_POLICY, "sandbox".to_owned()),
    ];
    Ok((headers, axum::body::Body::from_stream(body)).into_response())
}

/// `Content-Disposition` for a name in any script (RFC 6266).
pub(super) fn attachment(label: &str) -> String {
    let plain: String = label
        .chars()
        .map(|letter| match letter {
            ' '..='~' if !"\"\\%".contains(letter) => letter,
            _ => '_',
        })
        .collect();
    let mut encoded = String::new();
    for byte in label.bytes() {
        if byte.is_ascii_alphanumeric() || b".-_".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            super::html::put(&mut encoded, format_args!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_in_any_script_stays_inside_its_header() {
        assert_eq!(
            attachment("a\"b\\व.zip"),
            "attachment; filename=\"a_b__.zip\"; filename*=UTF-8''a%22b%5C%E0%A4%B5.zip"
        );
    }

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

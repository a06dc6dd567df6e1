//! `/uploads`: tus 1.0.0, the protocol for uploads that break off and go on.
//!
//! Core, creation, creation-with-upload, expiration, checksum and termination (<https://tus.io/protocols/resumable-upload>).
//! An upload is a delivery from its creation on: the answer names it, and its report has its address before
//! the first byte. What may be said in `Upload-Metadata` is what a form may say.

use axum::{
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    actor::Caller,
    body::{Next, drain, next},
    error::{self, Problem},
    extract::delivery,
    site::Site,
    tus::{BYTES, Sum, about, bytes, said, speaks, text},
    wait::blocking,
};
use crate::{
    app::{Actor, App, AppError, Appending, DeliverError, Role, Upload},
    store::JobId,
};

/// Begins an upload, with its first bytes where the client sends some.
pub(super) async fn post(
    State(site): State<Site>,
    caller: Caller,
    request: Request,
) -> Result<Response, Problem> {
    let actor = caller.at_least(Role::Contributor)?.clone();
    let headers = request.headers().clone();
    speaks(&headers)?;
    if headers.contains_key("upload-defer-length") {
        return Err(Problem::new(
            error::BAD_PARAMETER,
            "an upload says its length at its beginning: `Upload-Length`",
        )
        .at("Upload-Defer-Length"));
    }
    let length = bytes(&headers, "upload-length")?.ok_or_else(|| {
        Problem::new(error::BAD_PARAMETER, "`Upload-Length` is needed").at("Upload-Length")
    })?;
    let said = said(&headers)?;
    let upload = blocking(site.app(), {
        let actor = actor.clone();
        move |app| {
            app.create_upload(
                &actor,
                length,
                &said.name,
                said.source.as_deref(),
                &said.patch,
            )
        }
    })
    .await?;
    let id = upload.job.id;
    let with_bytes = text(&headers, "content-type") == Some(BYTES);
    let upload = if with_bytes && length > 0 {
        match write(&site, &actor, id, 0, &headers, request).await {
            Ok(upload) => upload,
            // The upload is there and its address must be told; where it stands is asked for next.
            Err(_broke_off) => blocking(site.app(), move |app| app.upload(id, &actor)).await?,
        }
    } else {
        upload
    };
    let mut answer = about(&site, &upload);
    if let Ok(at) = HeaderValue::from_str(&site.url(&format!("/uploads/{id}"))) {
        answer.insert(header::LOCATION, at);
    }
    Ok((StatusCode::CREATED, answer).into_response())
}

/// Where an upload stands.
pub(super) async fn head(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let actor = caller.at_least(Role::Contributor)?.clone();
    speaks(&headers)?;
    let id = delivery(&id)?;
    let upload = blocking(site.app(), move |app| app.upload(id, &actor)).await?;
    Ok((StatusCode::OK, about(&site, &upload)).into_response())
}

/// Goes on with an upload.
pub(super) async fn patch(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let actor = caller.at_least(Role::Contributor)?.clone();
    let headers = request.headers().clone();
    speaks(&headers)?;
    if text(&headers, "content-type") != Some(BYTES) {
        return Err(Problem::new(
            error::UNSUPPORTED_TYPE,
            format!("bytes of an upload are sent as {BYTES}"),
        ));
    }
    let offset = bytes(&headers, "upload-offset")?.ok_or_else(|| {
        Problem::new(error::BAD_PARAMETER, "`Upload-Offset` is needed").at("Upload-Offset")
    })?;
    let id = delivery(&id)?;
    let upload = write(&site, &actor, id, offset, &headers, request).await?;
    Ok((StatusCode::NO_CONTENT, about(&site, &upload)).into_response())
}

/// Gives an upload up.
pub(super) async fn delete(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let actor = caller.at_least(Role::Contributor)?.clone();
    speaks(&headers)?;
    let id = delivery(&id)?;
    blocking(site.app(), move |app| app.terminate_upload(id, &actor)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

async fn write(
    site: &Site,
    actor: &Actor,
    id: JobId,
    offset: u64,
    headers: &HeaderMap,
    request: Request,
) -> Result<Upload, Problem> {
    let sum = Sum::of(headers)?;
    let mut body = request.into_body().into_data_stream();
    let begun = blocking(site.app(), {
        let actor = actor.clone();
        move |app| app.append(id, &actor, offset)
    })
    .await;
    let appending = match begun {
        Ok(appending) => appending,
        Err(error) => {
            drain(body).await;
            return Err(error.into());
        }
    };
    // What arrives is kept even when the client hangs up, which ends this request but not the task.
    let app = site.app().clone();
    let task = tokio::spawn(async move {
        let done = append(&app, appending, sum, &mut body).await;
        if done.is_err() {
            drain(body).await;
        }
        done
    });
    task.await
        .map_err(|error| AppError::internal("writing an upload", error))?
}

/// Writes what comes; gives where the upload stands then.
async fn append(
    app: &App,
    mut appending: Appending,
    mut sum: Option<(Sum, Vec<u8>)>,
    body: &mut axum::body::BodyDataStream,
) -> Result<Upload, Problem> {
    let inside = |error| Problem::from(AppError::internal("writing an upload", error));
    let mut broke: Option<Problem> = None;
    loop {
        let piece: Bytes = match next(app, body).await {
            Next::Bytes(bytes) => bytes,
            Next::End => break,
            Next::Broke(why) => {
                broke = Some(Problem::new(error::SILENT, why));
                break;
            }
        };
        if appending.is_called_off() {
            return Err(Problem::new(error::GONE, "the upload was given up"));
        }
        let written: Result<(), DeliverError>;
        (appending, sum, written) = tokio::task::spawn_blocking(move || {
            if let Some((sum, _)) = &mut sum {
                sum.add(&piece);
            }
            let written = appending.write(&piece);
            (appending, sum, written)
        })
        .await
        .map_err(inside)?;
        if let Err(error) = written {
            broke = Some(error.into());
            break;
        }
    }
    tokio::task::spawn_blocking(move || {
        if let Some((sum, wanted)) = sum {
            // A body that broke off cannot have the sum of the whole: none of it counts (tus 1.0, checksum).
            if broke.is_some() || sum.done() != wanted {
                appending.take_back()?;
                return Err(broke.unwrap_or_else(|| {
                    Problem::new(
                        error::CHECKSUM,
                        "none of the bytes of this request were kept",
                    )
                }));
            }
        }
        let upload = appending.end()?;
        broke.map_or(Ok(upload), Err)
    })
    .await
    .map_err(inside)?
}

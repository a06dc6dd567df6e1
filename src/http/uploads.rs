//! `/uploads`: tus 1.0.0, the protocol for uploads that break off and go on.
//!
//! Core, creation, creation-with-upload, expiration, checksum and termination (<https://tus.io/protocols/resumable-upload>).
//! An upload is a delivery from its creation on: the answer names it, and its report has its address before
//! the first byte. What may be said in `Upload-Metadata` is what a form may say.

use axum::{
    body::Bytes,
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use sha1::Digest as _;

use super::{
    actor::Caller,
    deliveries::{blocking, number},
    error::{self, Problem},
    form::{Next, drain, next},
    site::Site,
};
use crate::{
    app::{Actor, App, AppError, Appending, AskPatch, DeliverError, Role, Upload, stated},
    store::JobId,
};

/// The version that is spoken.
const VERSION: &str = "1.0.0";
/// What of it beyond the core.
const EXTENSIONS: &str = "creation,creation-with-upload,expiration,checksum,termination";
/// The checksums that are known.
const CHECKSUMS: &str = "sha1,sha256";
/// The media type of bytes.
const BYTES: &str = "application/offset+octet-stream";

/// Says on every answer below `/uploads` what is spoken there.
pub(super) fn mark(headers: &mut HeaderMap, most: u64) {
    for (name, value) in [
        ("tus-resumable", VERSION),
        ("tus-version", VERSION),
        ("tus-extension", EXTENSIONS),
        ("tus-checksum-algorithm", CHECKSUMS),
    ] {
        headers.insert(
            HeaderName::from_static(name),
            HeaderValue::from_static(value),
        );
    }
    headers.insert(HeaderName::from_static("tus-max-size"), most.into());
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A number of bytes in a header.
fn bytes(headers: &HeaderMap, name: &str) -> Result<Option<u64>, Problem> {
    text(headers, name)
        .map(|text| {
            text.trim().parse().map_err(|_no_number| {
                Problem::new(
                    error::BAD_PARAMETER,
                    format!("`{name}` is not a number of bytes"),
                )
                .at(name)
            })
        })
        .transpose()
}

fn speaks(headers: &HeaderMap) -> Result<(), Problem> {
    if text(headers, "tus-resumable") == Some(VERSION) {
        return Ok(());
    }
    Err(Problem::new(
        error::WRONG_VERSION,
        format!("send `Tus-Resumable: {VERSION}`"),
    ))
}

/// What `Upload-Metadata` says: keys in ASCII, values in base64.
struct Said {
    name: String,
    source: Option<String>,
    patch: AskPatch,
}

fn said(headers: &HeaderMap) -> Result<Said, Problem> {
    let mut said = Said {
        name: "file".to_owned(),
        source: None,
        patch: AskPatch::new(),
    };
    let Some(all) = headers.get("upload-metadata") else {
        return Ok(said);
    };
    let wrong = |detail: &str| Problem::new(error::BAD_PARAMETER, detail).at("Upload-Metadata");
    let all = all.to_str().map_err(|_other| wrong("it is not ASCII"))?;
    for pair in all
        .split(',')
        .map(str::trim)
        .filter(|pair| !pair.is_empty())
    {
        let (key, value) = pair.split_once(' ').unwrap_or((pair, ""));
        let value = BASE64
            .decode(value.trim())
            .map_err(|_other| wrong("a value is not base64"))?;
        let value = String::from_utf8_lossy(&value).into_owned();
        match key {
            "filename" | "name" => said.name = value,
            "source" => said.source = Some(value),
            // Clients send more than we ask for: `filetype`, `relativePath`.
            other => {
                stated(&mut said.patch, other, &value)?;
            }
        }
    }
    Ok(said)
}

/// What tells where an upload stands.
fn about(site: &Site, upload: &Upload) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let id = upload.job.id;
    headers.insert("upload-offset", upload.offset.into());
    headers.insert("upload-length", upload.length.into());
    let mut put = |name: &'static str, value: String| {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(HeaderName::from_static(name), value);
        }
    };
    put("parat-delivery", id.to_string());
    put(
        "link",
        format!(
            "<{}>; rel=\"describedby\", <{}>; rel=\"related\"",
            site.url(&format!("/reports/{id}")),
            site.url(&format!("/deliveries/{id}"))
        ),
    );
    if let Some(until) = upload
        .job
        .expires_at
        .as_deref()
        .and_then(|text| text.parse::<jiff::Timestamp>().ok())
    {
        put(
            "upload-expires",
            until.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string(),
        );
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers
}

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
    let id = number(&id)?;
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
    let id = number(&id)?;
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
    let id = number(&id)?;
    blocking(site.app(), move |app| app.terminate_upload(id, &actor)).await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// A checksum being worked out.
enum Sum {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
}

impl Sum {
    /// What `Upload-Checksum` asks for: the algorithm, a blank, the sum in base64.
    fn of(headers: &HeaderMap) -> Result<Option<(Self, Vec<u8>)>, Problem> {
        let Some(said) = headers.get("upload-checksum") else {
            return Ok(None);
        };
        let wrong =
            |detail: String| Problem::new(error::BAD_PARAMETER, detail).at("Upload-Checksum");
        let (name, sum) = said
            .to_str()
            .ok()
            .and_then(|text| text.split_once(' '))
            .ok_or_else(|| wrong("it is an algorithm, a blank and the sum in base64".to_owned()))?;
        let sum = BASE64
            .decode(sum.trim())
            .map_err(|_other| wrong("the sum is not base64".to_owned()))?;
        let begun = match name.to_ascii_lowercase().as_str() {
            "sha1" => Self::Sha1(sha1::Sha1::new()),
            "sha256" => Self::Sha256(sha2::Sha256::new()),
            _ => return Err(wrong(format!("the algorithms are {CHECKSUMS}"))),
        };
        Ok(Some((begun, sum)))
    }

    fn add(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(sum) => sum.update(bytes),
            Self::Sha256(sum) => sum.update(bytes),
        }
    }

    fn done(self) -> Vec<u8> {
        match self {
            Self::Sha1(sum) => sum.finalize().to_vec(),
            Self::Sha256(sum) => sum.finalize().to_vec(),
        }
    }
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

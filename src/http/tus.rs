//! What tus 1.0.0 says in headers (<https://tus.io/protocols/resumable-upload>): its version, offsets, what is said of a
//! file, checksums.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use sha1::Digest as _;

use super::{
    error::{self, Problem},
    site::Site,
};
use crate::app::{AskPatch, Upload, stated};

/// The version that is spoken.
const VERSION: &str = "1.0.0";
/// What of it beyond the core.
const EXTENSIONS: &str = "creation,creation-with-upload,expiration,checksum,termination";
/// The checksums that are known.
const CHECKSUMS: &str = "sha1,sha256";
/// The media type of bytes.
pub(super) const BYTES: &str = "application/offset+octet-stream";

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

pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// A number of bytes in a header.
pub(super) fn bytes(headers: &HeaderMap, name: &str) -> Result<Option<u64>, Problem> {
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

/// Refuses who speaks another version.
pub(super) fn speaks(headers: &HeaderMap) -> Result<(), Problem> {
    if text(headers, "tus-resumable") == Some(VERSION) {
        return Ok(());
    }
    Err(Problem::new(
        error::WRONG_VERSION,
        format!("send `Tus-Resumable: {VERSION}`"),
    ))
}

/// What `Upload-Metadata` says: keys in ASCII, values in base64.
pub(super) struct Said {
    pub(super) name: String,
    pub(super) source: Option<String>,
    pub(super) patch: AskPatch,
}

/// Reads it.
pub(super) fn said(headers: &HeaderMap) -> Result<Said, Problem> {
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
pub(super) fn about(site: &Site, upload: &Upload) -> HeaderMap {
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

/// A checksum being worked out.
pub(super) enum Sum {
    Sha1(sha1::Sha1),
    Sha256(sha2::Sha256),
}

impl Sum {
    /// What `Upload-Checksum` asks for: the algorithm, a blank, the sum in base64.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<(Self, Vec<u8>)>, Problem> {
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

    pub(super) fn add(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha1(sum) => sum.update(bytes),
            Self::Sha256(sum) => sum.update(bytes),
        }
    }

    pub(super) fn done(self) -> Vec<u8> {
        match self {
            Self::Sha1(sum) => sum.finalize().to_vec(),
            Self::Sha256(sum) => sum.finalize().to_vec(),
        }
    }
}

//! `POST /indicators/{code}/tables`: a table of values handed in, read in the child, judged, kept as the next version,
//! and told how it meets its layer. What `parat table` does, for who is elsewhere.
//!
//! A table is public at once, so it takes the role that publishes. The body is the file itself, or a form with a part
//! `file`; what else is to be said about it stands in the address.

use std::io::Write as _;

use axum::{
    body::{BodyDataStream, Bytes},
    extract::{Path, Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};

use super::{
    actor::Caller,
    body::{Next, drain, next},
    error::{self, Problem},
    extract, language,
    multipart::{Event, Multipart, boundary},
    ops,
    params::Params,
    site::Site,
};
use crate::{
    app::{AppError, Role, TABLE_BYTES, TableError},
    indicator::TableOptions,
    model::IndicatorId,
};

/// The longest name of a file that is kept.
const NAME_LETTERS: usize = 200;

/// Takes a table.
pub(super) async fn post(
    State(site): State<Site>,
    caller: Caller,
    Path(code): Path<String>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let begun = async {
        let actor = caller.at_least(Role::DataOfficer)?.clone();
        let params = Params::parse(parts.uri.query(), |name| ops::PUT_TABLE.takes(name))?;
        let id: IndicatorId = code
            .parse()
            .ok()
            .filter(|id| site.app().standards().indicator(id).is_some())
            .ok_or_else(|| {
                let words = "there is no such indicator in the catalogue; see /explain";
                Problem::new(error::NOT_FOUND, words)
            })?;
        let text = |name: &str| params.get(name).map(str::to_owned);
        let options = TableOptions {
            key: text("key"),
            value: text("value"),
            period: text("period"),
            layer: params.get("layer").map(extract::layer).transpose()?,
            scheme: text("scheme"),
            delim: text("delim"),
        };
        Ok::<_, Problem>((actor, id, options, text("name")))
    }
    .await;
    let (actor, id, options, named) = match begun {
        Ok(begun) => begun,
        Err(problem) => {
            drain(body).await;
            return Err(problem);
        }
    };
    let kind = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let inside = |error| AppError::internal("keeping a table", error);
    let mut taking = Taking {
        form: boundary(kind).map(|boundary| {
            let limits = &site.app().config().limits;
            Multipart::new(&boundary, limits.form_header_bytes, limits.form_parts)
        }),
        file: tempfile::NamedTempFile::new().map_err(inside)?,
        name: named,
        bytes: 0,
        open: false,
        files: 0,
    };
    if let Err(problem) = taking.all(&site, &mut body).await {
        drain(body).await;
        return Err(problem);
    }
    let name: String = taking
        .name
        .as_deref()
        .unwrap_or("table")
        .chars()
        .filter(|letter| !letter.is_control())
        .take(NAME_LETTERS)
        .collect();
    let before = site.app().live().tables.get(&id).map(|one| one.version);
    let loaded = site
        .app()
        .compute({
            let site = site.clone();
            move |_| {
                let path = taking.file.path();
                Ok(site.app().load_table(path, &name, &id, &options, &actor))
            }
        })
        .await?;
    let loaded = loaded.map_err(|no| match no {
        TableError::NoIndicator(_) => Problem::new(error::NOT_FOUND, no.to_string()),
        TableError::Unreadable { .. } => Problem::new(error::BAD_BODY, no.to_string()),
        TableError::App(error) => error.into(),
    })?;
    let status = if before == Some(loaded.stored.version) {
        // The same content again is the version that is there.
        StatusCode::OK
    } else {
        StatusCode::CREATED
    };
    let code = super::html::segment(loaded.stored.table.id.as_str());
    let headers = [
        (header::LOCATION, site.url(&format!("/indicators/{code}"))),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    let mut told = loaded.told();
    language::tell_tables(&site, &parts.headers, &mut told);
    Ok((status, headers, axum::Json(told)).into_response())
}

/// A body on its way to a file.
struct Taking {
    /// Where the body is a form.
    form: Option<Multipart>,
    file: tempfile::NamedTempFile,
    name: Option<String>,
    bytes: u64,
    /// True within the part `file`.
    open: bool,
    files: usize,
}

impl Taking {
    async fn all(&mut self, site: &Site, body: &mut BodyDataStream) -> Result<(), Problem> {
        loop {
            let bytes = match next(site.app(), body).await {
                Next::Bytes(bytes) => bytes,
                Next::Broke(why) => return Err(Problem::new(error::SILENT, why)),
                Next::End => break,
            };
            self.feed(&bytes)?;
        }
        match &self.form {
            Some(form) if !form.is_done() => {
                let words = "the form ends before its last boundary";
                Err(Problem::new(error::BAD_BODY, words))
            }
            Some(_) if self.files != 1 => {
                let words = "the form has one part `file` with a name, the table";
                Err(Problem::new(error::BAD_BODY, words))
            }
            _ => Ok(()),
        }
    }

    fn feed(&mut self, bytes: &Bytes) -> Result<(), Problem> {
        let Some(mut form) = self.form.take() else {
            return self.write(bytes);
        };
        let fed = form.feed(bytes);
        while let Some(event) = form.next() {
            match event {
                Event::Part(part) => {
                    self.open = part.name == "file" && part.file.is_some();
                    if self.open {
                        self.files += 1;
                        self.name = self.name.take().or(part.file);
                    }
                }
                Event::Bytes(bytes) if self.open => self.write(&bytes)?,
                Event::End => self.open = false,
                Event::Bytes(_) | Event::Done => {}
            }
        }
        self.form = Some(form);
        fed.map_err(|fault| Problem::new(error::BAD_BODY, fault.to_string()))
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), Problem> {
        self.bytes += bytes.len() as u64;
        if self.bytes > TABLE_BYTES {
            let words = format!("a table has at most {TABLE_BYTES} bytes");
            return Err(Problem::new(error::TOO_LARGE, words));
        }
        self.file.write_all(bytes).map_err(|failed| {
            if failed.kind() == std::io::ErrorKind::StorageFull {
                return Problem::new(error::NO_SPACE, "the table was not kept; send it again");
            }
            AppError::internal("keeping a table", failed).into()
        })
    }
}

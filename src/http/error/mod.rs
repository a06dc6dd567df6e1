//! The only place that knows which failure has which status code.
//!
//! A handler gives back a [`Problem`]; [`super::edge`] turns it into `application/problem+json`
//! (RFC 9457), or into a page when a person's browser asked. Nothing internal goes into a body: no
//! stack, no path, no query text.

mod kinds;

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use serde_json::{Map, Value, json};

pub(super) use self::kinds::*;
use super::html;

use crate::{
    app::{AppError, DeliverError},
    query::QueryError,
    standard::Messages,
};

/// A failure as the client is told of it. Boxed, because it rides in every `Result` here.
#[derive(Clone, Debug)]
pub(super) struct Problem(Box<Told>);

#[derive(Clone, Debug)]
struct Told {
    kind: Kind,
    detail: String,
    parameter: Option<String>,
    allow: Option<HeaderValue>,
    /// Further members of the document.
    more: Map<String, Value>,
    /// The size of the file, where a part of it was asked for.
    bytes: Option<usize>,
}

/// Seconds that a client is asked to wait when the server is busy.
const RETRY_AFTER: HeaderValue = HeaderValue::from_static("1");

/// How an account shows itself (RFC 6750).
const CHALLENGE: HeaderValue = HeaderValue::from_static("Bearer realm=\"Parat\"");

/// The language of an answer, and the words of all languages.
#[derive(Clone, Copy)]
pub(super) struct Tongue<'a> {
    pub(super) messages: &'a Messages,
    pub(super) language: &'a str,
}

impl Tongue<'_> {
    fn say(self, english: &str) -> String {
        self.messages.answer(english, self.language)
    }
}

impl Problem {
    /// A failure of a kind, with its particulars.
    pub(super) fn new(kind: Kind, detail: impl Into<String>) -> Self {
        Self(Box::new(Told {
            kind,
            detail: detail.into(),
            parameter: None,
            allow: None,
            bytes: None,
            more: Map::new(),
        }))
    }

    /// A parameter with a value that it cannot have.
    pub(super) fn parameter(name: &str, detail: impl Into<String>) -> Self {
        Self::new(BAD_PARAMETER, detail).at(name)
    }

    /// The same failure, blamed on a parameter.
    #[must_use]
    pub(super) fn at(mut self, parameter: &str) -> Self {
        self.0.parameter = Some(parameter.to_owned());
        self
    }

    /// The same failure, with one more member in its document.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: Value) -> Self {
        self.0.more.insert(name.to_owned(), value);
        self
    }

    /// The same failure, with the methods that the path does have.
    #[must_use]
    pub(super) fn allowing(mut self, methods: Option<HeaderValue>) -> Self {
        self.0.allow = methods;
        self
    }

    /// The same failure, with the size of the file that a part was asked of.
    #[must_use]
    pub(super) fn of_bytes(mut self, total: usize) -> Self {
        self.0.bytes = Some(total);
        self
    }

    /// What kind of failure it is.
    #[cfg(test)]
    pub(super) fn kind(&self) -> Kind {
        self.0.kind
    }

    /// The problem document. `base` is the public address, `instance` the path asked for, `tongue` what the client
    /// wants to be spoken to in.
    pub(super) fn document(&self, base: &str, instance: &str, tongue: Tongue<'_>) -> Value {
        let mut body = Map::new();
        body.insert(
            "type".into(),
            json!(format!("{base}/api?f=html#{}", self.0.kind.code)),
        );
        body.insert("title".into(), json!(tongue.say(self.0.kind.title)));
        body.insert("status".into(), json!(self.0.kind.status.as_u16()));
        body.insert("detail".into(), json!(tongue.say(&self.0.detail)));
        body.insert("instance".into(), json!(instance));
        body.insert("code".into(), json!(self.0.kind.code));
        if let Some(parameter) = &self.0.parameter {
            body.insert("parameter".into(), json!(parameter));
        }
        body.extend(self.0.more.clone());
        Value::Object(body)
    }

    /// The whole answer, as a page or as a problem document.
    pub(super) fn answer(
        &self,
        base: &str,
        instance: &str,
        as_page: bool,
        tongue: Tongue<'_>,
    ) -> Response {
        let document = self.document(base, instance, tongue);
        let (media, body) = if as_page {
            let words = format!(
                "<p>{}</p><p class=\"quiet\">{} · {}</p>",
                html::escape(&tongue.say(&self.0.detail)),
                self.0.kind.status.as_u16(),
                self.0.kind.code
            );
            (
                html::MEDIA,
                html::page(base, &tongue.say(self.0.kind.title), &[], &words),
            )
        } else {
            ("application/problem+json", document.to_string())
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(
            header::VARY,
            HeaderValue::from_static("Accept, Accept-Language"),
        );
        if let Ok(language) = HeaderValue::from_str(tongue.language) {
            headers.insert(header::CONTENT_LANGUAGE, language);
        }
        if [
            StatusCode::SERVICE_UNAVAILABLE,
            StatusCode::TOO_MANY_REQUESTS,
            StatusCode::LOCKED,
        ]
        .contains(&self.0.kind.status)
        {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        if self.0.kind.status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, CHALLENGE);
        }
        if let Some(total) = self.0.bytes
            && let Ok(value) = HeaderValue::from_str(&format!("bytes */{total}"))
        {
            headers.insert(header::CONTENT_RANGE, value);
        }
        if let Some(allow) = &self.0.allow {
            headers.insert(header::ALLOW, allow.clone());
        }
        (self.0.kind.status, headers, body).into_response()
    }
}

impl IntoResponse for Problem {
    /// Only carries the problem to [`super::edge`], which knows how the client wants it.
    fn into_response(self) -> Response {
        let mut response = self.0.kind.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Busy => Self::new(BUSY, "every worker is taken"),
            AppError::NotFound { what } => Self::new(NOT_FOUND, format!("there is no {what}")),
            AppError::Bad { parameter, detail } => Self::parameter(&parameter, detail),
            AppError::Gone { what, at, reason } => {
                Self::new(GONE, format!("{what} was withdrawn on {at}: {reason}"))
                    .with("retired_at", json!(at))
                    .with("reason", json!(reason))
            }
            AppError::Nobody(why) => Self::new(NO_TOKEN, why),
            AppError::Forbidden(why) => Self::new(FORBIDDEN, why),
            AppError::Conflict {
                why,
                state,
                possible,
            } => Self::new(CONFLICT, why)
                .with("state", json!(state))
                .with("actions", json!(possible)),
            AppError::Changed(why) => Self::new(CHANGED, why),
            AppError::Internal { doing, source } => {
                tracing::error!(doing, error = source.as_ref(), "a request failed inside");
                Self::new(INTERNAL, "nothing more can be said here")
            }
        }
    }
}

impl From<DeliverError> for Problem {
    fn from(error: DeliverError) -> Self {
        let detail = error.to_string();
        match error {
            DeliverError::TooLarge { limit, value, .. } => {
                Self::new(TOO_LARGE, detail).with("limit", json!({"name": limit, "value": value}))
            }
            DeliverError::TooMany { limit, value, .. } => {
                Self::new(TOO_MANY, detail).with("limit", json!({"name": limit, "value": value}))
            }
            DeliverError::NoSpace => Self::new(NO_SPACE, detail),
            DeliverError::Bad { parameter, detail } => Self::parameter(&parameter, detail),
            DeliverError::Conflict(_) => Self::new(CONFLICT, detail),
            DeliverError::Locked => Self::new(LOCKED, detail),
            DeliverError::Gone(_) => Self::new(GONE, detail),
            DeliverError::Forbidden(_) => Self::new(FORBIDDEN, detail),
            DeliverError::Closed(_) => Self::new(BUSY, detail),
            DeliverError::App(error) => error.into(),
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let detail = error.to_string();
        match error {
            QueryError::Bad { parameter, .. } => Self::parameter(&parameter, detail),
            QueryError::TooMuch { .. } => Self::new(BAD_PARAMETER, detail),
            QueryError::NotFound { .. } => Self::new(NOT_FOUND, detail),
            QueryError::Expired => Self::new(TIMED_OUT, detail),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standard::Standards;

    #[test]
    fn every_kind_of_problem_has_its_title_in_every_language() {
        let messages = Standards::builtin().messages();
        for language in messages.languages() {
            for kind in KINDS {
                let said = messages.answer(kind.title, language);
                assert_eq!(
                    said == kind.title,
                    language == "en",
                    "{} in {language}",
                    kind.code
                );
            }
        }
    }
}

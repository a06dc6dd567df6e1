//! The only place that knows which failure has which status code.
//!
//! A handler gives back a [`Problem`]; [`super::edge`] turns it into `application/problem+json`
//! (RFC 9457), or into a page when a person's browser asked. Nothing internal goes into a body: no
//! stack, no path, no query text.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Map, Value, json};

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

/// A row of the table of failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Kind {
    /// The status code.
    pub status: StatusCode,
    /// Stable for ever; clients may compare it.
    pub code: &'static str,
    /// What it means, without particulars.
    pub title: &'static str,
}

const fn kind(status: StatusCode, code: &'static str, title: &'static str) -> Kind {
    Kind {
        status,
        code,
        title,
    }
}

/// A parameter that this path does not have.
pub(super) const UNKNOWN_PARAMETER: Kind = kind(
    StatusCode::BAD_REQUEST,
    "unknown_parameter",
    "This path has no such parameter",
);
/// A parameter with a value that it cannot have.
pub(super) const BAD_PARAMETER: Kind = kind(
    StatusCode::BAD_REQUEST,
    "bad_parameter",
    "A parameter has a value it cannot have",
);
/// A request body that cannot be understood.
pub(super) const BAD_BODY: Kind = kind(
    StatusCode::BAD_REQUEST,
    "bad_body",
    "The body cannot be understood",
);
/// Something that is not there.
pub(super) const NOT_FOUND: Kind = kind(
    StatusCode::NOT_FOUND,
    "not_found",
    "There is nothing of this name",
);
/// A path that no route has.
pub(super) const NO_SUCH_PATH: Kind = kind(
    StatusCode::NOT_FOUND,
    "no_such_path",
    "There is nothing at this path",
);
/// Something that was withdrawn.
pub(super) const GONE: Kind = kind(
    StatusCode::GONE,
    "gone",
    "It was withdrawn and is no longer given out",
);
/// A request of nobody for what needs a role.
pub(super) const NO_TOKEN: Kind = kind(
    StatusCode::UNAUTHORIZED,
    "no_token",
    "This needs an account; send its token as `Authorization: Bearer`",
);
/// A request beyond what the account may do.
pub(super) const FORBIDDEN: Kind = kind(
    StatusCode::FORBIDDEN,
    "forbidden",
    "The account may not do this",
);
/// A change that the state does not allow.
pub(super) const CONFLICT: Kind = kind(
    StatusCode::CONFLICT,
    "conflict",
    "This cannot be done in the state in which it is",
);
/// A change of what somebody else has changed since.
pub(super) const CHANGED: Kind = kind(
    StatusCode::PRECONDITION_FAILED,
    "changed",
    "It was changed in the meantime; look at it again",
);
/// A method that this path does not have.
pub(super) const NO_SUCH_METHOD: Kind = kind(
    StatusCode::METHOD_NOT_ALLOWED,
    "no_such_method",
    "This path does not answer that method",
);
/// A media type that is not on offer.
pub(super) const NOT_ACCEPTABLE: Kind = kind(
    StatusCode::NOT_ACCEPTABLE,
    "not_acceptable",
    "None of the accepted media types is on offer",
);
/// A body beyond the limit.
pub(super) const TOO_LARGE: Kind = kind(
    StatusCode::PAYLOAD_TOO_LARGE,
    "too_large",
    "The body is larger than the server takes",
);
/// A query beyond the limit.
pub(super) const TOO_LONG: Kind = kind(
    StatusCode::URI_TOO_LONG,
    "too_long",
    "The address is longer than the server takes",
);
/// More at once than is taken.
pub(super) const TOO_MANY: Kind = kind(
    StatusCode::TOO_MANY_REQUESTS,
    "too_many",
    "There is more at once than the server takes",
);
/// Somebody else writes to it this moment.
pub(super) const LOCKED: Kind = kind(
    StatusCode::LOCKED,
    "locked",
    "Another request is writing to it",
);
/// A checksum that the bytes do not have (tus 1.0, checksum).
pub(super) const CHECKSUM: Kind = Kind {
    status: match StatusCode::from_u16(460) {
        Ok(status) => status,
        Err(_) => StatusCode::BAD_REQUEST,
    },
    code: "checksum_mismatch",
    title: "The bytes have another checksum than was said",
};
/// A version of tus that is not spoken here.
pub(super) const WRONG_VERSION: Kind = kind(
    StatusCode::PRECONDITION_FAILED,
    "wrong_tus_version",
    "This version of the tus protocol is not spoken here",
);
/// The disk is full.
pub(super) const NO_SPACE: Kind = kind(
    StatusCode::INSUFFICIENT_STORAGE,
    "no_space",
    "There is no room left on the server's disk",
);
/// A request that stopped sending.
pub(super) const SILENT: Kind = kind(
    StatusCode::REQUEST_TIMEOUT,
    "silent",
    "The request stopped sending",
);
/// A body of another type than the path takes.
pub(super) const UNSUPPORTED_TYPE: Kind = kind(
    StatusCode::UNSUPPORTED_MEDIA_TYPE,
    "unsupported_type",
    "The body is of a type this path does not take",
);
/// A part of a file that it does not have.
pub(super) const RANGE: Kind = kind(
    StatusCode::RANGE_NOT_SATISFIABLE,
    "range",
    "The file has no such part, or several were asked for at once",
);
/// All hands are busy.
pub(super) const BUSY: Kind = kind(
    StatusCode::SERVICE_UNAVAILABLE,
    "busy",
    "The server is busy; ask again in a moment",
);
/// A request that took longer than it may.
pub(super) const TIMED_OUT: Kind = kind(
    StatusCode::SERVICE_UNAVAILABLE,
    "timed_out",
    "The answer took longer than it may; ask for less",
);
/// A fault of ours.
pub(super) const INTERNAL: Kind = kind(
    StatusCode::INTERNAL_SERVER_ERROR,
    "internal",
    "The server made a mistake; it has been written to the log",
);

/// Every kind, for the service document.
pub(super) const KINDS: [Kind; 25] = [
    UNKNOWN_PARAMETER,
    BAD_PARAMETER,
    BAD_BODY,
    NOT_FOUND,
    NO_SUCH_PATH,
    GONE,
    NO_TOKEN,
    FORBIDDEN,
    CONFLICT,
    CHANGED,
    NO_SUCH_METHOD,
    NOT_ACCEPTABLE,
    TOO_LARGE,
    TOO_LONG,
    TOO_MANY,
    LOCKED,
    CHECKSUM,
    WRONG_VERSION,
    NO_SPACE,
    SILENT,
    UNSUPPORTED_TYPE,
    RANGE,
    BUSY,
    TIMED_OUT,
    INTERNAL,
];

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

//! What every answer passes on its way in and out: the prefix, `OPTIONS`, CORS, problems, tags, counters.

use std::time::Instant;

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{
    error::{self, Problem, Tongue},
    language,
    negotiate::wants_page,
    site::Site,
};

/// Headers of ours that a script on another site may read.
pub(super) const EXPOSED: HeaderValue = HeaderValue::from_static(
    "ETag, Content-Crs, Link, Location, Parat-Delivery, Parat-Losses, Parat-Version, Retry-After, \
        Tus-Resumable, Tus-Version, Tus-Extension, Tus-Max-Size, Upload-Offset, Upload-Length, Upload-Expires",
);

/// Wraps the whole router.
pub(super) async fn edge(State(site): State<Site>, mut request: Request, next: Next) -> Response {
    let begun = Instant::now();
    strip_prefix(&mut request, site.prefix());
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let page = wants_page(request.uri().query(), request.headers());
    let language = language::asked(&site, request.uri().query(), request.headers());

    let mut response = next.run(request).await;
    if method == Method::OPTIONS {
        response = options(response);
    }
    if response.status().is_client_error() || response.status().is_server_error() {
        let problem = response
            .extensions()
            .get::<Problem>()
            .cloned()
            .unwrap_or_else(|| unnamed(&response));
        let tongue = Tongue {
            messages: site.app().standards().messages(),
            language: &language,
        };
        response = problem.answer(site.base(), &path, page, tongue);
    }
    let status = response.status();
    if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        tracing::error!(%method, %path, status = status.as_u16(), "answered with a fault of ours");
    }
    name_the_encoding(response.headers_mut());
    open_to_all(response.headers_mut());
    if path == "/uploads" || path.starts_with("/uploads/") {
        let most = site.app().config().limits.upload_bytes;
        super::tus::mark(response.headers_mut(), most);
    }
    site.metrics().answered(status.as_u16(), begun.elapsed());
    tracing::debug!(%method, %path, status = status.as_u16(), took = ?begun.elapsed(), "answered");
    response
}

/// Takes the public prefix off the path. A proxy may have done so already.
fn strip_prefix(request: &mut Request, prefix: &str) {
    if prefix.is_empty() {
        return;
    }
    let uri = request.uri();
    let Some(rest) = uri.path().strip_prefix(prefix) else {
        return;
    };
    if !rest.is_empty() && !rest.starts_with('/') {
        return;
    }
    let mut stripped = String::from(if rest.is_empty() { "/" } else { rest });
    if let Some(query) = uri.query() {
        stripped.push('?');
        stripped.push_str(query);
    }
    if let Ok(uri) = stripped.parse::<Uri>() {
        *request.uri_mut() = uri;
    }
}

/// `OPTIONS`: the router refuses the method and names those it has, which is the answer.
fn options(refused: Response) -> Response {
    let Some(allow) = refused.headers().get(header::ALLOW) else {
        return refused;
    };
    let mut methods = allow.to_str().unwrap_or("GET,HEAD").to_owned();
    methods.push_str(",OPTIONS");
    let methods =
        HeaderValue::from_str(&methods).unwrap_or(HeaderValue::from_static("GET,HEAD,OPTIONS"));
    let mut headers = HeaderMap::new();
    headers.insert(header::ALLOW, methods.clone());
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, methods);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static("Accept, Authorization, Content-Type, If-None-Match, Range, Tus-Resumable, Upload-Length, Upload-Offset, Upload-Metadata, Upload-Checksum"),
    );
    headers.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static("86400"),
    );
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// The problem behind an answer that some layer below gave without one.
fn unnamed(response: &Response) -> Problem {
    let kind = match response.status() {
        StatusCode::NOT_FOUND => error::NO_SUCH_PATH,
        StatusCode::METHOD_NOT_ALLOWED => error::NO_SUCH_METHOD,
        StatusCode::PAYLOAD_TOO_LARGE => error::TOO_LARGE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => error::UNSUPPORTED_TYPE,
        StatusCode::GATEWAY_TIMEOUT | StatusCode::REQUEST_TIMEOUT => error::TIMED_OUT,
        StatusCode::SERVICE_UNAVAILABLE => error::BUSY,
        status if status.is_client_error() => error::BAD_PARAMETER,
        _ => error::INTERNAL,
    };
    let detail = match kind {
        error::NO_SUCH_METHOD => "the header `Allow` names the methods it has",
        error::BAD_PARAMETER => "the path or the body cannot be read",
        _ => kind.title,
    };
    Problem::new(kind, detail).allowing(response.headers().get(header::ALLOW).cloned())
}

/// One tag for each encoding, as RFC 9110 (8.8.3.3) asks of strong tags.
fn name_the_encoding(headers: &mut HeaderMap) {
    let (Some(tag), Some(encoding)) = (
        headers.get(header::ETAG).and_then(|tag| tag.to_str().ok()),
        headers
            .get(header::CONTENT_ENCODING)
            .and_then(|encoding| encoding.to_str().ok()),
    ) else {
        return;
    };
    if let Some(open) = tag.strip_suffix('"')
        && let Ok(tag) = HeaderValue::from_str(&format!("{open}-{encoding}\""))
    {
        headers.insert(header::ETAG, tag);
    }
}

fn open_to_all(headers: &mut HeaderMap) {
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_ORIGIN,
        HeaderValue::from_static("*"),
    );
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        HeaderName::from_static("referrer-policy"),
        HeaderValue::from_static("same-origin"),
    );
}

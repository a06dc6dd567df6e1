//! The map page: what `make web` built, embedded; a plain page in its place where it was not built.

use axum::http::{HeaderMap, Method, Uri};
use axum::response::Response;
use rust_embed::RustEmbed;

use super::{
    error::{self, Problem},
    html,
    reply::{FOREVER, REVALIDATE, Reply},
    site::Site,
};
use crate::app::LiveLayers;

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Dist;

/// What the page may do: everything from this server, nothing from another. MapLibre starts its worker
/// from a blob and draws icons from data addresses.
const POLICY: &str = "default-src 'self'; script-src 'self' blob:; worker-src 'self' blob:; \
    child-src blob:; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self'; \
    object-src 'none'; base-uri 'self'";

/// The page at the root.
pub(super) fn root(site: &Site, live: &LiveLayers, asked: &HeaderMap) -> Response {
    match Dist::get("index.html") {
        Some(file) => Reply::new(html::MEDIA, file.data.into_owned())
            .header("content-security-policy", POLICY)
            .send(asked),
        None => Reply::new(html::MEDIA, plain(site, live)).send(asked),
    }
}

/// A file of the page, or nothing at this path: what no route took comes here.
pub(super) async fn asset(method: Method, uri: Uri, asked: HeaderMap) -> Result<Response, Problem> {
    let name = uri.path().trim_start_matches('/');
    let found = Some(name)
        .filter(|name| !name.is_empty() && *name != "index.html")
        .and_then(Dist::get);
    let (Some(file), true) = (found, [Method::GET, Method::HEAD].contains(&method)) else {
        return Err(Problem::new(
            error::NO_SUCH_PATH,
            "see /api for the paths there are",
        ));
    };
    // The build puts a hash into the names of what lies in `assets/`.
    let cache = if name.starts_with("assets/") {
        FOREVER
    } else {
        REVALIDATE
    };
    Ok(Reply::new(media(name), file.data.into_owned())
        .cached(cache)
        .send(&asked))
}

fn media(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or("") {
        "html" => html::MEDIA,
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "pbf" => "application/x-protobuf",
        "txt" => "text/plain; charset=utf-8",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

fn plain(site: &Site, live: &LiveLayers) -> String {
    let rows = live.layers.values().map(|layer| {
        let id = layer.entry.layer.as_str();
        let name = match &layer.snapshot {
            Some(snapshot) => html::link(
                &snapshot.info().title,
                &site.url(&format!("/collections/{id}?f=html")),
            ),
            None => html::escape(id),
        };
        vec![
            name,
            layer.entry.features.to_string(),
            html::escape(&layer.entry.summary),
            html::link("report", &site.url(&format!("/reports/{id}.html"))),
        ]
    });
    let body = format!(
        "<p>The map page was not built into this program; everything else is here. \
         Build it with <code>make web</code> and build the program again.</p>{}<p>{} · {} · {}</p>",
        html::table(&["Layer", "Features", "What the gate said", ""], rows),
        html::link("Collections", &site.url("/collections?f=html")),
        html::link("API description", &site.url("/api?f=html")),
        html::link("This page as JSON", &site.url("/?f=json")),
    );
    html::page(site.base(), "Parat", &[], &body)
}

//! `/explain/{name}`: the page on a layer, a rule, a metadata element, a code list or an indicator, the same
//! that `parat explain` prints.

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use serde_json::json;

use super::{
    error::{self, Problem},
    extract::Ask,
    html, ops,
    reply::{self, Reply},
    site::Site,
};
use crate::standard;

/// The page.
pub(super) async fn explain(
    State(site): State<Site>,
    Path(name): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::EXPLAIN, parts)?;
    let page = standard::explain(site.app().standards(), &name)
        .ok_or_else(|| Problem::new(error::NOT_FOUND, "nobody here knows that name"))?;
    if ask.is_page() {
        let mut body = String::new();
        for section in &page.sections {
            if !section.heading.is_empty() {
                html::put(
                    &mut body,
                    format_args!("<h2>{}</h2>", html::escape(&section.heading)),
                );
            }
            let text = html::escape(section.text.say("en"));
            html::put(
                &mut body,
                format_args!(
                    "<pre style=\"white-space:pre-wrap;border:0;padding:0;font:inherit\">{text}</pre>"
                ),
            );
        }
        let title = format!("{}: {}", page.name, page.title.say("en"));
        return Ok(
            Reply::new(html::MEDIA, html::page(site.base(), &title, &[], &body)).send(&ask.headers),
        );
    }
    Ok(reply::json(&ask, &json!(page)))
}

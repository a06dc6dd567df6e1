//! `/health` and `/metrics`, for those who keep the server running.

use axum::{extract::State, http::request::Parts, response::Response};
use serde_json::json;

use super::{
    collections::shown,
    error::Problem,
    extract::Ask,
    ops,
    reply::{self, Reply},
    site::Site,
};

/// Whether the server is well, and what it serves.
pub(super) async fn health(State(site): State<Site>, parts: Parts) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::HEALTH, parts)?;
    let live = site.app().live();
    let value = json!({
        "status": "ok",
        "version": env!("CARGO_PKG_VERSION"),
        "generation": live.generation,
        "layers": shown(&live).count(),
        "waiting": site.app().waiting(),
    });
    Ok(reply::json(&ask, &value))
}

/// The counters.
pub(super) async fn metrics(State(site): State<Site>, parts: Parts) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::METRICS, parts)?;
    let live = site.app().live();
    let features: u64 = shown(&live).map(|(_, info)| info.features).sum();
    let text = site.metrics().text(&[
        (
            "parat_generation",
            "The state of the catalogue; rises with every change.",
            live.generation,
        ),
        (
            "parat_layers",
            "Layers being served.",
            shown(&live).count() as u64,
        ),
        ("parat_features", "Features being served.", features),
        (
            "parat_requests_waiting",
            "Requests that wait for a worker.",
            site.app().waiting() as u64,
        ),
    ]);
    Ok(Reply::new("text/plain; version=0.0.4; charset=utf-8", text)
        .cached("no-store")
        .send(&ask.headers))
}

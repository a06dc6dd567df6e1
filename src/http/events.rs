//! `/deliveries/{id}/events`: server-sent events for who waits; the same as asking for the delivery now and
//! then, only sooner.

use std::{convert::Infallible, time::Duration};

use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;

use super::{
    actor::Caller, delivery_json::shown, error::Problem, extract::delivery, language, site::Site,
    wait::blocking,
};
use crate::{
    app::{DeliverError, Role, Watcher},
    store::JobState,
};

/// At most so often is a change told: a fast upload changes a thousand times a second.
const BREATH: Duration = Duration::from_millis(200);
/// A comment so often, for proxies that close what is silent.
const ALIVE: Duration = Duration::from_secs(15);
/// The id of the last event of a delivery; who reconnects with it is told to stay away.
const LAST: &str = "end";

struct Telling {
    site: Site,
    language: String,
    watcher: Watcher,
    count: u64,
    ended: bool,
}

/// Every change of a delivery until its end.
pub(super) async fn events(
    State(site): State<Site>,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    caller.at_least(Role::Contributor)?;
    let id = delivery(&id)?;
    let watcher = blocking(site.app(), move |app| app.watch_delivery(id)).await?;
    let seen_end = headers
        .get("last-event-id")
        .is_some_and(|value| value.as_bytes() == LAST.as_bytes());
    if seen_end {
        let id = watcher.id;
        let (job, _) = blocking(site.app(), move |app| app.delivery(id)).await?;
        if job.state.is_end() {
            // HTML, 9.2: 204 ends an EventSource for good.
            return Ok(StatusCode::NO_CONTENT.into_response());
        }
    }
    let telling = Telling {
        language: language::preferred(&site, &headers),
        site,
        watcher,
        count: 0,
        ended: false,
    };
    let all = stream::unfold(telling, tell);
    let mut response = Sse::new(all)
        .keep_alive(KeepAlive::new().interval(ALIVE))
        .into_response();
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    // nginx holds answers back unless it is told not to.
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    Ok(response)
}

async fn tell(mut telling: Telling) -> Option<(Result<Event, Infallible>, Telling)> {
    if telling.ended {
        return None;
    }
    if telling.count > 0 {
        let app = telling.site.app().clone();
        tokio::select! {
            _ = telling.watcher.changed() => {}
            () = app.deliveries_closing() => return None,
        }
        tokio::time::sleep(BREATH).await;
    }
    telling.count += 1;
    let id = telling.watcher.id;
    let found = blocking(telling.site.app(), move |app| app.delivery(id)).await;
    let event = match found {
        Ok((job, progress)) => {
            telling.ended = job.state.is_end();
            let data = shown(&telling.site, &job, progress, &telling.language).to_string();
            let (name, mark) = if telling.ended {
                ("end", LAST.to_owned())
            } else {
                ("progress", telling.count.to_string())
            };
            Event::default().event(name).id(mark).data(data)
        }
        Err(error) => {
            let state = match error {
                DeliverError::App(_) => JobState::Failed.word(),
                _ => "gone",
            };
            telling.ended = true;
            Event::default()
                .event("end")
                .id(LAST)
                .data(format!("{{\"state\":\"{state}\"}}"))
        }
    };
    Some((Ok(event), telling))
}

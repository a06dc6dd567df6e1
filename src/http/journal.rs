//! `/journal`: who did what and when, and whether anybody has rewritten it since.

use axum::{extract::State, http::request::Parts, response::Response};
use serde_json::{Value, json};

use super::{
    actor::Caller, error::Problem, extract::Ask, ops, reply, site::Site, versions::private,
    which::is_inside,
};
use crate::{
    app::Role,
    store::{JournalEntry, JournalQuery},
};

/// What everybody may read of: what is public of layers and tables.
const PUBLIC: [&str; 4] = ["published", "confirmed", "retired", "table"];
/// What only data officers read of.
const ACCOUNTS: [&str; 2] = ["user_added", "user_removed"];
/// Entries on a page when nobody says how many, and at most.
const SOME: usize = 100;
const MOST: usize = 1_000;

/// The entries that the caller may read, newest first.
pub(super) async fn journal(
    State(site): State<Site>,
    caller: Caller,
    parts: Parts,
) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::JOURNAL, parts)?;
    let limit = match ask.params.whole("rows")? {
        Some(rows) => usize::try_from(rows).unwrap_or(MOST).clamp(1, MOST),
        None => SOME,
    };
    let inside = is_inside(&caller.0);
    let what = match ask.params.names("what") {
        Some(names) => names.into_iter().map(str::to_owned).collect(),
        None if inside => vec![],
        None => PUBLIC.map(str::to_owned).to_vec(),
    };
    let mut query = JournalQuery {
        before: ask
            .params
            .whole("before")?
            .map(|before| i64::try_from(before).unwrap_or(i64::MAX)),
        subject: ask.params.get("subject").map(str::to_owned),
        actor: ask
            .params
            .get("actor")
            .filter(|_| inside)
            .map(str::to_owned),
        what,
        limit: limit as u32,
    };
    let may_read = |entry: &JournalEntry| {
        if ACCOUNTS.contains(&entry.what.as_str()) {
            caller.0.role >= Role::DataOfficer
        } else {
            inside || PUBLIC.contains(&entry.what.as_str())
        }
    };
    if !inside {
        query.what.retain(|what| PUBLIC.contains(&what.as_str()));
        if query.what.is_empty() {
            query.limit = 0;
        }
    }
    let found = site.app().journal(query).await?;
    let more = found.len() == limit;
    let next = found.last().filter(|_| more).map(|entry| entry.id);
    let entries: Vec<Value> = found
        .iter()
        .filter(|entry| may_read(entry))
        .map(|entry| told(entry, inside))
        .collect();
    let mut links = vec![super::links::link(
        &site,
        "self",
        "application/json",
        "This page",
        &format!("/journal{}", ask.params.with("f", None)),
    )];
    if let Some(next) = next {
        let href = format!(
            "/journal{}",
            ask.params.with("before", Some(&next.to_string()))
        );
        links.push(super::links::link(
            &site,
            "next",
            "application/json",
            "Older entries",
            &href,
        ));
    }
    Ok(private(reply::json(
        &ask,
        &json!({"entries": entries, "links": links}),
    )))
}

fn told(entry: &JournalEntry, inside: bool) -> Value {
    let detail: Value = serde_json::from_str(&entry.detail).unwrap_or_default();
    let mut value = json!({
        "id": entry.id, "at": entry.at, "what": entry.what, "subject": entry.subject, "hash": entry.hash,
    });
    if inside {
        value["actor"] = json!(entry.actor);
        value["detail"] = detail;
    } else {
        // Who did it, and in which file it came, is the office's own business.
        for name in ["version", "comment"] {
            if let Some(member) = detail.get(name) {
                value["detail"][name] = member.clone();
            }
        }
    }
    value
}

/// Whether the journal is whole, and its head.
pub(super) async fn verify(State(site): State<Site>, parts: Parts) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::JOURNAL_VERIFY, parts)?;
    let found = site.app().verify_journal().await?;
    Ok(reply::json(&ask, &json!(found)))
}

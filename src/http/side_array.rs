//! `/indicators/{code}/values`: an indicator as arrays beside a layer, so that tiles stay in the client's
//! cache while a dashboard moves through time.
//!
//! In JSON: `ids`, the features in a fixed order, and `values`, for each period an array in that order. As
//! `application/vnd.parat.values` (`f=bin`) the same, all numbers little-endian:
//!
//! ```text
//! 0   4 bytes    "PVAL"
//! 4   u32        length of the head, h; a multiple of 8
//! 8   h bytes    the head: the JSON document without `ids`, `keys` and `values`, blanks behind it
//! 8+h f64 × n    the ids, n = `features` of the head; whole numbers below 2^53
//! …   f32 × n    the values of the first period, NaN for none; then those of the next, and so on
//! ```
//!
//! With the versions of table and layer in the address (`CODE@table`, `layer=NAME@hash`) the answer never
//! changes and may be kept for ever; the member `self` is that address.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    error::{self, Problem},
    extract::{Ask, layer},
    html::segment,
    indicators::{layer_of, table_of},
    joined::all_joined,
    negotiate::Media,
    ops,
    reply::{FOREVER, REVALIDATE, Reply},
    select::{period, pin, pinned},
    site::Site,
};
use crate::{
    indicator::{Joined, Period},
    model::value::date_text,
    snapshot::Snapshot,
    store::StoredTable,
};

/// The first bytes of the binary form.
const MAGIC: &[u8; 4] = b"PVAL";

/// The values of an indicator, one array a period.
pub(super) async fn values(
    State(site): State<Site>,
    Path(code): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let live = site.app().live();
    let (code, table_version) = pinned(&code);
    let stored = table_of(&live, code)?;
    if table_version.is_some_and(|version| version != stored.table.version) {
        return Err(Problem::new(
            error::NOT_FOUND,
            "that version of the table is no longer served",
        ));
    }
    let ask = Ask::of(&ops::INDICATOR_VALUES, parts)?;
    let periods = match ask.params.get("period") {
        None => stored.table.periods.clone(),
        Some(label) => vec![period(&stored, Some(label))?],
    };
    let (id, hash) = match ask.params.get("layer") {
        Some(text) => {
            let (id, hash) = pinned(text);
            (layer(id).map_err(|problem| problem.at("layer"))?, hash)
        }
        None => (
            layer_of(site.app().standards(), &stored.table, &live).ok_or_else(|| {
                Problem::parameter("layer", "the table names no layer, so the request must")
            })?,
            None,
        ),
    };
    let snapshot = site.app().snapshot(&id, hash).await?;
    let lasting = table_version.is_some() && hash.is_some();
    let binary = ask.chosen.media == Media::Values;
    let all = ask.params.get("period").is_none();
    let address = address(&stored, &snapshot, (!all).then(|| &periods[0]), binary);
    let own = site.url(&address);
    let body = site
        .app()
        .compute(move |_| {
            let joined = all_joined(&snapshot, &stored, &periods);
            let head = head(&stored, &snapshot, &periods, &own);
            Ok(if binary {
                in_binary(&head, &snapshot, &joined)
            } else {
                in_json(head, &snapshot, &joined)
            })
        })
        .await?;
    let cache = if lasting { FOREVER } else { REVALIDATE };
    Ok(Reply::new(ask.chosen.content_type, body)
        .cached(cache)
        .send(&ask.headers))
}

/// The address under which the answer never changes.
fn address(
    stored: &StoredTable,
    snapshot: &Snapshot,
    period: Option<&Period>,
    binary: bool,
) -> String {
    let info = snapshot.info();
    let mut address = format!(
        "/indicators/{}/values?layer={}@{}",
        segment(&pin(&stored.table)),
        info.id,
        info.hash
    );
    if let Some(period) = period {
        address.push_str("&period=");
        super::percent::encode(&period.label, &mut address);
    }
    address.push_str(if binary { "&f=bin" } else { "&f=json" });
    address
}

fn head(stored: &StoredTable, snapshot: &Snapshot, periods: &[Period], own: &str) -> Value {
    let (table, info) = (&stored.table, snapshot.info());
    let periods: Vec<Value> = periods
        .iter()
        .map(|period| {
            json!({"label": period.label, "from": date_text(period.from), "to": date_text(period.to)})
        })
        .collect();
    json!({
        "indicator": table.id, "title": table.title, "unit": table.unit, "direction": table.direction,
        "table": {"version": stored.version, "hash": table.version},
        "layer": info.id, "layer_version": info.version, "layer_hash": info.hash,
        "features": snapshot.len(), "periods": periods, "self": own,
    })
}

fn in_json(mut head: Value, snapshot: &Snapshot, joined: &[Arc<Joined>]) -> Vec<u8> {
    let info = snapshot.info();
    let rows = 0..snapshot.len() as u32;
    head["ids"] = rows.clone().map(|row| json!(snapshot.id(row).0)).collect();
    if let [key] = &info.key[..]
        && let Some(field) = snapshot.field(key)
    {
        head["key"] = json!(key);
        head["keys"] = rows
            .map(|row| json!(snapshot.value(row, field).to_text()))
            .collect();
    }
    head["values"] = joined
        .iter()
        .map(|joined| {
            // JSON has no NaN: what is no number becomes null.
            joined
                .values
                .iter()
                .map(|&number| json!(number))
                .collect::<Value>()
        })
        .collect();
    serde_json::to_vec(&head).expect("a value is JSON")
}

fn in_binary(head: &Value, snapshot: &Snapshot, joined: &[Arc<Joined>]) -> Vec<u8> {
    let mut head = serde_json::to_vec(head).expect("a value is JSON");
    head.resize(head.len().next_multiple_of(8), b' ');
    let rows = snapshot.len();
    let mut out = Vec::with_capacity(8 + head.len() + rows * (8 + 4 * joined.len()));
    out.extend(MAGIC);
    out.extend((head.len() as u32).to_le_bytes());
    out.extend(head);
    for row in 0..rows as u32 {
        out.extend((snapshot.id(row).0 as f64).to_le_bytes());
    }
    for joined in joined {
        for &number in &joined.values {
            out.extend((number as f32).to_le_bytes());
        }
    }
    out
}

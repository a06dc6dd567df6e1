//! `/collections/{id}/versions/{n}/diff`: what changed, as numbers with the first rows, as a table, or for
//! the map.
//!
//! Two versions never change, so what was compared once is kept. A comparison holds a permit like every computation,
//! has so long a time, and writes so many bytes.

use std::{
    ops::ControlFlow,
    sync::{Arc, LazyLock},
    time::Instant,
};

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use moka::sync::Cache;
use serde_json::{Value, json};

use super::{
    actor::Caller,
    error::{self, Problem},
    extract::{Ask, layer},
    geojson,
    links::link,
    negotiate::Media,
    ops,
    reply::Reply,
    site::Site,
    versions::private,
    which::number,
};
use crate::{
    app::Compared,
    diff::{self, Change, Late, Pair, TimeUp},
    model::{FeatureId, LayerId, Shapes, Version},
    snapshot::Snapshot,
    store::VersionEntry,
};

/// Rows beside the numbers when nobody says how many.
const SOME_ROWS: usize = 100;
/// Lines of the table, features of the map: when nobody says how many, and at most.
const MOST_ROWS: usize = 10_000;
/// Bytes of features for the map: a row may be a polygon of a hundred thousand vertices.
const MOST_BYTES: usize = 64 << 20;
/// Bytes of finished comparisons that are kept.
const KEPT_BYTES: u64 = 64 << 20;

static KEPT: LazyLock<Cache<Key, Arc<Made>>> = LazyLock::new(|| {
    Cache::builder()
        .weigher(|key: &Key, made: &Arc<Made>| {
            u32::try_from(key.hashes.len() + made.body.len() + 200).unwrap_or(u32::MAX)
        })
        .max_capacity(KEPT_BYTES)
        .build()
});

/// What a comparison was made from. Content alone does not tell versions apart: their metadata may differ.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Key {
    layer: LayerId,
    versions: (Option<Version>, Version),
    hashes: String,
    media: &'static str,
    most: usize,
}

impl Key {
    fn of(compared: &Compared, media: Media, most: usize) -> Self {
        let (entry, snapshot) = &compared.after;
        let before = compared.before.as_ref();
        let hash = |snapshot: &Snapshot| snapshot.info().hash.clone();
        Self {
            layer: entry.layer.clone(),
            versions: (before.map(|(entry, _)| entry.version), entry.version),
            hashes: format!(
                "{} {} {}",
                compared.older().map(hash).unwrap_or_default(),
                hash(snapshot),
                entry.at
            ),
            media: media.name(),
            most,
        }
    }
}

/// A finished comparison: in JSON without what may change about the versions, such as their state.
struct Made {
    body: Vec<u8>,
    cut: bool,
}

/// The difference between a version and another.
pub(super) async fn diff(
    State(site): State<Site>,
    caller: Caller,
    Path((id, version)): Path<(String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    let id = layer(&id)?;
    let ask = Ask::of(&ops::VERSION_DIFF, parts)?;
    let against = match ask.params.get("against").map(number) {
        None => None,
        Some(Ok(version)) => Some(version),
        Some(Err(_)) => {
            let words = "it is the number of a version";
            return Err(Problem::parameter("against", words));
        }
    };
    let media = ask.chosen.media;
    let most = match ask.params.whole("rows")? {
        Some(rows) => usize::try_from(rows).unwrap_or(MOST_ROWS).min(MOST_ROWS),
        None if media == Media::Json => SOME_ROWS,
        None => MOST_ROWS,
    };
    let compared = site
        .app()
        .compare(&id, number(&version)?, against, &caller.0)
        .await?;
    let key = Key::of(&compared, media, most);
    let made = if let Some(made) = KEPT.get(&key) {
        made
    } else {
        let compared = compared.clone();
        let patience = site.settings().comparing;
        let made = site
            .app()
            .compute(move |_| {
                let deadline = Instant::now() + patience;
                Ok(make(&compared, media, most, &|| Instant::now() >= deadline))
            })
            .await?
            .map_err(|late| Problem::new(error::TIMED_OUT, late.to_string()))?;
        let made = Arc::new(made);
        KEPT.insert(key, Arc::clone(&made));
        made
    };
    let mut body = made.body.clone();
    if media == Media::Json {
        about_versions(&site, &compared, &mut body);
    }
    let mut reply = Reply::new(ask.chosen.content_type, body);
    if made.cut {
        reply = reply.header("parat-losses", &format!("listed={most}, more=true"));
    }
    Ok(private(reply.send(&ask.headers)))
}

fn make(compared: &Compared, media: Media, most: usize, late: Late<'_>) -> Result<Made, TimeUp> {
    let (older, newer) = (compared.older(), &compared.after.1);
    Ok(match media {
        Media::Csv => {
            let (text, cut) = diff::csv_until(older, newer, most, late)?;
            Made {
                body: text.into_bytes(),
                cut,
            }
        }
        Media::GeoJson => {
            let (body, cut) = changes(older, newer, most, MOST_BYTES, late)?;
            Made { body, cut }
        }
        _ => {
            let found = diff::between_until(older, newer, most, late)?;
            Made {
                cut: found.rows_cut,
                body: json!(found).to_string().into_bytes(),
            }
        }
    })
}

/// Adds to a finished comparison which versions it is about and where they stand now.
fn about_versions(site: &Site, compared: &Compared, body: &mut Vec<u8>) {
    let side = |entry: &VersionEntry| {
        json!({"version": entry.version, "state": entry.state, "hash": entry.hash, "at": entry.at,
            "verdict": entry.verdict, "features": entry.features})
    };
    let entry = &compared.after.0;
    let before = compared.before.as_ref().map(|(entry, _)| entry);
    let here = format!(
        "/collections/{}/versions/{}/diff",
        entry.layer, entry.version
    );
    let against = before.map_or(String::new(), |entry| format!("against={}&", entry.version));
    let to = |rel: &str, media: &str, title: &str, f: &str| {
        link(site, rel, media, title, &format!("{here}?{against}f={f}"))
    };
    let about = json!({
        "layer": entry.layer,
        "from": before.map_or(Value::Null, side),
        "to": side(entry),
        "links": [
            to("self", "application/json", "This difference", "json"),
            to("alternate", "application/geo+json", "For the map", "geojson"),
            to("alternate", "text/csv", "As a table", "csv"),
        ],
    })
    .to_string();
    // Both are objects with members.
    body.pop();
    body.push(b',');
    body.extend_from_slice(&about.as_bytes()[1..]);
}

/// What changed, as features with `change`: `added`, `removed`, `geometry` (as it is now; as it was it comes
/// too, with `side` = `before`), `values`. At most `most` features; the second is true when there are more.
pub fn changes_geojson(older: Option<&Snapshot>, newer: &Snapshot, most: usize) -> (Vec<u8>, bool) {
    changes(older, newer, most, usize::MAX, &|| false).expect("there is no clock")
}

fn changes(
    older: Option<&Snapshot>,
    newer: &Snapshot,
    most: usize,
    most_bytes: usize,
    late: Late<'_>,
) -> Result<(Vec<u8>, bool), TimeUp> {
    let pairs = older.map_or_else(Vec::new, |older| diff::pairs(older, newer));
    let mut out = b"{\"type\":\"FeatureCollection\",\"features\":[".to_vec();
    let mut written = Written {
        out: &mut out,
        shapes: Shapes::new(),
        count: 0,
        cut: false,
        most,
        most_bytes,
    };
    let mut matched = 0_u64;
    diff::walk_until(older, newer, &pairs, late, &mut |id, change| {
        match change {
            Change::Same => return ControlFlow::Continue(()),
            Change::Added { after } => written.put(id, newer, after, "added", "after", &json!({})),
            Change::Removed { before } => {
                written.put(
                    id,
                    older.unwrap_or(newer),
                    before,
                    "removed",
                    "before",
                    &json!({}),
                );
            }
            Change::Changed {
                before,
                after,
                moved,
                fields,
            } => {
                let values = older.map_or(Value::Null, |older| {
                    values(older, before, newer, after, &pairs, &fields)
                });
                let what = if moved { "geometry" } else { "values" };
                if let (true, Some(older)) = (moved, older) {
                    written.put(id, older, before, what, "before", &json!({}));
                }
                written.put(id, newer, after, what, "after", &values);
            }
        }
        matched += 1;
        ControlFlow::Continue(())
    })?;
    let (count, cut) = (written.count, written.cut);
    let tail = json!({"numberMatched": matched, "numberReturned": count});
    super::items::close_with(&tail, &mut out);
    Ok((out, cut))
}

struct Written<'a> {
    out: &'a mut Vec<u8>,
    shapes: Shapes<f64>,
    count: usize,
    cut: bool,
    most: usize,
    most_bytes: usize,
}

impl Written<'_> {
    fn put(
        &mut self,
        id: FeatureId,
        snapshot: &Snapshot,
        row: u32,
        change: &str,
        side: &str,
        values: &Value,
    ) {
        if self.count >= self.most || self.out.len() >= self.most_bytes {
            self.cut = true;
            return;
        }
        let out = &mut *self.out;
        if self.count > 0 {
            out.extend_from_slice(b",\n");
        }
        self.count += 1;
        self.shapes.clear();
        snapshot.read_lonlat(row, &mut self.shapes);
        out.extend_from_slice(
            format!("{{\"type\":\"Feature\",\"id\":{id},\"geometry\":").as_bytes(),
        );
        if self.shapes.is_empty() {
            out.extend_from_slice(b"null");
        } else {
            geojson::geometry(self.shapes.get(0), out);
        }
        let properties = json!({"change": change, "side": side, "values": values});
        out.extend_from_slice(b",\"properties\":");
        out.extend_from_slice(properties.to_string().as_bytes());
        out.push(b'}');
    }
}

/// The values that differ: field to before and after.
fn values(
    older: &Snapshot,
    old: u32,
    newer: &Snapshot,
    new: u32,
    pairs: &[Pair],
    fields: &[usize],
) -> Value {
    fields
        .iter()
        .map(|&at| {
            let pair = &pairs[at];
            (
                pair.name.clone(),
                json!([
                    older.value(old, pair.before).to_json(),
                    newer.value(new, pair.after).to_json()
                ]),
            )
        })
        .collect::<serde_json::Map<_, _>>()
        .into()
}

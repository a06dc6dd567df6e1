//! `/collections/{id}/versions/{n}/diff`: what changed, as numbers with the first rows, as a table, or for
//! the map.

use std::ops::ControlFlow;

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    actor::Caller,
    error::Problem,
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
    diff::{self, Change, Pair},
    model::{FeatureId, Shapes},
    snapshot::Snapshot,
    store::VersionEntry,
};

/// Rows beside the numbers when nobody says how many.
const SOME_ROWS: usize = 100;
/// Lines of the table, features of the map: when nobody says how many, and at most.
const MOST_ROWS: usize = 10_000;

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
    let (body, cut) = site
        .app()
        .compute({
            let site = site.clone();
            move |_| Ok(render(&site, &compared, media, most))
        })
        .await?;
    let mut reply = Reply::new(ask.chosen.content_type, body);
    if cut {
        reply = reply.header("parat-losses", &format!("listed={most}, more=true"));
    }
    Ok(private(reply.send(&ask.headers)))
}

fn render(site: &Site, compared: &Compared, media: Media, most: usize) -> (Vec<u8>, bool) {
    let (older, newer) = (compared.older(), &compared.after.1);
    match media {
        Media::Csv => {
            let (text, cut) = diff::csv(older, newer, most);
            (text.into_bytes(), cut)
        }
        Media::GeoJson => changes_geojson(older, newer, most),
        _ => {
            let found = diff::between(older, newer, most);
            let cut = found.rows_cut;
            let side = |entry: &VersionEntry| {
                json!({"version": entry.version, "state": entry.state, "hash": entry.hash, "at": entry.at,
                    "verdict": entry.verdict, "features": entry.features})
            };
            let mut value = json!(found);
            let entry = &compared.after.0;
            value["layer"] = json!(entry.layer);
            value["from"] = compared
                .before
                .as_ref()
                .map_or(Value::Null, |(entry, _)| side(entry));
            value["to"] = side(entry);
            let here = format!(
                "/collections/{}/versions/{}/diff",
                entry.layer, entry.version
            );
            let against = compared
                .before
                .as_ref()
                .map_or(String::new(), |(entry, _)| {
                    format!("against={}&", entry.version)
                });
            let at = |f: &str| format!("{here}?{against}f={f}");
            value["links"] = json!([
                link(
                    site,
                    "self",
                    "application/json",
                    "This difference",
                    &at("json")
                ),
                link(
                    site,
                    "alternate",
                    "application/geo+json",
                    "For the map",
                    &at("geojson")
                ),
                link(site, "alternate", "text/csv", "As a table", &at("csv")),
            ]);
            (value.to_string().into_bytes(), cut)
        }
    }
}

/// What changed, as features with `change`: `added`, `removed`, `geometry` (as it is now; as it was it comes
/// too, with `side` = `before`), `values`. At most `most` features; the second is true when there are more.
pub fn changes_geojson(older: Option<&Snapshot>, newer: &Snapshot, most: usize) -> (Vec<u8>, bool) {
    let pairs = older.map_or_else(Vec::new, |older| diff::pairs(older, newer));
    let mut out = b"{\"type\":\"FeatureCollection\",\"features\":[".to_vec();
    let mut written = Written {
        out: &mut out,
        shapes: Shapes::new(),
        count: 0,
        cut: false,
        most,
    };
    let mut matched = 0_u64;
    diff::walk(older, newer, &pairs, &mut |id, change| {
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
    });
    let (count, cut) = (written.count, written.cut);
    let tail = json!({"numberMatched": matched, "numberReturned": count});
    super::items::close_with(&tail, &mut out);
    (out, cut)
}

struct Written<'a> {
    out: &'a mut Vec<u8>,
    shapes: Shapes<f64>,
    count: usize,
    cut: bool,
    most: usize,
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
        if self.count >= self.most {
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

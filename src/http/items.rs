//! `/collections/{id}/items` and one item: features from the truth's coordinates, a page at a time.

use std::time::{Duration, Instant};

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use serde_json::json;

use super::{
    collections::{CONTENT_CRS, way_to},
    error::{self, Problem},
    extract::Ask,
    geojson::{self, Names},
    html,
    joined::joined as join_of,
    links::{link, self_and_alternates},
    negotiate::Media,
    ops,
    percent::decode_segment,
    reply::{REVALIDATE, Reply, strong, unchanged, weak},
    select::{Selection, VALUE, is_queryable},
    site::Site,
    which::Which,
};
use crate::{
    model::{FeatureId, Shapes, Value},
    query::{self, Budget},
    snapshot::Snapshot,
};

/// How long a search may take (asks.md, 3).
pub(super) const PATIENCE: Duration = Duration::from_secs(10);

/// A page of features.
pub(super) async fn items(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let which = Which::of(&site, &id, &parts).await?;
    let (snapshot, live) = (which.snapshot.clone(), which.live.clone());
    let query_text = parts.uri.query().unwrap_or("").to_owned();
    let ask = Ask::with(&ops::ITEMS_, parts, |name| {
        is_queryable(snapshot.info(), name)
    })?;
    let selection = Selection::of(&ask.params, &snapshot, &live)?;

    let tag = weak(&[
        env!("CARGO_PKG_VERSION").as_bytes(),
        snapshot.info().hash.as_bytes(),
        &snapshot.info().version.0.to_le_bytes(),
        site.base().as_bytes(),
        which.name.as_bytes(),
        query_text.as_bytes(),
        ask.chosen.content_type.as_bytes(),
        selection.table_version().as_bytes(),
    ]);
    if let Some(response) = unchanged(&ask.headers, &tag, REVALIDATE) {
        return Ok(response);
    }
    let (content_type, version) = (ask.chosen.content_type, snapshot.info().version);
    let headers = ask.headers.clone();
    let body = site
        .app()
        .compute({
            let site = site.clone();
            move |_| Ok(page(&site, &ask, &which.path(), &snapshot, &selection))
        })
        .await??;
    Ok(Reply::tagged(content_type, body, tag)
        .header("content-crs", CONTENT_CRS)
        .header("parat-version", &version.to_string())
        .send(&headers))
}

fn page(
    site: &Site,
    ask: &Ask,
    collection: &str,
    snapshot: &Snapshot,
    selection: &Selection,
) -> Result<Vec<u8>, Problem> {
    let deadline = Instant::now() + PATIENCE;
    let expired = || Instant::now() > deadline;
    let page = query::run(snapshot, &selection.query, &Budget::until(&expired))?;
    let joined = selection
        .indicator
        .as_ref()
        .map(|(stored, period)| join_of(snapshot, stored, period));

    let path = format!("{collection}/items");
    // The path names the version; said twice it would be refused.
    let params = ask.params.without("as-of");
    let mut all: Vec<_> = ops::ITEMS_
        .offer
        .iter()
        .map(|&media| {
            let (rel, title) = if media == ask.chosen.media {
                ("self", "This page")
            } else {
                ("alternate", "This page in another form")
            };
            let href = format!("{path}{}", params.with("f", Some(media.keys()[0])));
            link(site, rel, media.name(), title, &href)
        })
        .collect();
    let offset = selection.query.offset;
    let turn = |rel: &str, title: &str, offset: u64| {
        let offset = (offset > 0).then(|| offset.to_string());
        let href = format!("{path}{}", params.with("offset", offset.as_deref()));
        link(site, rel, ask.chosen.media.name(), title, &href)
    };
    if let Some(next) = page.next {
        all.push(turn("next", "The next page", next));
    }
    if offset > 0 {
        all.push(turn(
            "prev",
            "The page before",
            offset.saturating_sub(selection.query.limit),
        ));
    }
    all.push(link(
        site,
        "collection",
        "application/json",
        "The collection",
        collection,
    ));
    if ask.chosen.media == Media::Html {
        let made = html_page(
            site,
            &path,
            snapshot,
            selection,
            &page,
            values_of(joined.as_ref()),
            &all,
        );
        return Ok(made.into_bytes());
    }

    let mut out = Vec::with_capacity(512 + page.rows.len() * 512);
    out.extend_from_slice(b"{\"type\":\"FeatureCollection\",\"features\":[");
    let writer = Writer::new(snapshot, selection, values_of(joined.as_ref()));
    let mut shapes = Shapes::new();
    for (at, &row) in page.rows.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b",\n" } else { b"\n" });
        writer.feature(row, &mut shapes, &mut out);
        out.push(b'}');
    }
    let tail = json!({
        "numberMatched": page.matched,
        "numberReturned": page.rows.len(),
        "timeStamp": now(),
        "links": all,
    });
    close_with(&tail, &mut out);
    Ok(out)
}

/// Writes features of one snapshot in the shape that a request asked for.
struct Writer<'a> {
    snapshot: &'a Snapshot,
    fields: &'a [usize],
    joined: Option<&'a [f64]>,
    names: Names,
}

impl<'a> Writer<'a> {
    fn new(snapshot: &'a Snapshot, selection: &'a Selection, joined: Option<&'a [f64]>) -> Self {
        let info = snapshot.info();
        let names = selection
            .fields
            .iter()
            .map(|&at| info.fields[at].name.as_str());
        Self {
            snapshot,
            fields: &selection.fields,
            joined,
            names: Names::of(names.chain(joined.map(|_| VALUE))),
        }
    }

    /// A feature without its closing brace. `shapes` is only memory to work in.
    fn feature(&self, row: u32, shapes: &mut Shapes<f64>, out: &mut Vec<u8>) {
        shapes.clear();
        self.snapshot.read_lonlat(row, shapes);
        let shape = (!shapes.is_empty()).then(|| shapes.get(0));
        let value = self
            .joined
            .map(|values| real(values.get(row as usize).copied()));
        let values = self
            .fields
            .iter()
            .map(|&at| self.snapshot.value(row, at))
            .chain(value);
        geojson::feature(self.snapshot.id(row), shape, &self.names, values, out);
    }
}

/// The values of a join, where there is one.
fn values_of(joined: Option<&std::sync::Arc<crate::indicator::Joined>>) -> Option<&[f64]> {
    joined.map(|joined| joined.values.as_slice())
}

fn real(value: Option<f64>) -> Value<'static> {
    value
        .filter(|value| value.is_finite())
        .map_or(Value::Null, Value::Real)
}

/// Ends the list of features and the collection, with the members of an object between.
pub(super) fn close_with(tail: &serde_json::Value, out: &mut Vec<u8>) {
    out.extend_from_slice(b"],");
    out.extend_from_slice(&tail.to_string().as_bytes()[1..]);
}

/// This moment, RFC 3339 in UTC, to the second.
pub(super) fn now() -> String {
    jiff::Timestamp::now()
        .round(jiff::Unit::Second)
        .unwrap_or_else(|_| jiff::Timestamp::now())
        .to_string()
}

fn html_page(
    site: &Site,
    path: &str,
    snapshot: &Snapshot,
    selection: &Selection,
    page: &query::Page,
    joined: Option<&[f64]>,
    all: &[serde_json::Value],
) -> String {
    let info = snapshot.info();
    let mut headings = vec!["id"];
    headings.extend(
        selection
            .fields
            .iter()
            .map(|&at| info.fields[at].name.as_str()),
    );
    headings.extend(joined.map(|_| VALUE));
    let rows = page.rows.iter().map(|&row| {
        let id = snapshot.id(row);
        let href = site.url(&format!("{path}/{id}?f=html"));
        let mut cells = vec![html::link(&id.to_string(), &href)];
        for &at in &selection.fields {
            cells.push(html::escape(&snapshot.value(row, at).to_text()));
        }
        if let Some(values) = joined {
            cells.push(
                real(values.get(row as usize).copied())
                    .to_text()
                    .into_owned(),
            );
        }
        cells
    });
    let first = selection.query.offset;
    let mut body = format!(
        "<p>{} to {} of {} features.</p>",
        (first + 1).min(first + page.rows.len() as u64),
        first + page.rows.len() as u64,
        page.matched
    );
    body.push_str(&html::table(&headings, rows));
    body.push_str(&html::links(&json!({"links": all})));
    html::page(
        site.base(),
        &format!("{}: features", info.title),
        &way_to(site, info),
        &body,
    )
}

/// One feature.
pub(super) async fn item(
    State(site): State<Site>,
    Path((id, feature)): Path<(String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    let which = Which::of(&site, &id, &parts).await?;
    let (snapshot, live) = (which.snapshot.clone(), which.live.clone());
    let ask = Ask::of(&ops::ITEM, parts)?;
    let selection = Selection::of(&ask.params, &snapshot, &live)?;
    let row = decode_segment(&feature)
        .and_then(|text| text.parse().ok())
        .and_then(|id| snapshot.row_of(FeatureId(id)))
        .ok_or_else(|| {
            Problem::new(
                error::NOT_FOUND,
                "there is no such feature in this collection",
            )
        })?;
    let path = format!("{}/items/{}", which.path(), snapshot.id(row));
    let mut links = self_and_alternates(&site, ops::ITEM.offer, ask.chosen.media, &path);
    links.push(link(
        &site,
        "collection",
        "application/json",
        "The collection",
        &which.path(),
    ));
    let tail = json!({"links": links});
    let joined = match selection.indicator.clone() {
        None => None,
        Some((stored, period)) => {
            let snapshot = snapshot.clone();
            let join = move |_: &_| Ok(join_of(&snapshot, &stored, &period));
            Some(site.app().compute(join).await?)
        }
    };

    let mut out = vec![];
    Writer::new(&snapshot, &selection, values_of(joined.as_ref())).feature(
        row,
        &mut Shapes::new(),
        &mut out,
    );
    out.push(b',');
    out.extend_from_slice(&tail.to_string().as_bytes()[1..]);
    if ask.is_page() {
        let info = snapshot.info();
        let document: serde_json::Value = serde_json::from_slice(&out).expect("our own GeoJSON");
        let rows = info.fields.iter().map(|field| {
            let value = &document["properties"][field.name.as_str()];
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            vec![
                html::escape(field.title.as_deref().unwrap_or(&field.name)),
                html::escape(&text),
            ]
        });
        let body = html::table(&["Property", "Value"], rows) + &html::links(&document);
        let title = format!("{}: feature {feature}", info.title);
        let page = html::page(site.base(), &title, &way_to(&site, info), &body);
        return Ok(Reply::new(html::MEDIA, page).send(&ask.headers));
    }
    let tag = strong(&[&out]);
    Ok(Reply::tagged(ask.chosen.content_type, out, tag)
        .header("content-crs", CONTENT_CRS)
        .header("parat-version", &snapshot.info().version.to_string())
        .send(&ask.headers))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_moment_is_written_as_rfc_3339_in_utc() {
        let now = super::now();
        assert!(now.ends_with('Z') && now.len() == 20, "{now}");
    }
}

//! `/query`: where features lie, what lies in them, what is nearest. The question is JSON in a POST, or
//! the commonest of it as parameters in a GET.

use axum::{
    body::Bytes,
    extract::State,
    http::{HeaderMap, header, request::Parts},
    response::Response,
};
use serde_json::{Map, Value as Json, json};

use super::{
    collections::CONTENT_CRS,
    error::{self, Problem},
    extract::Ask,
    geojson::{self, Names},
    items::{PATIENCE, close_with, now},
    language,
    links::link,
    negotiate::Media,
    ops,
    params::{Params, number},
    reply::{REVALIDATE, Reply, strong},
    select::is_queryable,
    site::Site,
    which::set,
};
use crate::{
    app::LiveLayers,
    indicator::IndicatorTable,
    model::{IndicatorId, LayerId, Shapes, Value},
    query::{self, Answer, Budget, Format, Lookup, Request},
    snapshot::Snapshot,
};
use std::{sync::Arc, time::Instant};

/// A question in the address.
pub(super) async fn get(State(site): State<Site>, parts: Parts) -> Result<Response, Problem> {
    let live = set(&site, parts.uri.query()).await?;
    let layer = layer_named(&live, parts.uri.query());
    let ask = Ask::with(&ops::QUERY, parts, |name| {
        layer
            .as_ref()
            .is_some_and(|snapshot| is_queryable(snapshot.info(), name))
    })?;
    let request = from_params(&ask.params, layer.as_deref())?;
    answer(&site, ask, request, live, true).await
}

/// A question in the body.
pub(super) async fn post(
    State(site): State<Site>,
    parts: Parts,
    body: Bytes,
) -> Result<Response, Problem> {
    let media = parts
        .headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("application/json");
    if !media.starts_with("application/json") && !media.starts_with("application/geo+json") {
        return Err(Problem::new(
            error::UNSUPPORTED_TYPE,
            "the question is application/json",
        ));
    }
    let live = set(&site, parts.uri.query()).await?;
    let mut ask = {
        let params = Params::parse(parts.uri.query(), |name| ["f", "as-of"].contains(&name))?;
        let chosen = super::negotiate::choose(ops::QUERY.offer, &params, &parts.headers)?;
        Ask {
            params,
            chosen,
            headers: parts.headers,
        }
    };
    let request: Request = serde_json::from_slice(&body)
        .map_err(|error| Problem::new(error::BAD_BODY, error.to_string()))?;
    if ask.params.get("f").is_none() && request.format == Some(Format::Csv) {
        ask.chosen.media = Media::Csv;
        ask.chosen.content_type = Media::Csv.types()[0];
    }
    answer(&site, ask, request, live, false).await
}

/// The layer that the parameter `layer` names, looked for before the parameters are checked, because its
/// fields are parameters too.
fn layer_named(live: &LiveLayers, query: Option<&str>) -> Option<Arc<Snapshot>> {
    let name = query?
        .split('&')
        .find_map(|pair| pair.strip_prefix("layer="))?;
    let id: LayerId = super::percent::decode(name)?.parse().ok()?;
    live.snapshot(&id).ok().cloned()
}

fn from_params(params: &Params, layer: Option<&Snapshot>) -> Result<Request, Problem> {
    let text = |name: &str| params.get(name).map(|text| json!(text));
    let mut ask = Map::new();
    let mut put = |name: &str, value: Option<Json>| {
        if let Some(value) = value {
            ask.insert(name.to_owned(), value);
        }
    };
    params.need("layer")?;
    for name in ["layer", "relation", "filter", "indicator", "period"] {
        put(name, text(name));
    }
    put("bbox", params.bbox("bbox")?.map(|bbox| json!(bbox)));
    for name in ["limit", "offset"] {
        put(name, params.whole(name)?.map(|number| json!(number)));
    }
    if let Some(distance) = params.get("distance_m") {
        let metres = number(distance)
            .ok_or_else(|| Problem::parameter("distance_m", "it must be a number"))?;
        put("distance_m", Some(json!(metres)));
    }
    let of: Map<String, Json> = [("layer", text("of")), ("filter", text("of-filter"))]
        .into_iter()
        .chain([("geometry", geometry(params)?)])
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect();
    put("of", (!of.is_empty()).then_some(Json::Object(of)));
    let aggregate: Map<String, Json> = [
        ("measure", text("aggregate")),
        ("of", text("aggregate-of")),
        ("field", text("aggregate-field")),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name.to_owned(), value?)))
    .collect();
    put(
        "aggregate",
        (!aggregate.is_empty()).then_some(Json::Object(aggregate)),
    );
    if let Some(place) = params.get("nearest") {
        let place: Option<Vec<f64>> = place.split(',').map(number).collect();
        let place = place.filter(|place| place.len() == 2).ok_or_else(|| {
            Problem::parameter(
                "nearest",
                "it is a longitude and a latitude with a comma between",
            )
        })?;
        let mut nearest = json!({"to": place});
        if let Some(k) = params.whole("k")? {
            nearest["k"] = json!(k);
        }
        put("nearest", Some(nearest));
    }
    if let Some(layer) = layer {
        let where_: Map<String, Json> = params
            .iter()
            .filter(|(name, _)| is_queryable(layer.info(), name) && !ops::QUERY.takes(name))
            .map(|(name, value)| (name.to_owned(), json!(value)))
            .collect();
        put(
            "where",
            (!where_.is_empty()).then_some(Json::Object(where_)),
        );
    }
    serde_json::from_value(Json::Object(ask))
        .map_err(|error| Problem::new(error::BAD_PARAMETER, error.to_string()))
}

fn geometry(params: &Params) -> Result<Option<Json>, Problem> {
    params
        .get("geometry")
        .map(|text| {
            serde_json::from_str(text).map_err(|error| {
                Problem::parameter("geometry", format!("it is not GeoJSON: {error}"))
            })
        })
        .transpose()
}

/// Finds layers and tables in the set being served.
struct InLive<'a>(&'a LiveLayers);

impl Lookup for InLive<'_> {
    fn layer(&self, id: &LayerId) -> Option<Arc<Snapshot>> {
        self.0.snapshot(id).ok().cloned()
    }

    fn table(&self, id: &IndicatorId) -> Option<Arc<IndicatorTable>> {
        self.0
            .tables
            .get(id)
            .map(|stored| Arc::new(stored.table.clone()))
    }
}

async fn answer(
    site: &Site,
    ask: Ask,
    request: Request,
    live: Arc<LiveLayers>,
    in_address: bool,
) -> Result<Response, Problem> {
    let headers: HeaderMap = ask.headers.clone();
    let content_type = ask.chosen.content_type;
    let worker = site.clone();
    let body = site
        .app()
        .compute(move |_| {
            let deadline = Instant::now() + PATIENCE;
            let expired = || Instant::now() > deadline;
            let answer = match query::answer(&InLive(&live), &request, &Budget::until(&expired)) {
                Ok(answer) => answer,
                Err(error) => return Ok(Err(Problem::from(error))),
            };
            Ok(Ok(match ask.chosen.media {
                Media::Csv => csv(&answer),
                _ => collection(&worker, &ask, &answer, in_address),
            }))
        })
        .await??;
    let tag = strong(&[&body]);
    let reply = Reply::tagged(content_type, body, tag)
        .cached(REVALIDATE)
        .header("content-crs", CONTENT_CRS);
    Ok(language::spoken(reply.send(&headers)))
}

fn collection(site: &Site, ask: &Ask, answer: &Answer, in_address: bool) -> Vec<u8> {
    let snapshot = &answer.snapshot;
    let fields = &snapshot.info().fields;
    let own = fields.iter().map(|field| field.name.as_str());
    let names = Names::of(own.chain(answer.columns.iter().map(|column| column.name.as_str())));
    let mut out = b"{\"type\":\"FeatureCollection\",\"features\":[".to_vec();
    let mut shapes = Shapes::new();
    for (at, &row) in answer.rows.iter().enumerate() {
        out.extend_from_slice(if at > 0 { b",\n" } else { b"\n" });
        shapes.clear();
        snapshot.read_lonlat(row, &mut shapes);
        let shape = (!shapes.is_empty()).then(|| shapes.get(0));
        let values = (0..fields.len())
            .map(|field| snapshot.value(row, field))
            .chain(
                answer
                    .columns
                    .iter()
                    .map(|column| number_at(&column.values, at)),
            );
        geojson::feature(snapshot.id(row), shape, &names, values, &mut out);
        out.push(b'}');
    }
    let mut links = vec![];
    if in_address {
        let here = |params: &str| format!("/query{params}");
        links.push(link(
            site,
            "self",
            "application/geo+json",
            "This page",
            &here(&ask.params.with("", None)),
        ));
        if let Some(next) = answer.next {
            let next = ask.params.with("offset", Some(&next.to_string()));
            links.push(link(
                site,
                "next",
                "application/geo+json",
                "The next page",
                &here(&next),
            ));
        }
    }
    let mut tail = json!({
        "numberMatched": answer.matched,
        "numberReturned": answer.rows.len(),
        "timeStamp": now(),
        "links": links,
        "parat:layer": snapshot.info().id,
        "parat:version": snapshot.info().version,
        "parat:columns": answer.columns,
        "parat:totals": answer.totals,
        "parat:join": answer.join,
        "parat:period": answer.period,
        "parat:next": answer.next,
        "parat:notes": answer.notes,
    });
    let messages = site.app().standards().messages();
    let language = language::preferred(site, &ask.headers);
    language::tell(messages, &language, &["parat:notes"], &mut tail);
    language::tell_tables(site, &ask.headers, &mut tail["parat:join"]);
    close_with(&tail, &mut out);
    out
}

fn number_at(values: &[Option<f64>], at: usize) -> Value<'static> {
    values
        .get(at)
        .copied()
        .flatten()
        .filter(|value| value.is_finite())
        .map_or(Value::Null, Value::Real)
}

/// The answer as a table without geometry. Text that a spreadsheet would run as a formula is quoted.
fn csv(answer: &Answer) -> Vec<u8> {
    let snapshot = &answer.snapshot;
    let fields = &snapshot.info().fields;
    let mut out = csv::WriterBuilder::new().from_writer(vec![]);
    let mut record = vec!["id".to_owned()];
    record.extend(fields.iter().map(|field| harmless(&field.name)));
    record.extend(answer.columns.iter().map(|column| harmless(&column.name)));
    let written = out.write_record(&record);
    let written = written.and_then(|()| {
        for (at, &row) in answer.rows.iter().enumerate() {
            record.clear();
            record.push(snapshot.id(row).to_string());
            for field in 0..fields.len() {
                let value = snapshot.value(row, field);
                let text = value.to_text();
                record.push(if matches!(value, Value::Text(_)) {
                    harmless(&text)
                } else {
                    text.into_owned()
                });
            }
            for column in &answer.columns {
                record.push(number_at(&column.values, at).to_text().into_owned());
            }
            out.write_record(&record)?;
        }
        Ok(())
    });
    written.expect("a vector takes every byte and every record has the same length");
    out.into_inner().expect("a vector takes every byte")
}

/// Text that no spreadsheet takes for a formula.
fn harmless(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

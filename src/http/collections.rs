//! `/collections` and what describes one: the collection, its queryables, its schema.

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use serde_json::{Map, Value, json};

use super::{
    error::Problem,
    extract::Ask,
    html,
    links::{self, link, self_and_alternates},
    negotiate::{Media, STYLE},
    ops, reply,
    select::is_queryable,
    site::Site,
    which::{Which, as_of, set},
};
use crate::{
    app::{LiveLayer, LiveLayers},
    model::{Field, FieldType},
    snapshot::SnapshotInfo,
    store::{State as State_, VersionEntry},
};

/// Longitude, latitude on WGS 84: the CRS of every answer.
pub(super) const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
/// The same as `Content-Crs` writes it.
pub(super) const CONTENT_CRS: &str = "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>";

/// The path to a collection, for pages.
pub(super) fn way_to(site: &Site, info: &SnapshotInfo) -> Vec<(&'static str, String)> {
    vec![
        ("Collections", site.url("/collections?f=html")),
        (
            "Collection",
            site.url(&format!("/collections/{}?f=html", info.id)),
        ),
    ]
}

/// The layers that can be shown, by name.
pub(super) fn shown(live: &LiveLayers) -> impl Iterator<Item = (&LiveLayer, &SnapshotInfo)> {
    live.layers.values().filter_map(|layer| {
        let snapshot = layer.snapshot.as_ref()?;
        Some((layer, snapshot.info()))
    })
}

/// True when a layer has any geometry; the box of one without is all zero.
pub(super) fn is_placed(info: &SnapshotInfo) -> bool {
    <[f64; 4]>::from(info.bbox) != [0.0; 4]
}

/// The list.
pub(super) async fn collections(
    State(site): State<Site>,
    parts: Parts,
) -> Result<Response, Problem> {
    let past = as_of(parts.uri.query())?.is_some();
    let live = set(&site, parts.uri.query()).await?;
    let ask = Ask::of(&ops::COLLECTIONS_, parts)?;
    let each: Vec<Value> = shown(&live)
        .map(|(layer, info)| {
            let mut standing = Standing::of(layer, &live);
            if past {
                // Links of what was public then stay on it.
                standing.name = format!("{}@{}", info.id, info.version);
                standing.report.clone_from(&layer.entry.report_id);
            }
            describe(&site, &standing, info, None)
        })
        .collect();
    let value = json!({
        "links": self_and_alternates(&site, ops::COLLECTIONS_.offer, ask.chosen.media, "/collections"),
        "numberMatched": each.len(),
        "numberReturned": each.len(),
        "collections": each,
    });
    if ask.is_page() {
        let rows = shown(&live).map(|(layer, info)| {
            let href = site.url(&format!("/collections/{}?f=html", info.id));
            vec![
                html::link(&info.title, &href),
                html::escape(info.id.as_str()),
                info.features.to_string(),
                html::escape(&layer.entry.summary),
            ]
        });
        let body = html::table(
            &["Collection", "Id", "Features", "What the gate said"],
            rows,
        ) + &html::links(&value);
        let page = html::page(site.base(), "Collections", &[], &body);
        return Ok(reply::Reply::new(html::MEDIA, page).send(&ask.headers));
    }
    Ok(reply::json(&ask, &value))
}

/// One collection.
pub(super) async fn collection(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let which = Which::of(&site, &id, &parts).await?;
    let ask = Ask::of(&ops::COLLECTION, parts)?;
    let info = which.snapshot.info();
    let standing = match &which.pinned {
        Some(entry) => Standing::pinned(entry, &which.name),
        None => Standing::of(&which.live.layers[&info.id], &which.live),
    };
    let value = describe(&site, &standing, info, Some(ask.chosen.media));
    let way = [("Collections", site.url("/collections?f=html"))];
    Ok(reply::resource(&site, &ask, &info.title, &way, &value))
}

/// Where a version stands, as its collection says it.
struct Standing {
    /// `road`, or `road@3`.
    name: String,
    state: Value,
    summary: String,
    at: String,
    report: String,
    draft: bool,
    /// The version's own address, where it has one.
    version: Option<u32>,
}

impl Standing {
    fn of(layer: &LiveLayer, live: &LiveLayers) -> Self {
        let entry = &layer.entry;
        let since = live
            .publications
            .get(&entry.layer)
            .and_then(|all| all.last())
            .map_or_else(|| entry.at.clone(), |one| one.at.clone());
        Self {
            name: entry.layer.to_string(),
            state: json!(entry.state),
            summary: entry.summary.clone(),
            at: since,
            report: entry.layer.to_string(),
            draft: entry.state == State_::Draft,
            version: entry.version.map(|version| version.0),
        }
    }

    fn pinned(entry: &VersionEntry, name: &str) -> Self {
        Self {
            name: name.to_owned(),
            state: json!(entry.state),
            summary: entry.summary.clone(),
            at: entry.changed_at.clone(),
            report: entry.report_id.clone(),
            draft: !entry.state.is_open(),
            version: Some(entry.version.0),
        }
    }
}

fn describe(site: &Site, standing: &Standing, info: &SnapshotInfo, chosen: Option<Media>) -> Value {
    let path = format!("/collections/{}", standing.name);
    let at = |rest: &str| format!("{path}{rest}");
    let (json, page, schema) = ("application/json", "text/html", "application/schema+json");
    let mut all = self_and_alternates(
        site,
        ops::COLLECTION.offer,
        chosen.unwrap_or(Media::Json),
        &path,
    );
    // GDAL 3.6 puts `/<id>` behind the GeoJSON link, so it carries no query string.
    all.extend([
        link(
            site,
            "items",
            "application/geo+json",
            "The features",
            &at("/items"),
        ),
        link(
            site,
            "items",
            page,
            "The features for people",
            &at("/items?f=html"),
        ),
        link(
            site,
            links::QUERYABLES,
            schema,
            "What a filter may name",
            &at("/queryables"),
        ),
        link(
            site,
            links::SCHEMA,
            schema,
            "What a feature carries",
            &at("/schema"),
        ),
        link(site, links::TILESETS, json, "Vector tiles", &at("/tiles")),
        link(
            site,
            "describedby",
            json,
            "TileJSON",
            &at("/tiles/WebMercatorQuad/tilejson.json"),
        ),
        link(
            site,
            "describedby",
            json,
            "What the gate said",
            &format!("/reports/{}", standing.report),
        ),
        link(
            site,
            links::STYLES,
            STYLE,
            "The style",
            &format!("/styles/{}", info.id),
        ),
    ]);
    if let Some(version) = standing.version {
        all.extend([
            link(
                site,
                "cite-as",
                json,
                "This version for ever",
                &format!("/collections/{}@{version}", info.id),
            ),
            link(
                site,
                "version-history",
                json,
                "Every version",
                &format!("/collections/{}/versions", info.id),
            ),
        ]);
    }
    if let Some(license) = info
        .metadata
        .text("licence")
        .filter(|text| text.starts_with("http"))
    {
        all.push(json!({"rel": "license", "href": license, "title": "The licence"}));
    }
    let mut value = json!({
        "id": standing.name, "title": info.title, "description": info.description,
        "links": all,
        "itemType": "feature",
        "crs": [CRS84],
        "storageCrs": CRS84,
        "parat:layer": info.id,
        "parat:state": standing.state,
        "parat:verdict": info.verdict,
        "parat:summary": standing.summary,
        "parat:standard": info.standard,
        "parat:profile": info.profile,
        "parat:packs": info.packs,
        "parat:version": info.version,
        "parat:hash": info.hash,
        "parat:features": info.features,
        "parat:updated": standing.at,
        "parat:metadata": info.metadata,
    });
    if is_placed(info) {
        value["extent"] = json!({"spatial": {"bbox": [info.bbox], "crs": CRS84}});
    }
    if standing.draft {
        value["parat:draft"] = json!(true);
    }
    value
}

/// What filters and property parameters may name.
pub(super) async fn queryables(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let which = Which::of(&site, &id, &parts).await?;
    let ask = Ask::of(&ops::QUERYABLES, parts)?;
    let info = which.snapshot.info();
    let fields = info
        .fields
        .iter()
        .filter(|field| is_queryable(info, &field.name));
    let value = schema_document(&site, &which, "queryables", fields);
    Ok(reply::resource(
        &site,
        &ask,
        &format!("{}: queryables", info.title),
        &way_to(&site, info),
        &value,
    ))
}

/// What features carry.
pub(super) async fn schema(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let which = Which::of(&site, &id, &parts).await?;
    let ask = Ask::of(&ops::SCHEMA_, parts)?;
    let info = which.snapshot.info();
    let value = schema_document(&site, &which, "schema", info.fields.iter());
    Ok(reply::resource(
        &site,
        &ask,
        &format!("{}: schema", info.title),
        &way_to(&site, info),
        &value,
    ))
}

fn schema_document<'a>(
    site: &Site,
    which: &Which,
    name: &str,
    fields: impl Iterator<Item = &'a Field>,
) -> Value {
    let info = which.snapshot.info();
    let mut properties = Map::new();
    properties.insert(
        "geometry".into(),
        json!({"title": "Geometry", "x-ogc-role": "primary-geometry", "format": geometry_format(info)}),
    );
    for (at, field) in fields.enumerate() {
        let mut property = property(field);
        property["x-ogc-propertySeq"] = json!(at + 1);
        properties.insert(field.name.clone(), property);
    }
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": site.url(&format!("{}/{name}", which.path())),
        "type": "object",
        "title": info.title,
        "description": info.description,
        "properties": properties,
        "additionalProperties": false,
    })
}

fn geometry_format(info: &SnapshotInfo) -> &'static str {
    match info.dimension {
        0 => "geometry-point-or-multipoint",
        1 => "geometry-linestring-or-multilinestring",
        2 => "geometry-polygon-or-multipolygon",
        _ => "geometry-any",
    }
}

/// The schema of one property, as JSON Schema and OpenAPI both read it.
pub(super) fn property(field: &Field) -> Value {
    let mut value = match field.kind {
        FieldType::Text => json!({"type": "string"}),
        FieldType::Integer => json!({"type": "integer"}),
        FieldType::Real => json!({"type": "number"}),
        FieldType::Bool => json!({"type": "boolean"}),
        FieldType::Date => json!({"type": "string", "format": "date"}),
        FieldType::DateTime => json!({"type": "string", "format": "date-time"}),
    };
    value["title"] = json!(field.title.as_deref().unwrap_or(&field.name));
    if let Some(unit) = &field.unit {
        value["x-ogc-unit"] = json!(unit);
    }
    value
}

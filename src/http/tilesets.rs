//! What describes tiles: tileset lists, tileset metadata, tile matrix sets.

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use serde_json::{Map, Value, json};

use super::{
    collections::{is_placed, property, shown, way_to},
    error::Problem,
    extract::Ask,
    links::{self, link, self_and_alternates},
    negotiate::{Media, TILE},
    ops, reply,
    scheme::Scheme,
    site::Site,
    tiles::named,
    which::Which,
};
use crate::{model::Bbox, snapshot::SnapshotInfo};

/// `/collections/{id}/tiles`.
pub(super) async fn of_collection(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let which = Which::of(&site, &id, &parts).await?;
    let snapshot = &which.snapshot;
    let ask = Ask::of(&ops::COLLECTION_TILESETS, parts)?;
    let info = snapshot.info();
    let path = which.path();
    let value = json!({
        "title": format!("Tiles of {}", info.title),
        "links": self_and_alternates(&site, ops::COLLECTION_TILESETS.offer, ask.chosen.media, &format!("{path}/tiles")),
        "tilesets": listed(&site, &path, &info.title, &[info]),
    });
    Ok(reply::resource(
        &site,
        &ask,
        &format!("{}: tiles", info.title),
        &way_to(&site, info),
        &value,
    ))
}

/// `/collections/{id}/tiles/{grid}`.
pub(super) async fn one_of_collection(
    State(site): State<Site>,
    Path((id, grid_id)): Path<(String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    let which = Which::of(&site, &id, &parts).await?;
    let snapshot = &which.snapshot;
    let scheme = Scheme::of(&site, &grid_id)?;
    let ask = Ask::of(&ops::COLLECTION_TILESET, parts)?;
    let info = snapshot.info();
    let path = which.path();
    let whole = Some(ask.chosen.media);
    let value = tileset(&site, &scheme, &path, &info.title, &[info], whole);
    Ok(reply::resource(
        &site,
        &ask,
        &format!("{}: tileset", info.title),
        &way_to(&site, info),
        &value,
    ))
}

/// `/tiles`.
pub(super) async fn of_dataset(
    State(site): State<Site>,
    parts: Parts,
) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::DATASET_TILESETS, parts)?;
    let live = site.app().live();
    let infos: Vec<_> = shown(&live).map(|(_, info)| info).collect();
    let value = json!({
        "title": "Tiles of all collections",
        "links": self_and_alternates(&site, ops::DATASET_TILESETS.offer, ask.chosen.media, "/tiles"),
        "tilesets": listed(&site, "", "All collections", &infos),
    });
    Ok(reply::resource(&site, &ask, "Tiles", &[], &value))
}

/// `/tiles/{grid}`.
pub(super) async fn one_of_dataset(
    State(site): State<Site>,
    Path(grid_id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let scheme = Scheme::of(&site, &grid_id)?;
    let ask = Ask::of(&ops::DATASET_TILESET, parts)?;
    let live = site.app().live();
    let chosen = ask.params.names("collections");
    let snapshots = named(&live, chosen.as_deref())?;
    let infos: Vec<_> = snapshots.iter().map(|snapshot| snapshot.info()).collect();
    let whole = Some(ask.chosen.media);
    let mut value = tileset(&site, &scheme, "", "All collections", &infos, whole);
    if let Some(names) = chosen {
        hand_on(&mut value, &names.join(","));
    }
    Ok(reply::resource(
        &site,
        &ask,
        "Tiles of all collections",
        &[],
        &value,
    ))
}

/// Hands a choice of collections on to the links to their tiles, and to the document's own.
fn hand_on(tileset: &mut Value, names: &str) {
    for link in tileset["links"].as_array_mut().into_iter().flatten() {
        let carries = |rel: &Value| {
            ["self", "alternate", "item", "describedby"]
                .iter()
                .any(|one| rel == one)
        };
        if let (true, Some(href)) = (carries(&link["rel"]), link["href"].as_str()) {
            let mark = if href.contains('?') { '&' } else { '?' };
            link["href"] = json!(format!("{href}{mark}collections={names}"));
        }
    }
}

/// The tilesets of a list, one a grid.
fn listed(site: &Site, path: &str, title: &str, infos: &[&SnapshotInfo]) -> Vec<Value> {
    Scheme::all(site)
        .iter()
        .map(|scheme| tileset(site, scheme, path, title, infos, None))
        .collect()
}

/// The metadata of a tileset, whole and in a media type, or as a list has it. The suites read grid, limits
/// and links from the list too, so both have them.
fn tileset(
    site: &Site,
    scheme: &Scheme,
    path: &str,
    title: &str,
    infos: &[&SnapshotInfo],
    whole: Option<Media>,
) -> Value {
    let here = format!("{path}/tiles/{}", scheme.id());
    let mut all = match whole {
        Some(chosen) => self_and_alternates(site, ops::COLLECTION_TILESET.offer, chosen, &here),
        // In the list the tileset is another resource: `self` is its address without a query.
        None => vec![link(site, "self", "application/json", "The tileset", &here)],
    };
    all.push(json!({
        "rel": "item", "type": TILE, "title": "A tile", "templated": true,
        "href": format!("{}{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", site.base()),
    }));
    all.push(link(
        site,
        links::TILING_SCHEME,
        "application/json",
        "The tile matrix set",
        &format!("/tileMatrixSets/{}", scheme.id()),
    ));
    if matches!(scheme, Scheme::Square) {
        all.push(link(
            site,
            "describedby",
            "application/json",
            "TileJSON",
            &format!("{here}/tilejson.json"),
        ));
    }
    if !path.is_empty() {
        all.push(link(
            site,
            links::GEODATA,
            "application/json",
            "The collection",
            path,
        ));
    }
    let bbox = together(infos);
    let mut value = json!({
        "title": title,
        "dataType": "vector",
        "crs": scheme.crs(),
        "tileMatrixSetId": scheme.id(),
        "tileMatrixSetLimits": bbox.map_or(json!([]), |bbox| scheme.limits(&bbox)),
        "links": all,
    });
    if let Some(uri) = scheme.uri() {
        value["tileMatrixSetURI"] = json!(uri);
    }
    if whole.is_none() {
        return value;
    }
    if let Some(bbox) = bbox {
        value["boundingBox"] = json!({
            "lowerLeft": [bbox.west, bbox.south], "upperRight": [bbox.east, bbox.north],
            "crs": super::collections::CRS84, "orderedAxes": ["Lon", "Lat"],
        });
        value["centerPoint"] = json!({
            "coordinates": centre(&bbox), "crs": super::collections::CRS84,
            "tileMatrix": scheme.fitting(&bbox),
        });
    }
    if let [info] = infos {
        for (name, element) in [("attribution", "attribution"), ("license", "licence")] {
            if let Some(text) = info.metadata.text(element) {
                value[name] = json!(text);
            }
        }
        value["version"] = json!(info.version.to_string());
        value["updated"] = json!(info.built_at);
    }
    value["mediaTypes"] = json!([TILE]);
    let layers: Vec<Value> = infos
        .iter()
        .map(|info| layer_of(site, scheme, info))
        .collect();
    if !layers.is_empty() {
        value["layers"] = json!(layers);
    }
    value
}

fn layer_of(site: &Site, scheme: &Scheme, info: &SnapshotInfo) -> Value {
    let [first, last] = scheme.levels();
    let properties: Map<String, Value> = info
        .fields
        .iter()
        .map(|field| (field.name.clone(), property(field)))
        .collect();
    json!({
        "id": info.id, "title": info.title, "description": info.description,
        "dataType": "vector", "geometryDimension": info.dimension, "crs": scheme.crs(),
        "minTileMatrix": first, "maxTileMatrix": last,
        "propertiesSchema": {"type": "object", "properties": properties},
        "links": [link(site, links::GEODATA, "application/json", "The collection", &format!("/collections/{}", info.id))],
    })
}

/// The box around all layers that have a place.
pub(super) fn together(infos: &[&SnapshotInfo]) -> Option<Bbox> {
    infos
        .iter()
        .filter(|info| is_placed(info))
        .map(|info| info.bbox)
        .reduce(Bbox::with)
}

/// The middle of a box.
pub(super) fn centre(bbox: &Bbox) -> [f64; 2] {
    [
        f64::midpoint(bbox.west, bbox.east),
        f64::midpoint(bbox.south, bbox.north),
    ]
}

/// `/tileMatrixSets`.
pub(super) async fn grids(State(site): State<Site>, parts: Parts) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::GRIDS, parts)?;
    let all = Scheme::all(&site);
    let entries: Vec<Value> = all
        .iter()
        .map(|scheme| {
            let here = format!("/tileMatrixSets/{}", scheme.id());
            let mut entry = json!({
                "id": scheme.id(), "title": scheme.title(), "crs": scheme.crs(),
                "links": [link(&site, "self", "application/json", "The definition", &here)],
            });
            if let Some(uri) = scheme.uri() {
                entry["uri"] = json!(uri);
            }
            entry
        })
        .collect();
    let value = json!({
        "links": self_and_alternates(&site, ops::GRIDS.offer, ask.chosen.media, "/tileMatrixSets"),
        "tileMatrixSets": entries,
    });
    Ok(reply::resource(
        &site,
        &ask,
        "Tile matrix sets",
        &[],
        &value,
    ))
}

/// `/tileMatrixSets/{id}`.
pub(super) async fn grid(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let scheme = Scheme::of(&site, &id)?;
    let ask = Ask::of(&ops::GRID, parts)?;
    let mut value = scheme.definition();
    let here = format!("/tileMatrixSets/{}", scheme.id());
    value["links"] = json!(self_and_alternates(
        &site,
        ops::GRID.offer,
        ask.chosen.media,
        &here
    ));
    let way = [("Tile matrix sets", site.url("/tileMatrixSets?f=html"))];
    Ok(reply::resource(&site, &ask, scheme.id(), &way, &value))
}

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
    grid,
    links::{self, link, self_and_alternates},
    negotiate::{Media, TILE},
    ops, reply,
    site::Site,
    tiles::{known_grid, named},
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
        "tilesets": [tileset(&site, &path, &info.title, &[info], Media::Json, false)],
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
    known_grid(&grid_id)?;
    let ask = Ask::of(&ops::COLLECTION_TILESET, parts)?;
    let info = snapshot.info();
    let path = which.path();
    let value = tileset(&site, &path, &info.title, &[info], ask.chosen.media, true);
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
        "tilesets": [tileset(&site, "", "All collections", &infos, Media::Json, false)],
    });
    Ok(reply::resource(&site, &ask, "Tiles", &[], &value))
}

/// `/tiles/{grid}`.
pub(super) async fn one_of_dataset(
    State(site): State<Site>,
    Path(grid_id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    known_grid(&grid_id)?;
    let ask = Ask::of(&ops::DATASET_TILESET, parts)?;
    let live = site.app().live();
    let snapshots = named(&live, ask.params.names("collections").as_deref())?;
    let infos: Vec<_> = snapshots.iter().map(|snapshot| snapshot.info()).collect();
    let value = tileset(&site, "", "All collections", &infos, ask.chosen.media, true);
    Ok(reply::resource(
        &site,
        &ask,
        "Tiles of all collections",
        &[],
        &value,
    ))
}

/// The metadata of a tileset. The suites read grid, limits and links from the list too, so both have them.
fn tileset(
    site: &Site,
    path: &str,
    title: &str,
    infos: &[&SnapshotInfo],
    chosen: Media,
    whole: bool,
) -> Value {
    let here = format!("{path}/tiles/{}", grid::ID);
    let mut all = self_and_alternates(site, ops::COLLECTION_TILESET.offer, chosen, &here);
    if !whole {
        // In the list the tileset is another resource: `self` is its address without a query.
        all = vec![link(site, "self", "application/json", "The tileset", &here)];
    }
    all.push(json!({
        "rel": "item", "type": TILE, "title": "A tile", "templated": true,
        "href": format!("{}{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", site.base()),
    }));
    all.push(link(
        site,
        links::TILING_SCHEME,
        "application/json",
        "The tile matrix set",
        &format!("/tileMatrixSets/{}", grid::ID),
    ));
    all.push(link(
        site,
        "describedby",
        "application/json",
        "TileJSON",
        &format!("{here}/tilejson.json"),
    ));
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
        "crs": grid::CRS,
        "tileMatrixSetId": grid::ID,
        "tileMatrixSetURI": grid::URI,
        "tileMatrixSetLimits": bbox.map_or(json!([]), |bbox| grid::limits(&bbox)),
        "links": all,
    });
    if !whole {
        return value;
    }
    if let Some(bbox) = bbox {
        value["boundingBox"] = json!({
            "lowerLeft": [bbox.west, bbox.south], "upperRight": [bbox.east, bbox.north],
            "crs": super::collections::CRS84, "orderedAxes": ["Lon", "Lat"],
        });
        value["centerPoint"] = json!({
            "coordinates": centre(&bbox), "crs": super::collections::CRS84,
            "tileMatrix": grid::fitting_zoom(&bbox).to_string(),
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
    let layers: Vec<Value> = infos.iter().map(|info| layer_of(site, info)).collect();
    if !layers.is_empty() {
        value["layers"] = json!(layers);
    }
    value
}

fn layer_of(site: &Site, info: &SnapshotInfo) -> Value {
    let properties: Map<String, Value> = info
        .fields
        .iter()
        .map(|field| (field.name.clone(), property(field)))
        .collect();
    json!({
        "id": info.id, "title": info.title, "description": info.description,
        "dataType": "vector", "geometryDimension": info.dimension, "crs": grid::CRS,
        "minTileMatrix": "0", "maxTileMatrix": grid::DEEPEST.to_string(),
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
    let value = json!({
        "links": self_and_alternates(&site, ops::GRIDS.offer, ask.chosen.media, "/tileMatrixSets"),
        "tileMatrixSets": [{
            "id": grid::ID, "title": "Google Maps Compatible for the World", "uri": grid::URI, "crs": grid::CRS,
            "links": [link(&site, "self", "application/json", "The definition", &format!("/tileMatrixSets/{}", grid::ID))],
        }],
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
    known_grid(&id)?;
    let ask = Ask::of(&ops::GRID, parts)?;
    let mut value = grid::definition();
    let here = format!("/tileMatrixSets/{}", grid::ID);
    value["links"] = json!(self_and_alternates(
        &site,
        ops::GRID.offer,
        ask.chosen.media,
        &here
    ));
    let way = [("Tile matrix sets", site.url("/tileMatrixSets?f=html"))];
    Ok(reply::resource(&site, &ask, grid::ID, &way, &value))
}

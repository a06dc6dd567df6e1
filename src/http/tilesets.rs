//! What describes tiles: tileset lists, tileset metadata, TileJSON, tile matrix sets.

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use serde_json::{Map, Value, json};

use super::{
    collections::{is_placed, property, shown, way_to},
    error::Problem,
    extract::{Ask, layer},
    grid,
    links::{self, link, self_and_alternates},
    negotiate::{Media, TILE},
    ops, reply,
    site::Site,
    tiles::{known_grid, named},
};
use crate::{
    model::{Bbox, Field, FieldType},
    snapshot::SnapshotInfo,
};

/// The deepest zoom of TileJSON; clients enlarge its tiles beyond, where a unit is 15 cm.
const TILEJSON_DEEPEST: u8 = 16;

/// `/collections/{id}/tiles`.
pub(super) async fn of_collection(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let live = site.app().live();
    let snapshot = live.snapshot(&layer(&id)?)?;
    let ask = Ask::of(&ops::COLLECTION_TILESETS, parts)?;
    let info = snapshot.info();
    let path = format!("/collections/{}", info.id);
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
    let live = site.app().live();
    let snapshot = live.snapshot(&layer(&id)?)?;
    known_grid(&grid_id)?;
    let ask = Ask::of(&ops::COLLECTION_TILESET, parts)?;
    let info = snapshot.info();
    let path = format!("/collections/{}", info.id);
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
    if !path.is_empty() {
        all.push(link(
            site,
            links::GEODATA,
            "application/json",
            "The collection",
            path,
        ));
        all.push(link(
            site,
            "describedby",
            "application/json",
            "TileJSON",
            &format!("{here}/tilejson.json"),
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

fn together(infos: &[&SnapshotInfo]) -> Option<Bbox> {
    infos
        .iter()
        .filter(|info| is_placed(info))
        .map(|info| info.bbox)
        .reduce(Bbox::with)
}

fn centre(bbox: &Bbox) -> [f64; 2] {
    [
        f64::midpoint(bbox.west, bbox.east),
        f64::midpoint(bbox.south, bbox.north),
    ]
}

/// `/collections/{id}/tiles/{grid}/tilejson.json`: TileJSON 3.0.0.
pub(super) async fn tilejson(
    State(site): State<Site>,
    Path((id, grid_id)): Path<(String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    let live = site.app().live();
    let snapshot = live.snapshot(&layer(&id)?)?;
    known_grid(&grid_id)?;
    let ask = Ask::of(&ops::TILEJSON, parts)?;
    let info = snapshot.info();
    let fields: Map<String, Value> = info
        .fields
        .iter()
        .map(|field| (field.name.clone(), json!(about(field))))
        .collect();
    let mut layers = vec![json!({
        "id": info.id, "description": info.description, "fields": fields,
        "minzoom": 0, "maxzoom": TILEJSON_DEEPEST,
        "parat:geometry": (["point", "line", "polygon"].get(usize::from(info.dimension))),
    })];
    if info.dimension == 2 {
        layers.push(json!({
            "id": format!("{}_label", info.id), "description": "One point inside each area, for its name",
            "fields": fields, "minzoom": 0, "maxzoom": TILEJSON_DEEPEST, "parat:geometry": "point",
        }));
    }
    let mut value = json!({
        "tilejson": "3.0.0",
        "name": info.title,
        "description": info.description,
        "version": format!("{}.0.0", info.version),
        "scheme": "xyz",
        // The version's own address: such a tile never changes, and this document is asked for again.
        "tiles": [tiles_of(&site, info)],
        "vector_layers": layers,
        "minzoom": 0,
        "maxzoom": TILEJSON_DEEPEST,
        "attribution": info.metadata.text("attribution").unwrap_or(""),
        "parat:verdict": info.verdict,
        "parat:standard": info.standard,
        "parat:data_date": info.metadata.text("reference_date"),
        "parat:license": info.metadata.text("licence"),
    });
    if is_placed(info) {
        let [lon, lat] = centre(&info.bbox);
        value["bounds"] = json!(info.bbox);
        value["center"] = json!([lon, lat, grid::fitting_zoom(&info.bbox)]);
    }
    Ok(reply::json(&ask, &value))
}

/// The address of a version's tiles, with `{z}`, `{x}` and `{y}`.
pub(super) fn tiles_of(site: &Site, info: &SnapshotInfo) -> String {
    format!(
        "{}/xyz/{}@{}/{{z}}/{{x}}/{{y}}.mvt",
        site.base(),
        info.id,
        info.hash
    )
}

fn about(field: &Field) -> String {
    let kind = match field.kind {
        FieldType::Text => "String",
        FieldType::Integer | FieldType::Real => "Number",
        FieldType::Bool => "Boolean",
        FieldType::Date => "String (date)",
        FieldType::DateTime => "String (date-time)",
    };
    let mut words = kind.to_owned();
    if let Some(title) = &field.title {
        super::html::put(&mut words, format_args!(": {title}"));
    }
    if let Some(unit) = &field.unit {
        super::html::put(&mut words, format_args!(" [{unit}]"));
    }
    words
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

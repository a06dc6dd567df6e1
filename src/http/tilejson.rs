//! TileJSON 3.0.0: where the tiles of one layer or of several are, what they carry, and what they leave out.
//!
//! The tiles it names are those of the versions that are public now, each by its hash, so that they never
//! change and one map never mixes two versions. What a request chooses (filter, time, properties, an
//! indicator) is chosen in the address of the tiles. The document itself is asked for again each time.

use std::sync::Arc;

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use serde_json::{Map, Value, json};

use super::{
    error::Problem,
    extract::Ask,
    grid,
    indicators::layer_of,
    losses, ops, reply,
    scheme::Scheme,
    select::{self, Selection, VALUE, is_queryable},
    site::Site,
    tiles::named,
    tilesets::{centre, together},
    which::Which,
};
use crate::{
    app::LiveLayers,
    indicator::Period,
    model::{Field, FieldType},
    snapshot::{Snapshot, SnapshotInfo},
    standard::Standards,
    store::StoredTable,
};

/// The deepest zoom of TileJSON; clients enlarge its tiles beyond, where a unit is 15 cm.
pub(super) const DEEPEST: u8 = 16;

/// `/collections/{id}/tiles/{grid}/tilejson.json`.
pub(super) async fn of_collection(
    State(site): State<Site>,
    Path((id, grid_id)): Path<(String, String)>,
    parts: Parts,
) -> Result<Response, Problem> {
    let which = Which::of(&site, &id, &parts).await?;
    let (live, snapshot) = (&which.live, &which.snapshot);
    Scheme::only_square(&site, &grid_id)?;
    let ask = Ask::with(&ops::TILEJSON, parts, |name| {
        is_queryable(snapshot.info(), name)
    })?;
    let snapshots = [Arc::clone(snapshot)];
    let chosen = vec![Selection::of(&ask.params, snapshot, live)?];
    checked(&snapshots, &chosen)?;
    let value = document(&site, &ask, &snapshots, &chosen);
    Ok(reply::json(&ask, &value))
}

/// `/tiles/{grid}/tilejson.json`.
pub(super) async fn of_dataset(
    State(site): State<Site>,
    Path(grid_id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    Scheme::only_square(&site, &grid_id)?;
    let ask = Ask::of(&ops::DATASET_TILEJSON, parts)?;
    let live = site.app().live();
    let snapshots = named(&live, ask.params.names("collections").as_deref())?;
    let chosen = of_each(site.app().standards(), &ask, &snapshots, &live)?;
    let value = document(&site, &ask, &snapshots, &chosen);
    Ok(reply::json(&ask, &value))
}

fn of_each(
    standards: &Standards,
    ask: &Ask,
    snapshots: &[Arc<Snapshot>],
    live: &LiveLayers,
) -> Result<Vec<Selection>, Problem> {
    Selection::of_each(&ask.params, snapshots, live, |stored| {
        layer_of(standards, &stored.table, live)
    })
}

/// A filter that fits no tile is refused here, not tile by tile.
fn checked(snapshots: &[Arc<Snapshot>], chosen: &[Selection]) -> Result<(), Problem> {
    for (snapshot, chosen) in snapshots.iter().zip(chosen) {
        if let Some(filter) = &chosen.query.filter {
            filter
                .bind(&snapshot.info().fields)
                .map_err(|error| Problem::parameter("filter", error.to_string()))?;
        }
    }
    Ok(())
}

fn document(site: &Site, ask: &Ask, snapshots: &[Arc<Snapshot>], chosen: &[Selection]) -> Value {
    let infos: Vec<&SnapshotInfo> = snapshots.iter().map(|snapshot| snapshot.info()).collect();
    let mut layers = vec![];
    for (info, chosen) in infos.iter().zip(chosen) {
        layers.extend(vector_layers(info, chosen));
    }
    let mut value = json!({
        "tilejson": "3.0.0",
        "scheme": "xyz",
        "tiles": [format!("{}{}", tiles_at(site, &infos), query_of(ask, chosen))],
        "vector_layers": layers,
        "minzoom": 0,
        "maxzoom": DEEPEST,
        "promoteId": promote_id(&infos),
        "parat:id": "the id of a feature is a whole number below 2^53, the same in every tile and in the API",
        "parat:layers": infos.iter().map(|info| (info.id.to_string(), standing(info))).collect::<Map<_, _>>(),
        "losses": losses::of_tiles(snapshots, chosen),
    });
    match &infos[..] {
        [info] => {
            value["name"] = json!(info.title);
            value["description"] = json!(info.description);
            value["version"] = json!(format!("{}.0.0", info.version));
            for (name, member) in standing(info).as_object().into_iter().flatten() {
                value[format!("parat:{name}")] = member.clone();
            }
        }
        several => {
            let titles: Vec<&str> = several.iter().map(|info| info.title.as_str()).collect();
            value["name"] = json!("Several collections");
            value["description"] = json!(titles.join(", "));
        }
    }
    let mut attributions: Vec<&str> = infos
        .iter()
        .filter_map(|info| info.metadata.text("attribution"))
        .collect();
    attributions.dedup();
    value["attribution"] = json!(attributions.join(", "));
    if let Some(bbox) = together(&infos) {
        let [lon, lat] = centre(&bbox);
        value["bounds"] = json!(bbox);
        value["center"] = json!([lon, lat, grid::fitting_zoom(&bbox)]);
    }
    value
}

/// The TileJSON of a layer's tiles at an address outside of this server, with its zooms.
pub fn static_tilejson(snapshot: &Snapshot, tiles: &str, [least, greatest]: [u8; 2]) -> Value {
    let info = snapshot.info();
    let chosen = Selection::whole(info);
    let mut layers = vector_layers(info, &chosen);
    for layer in &mut layers {
        layer["minzoom"] = json!(least);
        layer["maxzoom"] = json!(greatest);
    }
    let mut value = json!({
        "tilejson": "3.0.0", "scheme": "xyz", "tiles": [tiles],
        "name": info.title, "description": info.description, "version": format!("{}.0.0", info.version),
        "attribution": info.metadata.text("attribution").unwrap_or(""),
        "vector_layers": layers, "minzoom": least, "maxzoom": greatest,
        "promoteId": promote_id(&[info]),
        "parat:layers": {info.id.as_str(): standing(info)},
    });
    if let Some(bbox) = together(&[info]) {
        let [lon, lat] = centre(&bbox);
        value["bounds"] = json!(bbox);
        value["center"] = json!([lon, lat, grid::fitting_zoom(&bbox).clamp(least, greatest)]);
    }
    value
}

/// What is known of a layer's version.
fn standing(info: &SnapshotInfo) -> Value {
    json!({
        "version": info.version,
        "hash": info.hash,
        "verdict": info.verdict,
        "standard": info.standard,
        "features": info.features,
        "data_date": info.metadata.text("reference_date"),
        "license": info.metadata.text("licence"),
        "updated": info.built_at,
    })
}

/// The property by which people know a feature, where it is one: clients may take it for the id.
fn promote_id(infos: &[&SnapshotInfo]) -> Value {
    infos
        .iter()
        .filter_map(|info| match &info.key[..] {
            [key] => Some((info.id.to_string(), json!(key))),
            _ => None,
        })
        .collect::<Map<_, _>>()
        .into()
}

fn vector_layers(info: &SnapshotInfo, chosen: &Selection) -> Vec<Value> {
    let mut fields: Map<String, Value> = chosen
        .fields
        .iter()
        .map(|&at| &info.fields[at])
        .map(|field| (field.name.clone(), json!(about(field))))
        .collect();
    if let Some((stored, period)) = &chosen.indicator {
        fields.insert(VALUE.to_owned(), json!(about_value(stored, period)));
    }
    let mut layers = vec![json!({
        "id": info.id, "description": info.description, "fields": fields,
        "minzoom": 0, "maxzoom": DEEPEST,
        "parat:geometry": (["point", "line", "polygon"].get(usize::from(info.dimension))),
    })];
    if info.dimension > 0 && chosen.labels {
        let mut fields: Map<String, Value> = crate::tile::label_fields(info)
            .map(|field| (field.name.clone(), json!(about(field))))
            .collect();
        let description = if info.dimension == 1 {
            fields.insert(
                "angle".to_owned(),
                json!("How the line runs there: degrees clockwise from east"),
            );
            "Points along each line, for its name"
        } else {
            "One point inside each area, for its name"
        };
        layers.push(json!({
            "id": format!("{}_label", info.id), "description": description,
            "fields": fields, "minzoom": 0, "maxzoom": DEEPEST, "parat:geometry": "point",
        }));
    }
    layers
}

/// The address of the tiles of some versions, with `{z}`, `{x}` and `{y}`.
fn tiles_at(site: &Site, infos: &[&SnapshotInfo]) -> String {
    let sources: Vec<String> = infos
        .iter()
        .map(|info| format!("{}@{}", info.id, info.hash))
        .collect();
    format!(
        "{}/xyz/{}/{{z}}/{{x}}/{{y}}.mvt",
        site.base(),
        sources.join(",")
    )
}

/// The address of a version's tiles, with `{z}`, `{x}` and `{y}`.
pub(super) fn tiles_of(site: &Site, info: &SnapshotInfo) -> String {
    tiles_at(site, &[info])
}

/// What a request chose, for the tiles: the table of an indicator by its version, its period by name.
fn query_of(ask: &Ask, chosen: &[Selection]) -> String {
    let indicator = chosen.iter().find_map(|chosen| chosen.indicator.as_ref());
    let mut query = ask.params.rewritten(|name, value| match (name, indicator) {
        ("f" | "collections" | "period", _) => None,
        ("indicator", Some((stored, _))) => Some(select::pin(&stored.table)),
        _ => Some(value.to_owned()),
    });
    if let Some((_, period)) = indicator {
        query.push_str("&period=");
        super::percent::encode(&period.label, &mut query);
    }
    query
}

fn about_value(stored: &StoredTable, period: &Period) -> String {
    let table = &stored.table;
    format!("Number: {} [{}], {}", table.title, table.unit, period.label)
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

//! Styles: the files of `styles/`, which hold the style layers of each layer, put together with sources.

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use rust_embed::RustEmbed;
use serde_json::{Value, json};

use super::{
    collections::shown,
    error::{self, Problem},
    extract::Ask,
    layers::city_box,
    links::link,
    negotiate::STYLE,
    ops, reply,
    site::Site,
    tilejson::{DEEPEST, tiles_of},
};
use crate::{model::LayerId, snapshot::SnapshotInfo};

#[derive(RustEmbed)]
#[folder = "styles"]
#[allow_missing = true]
struct Files;

/// The style of all layers together.
const WHOLE: &str = "city";
/// What has no place in the order is drawn here: above areas, below labels.
const MIDDLE: f64 = 500.0;

/// The style layers of a layer; an empty list where no file styles it.
pub(super) fn layers_of(id: &LayerId) -> Value {
    file(id.as_str())
        .filter(Value::is_array)
        .unwrap_or_else(|| json!([]))
}

fn file(name: &str) -> Option<Value> {
    serde_json::from_slice(&Files::get(&format!("{name}.json"))?.data).ok()
}

/// `/styles`.
pub(super) async fn styles(State(site): State<Site>, parts: Parts) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::STYLES, parts)?;
    let live = site.app().live();
    let entry = |id: &str, title: &str| {
        json!({"id": id, "title": title,
            "links": [link(&site, "stylesheet", STYLE, title, &format!("/styles/{id}"))]})
    };
    let mut all = vec![entry(WHOLE, "The city")];
    all.extend(shown(&live).map(|(_, info)| entry(info.id.as_str(), &info.title)));
    let value = json!({
        "default": WHOLE,
        "styles": all,
        "links": [link(&site, "self", "application/json", "This document", "/styles")],
    });
    Ok(reply::json(&ask, &value))
}

/// `/styles/{id}`: one layer's, or all of them for `city`.
pub(super) async fn style(
    State(site): State<Site>,
    Path(id): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let live = site.app().live();
    let infos: Vec<&SnapshotInfo> = shown(&live)
        .map(|(_, info)| info)
        .filter(|info| id == WHOLE || info.id.as_str() == id)
        .collect();
    if infos.is_empty() && id != WHOLE {
        return Err(Problem::new(
            error::NOT_FOUND,
            "there is no such style; see /styles",
        ));
    }
    let ask = Ask::of(&ops::STYLE, parts)?;
    let mut value = file("base")
        .unwrap_or_else(|| json!({"version": 8, "name": "Parat", "sources": {}, "layers": []}));
    let has_fonts = !site.fonts().is_empty();
    value["sprite"] = json!(site.url("/sprites/parat"));
    if has_fonts {
        value["glyphs"] = json!(site.url("/fonts/{fontstack}/{range}.pbf"));
    } else {
        value["metadata"] =
            json!({"parat:labels": "none: no fonts were found on the server; see /fonts"});
    }
    let mut layers: Vec<Value> = value["layers"].as_array().cloned().unwrap_or_default();
    for info in &infos {
        value["sources"][info.id.as_str()] = json!({
            "type": "vector", "tiles": [tiles_of(&site, info)], "minzoom": 0, "maxzoom": DEEPEST,
            "bounds": info.bbox, "attribution": info.metadata.text("attribution").unwrap_or(""),
        });
        for mut layer in drawn(info) {
            let writes = !layer["layout"]["text-field"].is_null();
            if writes && !has_fonts {
                continue;
            }
            if writes {
                // Clients ask for exactly these names; families of last resort are not ours to give.
                layer["layout"]["text-font"] = json!([font_of(&layer)]);
            }
            layer["source"] = json!(info.id);
            list_labels(&mut layer);
            layers.push(layer);
        }
    }
    layers.sort_by(|a, b| order(a).total_cmp(&order(b)));
    value["layers"] = json!(layers);
    if let Some(bbox) = city_box(&live, site.app().standards()) {
        value["center"] = json!([
            f64::midpoint(bbox.west, bbox.east),
            f64::midpoint(bbox.south, bbox.north)
        ]);
        value["zoom"] = json!(super::grid::fitting_zoom(&bbox));
    }
    Ok(reply::json(&ask, &value))
}

fn order(layer: &Value) -> f64 {
    layer["metadata"]["parat:order"].as_f64().unwrap_or(MIDDLE)
}

/// A style of layers whose tiles stand at `{url}/{layer}/{z}/{x}/{y}.mvt`, without what needs a server:
/// labels and pictures.
pub fn static_style(layers: &[(&SnapshotInfo, [u8; 2])], url: &str) -> Value {
    let mut value =
        file("base").unwrap_or_else(|| json!({"version": 8, "sources": {}, "layers": []}));
    let mut drawn: Vec<Value> = value["layers"].as_array().cloned().unwrap_or_default();
    for (info, [least, greatest]) in layers {
        value["sources"][info.id.as_str()] = json!({
            "type": "vector", "tiles": [format!("{url}/{}/{{z}}/{{x}}/{{y}}.mvt", info.id)],
            "minzoom": least, "maxzoom": greatest, "bounds": info.bbox,
        });
        for mut layer in painted(info) {
            if layer["layout"]["text-field"].is_null() {
                layer["source"] = json!(info.id);
                list_labels(&mut layer);
                drawn.push(layer);
            }
        }
    }
    drawn.sort_by(|a, b| order(a).total_cmp(&order(b)));
    value["layers"] = json!(drawn);
    value
}

/// Puts each label of a `match` into a list, which means the same: QGIS reads no other.
fn list_labels(value: &mut Value) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(list_labels);
            if items.first().and_then(Value::as_str) == Some("match") && items.len() > 3 {
                let fallback = items.len() - 1;
                for label in items[2..fallback].iter_mut().step_by(2) {
                    if !label.is_array() {
                        *label = json!([label.take()]);
                    }
                }
            }
        }
        Value::Object(members) => members.values_mut().for_each(list_labels),
        _ => {}
    }
}

/// The font that a style layer asks for, as one of ours.
fn font_of(layer: &Value) -> &'static str {
    let bold = layer["layout"]["text-font"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .any(|name| name.contains("Bold"));
    if bold { "Noto Sans Bold" } else { "Noto Sans" }
}

/// The style layers of the files, or plain ones, and the picture of a layer of points.
fn drawn(info: &SnapshotInfo) -> Vec<Value> {
    let mut layers = painted(info);
    if info.dimension == 0 && super::sprites::has(info.id.as_str()) {
        layers.push(json!({
            "id": format!("{}-icon", info.id), "type": "symbol", "source-layer": info.id, "minzoom": 15.5,
            "layout": {"icon-image": info.id, "icon-size": ["interpolate", ["linear"], ["zoom"], 15.5, 0.6, 18, 1]},
            "metadata": {"parat:order": 880},
        }));
    }
    layers
}

fn painted(info: &SnapshotInfo) -> Vec<Value> {
    let ours = layers_of(&info.id);
    let ours: Vec<Value> = ours.as_array().cloned().unwrap_or_default();
    if !ours.is_empty() {
        return ours;
    }
    let id = &info.id;
    let plain = |kind: &str, paint: Value| json!({"id": format!("{id}-{kind}"), "type": kind, "source-layer": id, "paint": paint});
    match info.dimension {
        0 => vec![plain(
            "circle",
            json!({"circle-radius": 4, "circle-color": "#35618f", "circle-stroke-color": "#ffffff", "circle-stroke-width": 1}),
        )],
        1 => vec![plain(
            "line",
            json!({"line-color": "#6b5b4b", "line-width": 1.5}),
        )],
        _ => vec![
            plain(
                "fill",
                json!({"fill-color": "#8fa3b5", "fill-opacity": 0.35}),
            ),
            plain("line", json!({"line-color": "#4a5d70", "line-width": 1})),
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_a_choice_stand_in_lists_and_nothing_else_changes() {
        let mut layer = json!({"paint": {"fill-color":
            ["match", ["get", "use"], "a", "#111111", ["b", "c"], "#222222", "#333333"],
            "line-width": ["interpolate", ["linear"], ["zoom"], 9, 0.6, 13, ["match", ["get", "n"], 1, 2, 3]]}});
        list_labels(&mut layer);
        assert_eq!(
            layer,
            json!({"paint": {"fill-color":
                ["match", ["get", "use"], ["a"], "#111111", ["b", "c"], "#222222", "#333333"],
                "line-width": ["interpolate", ["linear"], ["zoom"], 9, 0.6, 13, ["match", ["get", "n"], [1], 2, 3]]}})
        );
    }

    #[test]
    fn every_style_file_reads_and_names_only_its_own_layers() {
        for name in Files::iter() {
            let id = name.strip_suffix(".json").unwrap_or(&name).to_owned();
            let value = file(&id).expect("a style file is JSON");
            for layer in value.as_array().into_iter().flatten() {
                let source = layer["source-layer"].as_str().expect("a source-layer");
                assert!(
                    source == id || source == format!("{id}_label"),
                    "{name}: {source}"
                );
            }
        }
    }
}

//! `/layers`: every layer that was asked for or delivered, where it stands, and how to draw it. What the
//! map page starts from.

use std::collections::BTreeMap;

use axum::{extract::State, http::request::Parts, response::Response};
use serde_json::{Map, Value, json};

use super::{
    collections::is_placed, error::Problem, extract::Ask, language, ops, reply, site::Site, styles,
};
use crate::{
    app::{LiveLayer, LiveLayers},
    model::{Bbox, LayerId},
    snapshot::SnapshotInfo,
    standard::{Class, LayerStandard, Standards},
};

/// The overview.
pub(super) async fn layers(State(site): State<Site>, parts: Parts) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::LAYERS, parts)?;
    let live = site.app().live();
    let standards = site.app().standards();
    let language = language::preferred(&site, &ask.headers);
    let mut names: BTreeMap<&LayerId, Option<&LiveLayer>> = standards
        .layers()
        .map(|standard| (&standard.layer, None))
        .collect();
    names.extend(live.layers.iter().map(|(id, layer)| (id, Some(layer))));
    let profile = standards.profile();
    let all: Vec<Value> = names
        .into_iter()
        .filter(|(id, layer)| layer.is_some() || profile.layers.contains(id))
        .map(|(id, layer)| describe(&language, standards, id, layer))
        .collect();
    let deliveries: Vec<Value> = live
        .deliveries
        .iter()
        .map(|delivery| {
            let mut value = json!(delivery);
            value["report"] = json!(format!("/reports/{}", delivery.id));
            value["summary"] = json!(standards.messages().summary(&delivery.summary, &language));
            value
        })
        .collect();
    let value = json!({
        "city": {"name": city_name(&live, standards), "bbox": city_box(&live, standards)},
        "profile": {"id": profile.id, "version": profile.version, "title": profile.title.say("en"), "titles": profile.title, "packs": standards.packs()},
        "generation": live.generation,
        "layers": all,
        "deliveries": deliveries,
    });
    Ok(language::spoken(reply::json(&ask, &value)))
}

/// What stands for a layer; what the gate said of it in a language.
fn describe(
    language: &str,
    standards: &Standards,
    id: &LayerId,
    layer: Option<&LiveLayer>,
) -> Value {
    let standard = standards.layer(id);
    let info = layer
        .and_then(|layer| layer.snapshot.as_ref())
        .map(|snapshot| snapshot.info());
    let dimension = info
        .map(|info| info.dimension)
        .or_else(|| Some(standard?.geometry.first()?.dimension()));
    let title = standard
        .map(|standard| standard.title.say("en").to_owned())
        .or_else(|| Some(info?.title.clone()))
        .unwrap_or_else(|| id.to_string());
    let mut value = json!({
        "id": id,
        "title": title,
        "titles": standard.map(|standard| &standard.title),
        "about": standard.map(|standard| &standard.about),
        "group": standard.map_or("other", |standard| standard.group.as_str()),
        "class": standard.map_or(Class::Other, |standard| standard.class),
        "dimension": dimension.unwrap_or(0),
        "state": "absent", "verdict": null, "summary": null, "features": null, "version": null,
        "hash": null, "bbox": null, "fields": [], "key": [], "report": null, "tiles": null,
        "style": styles::layers_of(id),
    });
    if let Some(layer) = layer {
        let entry = &layer.entry;
        value["state"] = json!(entry.state);
        value["verdict"] = json!(entry.verdict);
        value["summary"] = json!(standards.messages().summary(&entry.summary, language));
        value["features"] = json!(entry.features);
        value["version"] = json!(entry.version);
        value["hash"] = json!(entry.hash);
        value["file"] = json!(entry.file);
        value["at"] = json!(entry.at);
        value["report"] = json!(format!("/reports/{}", entry.report_id));
    }
    if let Some(info) = info {
        value["hash"] = json!(info.hash);
        value["bbox"] = if is_placed(info) {
            json!(info.bbox)
        } else {
            Value::Null
        };
        value["fields"] = fields(standards, standard, info);
        value["key"] = json!(info.key);
        // A draft has no version that a store could find again, but its hash still names it here.
        value["tiles"] = json!(format!("/xyz/{id}@{}/{{z}}/{{x}}/{{y}}.mvt", info.hash));
        value["collection"] = json!(format!("/collections/{id}"));
        value["standard"] = json!(info.standard);
        value["license"] = json!(info.metadata.text("licence"));
    }
    value
}

/// The fields with what people call them, in every language, and what their codes mean.
fn fields(standards: &Standards, standard: Option<&LayerStandard>, info: &SnapshotInfo) -> Value {
    info.fields
        .iter()
        .map(|field| {
            let rule = standard.and_then(|standard| standards.field(standard, &field.name));
            let mut value = Map::new();
            value.insert("name".into(), json!(field.name));
            value.insert(
                "title".into(),
                rule.map_or_else(|| json!(field.title), |rule| json!(rule.title)),
            );
            value.insert("kind".into(), json!(field.kind));
            value.insert("unit".into(), json!(field.unit));
            let list = field
                .codes
                .as_deref()
                .or_else(|| rule?.codes.as_deref())
                .and_then(|name| standards.codes(name));
            value.insert(
                "codes".into(),
                list.map_or(Value::Null, |list| json!(list.entries)),
            );
            Value::Object(value)
        })
        .collect()
}

/// What the city is called: what its boundary says.
pub(super) fn city_name(live: &LiveLayers, standards: &Standards) -> Option<String> {
    let layer = live.layers.get(&standards.profile().city)?;
    let snapshot = layer
        .snapshot
        .as_ref()
        .filter(|snapshot| !snapshot.is_empty())?;
    ["name", "city_name", "ulb_name", "name_en"]
        .iter()
        .filter_map(|field| snapshot.field(field))
        .map(|field| snapshot.value(0, field).to_text().trim().to_owned())
        .find(|name| !name.is_empty())
}

/// Where the city is: its boundary's box, or the box of all that is shown.
pub(super) fn city_box(live: &LiveLayers, standards: &Standards) -> Option<Bbox> {
    let boxes = |only: Option<&LayerId>| {
        live.layers
            .iter()
            .filter(|(id, _)| only.is_none_or(|only| *id == only))
            .filter_map(|(_, layer)| layer.snapshot.as_ref().map(|snapshot| snapshot.info()))
            .filter(|info| is_placed(info))
            .map(|info| info.bbox)
            .reduce(Bbox::with)
    };
    boxes(Some(&standards.profile().city)).or_else(|| boxes(None))
}

//! `/standards/{name}`: a standard as data, for forms: a layer's fields, or the metadata elements.

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use serde_json::{Value, json};

use super::{
    error::{self, Problem},
    extract::Ask,
    ops, reply,
    site::Site,
};
use crate::{model::LayerId, standard::Standards};

/// The fields of a layer, required ones marked, or the elements of the metadata, each with its code list.
pub(super) async fn standard(
    State(site): State<Site>,
    Path(name): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::STANDARD, parts)?;
    let standards = site.app().standards();
    let value = if name == "metadata" {
        Some(elements(standards))
    } else {
        name.parse::<LayerId>()
            .ok()
            .and_then(|layer| fields(standards, &layer))
    }
    .ok_or_else(|| {
        Problem::new(
            error::NOT_FOUND,
            "neither `metadata` nor a layer of the standards",
        )
    })?;
    Ok(reply::json(&ask, &value))
}

fn fields(standards: &Standards, layer: &LayerId) -> Option<Value> {
    let standard = standards.layer(layer)?;
    let fields: Vec<Value> = standards
        .fields(standard)
        .map(|field| with_codes(standards, json!(field)))
        .collect();
    Some(json!({
        "layer": layer,
        "revision": standard.revision,
        "title": standard.title,
        "about": standard.about,
        "geometry": standard.geometry,
        "key": standard.key,
        "fields": fields,
    }))
}

fn elements(standards: &Standards) -> Value {
    let elements: Vec<Value> = standards
        .metadata()
        .iter()
        .map(|element| with_codes(standards, json!(element)))
        .collect();
    json!({ "elements": elements })
}

/// In the place of a code list's name: its name and its entries.
fn with_codes(standards: &Standards, mut value: Value) -> Value {
    let list = value["codes"]
        .as_str()
        .and_then(|name| standards.codes(name));
    value["codes"] = json!(list);
    value
}

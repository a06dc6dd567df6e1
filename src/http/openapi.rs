//! `/api`: the description of the interface, OpenAPI 3.0, written from [`super::ops`]. Every reference is
//! inside the document, so it works without a network.

use axum::{extract::State, http::request::Parts, response::Response};
use serde_json::{Map, Value, json};

use super::{
    collections::{property, shown},
    error::{KINDS, Problem},
    extract::Ask,
    html,
    negotiate::Media,
    ops::{self, Op, Param, Place, Verb},
    reply::{self, Reply},
    scheme::Scheme,
    select::is_queryable,
    site::Site,
};
use crate::snapshot::SnapshotInfo;

/// The description, or the same for people.
pub(super) async fn api(State(site): State<Site>, parts: Parts) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::API, parts)?;
    if ask.is_page() {
        return Ok(Reply::new(html::MEDIA, page(&site)).send(&ask.headers));
    }
    let live = site.app().live();
    let infos: Vec<&SnapshotInfo> = shown(&live).map(|(_, info)| info).collect();
    let schemes = Scheme::all(&site);
    let grids: Vec<&str> = schemes.iter().map(Scheme::id).collect();
    Ok(reply::json(&ask, &description(site.base(), &infos, &grids)))
}

/// The document for a public address, the collections that are served, and the ids of the grids on offer.
pub fn description(base: &str, infos: &[&SnapshotInfo], grids: &[&str]) -> Value {
    let mut paths = Map::new();
    for op in ops::ALL {
        paths.entry(op.path).or_insert_with(|| json!({}))[op.verb.key()] =
            operation(op, op.id, op.path, &[], infos);
        if op.id == ops::ITEMS_.id {
            // Once more for each collection: only here its properties can be named as parameters.
            for info in infos {
                let path = op.path.replace("{collectionId}", info.id.as_str());
                let id = format!("items.{}", info.id);
                let own: Vec<Value> = info
                    .fields
                    .iter()
                    .filter(|field| is_queryable(info, &field.name))
                    .map(|field| {
                        let about = format!("Only features whose {} is this.", field.title.as_deref().unwrap_or(&field.name));
                        let mut schema = property(field);
                        schema.as_object_mut().expect("a schema is an object").retain(|name, _| !name.starts_with("x-"));
                        json!({"name": field.name, "in": "query", "required": false, "description": about,
                            "style": "form", "explode": false, "schema": schema})
                    })
                    .collect();
                let one = operation(op, &id, &path, &own, infos);
                paths.insert(path, json!({"get": one}));
            }
        }
    }
    paths["/query"]["post"] = json!({
        "operationId": "queryByBody", "tags": ["Features"],
        "summary": "The same question as JSON, with all that it can say.",
        "parameters": [reference("parameters", key(&ops::AS_OF)), reference("parameters", key(&ops::F_QUERY))],
        "requestBody": {"required": true, "content": {"application/json": {"schema": reference("schemas", "query")}}},
        "responses": responses(&ops::QUERY, "/query", true),
    });
    let tags = [
        "Start",
        "Features",
        "Tiles",
        "Styles",
        "Indicators",
        "City",
        "Deliveries",
        "Versions",
        "Server",
    ]
    .map(|name| json!({"name": name}));
    json!({
        "openapi": "3.0.3",
        "info": {
            "title": "Parat",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Layers that a city's offices delivered and a gate has checked: features, vector tiles and joined indicators.",
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "servers": [{"url": base, "description": "This server"}],
        "tags": tags,
        "paths": paths,
        "components": {
            "parameters": parameters(infos, grids),
            "schemas": all_schemas(),
            "responses": problems(),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer",
                "description": "The token that `parat user add` printed."}},
        },
    })
}

pub(super) fn reference(kind: &str, name: impl std::fmt::Display) -> Value {
    json!({"$ref": format!("#/components/{kind}/{name}")})
}

/// The name of a parameter among the components. Several operations have an `f` of their own.
fn key(param: &Param) -> String {
    if param.name != "f" {
        return param.name.to_owned();
    }
    let schema = (param.schema)();
    let values: Vec<&str> = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    format!("f.{}", values.join("."))
}

fn operation(op: &Op, id: &str, path: &str, own: &[Value], _infos: &[&SnapshotInfo]) -> Value {
    let mut params: Vec<Value> = op
        .params
        .iter()
        .filter(|param| {
            param.place == Place::Query || path.contains(&format!("{{{}}}", param.name))
        })
        .map(|param| reference("parameters", key(param)))
        .collect();
    params.extend_from_slice(own);
    let mut value = json!({
        "operationId": id, "tags": [op.tag], "summary": op.summary, "parameters": params,
        "responses": responses(op, path, !op.body.is_empty()),
    });
    if !op.body.is_empty() {
        value["requestBody"] = json!({
            "required": op.body_type != "application/json",
            "content": {op.body_type: {"schema": reference("schemas", op.body)}},
        });
    }
    if op.verb.writes() {
        // Without accounts, whoever sits at the machine needs no token.
        value["security"] = json!([{}, {"token": []}]);
    }
    value
}

fn responses(op: &Op, path: &str, has_body: bool) -> Value {
    let content: Map<String, Value> = op
        .offer
        .iter()
        .map(|&media| {
            (
                media.name().to_owned(),
                json!({"schema": body_of(op, media)}),
            )
        })
        .collect();
    let tag = json!({"ETag": {"description": "Names this representation.", "schema": {"type": "string"}}});
    let mut all = Map::new();
    all.insert(
        op.success.to_string(),
        if op.offer.is_empty() {
            json!({"description": op.summary})
        } else {
            json!({"description": op.summary, "headers": tag, "content": content})
        },
    );
    if op.in_parts {
        all.insert(
            "206".into(),
            json!({"description": "The part that `Range` asks for."}),
        );
        all.insert("416".into(), reference("responses", "problem416"));
    }
    if op.may_be_empty {
        all.insert("204".into(), json!({"description": "The tile is empty."}));
    }
    if op.verb == Verb::Get {
        all.insert(
            "304".into(),
            json!({"description": "The client has it already."}),
        );
    }
    let mut add = |status: &str| {
        all.insert(
            status.to_owned(),
            reference("responses", format!("problem{status}")),
        );
    };
    add("400");
    if path.contains('{') || path.contains("/items") || op.works {
        add("404");
    }
    add("406");
    if op.verb.writes() {
        for status in ["401", "403", "409", "412"] {
            add(status);
        }
    }
    if path.contains("{collectionId}") {
        add("401");
        add("410");
    }
    if has_body {
        add("413");
        add("415");
    }
    add("414");
    add("500");
    add("503");
    Value::Object(all)
}

fn body_of(op: &Op, media: Media) -> Value {
    match media {
        Media::Html | Media::Csv | Media::Text | Media::Events => json!({"type": "string"}),
        Media::Tile
        | Media::Values
        | Media::Glyphs
        | Media::Png
        | Media::Pmtiles
        | Media::Mbtiles => {
            json!({"type": "string", "format": "binary"})
        }
        Media::GeoJson if op.schema != "featureGeoJSON" => {
            reference("schemas", "featureCollectionGeoJSON")
        }
        _ if op.schema.is_empty() => json!({"type": "object"}),
        _ => reference("schemas", op.schema),
    }
}

fn parameters(infos: &[&SnapshotInfo], grids: &[&str]) -> Value {
    let mut all = Map::new();
    for param in ops::ALL.iter().flat_map(|op| op.params) {
        let mut schema = (param.schema)();
        let names_a_layer = ["collectionId", "layer", "of", "aggregate-of"].contains(&param.name);
        if names_a_layer && !infos.is_empty() {
            schema["enum"] = infos.iter().map(|info| json!(info.id)).collect();
        }
        if param.name == ops::GRID_ID.name {
            schema["enum"] = json!(grids);
        }
        let mut value = json!({
            "name": param.name,
            "in": if param.place == Place::Path { "path" } else { "query" },
            "description": param.about,
            "required": param.needed,
            "schema": schema,
        });
        if param.place == Place::Query {
            value["style"] = json!("form");
            value["explode"] = json!(false);
        }
        all.insert(key(param), value);
    }
    Value::Object(all)
}

fn problems() -> Value {
    let mut all = Map::new();
    for kind in KINDS {
        let status = kind.status.as_u16();
        let name = format!("problem{status}");
        let mut value = json!({
            "description": kind.title,
            "content": {
                "application/problem+json": {"schema": reference("schemas", "problem")},
                "text/html": {"schema": {"type": "string"}},
            },
        });
        if status == 503 {
            value["headers"] = json!({"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}});
        }
        all.entry(name).or_insert(value);
    }
    Value::Object(all)
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "it reads as a literal where it is called, and moves into one"
)]
pub(super) fn object(required: &[&str], properties: Value) -> Value {
    let mut value = json!({"type": "object", "properties": properties});
    if !required.is_empty() {
        value["required"] = json!(required);
    }
    value
}

fn all_schemas() -> Value {
    let mut all = schemas();
    if let (Value::Object(all), Value::Object(more)) = (&mut all, super::delivery_schema::schemas())
    {
        all.extend(more);
    }
    all
}

fn schemas() -> Value {
    let text = || json!({"type": "string"});
    let links = || json!({"type": "array", "items": reference("schemas", "link")});
    let list = |of: &str| json!({"type": "array", "items": reference("schemas", of)});
    let count = || json!({"type": "integer", "minimum": 0});
    let any = || json!({"type": "object", "additionalProperties": true});
    json!({
        "anyObject": any(),
        "link": object(&["href", "rel"], json!({"href": text(), "rel": text(), "type": text(), "hreflang": text(),
            "title": text(), "length": {"type": "integer"}, "templated": {"type": "boolean"}})),
        "problem": object(&["type", "title", "status", "code"], json!({"type": text(), "title": text(),
            "status": {"type": "integer"}, "detail": text(), "instance": text(), "code": text(), "parameter": text()})),
        "landingPage": object(&["links"], json!({"title": text(), "description": text(), "attribution": text(), "links": links()})),
        "confClasses": object(&["conformsTo"], json!({"links": links(), "conformsTo": {"type": "array", "items": text()}})),
        "collections": object(&["links", "collections"], json!({"links": links(), "numberMatched": count(),
            "numberReturned": count(), "collections": list("collection")})),
        "collection": object(&["id", "links"], json!({
            "id": text(), "title": text(), "description": text(), "links": links(), "itemType": text(),
            "crs": {"type": "array", "items": text()}, "storageCrs": text(),
            "extent": object(&[], json!({"spatial": object(&[], json!({
                "bbox": {"type": "array", "minItems": 1, "items": {"type": "array", "minItems": 4, "maxItems": 6, "items": {"type": "number"}}},
                "crs": text()}))})),
        })),
        "featureCollectionGeoJSON": object(&["type", "features"], json!({
            "type": {"type": "string", "enum": ["FeatureCollection"]}, "features": list("featureGeoJSON"), "links": links(),
            "timeStamp": {"type": "string", "format": "date-time"}, "numberMatched": count(), "numberReturned": count()})),
        "featureGeoJSON": object(&["type", "geometry", "properties"], json!({
            "type": {"type": "string", "enum": ["Feature"]}, "id": {"type": "integer", "format": "int64"},
            "geometry": {"allOf": [reference("schemas", "geometryGeoJSON")], "nullable": true},
            "properties": {"type": "object", "nullable": true, "additionalProperties": true}, "links": links()})),
        "geometryGeoJSON": object(&["type", "coordinates"], json!({
            "type": {"type": "string", "enum": ["Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"]},
            "coordinates": {"type": "array", "items": {}}})),
        "tileSets": object(&["tilesets"], json!({"title": text(), "links": links(), "tilesets": list("tileSet")})),
        "tileSet": object(&["dataType", "crs", "links"], json!({"title": text(), "dataType": {"type": "string", "enum": ["vector"]},
            "crs": text(), "tileMatrixSetId": text(), "tileMatrixSetURI": text(), "links": links(),
            "tileMatrixSetLimits": {"type": "array", "items": object(&["tileMatrix", "minTileRow", "maxTileRow", "minTileCol", "maxTileCol"],
                json!({"tileMatrix": text(), "minTileRow": count(), "maxTileRow": count(), "minTileCol": count(), "maxTileCol": count()}))}})),
        "tileJson": object(&["tilejson", "tiles", "vector_layers"], json!({"tilejson": text(), "tiles": {"type": "array", "items": text()},
            "vector_layers": {"type": "array", "items": object(&["id", "fields"], json!({"id": text(), "fields": any()}))}})),
        "tileMatrixSets": object(&["tileMatrixSets"], json!({"links": links(),
            "tileMatrixSets": {"type": "array", "items": object(&["links"], json!({"id": text(), "title": text(), "uri": text(), "crs": text(), "links": links()}))}})),
        "tileMatrixSet": object(&["crs", "tileMatrices"], json!({"id": text(), "title": text(), "uri": text(), "crs": text(),
            "tileMatrices": {"type": "array", "items": any()}})),
        "versionAction": object(&[], json!({"comment": {"type": "string", "maxLength": 4000},
            "from": {"type": "string", "enum": ["draft", "submitted", "returned", "approved", "published", "superseded", "retired"]}})),
        "joinReport": object(&["matched", "quality", "summary"], json!({"matched": count(), "quality": text(), "summary": text()})),
        "query": object(&["layer"], json!({
            "layer": text(), "where": any(), "filter": {"oneOf": [text(), any()]},
            "bbox": {"type": "array", "minItems": 4, "maxItems": 4, "items": {"type": "number"}},
            "relation": {"type": "string", "enum": ["within", "intersects", "distance"]},
            "of": object(&[], json!({"layer": text(), "filter": {"oneOf": [text(), any()]}, "geometry": reference("schemas", "geometryGeoJSON")})),
            "distance_m": {"type": "number", "minimum": 0},
            "aggregate": object(&["of", "measure"], json!({"of": text(), "measure": {"type": "string", "enum": ["count", "sum", "density", "length", "area"]}, "field": text()})),
            "nearest": object(&["to"], json!({"to": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"type": "number"}}, "k": {"type": "integer", "minimum": 1}})),
            "indicator": text(), "period": text(), "limit": {"type": "integer", "minimum": 1}, "offset": count(),
            "format": {"type": "string", "enum": ["geojson", "csv"]},
        })),
    })
}

/// The description for people, and the table of problems that the `type` of each points into.
fn page(site: &Site) -> String {
    let rows = ops::ALL.iter().map(|op| {
        let params: Vec<String> = op
            .params
            .iter()
            .map(|param| {
                format!(
                    "<code>{}</code> {}",
                    html::escape(param.name),
                    html::escape(param.about)
                )
            })
            .collect();
        vec![
            format!("<code>{}</code>", html::escape(op.path)),
            html::escape(op.summary),
            params.join("<br>"),
        ]
    });
    let mut body = format!(
        "<p>{} · {}</p>",
        html::link("OpenAPI 3.0", &site.url("/api?f=json")),
        html::link("Conformance", &site.url("/conformance?f=html"))
    );
    body.push_str(&html::table(&["Path", "What it gives", "Parameters"], rows));
    body.push_str("<h2>Problems</h2><dl>");
    for kind in KINDS {
        html::put(
            &mut body,
            format_args!(
                "<dt id=\"{}\"><code>{}</code> ({})</dt><dd>{}</dd>",
                kind.code,
                kind.code,
                kind.status.as_u16(),
                html::escape(kind.title)
            ),
        );
    }
    body.push_str("</dl>");
    html::page(site.base(), "API", &[], &body)
}

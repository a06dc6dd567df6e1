//! The description: what it says is what happens, and a change of it shows in review.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{BASE, get, json, links, path_of};

#[test]
fn every_link_of_the_landing_page_leads_somewhere() {
    let landing = json("/");
    for rel in [
        "self",
        "alternate",
        "service-desc",
        "service-doc",
        "conformance",
        "data",
        "http://www.opengis.net/def/rel/ogc/1.0/conformance",
        "http://www.opengis.net/def/rel/ogc/1.0/data",
        "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector",
    ] {
        assert!(!links(&landing, rel).is_empty(), "{rel}");
    }
    for link in landing["links"].as_array().expect("links") {
        let answer = get(&path_of(&link["href"]));
        assert_eq!(answer.status, 200, "{}", link["href"]);
        for member in ["rel", "type", "title"] {
            assert!(link[member].is_string(), "{link}");
        }
    }
    let desc = links(&landing, "service-desc")[0];
    assert_eq!(desc["type"], "application/vnd.oai.openapi+json;version=3.0");
    assert_eq!(get("").status, 200, "with and without a slash at the root");
}

#[test]
fn every_reference_of_the_description_is_inside_it() {
    let api = json("/api");
    assert_eq!(api["servers"][0]["url"], BASE);
    assert!(
        api["openapi"]
            .as_str()
            .expect("a version")
            .starts_with("3.0")
    );
    let mut references = BTreeSet::new();
    collect(&api, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        let pointer = reference.strip_prefix('#').expect("inside the document");
        assert!(api.pointer(pointer).is_some(), "{reference}");
    }
}

fn collect(value: &Value, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            if let Some(reference) = members.get("$ref").and_then(Value::as_str) {
                into.insert(reference.to_owned());
            }
            members.values().for_each(|member| collect(member, into));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, into)),
        _ => {}
    }
}

#[test]
fn limit_bbox_and_datetime_are_described_to_the_letter() {
    let api = json("/api");
    for (name, schema) in [
        (
            "limit",
            json!({"type": "integer", "minimum": 1, "maximum": 10000, "default": 10}),
        ),
        (
            "bbox",
            json!({"type": "array", "items": {"type": "number"}, "minItems": 4, "maxItems": 6}),
        ),
        ("datetime", json!({"type": "string"})),
    ] {
        let param = &api["components"]["parameters"][name];
        assert_eq!(param["schema"], schema);
        assert_eq!(
            (
                &param["in"],
                &param["required"],
                &param["style"],
                &param["explode"]
            ),
            (
                &json!("query"),
                &json!(false),
                &json!("form"),
                &json!(false)
            )
        );
    }
    let tile = api["paths"]
        .as_object()
        .expect("paths")
        .values()
        .any(|path| {
            path["get"]["operationId"]
                .as_str()
                .is_some_and(|id| id.contains(".getTile"))
        });
    assert!(tile);
}

#[test]
fn every_described_path_is_routed_and_every_property_parameter_works() {
    let api = json("/api");
    for (path, operations) in api["paths"].as_object().expect("paths") {
        if operations.get("get").is_none() {
            continue;
        }
        let asked = path
            .replace("{collectionId}", "ward_boundary")
            .replace("{featureId}", "1")
            .replace("{tileMatrixSetId}", "WebMercatorQuad")
            .replace("{tileMatrix}", "10")
            .replace("{tileRow}", "474")
            .replace("{tileCol}", "732")
            .replace("{source}", "ward_boundary")
            .replace("{z}", "10")
            .replace("{x}", "732")
            .replace("{y}", "474.mvt")
            .replace("{reportId}", "ward_boundary")
            .replace("{name}", "ward_boundary")
            .replace("{code}", "X")
            .replace("{styleId}", "ward_boundary");
        let answer = get(&asked);
        assert!(
            answer.status != 404 || answer.json()["code"] != "no_such_path",
            "{asked} is described but not routed"
        );
        assert!(answer.status.as_u16() < 500, "{asked}");
        if path == "/collections/ward_boundary/items" {
            for param in operations["get"]["parameters"]
                .as_array()
                .expect("parameters")
            {
                if let Some(name) = param["name"].as_str() {
                    let schema = &param["schema"];
                    let value = match (schema["type"].as_str(), schema["format"].as_str()) {
                        (_, Some("date")) => "2020-01-01",
                        (Some("string"), _) => "x",
                        _ => "1",
                    };
                    assert_eq!(
                        get(&format!("{asked}?{name}={value}")).status,
                        200,
                        "{name}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_description_is_the_one_that_was_reviewed() {
    let mut api = json("/api");
    api["info"]["version"] = json!("-");
    insta::assert_snapshot!("api", serde_json::to_string_pretty(&api).expect("JSON"));
}

#[test]
fn conformance_is_a_list_of_uris_without_drafts() {
    let value = json("/conformance");
    let classes = value["conformsTo"].as_array().expect("a list");
    assert!(classes.len() >= 20);
    for class in classes {
        assert!(
            class
                .as_str()
                .expect("text")
                .starts_with("http://www.opengis.net/spec/")
        );
    }
}

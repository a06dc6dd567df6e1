//! The JSON Schema of a report, for programs that read one.
//!
//! Written beside the types and held to them by a test: every report of the suite is judged by it, and no member is
//! left unsaid (`additionalProperties` is false throughout).

use serde_json::{Map, Value, json};

use crate::validate::RepairKind;

/// An object of these members; those after `?` need not be there.
fn object(members: &[(&str, Value)]) -> Value {
    let mut properties = Map::new();
    let mut required = vec![];
    for (name, value) in members {
        let name = name.strip_prefix('?').unwrap_or_else(|| {
            required.push(*name);
            name
        });
        properties.insert(name.to_owned(), value.clone());
    }
    json!({"type": "object", "additionalProperties": false, "required": required, "properties": properties})
}

fn list(of: &Value) -> Value {
    json!({"type": "array", "items": of})
}

fn named(name: &str) -> Value {
    json!({"$ref": format!("#/$defs/{name}")})
}

/// The schema of [`super::json`]'s answer for one layer (JSON Schema 2020-12).
pub fn schema() -> Value {
    let text = json!({"type": "string"});
    let count = json!({"type": "integer", "minimum": 0});
    let number = json!({"type": "number"});
    let yes = json!({"type": "boolean"});
    let score = json!({"type": "number", "minimum": 0, "maximum": 1});
    let texts = list(&text);
    let or_null = |of: Value| json!({"anyOf": [of, {"type": "null"}]});
    let bbox = json!({"type": "array", "items": number, "minItems": 4, "maxItems": 4,
        "description": "West, south, east, north in longitude/latitude."});
    let position = json!({"type": "array", "items": number, "minItems": 2, "maxItems": 2});
    let say = object(&[("id", text.clone()), ("?args", json!({"type": "object"}))]);
    let place = object(&[
        (
            "?row",
            json!({"type": "integer", "minimum": 1, "description": "As the file counts them."}),
        ),
        ("?key", text.clone()),
        ("?field", text.clone()),
        ("?at", position.clone()),
        ("?bbox", bbox.clone()),
    ]);
    let severity = json!({"enum": ["note", "warning", "error", "block"]});
    let finding = object(&[
        ("place", named("place")),
        ("message", text.clone()),
        ("?remedy", text.clone()),
        ("?say", named("say")),
        ("?fix", named("say")),
        ("?measure", number.clone()),
        ("?severity", severity.clone()),
    ]);
    let head = [
        ("code", text.clone()),
        ("name", text.clone()),
        ("severity", severity.clone()),
    ];
    let rule = |outcome: &str, members: &[(&str, Value)]| {
        let mut all = head.to_vec();
        all.push(("outcome", json!({"const": outcome})));
        all.extend_from_slice(members);
        object(&all)
    };
    let rules = json!({"oneOf": [
        rule("passed", &[("checked", count.clone())]),
        rule("failed", &[("checked", count.clone()), ("count", count.clone()), ("findings", list(&named("finding")))]),
        rule("not_run", &[("because", text.clone()), ("?say", named("say")), ("needed", yes.clone())]),
    ]});
    let note = object(&[
        ("kind", text.clone()),
        ("text", text.clone()),
        ("?say", named("say")),
        ("?rows", list(&count)),
        ("count", count.clone()),
    ]);
    let crs = json!({"oneOf": [
        {"const": "missing"},
        object(&[("wkt", text.clone())]),
        object(&[("authority", object(&[("name", text.clone()), ("code", text.clone())]))]),
    ]});
    let kind = json!({"enum": RepairKind::ALL.map(RepairKind::name)});
    let geometry = json!({"anyOf": [{"type": "null"}, {"type": "object", "required": ["type", "coordinates"]}]});
    let example = object(&[
        ("place", named("place")),
        ("before", text.clone()),
        ("after", text.clone()),
        ("?geometry_before", geometry.clone()),
        ("?geometry_after", geometry),
    ]);
    let proposals = object(&[
        (
            "layers",
            list(&object(&[
                ("layer", text.clone()),
                ("title", text.clone()),
                ("score", score.clone()),
                ("why", text.clone()),
                ("?why_say", named("say")),
            ])),
        ),
        (
            "crs",
            list(&object(&[
                ("code", text.clone()),
                ("name", text.clone()),
                ("why", text.clone()),
                ("?why_say", named("say")),
                ("lands", json!({"enum": ["inside", "near", "far"]})),
                ("bbox", bbox.clone()),
            ])),
        ),
        (
            "encodings",
            list(&object(&[
                ("name", text.clone()),
                ("why", text.clone()),
                ("?why_say", named("say")),
                ("samples", texts.clone()),
            ])),
        ),
        (
            "columns",
            list(&object(&[
                ("field", text.clone()),
                ("column", text.clone()),
                ("score", score),
                ("why", text.clone()),
                ("?why_say", named("say")),
            ])),
        ),
        (
            "repairs",
            list(&object(&[
                ("kind", kind.clone()),
                ("count", count.clone()),
                ("safe", yes),
                ("title", text.clone()),
                ("examples", list(&example)),
            ])),
        ),
    ]);
    let source = object(&[
        ("file", text.clone()),
        ("?member", text.clone()),
        ("layer", text.clone()),
        ("format", text.clone()),
        ("hash", text.clone()),
    ]);
    let counts = object(&[
        (
            "read",
            json!({"type": "integer", "minimum": 0, "description": "Always accepted + repaired + set_aside."}),
        ),
        ("accepted", count.clone()),
        ("repaired", count.clone()),
        ("set_aside", count.clone()),
    ]);
    let mut report = object(&[
        ("layer", text.clone()),
        (
            "verdict",
            json!({"enum": ["conforms", "conforms_with_warnings", "not_judged", "does_not_conform"]}),
        ),
        ("summary", text.clone()),
        ("?summary_say", named("say")),
        ("todo", texts.clone()),
        ("?todo_say", list(&named("say"))),
        ("source", source),
        ("standard", or_null(text.clone())),
        ("standard_chosen", text.clone()),
        ("?standard_chosen_say", named("say")),
        ("profile", text.clone()),
        ("packs", texts.clone()),
        ("rows", count.clone()),
        ("counts", counts),
        ("crs", crs),
        (
            "crs_origin",
            json!({"enum": ["declared", "matched", "format", "given", "unknown"]}),
        ),
        (
            "encoding",
            or_null(object(&[("name", text.clone()), ("origin", text.clone())])),
        ),
        ("bbox", or_null(bbox)),
        (
            "geometry",
            json!({"type": "object", "additionalProperties": count.clone()}),
        ),
        (
            "columns",
            list(&object(&[
                ("field", text.clone()),
                ("column", text.clone()),
                ("why", text.clone()),
            ])),
        ),
        ("extra_columns", texts.clone()),
        ("notes", list(&note)),
        ("rules", list(&rules)),
        (
            "repairs",
            list(&object(&[
                ("kind", kind),
                ("place", named("place")),
                ("before", text.clone()),
                ("after", text.clone()),
            ])),
        ),
        (
            "?repair_counts",
            json!({"type": "object", "additionalProperties": count}),
        ),
        (
            "?set_aside",
            list(&object(&[
                ("place", named("place")),
                ("rules", texts.clone()),
                ("message", text.clone()),
                ("?say", named("say")),
            ])),
        ),
        (
            "?confirmed",
            list(&object(&[
                (
                    "part",
                    json!({"enum": ["layer", "crs", "encoding", "columns", "codes"]}),
                ),
                ("?what", texts),
                ("?by", text.clone()),
                ("?at", text.clone()),
                ("?from", text.clone()),
            ])),
        ),
        ("proposals", proposals),
        ("?outline", list(&list(&position))),
    ]);
    report["$schema"] = "https://json-schema.org/draft/2020-12/schema".into();
    report["title"] = "What the gate says of one layer".into();
    report["$defs"] = json!({"say": say, "place": place, "finding": finding});
    report
}

//! The JSON Schema of a layer file, for editors that complete and check TOML.

use serde_json::{Value, json};

/// The schema of `layers/<layer>.toml`; `layers/schema.json` holds it, and a test keeps the two equal.
pub fn layer_schema() -> Value {
    let words = json!({
        "type": "object", "required": ["en"], "additionalProperties": {"type": "string"},
        "description": "A text by language; English is always there."
    });
    let field = json!({
        "type": "object", "additionalProperties": false, "required": ["name", "title", "kind"],
        "properties": {
            "name": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,9}$"},
            "title": {"$ref": "#/$defs/words"},
            "kind": {"enum": ["text", "integer", "decimal", "boolean", "date", "year", "code"]},
            "codes": {"type": "string", "description": "The code list, for kind code."},
            "required": {"type": "boolean"},
            "unique": {"type": "boolean"},
            "identifier": {"type": "boolean", "description": "Compared as text even where stored as a number."},
            "min": {"type": "number"}, "max": {"type": "number"},
            "width": {"type": "integer", "minimum": 1},
            "unit": {"type": "string"},
            "aliases": {"type": "array", "items": {"type": "string"}, "uniqueItems": true}
        }
    });
    let settings = json!({
        "type": "object", "additionalProperties": false,
        "properties": {
            "severity": {"enum": ["note", "warning", "error", "block"]},
            "limit": {"type": "number"},
            "with": {"$ref": "#/$defs/layer"},
            "by": {"type": "string"},
            "only": {"type": "object", "additionalProperties": false, "required": ["field", "codes"],
                "properties": {"field": {"type": "string"}, "codes": {"type": "array", "items": {"type": "string"}}}}
        }
    });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "The standard of one layer",
        "type": "object", "additionalProperties": false,
        "required": ["layer", "revision", "title", "about", "group", "class", "geometry", "key", "refresh", "custodian", "rules"],
        "properties": {
            "layer": {"$ref": "#/$defs/layer"},
            "revision": {"type": "integer", "minimum": 1},
            "title": {"$ref": "#/$defs/words"}, "about": {"$ref": "#/$defs/words"},
            "group": {"type": "string"},
            "class": {"enum": ["core", "service", "other"]},
            "geometry": {"type": "array", "minItems": 1, "items": {"enum": ["Point", "LineString", "Polygon"]}},
            "coverage": {"type": "boolean"},
            "key": {"type": "array", "minItems": 1, "items": {"type": "string"}},
            "parent": {"type": "array", "items": {"$ref": "#/$defs/layer"}},
            "refresh": {"type": "string"}, "custodian": {"type": "string"}, "rank_by": {"type": "string"},
            "fields": {"type": "array", "items": field},
            "rules": {"type": "object", "additionalProperties": settings, "propertyNames": {"pattern": "^[A-Z][0-9]{2,3}$"}},
            "also_called": {"type": "array", "items": {"type": "string"}}
        },
        "$defs": {"words": words, "layer": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$"}}
    })
}

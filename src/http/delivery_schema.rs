//! The shapes of deliveries for the API description.

use serde_json::{Value, json};

use super::openapi::{object, reference};
use crate::store::JobState;

/// The components that deliveries add.
pub(super) fn schemas() -> Value {
    let text = || json!({"type": "string"});
    let count = || json!({"type": "integer", "minimum": 0});
    let any = || json!({"type": "object", "additionalProperties": true});
    let or_null = |kind: &str| json!({"type": kind, "nullable": true});
    let list = |of: Value| json!({"type": "array", "items": of});
    let links = list(reference("schemas", "link"));
    let states: Vec<&str> = JobState::ALL.map(JobState::word).to_vec();
    let file = object(
        &["name", "received"],
        json!({"name": text(), "received": count(), "bytes": or_null("integer"), "hash": or_null("string"), "href": text()}),
    );
    let counts = object(
        &["read", "accepted", "repaired", "set_aside"],
        json!({"read": count(), "accepted": count(), "repaired": count(), "set_aside": count()}),
    );
    let layer = object(
        &["layer", "verdict", "summary", "counts", "report"],
        json!({"layer": text(), "verdict": text(), "summary": text(), "counts": counts,
            "version": {"type": "integer", "minimum": 1}, "state": text(), "report": text(), "set_aside": text()}),
    );
    let progress = object(
        &["done", "total", "unit"],
        json!({"done": count(), "total": count(), "unit": text()}),
    );
    let mut delivery = json!({
        "id": text(), "source": text(), "file": text(), "bytes": count(), "received": count(),
        "layer": or_null("string"), "files": list(file), "state": {"type": "string", "enum": states},
        "phase": text(), "progress": progress, "reason": or_null("string"), "passed_over": text(),
    });
    let rest = json!({
        "ask": reference("schemas", "deliveryAsk"), "remembered": any(), "layers": list(layer),
        "report": text(), "by": text(), "created_at": text(), "updated_at": text(), "expires_at": text(),
        "links": links,
    });
    if let (Value::Object(all), Value::Object(more)) = (&mut delivery, rest) {
        all.extend(more);
    }
    let named =
        |value: Value| json!({"type": "object", "nullable": true, "additionalProperties": value});
    json!({
        "deliveries": object(&["deliveries"], json!({"deliveries": list(reference("schemas", "delivery")), "links": links})),
        "delivery": object(&["id", "state", "phase", "progress", "ask", "layers", "report"], delivery),
        "deliveryAsk": object(&[], json!({
            "layer": or_null("string"), "crs": or_null("string"), "encoding": or_null("string"),
            "columns": named(or_null("string")),
            "codes": named(named(or_null("string"))),
            "repairs": {"type": "string", "nullable": true, "description": "none, safe, all, or kinds with commas between"},
            "set_aside": or_null("boolean"), "metadata": named(json!({})),
        })),
        "deliveryForm": object(&["file"], json!({
            "file": list(json!({"type": "string", "format": "binary"})),
            "layer": text(), "crs": text(), "encoding": text(), "source": text(), "repairs": text(),
            "set_aside": text(), "columns": {"type": "string", "description": "JSON"},
            "codes": {"type": "string", "description": "JSON: by field, from the text of the file to the code"},
            "metadata": {"type": "string", "description": "JSON"},
        })),
        "uploadBytes": {"type": "string", "format": "binary"},
    })
}

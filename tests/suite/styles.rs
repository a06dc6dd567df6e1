//! The styles of `styles/` against the standards of `layers/`: a style that asks for a field, a code or a
//! layer that the standards do not know would draw nothing and say nothing.

use std::{collections::BTreeSet, fs, path::PathBuf};

use parat::{
    model::LayerId,
    standard::{LayerStandard, Shape, Standards},
};
use serde_json::Value;

/// Each style file with the standard of the layer it is named after.
fn styles() -> Vec<(&'static LayerStandard, Vec<Value>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("styles");
    let mut found = vec![];
    for file in fs::read_dir(folder).expect("styles/ is in the repository") {
        let path = file.expect("a readable folder").path();
        let name = path
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        if name == "base" || path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        let id: LayerId = name.parse().expect("a style file is named after its layer");
        let standard = Standards::builtin()
            .layer(&id)
            .unwrap_or_else(|| panic!("styles/{name}.json: no such layer in layers/"));
        let text = fs::read_to_string(&path).expect("a readable file");
        let layers = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"));
        found.push((standard, layers));
    }
    assert!(found.len() > 5, "the styles were found");
    found
}

/// Calls `seen` with every expression (an array that starts with a name) inside a value.
fn expressions(value: &Value, seen: &mut impl FnMut(&str, &[Value])) {
    match value {
        Value::Array(items) => {
            if let Some(name) = items.first().and_then(Value::as_str) {
                seen(name, items);
            }
            for item in items {
                expressions(item, seen);
            }
        }
        Value::Object(members) => members
            .values()
            .for_each(|member| expressions(member, seen)),
        _ => {}
    }
}

/// The field of `["get", field]`.
fn got(value: &Value) -> Option<&str> {
    match value.as_array()?.as_slice() {
        [Value::String(get), Value::String(field)] if get == "get" => Some(field),
        _ => None,
    }
}

#[test]
fn every_layer_of_the_minimum_profile_has_a_style() {
    let styled: BTreeSet<&str> = styles()
        .iter()
        .map(|(standard, _)| standard.layer.as_str())
        .collect();
    for id in &Standards::builtin().profile().layers {
        assert!(styled.contains(id.as_str()), "{id} has no style");
    }
}

#[test]
fn styles_draw_only_their_own_layer_and_labels_of_areas() {
    let mut ids = BTreeSet::new();
    for (standard, layers) in styles() {
        let id = standard.layer.as_str();
        let label = format!("{id}_label");
        for layer in layers {
            let name = layer["id"].as_str().expect("an id").to_owned();
            assert!(
                name.starts_with(&format!("{id}-")),
                "{name} is not named after {id}"
            );
            let source = layer["source-layer"].as_str().expect("a source-layer");
            assert!(source == id || source == label, "{name}: {source}");
            if source == label {
                assert!(
                    standard.geometry.contains(&Shape::Polygon),
                    "{name}: only areas have label points"
                );
            }
            assert!(
                layer["metadata"]["parat:order"].is_number(),
                "{name} has no place in the order"
            );
            assert!(ids.insert(name.clone()), "{name} stands twice");
        }
    }
}

#[test]
fn styles_ask_only_for_fields_of_the_standard() {
    let standards = Standards::builtin();
    for (standard, layers) in styles() {
        let known: BTreeSet<&str> = standards
            .fields(standard)
            .map(|field| field.name.as_str())
            .collect();
        for layer in layers {
            let check = |field: &str| {
                assert!(
                    known.contains(field),
                    "{}: the standard has no `{field}`",
                    layer["id"]
                );
            };
            expressions(&layer, &mut |_, items| {
                if let Some(field) = got(&Value::Array(items.to_vec())) {
                    check(field);
                }
            });
            if let Some(field) = layer["metadata"]["parat:key"].as_str() {
                check(field);
            }
        }
    }
}

#[test]
fn styles_name_only_codes_of_the_lists() {
    let standards = Standards::builtin();
    let mut checked = 0;
    for (standard, layers) in styles() {
        for layer in layers {
            expressions(&layer, &mut |name, items| {
                if name != "match" {
                    return;
                }
                let Some(list) = got(&items[1])
                    .and_then(|field| standards.field(standard, field))
                    .and_then(|field| standards.codes(field.codes.as_deref()?))
                else {
                    return;
                };
                for label in items[2..items.len() - 1].iter().step_by(2) {
                    let codes = label
                        .as_array()
                        .cloned()
                        .unwrap_or_else(|| vec![label.clone()]);
                    for code in codes {
                        let code = code.as_str().expect("codes are text");
                        assert!(
                            list.has(code),
                            "{}: {} has no code `{code}`",
                            layer["id"],
                            list.name
                        );
                        checked += 1;
                    }
                }
            });
        }
    }
    assert!(checked > 100, "codes were compared: {checked}");
}

#[test]
fn styles_fetch_nothing_from_elsewhere() {
    for (_, layers) in styles() {
        let text = Value::from(layers).to_string();
        for word in ["http:", "https:", "//", "icon-image", "glyphs", "sprite"] {
            assert!(!text.contains(word), "a style holds {word}");
        }
    }
}

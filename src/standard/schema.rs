//! The JSON Schemas under `layers/schema/`, for editors that complete and check TOML: derived from the types
//! that loading parses into, so that they know what loading knows. For a pack that inherits, the same
//! without anything being required, and with `remove`.

use std::collections::BTreeMap;

use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};

use super::{
    grids::GridFile,
    load::{Common, FrequencyFile, MetadataFile},
    pack::Manifest,
    profile::Profile,
    spec::{LayerStandard, RuleWords, Words},
    stack::IndicatorFile,
};

fn of<T: JsonSchema>(title: &str) -> Value {
    let settings = SchemaSettings::draft2020_12();
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<T>()
        .to_value();
    schema["title"] = json!(title);
    schema
}

/// Nothing is required of what only changes something, and everything may be removed.
fn loosen(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.remove("required");
            if let Some(Value::Object(properties)) = map.get_mut("properties") {
                properties.insert(
                    "remove".to_owned(),
                    json!({"type": "boolean", "description": "True to take it away from the packs below."}),
                );
            }
            map.values_mut().for_each(loosen);
        }
        Value::Array(list) => list.iter_mut().for_each(loosen),
        _ => {}
    }
}

/// Every schema, by its path from the top of a pack.
pub(super) fn schemas() -> BTreeMap<String, Value> {
    let whole = [
        (
            "layer",
            of::<LayerStandard>("The standard of one layer: <layer>.toml"),
        ),
        ("common", of::<Common>("What every layer has: common.toml")),
        (
            "profile",
            of::<Profile>("The minimum set and the numbers rules measure with: profile.toml"),
        ),
        (
            "codes",
            of::<BTreeMap<String, Words>>("What each code list is called: codes.toml"),
        ),
        (
            "metadata",
            of::<MetadataFile>("The metadata elements: metadata.toml"),
        ),
        (
            "frequencies",
            of::<FrequencyFile>("How often layers are due: frequencies.toml"),
        ),
        (
            "indicators",
            of::<IndicatorFile>("The indicator catalogue: indicators.toml"),
        ),
        (
            "messages",
            of::<BTreeMap<String, Words>>("What the gate says: messages.toml"),
        ),
        ("grid", of::<GridFile>("Tile grids: grids/<name>.toml")),
        (
            "rules",
            of::<BTreeMap<String, RuleWords>>("What is said of each rule: rules.toml"),
        ),
    ];
    let mut all = BTreeMap::new();
    for (name, schema) in whole {
        let mut over = schema.clone();
        loosen(&mut over);
        let title = schema["title"].as_str().unwrap_or_default();
        over["title"] = json!(format!("{title}, of a pack that inherits"));
        all.insert(format!("schema/{name}.json"), schema);
        all.insert(format!("schema/{name}.over.json"), over);
    }
    let pack = of::<Manifest>("A pack: pack.toml");
    all.insert("schema/pack.json".to_owned(), pack);
    all
}

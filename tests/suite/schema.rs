//! Reports are what their schema says.

use parat::report;
use serde_json::{Value, json};

/// Where a value breaks a schema of the words that ours uses; a word it does not know is a fault of the test.
pub(crate) fn breaks(schema: &Value, value: &Value, root: &Value, at: &str) -> Vec<String> {
    let no = |why: String| vec![format!("{at}: {why}")];
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root
            .pointer(reference.trim_start_matches('#'))
            .expect("a reference that leads somewhere");
        return breaks(target, value, root, at);
    }
    let mut found = vec![];
    for (word, said) in schema.as_object().expect("a schema") {
        match word.as_str() {
            "$schema" | "title" | "description" | "$defs" | "properties" | "minimum"
            | "maximum" | "minItems" | "maxItems" => {}
            "type" => {
                let good = match said.as_str().unwrap() {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "null" => value.is_null(),
                    "number" => value.is_number(),
                    "integer" => value.is_i64() || value.is_u64(),
                    other => panic!("type {other}"),
                };
                if !good {
                    return no(format!("{value} is no {said}"));
                }
            }
            "const" if said == value => {}
            "enum" if said.as_array().unwrap().contains(value) => {}
            "const" | "enum" => return no(format!("{value} is not {said}")),
            "required" => {
                for name in said.as_array().unwrap() {
                    if value.get(name.as_str().unwrap()).is_none() {
                        found.extend(no(format!("no {name}")));
                    }
                }
            }
            "additionalProperties" => {
                for (name, inner) in value.as_object().into_iter().flatten() {
                    let known = &schema["properties"][name];
                    let at = format!("{at}/{name}");
                    if !known.is_null() {
                        found.extend(breaks(known, inner, root, &at));
                    } else if *said == json!(false) {
                        found.push(format!("{at}: nobody knows it"));
                    } else {
                        found.extend(breaks(said, inner, root, &at));
                    }
                }
            }
            "items" => {
                let items = value.as_array().map_or(&[][..], Vec::as_slice);
                for (number, item) in items.iter().enumerate() {
                    found.extend(breaks(said, item, root, &format!("{at}/{number}")));
                }
            }
            "anyOf" | "oneOf" => {
                let tried: Vec<_> = said
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|one| breaks(one, value, root, at))
                    .collect();
                let good = tried.iter().filter(|faults| faults.is_empty()).count();
                if good == 0 || (word == "oneOf" && good > 1) {
                    return no(format!("{good} of {word} fit: {tried:?}"));
                }
            }
            other => panic!("the schema says `{other}`, which this test does not know"),
        }
    }
    if let (Some(list), low, high) = (value.as_array(), &schema["minItems"], &schema["maxItems"]) {
        let count = list.len() as u64;
        if low.as_u64().is_some_and(|low| count < low)
            || high.as_u64().is_some_and(|high| count > high)
        {
            found.extend(no(format!("{count} items")));
        }
    }
    if let Some(number) = value.as_f64() {
        let (low, high) = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
        if low.is_some_and(|low| number < low) || high.is_some_and(|high| number > high) {
            found.extend(no(format!("{number} is out of range")));
        }
    }
    found
}

/// Judges a report by the schema.
pub(crate) fn hold(text: &str) {
    let schema = report::schema();
    let value: Value = serde_json::from_str(text).unwrap();
    let faults = breaks(&schema, &value, &schema, "");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_schema_refuses_what_is_no_report() {
    let schema = report::schema();
    for bad in [json!({}), json!({"verdict": "fine"}), json!([])] {
        assert!(!breaks(&schema, &bad, &schema, "").is_empty());
    }
}

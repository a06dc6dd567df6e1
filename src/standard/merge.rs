//! How one pack's file changes the same file of the packs below.
//!
//! Tables merge key by key. A list of tables with a name of their own (`name`, `element`, `code`) merges by
//! that name; a table that says `remove = true` goes. Names that people also use are added to; every other
//! value takes the place of the one below.

use std::collections::BTreeSet;

use toml::{Table, Value};

/// The keys by which the tables of a list know each other.
const NAMES: [&str; 3] = ["name", "element", "code"];

/// Lists that grow: other names for a thing. All other lists are replaced.
const GROWING: [&str; 2] = ["aliases", "also_called"];

/// Lays `over` on `base`.
pub(super) fn tables(base: &mut Table, over: Table) {
    for (key, value) in over {
        if removes(&value) {
            base.remove(&key);
            continue;
        }
        match (base.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => tables(below, above),
            (Some(Value::Array(below)), Value::Array(above)) if named(below) && named(&above) => {
                by_name(below, above);
            }
            (Some(Value::Array(below)), Value::Array(above)) if GROWING.contains(&key.as_str()) => {
                let known: BTreeSet<String> = below.iter().map(Value::to_string).collect();
                below.extend(
                    above
                        .into_iter()
                        .filter(|text| !known.contains(&text.to_string())),
                );
            }
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

fn removes(value: &Value) -> bool {
    value.get("remove").and_then(Value::as_bool) == Some(true)
}

fn name_of(value: &Value) -> Option<(&'static str, &str)> {
    NAMES
        .iter()
        .find_map(|key| Some((*key, value.get(key)?.as_str()?)))
}

/// An empty list is one too: it changes nothing.
fn named(list: &[Value]) -> bool {
    list.iter().all(|value| name_of(value).is_some())
}

fn by_name(below: &mut Vec<Value>, above: Vec<Value>) {
    for value in above {
        let at = below
            .iter()
            .position(|other| name_of(other) == name_of(&value));
        match (at, value) {
            (Some(at), value) if removes(&value) => {
                below.remove(at);
            }
            (Some(at), Value::Table(over)) => {
                if let Value::Table(base) = &mut below[at] {
                    tables(base, over);
                }
            }
            (_, value) if removes(&value) => {}
            (_, value) => below.push(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn laid(base: &str, over: &str) -> Table {
        let mut base: Table = base.parse().expect("TOML");
        tables(&mut base, over.parse().expect("TOML"));
        base
    }

    #[test]
    fn tables_merge_lists_by_name_merge_and_other_values_are_replaced() {
        let laid = laid(
            r#"
            title = { en = "Roads", hi = "सड़क" }
            key = ["a"]
            also_called = ["streets"]
            fields = [{ name = "a", kind = "text", aliases = ["x"] }, { name = "b", kind = "text" }]
            rules = { T04 = { limit = 1.0 }, T05 = {} }
            "#,
            r#"
            title = { en = "Ways" }
            key = ["b"]
            also_called = ["ways", "streets"]
            fields = [{ name = "a", required = true, aliases = ["y"] }, { name = "b", remove = true }, { name = "c", kind = "date" }]
            rules = { T05 = { remove = true }, T06 = {} }
            "#,
        );
        let wanted: Table = r#"
            title = { en = "Ways", hi = "सड़क" }
            key = ["b"]
            also_called = ["streets", "ways"]
            fields = [{ name = "a", kind = "text", aliases = ["x", "y"], required = true }, { name = "c", kind = "date" }]
            rules = { T04 = { limit = 1.0 }, T06 = {} }
            "#
        .parse()
        .expect("TOML");
        assert_eq!(laid, wanted);
    }
}

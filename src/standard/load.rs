//! Packs to [`Standards`]: what their files say, put together and held against each other.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

use super::{
    Standards, check, codes,
    codes::CodeList,
    files::{Embedded, StandardError, line_of, parse, wrong},
    grids,
    messages::Messages,
    metadata::MetadataRule,
    pack::Pack,
    profile::Frequency,
    spec::{FieldRule, LayerStandard, RuleSettings, Words},
    stack::{Stack, is_grid_file, is_layer_file, list_of},
};

/// `layers/common.toml`.
#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Common {
    fields: Vec<FieldRule>,
    rules: BTreeMap<String, RuleSettings>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct MetadataFile {
    element: Vec<MetadataRule>,
}

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct FrequencyFile {
    frequency: Vec<Frequency>,
}

/// Lays packs on one another, the one that stands alone first, parses and cross-checks. With more than one
/// pack a fault's file is called by the topmost pack that has it: `state/road.toml`.
pub(super) fn standards(packs: &[Pack]) -> Result<Standards, StandardError> {
    assemble(packs).map_err(|error| match error {
        StandardError::Wrong {
            file,
            line,
            message,
        } if packs.len() > 1 && !file.contains('@') => {
            let owner = packs
                .iter()
                .rev()
                .find(|pack| pack.files.contains_key(&file));
            let owner = owner.or(packs.last()).map(|pack| pack.info().label());
            StandardError::Wrong {
                file: format!("{}/{file}", owner.unwrap_or_default()),
                line,
                message,
            }
        }
        other => other,
    })
}

fn assemble(packs: &[Pack]) -> Result<Standards, StandardError> {
    let stack = Stack::of(packs)?;
    let common: Common = stack.parse("common.toml")?;
    let mut titles: BTreeMap<String, Words> = stack.parse("codes.toml")?;
    titles.retain(|name, _| !stack.dropped_lists.contains(&name));
    let mut lists: BTreeMap<String, CodeList> = BTreeMap::new();
    let mut layers: Vec<LayerStandard> = vec![];
    let mut tile_grids = vec![];
    for (path, texts) in &stack.files {
        if let Some(name) = list_of(path) {
            let title = titles.get(name).ok_or_else(|| {
                wrong(
                    "codes.toml",
                    1,
                    format!("the list `{name}` has no title here"),
                )
            })?;
            for text in texts {
                let list = codes::read(path, text, name, title.clone())?;
                match lists.get_mut(name) {
                    Some(below) => below.lay(list),
                    None => {
                        lists.insert(name.to_owned(), list);
                    }
                }
            }
        } else if is_layer_file(path) {
            let mut layer: LayerStandard = stack.parse(path)?;
            check::layer_alone(path, stack.top(path), &layer)?;
            for (code, settings) in &common.rules {
                layer
                    .rules
                    .entry(code.clone())
                    .or_insert_with(|| settings.clone());
            }
            layers.push(layer);
        } else if is_grid_file(path) {
            tile_grids.extend(grids::grids(path, stack.top(path), &stack.parse(path)?)?);
        }
    }
    if let Some(name) = titles.keys().find(|name| !lists.contains_key(*name)) {
        let line = line_of(stack.top("codes.toml"), name);
        return Err(wrong(
            "codes.toml",
            line,
            format!("there is no codes/{name}.csv"),
        ));
    }
    layers.sort_by(|a, b| a.layer.cmp(&b.layer));
    let fields = layers
        .iter()
        .map(|layer| (layer.layer.clone(), merged(&common.fields, &layer.fields)))
        .collect::<HashMap<_, _>>();
    let words: BTreeMap<String, super::RuleWords> = stack.parse("rules.toml")?;
    let standards = Standards {
        profile: stack.parse("profile.toml")?,
        layers,
        fields,
        common_fields: common.fields,
        common_rules: common.rules,
        codes: lists,
        metadata: stack.parse::<MetadataFile>("metadata.toml")?.element,
        frequencies: stack.parse::<FrequencyFile>("frequencies.toml")?.frequency,
        indicators: stack.indicators()?,
        grids: tile_grids,
        messages: messages(&stack)?.with_faults(words.iter()),
        words,
        packs: packs.iter().map(Pack::info).collect(),
        fingerprint: fingerprint(packs),
    };
    check::all(&standards, &|path| stack.top(path))?;
    let offered = &standards.profile.grids;
    grids::cross_check(&standards.grids, offered, stack.top("profile.toml"))?;
    Ok(standards)
}

fn fingerprint(packs: &[Pack]) -> String {
    let mut hash = blake3::Hasher::new();
    let told = |path: &str| !path.starts_with("schema/") && path != "README.md";
    let files = packs.iter().flat_map(|pack| &pack.files);
    for (path, text) in files.filter(|(path, _)| told(path)) {
        for part in [path.as_bytes(), b"\0", text.as_bytes(), b"\0"] {
            hash.update(part);
        }
    }
    hash.finalize().to_hex().to_string()
}

fn merged(common: &[FieldRule], own: &[FieldRule]) -> Vec<FieldRule> {
    let declared_anew = |field: &FieldRule| own.iter().find(|other| other.name == field.name);
    common
        .iter()
        .map(|field| declared_anew(field).unwrap_or(field))
        .chain(
            own.iter()
                .filter(|field| !common.iter().any(|other| other.name == field.name)),
        )
        .cloned()
        .collect()
}

/// The templates of sentences: ours, under those of the packs where they bring some.
fn messages(stack: &Stack<'_>) -> Result<Messages, StandardError> {
    let text = Embedded::get("messages.toml").expect("the templates are embedded");
    let ours = parse("messages.toml", &String::from_utf8_lossy(&text.data))?;
    if stack.files.contains_key("messages.toml") {
        Ok(stack.parse::<Messages>("messages.toml")?.over(&ours))
    } else {
        Ok(ours)
    }
}

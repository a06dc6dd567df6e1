//! Packs to [`Standards`]: files embedded or from folders, laid on one another, parsed strictly, each fault
//! with file and line.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Standards, check, codes,
    codes::CodeList,
    grids,
    indicator::IndicatorRule,
    merge,
    messages::Messages,
    metadata::MetadataRule,
    pack::{MANIFEST, Pack},
    profile::Frequency,
    spec::{FieldRule, LayerStandard, RuleSettings, Words},
};
use crate::model::IndicatorId;

/// Why standards cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StandardError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file says something that the standards do not know or that contradicts another file.
    #[error("{file}:{line}: {message}")]
    Wrong {
        /// The file, from the top of the folder.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// A fault at a place.
pub(super) fn wrong(file: &str, line: usize, message: impl Into<String>) -> StandardError {
    StandardError::Wrong {
        file: file.to_owned(),
        line,
        message: message.into(),
    }
}

/// The files of a profile, by path from its top (`codes/LU1.csv`), in order.
pub(super) type Files = BTreeMap<String, String>;

#[derive(rust_embed::RustEmbed)]
#[folder = "layers/"]
struct Embedded;

/// The files that come with the program.
pub(super) fn embedded() -> Result<Files, StandardError> {
    Embedded::iter()
        .filter_map(|path| Embedded::get(&path).map(|file| (path, file)))
        .map(|(path, file)| {
            let text = String::from_utf8(file.data.into_owned())
                .map_err(|error| wrong(&path, 1, error.to_string()))?;
            Ok((path.into_owned(), text))
        })
        .collect()
}

/// The largest file of a standard; the largest of ours has 60 kB.
const FILE_BYTES: u64 = 4 << 20;

/// The files of a folder and of its folders `codes`, `grids` and `schema`, which need not be there.
pub(super) fn folder(dir: &Path) -> Result<Files, StandardError> {
    let mut files = Files::new();
    for prefix in ["", "codes/", "grids/", "schema/"] {
        let folder = dir.join(prefix);
        if !prefix.is_empty() && !folder.exists() {
            continue;
        }
        let unreadable = |source| StandardError::Unreadable {
            path: folder.clone(),
            source,
        };
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let unreadable = |source| StandardError::Unreadable {
                path: path.clone(),
                source,
            };
            let about = std::fs::metadata(&path).map_err(unreadable)?;
            if about.is_dir() {
                continue;
            }
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if about.len() > FILE_BYTES {
                return Err(wrong(&name, 1, "larger than 4 MiB"));
            }
            let text = std::fs::read_to_string(&path).map_err(unreadable)?;
            files.insert(name, text);
        }
    }
    Ok(files)
}

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

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct IndicatorFile {
    indicator: Vec<IndicatorRule>,
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

/// The files of all packs by path, the texts of each from the lowest pack to the topmost, without what a
/// pack drops.
struct Stack<'a> {
    packs: &'a [Pack],
    files: BTreeMap<&'a str, Vec<&'a str>>,
    /// Lists that went and did not come back.
    dropped_lists: Vec<&'a String>,
}

impl<'a> Stack<'a> {
    fn of(packs: &'a [Pack]) -> Result<Self, StandardError> {
        let mut files: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut dropped_lists = vec![];
        for pack in packs {
            let (keep, drop) = (&pack.manifest.keep, &pack.manifest.drop);
            let layer_of = |path: &str| path.strip_suffix(".toml").map(str::to_owned);
            for id in drop.layers.iter().chain(keep.layers.iter().flatten()) {
                if !files.contains_key(format!("{id}.toml").as_str()) {
                    let said = format!("the packs below have no layer `{id}`");
                    return Err(pack.wrong(id.as_str(), said));
                }
            }
            files.retain(|path, _| {
                if !is_layer_file(path) {
                    return true;
                }
                let kept =
                    |id: &crate::model::LayerId| Some(id.as_str()) == layer_of(path).as_deref();
                keep.layers.as_ref().is_none_or(|ids| ids.iter().any(kept))
                    && !drop.layers.iter().any(kept)
            });
            for name in &drop.codes {
                if files.remove(format!("codes/{name}.csv").as_str()).is_none() {
                    let said = format!("the packs below have no code list `{name}`");
                    return Err(pack.wrong(name, said));
                }
                dropped_lists.push(name);
            }
            for (path, text) in &pack.files {
                let known = is_layer_file(path) || list_of(path).is_some() || is_grid_file(path);
                if !known && !KNOWN.contains(&path.as_str()) && !path.starts_with("schema/") {
                    return Err(wrong(path, 1, "the standards have no use for this file"));
                }
                files.entry(path).or_default().push(text);
            }
        }
        dropped_lists.retain(|name| !files.contains_key(format!("codes/{name}.csv").as_str()));
        Ok(Self {
            packs,
            files,
            dropped_lists,
        })
    }

    /// The topmost text of a file; empty where nobody has it.
    fn top(&self, path: &str) -> &'a str {
        self.files
            .get(path)
            .and_then(|texts| texts.last())
            .copied()
            .unwrap_or_default()
    }

    /// The file as all packs together say it.
    fn parse<T: DeserializeOwned>(&self, path: &str) -> Result<T, StandardError> {
        let texts = self.files.get(path).map_or(&[][..], Vec::as_slice);
        match texts {
            [] => Err(wrong(path, 1, "this file is missing")),
            [text] => parse(path, text),
            [base, above @ ..] => {
                let mut all: toml::Table = parse(path, base)?;
                for text in above {
                    merge::tables(&mut all, parse(path, text)?);
                }
                // What is laid together has no lines; the name that the fault quotes has one.
                all.try_into().map_err(|error: toml::de::Error| {
                    let quoted = error.message().split('`').nth(1).unwrap_or_default();
                    wrong(path, line_of(self.top(path), quoted), error.message())
                })
            }
        }
    }

    fn indicators(&self) -> Result<Vec<IndicatorRule>, StandardError> {
        let mut rules = self.parse::<IndicatorFile>("indicators.toml")?.indicator;
        // A pack keeps and drops what the packs below it have, never what it brings itself.
        let mut above: Vec<IndicatorId> = vec![];
        for pack in self.packs.iter().rev() {
            let (keep, drop) = (
                &pack.manifest.keep.indicators,
                &pack.manifest.drop.indicators,
            );
            if let Some(text) = pack.files.get("indicators.toml") {
                let own: toml::Table = parse("indicators.toml", text)?;
                let list = own.get("indicator").and_then(toml::Value::as_array);
                above.extend(
                    list.into_iter()
                        .flatten()
                        .filter_map(|rule| rule.get("code")?.as_str()?.parse().ok()),
                );
            }
            rules.retain(|rule| {
                above.contains(&rule.code)
                    || (keep.as_ref().is_none_or(|codes| codes.contains(&rule.code))
                        && !drop.contains(&rule.code))
            });
        }
        Ok(rules)
    }
}

/// `ROADCL` of `codes/ROADCL.csv`.
fn list_of(path: &str) -> Option<&str> {
    path.strip_prefix("codes/")?.strip_suffix(".csv")
}

/// `grids/utm.toml`.
fn is_grid_file(path: &str) -> bool {
    path.strip_prefix("grids/")
        .and_then(|name| name.strip_suffix(".toml"))
        .is_some()
}

/// `road.toml`, not `codes/road.toml` nor `profile.toml`.
fn is_layer_file(path: &str) -> bool {
    !KNOWN.contains(&path)
        && path
            .strip_suffix(".toml")
            .is_some_and(|stem| !stem.contains('/'))
}

/// The files beside the layers and code lists.
const KNOWN: [&str; 10] = [
    MANIFEST,
    "codes.toml",
    "common.toml",
    "frequencies.toml",
    "indicators.toml",
    "messages.toml",
    "metadata.toml",
    "profile.toml",
    "rules.toml",
    "README.md",
];

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

/// TOML to a type that knows every key; the fault has its line.
pub(super) fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, StandardError> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = 1 + text[..text.floor_char_boundary(at)].matches('\n').count();
        wrong(file, line, error.message())
    })
}

/// The first line that holds a text, for faults that are found after parsing; 1 when none does.
pub(super) fn line_of(text: &str, wanted: &str) -> usize {
    text.lines()
        .position(|line| line.contains(wanted))
        .map_or(1, |at| at + 1)
}

//! Files to [`Standards`]: embedded or from a folder, each parsed strictly, each fault with file and line.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Standards, check, codes,
    indicator::IndicatorRule,
    messages::Messages,
    metadata::MetadataRule,
    profile::Frequency,
    spec::{FieldRule, LayerStandard, RuleSettings, Words},
};

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

/// The files of a folder and of its folder `codes`.
pub(super) fn folder(dir: &Path) -> Result<Files, StandardError> {
    let mut files = Files::new();
    for (folder, prefix) in [(dir.to_owned(), ""), (dir.join("codes"), "codes/")] {
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
#[serde(deny_unknown_fields)]
struct Common {
    fields: Vec<FieldRule>,
    rules: BTreeMap<String, RuleSettings>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MetadataFile {
    element: Vec<MetadataRule>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FrequencyFile {
    frequency: Vec<Frequency>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IndicatorFile {
    indicator: Vec<IndicatorRule>,
}

/// Parses and cross-checks.
pub(super) fn standards(files: &Files) -> Result<Standards, StandardError> {
    let mut hash = blake3::Hasher::new();
    for (path, text) in files {
        for part in [path.as_bytes(), b"\0", text.as_bytes(), b"\0"] {
            hash.update(part);
        }
    }
    let common: Common = named(files, "common.toml")?;
    let titles: BTreeMap<String, Words> = named(files, "codes.toml")?;
    let mut lists = BTreeMap::new();
    let mut layers: Vec<LayerStandard> = vec![];
    for (path, text) in files {
        if let Some(name) = path
            .strip_prefix("codes/")
            .and_then(|name| name.strip_suffix(".csv"))
        {
            let title = titles.get(name).cloned().ok_or_else(|| {
                wrong(
                    "codes.toml",
                    1,
                    format!("the list `{name}` has no title here"),
                )
            })?;
            lists.insert(name.to_owned(), codes::read(path, text, name, title)?);
        } else if KNOWN.contains(&path.as_str()) {
        } else if is_layer_file(path) {
            let mut layer: LayerStandard = parse(path, text)?;
            check::layer_alone(path, text, &layer)?;
            for (code, settings) in &common.rules {
                layer
                    .rules
                    .entry(code.clone())
                    .or_insert_with(|| settings.clone());
            }
            layers.push(layer);
        } else {
            return Err(wrong(path, 1, "the standards have no use for this file"));
        }
    }
    if let Some(name) = titles.keys().find(|name| !lists.contains_key(*name)) {
        let line = line_of(&files["codes.toml"], name);
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
    let standards = Standards {
        profile: named(files, "profile.toml")?,
        layers,
        fields,
        common_fields: common.fields,
        common_rules: common.rules,
        codes: lists,
        metadata: named::<MetadataFile>(files, "metadata.toml")?.element,
        frequencies: named::<FrequencyFile>(files, "frequencies.toml")?.frequency,
        indicators: named::<IndicatorFile>(files, "indicators.toml")?.indicator,
        words: named(files, "rules.toml")?,
        messages: messages(files)?,
        fingerprint: hash.finalize().to_hex().to_string(),
    };
    check::all(&standards, files)?;
    Ok(standards)
}

/// `road.toml`, not `codes/road.toml`.
fn is_layer_file(path: &str) -> bool {
    path.strip_suffix(".toml")
        .is_some_and(|stem| !stem.contains('/'))
}

/// The files beside the layers and code lists.
const KNOWN: [&str; 10] = [
    "codes.toml",
    "common.toml",
    "frequencies.toml",
    "indicators.toml",
    "messages.toml",
    "metadata.toml",
    "profile.toml",
    "rules.toml",
    "schema.json",
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

fn named<T: DeserializeOwned>(files: &Files, name: &str) -> Result<T, StandardError> {
    let text = files
        .get(name)
        .ok_or_else(|| wrong(name, 1, "this file is missing"))?;
    parse(name, text)
}

/// The templates of sentences: ours, under those of the files where they bring some.
fn messages(files: &Files) -> Result<Messages, StandardError> {
    let text = Embedded::get("messages.toml").expect("the templates are embedded");
    let ours = parse("messages.toml", &String::from_utf8_lossy(&text.data))?;
    match files.get("messages.toml") {
        Some(text) => Ok(parse::<Messages>("messages.toml", text)?.over(&ours)),
        None => Ok(ours),
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

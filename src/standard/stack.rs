//! The files of all packs laid on one another, from the lowest to the topmost.

use std::collections::BTreeMap;

use serde::{Deserialize, de::DeserializeOwned};

use super::{
    files::{StandardError, line_of, parse, wrong},
    indicator::IndicatorRule,
    merge,
    pack::{MANIFEST, Pack},
};
use crate::model::IndicatorId;

#[derive(Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct IndicatorFile {
    indicator: Vec<IndicatorRule>,
}

/// The files of all packs by path, the texts of each from the lowest pack to the topmost, without what a
/// pack drops.
pub(super) struct Stack<'a> {
    pub(super) packs: &'a [Pack],
    pub(super) files: BTreeMap<&'a str, Vec<&'a str>>,
    /// Lists that went and did not come back.
    pub(super) dropped_lists: Vec<&'a String>,
}

impl<'a> Stack<'a> {
    pub(super) fn of(packs: &'a [Pack]) -> Result<Self, StandardError> {
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
    pub(super) fn top(&self, path: &str) -> &'a str {
        self.files
            .get(path)
            .and_then(|texts| texts.last())
            .copied()
            .unwrap_or_default()
    }

    /// The file as all packs together say it.
    pub(super) fn parse<T: DeserializeOwned>(&self, path: &str) -> Result<T, StandardError> {
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

    pub(super) fn indicators(&self) -> Result<Vec<IndicatorRule>, StandardError> {
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
pub(super) fn list_of(path: &str) -> Option<&str> {
    path.strip_prefix("codes/")?.strip_suffix(".csv")
}

/// `grids/utm.toml`.
pub(super) fn is_grid_file(path: &str) -> bool {
    path.strip_prefix("grids/")
        .and_then(|name| name.strip_suffix(".toml"))
        .is_some()
}

/// `road.toml`, not `codes/road.toml` nor `profile.toml`.
pub(super) fn is_layer_file(path: &str) -> bool {
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

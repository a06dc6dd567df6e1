//! Packs: a nation, a state and a city each say only what they know better than the one above.
//!
//! A pack is a folder laid out like `layers/`, named and numbered by its `pack.toml`. It stands alone, or
//! it inherits from another folder or from the pack in the program; the chain is resolved to the pack that
//! stands alone before anything is parsed, and a version that is not the one a pack was written for is
//! refused, so that nobody's standard changes under them.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{
    files::{self, Files, StandardError, line_of, wrong},
    spec::Words,
};
use crate::model::{IndicatorId, LayerId};

/// The file that makes a folder a pack.
pub(super) const MANIFEST: &str = "pack.toml";

/// How many packs may stand on one another: nation, state, district, city and some air.
const DEPTH: usize = 8;

/// `pack.toml`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    /// The pack's name: lower-case letters, digits and hyphens.
    pub(super) id: String,
    /// Raised with every change that people rely on.
    pub(super) version: u32,
    /// What people call it.
    pub(super) title: Words,
    /// What it is for.
    pub(super) about: Words,
    /// The pack it builds on; none for one that stands alone.
    #[serde(default)]
    pub(super) inherits: Option<Inherits>,
    /// What of the packs below stays; all where a list is absent.
    #[serde(default)]
    pub(super) keep: Keep,
    /// What of the packs below goes.
    #[serde(default)]
    pub(super) drop: Drops,
}

/// Which pack another builds on: one of `pack` and `folder`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Inherits {
    /// The name of the pack in the program.
    #[serde(default)]
    pack: Option<String>,
    /// A folder, from where this `pack.toml` lies.
    #[serde(default)]
    folder: Option<PathBuf>,
    /// The version this pack was written for.
    version: u32,
}

/// What stays of the packs below.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Keep {
    /// These layers.
    #[serde(default)]
    pub(super) layers: Option<Vec<LayerId>>,
    /// These indicators.
    #[serde(default)]
    pub(super) indicators: Option<Vec<IndicatorId>>,
}

/// What goes of the packs below.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct Drops {
    /// These layers.
    #[serde(default)]
    pub(super) layers: Vec<LayerId>,
    /// These code lists; a list of the same name in this pack then starts anew.
    #[serde(default)]
    pub(super) codes: Vec<String>,
    /// These indicators.
    #[serde(default)]
    pub(super) indicators: Vec<IndicatorId>,
}

/// A pack as people see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PackInfo {
    /// Its name.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// What people call it.
    pub title: Words,
    /// What it is for.
    pub about: Words,
    /// The files it brings, from its top.
    #[serde(skip)]
    pub files: Vec<String>,
}

impl PackInfo {
    /// `in@1`.
    pub fn label(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }
}

/// One pack, read.
pub(super) struct Pack {
    pub(super) manifest: Manifest,
    pub(super) files: Files,
}

impl Pack {
    pub(super) fn new(files: Files) -> Result<Self, StandardError> {
        let text = files
            .get(MANIFEST)
            .ok_or_else(|| wrong(MANIFEST, 1, "this file is missing"))?;
        let manifest: Manifest = files::parse(MANIFEST, text)?;
        let id = &manifest.id;
        let sound = id.starts_with(|letter: char| letter.is_ascii_lowercase())
            && id.len() <= 40
            && id
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if !sound {
            let said = format!("`{id}` is not a name of lower-case letters, digits and hyphens");
            return Err(wrong(MANIFEST, line_of(text, "id"), said));
        }
        for (what, words) in [("title", &manifest.title), ("about", &manifest.about)] {
            if words.say("en").trim().is_empty() {
                let said = format!("`{what}` needs an English text");
                return Err(wrong(MANIFEST, line_of(text, what), said));
            }
        }
        Ok(Self { manifest, files })
    }

    pub(super) fn info(&self) -> PackInfo {
        PackInfo {
            id: self.manifest.id.clone(),
            version: self.manifest.version,
            title: self.manifest.title.clone(),
            about: self.manifest.about.clone(),
            files: self.files.keys().cloned().collect(),
        }
    }

    /// A fault of this pack's `pack.toml`, where it says `wanted`.
    pub(super) fn wrong(&self, wanted: &str, message: String) -> StandardError {
        let file = format!("{}@{}/{MANIFEST}", self.manifest.id, self.manifest.version);
        wrong(&file, line_of(&self.files[MANIFEST], wanted), message)
    }

    fn refuse(&self, message: String) -> StandardError {
        self.wrong("[inherits]", message)
    }
}

/// The pack of a folder with all it builds on, the one that stands alone first.
pub(super) fn chain(dir: &Path) -> Result<Vec<Pack>, StandardError> {
    let mut packs = vec![Pack::new(files::folder(dir)?)?];
    let mut dir = dir.to_owned();
    loop {
        let top = packs.last().expect("one at least");
        let Some(inherits) = top.manifest.inherits.clone() else {
            break;
        };
        let below = match (&inherits.pack, &inherits.folder) {
            (Some(_), None) => Pack::new(files::embedded()?)?,
            (None, Some(folder)) => {
                dir = dir.join(folder);
                Pack::new(files::folder(&dir)?)?
            }
            _ => return Err(top.refuse("say either `pack` or `folder`".to_owned())),
        };
        if let Some(name) = &inherits.pack
            && *name != below.manifest.id
        {
            return Err(top.refuse(format!(
                "the pack in the program is `{}`, not `{name}`",
                below.manifest.id
            )));
        }
        if inherits.version != below.manifest.version {
            return Err(top.refuse(format!(
                "it was written for version {} of `{}`, but this is version {}: look at what changed, then raise the number",
                inherits.version, below.manifest.id, below.manifest.version
            )));
        }
        if packs
            .iter()
            .any(|pack| pack.manifest.id == below.manifest.id)
        {
            return Err(top.refuse(format!("`{}` stands on itself", below.manifest.id)));
        }
        if packs.len() == DEPTH {
            return Err(top.refuse(format!("more than {DEPTH} packs stand on one another")));
        }
        packs.push(below);
    }
    packs.reverse();
    Ok(packs)
}

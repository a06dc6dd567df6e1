//! The shape of the files under `layers/`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::LayerId;

/// A text in several languages, by BCP 47 tag; `en` is always there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Words(pub BTreeMap<String, String>);

impl Words {
    /// The same with a capital at its head, where the script has capitals.
    pub fn heading(&self, language: &str) -> String {
        let mut letters = self.say(language).chars();
        letters.next().map_or_else(String::new, |first| {
            first.to_uppercase().chain(letters).collect()
        })
    }

    /// True when the English says no more than a name does: `feature_id` and `Feature id`.
    pub fn repeats(&self, name: &str) -> bool {
        self.say("en").to_lowercase().replace(' ', "_") == name
    }

    /// The text in a language, or in English.
    pub fn say(&self, language: &str) -> &str {
        self.0
            .get(language)
            .or_else(|| self.0.get("en"))
            .map_or("", String::as_str)
    }
}

/// What a feature may be; the multi form is always allowed too, unless rule T06 is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub enum Shape {
    /// Points.
    Point,
    /// Lines.
    LineString,
    /// Areas.
    Polygon,
}

impl Shape {
    /// 0, 1 or 2.
    pub fn dimension(self) -> u8 {
        match self {
            Self::Point => 0,
            Self::LineString => 1,
            Self::Polygon => 2,
        }
    }
}

/// Whether a layer belongs to a minimum profile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// One of the six that everything else leans on.
    Core,
    /// One of the twelve service layers.
    Service,
    /// Beyond the minimum.
    Other,
}

/// The standard of one layer: `layers/<layer>.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct LayerStandard {
    /// The layer's name; the file's name too.
    pub layer: LayerId,
    /// Raised whenever the meaning changes.
    pub revision: u32,
    /// What people call it.
    pub title: Words,
    /// What it holds and where one feature ends.
    pub about: Words,
    /// The group it is listed in: `administrative`, `land`, `transport`, …
    pub group: String,
    /// Core, service or other.
    pub class: Class,
    /// The geometry it may have.
    pub geometry: Vec<Shape>,
    /// True when its areas cover the ground without gap or overlap.
    #[serde(default)]
    pub coverage: bool,
    /// The fields that together name a feature for good. A part that is not a required field may be null.
    pub key: Vec<String>,
    /// The layers, in order of preference, whose areas it must fill or lie in.
    #[serde(default)]
    pub parent: Vec<LayerId>,
    /// How often it is due: a code of the frequency list.
    pub refresh: String,
    /// The office that answers for it.
    pub custodian: String,
    /// Where features must be left out of a tile, those with the larger value stay longest; of a field of
    /// codes, those with the code that comes first in its list.
    #[serde(default)]
    pub rank_by: Option<String>,
    /// The attributes, beside the common block.
    #[serde(default)]
    pub fields: Vec<FieldRule>,
    /// The rules that run, by code, each with its settings. In a file, those beyond `common.toml`; once
    /// loaded, those too.
    pub rules: BTreeMap<String, RuleSettings>,
    /// Other names people give the layer, for proposing a standard.
    #[serde(default)]
    pub also_called: Vec<String>,
}

/// The type of an attribute in a standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Text.
    Text,
    /// A whole number.
    Integer,
    /// A number.
    Decimal,
    /// Yes or no.
    Boolean,
    /// A calendar date.
    Date,
    /// A year of four digits.
    Year,
    /// A code of a code list.
    Code,
}

/// One attribute of a standard.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a key of the file that says one thing"
)]
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FieldRule {
    /// The canonical name: lower snake case, at most 10 characters.
    pub name: String,
    /// What people call it.
    pub title: Words,
    /// The type.
    pub kind: Kind,
    /// The code list, for [`Kind::Code`].
    #[serde(default)]
    pub codes: Option<String>,
    /// True when a layer without it does not conform.
    #[serde(default)]
    pub required: bool,
    /// True when no two features may have the same value.
    #[serde(default)]
    pub unique: bool,
    /// True for what all features of a city or of one delivery have in common (the city's code, the
    /// delimitation): as part of a key it tells none from another.
    #[serde(default)]
    pub shared: bool,
    /// True for names and numbers that are compared as text even where a file stores them as numbers.
    #[serde(default)]
    pub identifier: bool,
    /// The smallest value.
    #[serde(default)]
    pub min: Option<f64>,
    /// The largest value.
    #[serde(default)]
    pub max: Option<f64>,
    /// The exact number of characters.
    #[serde(default)]
    pub width: Option<u32>,
    /// The unit.
    #[serde(default)]
    pub unit: Option<String>,
    /// The headers people really write, compared without case, blanks, dots and underscores.
    #[serde(default)]
    pub aliases: Vec<String>,
}

/// What a standard says to a rule. Each rule reads what it knows and refuses the rest when loading.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleSettings {
    /// A severity other than the rule's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<crate::model::Severity>,
    /// A number: T11's smallest size in square metres or metres, T09's largest distance in metres, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<f64>,
    /// A layer the rule looks at beside its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub with: Option<LayerId>,
    /// The field that says the kind of a thing, for T12: two things of different kinds may be near.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The features the rule is for, where it is not for all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Only>,
}

/// Features that have one of these codes in a field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Only {
    /// The field.
    pub field: String,
    /// Its codes.
    pub codes: Vec<String>,
}

/// What is said of a rule, by code in `layers/rules.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleWords {
    /// Its name.
    pub title: Words,
    /// What it finds, in a few words that a count can follow: `overlaps`.
    pub fault: Words,
    /// What it checks.
    pub what: Words,
    /// Why that matters.
    pub why: Words,
    /// How to mend what it finds, in QGIS where that helps.
    pub fix: Words,
}

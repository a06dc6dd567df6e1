//! The metadata elements, and how other catalogues call them.

use serde::{Deserialize, Serialize};

use super::spec::Words;

/// Whether an element must be there before a layer is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Obligation {
    /// Always.
    Required,
    /// When the condition holds that [`MetadataRule::when`] names.
    Conditional,
    /// It helps.
    Recommended,
}

/// One element of `layers/metadata.toml`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct MetadataRule {
    /// The name: the key in a metadata file.
    pub element: String,
    /// What people call it.
    pub title: Words,
    /// Must it be there?
    pub obligation: Obligation,
    /// The condition of a conditional element.
    #[serde(default)]
    pub when: Option<String>,
    /// True when Parat works it out from the data or the standard, so that nobody need write it.
    #[serde(default)]
    pub derived: bool,
    /// The value taken when nobody writes one.
    #[serde(default)]
    pub default: Option<String>,
    /// The code list its value comes from.
    #[serde(default)]
    pub codes: Option<String>,
    /// What to write, with an example.
    pub about: Words,
    /// The ISO 19115 core element and its obligation.
    #[serde(default)]
    pub iso19115: Option<String>,
    /// The DCAT-AP or `GeoDCAT-AP` property.
    #[serde(default)]
    pub dcat: Option<String>,
    /// The OGC API Records key.
    #[serde(default)]
    pub records: Option<String>,
    /// The schema.org property.
    #[serde(default)]
    pub schema_org: Option<String>,
    /// What the national open data portal calls it.
    #[serde(default)]
    pub datagov: Option<String>,
    /// The CKAN field.
    #[serde(default)]
    pub ckan: Option<String>,
}

impl MetadataRule {
    /// True when a layer is kept out unless somebody writes this element.
    pub fn must_be_written(&self) -> bool {
        self.obligation == Obligation::Required && !self.derived && self.default.is_none()
    }
}

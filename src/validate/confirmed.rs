//! What a person confirmed for one delivery and the next delivery of that source need not ask again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::model::LayerId;

/// Answers that a person gave to proposals. Whoever stores it stores it by source; here it is only applied, and the
/// report says where it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Confirmed {
    /// The layer that the source sends.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerId>,
    /// The coordinate system of its files: `EPSG:32643`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub crs: Option<String>,
    /// The encoding of its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// From field to column.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub columns: BTreeMap<String, String>,
    /// From field and text to code.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub codes: BTreeMap<String, BTreeMap<String, String>>,
}

impl Confirmed {
    /// True when nothing was confirmed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

//! What the gate proposes where a file leaves a question, each proposal with its evidence.
//!
//! A proposal changes nothing. A person who takes one asks again with it (`--as`, `--crs`, `--encoding`,
//! `--column`, `--repair`), and the report then says that it was given.

use serde::{Deserialize, Serialize};

use super::{Place, RepairKind};
use crate::model::{Bbox, LayerId, Say};

/// Everything that is proposed for one layer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Proposals {
    /// Standards that may suit, the best first.
    pub layers: Vec<LayerProposal>,
    /// Coordinate systems that may be meant, the best first; only where there is a doubt.
    pub crs: Vec<CrsProposal>,
    /// Encodings of text: the one that was taken, then the next; only where there is a doubt.
    pub encodings: Vec<EncodingProposal>,
    /// Columns that may answer fields which no column was taken for.
    pub columns: Vec<ColumnProposal>,
    /// Repairs that can be asked for.
    pub repairs: Vec<RepairProposal>,
}

/// A standard that may suit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerProposal {
    /// The layer.
    pub layer: LayerId,
    /// What people call it.
    pub title: String,
    /// From 0 to 1.
    pub score: f64,
    /// The evidence, in a sentence.
    pub why: String,
    /// The same before it had a language.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub why_say: Say,
}

/// Where a layer would lie under a proposed system.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lands {
    /// In the city; where no city is known, in the country.
    Inside,
    /// In the country, but not in the city.
    Near,
    /// Anywhere else.
    Far,
}

/// A coordinate system that may be meant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrsProposal {
    /// Its code: `EPSG:32643`.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// The evidence, in a sentence.
    pub why: String,
    /// The same before it had a language.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub why_say: Say,
    /// Where the layer would lie.
    pub lands: Lands,
    /// The box around it there, in longitude/latitude.
    pub bbox: Bbox,
}

/// An encoding that text may be in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EncodingProposal {
    /// Its WHATWG name.
    pub name: String,
    /// The evidence, in a sentence.
    pub why: String,
    /// The same before it had a language.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub why_say: Say,
    /// Up to five values as they read under it.
    pub samples: Vec<String>,
}

/// A column that may answer a field.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnProposal {
    /// The field of the standard.
    pub field: String,
    /// The column of the file.
    pub column: String,
    /// From 0 to 1.
    pub score: f64,
    /// The evidence, in a sentence.
    pub why: String,
    /// The same before it had a language.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub why_say: Say,
}

/// A repair that can be asked for, and what it would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepairProposal {
    /// The kind.
    pub kind: RepairKind,
    /// How many rows it would change.
    pub count: u64,
    /// True when `--repair` alone makes it.
    pub safe: bool,
    /// What it does, in a few words.
    pub title: String,
    /// The first of what it would change.
    pub examples: Vec<RepairExample>,
}

/// One thing that a repair would change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepairExample {
    /// Where.
    pub place: Place,
    /// What it is, shortened.
    pub before: String,
    /// What it would be, shortened.
    pub after: String,
    /// The geometry as it is: GeoJSON in longitude/latitude.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geometry_before: Option<serde_json::Value>,
    /// The geometry as it would be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub geometry_after: Option<serde_json::Value>,
}

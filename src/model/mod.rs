//! The plain data that all stages share. No stage's own work lives here.

pub mod distinct;
pub mod grid;
pub mod id;
pub mod matrix;
pub mod say;
pub mod shape;
pub mod value;
pub mod world;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use grid::{Losses, TileId};
pub use id::{BadName, FeatureId, IndicatorId, LayerId, Version};
pub use matrix::{Matrix, MatrixSet};
pub(crate) use say::say;
pub use say::{Arg, Say};
pub use shape::{PartRef, ShapeKind, ShapeRef, Shapes, ShapesRef};
pub use value::{Column, Field, FieldType, Table, TextColumn, Value};

/// A box: west, south, east, north, in the unit of what it surrounds.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(from = "[f64; 4]", into = "[f64; 4]")]
pub struct Bbox {
    /// The smallest x.
    pub west: f64,
    /// The smallest y.
    pub south: f64,
    /// The largest x.
    pub east: f64,
    /// The largest y.
    pub north: f64,
}

impl Bbox {
    /// The smallest box around finite coordinates; none when there are none.
    pub fn around(coords: &[[f64; 2]]) -> Option<Self> {
        let mut found = Self::NOWHERE;
        for &[x, y] in coords {
            if x.is_finite() && y.is_finite() {
                found.west = found.west.min(x);
                found.south = found.south.min(y);
                found.east = found.east.max(x);
                found.north = found.north.max(y);
            }
        }
        (found.west <= found.east).then_some(found)
    }

    /// A box that meets none and adds nothing to others.
    pub const NOWHERE: Self = Self {
        west: f64::INFINITY,
        south: f64::INFINITY,
        east: f64::NEG_INFINITY,
        north: f64::NEG_INFINITY,
    };

    /// True when all four sides are numbers.
    #[inline]
    pub fn is_finite(&self) -> bool {
        self.west.is_finite()
            & self.south.is_finite()
            & self.east.is_finite()
            & self.north.is_finite()
    }

    /// The smallest box around both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }

    /// True when both share a point; edges count.
    pub fn meets(&self, other: &Self) -> bool {
        self.west <= other.east
            && other.west <= self.east
            && self.south <= other.north
            && other.south <= self.north
    }

    /// True when the position lies inside or on the edge.
    pub fn holds(&self, [x, y]: [f64; 2]) -> bool {
        (self.west..=self.east).contains(&x) && (self.south..=self.north).contains(&y)
    }
}

impl From<[f64; 4]> for Bbox {
    fn from([west, south, east, north]: [f64; 4]) -> Self {
        Self {
            west,
            south,
            east,
            north,
        }
    }
}

impl From<Bbox> for [f64; 4] {
    fn from(bbox: Bbox) -> Self {
        [bbox.west, bbox.south, bbox.east, bbox.north]
    }
}

/// What a file says about its coordinate reference system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CrsName {
    /// A code of an authority: `EPSG`, 32643; `OGC`, `CRS84`.
    Authority {
        /// The authority, in capitals.
        name: String,
        /// Its code.
        code: String,
    },
    /// A definition that could not be matched to a code.
    Wkt(String),
    /// Nothing.
    Missing,
}

impl std::fmt::Display for CrsName {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Authority { name, code } => write!(out, "{name}:{code}"),
            Self::Wkt(_) => out.write_str("a definition without a code"),
            Self::Missing => out.write_str("none"),
        }
    }
}

/// How the CRS of a raw layer became known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CrsOrigin {
    /// The file names it with a code.
    Declared,
    /// The file describes it; the code was found by comparing parameters.
    Matched,
    /// The format fixes it (RFC 7946 and KML mean WGS 84 longitude/latitude).
    Format,
    /// A person gave it (`--crs`).
    Given,
    /// Nobody said.
    Unknown,
}

/// Where the bytes of text attributes were decoded from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Encoding {
    /// The encoding's WHATWG name: `UTF-8`, `windows-1252`.
    pub name: String,
    /// How it became known: `format`, `cpg`, `dbf language byte`, `detected`, `given`.
    pub origin: String,
    /// How text reads under it and under the next likely one; empty where the bytes leave no doubt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readings: Vec<Reading>,
}

/// How text reads under an encoding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    /// The encoding's WHATWG name.
    pub name: String,
    /// What speaks for it.
    pub why: Say,
    /// Up to five values that are not plain ASCII.
    pub samples: Vec<String>,
}

/// Something the reader did or saw that is no fault of a row.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// A stable name: `z_dropped`, `curves_linearised`, `sidecar_missing`, `truncated`, `open_ring`, …
    pub kind: String,
    /// What it means, in a sentence.
    pub text: String,
    /// The sentence before it had a language, where there is a template for it.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub say: Say,
    /// The rows it concerns (0-based), bounded; empty for the whole layer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rows: Vec<u32>,
    /// How many rows it concerns in all.
    #[serde(default)]
    pub count: u64,
}

/// Where a layer came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The name of the file as the sender called it, without its folders.
    pub file: String,
    /// The path inside the archive, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    /// The name of the layer inside the file.
    pub layer: String,
    /// The format, as people call it: `Shapefile`, `GeoPackage`.
    pub format: String,
    /// BLAKE3 of the file's bytes, in hex.
    pub hash: String,
}

/// A layer as it came: nothing mended, nothing judged.
#[derive(Clone, Debug, PartialEq)]
pub struct RawLayer {
    /// Where it came from.
    pub source: Source,
    /// The coordinate reference system.
    pub crs: CrsName,
    /// How that is known.
    pub crs_origin: CrsOrigin,
    /// The encoding of its text.
    pub encoding: Option<Encoding>,
    /// The number of rows that the file itself declares, where its format does.
    pub declared_rows: Option<u64>,
    /// The attributes, in the order of the file.
    pub table: Table,
    /// The geometries in the file's own CRS, x (east, longitude) before y.
    pub shapes: Shapes<f64>,
    /// What the reader did and saw.
    pub notes: Vec<Note>,
}

impl RawLayer {
    /// The number of rows read.
    pub fn len(&self) -> usize {
        self.shapes.len()
    }

    /// True without rows.
    pub fn is_empty(&self) -> bool {
        self.shapes.is_empty()
    }
}

/// Metadata elements by the names of `layers/metadata.toml`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(pub BTreeMap<String, serde_json::Value>);

impl Metadata {
    /// The text of an element; none where it is absent, null, blank or not text.
    pub fn text(&self, element: &str) -> Option<&str> {
        self.0
            .get(element)
            .and_then(serde_json::Value::as_str)
            .map(str::trim)
            .filter(|text| !text.is_empty())
    }
}

/// What became of a layer at the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every rule ran that the standard asks for, and none found anything.
    Conforms,
    /// No rule found anything that keeps the layer out, but some advise.
    ConformsWithWarnings,
    /// A rule that matters could not run, or no standard was named: nobody knows.
    NotJudged,
    /// A rule found something that keeps the layer out.
    DoesNotConform,
}

impl Verdict {
    /// True when a layer with this verdict may be published.
    pub fn admits(self) -> bool {
        matches!(self, Self::Conforms | Self::ConformsWithWarnings)
    }
}

/// A layer in the form of its standard: canonical names and types, longitude/latitude, stable ids.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Its name.
    pub id: LayerId,
    /// What people call it.
    pub title: String,
    /// What it holds.
    pub description: String,
    /// Points, lines or areas: 0, 1, 2.
    pub dimension: u8,
    /// True when its areas are meant to cover the ground without gap or overlap.
    pub coverage: bool,
    /// The fields that make the business key.
    pub key: Vec<String>,
    /// The stable id of each feature; distinct.
    pub ids: Vec<FeatureId>,
    /// The attributes.
    pub table: Table,
    /// The geometries, WGS 84 longitude/latitude, shells counter-clockwise (RFC 7946).
    pub shapes: Shapes<f64>,
    /// Declared and derived metadata.
    pub metadata: Metadata,
    /// Where it came from.
    pub source: Source,
    /// The CRS it came in.
    pub crs_native: CrsName,
    /// The standard it was judged by: `ward_boundary@1`.
    pub standard: String,
    /// The profile it was judged under: `in-city-min-1@1`.
    pub profile: String,
    /// The packs that declare the standard, the lowest first: `in@1`.
    pub packs: Vec<String>,
    /// What the gate said.
    pub verdict: Verdict,
    /// What matters more when tiles must leave something out.
    pub rank_by: Option<RankBy>,
}

/// By which field features are ranked where a tile must leave some out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum RankBy {
    /// Larger numbers of this field matter more.
    Number(String),
    /// Codes of a field matter in a declared order.
    Codes {
        /// The field.
        field: String,
        /// The codes, those that matter most first. Others come after them.
        order: Vec<String>,
    },
}

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; nothing to do.
    Note,
    /// Mend it when you can; the layer is published with it.
    Warning,
    /// Mend it; the layer is kept out until then.
    Error,
    /// The layer could not even be read or placed, so no later rule means anything.
    Block,
}

//! The question of `/query`, as JSON. `http` parses it and nothing more; unknown members are refused, so
//! that a misspelt one is not silently ignored.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::model::{Bbox, IndicatorId, LayerId};

/// The rows a page holds when nobody says.
pub const DEFAULT_LIMIT: u64 = 100;
/// The most rows a page holds.
pub const MAX_LIMIT: u64 = 10_000;
/// The most neighbours one question may ask for.
pub const MAX_NEAREST: u64 = 1_000;
/// The largest distance in metres: beyond it a plane is no good picture of the earth.
pub const MAX_DISTANCE_M: f64 = 100_000.0;

/// A question. Its parts are a chain: the features of `layer` in `bbox` that pass `where` and `filter`,
/// of these the ones that stand in `relation` to `of`, of these the `nearest`; `aggregate` adds a column
/// worked out from another layer, `indicator` one from a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Request {
    /// The layer whose features are the answer. Needed.
    pub layer: Option<LayerId>,
    /// Which of its features.
    #[serde(flatten)]
    pub which: Which,
    /// How they must stand to `of`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub relation: Option<RelationName>,
    /// What they must stand so to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<Of>,
    /// The distance in metres, for the relation `distance`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub distance_m: Option<f64>,
    /// A column worked out from the features of another layer in each area of this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
    /// Only the features nearest to a place, nearest first, each with `distance_m`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Nearest>,
    /// An indicator whose values are joined to the features.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub indicator: Option<IndicatorId>,
    /// Its period; the latest when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    /// How many features a page holds: [`DEFAULT_LIMIT`], at most [`MAX_LIMIT`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// How many features to skip.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// How to write the answer; this module leaves it to `http`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub format: Option<Format>,
}

/// Which features of a layer: all conditions together.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Which {
    /// Those whose geometry meets the box, west, south, east, north; west > east crosses 180 degrees.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bbox: Option<Bbox>,
    /// Those whose properties have these values: `{"road_class": "arterial"}`. An array means any of its
    /// values, null means no value.
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub where_: Option<Map<String, Json>>,
    /// Those that a CQL2 filter says yes to: text, or the JSON form as an object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<Json>,
}

/// What features are held against: the features of a layer, or a geometry. Exactly one of both.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Of {
    /// A layer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layer: Option<LayerId>,
    /// Which of its features.
    #[serde(flatten)]
    pub which: Which,
    /// A GeoJSON geometry in longitude/latitude.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geometry: Option<Json>,
}

/// The ways in which features can stand to one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum RelationName {
    /// They share a point; a common edge is enough.
    Intersects,
    /// The feature lies in the other, wholly; a common edge is allowed.
    Within,
    /// They are no further apart than `distance_m`.
    Distance,
}

/// A column worked out from another layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// The layer that is counted or measured.
    pub of: LayerId,
    /// Which of its features.
    #[serde(flatten)]
    pub which: Which,
    /// What is worked out.
    pub measure: Measure,
    /// The field whose values are summed, for [`Measure::Sum`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// What an aggregate works out in each area.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Measure {
    /// How many features; each counts where its point lies (for lines and areas the label point), once.
    Count,
    /// The sum of a field over the features so counted; those without a value add nothing.
    Sum,
    /// The count for each square kilometre of the area.
    Density,
    /// Metres of line (for areas: of outline) inside the area.
    Length,
    /// Square metres of area inside the area.
    Area,
}

impl Measure {
    /// The name as the request spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Density => "density",
            Self::Length => "length",
            Self::Area => "area",
        }
    }
}

/// The nearest features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Nearest {
    /// Longitude and latitude to measure from.
    pub to: [f64; 2],
    /// How many: 1 to [`MAX_NEAREST`].
    #[serde(default = "ten")]
    pub k: u64,
}

fn ten() -> u64 {
    10
}

/// How to write an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// A GeoJSON feature collection.
    Geojson,
    /// A table without geometry.
    Csv,
}

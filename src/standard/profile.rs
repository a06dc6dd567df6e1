//! The profile: which layers are the minimum, and the numbers that rules measure with.

use serde::{Deserialize, Serialize};

use super::spec::Words;
use crate::model::{Bbox, LayerId};

/// `layers/profile.toml`: versioned data, so that an official list can replace it without a change of code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The profile's name: `in-city-min-1`.
    pub id: String,
    /// Raised whenever its meaning changes.
    pub version: u32,
    /// What people call it.
    pub title: Words,
    /// What it is and what it is not.
    pub about: Words,
    /// The minimum layers: the core ones first, then the service ones.
    pub layers: Vec<LayerId>,
    /// The layer whose areas are the city itself.
    pub city: LayerId,
    /// The layer whose features indicator tables name, when a table does not say.
    pub wards: LayerId,
    /// Longitude and latitude that no feature may leave.
    pub bounds: Bbox,
    /// The denominator of the scale that deliveries are drawn at, unless their metadata say otherwise.
    pub working_scale: u32,
    /// Accuracy by scale, from the finest to the coarsest.
    pub tolerance: Vec<Tolerance>,
    /// What T04 and T05 measure with.
    pub thresholds: Thresholds,
    /// The systems to try, in order, when a file does not say which it uses.
    pub crs: Vec<CrsCandidate>,
    /// The tile grids on offer beside `WebMercatorQuad`, by the ids that files of `grids` declare.
    #[serde(default)]
    pub grids: Vec<String>,
}

/// How exact a map of a scale is: half a millimetre on paper.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Tolerance {
    /// The denominator of the scale.
    pub scale: u32,
    /// Metres on the ground; also the distance for snapping and for dangles.
    pub metres: f64,
}

/// When an overlap or a gap of a coverage matters; calibrated on real ward and zone files.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    /// Bad area over the area of the union, above which the fault keeps a layer out.
    pub overlap_ratio: f64,
    /// Square metres of one fault, above which it keeps a layer out.
    pub overlap_sqm: f64,
    /// Square metres below which a fault is numeric noise.
    pub ignore_sqm: f64,
    /// Square metres above which a hole is a question (a cantonment, perhaps) and no error.
    pub question_hole_sqm: f64,
    /// The share of rows that may be set aside; beyond it the rest is not the layer any more.
    #[serde(default = "tenth")]
    pub set_aside_share: f64,
    /// Metres of shift of a whole layer against the city, from and to, that speak for a wrong datum.
    pub datum_shift_m: [f64; 2],
}

fn tenth() -> f64 {
    0.1
}

/// A coordinate system to try.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CrsCandidate {
    /// Its code: `EPSG:32643`.
    pub code: String,
    /// What people call it.
    pub title: String,
}

/// An update frequency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Frequency {
    /// Our code: `quarterly`.
    pub code: String,
    /// What people call it.
    pub title: Words,
    /// The ISO 8601 period; none where there is no clock.
    #[serde(default)]
    pub period: Option<String>,
    /// The code of ISO 19115.
    pub iso19115: String,
    /// The code of the EU's list, as DCAT uses it.
    pub dcat: String,
    /// True when the resource compliance schedule (Template 2) offers it.
    #[serde(default)]
    pub template2: bool,
    /// The ISO 8601 span after the due date before it counts as overdue; none where there is no clock.
    #[serde(default)]
    pub grace: Option<String>,
}

impl Profile {
    /// `in-city-min-1@1`.
    pub fn label(&self) -> String {
        format!("{}@{}", self.id, self.version)
    }

    /// Metres within which two places are the same at the working scale.
    pub fn tol_m(&self) -> f64 {
        self.tolerance_m(self.working_scale)
    }

    /// Metres within which two places are the same on a map of a scale: as declared, or half a millimetre.
    pub fn tolerance_m(&self, scale: u32) -> f64 {
        self.tolerance
            .iter()
            .find(|tolerance| tolerance.scale == scale)
            .map_or(f64::from(scale) * 0.000_5, |tolerance| tolerance.metres)
    }
}

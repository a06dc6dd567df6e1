//! The indicator catalogue: what a number means, which way is better, and how wards make a city.

use serde::{Deserialize, Serialize};

use super::spec::Words;
use crate::model::{IndicatorId, LayerId};

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// More is better.
    Higher,
    /// Less is better.
    Lower,
    /// Near the target is better.
    Target,
    /// Neither.
    Neutral,
}

/// How the values of wards make the value of a zone or the city.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub enum Rollup {
    /// The sum of values.
    Sum,
    /// The sum of numerators over the sum of denominators, never the mean of ratios.
    Ratio,
    /// The mean, weighted by the named quantity.
    Weighted(String),
    /// Known for the city only; wards have no value of their own.
    CityOnly,
    /// Worked out anew from the united geometry.
    Geometry,
    /// Worked out anew from sums of its inputs (a growth rate).
    Recompute,
    /// Not to be rolled up: medians, ranks, scores.
    None,
}

impl TryFrom<String> for Rollup {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Ok(match text.as_str() {
            "sum" => Self::Sum,
            "ratio" => Self::Ratio,
            "city_only" => Self::CityOnly,
            "geometry" => Self::Geometry,
            "recompute" => Self::Recompute,
            "none" => Self::None,
            other => match other.strip_prefix("weighted:") {
                Some(by) if !by.is_empty() => Self::Weighted(by.to_owned()),
                _ => {
                    return Err(format!(
                        "`{other}` is no roll-up: sum, ratio, weighted:<quantity>, city_only, geometry, recompute, none"
                    ));
                }
            },
        })
    }
}

impl From<Rollup> for String {
    fn from(rollup: Rollup) -> Self {
        match rollup {
            Rollup::Sum => "sum".into(),
            Rollup::Ratio => "ratio".into(),
            Rollup::Weighted(by) => format!("weighted:{by}"),
            Rollup::CityOnly => "city_only".into(),
            Rollup::Geometry => "geometry".into(),
            Rollup::Recompute => "recompute".into(),
            Rollup::None => "none".into(),
        }
    }
}

/// One indicator of `layers/indicators.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IndicatorRule {
    /// Its code: `SLB-2.1.1`.
    pub code: IndicatorId,
    /// What people call it.
    pub title: Words,
    /// A code of the list `SECTOR`.
    pub sector: String,
    /// The unit of the value.
    pub unit: String,
    /// How it is worked out.
    pub formula: String,
    /// What a ratio's numerator over denominator is multiplied with: 100 for per cent, 1000, 100000.
    #[serde(default = "one")]
    pub factor: f64,
    /// Which way is better.
    pub direction: Direction,
    /// The value to reach, or the lower end of a band.
    #[serde(default)]
    pub target: Option<f64>,
    /// The upper end of a target band.
    #[serde(default)]
    pub target_to: Option<f64>,
    /// How wards make a city.
    pub rollup: Rollup,
    /// The layers it is worked out from or shown on.
    #[serde(default)]
    pub layers: Vec<LayerId>,
    /// What to watch.
    #[serde(default)]
    pub note: Option<String>,
}

fn one() -> f64 {
    1.0
}

//! What is known of an indicator and of its sheet before the sheet is read.

use crate::{
    model::{IndicatorId, LayerId},
    standard::{Direction, IndicatorRule},
};

/// What is declared of an indicator before its table is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// Its code.
    pub id: IndicatorId,
    /// What people call it.
    pub title: String,
    /// The unit.
    pub unit: String,
    /// `higher`, `lower`, `target`, `neutral`.
    pub direction: String,
    /// `sum`, `ratio`, `weighted:x`, …
    pub rollup: String,
    /// What numerator over denominator is multiplied with.
    pub factor: f64,
}

impl Declared {
    /// The declaration of the catalogue.
    pub fn of(rule: &IndicatorRule, language: &str) -> Self {
        let direction = match rule.direction {
            Direction::Higher => "higher",
            Direction::Lower => "lower",
            Direction::Target => "target",
            Direction::Neutral => "neutral",
        };
        Self {
            id: rule.code.clone(),
            title: rule.title.say(language).to_owned(),
            unit: rule.unit.clone(),
            direction: direction.to_owned(),
            rollup: rule.rollup.clone().into(),
            factor: rule.factor,
        }
    }
}

/// What a person said about a sheet. Everything may be left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableOptions {
    /// The column with the keys.
    pub key: Option<String>,
    /// The column with the values.
    pub value: Option<String>,
    /// The period of a sheet that names none.
    pub period: Option<String>,
    /// The layer that the keys name features of.
    pub layer: Option<LayerId>,
    /// The key scheme.
    pub scheme: Option<String>,
    /// The set of wards.
    pub delim: Option<String>,
}

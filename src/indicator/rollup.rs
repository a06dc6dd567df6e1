//! The value of the city from the values of its wards. A ratio is the sum of numerators over the sum of
//! denominators; the mean of percentages is never given, whatever is missing.

use serde::{Deserialize, Serialize};

use super::{IndicatorTable, Observation, Period};
use crate::standard::Rollup;

/// The value of the city, and what it rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CityValue {
    /// The value; none where the rule gives none.
    pub value: Option<f64>,
    /// The sum of numerators, of values, or of values times weights.
    pub numer: Option<f64>,
    /// The sum of denominators or weights.
    pub denom: Option<f64>,
    /// The share of the wards that it rests on, 0 to 1.
    pub coverage: f64,
    /// The rule: `sum`, `ratio`, `weighted:x`, …
    pub rule: String,
    /// What it rests on, or why there is none.
    pub note: String,
}

/// Rolls the wards of a period up. `wards` is how many wards there are; rows without a key, totals and
/// repeated keys are left out, but a total row answers for an indicator that only the city has.
pub fn rollup(table: &IndicatorTable, period: &Period, wards: u64) -> CityValue {
    let mut seen = std::collections::HashSet::new();
    let at = table.periods.iter().position(|known| known == period);
    let all: Vec<&Observation> = table
        .observations
        .iter()
        .filter(|row| Some(row.period as usize) == at)
        .collect();
    let rows: Vec<&Observation> = all
        .iter()
        .copied()
        .filter(|row| !row.total && !row.key.trim().is_empty())
        .filter(|row| seen.insert(super::key::meeting(&table.key_scheme, &row.key)))
        .collect();
    let none = |note: &str| CityValue {
        value: None,
        numer: None,
        denom: None,
        coverage: 0.0,
        rule: table.rollup.clone(),
        note: note.to_owned(),
    };
    let share = |used: usize| {
        let of = wards.max(used as u64);
        if of == 0 {
            0.0
        } else {
            used as f64 / of as f64
        }
    };
    let pairs: Vec<(f64, f64)> = rows
        .iter()
        .filter_map(|row| row.numer.zip(row.denom))
        .collect();
    let rule = Rollup::try_from(table.rollup.clone()).unwrap_or(Rollup::None);
    match rule {
        Rollup::Sum => {
            let values: Vec<f64> = rows.iter().filter_map(|row| row.value).collect();
            if values.is_empty() {
                return none("no ward has a value");
            }
            let sum = values.iter().sum();
            CityValue {
                value: Some(sum),
                numer: Some(sum),
                denom: None,
                coverage: share(values.len()),
                rule: table.rollup.clone(),
                note: format!("the sum of {} wards", values.len()),
            }
        }
        Rollup::Ratio if pairs.is_empty() => none(
            "the table has no numerators and denominators, and a mean of ratios would be wrong",
        ),
        Rollup::Ratio => {
            let numer: f64 = pairs.iter().map(|pair| pair.0).sum();
            let denom: f64 = pairs.iter().map(|pair| pair.1).sum();
            CityValue {
                value: (denom != 0.0).then(|| table.factor * numer / denom),
                numer: Some(numer),
                denom: Some(denom),
                coverage: share(pairs.len()),
                rule: table.rollup.clone(),
                note: format!(
                    "the sum of numerators over the sum of denominators of {} wards",
                    pairs.len()
                ),
            }
        }
        Rollup::Weighted(by) => {
            let weighed: Vec<(f64, f64)> = rows
                .iter()
                .filter_map(|row| row.value.zip(row.denom))
                .filter(|(_, weight)| *weight > 0.0)
                .collect();
            if weighed.is_empty() {
                return none(&format!(
                    "the table has no column `denom` with the weights ({by})"
                ));
            }
            let numer: f64 = weighed.iter().map(|(value, weight)| value * weight).sum();
            let denom: f64 = weighed.iter().map(|(_, weight)| weight).sum();
            CityValue {
                value: Some(numer / denom),
                numer: Some(numer),
                denom: Some(denom),
                coverage: share(weighed.len()),
                rule: table.rollup.clone(),
                note: format!("the mean of {} wards, weighted by {by}", weighed.len()),
            }
        }
        Rollup::CityOnly => {
            let mut cities = all
                .iter()
                .filter(|row| row.total)
                .filter_map(|row| row.value);
            match (cities.next(), cities.next()) {
                (Some(value), None) => CityValue {
                    value: Some(value),
                    numer: None,
                    denom: None,
                    coverage: 1.0,
                    rule: table.rollup.clone(),
                    note: "as the table gives it for the city".to_owned(),
                },
                _ => none("known for the city only, and the table has no one row for the city"),
            }
        }
        Rollup::Geometry => none("worked out anew from the geometry of the city, not from wards"),
        Rollup::Recompute => {
            none("worked out anew from sums of its inputs, which this table has not")
        }
        Rollup::None => none("not additive: it is not rolled up"),
    }
}

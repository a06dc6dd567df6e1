//! What a rule is.

use serde::Serialize;

use super::report::Outcome;
use crate::{
    model::{Metadata, RawLayer, Severity, Shapes},
    standard::{ColumnMap, LayerStandard, RuleSettings, Standards},
};

/// What is known of a rule before it runs. The words are data: `layers/rules.toml` holds them by code
/// and language, so that the terminal, the report, `parat explain` and the documentation say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RuleInfo {
    /// The code, for ever: the letter of the family and two or three digits.
    pub code: &'static str,
    /// A name in snake case.
    pub name: &'static str,
    /// How much its findings matter, unless the standard says otherwise.
    pub severity: Severity,
}

/// What a rule may look at. Everything is the whole layer; nothing is a sample.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The layer as it came.
    pub raw: &'a RawLayer,
    /// Its geometries in WGS 84 longitude/latitude; none when the CRS is unknown or unusable.
    pub lonlat: Option<&'a Shapes<f64>>,
    /// The same in metres, in a UTM zone chosen for the layer; none when `lonlat` is none.
    pub metres: Option<&'a Shapes<f64>>,
    /// The standard it is held to; none when none was named and none fits.
    pub standard: Option<&'a LayerStandard>,
    /// Which column of the file answers which field of the standard.
    pub map: &'a ColumnMap,
    /// Code lists, the India box, metadata elements.
    pub standards: &'a Standards,
    /// What was said about the layer beside its data.
    pub metadata: &'a Metadata,
    /// The city's outline in longitude/latitude, where it is known.
    pub city: Option<&'a Shapes<f64>>,
    /// What the standard says to this rule.
    pub settings: &'a RuleSettings,
}

/// One check over one layer.
pub trait Rule: Sync {
    /// Its code, name and severity.
    fn info(&self) -> &'static RuleInfo;

    /// Checks. Never an error: broken data is a finding, and what could not be checked is
    /// [`Outcome::NotRun`] with the reason.
    fn check(&self, subject: &Subject<'_>) -> Outcome;
}

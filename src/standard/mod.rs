//! The declared standards: loads `layers/`, cross-checks it, refuses what it does not know.

mod alias;
mod spec;

pub use alias::{ColumnMap, Mapping};
pub use spec::{Class, FieldRule, Kind, LayerStandard, RuleSettings, Shape, Words};

/// All that a profile declares.
#[derive(Debug)]
pub struct Standards;

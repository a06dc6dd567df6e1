//! The gate: holds a raw layer to its standard and says what is wrong, where, and how to mend it.

mod report;
mod rule;

pub use report::{Finding, Findings, KEPT_FINDINGS, Outcome, Place, Repair, Report, RuleReport};
pub use rule::{Rule, RuleInfo, Subject};

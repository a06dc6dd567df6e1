//! The gate: holds a raw layer to its standard and says what is wrong, where, and how to mend it.

mod gate;
mod report;
mod rule;

pub use gate::{Accepted, AcceptedParts, Ask, Checked, RULES, check, refused};
pub use report::{
    Finding, Findings, KEPT_FINDINGS, OUTLINE_COORDS, Outcome, Place, Repair, Report, RuleReport,
};
pub use rule::{Rule, RuleInfo, Subject};

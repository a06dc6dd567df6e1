//! The gate: holds a raw layer to its standard and says what is wrong, where, and how to mend it.
//!
//! A rule is code, a standard is data that picks rules ([`crate::standard`]). A rule looks at the whole
//! layer, counts every fault and keeps the first thousand with their place; what it could not look at it
//! says aloud, because unknown is never a pass. Rules are a family a file; what several of them measure
//! with (orientation, validity, overlap) stands in files of its own and knows no report.

mod along;
mod aside;
mod columns;
mod confirmed;
mod coverage;
mod crossed;
mod crs;
mod duplicate;
mod encoding;
mod ends;
mod fields;
mod gap;
mod gate;
mod geometry;
mod key;
mod landing;
mod metadata;
mod neighbour;
mod network;
mod outline;
mod overlap;
mod period;
mod personal;
mod place;
mod placing;
mod privacy;
mod proposal;
mod propose;
mod pyramid;
mod readable;
mod repair;
mod report;
mod rule;
mod sought;
mod stated;
mod stop;
mod stored;
mod stray;
mod uncovered;
mod validity;
mod values;
mod wards;
mod words;

use crate::plane::{faces, noding, orient};

pub use aside::{Aside, KEPT_ASIDE, SetAside};
pub use confirmed::{CodeMap, Confirmed, ConfirmedPart, Said};
pub use gate::{Accepted, AcceptedParts, Ask, Checked, RULES, check, check_until, refused};
pub use neighbour::{Neighbour, Others, Whence, alone};
pub use proposal::{
    ColumnProposal, CrsProposal, EncodingProposal, Lands, LayerProposal, Proposals, RepairExample,
    RepairProposal,
};
pub use repair::{RepairKind, Repairs, UnknownRepair, geojson_geometry};
pub use report::{
    Counts, Finding, Findings, KEPT_FINDINGS, OUTLINE_COORDS, Outcome, Place, Repair, Report,
    RuleReport,
};
pub use rule::{Rule, RuleInfo, Subject};
pub use stop::Stop;

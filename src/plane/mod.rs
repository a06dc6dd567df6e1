//! Exact geometry of the plane: on which side of a line a point lies, where edges meet, which faces lie between them.
//! It knows positions and edges, and neither features nor rules; the gate measures gaps with it, the tiler bends edges
//! out of one another's way.

pub(crate) mod faces;
pub(crate) mod noding;
pub(crate) mod orient;

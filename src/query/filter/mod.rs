//! CQL2 1.0: text or JSON to a [`Filter`], a filter to yes, no or unknown for each row.
//!
//! Our own parser, because a stranger's filter must neither overflow the stack nor run for ever: length,
//! nesting and number of terms are bounded before anything is built. Evaluation is SQL's three-valued
//! logic over the columns of a snapshot; a condition on a dictionary column runs once for each distinct
//! value.

mod bind;
mod bound;
mod canonical;
mod eval;
mod expr;
mod fold;
mod json;
mod lex;
mod literal;
mod text;
mod time;
mod wkt;

use serde_json::Value as Json;

pub use bind::GEOMETRY_NAMES;
pub use bound::Bound;
use expr::Expr;

use crate::model::{Bbox, Field, world};

/// The longest filter, in bytes. A ward's outline as WKT has about 10 kB.
pub const MAX_LENGTH: usize = 256 * 1024;
/// How deep brackets, NOTs, functions and chains of arithmetic may nest.
pub const MAX_DEPTH: usize = 64;
/// How many conditions, operands and list members a filter may have.
pub const MAX_TERMS: usize = 2_000;

/// A filter is wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}{}", at.map(|at| format!(" (at character {at})")).unwrap_or_default())]
pub struct FilterError {
    /// Where in the text, in characters from 1; none for the JSON form.
    pub at: Option<usize>,
    /// What is wrong and what was wanted.
    pub message: String,
}

/// A parsed CQL2 expression, not yet bound to the fields of a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    expr: Expr,
}

impl Filter {
    /// Reads CQL2 text.
    pub fn parse_text(text: &str) -> Result<Self, FilterError> {
        Ok(Self {
            expr: text::parse(text)?,
        })
    }

    /// Reads CQL2 JSON.
    pub fn parse_json(json: &Json) -> Result<Self, FilterError> {
        Ok(Self {
            expr: json::parse(json)?,
        })
    }

    /// Reads a filter that came as JSON: a string is CQL2 text, an object CQL2 JSON.
    pub fn parse_any(json: &Json) -> Result<Self, FilterError> {
        match json {
            Json::String(text) => Self::parse_text(text),
            other => Self::parse_json(other),
        }
    }

    /// Finds the properties among the fields of a layer and checks the types.
    pub fn bind(&self, fields: &[Field]) -> Result<Bound, FilterError> {
        Ok(Bound {
            root: bind::Binder::new(fields).condition(&self.expr)?,
        })
    }
}

/// The world positions that a box in degrees may reach, rounded outwards.
pub(super) fn world_box(bbox: &Bbox) -> [u32; 4] {
    let [west, north] = world::from_lonlat([bbox.west, bbox.north]);
    let [east, south] = world::from_lonlat([bbox.east, bbox.south]);
    [
        west.saturating_sub(1),
        north.saturating_sub(1),
        east.saturating_add(1),
        south.saturating_add(1),
    ]
}

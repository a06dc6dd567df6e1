//! CQL2 1.0: text or JSON to a [`Filter`], a filter to yes, no or unknown for each row.
//!
//! Our own parser, because a stranger's filter must neither overflow the stack nor run for ever: length,
//! nesting and number of terms are bounded before anything is built. Evaluation is SQL's three-valued
//! logic over the columns of a snapshot; a condition on a dictionary column runs once for each distinct
//! value.

use serde_json::Value as Json;

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
pub struct Filter {}

impl Filter {
    /// Reads CQL2 text.
    pub fn parse_text(text: &str) -> Result<Self, FilterError> {
        let _ = text;
        todo!()
    }

    /// Reads CQL2 JSON.
    pub fn parse_json(json: &Json) -> Result<Self, FilterError> {
        let _ = json;
        todo!()
    }
}

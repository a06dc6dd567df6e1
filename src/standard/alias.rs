//! The headers people really write, to the names of the standard.

use serde::{Deserialize, Serialize};

/// Which column was taken for which field, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// The field of the standard.
    pub field: String,
    /// The column of the file.
    pub column: String,
    /// `same name`, `alias`, `given`.
    pub why: String,
}

/// Which column of a table answers which field of a standard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ColumnMap {
    entries: Vec<(Mapping, usize)>,
}

impl ColumnMap {
    /// The position of the column that answers a field; none where none does.
    pub fn column(&self, field: &str) -> Option<usize> {
        self.entries
            .iter()
            .find(|(mapping, _)| mapping.field == field)
            .map(|&(_, at)| at)
    }

    /// Every mapping with the position of its column, in the order of the standard.
    pub fn entries(&self) -> &[(Mapping, usize)] {
        &self.entries
    }
}

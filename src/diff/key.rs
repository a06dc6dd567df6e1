//! What a row is called.

use crate::snapshot::Snapshot;

/// The business key of a row as people know it: its parts with a blank between.
pub(super) fn key_of(snapshot: &Snapshot, row: u32) -> String {
    let info = snapshot.info();
    let parts: Vec<String> = info
        .key
        .iter()
        .filter_map(|name| snapshot.field(name))
        .map(|field| snapshot.value(row, field).to_text().into_owned())
        .filter(|text| !text.is_empty())
        .collect();
    if parts.is_empty() {
        snapshot.id(row).to_string()
    } else {
        parts.join(" ")
    }
}

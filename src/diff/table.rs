//! The difference as a table: a line for each feature that came or went, one for each value that changed.

use std::ops::ControlFlow;

use super::{Change, Late, TimeUp, key::key_of, pairs, walk_until};
use crate::{report::cell, snapshot::Snapshot};

/// At most `most` lines as CSV (RFC 4180), safe to open in a spreadsheet; the second is true when there
/// were more.
pub fn csv(before: Option<&Snapshot>, after: &Snapshot, most: usize) -> (String, bool) {
    csv_until(before, after, most, &|| false).expect("there is no clock")
}

/// The same for as long as it is not too late.
pub fn csv_until(
    before: Option<&Snapshot>,
    after: &Snapshot,
    most: usize,
    late: Late<'_>,
) -> Result<(String, bool), TimeUp> {
    let pairs = before.map_or_else(Vec::new, |before| pairs(before, after));
    let mut out = String::from("id,key,change,field,before,after\r\n");
    let (mut lines, mut cut) = (0, false);
    walk_until(before, after, &pairs, late, &mut |id, change| {
        let mut line = |snapshot: &Snapshot, row, what: &str, field: &str, old: &str, new: &str| {
            if lines == most {
                cut = true;
                return ControlFlow::Break(());
            }
            lines += 1;
            out.push_str(&id.to_string());
            for text in [&key_of(snapshot, row), what, field, old, new] {
                out.push(',');
                out.push_str(&cell(text));
            }
            out.push_str("\r\n");
            ControlFlow::Continue(())
        };
        match change {
            Change::Same => ControlFlow::Continue(()),
            Change::Added { after: row } => line(after, row, "added", "", "", ""),
            Change::Removed { before: row } => {
                line(before.unwrap_or(after), row, "removed", "", "", "")
            }
            Change::Changed {
                before: old,
                after: new,
                moved,
                fields,
            } => {
                if moved {
                    line(after, new, "geometry", "", "", "")?;
                }
                for at in fields {
                    let pair = &pairs[at];
                    let was = before.map_or(String::new(), |before| {
                        before.value(old, pair.before).to_text().into_owned()
                    });
                    let is = after.value(new, pair.after).to_text();
                    line(after, new, "value", &pair.name, &was, &is)?;
                }
                ControlFlow::Continue(())
            }
        }
    })?;
    Ok((out, cut))
}

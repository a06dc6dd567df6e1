//! Rows that are set aside so that the others can go on.
//!
//! Only faults of single rows are a reason: a fault of the layer (no CRS, overlaps, a missing column) stays one
//! whoever is left. Nothing is lost: each row that is set aside is kept as it came, with its number in the file and
//! every reason, to be mended and sent again.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{Counts, Outcome, Place, RuleReport, Subject, rule::shortened};
use crate::{
    model::{Say, Severity, Shapes, Table, say},
    standard::normal_key,
};

/// Rules whose findings are each the fault of one row.
const ROWWISE: &[&str] = &[
    "A02", "A03", "A04", "A05", "A06", "E01", "G01", "T01", "T02", "T03", "T06", "T11", "T10",
    "V01",
];

/// How many rows that were set aside stand in the report; all are in the file beside it.
pub const KEPT_ASIDE: usize = 1000;

/// A row that was set aside.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SetAside {
    /// Which.
    pub place: Place,
    /// The rules that found something grave in it.
    pub rules: Vec<String>,
    /// The first of what they found.
    #[serde(default)]
    pub message: String,
    /// The same before it had a language.
    #[serde(default, skip_serializing_if = "Say::is_silent")]
    pub say: Say,
}

/// All rows that were set aside, as they came.
#[derive(Clone, Debug, Default)]
pub struct Aside {
    /// Why, row by row.
    pub reasons: Vec<SetAside>,
    /// Their values, under the names of the file.
    pub table: Table,
    /// Their geometries in longitude/latitude; in the coordinates of the file where nobody knows its CRS.
    pub shapes: Shapes<f64>,
}

impl Aside {
    /// Adds the rows of one pass.
    pub(super) fn add(&mut self, reasons: Vec<SetAside>, table: Table, shapes: &Shapes<f64>) {
        if self.reasons.is_empty() {
            self.table = table;
        } else {
            for (mine, theirs) in self.table.columns.iter_mut().zip(&table.columns) {
                for row in 0..theirs.len() {
                    mine.push(theirs.get(row));
                }
            }
        }
        for shape in shapes.view().iter() {
            self.shapes.push_shape(shape);
        }
        self.reasons.extend(reasons);
    }
}

/// What is said of the rows that were set aside beside the verdict; none where none was.
pub(super) fn sentence(counts: &Counts) -> Option<Say> {
    let Counts {
        read, set_aside, ..
    } = *counts;
    match set_aside {
        0 => None,
        all if all == read => Some(say!(set_aside_all, read = read)),
        1 => Some(say!(set_aside_one, read = read)),
        count => Some(say!(set_aside_some, count = count, read = read)),
    }
}

/// The rows with grave faults of their own, ascending, each with its reasons.
pub(super) fn grave(subject: &Subject<'_>, rules: &[RuleReport]) -> BTreeMap<u32, SetAside> {
    let mut found: BTreeMap<u32, SetAside> = BTreeMap::new();
    // From the number in the file to the row now; a row that was parted is set aside whole.
    let mut now: BTreeMap<u64, Vec<u32>> = BTreeMap::new();
    if subject.origins.is_some() {
        for row in 0..subject.raw.len() {
            now.entry(subject.number(row)).or_default().push(row as u32);
        }
    }
    let mut add = |place: &Place, code: &str, say: &Say| {
        let Some(number) = place.row else {
            return;
        };
        let rows = match subject.origins {
            Some(_) => now.get(&number).cloned().unwrap_or_default(),
            None => vec![number as u32 - 1],
        };
        for row in rows {
            let reasons = found.entry(row).or_insert_with(|| SetAside {
                place: place.clone(),
                rules: vec![],
                message: String::new(),
                say: say.clone(),
            });
            if !reasons.rules.iter().any(|known| known == code) {
                reasons.rules.push(code.to_owned());
            }
        }
    };
    for rule in rules {
        let Outcome::Failed { findings, .. } = &rule.outcome else {
            continue;
        };
        if !ROWWISE.contains(&rule.code.as_str()) {
            continue;
        }
        for finding in findings {
            if finding.severity.unwrap_or(rule.severity) >= Severity::Error {
                add(&finding.place, &rule.code, &finding.say);
            }
        }
        if rule.code == "T10" && rule.severity >= Severity::Error {
            for (row, say) in twins(
                subject,
                findings.iter().filter_map(|finding| finding.place.row),
            ) {
                add(&subject.row(row), "T10", &say);
            }
        }
    }
    found
}

/// Every row that shares its key with one of these rows: nobody can tell which of them is right.
fn twins(subject: &Subject<'_>, named: impl Iterator<Item = u64>) -> Vec<(usize, Say)> {
    let Some(standard) = subject.standard else {
        return vec![];
    };
    let columns: Vec<(&str, usize)> = standard
        .key
        .iter()
        .filter_map(|name| Some((name.as_str(), subject.map.column(name)?)))
        .collect();
    let key = |row: usize| -> String {
        let parts: Vec<String> = columns
            .iter()
            .map(|(name, column)| {
                let text = subject.raw.table.columns[*column].get(row).to_text();
                if matches!(*name, "ward_no" | "zone_no") {
                    normal_key(&text).key
                } else {
                    text.trim().to_owned()
                }
            })
            .collect();
        parts.join("\u{1f}")
    };
    let named: HashSet<u64> = named.collect();
    let wanted: HashSet<String> = (0..subject.raw.len())
        .filter(|row| named.contains(&subject.number(*row)))
        .map(key)
        .filter(|key| !key.replace('\u{1f}', "").is_empty())
        .collect();
    (0..subject.raw.len())
        .filter(|row| !named.contains(&subject.number(*row)))
        .filter_map(|row| {
            let key = key(row);
            wanted.contains(&key).then(|| {
                let said = key.replace('\u{1f}', " + ");
                (
                    row,
                    say!(
                        T10_twin,
                        who = subject.called(row),
                        key = shortened(&said, 80)
                    ),
                )
            })
        })
        .collect()
}

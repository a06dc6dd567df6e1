//! Rows with grave faults of their own are set aside and the rest is judged again, until none has any.
//!
//! Only faults of single rows are a reason: a fault of the layer (no CRS, overlaps, a missing column) stays one
//! whoever is left.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::Ask;
use crate::{
    model::{Say, Severity, Shapes, say},
    standard::normal_key,
    validate::{
        Aside, Outcome, Place, RuleReport, SetAside, Subject, repair::Work, rule::shortened,
    },
};

/// Rules whose findings are each the fault of one row.
const ROWWISE: &[&str] = &[
    "A02", "A03", "A04", "A05", "A06", "E01", "G01", "T01", "T02", "T03", "T06", "T11", "T10",
    "V01",
];

/// How often rows are set aside and the rest judged again; each time takes as many as a rule names.
const PASSES: usize = 200;

/// What was set aside until now, and how much may be.
pub(super) struct Sieve {
    /// The rows, as they came.
    pub(super) aside: Aside,
    /// Which rows of the file they are, from 0.
    pub(super) gone: BTreeSet<u32>,
    asked: bool,
    most: f64,
    passes: usize,
}

impl Sieve {
    /// For a layer of which `read` rows were read.
    pub(super) fn new(ask: &Ask<'_>, read: usize) -> Self {
        Self {
            aside: Aside::default(),
            gone: BTreeSet::new(),
            asked: ask.set_aside,
            most: ask.standards.profile().thresholds.set_aside_share * read as f64,
            passes: 0,
        }
    }

    /// True when more of the layer is gone than its profile allows.
    pub(super) fn is_too_much(&self) -> bool {
        self.gone.len() as f64 > self.most
    }

    /// The rows to set aside after this pass; none where the pass was the last.
    pub(super) fn grave(
        &mut self,
        subject: &Subject<'_>,
        rules: &[RuleReport],
    ) -> BTreeMap<u32, SetAside> {
        self.passes += 1;
        if !self.asked || self.is_too_much() || self.passes > PASSES {
            return BTreeMap::new();
        }
        grave(subject, rules)
    }

    /// Takes these rows out of the layer. `lonlat` are their geometries; none where nobody knows where they lie.
    pub(super) fn take(
        &mut self,
        work: &mut Work,
        grave: BTreeMap<u32, SetAside>,
        lonlat: Option<&Shapes<f64>>,
    ) {
        let rows: Vec<u32> = grave.keys().copied().collect();
        let (table, shapes, origins) = work.take_out(&rows);
        self.gone.extend(&origins);
        self.aside.add(
            grave.into_values().collect(),
            table,
            lonlat.unwrap_or(&shapes),
        );
    }
}

/// These rows of a layer's geometries.
pub(super) fn picked(lonlat: &Shapes<f64>, rows: &BTreeMap<u32, SetAside>) -> Shapes<f64> {
    let mut shapes = Shapes::new();
    for row in rows.keys() {
        shapes.push_shape(lonlat.get(*row as usize));
    }
    shapes
}

/// The rows with grave faults of their own, ascending, each with its reasons.
fn grave(subject: &Subject<'_>, rules: &[RuleReport]) -> BTreeMap<u32, SetAside> {
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

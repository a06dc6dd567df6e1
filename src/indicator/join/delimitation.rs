//! Whether a table and a layer mean the same set of wards.

use std::collections::HashSet;

use super::{keys::LayerKeys, near::likeness};
use crate::indicator::{Delimitation, IndicatorTable, JoinReport, Observation, key};

/// How like two names must be to be taken for the same ward's.
const SAME_NAME: f64 = 0.8;

/// The last number of keys that number wards from 1 without (many) gaps; none for other keys.
fn run_of<'a>(scheme: &str, keys: impl Iterator<Item = &'a str>) -> Option<u32> {
    let mut numbers: HashSet<u32> = HashSet::new();
    let mut all = 0;
    for text in keys {
        all += 1;
        numbers.extend(
            key::meeting(scheme, text)
                .parse::<u32>()
                .ok()
                .filter(|number| *number > 0),
        );
    }
    let last = *numbers.iter().max()?;
    let dense = numbers.len() as f64 >= f64::from(last) * 0.95;
    let mostly = numbers.len() * 10 >= all.min(last as usize) * 9;
    (dense && mostly && last >= 5).then_some(last)
}

/// Whether both sides mean the same wards: by what they say, else by what their numbers and names show.
pub(super) fn delimitation(
    layer: &LayerKeys,
    table: &IndicatorTable,
    rows: &[&Observation],
    column: &[Option<String>],
    report: &JoinReport,
    named: &[(u32, &str)],
) -> Delimitation {
    let mut found = Delimitation {
        table: table.delim.clone(),
        layer: layer.delim.clone(),
        agrees: None,
        because: None,
    };
    if let (Some(a), Some(b)) = (&found.table, &found.layer) {
        let agrees = key::plain(a) == key::plain(b);
        found.agrees = Some(agrees);
        if !agrees {
            found.because = Some(format!("the table is for {a}, the layer is {b}"));
        }
        return found;
    }
    // The names beside the keys, where both sides have names in one script.
    let ascii = |text: &str| key::name(text).is_ascii();
    let (mut compared, mut alike) = (0_usize, 0_usize);
    for &(feature, name) in named {
        let others: Vec<&str> = layer
            .names
            .iter()
            .filter_map(|column| column[feature as usize].as_deref())
            .filter(|other| {
                key::is_name(other) && key::is_name(name) && ascii(other) == ascii(name)
            })
            .collect();
        if !others.is_empty() {
            compared += 1;
            alike += usize::from(
                others
                    .iter()
                    .any(|other| likeness(&key::name(name), &key::name(other)) >= SAME_NAME),
            );
        }
    }
    if compared >= 5 && alike * 2 < compared {
        found.agrees = Some(false);
        found.because = Some(format!(
            "in {} of {compared} wards with the same number, the table and the layer give different names",
            compared - alike
        ));
        return found;
    }
    if compared >= 5 && alike * 5 >= compared * 4 {
        return found;
    }
    // Wards numbered from 1 on both sides, but not to the same number.
    let keys = rows
        .iter()
        .filter(|row| !row.total)
        .map(|row| row.key.as_str());
    let theirs = run_of(&table.key_scheme, keys.filter(|key| !key.is_empty()));
    let ours = run_of(
        &table.key_scheme,
        column.iter().filter_map(|text| text.as_deref()),
    );
    if let (Some(theirs), Some(ours)) = (theirs, ours) {
        let beyond = report.keys_without_feature_count as f64 > f64::from(theirs) * 0.05;
        if theirs != ours && (beyond || f64::from(theirs) < f64::from(ours) * 0.9) {
            found.agrees = Some(false);
            found.because = Some(format!(
                "the table numbers its wards 1 to {theirs}, the layer 1 to {ours}"
            ));
        }
    }
    found
}

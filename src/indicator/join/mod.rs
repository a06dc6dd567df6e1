//! A layer with a table, by key: what met, what did not, and whether both mean the same wards.

mod delimitation;
mod keys;
mod near;

use std::collections::HashSet;

pub use self::keys::LayerKeys;
use self::{delimitation::delimitation, keys::Index, near::near};
use super::{
    Delimitation, IndicatorTable, JoinReport, Joined, Observation, Period, Quality,
    UnvaluedFeature, key, report::KEPT,
};

/// Joins the values of a period to the rows of a layer.
pub fn join_keys(layer: &LayerKeys, table: &IndicatorTable, period: &Period) -> Joined {
    let scheme = table.key_scheme.as_str();
    let wanted = table
        .periods
        .iter()
        .position(|known| known == period)
        .map(|at| at as u32);
    let rows: Vec<&Observation> = table
        .observations
        .iter()
        .filter(|observation| Some(observation.period) == wanted)
        .collect();
    let met = |index: &Index<'_>| {
        rows.iter()
            .filter(|row| index.normal.contains_key(&key::meeting(scheme, &row.key)))
            .count()
    };
    let indexes: Vec<Index<'_>> = layer
        .candidates
        .iter()
        .map(|(_, column)| Index::of(scheme, column))
        .collect();
    // The best column, the first of equals.
    let best = indexes
        .iter()
        .enumerate()
        .map(|(at, index)| (met(index), std::cmp::Reverse(at)))
        .max()
        .map(|(_, std::cmp::Reverse(at))| at);
    let empty = Index::of(scheme, &[]);
    let index = best.map_or(&empty, |at| &indexes[at]);
    let none: Vec<Option<String>> = vec![None; layer.ids.len()];
    let column = best.map_or(&none, |at| &layer.candidates[at].1);

    let mut values = vec![f64::NAN; layer.ids.len()];
    let mut report = blank(layer, table, period);
    report.table_rows = rows.len() as u64;
    report.key_field = best.map(|at| layer.candidates[at].0.clone());
    report.key_field_why = match (best, layer.candidates.len()) {
        (None, _) => format!("the layer has no column for keys of the scheme {scheme}"),
        (Some(_), 1) => format!("the only column for keys of the scheme {scheme}"),
        (Some(_), count) => format!(
            "of {count} columns for keys of the scheme {scheme}, the one that most rows meet"
        ),
    };
    let mut used: HashSet<String> = HashSet::new();
    let mut duplicates: Vec<String> = vec![];
    let mut lost: Vec<&Observation> = vec![];
    let mut named: Vec<(u32, &str)> = vec![];
    for row in &rows {
        let text = row.key.trim();
        if text.is_empty() || row.total {
            report.rows_without_key += 1;
            report.total_rows += u64::from(row.total);
            continue;
        }
        let normal = key::meeting(scheme, text);
        let exact = index.exact.contains_key(text);
        let Some(features) = index.normal.get(&normal).filter(|_| !normal.is_empty()) else {
            lost.push(row);
            continue;
        };
        if !used.insert(normal.clone()) {
            report.duplicate_rows += 1;
            if duplicates.last() != Some(&row.key) {
                duplicates.push(row.key.clone());
            }
            continue;
        }
        report.matched += 1;
        if scheme == key::NAME {
            report.matched_by_name += 1;
        } else if exact {
            report.matched_exactly += 1;
        } else {
            report.matched_after_normalising += 1;
        }
        if row.value.is_none() {
            report.matched_without_number += 1;
        }
        for &feature in features {
            values[feature as usize] = row.value.unwrap_or(f64::NAN);
            if let Some(name) = row.name.as_deref() {
                named.push((feature, name));
            }
        }
    }
    duplicates.sort();
    duplicates.dedup();
    duplicates.truncate(KEPT);
    report.duplicate_keys = duplicates;
    report.keys_without_feature_count = lost.len() as u64;
    let mut lost_keys: Vec<String> = vec![];
    for row in &lost {
        if !lost_keys.contains(&row.key) && lost_keys.len() < KEPT {
            lost_keys.push(row.key.clone());
        }
    }
    report.keys_without_feature = lost_keys;
    let mut shared: Vec<String> = index
        .normal
        .iter()
        .filter(|(normal, features)| features.len() > 1 && used.contains(*normal))
        .map(|(normal, _)| normal.clone())
        .collect();
    shared.sort();
    shared.truncate(KEPT);
    report.features_sharing_key = shared;

    let name_of = |row: usize| {
        layer
            .names
            .iter()
            .filter_map(|column| column[row].as_deref())
            .find(|name| key::is_name(name))
    };
    let open: Vec<usize> = (0..values.len())
        .filter(|&row| values[row].is_nan())
        .collect();
    report.features_with_value = (values.len() - open.len()) as u64;
    report.features_without_value_count = open.len() as u64;
    report.features_without_value = open
        .iter()
        .take(KEPT)
        .map(|&row| UnvaluedFeature {
            id: layer.ids[row],
            key: column[row].clone().unwrap_or_default(),
            name: name_of(row).map(str::to_owned),
        })
        .collect();
    report.near_matches = near(&lost, &open, column, &name_of);
    report.delimitation = delimitation(layer, table, &rows, column, &report, &named);
    report.quality = quality(&report);
    report.summary = summary(&report, table);
    Joined { values, report }
}

fn blank(layer: &LayerKeys, table: &IndicatorTable, period: &Period) -> JoinReport {
    JoinReport {
        layer: layer.layer.clone(),
        layer_version: layer.version,
        indicator: table.id.to_string(),
        table_version: table.version.clone(),
        period: period.label.clone(),
        key_scheme: table.key_scheme.clone(),
        key_field: None,
        key_field_why: String::new(),
        features: layer.ids.len() as u64,
        table_rows: 0,
        matched: 0,
        matched_exactly: 0,
        matched_after_normalising: 0,
        matched_by_name: 0,
        features_with_value: 0,
        matched_without_number: 0,
        features_without_value: vec![],
        features_without_value_count: 0,
        keys_without_feature: vec![],
        keys_without_feature_count: 0,
        rows_without_key: 0,
        total_rows: 0,
        duplicate_keys: vec![],
        duplicate_rows: 0,
        features_sharing_key: vec![],
        near_matches: vec![],
        delimitation: Delimitation::default(),
        quality: Quality::Poor,
        summary: String::new(),
    }
}

fn quality(report: &JoinReport) -> Quality {
    let little = |count: u64, of: u64| count * 50 <= of;
    if report.delimitation.agrees == Some(false)
        || report.features_with_value * 2 < report.features
        || report.matched == 0
    {
        Quality::Poor
    } else if little(report.features_without_value_count, report.features)
        && little(report.keys_without_feature_count, report.table_rows)
        && report.duplicate_rows == 0
        && report.matched_by_name == 0
    {
        Quality::Good
    } else {
        Quality::Partial
    }
}

fn summary(report: &JoinReport, table: &IndicatorTable) -> String {
    let mut parts = vec![format!(
        "{} of {} features of {} have a value of {} for {}",
        report.features_with_value, report.features, report.layer, table.id, report.period
    )];
    let mut say = |count: u64, one: &str, many: &str| {
        if count > 0 {
            parts.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    };
    say(
        report.keys_without_feature_count,
        "row of the table names no feature",
        "rows of the table name no feature",
    );
    let other = report.rows_without_key - report.total_rows;
    say(
        report.total_rows,
        "row without a key is a total",
        "rows without a key are totals",
    );
    say(other, "row has no key", "rows have no key");
    say(
        report.duplicate_rows,
        "row repeats a key and was not used",
        "rows repeat a key and were not used",
    );
    say(
        report.matched_by_name,
        "row was matched by name alone: confirm it",
        "rows were matched by name alone: confirm them",
    );
    let mut text = parts.join("; ");
    if let Some(because) = report
        .delimitation
        .because
        .as_ref()
        .filter(|_| report.delimitation.agrees == Some(false))
    {
        text = format!("These look like different wards: {because}. {text}");
    }
    text.push('.');
    text
}

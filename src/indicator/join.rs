//! A layer with a table, by key: what met, what did not, and whether both mean the same wards.

use std::collections::{HashMap, HashSet};

use super::{
    Delimitation, IndicatorTable, JoinReport, Joined, NearMatch, Observation, Period, Quality,
    UnvaluedFeature, key, report::KEPT,
};
use crate::{model::Value, snapshot::Snapshot};

/// How many leftovers of each side are held against each other for near matches.
const NEAR_SIDE: usize = 500;
/// How like two texts must be to be called near.
const NEAR: f64 = 0.88;
/// How like two names must be to be taken for the same ward's.
const SAME_NAME: f64 = 0.8;

/// What a join needs of a layer: its possible key columns as text, by row.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerKeys {
    /// The layer.
    pub layer: String,
    /// Its version.
    pub version: u32,
    /// The set of wards it holds, where it says.
    pub delim: Option<String>,
    /// The feature ids.
    pub ids: Vec<u64>,
    /// Columns that may hold the keys, the better known first: name, and a text a row.
    pub candidates: Vec<(String, Vec<Option<String>>)>,
    /// Columns that may hold names.
    pub names: Vec<Vec<Option<String>>>,
}

impl LayerKeys {
    /// The candidates of a snapshot for a key scheme.
    pub fn of(snapshot: &Snapshot, scheme: &str) -> Self {
        let info = snapshot.info();
        let headers: Vec<&str> = info
            .fields
            .iter()
            .map(|field| field.name.as_str())
            .collect();
        let rows = 0..snapshot.len() as u32;
        let column = |field: usize| -> Vec<Option<String>> {
            rows.clone()
                .map(|row| match snapshot.value(row, field) {
                    Value::Null => None,
                    value => Some(value.to_text().into_owned()),
                })
                .collect()
        };
        let mut found = key::columns(scheme, &headers);
        if found.is_empty() && scheme != key::NAME {
            // A layer that is not of wards: its own business key, where it is one field.
            if let [own] = info.key.as_slice() {
                found.extend(headers.iter().position(|header| header == own));
            }
        }
        let from_field = headers
            .iter()
            .position(|header| key::plain(header) == "delimid")
            .and_then(|field| {
                let all: HashSet<String> = column(field).into_iter().flatten().collect();
                (all.len() == 1).then(|| all.into_iter().next()).flatten()
            });
        Self {
            layer: info.id.to_string(),
            version: info.version.0,
            delim: from_field.or_else(|| info.metadata.text("delim_id").map(str::to_owned)),
            ids: rows.clone().map(|row| snapshot.id(row).0).collect(),
            candidates: found
                .into_iter()
                .map(|field| (headers[field].to_owned(), column(field)))
                .collect(),
            names: key::name_columns(&headers)
                .into_iter()
                .map(column)
                .collect(),
        }
    }
}

/// Keys of one column to rows.
struct Index<'a> {
    exact: HashMap<&'a str, Vec<u32>>,
    normal: HashMap<String, Vec<u32>>,
}

impl<'a> Index<'a> {
    fn of(scheme: &str, column: &'a [Option<String>]) -> Self {
        let mut found = Self {
            exact: HashMap::new(),
            normal: HashMap::new(),
        };
        for (row, text) in column.iter().enumerate() {
            let Some(text) = text
                .as_deref()
                .map(str::trim)
                .filter(|text| !text.is_empty())
            else {
                continue;
            };
            found.exact.entry(text).or_default().push(row as u32);
            found
                .normal
                .entry(key::meeting(scheme, text))
                .or_default()
                .push(row as u32);
        }
        found
    }
}

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

/// How like two texts are, 0 to 1.
fn likeness(a: &str, b: &str) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    strsim::jaro_winkler(a, b)
}

/// Leftovers of both sides that look alike. Numbers are never near: ward 12 is not almost ward 13.
fn near<'a>(
    lost: &[&Observation],
    open: &[usize],
    column: &[Option<String>],
    name_of: &dyn Fn(usize) -> Option<&'a str>,
) -> Vec<NearMatch> {
    let mut found: Vec<NearMatch> = vec![];
    for row in lost.iter().take(NEAR_SIDE) {
        let mut best: Option<NearMatch> = None;
        for &feature in open.iter().take(NEAR_SIDE) {
            let feature_key = column[feature].clone().unwrap_or_default();
            let by_key = if key::is_name(&row.key) {
                likeness(&key::name(&row.key), &key::name(&feature_key))
            } else {
                0.0
            };
            let own = row.name.as_deref().or(Some(&row.key)
                .filter(|text| key::is_name(text))
                .map(String::as_str));
            let by_name = own
                .zip(name_of(feature))
                .map_or(0.0, |(a, b)| likeness(&key::name(a), &key::name(b)));
            let (score, by) = if by_name > by_key {
                (by_name, "name")
            } else {
                (by_key, "key")
            };
            if score >= NEAR && best.as_ref().is_none_or(|best| best.score < score) {
                best = Some(NearMatch {
                    key: row.key.clone(),
                    feature_key,
                    score: (score * 1000.0).round() / 1000.0,
                    by: by.to_owned(),
                });
            }
        }
        found.extend(best);
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found.truncate(KEPT);
    found
}

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
fn delimitation(
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

//! Keys that did not meet, held against each other for near matches.

use crate::indicator::{NearMatch, Observation, key, report::KEPT};

/// How many leftovers of each side are held against each other for near matches.
const NEAR_SIDE: usize = 500;

/// How like two texts must be to be called near.
const NEAR: f64 = 0.88;

/// How like two texts are, 0 to 1.
pub(super) fn likeness(a: &str, b: &str) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 0.0;
    }
    strsim::jaro_winkler(a, b)
}

/// Leftovers of both sides that look alike. Numbers are never near: ward 12 is not almost ward 13.
pub(super) fn near<'a>(
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

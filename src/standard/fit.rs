//! Which standard suits a layer that came without a name.

use std::collections::HashSet;

use serde::Serialize;

use super::{ColumnMap, Kind, LayerStandard, Standards, alias::squash};
use crate::model::{Column, LayerId, RawLayer, ShapeKind, Value};

/// A standard that suits a layer, how well, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// The standard.
    pub layer: LayerId,
    /// From 0 to 1; below [`FITS`] it is not proposed.
    pub score: f64,
    /// A sentence for a person.
    pub why: String,
}

/// The score from which a standard is proposed: its name alone, or most of what sets it apart.
pub const FITS: f64 = 0.45;

/// Rows whose codes are looked at; enough to tell road classes from land uses.
const CODE_ROWS: usize = 200;

impl Standards {
    /// The standard that suits a layer best; none when none suits.
    pub fn best_fit(&self, layer: &RawLayer) -> Option<Fit> {
        self.fits(layer)
            .into_iter()
            .next()
            .filter(|fit| fit.score >= FITS)
    }

    /// Every standard whose geometry could be this layer's, the best first. Two things count: what the file
    /// and the layer are called, and how many of the attributes are there that set the standard apart.
    pub fn fits(&self, layer: &RawLayer) -> Vec<Fit> {
        let dimension = main_dimension(layer);
        let mut fits: Vec<Fit> = self
            .layers()
            .filter(|standard| {
                dimension.is_none_or(|dimension| {
                    standard
                        .geometry
                        .iter()
                        .any(|shape| shape.dimension() == dimension)
                })
            })
            .map(|standard| self.fit(standard, layer))
            .filter(|fit| fit.score > 0.0)
            .collect();
        fits.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then_with(|| a.layer.cmp(&b.layer))
        });
        fits
    }

    fn fit(&self, standard: &LayerStandard, layer: &RawLayer) -> Fit {
        let named = name_score(standard, layer);
        let map = ColumnMap::of(self, standard, &layer.table);
        let own = |name: &str| {
            standard.fields.iter().any(|field| field.name == name)
                && !self.common_fields().iter().any(|field| field.name == name)
        };
        let (mut wanted, mut met, mut seen) = (0.0_f64, 0.0_f64, vec![]);
        // A key like `ward_no` sets a layer apart even where the common block has it too.
        for field in self.fields(standard).filter(|field| {
            own(&field.name)
                || (field.required
                    && standard.key.contains(&field.name)
                    && field.name != "feature_id"
                    && !field.shared)
        }) {
            let weight = if field.required { 1.0 } else { 0.25 };
            wanted += if field.required { weight } else { 0.0 };
            if let Some(at) = map.column(&field.name) {
                let fits_codes = field.kind != Kind::Code
                    || field
                        .codes
                        .as_deref()
                        .is_none_or(|list| self.codes_fit(list, layer, at));
                if fits_codes {
                    met += weight;
                    seen.push(layer.table.fields[at].name.as_str());
                }
            }
        }
        let fields = if wanted > 0.0 {
            (met / wanted).min(1.0)
        } else {
            0.0
        };
        let own_key = standard.key.iter().any(|name| {
            matches!(name.as_str(), "ward_no" | "zone_no")
                && map
                    .column(name)
                    .is_some_and(|at| mostly_distinct(&layer.table.columns[at]))
        });
        // A ward number that no two areas share makes them wards, whatever else is missing.
        let key = if own_key { 0.4 } else { 0.0 };
        let score = (0.6 * named + 0.5 * fields + key).min(1.0);
        let mut why = vec![];
        if named > 0.0 {
            why.push(format!(
                "the name speaks of {}",
                standard.title.say("en").to_lowercase()
            ));
        }
        if !seen.is_empty() {
            why.push(format!("it has {}", seen.join(", ")));
        }
        Fit {
            layer: standard.layer.clone(),
            score,
            why: why.join("; "),
        }
    }

    fn codes_fit(&self, list: &str, layer: &RawLayer, at: usize) -> bool {
        let Some(list) = self.codes(list) else {
            return true;
        };
        let column = &layer.table.columns[at];
        let (mut seen, mut good) = (0, 0);
        for row in 0..column.len().min(CODE_ROWS) {
            let value = column.get(row);
            if value != Value::Null {
                seen += 1;
                good += usize::from(list.nearest(&value.to_text()).is_some());
            }
        }
        good * 2 >= seen
    }
}

/// True when there are several values and four in five of them are different.
fn mostly_distinct(column: &Column) -> bool {
    let mut seen = HashSet::new();
    for row in 0..column.len() {
        let value = column.get(row);
        if value != Value::Null {
            seen.insert(value.to_text());
        }
    }
    seen.len() > 1 && seen.len() * 5 >= column.len() * 4
}

/// The dimension that most features have.
fn main_dimension(layer: &RawLayer) -> Option<u8> {
    let mut counts = [0_usize; 3];
    for &kind in &layer.shapes.kinds {
        if let Some(dimension) = ShapeKind::from_u8(kind).dimension() {
            counts[usize::from(dimension)] += 1;
        }
    }
    (0..3_u8)
        .filter(|&dimension| counts[usize::from(dimension)] > 0)
        .max_by_key(|&dimension| counts[usize::from(dimension)])
}

/// 1 when the layer's or the file's name is one of the standard's names, less when it only holds one.
fn name_score(standard: &LayerStandard, layer: &RawLayer) -> f64 {
    let names: Vec<String> = std::iter::once(standard.layer.as_str())
        .chain(standard.title.0.values().map(String::as_str))
        .chain(standard.also_called.iter().map(String::as_str))
        .map(squash)
        .collect();
    let stem = layer
        .source
        .file
        .rsplit_once('.')
        .map_or(layer.source.file.as_str(), |(stem, _)| stem);
    let mut best: f64 = 0.0;
    for text in [layer.source.layer.as_str(), stem] {
        let squashed = squash(text);
        let words: Vec<String> = text
            .split(|letter: char| {
                letter.is_whitespace() || (letter.is_ascii() && !letter.is_ascii_alphabetic())
            })
            .map(squash)
            .filter(|word| !word.is_empty())
            .collect();
        for name in &names {
            if squashed == *name {
                best = best.max(1.0);
            } else if in_words(&words, name) {
                // The longer the name that is held, the surer.
                best = best.max(0.7 + 0.2 * (name.chars().count() as f64 / 30.0).min(1.0));
            }
        }
    }
    best
}

/// True when a run of whole words, or of words without their plural s, spells the name.
fn in_words(words: &[String], name: &str) -> bool {
    (0..words.len()).any(|from| {
        let mut run = String::new();
        words[from..].iter().take(4).any(|word| {
            run.push_str(word);
            run == name || run.strip_suffix('s').is_some_and(|one| one == name)
        })
    })
}

//! Which standard suits a layer that came without a name.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::{ColumnMap, Kind, LayerStandard, Standards, alias::squash};
use crate::model::{Column, LayerId, RawLayer, Say, ShapeKind, Value, say};

/// A standard that suits a layer, how well, and why.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fit {
    /// The standard.
    pub layer: LayerId,
    /// From 0 to 1; below [`FITS`] it is not proposed.
    pub score: f64,
    /// A sentence for a person.
    pub why: String,
    /// The sentence before it had a language.
    pub say: Say,
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
            .map(|standard| self.fit(standard, name_score(standard, layer), layer))
            .map(|mut fit| {
                if self.is_named_closer(&fit.layer, layer) {
                    fit.score *= OUTNAMED;
                }
                fit
            })
            .filter(|fit| fit.score > 0.0)
            // A city has one boundary: a layer of many areas is none, whatever columns it has.
            .filter(|fit| fit.layer.as_str() != "city_boundary" || layer.len() <= MANY)
            .collect();
        // `Jaipur_Boundary` with one area in it: the boundary of what no other standard speaks of.
        if fits.iter().all(|fit| fit.score < FITS)
            && let Some(standard) = self
                .layers()
                .find(|standard| standard.layer.as_str() == "city_boundary")
            && dimension == Some(2)
            && layer.len() <= FEW
            && named_boundary(layer)
        {
            fits.retain(|fit| fit.layer != standard.layer);
            fits.push(self.fit(standard, ENDING, layer));
        }
        fits.sort_by(|a, b| {
            b.score
                .total_cmp(&a.score)
                .then_with(|| a.layer.cmp(&b.layer))
        });
        fits
    }

    /// True when the layer's name ends in a longer name of another standard, which this one's is only the end of:
    /// `pune-admin-wards` are administrative wards, so no electoral ones.
    fn is_named_closer(&self, than: &LayerId, layer: &RawLayer) -> bool {
        let Some(own) = self.layers().find(|standard| standard.layer == *than) else {
            return false;
        };
        let own: Vec<String> = names_of(own).collect();
        let others: Vec<String> = (self.layers().filter(|standard| standard.layer != *than))
            .flat_map(names_of)
            .collect();
        texts_of(layer).into_iter().any(|text| {
            let words = words_of(text);
            let ending = own.iter().filter(|name| ends_in(&words, name));
            let longest = ending.max_by_key(|name| name.len());
            longest.is_some_and(|short| {
                others.iter().any(|name| {
                    name.len() > short.len()
                        && ends_in(&words, name)
                        && name
                            .trim_end_matches('s')
                            .ends_with(short.trim_end_matches('s'))
                })
            })
        })
    }

    fn fit(&self, standard: &LayerStandard, named: f64, layer: &RawLayer) -> Fit {
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
                // Zones whose number stands in every second row are no zones: the rows are parts of them.
                let is_no_key = standard.key.contains(&field.name)
                    && matches!(field.name.as_str(), "ward_no" | "zone_no")
                    && !mostly_distinct(&layer.table.columns[at]);
                if fits_codes && !is_no_key {
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
            matches!(name.as_str(), "ward_no" | "zone_no" | "census_wn")
                && map
                    .column(name)
                    .is_some_and(|at| mostly_distinct(&layer.table.columns[at]))
        });
        // A ward number that no two areas share makes them wards, whatever else is missing.
        let key = if own_key { 0.4 } else { 0.0 };
        let score = (0.6 * named + 0.5 * fields + key).min(1.0);
        let mut why = vec![];
        if named > 0.0 {
            let mut title = standard.title.0.clone();
            for text in title.values_mut() {
                *text = text.to_lowercase();
            }
            why.push(say!(fit_name, title = title));
        }
        if !seen.is_empty() {
            why.push(say!(fit_columns, columns = seen));
        }
        let say = say!(fit, reasons = why);
        Fit {
            layer: standard.layer.clone(),
            score,
            why: self.messages().render(&say, "en"),
            say,
        }
    }

    fn codes_fit(&self, list: &str, layer: &RawLayer, at: usize) -> bool {
        let Some(list) = self.codes(list) else {
            return true;
        };
        let column = &layer.table.columns[at];
        let (mut seen, mut good) = (0, 0);
        // Codes come again and again, and the nearest is dear.
        let mut known: HashMap<String, bool> = HashMap::new();
        for row in 0..column.len().min(CODE_ROWS) {
            let value = column.get(row);
            if value != Value::Null {
                seen += 1;
                let text = value.to_text().into_owned();
                let is_code = |text: &String| list.nearest(text).is_some();
                good += usize::from(*known.entry(text).or_insert_with_key(is_code));
            }
        }
        good * 2 >= seen
    }
}

/// True when there are several values and four in five of them are different.
fn mostly_distinct(column: &Column) -> bool {
    let mut seen = HashSet::new();
    let mut again = 0;
    for row in 0..column.len() {
        let value = column.get(row);
        if value == Value::Null || !seen.insert(value.to_text()) {
            again += 1;
            // Nothing that follows can make up for these; a column of a million wards ends here soon.
            if again * 5 > column.len() {
                return false;
            }
        }
    }
    seen.len() > 1
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

/// What a standard is called, squashed.
fn names_of(standard: &LayerStandard) -> impl Iterator<Item = String> {
    std::iter::once(standard.layer.as_str())
        .chain(standard.title.0.values().map(String::as_str))
        .chain(standard.also_called.iter().map(String::as_str))
        .map(squash)
}

/// What a layer is called: its name, and that of its file without the ending.
fn texts_of(layer: &RawLayer) -> [&str; 2] {
    let file = layer.source.file.as_str();
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    [layer.source.layer.as_str(), stem]
}

/// 1 when the layer's or the file's name is one of the standard's names, less when it only holds one.
fn name_score(standard: &LayerStandard, layer: &RawLayer) -> f64 {
    let names: Vec<String> = names_of(standard).collect();
    let mut best: f64 = 0.0;
    for text in texts_of(layer) {
        let squashed = squash(text);
        let words = words_of(text);
        for name in &names {
            if squashed == *name {
                best = best.max(1.0);
            } else if ends_in(&words, name) {
                // What a name ends in is what the thing is: `Jaipur_Zones`. The longer, the surer.
                best = best.max(ENDING + 0.24 * (name.chars().count() as f64 / 30.0).min(1.0));
            } else if in_words(&words, name) {
                best = best.max(0.7 + 0.2 * (name.chars().count() as f64 / 30.0).min(1.0));
            }
        }
    }
    best
}

/// The words of a name: `CbeCensus2011Wards` and `cbe census 2011 wards` have three.
fn words_of(text: &str) -> Vec<String> {
    let mut parted = String::with_capacity(text.len() + 8);
    let letters: Vec<char> = text.chars().collect();
    for (at, &letter) in letters.iter().enumerate() {
        let before = at.checked_sub(1).map(|at| letters[at]);
        let after = letters.get(at + 1);
        // A capital after a small letter begins a word, and so does the last of a run of capitals: `BBMPWards`.
        if letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || (before.is_uppercase() && after.is_some_and(|after| after.is_lowercase()))
            })
        {
            parted.push(' ');
        }
        parted.push(letter);
    }
    parted
        .split(|letter: char| {
            letter.is_whitespace() || (letter.is_ascii() && !letter.is_ascii_alphabetic())
        })
        .map(squash)
        .filter(|word| !word.is_empty())
        .collect()
}

/// How much a name is worth that ends in a standard's name: enough to be proposed without more.
const ENDING: f64 = 0.76;

/// What is left of a fit when another standard's name says more of what the layer is called.
const OUTNAMED: f64 = 0.4;

/// A city has one boundary; a file of boundaries has a handful of areas at most.
const FEW: usize = 3;

/// More outlines than a city has had in its history.
const MANY: usize = 20;

/// True for a layer or file called the boundary, or the limits, of something.
fn named_boundary(layer: &RawLayer) -> bool {
    texts_of(layer).into_iter().any(|text| {
        words_of(text)
            .iter()
            .any(|word| matches!(word.as_str(), "boundary" | "limit" | "limits" | "outline"))
            // One area that is called nothing but the area of something is its outline.
            || (layer.len() == 1 && words_of(text).last().is_some_and(|word| word == "area"))
    })
}

/// True when the last words, with or without their plural s, spell the name.
fn ends_in(words: &[String], name: &str) -> bool {
    (1..=words.len().min(4)).any(|count| {
        let tail = words[words.len() - count..].concat();
        tail == name || tail.strip_suffix('s') == Some(name)
    })
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

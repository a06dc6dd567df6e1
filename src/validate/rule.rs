//! What a rule is, and what it may look at.

use serde::Serialize;

use super::{
    Others, Stop,
    report::{Outcome, Place},
};
use crate::{
    model::{Bbox, Metadata, RawLayer, Say, Severity, Shapes, Value, say},
    standard::{ColumnMap, LayerStandard, RuleSettings, Standards},
};

/// What is known of a rule before it runs. The words are data: `layers/rules.toml` holds them by code
/// and language, so that the terminal, the report, `parat explain` and the documentation say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct RuleInfo {
    /// The code, for ever: the letter of the family and two or three digits.
    pub code: &'static str,
    /// A name in snake case.
    pub name: &'static str,
    /// How much its findings matter, unless the standard says otherwise.
    pub severity: Severity,
}

/// What a rule may look at. Everything is the whole layer; nothing is a sample.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The layer as it came.
    pub raw: &'a RawLayer,
    /// Its geometries in WGS 84 longitude/latitude; none when the CRS is unknown or unusable.
    pub lonlat: Option<&'a Shapes<f64>>,
    /// The same in metres, in a UTM zone chosen for the layer; none when `lonlat` is none.
    pub metres: Option<&'a Shapes<f64>>,
    /// The standard it is held to; none when none was named and none fits.
    pub standard: Option<&'a LayerStandard>,
    /// Which column of the file answers which field of the standard.
    pub map: &'a ColumnMap,
    /// Code lists, the India box, metadata elements.
    pub standards: &'a Standards,
    /// What was said about the layer beside its data.
    pub metadata: &'a Metadata,
    /// The city's outline in longitude/latitude, where it is known.
    pub city: Option<&'a Shapes<f64>>,
    /// The city's other layers.
    pub others: &'a Others<'a>,
    /// What the standard says to this rule.
    pub settings: &'a RuleSettings,
    /// True when the sender named the standard.
    pub named: bool,
    /// For each row, which row of the file it was, from 0; none while they are the same.
    pub origins: Option<&'a [u32]>,
    /// How many rows were read, whatever was set aside or parted since.
    pub read: usize,
    /// Whether anybody still waits.
    pub stop: Stop<'a>,
}

/// Fields that name a feature for a person, where the key does not, in the order they are tried.
const NAMES: &[&str] = &["name", "ward_no", "zone_no", "feature_id", "name_local"];

impl Subject<'_> {
    /// What a row calls itself: the parts of its key that set it apart, else its name.
    pub fn key(&self, row: usize) -> Option<String> {
        let key = self.standard.map_or(&[][..], |standard| &standard.key);
        // The city and the delimitation are the same for all rows; the number is what people know.
        let telling = key
            .iter()
            .map(String::as_str)
            .filter(|field| !self.is_shared(field));
        for field in telling.chain(NAMES.iter().copied()) {
            let text = self.value(row, field).to_text();
            if !text.trim().is_empty() {
                return Some(shortened(text.trim(), 60));
            }
        }
        self.raw
            .table
            .fields
            .iter()
            .position(|field| field.name.to_lowercase().contains("name"))
            .map(|at| self.raw.table.columns[at].get(row).to_text())
            .filter(|text| !text.trim().is_empty())
            .map(|text| shortened(text.trim(), 60))
    }

    /// True for a field that all features of a delivery have in common.
    pub fn is_shared(&self, field: &str) -> bool {
        self.standard
            .and_then(|standard| self.standards.field(standard, field))
            .is_some_and(|field| field.shared)
    }

    /// The number of a row as the file counts it, from 1.
    pub fn number(&self, row: usize) -> u64 {
        self.origins
            .and_then(|origins| origins.get(row).copied())
            .map_or(row as u64, u64::from)
            + 1
    }

    /// How far, in metres: what the standard says to this rule, else the tolerance of the profile.
    pub(super) fn limit_m(&self) -> f64 {
        let tolerance = || self.standards.profile().tol_m();
        self.settings.limit.unwrap_or_else(tolerance)
    }

    /// True when the rule is for this row: the standard may name the kinds that it is for.
    pub fn concerns(&self, row: usize) -> bool {
        self.settings.only.as_ref().is_none_or(|only| {
            let value = self.value(row, &only.field).to_text();
            only.codes
                .iter()
                .any(|code| code.eq_ignore_ascii_case(value.trim()))
        })
    }

    /// The row and what it calls itself, for a sentence: `row 12 (7)`.
    pub fn called(&self, row: usize) -> Say {
        match self.key(row) {
            None => say!(row, row = self.number(row)),
            Some(key) => say!(row_key, row = self.number(row), key = key),
        }
    }

    /// The value of a row in the column that answers a field; null where none does.
    pub fn value(&self, row: usize, field: &str) -> Value<'_> {
        self.map
            .column(field)
            .map_or(Value::Null, |at| self.raw.table.columns[at].get(row))
    }

    /// The place of a whole row.
    pub fn row(&self, row: usize) -> Place {
        Place {
            row: Some(self.number(row)),
            key: self.key(row),
            bbox: self.bbox(row),
            ..Place::default()
        }
    }

    /// The place of a value: a row and a column.
    pub fn cell(&self, row: usize, column: usize) -> Place {
        Place {
            field: Some(self.raw.table.fields[column].name.clone()),
            ..self.row(row)
        }
    }

    /// The place of a fault of a row's geometry.
    pub fn spot(&self, row: usize, at: Option<[f64; 2]>) -> Place {
        Place {
            at: at.filter(|at| at[0].is_finite() && at[1].is_finite()),
            ..self.row(row)
        }
    }

    fn bbox(&self, row: usize) -> Option<Bbox> {
        self.lonlat.and_then(|shapes| shapes.get(row).bbox())
    }
}

/// A text of at most `count` letters; a longer one ends in an ellipsis.
pub(super) fn shortened(text: &str, count: usize) -> String {
    if text.chars().count() <= count {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(count.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// One check over one layer.
pub trait Rule: Sync {
    /// Its code, name and severity.
    fn info(&self) -> &'static RuleInfo;

    /// Checks. Never an error: broken data is a finding, and what could not be checked is
    /// [`Outcome::NotRun`] with the reason.
    fn check(&self, subject: &Subject<'_>) -> Outcome;
}

//! A sheet to an [`IndicatorTable`]: the long form of observations, a wide sheet with one column a period,
//! or a column among others. What cannot be read is a finding with its row, never a guess.

mod columns;
mod rows;
mod said;

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

pub use self::said::{Declared, TableOptions};
use super::{IndicatorTable, Observation, Period, cells::Sheet, key};

/// How many findings are kept. All are counted.
const KEPT: usize = 1_000;

/// How a sheet was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// One observation a row.
    Long,
    /// One column a period.
    Periods,
    /// One column of values, one period.
    Column,
}

/// Something in the sheet that a person should look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableFinding {
    /// The row of the file, from 1.
    pub row: Option<u64>,
    /// The column.
    pub column: Option<String>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub remedy: String,
}

/// A table and what was noticed.
#[derive(Clone, Debug, PartialEq)]
pub struct Parsed {
    /// The table.
    pub table: IndicatorTable,
    /// How the sheet was understood.
    pub shape: Shape,
    /// The column taken for the keys, and why.
    pub key_column: String,
    /// The columns taken for values.
    pub value_columns: Vec<String>,
    /// The first findings.
    pub findings: Vec<TableFinding>,
    /// How many in all.
    pub finding_count: u64,
    /// Rows of the sheet.
    pub rows: u64,
    /// Rows of the long form that are about other indicators.
    pub other_indicators: u64,
}

/// Why a sheet is no table of this indicator. Each says what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TableError {
    /// No column holds keys.
    #[error("no column holds ward keys; the columns are {columns}; name one as the key column")]
    NoKey {
        /// The columns there are.
        columns: String,
    },
    /// A named column is not there.
    #[error("there is no column `{name}`; the columns are {columns}")]
    NoColumn {
        /// The name.
        name: String,
        /// The columns there are.
        columns: String,
    },
    /// No column holds values.
    #[error(
        "no column is called {indicator} and none is named like a period; the columns are {columns}; name one as the value column"
    )]
    NoValue {
        /// The indicator.
        indicator: String,
        /// The columns there are.
        columns: String,
    },
    /// No period.
    #[error("the sheet names no period; give one, such as 2021-22")]
    NoPeriod,
    /// A given period cannot be read.
    #[error("`{0}` is no period; write 2021-22, 2020, 2021-04 or 2021-04-01/2022-03-31")]
    BadPeriod(String),
}

struct Reading<'a> {
    sheet: &'a Sheet,
    headers: Vec<String>,
    declared: &'a Declared,
    options: &'a TableOptions,
    findings: Vec<TableFinding>,
    count: u64,
    rows: Vec<(Period, Observation)>,
    others: u64,
    ambiguous: HashSet<String>,
}

/// Reads a sheet as the table of an indicator.
pub fn parse(
    sheet: &Sheet,
    declared: &Declared,
    options: &TableOptions,
) -> Result<Parsed, TableError> {
    let mut reading = Reading {
        sheet,
        headers: sheet
            .columns
            .iter()
            .map(|header| key::plain(header))
            .collect(),
        declared,
        options,
        findings: vec![],
        count: 0,
        rows: vec![],
        others: 0,
        ambiguous: HashSet::new(),
    };
    for note in &sheet.notes {
        reading.find(None, None, note, "check the file");
    }
    let (key_at, scheme) = reading.key()?;
    let names = reading.names(key_at);
    let long = reading.at("geocode").is_some()
        && (reading.at("value").is_some() || reading.at("numer").is_some());
    let (shape, values) = if long && options.value.is_none() {
        reading.long(key_at, names)?;
        (Shape::Long, reading.at("value").into_iter().collect())
    } else {
        reading.wide(key_at, names)?
    };
    let Reading {
        findings,
        count,
        rows,
        others,
        ..
    } = reading;
    let mut periods: BTreeMap<Period, u32> =
        rows.iter().map(|(period, _)| (period.clone(), 0)).collect();
    for (at, number) in periods.values_mut().enumerate() {
        *number = at as u32;
    }
    let delims: HashSet<&str> = sheet
        .columns
        .iter()
        .position(|header| key::plain(header) == "delimid")
        .map(|at| {
            sheet
                .rows
                .iter()
                .map(|row| row[at].as_str())
                .filter(|text| !text.is_empty())
                .collect()
        })
        .unwrap_or_default();
    let delim = match (&options.delim, delims.len()) {
        (Some(given), _) => Some(given.clone()),
        (None, 1) => delims.into_iter().next().map(str::to_owned),
        _ => None,
    };
    Ok(Parsed {
        table: IndicatorTable {
            id: declared.id.clone(),
            title: declared.title.clone(),
            unit: declared.unit.clone(),
            direction: declared.direction.clone(),
            rollup: declared.rollup.clone(),
            factor: declared.factor,
            layer: options.layer.clone(),
            key_scheme: scheme,
            delim,
            observations: rows
                .into_iter()
                .map(|(period, observation)| Observation {
                    period: periods[&period],
                    ..observation
                })
                .collect(),
            periods: periods.into_keys().collect(),
            version: sheet.hash.clone(),
        },
        shape,
        key_column: sheet.columns[key_at].clone(),
        value_columns: values
            .into_iter()
            .map(|at: usize| sheet.columns[at].clone())
            .collect(),
        findings,
        finding_count: count,
        rows: sheet.rows.len() as u64,
        other_indicators: others,
    })
}

impl Reading<'_> {
    fn find(&mut self, row: Option<u64>, column: Option<usize>, message: &str, remedy: &str) {
        self.count += 1;
        if self.findings.len() < KEPT {
            self.findings.push(TableFinding {
                row,
                column: column.map(|at| self.sheet.columns[at].clone()),
                message: message.to_owned(),
                remedy: remedy.to_owned(),
            });
        }
    }
}

//! A sheet to an [`IndicatorTable`]: the long form of observations, a wide sheet with one column a period,
//! or a column among others. What cannot be read is a finding with its row, never a guess.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{
    IndicatorTable, Observation, Period,
    cells::{Cell, Sheet, number},
    key,
    period::{Ambiguous, calendar_date},
};
use crate::model::{IndicatorId, LayerId};

/// How many findings are kept. All are counted.
const KEPT: usize = 1_000;

/// What is declared of an indicator before its table is read.
#[derive(Clone, Debug, PartialEq)]
pub struct Declared {
    /// Its code.
    pub id: IndicatorId,
    /// What people call it.
    pub title: String,
    /// The unit.
    pub unit: String,
    /// `higher`, `lower`, `target`, `neutral`.
    pub direction: String,
    /// `sum`, `ratio`, `weighted:x`, …
    pub rollup: String,
    /// What numerator over denominator is multiplied with.
    pub factor: f64,
}

impl Declared {
    /// The declaration of the catalogue.
    pub fn of(rule: &crate::standard::IndicatorRule, language: &str) -> Self {
        let direction = match rule.direction {
            crate::standard::Direction::Higher => "higher",
            crate::standard::Direction::Lower => "lower",
            crate::standard::Direction::Target => "target",
            crate::standard::Direction::Neutral => "neutral",
        };
        Self {
            id: rule.code.clone(),
            title: rule.title.say(language).to_owned(),
            unit: rule.unit.clone(),
            direction: direction.to_owned(),
            rollup: rule.rollup.clone().into(),
            factor: rule.factor,
        }
    }
}

/// What a person said about a sheet. Everything may be left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TableOptions {
    /// The column with the keys.
    pub key: Option<String>,
    /// The column with the values.
    pub value: Option<String>,
    /// The period of a sheet that names none.
    pub period: Option<String>,
    /// The layer that the keys name features of.
    pub layer: Option<LayerId>,
    /// The key scheme.
    pub scheme: Option<String>,
    /// The set of wards.
    pub delim: Option<String>,
}

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

    fn at(&self, plain: &str) -> Option<usize> {
        self.headers.iter().position(|header| header == plain)
    }

    fn columns(&self) -> String {
        let mut shown: Vec<_> = self.sheet.columns.iter().take(30).cloned().collect();
        if self.sheet.columns.len() > shown.len() {
            shown.push("…".to_owned());
        }
        shown.join(", ")
    }

    fn named(&self, name: &str) -> Result<usize, TableError> {
        self.sheet
            .columns
            .iter()
            .position(|header| header == name)
            .or_else(|| self.at(&key::plain(name)))
            .ok_or_else(|| TableError::NoColumn {
                name: name.to_owned(),
                columns: self.columns(),
            })
    }

    /// The column of the keys and their scheme: as given, else the directory's code, else the number, else
    /// the name.
    fn key(&self) -> Result<(usize, String), TableError> {
        let given = self.options.scheme.clone();
        let headers: Vec<&str> = self.sheet.columns.iter().map(String::as_str).collect();
        if let Some(name) = &self.options.key {
            let at = self.named(name)?;
            let scheme = given.unwrap_or_else(|| {
                [key::LGD, key::WARD_NO, key::NAME]
                    .into_iter()
                    .find(|scheme| key::columns(scheme, &headers).contains(&at))
                    .map_or_else(
                        || format!("{}{}", key::FIELD, self.sheet.columns[at]),
                        str::to_owned,
                    )
            });
            return Ok((at, scheme));
        }
        if let Some(at) = self.at("geocode") {
            let scheme = self
                .at("geoscheme")
                .and_then(|scheme| self.sheet.rows.first().map(|row| row[scheme].clone()))
                .filter(|scheme| !scheme.is_empty());
            return Ok((
                at,
                given.or(scheme).unwrap_or_else(|| key::WARD_NO.to_owned()),
            ));
        }
        let schemes = match &given {
            Some(scheme) => vec![scheme.as_str()],
            None => vec![key::LGD, key::WARD_NO, key::NAME],
        };
        for scheme in schemes {
            // A column that is empty throughout keys nothing, and a column of names is no column of numbers.
            let usable = key::columns(scheme, &headers).into_iter().find(|&at| {
                let filled = self.sheet.rows.iter().filter(|row| !row[at].is_empty());
                let named = filled.clone().filter(|row| key::is_name(&row[at])).count();
                let filled = filled.count();
                filled > 0 && (scheme != key::WARD_NO || named * 2 <= filled)
            });
            if let Some(at) = usable {
                return Ok((at, scheme.to_owned()));
            }
        }
        Err(TableError::NoKey {
            columns: self.columns(),
        })
    }

    /// The column of names beside the keys: the first whose cells are mostly names, not numbers.
    fn names(&self, key_at: usize) -> Option<usize> {
        let headers: Vec<&str> = self.sheet.columns.iter().map(String::as_str).collect();
        key::name_columns(&headers).into_iter().find(|&at| {
            let named = self
                .sheet
                .rows
                .iter()
                .filter(|row| key::is_name(&row[at]))
                .count();
            at != key_at && named * 2 > self.sheet.rows.len()
        })
    }

    fn observation(&self, row: usize, key_at: usize, names: Option<usize>) -> Observation {
        let cells = &self.sheet.rows[row];
        let name = names
            .map(|at| cells[at].clone())
            .filter(|name| !name.is_empty());
        let key = cells[key_at].clone();
        let blank = key.is_empty();
        // A row with numbers and no name at all, or one that says so, sums up the others.
        let total = key::is_total(&key)
            || blank
                && name.as_deref().is_none_or(key::is_total)
                && self.reads_as_total(row, key_at);
        Observation {
            key,
            name,
            total,
            row: self.sheet.numbers[row],
            ..Observation::default()
        }
    }

    /// True when a row without a key has numbers and no other text than words for a total.
    fn reads_as_total(&self, row: usize, key_at: usize) -> bool {
        let cells = &self.sheet.rows[row];
        let mut numbers = 0;
        for (at, text) in cells.iter().enumerate() {
            if at == key_at || text.is_empty() {
                continue;
            }
            match number(text) {
                Cell::Number(..) => numbers += 1,
                _ if key::is_total(text) => {}
                _ => return false,
            }
        }
        numbers > 0
    }

    fn value(&mut self, row: usize, at: usize) -> (Option<f64>, Option<String>) {
        let text = &self.sheet.rows[row][at];
        match number(text) {
            Cell::Number(value, percent) => {
                if percent && !self.declared.unit.contains('%') && self.declared.factor != 100.0 {
                    let message = format!(
                        "`{text}` is per cent, but {} is in {}",
                        self.declared.id, self.declared.unit
                    );
                    self.find(
                        Some(self.sheet.numbers[row]),
                        Some(at),
                        &message,
                        "write the value in the declared unit",
                    );
                }
                (Some(value), None)
            }
            Cell::Blank => (None, None),
            Cell::Missing(why) => (None, Some(why.to_owned())),
            Cell::Unclear => {
                let shown: String = text.chars().take(40).collect();
                self.find(
                    Some(self.sheet.numbers[row]),
                    Some(at),
                    &format!("`{shown}` is no number"),
                    "write digits with a point for decimals, or leave the cell blank",
                );
                (None, None)
            }
        }
    }

    fn period(&mut self, text: &str) -> Option<Period> {
        let (period, doubt) = Period::read(text)?;
        if doubt == Ambiguous::YearOrMonth && self.ambiguous.insert(text.to_owned()) {
            self.find(
                None,
                None,
                &format!("`{text}` was read as the financial year, not as a month"),
                "write FY 2011-12 for the year, or Dec 2011 for the month",
            );
        }
        Some(period)
    }

    fn given_period(&mut self) -> Result<Option<Period>, TableError> {
        match self.options.period.clone() {
            None => Ok(None),
            Some(text) => self
                .period(&text)
                .map(Some)
                .ok_or(TableError::BadPeriod(text)),
        }
    }

    fn long(&mut self, key_at: usize, names: Option<usize>) -> Result<(), TableError> {
        let given = self.given_period()?;
        let [indicator, from, to, one, value, numer, denom, missing] = [
            "indicator",
            "periodfrom",
            "periodto",
            "period",
            "value",
            "numer",
            "denom",
            "missing",
        ]
        .map(|name| self.at(name));
        if given.is_none() && from.is_none() && one.is_none() {
            return Err(TableError::NoPeriod);
        }
        let wanted = key::plain(self.declared.id.as_str());
        for row in 0..self.sheet.rows.len() {
            let cell = |at: Option<usize>| at.map_or("", |at| self.sheet.rows[row][at].as_str());
            if indicator.is_some() && key::plain(cell(indicator)) != wanted {
                self.others += 1;
                continue;
            }
            let (from_text, to_text, one_text) = (
                cell(from).to_owned(),
                cell(to).to_owned(),
                cell(one).to_owned(),
            );
            let days = calendar_date(&from_text).zip(calendar_date(&to_text));
            let period = match days {
                Some((from, to)) if from <= to => Some(Period::between(from, to)),
                None if !one_text.is_empty() => self.period(&one_text),
                None if !from_text.is_empty() && to_text.is_empty() => self.period(&from_text),
                None if from_text.is_empty() => given.clone(),
                _ => None,
            };
            let Some(period) = period else {
                self.find(
                    Some(self.sheet.numbers[row]),
                    from.or(one),
                    &format!("the period `{from_text}{one_text}` to `{to_text}` cannot be read; the row is left out"),
                    "write dates as 01/04/2021 or 2021-04-01, the first not after the last",
                );
                continue;
            };
            let said = Some(cell(missing).to_owned()).filter(|text| !text.is_empty());
            let mut observation = self.observation(row, key_at, names);
            let (found, why) = value.map_or((None, None), |at| self.value(row, at));
            observation.numer = numer.and_then(|at| self.value(row, at).0);
            observation.denom = denom.and_then(|at| self.value(row, at).0);
            observation.value = found.or_else(|| {
                let (numer, denom) = observation.numer.zip(observation.denom)?;
                (denom != 0.0).then(|| self.declared.factor * numer / denom)
            });
            observation.missing = why.or(said).filter(|_| observation.value.is_none());
            self.rows.push((period, observation));
        }
        Ok(())
    }

    fn wide(
        &mut self,
        key_at: usize,
        names: Option<usize>,
    ) -> Result<(Shape, Vec<usize>), TableError> {
        let given = self.given_period()?;
        let mut columns: Vec<(usize, Period)> = vec![];
        let shape = if let Some(name) = self.options.value.clone() {
            let at = self.named(&name)?;
            let period = given
                .or_else(|| self.period(&name))
                .or_else(|| year_in(&name))
                .ok_or(TableError::NoPeriod)?;
            columns.push((at, period));
            Shape::Column
        } else {
            let wanted = [
                key::plain(self.declared.id.as_str()),
                key::plain(&self.declared.title),
                "value".to_owned(),
            ];
            let own = (0..self.headers.len())
                .find(|&at| at != key_at && wanted.contains(&self.headers[at]));
            if let Some(at) = own {
                columns.push((at, given.ok_or(TableError::NoPeriod)?));
                Shape::Column
            } else {
                for at in (0..self.sheet.columns.len()).filter(|at| *at != key_at) {
                    let header = self.sheet.columns[at].clone();
                    if let Some(period) = self.period(&header) {
                        columns.push((at, period));
                    }
                }
                Shape::Periods
            }
        };
        if columns.is_empty() {
            return Err(TableError::NoValue {
                indicator: self.declared.id.to_string(),
                columns: self.columns(),
            });
        }
        let mut seen = HashSet::new();
        for (at, period) in &columns {
            if !seen.insert(period.clone()) {
                let message = format!(
                    "two columns are for the period {}; the first is used",
                    period.label
                );
                self.find(None, Some(*at), &message, "keep one of them");
            }
        }
        let mut seen = HashSet::new();
        columns.retain(|(_, period)| seen.insert(period.clone()));
        for row in 0..self.sheet.rows.len() {
            for (at, period) in &columns {
                let mut observation = self.observation(row, key_at, names);
                (observation.value, observation.missing) = self.value(row, *at);
                self.rows.push((period.clone(), observation));
            }
        }
        Ok((shape, columns.into_iter().map(|(at, _)| at).collect()))
    }
}

/// The one year of four digits in a header such as `Voter_turnout_2010`.
fn year_in(header: &str) -> Option<Period> {
    let mut years = header
        .split(|letter: char| !letter.is_ascii_digit())
        .filter(|digits| digits.len() == 4);
    let year = years.next()?;
    if years.next().is_some() {
        return None;
    }
    Period::read(year).map(|(period, _)| period)
}

//! The rows of a sheet as observations: one a row in the long form, one a column in the wide.

use std::collections::HashSet;

use super::{Reading, Shape, TableError};
use crate::indicator::{
    Observation, Period,
    cells::{Cell, number},
    key,
    period::{Ambiguous, calendar_date},
};

impl Reading<'_> {
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

    pub(super) fn long(&mut self, key_at: usize, names: Option<usize>) -> Result<(), TableError> {
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

    pub(super) fn wide(
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

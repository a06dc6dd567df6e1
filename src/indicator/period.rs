//! Periods as people write them: `2021-22`, `FY 2021-22`, `2020`, `Apr 2021`, `01/04/2021`, `Q1 2021-22`.

use jiff::civil::{Date, date};

use super::Period;

/// Whether a text has a second reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ambiguous {
    /// One reading only.
    No,
    /// `2011-12` is the financial year, though it may mean December 2011.
    YearOrMonth,
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];

fn days(date: Date) -> i32 {
    crate::model::value::parse_date(&date.to_string()).unwrap_or_default()
}

fn span(from: Date, to: Date, label: String) -> Period {
    Period {
        from: days(from),
        to: days(to),
        label,
    }
}

fn checked(year: i32, month: u32, day: u32) -> Option<Date> {
    let year = i16::try_from(year)
        .ok()
        .filter(|year| (1800..2200).contains(year))?;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn month(year: i32, month: u32) -> Option<Period> {
    let from = checked(year, month, 1)?;
    Some(span(
        from,
        from.last_of_month(),
        format!("{year:04}-{month:02}"),
    ))
}

/// April of a year to March of the next.
fn financial(year: i32) -> Option<Period> {
    Some(span(
        checked(year, 4, 1)?,
        checked(year + 1, 3, 31)?,
        format!("{year:04}-{:02}", (year + 1) % 100),
    ))
}

/// A calendar date: ISO, or day before month as India writes it (`01/04/2021`, `1-4-2021`, `1.4.2021`).
pub(super) fn calendar_date(text: &str) -> Option<i32> {
    let text = text.trim();
    // A spreadsheet's date has a time of midnight behind it.
    let text = text.split(['T', ' ']).next().unwrap_or_default();
    let parts: Vec<u32> = text
        .split(['-', '/', '.'])
        .map(|part| part.parse().ok())
        .collect::<Option<_>>()?;
    let [a, b, c] = parts[..] else { return None };
    let found = if a >= 1000 {
        checked(a as i32, b, c)
    } else {
        let year = if c < 100 { 2000 + c } else { c };
        checked(year as i32, b, a)
    };
    found.map(days)
}

impl Period {
    /// Reads a period; none for anything else. A range such as `2011-12` is taken as a financial year.
    pub fn read(text: &str) -> Option<(Self, Ambiguous)> {
        let plain = |period: Option<Self>| period.map(|period| (period, Ambiguous::No));
        let clean = text.trim().replace(['–', '—', '_'], "-");
        let lower = clean.to_lowercase();
        let lower = lower.trim();
        if let Some((from, to)) = lower.split_once('/').filter(|(from, _)| from.len() == 10) {
            return plain(Some(Self::between(
                calendar_date(from)?,
                calendar_date(to)?,
            )));
        }
        if let Some(day) = calendar_date(lower) {
            return plain(Some(Self::between(day, day)));
        }
        let rest = ["financial year", "fy", "f.y.", "year", "y"]
            .iter()
            .find_map(|lead| lower.strip_prefix(lead))
            .map_or(lower, |rest| rest.trim_start_matches([' ', '-', ':', '.']));
        let said_year = rest.len() < lower.len();
        if let Some(found) = quarter(rest) {
            return plain(Some(found));
        }
        let words: Vec<&str> = rest
            .split(|letter: char| !letter.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .collect();
        match words[..] {
            [year] => {
                let number: i32 = year.parse().ok().filter(|_| year.len() == 4)?;
                plain(Some(span(
                    checked(number, 1, 1)?,
                    checked(number, 12, 31)?,
                    year.to_owned(),
                )))
            }
            [name, year] if name.starts_with(char::is_alphabetic) => {
                let at = MONTHS.iter().position(|known| name.starts_with(known))?;
                let number: i32 = year.parse().ok()?;
                let number = if year.len() == 2 {
                    2000 + number
                } else {
                    number
                };
                plain(month(number, at as u32 + 1))
            }
            [year, second] => {
                let number: i32 = year.parse().ok().filter(|_| year.len() == 4)?;
                let other: i32 = second.parse().ok()?;
                let follows = match second.len() {
                    2 => other == (number + 1) % 100,
                    4 => other == number + 1,
                    _ => false,
                };
                if follows {
                    let doubt = second.len() == 2 && (1..=12).contains(&other) && !said_year;
                    let doubt = if doubt {
                        Ambiguous::YearOrMonth
                    } else {
                        Ambiguous::No
                    };
                    return financial(number).map(|period| (period, doubt));
                }
                plain(month(
                    number,
                    u32::try_from(other).ok().filter(|_| second.len() <= 2)?,
                ))
            }
            _ => None,
        }
    }

    /// The period from one day to another, both included, called by the shortest name it has.
    pub fn between(from: i32, to: i32) -> Self {
        let day = |days: i32| {
            date(1970, 1, 1)
                .checked_add(jiff::Span::new().try_days(days).unwrap_or_default())
                .unwrap_or(Date::MAX)
        };
        let (first, last) = (day(from), day(to));
        let year = i32::from(first.year());
        let named = [
            month(year, first.month() as u32),
            financial(year),
            checked(year, 1, 1)
                .zip(checked(year, 12, 31))
                .map(|(from, to)| span(from, to, format!("{year:04}"))),
        ];
        let label = named
            .into_iter()
            .flatten()
            .find(|period| (period.from, period.to) == (from, to))
            .map(|period| period.label);
        Self {
            from,
            to,
            label: label.unwrap_or_else(|| {
                if from == to {
                    first.to_string()
                } else {
                    format!("{first}/{last}")
                }
            }),
        }
    }
}

/// `Q1 2021-22` (April to June), `2021-Q3` and `Q3 2021` (July to September of the calendar year).
fn quarter(text: &str) -> Option<Period> {
    let at = text.find('q')?;
    let number: u32 = text[at + 1..]
        .chars()
        .next()?
        .to_digit(10)
        .filter(|n| (1..=4).contains(n))?;
    let rest = format!("{} {}", &text[..at], &text[at + 2..]);
    let year = Period::read(rest.trim_matches([' ', '-', '/', ',']))?.0;
    let first = date(1970, 1, 1)
        .checked_add(jiff::Span::new().try_days(year.from).ok()?)
        .ok()?;
    if year.to - year.from < 364 {
        return None;
    }
    let from = first
        .checked_add(jiff::Span::new().months((number as i32 - 1) * 3))
        .ok()?;
    let to = from
        .checked_add(jiff::Span::new().months(2))
        .ok()?
        .last_of_month();
    Some(span(from, to, format!("{} Q{number}", year.label)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_are_read_as_india_writes_them() {
        for (text, label, first, last) in [
            ("2021-22", "2021-22", "2021-04-01", "2022-03-31"),
            ("2021-2022", "2021-22", "2021-04-01", "2022-03-31"),
            ("FY 2021-22", "2021-22", "2021-04-01", "2022-03-31"),
            ("2021/22", "2021-22", "2021-04-01", "2022-03-31"),
            ("1999-2000", "1999-00", "1999-04-01", "2000-03-31"),
            ("2011-12", "2011-12", "2011-04-01", "2012-03-31"),
            ("2020", "2020", "2020-01-01", "2020-12-31"),
            ("2021-04", "2021-04", "2021-04-01", "2021-04-30"),
            ("Apr 2021", "2021-04", "2021-04-01", "2021-04-30"),
            ("february-2024", "2024-02", "2024-02-01", "2024-02-29"),
            ("31/12/2020", "2020-12-31", "2020-12-31", "2020-12-31"),
            ("1.4.2021", "2021-04-01", "2021-04-01", "2021-04-01"),
            (
                "2021-04-01/2022-03-31",
                "2021-22",
                "2021-04-01",
                "2022-03-31",
            ),
            ("Q1 2021-22", "2021-22 Q1", "2021-04-01", "2021-06-30"),
            ("2021-Q3", "2021 Q3", "2021-07-01", "2021-09-30"),
        ] {
            let (found, _) = Period::read(text).unwrap_or_else(|| panic!("{text}"));
            let day = |days| crate::model::value::date_text(days);
            assert_eq!(
                (
                    found.label.as_str(),
                    day(found.from).as_str(),
                    day(found.to).as_str()
                ),
                (label, first, last),
                "{text}"
            );
        }
        for text in [
            "",
            "water",
            "2021-99",
            "12/31/2020",
            "ward 2020 x",
            "20211",
            "q",
            "q9 2021",
        ] {
            assert_eq!(Period::read(text), None, "{text}");
        }
        assert_eq!(
            Period::read("2011-12").map(|found| found.1),
            Some(Ambiguous::YearOrMonth)
        );
        assert_eq!(
            Period::read("FY 2011-12").map(|found| found.1),
            Some(Ambiguous::No)
        );
    }
}

//! Repairs of values: text encoded twice, `.0` behind names, dates and numbers in other spellings, codes.
//!
//! All of them map a text to a text, once for each distinct text of a column.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{Plan, RepairKind, plan::Cells};
use crate::{
    model::{
        Column, Value,
        value::{date_text, parse_date},
    },
    standard::{
        CodeList, FieldRule, Kind,
        reading::{decimal, is_blank, reads_as},
    },
    validate::{Subject, encoding::undone},
};

/// Columns with more distinct values than this hold no codes; guessing one for each would take for ever.
const GUESSED: usize = 2000;

/// New texts for a column by a function of the old ones, asked once for each distinct text.
fn change(
    plan: &mut Plan,
    subject: &Subject<'_>,
    column: usize,
    new: impl Fn(&str) -> Option<String>,
) {
    let mut texts = HashMap::new();
    let mut ask = |text: &str| {
        if let Some(other) = new(text).filter(|other| other != text) {
            texts.insert(text.to_owned(), other);
        }
    };
    match &subject.raw.table.columns[column] {
        Column::Text(text) => (0..text.distinct() as u32).for_each(|code| ask(text.entry(code))),
        values => {
            let mut seen = HashSet::new();
            for row in 0..values.len() {
                let value = values.get(row);
                if value != Value::Null {
                    let text = value.to_text().into_owned();
                    if seen.insert(text.clone()) {
                        ask(&text);
                    }
                }
            }
        }
    }
    if !texts.is_empty() {
        plan.cells.push(Cells { column, texts });
    }
}

/// Every field of the standard that a column answers, with the column.
fn answered<'a>(subject: &'a Subject<'_>) -> impl Iterator<Item = (&'a FieldRule, usize)> {
    subject
        .standard
        .into_iter()
        .flat_map(|standard| subject.standards.fields(standard))
        .filter_map(|field| Some((field, subject.map.column(&field.name)?)))
}

fn is_text(subject: &Subject<'_>, column: usize) -> bool {
    matches!(subject.raw.table.columns[column], Column::Text(_))
}

/// Plans to decode text that is UTF-8 read as a single-byte encoding, once or twice over.
pub(super) fn recode(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::Recode);
    let decoded = |text: &str| {
        let once = undone(text)?;
        let was = undone(&once).unwrap_or(once);
        // What a field's width cut off is lost either way.
        Some(was.trim_end_matches('…').to_owned())
    };
    for (column, field) in subject.raw.table.fields.iter().enumerate() {
        if let Some(name) = decoded(&field.name) {
            plan.names.push((column, name));
        }
        if is_text(subject, column) {
            change(&mut plan, subject, column, decoded);
        }
    }
    plan
}

/// Plans to take off the `.0` that a spreadsheet leaves behind a number which is a name.
pub(super) fn strip_zero(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::StripZero);
    for (field, column) in answered(subject) {
        let name = field.identifier || (field.kind == Kind::Code);
        if name && is_text(subject, column) {
            change(&mut plan, subject, column, |text| {
                let (digits, zeros) = text.trim().split_once('.')?;
                let number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
                (number && !zeros.is_empty() && zeros.bytes().all(|byte| byte == b'0'))
                    .then(|| digits.to_owned())
            });
        }
    }
    plan
}

/// Plans to write dates as ISO 8601 says and numbers without their unit and their grouping.
pub(super) fn read_types(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::ReadTypes);
    for (field, column) in answered(subject) {
        if is_text(subject, column) {
            change(&mut plan, subject, column, |text| {
                standard_form(field, text)
            });
        }
    }
    plan
}

/// A value in the spelling that every program reads; none where that would be a guess, or is not needed.
fn standard_form(field: &FieldRule, text: &str) -> Option<String> {
    let text = text.trim();
    if is_blank(Value::Text(text)) {
        return None;
    }
    let good = match field.kind {
        Kind::Date => date_text(date(text)?),
        Kind::Integer | Kind::Year | Kind::Decimal => {
            let bare = without_unit(text, field.unit.as_deref());
            let read = decimal(Value::Text(bare))?;
            if field.kind == Kind::Decimal || read.fract() != 0.0 {
                bare.replace(',', "")
            } else if read.abs() <= 9_007_199_254_740_992.0 {
                // A whole number beyond that is no longer told from its neighbour.
                bare.parse::<i64>()
                    .map_or_else(|_| format!("{read:.0}"), |whole| whole.to_string())
            } else {
                return None;
            }
        }
        Kind::Text | Kind::Code | Kind::Boolean => return None,
    };
    (good != text && reads_as(field.kind, Value::Text(&good))).then_some(good)
}

/// A number without the unit behind it, if that is the unit of the field.
fn without_unit<'a>(text: &'a str, unit: Option<&str>) -> &'a str {
    let spellings: &[&str] = match unit {
        Some("m2") => &[
            "square metres",
            "square meters",
            "sq. m.",
            "sq.m.",
            "sq. m",
            "sq.m",
            "sq m",
            "sqmt",
            "sqm",
            "m2",
            "m²",
        ],
        Some("m") => &["metres", "meters", "mtrs", "mtr", "m.", "m"],
        Some("mm") => &["mm"],
        Some("km") => &["km"],
        Some("l" | "litre" | "litres") => &["litres", "litre", "ltr", "l"],
        _ => &[],
    };
    let lower = text.to_lowercase();
    spellings
        .iter()
        .find(|spelling| lower.len() == text.len() && lower.ends_with(**spelling))
        .and_then(|spelling| text.get(..text.len() - spelling.len()))
        .map_or(text, str::trim_end)
}

/// A date with the year in four digits: ISO 8601, alone or before a time of day; day before month, as India
/// writes it; or with the month's name.
fn date(text: &str) -> Option<i32> {
    if let Some(days) = parse_date(text) {
        return Some(days);
    }
    if let Some((day, time)) = text.split_once(['T', ' '])
        && time.starts_with(|letter: char| letter.is_ascii_digit())
        && time.contains(':')
    {
        return date(day);
    }
    let parts: Vec<&str> = text
        .split(['/', '-', '.', ' ', ','])
        .filter(|part| !part.is_empty())
        .collect();
    let [a, b, c] = parts.as_slice() else {
        return None;
    };
    let digits = |part: &str, most: usize| {
        (1..=most).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let (year, middle, day) = if a.len() == 4 {
        (*a, *b, *c)
    } else if month(a).is_some() {
        (*c, *a, *b)
    } else {
        (*c, *b, *a)
    };
    let number = match month(middle) {
        Some(named) => named.to_string(),
        None if digits(middle, 2) => middle.to_owned(),
        None => return None,
    };
    (year.len() == 4 && digits(year, 4) && digits(day, 2))
        .then(|| parse_date(&format!("{year}-{number:0>2}-{day:0>2}")))
        .flatten()
}

/// The number of a month by its English name or the first three letters of it.
fn month(text: &str) -> Option<usize> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let text = text.to_ascii_lowercase();
    NAMES
        .iter()
        .position(|name| {
            *name == text
                || (text.len() == 3 && name.starts_with(&text))
                || (text == "sept" && *name == "september")
        })
        .map(|at| at + 1)
}

/// Every field of codes that a column answers, with its list.
fn coded<'a>(subject: &'a Subject<'_>) -> impl Iterator<Item = (&'a CodeList, usize)> {
    answered(subject).filter_map(|(field, column)| {
        let list = subject.standards.codes(field.codes.as_deref()?)?;
        (field.kind == Kind::Code).then_some((list, column))
    })
}

/// Plans to write the code where its label stands, or the code in other letters.
pub(super) fn map_codes(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::MapCodes);
    for (list, column) in coded(subject) {
        let exact = list.exact();
        change(&mut plan, subject, column, |text| {
            if list.has(text) || is_blank(Value::Text(text)) {
                return None;
            }
            exact
                .get(&CodeList::plain(text))
                .map(|code| (*code).to_owned())
        });
    }
    plan
}

/// Plans to write the nearest code where none matches.
pub(super) fn guess_codes(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::GuessCodes);
    for (list, column) in coded(subject) {
        if let Column::Text(text) = &subject.raw.table.columns[column]
            && text.distinct() > GUESSED
        {
            continue;
        }
        let exact = list.exact();
        change(&mut plan, subject, column, |text| {
            if list.has(text) || exact.contains_key(&CodeList::plain(text)) {
                return None;
            }
            list.nearest(text).map(str::to_owned)
        });
    }
    plan
}

/// Plans to write the codes that a person confirmed, by field and text.
pub(in crate::validate) fn confirmed(
    subject: &Subject<'_>,
    codes: &BTreeMap<String, BTreeMap<String, String>>,
) -> Plan {
    let mut plan = Plan::new(RepairKind::MapCodes);
    for (field, column) in answered(subject) {
        let list = field
            .codes
            .as_deref()
            .and_then(|list| subject.standards.codes(list));
        if let Some(texts) = codes.get(&field.name) {
            change(&mut plan, subject, column, |text| {
                let code = texts.get(text).or_else(|| texts.get(text.trim()))?;
                list.is_none_or(|list| list.has(code)).then(|| code.clone())
            });
        }
    }
    plan
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_when_they_can_mean_only_one_day() {
        for text in [
            "31/12/2020",
            "31-Dec-2020",
            "31 December 2020",
            "Dec 31, 2020",
            "2020/12/31",
            "2020-12-31 10:00:00",
            "31.12.2020",
        ] {
            assert_eq!(
                date(text).map(date_text).as_deref(),
                Some("2020-12-31"),
                "{text}"
            );
        }
        for text in [
            "12/31/2020",
            "31/12/20",
            "December 2020",
            "44196",
            "",
            "1/2",
            "31 Foo 2020",
        ] {
            assert_eq!(date(text), None, "{text}");
        }
    }

    #[test]
    fn units_come_off_only_where_they_are_the_fields_own() {
        assert_eq!(without_unit("12.5 m", Some("m")), "12.5");
        assert_eq!(without_unit("1,200 Sq.m", Some("m2")), "1,200");
        assert_eq!(without_unit("40 ft", Some("m")), "40 ft");
        assert_eq!(without_unit("12.5 m", None), "12.5 m");
    }
}

//! One value to the type that a standard asks for, or nothing when that would change what it says.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use crate::{
    model::{Column, FieldType, Value, value::parse_date},
    standard::{CodeList, Kind},
};

/// The type in which values of a kind are kept.
pub(super) fn kept_as(kind: Kind) -> FieldType {
    match kind {
        Kind::Text | Kind::Code => FieldType::Text,
        Kind::Integer | Kind::Year => FieldType::Integer,
        Kind::Decimal => FieldType::Real,
        Kind::Boolean => FieldType::Bool,
        Kind::Date => FieldType::Date,
    }
}

/// A converted value; text that had to be changed is owned.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kept<'a> {
    /// Anything but text.
    Plain(Value<'a>),
    /// Text.
    Text(Cow<'a, str>),
}

impl Kept<'_> {
    /// The value to push.
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Self::Plain(value) => *value,
            Self::Text(text) => Value::Text(text),
        }
    }
}

/// Text as it is kept: without blanks around it, in Unicode's composed form (NFC), so that the same word
/// typed on two machines is the same bytes. None when nothing is left.
pub(super) fn clean(text: &str) -> Option<Cow<'_, str>> {
    let text = text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0');
    if text.is_empty() {
        None
    } else if text.is_ascii() || unicode_normalization::is_nfc(text) {
        Some(Cow::Borrowed(text))
    } else {
        Some(Cow::Owned(text.nfc().collect()))
    }
}

/// A number that somebody wrote: `12`, `12.0`, `1,23,456`, ` 7 `. Anything else is none: `1.2.3`, `12 m`.
fn number(text: &str) -> Option<f64> {
    let plain: Cow<'_, str> = if text.contains(',') {
        // Grouping only: digits on both sides of each comma, none after the point.
        let whole = text.split('.').next().unwrap_or_default();
        let grouped = whole
            .trim_start_matches('-')
            .split(',')
            .enumerate()
            .all(|(at, group)| {
                let digits = group.bytes().all(|byte| byte.is_ascii_digit());
                digits
                    && if at == 0 {
                        (1..=3).contains(&group.len())
                    } else {
                        matches!(group.len(), 2 | 3)
                    }
            });
        if !grouped
            || whole.len() != text.rfind(',').map_or(0, |at| at + 4)
            || text[whole.len()..].contains(',')
        {
            return None;
        }
        Cow::Owned(text.replace(',', ""))
    } else {
        Cow::Borrowed(text)
    };
    let shaped = plain
        .bytes()
        .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'));
    if shaped {
        plain.parse().ok().filter(|number: &f64| number.is_finite())
    } else {
        None
    }
}

/// A whole number, exactly.
fn whole(value: f64) -> Option<i64> {
    // Beyond 2^53 a float no longer names one whole number.
    (value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0).then_some(value as i64)
}

fn integer(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| number(text).and_then(whole))
}

/// A date that somebody wrote: ISO 8601, alone or before a time of day, or day before month as India writes
/// it (`31/12/2020`, `31-12-2020`, `31.12.2020`).
fn date(text: &str) -> Option<i32> {
    if let Some(days) = parse_date(text) {
        return Some(days);
    }
    if let Some((day, time)) = text.split_once(['T', ' '])
        && time.starts_with(|letter: char| letter.is_ascii_digit())
    {
        return date(day);
    }
    let parts: Vec<&str> = text.split(['/', '-', '.']).collect();
    let [a, b, c] = parts.as_slice() else {
        return None;
    };
    let digits = |part: &str| {
        (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    if !(digits(a) && digits(b) && digits(c)) {
        return None;
    }
    match (a.len(), c.len()) {
        (4, 1 | 2) => parse_date(&format!("{a}-{b:0>2}-{c:0>2}")),
        (1 | 2, 4) => parse_date(&format!("{c}-{b:0>2}-{a:0>2}")),
        _ => None,
    }
}

fn day_of(millis: i64) -> i32 {
    millis.div_euclid(86_400_000) as i32
}

fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" => Some(true),
        "false" | "f" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// Strips the `.0` that a spreadsheet or a float column leaves behind an identifier.
fn without_point_zero(text: &str) -> &str {
    match text.strip_suffix(".0") {
        Some(digits) if !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            digits
        }
        _ => text,
    }
}

/// Converts a value that is not null. None when it cannot be said in that kind; `Plain(Null)` when it says
/// nothing (blank text).
pub(super) fn convert<'a>(
    value: Value<'a>,
    kind: Kind,
    identifier: bool,
    codes: Option<&CodeList>,
) -> Option<Kept<'a>> {
    let text = match value {
        Value::Text(text) => match clean(text) {
            None => return Some(Kept::Plain(Value::Null)),
            Some(text) => text,
        },
        // The kinds that are read from numbers need no text of them.
        Value::Integer(_) | Value::Real(_)
            if matches!(kind, Kind::Integer | Kind::Year | Kind::Decimal) =>
        {
            Cow::Borrowed("")
        }
        other => other.to_text(),
    };
    Some(match kind {
        Kind::Text if identifier => {
            let short = without_point_zero(&text);
            if short.len() == text.len() {
                Kept::Text(text)
            } else {
                Kept::Text(Cow::Owned(short.to_owned()))
            }
        }
        Kind::Text => Kept::Text(text),
        Kind::Code => {
            let known = codes.is_none_or(|list| list.has(&text));
            let other = if known {
                None
            } else {
                // The same code in other letters (`residential` for `RESIDENTIAL`) is the same code.
                codes.and_then(|list| {
                    list.entries
                        .iter()
                        .find(|entry| entry.code.eq_ignore_ascii_case(&text))
                })
            };
            match other {
                Some(entry) => Kept::Text(Cow::Owned(entry.code.clone())),
                None => Kept::Text(text),
            }
        }
        Kind::Integer => Kept::Plain(Value::Integer(match value {
            Value::Integer(number) => number,
            Value::Real(number) => whole(number)?,
            Value::Text(_) => integer(&text)?,
            _ => return None,
        })),
        Kind::Year => {
            let year = match value {
                Value::Integer(number) => number,
                Value::Real(number) => whole(number)?,
                Value::Date(_) | Value::DateTime(_) => text.get(..4)?.parse().ok()?,
                Value::Text(_) => integer(&text)?,
                _ => return None,
            };
            if !(1000..=9999).contains(&year) {
                return None;
            }
            Kept::Plain(Value::Integer(year))
        }
        Kind::Decimal => Kept::Plain(Value::Real(match value {
            Value::Integer(_) | Value::Real(_) => value.as_f64()?,
            Value::Text(_) => number(&text)?,
            _ => return None,
        })),
        Kind::Boolean => Kept::Plain(Value::Bool(match value {
            Value::Bool(yes) => yes,
            _ => boolean(&text)?,
        })),
        Kind::Date => Kept::Plain(Value::Date(match value {
            Value::Date(days) => days,
            Value::DateTime(millis) => day_of(millis),
            Value::Text(_) => date(&text)?,
            _ => return None,
        })),
    })
}

/// The plainest type in which a column that no standard knows says the same: whole numbers stay whole
/// whatever the format called them, and text that is only numbers or dates becomes them when writing them
/// back gives the same text. So a column is one thing in KML (all text), a shapefile and a GeoPackage.
pub(super) fn plainest(column: &Column) -> FieldType {
    let rows = || {
        (0..column.len())
            .map(|row| column.get(row))
            .filter(|value| !value.is_null())
    };
    let kind = column.kind();
    match kind {
        FieldType::Real if rows().all(|value| value.as_f64().and_then(whole).is_some()) => FieldType::Integer,
        FieldType::DateTime
            if rows().all(|value| matches!(value, Value::DateTime(millis) if millis.rem_euclid(86_400_000) == 0)) =>
        {
            FieldType::Date
        }
        FieldType::Text => {
            let Column::Text(column) = column else {
                return kind;
            };
            let mut texts = (0..column.distinct() as u32)
                .filter_map(|code| clean(column.entry(code)))
                .peekable();
            if texts.peek().is_none() {
                return FieldType::Text;
            }
            let (mut integers, mut reals, mut dates) = (true, true, true);
            for text in texts {
                integers = integers && text.parse::<i64>().is_ok_and(|number| number.to_string() == text);
                reals = reals && text.parse::<f64>().is_ok_and(|number| number.is_finite() && number.to_string() == text);
                dates = dates && text.len() == 10 && parse_date(&text).is_some();
                if !(integers || reals || dates) {
                    return FieldType::Text;
                }
            }
            if integers {
                FieldType::Integer
            } else if reals {
                FieldType::Real
            } else {
                FieldType::Date
            }
        }
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(value: Value<'_>, kind: Kind) -> Option<String> {
        convert(value, kind, kind == Kind::Text, None)
            .map(|kept| kept.value().to_text().into_owned())
    }

    #[test]
    fn values_are_converted_only_where_they_say_the_same_afterwards() {
        let text = |value: &'static str, kind| kept(Value::Text(value), kind);
        assert_eq!(text(" 1,23,456 ", Kind::Integer).as_deref(), Some("123456"));
        assert_eq!(text("1,234.5", Kind::Decimal).as_deref(), Some("1234.5"));
        assert_eq!(text("12.0", Kind::Integer).as_deref(), Some("12"));
        assert_eq!(text("12.5", Kind::Integer), None);
        assert_eq!(text("1,2", Kind::Decimal), None);
        assert_eq!(text("about 12", Kind::Integer), None);
        assert_eq!(text("inf", Kind::Decimal), None);
        assert_eq!(
            text("31/12/2020", Kind::Date).as_deref(),
            Some("2020-12-31")
        );
        assert_eq!(
            text("2020-12-31T10:00:00Z", Kind::Date).as_deref(),
            Some("2020-12-31")
        );
        assert_eq!(text("12/31/2020", Kind::Date), None);
        assert_eq!(text("Yes", Kind::Boolean).as_deref(), Some("true"));
        assert_eq!(text("maybe", Kind::Boolean), None);
        assert_eq!(text("2011.0", Kind::Year).as_deref(), Some("2011"));
        assert_eq!(text("11", Kind::Year), None);
        assert_eq!(text("  ", Kind::Integer).as_deref(), Some(""));
        assert_eq!(text("12.0", Kind::Text).as_deref(), Some("12"));
        assert_eq!(text("1.10", Kind::Text).as_deref(), Some("1.10"));
        assert_eq!(kept(Value::Real(12.0), Kind::Text).as_deref(), Some("12"));
        assert_eq!(kept(Value::Real(1e300), Kind::Integer), None);
    }

    #[test]
    fn a_column_without_a_standard_is_the_same_in_every_format() {
        let column = |values: &[Value<'_>], kind| {
            let mut column = Column::new(kind);
            for &value in values {
                column.push(value);
            }
            plainest(&column)
        };
        assert_eq!(
            column(&[Value::Real(1.0), Value::Null], FieldType::Real),
            FieldType::Integer
        );
        assert_eq!(
            column(&[Value::Text("1"), Value::Text("20")], FieldType::Text),
            FieldType::Integer
        );
        assert_eq!(
            column(&[Value::Text("007")], FieldType::Text),
            FieldType::Text
        );
        assert_eq!(
            column(&[Value::Text("1.5"), Value::Text("2")], FieldType::Text),
            FieldType::Real
        );
        assert_eq!(
            column(&[Value::Text("2020-01-01")], FieldType::Text),
            FieldType::Date
        );
        assert_eq!(
            column(&[Value::Text(" ")], FieldType::Text),
            FieldType::Text
        );
    }
}

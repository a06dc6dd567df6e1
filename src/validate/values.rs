//! Whether a value can be read as the kind that a standard asks for. [`crate::normalise`] keeps what this
//! lets pass; a test holds the two together.

use crate::{
    model::{
        Column, Say, Value, say,
        value::{NULL_CODE, parse_date},
    },
    standard::Kind,
};

/// True for null and for text that is only blanks: nothing was said.
pub(super) fn is_blank(value: Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => text
            .chars()
            .all(|letter| letter.is_whitespace() || letter == '\0'),
        _ => false,
    }
}

/// The number that a value is, or that a text writes: `12`, `12.0`, `1,23,456`.
pub(super) fn number(value: Value<'_>) -> Option<f64> {
    let Value::Text(text) = value else {
        return value.as_f64();
    };
    let text = text.trim();
    let shaped = |text: &str| {
        text.bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-' | b'+' | b'e' | b'E'))
    };
    if !text.contains(',') {
        return shaped(text)
            .then(|| text.parse().ok())
            .flatten()
            .filter(|number: &f64| number.is_finite());
    }
    // Commas group: two or three digits after each, three after the last one, none behind the point.
    let (whole, rest) = text
        .split_once('.')
        .map_or((text, ""), |(whole, rest)| (whole, rest));
    let mut groups: Vec<&str> = whole.trim_start_matches('-').split(',').collect();
    let digits =
        |group: &&str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
    let grouped = groups.iter().all(digits)
        && groups.pop().is_some_and(|last| last.len() == 3)
        && groups.split_first().is_some_and(|(first, middle)| {
            first.len() <= 3 && middle.iter().all(|group| matches!(group.len(), 2 | 3))
        });
    (grouped && rest.bytes().all(|byte| byte.is_ascii_digit()))
        .then(|| text.replace(',', "").parse().ok())
        .flatten()
}

/// True for a number without a fraction that a float still names alone.
fn is_whole(number: f64) -> bool {
    number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0
}

/// A date: ISO 8601, alone or before a time of day, or day before month as India writes it.
fn is_date(text: &str) -> bool {
    let text = text.trim();
    if parse_date(text).is_some() {
        return true;
    }
    if let Some((day, time)) = text.split_once(['T', ' '])
        && time.starts_with(|letter: char| letter.is_ascii_digit())
    {
        return is_date(day);
    }
    let parts: Vec<&str> = text.split(['/', '-', '.']).collect();
    let [a, b, c] = parts.as_slice() else {
        return false;
    };
    let digits = |part: &&str| {
        (1..=4).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    [a, b, c].into_iter().all(digits)
        && match (a.len(), c.len()) {
            (4, 1 | 2) => parse_date(&format!("{a}-{b:0>2}-{c:0>2}")).is_some(),
            (1 | 2, 4) => parse_date(&format!("{c}-{b:0>2}-{a:0>2}")).is_some(),
            _ => false,
        }
}

/// True when a value that is not blank can be kept as this kind without changing what it says.
pub(super) fn reads_as(kind: Kind, value: Value<'_>) -> bool {
    match kind {
        Kind::Text | Kind::Code => true,
        Kind::Integer => match value {
            Value::Text(text) if text.trim().parse::<i64>().is_ok() => true,
            Value::Bool(_) | Value::Date(_) | Value::DateTime(_) => false,
            _ => number(value).is_some_and(is_whole),
        },
        Kind::Decimal => number(value).is_some(),
        Kind::Year => match value {
            Value::Date(_) | Value::DateTime(_) => true,
            _ => number(value)
                .is_some_and(|year| is_whole(year) && (1000.0..=9999.0).contains(&year)),
        },
        Kind::Boolean => match value {
            Value::Bool(_) => true,
            other => matches!(
                other.to_text().trim().to_ascii_lowercase().as_str(),
                "true" | "t" | "yes" | "y" | "1" | "false" | "f" | "no" | "n" | "0"
            ),
        },
        Kind::Date => match value {
            Value::Date(_) | Value::DateTime(_) => true,
            Value::Text(text) => is_date(text),
            _ => false,
        },
    }
}

/// What a kind is called in a sentence.
pub(super) fn called(kind: Kind) -> Say {
    match kind {
        Kind::Text => say!(kind_text),
        Kind::Integer => say!(kind_integer),
        Kind::Decimal => say!(kind_decimal),
        Kind::Boolean => say!(kind_boolean),
        Kind::Date => say!(kind_date),
        Kind::Year => say!(kind_year),
        Kind::Code => say!(kind_code),
    }
}

/// Calls `found` for every row whose value is not blank and not `good`. Text is judged once a distinct text.
pub(super) fn each_bad(
    column: &Column,
    good: impl Fn(Value<'_>) -> bool,
    mut found: impl FnMut(usize),
) {
    let judged = |value: Value<'_>| is_blank(value) || good(value);
    if let Column::Text(text) = column {
        let verdicts: Vec<bool> = (0..text.distinct() as u32)
            .map(|code| judged(Value::Text(text.entry(code))))
            .collect();
        if verdicts.iter().all(|good| *good) {
            return;
        }
        for (row, &code) in text.codes.iter().enumerate() {
            if code != NULL_CODE && !verdicts[code as usize] {
                found(row);
            }
        }
        return;
    }
    for row in 0..column.len() {
        if !judged(column.get(row)) {
            found(row);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_what_they_are_and_as_nothing_else() {
        let text = |kind, value: &'static str| reads_as(kind, Value::Text(value));
        for good in ["12", " 12.0 ", "1,23,456", "-7"] {
            assert!(text(Kind::Integer, good), "{good}");
        }
        for bad in ["12.5", "about 12", "1,2", "12 m", "inf", "1e400"] {
            assert!(!text(Kind::Integer, bad), "{bad}");
        }
        assert!(text(Kind::Decimal, "1,234.5") && !text(Kind::Decimal, "1.2.3"));
        assert!(text(Kind::Date, "31/12/2020") && !text(Kind::Date, "12/31/2020"));
        assert!(text(Kind::Date, "2020-12-31T10:00:00Z") && !text(Kind::Date, "March"));
        assert!(text(Kind::Year, "2011.0") && !text(Kind::Year, "11"));
        assert!(text(Kind::Boolean, "Yes") && !text(Kind::Boolean, "perhaps"));
        assert!(is_blank(Value::Text(" \0")) && !is_blank(Value::Integer(0)));
    }
}

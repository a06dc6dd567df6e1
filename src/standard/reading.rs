//! What a value says: the number, the date, the yes or no that somebody wrote, and nothing where it says none of it.
//!
//! The one judgement of it. The gate asks whether a value can be kept as the kind that a standard asks for
//! ([`reads_as`]), the normaliser keeps what the same functions give, and a column is not taken for a field that its
//! values cannot answer.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::Kind;
use crate::model::{Say, Value, say, value::parse_date};

/// True for null and for text that is only blanks: nothing was said.
pub fn is_blank(value: Value<'_>) -> bool {
    match value {
        Value::Null => true,
        Value::Text(text) => trimmed(text).is_empty(),
        _ => false,
    }
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|letter: char| letter.is_whitespace() || letter == '\0')
}

/// Text as it is kept: without blanks around it, in Unicode's composed form (NFC), so that the same word
/// typed on two machines is the same bytes. None when nothing is left.
pub fn clean(text: &str) -> Option<Cow<'_, str>> {
    let text = trimmed(text);
    if text.is_empty() {
        None
    } else if text.is_ascii() || unicode_normalization::is_nfc(text) {
        Some(Cow::Borrowed(text))
    } else {
        Some(Cow::Owned(text.nfc().collect()))
    }
}

/// A number that somebody wrote: `12`, `12.0`, `1,23,456`, ` 7 `. Anything else is none: `1.2.3`, `12 m`.
fn written(text: &str) -> Option<f64> {
    let text = trimmed(text);
    let plain: Cow<'_, str> = if text.contains(',') {
        // Commas group: two or three digits after each, three after the last one, none behind the point.
        let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
        let mut groups: Vec<&str> = whole.trim_start_matches('-').split(',').collect();
        let digits =
            |group: &&str| !group.is_empty() && group.bytes().all(|byte| byte.is_ascii_digit());
        let grouped = groups.iter().all(digits)
            && groups.pop().is_some_and(|last| last.len() == 3)
            && groups.split_first().is_some_and(|(first, middle)| {
                first.len() <= 3 && middle.iter().all(|group| matches!(group.len(), 2 | 3))
            });
        if !grouped || !rest.bytes().all(|byte| byte.is_ascii_digit()) {
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

/// The number that a value is, or that a text writes.
pub fn decimal(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Text(text) => written(text),
        other => other.as_f64(),
    }
}

/// A whole number, exactly.
pub fn whole(value: f64) -> Option<i64> {
    // Beyond 2^53 a float no longer names one whole number.
    (value.fract() == 0.0 && value.abs() <= 9_007_199_254_740_992.0).then_some(value as i64)
}

/// The whole number that a value is, or that a text writes.
pub fn integer(value: Value<'_>) -> Option<i64> {
    match value {
        Value::Integer(number) => Some(number),
        Value::Real(number) => whole(number),
        Value::Text(text) => trimmed(text)
            .parse()
            .ok()
            .or_else(|| written(text).and_then(whole)),
        _ => None,
    }
}

/// The year that a value is, or the one of a date; of four digits.
pub fn year(value: Value<'_>) -> Option<i64> {
    let year = match value {
        Value::Date(_) | Value::DateTime(_) => value.to_text().get(..4)?.parse().ok()?,
        other => integer(other)?,
    };
    (1000..=9999).contains(&year).then_some(year)
}

/// A date that somebody wrote: ISO 8601, alone or before a time of day, or day before month as India writes
/// it (`31/12/2020`, `31-12-2020`, `31.12.2020`).
fn written_date(text: &str) -> Option<i32> {
    if let Some(days) = parse_date(text) {
        return Some(days);
    }
    if let Some((day, time)) = text.split_once(['T', ' '])
        && time.starts_with(|letter: char| letter.is_ascii_digit())
    {
        return written_date(day);
    }
    let mut parts = text.split(['/', '-', '.']);
    let (Some(a), Some(b), Some(c), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
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

/// The day that a value is, or that a text writes, in days since 1970.
pub fn date(value: Value<'_>) -> Option<i32> {
    match value {
        Value::Date(days) => Some(days),
        Value::DateTime(millis) => Some(millis.div_euclid(86_400_000) as i32),
        Value::Text(text) => written_date(trimmed(text)),
        _ => None,
    }
}

/// The yes or no that a value is, or that a text writes.
pub fn boolean(value: Value<'_>) -> Option<bool> {
    const YES: [&str; 5] = ["true", "t", "yes", "y", "1"];
    const NO: [&str; 5] = ["false", "f", "no", "n", "0"];
    if let Value::Bool(yes) = value {
        return Some(yes);
    }
    let text = value.to_text();
    let is = |words: &[&str]| {
        words
            .iter()
            .any(|word| trimmed(&text).eq_ignore_ascii_case(word))
    };
    match (is(&YES), is(&NO)) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

/// True when a value that is not blank can be kept as this kind without changing what it says.
pub fn reads_as(kind: Kind, value: Value<'_>) -> bool {
    match kind {
        Kind::Text | Kind::Code => true,
        Kind::Integer => integer(value).is_some(),
        Kind::Decimal => decimal(value).is_some(),
        Kind::Year => year(value).is_some(),
        Kind::Boolean => boolean(value).is_some(),
        Kind::Date => date(value).is_some(),
    }
}

/// What a kind is called in a sentence.
pub fn called(kind: Kind) -> Say {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_read_as_what_they_are_and_as_nothing_else() {
        let text = |kind, value: &'static str| reads_as(kind, Value::Text(value));
        for good in ["12", " 12.0 ", "1,23,456", "-7", "12\0"] {
            assert!(text(Kind::Integer, good), "{good}");
        }
        for bad in [
            "12.5", "about 12", "1,2", "12 m", "inf", "1e400", "1,2345", ",123", "-",
        ] {
            assert!(!text(Kind::Integer, bad), "{bad}");
        }
        assert!(text(Kind::Decimal, "1,234.5") && !text(Kind::Decimal, "1.2.3"));
        assert!(text(Kind::Date, "31/12/2020") && !text(Kind::Date, "12/31/2020"));
        assert!(text(Kind::Date, "2020-12-31T10:00:00Z") && !text(Kind::Date, "March"));
        assert!(text(Kind::Date, "31.12.2020") && !text(Kind::Date, "1-2-3-2020"));
        assert!(text(Kind::Year, "2011.0") && !text(Kind::Year, "11"));
        assert!(text(Kind::Boolean, "Yes") && !text(Kind::Boolean, "perhaps"));
        assert!(reads_as(Kind::Boolean, Value::Real(1.0)));
        assert!(!reads_as(Kind::Integer, Value::Bool(true)));
        assert!(is_blank(Value::Text(" \0")) && !is_blank(Value::Integer(0)));
    }
}

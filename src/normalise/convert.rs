//! One value to the type that a standard asks for, or nothing when that would change what it says.

use std::borrow::Cow;

use crate::{
    model::{Column, FieldType, Value, value::parse_date},
    standard::{
        CodeList, Kind,
        reading::{boolean, clean, date, decimal, integer, is_blank, whole, year},
    },
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
    if is_blank(value) {
        return Some(Kept::Plain(Value::Null));
    }
    let text = || match value {
        Value::Text(text) => clean(text).unwrap_or_default(),
        other => other.to_text(),
    };
    Some(match kind {
        Kind::Text if identifier => {
            let text = text();
            let short = without_point_zero(&text);
            if short.len() == text.len() {
                Kept::Text(text)
            } else {
                Kept::Text(Cow::Owned(short.to_owned()))
            }
        }
        Kind::Text => Kept::Text(text()),
        Kind::Code => {
            let text = text();
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
        Kind::Integer => Kept::Plain(Value::Integer(integer(value)?)),
        Kind::Year => Kept::Plain(Value::Integer(year(value)?)),
        Kind::Decimal => Kept::Plain(Value::Real(decimal(value)?)),
        Kind::Boolean => Kept::Plain(Value::Bool(boolean(value)?)),
        Kind::Date => Kept::Plain(Value::Date(date(value)?)),
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

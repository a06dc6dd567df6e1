//! Dates, moments and intervals; what text and JSON share.

use super::{
    FilterError,
    expr::{Expr, Spatial, Temporal},
};
use crate::{model::value::parse_date, query::MAX_DISTANCE_M};

fn wrong(message: impl Into<String>) -> FilterError {
    FilterError {
        at: None,
        message: message.into(),
    }
}

/// `2022-04-16`.
pub(super) fn date(text: &str) -> Result<Expr, FilterError> {
    full_date(text)
        .map(Expr::Date)
        .ok_or_else(|| wrong(format!("`{text}` is no date; write '2022-04-16'")))
}

fn full_date(text: &str) -> Option<i32> {
    (text.len() == 10).then(|| parse_date(text)).flatten()
}

/// `2022-04-16T10:13:19Z`; an offset other than Z is understood too.
pub(super) fn timestamp(text: &str) -> Result<Expr, FilterError> {
    moment(text).map(Expr::Timestamp).ok_or_else(|| {
        wrong(format!(
            "`{text}` is no moment; write '2022-04-16T10:13:19Z'"
        ))
    })
}

fn moment(text: &str) -> Option<i64> {
    let moment: jiff::Timestamp = text.parse().ok()?;
    Some(moment.as_millisecond())
}

/// One end of an interval: a date or moment as text, `..`, or a property.
pub(super) fn end(expr: Expr) -> Result<Expr, FilterError> {
    match expr {
        Expr::Text(text) if text == ".." => Ok(Expr::Open),
        Expr::Text(text) => full_date(&text)
            .map(Expr::Date)
            .or_else(|| moment(&text).map(Expr::Timestamp))
            .ok_or_else(|| {
                wrong(format!(
                    "`{text}` ends no interval; write a date, a moment such as '2022-04-16T10:13:19Z', or '..'"
                ))
            }),
        Expr::Property(_) | Expr::Date(_) | Expr::Timestamp(_) => Ok(expr),
        _ => Err(wrong("an interval goes from one date, moment or property to another")),
    }
}

/// A distance that a plane can stand for.
pub(super) fn metres(metres: f64) -> Result<f64, FilterError> {
    if (0.0..=MAX_DISTANCE_M).contains(&metres) {
        Ok(metres)
    } else {
        Err(wrong(format!(
            "the distance must lie between 0 and {MAX_DISTANCE_M} metres"
        )))
    }
}

/// A refusal that lists what there is.
pub(super) fn unknown_function(name: &str) -> String {
    let known: Vec<_> = [
        "CASEI",
        "ACCENTI",
        "DATE",
        "TIMESTAMP",
        "INTERVAL",
        "S_DWITHIN",
    ]
    .into_iter()
    .map(str::to_owned)
    .chain(
        Spatial::ALL
            .iter()
            .map(|(name, _)| name.to_ascii_uppercase()),
    )
    .chain(
        Temporal::ALL
            .iter()
            .map(|(name, _)| name.to_ascii_uppercase()),
    )
    .collect();
    format!(
        "there is no function `{name}`; there are {}",
        known.join(", ")
    )
}

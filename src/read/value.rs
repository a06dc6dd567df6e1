//! A value as GDAL gives it to a value of ours.

use super::{encoding, ogr::How, raw};
use crate::model::{Column, Value};

/// Adds the value of a feature's column. `not_utf8` is told of text that had to be read as Windows-1252.
pub(super) fn read_value(
    feature: &mut raw::RawFeature<'_>,
    at: usize,
    how: How,
    column: &mut Column,
    mut not_utf8: impl FnMut(),
) {
    if !feature.has(at) {
        column.push(Value::Null);
        return;
    }
    match how {
        How::Integer => column.push(Value::Integer(feature.integer(at))),
        How::Real => {
            let number = feature.real(at);
            column.push(if number.is_finite() {
                Value::Real(number)
            } else {
                Value::Null
            });
        }
        How::Bool => column.push(Value::Bool(feature.integer(at) != 0)),
        How::Date => column.push(
            feature
                .moment(at)
                .and_then(|moment| days(&moment))
                .map_or(Value::Null, Value::Date),
        ),
        How::DateTime => column.push(
            feature
                .moment(at)
                .and_then(|moment| millis(&moment))
                .map_or(Value::Null, Value::DateTime),
        ),
        How::Texts => {
            let text = serde_json::to_string(&feature.texts(at)).unwrap_or_default();
            column.push(Value::Text(&text));
        }
        How::Numbers => {
            // GDAL writes (2:1,2).
            let text = String::from_utf8_lossy(feature.text(at)).into_owned();
            let members = text.trim_start_matches('(').trim_end_matches(')');
            let members = members
                .split_once(':')
                .map_or(members, |(_, members)| members);
            column.push(Value::Text(&format!("[{members}]")));
        }
        How::Text | How::Skip => {
            let bytes = feature.text(at);
            if let Ok(text) = std::str::from_utf8(bytes) {
                column.push(Value::Text(text));
            } else {
                not_utf8();
                column.push(Value::Text(&encoding::decode(
                    bytes,
                    encoding_rs::WINDOWS_1252,
                )));
            }
        }
    }
}

fn date(moment: &raw::Moment) -> Option<jiff::civil::Date> {
    let part = |number: i32| i8::try_from(number).ok();
    jiff::civil::Date::new(
        i16::try_from(moment.0).ok()?,
        part(moment.1)?,
        part(moment.2)?,
    )
    .ok()
}

/// Days since 1970-01-01.
fn days(moment: &raw::Moment) -> Option<i32> {
    let since = date(moment)?
        .since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1)))
        .ok()?;
    Some(since.get_days())
}

/// Milliseconds since the epoch. A moment without a time zone is taken as UTC.
fn millis(moment: &raw::Moment) -> Option<i64> {
    let &(_, _, _, hour, minute, second, zone) = moment;
    let quarters = if zone > 1 { i64::from(zone) - 100 } else { 0 };
    let minutes = i64::from(hour) * 60 + i64::from(minute) - quarters * 15;
    let second = (f64::from(second) * 1000.0).round() as i64;
    Some(i64::from(days(moment)?) * 86_400_000 + minutes * 60_000 + second)
}

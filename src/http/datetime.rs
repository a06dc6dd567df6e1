//! The parameter `datetime`: a moment or a stretch of time.

use super::error::Problem;

/// A stretch of time in milliseconds since the epoch, both ends included; none for an open end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    /// Its first moment.
    pub from: Option<i64>,
    /// Its last moment.
    pub to: Option<i64>,
}

/// Reads a `datetime`: an instant, or an interval with `..` or nothing for an open end. A date is the
/// whole of its day in UTC.
pub(super) fn datetime(text: &str) -> Result<Span, Problem> {
    let wrong = |detail: &str| Problem::parameter("datetime", detail);
    let ends: Vec<&str> = text.split('/').collect();
    match ends[..] {
        [one] => {
            let (from, to) = instant(one).ok_or_else(|| {
                wrong("it must be a date, a date-time of RFC 3339, or an interval of them")
            })?;
            Ok(Span {
                from: Some(from),
                to: Some(to),
            })
        }
        [start, end] => {
            let open = |end: &str| end.is_empty() || end == "..";
            if open(start) && open(end) && !(start == ".." && end == "..") {
                return Err(wrong("an interval needs an end or a start"));
            }
            let end_of = |text: &str| {
                if open(text) {
                    return Ok(None);
                }
                instant(text).map(Some).ok_or_else(|| {
                    wrong("each end must be a date, a date-time of RFC 3339, or `..`")
                })
            };
            let (start, end) = (end_of(start)?, end_of(end)?);
            let span = Span {
                from: start.map(|(first, _)| first),
                to: end.map(|(_, last)| last),
            };
            if span.from.zip(span.to).is_some_and(|(from, to)| from > to) {
                return Err(wrong("its start is after its end"));
            }
            Ok(span)
        }
        _ => Err(wrong("an interval has two ends")),
    }
}

/// The first and the last millisecond of a date (in UTC) or of a date-time.
fn instant(text: &str) -> Option<(i64, i64)> {
    const DAY: i64 = 86_400_000;
    if text.len() == 10 {
        let first = i64::from(crate::model::value::parse_date(text)?) * DAY;
        return Some((first, first + DAY - 1));
    }
    // RFC 3339 asks for the offset; `Timestamp` refuses text without one.
    let moment = text.parse::<jiff::Timestamp>().ok()?.as_millisecond();
    Some((moment, moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datetime_is_an_instant_or_an_interval() {
        for good in [
            "2020-01-01",
            "2020-01-01T00:00:00Z",
            "2020-01-01T00:00:00.5+05:30",
            "2020-01-01/..",
            "../2020-01-01",
            "2020-01-01/",
            "/2020-01-01",
            "2020-01-01/2020-01-02T00:00:00Z",
            "../..",
        ] {
            assert!(datetime(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "2020",
            "2020-13-01",
            "2020-01-02/2020-01-01",
            "a/b",
            "1/2/3",
            "/",
            "2020-01-01T00:00:00",
            "2020-02-30",
        ] {
            assert!(datetime(bad).is_err(), "{bad}");
        }
    }
}

//! Spans of time and the fifteen ways in which they stand to one another (OGC 21-065r2, 7.12).

use super::expr::Temporal;

/// The milliseconds of a day.
const DAY: i64 = 86_400_000;

/// An instant or an interval, both ends included.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Span {
    from: End,
    to: End,
}

/// One end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum End {
    /// `..`
    Open,
    /// Days.
    Date(i32),
    /// Milliseconds.
    Moment(i64),
}

impl Span {
    pub(super) fn instant(end: End) -> Self {
        Self { from: end, to: end }
    }

    pub(super) fn between(from: End, to: End) -> Self {
        Self { from, to }
    }

    fn has_moment(&self) -> bool {
        matches!(self.from, End::Moment(_)) || matches!(self.to, End::Moment(_))
    }

    /// Both ends in milliseconds. Where moments meet dates, a date lasts its whole day; among dates it is
    /// an instant, so that a date equals the interval from it to itself.
    fn millis(&self, whole_days: bool) -> (i64, i64) {
        let from = match self.from {
            End::Open => i64::MIN,
            End::Date(days) => i64::from(days) * DAY,
            End::Moment(millis) => millis,
        };
        let to = match self.to {
            End::Open => i64::MAX,
            End::Date(days) if whole_days => i64::from(days) * DAY + DAY - 1,
            End::Date(days) => i64::from(days) * DAY,
            End::Moment(millis) => millis,
        };
        (from, to)
    }
}

/// Whether two spans stand so.
pub(super) fn holds(relation: Temporal, left: Span, right: Span) -> bool {
    let whole_days = left.has_moment() || right.has_moment();
    let (a, b) = left.millis(whole_days);
    let (c, d) = right.millis(whole_days);
    match relation {
        Temporal::After => a > d,
        Temporal::Before => b < c,
        Temporal::Contains => a < c && b > d,
        Temporal::Disjoint => a > d || b < c,
        Temporal::During => a > c && b < d,
        Temporal::Equals => a == c && b == d,
        Temporal::FinishedBy => a < c && b == d,
        Temporal::Finishes => a > c && b == d,
        Temporal::Intersects => a <= d && b >= c,
        Temporal::Meets => b == c,
        Temporal::MetBy => a == d,
        Temporal::OverlappedBy => a > c && a < d && b > d,
        Temporal::Overlaps => a < c && b > c && b < d,
        Temporal::StartedBy => a == c && b > d,
        Temporal::Starts => a == c && b < d,
    }
}

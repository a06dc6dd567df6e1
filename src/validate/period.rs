//! Which features stand for the same time: a file may hold the wards of two delimitations, or a boundary and the
//! one before it. Such features cover the same ground and have the same shape without any fault.

use std::collections::HashMap;

use super::Subject;

/// A day as ISO 8601 writes it, so that days are ordered as their text is.
type Day = [u8; 10];

/// The set that a row belongs to, and its first and last day.
type Standing = (u32, Option<Day>, Option<Day>);

/// The times that the rows of a layer stand for.
pub(super) struct Periods(Vec<Standing>);

fn day(text: &str) -> Option<Day> {
    let day: Day = text.trim().as_bytes().get(..10)?.try_into().ok()?;
    let iso = day.iter().enumerate().all(|(at, byte)| match at {
        4 | 7 => *byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    iso.then_some(day)
}

impl Periods {
    /// None where no column speaks of time, which is the common case: then all rows stand together.
    pub(super) fn of(subject: &Subject<'_>) -> Option<Self> {
        let standard = subject.standard?;
        let own = |name: &str| {
            let common = subject.standards.common_fields();
            common.iter().all(|field| field.name != name)
        };
        // What all features of one set share and what is part of their key names the set: the delimitation.
        let sets: Vec<&str> = standard
            .key
            .iter()
            .map(String::as_str)
            .filter(|name| subject.is_shared(name) && own(name))
            .filter(|name| subject.map.column(name).is_some())
            .collect();
        let spans = ["valid_from", "valid_to"].map(|name| subject.map.column(name).is_some());
        if sets.is_empty() && spans == [false, false] {
            return None;
        }
        let mut known: HashMap<String, u32> = HashMap::new();
        let rows = (0..subject.raw.len()).map(|row| {
            let set: Vec<String> = sets
                .iter()
                .map(|name| subject.value(row, name).to_text().trim().to_owned())
                .collect();
            let next = known.len() as u32;
            let set = *known.entry(set.join("\u{1f}")).or_insert(next);
            let on = |name: &str| day(&subject.value(row, name).to_text());
            (set, on("valid_from"), on("valid_to"))
        });
        Some(Self(rows.collect()))
    }

    /// True when two rows stand for one set and have a day in common; both ends of a time belong to it.
    pub(super) fn together(&self, one: u32, other: u32) -> bool {
        let (a, b) = (&self.0[one as usize], &self.0[other as usize]);
        let before = |ends: &Standing, begins: &Standing| {
            ends.2
                .zip(begins.1)
                .is_some_and(|(last, first)| last < first)
        };
        a.0 == b.0 && !before(a, b) && !before(b, a)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_that_share_a_day_stand_together() {
        let row = |set, from: &str, to: &str| (set, day(from), day(to));
        let periods = Periods(vec![
            row(0, "2012-01-01", "2016-12-31"),
            row(0, "2017-01-01", ""),
            row(0, "2016-12-31T00:00:00Z", "2018-01-01"),
            row(0, "", ""),
            row(1, "2012-01-01", "2016-12-31"),
            row(0, "", "in 2016"),
        ]);
        for (one, other, wanted) in [
            (0, 1, false),
            (1, 0, false),
            (0, 2, true),
            (1, 2, true),
            (0, 3, true),
            (0, 4, false),
            (1, 5, true),
        ] {
            assert_eq!(periods.together(one, other), wanted, "{one} {other}");
        }
    }
}

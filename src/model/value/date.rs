//! Dates and moments as text, and back.

/// The first and the last day whose year has four digits.
const YEAR_0: i32 = -719_528;

const YEAR_9999: i32 = 2_932_896;

/// From the first of March of the year -400 to 1970-01-01, so that nothing counted from there is negative.
const FROM_MARCH: i32 = 865_565;

/// `YYYY-MM-DD`; years beyond ±9999 are shown as the limit.
pub fn date_text(days: i32) -> String {
    if let Some(bytes) = date_bytes(days) {
        return bytes.map(char::from).iter().collect();
    }
    let epoch = jiff::civil::date(1970, 1, 1);
    let date = epoch
        .checked_add(jiff::Span::new().try_days(days).unwrap_or_default())
        .unwrap_or(if days < 0 {
            jiff::civil::Date::MIN
        } else {
            jiff::civil::Date::MAX
        });
    date.to_string()
}

/// `YYYY-MM-DD` as bytes; none for a year without four digits. Layers have a million dates, so the common
/// ones do not go through the calendar of all time zones.
pub fn date_bytes(days: i32) -> Option<[u8; 10]> {
    if !(YEAR_0..=YEAR_9999).contains(&days) {
        return None;
    }
    // Years from March, so that the leap day ends one, in cycles of 400 years.
    let day = (days + FROM_MARCH) as u32;
    let (cycle, day) = (day / 146_097, day % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let january = u32::from(month >= 10);
    let year = cycle * 400 + year + january - 400;
    let month = month + 3 - 12 * january;
    let digit = |number: u32| b'0' + (number % 10) as u8;
    Some([
        digit(year / 1000),
        digit(year / 100),
        digit(year / 10),
        digit(year),
        b'-',
        digit(month / 10),
        digit(month),
        b'-',
        digit(day / 10),
        digit(day),
    ])
}

/// Days since 1970-01-01 of an ISO 8601 date; none for anything else.
pub fn parse_date(text: &str) -> Option<i32> {
    if let &[a, b, c, d, b'-', e, f, b'-', g, h] = text.as_bytes() {
        let digits = [a, b, c, d, e, f, g, h];
        if digits.iter().all(u8::is_ascii_digit) {
            let number = |from: usize, to: usize| {
                digits[from..to]
                    .iter()
                    .fold(0, |number, digit| number * 10 + u32::from(digit - b'0'))
            };
            return days_of(number(0, 4), number(4, 6), number(6, 8));
        }
    }
    let date: jiff::civil::Date = text.parse().ok()?;
    let since = date.since((jiff::Unit::Day, jiff::civil::date(1970, 1, 1)));
    Some(since.ok()?.get_days())
}

/// Days since 1970-01-01 of a year of at most four digits, a month and a day; none when there is no such day.
pub fn days_of(year: u32, month: u32, day: u32) -> Option<i32> {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let last = match month {
        2 => 28 + u32::from(leap),
        4 | 6 | 9 | 11 => 30,
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        _ => return None,
    };
    if !(1..=last).contains(&day) || year > 9999 {
        return None;
    }
    // As in `date_bytes`.
    let early = u32::from(month <= 2);
    let year = year + 400 - early;
    let (cycle, year) = (year / 400, year % 400);
    let month = month + 12 * early - 3;
    let of_year = (153 * month + 2) / 5 + day - 1;
    let of_cycle = 365 * year + year / 4 - year / 100 + of_year;
    Some((cycle * 146_097 + of_cycle) as i32 - FROM_MARCH)
}

/// RFC 3339 in UTC, to the millisecond where there is one.
pub fn date_time_text(millis: i64) -> String {
    jiff::Timestamp::from_millisecond(millis)
        .map_or_else(|_| String::new(), |moment| moment.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_what_they_write() {
        for text in ["1970-01-01", "2026-02-28", "1969-12-31", "2000-02-29"] {
            assert_eq!(parse_date(text).map(date_text).as_deref(), Some(text));
        }
        assert_eq!(parse_date("31/12/2020"), None);
        assert_eq!(parse_date("2023-02-29"), None);
        let mut date = jiff::civil::date(0, 1, 1);
        for days in YEAR_0..=YEAR_9999 {
            // Every day of the first, of our and of the last centuries, and some of all others.
            if days % 97 == 0 || (-40_000..40_000).contains(&days) {
                let text = date.to_string();
                assert_eq!(date_text(days), text);
                assert_eq!(parse_date(&text), Some(days));
            }
            date = date.tomorrow().unwrap_or(date);
        }
        assert_eq!(date.to_string(), "9999-12-31");
    }
}

//! What the values of a column say against the field that its header promises.
//!
//! A header that is a usual name of a field is a hint, no proof: `ward` may hold numbers, names of wards, or the day
//! of a survey. So a column that is taken for such a name alone is looked at first. Where most of its values cannot be
//! what the field holds, it is not taken; it is proposed, with what was seen.

use std::collections::HashSet;

use super::{
    FieldRule, Kind,
    reading::{called, date, decimal, is_blank, reads_as},
};
use crate::model::{Column, Say, Value, say};

/// How many rows are looked at, evenly over the layer, while all standards are compared and none is chosen yet.
const ROWS: usize = 200;

/// How much of a column is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Looked {
    /// Some rows: which standard fits best is a guess, and fifty of them look.
    Some,
    /// Every row: what a column answers decides what is published.
    Whole,
}

/// A column that was not taken for a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Veto {
    /// The field.
    pub field: String,
    /// The position of the column.
    pub column: usize,
    /// The share of its values that the field could hold, in percent.
    pub percent: u8,
    /// What was seen.
    pub why: Say,
}

/// What a column's values say to a field.
pub(super) enum Look {
    /// They may answer it.
    May,
    /// There are none.
    Blank,
    /// They cannot: the share in percent that could, and why not.
    Cannot(u8, Say),
}

/// Looks at a column that only its header speaks for.
pub(super) fn look(field: &FieldRule, header: &str, column: &Column, looked: Looked) -> Look {
    let step = match looked {
        Looked::Some => column.len().div_ceil(ROWS).max(1),
        Looked::Whole => 1,
    };
    let (mut seen, mut good, mut odd) = (0_u64, 0_u64, None);
    let (mut distinct, mut again) = (0_u64, None);
    let shown = |value: Value<'_>| value.to_text().chars().take(40).collect::<String>();
    // A value, in how many rows it is, and whether it was not seen before.
    let mut weigh = |value: Value<'_>, times: u64, new: bool| {
        seen += times;
        distinct += u64::from(new);
        if field.unique && (times > 1 || !new) {
            again.get_or_insert_with(|| shown(value));
        }
        if can_hold(field, value) {
            good += times;
        } else {
            odd.get_or_insert_with(|| shown(value));
        }
    };
    if let Column::Text(text) = column {
        // Each text is asked once, however many rows hold it.
        let mut times = vec![0; text.distinct()];
        for code in text.codes.iter().step_by(step) {
            if let Some(times) = times.get_mut(*code as usize) {
                *times += 1;
            }
        }
        for (code, times) in times.into_iter().enumerate() {
            let value = Value::Text(text.entry(code as u32));
            if times > 0 && !is_blank(value) {
                weigh(value, times, true);
            }
        }
    } else {
        let mut met = HashSet::new();
        for row in (0..column.len()).step_by(step) {
            let value = column.get(row);
            if !is_blank(value) {
                weigh(value, 1, !field.unique || met.insert(value.to_text()));
            }
        }
    }
    // Who last edited a feature is no name for it, whatever the header says.
    if let Some(again) = again.filter(|_| distinct * 2 < seen) {
        let percent = (100 * distinct / seen) as u8;
        return cannot(field, header, percent, say!(kind_distinct), again);
    }
    let Some(odd) = odd else {
        return if seen == 0 { Look::Blank } else { Look::May };
    };
    if good * 2 >= seen {
        return Look::May;
    }
    let percent = (100 * good / seen) as u8;
    let what = match (field.kind, field.min, field.max) {
        (Kind::Text, ..) => say!(kind_number_or_short),
        (kind, Some(min), Some(max)) if field.identifier => say!(
            kind_between,
            kind = called(kind),
            min = min.to_string(),
            max = max.to_string()
        ),
        (kind, ..) => called(kind),
    };
    cannot(field, header, percent, what, odd)
}

/// The veto of a column of which `percent` of the values could be `what` the field holds, and `value` not.
fn cannot(field: &FieldRule, header: &str, percent: u8, what: Say, value: String) -> Look {
    Look::Cannot(
        percent,
        say!(
            veto,
            column = header,
            field = field.name.as_str(),
            percent = u64::from(100 - percent),
            what = what,
            value = value
        ),
    )
}

/// True when a field may hold a value. Codes are not asked: what a city calls its kinds may be mapped.
fn can_hold(field: &FieldRule, value: Value<'_>) -> bool {
    match field.kind {
        // What names a thing by number is a number, a short word, or a code with a digit in it, and no day.
        Kind::Text if field.identifier => {
            let text = value.to_text();
            let text = text.trim();
            // Zones are called by a number or by a name, and a usual name of the field says so.
            let named = field.aliases.iter().any(|alias| alias.contains("name"));
            let short = named || text.chars().count() <= SHORT;
            let letters = text.chars().filter(|letter| letter.is_alphabetic()).count();
            let words = text.contains(' ') && letters > LETTERS;
            date(value).is_none() && (short || (text.chars().any(char::is_numeric) && !words))
        }
        Kind::Text | Kind::Code => true,
        // A census code of six digits is no code of the local government directory.
        kind => {
            reads_as(kind, value)
                && (!field.identifier
                    || decimal(value).is_none_or(|number| {
                        field.min.is_none_or(|min| number >= min)
                            && field.max.is_none_or(|max| number <= max)
                    }))
        }
    }
}

/// As long as a number in letters may be: `A`, `XXVIII`.
const SHORT: usize = 6;

/// With more letters than these, words are an address and no number: `Ward No. 12`, but not `12th Main, Jayanagar`.
const LETTERS: usize = 12;

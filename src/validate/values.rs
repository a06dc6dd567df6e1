//! A walk over the values of a column that are not good. What a value says is judged in
//! [`crate::standard::reading`].

use crate::{
    model::{Column, Value, value::NULL_CODE},
    standard::reading::is_blank,
};

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

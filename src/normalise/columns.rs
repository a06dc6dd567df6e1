//! The columns of a layer: those that the standard asks for under its names and in its types, then all
//! others under names that every format can hold.

use std::{borrow::Cow, collections::HashSet};

use super::convert::{Kept, convert, kept_as, plainest};
use crate::{
    model::{Column, Field, FieldType, Table, Value},
    standard::{CodeList, ColumnMap, FieldRule, Kind, LayerStandard, Standards, reading::clean},
};

/// Behind the name of a field: the column of what could not be converted, as it was written.
const AS_WRITTEN: &str = "_raw";

/// The most letters of a column's name.
const NAME_LETTERS: usize = 63;

/// The table in the form of the standard. Every value of every column of `table` is in the result.
pub(super) fn canonical(
    table: Table,
    standard: Option<&LayerStandard>,
    map: &ColumnMap,
    standards: &Standards,
) -> Table {
    let mut taken: HashSet<String> = standard
        .map(|standard| {
            standards
                .fields(standard)
                .map(|field| field.name.clone())
                .collect()
        })
        .unwrap_or_default();
    let mut out = Table::default();
    let mut leftovers = vec![];
    let mut used = vec![false; table.columns.len()];
    for rule in standard
        .into_iter()
        .flat_map(|standard| standards.fields(standard))
    {
        let Some(at) = map.column(&rule.name).filter(|&at| at < used.len()) else {
            continue;
        };
        used[at] = true;
        let codes = rule.codes.as_deref().and_then(|list| standards.codes(list));
        let (column, as_written) = converted(&table.columns[at], rule, codes);
        out.fields.push(Field {
            name: rule.name.clone(),
            kind: column.kind(),
            title: Some(rule.title.say("en").to_owned()),
            unit: rule.unit.clone(),
            codes: rule.codes.clone(),
        });
        out.columns.push(column);
        if let Some(as_written) = as_written {
            leftovers.push((rule, as_written));
        }
    }
    for (rule, column) in leftovers {
        let name = free_name(&format!("{}{AS_WRITTEN}", rule.name), &mut taken);
        out.fields.push(Field {
            title: Some(format!("{}, as written", rule.title.say("en"))),
            ..Field::new(name, FieldType::Text)
        });
        out.columns.push(column);
    }
    for ((field, column), used) in table.fields.into_iter().zip(table.columns).zip(used) {
        if used {
            continue;
        }
        let name = free_name(&sanitised(&field.name, out.fields.len()), &mut taken);
        let column = plain(column);
        out.fields.push(Field {
            kind: column.kind(),
            // The name that the sender gave it.
            title: (field.name != name).then_some(field.name),
            name,
            unit: field.unit,
            codes: None,
        });
        out.columns.push(column);
    }
    out
}

/// What became of a distinct text, so that it is converted once.
#[derive(Clone, Copy)]
enum Became {
    Unseen,
    /// The same as nothing.
    Null,
    /// It could not be said in the new type.
    Bad,
    /// A text of the new column.
    Code(u32),
    Integer(i64),
    Real(f64),
    Bool(bool),
    Date(i32),
    DateTime(i64),
}

/// A column whose every value is put through `convert`, and what that gives none for as text beside it.
/// A text is converted once, however often it stands in the column, and a number once in a row of equals.
fn each<'a>(
    column: &'a Column,
    kind: FieldType,
    convert: impl Fn(Value<'a>) -> Option<Kept<'a>>,
) -> (Column, Option<Column>) {
    let rows = column.len();
    let mut good = Column::new(kind);
    let mut bad: Option<Column> = None;
    let mut put = |row: usize, good: &mut Column, became: Became| {
        match (became, &mut *good) {
            (Became::Code(code), Column::Text(text)) => text.codes.push(code),
            (became, good) => good.push(became.plain()),
        }
        if matches!(became, Became::Bad) {
            let bad = bad.get_or_insert_with(|| {
                let mut column = Column::new(FieldType::Text);
                (0..row).for_each(|_| column.push(Value::Null));
                column
            });
            bad.push(Value::Text(&column.get(row).to_text()));
        } else if let Some(bad) = &mut bad {
            bad.push(Value::Null);
        }
    };
    let one = |value: Value<'a>, good: &mut Column| match convert(value) {
        None => Became::Bad,
        Some(kept) => match (kept.value(), good) {
            (Value::Text(text), Column::Text(column)) => Became::Code(column.code(text)),
            (value, _) => Became::of(value),
        },
    };
    if let Column::Text(texts) = column {
        // A column that is already as it is kept is the commonest of all, and its table need not be built.
        let kept = |code: u32| match convert(Value::Text(texts.entry(code))) {
            Some(Kept::Text(Cow::Borrowed(text))) => text.len() == texts.entry(code).len(),
            _ => false,
        };
        if kind == FieldType::Text && (0..texts.distinct() as u32).all(kept) {
            return (column.clone(), None);
        }
        let mut known = vec![Became::Unseen; texts.distinct()];
        for (row, &code) in texts.codes.iter().enumerate() {
            let became = match known.get_mut(code as usize) {
                None => Became::Null,
                Some(known) => {
                    if matches!(known, Became::Unseen) {
                        *known = one(Value::Text(texts.entry(code)), &mut good);
                    }
                    *known
                }
            };
            put(row, &mut good, became);
        }
    } else {
        let mut last = (Value::Null, Became::Null);
        for row in 0..rows {
            let value = column.get(row);
            if value != last.0 {
                last = (value, one(value, &mut good));
            }
            put(row, &mut good, last.1);
        }
    }
    (good, bad)
}

impl Became {
    /// What a value that is no text of the new column became.
    fn of(value: Value<'_>) -> Self {
        match value {
            Value::Null | Value::Text(_) => Self::Null,
            Value::Integer(number) => Self::Integer(number),
            Value::Real(number) => Self::Real(number),
            Value::Bool(yes) => Self::Bool(yes),
            Value::Date(days) => Self::Date(days),
            Value::DateTime(millis) => Self::DateTime(millis),
        }
    }

    /// The value again; null for texts, which are known by their codes.
    fn plain(self) -> Value<'static> {
        match self {
            Self::Unseen | Self::Null | Self::Bad | Self::Code(_) => Value::Null,
            Self::Integer(number) => Value::Integer(number),
            Self::Real(number) => Value::Real(number),
            Self::Bool(yes) => Value::Bool(yes),
            Self::Date(days) => Value::Date(days),
            Self::DateTime(millis) => Value::DateTime(millis),
        }
    }
}

/// A column in the type of its rule, and where that failed for a value, a column of those values as text.
fn converted(
    column: &Column,
    rule: &FieldRule,
    codes: Option<&CodeList>,
) -> (Column, Option<Column>) {
    // What is of the type already says what it says.
    let same = matches!(
        (rule.kind, column),
        (Kind::Integer, Column::Integer(_))
            | (Kind::Decimal, Column::Real(_))
            | (Kind::Boolean, Column::Bool(_))
            | (Kind::Date, Column::Date(_))
    );
    if same {
        return (column.clone(), None);
    }
    // An identifier stays text whatever the standard calls its type, unless the type itself is a number:
    // then it is compared as text and kept as the number.
    let identifier = rule.identifier || rule.kind == Kind::Code;
    each(column, kept_as(rule.kind), |value| {
        if value.is_null() {
            return Some(Kept::Plain(Value::Null));
        }
        convert(value, rule.kind, identifier, codes)
    })
}

/// A column that no standard knows, in the plainest type that says the same.
fn plain(column: Column) -> Column {
    let kind = plainest(&column);
    if kind == column.kind() && kind != FieldType::Text {
        return column;
    }
    let rule = match kind {
        FieldType::Integer => Kind::Integer,
        FieldType::Real => Kind::Decimal,
        FieldType::Date => Kind::Date,
        _ => Kind::Text,
    };
    let (out, _) = each(&column, kind, |value| {
        let kept = match value {
            Value::Null => None,
            Value::Text(text) if rule == Kind::Text => clean(text).map(Kept::Text),
            value => convert(value, rule, false, None),
        };
        Some(kept.unwrap_or(Kept::Plain(Value::Null)))
    });
    out
}

/// A column's name in lower-case ASCII letters, digits and underscores. A name of other scripts leaves
/// nothing; it is numbered, and its own name stays as the title.
fn sanitised(name: &str, number: usize) -> String {
    let mut out = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        if letter.is_ascii_alphanumeric() {
            out.push(letter);
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    let mut out = out.trim_end_matches('_').to_owned();
    if out.is_empty() {
        return format!("field_{}", number + 1);
    }
    if out.starts_with(|letter: char| letter.is_ascii_digit()) {
        out.insert_str(0, "f_");
    }
    out.truncate(NAME_LETTERS - 4);
    out
}

/// The name, or the name with the first number behind it that is free; taken from now on.
fn free_name(name: &str, taken: &mut HashSet<String>) -> String {
    let mut free = name.to_owned();
    let mut again = 2_u32;
    while !taken.insert(free.clone()) {
        free = format!("{name}_{again}");
        again += 1;
    }
    free
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_safe_and_never_meet() {
        let mut taken: HashSet<String> = HashSet::from(["name".to_owned()]);
        let names: Vec<String> = [
            "@id",
            "Name",
            "name",
            "2011WardNumbers",
            "नाम",
            "PB.water",
            "st_area(shape)",
        ]
        .into_iter()
        .enumerate()
        .map(|(at, name)| free_name(&sanitised(name, at), &mut taken))
        .collect();
        assert_eq!(
            names,
            [
                "id",
                "name_2",
                "name_3",
                "f_2011wardnumbers",
                "field_5",
                "pb_water",
                "st_area_shape"
            ]
        );
    }
}

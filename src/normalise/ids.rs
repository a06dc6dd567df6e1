//! The stable id of every feature.
//!
//! A feature whose key is whole and its own gets the id that [`FeatureId::of_key`] makes of the key, so it
//! survives re-ingest, another row order and another format. The parts of a key are joined by the unit
//! separator. A feature of a draft whose key is blank or not its own gets an id from its content, which at
//! least survives another row order.

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
};

use crate::model::{Column, FeatureId, Shapes, Table, TextColumn, value::NULL_CODE};

/// Between the parts of a key: a character that no one types.
const BETWEEN: char = '\u{1f}';

/// One id a row, all distinct.
pub(super) fn of(table: &Table, shapes: &Shapes<f64>, key: &[String]) -> Vec<FeatureId> {
    let rows = shapes.len();
    let names = keys(table, rows, key);
    if names.iter().all(Option::is_some) && are_distinct(table, key) {
        let names: Vec<Cow<'_, str>> = names.into_iter().flatten().collect();
        return settle(&names, FeatureId::of_key);
    }
    // Each key once, and how many rows have it.
    let mut distinct = TextColumn::default();
    let mut times: Vec<u32> = vec![];
    for name in &names {
        distinct.push(name.as_deref());
        match distinct.codes[distinct.codes.len() - 1] {
            NULL_CODE => {}
            code if code as usize == times.len() => times.push(1),
            code => times[code as usize] += 1,
        }
    }
    let mut twins: HashMap<String, u32> = HashMap::new();
    let names: Vec<Cow<'_, str>> = names
        .into_iter()
        .zip(&distinct.codes)
        .enumerate()
        .map(|(row, (name, &code))| match name {
            Some(name) if times[code as usize] == 1 => name,
            _ => {
                let content = content(table, shapes, row);
                let twin = twins.entry(content.clone()).or_default();
                // Rows alike to the last byte are told apart by their order alone.
                let name = format!("{BETWEEN}content{BETWEEN}{content}{BETWEEN}{twin}");
                *twin += 1;
                Cow::Owned(name)
            }
        })
        .collect();
    settle(&names, FeatureId::of_key)
}

/// True when some part of the key alone tells all rows apart: a column of text that has as many distinct
/// ones as rows. It says so without being compared.
fn are_distinct(table: &Table, key: &[String]) -> bool {
    key.iter()
        .filter_map(|name| table.column(name))
        .any(|column| {
            let Column::Text(column) = column else {
                return false;
            };
            let mut met = vec![false; column.distinct()];
            column
                .codes
                .iter()
                .all(|&code| match met.get_mut(code as usize) {
                    Some(met) => !std::mem::replace(met, true),
                    None => false,
                })
        })
}

/// The key of each row as text; none where a part of it is blank or the layer has no key.
fn keys<'a>(table: &'a Table, rows: usize, key: &[String]) -> Vec<Option<Cow<'a, str>>> {
    // A part that nobody filled in tells no two features apart (`valid_from` of a city that has one outline).
    let columns: Vec<_> = key
        .iter()
        .filter_map(|name| table.column(name))
        .filter(|column| (0..rows).any(|row| !column.get(row).is_null()))
        .collect();
    if columns.is_empty() {
        return vec![None; rows];
    }
    if let [only] = columns[..] {
        return (0..rows)
            .map(|row| Some(only.get(row).to_text()).filter(|text| !text.is_empty()))
            .collect();
    }
    (0..rows)
        .map(|row| {
            let mut text = String::new();
            for (number, column) in columns.iter().enumerate() {
                let value = column.get(row).to_text();
                if value.is_empty() {
                    return None;
                }
                if number > 0 {
                    text.push(BETWEEN);
                }
                text.push_str(&value);
            }
            Some(Cow::Owned(text))
        })
        .collect()
}

/// A hash of everything a row says.
fn content(table: &Table, shapes: &Shapes<f64>, row: usize) -> String {
    let mut hasher = blake3::Hasher::new();
    for (field, column) in table.fields.iter().zip(&table.columns) {
        let text = column.get(row).to_text();
        for part in [field.name.as_str(), &text] {
            hasher.update(&(part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    let shape = shapes.get(row);
    hasher.update(&[shape.kind as u8]);
    for part in shape.parts() {
        for ring in part.rings() {
            hasher.update(&(ring.len() as u64).to_le_bytes());
            for [x, y] in ring {
                hasher.update(&x.to_le_bytes());
                hasher.update(&y.to_le_bytes());
            }
        }
    }
    hasher.finalize().to_hex()[..32].to_owned()
}

/// Gives each name an id. Where two names ask for the same one, the smaller text keeps it and the larger is
/// asked again with a number behind it: whoever comes first in the file has no say.
fn settle(names: &[Cow<'_, str>], ask: impl Fn(&str) -> FeatureId) -> Vec<FeatureId> {
    let mut ids: Vec<FeatureId> = names.iter().map(|name| ask(name)).collect();
    let mut sorted = ids.clone();
    sorted.sort_unstable();
    if sorted.windows(2).all(|pair| pair[0] != pair[1]) {
        return ids;
    }
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by(|&a, &b| names[a].cmp(&names[b]));
    let mut taken: HashSet<FeatureId> = HashSet::with_capacity(ids.len());
    let mut later = vec![];
    for &row in &order {
        if !taken.insert(ids[row]) {
            later.push(row);
        }
    }
    for row in later {
        let id = (1..u32::MAX)
            .map(|again| ask(&format!("{}{BETWEEN}{again}", names[row])))
            .find(|id| !taken.contains(id))
            .expect("there are more ids than rows");
        taken.insert(id);
        ids[row] = id;
    }
    ids
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Field, FieldType, ShapeKind, Value};

    fn table(keys: &[Option<&str>]) -> (Table, Shapes<f64>) {
        let mut column = Column::new(FieldType::Text);
        let mut shapes = Shapes::new();
        for key in keys {
            column.push(key.map_or(Value::Null, Value::Text));
            shapes.push_none(ShapeKind::Missing);
        }
        let table = Table {
            fields: vec![Field::new("ward_no", FieldType::Text)],
            columns: vec![column],
        };
        (table, shapes)
    }

    #[test]
    fn a_good_key_is_kept_in_any_order_and_a_bad_one_falls_back_to_content() {
        let key = ["ward_no".to_owned()];
        let ids = |keys: &[Option<&str>]| {
            let (table, shapes) = table(keys);
            of(&table, &shapes, &key)
        };
        let found = ids(&[Some("12"), Some("5"), None, Some("5"), Some("W7")]);
        assert_eq!(found[0], FeatureId(12));
        assert_eq!(found[4], FeatureId::of_key("W7"));
        assert_ne!(found[1], FeatureId(5), "a shared key names nobody");
        assert_eq!(found.iter().collect::<HashSet<_>>().len(), 5);
        let turned = ids(&[Some("W7"), None, Some("12")]);
        assert_eq!(turned, [found[4], found[2], found[0]]);
    }

    #[test]
    fn names_that_hash_alike_are_settled_whatever_their_order() {
        let ask = |name: &str| FeatureId(name.len() as u64);
        let names =
            |list: &[&'static str]| list.iter().map(|&name| name.into()).collect::<Vec<_>>();
        let one = settle(&names(&["bb", "aa", "c", "ab"]), ask);
        let other = settle(&names(&["ab", "bb", "c", "aa"]), ask);
        assert_eq!((one[1], one[2]), (FeatureId(2), FeatureId(1)));
        assert_eq!((one[0], one[1], one[3]), (other[1], other[3], other[0]));
        assert_eq!(one.iter().collect::<HashSet<_>>().len(), 4);
    }
}

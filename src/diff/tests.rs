use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::{
    model::{Field, FieldType, Layer, ShapeKind, Value},
    snapshot::sample::{self, Dice},
};

/// Copies a layer row by row; `each` says what becomes of a row: none leaves it out, a number in `field`
/// 2 puts that value, true moves it.
fn copy(layer: &Layer, mut each: impl FnMut(usize) -> Option<(Option<i64>, bool)>) -> Layer {
    let mut out = sample::empty(
        layer.id.as_str(),
        layer.dimension,
        layer.table.fields.clone(),
    );
    out.coverage = layer.coverage;
    out.key.clone_from(&layer.key);
    for row in 0..layer.ids.len() {
        let Some((value, moved)) = each(row) else {
            continue;
        };
        out.ids.push(layer.ids[row]);
        let begin = out.shapes.coords.len();
        out.shapes.push_shape(layer.shapes.get(row));
        if moved {
            for at in &mut out.shapes.coords[begin..] {
                at[0] += 0.001;
            }
        }
        for (at, column) in layer.table.columns.iter().enumerate() {
            let put = match value {
                Some(number) if at == 2 => Value::Integer(number),
                _ => column.get(row),
            };
            out.table.columns[at].push(put);
        }
    }
    out
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(24))]

    #[test]
    fn a_walk_finds_what_a_look_at_every_pair_finds(seed in 0_u64..1 << 40, dimension in 0_u8..3) {
        let whole = sample::layer(dimension, 60, seed);
        let mut dice = Dice(seed);
        let before = copy(&whole, |_| (dice.roll(4) > 0).then_some((None, false)));
        let mut told: BTreeMap<u64, (bool, Option<i64>)> = BTreeMap::new();
        let after = copy(&whole, |row| {
            if dice.roll(5) == 0 {
                return None;
            }
            let value = (dice.roll(3) == 0).then(|| 1_000_000 + row as i64);
            let moved = dice.roll(3) == 0 && !whole.shapes.get(row).is_blank();
            told.insert(whole.ids[row].0, (moved, value));
            Some((value, moved))
        });
        let old: BTreeSet<u64> = before.ids.iter().map(|id| id.0).collect();
        let new: BTreeSet<u64> = after.ids.iter().map(|id| id.0).collect();
        let both: Vec<u64> = old.intersection(&new).copied().collect();
        let (_a, older) = sample::open(&before);
        let (_b, newer) = sample::open(&after);
        let found = between(Some(&older), &newer, usize::MAX);
        let moved = both.iter().filter(|id| told[id].0).count() as u64;
        let other = both.iter().filter(|id| told[id].1.is_some()).count() as u64;
        let changed = both.iter().filter(|id| told[id].0 || told[id].1.is_some()).count() as u64;
        proptest::prop_assert_eq!(found.counts, Counts {
            before: old.len() as u64,
            after: new.len() as u64,
            added: new.difference(&old).count() as u64,
            removed: old.difference(&new).count() as u64,
            unchanged: both.len() as u64 - changed,
            changed,
            geometry_changed: moved,
            values_changed: other,
        });
        proptest::prop_assert_eq!(found.fields.iter().map(|one| one.features).sum::<u64>(), other);
        proptest::prop_assert!(found.fields.iter().all(|one| one.field == "floors"));
        proptest::prop_assert_eq!(found.rows.len() as u64, found.counts.added + found.counts.removed + changed);
        for row in &found.rows {
            let id = row.id.0;
            let is = (old.contains(&id), new.contains(&id));
            let wanted = match row.change { "added" => (false, true), "removed" => (true, false), _ => (true, true) };
            proptest::prop_assert_eq!(is, wanted);
        }
        // The same said backwards, and against itself.
        let back = between(Some(&newer), &older, 0);
        proptest::prop_assert_eq!((back.counts.added, back.counts.removed, back.counts.changed),
            (found.counts.removed, found.counts.added, changed));
        let none = between(Some(&older), &older, 9);
        proptest::prop_assert_eq!((none.counts.unchanged, none.rows.len()), (old.len() as u64, 0));
        // The table has a line for each.
        let (table, cut) = csv(Some(&older), &newer, usize::MAX);
        proptest::prop_assert_eq!(table.lines().count() as u64 - 1,
            found.counts.added + found.counts.removed + moved + other);
        proptest::prop_assert!(!cut && csv(Some(&older), &newer, 1).0.lines().count() <= 2);
    }
}

/// Square wards: number, name, west, south, east, north in hundredths of a degree.
fn wards(list: &[(&str, &str, [f64; 4])]) -> Layer {
    let fields = vec![
        Field::new("code", FieldType::Text),
        Field::new("name", FieldType::Text),
    ];
    let mut layer = sample::empty("ward_boundary", 2, fields);
    layer.coverage = true;
    for (code, name, [west, south, east, north]) in list {
        layer.ids.push(FeatureId::of_key(code));
        layer.table.columns[0].push(Value::Text(code));
        layer.table.columns[1].push(Value::Text(name));
        let at = |x: f64, y: f64| [77.0 + x / 100.0, 12.0 + y / 100.0];
        layer.shapes.coords.extend([
            at(*west, *south),
            at(*east, *south),
            at(*east, *north),
            at(*west, *north),
            at(*west, *south),
        ]);
        layer.shapes.end_ring();
        layer.shapes.end_part();
        layer.shapes.end_feature(ShapeKind::Polygon);
    }
    layer
}

#[test]
fn wards_that_were_split_merged_renamed_and_renumbered_are_told() {
    let before = wards(&[
        ("1", "East", [0., 0., 4., 4.]),
        ("2", "North", [4., 0., 6., 4.]),
        ("3", "South", [6., 0., 8., 4.]),
        ("4", "Fort", [8., 0., 10., 4.]),
        ("5", "Lake", [10., 0., 12., 4.]),
    ]);
    let after = wards(&[
        // Split: 1 keeps a part, 11 is the rest.
        ("1", "East", [0., 0., 3., 4.]),
        ("11", "New East", [3., 0., 4., 4.]),
        // Merged: 2 and 3 are 20.
        ("20", "Union", [4., 0., 8., 4.]),
        // Another number on the same ground.
        ("40", "Fort", [8., 0., 10., 4.]),
        // Another name.
        ("5", "Lakeside", [10., 0., 12., 4.]),
    ]);
    let (_a, older) = sample::open(&before);
    let (_b, newer) = sample::open(&after);
    let found = between(Some(&older), &newer, 99);
    let wards = found.wards.expect("they cover the ground");
    let keys = |list: &[Ward]| {
        let mut keys: Vec<String> = list.iter().map(|ward| ward.key.clone()).collect();
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(keys(&wards.came), "11 20 40");
    assert_eq!(keys(&wards.went), "2 3 4");
    let pieces = |list: &[Pieces]| -> Vec<(String, Vec<(String, f64)>)> {
        list.iter()
            .map(|one| {
                let mut pieces: Vec<_> = one
                    .pieces
                    .iter()
                    .map(|piece| (piece.ward.key.clone(), piece.share))
                    .collect();
                pieces.sort_by(|a, b| a.0.cmp(&b.0));
                (one.ward.key.clone(), pieces)
            })
            .collect()
    };
    let piece = |key: &str, share: f64| (key.to_owned(), share);
    assert_eq!(
        pieces(&wards.split),
        [("1".to_owned(), vec![piece("1", 0.75), piece("11", 0.25)])]
    );
    assert_eq!(
        pieces(&wards.merged),
        [("20".to_owned(), vec![piece("2", 0.5), piece("3", 0.5)])]
    );
    let pairs = |list: &[Successor]| -> Vec<(String, String)> {
        list.iter()
            .map(|one| (one.before.key.clone(), one.after.key.clone()))
            .collect()
    };
    assert_eq!(
        pairs(&wards.renumbered),
        [("4".to_owned(), "40".to_owned())]
    );
    assert_eq!(pairs(&wards.renamed), [("5".to_owned(), "5".to_owned())]);
    assert_eq!(
        (found.counts.geometry_changed, found.counts.values_changed),
        (1, 1)
    );
}

#[test]
fn a_ring_that_starts_elsewhere_has_not_moved_and_the_schema_drift_is_told() {
    let before = wards(&[("1", "=cmd", [0., 0., 4., 4.])]);
    let mut after = wards(&[("1", "=cmd", [0., 0., 4., 4.])]);
    after.shapes.coords.pop();
    after.shapes.coords.rotate_left(2);
    let first = after.shapes.coords[0];
    after.shapes.coords.push(first);
    after.table.fields[1] = Field::new("title", FieldType::Text);
    let mut level = Field::new("level", FieldType::Integer);
    level.unit = Some("m".to_owned());
    after.table.fields.push(level);
    after
        .table
        .columns
        .push(crate::model::Column::new(FieldType::Integer));
    after.table.columns[2].push(Value::Integer(3));
    let (_a, older) = sample::open(&before);
    let (_b, newer) = sample::open(&after);
    let found = between(Some(&older), &newer, 9);
    assert_eq!((found.counts.changed, found.counts.unchanged), (0, 1));
    let drift: Vec<_> = found
        .schema
        .iter()
        .map(|one| (one.field.as_str(), one.change))
        .collect();
    assert_eq!(
        drift,
        [("name", "removed"), ("title", "added"), ("level", "added")]
    );
    // A value that a spreadsheet would run stays text.
    let renamed = wards(&[("1", "=other", [0., 0., 4., 4.])]);
    let (_c, third) = sample::open(&renamed);
    let (table, _) = csv(Some(&older), &third, 9);
    assert!(
        table.contains(",value,name,\"'=cmd\",\"'=other\""),
        "{table}"
    );
    // Without anything before, all is new.
    let first = between(None, &older, 9);
    assert_eq!((first.counts.added, first.wards), (1, None));
}

#[test]
fn a_comparison_that_is_late_ends_without_an_answer() {
    use std::cell::Cell;

    let before = wards(&[("1", "East", [0., 0., 4., 4.])]);
    let after = wards(&[
        ("11", "East", [0., 0., 2., 4.]),
        ("12", "West", [2., 0., 4., 4.]),
    ]);
    let (_a, older) = sample::open(&before);
    let (_b, newer) = sample::open(&after);
    let run = |looks: u32| {
        let asked = Cell::new(0);
        between_until(Some(&older), &newer, 9, &|| {
            asked.replace(asked.get() + 1) >= looks
        })
    };
    // At once, in the walk; and later, at an area that is compared by ground.
    assert_eq!(run(0), Err(TimeUp));
    assert_eq!(run(2), Err(TimeUp));
    assert_eq!(run(9), Ok(between(Some(&older), &newer, 9)));
    assert_eq!(csv_until(Some(&older), &newer, 9, &|| true), Err(TimeUp));
}

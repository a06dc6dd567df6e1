//! A version as a whole: what goes in comes out, and what is broken is refused.

use std::{collections::HashMap, fs};

use super::{SERVE, Snapshot, SnapshotError, TRUTH, content_hash, sample};
use crate::model::{
    Column, FieldType, Layer, ShapeKind, Shapes, TextColumn, Value, value::NULL_CODE, world,
};

fn same_shape(layer: &Layer, row: usize, snapshot: &Snapshot, at: u32) {
    let mut read = Shapes::new();
    snapshot.read_lonlat(at, &mut read);
    let (given, read) = (layer.shapes.get(row), read.get(0));
    assert_eq!(given.coords(), read.coords());
    assert_eq!(given.kind.dimension(), read.kind.dimension());
    let rings = |shape: crate::model::ShapeRef<'_, f64>| {
        shape
            .parts()
            .map(|part| part.rings().map(<[_]>::len).collect::<Vec<_>>())
            .collect::<Vec<_>>()
    };
    assert_eq!(rings(given), rings(read));
    let world: Vec<_> = given
        .coords()
        .iter()
        .map(|&at| world::from_lonlat(at))
        .collect();
    assert_eq!(snapshot.world().get(at as usize).coords(), world);
}

#[test]
fn every_feature_comes_back_with_its_id_its_values_and_its_exact_shape() {
    for dimension in 0..3 {
        let layer = sample::layer(dimension, 700, 3);
        let (_dir, snapshot) = sample::open(&layer);
        assert_eq!(snapshot.len(), 700);
        for (row, &id) in layer.ids.iter().enumerate() {
            let at = snapshot.row_of(id).unwrap();
            assert_eq!(snapshot.id(at), id);
            for field in 0..layer.table.fields.len() {
                assert_eq!(
                    snapshot.value(at, field),
                    layer.table.columns[field].get(row)
                );
            }
            same_shape(&layer, row, &snapshot, at);
        }
        assert_eq!(snapshot.row_of(crate::model::FeatureId(5_000_000)), None);
        assert_eq!(snapshot.field("floors"), Some(2));
    }
}

#[test]
fn the_index_finds_what_a_plain_scan_finds() {
    let (_dir, snapshot) = sample::open(&sample::layer(2, 3000, 8));
    let mut dice = sample::Dice(5);
    for _ in 0..50 {
        let a = world::from_lonlat([77.4 + 0.4 * dice.share(), 13.2 - 0.2 * dice.share()]);
        let around = [
            a[0],
            a[1],
            a[0] + dice.roll(1 << 21) as u32,
            a[1] + dice.roll(1 << 21) as u32,
        ];
        let plain: Vec<u32> = (0..3000)
            .filter(|&row| {
                let coords = snapshot.world().get(row as usize).coords();
                super::order::bounds(coords).is_some_and(|b| {
                    b[0] <= around[2] && around[0] <= b[2] && b[1] <= around[3] && around[1] <= b[3]
                })
            })
            .collect();
        let mut found = vec![];
        snapshot.search(around, &mut found);
        assert_eq!(found, plain);
    }
    let mut all = vec![];
    snapshot.search([0, 0, u32::MAX, u32::MAX], &mut all);
    assert_eq!(all.len(), snapshot.placed());
}

#[test]
fn columns_are_sorted_dictionaries_or_plain_rows() {
    let layer = sample::layer(0, 900, 2);
    let (_dir, snapshot) = sample::open(&layer);
    for field in 0..layer.table.fields.len() {
        let view = snapshot.column(field);
        assert_eq!(
            (view.rows(), view.kind()),
            (900, layer.table.fields[field].kind)
        );
        if view.is_sorted() && view.kind() == FieldType::Text {
            let entries: Vec<_> = (0..view.distinct() as u32)
                .map(|code| view.text(code).unwrap())
                .collect();
            assert!(entries.windows(2).all(|pair| pair[0] < pair[1]));
        }
        assert_eq!(view.entry(u32::MAX), Value::Null);
    }
}

#[test]
fn an_empty_layer_and_one_without_geometry_are_versions_too() {
    let (_dir, snapshot) = sample::open(&sample::layer(2, 0, 1));
    assert!(snapshot.is_empty() && snapshot.placed() == 0);
    let mut layer = sample::layer(2, 3, 1);
    layer.shapes = Shapes::new();
    layer.shapes.push_none(ShapeKind::Missing);
    layer.shapes.push_none(ShapeKind::Empty);
    layer.shapes.push_point([f64::NAN, 12.0]);
    let (_dir, snapshot) = sample::open(&layer);
    let mut found = vec![];
    snapshot.search([0, 0, u32::MAX, u32::MAX], &mut found);
    assert!(found.is_empty() && snapshot.len() == 3 && snapshot.bounds(2)[0] == u32::MAX);
}

#[test]
fn the_serving_form_is_built_again_to_the_byte_when_it_is_lost_or_old() {
    let layer = sample::layer(2, 200, 1);
    let (dir, _open) = sample::open(&layer);
    let path = dir.path().join(SERVE);
    let first = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    Snapshot::open(dir.path()).unwrap();
    let again = fs::read(&path).unwrap();
    let differ = first.iter().zip(&again).position(|(a, b)| a != b);
    assert_eq!((differ, first.len()), (None, again.len()));
    let mut old = first.clone();
    old[8] = 0;
    fs::write(&path, old).unwrap();
    Snapshot::open(dir.path()).unwrap();
    assert_eq!(fs::read(&path).unwrap(), first);
    let names: Vec<_> = fs::read_dir(dir.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "nothing is left behind: {names:?}");
}

/// A layer with all that a file gives back otherwise than it got it: shapes of several kinds, empty rings, places
/// that are none, dates beyond the calendar, a text that no row has.
fn odd(kinds: u64) -> Layer {
    let mut layer = sample::layer(0, 0, 1);
    for (at, dimension) in (0..3).filter(|at| kinds >> at & 1 == 1).enumerate() {
        let part = sample::layer(dimension, 40, dimension.into());
        for row in 0..part.ids.len() {
            layer
                .ids
                .push(crate::model::FeatureId(row as u64 + at as u64 * 1000));
            layer.shapes.push_shape(part.shapes.get(row));
            for (column, from) in layer.table.columns.iter_mut().zip(&part.table.columns) {
                column.push(from.get(row));
            }
        }
    }
    let square = [[77.5, 12.9], [77.6, 12.9], [77.6, 13.0], [77.5, 12.9]];
    for (at, lengths) in [
        vec![0, 4],
        vec![4, 0],
        vec![4, 0, 4],
        vec![4, 0, 0],
        vec![0, 0],
    ]
    .iter()
    .enumerate()
    {
        for length in lengths {
            layer.shapes.coords.extend_from_slice(&square[..*length]);
            layer.shapes.end_ring();
        }
        layer.shapes.end_part();
        layer.shapes.end_feature(ShapeKind::Polygon);
        layer.ids.push(crate::model::FeatureId(9000 + at as u64));
        for column in &mut layer.table.columns {
            column.push(Value::Null);
        }
    }
    for column in &mut layer.table.columns {
        match column {
            Column::Date(rows) => {
                rows[0] = 5_000_000;
                rows[1] = i32::MAX;
                rows[2] = -4_000_000;
            }
            Column::DateTime(rows) => {
                rows[0] = i64::MAX;
                rows[1] = -377_705_000_000_000;
                rows[2] = -1;
            }
            Column::Real(rows) => rows[0] = -0.0,
            Column::Text(texts) => {
                let text = format!("nobody{}", texts.text);
                let ends = [0].iter().chain(&texts.ends).map(|end| end + 6).collect();
                let codes = texts.codes.iter().map(|&code| match code {
                    NULL_CODE => NULL_CODE,
                    code => code + 1,
                });
                *texts = TextColumn::from_parts(text, ends, codes.collect());
            }
            _ => {}
        }
    }
    layer
}

#[test]
fn what_is_built_from_a_layer_is_what_its_truth_gives_back() {
    for kinds in 1..8 {
        let dir = tempfile::tempdir().unwrap();
        let at = "2026-01-01T00:00:00Z";
        Snapshot::build(&odd(kinds), crate::model::Version(1), false, at, dir.path()).unwrap();
        let path = dir.path().join(SERVE);
        let first = fs::read(&path).unwrap();
        fs::remove_file(&path).unwrap();
        Snapshot::open(dir.path()).unwrap();
        let again = fs::read(&path).unwrap();
        let differ = first.iter().zip(&again).position(|(a, b)| a != b);
        assert_eq!(
            (differ, first.len()),
            (None, again.len()),
            "kinds {kinds:b}"
        );
    }
}

/// Reads everything a snapshot offers; a panic fails the test.
fn read_all(snapshot: &Snapshot) {
    let mut shapes = Shapes::new();
    let mut found = vec![];
    snapshot.search([0, 0, u32::MAX, u32::MAX], &mut found);
    for row in 0..snapshot.len() as u32 {
        for field in 0..snapshot.info().fields.len() {
            let _ = snapshot.value(row, field).to_text();
        }
        snapshot.read_lonlat(row, &mut shapes);
        let _ = (
            snapshot.row_of(snapshot.id(row)),
            snapshot.bounds(row),
            snapshot.label(row),
        );
        let _ = snapshot
            .world()
            .get(row as usize)
            .parts()
            .map(|part| part.rings().len())
            .sum::<usize>();
    }
}

#[test]
fn a_file_cut_short_or_with_a_wrong_bit_is_mended_refused_or_read_without_a_panic() {
    let layer = sample::layer(2, 60, 4);
    let (dir, _open) = sample::open(&layer);
    let mut dice = sample::Dice(9);
    let mut refused = HashMap::new();
    let mut mended = HashMap::new();
    for name in [SERVE, TRUTH] {
        let path = dir.path().join(name);
        let whole = fs::read(&path).unwrap();
        for turn in 0..400 {
            let mut bytes = whole.clone();
            if turn % 4 == 0 {
                bytes.truncate(dice.roll(whole.len() as u64) as usize);
            } else {
                // The top of the file is where structure lies, so half of the hits go there.
                let reach = if turn % 2 == 0 {
                    4096.min(whole.len())
                } else {
                    whole.len()
                };
                let at = dice.roll(reach as u64) as usize;
                bytes[at] ^= 1 << dice.roll(8);
            }
            fs::write(&path, bytes).unwrap();
            match Snapshot::open(dir.path()) {
                Ok(snapshot) => {
                    read_all(&snapshot);
                    // Built again from the truth, to the byte.
                    let now = fs::read(&path).unwrap();
                    *mended.entry((name, turn % 4 == 0)).or_insert(0) += u32::from(now == whole);
                }
                Err(SnapshotError::Damaged { .. }) => {
                    *refused.entry((name, turn % 4 == 0)).or_insert(0) += 1;
                }
                Err(other) => panic!("{other}"),
            }
        }
        fs::write(&path, whole).unwrap();
    }
    assert!(
        !refused.contains_key(&(SERVE, true)) && !refused.contains_key(&(SERVE, false)),
        "the serving form is never the end of a version: {refused:?}"
    );
    assert!(
        mended[&(SERVE, true)] == 100 && mended[&(SERVE, false)] > 30,
        "{mended:?}"
    );
    assert!(refused[&(TRUTH, false)] > 10, "{refused:?}");
}

#[test]
fn one_content_has_one_hash_whatever_the_order_and_the_form() {
    let layer = sample::layer(2, 50, 6);
    let hash = content_hash(&layer);
    assert_eq!(hash.len(), 32);

    let mut other = layer.clone();
    other.title = "another title".to_owned();
    let columns = other.table.columns.len();
    for at in 0..columns / 2 {
        other.table.columns.swap(at, columns - 1 - at);
        other.table.fields.swap(at, columns - 1 - at);
    }
    // Rows backwards, all multi, each ring turned round and noise below the grid.
    let mut turned = sample::empty("sample", 2, other.table.fields.clone());
    turned.rank_by.clone_from(&layer.rank_by);
    for row in (0..layer.ids.len()).rev() {
        turned.ids.push(layer.ids[row]);
        let shape = layer.shapes.get(row);
        for part in shape.parts() {
            for ring in part.rings() {
                let mut ring = ring[..ring.len() - 1].to_vec();
                ring.reverse();
                ring.rotate_left(1);
                ring.push(ring[0]);
                turned.shapes.coords.extend(ring);
                turned.shapes.end_ring();
            }
            turned.shapes.end_part();
        }
        let kind = if shape.is_blank() {
            ShapeKind::Missing
        } else {
            ShapeKind::MultiPolygon
        };
        turned.shapes.end_feature(kind);
        for (column, from) in turned.table.columns.iter_mut().zip(&other.table.columns) {
            column.push(from.get(row));
        }
    }
    assert_eq!(content_hash(&turned), hash);

    let mut changed = layer.clone();
    changed.shapes.coords[5][0] += 3e-7;
    assert_ne!(content_hash(&changed), hash);
    let mut changed = layer;
    changed.ids.swap(1, 2);
    assert_ne!(content_hash(&changed), hash);
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped check says so")]
fn ogr_reads_the_truth_with_its_types_its_crs_and_through_its_index() {
    let layer = sample::layer(2, 500, 12);
    let (dir, snapshot) = sample::open(&layer);
    let path = dir.path().join(TRUTH);
    let box_of = |west: &str, south: &str, east: &str, north: &str| {
        std::process::Command::new("ogrinfo")
            .args(["-so", "-al", "-spat", west, south, east, north])
            .arg(&path)
            .output()
    };
    let Ok(output) = box_of("-180", "-90", "180", "90") else {
        eprintln!("skipped: ogrinfo is not installed");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    for wanted in [
        "Geometry: Multi Polygon",
        "ID[\"EPSG\",4326]",
        "parat_id: Integer64",
        "name: String",
        "floors: Integer64",
        "height: Real",
        "lit: Integer(Boolean)",
        "built: DateTime",
        &format!("Feature Count: {}", snapshot.placed()),
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    let part = box_of("77.5", "12.9", "77.52", "12.95").unwrap();
    let text = String::from_utf8_lossy(&part.stdout).into_owned();
    let mut found = vec![];
    let [x0, y1] = world::from_lonlat([77.5, 12.9]);
    let [x1, y0] = world::from_lonlat([77.52, 12.95]);
    snapshot.search([x0, y0, x1, y1], &mut found);
    let count: usize = text
        .lines()
        .find_map(|line| line.strip_prefix("Feature Count: "))
        .and_then(|count| count.parse().ok())
        .unwrap();
    // GDAL compares shapes, the index boxes: so a few less, never more.
    assert!(
        count > 0 && count <= found.len() && count * 2 > found.len(),
        "{count} of {}",
        found.len()
    );
}

//! Pyramids against tiles made on demand, against other readers, and against damage.

use std::{collections::BTreeSet, fs, path::Path, process::Command};

use super::{pyramid, *};
use crate::snapshot::{PYRAMID, Pyramid, losses_of, sample};

fn built(snapshot: &Snapshot, zooms: Option<[u8; 2]>) -> pyramid::PyramidInfo {
    let path = snapshot.folder().join(PYRAMID);
    let plan = pyramid::Plan { zooms, threads: 2 };
    pyramid::build(snapshot, &path, &plan, &mut |_| ()).unwrap()
}

/// Every tile of the zooms that has a feature's box in it, by a plain walk over all rows.
fn touched(snapshot: &Snapshot, zoom: u8) -> BTreeSet<TileId> {
    let mut found = BTreeSet::new();
    for row in 0..snapshot.placed() as u32 {
        let [x0, y0, x1, y1] = snapshot.bounds(row);
        let (low, high) = (
            TileId::holding(zoom, [x0, y0]),
            TileId::holding(zoom, [x1, y1]),
        );
        let edge = (1_u32 << zoom) - 1;
        for x in low.x().saturating_sub(1)..=(high.x() + 1).min(edge) {
            for y in low.y().saturating_sub(1)..=(high.y() + 1).min(edge) {
                found.extend(TileId::new(zoom, x, y));
            }
        }
    }
    found
}

#[test]
fn every_tile_of_a_pyramid_is_the_tile_made_on_demand_and_no_tile_is_missing() {
    for dimension in 0..3 {
        let (_dir, snapshot) = sample::open(&sample::layer(dimension, 1500, 77));
        let last = 13;
        let info = built(&snapshot, Some([0, last]));
        let pyramid = snapshot.find_pyramid().unwrap();
        assert_eq!((info.zooms, pyramid.info()), ([0, last], &info));
        let mut tiles = 0;
        for zoom in 0..=last {
            let mut sum = Losses::default();
            let mut most = Losses::default();
            for id in touched(&snapshot, zoom) {
                let made = tile(&[&snapshot], id, &[]);
                let kept = pyramid.get(id);
                sum.add(&made.losses);
                most.most(&made.losses);
                assert_eq!(kept.is_some(), !made.bytes.is_empty(), "{id:?}");
                if let Some(kept) = kept {
                    tiles += 1;
                    assert_eq!(gunzip(kept), Some(made.bytes), "{id:?}");
                    assert_eq!(losses_of(kept), Some(made.losses), "{id:?}");
                }
            }
            let losses = pyramid.losses(zoom).unwrap();
            assert_eq!((losses.sum, losses.most), (sum, most), "zoom {zoom}");
        }
        assert_eq!(info.tiles, tiles);
        assert!(pyramid.covers(0) && pyramid.covers(last) && !pyramid.covers(last + 1));
        assert_eq!(pyramid.get(TileId::holding(14, snapshot.label(0))), None);
    }
}

#[test]
fn an_area_that_fills_many_tiles_is_kept_once_and_a_wide_one_does_not_go_on_for_ever() {
    let mut layer = sample::empty("sea", 2, vec![]);
    let mut square = |low: f64, high: f64| {
        for [x, y] in [
            [low, low],
            [high, low],
            [high, high],
            [low, high],
            [low, low],
        ] {
            layer.shapes.coords.push([x, y]);
        }
        layer.shapes.end_ring();
        layer.shapes.end_part();
        layer.shapes.end_feature(crate::model::ShapeKind::Polygon);
        layer
            .ids
            .push(crate::model::FeatureId(layer.ids.len() as u64));
    };
    square(-60.0, 60.0);
    let (_dir, snapshot) = sample::open(&layer);
    let info = built(&snapshot, None);
    assert!(info.zooms[1] < 11 && info.tiles > 10_000, "{info:?}");
    assert!(info.bytes < 2_000_000, "{}", info.bytes);
    let pyramid = snapshot.find_pyramid().unwrap();
    for zoom in 0..=info.zooms[1] {
        let id = TileId::holding(zoom, [1 << 31, 1 << 31]);
        let made = tile(&[&snapshot], id, &[]).bytes;
        assert_eq!(gunzip(pyramid.get(id).unwrap()), Some(made));
    }
}

#[test]
fn a_layer_without_a_place_has_an_empty_pyramid() {
    let (_dir, snapshot) = sample::open(&sample::layer(2, 0, 1));
    let info = built(&snapshot, None);
    assert_eq!(info.tiles, 0);
    assert!(snapshot.find_pyramid().is_some());
}

#[test]
fn a_damaged_or_foreign_pyramid_is_as_good_as_none() {
    let (dir, snapshot) = sample::open(&sample::layer(2, 300, 4));
    built(&snapshot, Some([0, 12]));
    let path = snapshot.folder().join(PYRAMID);
    let hash = &snapshot.info().hash;
    let sound = fs::read(&path).unwrap();
    let pyramid = Pyramid::open(&path, hash).unwrap();
    assert!(Pyramid::open(&path, "another").is_err());
    let places: Vec<TileId> = (0..=12).flat_map(|zoom| touched(&snapshot, zoom)).collect();
    let header = crate::snapshot::pmtiles::Header::read(&sound).unwrap();
    let mut dice = sample::Dice(9);
    let end = sound.len() as u64;
    for turn in 0..600 {
        let mut broken = sound.clone();
        match turn % 3 {
            0 => broken.truncate(dice.roll(end) as usize),
            1 => broken[dice.roll(127) as usize] ^= 1 << dice.roll(8),
            _ => {
                let at = header.root.offset + dice.roll(header.root.len);
                broken[at as usize] ^= 1 << dice.roll(8);
            }
        }
        let other = dir.path().join("broken.pmtiles");
        fs::write(&other, &broken).unwrap();
        // Reading may succeed only where nothing that counts was touched, and then gives the same tiles.
        if let Ok(open) = Pyramid::open(&other, hash) {
            for &id in &places {
                assert_eq!(open.get(id), pyramid.get(id), "turn {turn}");
            }
        }
    }
}

#[test]
fn only_one_builds_at_a_time_and_a_dead_builder_leaves_nothing_in_the_way() {
    let (_dir, snapshot) = sample::open(&sample::layer(2, 50, 4));
    let path = snapshot.folder().join(PYRAMID);
    let part = path.with_extension("pmtiles.part");
    fs::write(&part, vec![7; 1 << 20]).unwrap();
    let held = fs::File::options().write(true).open(&part).unwrap();
    held.lock().unwrap();
    let refused = pyramid::build(&snapshot, &path, &pyramid::Plan::default(), &mut |_| ());
    assert!(matches!(refused, Err(pyramid::PyramidError::Busy { .. })));
    drop(held);
    built(&snapshot, Some([0, 3]));
    assert!(!part.exists() && snapshot.find_pyramid().is_some());
}

fn ran(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped check says so")]
fn gdal_and_the_pmtiles_package_read_a_pyramid() {
    let (_dir, snapshot) = sample::open(&sample::layer(2, 1200, 6));
    let info = built(&snapshot, Some([0, 11]));
    let path = snapshot.folder().join(PYRAMID);
    let script = "import sys, gzip\n\
        from pmtiles.reader import Reader, MmapSource, all_tiles\n\
        source = MmapSource(open(sys.argv[1], 'rb'))\n\
        reader = Reader(source)\n\
        print(reader.header()['addressed_tiles_count'], reader.metadata()['vector_layers'][0]['id'])\n\
        for (z, x, y), data in all_tiles(source): print(z, x, y, len(gzip.decompress(data)))\n";
    let python = std::env::var("PARAT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    match ran(Command::new(python).args(["-c", script]).arg(&path)) {
        None => eprintln!("skipped: the pmtiles package for Python is not installed"),
        Some(text) => {
            let mut lines = text.lines();
            assert_eq!(lines.next(), Some(&*format!("{} sample", info.tiles)));
            let mut count = 0;
            for line in lines {
                let numbers: Vec<u32> = line.split(' ').map(|n| n.parse().unwrap()).collect();
                let id = TileId::new(numbers[0] as u8, numbers[1], numbers[2]).unwrap();
                let made = tile(&[&snapshot], id, &[]).bytes;
                assert_eq!(made.len(), numbers[3] as usize, "{id:?}");
                count += 1;
            }
            assert_eq!(count, info.tiles);
        }
    }
    let about = |path: &Path| ran(Command::new("ogrinfo").args(["-so", "-al"]).arg(path));
    match about(&path) {
        None => eprintln!("skipped: no ogrinfo that reads PMTiles"),
        Some(text) => assert!(text.contains("Layer name: sample"), "{text}"),
    }
}

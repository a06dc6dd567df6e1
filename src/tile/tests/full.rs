//! What a small layer shows at every zoom, and what a full tile leaves out.

use super::*;

#[test]
fn a_small_layer_shows_every_feature_at_every_zoom() {
    let layer = sample::layer(2, 300, 9);
    let (_dir, snapshot) = sample::open(&layer);
    for zoom in 0..=10 {
        let mut shown = BTreeSet::new();
        let ids: BTreeSet<TileId> = (0..snapshot.placed() as u32)
            .map(|row| TileId::holding(zoom, snapshot.label(row)))
            .collect();
        for id in ids {
            let tile = tile(&[&snapshot], id, &[]);
            assert_eq!(tile.losses.dropped, 0);
            shown.extend(decode(&tile.bytes).remove("sample").unwrap().into_keys());
        }
        assert_eq!(shown.len(), snapshot.placed(), "zoom {zoom}");
    }
}

#[test]
fn a_polygon_of_a_hundred_thousand_vertices_fits_every_zoom_and_the_edges_of_the_world_hold() {
    let mut layer = sample::empty("limit", 2, vec![]);
    let mut dice = Dice(1);
    for corner in 0..100_000 {
        let turn = f64::from(corner) / 100_000.0 * std::f64::consts::TAU;
        let radius = 0.2 + 0.01 * dice.share();
        layer
            .shapes
            .coords
            .push([77.5 + radius * turn.cos(), 13.0 + radius * turn.sin()]);
    }
    let first = layer.shapes.coords[0];
    layer.shapes.coords.push(first);
    layer.shapes.end_ring();
    layer.shapes.end_part();
    layer.shapes.end_feature(ShapeKind::Polygon);
    for ring in [
        [
            [-180.0, -90.0],
            [180.0, -90.0],
            [180.0, 90.0],
            [-180.0, 90.0],
            [-180.0, -90.0],
        ],
        [
            [179.9, 84.9],
            [180.0, 84.9],
            [180.0, 85.2],
            [179.9, 85.2],
            [179.9, 84.9],
        ],
    ] {
        layer.shapes.coords.extend(ring);
        layer.shapes.end_ring();
        layer.shapes.end_part();
        layer.shapes.end_feature(ShapeKind::Polygon);
    }
    layer.ids.extend([1, 2, 3].map(crate::model::FeatureId));
    let (_dir, snapshot) = sample::open(&layer);
    for zoom in 0..=MAX_ZOOM {
        for at in [[77.7, 13.0], [179.95, 85.0], [-180.0, -85.0], [0.0, 0.0]] {
            let id = TileId::holding(zoom, world::from_lonlat(at));
            let tile = tile(&[&snapshot], id, &[]);
            let seen = decode(&tile.bytes);
            assert!(seen["limit"].contains_key(&2), "{id:?}");
            let plain = decode(&plain::tile(&[&snapshot], id, &[]).unwrap());
            assert_eq!(seen, plain, "{id:?}");
        }
    }
}

#[test]
fn a_full_tile_keeps_the_most_important_and_says_what_it_left_out() {
    let mut layer = sample::empty(
        "building",
        2,
        vec![crate::model::Field::new(
            "floors",
            crate::model::FieldType::Integer,
        )],
    );
    layer.rank_by = Some(crate::model::RankBy::Number("floors".to_owned()));
    let mut dice = Dice(4);
    for row in 0..30_000_u64 {
        let [x, y] = [
            77.5 + (row % 200) as f64 * 5e-5,
            12.9 + (row / 200) as f64 * 5e-5,
        ];
        for [dx, dy] in [
            [0.0, 0.0],
            [4e-5, 0.0],
            [4e-5, 4e-5],
            [0.0, 4e-5],
            [0.0, 0.0],
        ] {
            layer.shapes.coords.push([x + dx, y + dy]);
        }
        layer.shapes.end_ring();
        layer.shapes.end_part();
        layer.shapes.end_feature(ShapeKind::Polygon);
        layer.ids.push(crate::model::FeatureId(row));
        layer.table.columns[0].push(Value::Integer(dice.roll(1 << 40) as i64));
    }
    let (_dir, snapshot) = sample::open(&layer);
    let all: Vec<u32> = (0..snapshot.len() as u32).collect();
    let filtered = [TileOptions {
        rows: Some(&all),
        ..TileOptions::default()
    }];
    for zoom in 0..=16 {
        let id = TileId::holding(zoom, world::from_lonlat([77.505, 12.905]));
        for options in [&[][..], &filtered] {
            let tile = tile(&[&snapshot], id, options);
            assert!(
                tile.bytes.len() <= MAX_BYTES,
                "zoom {zoom}: {}",
                tile.bytes.len()
            );
            let shown = decode(&tile.bytes).remove("building").unwrap();
            assert!(shown.len() <= pick::MAX_FEATURES);
            assert_eq!(
                tile.losses.features_matched - tile.losses.dropped,
                shown.len() as u64
            );
            if zoom == 12 {
                assert!(
                    tile.losses.dropped > 0 && tile.losses.features_matched == 30_000,
                    "{:?}",
                    tile.losses
                );
                let least = shown
                    .keys()
                    .map(|&id| {
                        snapshot.ranks()
                            [snapshot.row_of(crate::model::FeatureId(id)).unwrap() as usize]
                    })
                    .max();
                if !options.is_empty() {
                    assert_eq!(
                        least,
                        Some(shown.len() as u32 - 1),
                        "the best ranks are shown"
                    );
                }
            }
        }
    }
}

#[test]
fn a_small_layer_of_heavy_shapes_keeps_its_bytes_and_shows_the_least_as_dots() {
    let mut layer = sample::empty("heavy", 2, vec![]);
    let mut dice = Dice(2);
    for row in 0..200_u64 {
        // One above the other, so that many vertices fall into one tile.
        let centre = [
            77.5 + 4e-4 * (row % 20) as f64,
            12.9 + 4e-4 * (row / 20) as f64,
        ];
        let radius = 0.004 + 0.004 * dice.share();
        for corner in 0..4000 {
            let turn = f64::from(corner) / 4000.0 * std::f64::consts::TAU;
            let own = radius * (0.5 + 0.5 * dice.share());
            let at = [centre[0] + own * turn.cos(), centre[1] + own * turn.sin()];
            layer.shapes.coords.push(at);
        }
        let first = layer.shapes.coords[row as usize * 4001];
        layer.shapes.coords.push(first);
        layer.shapes.end_ring();
        layer.shapes.end_part();
        layer.shapes.end_feature(ShapeKind::Polygon);
        layer.ids.push(crate::model::FeatureId(row));
    }
    let (_dir, snapshot) = sample::open(&layer);
    let mut dots = 0;
    for zoom in 5..=13 {
        let ids: BTreeSet<TileId> = (0..200)
            .map(|row| TileId::holding(zoom, snapshot.label(row)))
            .collect();
        let mut shown = BTreeSet::new();
        for id in ids {
            let tile = tile(&[&snapshot], id, &[]);
            assert!(tile.bytes.len() <= MAX_BYTES, "{id:?} {}", tile.bytes.len());
            dots += tile.losses.as_points;
            shown.extend(
                decode(&tile.bytes)
                    .remove("heavy")
                    .unwrap_or_default()
                    .into_keys(),
            );
        }
        assert_eq!(shown.len(), 200, "zoom {zoom}");
    }
    assert!(dots > 0);
}

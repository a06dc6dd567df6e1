//! The same features whichever way a tile is made, and those that a query of its box finds.

use super::*;

#[test]
fn the_fast_way_and_the_plain_way_give_the_same_features_in_every_tile() {
    for (dimension, rows) in [
        (0, 400),
        (1, 400),
        (2, 400),
        (0, 2500),
        (1, 2500),
        (2, 2500),
    ] {
        let layer = sample::layer(dimension, rows, u64::from(dimension) + 40);
        let (_dir, snapshot) = sample::open(&layer);
        let filter: Vec<u32> = (0..snapshot.len() as u32)
            .filter(|row| row % 3 != 1)
            .collect();
        let values: Vec<f64> = (0..rows)
            .map(|row| if row % 4 == 0 { f64::NAN } else { row as f64 })
            .collect();
        let extra = [ExtraColumn {
            name: "value",
            values: &values,
        }];
        let joined = TileOptions {
            properties: Some(&[0, 3]),
            rows: Some(&filter),
            extra: &extra,
            no_labels: false,
        };
        for id in places(&snapshot, 4) {
            for options in [vec![], vec![joined]] {
                let fast = tile(&[&snapshot], id, &options);
                assert!(fast.bytes.len() < MAX_BYTES);
                let plain = plain::tile(&[&snapshot], id, &options).unwrap_or_default();
                let (fast, plain) = (decode(&fast.bytes), decode(&plain));
                assert_eq!(
                    fast.keys().collect::<Vec<_>>(),
                    plain.keys().collect::<Vec<_>>(),
                    "{id:?}"
                );
                for (name, features) in &fast {
                    let others = &plain[name];
                    assert_eq!(
                        features.keys().collect::<Vec<_>>(),
                        others.keys().collect::<Vec<_>>(),
                        "{id:?} {name}"
                    );
                    for (feature, seen) in features {
                        assert_eq!(seen, &others[feature], "{id:?} {name} {feature}");
                    }
                }
            }
        }
    }
}

#[test]
fn a_tile_shows_what_a_query_of_its_box_finds_minus_what_it_declares() {
    let layer = sample::layer(0, 3000, 5);
    let (_dir, snapshot) = sample::open(&layer);
    for id in places(&snapshot, 3) {
        let tile = tile(&[&snapshot], id, &[]);
        let mut found = vec![];
        snapshot.search(id.world_box(0), &mut found);
        let [x0, y0, x1, y1] = id.world_box(0);
        found.retain(|&row| {
            let inside = |at: &[u32; 2]| (x0..x1).contains(&at[0]) && (y0..y1).contains(&at[1]);
            snapshot
                .world()
                .get(row as usize)
                .coords()
                .iter()
                .any(inside)
        });
        let shown: BTreeSet<u64> = decode(&tile.bytes)
            .remove("sample")
            .unwrap_or_default()
            .into_keys()
            .collect();
        let missing = found
            .iter()
            .filter(|&&row| !shown.contains(&snapshot.id(row).0))
            .count() as u64;
        assert!(
            missing <= tile.losses.dropped,
            "{id:?}: {missing} {:?}",
            tile.losses
        );
        assert_eq!(
            tile.losses.features_matched,
            shown.len() as u64 + tile.losses.dropped
        );
        if id.z() >= 16 {
            assert_eq!((missing, tile.losses.dropped), (0, 0), "{id:?}");
        }
    }
}

#[test]
fn neighbours_of_a_coverage_share_their_edges_at_every_zoom() {
    let (_dir, snapshot) = sample::open(&coverage(8, 60));
    for zoom in 6..=14 {
        let id = TileId::holding(zoom, world::from_lonlat([77.54, 12.94]));
        let tile = decode(&tile(&[&snapshot], id, &[]).bytes);
        // Every edge inside the tile is walked once in each direction, unless it is the outer edge of all.
        let mut walked: HashMap<([i64; 2], [i64; 2]), i32> = HashMap::new();
        let mut sum = 0_i64;
        for seen in tile["ward"].values() {
            for ring in &seen.rings {
                for at in 0..ring.len() {
                    let (a, b) = (ring[at], ring[(at + 1) % ring.len()]);
                    *walked.entry((a.min(b), a.max(b))).or_insert(0) += if a < b { 1 } else { -1 };
                    sum += a[0] * b[1] - b[0] * a[1];
                }
            }
        }
        let left: Vec<_> = walked
            .iter()
            .filter(|(_, count)| **count != 0)
            .map(|(edge, _)| *edge)
            .collect();
        // What is left must be the outline: the edges of one or more closed rings, each node met twice.
        let mut nodes: HashMap<[i64; 2], u32> = HashMap::new();
        for (a, b) in &left {
            *nodes.entry(*a).or_insert(0) += 1;
            *nodes.entry(*b).or_insert(0) += 1;
        }
        assert!(nodes.values().all(|&count| count % 2 == 0), "zoom {zoom}");
        if zoom >= 8 {
            // The outline has as many edges as a rim of 4 x 8 areas may have, not slivers between them.
            let outline: i64 = left
                .iter()
                .map(|&(a, b)| i64::from(walked[&(a, b)]) * (a[0] * b[1] - b[0] * a[1]))
                .sum();
            assert_eq!(outline, sum, "zoom {zoom}");
        }
        assert!(
            left.len() <= 4 * 8 * 61 + 400,
            "zoom {zoom}: {}",
            left.len()
        );
    }
}

#[test]
fn several_snapshots_share_a_tile_each_under_its_own_name() {
    let (_a, areas) = sample::open(&coverage(3, 5));
    let (_b, points) = sample::open(&sample::layer(0, 50, 2));
    let id = TileId::holding(10, world::from_lonlat([77.51, 12.91]));
    let both = tile(&[&areas, &points, &areas], id, &[]);
    let names: Vec<String> = decode(&both.bytes).into_keys().collect();
    assert_eq!(names, ["sample", "ward", "ward_label"]);
    let single = tile(&[&areas], id, &[]);
    assert_eq!(both.bytes[..single.bytes.len()], single.bytes[..]);
    assert!(
        tile(&[&areas], TileId::new(10, 0, 0).unwrap(), &[])
            .bytes
            .is_empty()
    );
}

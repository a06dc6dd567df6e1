//! Whole tiles: the fast way against the plain one, against a query, and against other decoders.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use geo_types::Geometry;
use mvt_reader::{Reader, feature::Value as Read};

use super::*;
use crate::{
    model::{Layer, ShapeKind, Value, world},
    snapshot::sample::{self, Dice},
};

type Units = Vec<[i64; 2]>;

/// A decoded feature: its tags as text and its geometry without regard to where a ring starts and which comes first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Seen {
    tags: BTreeMap<String, String>,
    rings: Vec<Units>,
    edges: BTreeMap<[[i64; 2]; 2], u32>,
}

fn units(line: &geo_types::LineString<f32>) -> Units {
    line.0.iter().map(|at| [at.x as i64, at.y as i64]).collect()
}

/// A ring without its closing position, starting at its smallest turn, and without positions in the middle
/// of a level or upright edge: the `mvt` crate leaves those out, and they change nothing.
fn smallest_turn(mut ring: Units) -> Units {
    ring.pop();
    let len = ring.len();
    let straight = |at: usize| {
        let (a, b, c) = (ring[(at + len - 1) % len], ring[at], ring[(at + 1) % len]);
        (0..2).any(|axis| {
            let other = 1 - axis;
            a[axis] == b[axis]
                && b[axis] == c[axis]
                && (b[other] - a[other]).signum() == (c[other] - b[other]).signum()
        })
    };
    let ring: Units = (0..len)
        .filter(|&at| !straight(at))
        .map(|at| ring[at])
        .collect();
    let least = ring.iter().min().copied();
    (0..ring.len())
        .filter(|&turn| Some(ring[turn]) == least)
        .map(|turn| {
            let mut turned = ring.clone();
            turned.rotate_left(turn);
            turned
        })
        .min()
        .unwrap_or_default()
}

fn seen(geometry: &Geometry<f32>) -> (Vec<Units>, BTreeMap<[[i64; 2]; 2], u32>) {
    let area = |polygon: &geo_types::Polygon<f32>| {
        std::iter::once(polygon.exterior())
            .chain(polygon.interiors())
            .map(|ring| smallest_turn(units(ring)))
            .collect::<Vec<_>>()
    };
    let mut edges = BTreeMap::new();
    let mut path = |line: &geo_types::LineString<f32>| {
        for pair in units(line).windows(2) {
            *edges
                .entry([pair[0].min(pair[1]), pair[0].max(pair[1])])
                .or_insert(0) += 1;
        }
    };
    let in_order = |mut rings: Vec<Units>| {
        rings.sort_unstable();
        rings
    };
    let rings = match geometry {
        Geometry::Polygon(polygon) => in_order(area(polygon)),
        Geometry::MultiPolygon(areas) => in_order(areas.iter().flat_map(area).collect()),
        Geometry::LineString(line) => {
            path(line);
            vec![]
        }
        Geometry::MultiLineString(lines) => {
            lines.iter().for_each(path);
            vec![]
        }
        Geometry::Point(point) => vec![vec![[point.x() as i64, point.y() as i64]]],
        Geometry::MultiPoint(points) => points
            .iter()
            .map(|p| vec![[p.x() as i64, p.y() as i64]])
            .collect(),
        other => panic!("{other:?}"),
    };
    (rings, edges)
}

fn text(value: &Read) -> String {
    match value {
        Read::String(text) => format!("text {text}"),
        Read::Double(number) => format!("number {number}"),
        Read::UInt(number) => format!("whole {number}"),
        Read::SInt(number) => format!("whole {number}"),
        Read::Bool(yes) => format!("bool {yes}"),
        other => panic!("{other:?}"),
    }
}

/// Layers of a tile by name, features by id.
pub(super) fn decode(bytes: &[u8]) -> BTreeMap<String, BTreeMap<u64, Seen>> {
    if bytes.is_empty() {
        return BTreeMap::new();
    }
    let reader = Reader::new(bytes.to_vec()).unwrap();
    let names = reader.get_layer_names().unwrap();
    for layer in reader.get_layer_metadata().unwrap() {
        assert_eq!((layer.version, layer.extent), (2, 4096));
    }
    names
        .into_iter()
        .enumerate()
        .map(|(at, name)| {
            let features = reader.get_features(at).unwrap();
            let count = features.len();
            // Of several anchors of one line only the first carries the id.
            let mut nameless = u64::MAX;
            let features: BTreeMap<u64, Seen> = features
                .iter()
                .map(|feature| {
                    let (rings, edges) = seen(&feature.geometry);
                    let tags = feature.properties.iter().flatten();
                    let tags = tags
                        .map(|(key, value)| (key.clone(), text(value)))
                        .collect();
                    let id = feature.id.unwrap_or_else(|| {
                        assert!(name.ends_with("_label"), "a feature without id in {name}");
                        nameless -= 1;
                        nameless
                    });
                    (id, Seen { tags, rings, edges })
                })
                .collect();
            assert_eq!(features.len(), count, "ids are distinct in {name}");
            (name, features)
        })
        .collect()
}

/// Tiles that matter for the sample layers: all zooms, about random features.
fn places(snapshot: &Snapshot, count: usize) -> Vec<TileId> {
    let mut dice = Dice(17);
    let mut ids: Vec<TileId> = (0..=MAX_ZOOM)
        .flat_map(|zoom| {
            let turns = if zoom < 8 { 1 } else { count };
            (0..turns)
                .map(|_| {
                    let row = dice.roll(snapshot.placed() as u64) as usize;
                    let coords = snapshot.world().get(row).coords();
                    TileId::holding(zoom, coords[dice.roll(coords.len() as u64) as usize])
                })
                .collect::<Vec<_>>()
        })
        .collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

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

/// A square grid of areas with wiggly shared edges: a coverage without gap.
pub(super) fn coverage(side: usize, steps: usize) -> Layer {
    let mut layer = sample::empty(
        "ward",
        2,
        vec![crate::model::Field::new(
            "code",
            crate::model::FieldType::Text,
        )],
    );
    layer.coverage = true;
    let mut dice = Dice(3);
    let size = 0.01;
    let mut edge = |from: [f64; 2], to: [f64; 2]| -> Vec<[f64; 2]> {
        (0..steps)
            .map(|step| {
                let share = step as f64 / steps as f64;
                let wiggle = if step == 0 {
                    0.0
                } else {
                    (dice.share() - 0.5) * size / 8.0
                };
                [
                    from[0] + (to[0] - from[0]) * share + wiggle,
                    from[1] + (to[1] - from[1]) * share + wiggle,
                ]
            })
            .collect()
    };
    let node = |x: usize, y: usize| [77.5 + x as f64 * size, 12.9 + y as f64 * size];
    let mut edges = HashMap::new();
    for x in 0..=side {
        for y in 0..=side {
            edges.insert((x, y, 0), edge(node(x, y), node(x + 1, y)));
            edges.insert((x, y, 1), edge(node(x, y), node(x, y + 1)));
        }
    }
    for x in 0..side {
        for y in 0..side {
            let back = |key: (usize, usize, i32), end: [f64; 2]| {
                let mut back = edges[&key].clone();
                back.push(end);
                back.remove(0);
                back.reverse();
                back
            };
            let mut ring = edges[&(x, y, 0)].clone();
            ring.extend(&edges[&(x + 1, y, 1)]);
            ring.extend(back((x, y + 1, 0), node(x + 1, y + 1)));
            ring.extend(back((x, y, 1), node(x, y + 1)));
            let turn = (x * 7 + y) % ring.len();
            ring.rotate_left(turn);
            ring.push(ring[0]);
            layer.shapes.coords.extend(ring);
            layer.shapes.end_ring();
            layer.shapes.end_part();
            layer.shapes.end_feature(ShapeKind::Polygon);
            let code = format!("W{x}-{y}");
            layer
                .ids
                .push(crate::model::FeatureId((x * side + y) as u64));
            layer.table.columns[0].push(Value::Text(&code));
        }
    }
    layer
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

#[test]
fn gzip_is_undone_by_any_inflater() {
    let (_a, areas) = sample::open(&coverage(3, 5));
    let bytes = tile(
        &[&areas],
        TileId::holding(12, world::from_lonlat([77.51, 12.91])),
        &[],
    )
    .bytes;
    let packed = gzip(&bytes);
    let mut out = vec![0; bytes.len()];
    let len = libdeflater::Decompressor::new()
        .gzip_decompress(&packed, &mut out)
        .unwrap();
    assert_eq!(out[..len], bytes);
    assert_eq!(gzip(&[])[..2], [0x1f, 0x8b]);
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped check says so")]
fn gdal_reads_a_tile_with_all_its_layers() {
    let (_a, areas) = sample::open(&coverage(4, 20));
    let (_b, lines) = sample::open(&sample::layer(1, 300, 2));
    let id = TileId::holding(11, world::from_lonlat([77.51, 12.91]));
    let made = tile(&[&areas, &lines], id, &[]);
    let dir = tempfile::tempdir().unwrap();
    // GDAL finds the tile's place in its path.
    let folder = dir.path().join(format!("{}/{}", id.z(), id.x()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{}.mvt", id.y()));
    std::fs::write(&path, &made.bytes).unwrap();
    let Ok(output) = std::process::Command::new("ogrinfo")
        .args(["-so", "-al"])
        .arg(&path)
        .output()
    else {
        eprintln!("skipped: ogrinfo is not installed");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let seen = decode(&made.bytes);
    for (name, features) in &seen {
        let wanted = format!("Layer name: {name}");
        let from = text
            .find(&wanted)
            .unwrap_or_else(|| panic!("{name} is not in {text}"));
        let count = text[from..]
            .lines()
            .find_map(|line| line.strip_prefix("Feature Count: "))
            .unwrap();
        assert_eq!(count, features.len().to_string(), "{name}");
    }
}

//! Whole tiles: the fast way against the plain one, against a query, and against other decoders.

mod full;
mod outside;
mod same;

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

//! Tiles held to the letter of MVT 2.1 by a decoder of its own, on shapes meant to hurt; losses held to
//! counting.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use proptest::prelude::*;

use super::{tests::decode, *};
use crate::{
    model::{FeatureId, ShapeKind, Shapes, world},
    snapshot::sample::{self, Dice},
};

/// A feature as the bytes have it: its id and its paths, in the order of the commands.
#[derive(Debug)]
pub(super) struct Strict {
    pub(super) id: Option<u64>,
    kind: u64,
    pub(super) paths: Vec<Vec<[i64; 2]>>,
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut number = 0;
    for shift in (0..).step_by(7) {
        let (&byte, rest) = bytes.split_first().expect("a varint ends");
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return number;
        }
    }
    unreachable!()
}

/// The fields of a message: number, and a number or bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let mut found = vec![];
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        match key & 7 {
            0 => found.push((key >> 3, varint(&mut bytes), &[][..])),
            wire => {
                let len = match wire {
                    1 => 8,
                    5 => 4,
                    2 => varint(&mut bytes) as usize,
                    other => panic!("wire type {other}"),
                };
                let (own, rest) = bytes.split_at(len);
                bytes = rest;
                found.push((key >> 3, len as u64, own));
            }
        }
    }
    found
}

fn packed(mut bytes: &[u8]) -> Vec<u64> {
    let mut numbers = vec![];
    while !bytes.is_empty() {
        numbers.push(varint(&mut bytes));
    }
    numbers
}

fn area(ring: &[[i64; 2]]) -> i64 {
    (0..ring.len())
        .map(|at| {
            let (a, b) = (ring[at], ring[(at + 1) % ring.len()]);
            a[0] * b[1] - b[0] * a[1]
        })
        .sum()
}

/// The paths of a geometry, each command held to 4.3.3 and 4.3.4.
fn paths(kind: u64, numbers: &[u64]) -> Vec<Vec<[i64; 2]>> {
    let mut numbers = numbers.iter().copied();
    let mut cursor = [0_i64; 2];
    let mut paths: Vec<Vec<[i64; 2]>> = vec![];
    let mut before = None;
    while let Some(command) = numbers.next() {
        let (id, count) = (command & 7, command >> 3);
        assert!(count > 0, "a command has a count");
        let mut step = |cursor: &mut [i64; 2]| {
            for at in cursor.iter_mut() {
                let number = numbers.next().expect("a parameter for each");
                *at += (number >> 1) as i64 ^ -((number & 1) as i64);
            }
            *cursor
        };
        match (kind, before, id) {
            (1, None, 1) => paths.extend((0..count).map(|_| vec![step(&mut cursor)])),
            (2, None | Some(2), 1) | (3, None | Some(7), 1) => {
                assert_eq!(count, 1, "one MoveTo for a path");
                paths.push(vec![step(&mut cursor)]);
            }
            (2 | 3, Some(1), 2) => {
                assert!(kind == 2 || count > 1, "a ring has two LineTo or more");
                let path = paths.last_mut().unwrap();
                for _ in 0..count {
                    let last = cursor;
                    assert_ne!(step(&mut cursor), last, "a LineTo goes somewhere");
                    path.push(cursor);
                }
            }
            (3, Some(2), 7) => {
                assert_eq!(count, 1, "one ClosePath");
                let ring = paths.last().unwrap();
                assert_ne!(ring.first(), ring.last(), "ClosePath is what closes");
                assert_ne!(area(ring), 0, "a ring has an area");
            }
            other => panic!("command out of order: {other:?}"),
        }
        before = Some(id);
    }
    let end = [None, None, Some(2), Some(7)][kind as usize];
    assert!(kind == 1 || before == end, "the last path is whole");
    if kind == 1 {
        let distinct: HashSet<_> = paths.iter().collect();
        assert_eq!(distinct.len(), paths.len(), "no point twice");
    }
    if kind == 3 {
        assert!(area(&paths[0]) > 0, "the first ring is an outer one");
    }
    for at in paths.iter().flatten().flatten() {
        assert!((-64..=4160).contains(at), "{at} lies in the buffer");
    }
    paths
}

/// What GEOS says of an area's rings: a shell runs clockwise on the screen, its holes follow it.
pub(super) fn is_valid(rings: &[Vec<[i64; 2]>]) -> bool {
    let mut areas: Vec<Vec<String>> = vec![];
    for ring in rings {
        let closed = ring.iter().chain(ring.first());
        let at: Vec<String> = closed.map(|at| format!("{} {}", at[0], at[1])).collect();
        let text = format!("({})", at.join(","));
        match areas.last_mut() {
            Some(own) if area(ring) < 0 => own.push(text),
            _ => areas.push(vec![text]),
        }
    }
    let areas: Vec<String> = (areas.iter().map(|own| format!("({})", own.join(",")))).collect();
    let text = format!("MULTIPOLYGON({})", areas.join(","));
    gdal::vector::Geometry::from_wkt(&text)
        .expect("WKT")
        .is_valid()
}

/// Reads a tile to the letter: every layer, every feature, every command.
pub(super) fn strict(bytes: &[u8]) -> BTreeMap<String, Vec<Strict>> {
    let mut layers = BTreeMap::new();
    for (number, _, layer) in fields(bytes) {
        assert_eq!(number, 3, "a tile has layers");
        let fields = fields_of(layer);
        let of = |number: u64| fields.iter().filter(move |field| field.0 == number);
        assert_eq!(of(15).map(|field| field.1).collect::<Vec<_>>(), [2]);
        assert_eq!(of(5).map(|field| field.1).collect::<Vec<_>>(), [4096]);
        let names: Vec<_> = of(1).collect();
        let name = std::str::from_utf8(names[0].2).unwrap().to_owned();
        assert_eq!(names.len(), 1);
        let keys: Vec<&str> = of(3)
            .map(|field| std::str::from_utf8(field.2).unwrap())
            .collect();
        assert_eq!(keys.iter().collect::<HashSet<_>>().len(), keys.len());
        for (_, _, value) in of(4) {
            let kinds = fields_of(value);
            assert!(matches!(kinds[..], [(1..=7, ..)]), "a value has one type");
        }
        let values = of(4).count();
        let distinct: HashSet<_> = of(4).map(|field| field.2).collect();
        assert_eq!(distinct.len(), values, "a value comes once");
        let mut ids = HashSet::new();
        let mut used = BTreeSet::new();
        let features: Vec<Strict> = of(2)
            .map(|&(_, _, feature)| {
                let mut own = Strict {
                    id: None,
                    kind: 0,
                    paths: vec![],
                };
                for (number, value, bytes) in fields_of(feature) {
                    match number {
                        1 => {
                            assert!(ids.insert(value), "id {value} comes twice in {name}");
                            own.id = Some(value);
                        }
                        2 => {
                            let tags = packed(bytes);
                            assert!(tags.len().is_multiple_of(2));
                            let mut seen = HashSet::new();
                            for pair in tags.chunks(2) {
                                assert!((pair[0] as usize) < keys.len());
                                assert!((pair[1] as usize) < values);
                                assert!(seen.insert(pair[0]), "a key comes once");
                                used.insert(pair[1]);
                            }
                        }
                        3 => own.kind = value,
                        4 => own.paths = paths(own.kind, &packed(bytes)),
                        other => panic!("feature field {other}"),
                    }
                }
                assert!((1..=3).contains(&own.kind) && !own.paths.is_empty());
                own
            })
            .collect();
        assert_eq!(used.len(), values, "every value is used");
        assert!(!features.is_empty(), "a layer has features");
        assert!(
            layers.insert(name, features).is_none(),
            "a layer comes once"
        );
    }
    layers
}

fn fields_of(bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    fields(bytes)
}

/// Where shapes lie: in a city, at both ends of the antimeridian, at both poles' clip, at a corner of all.
const CENTRES: [[u32; 2]; 6] = [
    [3_073_000_123, 1_993_000_321],
    [40, 2_000_000_000],
    [u32::MAX - 40, 2_000_000_000],
    [3_000_000_000, 40],
    [3_000_000_000, u32::MAX - 40],
    [40, u32::MAX - 40],
];

/// A path about a centre: lattice steps of some scale, so that repeats, spikes and touching edges abound.
fn path() -> impl Strategy<Value = (u8, Vec<(i64, i64)>)> {
    (
        0_u8..26,
        prop::collection::vec((-6_i64..=6, -6_i64..=6), 1..14),
    )
}

#[derive(Clone, Debug)]
struct Made {
    centre: usize,
    kind: u8,
    paths: Vec<(u8, Vec<(i64, i64)>)>,
    spike: bool,
}

fn made() -> impl Strategy<Value = Made> {
    (
        0..CENTRES.len(),
        0_u8..4,
        prop::collection::vec(path(), 1..4),
        any::<bool>(),
    )
        .prop_map(|(centre, kind, paths, spike)| Made {
            centre,
            kind,
            paths,
            spike,
        })
}

fn push(shapes: &mut Shapes<f64>, made: &Made) {
    let [cx, cy] = CENTRES[made.centre].map(i64::from);
    let scale = made.paths[0].0;
    for (at, (_, steps)) in made.paths.iter().enumerate() {
        let mut path: Vec<[f64; 2]> = steps
            .iter()
            .map(|&(x, y)| {
                let of = |centre: i64, step: i64| {
                    // A hole is half the size of its shell, so that some touch it and some cross it.
                    let step = if made.kind == 2 && at > 0 {
                        step / 2
                    } else {
                        step
                    };
                    (centre + (step << scale)).clamp(0, i64::from(u32::MAX)) as u32
                };
                world::to_lonlat([of(cx, x), of(cy, y)])
            })
            .collect();
        if made.spike && path.len() > 2 {
            path.extend([path[0], path[1]]);
            path.insert(2, path[1]);
        }
        match made.kind {
            0 => path.truncate(1),
            1 if path.len() == 1 => path.push(path[0]),
            2 | 3 => {
                while path.len() < 3 {
                    path.push(path[0]);
                }
                path.push(path[0]);
            }
            _ => {}
        }
        shapes.coords.extend(path);
        shapes.end_ring();
        if made.kind != 2 {
            shapes.end_part();
        }
    }
    let many = made.paths.len() > 1;
    match made.kind {
        0 if many => shapes.end_feature(ShapeKind::MultiPoint),
        0 => shapes.end_feature(ShapeKind::Point),
        1 if many => shapes.end_feature(ShapeKind::MultiLineString),
        1 => shapes.end_feature(ShapeKind::LineString),
        2 => {
            shapes.end_part();
            shapes.end_feature(ShapeKind::Polygon);
        }
        _ => shapes.end_feature(ShapeKind::MultiPolygon),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn every_tile_keeps_the_letter_of_the_specification_whatever_the_shapes_and_is_the_plain_one(
        all in prop::collection::vec(made(), 1..25),
        zooms in prop::collection::vec(0_u8..=22, 4),
        (dx, dy) in (-2_i64..=2, -2_i64..=2),
        coverage in any::<bool>(),
    ) {
        for dimension in 0..3_u8 {
            let mut layer = sample::empty("hard", dimension, vec![]);
            layer.coverage = coverage;
            for one in all.iter().filter(|one| one.kind.min(2) == dimension) {
                push(&mut layer.shapes, one);
                layer.ids.push(FeatureId(layer.ids.len() as u64));
            }
            let (_dir, snapshot) = sample::open(&layer);
            for &zoom in &zooms {
                for centre in CENTRES {
                    let near = |at: u32, by: i64| {
                        (i64::from(at) + (by << (32 - zoom)) / 2).clamp(0, i64::from(u32::MAX)) as u32
                    };
                    let id = TileId::holding(zoom, [near(centre[0], dx), near(centre[1], dy)]);
                    let fast = tile(&[&snapshot], id, &[]);
                    for one in strict(&fast.bytes).values().flatten() {
                        prop_assert!(one.kind != 3 || is_valid(&one.paths), "{:?} {:?}", id, one);
                    }
                    let plain = plain::tile(&[&snapshot], id, &[]).unwrap_or_default();
                    prop_assert_eq!(decode(&fast.bytes), decode(&plain), "{:?}", id);
                }
            }
        }
    }

    #[test]
    fn what_a_tile_shows_and_what_it_drops_is_what_its_box_holds(
        seed in 0_u64..1000,
        dimension in 0_u8..3,
        zoom in 8_u8..16,
        share in 1_u64..5,
    ) {
        let (_dir, snapshot) = sample::open(&sample::layer(dimension, 2200, seed));
        let filter: Vec<u32> = (0..snapshot.len() as u32).filter(|&row| u64::from(row) % share == 0).collect();
        let filtered = TileOptions { rows: Some(&filter), ..TileOptions::default() };
        for (options, share) in [(vec![], 1), (vec![filtered], share)] {
            let id = TileId::holding(zoom, snapshot.label((seed * 7 % 1500) as u32));
            let made = tile(&[&snapshot], id, &options);
            let shown: BTreeSet<u64> = strict(&made.bytes)
                .remove("sample").unwrap_or_default().iter().filter_map(|one| one.id).collect();
            let losses = made.losses;
            prop_assert_eq!(losses.features_matched, shown.len() as u64 + losses.dropped);
            // By counting: whose box meets the buffered tile, and who has a vertex in the tile proper.
            let (inner, outer) = (id.world_box(0), id.world_box(BUFFER));
            let (mut least, mut most) = (0, 0);
            for row in (0..snapshot.placed() as u32).filter(|&row| u64::from(row) % share == 0) {
                let shape = snapshot.world().get(row as usize);
                let own = snapshot.bounds(row);
                let meets = own[0] <= outer[2] && outer[0] <= own[2] && own[1] <= outer[3] && outer[1] <= own[3];
                let holds = shape.coords().iter().any(|at| {
                    (inner[0]..inner[2]).contains(&at[0]) && (inner[1]..inner[3]).contains(&at[1])
                });
                prop_assert!(meets || !shown.contains(&snapshot.id(row).0));
                least += u64::from(holds);
                most += u64::from(meets);
            }
            prop_assert!((least..=most).contains(&losses.features_matched), "{least} {most} {losses:?}");
            // Points are their boxes, so there is nothing between the two.
            if dimension == 0 && losses.dropped == 0 {
                prop_assert!(losses.features_matched >= least);
            }
        }
    }
}

#[test]
fn a_long_ring_gives_the_same_tile_with_and_without_its_blocks() {
    let mut layer = sample::empty("long", 2, vec![]);
    let mut dice = Dice(8);
    for ring in 0..6 {
        // Rough circles of a few thousand vertices, some with a hole, some that wander.
        let count = 3000;
        let radius = 0.01 * f64::from(1 << ring);
        for (share, rings) in [(1.0, 1), (0.5, u8::from(ring % 2 == 0))] {
            for _ in 0..rings {
                let begin = layer.shapes.coords.len();
                for corner in 0..count {
                    let turn = f64::from(corner) / f64::from(count) * std::f64::consts::TAU;
                    let r = radius * share * (0.9 + 0.1 * dice.share());
                    layer
                        .shapes
                        .coords
                        .push([77.5 + r * turn.cos(), 13.0 + r * turn.sin()]);
                }
                let first = layer.shapes.coords[begin];
                layer.shapes.coords.push(first);
                layer.shapes.end_ring();
            }
        }
        layer.shapes.end_part();
        layer.shapes.end_feature(ShapeKind::Polygon);
        layer.ids.push(FeatureId(ring));
    }
    let (_dir, snapshot) = sample::open(&layer);
    for zoom in 0..=18 {
        for _ in 0..6 {
            let at = [
                77.5 + 0.7 * (dice.share() - 0.5),
                13.0 + 0.7 * (dice.share() - 0.5),
            ];
            let id = TileId::holding(zoom, world::from_lonlat(at));
            let fast = tile(&[&snapshot], id, &[]);
            strict(&fast.bytes);
            let plain = plain::tile(&[&snapshot], id, &[]).unwrap_or_default();
            assert_eq!(decode(&fast.bytes), decode(&plain), "{id:?}");
        }
    }
}

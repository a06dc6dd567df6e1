//! Clip, simplify, encode: layers whose shapes come from bytes, written as a version, and tiles of it held to
//! the letter of the specification and to the plain way of making them.

use std::collections::BTreeMap;

use parat::{
    model::{
        CrsName, FeatureId, Field, FieldType, Layer, Metadata, ShapeKind, Shapes, Source, Table,
        TileId, Value, Verdict, Version, grid, world,
    },
    snapshot::Snapshot,
    tile::{self, TileOptions},
};

use super::{Taker, letter};

/// In a city, at both ends of the antimeridian, at both clips of the poles, at a corner of all.
const CENTRES: [[u32; 2]; 6] = [
    [3_073_000_123, 1_993_000_321],
    [40, 2_000_000_000],
    [u32::MAX - 40, 2_000_000_000],
    [3_000_000_000, 40],
    [3_000_000_000, u32::MAX - 40],
    [40, u32::MAX - 40],
];

/// Up to forty shapes: a byte for the kind, one for the scale, one for the count of paths; a path is a count
/// and steps on a lattice, absolute or from the last, so that repeats, spikes and crossings abound. With a
/// dimension given all have it and every ring is closed.
pub(super) fn shapes(dimension: Option<u8>, from: &mut Taker<'_>) -> Shapes<f64> {
    let mut shapes = Shapes::new();
    let centre = CENTRES[usize::from(from.byte() % 6)];
    while !from.0.is_empty() && shapes.len() < 40 {
        let (kind, scale, paths) = (from.byte(), from.byte(), 1 + from.byte() % 4);
        let own = dimension.unwrap_or(kind & 3);
        if kind & 0xf0 == 0xf0 {
            shapes.push_none(if kind & 1 == 0 {
                ShapeKind::Missing
            } else {
                ShapeKind::Empty
            });
            continue;
        }
        let many = kind & 4 != 0;
        for _ in 0..paths {
            path(
                &mut shapes,
                centre,
                own,
                kind,
                scale,
                dimension.is_some(),
                from,
            );
            if own < 2 || many {
                shapes.end_part();
            }
        }
        match (own, many || own == 0 && paths > 1) {
            (0, false) => shapes.end_feature(ShapeKind::Point),
            (0, true) => shapes.end_feature(ShapeKind::MultiPoint),
            (1, _) if paths == 1 => shapes.end_feature(ShapeKind::LineString),
            (1, _) => shapes.end_feature(ShapeKind::MultiLineString),
            (_, true) => shapes.end_feature(ShapeKind::MultiPolygon),
            (_, false) => {
                shapes.end_part();
                shapes.end_feature(ShapeKind::Polygon);
            }
        }
    }
    shapes
}

fn path(
    shapes: &mut Shapes<f64>,
    centre: [u32; 2],
    dimension: u8,
    kind: u8,
    scale: u8,
    sound: bool,
    from: &mut Taker<'_>,
) {
    let begin = shapes.coords.len();
    let count = match dimension {
        0 => 1,
        _ => 1 + from.byte() % 60,
    };
    let mut at = [0_i64; 2];
    for _ in 0..count {
        for (axis, own) in at.iter_mut().enumerate() {
            let step = i64::from(from.byte() as i8);
            *own = if kind & 8 != 0 { *own + step } else { step };
            let _ = axis;
        }
        let of = |axis: usize| {
            let place = i64::from(centre[axis]) + (at[axis] << (scale % 25));
            place.clamp(0, i64::from(u32::MAX)) as u32
        };
        shapes.coords.push(world::to_lonlat([of(0), of(1)]));
    }
    let first = shapes.coords[begin];
    let len = shapes.coords.len() - begin;
    if dimension >= 2 && (sound || scale & 0x80 == 0) {
        (len..3).for_each(|_| shapes.coords.push(first));
        shapes.coords.push(first);
    } else if dimension == 1 && len == 1 {
        shapes.coords.push(first);
    }
    if !sound && scale & 0xe0 == 0xe0 {
        shapes.coords[begin] = [f64::NAN, f64::INFINITY];
    }
    shapes.end_ring();
}

fn layer(dimension: u8, from: &mut Taker<'_>) -> Layer {
    let names = from.some(8);
    let shapes = shapes(Some(dimension), from);
    let mut table = Table::new(vec![
        Field::new("name", FieldType::Text),
        Field::new("height", FieldType::Real),
        Field::new("floors", FieldType::Integer),
    ]);
    for row in 0..shapes.len() {
        let of = names.get(row % names.len().max(1)).copied().unwrap_or(0);
        let name = format!("वार्ड {}", of % 5);
        table.columns[0].push(if of < 200 {
            Value::Text(&name)
        } else {
            Value::Null
        });
        table.columns[1].push(Value::Real(f64::from(of) / 3.0));
        table.columns[2].push(Value::Integer(i64::from(of as i8)));
    }
    Layer {
        id: "drawn".parse().expect("a name"),
        title: "drawn".to_owned(),
        description: String::new(),
        dimension,
        coverage: names.len() % 2 == 1,
        key: vec!["name".to_owned()],
        ids: (0..shapes.len() as u64).map(FeatureId).collect(),
        table,
        shapes,
        metadata: Metadata::default(),
        source: Source {
            file: "x.gpkg".to_owned(),
            member: None,
            layer: "x".to_owned(),
            format: "GeoPackage".to_owned(),
            hash: "0".repeat(64),
        },
        crs_native: CrsName::Missing,
        standard: "drawn@1".to_owned(),
        profile: "test@1".to_owned(),
        packs: vec![],
        verdict: Verdict::Conforms,
        rank_by: None,
    }
}

/// A feature without regard to the order of its areas, to where a ring starts, to positions in the middle of a level or upright edge,
/// and to how a line is cut into paths.
fn plainly(one: &letter::Seen) -> letter::Seen {
    let mut paths: Vec<Vec<[i64; 2]>> = match one.kind {
        2 => one
            .paths
            .iter()
            .flat_map(|path| path.windows(2))
            .map(|pair| vec![pair[0].min(pair[1]), pair[0].max(pair[1])])
            .collect(),
        3 => return areas_plainly(one),
        _ => one.paths.clone(),
    };
    paths.sort_unstable();
    letter::Seen {
        id: one.id,
        kind: one.kind,
        paths,
        tags: one.tags.clone(),
    }
}

/// Areas one after the other, each with its holes: what is drawn does not depend on their order, and where
/// edges were noded the order is whatever the noding found first.
fn areas_plainly(one: &letter::Seen) -> letter::Seen {
    let mut areas: Vec<Vec<Vec<[i64; 2]>>> = vec![];
    for ring in &one.paths {
        match areas.last_mut() {
            Some(own) if letter::area(ring) < 0 => own.push(smallest_turn(ring)),
            _ => areas.push(vec![smallest_turn(ring)]),
        }
    }
    for area in &mut areas {
        area[1..].sort_unstable();
    }
    areas.sort_unstable();
    letter::Seen {
        id: one.id,
        kind: one.kind,
        paths: areas.concat(),
        tags: one.tags.clone(),
    }
}

fn smallest_turn(ring: &[[i64; 2]]) -> Vec<[i64; 2]> {
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
    let ring: Vec<[i64; 2]> = (0..len)
        .filter(|&at| !straight(at))
        .map(|at| ring[at])
        .collect();
    (0..ring.len())
        .map(|turn| {
            let mut turned = ring.clone();
            turned.rotate_left(turn);
            turned
        })
        .min()
        .unwrap_or_default()
}

/// The layer that the bytes draw, in a few of its tiles at zooms of their choosing.
pub(super) fn tile(bytes: &[u8]) -> usize {
    let mut from = Taker(bytes);
    let (dimension, zooms, shift) = (from.byte() % 3, [from.byte(), from.byte()], from.byte());
    let layer = layer(dimension, &mut from);
    let Ok(folder) = tempfile::tempdir() else {
        return 0;
    };
    Snapshot::build(
        &layer,
        Version(1),
        false,
        "2026-01-01T00:00:00Z",
        folder.path(),
    )
    .expect("a sound layer is written");
    let snapshot = Snapshot::open(folder.path()).expect("what was written opens");
    let some: Vec<u32> = (0..snapshot.len() as u32)
        .filter(|row| row % 3 == u32::from(shift) % 3)
        .collect();
    let mut drawn = 0;
    for zoom in zooms.map(|zoom| zoom % (grid::MAX_ZOOM + 1)) {
        for row in 0..(snapshot.placed() as u32).min(4) {
            let coords = snapshot.world().get(row as usize).coords();
            let Some(&at) = coords.get(usize::from(shift) % coords.len().max(1)) else {
                continue;
            };
            let id = TileId::holding(zoom, at);
            let filtered = TileOptions {
                rows: Some(&some),
                ..TileOptions::default()
            };
            for options in [&[][..], &[filtered]] {
                let fast = tile::tile(&[&snapshot], id, options);
                let seen = letter::read(&fast.bytes, i64::from(grid::BUFFER));
                let shown = seen.get(&b"drawn"[..]).map_or(0, Vec::len);
                let losses = fast.losses;
                assert_eq!(losses.features_matched, shown as u64 + losses.dropped);
                assert_eq!(losses.dropped, 0, "forty shapes fit");
                let plain = tile::plain::tile(&[&snapshot], id, options).unwrap_or_default();
                let plain = letter::read(&plain, i64::from(grid::BUFFER));
                let told = |layers: &BTreeMap<Vec<u8>, Vec<letter::Seen>>| {
                    layers
                        .iter()
                        .map(|(name, all)| {
                            (name.clone(), all.iter().map(plainly).collect::<Vec<_>>())
                        })
                        .collect::<Vec<_>>()
                };
                assert_eq!(told(&seen), told(&plain), "{id:?}");
                drawn += shown;
            }
        }
    }
    drawn
}

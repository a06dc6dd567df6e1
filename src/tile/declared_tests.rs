//! Tiles of declared grids: against the plain way, against PROJ, and against a count of everything.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    laws::strict,
    plain::{Spot, tile_of},
    slivers::{noded, walked},
    tests::{coverage, decode},
    *,
};
use crate::{
    crs::Plane,
    model::{Bbox, world},
    snapshot::sample::{self, Dice},
    standard::Standards,
};

fn grid(id: &str) -> Arc<Grid> {
    let mut declared = Standards::builtin().declared_grids().iter();
    let set = declared.find(|set| set.id == id).expect("declared");
    Arc::new(Grid::open(set.clone()).expect("PROJ knows it"))
}

/// The tile of a level that holds a world position, by PROJ and nothing else.
fn holding(grid: &Arc<Grid>, level: usize, at: [u32; 2]) -> GridTile {
    let set = grid.set();
    let mut place = [world::lonlat_at(at.map(|at| f64::from(at) + 0.5))];
    Plane::open(&set.crs())
        .expect("known")
        .from_lonlat(&mut place);
    let span = set.span(level);
    let col = (place[0][0] - set.corner[0]) / span;
    let row = (set.corner[1] - place[0][1]) / span;
    grid.tile(level, row as u32, col as u32)
        .expect("in the grid")
}

/// Where a world position lies in a tile, in units and parts of them, by PROJ and nothing else.
fn exactly(grid: &Grid, tile: &GridTile, at: [u32; 2]) -> [f64; 2] {
    let numbers: Vec<f64> = tile
        .name()
        .rsplit('/')
        .take(3)
        .map(|number| number.parse().expect("a number"))
        .collect();
    let [col, row, level] = numbers[..] else {
        panic!("level, row, column")
    };
    let set = grid.set();
    let level = set.level(&level.to_string()).expect("a level");
    let mut place = [world::lonlat_at(at.map(|at| f64::from(at) + 0.5))];
    Plane::open(&set.crs())
        .expect("known")
        .from_lonlat(&mut place);
    let span = set.span(level);
    [
        ((place[0][0] - set.corner[0]) / span - col) * 4096.0,
        ((set.corner[1] - place[0][1]) / span - row) * 4096.0,
    ]
}

#[test]
fn tiles_of_a_declared_grid_are_those_of_the_plain_way() {
    for (name, dimension, rows) in [
        ("UTM43WGS84Quad", 0, 2500),
        ("UTM43WGS84Quad", 1, 400),
        ("UTM43WGS84Quad", 2, 2500),
        ("UTM42WGS84Quad", 2, 400),
        ("IndiaLCCQuad", 2, 400),
        ("IndiaLCCQuad", 1, 2500),
    ] {
        let grid = grid(name);
        let layer = sample::layer(dimension, rows, u64::from(dimension) + 40);
        let (_dir, snapshot) = sample::open(&layer);
        let mut dice = Dice(11);
        let mut seen = 0;
        for level in 3..grid.set().served() {
            for _ in 0..3 {
                let row = dice.roll(snapshot.placed() as u64) as usize;
                let coords = snapshot.world().get(row).coords();
                let at = coords[dice.roll(coords.len() as u64) as usize];
                let place = holding(&grid, level, at);
                let fast = tile_at(&[&snapshot], &Place::Declared(place.clone()), &[]);
                let ground = place.ground();
                let spot = Spot {
                    unit: &|at| ground.unit(at),
                    holds: &|at| ground.holds(at),
                    around: place.reach(),
                    zooms: [ground.feature_zoom(), ground.vertex_zoom()],
                };
                let plain = tile_of(&[&snapshot], &spot, &[]).unwrap_or_default();
                let (fast, plain) = (decode(&fast.bytes), decode(&plain));
                assert_eq!(fast, plain, "{}", place.name());
                seen += fast.values().map(BTreeMap::len).sum::<usize>();
            }
        }
        assert!(seen > 500, "{name}: {seen}");
    }
}

#[test]
fn every_vertex_lies_where_proj_puts_it_to_a_quarter_of_a_unit_and_no_feature_is_forgotten() {
    for name in ["UTM43WGS84Quad", "IndiaLCCQuad"] {
        let grid = grid(name);
        let layer = sample::layer(0, 2500, 3);
        let (_dir, snapshot) = sample::open(&layer);
        for level in 4..grid.set().served() {
            let at = snapshot.world().get(level * 7).coords()[0];
            let place = holding(&grid, level, at);
            let tile = tile_at(&[&snapshot], &Place::Declared(place.clone()), &[]);
            let shown = decode(&tile.bytes).remove("sample").unwrap_or_default();
            let ground = place.ground();
            let (mut wanted, mut missing) = (BTreeSet::new(), 0);
            for row in 0..snapshot.placed() as u32 {
                let coords = snapshot.world().get(row as usize).coords();
                for &at in coords {
                    let exact = exactly(&grid, &place, at);
                    let unit = ground.unit(at);
                    for axis in 0..2 {
                        let off = (unit[axis] as f64 - exact[axis]).abs();
                        // Half a unit of rounding, and what polynomials may add to it.
                        assert!(off <= 0.5 + 0.02, "{} {off}", place.name());
                    }
                    if exact.iter().all(|v| (0.0..4096.0).contains(v)) {
                        wanted.insert(snapshot.id(row).0);
                    }
                }
            }
            missing += wanted.iter().filter(|id| !shown.contains_key(id)).count();
            assert!(missing as u64 <= tile.losses.dropped, "{}", place.name());
            if level > 15 {
                assert_eq!(missing, 0);
            }
        }
    }
}

#[test]
fn neighbours_of_a_coverage_share_their_edges_in_a_declared_grid_too() {
    let layer = coverage(6, 40);
    let (_dir, snapshot) = sample::open(&layer);
    for name in ["UTM43WGS84Quad", "IndiaLCCQuad"] {
        let grid = grid(name);
        for level in 6..grid.set().served().min(17) {
            let place = holding(&grid, level, snapshot.label(14));
            let tile = tile_at(&[&snapshot], &Place::Declared(place.clone()), &[]);
            let features = strict(&tile.bytes).remove("ward").expect("wards");
            // Each edge between two wards is walked both ways; those of the outline and of the cut once.
            let rings = features.iter().flat_map(|feature| &feature.paths);
            let edges = walked(rings.map(|ring| (ring.clone(), true)));
            let [west, north] = [77.5, 12.96].map(|at: f64| at);
            let outline = |unit: &[i64; 2]| {
                // Back from units to the ground, to see whether it is the edge of all wards.
                let set = grid.set();
                let numbers: Vec<f64> = place
                    .name()
                    .rsplit('/')
                    .take(2)
                    .map(|number| number.parse().expect("a number"))
                    .collect();
                let span = set.span(level);
                let metres = [
                    set.corner[0] + (numbers[0] + unit[0] as f64 / 4096.0) * span,
                    set.corner[1] - (numbers[1] + unit[1] as f64 / 4096.0) * span,
                ];
                let mut at = [metres];
                Plane::open(&set.crs()).expect("known").to_lonlat(&mut at);
                let near = 0.003 + 2.0 * span / 4096.0 / 100_000.0;
                (at[0][0] - west).abs() < near
                    || (at[0][0] - west - 0.06).abs() < near
                    || (at[0][1] - north).abs() < near
                    || (at[0][1] - north + 0.06).abs() < near
            };
            let cut = |unit: &[i64; 2]| unit.iter().any(|&v| v == -64 || v == 4160);
            let known = |end: &[i64; 2]| cut(end) || outline(end);
            let lonely: Vec<_> = noded(&edges)
                .into_iter()
                .filter(|((a, b), _)| !(known(a) && known(b)))
                .collect();
            assert!(lonely.is_empty(), "{} {lonely:?}", place.name());
        }
    }
}

#[test]
fn every_feature_has_its_label_in_one_tile_of_a_level() {
    let layer = coverage(6, 12);
    let (_dir, snapshot) = sample::open(&layer);
    let grid = grid("UTM43WGS84Quad");
    let level = grid.set().level("14").expect("a level");
    let limits = grid
        .limits(&Bbox::from([77.5, 12.9, 77.56, 12.96]))
        .expect("in the zone")[level];
    let mut labels: BTreeMap<u64, u32> = BTreeMap::new();
    for row in limits.rows[0]..=limits.rows[1] {
        for col in limits.cols[0]..=limits.cols[1] {
            let place = Place::Declared(grid.tile(level, row, col).expect("a tile"));
            let tile = tile_at(&[&snapshot], &place, &[]);
            for id in decode(&tile.bytes)
                .remove("ward_label")
                .into_iter()
                .flatten()
            {
                *labels.entry(id.0).or_default() += 1;
            }
        }
    }
    assert_eq!(labels.len(), 36);
    assert!(labels.values().all(|&count| count == 1), "{labels:?}");
}

#[test]
fn a_shape_that_the_system_does_not_reach_is_left_out_and_told() {
    let grid = grid("UTM43WGS84Quad");
    let mut layer = sample::empty("far", 2, vec![]);
    let ring = |x: f64, size: f64| {
        [
            [x, 0.0],
            [x + size, 0.0],
            [x + size, size],
            [x, size],
            [x, 0.0],
        ]
        .map(|[x, y]| [x, y + 12.0])
    };
    // One in the zone, and one that runs to its antipode, where no plane is.
    for coords in [
        ring(75.0, 0.5).to_vec(),
        vec![
            [76.5, 10.0],
            [-15.0, 0.0],
            [-105.0, 0.0],
            [76.5, 13.0],
            [76.5, 10.0],
        ],
    ] {
        layer.shapes.coords.extend(coords);
        layer.shapes.end_ring();
        layer.shapes.end_part();
        layer.shapes.end_feature(crate::model::ShapeKind::Polygon);
        let id = layer.ids.len() as u64;
        layer.ids.push(crate::model::FeatureId(id));
    }
    let (_dir, snapshot) = sample::open(&layer);
    for level in [0, 3, 8] {
        let place = holding(&grid, level, world::from_lonlat([75.2, 12.2]));
        let tile = tile_at(&[&snapshot], &Place::Declared(place), &[]);
        let shown = decode(&tile.bytes)
            .remove("far")
            .expect("the one in the zone");
        assert_eq!(shown.keys().copied().collect::<Vec<_>>(), [0], "{level}");
        assert_eq!(tile.losses.dropped, 1, "{level}");
    }
}

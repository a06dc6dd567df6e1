//! Real wards held to leave no sliver: no gap between neighbours and no overlap that the source does not have,
//! counted edge by edge and measured as area, in the web's square and in a UTM zone.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

use gdal::vector::Geometry;

use super::{
    clip,
    laws::{is_valid, strict},
    simplify, *,
};
use crate::{
    model::{FeatureId, Layer, world},
    snapshot::sample,
    standard::Standards,
};

type Units = Vec<[i64; 2]>;

/// The files of wards that are at hand.
fn wards() -> Vec<PathBuf> {
    let root = std::env::var("PARAT_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let mut found = vec![];
    let mut folders = vec![PathBuf::from(root).join("data")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name().to_string_lossy().to_lowercase();
            if path.is_dir() {
                folders.push(path);
            } else if name.contains("ward") && name.ends_with(".geojson") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The areas of a file in longitude and latitude; none where it is not readable as such.
fn areas(path: &PathBuf) -> Option<Layer> {
    let text = std::fs::read_to_string(path).ok()?;
    let collection = geojson::FeatureCollection::try_from(text.parse::<geojson::GeoJson>().ok()?);
    let mut layer = sample::empty("ward", 2, vec![]);
    layer.coverage = true;
    for feature in collection.ok()?.features {
        let Some(geometry) = feature.geometry else {
            continue;
        };
        let Ok(geometry) = geo_types::Geometry::<f64>::try_from(geometry) else {
            continue;
        };
        if !matches!(
            geometry,
            geo_types::Geometry::Polygon(_) | geo_types::Geometry::MultiPolygon(_)
        ) {
            continue;
        }
        layer.shapes.push_geo(&geometry);
        layer.ids.push(FeatureId(layer.ids.len() as u64));
    }
    let lonlat = |at: &[f64; 2]| at[0].abs() <= 180.0 && at[1].abs() <= 85.0;
    (layer.ids.len() > 4 && layer.shapes.coords.iter().all(lonlat)).then_some(layer)
}

/// How often each edge is walked, one way less the other: nothing where two areas share it.
pub(super) fn walked<T: Copy + Ord + std::hash::Hash>(
    rings: impl IntoIterator<Item = (Vec<T>, bool)>,
) -> HashMap<(T, T), i32> {
    let mut walked = HashMap::new();
    for (ring, turned) in rings {
        for at in 0..ring.len() {
            let (a, b) = (ring[at], ring[(at + 1) % ring.len()]);
            if a != b {
                let way = if (a < b) == turned { 1 } else { -1 };
                *walked.entry((a.min(b), a.max(b))).or_insert(0) += way;
            }
        }
    }
    walked.retain(|_, count| *count != 0);
    walked
}

/// Edges that are left, cut at every end of another that lies on them: where a ward touches itself its edge
/// has a node that its neighbour's has not, and nothing lies between the two.
pub(super) fn noded(
    left: &HashMap<([i64; 2], [i64; 2]), i32>,
) -> HashMap<([i64; 2], [i64; 2]), i32> {
    let ends: HashSet<[i64; 2]> = left.keys().flat_map(|&(a, b)| [a, b]).collect();
    let mut walked = HashMap::new();
    for (&(a, b), count) in left {
        let on_it = |at: &&[i64; 2]| {
            let (along, aside) = ([b[0] - a[0], b[1] - a[1]], [at[0] - a[0], at[1] - a[1]]);
            **at >= a && **at <= b && along[0] * aside[1] == along[1] * aside[0]
        };
        // From one end to the other along a line is in the order of positions.
        let mut stops: Vec<[i64; 2]> = ends.iter().filter(on_it).copied().collect();
        stops.sort_unstable();
        for pair in stops.windows(2) {
            *walked.entry((pair[0], pair[1])).or_insert(0) += count;
        }
    }
    walked.retain(|_, count| *count != 0);
    walked
}

/// A ward's rings in units of a tile: at the tile's zoom, or with every vertex.
fn drawn(snapshot: &Snapshot, row: u32, ground: &dyn Ground, every: bool) -> Vec<Vec<Units>> {
    let shape = snapshot.world().get(row as usize);
    let (mut from, _) = shape.coord_range();
    let zooms = snapshot.vertex_zooms();
    let mut parts = vec![];
    for part in shape.parts() {
        let mut rings = vec![];
        for ring in part.rings() {
            let own = &zooms[from..from + ring.len()];
            from += ring.len();
            let mut units: Units = (ring.iter().zip(own))
                .filter(|&(_, &zoom)| every || zoom <= ground.vertex_zoom())
                .map(|(&at, _)| ground.unit(at))
                .collect();
            simplify::tidy_ring(&mut units);
            rings.push(units);
        }
        parts.push(rings);
    }
    parts
}

/// True for a ward that falls together on the tile's grid, so that a dot stands for it.
fn is_dot(snapshot: &Snapshot, row: u32, ground: &dyn Ground) -> bool {
    let parts = drawn(snapshot, row, ground, false);
    parts
        .iter()
        .filter_map(|rings| rings.first())
        .all(|shell| shell.len() < 3 || !simplify::has_area(shell))
}

/// Square units of areas, each a shell and its holes.
fn area_of(areas: &[Vec<Units>]) -> f64 {
    let of = |ring: &Units| simplify::double_area(ring).abs() as f64 / 2.0;
    areas
        .iter()
        .filter_map(|rings| rings.split_first())
        .map(|(shell, holes)| of(shell) - holes.iter().map(of).sum::<f64>())
        .sum()
}

/// The union of areas, by GEOS.
fn union_of(areas: &[Vec<Units>]) -> Geometry {
    let ring = |ring: &Units| {
        let closed = ring.iter().chain(ring.first());
        let at: Vec<String> = closed.map(|at| format!("{} {}", at[0], at[1])).collect();
        format!("({})", at.join(","))
    };
    let shapes: Vec<String> = areas
        .iter()
        .filter(|rings| rings.first().is_some_and(|shell| shell.len() > 2))
        .map(|rings| {
            let rings = rings.iter().filter(|ring| ring.len() > 2).map(ring);
            format!("({})", rings.collect::<Vec<_>>().join(","))
        })
        .collect();
    if shapes.is_empty() {
        return Geometry::from_wkt("POLYGON EMPTY").expect("WKT");
    }
    let all = Geometry::from_wkt(&format!("MULTIPOLYGON({})", shapes.join(","))).expect("WKT");
    all.buffer(0.0, 8).expect("GEOS joins them")
}

/// The shells of whatever areas a geometry has.
fn shells(geometry: &Geometry, found: &mut Vec<(f64, Vec<[f64; 2]>)>) {
    let name = geometry.geometry_name();
    if name == "POLYGON" && geometry.geometry_count() > 0 {
        let mut points = vec![];
        geometry.get_geometry(0).get_points(&mut points);
        let points = points.iter().map(|&(x, y, _)| [x, y]).collect();
        found.push((geometry.area(), points));
    } else if name.starts_with("MULTI") || name == "GEOMETRYCOLLECTION" {
        for at in 0..geometry.geometry_count() {
            shells(&geometry.get_geometry(at), found);
        }
    }
}

/// All wards together with every vertex, cut to the tile.
fn truth(snapshot: &Snapshot, ground: &dyn Ground) -> Vec<Vec<Units>> {
    let mut spare = vec![];
    let mut found = vec![];
    for row in 0..snapshot.placed() as u32 {
        for mut rings in drawn(snapshot, row, ground, true) {
            for ring in &mut rings {
                clip::ring(ring, &mut spare, sketch::FRAME);
                simplify::tidy_ring(ring);
            }
            found.push(rings);
        }
    }
    found
}

/// What a tile's wards measure, in square units.
#[derive(Default)]
struct Measured {
    tiles: usize,
    dots: usize,
    /// Edges that one ward has alone, and not because the source has it alone or the tile cuts it.
    slivers: usize,
    /// Of the wards with every vertex, together.
    area: f64,
    /// Between the union of what is drawn and the union of that.
    differs: f64,
    /// Of that, what lies away from the outline of the source: gaps within.
    within: f64,
    /// What is drawn twice, less what the source has twice.
    twice: f64,
}

impl Measured {
    fn tile(
        &mut self,
        snapshot: &Snapshot,
        ground: &dyn Ground,
        bytes: &[u8],
        alone: &[([u32; 2], [u32; 2])],
        with_area: bool,
    ) {
        let Some(features) = strict(bytes).remove("ward") else {
            return;
        };
        let rows: HashMap<u64, u32> = (0..snapshot.placed() as u32)
            .map(|row| (snapshot.id(row).0, row))
            .collect();
        for one in &features {
            assert!(is_valid(&one.paths), "{one:?}");
        }
        let before = features.len();
        // A dot is declared as one; it stands for a place and shares nothing. Its neighbours do.
        let features: Vec<_> = features
            .into_iter()
            .filter(|one| !is_dot(snapshot, rows[&one.id.expect("an id")], ground))
            .collect();
        self.tiles += 1;
        self.dots += before - features.len();

        let outline: HashSet<[i64; 2]> = alone
            .iter()
            .flat_map(|&(a, b)| [a, b])
            .map(|at| ground.unit(at))
            .collect();
        let rings = features.iter().flat_map(|one| &one.paths);
        let left = walked(rings.map(|ring| (ring.clone(), true)));
        let cut = |at: &[i64; 2]| at.iter().any(|&v| v == -64 || v == 4160);
        // An edge of the outline may go through a corner that was rounded onto it.
        let along = |at: &[i64; 2]| {
            alone.iter().any(|&(a, b)| {
                let (a, b) = (ground.unit(a), ground.unit(b));
                let step = |to: &[i64; 2]| [(to[0] - a[0]) as f64, (to[1] - a[1]) as f64];
                let (whole, own) = (step(&b), step(at));
                let length = whole[0].hypot(whole[1]);
                let beside = (whole[0] * own[1] - whole[1] * own[0]).abs();
                let within = whole[0] * own[0] + whole[1] * own[1];
                beside <= 0.71 * length && (0.0..=length * length).contains(&within)
            })
        };
        let known = |at: &[i64; 2]| cut(at) || outline.contains(at) || along(at);
        let unknown = |(a, b): &&([i64; 2], [i64; 2])| !(known(a) && known(b));
        if left.keys().any(|edge| unknown(&edge)) {
            self.slivers += noded(&left).keys().filter(unknown).count();
        }
        if !with_area {
            return;
        }

        // Shells run one way and holes the other, and holes follow their shell (MVT 2.1, 4.3.3.3).
        let mut shapes: Vec<Vec<Units>> = vec![];
        for path in features.iter().flat_map(|one| &one.paths) {
            match shapes.last_mut() {
                Some(shape) if simplify::double_area(path) < 0 => shape.push(path.clone()),
                _ => shapes.push(vec![path.clone()]),
            }
        }
        let wanted = truth(snapshot, ground);
        let (union, wanted_union) = (union_of(&shapes), union_of(&wanted));
        self.area += wanted_union.area();
        let twice = area_of(&wanted) - wanted_union.area();
        self.twice += (area_of(&shapes) - union.area() - twice).max(0.0);
        let mut differs = vec![];
        for (one, other) in [(&union, &wanted_union), (&wanted_union, &union)] {
            let rest = one
                .difference(other)
                .expect("GEOS takes one from the other");
            shells(&rest, &mut differs);
        }
        self.differs += differs.iter().map(|one| one.0).sum::<f64>();
        // What the outline passes by, to a unit or two: simplifying moves it by no more.
        let mut near: HashSet<[i64; 2]> = HashSet::new();
        let inside = |at: [i64; 2]| at.iter().all(|&v| (-80..4180).contains(&v));
        for &(a, b) in alone {
            let (a, b) = (ground.unit(a), ground.unit(b));
            if !inside(a) && !inside(b) {
                continue;
            }
            let steps = (b[0] - a[0]).abs().max((b[1] - a[1]).abs()).clamp(1, 8000);
            for step in 0..=steps {
                let along = |axis: usize| a[axis] + (b[axis] - a[axis]) * step / steps;
                near.insert([along(0).div_euclid(4), along(1).div_euclid(4)]);
            }
        }
        let by_outline = |at: &[f64; 2]| {
            let cell = at.map(|v| (v.floor() as i64).div_euclid(4));
            let edge = at.iter().any(|&v| v <= -62.0 || v >= 4158.0);
            edge || (-1..=1).any(|x| (-1..=1).any(|y| near.contains(&[cell[0] + x, cell[1] + y])))
        };
        for (area, shell) in &differs {
            if !shell.iter().all(by_outline) {
                self.within += area;
            }
        }
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped check says so")]
fn real_wards_get_no_sliver_from_zoom_6_to_14_beyond_those_that_they_came_with() {
    let files = wards();
    if files.is_empty() {
        eprintln!("skipped: real wards (shared data absent)");
        return;
    }
    let (mut read, mut all) = (0, [Measured::default(), Measured::default()]);
    for file in &files {
        let Some(layer) = areas(file) else {
            eprintln!("no areas in {file:?}");
            continue;
        };
        read += 1;
        let (_dir, snapshot) = sample::open(&layer);
        // What the source has alone: its own outline, its own gaps and overlaps. Both owners of an edge walk
        // it in opposite ways once each shell is turned the same way.
        let world = snapshot.world();
        let mut rings = vec![];
        for row in 0..snapshot.placed() {
            for part in world.get(row).parts() {
                for (at, ring) in part.rings().enumerate() {
                    let wide: Units = ring.iter().map(|at| at.map(i64::from)).collect();
                    let [x0, y0] = wide[0].map(i128::from);
                    let turn = |pair: &[[i64; 2]]| {
                        let [ax, ay, bx, by] =
                            [pair[0][0], pair[0][1], pair[1][0], pair[1][1]].map(i128::from);
                        (ax - x0) * (by - y0) - (bx - x0) * (ay - y0)
                    };
                    let sum: i128 = wide.windows(2).map(turn).sum();
                    rings.push((ring.to_vec(), (sum > 0) == (at == 0)));
                }
            }
        }
        let alone: Vec<([u32; 2], [u32; 2])> = walked(rings).into_keys().collect();
        let center = world::to_lonlat(snapshot.label(0));
        let zone = format!("UTM{:02}WGS84Quad", ((center[0] + 180.0) / 6.0) as u32 + 1);
        let declared = Standards::builtin().declared_grids();
        let set = declared.iter().find(|set| set.id == zone).expect("a zone");
        let grid = Arc::new(Grid::open(set.clone()).expect("PROJ knows it"));
        for zoom in 6..=14_u8 {
            let step = if zoom > 12 { 5 } else { 1 };
            let rows = 0..snapshot.placed() as u32;
            let mut ids: Vec<TileId> = rows
                .clone()
                .map(|row| TileId::holding(zoom, snapshot.label(row)))
                .collect();
            ids.sort_unstable();
            ids.dedup();
            let mut measure = |ground: &dyn Ground, made: &Tile, which: usize, with_area: bool| {
                assert_eq!(made.losses.dropped, 0);
                let before = all[which].slivers;
                all[which].tile(&snapshot, ground, &made.bytes, &alone, with_area);
                assert_eq!(all[which].slivers, before, "{file:?} {zoom} {which}");
            };
            // Areas are dear: they are measured in the first tiles of every third zoom.
            for (at, id) in ids.into_iter().step_by(step).enumerate() {
                let with_area = at < 3 && zoom % 3 == 2;
                measure(&Square::of(id), &tile(&[&snapshot], id, &[]), 0, with_area);
            }
            // A tile of the zone for each third zoom, over one ward after the other.
            if zoom % 3 == 0 {
                let level = set.level(&zoom.to_string()).expect("a level");
                let bbox = snapshot.info().bbox;
                let limits = grid.limits(&bbox).expect("in the zone")[level];
                let row = u32::midpoint(limits.rows[0], limits.rows[1]);
                let col = u32::midpoint(limits.cols[0], limits.cols[1]);
                let one = grid.tile(level, row, col).expect("a tile");
                let made = tile_at(&[&snapshot], &Place::Declared(one.clone()), &[]);
                measure(&one.ground(), &made, 1, true);
            }
        }
    }
    for (name, sum) in ["square", "UTM"].iter().zip(&all) {
        let Measured {
            tiles,
            dots,
            area,
            differs,
            within,
            twice,
            ..
        } = sum;
        eprintln!(
            "{name}: {read} of {} files, {tiles} tiles, {dots} dots; of {area:.0} square units {differs:.0} differ \
             along the outline, {within:.1} within, {twice:.1} are drawn twice",
            files.len()
        );
        assert!(
            *differs < 0.001 * area,
            "{name}: the outline moves by a unit at most"
        );
        assert!(*within <= 1e-6 * area, "{name}: {within}");
        assert!(*twice <= 1e-5 * area, "{name}: {twice}");
    }
    assert!(read > 5, "the shared data hold more wards");
}

//! The slow, plain way to the same tile: a scan over all features, `Vec` after `Vec`, and the `mvt` crate
//! for the bytes. Nothing is shared with the fast way but the grid's definition, the plan of zooms and the
//! noding of edges (of each area always, the fast way where it sees a need), so that a mistake in one shows
//! as a difference. It serves nobody; tests and benches compare with it.
//!
//! It knows no limit of bytes, and it does not merge what the crate cannot write: a ring that starts where
//! the one before it ended would lose its `MoveTo`, so such a ring is turned to start elsewhere.

use mvt::{GeomData, GeomEncoder, GeomType};

use super::{
    BUFFER, EXTENT, LABEL_UNITS, TileId, TileOptions,
    bends::{self, Bends},
    rings::Rings,
};
use crate::{
    model::{ShapeRef, Value},
    snapshot::{SMALL_LAYER, Snapshot},
};

pub(super) type Unit = [i64; 2];

const LOW: i64 = -(BUFFER as i64);
const HIGH: i64 = (EXTENT + BUFFER) as i64;

/// Which tile is drawn, in the plainest terms.
pub(super) struct Spot<'a> {
    /// The nearest unit of a world position.
    pub(super) unit: &'a dyn Fn([u32; 2]) -> Unit,
    /// True where the tile without its buffer holds a world position.
    pub(super) holds: &'a dyn Fn([u32; 2]) -> bool,
    /// A box of world positions around the tile and its buffer.
    pub(super) around: [u32; 4],
    /// The zoom whose features it shows, and the one whose vertices.
    pub(super) zooms: [u8; 2],
}

/// The tile as the fast way would write it, with values and features in the same order, but not always
/// with the same bytes. None when there is nothing in it or the crate refuses.
pub fn tile(snapshots: &[&Snapshot], id: TileId, options: &[TileOptions<'_>]) -> Option<Vec<u8>> {
    let spot = Spot {
        unit: &|at| unit(at, id),
        holds: &|at| TileId::holding(id.z(), at) == id,
        around: id.world_box(BUFFER),
        zooms: [id.z(); 2],
    };
    tile_of(snapshots, &spot, options)
}

pub(super) fn tile_of(
    snapshots: &[&Snapshot],
    spot: &Spot<'_>,
    options: &[TileOptions<'_>],
) -> Option<Vec<u8>> {
    let mut tile = mvt::Tile::new(EXTENT as u32);
    for (at, snapshot) in snapshots.iter().enumerate() {
        let own = options.get(at).copied().unwrap_or_default();
        add_layer(&mut tile, snapshot, spot, &own)?;
    }
    (tile.num_layers() > 0)
        .then(|| tile.to_bytes().ok())
        .flatten()
}

fn add_layer(
    tile: &mut mvt::Tile,
    snapshot: &Snapshot,
    spot: &Spot<'_>,
    options: &TileOptions<'_>,
) -> Option<()> {
    let info = snapshot.info();
    let mut layer = tile.create_layer(info.id.as_str());
    let mut label_layer = tile.create_layer(&format!("{}_label", info.id));
    let is_small = snapshot.len() <= SMALL_LAYER;
    let mut rows: Vec<u32> = (0..snapshot.len() as u32)
        .filter(|&row| meets(snapshot, row, spot))
        .filter(|&row| match options.rows {
            Some(rows) => rows.binary_search(&row).is_ok(),
            None => is_small || snapshot.first_zooms()[row as usize] <= spot.zooms[0],
        })
        .collect();
    if !is_small {
        rows.sort_by_key(|&row| snapshot.ranks()[row as usize]);
        rows.truncate(20_000);
        rows.sort_unstable();
    }
    let mut bends = info
        .coverage
        .then(|| bends(snapshot, &rows, spot))
        .flatten();
    for row in rows {
        let shape = snapshot.world().get(row as usize);
        let Some(geometry) = geometry(snapshot, shape, spot, bends.as_mut()) else {
            continue;
        };
        let mut feature = layer.into_feature(geometry);
        feature.set_id(snapshot.id(row).0);
        for (at, field) in info.fields.iter().enumerate() {
            let asked = options.properties.is_none_or(|asked| asked.contains(&at));
            if asked && options.extra.iter().all(|extra| extra.name != field.name) {
                tag(&mut feature, &field.name, snapshot.value(row, at));
            }
        }
        for extra in options.extra {
            let value = extra.values.get(row as usize).copied().unwrap_or(f64::NAN);
            if !value.is_nan() {
                feature.add_tag_double(extra.name, value);
            }
        }
        layer = feature.into_layer();

        let [x0, y0, x1, y1] = snapshot.bounds(row);
        let corners = [[x0, y0], [x1, y0], [x0, y1], [x1, y1]].map(spot.unit);
        let large = (0..2).any(|axis| {
            let along = corners.map(|corner| corner[axis]);
            let least = along.iter().min().copied();
            along.iter().max().copied().zip(least).map(|(a, b)| a - b)
                >= Some(i64::from(LABEL_UNITS))
        });
        let label = snapshot.label(row);
        let here = (spot.holds)(label);
        for (at, anchor) in snapshot.anchors(row).iter().enumerate() {
            let here = (spot.holds)(anchor.at);
            if !here || anchor.zoom > u32::from(spot.zooms[1]) {
                continue;
            }
            let mut feature = label_layer.into_feature(point((spot.unit)(anchor.at))?);
            if at == 0 {
                feature.set_id(snapshot.id(row).0);
            }
            label_tags(snapshot, row, &mut feature);
            tag(
                &mut feature,
                "angle",
                Value::Integer(i64::from(anchor.degrees)),
            );
            label_layer = feature.into_layer();
        }
        if info.dimension == 2 && shape.kind.dimension() == Some(2) && here && (large || is_small) {
            let mut feature = label_layer.into_feature(point((spot.unit)(label))?);
            feature.set_id(snapshot.id(row).0);
            label_tags(snapshot, row, &mut feature);
            label_layer = feature.into_layer();
        }
    }
    if layer.num_features() > 0 {
        tile.add_layer(layer).ok()?;
    }
    if label_layer.num_features() > 0 && !options.no_labels {
        tile.add_layer(label_layer).ok()?;
    }
    Some(())
}

fn point(at: Unit) -> Option<GeomData> {
    let [x, y] = at.map(|v| v as f64);
    GeomEncoder::new(GeomType::Point)
        .point(x, y)
        .ok()?
        .encode()
        .ok()
}

fn label_tags(snapshot: &Snapshot, row: u32, feature: &mut mvt::Feature) {
    let info = snapshot.info();
    for (at, field) in info.fields.iter().enumerate() {
        let name = &field.name;
        let named = name == "name" || name.starts_with("name_") || name.ends_with("_name");
        if named || info.key.contains(name) {
            tag(feature, name, snapshot.value(row, at));
        }
    }
}

fn tag(feature: &mut mvt::Feature, name: &str, value: Value<'_>) {
    match value {
        Value::Null => {}
        Value::Integer(number) if number < 0 => feature.add_tag_sint(name, number),
        Value::Integer(number) => feature.add_tag_uint(name, number as u64),
        Value::Real(number) => feature.add_tag_double(name, number),
        Value::Bool(yes) => feature.add_tag_bool(name, yes),
        other => feature.add_tag_string(name, &other.to_text()),
    }
}

fn meets(snapshot: &Snapshot, row: u32, spot: &Spot<'_>) -> bool {
    let [x0, y0, x1, y1] = spot.around;
    let own = snapshot.bounds(row);
    own[0] <= own[2] && own[0] <= x1 && x0 <= own[2] && own[1] <= y1 && y0 <= own[3]
}

/// The nearest unit of a world position, by division.
fn unit(at: [u32; 2], id: TileId) -> Unit {
    let side = 1_i128 << (32 - id.z());
    let origin = id.origin();
    let of = |axis: usize| {
        let scaled = (i128::from(at[axis]) - i128::from(origin[axis])) * i128::from(EXTENT);
        ((2 * scaled + side).div_euclid(2 * side)) as i64
    };
    [of(0), of(1)]
}

fn in_frame(at: &Unit) -> bool {
    at.iter().all(|v| (LOW..=HIGH).contains(v))
}

/// Where the edge meets a limit of an axis: rounded down, seen from its smaller end.
fn meeting(a: Unit, b: Unit, axis: usize, limit: i64) -> Unit {
    let (a, b) = (a.min(b), a.max(b));
    let [ax, bx] = [i128::from(a[axis]), i128::from(b[axis])];
    let [ay, by] = [i128::from(a[1 - axis]), i128::from(b[1 - axis])];
    let (mut up, mut down) = ((i128::from(limit) - ax) * (by - ay), bx - ax);
    if down < 0 {
        (up, down) = (-up, -down);
    }
    let mut floor = up / down;
    if up % down != 0 && up < 0 {
        floor -= 1;
    }
    let mut at = [limit; 2];
    at[1 - axis] = (ay + floor) as i64;
    at
}

const SIDES: [(usize, i64, i64); 4] = [(0, LOW, 1), (0, HIGH, -1), (1, LOW, 1), (1, HIGH, -1)];

fn cut_ring(mut ring: Vec<Unit>) -> Vec<Unit> {
    for (axis, limit, sign) in SIDES {
        let depth = |at: Unit| (at[axis] - limit) * sign;
        let mut kept = vec![];
        for at in 0..ring.len() {
            let (a, b) = (ring[at], ring[(at + 1) % ring.len()]);
            if depth(a) >= 0 {
                kept.push(a);
            }
            if depth(a) * depth(b).signum() < 0 {
                kept.push(meeting(a, b, axis, limit));
            }
        }
        ring = kept;
    }
    ring
}

/// Takes out repeats and spikes until none is left.
fn tidy(mut ring: Vec<Unit>) -> Vec<Unit> {
    loop {
        let len = ring.len();
        if len < 3 {
            return vec![];
        }
        let Some(at) = (0..len).find(|&at| {
            let next = ring[(at + 1) % len];
            ring[at] == next || ring[(at + len - 1) % len] == next
        }) else {
            return ring;
        };
        ring.remove(at);
    }
}

fn area(ring: &[Unit]) -> i128 {
    (0..ring.len())
        .map(|at| {
            let (a, b) = (ring[at], ring[(at + 1) % ring.len()]);
            i128::from(a[0]) * i128::from(b[1]) - i128::from(b[0]) * i128::from(a[1])
        })
        .sum()
}

/// The shape's paths in units: of every ring the vertices that matter.
fn paths(snapshot: &Snapshot, shape: ShapeRef<'_, u32>, spot: &Spot<'_>) -> Vec<Vec<Vec<Unit>>> {
    let (mut from, _) = shape.coord_range();
    let zooms = snapshot.vertex_zooms();
    shape
        .parts()
        .map(|part| {
            part.rings()
                .map(|ring| {
                    let begin = from;
                    from += ring.len();
                    (0..ring.len())
                        .filter(|at| zooms[begin + at] <= spot.zooms[1])
                        .map(|at| (spot.unit)(ring[at]))
                        .collect()
                })
                .collect()
        })
        .collect()
}

fn add(encoder: &mut GeomEncoder<f64>, path: &[Unit]) -> Option<()> {
    for at in path {
        encoder.add_point(at[0] as f64, at[1] as f64).ok()?;
    }
    encoder.complete_geom().ok()
}

/// What the edges of a coverage go through, where an area is not valid by itself.
fn bends(snapshot: &Snapshot, rows: &[u32], spot: &Spot<'_>) -> Option<Bends> {
    let (mut all, mut troubled) = (vec![], vec![]);
    for &row in rows {
        let shape = snapshot.world().get(row as usize);
        if shape.kind.dimension() != Some(2) {
            continue;
        }
        let parts = paths(snapshot, shape, spot);
        let mut own = vec![];
        for ring in parts.iter().flatten() {
            bends::edges(&tidy(ring.clone()), &mut own);
        }
        let (mut gathered, _) = gathered(&parts, None);
        if gathered.len() > 0 && !gathered.remake(true) {
            troubled.push((parts, own.clone()));
        }
        all.append(&mut own);
    }
    if troubled.is_empty() {
        return None;
    }
    let (troubled, edges): (Vec<_>, Vec<_>) = troubled.into_iter().unzip();
    let mut bends = Bends::of(all, &edges);
    for parts in troubled {
        let (rings, _) = gathered(&parts, Some(&bends));
        bends.dispute(&rings);
    }
    Some(bends)
}

fn geometry(
    snapshot: &Snapshot,
    shape: ShapeRef<'_, u32>,
    spot: &Spot<'_>,
    bends: Option<&mut Bends>,
) -> Option<GeomData> {
    match shape.kind.dimension()? {
        0 => {
            let mut points: Vec<Unit> = shape
                .coords()
                .iter()
                .map(|&at| (spot.unit)(at))
                .filter(in_frame)
                .collect();
            points.sort_unstable();
            points.dedup();
            let mut encoder = GeomEncoder::new(GeomType::Point);
            for at in &points {
                encoder.add_point(at[0] as f64, at[1] as f64).ok()?;
            }
            (!points.is_empty())
                .then(|| encoder.encode().ok())
                .flatten()
        }
        1 => lines(&paths(snapshot, shape, spot)),
        _ => {
            let shared = snapshot.info().coverage && bends.is_none();
            areas(&paths(snapshot, shape, spot), bends, shared)
        }
    }
}

fn lines(parts: &[Vec<Vec<Unit>>]) -> Option<GeomData> {
    let mut encoder = GeomEncoder::new(GeomType::Linestring);
    let (mut drawn, mut collapsed) = (false, None);
    let mut end = None;
    for path in parts.iter().flatten() {
        let mut path = path.clone();
        path.dedup();
        if path.len() == 1 {
            collapsed = collapsed.or(path.first().copied());
        }
        for pair in path.windows(2) {
            let (mut a, mut b) = (pair[0], pair[1]);
            let mut gone = false;
            for (axis, limit, sign) in SIDES {
                let depth = |at: Unit| (at[axis] - limit) * sign;
                match (depth(a) >= 0, depth(b) >= 0) {
                    (true, true) => {}
                    (false, false) => gone = true,
                    (true, false) => b = meeting(a, b, axis, limit),
                    (false, true) => a = meeting(a, b, axis, limit),
                }
                if gone {
                    break;
                }
            }
            if gone || a == b {
                continue;
            }
            drawn = true;
            // One edge after the other; where one starts as the last ended, the crate goes on by itself.
            if end.is_some_and(|end| end != a) {
                encoder.complete_geom().ok()?;
                end = None;
            }
            if end.is_none() {
                encoder.add_point(a[0] as f64, a[1] as f64).ok()?;
            }
            encoder.add_point(b[0] as f64, b[1] as f64).ok()?;
            end = Some(b);
        }
    }
    if !drawn {
        let [x, y] = collapsed.filter(in_frame)?.map(|v| v.min(HIGH - 1));
        add(&mut encoder, &[[x, y], [x + 1, y]])?;
    }
    encoder.encode().ok()
}

/// The rings of an area in the frame, and where one lies that fell together.
fn gathered(parts: &[Vec<Vec<Unit>>], bends: Option<&Bends>) -> (Rings, Option<Unit>) {
    let mut collapsed = None;
    let mut gathered = Rings::default();
    for rings in parts {
        for (at, path) in rings.iter().enumerate() {
            let mut whole = tidy(path.clone());
            if let Some(bends) = bends {
                bends.bend(&mut whole);
                whole = tidy(whole);
            }
            if area(&whole) == 0 {
                if at > 0 {
                    continue;
                }
                collapsed = collapsed.or(path.first().copied());
                break;
            }
            let mut ring = tidy(cut_ring(whole));
            if area(&ring) == 0 {
                if at > 0 {
                    continue;
                }
                break;
            }
            if (area(&ring) > 0) != (at == 0) {
                ring.reverse();
            }
            gathered.push(ring, at == 0);
        }
    }
    (gathered, collapsed)
}

fn areas(parts: &[Vec<Vec<Unit>>], bends: Option<&mut Bends>, shared: bool) -> Option<GeomData> {
    let mut encoder = GeomEncoder::new(GeomType::Polygon);
    let (mut gathered, mut collapsed) = gathered(parts, bends.as_deref());
    if gathered.len() > 0 {
        let least = gathered.least();
        // Without a look whether it is needed: where it is not, it changes nothing.
        gathered.remake(shared);
        if let Some(bends) = bends {
            bends.claim(&mut gathered);
        }
        let within = parts.iter().flatten().flatten().all(in_frame);
        if gathered.len() == 0 && within {
            collapsed = collapsed.or(least);
        }
    }
    let mut end = None;
    for at in 0..gathered.len() {
        let mut ring = gathered.get(at).to_vec();
        if end == ring.first().copied() {
            ring.rotate_left(1);
        }
        add(&mut encoder, &ring)?;
        end = ring.last().copied();
    }
    if end.is_none() {
        let [x, y] = collapsed.filter(in_frame)?.map(|v| v.min(HIGH - 1));
        add(
            &mut encoder,
            &[[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]],
        )?;
    }
    encoder.encode().ok()
}

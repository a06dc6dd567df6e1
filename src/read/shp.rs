//! The geometry of a shapefile (ESRI Shapefile Technical Description, July 1998), read without GDAL:
//! straight into the flat arrays, a tenth of the time, and with an exact answer where a file breaks off.

use super::{raw::Given, wkb::Seen};
use crate::model::{ShapeKind, Shapes};

/// The file header.
const HEADER: usize = 100;

/// Values below this mean "no measure" (page 2 of the description).
const NO_DATA: f64 = -1e38;

/// What is wrong with a whole .shp.
#[derive(Debug, PartialEq)]
pub(super) enum Bad {
    /// It does not start as one.
    NotShp,
    /// Its type is none that is known.
    Type(i32),
}

/// What was read of the rows.
pub(super) struct Geometry {
    /// One feature a row.
    pub(super) shapes: Shapes<f64>,
    /// For each row that is not plain: what was seen.
    pub(super) seen: Vec<(usize, Seen)>,
    /// The row where the file breaks off; later rows have no geometry.
    pub(super) cut_at: Option<usize>,
    /// Rows whose record is not where the index says.
    pub(super) misplaced: Vec<usize>,
}

fn big(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn little(bytes: &[u8], at: usize) -> Option<i32> {
    Some(i32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn real(bytes: &[u8], at: usize) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

/// Where each row's record begins, by the index; none when there is no sound index.
fn offsets(shx: Option<&[u8]>) -> Option<Vec<usize>> {
    let shx = shx?;
    if big(shx, 0)? != 9994 || shx.len() < HEADER {
        return None;
    }
    let words =
        |chunk: &[u8]| u32::from_be_bytes([chunk[0], chunk[1], chunk[2], chunk[3]]) as usize;
    Some(
        shx[HEADER..]
            .chunks_exact(8)
            .map(|entry| words(entry) * 2)
            .collect(),
    )
}

/// Reads all rows. `declared` rows are made when the file breaks off earlier.
pub(super) fn read(
    shp: &[u8],
    shx: Option<&[u8]>,
    declared: Option<usize>,
) -> Result<Geometry, Bad> {
    if big(shp, 0) != Some(9994) || shp.len() < HEADER {
        return Err(Bad::NotShp);
    }
    let kind = little(shp, 32).unwrap_or(-1);
    if !matches!(
        kind,
        0 | 1 | 3 | 5 | 8 | 11 | 13 | 15 | 18 | 21 | 23 | 25 | 28 | 31
    ) {
        return Err(Bad::Type(kind));
    }
    let mut found = Geometry {
        shapes: Shapes::new(),
        seen: vec![],
        cut_at: None,
        misplaced: vec![],
    };
    // Two thirds of a building's bytes are coordinates.
    found.shapes.coords.reserve(shp.len() / 24);
    match offsets(shx) {
        Some(offsets) => {
            for (row, at) in offsets.into_iter().enumerate() {
                let length = big(shp, at.saturating_add(4)).map(|words| words.max(0) as usize * 2);
                let Some(record) = length.and_then(|length| shp.get(at + 8..at + 8 + length))
                else {
                    if at < HEADER
                        || at <= shp.len() && length.is_some_and(|length| length > shp.len())
                    {
                        found.misplaced.push(row);
                    }
                    found.cut_at.get_or_insert(row);
                    found.shapes.push_none(ShapeKind::Missing);
                    continue;
                };
                push(&mut found, row, record);
            }
        }
        None => walk(&mut found, shp),
    }
    if let Some(declared) = declared
        && found.shapes.len() < declared
    {
        found.cut_at.get_or_insert(found.shapes.len());
        while found.shapes.len() < declared {
            found.shapes.push_none(ShapeKind::Missing);
        }
    }
    Ok(found)
}

/// One record after the other, for a file without an index.
fn walk(found: &mut Geometry, shp: &[u8]) {
    let mut at = HEADER;
    while at < shp.len() {
        let row = found.shapes.len();
        let length = big(shp, at + 4).map(|words| words.max(0) as usize * 2);
        let Some(record) = length
            .filter(|length| *length >= 4)
            .and_then(|length| shp.get(at + 8..at + 8 + length))
        else {
            found.cut_at = Some(row);
            return;
        };
        push(found, row, record);
        at += 8 + record.len();
    }
}

fn push(found: &mut Geometry, row: usize, record: &[u8]) {
    let before = (
        found.shapes.ring_ends.len(),
        found.shapes.coord_ends.len(),
        found.shapes.coords.len(),
    );
    let mut seen = Seen::default();
    if geometry(&mut found.shapes, record, &mut seen).is_none() {
        found.shapes.ring_ends.truncate(before.0);
        found.shapes.coord_ends.truncate(before.1);
        found.shapes.coords.truncate(before.2);
        found.shapes.push_none(ShapeKind::Missing);
        seen.broken = true;
    }
    if seen != Seen::default() {
        found.seen.push((row, seen));
    }
}

/// What [`super::seen::SeenRows`] wants besides; a shapefile has no curves.
pub(super) const GIVEN: Given = Given::Wkb;

fn geometry(shapes: &mut Shapes<f64>, record: &[u8], seen: &mut Seen) -> Option<()> {
    let kind = little(record, 0)?;
    seen.z = matches!(kind, 11 | 13 | 15 | 18);
    seen.m = matches!(kind, 21 | 23 | 25 | 28);
    match kind {
        0 => shapes.push_none(ShapeKind::Missing),
        1 | 11 | 21 => {
            let at = [real(record, 4)?, real(record, 12)?];
            seen.z_used = kind == 11 && real(record, 20).is_some_and(is_height);
            shapes.push_point(at);
        }
        8 | 18 | 28 => {
            let count = usize::try_from(little(record, 36)?).ok()?;
            let end = coords(shapes, record, 40, count)?;
            for at in shapes.coords.len() - count..shapes.coords.len() {
                shapes.coord_ends.push(at as u32 + 1);
                shapes.end_part();
            }
            seen.z_used = kind == 18 && heights(record, end, count);
            shapes.end_feature(if count == 0 {
                ShapeKind::Empty
            } else {
                ShapeKind::MultiPoint
            });
        }
        3 | 13 | 23 | 5 | 15 | 25 => {
            let parts = usize::try_from(little(record, 36)?).ok()?;
            let count = usize::try_from(little(record, 40)?).ok()?;
            let begins = 44;
            let from = begins + parts.checked_mul(4)?;
            let first = shapes.coords.len();
            let end = coords(shapes, record, from, count)?;
            seen.z_used = matches!(kind, 13 | 15) && heights(record, end, count);
            let mut rings = Vec::with_capacity(parts);
            let begin = |part: usize| usize::try_from(little(record, begins + 4 * part)?).ok();
            for part in 0..parts {
                let begin_at = begin(part)?;
                let end_at = if part + 1 < parts {
                    begin(part + 1)?
                } else {
                    count
                };
                if begin_at > end_at || end_at > count {
                    return None;
                }
                if end_at > begin_at {
                    rings.push((first + begin_at, first + end_at));
                }
            }
            // Coordinates before the first part or between parts belong to no ring.
            if rings.iter().map(|ring| ring.1 - ring.0).sum::<usize>() != count {
                return None;
            }
            if matches!(kind, 3 | 13 | 23) {
                for ring in &rings {
                    shapes.coord_ends.push(ring.1 as u32);
                    shapes.end_part();
                }
                shapes.end_feature(match rings.len() {
                    0 => ShapeKind::Empty,
                    1 => ShapeKind::LineString,
                    _ => ShapeKind::MultiLineString,
                });
            } else {
                seen.open_ring = rings
                    .iter()
                    .any(|ring| shapes.coords[ring.0] != shapes.coords[ring.1 - 1]);
                areas(shapes, &rings);
            }
        }
        // A multipatch (31) is a body, not an area.
        _ => return None,
    }
    Some(())
}

fn is_height(z: f64) -> bool {
    z != 0.0 && z.is_finite() && z > NO_DATA
}

/// True when one of the heights after the coordinates (and their range) says something.
fn heights(record: &[u8], coords_end: usize, count: usize) -> bool {
    let from = coords_end + 16;
    record.get(from..from + count * 8).is_some_and(|block| {
        block
            .chunks_exact(8)
            .any(|z| is_height(f64::from_le_bytes(z.try_into().expect("eight bytes"))))
    })
}

/// Adds `count` coordinates and gives where they end in the record.
fn coords(shapes: &mut Shapes<f64>, record: &[u8], from: usize, count: usize) -> Option<usize> {
    let end = from.checked_add(count.checked_mul(16)?)?;
    let block = record.get(from..end)?;
    shapes.coords.extend(block.chunks_exact(16).map(|pair| {
        let (x, y) = pair.split_at(8);
        [
            f64::from_le_bytes(x.try_into().expect("eight bytes")),
            f64::from_le_bytes(y.try_into().expect("eight bytes")),
        ]
    }));
    Some(end)
}

/// Twice the signed area; clockwise is negative. Taken about the first coordinate, because products of
/// large northings lose the digits that small rings consist of.
fn area(ring: &[[f64; 2]]) -> f64 {
    let [x0, y0] = ring[0];
    ring.windows(2)
        .map(|pair| (pair[0][0] - x0) * (pair[1][1] - y0) - (pair[1][0] - x0) * (pair[0][1] - y0))
        .sum()
}

/// The rings of a polygon record to parts: a clockwise ring is a shell, a counter-clockwise one a hole of
/// the smallest shell around it (page 8 of the description). A hole that lies in no shell, and a record
/// of nothing but counter-clockwise rings, are shells: writers get winding wrong, and an area that
/// vanishes is worse than one the gate complains of.
fn areas(shapes: &mut Shapes<f64>, rings: &[(usize, usize)]) {
    if rings.is_empty() {
        shapes.end_feature(ShapeKind::Empty);
        return;
    }
    if let [(_, end)] = rings {
        shapes.coord_ends.push(*end as u32);
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
        return;
    }
    let signed: Vec<f64> = rings
        .iter()
        .map(|&(from, to)| area(&shapes.coords[from..to]))
        .collect();
    let any_clockwise = signed.iter().any(|area| *area < 0.0);
    let boxes: Vec<_> = rings
        .iter()
        .map(|&(from, to)| crate::model::Bbox::around(&shapes.coords[from..to]))
        .collect();
    let inside = |inner: usize, outer: usize| {
        let (Some(small), Some(large)) = (boxes[inner], boxes[outer]) else {
            return false;
        };
        if small.west < large.west
            || small.east > large.east
            || small.south < large.south
            || small.north > large.north
        {
            return false;
        }
        let (from, to) = rings[outer];
        let around = &shapes.coords[from..to];
        // A vertex on the boundary of the other ring decides nothing, so take the first that is not.
        let (from, to) = rings[inner];
        shapes.coords[from..to]
            .iter()
            .find_map(|at| within(*at, around))
            .unwrap_or(true)
    };
    let mut order: Vec<usize> = (0..rings.len()).collect();
    order.sort_by(|a, b| signed[*b].abs().total_cmp(&signed[*a].abs()).then(a.cmp(b)));
    // For each ring, the shell it is a hole of.
    let mut shell_of: Vec<Option<usize>> = vec![None; rings.len()];
    for (rank, &ring) in order.iter().enumerate() {
        if any_clockwise && signed[ring] < 0.0 {
            continue;
        }
        let around = order[..rank]
            .iter()
            .rev()
            .copied()
            .find(|&outer| inside(ring, outer) && (!any_clockwise || signed[outer] < 0.0));
        // Without winding to go by, a ring in a hole is an island again.
        shell_of[ring] = around.filter(|&outer| shell_of[outer].is_none());
    }
    // Rings leave in the order of the file, each shell followed by its holes.
    let mut coords = Vec::with_capacity(rings.last().map_or(0, |ring| ring.1) - rings[0].0);
    let base = rings[0].0;
    let mut parts = 0;
    let mut ends = vec![];
    for shell in (0..rings.len()).filter(|ring| shell_of[*ring].is_none()) {
        let holes = (0..rings.len()).filter(|ring| shell_of[*ring] == Some(shell));
        for ring in std::iter::once(shell).chain(holes) {
            coords.extend_from_slice(&shapes.coords[rings[ring].0..rings[ring].1]);
            ends.push((base + coords.len()) as u32);
        }
        parts += 1;
        shapes
            .ring_ends
            .push((shapes.coord_ends.len() + ends.len()) as u32);
    }
    shapes.coord_ends.extend(ends);
    shapes.coords[base..].copy_from_slice(&coords);
    shapes.end_feature(if parts == 1 {
        ShapeKind::Polygon
    } else {
        ShapeKind::MultiPolygon
    });
}

/// Whether a position lies within a ring; none on its boundary.
fn within([x, y]: [f64; 2], ring: &[[f64; 2]]) -> Option<bool> {
    let mut inside = false;
    for pair in ring.windows(2) {
        let ([ax, ay], [bx, by]) = (pair[0], pair[1]);
        let side = (bx - ax) * (y - ay) - (by - ay) * (x - ax);
        if side == 0.0
            && (ax.min(bx)..=ax.max(bx)).contains(&x)
            && (ay.min(by)..=ay.max(by)).contains(&y)
        {
            return None;
        }
        if (ay > y) != (by > y) && ((side > 0.0) == (by > ay)) {
            inside = !inside;
        }
    }
    Some(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SQUARE: [[f64; 2]; 5] = [[0.0, 0.0], [0.0, 9.0], [9.0, 9.0], [9.0, 0.0], [0.0, 0.0]];

    fn scaled(by: f64, to: f64, clockwise: bool) -> Vec<[f64; 2]> {
        let mut ring: Vec<_> = SQUARE
            .iter()
            .map(|c| [c[0] * by + to, c[1] * by + to])
            .collect();
        if !clockwise {
            ring.reverse();
        }
        ring
    }

    fn record(kind: i32, rings: &[Vec<[f64; 2]>]) -> Vec<u8> {
        let mut bytes = kind.to_le_bytes().to_vec();
        bytes.extend([0; 32]);
        bytes.extend((rings.len() as i32).to_le_bytes());
        bytes.extend((rings.iter().map(Vec::len).sum::<usize>() as i32).to_le_bytes());
        let mut at = 0_i32;
        for ring in rings {
            bytes.extend(at.to_le_bytes());
            at += ring.len() as i32;
        }
        for coord in rings.iter().flatten() {
            bytes.extend(coord[0].to_le_bytes());
            bytes.extend(coord[1].to_le_bytes());
        }
        bytes
    }

    fn file(kind: i32, records: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = vec![0; HEADER];
        bytes[..4].copy_from_slice(&9994_i32.to_be_bytes());
        bytes[32..36].copy_from_slice(&kind.to_le_bytes());
        for (row, record) in records.iter().enumerate() {
            bytes.extend((row as i32 + 1).to_be_bytes());
            bytes.extend((record.len() as i32 / 2).to_be_bytes());
            bytes.extend(record);
        }
        bytes
    }

    fn rings_of(rings: &[Vec<[f64; 2]>]) -> (ShapeKind, Vec<usize>) {
        let read = read(&file(5, &[record(5, rings)]), None, None)
            .ok()
            .unwrap();
        let shape = read.shapes.get(0);
        (
            shape.kind,
            shape.parts().map(|part| part.rings().len()).collect(),
        )
    }

    #[test]
    fn holes_find_their_shell_and_islands_stand_by_themselves() {
        let (shell, hole) = (scaled(1.0, 0.0, true), scaled(0.5, 1.0, false));
        let (island, apart) = (scaled(0.1, 2.0, true), scaled(1.0, 20.0, true));
        assert_eq!(
            rings_of(std::slice::from_ref(&shell)),
            (ShapeKind::Polygon, vec![1])
        );
        assert_eq!(
            rings_of(&[hole.clone(), shell.clone()]),
            (ShapeKind::Polygon, vec![2])
        );
        assert_eq!(
            rings_of(&[shell.clone(), apart.clone(), hole.clone()]),
            (ShapeKind::MultiPolygon, vec![2, 1])
        );
        assert_eq!(
            rings_of(&[shell.clone(), hole.clone(), island]),
            (ShapeKind::MultiPolygon, vec![2, 1])
        );
        // Wound the wrong way throughout: containment decides.
        let wrong = [
            scaled(1.0, 0.0, false),
            hole,
            scaled(0.1, 2.0, false),
            scaled(1.0, 20.0, false),
        ];
        assert_eq!(rings_of(&wrong), (ShapeKind::MultiPolygon, vec![2, 1, 1]));
        // A hole outside every shell stays an area.
        assert_eq!(
            rings_of(&[shell, scaled(0.5, 30.0, false)]),
            (ShapeKind::MultiPolygon, vec![1, 1])
        );
    }

    #[test]
    fn open_rings_stay_open_and_are_said() {
        let mut ring = scaled(1.0, 0.0, true);
        ring.pop();
        let read = read(&file(5, &[record(5, &[ring])]), None, None)
            .ok()
            .unwrap();
        assert!(read.seen[0].1.open_ring);
        assert_eq!(read.shapes.coords.len(), 4);
    }

    #[test]
    fn a_file_cut_anywhere_gives_the_rows_before_the_cut_and_never_panics() {
        let records: Vec<_> = (0..4)
            .map(|at| record(5, &[scaled(1.0, f64::from(at), true)]))
            .collect();
        let whole = file(5, &records);
        for cut in 0..whole.len() {
            match read(&whole[..cut], None, Some(4)) {
                Err(bad) => assert!(cut < HEADER && bad == Bad::NotShp),
                Ok(read) => {
                    let sound = (cut - HEADER) / (records[0].len() + 8);
                    assert_eq!(
                        (read.shapes.len(), read.cut_at),
                        (4, Some(sound)),
                        "cut at {cut}"
                    );
                    assert_eq!(read.shapes.coords.len(), sound * 5);
                }
            }
        }
        for at in (HEADER..whole.len()).step_by(3) {
            let mut bent = whole.clone();
            bent[at] ^= 0xff;
            let _ = read(&bent, None, Some(4));
        }
    }
}

//! Where a label goes: inside an area and away from its edges, in the middle of a line, at a point; and
//! where further ones go along a line.

use bytemuck::{Pod, Zeroable};

use super::order::double_area;
use crate::model::{PartRef, ShapeRef, ShapesRef};

type At = [u32; 2];

/// How many lines are laid through an area to look for room.
const SCAN_LINES: u32 = 7;

/// Where the rings of an area cross the horizontal line half a cell below `above`, ascending, in place of what
/// `found` held.
fn crossings(part: &PartRef<'_, u32>, above: u32, found: &mut Vec<f64>) {
    found.clear();
    let y = f64::from(above) + 0.5;
    for ring in part.rings() {
        for pair in ring.windows(2) {
            if (pair[0][1] > above) != (pair[1][1] > above) {
                let [ax, ay, bx, by] =
                    [pair[0][0], pair[0][1], pair[1][0], pair[1][1]].map(f64::from);
                found.push(ax + (bx - ax) * (y - ay) / (by - ay));
            }
        }
    }
    found.sort_unstable_by(f64::total_cmp);
}

/// The square of the distance from a position to the nearest edge.
fn room(part: &PartRef<'_, u32>, [x, y]: [f64; 2]) -> f64 {
    let mut least = f64::INFINITY;
    for ring in part.rings() {
        for pair in ring.windows(2) {
            let [ax, ay, bx, by] = [pair[0][0], pair[0][1], pair[1][0], pair[1][1]].map(f64::from);
            let (dx, dy) = (bx - ax, by - ay);
            let along = ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy).max(1.0);
            let along = along.clamp(0.0, 1.0);
            let (ex, ey) = (x - ax - along * dx, y - ay - along * dy);
            least = least.min(ex * ex + ey * ey);
        }
    }
    least
}

/// A position inside the largest part of an area, of several tries the one with the most room.
fn inside(shape: &ShapeRef<'_, u32>, found: &mut Vec<f64>) -> Option<At> {
    let shell = |part: &PartRef<'_, u32>| part.rings().next().map_or(0.0, double_area);
    let part = if shape.parts().len() == 1 {
        shape.parts().next()?
    } else {
        shape.parts().max_by(|a, b| shell(a).total_cmp(&shell(b)))?
    };
    let ring = part.rings().next()?;
    let low = ring.iter().map(|at| at[1]).min()?;
    let high = ring.iter().map(|at| at[1]).max()?;
    // A building of four corners has its middle in the middle.
    let lines = match ring.len() {
        ..=5 => 1,
        6..=8 => 3,
        _ => SCAN_LINES,
    };
    let mut best: Option<(f64, [f64; 2])> = None;
    for line in 1..=lines {
        // Off the grid, so that no vertex lies on the line.
        let share = f64::from(line) / f64::from(lines + 1);
        let above = (f64::from(low) + f64::from(high - low) * share) as u32;
        let y = f64::from(above) + 0.5;
        crossings(&part, above, found);
        let widest = found
            .chunks_exact(2)
            .max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])));
        if let Some(span) = widest {
            let at = [f64::midpoint(span[0], span[1]), y];
            // There is no more room than to the ends of the span, so most lines need no closer look.
            let most = ((span[1] - span[0]) / 2.0).powi(2);
            if best.is_some_and(|(best, _)| most <= best) {
                continue;
            }
            let room = if lines > 1 { room(&part, at) } else { most };
            if best.is_none_or(|(best, _)| room > best) {
                best = Some((room, at));
            }
        }
    }
    best.map(|(_, [x, y])| [x as u32, y as u32])
}

/// The middle of the longest path, by length.
fn along(shape: &ShapeRef<'_, u32>) -> Option<At> {
    let step = |pair: &[At]| {
        let [ax, ay, bx, by] = [pair[0][0], pair[0][1], pair[1][0], pair[1][1]].map(f64::from);
        (bx - ax).hypot(by - ay)
    };
    let length = |ring: &[At]| ring.windows(2).map(step).sum::<f64>();
    let path = shape
        .parts()
        .filter_map(|part| part.rings().next())
        .max_by(|a, b| length(a).total_cmp(&length(b)))?;
    let mut left = length(path) / 2.0;
    for pair in path.windows(2) {
        let own = step(pair);
        if own >= left && own > 0.0 {
            let share = left / own;
            let at = |a: u32, b: u32| (f64::from(a) + (f64::from(b) - f64::from(a)) * share) as u32;
            return Some([at(pair[0][0], pair[1][0]), at(pair[0][1], pair[1][1])]);
        }
        left -= own;
    }
    path.first().copied()
}

/// The label's position; the world's corner for a shape without any.
fn label(shape: &ShapeRef<'_, u32>, scratch: &mut Vec<f64>) -> At {
    match shape.kind.dimension() {
        Some(2) => inside(shape, scratch),
        Some(1) => along(shape),
        _ => None,
    }
    .or_else(|| shape.coords().first().copied())
    .unwrap_or_default()
}

/// The positions of all labels, row by row.
pub(super) fn labels(world: ShapesRef<'_, u32>) -> Vec<At> {
    let mut scratch = vec![];
    world
        .iter()
        .map(|shape| label(&shape, &mut scratch))
        .collect()
}

/// Where a label may go along a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Pod, Zeroable)]
#[repr(C)]
pub struct Anchor {
    /// World position.
    pub at: [u32; 2],
    /// How the line runs there: clockwise from east, more than -90 and at most 90, so that text stands
    /// upright.
    pub degrees: i32,
    /// The zoom from which it is shown.
    pub zoom: u32,
}

/// A line gets its first anchor at the zoom where it is this many pixels long, of 512 a tile.
const FIRST_PIXELS: f64 = 64.0;
/// It gets further ones where they are this many pixels apart, in between those that are there.
const APART_PIXELS: f64 = 256.0;
/// World cells of a pixel at zoom 0, as a power of two.
const PIXEL_POWER: f64 = 23.0;
/// Deeper than this no further anchors come in between.
const LAST_ZOOM: u32 = 18;
/// A line never has more than this many rounds of anchors, each with twice as many as the one before.
const ROUNDS: u32 = 10;

/// The first zoom at which so many cells are so many pixels.
fn zoom_at(cells: f64, pixels: f64) -> u32 {
    (pixels.log2() + PIXEL_POWER - cells.log2()).ceil().max(0.0) as u32
}

/// The anchors of all rows, those of a row where its end stands: for a layer of lines, the middle of each
/// path, then the middles of its halves, and so on. All computed on the whole line, so a tile shows those
/// that lie in it and none comes twice. Both are empty for a layer without lines.
pub(super) fn anchors(world: ShapesRef<'_, u32>) -> (Vec<u32>, Vec<Anchor>) {
    if !world.iter().any(|shape| shape.kind.dimension() == Some(1)) {
        return (vec![], vec![]);
    }
    let (mut ends, mut all) = (vec![], vec![]);
    let mut reached = vec![];
    for shape in world.iter() {
        let begin = all.len();
        if shape.kind.dimension() == Some(1) {
            for path in shape.parts().filter_map(|part| part.rings().next()) {
                along_path(path, &mut reached, &mut all);
            }
            // The first shown comes first: it stands for the feature.
            all[begin..].sort_by_key(|anchor: &Anchor| anchor.zoom);
        }
        ends.push(all.len() as u32);
    }
    (ends, all)
}

/// Adds the anchors of a path. `reached` is memory to work with.
fn along_path(path: &[At], reached: &mut Vec<f64>, all: &mut Vec<Anchor>) {
    reached.clear();
    let mut length = 0.0;
    reached.push(length);
    for pair in path.windows(2) {
        let [ax, ay, bx, by] = [pair[0][0], pair[0][1], pair[1][0], pair[1][1]].map(f64::from);
        length += (bx - ax).hypot(by - ay);
        reached.push(length);
    }
    if length < 1.0 {
        return;
    }
    let place = |far: f64| -> [f64; 2] {
        let next = reached
            .partition_point(|&own| own < far)
            .clamp(1, path.len() - 1);
        let own = reached[next] - reached[next - 1];
        let share = if own > 0.0 {
            ((far - reached[next - 1]) / own).clamp(0.0, 1.0)
        } else {
            0.0
        };
        let [a, b] = [path[next - 1], path[next]];
        [0, 1].map(|axis| f64::from(a[axis]) + (f64::from(b[axis]) - f64::from(a[axis])) * share)
    };
    for round in 0..ROUNDS {
        let part = length / f64::from(1 << (round + 1));
        let zoom = match round {
            0 => zoom_at(length, FIRST_PIXELS),
            _ => zoom_at(part, APART_PIXELS).max(zoom_at(length, FIRST_PIXELS)),
        };
        if round > 0 && zoom > LAST_ZOOM {
            return;
        }
        for odd in (1..1_u32 << (round + 1)).step_by(2) {
            let far = part * f64::from(odd);
            let [x, y] = place(far).map(|at| at as u32);
            // A little before and after, so that one short jog does not turn the text.
            let ([ax, ay], [bx, by]) = (place(far - part / 8.0), place(far + part / 8.0));
            let degrees = (by - ay).atan2(bx - ax).to_degrees().round() as i32;
            let degrees = match degrees {
                91.. => degrees - 180,
                ..=-90 => degrees + 180,
                _ => degrees,
            };
            all.push(Anchor {
                at: [x, y],
                degrees,
                zoom,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ShapeKind, Shapes};

    #[test]
    fn anchors_lie_on_their_line_upright_and_no_two_come_too_near_at_any_zoom() {
        let mut shapes = Shapes::new();
        let mut seed = 3_u32;
        for row in 0..60_u32 {
            let mut at = [1 << 30, (1 << 30) + row * 1000];
            for _ in 0..2 + row % 7 {
                shapes.coords.push(at);
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                at = [
                    at[0] + (seed >> 12) % (1 << (10 + row % 12)),
                    at[1] - (seed >> 14) % (1 << (8 + row % 13)),
                ];
            }
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature(ShapeKind::LineString);
        }
        let (ends, all) = anchors(shapes.view());
        let mut begin = 0;
        for (row, &end) in ends.iter().enumerate() {
            let own = &all[begin..end as usize];
            begin = end as usize;
            let path = shapes.get(row);
            assert_eq!(
                own.len().count_ones() as usize,
                own.len().trailing_ones() as usize,
                "1, 3, 7, ..."
            );
            for anchor in own {
                assert!((-89..=90).contains(&anchor.degrees), "{anchor:?}");
                // By hand: the distance to the nearest edge is a cell or so.
                let [x, y] = anchor.at.map(f64::from);
                let near = path.coords().windows(2).any(|pair| {
                    let [ax, ay] = pair[0].map(f64::from);
                    let [bx, by] = pair[1].map(f64::from);
                    let (dx, dy) = (bx - ax, by - ay);
                    let share = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy).max(1.0))
                        .clamp(0.0, 1.0);
                    (ax + dx * share - x).hypot(ay + dy * share - y) < 2.0
                });
                assert!(near, "row {row}: {anchor:?}");
            }
            for zoom in 0..=22 {
                let shown = own.iter().filter(|anchor| anchor.zoom <= zoom).count();
                let pixels = length_of(path.coords()) / 2_f64.powi(23 - zoom as i32);
                match shown {
                    0 => assert!(pixels < FIRST_PIXELS, "row {row} zoom {zoom}"),
                    1 => assert!(pixels >= FIRST_PIXELS, "row {row} zoom {zoom}"),
                    _ => assert!(
                        pixels / (shown + 1) as f64 >= APART_PIXELS,
                        "row {row} zoom {zoom}"
                    ),
                }
            }
        }
        let (ends, all) = anchors(Shapes::new().view());
        assert!(ends.is_empty() && all.is_empty());
    }

    fn length_of(path: &[At]) -> f64 {
        let step = |pair: &[At]| {
            let [ax, ay, bx, by] = [pair[0][0], pair[0][1], pair[1][0], pair[1][1]].map(f64::from);
            (bx - ax).hypot(by - ay)
        };
        path.windows(2).map(step).sum()
    }

    #[test]
    fn a_line_that_runs_south_west_is_read_upwards() {
        let mut shapes = Shapes::new();
        for [x, y] in [[1 << 20, 0], [0, 1 << 20]] {
            shapes.coords.push([x + (1 << 30), y + (1 << 30)]);
        }
        shapes.end_ring();
        shapes.end_part();
        shapes.end_feature(ShapeKind::LineString);
        let (_, all) = anchors(shapes.view());
        assert_eq!(
            (all[0].degrees, all[0].at),
            (-45, [(1 << 30) + (1 << 19); 2])
        );
    }

    #[test]
    fn a_label_lies_inside_a_crescent_and_outside_of_a_hole() {
        let mut shapes = Shapes::new();
        for ring in [
            [[0, 0], [900, 0], [900, 900], [0, 900], [0, 0]],
            [[100, 100], [100, 800], [800, 800], [800, 100], [100, 100]],
        ] {
            shapes
                .coords
                .extend(ring.map(|[x, y]: [u32; 2]| [x + 1000, y + 1000]));
            shapes.end_ring();
        }
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
        let [x, y] = label(&shapes.get(0), &mut vec![]).map(|at| at - 1000);
        let in_shell = (1..900).contains(&x) && (1..900).contains(&y);
        let in_hole = (100..=800).contains(&x) && (100..=800).contains(&y);
        assert!(in_shell && !in_hole, "{x} {y}");
    }

    #[test]
    fn the_label_of_a_line_is_half_way_along_it() {
        let mut shapes = Shapes::new();
        shapes.coords.extend([[0, 0], [100, 0], [100, 100]]);
        shapes.end_ring();
        shapes.end_part();
        shapes.end_feature(ShapeKind::LineString);
        assert_eq!(label(&shapes.get(0), &mut vec![]), [100, 0]);
    }
}

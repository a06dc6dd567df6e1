//! Where a label goes: inside an area and away from its edges, in the middle of a line, at a point.

use super::order::double_area;
use crate::model::{PartRef, ShapeRef};

type At = [u32; 2];

/// How many lines are laid through an area to look for room.
const SCAN_LINES: u32 = 7;

/// Where the rings of an area cross a horizontal line, ascending, in place of what `found` held.
fn crossings(part: &PartRef<'_, u32>, y: f64, found: &mut Vec<f64>) {
    found.clear();
    for ring in part.rings() {
        for pair in ring.windows(2) {
            let [ax, ay, bx, by] = [pair[0][0], pair[0][1], pair[1][0], pair[1][1]].map(f64::from);
            if (ay > y) != (by > y) {
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
fn inside(shape: &ShapeRef<'_, u32>) -> Option<At> {
    let shell = |part: &PartRef<'_, u32>| part.rings().next().map_or(0.0, double_area);
    let part = if shape.parts().len() == 1 {
        shape.parts().next()?
    } else {
        shape.parts().max_by(|a, b| shell(a).total_cmp(&shell(b)))?
    };
    let ring = part.rings().next()?;
    let low = ring.iter().map(|at| at[1]).min()?;
    let high = ring.iter().map(|at| at[1]).max()?;
    let lines = if ring.len() <= 8 { 3 } else { SCAN_LINES };
    let mut best: Option<(f64, [f64; 2])> = None;
    let mut found = vec![];
    for line in 1..=lines {
        // Off the grid, so that no vertex lies on the line.
        let share = f64::from(line) / f64::from(lines + 1);
        let y = (f64::from(low) + f64::from(high - low) * share).floor() + 0.5;
        crossings(&part, y, &mut found);
        let widest = found
            .chunks_exact(2)
            .max_by(|a, b| (a[1] - a[0]).total_cmp(&(b[1] - b[0])));
        if let Some(span) = widest {
            let at = [f64::midpoint(span[0], span[1]), y];
            let room = room(&part, at);
            if best.is_none_or(|(most, _)| room > most) {
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
pub(super) fn label(shape: &ShapeRef<'_, u32>) -> At {
    match shape.kind.dimension() {
        Some(2) => inside(shape),
        Some(1) => along(shape),
        _ => None,
    }
    .or_else(|| shape.coords().first().copied())
    .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ShapeKind, Shapes};

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
        let [x, y] = label(&shapes.get(0)).map(|at| at - 1000);
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
        assert_eq!(label(&shapes.get(0)), [100, 0]);
    }
}

//! Lines that run along one another: a road that is drawn twice, a pipe that comes back over itself.
//!
//! Two lines need share no vertex to share their ground, and the pieces that do need not follow one another. So
//! every two lines whose boxes share more than a spot are held segment against segment, over their common box
//! only, and what they share is added up. Beside one copy of the coordinates, memory is that of two lines.
//!
//! As with overlaps, the file's own coordinates say what lies on what: an edge of a kilometre that is straight in
//! degrees lies centimetres beside the same edge in two pieces when both are drawn straight in a UTM zone.

use super::{Stop, geometry::drawn_box, orient::At, pyramid::Pyramid};
use crate::{
    index,
    model::{Bbox, ShapeRef, Shapes},
};

/// Segments this near to each other, in metres, lie on one another. Lines that part at half a degree are no
/// longer this near after two metres.
const APART_M: f64 = 0.02;
/// Up to this many comparisons plain pairs are quicker than boxes over runs.
const PLAIN: usize = 2_000;
/// How many comparisons a layer may cost, and how many more for each of its coordinates; real networks need a few.
const WORK: usize = 50_000_000;
const WORK_A_COORD: usize = 300;
/// What two lines cost besides, and what it costs to keep that they share something.
const WORK_A_PAIR: usize = 10;
const WORK_A_HIT: usize = 300;

/// What two lines share, or one with itself.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Along {
    /// The earlier row.
    pub(super) one: u32,
    /// The later row; the same for a line that runs over itself.
    pub(super) other: u32,
    /// How much, in metres.
    pub(super) metres: f64,
    /// The coordinate of the layer at which the longest piece of the later row's that is shared begins; the
    /// piece runs to the next one.
    from: usize,
    /// Where the middle of what is shared lies on that piece, from 0 to 1.
    share: f64,
}

impl Along {
    /// The middle of the longest piece, in any array that runs along the layer's coordinates.
    pub(super) fn place(&self, coords: &[At]) -> Option<At> {
        let (from, to) = (coords.get(self.from)?, coords.get(self.from + 1)?);
        Some([0, 1].map(|axis| from[axis] + self.share * (to[axis] - from[axis])))
    }
}

/// A segment, which coordinate of the layer it starts at, and whether it belongs to the later row.
#[derive(Clone, Copy)]
struct Piece {
    a: At,
    b: At,
    at: usize,
    later: bool,
}

/// The shapes of a file in units of about a metre: each axis by itself, so that what is straight stays straight.
fn stretched(drawn: &Shapes<f64>, metres: &Shapes<f64>) -> Shapes<f64> {
    let mut shapes = drawn.clone();
    let (Some(from), Some(to)) = (Bbox::around(&drawn.coords), Bbox::around(&metres.coords)) else {
        return shapes;
    };
    let spans = |bbox: &Bbox| [bbox.east - bbox.west, bbox.north - bbox.south];
    let (from_spans, to_spans) = (spans(&from), spans(&to));
    // A layer of one straight line may have no height; then its width speaks for both.
    let wider = usize::from(from_spans[1] > from_spans[0]);
    let scale = [0, 1].map(|axis| {
        let axis = if from_spans[axis] * 1000.0 > from_spans[wider] {
            axis
        } else {
            wider
        };
        let scale = to_spans[axis] / from_spans[axis];
        if scale.is_finite() && scale > 0.0 {
            scale
        } else {
            1.0
        }
    });
    for at in &mut shapes.coords {
        *at = [
            (at[0] - from.west) * scale[0],
            (at[1] - from.south) * scale[1],
        ];
    }
    shapes
}

/// Every two rows of lines (and every row with itself) that share at least `least` metres, by row. `drawn` are the
/// shapes as the file has them, `metres` the same in metres. None when finding out would take longer than with
/// any honest network, or when nobody waits for it.
pub(super) fn along(
    drawn: &Shapes<f64>,
    metres: &Shapes<f64>,
    least: f64,
    stop: Stop<'_>,
) -> Option<Vec<Along>> {
    let stretched = stretched(drawn, metres);
    let lengths = |at: usize| {
        let (a, b) = (metres.coords[at], metres.coords[at + 1]);
        (b[0] - a[0]).hypot(b[1] - a[1])
    };
    let boxes: Vec<Bbox> = stretched
        .view()
        .iter()
        .map(|shape| drawn_box(&shape, 1))
        .collect();
    let mut seeker = Seeker {
        least,
        limit: WORK + WORK_A_COORD * stretched.coords.len(),
        ..Seeker::default()
    };
    let lines = boxes
        .iter()
        .enumerate()
        .filter(|(_, bbox)| bbox.is_finite());
    for (row, bbox) in stop.each(lines) {
        seeker.pieces.clear();
        seeker.collect(stretched.get(row), bbox, false);
        if seeker.pieces.len() > 2 {
            seeker.compare(row as u32, row as u32, &lengths);
        }
    }
    let mut going = stop.often();
    index::pairs(&boxes, |one, other| {
        let (a, b) = (&boxes[one as usize], &boxes[other as usize]);
        let both = Bbox {
            west: a.west.max(b.west) - APART_M,
            south: a.south.max(b.south) - APART_M,
            east: a.east.min(b.east) + APART_M,
            north: a.north.min(b.north) + APART_M,
        };
        // Lines that meet in a corner share a spot of ground, and most do no more.
        if (both.east - both.west).hypot(both.north - both.south) < least {
            return going();
        }
        seeker.pieces.clear();
        seeker.work += WORK_A_PAIR;
        seeker.collect(stretched.get(one as usize), &both, false);
        seeker.collect(stretched.get(other as usize), &both, true);
        seeker.compare(one, other, &lengths);
        seeker.work <= seeker.limit && going()
    });
    if seeker.work > seeker.limit || stop.is_on() {
        return None;
    }
    let mut found = seeker.found;
    found.sort_unstable_by_key(|along| (along.other, along.one));
    Some(found)
}

/// Compares pair after pair and keeps its memory between them.
#[derive(Default)]
struct Seeker {
    least: f64,
    pieces: Vec<Piece>,
    pyramid: Pyramid,
    found: Vec<Along>,
    work: usize,
    limit: usize,
}

impl Seeker {
    /// Adds the segments of a line that meet a box.
    fn collect(&mut self, shape: ShapeRef<'_, f64>, near: &Bbox, later: bool) {
        let mut at = shape.coord_range().0;
        self.work += shape.coords().len() / 8;
        for part in shape.parts() {
            for path in part.rings() {
                for (step, ends) in path.windows(2).enumerate() {
                    let (a, b) = (ends[0], ends[1]);
                    if a != b
                        && a[0].min(b[0]) <= near.east
                        && a[0].max(b[0]) >= near.west
                        && a[1].min(b[1]) <= near.north
                        && a[1].max(b[1]) >= near.south
                    {
                        let at = at + step;
                        self.pieces.push(Piece { a, b, at, later });
                    }
                }
                at += path.len();
            }
        }
    }

    fn compare(&mut self, one: u32, other: u32, lengths: &dyn Fn(usize) -> f64) {
        let count = self.pieces.len();
        let split = self.pieces.partition_point(|piece| !piece.later);
        let same = one == other;
        let mut sum = 0.0;
        let mut longest = (0.0, 0, 0.0);
        let pieces = &self.pieces;
        let mut hold = |first: usize, second: usize| {
            let (a, b) = (&pieces[first], &pieces[second]);
            // Neighbours on one line meet in a vertex; whether one folds back on the other is told by itself.
            if same && a.at.abs_diff(b.at) == 1 {
                return;
            }
            let Some([from, to]) = shared(b, a) else {
                return;
            };
            let length = (to - from) * lengths(b.at);
            sum += length;
            if length > longest.0 {
                longest = (length, b.at, f64::midpoint(from, to));
            }
        };
        if !same && split * (count - split) <= PLAIN {
            self.work += split * (count - split);
            for second in split..count {
                for first in 0..split {
                    hold(first, second);
                }
            }
        } else if same && count * count <= 2 * PLAIN {
            self.work += count * count / 2;
            for second in 0..count {
                for first in 0..second {
                    hold(first, second);
                }
            }
        } else {
            self.pyramid
                .build(count, |piece| (pieces[piece].a, pieces[piece].b));
            let (work, limit) = (&mut self.work, self.limit);
            self.pyramid.neighbours(|first, second| {
                *work += 1;
                if same || (first < split) != (second < split) {
                    hold(first, second);
                }
                *work <= limit
            });
        }
        if sum >= self.least {
            self.work += WORK_A_HIT;
            self.found.push(Along {
                one,
                other,
                metres: sum,
                from: longest.1,
                share: longest.2,
            });
        }
    }
}

/// From where to where two segments lie on one another, as shares of the first.
fn shared(on: &Piece, by: &Piece) -> Option<[f64; 2]> {
    let reach = [on.b[0] - on.a[0], on.b[1] - on.a[1]];
    let length = reach[0].hypot(reach[1]);
    // How far along the first a place is, and how far beside it.
    let lies = |at: At| {
        let off = [at[0] - on.a[0], at[1] - on.a[1]];
        (
            (off[0] * reach[0] + off[1] * reach[1]) / length,
            (off[0] * reach[1] - off[1] * reach[0]) / length,
        )
    };
    let (c, d) = (lies(by.a), lies(by.b));
    let (from, to) = (c.0.min(d.0).max(0.0), c.0.max(d.0).min(length));
    if to <= from {
        return None;
    }
    let beside = |at: f64| (c.1 + (d.1 - c.1) * (at - c.0) / (d.0 - c.0)).abs();
    (beside(from) <= APART_M && beside(to) <= APART_M).then(|| [from / length, to / length])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{model::ShapeKind, validate::validity::Dice};

    fn line(shapes: &mut Shapes<f64>, path: &[At]) {
        shapes.coords.extend_from_slice(path);
        shapes.end_ring();
        shapes.end_part();
        shapes.end_feature(ShapeKind::LineString);
    }

    /// A walk over a grid that steps on no place twice.
    fn walk(dice: &mut Dice, size: u64, steps: u64) -> Vec<At> {
        let mut path = vec![[dice.below(size) as f64, dice.below(size) as f64]];
        for _ in 0..steps {
            let [x, y] = path[path.len() - 1];
            let to = [
                x + dice.below(3) as f64 - 1.0,
                y + dice.below(3) as f64 - 1.0,
            ];
            let crosses = |pair: &[At]| {
                (pair[0][0] + pair[1][0], pair[0][1] + pair[1][1]) == (x + to[0], y + to[1])
            };
            if !path.contains(&to) && !path.windows(2).any(crosses) {
                path.push(to);
            }
        }
        path
    }

    fn geos(path: &[At]) -> gdal::vector::Geometry {
        let path: Vec<String> = path.iter().map(|[x, y]| format!("{x:?} {y:?}")).collect();
        gdal::vector::Geometry::from_wkt(&format!("LINESTRING({})", path.join(","))).unwrap()
    }

    #[test]
    fn what_lines_share_equals_geos() {
        let mut dice = Dice(8);
        let (mut none, mut some, mut long) = (0, 0, 0);
        for round in 0..2_000 {
            let steps = if round % 40 == 0 { 400 } else { 12 };
            let size = if steps > 12 { 24 } else { 6 };
            let paths = [0, 1].map(|_| {
                let mut path = walk(&mut dice, size, steps);
                // Vertices that the other has not, on the same ground.
                for at in (1..path.len()).rev() {
                    if dice.below(3) == 0 {
                        let (a, b) = (path[at - 1], path[at]);
                        path.insert(at, [0, 1].map(|axis| f64::midpoint(a[axis], b[axis])));
                    }
                }
                path.iter()
                    .map(|at| at.map(|axis| axis * 10.0))
                    .collect::<Vec<At>>()
            });
            if paths.iter().any(|path| path.len() < 3) {
                continue;
            }
            let mut shapes = Shapes::new();
            for path in &paths {
                line(&mut shapes, path);
            }
            let theirs = geos(&paths[0])
                .intersection(&geos(&paths[1]))
                .map_or(0.0, |common| {
                    // Lines may also meet in single points, which have no length.
                    let parts = common.geometry_count();
                    (0..parts)
                        .map(|part| common.get_geometry(part).length())
                        .sum::<f64>()
                        + if parts == 0 { common.length() } else { 0.0 }
                });
            let ours = along(&shapes, &shapes, 1.0, Stop::never()).unwrap();
            let sum: f64 = ours.iter().map(|along| along.metres).sum();
            assert!((sum - theirs).abs() < 1e-9, "{sum} {theirs} {paths:?}");
            for along in &ours {
                assert_eq!((along.one, along.other), (0, 1));
                let [x, y] = along.place(&shapes.coords).unwrap();
                let near = |path: &[At]| {
                    let point = gdal::vector::Geometry::from_wkt(&format!("POINT({x:?} {y:?})"));
                    geos(path)
                        .buffer(1e-6, 4)
                        .unwrap()
                        .contains(&point.unwrap())
                };
                assert!(near(&paths[0]) && near(&paths[1]), "{x} {y}");
            }
            none += usize::from(ours.is_empty());
            some += usize::from(!ours.is_empty());
            long += usize::from(steps > 12 && !ours.is_empty());
        }
        assert!(
            none > 300 && some > 200 && long > 10,
            "{none} {some} {long}"
        );
    }

    #[test]
    fn a_line_that_comes_back_over_itself_later_is_found_and_a_ring_road_is_not() {
        let mut shapes = Shapes::new();
        line(
            &mut shapes,
            &[
                [0.0, 0.0],
                [100.0, 0.0],
                [100.0, 50.0],
                [50.0, 50.0],
                [50.0, 0.0],
                [80.0, 0.01],
                [80.0, -9.0],
            ],
        );
        line(
            &mut shapes,
            &[
                [0.0, 90.0],
                [9.0, 90.0],
                [9.0, 99.0],
                [0.0, 99.0],
                [0.0, 90.0],
            ],
        );
        // Two carriageways, and a slip road that parts from one.
        line(&mut shapes, &[[0.0, 200.0], [100.0, 200.0]]);
        line(&mut shapes, &[[0.0, 200.5], [100.0, 200.5]]);
        line(&mut shapes, &[[100.0, 200.0], [0.0, 198.0]]);
        let found = along(&shapes, &shapes, 2.0, Stop::never()).unwrap();
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].one, found[0].other), (0, 0));
        assert!((found[0].metres - 30.0).abs() < 1e-3, "{found:?}");
    }

    #[test]
    fn hundreds_of_copies_of_a_long_line_end_in_time() {
        let mut shapes = Shapes::new();
        let path: Vec<At> = (0..500)
            .map(|at| [f64::from(at), f64::from(at % 7)])
            .collect();
        for _ in 0..400 {
            line(&mut shapes, &path);
        }
        assert_eq!(along(&shapes, &shapes, 2.0, Stop::never()), None);
        let many: Vec<At> = (0..200_000)
            .map(|at| [f64::from(at % 1_000), f64::from(at / 1_000)])
            .collect();
        let mut shapes = Shapes::new();
        line(&mut shapes, &many);
        assert!(along(&shapes, &shapes, 2.0, Stop::never()).is_some());
    }
}

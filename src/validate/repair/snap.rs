//! Repairs between neighbours: line ends that stop short, and edges of a coverage that should be one.
//!
//! Nothing moves further than the tolerance of the standard's scale (or the limit it sets for T07), and only what
//! is not shared already. A place that becomes shared is the same bits on both sides.

use std::collections::{BTreeSet, HashMap, HashSet};

use super::{Plan, RepairKind};
use crate::{
    index::{SegmentIndex, SpatialIndex},
    model::{Bbox, ShapeRef, Shapes},
    validate::{
        Subject,
        ends::{TOUCHES_M, crowds, ends, spot},
        orient::At,
        validity::Checker,
    },
};

/// Plans to draw together what is nearly together, in a layer whose standard wants that.
pub(super) fn snap(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::Snap);
    let (Some(metres), Some(standard)) = (subject.metres, subject.standard) else {
        return plan;
    };
    let tolerance = subject.standards.profile().tol_m();
    if let Some(settings) = standard.rules.get("T07") {
        lines(
            subject,
            metres,
            settings.limit.unwrap_or(tolerance),
            &mut plan,
        );
    } else if standard.coverage {
        coverage(subject, metres, tolerance, &mut plan);
    }
    plan
}

/// A step of a line or ring by its first coordinate, and the row of every coordinate.
struct Steps {
    index: SegmentIndex,
    rows: Vec<u32>,
}

impl Steps {
    fn of(shapes: &Shapes<f64>, dimension: u8) -> Self {
        let mut rows = vec![u32::MAX; shapes.coords.len()];
        let mut steps = vec![];
        for (row, shape) in shapes.view().iter().enumerate() {
            let (from, to) = shape.coord_range();
            rows[from..to].fill(row as u32);
            if shape.kind.dimension() != Some(dimension) {
                continue;
            }
            let mut at = from;
            for part in shape.parts() {
                for path in part.rings() {
                    for (step, pair) in path.windows(2).enumerate() {
                        if pair[0] != pair[1] {
                            steps.push(((at + step) as u32, pair[0], pair[1]));
                        }
                    }
                    at += path.len();
                }
            }
        }
        Self {
            index: SegmentIndex::new(steps),
            rows,
        }
    }

    /// The nearest steps of other rows than this one within a distance, the nearest first.
    fn of_others(&self, row: u32, at: At, within: f64) -> Vec<usize> {
        self.index
            .nearest(at)
            .take_while(|near| near.distance <= within)
            .map(|near| near.row as usize)
            .filter(|step| self.rows[*step] != row)
            .take(8)
            .collect()
    }
}

fn distance(a: At, b: At) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

fn along(from: At, to: At, share: f64) -> At {
    if share <= 0.0 {
        from
    } else if share >= 1.0 {
        to
    } else {
        [
            from[0] + share * (to[0] - from[0]),
            from[1] + share * (to[1] - from[1]),
        ]
    }
}

/// How far along the way from one place to another a third lies, from 0 to 1.
fn share(from: At, to: At, at: At) -> f64 {
    let way = [to[0] - from[0], to[1] - from[1]];
    let length_2 = way[0] * way[0] + way[1] * way[1];
    if length_2 == 0.0 {
        return 0.0;
    }
    (((at[0] - from[0]) * way[0] + (at[1] - from[1]) * way[1]) / length_2).clamp(0.0, 1.0)
}

/// A shape with other coordinates, and more of them: `inserted` come behind the coordinate that they are named by.
fn redrawn(
    shape: ShapeRef<'_, f64>,
    coords: &[At],
    inserted: &HashMap<usize, Vec<(f64, At)>>,
    out: &mut Shapes<f64>,
) {
    let mut at = shape.coord_range().0;
    for part in shape.parts() {
        for ring in part.rings() {
            let from = out.coords.len();
            for here in at..at + ring.len() {
                let place = coords[here];
                if out.coords.len() == from || out.coords.last() != Some(&place) || ring.len() < 3 {
                    out.coords.push(place);
                }
                for (_, place) in inserted.get(&here).into_iter().flatten() {
                    if out.coords.last() != Some(place) && *place != coords[here + 1] {
                        out.coords.push(*place);
                    }
                }
            }
            at += ring.len();
            out.end_ring();
        }
        out.end_part();
    }
    out.end_feature(shape.kind);
}

/// Ends that nearly meet another line: to its end where that is near, else to the nearest place on it.
fn lines(subject: &Subject<'_>, metres: &Shapes<f64>, limit: f64, plan: &mut Plan) {
    let ends = ends(metres);
    let crowds = crowds(&ends);
    let is_end: HashSet<usize> = ends.iter().map(|(_, coord, _)| *coord).collect();
    let steps = Steps::of(metres, 1);
    let mut now_m = metres.coords.clone();
    let mut now = subject.raw.shapes.coords.clone();
    let mut fixed: HashSet<usize> = HashSet::new();
    let mut changed: BTreeSet<u32> = BTreeSet::new();
    for &(row, coord, at) in &ends {
        let meets = crowds.get(&spot(at)).is_some_and(|count| *count > 1);
        if meets || fixed.contains(&coord) || !at[0].is_finite() {
            continue;
        }
        let near: Vec<usize> = steps.of_others(row, at, limit);
        let Some(&first) = near.first() else {
            continue;
        };
        let foot = share(now_m[first], now_m[first + 1], at);
        if distance(along(now_m[first], now_m[first + 1], foot), at) <= TOUCHES_M {
            continue;
        }
        let end = near
            .iter()
            .flat_map(|step| [*step, step + 1])
            .filter(|other| is_end.contains(other) && distance(now_m[*other], at) <= limit)
            .min_by(|a, b| distance(now_m[*a], at).total_cmp(&distance(now_m[*b], at)));
        let (place, place_m) = if let Some(end) = end {
            fixed.insert(end);
            (now[end], now_m[end])
        } else {
            // The ends of the edge that it now lies on must stay.
            fixed.extend([first, first + 1]);
            (
                along(now[first], now[first + 1], foot),
                along(now_m[first], now_m[first + 1], foot),
            )
        };
        let (from, to) = metres.get(row as usize).coord_range();
        // A line of one step must keep its length.
        if to - from == 2 && now[if coord == from { to - 1 } else { from }] == place {
            continue;
        }
        now[coord] = place;
        now_m[coord] = place_m;
        changed.insert(row);
    }
    let mut one = Shapes::new();
    for row in changed {
        one.clear();
        redrawn(
            subject.raw.shapes.get(row as usize),
            &now,
            &HashMap::new(),
            &mut one,
        );
        plan.reshape(row as usize, one.get(0));
    }
}

/// Vertices of a coverage that nearly lie on a neighbour's edge go onto it, and the edge gets them as its own.
fn coverage(subject: &Subject<'_>, metres: &Shapes<f64>, tolerance: f64, plan: &mut Plan) {
    let raw = &subject.raw.shapes;
    let steps = Steps::of(metres, 2);
    let mut now_m = metres.coords.clone();
    let mut now = raw.coords.clone();
    // A place that two rows have is settled.
    let mut owners: HashMap<[i64; 2], u32> = HashMap::with_capacity(now.len());
    let mut shared: HashSet<[i64; 2]> = HashSet::new();
    for (coord, at) in metres.coords.iter().enumerate() {
        let row = steps.rows[coord];
        if *owners.entry(spot(*at)).or_insert(row) != row {
            shared.insert(spot(*at));
        }
    }
    drop(owners);
    let mut loose: Vec<usize> = vec![];
    for (row, shape) in metres.view().iter().enumerate() {
        if shape.kind.dimension() != Some(2)
            || !shape.coords().iter().flatten().all(|axis| axis.is_finite())
        {
            continue;
        }
        let mut from = shape.coord_range().0;
        for part in shape.parts() {
            for ring in part.rings() {
                let last = from + ring.len() - usize::from(!ring.is_empty());
                let closed = ring.len() > 3 && ring.first() == ring.last();
                for coord in from..from + ring.len() {
                    if closed && coord == last {
                        (now[coord], now_m[coord]) = (now[from], now_m[from]);
                        continue;
                    }
                    let at = metres.coords[coord];
                    if shared.contains(&spot(at)) {
                        continue;
                    }
                    if let Some((place, place_m)) =
                        beside(&steps, row as u32, at, tolerance, &now, &now_m)
                    {
                        (now[coord], now_m[coord]) = (place, place_m);
                        loose.push(coord);
                    }
                }
                from += ring.len();
            }
        }
    }
    if loose.is_empty() {
        return;
    }
    insert_and_plan(
        subject, metres, &steps, &loose, tolerance, &now, &now_m, plan,
    );
}

/// The place beside a vertex on another row: a vertex within the tolerance, else on an edge.
fn beside(
    steps: &Steps,
    row: u32,
    at: At,
    tolerance: f64,
    now: &[At],
    now_m: &[At],
) -> Option<(At, At)> {
    let near: Vec<usize> = steps.of_others(row, at, tolerance);
    let vertex = near
        .iter()
        .flat_map(|step| [*step, step + 1])
        .filter(|other| distance(now_m[*other], at) <= tolerance)
        .min_by(|a, b| distance(now_m[*a], at).total_cmp(&distance(now_m[*b], at)));
    if let Some(vertex) = vertex {
        return Some((now[vertex], now_m[vertex]));
    }
    let step = *near.first()?;
    let share = share(now_m[step], now_m[step + 1], at);
    let place_m = along(now_m[step], now_m[step + 1], share);
    (distance(place_m, at) <= tolerance).then(|| (along(now[step], now[step + 1], share), place_m))
}

fn wider(bbox: Bbox, by: f64) -> Bbox {
    Bbox {
        west: bbox.west - by,
        south: bbox.south - by,
        east: bbox.east + by,
        north: bbox.north + by,
    }
}

/// Gives every edge the neighbours' moved vertices that lie on it, and plans the rows that changed and are no
/// worse for it.
#[expect(
    clippy::too_many_arguments,
    reason = "the two halves of one walk over the same arrays"
)]
fn insert_and_plan(
    subject: &Subject<'_>,
    metres: &Shapes<f64>,
    steps: &Steps,
    loose: &[usize],
    tolerance: f64,
    now: &[At],
    now_m: &[At],
    plan: &mut Plan,
) {
    let point = |at: At| Bbox::from([at[0], at[1], at[0], at[1]]);
    let index = SpatialIndex::new(
        loose
            .iter()
            .enumerate()
            .map(|(at, coord)| (at as u32, point(now_m[*coord]))),
    );
    let reach = tolerance / 4.0;
    let mut checker = Checker::default();
    let mut one = Shapes::new();
    for (row, shape) in metres.view().iter().enumerate() {
        if shape.kind.dimension() != Some(2) {
            continue;
        }
        let (from, to) = shape.coord_range();
        let moved = now[from..to] != *subject.raw.shapes.get(row).coords();
        let mut beside = false;
        if let Some(bbox) = shape.bbox() {
            index.search(&wider(bbox, tolerance + reach), |_| beside = true);
        }
        if !moved && !beside {
            continue;
        }
        let mut inserted: HashMap<usize, Vec<(f64, At)>> = HashMap::new();
        let mut at = from;
        for part in shape.parts() {
            for ring in part.rings() {
                for step in at..at + ring.len().saturating_sub(1) {
                    let (a, b) = (now_m[step], now_m[step + 1]);
                    let around = Bbox {
                        west: a[0].min(b[0]) - reach,
                        south: a[1].min(b[1]) - reach,
                        east: a[0].max(b[0]) + reach,
                        north: a[1].max(b[1]) + reach,
                    };
                    let mut found: Vec<(f64, At)> = vec![];
                    index.search(&around, |hit| {
                        let coord = loose[hit as usize];
                        let place = now_m[coord];
                        let share = share(a, b, place);
                        if steps.rows[coord] != row as u32
                            && share > 0.0
                            && share < 1.0
                            && distance(along(a, b, share), place) <= reach
                        {
                            found.push((share, now[coord]));
                        }
                    });
                    if !found.is_empty() {
                        found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
                        inserted.insert(step, found);
                    }
                }
                at += ring.len();
            }
        }
        let drawn = subject.raw.shapes.get(row);
        if inserted.is_empty() && !moved {
            continue;
        }
        one.clear();
        redrawn(drawn, now, &inserted, &mut one);
        let faults =
            |checker: &mut Checker, shape| checker.check(shape).map_or(usize::MAX, <[_]>::len);
        if faults(&mut checker, one.get(0)) <= faults(&mut checker, drawn) {
            plan.reshape(row, one.get(0));
        }
    }
}

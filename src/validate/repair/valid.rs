//! Repairs of one geometry for itself: open rings, invalid areas, repeated vertices, spikes.
//!
//! ## What an invalid area becomes
//! Each ring for itself by the even-odd rule: where a ring crosses itself, ground that it goes round twice is
//! outside, so a bow-tie becomes its two wings, and an edge that runs out and back encloses nothing. Then the
//! holes are taken off, whether they lay inside or reached out, and the parts are joined. So a hole that takes off
//! ground never becomes ground, and ground that two parts share is there once. Where nothing is wrong but holes that
//! lie wholly outside their outline, they take nothing off, and each becomes a part of its own, as GEOS holds it: in
//! real files they are exclaves that were drawn as a further ring. Vertices of the file stay where they are to the bit;
//! new ones arise only where edges cross. A result that is empty, still invalid or of other ground is not taken: the
//! shape then stays as it was, and is reported.

use std::{
    collections::HashMap,
    panic::{AssertUnwindSafe, catch_unwind},
};

use geo::{Area, BooleanOps, MakeValid, Orient, orient::Direction};
use geo_types::{Coord, Geometry, LineString, MultiPolygon, Polygon};

use super::{Plan, RepairKind, ground};
use crate::{
    model::{ShapeKind, ShapeRef, Shapes},
    validate::{
        Subject,
        geometry::{SAME_M, Sliver, area, sliver},
        network::runs_back,
        orient::At,
        overlap::{Overlap, common},
        validity::{Checker, Flaw},
    },
};

/// The most vertices of a shape that is made valid; more is drawn anew more quickly than it is mended.
const MOST: usize = 200_000;
/// The extent, in powers of two, to which a shape is scaled for the work: `geo` joins vertices within 0.0001, which
/// is eleven metres in degrees and a billionth of a millionth here.
const EXTENT: i32 = 27;

/// Plans to close the rings of areas that are open.
pub(super) fn close_ring(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::CloseRing);
    let mut one = Shapes::new();
    for (row, shape) in areas(subject) {
        let open = |ring: &[At]| ring.len() > 2 && ring.first() != ring.last();
        if !shape.parts().any(|part| part.rings().any(open)) {
            continue;
        }
        one.clear();
        for part in shape.parts() {
            for ring in part.rings() {
                one.coords.extend_from_slice(ring);
                if open(ring) {
                    one.coords.push(ring[0]);
                }
                one.end_ring();
            }
            one.end_part();
        }
        one.end_feature(shape.kind);
        plan.reshape(row, one.get(0));
    }
    plan
}

/// The rows that are areas, with finite coordinates.
fn areas<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (usize, ShapeRef<'a, f64>)> {
    let shapes = subject.raw.shapes.view();
    (0..shapes.len())
        .map(move |row| (row, shapes.get(row)))
        .filter(|(_, shape)| shape.kind.dimension() == Some(2))
        .filter(|(_, shape)| shape.coords().iter().flatten().all(|axis| axis.is_finite()))
}

/// Plans to make invalid areas valid.
pub(super) fn make_valid(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::MakeValid);
    let mut checker = Checker::default();
    for (row, shape) in areas(subject) {
        let Some(faults) = checker.check(shape).filter(|faults| !faults.is_empty()) else {
            continue;
        };
        let mends = faults
            .iter()
            .all(|fault| !matches!(fault.flaw, Flaw::NotFinite | Flaw::Unclosed));
        let outside = faults
            .iter()
            .all(|fault| fault.flaw == Flaw::HoleOutside)
            .then(|| {
                faults
                    .iter()
                    .map(|fault| fault.from as usize)
                    .collect::<Vec<_>>()
            });
        if let Some(at) = outside {
            if let Some(better) = parted(shape, &at, &mut checker) {
                plan.reshape(row, better.get(0));
            }
        } else if mends && let Some(better) = made_valid(shape, &mut checker) {
            plan.reshape(row, better.get(0));
        }
    }
    plan
}

/// The shape with each ring that holds one of these coordinates of the layer as a part of its own; none where that is
/// not valid either, because such rings lie on other ground of the shape.
fn parted(
    shape: ShapeRef<'_, f64>,
    outside: &[usize],
    checker: &mut Checker,
) -> Option<Shapes<f64>> {
    let mut at = shape.coord_range().0;
    let mut apart: Vec<&[At]> = vec![];
    let mut out = Shapes::new();
    let push = |out: &mut Shapes<f64>, ring: &[At]| {
        out.coords.extend_from_slice(ring);
        out.end_ring();
    };
    for part in shape.parts() {
        for (number, ring) in part.rings().enumerate() {
            if number > 0
                && outside
                    .iter()
                    .any(|one| (at..at + ring.len()).contains(one))
            {
                apart.push(ring);
            } else {
                push(&mut out, ring);
            }
            at += ring.len();
        }
        out.end_part();
    }
    for ring in apart {
        push(&mut out, ring);
        out.end_part();
    }
    out.end_feature(ShapeKind::MultiPolygon);
    checker.check(out.get(0))?.is_empty().then_some(out)
}

/// A shape moved and scaled for the work, and the way back.
struct Bench {
    origin: At,
    scale: f64,
    /// The places of the file by their places here.
    known: HashMap<[u64; 2], At>,
    /// The same by a grid, for results of an overlay, which rounds.
    near: HashMap<[i64; 2], At>,
}

impl Bench {
    fn new(shape: ShapeRef<'_, f64>) -> Option<Self> {
        let bbox = shape.bbox()?;
        let extent = (bbox.east - bbox.west).max(bbox.north - bbox.south);
        if !(extent.is_normal()) {
            return None;
        }
        let mut bench = Self {
            origin: [bbox.west, bbox.south],
            // A power of two, so that scaling loses nothing.
            scale: f64::from(EXTENT - 1 - extent.log2().floor() as i32).exp2(),
            known: HashMap::new(),
            near: HashMap::new(),
        };
        for at in shape.coords() {
            let here = bench.here(at);
            bench
                .known
                .insert([here.x.to_bits(), here.y.to_bits()], *at);
            bench.near.insert(cell(here), *at);
        }
        Some(bench)
    }

    fn here(&self, at: &At) -> Coord<f64> {
        // Adding zero makes one zero of the two.
        Coord {
            x: (at[0] - self.origin[0]) * self.scale + 0.0,
            y: (at[1] - self.origin[1]) * self.scale + 0.0,
        }
    }

    fn ring(&self, ring: &[At]) -> LineString<f64> {
        LineString::new(ring.iter().map(|at| self.here(at)).collect())
    }

    fn back(&self, here: Coord<f64>, joined: bool) -> At {
        let here = Coord {
            x: here.x + 0.0,
            y: here.y + 0.0,
        };
        let known = self.known.get(&[here.x.to_bits(), here.y.to_bits()]);
        let near = || self.near.get(&cell(here)).filter(|_| joined);
        known.or_else(near).copied().unwrap_or([
            here.x / self.scale + self.origin[0],
            here.y / self.scale + self.origin[1],
        ])
    }
}

fn cell(here: Coord<f64>) -> [i64; 2] {
    [here.x, here.y].map(|axis| (axis / 4.0).round() as i64)
}

/// A valid shape of the same ground; none when there is none.
fn made_valid(shape: ShapeRef<'_, f64>, checker: &mut Checker) -> Option<Shapes<f64>> {
    if shape.coords().len() > MOST {
        return None;
    }
    let bench = Bench::new(shape)?;
    // Others' code on strangers' shapes: should it panic, the shape stays as it was.
    let made = catch_unwind(AssertUnwindSafe(|| joined(shape, &bench))).ok()??;
    [true, false].into_iter().find_map(|exact| {
        let out = brought_back(&made, &bench, exact)?;
        let valid = checker.check(out.get(0)).is_some_and(<[_]>::is_empty);
        let right = valid && area(out.get(0)) > 0.0 && ground::is_same(shape, out.get(0), 1e-7);
        right.then_some(out)
    })
}

fn brought_back(made: &MultiPolygon<f64>, bench: &Bench, joined: bool) -> Option<Shapes<f64>> {
    let mut made = made.clone();
    for polygon in &mut made {
        let back = |ring: &mut LineString<f64>| {
            for at in &mut ring.0 {
                let [x, y] = bench.back(*at, joined);
                *at = Coord { x, y };
            }
        };
        polygon.exterior_mut(back);
        polygon.interiors_mut(|rings| rings.iter_mut().for_each(back));
    }
    in_order(&mut made);
    let mut out = Shapes::new();
    match made.0.as_slice() {
        [] => return None,
        [one] => out.push_geo(&Geometry::Polygon(one.clone())),
        _ => out.push_geo(&Geometry::MultiPolygon(made)),
    }
    Some(out)
}

/// One order for one result: `geo` walks sets whose order changes from run to run, and a report and a version must
/// not. Rings start at their smallest corner and run as RFC 7946 says; holes and parts stand by that corner.
fn in_order(made: &mut MultiPolygon<f64>) {
    let low = |ring: &LineString<f64>| {
        let key = |at: &Coord<f64>| (at.x, at.y);
        let order = |a: &&Coord<f64>, b: &&Coord<f64>| {
            let (a, b) = (key(a), key(b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        };
        ring.0.iter().min_by(order).copied().unwrap_or_default()
    };
    let by_low = |a: &LineString<f64>, b: &LineString<f64>| {
        let all = |ring: &LineString<f64>| ring.0.iter().map(|at| (at.x, at.y)).collect::<Vec<_>>();
        let (low_a, low_b) = (low(a), low(b));
        low_a
            .x
            .total_cmp(&low_b.x)
            .then(low_a.y.total_cmp(&low_b.y))
            .then_with(|| {
                all(a)
                    .partial_cmp(&all(b))
                    .unwrap_or(std::cmp::Ordering::Equal)
            })
    };
    let turned = |ring: &mut LineString<f64>| {
        let first = low(ring);
        ring.0.pop();
        if let Some(at) = ring.0.iter().position(|at| *at == first) {
            ring.0.rotate_left(at);
        }
        ring.close();
    };
    for polygon in &mut made.0 {
        *polygon = polygon.orient(Direction::Default);
        polygon.exterior_mut(turned);
        polygon.interiors_mut(|rings| {
            rings.iter_mut().for_each(turned);
            rings.sort_by(by_low);
        });
    }
    made.0.sort_by(|a, b| by_low(a.exterior(), b.exterior()));
}

/// Each part made valid, and the parts joined.
fn joined(shape: ShapeRef<'_, f64>, bench: &Bench) -> Option<MultiPolygon<f64>> {
    let mut parts = vec![];
    for one in shape.parts() {
        let rings: Vec<LineString<f64>> = one.rings().map(|ring| bench.ring(ring)).collect();
        parts.push(part(rings)?);
    }
    if parts.len() == 1 {
        return parts.pop();
    }
    let sum: f64 = parts.iter().map(Area::unsigned_area).sum();
    let all: Vec<Polygon<f64>> = parts.iter().flatten().cloned().collect();
    // Parts that lie apart need no overlay, and so keep every vertex.
    let even = MultiPolygon::new(all).make_valid().ok()?;
    if (even.unsigned_area() - sum).abs() <= 1e-9 * sum {
        return Some(even);
    }
    united(parts)
}

/// The ground of all of them together; none where the overlay lost some. `geo`'s now and then does, where many edges
/// meet in one corner, and a shape that stays invalid and is reported is better than ground that is gone.
fn united(parts: Vec<MultiPolygon<f64>>) -> Option<MultiPolygon<f64>> {
    let mut parts = parts.into_iter().filter(|part| !part.0.is_empty());
    let mut all = parts.next().unwrap_or_else(|| MultiPolygon::new(vec![]));
    for part in parts {
        let both = all.union(&part);
        let wanted = all.unsigned_area() + part.unsigned_area() - shared(&all, &part)?;
        if !balances(&both, wanted, &both) {
            return None;
        }
        all = both;
    }
    Some(all)
}

/// How much ground two areas share, by our own measure.
fn shared(one: &MultiPolygon<f64>, other: &MultiPolygon<f64>) -> Option<f64> {
    let mut shapes = Shapes::new();
    for areas in [one, other] {
        shapes.push_geo(&Geometry::MultiPolygon(areas.clone()));
    }
    let (one, other) = (shapes.get(0), shapes.get(1));
    match (one.bbox(), other.bbox()) {
        (Some(a), Some(b)) => match common(&a, &b) {
            Some(both) => Overlap::default().area(one, other, &both),
            None => Some(0.0),
        },
        _ => Some(0.0),
    }
}

/// True when an area is what it should be, up to the rounding of an overlay against the size of `of`.
fn balances(found: &MultiPolygon<f64>, wanted: f64, of: &MultiPolygon<f64>) -> bool {
    (found.unsigned_area() - wanted).abs() <= 1e-7 * of.unsigned_area()
}

/// A shell by the even-odd rule, without its holes by the same.
fn part(mut rings: Vec<LineString<f64>>) -> Option<MultiPolygon<f64>> {
    let alone = |ring: &LineString<f64>| Polygon::new(ring.clone(), vec![]).make_valid().ok();
    let solid = alone(rings.first()?)?;
    if rings.len() == 1 {
        return Some(solid);
    }
    let pits: Vec<MultiPolygon<f64>> = rings[1..].iter().map(alone).collect::<Option<_>>()?;
    let wanted = solid.unsigned_area() - pits.iter().map(Area::unsigned_area).sum::<f64>();
    let shell = rings.remove(0);
    let even = Polygon::new(shell, rings).make_valid().ok()?;
    // Holes that lie inside and apart need no overlay either.
    if (even.unsigned_area() - wanted).abs() <= 1e-9 * solid.unsigned_area() {
        return Some(even);
    }
    let pits = united(pits)?;
    let left = solid.difference(&pits);
    let wanted = solid.unsigned_area() - shared(&solid, &pits)?;
    balances(&left, wanted, &solid).then_some(left)
}

/// Plans to leave out vertices within a millimetre of the one before them; exactly the same ones where nobody
/// knows metres.
pub(super) fn drop_repeated(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::DropRepeated);
    thin(subject, &mut plan, |metres, _, _| {
        let last = metres.len() - 1;
        (1..=last)
            .find(|&at| {
                (metres[at][0] - metres[at - 1][0]).hypot(metres[at][1] - metres[at - 1][1])
                    < SAME_M
            })
            // The last vertex closes the ring or ends the line: the one before it goes.
            .map(|at| if at == last { at - 1 } else { at })
    });
    plan
}

/// Plans to leave out the tips of spikes, and the turns of lines that run back.
pub(super) fn cut_spikes(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::CutSpikes);
    if subject.metres.is_none() {
        return plan;
    }
    thin(subject, &mut plan, |metres, raw, area| {
        match sliver(metres, area) {
            Sliver::Spike(at) => Some(at),
            // Two vertices in one place may hide a spike behind them.
            Sliver::Twice(at) if at + 1 < metres.len() && hides_spike(metres, area) => Some(at),
            _ if !area => raw.windows(3).position(runs_back).map(|turn| turn + 1),
            _ => None,
        }
    });
    plan
}

/// True when there is a spike in a ring or line without the vertices that repeat the one before them.
fn hides_spike(metres: &[At], area: bool) -> bool {
    let mut clean = metres.to_vec();
    clean.dedup_by(|next, before| (next[0] - before[0]).hypot(next[1] - before[1]) < SAME_M);
    if let (Some(first), Some(last)) = (metres.first(), clean.last_mut())
        && metres.last() == Some(first)
    {
        *last = *first;
    }
    matches!(sliver(&clean, area), Sliver::Spike(_))
}

/// Plans a shape with fewer vertices: `worst` names the next one to leave out of a ring or line, given in metres
/// and as it is. A shape that would lose a ring, or its validity, stays.
fn thin(
    subject: &Subject<'_>,
    plan: &mut Plan,
    worst: impl Fn(&[At], &[At], bool) -> Option<usize>,
) {
    let metres = subject.metres.unwrap_or(&subject.raw.shapes);
    let mut checker = Checker::default();
    let mut one = Shapes::new();
    for (row, shape) in subject.raw.shapes.view().iter().enumerate() {
        let area = match shape.kind.dimension() {
            Some(2) => true,
            Some(1) => false,
            _ => continue,
        };
        let least = if area { 4 } else { 2 };
        one.clear();
        let (mut changed, mut whole) = (false, true);
        for (part, part_m) in shape.parts().zip(metres.get(row).parts()) {
            for (ring, ring_m) in part.rings().zip(part_m.rings()) {
                let first = (ring.len() >= 2)
                    .then(|| worst(ring_m, ring, area))
                    .flatten();
                let Some(mut at) = first else {
                    one.coords.extend_from_slice(ring);
                    one.end_ring();
                    continue;
                };
                changed = true;
                let (mut ring, mut ring_m) = (ring.to_vec(), ring_m.to_vec());
                loop {
                    let closed = area && ring.first() == ring.last();
                    for path in [&mut ring, &mut ring_m] {
                        path.remove(at);
                        if at == 0 && closed && !path.is_empty() {
                            let end = path.len() - 1;
                            path[end] = path[0];
                        }
                    }
                    if ring.len() < least {
                        whole = false;
                        break;
                    }
                    match worst(&ring_m, &ring, area) {
                        Some(next) => at = next,
                        None => break,
                    }
                }
                one.coords.extend_from_slice(&ring);
                one.end_ring();
            }
            one.end_part();
        }
        one.end_feature(shape.kind);
        if !changed || !whole {
            continue;
        }
        let faults =
            |checker: &mut Checker, shape| checker.check(shape).map_or(usize::MAX, <[_]>::len);
        if faults(&mut checker, one.get(0)) <= faults(&mut checker, shape) {
            plan.reshape(row, one.get(0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::validate::validity::{Dice, boxes, geos, scribble};

    /// True where the head of this file promises ground: within some part's outline an odd number of times, and within
    /// none of its holes so.
    fn ground(shape: ShapeRef<'_, f64>, [x, y]: At) -> bool {
        let odd = |ring: &[At]| {
            ring.windows(2).fold(false, |inside, step| {
                let (a, b) = (step[0], step[1]);
                let crosses = (a[1] > y) != (b[1] > y)
                    && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]);
                inside != crosses
            })
        };
        shape.parts().any(|part| {
            let mut rings = part.rings();
            rings.next().is_some_and(odd) && !rings.any(odd)
        })
    }

    #[test]
    fn areas_made_valid_are_valid_by_geos_and_cover_the_ground_that_is_promised() {
        let mut dice = Dice(11);
        let mut checker = Checker::default();
        let (mut mended, mut left, mut judged, mut off) = (0, 0, 0, 0);
        let mut shapes = Shapes::new();
        for number in 0..30_000 {
            shapes.clear();
            if dice.below(3) == 0 {
                boxes(&mut dice, &mut shapes);
            } else {
                scribble(&mut dice, &mut shapes);
            }
            // As metres in a UTM zone, as degrees of a city a few metres across, and as they are.
            for at in &mut shapes.coords {
                match number % 3 {
                    0 => *at = [at[0] * 3.7 + 780_000.1, at[1] * 4.1 + 1_430_000.3],
                    1 => *at = [at[0] * 1.7e-5 + 77.59, at[1] * 1.3e-5 + 12.97],
                    _ => {}
                }
            }
            let shape = shapes.get(0);
            if checker.check(shape).is_none_or(<[_]>::is_empty) {
                continue;
            }
            let bbox = shape.bbox().expect("it has coordinates");
            let mut share = || dice.below(1 << 31) as f64 / (1_u64 << 31) as f64;
            let places: Vec<At> = (0..40)
                .map(|_| {
                    let [x, y] = [share(), share()];
                    [
                        bbox.west + x * (bbox.east - bbox.west),
                        bbox.south + y * (bbox.north - bbox.south),
                    ]
                })
                .collect();
            let Some(made) = made_valid(shape, &mut checker) else {
                // An overlay that does not balance leaves the shape as it was.
                left += usize::from(places.iter().any(|at| ground(shape, *at)));
                continue;
            };
            mended += 1;
            let theirs = geos(made.get(0));
            assert!(theirs.is_valid(), "{}", geos(shape).wkt().unwrap());
            // GEOS's own MakeValid is no judge of the ground: it fills places that a ring goes round twice.
            for at in places {
                judged += 1;
                off += usize::from(ground(made.get(0), at) != ground(shape, at));
            }
        }
        assert!(
            mended > 10_000 && judged > 400_000 && left * 50 < mended && off == 0,
            "{mended} made valid, {left} with ground left as they were, {off} of {judged} places differ"
        );
    }

    #[test]
    fn a_hole_outside_its_outline_becomes_a_part_unless_it_lies_on_another() {
        let square = |x: f64, size: f64| {
            [
                [x, 0.0],
                [x + size, 0.0],
                [x + size, size],
                [x, size],
                [x, 0.0],
            ]
        };
        let mut shapes = Shapes::new();
        for rings in [
            &[square(0.0, 4.0), square(1.0, 1.0), square(6.0, 2.0)][..],
            &[square(0.0, 4.0), square(6.0, 2.0), square(6.5, 1.0)][..],
        ] {
            for ring in rings {
                shapes.coords.extend_from_slice(
                    &ring.map(|[x, y]| [x, y + if x == 1.0 || x == 2.0 { 1.0 } else { 0.0 }]),
                );
                shapes.end_ring();
            }
            shapes.end_part();
            shapes.end_feature(ShapeKind::Polygon);
        }
        let mut checker = Checker::default();
        let places = |checker: &mut Checker, row: usize| -> Vec<usize> {
            let faults = checker.check(shapes.get(row)).unwrap().iter();
            let faults: Vec<_> = faults
                .filter(|fault| fault.flaw == Flaw::HoleOutside)
                .collect();
            faults.iter().map(|fault| fault.from as usize).collect()
        };
        let outside = places(&mut checker, 0);
        let made = parted(shapes.get(0), &outside, &mut checker).expect("it can be mended");
        let theirs = geos(made.get(0));
        assert!(theirs.is_valid());
        assert!(
            (theirs.area() - (16.0 - 1.0 + 4.0)).abs() < 1e-12,
            "{}",
            theirs.area()
        );
        let outside = places(&mut checker, 1);
        assert!(parted(shapes.get(1), &outside, &mut checker).is_none());
    }

    #[test]
    fn a_ring_that_only_touches_itself_keeps_every_vertex_and_its_area() {
        let mut shapes = Shapes::new();
        // Two squares of a few metres that share a corner, drawn as one ring, in degrees.
        let ring = [
            [0.0, 0.0],
            [2.0, 0.0],
            [2.0, 2.0],
            [4.0, 2.0],
            [4.0, 4.0],
            [2.0, 4.0],
            [2.0, 2.0],
            [0.0, 2.0],
            [0.0, 0.0],
        ];
        shapes
            .coords
            .extend(ring.map(|[x, y]: At| [77.59 + x * 1.1e-5, 12.97 + y * 1.3e-5]));
        shapes.end_ring();
        shapes.end_part();
        shapes.end_feature(crate::model::ShapeKind::Polygon);
        let made = made_valid(shapes.get(0), &mut Checker::default()).unwrap();
        let (before, after) = (area(shapes.get(0)), area(made.get(0)));
        assert!((before - after).abs() <= 1e-9 * before, "{before} {after}");
        let places = |shapes: &Shapes<f64>| {
            shapes
                .coords
                .iter()
                .map(|at| at.map(f64::to_bits))
                .collect::<std::collections::BTreeSet<_>>()
        };
        assert_eq!(places(&shapes), places(&made));
    }
}

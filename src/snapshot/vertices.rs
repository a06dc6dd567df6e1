//! For every vertex the zoom from which it matters.
//!
//! Neighbouring areas must lose the same vertices of the edge they share, or slivers open between them.
//! So nothing here looks at whole rings. A vertex whose two neighbours are the same two wherever it
//! occurs lies on an arc; any other (three areas meet, a line ends, a ring touches) is a junction and is
//! kept at every zoom. Along an arc, the vertex that spans the smallest triangle with its neighbours goes
//! first (Visvalingam and Whyatt), and equal triangles go by position. Neither area nor position depends
//! on direction or on where a ring starts, so both owners of an arc come to the same answer, without
//! having to meet.

use std::{cmp::Reverse, collections::BinaryHeap};

use crate::model::ShapesRef;

/// From this zoom on every vertex is kept: a tile unit is 15 cm there.
pub(crate) const EXACT_ZOOM: u8 = 16;
/// The zoom of a vertex that repeats the one before it: never needed.
const NEVER: u8 = 64;
/// Up to so many vertices the smallest triangle is looked for by going through all of them: a building
/// has six, and a heap costs more than that to set up.
const FEW: usize = 16;

fn place([x, y]: [u32; 2]) -> u64 {
    u64::from(x) << 32 | u64::from(y)
}

/// Positions are spread well enough by one multiplication.
fn mixed(hash: u64, number: u64) -> u64 {
    (hash ^ number)
        .wrapping_mul(0x9e37_79b9_7f4a_7c15)
        .rotate_left(29)
}

/// Which of a vertex's neighbours it has, in either direction; 0 at the end of a line.
fn neighbours(before: Option<u64>, after: Option<u64>) -> u64 {
    let (Some(a), Some(b)) = (before, after) else {
        return 0;
    };
    mixed(mixed(0, a.min(b)), a.max(b)) | 1
}

/// A ring or path without repeated positions: where each of its vertices lies in the layer's array.
struct Walk {
    at: Vec<u32>,
    closed: bool,
}

/// Walks every ring of areas and every path of lines; points have no vertices to lose.
fn walks(world: ShapesRef<'_, u32>, mut each: impl FnMut(&Walk)) {
    let mut walk = Walk {
        at: vec![],
        closed: false,
    };
    for shape in world.iter() {
        let (mut from, _) = shape.coord_range();
        let Some(dimension @ 1..) = shape.kind.dimension() else {
            continue;
        };
        for part in shape.parts() {
            for ring in part.rings() {
                walk.at.clear();
                walk.closed = dimension == 2 || ring.len() > 3 && ring.first() == ring.last();
                for (at, vertex) in ring.iter().enumerate() {
                    if at == 0 || *vertex != ring[at - 1] {
                        walk.at.push((from + at) as u32);
                    }
                }
                if walk.closed && walk.at.len() > 1 && ring.first() == ring.last() {
                    walk.at.pop();
                }
                each(&walk);
                from += ring.len();
            }
        }
    }
}

/// A vertex of a walk: its position, those of its neighbours, and where it lies in the layer's array.
struct Seen {
    place: u64,
    before: Option<u64>,
    after: Option<u64>,
    at: u32,
}

/// Calls `each` with every vertex of every walk.
fn seen(world: ShapesRef<'_, u32>, mut each: impl FnMut(Seen)) {
    walks(world, |walk| {
        let of = |at: &u32| place(world.coords[*at as usize]);
        let around = |at: Option<&u32>| at.filter(|_| walk.closed).map(of);
        let mut before = around(walk.at.last());
        let mut here = walk.at.first().map(of);
        for (at, &index) in walk.at.iter().enumerate() {
            let Some(place) = here else { break };
            let next = walk.at.get(at + 1).map(of);
            let after = next.or_else(|| around(walk.at.first()));
            each(Seen {
                place,
                before,
                after,
                at: index,
            });
            (before, here) = (Some(place), next);
        }
    });
}

/// Places that are marked together: as many lines of the cache as fit it with room to spare.
const BATCH: usize = 64;

/// Places by a hash of their position: true once one was added whose hash is this.
struct Marks {
    bits: Vec<u64>,
    shift: u32,
}

impl Marks {
    /// Eight times as many as there will be places, so that few are taken for another.
    fn for_places(count: usize) -> Self {
        let power = (count.max(64) * 8).next_power_of_two().ilog2();
        Self {
            bits: vec![0; 1 << (power - 6)],
            shift: 64 - power,
        }
    }

    /// The word and the bit of a place. Places within some twenty metres share eight words, a line of the
    /// cache, because a ring's next vertex is most often that near.
    fn at(&self, place: u64) -> (usize, u64) {
        let near = place & !0x0000_07ff_0000_07ff;
        let line = mixed(0, near).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> self.shift >> 9;
        let within = mixed(1, place).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - 9);
        ((line << 3 | within >> 6) as usize, 1 << (within & 63))
    }

    /// Adds places; calls `again` with those that, or whose hashes, were there.
    ///
    /// The table is larger than the nearer caches, and a mark waits for the line that it looks into. So the lines of
    /// all places are asked for before the first is looked at: they come while others are on their way.
    fn add(&mut self, places: &[u64], mut again: impl FnMut(u64)) {
        let mut found = [(0, 0); BATCH];
        for places in places.chunks(BATCH) {
            for (found, &place) in found.iter_mut().zip(places) {
                *found = self.at(place);
            }
            let found = &found[..places.len()];
            let touched = found
                .iter()
                .fold(0, |all, &(word, _)| all ^ self.bits[word]);
            std::hint::black_box(touched);
            for (&(word, bit), &place) in found.iter().zip(places) {
                if self.bits[word] & bit != 0 {
                    again(place);
                }
                self.bits[word] |= bit;
            }
        }
    }

    fn has(&self, place: u64) -> bool {
        let (word, bit) = self.at(place);
        self.bits[word] & bit != 0
    }
}

/// For each coordinate, whether an arc ends there.
///
/// Most vertices occur once, so only those are gathered and compared whose position seems to come again:
/// two passes over the layer cost less than sorting all of it.
fn junctions(world: ShapesRef<'_, u32>) -> Vec<bool> {
    let mut found = vec![false; world.coords.len()];
    let mut once = Marks::for_places(world.coords.len());
    let mut again: Vec<u64> = vec![];
    let mut batch: Vec<u64> = Vec::with_capacity(BATCH);
    seen(world, |one| {
        if one.before.is_none() || one.after.is_none() {
            found[one.at as usize] = true;
        }
        batch.push(one.place);
        if batch.len() == BATCH {
            once.add(&batch, |place| again.push(place));
            batch.clear();
        }
    });
    once.add(&batch, |place| again.push(place));
    drop(once);
    // Position, neighbours, place in the layer's array.
    let mut repeated: Vec<(u64, u64, u32)> = vec![];
    if !again.is_empty() {
        // As small as what came again, which for buildings is next to nothing and stays in the nearest cache.
        let mut marks = Marks::for_places(again.len());
        marks.add(&again, |_| {});
        seen(world, |one| {
            if marks.has(one.place) {
                repeated.push((one.place, neighbours(one.before, one.after), one.at));
            }
        });
    }
    repeated.sort_unstable();
    for group in repeated.chunk_by(|a, b| a.0 == b.0) {
        // An end of a line ends the arcs of all others that come to it.
        if group.iter().any(|one| one.1 != group[0].1 || one.1 == 0) {
            for &(.., at) in group {
                found[at as usize] = true;
            }
        }
    }
    found
}

/// True when no two positions are a half of the world apart, so that what they span has room in 64 bits.
fn is_near(positions: impl IntoIterator<Item = [u32; 2]>) -> bool {
    let mut positions = positions.into_iter();
    let Some([x, y]) = positions.next() else {
        return true;
    };
    positions.all(|[a, b]| (a.abs_diff(x) | b.abs_diff(y)) < 1 << 30)
}

/// Twice the area of a triangle whose corners are [`is_near`], in cells.
fn near_triangle(a: [u32; 2], b: [u32; 2], c: [u32; 2]) -> u64 {
    let step = |p: u32, q: u32| i64::from(p) - i64::from(q);
    let [ux, uy] = [step(b[0], a[0]), step(b[1], a[1])];
    let [vx, vy] = [step(c[0], a[0]), step(c[1], a[1])];
    (ux * vy - vx * uy).unsigned_abs()
}

/// Twice the area of any triangle, in cells.
fn triangle(a: [u32; 2], b: [u32; 2], c: [u32; 2]) -> u128 {
    if is_near([a, b, c]) {
        return near_triangle(a, b, c).into();
    }
    let d = |p: u32, q: u32| i128::from(p) - i128::from(q);
    (d(b[0], a[0]) * d(c[1], a[1]) - d(c[0], a[0]) * d(b[1], a[1])).unsigned_abs()
}

/// The zoom from which a triangle of this double area shows: four square tile units, which are
/// `8 << (2 * (20 - zoom))` cells.
fn zoom_of(double_area: u128) -> u8 {
    match double_area.checked_ilog2() {
        Some(power) if power >= 43 => 0,
        Some(power) => (43 - power).div_ceil(2).min(u32::from(EXACT_ZOOM)) as u8,
        None => EXACT_ZOOM,
    }
}

/// Ranks as [`rank_arc`] does, for an arc of at most [`FEW`] vertices that lie [`is_near`] one another.
fn rank_few(coords: &[[u32; 2]], arc: &[u32], keep: usize, closed: bool, zooms: &mut [u8]) {
    // What is left of the arc, in its order: position, array index, triangle with its neighbours.
    let mut left = [([0_u32; 2], 0_u32, 0_u64); FEW];
    let mut count = arc.len();
    for (one, &at) in left.iter_mut().zip(arc) {
        *one = (coords[at as usize], at, 0);
    }
    let before = |index: usize, count: usize| if index == 0 { count } else { index } - 1;
    let after = |index: usize, count: usize| if index + 1 == count { 0 } else { index + 1 };
    let area = |left: &[([u32; 2], u32, u64)], index: usize| {
        let count = left.len();
        near_triangle(
            left[before(index, count)].0,
            left[index].0,
            left[after(index, count)].0,
        )
    };
    let inner = |count: usize| {
        if closed {
            0..count
        } else {
            1..count.saturating_sub(1)
        }
    };
    for index in inner(count) {
        left[index].2 = area(&left[..count], index);
    }
    let mut reached = 0_u64;
    while inner(count).len() > keep {
        // The first of equals is the one that comes first in the arc, as the heap has it.
        let Some(least) = inner(count).min_by_key(|&index| (left[index].2, left[index].0)) else {
            break;
        };
        reached = left[least].2.max(reached);
        zooms[left[least].1 as usize] = zoom_of(reached.into());
        left.copy_within(least + 1..count, least);
        count -= 1;
        let next = if least == count { 0 } else { least };
        for index in [before(least, count), next] {
            if inner(count).contains(&index) {
                left[index].2 = area(&left[..count], index);
            }
        }
    }
    for index in inner(count) {
        zooms[left[index].1 as usize] = 0;
    }
}

/// Ranks the inner vertices of an arc. `arc` names vertices in the layer's array, junctions at both ends;
/// at least `keep` inner ones stay at every zoom, so that a ring stays a ring.
fn rank_arc(coords: &[[u32; 2]], arc: &[u32], keep: usize, closed: bool, zooms: &mut [u8]) {
    let count = arc.len();
    if count <= FEW && is_near(arc.iter().map(|&at| coords[at as usize])) {
        rank_few(coords, arc, keep, closed, zooms);
        return;
    }
    rank_many(coords, arc, keep, closed, zooms);
}

/// Ranks with a heap.
fn rank_many(coords: &[[u32; 2]], arc: &[u32], keep: usize, closed: bool, zooms: &mut [u8]) {
    let count = arc.len();
    let at = |index: usize| coords[arc[index] as usize];
    let mut before: Vec<usize> = (0..count)
        .map(|index| (index + count - 1) % count)
        .collect();
    let mut after: Vec<usize> = (0..count).map(|index| (index + 1) % count).collect();
    let mut gone = vec![false; count];
    let inner = if closed {
        0..count
    } else {
        1..count.saturating_sub(1)
    };
    let area = |before: &[usize], after: &[usize], index: usize| {
        triangle(at(before[index]), at(index), at(after[index]))
    };
    let mut left = inner.len();
    let mut queue: BinaryHeap<Reverse<(u128, [u32; 2], usize)>> = inner
        .clone()
        .map(|index| Reverse((area(&before, &after, index), at(index), index)))
        .collect();
    let mut reached = 0;
    let mut current: Vec<u128> = (0..count)
        .map(|index| {
            if inner.contains(&index) {
                area(&before, &after, index)
            } else {
                0
            }
        })
        .collect();
    while let Some(Reverse((own, _, index))) = queue.pop() {
        if gone[index] || current[index] != own {
            continue;
        }
        if left <= keep {
            zooms[arc[index] as usize] = 0;
            gone[index] = true;
            continue;
        }
        gone[index] = true;
        left -= 1;
        // A vertex that falls later must not matter less: otherwise tiles would depend on the order.
        reached = own.max(reached);
        zooms[arc[index] as usize] = zoom_of(reached);
        let (a, b) = (before[index], after[index]);
        after[a] = b;
        before[b] = a;
        for neighbour in [a, b] {
            if inner.contains(&neighbour) && !gone[neighbour] {
                current[neighbour] = area(&before, &after, neighbour);
                queue.push(Reverse((current[neighbour], at(neighbour), neighbour)));
            }
        }
    }
}

/// For each coordinate of the layer the zoom from which it matters, 0 to 16; more for one that repeats
/// the coordinate before it.
pub(super) fn zooms(world: ShapesRef<'_, u32>) -> Vec<u8> {
    let coords = world.coords;
    let pinned = junctions(world);
    let mut zooms = vec![0_u8; coords.len()];
    let mut arc = vec![];
    walks(world, |walk| {
        if let (Some(&first), Some(&last)) = (walk.at.first(), walk.at.last()) {
            // What the walk leaves out repeats; the closing coordinate takes the zoom of the first below.
            for at in first..=last {
                zooms[at as usize] = NEVER;
            }
            for &at in &walk.at {
                zooms[at as usize] = 0;
            }
        }
        let is_pinned = |&at: &u32| pinned[at as usize];
        let Some(start) = walk.at.iter().position(is_pinned) else {
            if walk.closed && walk.at.len() > 3 {
                rank_arc(coords, &walk.at, 3, true, &mut zooms);
            }
            return;
        };
        arc.clear();
        arc.push(walk.at[start]);
        let around = walk.at[start + 1..].iter().chain(&walk.at[..=start]);
        let along = if walk.closed {
            walk.at.len()
        } else {
            walk.at.len() - 1 - start
        };
        for &at in around.take(along) {
            arc.push(at);
            if is_pinned(&at) {
                let back = walk.closed && coords[arc[0] as usize] == coords[at as usize];
                if arc.len() > 2 {
                    rank_arc(coords, &arc, if back { 2 } else { 0 }, false, &mut zooms);
                }
                arc.clear();
                arc.push(at);
            }
        }
    });
    // The closing coordinate of a ring goes with the first one.
    let mut from = 0;
    for &end in world.coord_ends {
        let end = end as usize;
        if end > from + 1 && coords[from] == coords[end - 1] {
            zooms[end - 1] = zooms[from];
        }
        from = end;
    }
    zooms
}

/// How many coordinates a block has.
pub(crate) const BLOCK: usize = 64;

/// Coordinates by blocks, so that a long ring is not walked where a tile needs nothing of it: the box of each
/// block, and the least zoom from which one of its vertices matters. Block `n` begins at coordinate `64 n`
/// of the layer, whichever rings it falls into.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blocks<'a> {
    pub(crate) boxes: &'a [[u32; 4]],
    pub(crate) zooms: &'a [u8],
}

/// The boxes of all blocks and their least zooms.
pub(super) fn blocks(coords: &[[u32; 2]], zooms: &[u8]) -> (Vec<[u32; 4]>, Vec<u8>) {
    let boxes = coords
        .chunks(BLOCK)
        .map(|block| super::order::bounds(block).unwrap_or_default());
    let zooms = zooms
        .chunks(BLOCK)
        .map(|block| block.iter().copied().min().unwrap_or_default());
    (boxes.collect(), zooms.collect())
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use proptest::prelude::*;

    use super::*;
    use crate::model::{ShapeKind, Shapes};

    fn ring(shapes: &mut Shapes<u32>, coords: &[[u32; 2]]) {
        shapes.coords.extend_from_slice(coords);
        shapes.coords.push(coords[0]);
        shapes.end_ring();
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
    }

    proptest! {
        #[test]
        fn two_areas_keep_the_same_vertices_of_their_shared_edge(
            wiggle in prop::collection::vec((0_u32..4000, 0_u32..9), 2..120),
            turn in 0_usize..50,
        ) {
            // A wavy line from south to north with an area on each side of it.
            let base = 1_u32 << 30;
            let mut y = base;
            let edge: Vec<[u32; 2]> = wiggle.iter().map(|&(x, step)| { y += step * 300 + 1; [base + 100_000 + x, y] }).collect();
            let (south, north) = (edge[0][1], y);
            let mut west = edge.clone();
            west.extend([[base, north], [base, south]]);
            let mut east: Vec<_> = edge.iter().rev().copied().collect();
            east.extend([[base + 300_000, south], [base + 300_000, north]]);
            let middle = turn % east.len();
            east.rotate_left(middle);
            let mut shapes = Shapes::new();
            ring(&mut shapes, &west);
            ring(&mut shapes, &east);
            let zooms = zooms(shapes.view());
            let mut seen: HashMap<[u32; 2], u8> = HashMap::new();
            for (at, &zoom) in shapes.coords.iter().zip(&zooms) {
                prop_assert!(zoom <= EXACT_ZOOM);
                prop_assert_eq!(*seen.entry(*at).or_insert(zoom), zoom, "{:?}", at);
            }
            prop_assert_eq!((seen[&edge[0]], seen[edge.last().unwrap()]), (0, 0));
        }
    }

    proptest! {
        #[test]
        fn a_short_arc_is_ranked_as_the_heap_ranks_it(
            at in prop::collection::vec((0_u32..40, 0_u32..40), 3..=FEW),
            keep in 0_usize..4,
            closed in any::<bool>(),
        ) {
            // A closed arc is a ring, and a ring stays one.
            let keep = if closed { 3 } else { keep };
            let coords: Vec<[u32; 2]> = at.iter().map(|&(x, y)| [x * 700, y * 900]).collect();
            let arc: Vec<u32> = (0..coords.len() as u32).collect();
            let (mut few, mut many) = (vec![9; arc.len()], vec![9; arc.len()]);
            rank_few(&coords, &arc, keep, closed, &mut few);
            rank_many(&coords, &arc, keep, closed, &mut many);
            prop_assert_eq!(few, many);
        }

        #[test]
        fn junctions_are_where_neighbours_differ(
            at in prop::collection::vec(prop::collection::vec((0_u32..7, 0_u32..7), 3..9), 1..12),
        ) {
            let mut shapes = Shapes::new();
            for one in &at {
                let coords: Vec<[u32; 2]> = one.iter().map(|&(x, y)| [x, y]).collect();
                ring(&mut shapes, &coords);
            }
            let found = junctions(shapes.view());
            let mut about: HashMap<u64, Vec<u64>> = HashMap::new();
            seen(shapes.view(), |one| {
                let own = neighbours(one.before, one.after);
                about.entry(one.place).or_default().push(own);
            });
            let mut wrong = 0;
            seen(shapes.view(), |one| {
                let all = &about[&one.place];
                let differ = all.iter().any(|own| *own != all[0]);
                wrong += usize::from(differ != found[one.at as usize]);
            });
            prop_assert_eq!(wrong, 0);
        }
    }

    #[test]
    fn a_ring_stays_a_ring_and_repeats_are_never_needed() {
        let mut shapes = Shapes::new();
        let b = 1_u32 << 31;
        ring(
            &mut shapes,
            &[
                [b, b],
                [b + 5, b],
                [b + 5, b],
                [b + 5, b + 5],
                [b + 2, b + 6],
                [b, b + 5],
            ],
        );
        let zooms = zooms(shapes.view());
        assert_eq!(zooms[2], NEVER);
        assert!(
            (0..6).filter(|&at| zooms[at] == 0).count() >= 3,
            "{zooms:?}"
        );
        assert_eq!(zooms[0], zooms[6]);
    }

    #[test]
    fn a_ring_of_a_hundred_thousand_vertices_is_ranked_quickly_whatever_its_form() {
        let n = 100_000_u32;
        let comb: Vec<[u32; 2]> = (0..n)
            .map(|at| {
                [
                    (1 << 30) + at * 50,
                    (1 << 30) + if at % 2 == 0 { 0 } else { at * 7 + 1 },
                ]
            })
            .collect();
        let mut shapes = Shapes::new();
        ring(&mut shapes, &comb);
        assert_eq!(zooms(shapes.view()).len(), 100_001);
    }
}

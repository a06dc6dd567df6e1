//! The rings of one area as they lie on a tile's grid: whether they are valid, which nearly all are, and how
//! those are made so that are not.
//!
//! Cutting a bent area leaves stretches that run along the tile's edge twice, and rounding brings stretches
//! together that were apart. MVT 2.1 (4.3.4.4) wants neither. Where that happened, all edges are noded and
//! what has a positive winding number is the area: two neighbours whose common edge crosses itself wind
//! oppositely there, so each place goes to one of them.

mod noded;
mod sound;

use self::sound::Edge;
use super::clip::Wide;

/// A ring's end among the positions, and whether it is a shell; holes follow theirs.
#[derive(Clone, Copy, Debug)]
struct Ring {
    end: usize,
    shell: bool,
}

/// Shells, clockwise on the screen, each before its holes; memory for one area after the other.
#[derive(Clone, Debug, Default)]
pub(in crate::tile) struct Rings {
    positions: Vec<Wide>,
    all: Vec<Ring>,
    edges: Vec<Edge>,
}

impl Rings {
    /// Forgets all rings.
    pub(in crate::tile) fn clear(&mut self) {
        self.positions.clear();
        self.all.clear();
    }

    /// Adds a ring of at least three positions, wound as its kind wants it; a hole after its shell.
    pub(in crate::tile) fn push(&mut self, ring: impl IntoIterator<Item = Wide>, shell: bool) {
        self.positions.extend(ring);
        self.all.push(Ring {
            end: self.positions.len(),
            shell,
        });
    }

    /// The least position of all.
    pub(in crate::tile) fn least(&self) -> Option<Wide> {
        self.positions.iter().min().copied()
    }

    /// How many rings there are.
    pub(in crate::tile) fn len(&self) -> usize {
        self.all.len()
    }

    /// A ring's positions.
    pub(in crate::tile) fn get(&self, at: usize) -> &[Wide] {
        let begin = at.checked_sub(1).map_or(0, |before| self.all[before].end);
        &self.positions[begin..self.all[at].end]
    }

    /// Adds areas that have no ground in common with these.
    pub(in crate::tile) fn append(&mut self, other: &Self) {
        for (at, ring) in other.all.iter().enumerate() {
            self.push(other.get(at).iter().copied(), ring.shell);
        }
    }

    /// Each shell with its holes by itself.
    pub(in crate::tile) fn apart(&self) -> Vec<Self> {
        let mut each: Vec<Self> = vec![];
        for (at, ring) in self.all.iter().enumerate() {
            if ring.shell {
                each.push(Self::default());
            }
            if let Some(own) = each.last_mut() {
                own.push(self.get(at).iter().copied(), ring.shell);
            }
        }
        each
    }

    /// How many positions there are.
    pub(in crate::tile) fn size(&self) -> usize {
        self.positions.len()
    }

    /// The least and the greatest position along both axes.
    pub(in crate::tile) fn span(&self) -> Option<[Wide; 2]> {
        let first = *self.positions.first()?;
        Some(self.positions.iter().fold([first; 2], |[low, high], at| {
            let along = |of: fn(i64, i64) -> i64, end: Wide| [of(end[0], at[0]), of(end[1], at[1])];
            [along(i64::min, low), along(i64::max, high)]
        }))
    }

    /// Makes an area valid whose rings touch or cross; others stay as they are. False when it stays as it is but is
    /// not valid. See [`Self::remake`].
    pub(in crate::tile) fn settle(&mut self, shared: bool) -> bool {
        self.is_sound() || self.remake(shared)
    }
}

/// Within the frame sixteen bits would do.
fn small(at: Wide) -> [i32; 2] {
    at.map(|v| v as i32)
}

#[cfg(test)]
mod tests {
    use gdal::vector::Geometry;
    use proptest::prelude::*;

    use super::{sound::is_convex, *};
    use crate::tile::{simplify, sketch::FRAME};

    /// What GEOS says of rings, and what it takes their area to be.
    fn judged(rings: &Rings) -> (bool, f64) {
        let mut areas: Vec<String> = vec![];
        for at in 0..rings.len() {
            let ring = rings.get(at);
            let closed: Vec<String> = ring
                .iter()
                .chain(ring.first())
                .map(|at| format!("{} {}", at[0], at[1]))
                .collect();
            let ring = format!("({})", closed.join(","));
            match areas.last_mut() {
                Some(area) if !rings.all[at].shell => {
                    area.push(',');
                    area.push_str(&ring);
                }
                _ => areas.push(ring),
            }
        }
        if areas.is_empty() {
            return (true, 0.0);
        }
        let text: Vec<String> = areas.iter().map(|area| format!("({area})")).collect();
        let shape = Geometry::from_wkt(&format!("MULTIPOLYGON({})", text.join(","))).expect("WKT");
        (shape.is_valid(), shape.area())
    }

    fn gathered(all: &[Vec<Wide>]) -> Rings {
        let mut rings = Rings::default();
        for ring in all {
            let mut ring = ring.clone();
            simplify::tidy_ring(&mut ring);
            let double = if ring.len() < 3 {
                0
            } else {
                simplify::double_area(&ring)
            };
            if double == 0 {
                continue;
            }
            let shell = rings.len() == 0;
            if (double > 0) != shell {
                ring.reverse();
            }
            rings.push(ring, shell);
        }
        rings
    }

    fn ring(span: i64) -> impl Strategy<Value = Vec<Wide>> {
        prop::collection::vec((0..span, 0..span), 3..24)
            .prop_map(|ring| ring.into_iter().map(|(x, y)| [x, y]).collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 3000, ..ProptestConfig::default() })]

        #[test]
        fn what_is_taken_as_sound_is_valid_to_geos_and_all_others_become_so(
            all in prop::collection::vec(prop_oneof![ring(5), ring(12), ring(4000)], 1..4),
        ) {
            let mut rings = gathered(&all);
            let (valid, area) = judged(&rings);
            if rings.is_sound() {
                prop_assert!(valid, "{rings:?}");
            }
            let mut settled = gathered(&all);
            settled.settle(false);
            prop_assert!(judged(&settled).0, "{all:?} became {settled:?}");
            // What was valid keeps its ground, touching holes and all.
            if valid {
                prop_assert_eq!(judged(&settled).1, area);
            }
        }

        #[test]
        fn a_ring_that_goes_round_once_and_turns_one_way_is_convex(
            all in ring(12),
        ) {
            let rings = gathered(&[all]);
            if rings.len() == 1 && is_convex(rings.get(0)) {
                prop_assert!(judged(&rings).0, "{rings:?}");
            }
        }
    }

    #[test]
    fn stretches_that_run_along_the_edge_twice_are_taken_apart() {
        // Two prongs, as cutting leaves them: joined along the tile's edge by nothing.
        let prongs = [
            [0, 0],
            [5, 0],
            [5, 2],
            [0, 2],
            [0, 6],
            [5, 6],
            [5, 8],
            [0, 8],
        ];
        let prongs = prongs.map(|[x, y]| [x + FRAME.low, y]).to_vec();
        let mut rings = gathered(&[prongs]);
        assert!(!rings.is_sound() && !judged(&rings).0);
        rings.settle(true);
        let (valid, area) = judged(&rings);
        assert!(
            valid && rings.len() == 2 && (area - 20.0).abs() < 1e-9,
            "{rings:?}"
        );
    }

    #[test]
    fn where_edges_are_shared_a_touch_is_taken_apart_and_a_crossing_stays() {
        let touch = vec![[0, 0], [8, 0], [8, 6], [4, 0], [0, 6]];
        let mut rings = gathered(std::slice::from_ref(&touch));
        rings.settle(true);
        assert!(judged(&rings).0 && rings.len() == 2, "{rings:?}");
        let crossing = vec![[0, 0], [9, 0], [9, 6], [4, -1], [0, 6]];
        let mut rings = gathered(std::slice::from_ref(&crossing));
        rings.settle(true);
        assert_eq!(rings.get(0), crossing);
        rings.settle(false);
        assert!(judged(&rings).0, "{rings:?}");
    }
}

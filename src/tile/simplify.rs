//! From world positions to tile units: takes the vertices that matter at a zoom, rounds them to the grid,
//! and leaves no position twice and no spike.

use super::{BUFFER, EXTENT, TileId, clip::Wide};

/// How world positions become the units of one tile: rounded to the nearest, with ties to the south-east.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    origin: [i64; 2],
    zoom: u8,
    /// World cells of a unit as a power of two; below zero deeper than zoom 20.
    shift: i32,
}

impl Grid {
    pub(super) fn of(id: TileId) -> Self {
        Self {
            origin: id.origin(),
            zoom: id.z(),
            shift: 20 - i32::from(id.z()),
        }
    }

    #[inline]
    pub(super) fn unit(self, at: [u32; 2]) -> Wide {
        let of = |axis: usize| {
            let from = i64::from(at[axis]) - self.origin[axis];
            if self.shift > 0 {
                (from + (1 << (self.shift - 1))) >> self.shift
            } else {
                from << -self.shift
            }
        };
        [of(0), of(1)]
    }

    /// The box of a shape in units, and whether it lies wholly within the buffer.
    pub(super) fn frame_of(self, bounds: [u32; 4]) -> ([Wide; 2], bool) {
        let low = self.unit([bounds[0], bounds[1]]);
        let high = self.unit([bounds[2], bounds[3]]);
        let inside = low.iter().all(|&v| v >= -i64::from(BUFFER))
            && high.iter().all(|&v| v <= i64::from(EXTENT + BUFFER));
        ([low, high], inside)
    }
}

/// Takes a path's vertices that matter, in units, without repeats; how many of them did not matter.
pub(super) fn path(grid: Grid, coords: &[[u32; 2]], zooms: &[u8], out: &mut Vec<Wide>) -> usize {
    out.clear();
    let mut left_out = 0;
    for (&at, &zoom) in coords.iter().zip(zooms) {
        if zoom > grid.zoom {
            left_out += 1;
            continue;
        }
        let unit = grid.unit(at);
        if out.last() != Some(&unit) {
            out.push(unit);
        }
    }
    left_out
}

/// Makes a ring of it: no closing position, no position twice in a row, no spike (out and back along one
/// edge), whose area is nothing.
pub(super) fn tidy_ring(ring: &mut Vec<Wide>) {
    let mut kept = 0;
    for at in 0..ring.len() {
        let next = ring[at];
        loop {
            if kept >= 1 && ring[kept - 1] == next {
                kept -= 1;
            } else if kept >= 2 && ring[kept - 2] == next {
                // The spike's tip is gone; the position before it is `next` itself.
                kept -= 1;
            } else {
                break;
            }
        }
        ring[kept] = next;
        kept += 1;
    }
    ring.truncate(kept);
    // The seam between end and start.
    let mut start = 0;
    loop {
        let len = ring.len() - start;
        if len < 3 {
            break;
        }
        if ring[ring.len() - 1] == ring[start] || ring[ring.len() - 2] == ring[start] {
            ring.pop();
        } else if ring[ring.len() - 1] == ring[start + 1] {
            start += 1;
        } else {
            break;
        }
    }
    ring.drain(..start);
}

/// Twice the area, positive when the ring runs clockwise on the screen (y down): MVT 2.1, 4.3.4.4. For
/// rings within the frame; those that reach far beyond it at deep zooms need [`has_area`].
pub(super) fn double_area(ring: &[Wide]) -> i64 {
    let Some(&[x0, y0]) = ring.first() else {
        return 0;
    };
    ring.windows(2)
        .map(|pair| (pair[0][0] - x0) * (pair[1][1] - y0) - (pair[1][0] - x0) * (pair[0][1] - y0))
        .sum()
}

/// True when a ring of any size encloses something.
pub(super) fn has_area(ring: &[Wide]) -> bool {
    let Some(&[x0, y0]) = ring.first() else {
        return false;
    };
    let wide = |v: i64, from: i64| i128::from(v - from);
    let double: i128 = ring
        .windows(2)
        .map(|pair| {
            wide(pair[0][0], x0) * wide(pair[1][1], y0)
                - wide(pair[1][0], x0) * wide(pair[0][1], y0)
        })
        .sum();
    double != 0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_tidy_ring_has_no_repeat_and_no_spike_and_keeps_its_area(
            points in prop::collection::vec((0_i64..6, 0_i64..6), 0..25),
        ) {
            let mut ring: Vec<Wide> = points.into_iter().map(|(x, y)| [x, y]).collect();
            let closed = |ring: &[Wide]| {
                let mut closed = ring.to_vec();
                closed.extend(ring.first());
                double_area(&closed)
            };
            let before = closed(&ring);
            tidy_ring(&mut ring);
            prop_assert_eq!(closed(&ring), before);
            let len = ring.len();
            if len >= 3 {
                for at in 0..len {
                    prop_assert_ne!(ring[at], ring[(at + 1) % len]);
                    prop_assert_ne!(ring[at], ring[(at + 2) % len]);
                }
            }
        }
    }

    #[test]
    fn positions_are_rounded_to_the_nearest_unit_at_every_zoom() {
        for zoom in 0..=22 {
            let id = TileId::holding(zoom, [3_000_000_123, 2_000_000_777]);
            let grid = Grid::of(id);
            let [x, y] = grid.unit([3_000_000_123, 2_000_000_777]);
            assert!(
                (0..=4096).contains(&x) && (0..=4096).contains(&y),
                "{zoom}: {x} {y}"
            );
        }
        let grid = Grid::of(TileId::new(0, 0, 0).unwrap());
        assert_eq!(grid.unit([u32::MAX, 1 << 19]), [4096, 1]);
        assert_eq!(grid.unit([(1 << 19) - 1, 0]), [0, 0]);
    }
}

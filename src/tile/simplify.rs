//! From world positions to tile units: takes the vertices that matter at a zoom, rounds them to the grid,
//! and leaves no position twice and no spike.

use super::{BUFFER, EXTENT, TileId, clip::Wide};
use crate::snapshot::{BLOCK, Blocks};

/// How world positions become the units of one tile: rounded to the nearest, with ties to the south-east.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid {
    origin: [i64; 2],
    zoom: u8,
    /// World cells of a unit as a power of two.
    down: u8,
    /// Units of a world cell as a power of two, deeper than zoom 20.
    up: u8,
    /// Half a unit in world cells.
    half: i64,
}

impl Grid {
    pub(super) fn of(id: TileId) -> Self {
        let down = 20_u8.saturating_sub(id.z());
        Self {
            origin: id.origin(),
            zoom: id.z(),
            down,
            up: id.z().saturating_sub(20),
            half: (1 << down) >> 1,
        }
    }

    #[inline]
    pub(super) fn unit(self, at: [u32; 2]) -> Wide {
        let of = |axis: usize| {
            let from = i64::from(at[axis]) - self.origin[axis];
            ((from + self.half) >> self.down) << self.up
        };
        [of(0), of(1)]
    }

    /// True for a box beyond the frame's left or right side, or above or below it and between these: then
    /// cutting takes off all of it at one side.
    fn is_beyond(self, bounds: [u32; 4]) -> bool {
        let low = self.unit([bounds[0], bounds[1]]);
        let high = self.unit([bounds[2], bounds[3]]);
        let (least, most) = (-i64::from(BUFFER), i64::from(EXTENT + BUFFER));
        let beside = high[0] < least || low[0] > most;
        let between = low[0] >= least && high[0] <= most;
        beside || between && (high[1] < least || low[1] > most)
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

/// What is known of the coordinates of a layer.
#[derive(Clone, Copy)]
pub(super) struct Vertices<'a> {
    /// From which zoom each matters.
    pub(super) zooms: &'a [u8],
    /// The same by blocks, and where those lie.
    pub(super) blocks: Blocks<'a>,
}

/// One ring or path of a layer.
pub(super) struct Ring<'a> {
    coords: &'a [[u32; 2]],
    zooms: &'a [u8],
    /// Where it begins among the layer's coordinates.
    from: usize,
    blocks: Blocks<'a>,
}

impl<'a> Vertices<'a> {
    /// The ring whose coordinates begin at `from` in the layer.
    pub(super) fn of(self, coords: &'a [[u32; 2]], from: usize) -> Ring<'a> {
        Ring {
            coords,
            zooms: &self.zooms[from..from + coords.len()],
            from,
            blocks: self.blocks,
        }
    }
}

/// Takes a path's vertices that matter, in units, without repeats; true when some did not matter.
///
/// Of a block that lies wholly beyond one side of the frame only its two ends are taken: what is between
/// them is cut off whatever its form, so the cut path is the same. `inside` says that all lies in the frame.
pub(super) fn path(grid: Grid, ring: &Ring<'_>, inside: bool, out: &mut Vec<Wide>) -> bool {
    out.clear();
    let count = ring.coords.len();
    if count < 2 * BLOCK {
        return take(grid, ring, 0..count, out);
    }
    let mut left_out = false;
    let mut at = 0;
    while at < count {
        let block = (ring.from + at) / BLOCK;
        let next = ((block + 1) * BLOCK - ring.from).min(count);
        let own = at..next;
        at = next;
        if own.len() == BLOCK {
            if ring.blocks.zooms[block] > grid.zoom {
                left_out = true;
                continue;
            }
            if !inside && grid.is_beyond(ring.blocks.boxes[block]) {
                let matters = |at: &usize| ring.zooms[*at] <= grid.zoom;
                let first = own.clone().find(matters);
                let last = own.rev().find(matters);
                for at in [first, last].into_iter().flatten() {
                    add(out, grid.unit(ring.coords[at]));
                }
                continue;
            }
        }
        left_out |= take(grid, ring, own, out);
    }
    left_out
}

fn take(grid: Grid, ring: &Ring<'_>, own: std::ops::Range<usize>, out: &mut Vec<Wide>) -> bool {
    let mut left_out = false;
    for (&at, &zoom) in ring.coords[own.clone()].iter().zip(&ring.zooms[own]) {
        if zoom > grid.zoom {
            left_out = true;
        } else {
            add(out, grid.unit(at));
        }
    }
    left_out
}

#[inline]
fn add(out: &mut Vec<Wide>, unit: Wide) {
    if out.last() != Some(&unit) {
        out.push(unit);
    }
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

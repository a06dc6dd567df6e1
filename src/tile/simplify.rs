//! From the vertices of a shape to those of a tile: takes what matters at its zoom, in its units, and leaves
//! no position twice and no spike.

use super::{clip::Wide, ground::Ground};
use crate::snapshot::{BLOCK, Blocks};

/// What is known of the coordinates of a layer.
#[derive(Clone, Copy)]
pub(super) struct Vertices<'a> {
    /// From which zoom each matters.
    pub(super) zooms: &'a [u8],
    /// The same by blocks, and where those lie.
    pub(super) blocks: Blocks<'a>,
    /// True for a coverage, whose neighbours have common edges.
    pub(super) shared: bool,
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
pub(super) fn path(
    ground: &impl Ground,
    ring: &Ring<'_>,
    inside: bool,
    out: &mut Vec<Wide>,
) -> bool {
    out.clear();
    let count = ring.coords.len();
    if count < 2 * BLOCK {
        return take(ground, ring, 0..count, out);
    }
    let deepest = ground.vertex_zoom();
    let mut left_out = false;
    let mut at = 0;
    while at < count {
        let block = (ring.from + at) / BLOCK;
        let next = ((block + 1) * BLOCK - ring.from).min(count);
        let own = at..next;
        at = next;
        if own.len() == BLOCK {
            if ring.blocks.zooms[block] > deepest {
                left_out = true;
                continue;
            }
            if !inside && ground.is_beyond(ring.blocks.boxes[block]) {
                let matters = |at: &usize| ring.zooms[*at] <= deepest;
                let first = own.clone().find(matters);
                let last = own.rev().find(matters);
                for at in [first, last].into_iter().flatten() {
                    add(out, ground.unit(ring.coords[at]));
                }
                continue;
            }
        }
        left_out |= take(ground, ring, own, out);
    }
    left_out
}

fn take(
    ground: &impl Ground,
    ring: &Ring<'_>,
    own: std::ops::Range<usize>,
    out: &mut Vec<Wide>,
) -> bool {
    let deepest = ground.vertex_zoom();
    let mut left_out = false;
    for (&at, &zoom) in ring.coords[own.clone()].iter().zip(&ring.zooms[own]) {
        if zoom > deepest {
            left_out = true;
        } else {
            add(out, ground.unit(at));
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
}

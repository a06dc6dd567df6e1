//! One feature's geometry as MVT commands: chosen vertices, cut to the buffered tile, wound, valid.

use super::{
    BUFFER, EXTENT,
    clip::{self, Frame, Wide},
    simplify::{self, Grid},
};
use crate::model::ShapeRef;

/// The box that shapes are cut to.
pub(super) const FRAME: Frame = Frame {
    low: -(BUFFER as i64),
    high: (EXTENT + BUFFER) as i64,
};

/// What became of a feature in a tile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Drawn {
    /// It has no part in the tile.
    Nothing,
    /// Its geometry is in the sketch.
    Shape,
    /// It falls together on the grid; a dot stands for it.
    Dot,
}

/// Memory for one geometry after the other.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    /// The commands of MVT 2.1, 4.3, as packed varints.
    pub(super) commands: Vec<u8>,
    /// True when vertices that matter only deeper were left out.
    pub(super) simplified: bool,
    path: Vec<Wide>,
    spare: Vec<Wide>,
    cursor: Wide,
}

/// Appends a varint.
#[inline]
pub(super) fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The bytes of a varint.
pub(super) fn varint_len(number: u64) -> usize {
    (64 - (number | 1).leading_zeros() as usize).div_ceil(7)
}

const MOVE_TO: u64 = 1;
const LINE_TO: u64 = 2;
const CLOSE_PATH: u8 = 15;

impl Sketch {
    fn command(&mut self, id: u64, count: usize) {
        varint(&mut self.commands, (count as u64) << 3 | id);
    }

    #[inline]
    fn step(&mut self, to: Wide) {
        for (to, from) in to.into_iter().zip(self.cursor) {
            let by = to - from;
            varint(&mut self.commands, ((by << 1) ^ (by >> 63)) as u64);
        }
        self.cursor = to;
    }

    /// Draws a path: the positions of `self.path` between two of its indices.
    fn line(&mut self, from: usize, to: usize) {
        self.command(MOVE_TO, 1);
        self.step(self.path[from]);
        self.command(LINE_TO, to - from - 1);
        for at in from + 1..to {
            self.step(self.path[at]);
        }
    }

    /// A point at a position in units.
    pub(super) fn point(&mut self, at: Wide) {
        self.commands.clear();
        self.cursor = [0; 2];
        self.command(MOVE_TO, 1);
        self.step(at);
    }

    /// Draws a feature. `zooms` belongs to the coordinates of the whole layer; `bounds` is the feature's
    /// box in world positions.
    pub(super) fn draw(
        &mut self,
        grid: Grid,
        shape: ShapeRef<'_, u32>,
        zooms: &[u8],
        bounds: [u32; 4],
    ) -> Drawn {
        self.commands.clear();
        self.cursor = [0; 2];
        self.simplified = false;
        let ([low, high], inside) = grid.frame_of(bounds);
        match shape.kind.dimension() {
            None => Drawn::Nothing,
            Some(0) => self.points(grid, shape),
            Some(dimension) if low == high => self.dot(low, dimension),
            Some(1) => self.lines(grid, shape, zooms, inside),
            Some(_) => self.areas(grid, shape, zooms, inside),
        }
    }

    /// The smallest thing that can be seen: one unit long, or one unit square.
    fn dot(&mut self, at: Wide, dimension: u8) -> Drawn {
        if !FRAME.holds(at) {
            return Drawn::Nothing;
        }
        let [x, y] = at.map(|v| v.min(FRAME.high - 1));
        self.path.clear();
        if dimension == 1 {
            self.path.extend([[x, y], [x + 1, y]]);
            self.line(0, 2);
        } else {
            self.path
                .extend([[x, y], [x + 1, y], [x + 1, y + 1], [x, y + 1]]);
            self.line(0, 4);
            self.commands.push(CLOSE_PATH);
        }
        Drawn::Dot
    }

    fn points(&mut self, grid: Grid, shape: ShapeRef<'_, u32>) -> Drawn {
        self.path.clear();
        self.path.extend(
            shape
                .coords()
                .iter()
                .map(|&at| grid.unit(at))
                .filter(|&at| FRAME.holds(at)),
        );
        if self.path.len() > 1 {
            self.path.sort_unstable();
            self.path.dedup();
        }
        if self.path.is_empty() {
            return Drawn::Nothing;
        }
        self.command(MOVE_TO, self.path.len());
        for at in 0..self.path.len() {
            self.step(self.path[at]);
        }
        Drawn::Shape
    }

    fn lines(&mut self, grid: Grid, shape: ShapeRef<'_, u32>, zooms: &[u8], inside: bool) -> Drawn {
        let (mut from, _) = shape.coord_range();
        let mut collapsed = None;
        for part in shape.parts() {
            for ring in part.rings() {
                let own = &zooms[from..from + ring.len()];
                from += ring.len();
                self.simplified |= simplify::path(grid, ring, own, &mut self.path) > 0;
                match self.path.len() {
                    0 => {}
                    1 => collapsed = collapsed.or(Some(self.path[0])),
                    len if inside => self.line(0, len),
                    _ => self.cut_line(),
                }
            }
        }
        self.finish(collapsed, 1)
    }

    /// Draws the parts of `self.path` that lie in the frame.
    fn cut_line(&mut self) {
        let whole = std::mem::take(&mut self.path);
        for pair in whole.windows(2) {
            let Some((a, b)) = clip::segment(pair[0], pair[1], FRAME) else {
                continue;
            };
            if self.path.last() != Some(&a) {
                if self.path.len() > 1 {
                    self.line(0, self.path.len());
                }
                self.path.clear();
                self.path.push(a);
            }
            if a != b {
                self.path.push(b);
            }
        }
        if self.path.len() > 1 {
            self.line(0, self.path.len());
        }
        self.path = whole;
    }

    fn areas(&mut self, grid: Grid, shape: ShapeRef<'_, u32>, zooms: &[u8], inside: bool) -> Drawn {
        let (mut from, _) = shape.coord_range();
        let mut collapsed = None;
        for part in shape.parts() {
            let mut has_shell = false;
            for (at, ring) in part.rings().enumerate() {
                let own = &zooms[from..from + ring.len()];
                from += ring.len();
                if at > 0 && !has_shell {
                    continue;
                }
                self.simplified |= simplify::path(grid, ring, own, &mut self.path) > 0;
                let first = self.path.first().copied();
                simplify::tidy_ring(&mut self.path);
                // Within the frame 64 bits are plenty, and most features are there.
                let encloses = if inside {
                    simplify::double_area(&self.path) != 0
                } else {
                    simplify::has_area(&self.path)
                };
                if self.path.len() < 3 || !encloses {
                    if at == 0 {
                        collapsed = collapsed.or(first);
                    }
                    continue;
                }
                if !inside {
                    clip::ring(&mut self.path, &mut self.spare, FRAME);
                    simplify::tidy_ring(&mut self.path);
                }
                let area = simplify::double_area(&self.path);
                if self.path.len() < 3 || area == 0 {
                    continue;
                }
                if (area > 0) != (at == 0) {
                    self.path.reverse();
                }
                has_shell = true;
                self.line(0, self.path.len());
                self.commands.push(CLOSE_PATH);
            }
        }
        self.finish(collapsed, 2)
    }

    fn finish(&mut self, collapsed: Option<Wide>, dimension: u8) -> Drawn {
        match collapsed {
            _ if !self.commands.is_empty() => Drawn::Shape,
            Some(at) => self.dot(at, dimension),
            None => Drawn::Nothing,
        }
    }
}

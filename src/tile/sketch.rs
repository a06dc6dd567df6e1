//! One feature's geometry as MVT commands: chosen vertices, cut to the buffered tile, wound, valid.

pub(super) use super::simplify::Vertices;
use super::{
    bends::{self, Bends},
    clip::{self, Frame, Wide},
    ground::{Ground, REACH},
    rings::Rings,
    simplify,
};
use crate::model::ShapeRef;

/// The box that shapes are cut to.
pub(super) const FRAME: Frame = Frame {
    low: REACH.0,
    high: REACH.1,
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
    /// The commands of MVT 2.1, 4.3, as packed varints, of all features drawn since [`Self::clear`].
    commands: Vec<u8>,
    /// Where they end; what lies beyond is left from before.
    end: usize,
    /// True when vertices that matter only deeper were left out of the last feature.
    pub(super) simplified: bool,
    /// The longer side of the last feature's box, in units.
    pub(super) room: u32,
    /// True when the last feature is not valid, and mending it alone would move an edge that another has.
    pub(super) troubled: bool,
    /// How edges are bent so that no feature is.
    pub(super) bends: Option<Bends>,
    path: Vec<Wide>,
    spare: Vec<Wide>,
    rings: Rings,
    cursor: Wide,
}

/// Appends a varint.
#[inline]
pub(super) fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The bytes of a varint.
#[inline]
pub(super) fn varint_len(number: u64) -> usize {
    (64 - (number | 1).leading_zeros() as usize).div_ceil(7)
}

/// The most bytes of a varint.
pub(super) const VARINT: usize = 10;
const MOVE_TO: u64 = 1;
const LINE_TO: u64 = 2;
const CLOSE_PATH: u64 = 7;

/// Writes a varint at the begin of a buffer of at least [`VARINT`] bytes; how many it has. Nearly all steps
/// take one or two, and which of them is not known in advance, so both are written without a jump.
#[inline]
pub(super) fn place(out: &mut [u8], number: u64) -> usize {
    if number < 1 << 14 {
        let more = u64::from(number >= 0x80);
        let both = (number & 0x7f) | more << 7 | (number >> 7) << 8;
        out[..2].copy_from_slice(&(both as u16).to_le_bytes());
        return 1 + more as usize;
    }
    let mut left = number;
    let mut at = 0;
    while left >= 0x80 {
        out[at] = left as u8 | 0x80;
        left >>= 7;
        at += 1;
    }
    out[at] = left as u8;
    at + 1
}

impl Sketch {
    /// Forgets all commands.
    pub(super) fn clear(&mut self) {
        self.end = 0;
    }

    /// All commands since the last [`Self::clear`].
    pub(super) fn commands(&self) -> &[u8] {
        &self.commands[..self.end]
    }

    /// Where the next command goes.
    pub(super) fn end(&self) -> usize {
        self.end
    }

    /// Makes sure that there is room for some more varints.
    fn reserve(&mut self, varints: usize) {
        let wanted = self.end + (varints + 1) * VARINT;
        if self.commands.len() < wanted {
            self.commands.resize(wanted.next_power_of_two(), 0);
        }
    }

    fn command(&mut self, id: u64, count: usize) {
        self.reserve(1);
        self.end += place(&mut self.commands[self.end..], (count as u64) << 3 | id);
    }

    /// Steps to positions of `self.path`, for which there is room.
    #[inline]
    fn steps(&mut self, from: usize, to: usize) {
        let mut cursor = self.cursor;
        let mut end = self.end;
        for &at in &self.path[from..to] {
            let out = &mut self.commands[end..end + 2 * VARINT];
            let step = |axis: usize| {
                let by = at[axis] - cursor[axis];
                ((by << 1) ^ (by >> 63)) as u64
            };
            let len = place(out, step(0));
            end += len + place(&mut out[len..], step(1));
            cursor = at;
        }
        self.cursor = cursor;
        self.end = end;
    }

    /// Draws a path: the positions of `self.path` between two of its indices.
    fn line(&mut self, from: usize, to: usize) {
        self.reserve(2 * (to - from) + 2);
        self.command(MOVE_TO, 1);
        self.steps(from, from + 1);
        self.command(LINE_TO, to - from - 1);
        self.steps(from + 1, to);
    }

    /// A point at a position in units.
    pub(super) fn point(&mut self, at: Wide) {
        self.cursor = [0; 2];
        self.path.clear();
        self.path.push(at);
        self.reserve(3);
        self.command(MOVE_TO, 1);
        self.steps(0, 1);
    }

    /// Draws a feature. `vertices` belong to the coordinates of the whole layer; `bounds` is the feature's
    /// box in world positions.
    pub(super) fn draw(
        &mut self,
        ground: &impl Ground,
        shape: ShapeRef<'_, u32>,
        vertices: Vertices<'_>,
        bounds: [u32; 4],
    ) -> Drawn {
        let begin = self.end;
        self.cursor = [0; 2];
        self.simplified = false;
        self.troubled = false;
        let ([low, high], inside) = ground.frame_of(bounds);
        let side = (high[0] - low[0]).max(high[1] - low[1]);
        self.room = u32::try_from(side).unwrap_or(u32::MAX);
        match shape.kind.dimension() {
            None => Drawn::Nothing,
            Some(0) => self.points(ground, shape),
            Some(dimension) if low == high => self.dot(low, dimension),
            Some(1) => {
                let collapsed = self.lines(ground, shape, vertices, inside);
                self.finish(begin, collapsed, 1)
            }
            Some(_) => {
                let collapsed = self.areas(ground, shape, vertices, inside);
                self.finish(begin, collapsed, 2)
            }
        }
    }

    /// A dot in place of a shape too large for the tile's bytes.
    pub(super) fn stand_in(&mut self, at: Wide, dimension: u8) {
        self.cursor = [0; 2];
        self.dot(at, dimension);
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
            self.command(CLOSE_PATH, 1);
        }
        Drawn::Dot
    }

    fn points(&mut self, ground: &impl Ground, shape: ShapeRef<'_, u32>) -> Drawn {
        self.path.clear();
        self.path.extend(
            shape
                .coords()
                .iter()
                .map(|&at| ground.unit(at))
                .filter(|&at| FRAME.holds(at)),
        );
        if self.path.len() > 1 {
            self.path.sort_unstable();
            self.path.dedup();
        }
        if self.path.is_empty() {
            return Drawn::Nothing;
        }
        let count = self.path.len();
        self.reserve(2 * count + 1);
        self.command(MOVE_TO, count);
        self.steps(0, count);
        Drawn::Shape
    }

    /// Draws the paths of a shape; where one lies that fell together, if any did.
    fn lines(
        &mut self,
        ground: &impl Ground,
        shape: ShapeRef<'_, u32>,
        vertices: Vertices<'_>,
        inside: bool,
    ) -> Option<Wide> {
        let (mut from, _) = shape.coord_range();
        let mut collapsed = None;
        for part in shape.parts() {
            for ring in part.rings() {
                let own = vertices.of(ring, from);
                from += ring.len();
                self.simplified |= simplify::path(ground, &own, inside, &mut self.path);
                match self.path.len() {
                    0 => {}
                    1 => collapsed = collapsed.or(Some(self.path[0])),
                    len if inside => self.line(0, len),
                    _ => self.cut_line(),
                }
            }
        }
        collapsed
    }

    /// Draws the parts of `self.path` that lie in the frame.
    fn cut_line(&mut self) {
        let whole = std::mem::take(&mut self.path);
        for pair in whole.windows(2) {
            // Most of a path that is cut lies in the frame all the same, where it goes on from its last step.
            if FRAME.holds(pair[1]) && self.path.last() == Some(&pair[0]) {
                self.path.push(pair[1]);
                continue;
            }
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

    /// Draws the areas of a shape; where one lies that fell together, if any did.
    fn areas(
        &mut self,
        ground: &impl Ground,
        shape: ShapeRef<'_, u32>,
        vertices: Vertices<'_>,
        inside: bool,
    ) -> Option<Wide> {
        let mut collapsed = self.gather(ground, shape, vertices, inside);
        let mut rings = std::mem::take(&mut self.rings);
        let least = rings.least();
        self.troubled = !rings.settle(vertices.shared && self.bends.is_none());
        if let Some(bends) = &mut self.bends {
            bends.claim(&mut rings);
        }
        if rings.len() == 0 && least.is_some() && self.all_within(ground, shape, vertices) {
            // Nothing was cut off, and nothing is left: it is too thin for the grid.
            collapsed = collapsed.or(least);
        }
        for at in 0..rings.len() {
            self.path.clear();
            self.path.extend_from_slice(rings.get(at));
            self.line(0, self.path.len());
            self.command(CLOSE_PATH, 1);
        }
        self.rings = rings;
        collapsed
    }

    /// Lets the areas of a shape tell what of their ground is disputed.
    pub(super) fn dispute(
        &mut self,
        ground: &impl Ground,
        shape: ShapeRef<'_, u32>,
        vertices: Vertices<'_>,
    ) {
        self.gather(ground, shape, vertices, false);
        if let Some(bends) = &mut self.bends {
            bends.dispute(&self.rings);
        }
    }

    /// Gathers a shape's rings as they lie in the frame, bent; where one lies that fell together, if any did.
    fn gather(
        &mut self,
        ground: &impl Ground,
        shape: ShapeRef<'_, u32>,
        vertices: Vertices<'_>,
        inside: bool,
    ) -> Option<Wide> {
        let (mut from, _) = shape.coord_range();
        let mut collapsed = None;
        let mut rings = std::mem::take(&mut self.rings);
        rings.clear();
        for part in shape.parts() {
            let mut has_shell = false;
            for (at, ring) in part.rings().enumerate() {
                let own = vertices.of(ring, from);
                from += ring.len();
                if at > 0 && !has_shell {
                    continue;
                }
                self.simplified |= simplify::path(ground, &own, inside, &mut self.path);
                let first = self.path.first().copied();
                simplify::tidy_ring(&mut self.path);
                if let Some(bends) = &self.bends {
                    bends.bend(&mut self.path);
                    simplify::tidy_ring(&mut self.path);
                }
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
                rings.push(self.path.iter().copied(), at == 0);
            }
        }
        self.rings = rings;
        collapsed
    }

    /// Adds the edges of a shape's rings, as they lie before anything is cut, bent or mended.
    pub(super) fn edges(
        &mut self,
        ground: &impl Ground,
        shape: ShapeRef<'_, u32>,
        vertices: Vertices<'_>,
        out: &mut Vec<[Wide; 2]>,
    ) {
        let (mut from, _) = shape.coord_range();
        for ring in shape.parts().flat_map(|part| part.rings()) {
            let own = vertices.of(ring, from);
            from += ring.len();
            simplify::path(ground, &own, false, &mut self.path);
            simplify::tidy_ring(&mut self.path);
            bends::edges(&self.path, out);
        }
    }

    /// True when all vertices that matter lie in the frame.
    fn all_within(
        &mut self,
        ground: &impl Ground,
        shape: ShapeRef<'_, u32>,
        vertices: Vertices<'_>,
    ) -> bool {
        let (mut from, _) = shape.coord_range();
        shape.parts().all(|part| {
            part.rings().all(|ring| {
                let own = vertices.of(ring, from);
                from += ring.len();
                simplify::path(ground, &own, false, &mut self.path);
                self.path.iter().all(|&at| FRAME.holds(at))
            })
        })
    }

    fn finish(&mut self, begin: usize, collapsed: Option<Wide>, dimension: u8) -> Drawn {
        match collapsed {
            _ if self.end > begin => Drawn::Shape,
            Some(at) => self.dot(at, dimension),
            None => Drawn::Nothing,
        }
    }
}

//! Tiles of a declared grid: a UTM zone, a country's own system.
//!
//! A vertex goes from its world position to the plane of the grid and is rounded to the tile's units there;
//! everything else is as for the web's square. Which vertices and features there are follows the web zoom of
//! like resolution, so neighbours keep the same vertices of the line between them, and no sliver arises.

use std::{cell::Cell, fmt, sync::Arc};

use super::{
    BUFFER, EXTENT,
    clip::Wide,
    ground::{Ground, is_cut_off, is_within},
};
use crate::{
    crs::{CrsError, Look, Plane},
    model::{Bbox, MatrixSet, world},
};

/// Places along each side at which a tile's or a layer's edge is looked at.
const ALONG: usize = 16;
/// A box seen from its edge may bulge between two of those places; this share of its side is more than that.
const BULGE: f64 = 1.0 / 64.0;
/// A unit beyond every tile, for positions that have none.
const NOWHERE: i64 = 1 << 40;

/// A grid on offer.
pub struct Grid {
    set: MatrixSet,
    plane: Plane,
}

impl fmt::Debug for Grid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Grid({})", self.set.id)
    }
}

/// The first and the last row and column of a level that something touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Rows, from the north.
    pub rows: [u32; 2],
    /// Columns, from the west.
    pub cols: [u32; 2],
}

impl Limits {
    /// True when the tile is one of them.
    pub fn hold(&self, row: u32, col: u32) -> bool {
        (self.rows[0]..=self.rows[1]).contains(&row) && (self.cols[0]..=self.cols[1]).contains(&col)
    }
}

/// Positions along the edge of a box, every corner among them.
fn edge([west, south, east, north]: [f64; 4]) -> Vec<[f64; 2]> {
    (0..=ALONG)
        .map(|at| at as f64 / ALONG as f64)
        .flat_map(|share| {
            let (x, y) = (
                west + share * (east - west),
                south + share * (north - south),
            );
            [[x, south], [x, north], [west, y], [east, y]]
        })
        .collect()
}

impl Grid {
    /// The grid, where PROJ knows its system.
    pub fn open(set: MatrixSet) -> Result<Self, CrsError> {
        let plane = Plane::open(&set.crs())?;
        Ok(Self { set, plane })
    }

    /// How it is declared.
    pub fn set(&self) -> &MatrixSet {
        &self.set
    }

    /// A tile of it; none beyond its levels, rows or columns.
    pub fn tile(self: &Arc<Self>, level: usize, row: u32, col: u32) -> Option<GridTile> {
        let matrix = self.set.matrices.get(level)?;
        let is_there = level < self.set.served() && row < matrix.height && col < matrix.width;
        is_there.then(|| GridTile {
            grid: Arc::clone(self),
            level,
            row,
            col,
        })
    }

    /// The box in metres around a box in longitude and latitude; none where the system does not reach it.
    fn metres(&self, bbox: &Bbox) -> Option<Bbox> {
        let mut around = edge([bbox.west, bbox.south, bbox.east, bbox.north]);
        self.plane.from_lonlat(&mut around);
        let found = Bbox::around(&around)?;
        let bulge = BULGE * (found.east - found.west).max(found.north - found.south);
        // A box of a point is one.
        let bulge = if around.iter().all(|at| *at == around[0]) {
            0.0
        } else {
            bulge
        };
        Some(Bbox {
            west: found.west - bulge,
            south: found.south - bulge,
            east: found.east + bulge,
            north: found.north + bulge,
        })
    }

    /// The tiles that a box in longitude and latitude touches, level by level; none where none does.
    pub fn limits(&self, bbox: &Bbox) -> Option<Vec<Limits>> {
        let metres = self.metres(bbox)?;
        let [left, top] = self.set.corner;
        (0..self.set.served())
            .map(|level| {
                let matrix = &self.set.matrices[level];
                let span = self.set.span(level);
                let among = |from: f64, to: f64, count: u32| {
                    let (from, to) = ((from / span).floor(), (to / span).floor());
                    let is_there = to >= 0.0 && from < f64::from(count);
                    // `as` saturates, which is the clamp that is wanted.
                    is_there.then_some([from as u32, (to as u32).min(count - 1)])
                };
                Some(Limits {
                    rows: among(top - metres.north, top - metres.south, matrix.height)?,
                    cols: among(metres.west - left, metres.east - left, matrix.width)?,
                })
            })
            .collect()
    }

    /// The level at which a box in longitude and latitude fills about a screen.
    pub fn fitting_level(&self, bbox: &Bbox) -> usize {
        let Some(metres) = self.metres(bbox) else {
            return 0;
        };
        let wide = (metres.east - metres.west) / 1024.0;
        let high = (metres.north - metres.south) / 768.0;
        let finest = self.set.served().saturating_sub(1);
        (0..finest)
            .rev()
            .find(|&level| self.set.matrices[level].cell_size >= wide.max(high))
            .unwrap_or(0)
    }
}

/// A tile of a grid.
#[derive(Clone, Debug)]
pub struct GridTile {
    grid: Arc<Grid>,
    level: usize,
    row: u32,
    col: u32,
}

impl GridTile {
    /// What tells it from the tiles of all grids: `UTM43WGS84Quad/12/1345/2245`, row before column.
    pub fn name(&self) -> String {
        let set = &self.grid.set;
        let level = &set.matrices[self.level].id;
        format!("{}/{level}/{}/{}", set.id, self.row, self.col)
    }

    /// Its north-west corner in metres.
    fn corner(&self) -> [f64; 2] {
        let span = self.grid.set.span(self.level);
        let [left, top] = self.grid.set.corner;
        [
            left + f64::from(self.col) * span,
            top - f64::from(self.row) * span,
        ]
    }

    /// A box of world positions that holds whatever can come to lie in the tile and its buffer.
    pub fn reach(&self) -> [u32; 4] {
        const WHOLE: [u32; 4] = [0, 0, u32::MAX, u32::MAX];
        let span = self.grid.set.span(self.level);
        let [west, north] = self.corner();
        // Half a unit more: positions are rounded to the nearest unit, so they may come from that far.
        let margin = span * (f64::from(BUFFER) + 0.5) / f64::from(EXTENT);
        let mut around = edge([
            west - margin,
            north - span - margin,
            west + span + margin,
            north + margin,
        ]);
        self.grid.plane.to_lonlat(&mut around);
        if around.iter().flatten().any(|axis| axis.is_nan()) {
            return WHOLE;
        }
        let Some(bbox) = Bbox::around(&around) else {
            return WHOLE;
        };
        // Across the antimeridian, or around a pole.
        if bbox.east - bbox.west > 180.0 {
            return WHOLE;
        }
        let [x0, y0] = world::from_lonlat([bbox.west, bbox.north]).map(f64::from);
        let [x1, y1] = world::from_lonlat([bbox.east, bbox.south]).map(f64::from);
        let bulge = BULGE * (x1 - x0).max(y1 - y0) + 1.0;
        // `as` saturates, which is the clamp that is wanted at the edges of the world.
        [
            (x0 - bulge) as u32,
            (y0 - bulge) as u32,
            (x1 + bulge) as u32,
            (y1 + bulge) as u32,
        ]
    }

    /// What drawing asks of it.
    pub(super) fn ground(&self) -> Declared<'_> {
        let set = &self.grid.set;
        let unit = set.unit(self.level);
        Declared {
            look: self.grid.plane.look(unit),
            tile: self,
            corner: self.corner(),
            scale: 1.0 / unit,
            vertex_zoom: set.vertex_zoom(self.level),
            feature_zoom: set.feature_zoom(self.level),
            lost: Cell::new(false),
        }
    }
}

/// The ground of a grid's tile.
pub(super) struct Declared<'a> {
    look: Look<'a>,
    tile: &'a GridTile,
    corner: [f64; 2],
    /// Units of a metre.
    scale: f64,
    vertex_zoom: u8,
    feature_zoom: u8,
    /// True when a position had no place.
    lost: Cell<bool>,
}

impl Declared<'_> {
    /// A world position in units and parts of them, from the tile's north-west corner; NaN for none.
    #[inline]
    fn exactly(&self, at: [u32; 2]) -> [f64; 2] {
        let [east, north] = self.look.at(at);
        [
            (east - self.corner[0]) * self.scale,
            (self.corner[1] - north) * self.scale,
        ]
    }

    /// The box of a shape in units by the corners of its box in world positions, and how far a side of it
    /// may bulge; none where a corner has no place.
    fn corners(&self, [x0, y0, x1, y1]: [u32; 4]) -> Option<([Wide; 2], i64)> {
        let mut low = [f64::INFINITY; 2];
        let mut high = [f64::NEG_INFINITY; 2];
        for at in [[x0, y0], [x1, y0], [x0, y1], [x1, y1]] {
            let unit = self.exactly(at);
            if unit[0].is_nan() {
                return None;
            }
            for axis in 0..2 {
                low[axis] = low[axis].min(unit[axis]);
                high[axis] = high[axis].max(unit[axis]);
            }
        }
        let (low, high) = (low.map(rounded), high.map(rounded));
        let side = (high[0] - low[0]).max(high[1] - low[1]);
        Some(([low, high], if side == 0 { 0 } else { side / 16 + 2 }))
    }
}

/// The nearest unit, ties to the south-east.
#[inline]
fn rounded(exact: f64) -> i64 {
    // `as` cuts off towards nothing and saturates; what is that far is cut off anyway. This is `floor`, which
    // would be a call on processors that the program has to run on.
    let higher = exact + 0.5;
    let whole = higher as i64;
    (whole - i64::from(higher < whole as f64)).clamp(-NOWHERE, NOWHERE)
}

impl Ground for Declared<'_> {
    #[inline]
    fn unit(&self, at: [u32; 2]) -> Wide {
        let exact = self.exactly(at);
        if exact[0].is_nan() {
            self.lost.set(true);
            return [NOWHERE; 2];
        }
        exact.map(rounded)
    }

    fn holds(&self, at: [u32; 2]) -> bool {
        let own = 0.0..f64::from(EXTENT);
        self.exactly(at).iter().all(|axis| own.contains(axis))
    }

    fn reach(&self) -> [u32; 4] {
        self.tile.reach()
    }

    fn vertex_zoom(&self) -> u8 {
        self.vertex_zoom
    }

    fn feature_zoom(&self) -> u8 {
        self.feature_zoom
    }

    fn frame_of(&self, bounds: [u32; 4]) -> ([Wide; 2], bool) {
        match self.corners(bounds) {
            None => ([[-NOWHERE; 2], [NOWHERE; 2]], false),
            Some(([low, high], bulge)) => {
                let inside = is_within(low.map(|v| v - bulge), high.map(|v| v + bulge));
                ([low, high], inside)
            }
        }
    }

    fn is_beyond(&self, bounds: [u32; 4]) -> bool {
        self.corners(bounds).is_some_and(|([low, high], bulge)| {
            is_cut_off(low.map(|v| v - bulge), high.map(|v| v + bulge))
        })
    }

    fn lost_one(&self) -> bool {
        self.lost.take()
    }
}

//! Which tile is where: the `WebMercatorQuad` grid over world positions, and the word for what a tile leaves
//! out. Snapshots keep tiles and `tile` makes them, so both speak of them in these terms.

use serde::{Deserialize, Serialize};

use super::{Bbox, world};

/// The deepest zoom that is served.
pub const MAX_ZOOM: u8 = 22;

/// Units along a tile's side.
pub const EXTENT: i32 = 4096;

/// Units kept beyond each side.
pub const BUFFER: i32 = 64;

/// One step down the Hilbert curve: which quarter a position lies in, and how the curve runs there. It runs as it
/// does in the whole, or with both axes exchanged (bit 0 of the way), reversed (bit 1), or both.
const fn step(way: usize, right: usize, down: usize) -> (usize, usize) {
    let (right, down) = if way & 1 == 0 {
        (right, down)
    } else {
        (down, right)
    };
    let (right, down) = (right ^ way >> 1, down ^ way >> 1);
    let next = if down == 1 { way } else { way ^ 1 ^ right << 1 };
    ((3 * right) ^ down, next)
}

/// Two steps at once: for each way, and two bits of x above two bits of y, the next way above four bits of the place.
const STEPS: [[u8; 16]; 4] = {
    let mut steps = [[0; 16]; 4];
    let mut at = 0;
    while at < 64 {
        let (way, bits) = (at / 16, at % 16);
        let (first, next) = step(way, bits >> 3, bits >> 1 & 1);
        let (second, next) = step(next, bits >> 2 & 1, bits & 1);
        steps[way][bits] = (next << 4 | first << 2 | second) as u8;
        at += 1;
    }
    steps
};

/// The place of a position along a Hilbert curve over the world.
pub fn hilbert([x, y]: [u32; 2]) -> u64 {
    let (mut place, mut way) = (0, 0);
    for shift in (0..32).step_by(2).rev() {
        let bits = (x >> shift & 3) << 2 | (y >> shift & 3);
        let found = STEPS[way][bits as usize];
        place = place << 4 | u64::from(found & 15);
        way = usize::from(found >> 4);
    }
    place
}

/// Column and row of a place along the curve of a zoom.
fn unhilbert(place: u64, z: u8) -> [u32; 2] {
    let (mut x, mut y) = (0_u32, 0_u32);
    for bit in 0..u32::from(z) {
        let two = (place >> (2 * bit) & 3) as u32;
        let right = two >> 1;
        let down = (two & 1) ^ right;
        if down == 0 {
            if right == 1 {
                let all = (1 << bit) - 1;
                x = all - x;
                y = all - y;
            }
            std::mem::swap(&mut x, &mut y);
        }
        x |= right << bit;
        y |= down << bit;
    }
    [x, y]
}

/// A tile that exists: zoom 0 to 22, column and row within the zoom's grid; row 0 is north.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TileId {
    z: u8,
    x: u32,
    y: u32,
}

impl TileId {
    /// The tile, where there is one.
    pub fn new(z: u8, x: u32, y: u32) -> Option<Self> {
        (z <= MAX_ZOOM && x >> z == 0 && y >> z == 0).then_some(Self { z, x, y })
    }

    /// The tile of a zoom that holds a world position.
    pub fn holding(z: u8, [x, y]: [u32; 2]) -> Self {
        let z = z.min(MAX_ZOOM);
        let of = |at: u32| (u64::from(at) >> (32 - z)) as u32;
        Self {
            z,
            x: of(x),
            y: of(y),
        }
    }

    /// The zoom.
    pub fn z(self) -> u8 {
        self.z
    }

    /// The column, counted from 180° W.
    pub fn x(self) -> u32 {
        self.x
    }

    /// The row, counted from the north.
    pub fn y(self) -> u32 {
        self.y
    }

    /// The world position of its north-west corner.
    pub fn origin(self) -> [i64; 2] {
        let shift = 32 - self.z;
        [i64::from(self.x) << shift, i64::from(self.y) << shift]
    }

    /// Its box in world positions, both ends included, widened by `buffer` tile units and cut at the
    /// edge of the world.
    pub fn world_box(self, buffer: i32) -> [u32; 4] {
        let side = 1_i64 << (32 - self.z);
        let [x, y] = self.origin();
        // Half a unit more: positions are rounded to the nearest unit, so they may come from that far.
        let margin = side * (2 * i64::from(buffer) + 1) / (2 * i64::from(EXTENT)) + 1;
        let cut = |at: i64| at.clamp(0, i64::from(u32::MAX)) as u32;
        [
            cut(x - margin),
            cut(y - margin),
            cut(x + side + margin),
            cut(y + side + margin),
        ]
    }

    /// Its number in a `PMTiles` archive (specification 3, section 4.1.1): all tiles of the zooms before, then
    /// its place along the Hilbert curve of its zoom.
    pub fn number(self) -> u64 {
        let before = ((1_u64 << (2 * self.z)) - 1) / 3;
        let corner = self.origin().map(|at| at as u32);
        let along = hilbert(corner).checked_shr(64 - 2 * u32::from(self.z));
        before + along.unwrap_or(0)
    }

    /// The tile of a number; none beyond the deepest zoom.
    pub fn of_number(number: u64) -> Option<Self> {
        let mut before = 0;
        for z in 0..=MAX_ZOOM {
            let count = 1_u64 << (2 * z);
            if number - before < count {
                let [x, y] = unhilbert(number - before, z);
                return Self::new(z, x, y);
            }
            before += count;
        }
        None
    }

    /// The four tiles of the next zoom that it consists of, along the curve; none below the deepest.
    pub fn children(self) -> impl Iterator<Item = Self> {
        let first = Self::of_number(self.number() * 4 + 1).map(Self::number);
        first
            .into_iter()
            .flat_map(|first| first..first + 4)
            .filter_map(Self::of_number)
    }

    /// Its box in longitude/latitude, without buffer.
    pub fn bbox(self) -> Bbox {
        let [x, y] = self.origin();
        let side = 1_i64 << (32 - self.z);
        let at = |x: i64, y: i64| {
            let turn = std::f64::consts::PI * (1.0 - 2.0 * y as f64 / world::WORLD);
            [
                x as f64 / world::WORLD * 360.0 - 180.0,
                turn.sinh().atan().to_degrees(),
            ]
        };
        let [west, north] = at(x, y);
        let [east, south] = at(x + side, y + side);
        Bbox {
            west,
            south,
            east,
            north,
        }
    }
}

/// What a tile leaves out or changes, summed over its layers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Losses {
    /// Features whose box meets the tile and that pass the filter.
    pub features_matched: u64,
    /// Of those, how many are left out, because the tile is full or they fall below its grid.
    pub dropped: u64,
    /// How many are drawn as a dot of one grid cell, because they are smaller.
    pub as_points: u64,
    /// How many lost vertices beyond those that fall together on the grid.
    pub simplified: u64,
}

impl Losses {
    /// Adds what another tile or layer leaves out.
    pub fn add(&mut self, other: &Self) {
        self.features_matched += other.features_matched;
        self.dropped += other.dropped;
        self.as_points += other.as_points;
        self.simplified += other.simplified;
    }

    /// Of each number the larger one.
    pub fn most(&mut self, other: &Self) {
        self.features_matched = self.features_matched.max(other.features_matched);
        self.dropped = self.dropped.max(other.dropped);
        self.as_points = self.as_points.max(other.as_points);
        self.simplified = self.simplified.max(other.simplified);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tiles_of_the_grid_can_be_made() {
        assert!(TileId::new(0, 0, 0).is_some());
        assert!(TileId::new(22, (1 << 22) - 1, 0).is_some());
        for (z, x, y) in [
            (0, 1, 0),
            (3, 8, 0),
            (3, 0, 8),
            (23, 0, 0),
            (255, 0, 0),
            (5, u32::MAX, 0),
        ] {
            assert_eq!(TileId::new(z, x, y), None, "{z}/{x}/{y}");
        }
    }

    #[test]
    fn tiles_have_the_numbers_of_the_pmtiles_specification_and_come_back_from_them() {
        // The examples of the specification and of its reference implementation.
        for (number, z, x, y) in [
            (0, 0, 0, 0),
            (1, 1, 0, 0),
            (2, 1, 0, 1),
            (3, 1, 1, 1),
            (4, 1, 1, 0),
            (5, 2, 0, 0),
            (19_078_479, 12, 3423, 1763),
        ] {
            let id = TileId::new(z, x, y).expect("a tile of the grid");
            assert_eq!(id.number(), number, "{id:?}");
            assert_eq!(TileId::of_number(number), Some(id));
        }
        for number in (0..5461).chain([1 << 40, 23_456_248_059_220]) {
            let id = TileId::of_number(number).expect("a tile");
            assert_eq!(id.number(), number);
            for (at, child) in id.children().enumerate() {
                assert_eq!(child.number(), 4 * number + 1 + at as u64);
                assert_eq!((child.x() >> 1, child.y() >> 1), (id.x(), id.y()));
            }
        }
        assert_eq!(TileId::of_number(u64::MAX), None);
    }

    #[test]
    fn a_tile_holds_the_positions_of_its_box_and_the_world_ends_at_its_edges() {
        let id = TileId::new(14, 11_723, 7_596).expect("a tile of the grid");
        let [x0, y0, x1, y1] = id.world_box(0);
        assert_eq!(
            TileId::holding(14, [u32::midpoint(x0, x1), u32::midpoint(y0, y1)]),
            id
        );
        assert_eq!(
            TileId::holding(0, [7, u32::MAX]),
            TileId::new(0, 0, 0).expect("the world")
        );
        assert_eq!(
            TileId::new(0, 0, 0).expect("the world").world_box(64),
            [0, 0, u32::MAX, u32::MAX]
        );
        let bbox = TileId::new(1, 1, 0).expect("a quarter").bbox();
        assert!((bbox.west, bbox.south, bbox.east) == (0.0, 0.0, 180.0));
        assert!((bbox.north - world::MAX_LATITUDE).abs() < 1e-9);
    }
}

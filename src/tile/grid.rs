//! Which tile is where: the `WebMercatorQuad` grid over world positions.

use crate::model::{Bbox, world};

/// The deepest zoom that is served.
pub const MAX_ZOOM: u8 = 22;

/// Units along a tile's side.
pub const EXTENT: i32 = 4096;

/// Units kept beyond each side.
pub const BUFFER: i32 = 64;

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

//! What a tile knows of the ground it shows: how world positions become its units, which of them are its
//! own, and how much detail it has room for. Drawing asks this and nothing else, so tiles of the web's
//! square and of a declared grid are made by the same code.

use super::{BUFFER, EXTENT, TileId, clip::Wide};

/// The ground of one tile.
pub(super) trait Ground {
    /// A world position in units of the tile, rounded to the nearest.
    fn unit(&self, at: [u32; 2]) -> Wide;

    /// True when the tile, without its buffer, is the one that holds the position; every position has one
    /// such tile a level.
    fn holds(&self, at: [u32; 2]) -> bool;

    /// A box of world positions that holds whatever can come to lie in the tile and its buffer.
    fn reach(&self) -> [u32; 4];

    /// The web zoom from which vertices are left out, and labels along lines.
    fn vertex_zoom(&self) -> u8;

    /// The web zoom whose plan says which features a tile has room for.
    fn feature_zoom(&self) -> u8;

    /// The box of a shape in units, and whether all of it surely lies within the buffer.
    fn frame_of(&self, bounds: [u32; 4]) -> ([Wide; 2], bool);

    /// True for a box surely beyond the frame's left or right side, or above or below it and between
    /// these: then cutting takes off all of it at one side.
    fn is_beyond(&self, bounds: [u32; 4]) -> bool;

    /// True when one of the positions asked for since the last call has no place in the tile's system.
    fn lost_one(&self) -> bool {
        false
    }
}

/// The least and the greatest unit of the buffered tile.
pub(super) const REACH: (i64, i64) = (-(BUFFER as i64), (EXTENT + BUFFER) as i64);

/// True when a box in units lies within the buffer.
pub(super) fn is_within(low: Wide, high: Wide) -> bool {
    low.iter().all(|&v| v >= REACH.0) && high.iter().all(|&v| v <= REACH.1)
}

/// True when cutting takes off all of a box in units at one side.
pub(super) fn is_cut_off(low: Wide, high: Wide) -> bool {
    let (least, most) = REACH;
    let beside = high[0] < least || low[0] > most;
    let between = low[0] >= least && high[0] <= most;
    beside || between && (high[1] < least || low[1] > most)
}

/// A tile of the web's square. Its units are world positions without their last bits, rounded to the
/// nearest with ties to the south-east.
#[derive(Clone, Copy, Debug)]
pub(super) struct Square {
    id: TileId,
    origin: [i64; 2],
    /// World cells of a unit as a power of two.
    down: u8,
    /// Units of a world cell as a power of two, deeper than zoom 20.
    up: u8,
    /// Half a unit in world cells.
    half: i64,
}

impl Square {
    pub(super) fn of(id: TileId) -> Self {
        let down = 20_u8.saturating_sub(id.z());
        Self {
            id,
            origin: id.origin(),
            down,
            up: id.z().saturating_sub(20),
            half: (1 << down) >> 1,
        }
    }
}

impl Ground for Square {
    #[inline]
    fn unit(&self, at: [u32; 2]) -> Wide {
        let of = |axis: usize| {
            let from = i64::from(at[axis]) - self.origin[axis];
            ((from + self.half) >> self.down) << self.up
        };
        [of(0), of(1)]
    }

    fn holds(&self, at: [u32; 2]) -> bool {
        TileId::holding(self.id.z(), at) == self.id
    }

    fn reach(&self) -> [u32; 4] {
        self.id.world_box(BUFFER)
    }

    fn vertex_zoom(&self) -> u8 {
        self.id.z()
    }

    fn feature_zoom(&self) -> u8 {
        self.id.z()
    }

    fn frame_of(&self, bounds: [u32; 4]) -> ([Wide; 2], bool) {
        let low = self.unit([bounds[0], bounds[1]]);
        let high = self.unit([bounds[2], bounds[3]]);
        ([low, high], is_within(low, high))
    }

    fn is_beyond(&self, bounds: [u32; 4]) -> bool {
        let ([low, high], _) = self.frame_of(bounds);
        is_cut_off(low, high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_rounded_to_the_nearest_unit_at_every_zoom() {
        for zoom in 0..=22 {
            let id = TileId::holding(zoom, [3_000_000_123, 2_000_000_777]);
            let ground = Square::of(id);
            let [x, y] = ground.unit([3_000_000_123, 2_000_000_777]);
            assert!(
                (0..=4096).contains(&x) && (0..=4096).contains(&y),
                "{zoom}: {x} {y}"
            );
        }
        let ground = Square::of(TileId::new(0, 0, 0).unwrap());
        assert_eq!(ground.unit([u32::MAX, 1 << 19]), [4096, 1]);
        assert_eq!(ground.unit([(1 << 19) - 1, 0]), [0, 0]);
    }
}

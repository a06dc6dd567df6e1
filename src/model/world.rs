//! World positions: Web Mercator's square cut into 2^32 by 2^32 cells.
//!
//! A cell is 9 mm at the equator, so a position is exact enough to draw and to find by, and a tile
//! coordinate is a subtraction and a shift. x grows east from 180° W, y grows south from 85.0511° N, as
//! tile rows do. Latitudes beyond the square are drawn on its edge; the truth keeps the real ones.

use std::f64::consts::PI;

/// Cells along a side of the world.
pub const WORLD: f64 = 4_294_967_296.0;

/// The latitude where the square ends, in degrees.
pub const MAX_LATITUDE: f64 = 85.051_128_779_806_6;

fn cell(share: f64) -> u32 {
    // `as` saturates, which is the clamp that is wanted at the edges of the square.
    (share * WORLD) as u32
}

/// The cell of a longitude and latitude in degrees. NaN gives 0.
pub fn from_lonlat([lon, lat]: [f64; 2]) -> [u32; 2] {
    let sine = lat.clamp(-MAX_LATITUDE, MAX_LATITUDE).to_radians().sin();
    [
        cell(lon / 360.0 + 0.5),
        cell(0.5 - ((1.0 + sine) / (1.0 - sine)).ln() / (4.0 * PI)),
    ]
}

/// Longitude and latitude in degrees of a cell's north-west corner, to within a cell of what made it.
pub fn to_lonlat([x, y]: [u32; 2]) -> [f64; 2] {
    let turn = PI * (1.0 - 2.0 * f64::from(y) / WORLD);
    [
        f64::from(x) / WORLD * 360.0 - 180.0,
        turn.sinh().atan().to_degrees(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_position_comes_back_within_a_cell() {
        for place in [
            [77.5946, 12.9716],
            [-179.999, 84.9],
            [0.0, 0.0],
            [74.12, -33.9],
        ] {
            let back = to_lonlat(from_lonlat(place));
            for axis in 0..2 {
                assert!(
                    (back[axis] - place[axis]).abs() < 360.0 / WORLD * 1.01,
                    "{place:?} {back:?}"
                );
            }
        }
        assert_eq!(from_lonlat([180.0, -90.0]), [u32::MAX, u32::MAX]);
        assert_eq!(from_lonlat([-180.0, 90.0]), [0, 0]);
    }
}

//! World positions: Web Mercator's square cut into 2^32 by 2^32 cells.
//!
//! A cell is 9 mm at the equator, so a position is exact enough to draw and to find by, and a tile
//! coordinate is a subtraction and a shift. x grows east from 180° W, y grows south from 85.0511° N, as
//! tile rows do. Latitudes beyond the square are drawn on its edge; the truth keeps the real ones.

use std::{f64::consts::PI, sync::LazyLock};

/// Cells along a side of the world.
pub const WORLD: f64 = 4_294_967_296.0;

/// The latitude where the square ends, in degrees.
pub const MAX_LATITUDE: f64 = 85.051_128_779_806_6;

fn cell(share: f64) -> u32 {
    // `as` saturates, which is the clamp that is wanted at the edges of the square.
    (share * WORLD) as u32
}

/// Bands of latitude to a degree, and the southern edge of the first.
const BANDS: f64 = 32.0;
const SOUTH: f64 = -86.0;

/// For each band the powers of the distance from its middle, in bands, that make the share of the world
/// north of a latitude.
///
/// A sine and a logarithm for each of a layer's coordinates cost more than all else that is done with it
/// here. The series of the fifth order over half a sixty-fourth of a degree is exact to a millionth of a
/// cell at the edge of the world, and to the last bits of the double where cities are.
static NORTHING: LazyLock<Vec<[f64; 6]>> = LazyLock::new(|| {
    let bands = (-2.0 * SOUTH * BANDS) as usize;
    (0..bands)
        .map(|band| {
            let lat = ((band as f64 + 0.5) / BANDS + SOUTH).to_radians();
            let (sine, secant, tangent) = (lat.sin(), 1.0 / lat.cos(), lat.tan());
            let square = tangent * tangent;
            let own = ((1.0 + sine) / (1.0 - sine)).ln() / 2.0;
            // The derivatives of the inverse Gudermannian, each over its factorial.
            let series = [
                own,
                secant,
                secant * tangent / 2.0,
                secant * (1.0 + 2.0 * square) / 6.0,
                secant * tangent * (5.0 + 6.0 * square) / 24.0,
                secant * (5.0 + 28.0 * square + 24.0 * square * square) / 120.0,
            ];
            let step = (1.0 / BANDS).to_radians();
            let mut power = -1.0 / (2.0 * PI);
            let mut terms = series.map(|term| {
                let scaled = term * power;
                power *= step;
                scaled
            });
            terms[0] += 0.5;
            terms
        })
        .collect()
});

/// The cell of a longitude and latitude in degrees. NaN gives 0.
#[inline]
pub fn from_lonlat([lon, lat]: [f64; 2]) -> [u32; 2] {
    let bands = (lat.clamp(-MAX_LATITUDE, MAX_LATITUDE) - SOUTH) * BANDS;
    let band = bands as usize;
    let off = bands - band as f64 - 0.5;
    let [a, b, c, d, e, f] = NORTHING[band];
    let north = ((((f * off + e) * off + d) * off + c) * off + b) * off + a;
    [cell(lon / 360.0 + 0.5), cell(north)]
}

/// Longitude and latitude in degrees of a cell's north-west corner, to within a cell of what made it.
pub fn to_lonlat(cell: [u32; 2]) -> [f64; 2] {
    lonlat_at(cell.map(f64::from))
}

/// Longitude and latitude in degrees of a position in cells, parts of them included.
pub fn lonlat_at([x, y]: [f64; 2]) -> [f64; 2] {
    let turn = PI * (1.0 - 2.0 * y / WORLD);
    [x / WORLD * 360.0 - 180.0, turn.sinh().atan().to_degrees()]
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
        // The series is the formula, to a hundred-thousandth of a cell.
        for step in 0..400_000 {
            let lat = -85.05 + f64::from(step) * 170.1 / 400_000.0;
            let sine = lat.to_radians().sin();
            let exact = (0.5 - ((1.0 + sine) / (1.0 - sine)).ln() / (4.0 * PI)) * WORLD;
            let y = f64::from(from_lonlat([0.0, lat])[1]);
            assert!((exact - y - 0.5).abs() < 0.500_01, "{lat}: {exact} {y}");
        }
        assert_eq!(from_lonlat([f64::NAN, f64::NAN]), [0, 0]);
        assert_eq!(from_lonlat([180.0, -90.0]), [u32::MAX, u32::MAX]);
        assert_eq!(from_lonlat([-180.0, 90.0]), [0, 0]);
    }
}

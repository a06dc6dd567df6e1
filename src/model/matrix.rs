//! Tile matrix sets beside the web's square: where the tiles of a projected grid lie (OGC 17-083r4).
//!
//! A set is data, declared in a pack: a system in metres, a corner, and for each level how large a pixel is.
//! Positions here are east before north, whatever order the authority of the system prescribes; only the
//! definition that clients read says it in that order.

use super::{
    grid::{EXTENT, MAX_ZOOM},
    world,
};

/// Metres around the equator, which web zoom 0 spans.
const AROUND: f64 = 2.0 * 20_037_508.342_789_244;

/// The smallest unit that is served, in metres. A stored position is exact to half a cell of the world; that
/// shall be a quarter of a unit at most.
const LEAST_UNIT: f64 = 2.0 * AROUND / world::WORLD;

/// How much coarser or finer than a web zoom a level may be and still count as it.
const ALIKE: f64 = 0.1;

/// One level.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// What clients call it.
    pub id: String,
    /// Metres along a pixel's side.
    pub cell_size: f64,
    /// How many columns.
    pub width: u32,
    /// How many rows.
    pub height: u32,
}

/// A tile matrix set.
#[derive(Clone, Debug, PartialEq)]
pub struct MatrixSet {
    /// Its id in addresses.
    pub id: String,
    /// What people call it, in English.
    pub title: String,
    /// Where a register defines it.
    pub uri: Option<String>,
    /// The EPSG code of its system, in metres.
    pub epsg: u32,
    /// The names of the system's axes, in the authority's order.
    pub axes: [String; 2],
    /// Its north-west corner: metres east and north.
    pub corner: [f64; 2],
    /// Pixels along a tile's side.
    pub tile_size: u32,
    /// Its levels, the coarsest first.
    pub matrices: Vec<Matrix>,
}

impl MatrixSet {
    /// `EPSG:32643`.
    pub fn crs(&self) -> String {
        format!("EPSG:{}", self.epsg)
    }

    /// True where the authority names the northing first.
    pub fn is_north_first(&self) -> bool {
        ["N", "Y", "LAT"].contains(&self.axes[0].to_ascii_uppercase().as_str())
    }

    /// Metres along the side of a level's tile.
    pub fn span(&self, level: usize) -> f64 {
        self.matrices[level].cell_size * f64::from(self.tile_size)
    }

    /// Metres along the side of a level's tile unit.
    pub fn unit(&self, level: usize) -> f64 {
        self.span(level) / f64::from(EXTENT)
    }

    /// How many levels are served: those whose units are not finer than what is known of positions.
    pub fn served(&self) -> usize {
        (0..self.matrices.len())
            .take_while(|&level| self.unit(level) >= LEAST_UNIT)
            .count()
    }

    /// The web zoom at which all vertices are kept that matter at a level.
    pub fn vertex_zoom(&self, level: usize) -> u8 {
        zoom((AROUND / self.span(level)).log2() - ALIKE, f64::ceil)
    }

    /// The web zoom whose tiles are no smaller than a level's, so that what was planned for one of them has
    /// room in the other.
    pub fn feature_zoom(&self, level: usize) -> u8 {
        zoom((AROUND / self.span(level)).log2() + ALIKE, f64::floor)
    }

    /// The level of an id, where it is served.
    pub fn level(&self, id: &str) -> Option<usize> {
        (0..self.served()).find(|&level| self.matrices[level].id == id)
    }
}

fn zoom(exact: f64, round: fn(f64) -> f64) -> u8 {
    round(exact).clamp(0.0, f64::from(MAX_ZOOM)) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quad(top: f64) -> MatrixSet {
        MatrixSet {
            id: "Test".into(),
            title: "Test".into(),
            uri: None,
            epsg: 32643,
            axes: ["E".into(), "N".into()],
            corner: [0.0, 0.0],
            tile_size: 256,
            matrices: (0..24)
                .map(|level| Matrix {
                    id: level.to_string(),
                    cell_size: top / 256.0 / f64::from(1 << level),
                    width: 1,
                    height: 1,
                })
                .collect(),
        }
    }

    #[test]
    fn a_level_stands_for_the_zoom_of_its_resolution_and_ends_where_positions_do() {
        // The quads of UTM are halves of a meridian, two thousandths smaller than those of the web.
        let utm = quad(20_003_931.458_625_5);
        for level in 0..17 {
            let zoom = level as u8 + 1;
            assert_eq!(
                (utm.vertex_zoom(level), utm.feature_zoom(level)),
                (zoom, zoom)
            );
        }
        assert_eq!(utm.served(), 18);
        let between = quad(AROUND / 1.5);
        assert_eq!((between.vertex_zoom(4), between.feature_zoom(4)), (5, 4));
        let half_a_cell = AROUND / world::WORLD / 2.0;
        assert!(half_a_cell <= utm.unit(utm.served() - 1) / 4.0);
        assert_eq!((utm.level("17"), utm.level("18")), (Some(17), None));
    }
}

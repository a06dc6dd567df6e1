//! The one tile matrix set we serve, `WebMercatorQuad`: its definition, and which tiles a box touches.

use serde_json::{Value, json};

use crate::model::{Bbox, world};

/// Its identifier.
pub(super) const ID: &str = "WebMercatorQuad";
/// Its address at the OGC.
pub(super) const URI: &str = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad";
/// Its CRS.
pub(super) const CRS: &str = "http://www.opengis.net/def/crs/EPSG/0/3857";
/// The deepest zoom on offer; a world position still has a bit left for each tile unit there.
pub(super) const DEEPEST: u8 = 20;
/// Half the side of the square, in metres.
const HALF_SIDE: f64 = 20_037_508.342_789_244;
/// The scale denominator of zoom 0 for pixels of 0.28 mm.
const SCALE: f64 = 559_082_264.028_717_9;

/// The first and last tile row and column of a zoom that a box touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    /// The zoom.
    pub zoom: u8,
    /// The first and the last row, from the north.
    pub rows: [u32; 2],
    /// The first and the last column, from the west.
    pub cols: [u32; 2],
}

impl Limits {
    /// The tiles of a zoom that a box in longitude/latitude touches.
    pub(super) fn of(bbox: &Bbox, zoom: u8) -> Self {
        let tile = |cell: u32| {
            if zoom == 0 {
                0
            } else {
                cell >> (32 - u32::from(zoom))
            }
        };
        let [west, north] = world::from_lonlat([bbox.west, bbox.north]).map(tile);
        let [east, south] = world::from_lonlat([bbox.east, bbox.south]).map(tile);
        Self {
            zoom,
            rows: [north, south],
            cols: [west, east],
        }
    }

    /// True when the tile is one of them.
    pub(super) fn hold(&self, row: u32, col: u32) -> bool {
        (self.rows[0]..=self.rows[1]).contains(&row) && (self.cols[0]..=self.cols[1]).contains(&col)
    }
}

/// The limits of every zoom, as `tileMatrixSetLimits` wants them.
pub(super) fn limits(bbox: &Bbox) -> Value {
    (0..=DEEPEST)
        .map(|zoom| {
            let limits = Limits::of(bbox, zoom);
            json!({
                "tileMatrix": zoom.to_string(),
                "minTileRow": limits.rows[0], "maxTileRow": limits.rows[1],
                "minTileCol": limits.cols[0], "maxTileCol": limits.cols[1],
            })
        })
        .collect()
}

/// The definition (OGC Two Dimensional Tile Matrix Set 2.0, JSON).
pub(super) fn definition() -> Value {
    let matrices: Vec<Value> = (0..=DEEPEST)
        .map(|zoom| {
            let across = 1_u64 << zoom;
            let scale = SCALE / across as f64;
            json!({
                "id": zoom.to_string(),
                "scaleDenominator": scale,
                "cellSize": HALF_SIDE * 2.0 / 256.0 / across as f64,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": [-HALF_SIDE, HALF_SIDE],
                "tileWidth": 256, "tileHeight": 256,
                "matrixWidth": across, "matrixHeight": across,
            })
        })
        .collect();
    json!({
        "id": ID,
        "title": "Google Maps Compatible for the World",
        "uri": URI,
        "crs": CRS,
        "orderedAxes": ["X", "Y"],
        "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
        "tileMatrices": matrices,
    })
}

/// The zoom at which a box fills about a screen of 1024 by 768 pixels.
pub(super) fn fitting_zoom(bbox: &Bbox) -> u8 {
    let [west, north] = world::from_lonlat([bbox.west, bbox.north]);
    let [east, south] = world::from_lonlat([bbox.east, bbox.south]);
    let wide = f64::from(east.saturating_sub(west)).max(1.0) / world::WORLD * 256.0 / 1024.0;
    let high = f64::from(south.saturating_sub(north)).max(1.0) / world::WORLD * 256.0 / 768.0;
    (-wide.max(high).log2()).floor().clamp(0.0, 16.0) as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_touches_the_tiles_that_slippy_map_tilenames_give() {
        let city = Bbox::from([77.46, 12.83, 77.78, 13.14]);
        assert_eq!(
            Limits::of(&city, 10),
            Limits {
                zoom: 10,
                rows: [474, 475],
                cols: [732, 733]
            }
        );
        let all = Limits::of(&Bbox::from([-180.0, -90.0, 180.0, 90.0]), 1);
        assert_eq!((all.rows, all.cols), ([0, 1], [0, 1]));
        assert!(all.hold(1, 1) && !all.hold(2, 1));
        assert_eq!(Limits::of(&city, 0).rows, [0, 0]);
        assert_eq!(fitting_zoom(&city), 11);
    }

    #[test]
    fn scale_and_cell_size_agree_at_every_zoom() {
        for matrix in definition()["tileMatrices"].as_array().expect("a list") {
            let scale = matrix["scaleDenominator"].as_f64().expect("a number");
            let cell = matrix["cellSize"].as_f64().expect("a number");
            assert!((scale * 0.000_28 - cell).abs() < 1e-6 * cell);
        }
    }
}

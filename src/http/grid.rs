//! The tile matrix set that is always there, `WebMercatorQuad`: its definition, and which tiles a box touches.

use serde_json::{Value, json};

use crate::{
    model::{Bbox, world},
    tile::Limits,
};

/// Its identifier.
pub(super) const ID: &str = "WebMercatorQuad";
/// What people call it.
pub(super) const TITLE: &str = "Google Maps Compatible for the World";
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

/// The tiles of a zoom that a box in longitude/latitude touches.
pub(super) fn limits(bbox: &Bbox, zoom: u8) -> Limits {
    let tile = |cell: u32| {
        if zoom == 0 {
            0
        } else {
            cell >> (32 - u32::from(zoom))
        }
    };
    let [west, north] = world::from_lonlat([bbox.west, bbox.north]).map(tile);
    let [east, south] = world::from_lonlat([bbox.east, bbox.south]).map(tile);
    Limits {
        rows: [north, south],
        cols: [west, east],
    }
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
        "title": TITLE,
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
            limits(&city, 10),
            Limits {
                rows: [474, 475],
                cols: [732, 733]
            }
        );
        let all = limits(&Bbox::from([-180.0, -90.0, 180.0, 90.0]), 1);
        assert_eq!((all.rows, all.cols), ([0, 1], [0, 1]));
        assert!(all.hold(1, 1) && !all.hold(2, 1));
        assert_eq!(limits(&city, 0).rows, [0, 0]);
        assert_eq!(fitting_zoom(&city), 11);
    }
}

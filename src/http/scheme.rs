//! The grids on offer, as addresses name them: the web's square, and what the standards declare beside it.
//! What a tileset says of its grid, and which tile a level, a row and a column are, is asked here.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    error::{self, Problem},
    grid,
    site::Site,
};
use crate::{
    model::{Bbox, MatrixSet},
    tile::{Grid, Limits, Place, TileId},
};

/// Metres of a pixel for a scale denominator of 1 (OGC 17-083r4, 6.2).
const PIXEL: f64 = 0.000_28;

/// A tile matrix set.
pub(super) enum Scheme {
    /// `WebMercatorQuad`.
    Square,
    /// One that the standards declare.
    Declared(Arc<Grid>),
}

impl Scheme {
    /// Every grid on offer.
    pub(super) fn all(site: &Site) -> Vec<Self> {
        let declared = site.app().grids().iter().map(Arc::clone);
        std::iter::once(Self::Square)
            .chain(declared.map(Self::Declared))
            .collect()
    }

    /// The grid of an id; the problem names those that there are.
    pub(super) fn of(site: &Site, id: &str) -> Result<Self, Problem> {
        let mut all = Self::all(site);
        if let Some(at) = all.iter().position(|one| one.id() == id) {
            return Ok(all.swap_remove(at));
        }
        let ids: Vec<&str> = all.iter().map(Self::id).collect();
        Err(Problem::new(
            error::NOT_FOUND,
            format!("the tile matrix sets are {}", ids.join(", ")),
        ))
    }

    /// Refuses what TileJSON cannot speak of.
    pub(super) fn only_square(site: &Site, id: &str) -> Result<(), Problem> {
        match Self::of(site, id)? {
            Self::Square => Ok(()),
            Self::Declared(_) => Err(Problem::new(
                error::NOT_FOUND,
                format!("TileJSON is for {}; other grids have a tileset", grid::ID),
            )),
        }
    }

    /// Its id in addresses.
    pub(super) fn id(&self) -> &str {
        match self {
            Self::Square => grid::ID,
            Self::Declared(grid) => &grid.set().id,
        }
    }

    /// What people call it.
    pub(super) fn title(&self) -> &str {
        match self {
            Self::Square => grid::TITLE,
            Self::Declared(grid) => &grid.set().title,
        }
    }

    /// Its address in a register, where it is in one.
    pub(super) fn uri(&self) -> Option<&str> {
        match self {
            Self::Square => Some(grid::URI),
            Self::Declared(grid) => grid.set().uri.as_deref(),
        }
    }

    /// The address of its system.
    pub(super) fn crs(&self) -> String {
        match self {
            Self::Square => grid::CRS.to_owned(),
            Self::Declared(grid) => {
                format!("http://www.opengis.net/def/crs/EPSG/0/{}", grid.set().epsg)
            }
        }
    }

    /// Its definition (OGC Two Dimensional Tile Matrix Set 2.0, JSON).
    pub(super) fn definition(&self) -> Value {
        match self {
            Self::Square => grid::definition(),
            Self::Declared(grid) => definition(grid.set(), &self.crs()),
        }
    }

    /// The first and the last level that is served.
    pub(super) fn levels(&self) -> [String; 2] {
        match self {
            Self::Square => ["0".to_owned(), grid::DEEPEST.to_string()],
            Self::Declared(grid) => {
                let set = grid.set();
                let last = set.served().saturating_sub(1);
                [set.matrices[0].id.clone(), set.matrices[last].id.clone()]
            }
        }
    }

    /// The tiles that a box touches, as `tileMatrixSetLimits` wants them.
    pub(super) fn limits(&self, bbox: &Bbox) -> Value {
        let one = |level: &str, limits: &Limits| {
            json!({
                "tileMatrix": level,
                "minTileRow": limits.rows[0], "maxTileRow": limits.rows[1],
                "minTileCol": limits.cols[0], "maxTileCol": limits.cols[1],
            })
        };
        match self {
            Self::Square => (0..=grid::DEEPEST)
                .map(|zoom| one(&zoom.to_string(), &grid::limits(bbox, zoom)))
                .collect(),
            Self::Declared(grid) => (grid.limits(bbox).unwrap_or_default().iter())
                .zip(&grid.set().matrices)
                .map(|(limits, matrix)| one(&matrix.id, limits))
                .collect(),
        }
    }

    /// The level at which a box fills about a screen.
    pub(super) fn fitting(&self, bbox: &Bbox) -> String {
        match self {
            Self::Square => grid::fitting_zoom(bbox).to_string(),
            Self::Declared(grid) => grid.set().matrices[grid.fitting_level(bbox)].id.clone(),
        }
    }

    /// A tile that the box touches; 404 outside (OGC API Tiles 1.0, requirement on limits).
    pub(super) fn tile(
        &self,
        [z, row, col]: [&str; 3],
        bbox: Option<Bbox>,
    ) -> Result<Place, Problem> {
        let numbers = [
            number("tileMatrix", z)?,
            number("tileRow", row)?,
            number("tileCol", col)?,
        ];
        let outside = || {
            Problem::new(
                error::NOT_FOUND,
                "the tile lies outside the limits of the tileset",
            )
        };
        let no_level = || {
            let [first, last] = self.levels();
            Problem::new(
                error::NOT_FOUND,
                format!("levels {first} to {last} are served"),
            )
        };
        let [Some(row), Some(col)] = [numbers[1], numbers[2]].map(|at| u32::try_from(at).ok())
        else {
            return Err(outside());
        };
        let bbox = bbox.ok_or_else(outside)?;
        match self {
            Self::Square => {
                let id = square_tile(numbers[0], numbers[2], numbers[1])?.ok_or_else(outside)?;
                let limits = grid::limits(&bbox, id.z());
                let inside = limits.hold(row, col);
                inside.then_some(Place::Square(id)).ok_or_else(outside)
            }
            Self::Declared(grid) => {
                let level = grid.set().level(z).ok_or_else(no_level)?;
                let limits = grid.limits(&bbox).ok_or_else(outside)?;
                let tile = grid.tile(level, row, col);
                tile.filter(|_| limits[level].hold(row, col))
                    .map(Place::Declared)
                    .ok_or_else(outside)
            }
        }
    }
}

/// A tile of the square; none outside of it. A zoom that is not served is 404 and says which are.
pub(super) fn square_tile(z: u64, x: u64, y: u64) -> Result<Option<TileId>, Problem> {
    if z > u64::from(grid::DEEPEST) {
        return Err(Problem::new(
            error::NOT_FOUND,
            format!("zooms 0 to {} are served", grid::DEEPEST),
        ));
    }
    let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
        return Ok(None);
    };
    Ok(TileId::new(z as u8, x, y))
}

/// A number in a path. One that is too large lies outside of every grid.
pub(super) fn number(name: &str, text: &str) -> Result<u64, Problem> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits {
        return Err(Problem::parameter(
            name,
            "it must be a whole number, not negative",
        ));
    }
    Ok(text.parse().unwrap_or(u64::MAX))
}

fn definition(set: &MatrixSet, crs: &str) -> Value {
    let mut origin = set.corner;
    if set.is_north_first() {
        origin.reverse();
    }
    let matrices: Vec<Value> = (set.matrices.iter())
        .map(|matrix| {
            json!({
                "id": matrix.id,
                "scaleDenominator": matrix.cell_size / PIXEL,
                "cellSize": matrix.cell_size,
                "cornerOfOrigin": "topLeft",
                "pointOfOrigin": origin,
                "tileWidth": set.tile_size, "tileHeight": set.tile_size,
                "matrixWidth": matrix.width, "matrixHeight": matrix.height,
            })
        })
        .collect();
    let mut value = json!({
        "id": set.id, "title": set.title, "crs": crs, "orderedAxes": set.axes, "tileMatrices": matrices,
    });
    if let Some(uri) = &set.uri {
        value["uri"] = json!(uri);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(scheme: &Scheme, place: [&str; 3]) -> Option<u16> {
        let city = Some(Bbox::from([77.46, 12.83, 77.78, 13.14]));
        let problem = scheme.tile(place, city).err();
        problem.map(|problem| problem.kind().status.as_u16())
    }

    fn utm() -> Scheme {
        let declared = crate::standard::Standards::builtin().declared_grids();
        let set = declared.iter().find(|set| set.id == "UTM43WGS84Quad");
        let grid = Grid::open(set.expect("declared").clone()).expect("PROJ knows it");
        Scheme::Declared(Arc::new(grid))
    }

    #[test]
    fn a_tile_number_is_400_when_it_is_none_and_404_when_it_lies_outside() {
        let far = "99999999999999999999999";
        for (scheme, inside, outside) in [
            (Scheme::Square, ["10", "474", "732"], ["10", "476", "732"]),
            (utm(), ["10", "475", "262"], ["10", "477", "262"]),
        ] {
            assert_eq!(status(&scheme, inside), None, "{}", scheme.id());
            for place in [
                outside,
                ["10", "2147483647", "2147483647"],
                ["99", "0", "0"],
                [far, "0", "0"],
                ["10", far, far],
            ] {
                assert_eq!(status(&scheme, place), Some(404), "{place:?}");
            }
            for bad in ["", "-1", "x", "1.0", "+1"] {
                assert_eq!(status(&scheme, ["10", bad, "732"]), Some(400), "{bad}");
                assert_eq!(status(&scheme, [bad, "474", "732"]), Some(400), "{bad}");
            }
            assert!(scheme.tile(["1", "0", "0"], None).is_err());
        }
    }

    #[test]
    fn scale_and_cell_size_agree_at_every_level() {
        for scheme in [Scheme::Square, utm()] {
            let definition = scheme.definition();
            for matrix in definition["tileMatrices"].as_array().expect("a list") {
                let scale = matrix["scaleDenominator"].as_f64().expect("a number");
                let cell = matrix["cellSize"].as_f64().expect("a number");
                assert!((scale * PIXEL - cell).abs() < 1e-6 * cell);
            }
        }
    }
}

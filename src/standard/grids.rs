//! Tile grids as a pack declares them: `grids/*.toml`, each one grid or a family of UTM zones.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{
    files::{StandardError, line_of, wrong},
    spec::Words,
};
use crate::model::{Matrix, MatrixSet};

/// The one grid that is always there.
const SQUARE: &str = "WebMercatorQuad";
/// The most levels of a grid; more than from the whole Earth to a millimetre.
const MOST_LEVELS: usize = 40;

/// `grids/utm.toml`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub(super) struct GridFile {
    /// The id in addresses: letters, digits, `-` and `_`. In a family `{zone}` stands for the two digits.
    id: String,
    /// What people call it.
    title: Words,
    /// Where a register defines it.
    #[serde(default)]
    uri: Option<String>,
    /// Its system, in metres: `EPSG:7755`, or `EPSG:326{zone}`.
    crs: String,
    /// The names of the system's axes, in the authority's order.
    #[serde(default = "east_north")]
    axes: [String; 2],
    /// The first and the last zone of a family.
    #[serde(default)]
    zones: Option<[u8; 2]>,
    /// West, south, east, north in metres. The north-west corner is where tiles are counted from.
    extent: [f64; 4],
    /// Metres of a pixel, level by level, from the coarsest.
    cell_sizes: Vec<f64>,
    /// How many levels follow, each with pixels half as large.
    #[serde(default)]
    halvings: u8,
    /// The number of the first level.
    #[serde(default)]
    first: u32,
    /// Pixels along a tile's side.
    #[serde(default = "usual_size")]
    tile_size: u32,
}

fn east_north() -> [String; 2] {
    ["E".to_owned(), "N".to_owned()]
}

fn usual_size() -> u32 {
    256
}

/// The grids of a file, held to making sense.
pub(super) fn grids(
    path: &str,
    text: &str,
    file: &GridFile,
) -> Result<Vec<MatrixSet>, StandardError> {
    let fault = |key: &str, message: &str| Err(wrong(path, line_of(text, key), message));
    let [west, south, east, north] = file.extent;
    if !file.extent.iter().all(|at| at.is_finite()) || west >= east || south >= north {
        return fault("extent", "an extent is west, south, east, north");
    }
    if !(1..=4096).contains(&file.tile_size) {
        return fault("tile_size", "a tile has 1 to 4096 pixels a side");
    }
    let falls = file.cell_sizes.is_sorted_by(|a, b| a > b);
    let sound = file
        .cell_sizes
        .iter()
        .all(|size| size.is_finite() && *size > 0.0);
    if file.cell_sizes.is_empty() || !falls || !sound {
        return fault("cell_sizes", "cell sizes fall from level to level");
    }
    let levels = file.cell_sizes.len() + usize::from(file.halvings);
    if levels > MOST_LEVELS {
        return fault("halvings", "a grid has 40 levels at most");
    }
    let halved = (1..=i32::from(file.halvings))
        .map(|times| file.cell_sizes[file.cell_sizes.len() - 1] / 2_f64.powi(times));
    let mut matrices = vec![];
    for (level, cell_size) in (0..).zip(file.cell_sizes.iter().copied().chain(halved)) {
        let span = cell_size * f64::from(file.tile_size);
        // A tile that the extent only touches is none.
        let count = |metres: f64| (metres / span - 1e-6).ceil().max(1.0);
        let (width, height) = (count(east - west), count(north - south));
        if width.max(height) > f64::from(1_u32 << 31) {
            return fault("cell_sizes", "the last level has too many tiles");
        }
        matrices.push(Matrix {
            id: (u64::from(file.first) + level).to_string(),
            cell_size,
            width: width as u32,
            height: height as u32,
        });
    }
    let zones = match file.zones {
        None => vec![None],
        Some([from, to]) if 1 <= from && from <= to && to <= 60 => (from..=to).map(Some).collect(),
        Some(_) => return fault("zones", "zones are the first and the last, from 1 to 60"),
    };
    let mut made = vec![];
    for zone in zones {
        let filled = |text: &str| match zone {
            Some(zone) => text.replace("{zone}", &format!("{zone:02}")),
            None => text.to_owned(),
        };
        let id = filled(&file.id);
        let is_name = |id: &str| {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
            (1..=60).contains(&id.len()) && id.bytes().all(plain) && id != SQUARE
        };
        if !is_name(&id) {
            return fault("id", "an id has letters, digits, `-` and `_`, 60 at most");
        }
        let epsg = filled(&file.crs)
            .strip_prefix("EPSG:")
            .and_then(|code| code.parse().ok());
        let Some(epsg) = epsg else {
            return fault("crs", "the system is named by its EPSG code: EPSG:32643");
        };
        made.push(MatrixSet {
            id,
            title: filled(file.title.say("en")),
            uri: file.uri.as_deref().map(filled),
            epsg,
            axes: file.axes.clone(),
            corner: [west, north],
            tile_size: file.tile_size,
            matrices: matrices.clone(),
        });
    }
    Ok(made)
}

/// No id twice, and a profile offers only what is declared.
pub(super) fn cross_check(
    all: &[MatrixSet],
    offered: &[String],
    profile: &str,
) -> Result<(), StandardError> {
    let mut ids = BTreeSet::new();
    for set in all {
        if !ids.insert(&set.id) {
            let message = format!("two files declare a grid `{}`", set.id);
            return Err(wrong("grids", 1, message));
        }
    }
    match offered.iter().find(|id| !ids.contains(id)) {
        Some(id) => Err(wrong(
            "profile.toml",
            line_of(profile, id),
            format!("no file of the folder `grids` declares `{id}`"),
        )),
        None => Ok(()),
    }
}

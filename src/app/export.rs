//! The tiles of a version as files for others: PMTiles, MBTiles, a folder for a static host.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{App, AppError};
use crate::{
    snapshot::{Pyramid, Snapshot, SnapshotError},
    store::{StoreError, write_mbtiles},
    tile::{
        gunzip,
        pyramid::{self, Plan, PyramidError},
    },
};

/// The name of the MBTiles file in a version's folder, once somebody has asked for it.
pub const MBTILES: &str = "tiles.mbtiles";

/// Why tiles could not be exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The tiles could not be made.
    #[error("the tiles of {layer} cannot be made")]
    Make {
        /// The layer.
        layer: String,
        /// Why.
        #[source]
        source: PyramidError,
    },
    /// What was made cannot be read.
    #[error(transparent)]
    Read(#[from] SnapshotError),
    /// The MBTiles file cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The disk said no.
    #[error("cannot write {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
}

/// What to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportForm {
    /// PMTiles 3.
    Pmtiles,
    /// MBTiles 1.3.
    Mbtiles,
    /// `z/x/y.mvt`, not compressed, as static hosts serve them; compressed as `z/x/y.mvt.gz`.
    Folder {
        /// True for hosts that are told to send `.gz` files as they are.
        gzip: bool,
    },
}

/// An order for an export.
#[derive(Clone, Debug)]
pub struct Export {
    /// What to write.
    pub form: ExportForm,
    /// The file, or the folder.
    pub out: PathBuf,
    /// The least and the greatest zoom; those of the pyramid without.
    pub zooms: Option<[u8; 2]>,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Exported {
    /// Tiles that are not empty.
    pub tiles: u64,
    /// The least and the greatest zoom.
    pub zooms: [u8; 2],
}

impl App {
    /// Writes the tiles of a version. Makes them first, where they are not there in the wanted zooms.
    pub fn export(&self, snapshot: &Snapshot, export: &Export) -> Result<Exported, ExportError> {
        let same = |pyramid: &&Pyramid| {
            export
                .zooms
                .is_none_or(|zooms| pyramid.info().zooms == zooms)
        };
        if let Some(pyramid) = snapshot.pyramid().filter(same) {
            return write(pyramid, snapshot, export);
        }
        let failed = |source| ExportError::Make {
            layer: snapshot.info().id.to_string(),
            source,
        };
        let folder = tempfile::tempdir().map_err(|source| ExportError::Write {
            path: std::env::temp_dir(),
            source,
        })?;
        let path = folder.path().join("tiles.pmtiles");
        let plan = Plan {
            zooms: export.zooms,
            ..Plan::default()
        };
        pyramid::build(snapshot, &path, &plan, &mut |_| ()).map_err(failed)?;
        let pyramid = Pyramid::open(&path, &snapshot.info().hash)?;
        write(&pyramid, snapshot, export)
    }

    /// The MBTiles file of a version that has its pyramid; made when it is first asked for. None without a
    /// pyramid.
    pub async fn mbtiles(&self, snapshot: Arc<Snapshot>) -> Result<Option<PathBuf>, AppError> {
        self.compute(move |_| {
            let Some(pyramid) = snapshot.pyramid() else {
                return Ok(None);
            };
            let path = snapshot.folder().join(MBTILES);
            if !path.exists() {
                // Two who make it at once write files of their own; the last to finish names the same bytes.
                let part = tempfile::Builder::new()
                    .prefix("tiles.mbtiles.")
                    .tempfile_in(snapshot.folder())
                    .map_err(|error| AppError::internal("making an MBTiles file", error))?
                    .into_temp_path();
                write_mbtiles(pyramid, snapshot.info(), &part)?;
                part.persist(&path)
                    .map_err(|error| AppError::internal("naming an MBTiles file", error))?;
            }
            Ok(Some(path))
        })
        .await
    }
}

fn write(pyramid: &Pyramid, snapshot: &Snapshot, export: &Export) -> Result<Exported, ExportError> {
    let disk = |path: &Path| {
        let path = path.to_owned();
        move |source| ExportError::Write { path, source }
    };
    let out = &export.out;
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder).map_err(disk(folder))?;
    }
    let mut tiles = 0;
    match export.form {
        ExportForm::Pmtiles => {
            fs::write(out, pyramid.bytes()).map_err(disk(out))?;
            tiles = pyramid.info().tiles;
        }
        ExportForm::Mbtiles => tiles = write_mbtiles(pyramid, snapshot.info(), out)?,
        ExportForm::Folder { gzip } => {
            for (id, bytes) in pyramid.tiles() {
                let folder = out.join(format!("{}/{}", id.z(), id.x()));
                fs::create_dir_all(&folder).map_err(disk(&folder))?;
                if gzip {
                    let path = folder.join(format!("{}.mvt.gz", id.y()));
                    fs::write(&path, bytes).map_err(disk(&path))?;
                } else {
                    let path = folder.join(format!("{}.mvt", id.y()));
                    // A pyramid that was opened holds whole gzip members.
                    let plain = gunzip(bytes).unwrap_or_default();
                    fs::write(&path, plain).map_err(disk(&path))?;
                }
                tiles += 1;
            }
        }
    }
    Ok(Exported {
        tiles,
        zooms: pyramid.info().zooms,
    })
}

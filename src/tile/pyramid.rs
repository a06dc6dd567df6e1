//! All tiles of a version made beforehand, since they cost seconds: what is served then is bytes of a file.
//!
//! Zoom by zoom, a tile is tried only where the tile above it has a feature, so empty land costs nothing.
//! Tiles are made on all cores and written in the order of their numbers. The file gets its name when it
//! is whole and synced; a builder that dies leaves a part file behind, which the next one uses again.

use std::{
    fs::{self, File},
    io::{self, BufWriter},
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use super::{MAX_ZOOM, TileId, gzip_telling, tile};
pub use crate::snapshot::{PyramidInfo, ZoomLosses};
use crate::{
    model::{FieldType, grid::hilbert},
    snapshot::{Snapshot, TILE_FORM, pmtiles},
};

/// Why there is no pyramid.
#[derive(Debug, thiserror::Error)]
pub enum PyramidError {
    /// The disk said no.
    #[error("cannot {doing} {path}")]
    Disk {
        /// What was tried.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Another thread or process is building it.
    #[error("{path} is being built by another process")]
    Busy {
        /// The file.
        path: PathBuf,
    },
}

/// Every pyramid reaches this zoom, where its land is not too wide.
const SHALLOW: u8 = 14;
/// No pyramid reaches deeper: from here on every vertex is kept, so deeper tiles show nothing new.
const DEEP: u8 = 16;
/// A pyramid goes on below [`SHALLOW`] while its fullest tile has more bytes than this, roughly.
const SMALL_TILE: u64 = 50_000;
/// No zoom has more tiles than this: areas of a continent are not cut into millions of squares.
const MOST_TILES: usize = 100_000;
/// How many tiles are made before they are written.
const BATCH: usize = 512;

/// A tile as it goes into the file.
struct Made {
    gzip: Vec<u8>,
    hash: [u8; 32],
    losses: super::Losses,
    bytes: usize,
}

/// How a pyramid is built.
#[derive(Clone, Copy, Debug, Default)]
pub struct Plan {
    /// The least and the greatest zoom; without, from 0 to a depth at which tiles are small.
    pub zooms: Option<[u8; 2]>,
    /// How many threads make tiles; 0 for one a core.
    pub threads: usize,
}

/// Builds the pyramid of a snapshot at `path`. `tell` hears of each zoom as it is done.
pub fn build(
    snapshot: &Snapshot,
    path: &Path,
    plan: &Plan,
    tell: &mut dyn FnMut(&ZoomLosses),
) -> Result<PyramidInfo, PyramidError> {
    let part = path.with_extension("pmtiles.part");
    let disk = |doing: &'static str, path: &Path| {
        let path = path.to_owned();
        move |source| PyramidError::Disk {
            doing,
            path,
            source,
        }
    };
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&part)
        .map_err(disk("write", &part))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(fs::TryLockError::WouldBlock) => return Err(PyramidError::Busy { path: part }),
        Err(fs::TryLockError::Error(source)) => return Err(disk("lock", &part)(source)),
    }
    let failed = disk("write", &part);
    let (file, info) = file
        .set_len(0)
        .and_then(|()| write(snapshot, file, plan, tell))
        .map_err(failed)?;
    file.sync_all().map_err(disk("sync", &part))?;
    fs::rename(&part, path).map_err(disk("rename", &part))?;
    let folder = path.parent().unwrap_or(Path::new("."));
    File::open(folder)
        .and_then(|folder| folder.sync_all())
        .map_err(disk("sync", folder))?;
    Ok(info)
}

fn write(
    snapshot: &Snapshot,
    file: File,
    plan: &Plan,
    tell: &mut dyn FnMut(&ZoomLosses),
) -> io::Result<(File, PyramidInfo)> {
    let [first, last] = plan.zooms.unwrap_or_else(|| [0, depth(snapshot)]);
    let threads = match plan.threads {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        threads => threads,
    };
    let mut writer = pmtiles::Writer::new(BufWriter::with_capacity(1 << 20, file))?;
    let mut wanted: Vec<TileId> = TileId::of_number(0).into_iter().collect();
    let mut losses: Vec<ZoomLosses> = vec![];
    for zoom in 0..=last.min(MAX_ZOOM) {
        let mut own = ZoomLosses {
            zoom,
            ..ZoomLosses::default()
        };
        let mut there = vec![];
        for batch in wanted.chunks(BATCH) {
            for (&id, found) in batch
                .iter()
                .zip(make(snapshot, batch, zoom >= first, threads))
            {
                let Some(found) = found else { continue };
                there.push(id);
                own.sum.add(&found.losses);
                own.most.most(&found.losses);
                if found.bytes > 0 {
                    own.tiles += 1;
                    own.largest = own.largest.max(found.bytes as u64);
                    writer.add(id, &found.gzip, found.hash)?;
                }
            }
        }
        if zoom >= first {
            tell(&own);
            losses.push(own);
        }
        wanted = there.into_iter().flat_map(TileId::children).collect();
        wanted.retain(|&id| snapshot.meets(id.world_box(super::BUFFER)));
        if wanted.is_empty() || wanted.len() > MOST_TILES {
            break;
        }
    }
    let zooms = losses
        .first()
        .zip(losses.last())
        .map_or([first; 2], |(low, high)| [low.zoom, high.zoom]);
    let mut info = PyramidInfo {
        form: TILE_FORM,
        hash: snapshot.info().hash.clone(),
        zooms,
        tiles: losses.iter().map(|own| own.tiles).sum(),
        bytes: 0,
        losses,
        checksum: String::new(),
    };
    let extent = pmtiles::Extent {
        zooms,
        bbox: snapshot.info().bbox,
    };
    info.bytes = writer.data_len();
    let (out, _) = writer.finish(extent, |checksum| {
        checksum.clone_into(&mut info.checksum);
        metadata(snapshot, &info)
    })?;
    Ok((out.into_inner()?, info))
}

/// Tiles of a zoom, in their order; none where no feature reaches.
fn make(snapshot: &Snapshot, ids: &[TileId], wanted: bool, threads: usize) -> Vec<Option<Made>> {
    let one = |id: TileId| {
        if !wanted {
            return snapshot.meets(id.world_box(super::BUFFER)).then(|| Made {
                gzip: vec![],
                hash: [0; 32],
                losses: super::Losses::default(),
                bytes: 0,
            });
        }
        let tile = tile(&[snapshot], id, &[]);
        if tile.losses.features_matched == 0 {
            return None;
        }
        let gzip = gzip_telling(&tile.bytes, &tile.losses);
        Some(Made {
            hash: *blake3::hash(&gzip).as_bytes(),
            gzip,
            losses: tile.losses,
            bytes: tile.bytes.len(),
        })
    };
    if threads == 1 || ids.len() < 4 {
        return ids.iter().map(|&id| one(id)).collect();
    }
    // Tiles differ in weight, so each core takes the next few when it is done with its last.
    let next = AtomicUsize::new(0);
    let work = || {
        let mut done = vec![];
        loop {
            let from = next.fetch_add(4, Ordering::Relaxed);
            if from >= ids.len() {
                return done;
            }
            let own = &ids[from..ids.len().min(from + 4)];
            done.extend(own.iter().zip(from..).map(|(&id, at)| (at, one(id))));
        }
    };
    let mut all: Vec<Option<Made>> = ids.iter().map(|_| None).collect();
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let mine = work();
        let theirs = others
            .into_iter()
            .flat_map(|other| other.join().expect("making a tile does not panic"));
        for (at, made) in mine.into_iter().chain(theirs) {
            all[at] = made;
        }
    });
    all
}

/// How deep a pyramid goes: until its fullest tile is small.
fn depth(snapshot: &Snapshot) -> u8 {
    let world = snapshot.world();
    (SHALLOW..DEEP)
        .find(|&zoom| {
            let mut fullest = 0;
            let mut tiles = std::collections::HashMap::<u64, u64>::new();
            for row in 0..snapshot.placed() as u32 {
                let place = hilbert(snapshot.label(row)) >> (64 - 2 * u32::from(zoom));
                let (from, to) = world.get(row as usize).coord_range();
                let weight = tiles.entry(place).or_default();
                *weight += 24 + 4 * (to - from) as u64;
                fullest = fullest.max(*weight);
            }
            fullest <= SMALL_TILE
        })
        .unwrap_or(DEEP)
}

/// The metadata of the archive (`PMTiles` 3, section 5): what is in its layers, and what is not.
fn metadata(snapshot: &Snapshot, info: &PyramidInfo) -> serde_json::Value {
    let about = snapshot.info();
    let kind = |kind: FieldType| match kind {
        FieldType::Text | FieldType::Date | FieldType::DateTime => "String",
        FieldType::Integer | FieldType::Real => "Number",
        FieldType::Bool => "Boolean",
    };
    let fields = |wanted: &dyn Fn(usize) -> bool| -> serde_json::Map<String, serde_json::Value> {
        (about.fields.iter().enumerate())
            .filter(|(at, _)| wanted(*at))
            .map(|(_, field)| (field.name.clone(), kind(field.kind).into()))
            .collect()
    };
    let mut layers = vec![serde_json::json!({
        "id": about.id,
        "description": about.description,
        "minzoom": info.zooms[0],
        "maxzoom": info.zooms[1],
        "fields": fields(&|_| true),
    })];
    if about.dimension > 0 {
        let named: Vec<usize> = super::label_columns(snapshot).collect();
        layers.push(serde_json::json!({
            "id": format!("{}_label", about.id),
            "description": "Where labels go",
            "minzoom": info.zooms[0],
            "maxzoom": info.zooms[1],
            "fields": fields(&|at| named.contains(&at)),
        }));
    }
    serde_json::json!({
        "name": about.title,
        "description": about.description,
        "version": about.version.to_string(),
        "type": "overlay",
        "generator": concat!("parat ", env!("CARGO_PKG_VERSION")),
        "vector_layers": layers,
        "parat": info,
    })
}

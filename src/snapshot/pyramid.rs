//! The tiles of a version, made beforehand: a `PMTiles` archive, mapped.
//!
//! Any `PMTiles` reader opens it. Besides, each tile carries what it leaves out in an extra field of its gzip
//! header (RFC 1952, 2.3.1.1), which every inflater skips, and the metadata tell it by zoom. An archive of
//! another form, of another content or a damaged one is as good as none: tiles are then made on demand.

use std::{ops::Range, path::Path};

use serde::{Deserialize, Serialize};

use super::{SnapshotError, columns::Mapped, pmtiles};
use crate::model::{Losses, TileId};

/// The name of the pyramid in a version's folder.
pub const PYRAMID: &str = "pyramid.pmtiles";

/// The form of tiles that this code makes. Raised whenever a tile of the same content may have other bytes.
pub const FORM: u32 = 3;

/// What the tiles of one zoom leave out. A feature counts in every tile that it reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ZoomLosses {
    /// The zoom.
    pub zoom: u8,
    /// Tiles with something in them.
    pub tiles: u64,
    /// Bytes of the largest, not compressed.
    pub largest: u64,
    /// Of all tiles together.
    pub sum: Losses,
    /// Of each number the most that a tile has.
    pub most: Losses,
}

/// What is known of a pyramid: the `parat` part of its metadata.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PyramidInfo {
    /// [`FORM`] when it was made.
    pub form: u32,
    /// The content hash of the version.
    pub hash: String,
    /// The least and the greatest zoom.
    pub zooms: [u8; 2],
    /// How many tiles can be asked for.
    pub tiles: u64,
    /// The bytes of the tile data.
    pub bytes: u64,
    /// What its tiles leave out, by zoom.
    pub losses: Vec<ZoomLosses>,
    /// Of header and directories.
    pub checksum: String,
}

/// A run of tiles with the same bytes.
#[derive(Clone, Copy, Debug)]
struct Run {
    offset: usize,
    len: u32,
    tiles: u32,
}

/// A version's tiles, mapped.
#[derive(Debug)]
pub struct Pyramid {
    file: Mapped,
    data: Range<usize>,
    /// The number of the first tile of each run, ascending.
    firsts: Vec<u64>,
    runs: Vec<Run>,
    info: PyramidInfo,
}

impl Pyramid {
    /// Opens the archive; an error when it is damaged or was made from another content or in another form.
    pub fn open(path: &Path, hash: &str) -> Result<Self, SnapshotError> {
        let file = Mapped::open(path)?;
        let (header, info, entries) = {
            let bytes = file.bytes();
            let header = pmtiles::Header::read(bytes)
                .ok_or_else(|| file.damaged("it is no pyramid of ours"))?;
            let info = metadata(bytes, &header)
                .ok_or_else(|| file.damaged("its metadata are not readable"))?;
            if info.form != FORM || info.hash != hash {
                return Err(file.damaged("it was made from something else"));
            }
            let sections = header.root.of(bytes).zip(header.leaves.of(bytes));
            let (root, leaves) =
                sections.ok_or_else(|| file.damaged("a directory lies outside of it"))?;
            if pmtiles::checksum(&header, root, leaves) != info.checksum {
                return Err(file.damaged("its header does not match its checksum"));
            }
            header
                .tiles
                .of(bytes)
                .ok_or_else(|| file.damaged("it is cut short"))?;
            let entries = pmtiles::read_entries(bytes, &header)
                .ok_or_else(|| file.damaged("its directories are broken"))?;
            (header, info, entries)
        };
        let from = header.tiles.offset as usize;
        Ok(Self {
            data: from..from + header.tiles.len as usize,
            firsts: entries.iter().map(|entry| entry.tile).collect(),
            runs: entries
                .iter()
                .map(|entry| Run {
                    offset: entry.offset as usize,
                    len: entry.len,
                    tiles: entry.run,
                })
                .collect(),
            info,
            file,
        })
    }

    /// A tile's gzip bytes, straight from the map; none where the pyramid has no tile, which within its
    /// zooms ([`Self::covers`]) means that the tile is empty.
    pub fn get(&self, id: TileId) -> Option<&[u8]> {
        let number = id.number();
        let at = self.firsts.partition_point(|&first| first <= number);
        let at = at.checked_sub(1)?;
        let run = self.runs[at];
        if number - self.firsts[at] >= u64::from(run.tiles) {
            return None;
        }
        // Every run was held against the length of the data at opening.
        let data = &self.file.bytes()[self.data.clone()];
        data.get(run.offset..run.offset + run.len as usize)
    }

    /// True for the zooms that it has all tiles of.
    pub fn covers(&self, z: u8) -> bool {
        (self.info.zooms[0]..=self.info.zooms[1]).contains(&z)
    }

    /// What the tiles of a zoom leave out.
    pub fn losses(&self, z: u8) -> Option<&ZoomLosses> {
        self.info.losses.iter().find(|losses| losses.zoom == z)
    }

    /// What is known of it.
    pub fn info(&self) -> &PyramidInfo {
        &self.info
    }

    /// Every tile that is not empty, in the order of their numbers, with its gzip bytes.
    pub fn tiles(&self) -> impl Iterator<Item = (TileId, &[u8])> {
        let data = &self.file.bytes()[self.data.clone()];
        self.firsts
            .iter()
            .zip(&self.runs)
            .flat_map(move |(&first, run)| {
                let bytes = data.get(run.offset..run.offset + run.len as usize);
                (first..first + u64::from(run.tiles))
                    .filter_map(move |number| Some((TileId::of_number(number)?, bytes?)))
            })
    }

    /// The metadata of the archive, as JSON.
    pub fn metadata(&self) -> Option<serde_json::Value> {
        let bytes = self.file.bytes();
        let header = pmtiles::Header::read(bytes)?;
        let text = pmtiles::unpack(header.metadata.of(bytes)?)?;
        serde_json::from_slice(&text).ok()
    }

    /// The whole archive, for a download with ranges.
    pub fn bytes(&self) -> &[u8] {
        self.file.bytes()
    }
}

fn metadata(bytes: &[u8], header: &pmtiles::Header) -> Option<PyramidInfo> {
    #[derive(Deserialize)]
    struct Known {
        parat: PyramidInfo,
    }
    let text = pmtiles::unpack(header.metadata.of(bytes)?)?;
    Some(serde_json::from_slice::<Known>(&text).ok()?.parat)
}

/// Bytes of the extra field of a tile's gzip header: its length, a name, its own length, four numbers.
pub(crate) const EXTRA: usize = 2 + 4 + 16;

/// The gzip header of a tile that leaves this out: 10 bytes and [`EXTRA`].
pub(crate) fn gzip_header(losses: &Losses) -> [u8; 10 + EXTRA] {
    let mut head = [0; 10 + EXTRA];
    // Deflate, with an extra field, no time, fastest, unknown system.
    head[..10].copy_from_slice(&[0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 4, 255]);
    head[10..16].copy_from_slice(&[(EXTRA - 2) as u8, 0, b'P', b'L', 16, 0]);
    let numbers = [
        losses.features_matched,
        losses.dropped,
        losses.as_points,
        losses.simplified,
    ];
    for (at, number) in numbers.into_iter().enumerate() {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        head[16 + 4 * at..20 + 4 * at].copy_from_slice(&number.to_le_bytes());
    }
    head
}

/// What a tile of a pyramid leaves out, from its gzip header.
pub fn losses_of(gzip: &[u8]) -> Option<Losses> {
    let head = gzip.first_chunk::<{ 10 + EXTRA }>()?;
    if head[3] != 4 || head[12..16] != [b'P', b'L', 16, 0] {
        return None;
    }
    let number = |at: usize| {
        let chunk = head[16 + 4 * at..]
            .first_chunk()
            .expect("within the header");
        u64::from(u32::from_le_bytes(*chunk))
    };
    Some(Losses {
        features_matched: number(0),
        dropped: number(1),
        as_points: number(2),
        simplified: number(3),
    })
}

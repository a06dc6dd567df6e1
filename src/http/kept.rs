//! Tiles made before, compressed, by what they were made from; any version of any layer of this process.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use axum::body::Bytes;
use moka::sync::Cache;

use crate::{
    model::LayerId,
    snapshot::{Snapshot, losses_of},
    tile::{self, Losses, Tile, TileId},
};

/// Bytes of compressed tiles that are kept.
const KEPT_BYTES: u64 = 64 << 20;

static KEPT: LazyLock<Cache<String, Arc<Made>>> = LazyLock::new(|| {
    Cache::builder()
        .weigher(|key: &String, made: &Arc<Made>| (key.len() + made.gzip.len() + 160) as u32)
        .max_capacity(KEPT_BYTES)
        .build()
});

/// A tile, made and compressed.
pub(super) struct Made {
    /// The bytes; none for an empty tile.
    pub gzip: Bytes,
    /// The strong tag of the bytes before compression.
    pub tag: String,
    /// What the tile leaves out.
    pub losses: Losses,
    /// The same layer by layer, where there are several.
    pub layers: Vec<(LayerId, Losses)>,
}

impl Made {
    /// A tile made now. `name` tells versions, filters and joins apart.
    pub(super) fn of(name: &str, tile: &Tile) -> Self {
        let gzip: Bytes = if tile.bytes.is_empty() {
            Bytes::new()
        } else {
            tile::gzip_telling(&tile.bytes, &tile.losses).into()
        };
        Self {
            tag: tag(name, &gzip),
            gzip,
            losses: tile.losses,
            layers: match &tile.layers[..] {
                [_] => vec![],
                several => several.to_vec(),
            },
        }
    }

    /// A tile that publication made; none where it has to be made now.
    pub(super) fn beforehand(snapshot: &Arc<Snapshot>, id: TileId) -> Option<Self> {
        let pyramid = snapshot
            .pyramid()
            .filter(|pyramid| pyramid.covers(id.z()))?;
        let name = snapshot.info().hash.as_str();
        let Some(bytes) = pyramid.get(id) else {
            return Some(Self {
                gzip: Bytes::new(),
                tag: tag(name, &[]),
                losses: Losses::default(),
                layers: vec![],
            });
        };
        let losses = losses_of(bytes)?;
        let owner = Mapped {
            snapshot: Arc::clone(snapshot),
            id,
        };
        let gzip = Bytes::from_owner(owner);
        Some(Self {
            tag: tag(name, &gzip),
            gzip,
            losses,
            layers: vec![],
        })
    }
}

/// Bytes of a mapped pyramid, which stays open for as long as they are being sent.
struct Mapped {
    snapshot: Arc<Snapshot>,
    id: TileId,
}

impl AsRef<[u8]> for Mapped {
    fn as_ref(&self) -> &[u8] {
        self.snapshot
            .pyramid()
            .and_then(|pyramid| pyramid.get(self.id))
            .unwrap_or_default()
    }
}

/// The tag of a compressed tile, without reading it: a gzip member ends in the checksum and the length of
/// what it holds (RFC 1952, 2.3.1).
pub(super) fn tag(name: &str, gzip: &[u8]) -> String {
    let end = gzip.last_chunk::<8>().copied().unwrap_or_default();
    let name = name.get(..12).unwrap_or(name);
    format!("\"{name}-{:016x}\"", u64::from_le_bytes(end))
}

/// The tile that was made under a key.
pub(super) fn get(key: &str) -> Option<Arc<Made>> {
    KEPT.get(key)
}

/// Keeps a tile.
pub(super) fn keep(key: String, made: Arc<Made>) {
    KEPT.insert(key, made);
}

/// Raises its flag when it is dropped: nobody waits any more.
#[derive(Default)]
pub(super) struct Gone(Arc<AtomicBool>);

impl Gone {
    /// The flag.
    pub(super) fn flag(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.0)
    }
}

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.store(true, Relaxed);
    }
}

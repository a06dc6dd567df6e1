//! Tiles made before, compressed, by what they were made from; any version of any layer of this process.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use axum::body::Bytes;
use moka::sync::Cache;

use crate::tile::{self, Losses, Tile};

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
}

impl Made {
    /// A tile made under a key.
    pub(super) fn of(key: &str, tile: &Tile) -> Self {
        let gzip: Bytes = if tile.bytes.is_empty() {
            Bytes::new()
        } else {
            tile::gzip(&tile.bytes).into()
        };
        Self {
            tag: tag(key, &gzip),
            gzip,
            losses: tile.losses,
        }
    }
}

/// The tag of a compressed tile, without reading it: a gzip member ends in the checksum and the length of
/// what it holds (RFC 1952, 2.3.1). The key tells versions, filters and joins apart.
fn tag(key: &str, gzip: &[u8]) -> String {
    let name = blake3::hash(key.as_bytes()).to_hex();
    let end = gzip.last_chunk::<8>().copied().unwrap_or_default();
    format!("\"{}-{:016x}\"", &name[..12], u64::from_le_bytes(end))
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

//! Tiles made before, compressed, by what they were made from; any version of any layer of this process.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use axum::body::Bytes;
use moka::sync::Cache;

use super::negotiate::Coding;
use crate::{
    model::LayerId,
    snapshot::{Snapshot, losses_of},
    tile::{self, Losses, Tile, TileId},
};

/// Bytes of compressed tiles that are kept.
const KEPT_BYTES: u64 = 64 << 20;

static KEPT: LazyLock<Cache<String, Arc<Made>>> = LazyLock::new(|| {
    Cache::builder()
        .weigher(|key: &String, made: &Arc<Made>| (key.len() + made.body.len() + 160) as u32)
        .max_capacity(KEPT_BYTES)
        .build()
});

/// A tile, made and compressed.
pub(super) struct Made {
    /// The bytes as they are sent; none for an empty tile.
    pub body: Bytes,
    /// How they are compressed.
    pub coding: Coding,
    /// The strong tag of the bytes before compression.
    pub tag: String,
    /// What the tile leaves out.
    pub losses: Losses,
    /// The same layer by layer, where there are several.
    pub layers: Vec<(LayerId, Losses)>,
}

impl Made {
    /// A tile made now. `name` tells versions, filters and joins apart.
    pub(super) fn of(name: &str, tile: &Tile, coding: Coding) -> Self {
        Self {
            tag: tag(name, tile::checksum(&tile.bytes)),
            body: packed(&tile.bytes, coding),
            coding,
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
                body: Bytes::new(),
                coding: Coding::Gzip,
                tag: tag(name, tile::checksum(&[])),
                losses: Losses::default(),
                layers: vec![],
            });
        };
        let losses = losses_of(bytes)?;
        let owner = Mapped {
            snapshot: Arc::clone(snapshot),
            id,
        };
        let body = Bytes::from_owner(owner);
        Some(Self {
            tag: tag(name, tile::checksum_of(&body)?),
            body,
            coding: Coding::Gzip,
            losses,
            layers: vec![],
        })
    }

    /// The same tile, compressed in another way.
    pub(super) fn recoded(&self, coding: Coding) -> Option<Self> {
        Some(Self {
            body: packed(&self.unpacked()?, coding),
            coding,
            tag: self.tag.clone(),
            losses: self.losses,
            layers: self.layers.clone(),
        })
    }

    /// The tile as it is before compression.
    pub(super) fn unpacked(&self) -> Option<Vec<u8>> {
        match self.coding {
            _ if self.body.is_empty() => Some(vec![]),
            Coding::Gzip => tile::gunzip(&self.body),
            Coding::Zstd => tile::unzstd(&self.body),
        }
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

/// Compressed; nothing stays nothing.
fn packed(bytes: &[u8], coding: Coding) -> Bytes {
    match coding {
        _ if bytes.is_empty() => Bytes::new(),
        Coding::Gzip => tile::gzip(bytes).into(),
        Coding::Zstd => tile::zstd(bytes).into(),
    }
}

/// The tag of a tile, the same however it is compressed; [`super::reply`] adds how.
fn tag(name: &str, checksum: u64) -> String {
    let name = name.get(..12).unwrap_or(name);
    format!("\"{name}-{checksum:016x}\"")
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

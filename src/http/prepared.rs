//! Queries of tiles that were read before: what `layer@hash` and a query string come to, kept for the other
//! tiles of the same map.
//!
//! A map asks for hundreds of tiles with the same filter. Reading it, finding its fields and writing its
//! canonical text again costs as much as a small tile does. Only what is pinned to a public version is kept,
//! and all of it is forgotten when something is published or retired ([`super::lane`]).

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use axum::http::HeaderValue;

use super::recipe::Layers;

/// How many are known at once.
const MOST: usize = 512;
/// The longest query string that is kept, in bytes.
const LONGEST: usize = 2048;

/// What a source and a query come to, wherever the tile lies.
pub(super) struct Prepared {
    /// Layers, filters, properties, joins.
    pub layers: Arc<Layers>,
    /// The header `Parat-Version`.
    pub version: Option<HeaderValue>,
    /// How long the answer may be kept.
    pub cache: &'static str,
}

/// Those that were asked for lately, by source and query string as they came.
#[derive(Default)]
pub(super) struct Memory(RwLock<HashMap<String, Arc<Prepared>>>);

fn name(source: &str, query: &str) -> String {
    // A source has no question mark: it is a part of a path.
    [source, "?", query].concat()
}

impl Memory {
    /// What they came to last time.
    pub(super) fn get(&self, source: &str, query: &str) -> Option<Arc<Prepared>> {
        if query.len() > LONGEST {
            return None;
        }
        let all = self.0.read().unwrap_or_else(PoisonError::into_inner);
        all.get(&name(source, query)).map(Arc::clone)
    }

    /// Keeps it.
    pub(super) fn keep(&self, source: &str, query: &str, prepared: Prepared) {
        if query.len() > LONGEST {
            return;
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(name(source, query), Arc::new(prepared));
    }

    /// Forgets all.
    pub(super) fn clear(&self) {
        self.0
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

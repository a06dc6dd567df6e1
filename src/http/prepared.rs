//! Queries of tiles that were read before: what `layer@hash` and a query string come to, kept for the other
//! tiles of the same map.
//!
//! A map asks for hundreds of tiles with the same filter. Reading it, finding its fields and writing its
//! canonical text again costs as much as a small tile does. Only what is pinned to a public version is kept,
//! and all of it is forgotten when something is published or retired ([`super::lane`]).

use std::sync::Arc;

use axum::http::HeaderValue;

use super::{recipe::Layers, remembered::OfSet};

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

/// Queries that were asked lately.
pub(super) type Queries = OfSet<Prepared>;

/// The name of a source and a query string as they came; none for one too long to be kept.
pub(super) fn asked(source: &str, query: &str) -> Option<String> {
    // A source has no question mark: it is a part of a path.
    (query.len() <= LONGEST).then(|| [source, "?", query].concat())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_and_a_query_have_one_name_and_a_long_query_has_none() {
        assert_ne!(asked("road@ab", "f=1"), asked("road@a", "bf=1"));
        assert!(asked("road@ab", &"f".repeat(LONGEST)).is_some());
        assert!(asked("road@ab", &"f".repeat(LONGEST + 1)).is_none());
    }
}

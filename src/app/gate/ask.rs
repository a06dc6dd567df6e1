//! What is asked about the files that come in.

use std::{collections::BTreeMap, path::PathBuf};

use crate::{
    model::LayerId,
    read::ReadOptions,
    validate::{Confirmed, Repairs},
};

/// What is asked about the files that come in.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The layer that the sender says they are.
    pub layer: Option<LayerId>,
    /// What the sender says about CRS, encoding and the layer inside the file.
    pub read: ReadOptions,
    /// A file of metadata for all of them, in place of those that lie beside the files.
    pub metadata: Option<PathBuf>,
    /// A file with the city's outline.
    pub city: Option<PathBuf>,
    /// Which column answers which field, as a person says.
    pub columns: BTreeMap<String, String>,
    /// The repairs to make first, each recorded.
    pub repairs: Repairs,
    /// Set rows with grave faults of their own aside and judge the rest.
    pub set_aside: bool,
    /// What a person confirmed for an earlier delivery of the source. It answers only what is not said above: use
    /// [`Ask::with`].
    pub confirmed: Option<Confirmed>,
}

impl Ask {
    /// The same, with what a person confirmed for an earlier delivery of the source where nothing else is said.
    #[must_use]
    pub fn with(mut self, confirmed: Confirmed) -> Self {
        let mut used = confirmed;
        if self.layer.is_some() {
            used.layer = None;
        }
        if self.read.encoding.is_some() {
            used.encoding = None;
        }
        used.columns
            .retain(|field, _| !self.columns.contains_key(field));
        // A CRS answers only where the file does not say its own: see `Reader::read`.
        if self.read.crs.is_some() {
            used.crs = None;
        }
        self.layer = self.layer.or_else(|| used.layer.clone());
        self.read.encoding = self.read.encoding.or_else(|| used.encoding.clone());
        self.confirmed = Some(used).filter(|used| !used.is_empty());
        self
    }
}

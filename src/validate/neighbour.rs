//! The city's other layers, for rules that compare.

use crate::model::{LayerId, Shapes};

/// Another layer of the same city.
#[derive(Clone, Debug, Default)]
pub struct Neighbour {
    /// Its geometries in longitude/latitude.
    pub shapes: Shapes<f64>,
    /// What each row calls itself: its key as text.
    pub keys: Vec<String>,
    /// Where it comes from, for the report.
    pub whence: Whence,
}

/// Where a neighbour comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whence {
    /// It came with the same delivery, and passed.
    Delivery {
        /// The file, or the layer inside one.
        file: String,
    },
    /// It is public.
    Published {
        /// The number of its version.
        version: u32,
        /// The hash of its content.
        hash: String,
    },
}

impl Default for Whence {
    fn default() -> Self {
        Self::Delivery {
            file: String::new(),
        }
    }
}

/// Finds a layer by its name among those that are public; none where there is none.
pub type Others<'a> = dyn Fn(&LayerId) -> Option<Neighbour> + 'a;

/// A layer that is checked alone, without its neighbours.
pub fn alone(_: &LayerId) -> Option<Neighbour> {
    None
}

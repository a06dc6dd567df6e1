//! The city's layers as they are public, for rules that compare.

use super::App;
use crate::{
    model::{LayerId, Shapes},
    validate::{Neighbour, Whence},
};

impl App {
    /// A public layer as a neighbour of one that is judged: where its features lie and what they are called.
    pub fn neighbour(&self, layer: &LayerId) -> Option<Neighbour> {
        let live = self.live();
        let snapshot = live.snapshot(layer).ok()?;
        if snapshot.info().draft {
            return None;
        }
        let standard = self.standards().layer(layer)?;
        let telling = standard
            .key
            .iter()
            .rev()
            .chain(["name".to_owned()].iter())
            .find_map(|field| snapshot.field(field));
        let mut shapes = Shapes::new();
        let mut keys = Vec::with_capacity(snapshot.len());
        for row in 0..snapshot.len() as u32 {
            snapshot.read_lonlat(row, &mut shapes);
            keys.push(telling.map_or_else(String::new, |field| {
                snapshot.value(row, field).to_text().into_owned()
            }));
        }
        let info = snapshot.info();
        Some(Neighbour {
            shapes,
            keys,
            whence: Whence::Published {
                version: info.version.0,
                hash: info.hash.clone(),
            },
        })
    }

    /// The outline of the city as it is public; none without one.
    pub fn published_city(&self) -> Option<Shapes<f64>> {
        let live = self.live();
        let snapshot = live.snapshot(&self.standards().profile().city).ok()?;
        if snapshot.info().draft {
            return None;
        }
        let mut shapes = Shapes::new();
        for row in 0..snapshot.len() as u32 {
            snapshot.read_lonlat(row, &mut shapes);
        }
        Some(shapes)
    }
}

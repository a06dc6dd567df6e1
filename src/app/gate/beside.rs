//! Layers of one delivery that rules of others look at: each stands for what will be public once it is.

use std::collections::BTreeMap;

use crate::{
    model::{LayerId, Note, say},
    standard::Standards,
    validate::{Checked, Neighbour, Whence},
};

/// The layers that passed and that others are compared with.
#[derive(Default)]
pub(super) struct Beside(BTreeMap<LayerId, Neighbour>);

impl Beside {
    /// A layer of the delivery, where it passed.
    pub(super) fn get(&self, layer: &LayerId) -> Option<Neighbour> {
        self.0.get(layer).cloned()
    }

    /// Keeps a layer that passed for those that come after it; the first of a name stays.
    pub(super) fn keep(&mut self, checked: &Checked, standards: &Standards) {
        let layer = &checked.report().layer;
        if !self.0.contains_key(layer)
            && is_looked_at(layer, standards)
            && let Some(neighbour) = neighbour_of(checked, standards)
        {
            self.0.insert(layer.clone(), neighbour);
        }
    }
}

/// True for a layer that a rule of some other layer compares with.
pub(super) fn is_looked_at(layer: &LayerId, standards: &Standards) -> bool {
    *layer == standards.profile().wards
        || standards.layers().any(|standard| {
            let mut rules = standard.rules.values();
            rules.any(|settings| settings.with.as_ref() == Some(layer))
        })
}

/// A layer of the delivery as a neighbour of those that come after it.
fn neighbour_of(checked: &Checked, standards: &Standards) -> Option<Neighbour> {
    let report = checked.report();
    let standard = standards.layer(&report.layer)?;
    let source = &report.source;
    Some(Neighbour {
        shapes: checked.lonlat()?.clone(),
        keys: checked.keys(standard),
        whence: Whence::Delivery {
            file: source.member.clone().unwrap_or_else(|| source.file.clone()),
        },
    })
}

/// Says with what a layer was compared.
pub(super) fn looked_note(layer: &LayerId, whence: &Whence) -> Note {
    Note {
        kind: "compared_with".to_owned(),
        say: match whence {
            Whence::Delivery { file } => {
                say!(note_beside, layer = layer.as_str(), file = file.as_str())
            }
            Whence::Published { version, hash } => say!(
                note_published,
                layer = layer.as_str(),
                version = *version,
                hash = hash.get(..12).unwrap_or(hash)
            ),
        },
        ..Note::default()
    }
}

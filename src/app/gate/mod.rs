//! The way from a file to a verdict. `parat check`, `parat ingest`, `parat serve FILES` and the server all
//! come through here, so the same file under the same question has the same report to the byte.

mod ask;
mod beside;
mod city;
mod error;
mod judged;
mod reader;

use std::{cell::RefCell, collections::BTreeMap, path::PathBuf};

pub use self::{
    ask::Ask,
    error::GateError,
    judged::{Judged, Outcome},
};
use self::{
    beside::{Beside, is_looked_at, looked_note},
    reader::{Read, Reader},
};
use super::delivery::{self, Item};
use crate::{
    model::{LayerId, Note, Shapes},
    read::ArchiveLimits,
    standard::Standards,
    validate::{self, Neighbour, Others, Stop},
    worker::{self, Desk, Limits},
};

/// Files up to this size are read before the first is judged, so that a city's outline among them is known
/// to all the others whatever it is called. Larger ones are read when their turn comes, one at a time.
const SMALL_BYTES: u64 = 16 << 20;

/// Something a person who waits may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A file is being read.
    Reading {
        /// Its name.
        file: String,
    },
    /// A layer is being held to its standard.
    Checking {
        /// The file.
        file: String,
        /// The layer inside it.
        layer: String,
        /// How many rows.
        rows: usize,
    },
    /// A layer is being written.
    Publishing {
        /// The layer.
        layer: LayerId,
        /// How many features.
        features: usize,
    },
}

/// Takes a judged layer over, and tells of the steps it makes with it.
pub type Take<'a, E> = &'a mut dyn FnMut(Judged, &mut dyn FnMut(Step)) -> Result<(), E>;

/// The gate: standards, limits, and the city's outline once it is known.
pub struct Gate<'a> {
    standards: &'a Standards,
    ask: &'a Ask,
    city: Option<Shapes<f64>>,
    /// True when a person gave the outline; then no delivery replaces it.
    city_given: bool,
    reader: Reader<'a>,
    others: Box<Others<'a>>,
    beside: Beside,
}

impl<'a> Gate<'a> {
    /// A gate for one delivery. `published` is the outline of the city as it is public, where it is.
    pub fn new(
        standards: &'a Standards,
        limits: Limits,
        ask: &'a Ask,
        published: Option<Shapes<f64>>,
    ) -> Result<Self, GateError> {
        if let Some(layer) = &ask.layer
            && standards.layer(layer).is_none()
        {
            return Err(GateError::NoStandard {
                nearest: nearest_layer(standards, layer),
                layer: layer.clone(),
            });
        }
        let mut gate = Self {
            standards,
            ask,
            city: published,
            city_given: false,
            reader: Reader {
                standards,
                limits,
                archive: None,
                ask,
                desk: Desk::default(),
                notes: vec![],
            },
            others: Box::new(validate::alone),
            beside: Beside::default(),
        };
        if let Some(path) = &ask.city {
            gate.city = Some(city::read(path, standards, &gate.reader.limits)?);
            gate.city_given = true;
        }
        Ok(gate)
    }

    /// The same gate with its children at a desk.
    #[must_use]
    pub(in crate::app) fn at(mut self, desk: Desk) -> Self {
        self.reader.desk = desk;
        self
    }

    /// The same gate that opens archives within these limits, in place of the usual ones.
    #[must_use]
    pub fn within(mut self, archive: ArchiveLimits) -> Self {
        self.reader.archive = Some(archive);
        self
    }

    /// The same gate with something to say in every report.
    #[must_use]
    pub(in crate::app) fn noting(mut self, notes: Vec<Note>) -> Self {
        self.reader.notes = notes;
        self
    }

    /// The same gate, that can look at the city's other layers.
    #[must_use]
    pub fn among(mut self, others: impl Fn(&LayerId) -> Option<Neighbour> + 'a) -> Self {
        self.others = Box::new(others);
        self
    }

    /// Judges every layer of the files and hands each to `take`: the city's outline first, then wards, then
    /// the rest. `take` says whether to go on.
    pub fn judge<E: From<GateError>>(
        &mut self,
        paths: &[PathBuf],
        tell: &mut dyn FnMut(Step),
        take: Take<'_, E>,
    ) -> Result<(), E> {
        let items =
            delivery::items(paths, self.ask.metadata.as_deref()).map_err(GateError::from)?;
        self.judge_items(items, tell, take)
    }

    /// [`Gate::judge`] for files that are known already.
    pub(in crate::app) fn judge_items<E: From<GateError>>(
        &mut self,
        items: Vec<Item>,
        tell: &mut dyn FnMut(Step),
        take: Take<'_, E>,
    ) -> Result<(), E> {
        let (small, large): (Vec<Item>, Vec<Item>) = items
            .into_iter()
            .partition(|item| item.bytes <= SMALL_BYTES);

        let mut waiting = vec![];
        for item in small {
            waiting.extend(self.read(&item, tell)?);
        }
        // Stable: within a rank, the order of the sender.
        waiting.sort_by_key(|read| self.rank(read));
        for read in waiting {
            let judged = self.hold(read, tell)?;
            take(judged, tell)?;
        }
        for item in large {
            let mut reads = self.read(&item, tell)?;
            reads.sort_by_key(|read| self.rank(read));
            for read in reads {
                let judged = self.hold(read, tell)?;
                take(judged, tell)?;
            }
        }
        Ok(())
    }

    fn read(&self, item: &Item, tell: &mut dyn FnMut(Step)) -> Result<Vec<Read>, GateError> {
        tell(Step::Reading { file: item.name() });
        self.reader.read(item)
    }

    /// Holds one layer to its standard, and remembers it when it is the city's outline.
    fn hold(&mut self, read: Read, tell: &mut dyn FnMut(Step)) -> Result<Judged, GateError> {
        let (raw, metadata, confirmed) = match read {
            Read::Refused(report) => {
                return Ok(Judged {
                    report: *report,
                    outcome: Outcome::Refused,
                });
            }
            Read::Layer(raw, metadata, confirmed) => (raw, metadata, confirmed),
        };
        tell(Step::Checking {
            file: raw.source.file.clone(),
            layer: raw.source.layer.clone(),
            rows: raw.len(),
        });
        // A layer of the same delivery stands for what will be public once it is; else what is public now.
        let looked = RefCell::new(BTreeMap::new());
        let others = |layer: &LayerId| {
            let found = self.beside.get(layer);
            let found = found.or_else(|| (self.others)(layer));
            let note = found
                .as_ref()
                .map(|found| looked_note(layer, &found.whence));
            looked
                .borrow_mut()
                .extend(note.map(|note| (layer.clone(), note)));
            found
        };
        let called_off = || self.reader.desk.cancel.is_called_off();
        let checked = validate::check_until(
            *raw,
            &validate::Ask {
                standards: self.standards,
                layer: self.ask.layer.as_ref(),
                metadata: &metadata,
                city: self.city.as_ref(),
                others: &others,
                columns: &self.ask.columns,
                repairs: &self.ask.repairs,
                set_aside: self.ask.set_aside,
                confirmed: confirmed.as_ref(),
            },
            Stop::when(&called_off),
        )
        .ok_or(GateError::Reader(worker::WorkerError::Cancelled))?;
        let mut report = checked.report().clone();
        report.notes.extend(looked.into_inner().into_values());
        report.speak(self.standards.messages(), "en");
        if !self.city_given
            && report.verdict.admits()
            && report.layer == self.standards.profile().city
            && let Some(shapes) = checked.lonlat()
        {
            self.city = Some(shapes.clone());
        }
        if report.verdict.admits() {
            self.beside.keep(&checked, self.standards);
        }
        Ok(Judged {
            report,
            outcome: Outcome::Checked(Box::new(checked)),
        })
    }

    /// The city's outline goes first, then wards, then what others are compared with, then the rest; what cannot be
    /// read tells no one anything.
    fn rank(&self, read: &Read) -> u8 {
        let Read::Layer(raw, ..) = read else {
            return 4;
        };
        let layer = self
            .ask
            .layer
            .clone()
            .or_else(|| self.standards.best_fit(raw).map(|fit| fit.layer));
        let profile = self.standards.profile();
        match layer {
            Some(layer) if layer == profile.city => 0,
            Some(layer) if layer == profile.wards => 1,
            Some(layer) if is_looked_at(&layer, self.standards) => 2,
            _ => 3,
        }
    }
}

/// The standard whose name is nearest to what was typed.
fn nearest_layer(standards: &Standards, typed: &LayerId) -> Option<LayerId> {
    standards
        .layers()
        .map(|standard| {
            (
                strsim::jaro_winkler(standard.layer.as_str(), typed.as_str()),
                &standard.layer,
            )
        })
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, layer)| layer.clone())
}

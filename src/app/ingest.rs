//! The whole way in.

use std::path::PathBuf;

use super::{
    Actor, App, AppError, Ask, Step,
    gate::{Gate, GateError, Judged, Outcome},
};
use crate::{
    model::Shapes,
    normalise::NormaliseError,
    read::ArchiveLimits,
    store::{Became, Entry, StoreError},
    validate::Report,
    worker::Limits,
};

/// Why a delivery could not be taken in. What is wrong with the data is in its report.
#[derive(Debug, thiserror::Error)]
pub enum IngestError {
    /// The files, or the gate's own needs.
    #[error(transparent)]
    Gate(#[from] GateError),
    /// The form of the standard.
    #[error(transparent)]
    Normalise(#[from] NormaliseError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The application around them.
    #[error(transparent)]
    App(#[from] AppError),
    /// A draft could not be laid out.
    #[error("a draft could not be written")]
    Draft(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A layer that came in.
#[derive(Clone, Debug)]
pub struct Arrived {
    /// What the gate said.
    pub report: Report,
    /// How the catalogue has it now.
    pub entry: Entry,
    /// What became of it.
    pub became: Became,
    /// True when it could not even be read.
    pub refused: bool,
}

impl App {
    /// Takes files in: each layer of them is judged, brought into the form of its standard, and published
    /// as the next version, or kept out with its report. `arrived` hears of each as it is done.
    pub fn ingest(
        &self,
        paths: &[PathBuf],
        ask: &Ask,
        tell: &mut dyn FnMut(Step),
        arrived: &mut dyn FnMut(&Arrived),
    ) -> Result<Vec<Arrived>, IngestError> {
        let mut all = vec![];
        self.gate(ask)?.judge(
            paths,
            tell,
            &mut |judged: Judged, tell: &mut dyn FnMut(Step)| {
                let report = judged.report.clone();
                let refused = matches!(judged.outcome, Outcome::Refused);
                let (entry, became) = match judged.accepted(self.standards())? {
                    Ok(layer) => {
                        tell(Step::Publishing {
                            layer: layer.id.clone(),
                            features: layer.ids.len(),
                        });
                        self.store().publish(&layer, &report)?
                    }
                    Err(_kept_out) => (
                        self.store().withhold(&report, None, &Actor::local())?,
                        Became::Withheld,
                    ),
                };
                let one = Arrived {
                    report,
                    entry,
                    became,
                    refused,
                };
                arrived(&one);
                all.push(one);
                Ok::<_, IngestError>(())
            },
        )?;
        self.renew()?;
        Ok(all)
    }

    /// A gate that knows the city as it is public.
    pub(super) fn gate<'a>(&'a self, ask: &'a Ask) -> Result<Gate<'a>, IngestError> {
        Ok(Gate::new(
            self.standards(),
            self.limits(),
            ask,
            self.published_city(),
        )?)
    }

    /// What the child that reads files may use.
    pub fn limits(&self) -> Limits {
        Limits {
            memory: self.config().reader_memory_mib << 20,
            wall_s: self.config().reader_wall_s,
            file: self.config().limits.inflated_bytes,
            ..Limits::default()
        }
    }

    /// What an archive may hold.
    pub fn archive_limits(&self) -> ArchiveLimits {
        let limits = &self.config().limits;
        ArchiveLimits {
            entries: limits.archive_entries,
            unpacked_bytes: limits.inflated_bytes,
            ratio: limits.archive_ratio,
            ratio_text: limits.archive_ratio_text,
        }
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

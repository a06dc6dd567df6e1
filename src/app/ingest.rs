//! The whole way in.

use std::path::PathBuf;

use super::{
    Actor, App, AppError, Ask, Step,
    gate::{Gate, GateError, Judged, Outcome},
};
use crate::{
    config::Config,
    model::Layer,
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

/// What becomes of files that come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// What conforms is published at once.
    Publish,
    /// What can be placed becomes a draft in the store, to go the way of [`crate::store::workflow`].
    Stage,
    /// As [`Way::Publish`]; what was kept out is shown as a draft of this process.
    Preview,
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
        self.take(paths, ask, Way::Publish, tell, arrived)
    }

    /// The same for every way that files come in: judged, and then what `way` says.
    pub fn take(
        &self,
        paths: &[PathBuf],
        ask: &Ask,
        way: Way,
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
                let number = self.keep_aside(&judged, None)?;
                let (entry, became) = match judged.accepted(self.standards())? {
                    Ok(layer) => {
                        tell(Step::Publishing {
                            layer: layer.id.clone(),
                            features: layer.ids.len(),
                        });
                        match way {
                            Way::Stage => self.keep_draft(&layer, &report, number)?,
                            Way::Publish | Way::Preview => {
                                self.store().publish(&layer, &report, number)?
                            }
                        }
                    }
                    Err(kept_out) => self.keep_out(*kept_out, &report, number, way)?,
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

    fn keep_draft(
        &self,
        layer: &Layer,
        report: &Report,
        number: Option<i64>,
    ) -> Result<(Entry, Became), IngestError> {
        let (version, became) = self.store().stage(layer, report, number, &Actor::local())?;
        Ok((Entry::from(version), became))
    }

    /// What the gate kept out: its report is kept, and where it can be placed it may be looked at.
    fn keep_out(
        &self,
        judged: Judged,
        report: &Report,
        number: Option<i64>,
        way: Way,
    ) -> Result<(Entry, Became), IngestError> {
        let keep = || self.store().withhold(report, number, &Actor::local());
        match way {
            Way::Publish => {}
            Way::Stage => {
                if let Some(layer) = judged.draft(self.standards())? {
                    return self.keep_draft(&layer, report, number);
                }
            }
            Way::Preview => {
                let entry = keep()?;
                return Ok(match self.lay_draft(judged, &entry)? {
                    Some(draft) => (draft, Became::Draft),
                    None => (entry, Became::Withheld),
                });
            }
        }
        Ok((keep()?, Became::Withheld))
    }

    /// A gate that knows the city as it is public.
    pub fn gate<'a>(&'a self, ask: &'a Ask) -> Result<Gate<'a>, GateError> {
        let gate = Gate::new(self.standards(), self.limits(), ask, self.published_city())?;
        let archive = archive_limits(self.config());
        Ok(gate.within(archive).among(|layer| self.neighbour(layer)))
    }

    /// What the child that reads files may use.
    pub fn limits(&self) -> Limits {
        reader_limits(self.config())
    }
}

/// What the child that reads files may use, as the settings say it.
pub fn reader_limits(config: &Config) -> Limits {
    Limits {
        memory: config.reader_memory_mib << 20,
        wall_s: config.reader_wall_s,
        cpu_s: config.reader_cpu_s,
        cpu_small_s: config.reader_cpu_small_s,
        cpu_a_mib_s: config.reader_cpu_a_mib_s,
        file: config.limits.inflated_bytes,
    }
}

/// What an archive may hold, as the settings say it.
pub fn archive_limits(config: &Config) -> ArchiveLimits {
    let limits = &config.limits;
    ArchiveLimits {
        entries: limits.archive_entries,
        unpacked_bytes: limits.inflated_bytes,
        ratio: limits.archive_ratio,
        ratio_text: limits.archive_ratio_text,
        layers: limits.file_layers,
    }
}

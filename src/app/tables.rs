//! Indicator tables: kept in the catalogue, joined to layers when they are read.

use std::{path::Path, sync::Arc};

use super::{Actor, App, AppError};
use crate::{
    indicator::{Declared, IndicatorTable, Joined, Parsed, Period, TableOptions, join, parse},
    model::{IndicatorId, LayerId},
    snapshot::Snapshot,
    store::StoredTable,
    worker::{self, Desk, WorkerError},
};

/// A table and a layer that met, with what they met in.
pub struct Met {
    /// The values by row, and what met and what did not.
    pub joined: Joined,
    /// The layer.
    pub snapshot: Arc<Snapshot>,
    /// The table.
    pub table: Arc<StoredTable>,
    /// The period.
    pub period: Period,
}

/// The largest file of a table that is read.
pub const TABLE_BYTES: u64 = 256 << 20;

/// Why a table cannot be taken.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// The catalogue has no such indicator.
    #[error("there is no indicator `{0}` in the catalogue; `parat explain` lists them")]
    NoIndicator(IndicatorId),
    /// It cannot be read, or not be understood as a table.
    #[error("cannot read {file}: {detail}")]
    Unreadable {
        /// What the sender calls the file.
        file: String,
        /// Why not.
        detail: String,
    },
    /// Anything else.
    #[error(transparent)]
    App(#[from] AppError),
}

/// A table that was taken in.
pub struct Loaded {
    /// How it was understood, and what was found wrong in it.
    pub parsed: Parsed,
    /// As it is kept.
    pub stored: StoredTable,
    /// How it meets its layer; none where that is not public.
    pub met: Option<Met>,
}

impl Loaded {
    /// What became of it, for programs: the same from the command line and the server.
    pub fn told(&self) -> serde_json::Value {
        let table = &self.stored.table;
        let periods: Vec<&str> = table.periods.iter().map(|one| one.label.as_str()).collect();
        serde_json::json!({
            "indicator": table.id,
            "version": self.stored.version,
            "file": self.stored.file,
            "periods": periods,
            "observations": table.observations.len(),
            "key_column": self.parsed.key_column,
            "findings": self.parsed.findings,
            "finding_count": self.parsed.finding_count,
            "join": self.met.as_ref().map(|met| &met.joined.report),
        })
    }
}

impl App {
    /// Reads a table of values, text or a workbook, in the child; holds it to what the catalogue declares of the
    /// indicator; keeps it, and the report of its join with its layer for the newest period where that layer is
    /// public. `name` is what the sender calls the file. Blocks.
    pub fn load_table(
        &self,
        path: &Path,
        name: &str,
        indicator: &IndicatorId,
        options: &TableOptions,
        actor: &Actor,
    ) -> Result<Loaded, TableError> {
        let rule = self
            .standards()
            .indicator(indicator)
            .ok_or_else(|| TableError::NoIndicator(indicator.clone()))?;
        let unreadable = |detail: String| TableError::Unreadable {
            file: name.to_owned(),
            detail,
        };
        let about = std::fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
        if about.len() > TABLE_BYTES {
            return Err(unreadable(format!("it has more than {TABLE_BYTES} bytes")));
        }
        let sheet = worker::read_sheet(&Desk::default(), path, &self.limits()).map_err(
            |error| match error {
                WorkerError::Start(cause) => {
                    TableError::App(AppError::internal("starting the reader", cause))
                }
                other => unreadable(other.to_string()),
            },
        )?;
        let parsed = parse(&sheet, &Declared::of(rule, "en"), options)
            .map_err(|error| unreadable(error.to_string()))?;
        let stored = self
            .store()
            .put_table_by(&parsed.table, name, actor)
            .map_err(AppError::from)?;
        self.renew()?;
        let met = match self.meet(indicator, None, None) {
            Ok(met) => {
                let layer = &met.snapshot.info().id;
                self.store()
                    .put_join(layer, indicator, &met.joined.report)
                    .map_err(AppError::from)?;
                Some(met)
            }
            Err(AppError::NotFound { .. } | AppError::Gone { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        Ok(Loaded {
            parsed,
            stored,
            met,
        })
    }

    /// Joins an indicator with a layer for a period; the table's own layer and newest period unless they
    /// are named. Blocks; requests come by [`App::compute`] or [`App::join`].
    pub fn meet(
        &self,
        indicator: &IndicatorId,
        layer: Option<&LayerId>,
        period: Option<&str>,
    ) -> Result<Met, AppError> {
        let live = self.live();
        let stored = live.table(indicator)?;
        let usual = &self.standards().profile().wards;
        let layer = layer.or(stored.table.layer.as_ref()).unwrap_or(usual);
        let snapshot = live.snapshot(layer)?;
        let period = period_of(&stored.table, period)?;
        Ok(Met {
            joined: join(snapshot, &stored.table, &period),
            snapshot: Arc::clone(snapshot),
            table: Arc::clone(stored),
            period,
        })
    }

    /// [`App::meet`] on a blocking thread, with a permit.
    pub async fn join(
        &self,
        indicator: &IndicatorId,
        layer: Option<&LayerId>,
        period: Option<&str>,
    ) -> Result<Met, AppError> {
        let (app, indicator) = (self.clone(), indicator.clone());
        let (layer, period) = (layer.cloned(), period.map(str::to_owned));
        self.inner
            .permits
            .run(move || app.meet(&indicator, layer.as_ref(), period.as_deref()))
            .await
    }
}

/// A period by its label, or the newest.
fn period_of(table: &IndicatorTable, label: Option<&str>) -> Result<Period, AppError> {
    let found = match label {
        Some(label) => table.periods.iter().find(|period| period.label == label),
        None => table
            .periods
            .iter()
            .max_by_key(|period| (period.to, period.from)),
    };
    found.cloned().ok_or_else(|| match label {
        Some(label) => AppError::Bad {
            parameter: "period".to_owned(),
            detail: format!(
                "`{label}` is none of the periods of {}: {}",
                table.id,
                table
                    .periods
                    .iter()
                    .map(|period| period.label.as_str())
                    .collect::<Vec<_>>()
                    .join(", ")
            ),
        },
        None => AppError::NotFound {
            what: format!("period in the table of {}", table.id),
        },
    })
}

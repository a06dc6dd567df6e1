//! Indicator tables: kept in the catalogue, joined to layers when they are read.

use std::{path::Path, sync::Arc};

use super::{App, AppError};
use crate::{
    indicator::{IndicatorTable, Joined, Period, Sheet, join},
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

impl App {
    /// Reads a table of values, text or a workbook, in the child. Blocks.
    pub fn read_sheet(&self, file: &Path) -> Result<Sheet, WorkerError> {
        worker::read_sheet(&Desk::default(), file, &self.limits())
    }

    /// Keeps a table, and the report of its join with its layer for the newest period where that layer is
    /// published.
    pub fn put_table(
        &self,
        table: &IndicatorTable,
        file: &str,
    ) -> Result<(StoredTable, Option<Met>), AppError> {
        let stored = self.store().put_table(table, file)?;
        self.renew()?;
        let met = match self.meet(&table.id, None, None) {
            Ok(met) => met,
            Err(AppError::NotFound { .. }) => return Ok((stored, None)),
            Err(error) => return Err(error),
        };
        self.store()
            .put_join(&met.snapshot.info().id, &table.id, &met.joined.report)?;
        Ok((stored, Some(met)))
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

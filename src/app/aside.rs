//! Rows that were set aside: kept beside the report that names them, given out as a person wants them.

use std::{fs::File, io::BufReader};

use super::{App, AppError, DeliverError, gate::Judged};
use crate::{
    model::LayerId,
    report::{self, SetAsideForm, SetAsideText},
    store::{JobId, JobState, StoreError},
};

impl App {
    /// Keeps the rows of a judged layer that were set aside, under the number that its report will have: the one
    /// given, or a new one. None where no number was given and no row was set aside.
    pub(super) fn keep_aside(
        &self,
        judged: &Judged,
        number: Option<i64>,
    ) -> Result<Option<i64>, StoreError> {
        let Some(aside) = judged.aside().filter(|aside| !aside.reasons.is_empty()) else {
            return Ok(number);
        };
        let number = match number {
            Some(number) => number,
            None => self.store().reserve_delivery()?,
        };
        self.store().keep_aside(number, &mut |out| {
            report::set_aside_lines(&judged.report, aside, out)
        })?;
        Ok(Some(number))
    }

    /// The reports with rows that were set aside: those of a delivery's layers as they were judged last, or of one
    /// of them, else the one that `id` names. Blocks.
    pub fn reports_with_aside(
        &self,
        id: &str,
        layer: Option<&LayerId>,
    ) -> Result<Vec<JobId>, DeliverError> {
        if let Ok(number) = id.parse::<JobId>()
            && let Ok((job, _)) = self.delivery(number)
            && job.id == number
        {
            if job.state != JobState::Judged {
                return Err(DeliverError::Conflict(format!(
                    "{number} is not judged: it is {}",
                    job.state.word()
                )));
            }
            let layers = job.layers.iter().filter(|one| {
                one.counts.set_aside > 0 && layer.is_none_or(|layer| *layer == one.layer)
            });
            return Ok(layers.map(|one| one.report).collect());
        }
        let read = |error: StoreError| DeliverError::App(error.into());
        let number = self.store().report_number(id).map_err(read)?;
        let report = self.store().report(&format!("d-{number}")).map_err(read)?;
        let asked = layer.is_none_or(|layer| *layer == report.layer);
        Ok((asked && report.counts.set_aside > 0)
            .then_some(JobId(number))
            .into_iter()
            .collect())
    }

    /// The rows that were set aside of some reports, those of one after those of the other. Blocks.
    pub fn set_aside(
        &self,
        reports: &[JobId],
        form: SetAsideForm,
        language: &str,
    ) -> Result<SetAsideText<BufReader<File>>, AppError> {
        let mut kept = vec![];
        for report in reports {
            let rows = self
                .store()
                .aside(report.0)?
                .ok_or_else(|| AppError::NotFound {
                    what: format!(
                        "row of {report} kept: an earlier Parat judged it; ask for it to be judged again"
                    ),
                })?;
            kept.push(BufReader::new(rows));
        }
        SetAsideText::new(form, kept, self.standards(), language)
            .map_err(|error| AppError::internal("reading rows that were set aside", error))
    }
}

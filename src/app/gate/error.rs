//! Why a gate cannot begin, or go on.

use std::path::PathBuf;

use crate::{app::DeliveryError, model::LayerId, worker};

/// Why the gate could not even begin, or go on. What is wrong with the data is in the reports.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The files.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The city's outline that was given is none.
    #[error("{path} cannot serve as the city's outline: {detail}")]
    City {
        /// The file.
        path: PathBuf,
        /// Why not.
        detail: String,
    },
    /// The layer that was named has no standard.
    #[error("there is no standard for a layer `{layer}`{}", nearest.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    NoStandard {
        /// What was named.
        layer: LayerId,
        /// What may have been meant.
        nearest: Option<LayerId>,
    },
    /// The reader could not do its work: the machine's fault or an option's, not the file's.
    #[error("files cannot be read")]
    Reader(#[source] worker::WorkerError),
}

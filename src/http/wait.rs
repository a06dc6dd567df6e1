//! Waiting for the disk, away from the threads that answer.

use crate::app::{App, AppError, DeliverError};

/// Runs something that blocks away from the threads that answer. Unlike a computation it takes no permit:
/// it waits for the disk, and the disk's own queue is the limit.
pub(super) async fn blocking<T: Send + 'static>(
    app: &App,
    job: impl FnOnce(&App) -> Result<T, DeliverError> + Send + 'static,
) -> Result<T, DeliverError> {
    let app = app.clone();
    tokio::task::spawn_blocking(move || job(&app))
        .await
        .map_err(|error| DeliverError::App(AppError::internal("serving a delivery", error)))?
}

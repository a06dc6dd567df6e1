//! Files of all formats to [`crate::model::RawLayer`]: nothing mended, nothing judged.
//!
//! A file, a folder or an archive comes in; layers and refusals come out. Strangers' bytes meet GDAL
//! here, so only the child process of [`crate::worker`] and tests may call [`layers`].

mod delivery;

pub use delivery::{Delivery, KEPT_ROWS, ReadError, ReadOptions, Refused};

use std::path::Path;

/// Reads every layer of a file, a folder or an archive.
pub fn layers(_path: &Path, _options: &ReadOptions) -> Result<Delivery, ReadError> {
    todo!("lands next")
}

//! Files of all formats to [`crate::model::RawLayer`]: nothing mended, nothing judged.

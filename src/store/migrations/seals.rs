//! The hash of each version's truth, so that a file that was changed or has rotted is not published again
//! and shows in the journal's check.

/// What it adds. Versions from before have no seal; they get none, since nobody knows what they were.
pub(super) const SQL: &str = "
ALTER TABLE versions ADD COLUMN truth TEXT;
";

//! Vector tiles from snapshots.

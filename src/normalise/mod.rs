//! An accepted layer to a [`crate::model::Layer`]: canonical names and types, longitude/latitude, stable ids.

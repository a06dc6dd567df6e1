//! The city's outline, where a person gives it as a file.

use std::{collections::BTreeMap, path::Path};

use super::GateError;
use crate::{
    model::{Metadata, Shapes},
    read::ReadOptions,
    standard::Standards,
    validate::{self, Repairs},
    worker::{self, Limits},
};

/// Reads an outline: the first layer of a file, which must be an area whose place is known.
pub(super) fn read(
    path: &Path,
    standards: &Standards,
    limits: &Limits,
) -> Result<Shapes<f64>, GateError> {
    let no = |detail: String| GateError::City {
        path: path.to_owned(),
        detail,
    };
    let delivery =
        worker::read(path, &ReadOptions::default(), limits).map_err(|error| match error {
            error @ worker::WorkerError::Start(_) => GateError::Reader(error),
            error => no(error.to_string()),
        })?;
    let Some(raw) = delivery.layers.into_iter().next() else {
        let why = delivery
            .refused
            .first()
            .map_or("it holds no layer", |refused| refused.message.as_str());
        return Err(no(why.to_owned()));
    };
    let layer = &standards.profile().city;
    let checked = validate::check(
        raw,
        &validate::Ask {
            standards,
            layer: Some(layer),
            metadata: &Metadata::default(),
            city: None,
            others: &validate::alone,
            // An outline is only measured against: a bow-tie in it must not spoil the verdict of others.
            columns: &BTreeMap::new(),
            repairs: &Repairs::safe(),
            set_aside: false,
            confirmed: None,
        },
    );
    let shapes = checked
        .lonlat()
        .ok_or_else(|| no("nobody knows where it lies (no CRS)".to_owned()))?;
    if shapes
        .view()
        .iter()
        .any(|shape| shape.kind.dimension() == Some(2))
    {
        Ok(shapes.clone())
    } else {
        Err(no("it holds no area".to_owned()))
    }
}

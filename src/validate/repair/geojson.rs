//! A single geometry as GeoJSON, for the examples of a report and the rows that were set aside.

use serde_json::{Value, json};

use crate::model::{ShapeKind, ShapeRef};

/// RFC 7946 coordinates with seven digits, a centimetre; null where there is no geometry, none where a
/// coordinate is no number.
pub fn geometry(shape: ShapeRef<'_, f64>) -> Option<Value> {
    if !shape.coords().iter().flatten().all(|axis| axis.is_finite()) {
        return None;
    }
    let at = |[x, y]: &[f64; 2]| json!([round(*x), round(*y)]);
    let path = |ring: &[[f64; 2]]| Value::from(ring.iter().map(at).collect::<Vec<_>>());
    let parts: Vec<Vec<Value>> = shape
        .parts()
        .map(|part| part.rings().map(path).collect())
        .collect();
    let first = |part: Vec<Value>| part.into_iter().next().unwrap_or_default();
    let coordinates = match shape.kind {
        ShapeKind::Missing | ShapeKind::Empty => return Some(Value::Null),
        ShapeKind::Point => shape.coords().first().map(at)?,
        ShapeKind::MultiPoint => path(shape.coords()),
        ShapeKind::LineString => first(parts.into_iter().next()?),
        ShapeKind::MultiLineString => parts.into_iter().map(first).collect::<Vec<_>>().into(),
        ShapeKind::Polygon => parts.into_iter().next()?.into(),
        ShapeKind::MultiPolygon => parts.into(),
    };
    Some(json!({"type": shape.kind.name(), "coordinates": coordinates}))
}

fn round(axis: f64) -> f64 {
    (axis * 1e7).round() / 1e7
}

//! The ground of an area by the even-odd rule, ring for ring, as a valid area.
//!
//! The overlays are `geo`'s, and each is held against the size that its ground must have.

use geo::{Area, BooleanOps, MakeValid};
use geo_types::{Geometry, LineString, MultiPolygon, Polygon};

use super::bench::Bench;
use crate::{
    model::{ShapeRef, Shapes},
    validate::overlap::{Overlap, common},
};

/// Each part made valid, and the parts joined.
pub(super) fn joined(shape: ShapeRef<'_, f64>, bench: &Bench) -> Option<MultiPolygon<f64>> {
    let mut parts = vec![];
    for one in shape.parts() {
        let rings: Vec<LineString<f64>> = one.rings().map(|ring| bench.ring(ring)).collect();
        parts.push(part(rings)?);
    }
    if parts.len() == 1 {
        return parts.pop();
    }
    let sum: f64 = parts.iter().map(Area::unsigned_area).sum();
    let all: Vec<Polygon<f64>> = parts.iter().flatten().cloned().collect();
    // Parts that lie apart need no overlay, and so keep every vertex.
    let even = MultiPolygon::new(all).make_valid().ok()?;
    if (even.unsigned_area() - sum).abs() <= 1e-9 * sum {
        return Some(even);
    }
    united(parts)
}

/// A shell by the even-odd rule, without its holes by the same.
fn part(mut rings: Vec<LineString<f64>>) -> Option<MultiPolygon<f64>> {
    let alone = |ring: &LineString<f64>| Polygon::new(ring.clone(), vec![]).make_valid().ok();
    let solid = alone(rings.first()?)?;
    if rings.len() == 1 {
        return Some(solid);
    }
    let pits: Vec<MultiPolygon<f64>> = rings[1..].iter().map(alone).collect::<Option<_>>()?;
    let wanted = solid.unsigned_area() - pits.iter().map(Area::unsigned_area).sum::<f64>();
    let shell = rings.remove(0);
    let even = Polygon::new(shell, rings).make_valid().ok()?;
    // Holes that lie inside and apart need no overlay either.
    if (even.unsigned_area() - wanted).abs() <= 1e-9 * solid.unsigned_area() {
        return Some(even);
    }
    let pits = united(pits)?;
    let left = solid.difference(&pits);
    let wanted = solid.unsigned_area() - shared(&solid, &pits)?;
    balances(&left, wanted, &solid).then_some(left)
}

/// The ground of all of them together; none where the overlay lost some. `geo`'s now and then does, where many edges
/// meet in one corner, and a shape that stays invalid and is reported is better than ground that is gone.
fn united(parts: Vec<MultiPolygon<f64>>) -> Option<MultiPolygon<f64>> {
    let mut parts = parts.into_iter().filter(|part| !part.0.is_empty());
    let mut all = parts.next().unwrap_or_else(|| MultiPolygon::new(vec![]));
    for part in parts {
        let both = all.union(&part);
        let wanted = all.unsigned_area() + part.unsigned_area() - shared(&all, &part)?;
        if !balances(&both, wanted, &both) {
            return None;
        }
        all = both;
    }
    Some(all)
}

/// How much ground two areas share, by our own measure.
fn shared(one: &MultiPolygon<f64>, other: &MultiPolygon<f64>) -> Option<f64> {
    let mut shapes = Shapes::new();
    for areas in [one, other] {
        shapes.push_geo(&Geometry::MultiPolygon(areas.clone()));
    }
    let (one, other) = (shapes.get(0), shapes.get(1));
    match (one.bbox(), other.bbox()) {
        (Some(a), Some(b)) => match common(&a, &b) {
            Some(both) => Overlap::default().area(one, other, &both),
            None => Some(0.0),
        },
        _ => Some(0.0),
    }
}

/// True when an area is what it should be, up to the rounding of an overlay against the size of `of`.
fn balances(found: &MultiPolygon<f64>, wanted: f64, of: &MultiPolygon<f64>) -> bool {
    (found.unsigned_area() - wanted).abs() <= 1e-7 * of.unsigned_area()
}

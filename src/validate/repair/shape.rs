//! The safe repairs, made on request and written down: what they change is what nobody meant.
//!
//! A repair works on the layer as it came, so every rule sees its result. Rings are closed, repeated
//! vertices dropped, and invalid areas made valid (`geo`'s `MakeValid`, by the even-odd rule). A result that
//! is empty, still not valid, or of another size than a fault explains is not taken. The file itself is
//! never touched.

use std::panic::{AssertUnwindSafe, catch_unwind};

use geo::MakeValid;
use geo_types::Geometry;

use crate::{
    model::{RawLayer, ShapeKind, ShapeRef, Shapes},
    validate::{
        Place, Repair,
        geometry::area,
        orient::At,
        validity::{Checker, Flaw},
    },
};

/// How many repairs are written down one by one; nobody reads more.
const KEPT: usize = 10_000;

/// Mends a layer and tells what was done.
pub(in crate::validate) fn mend(raw: &mut RawLayer) -> Vec<Repair> {
    let mut checker = Checker::default();
    let broken = raw.shapes.view().iter().any(|shape| {
        checker
            .check(shape)
            .is_some_and(|faults| !faults.is_empty())
    });
    if !broken {
        return vec![];
    }
    let mut repairs = vec![];
    let mut mended = Shapes::new();
    let mut one = Shapes::new();
    for (row, shape) in raw.shapes.view().iter().enumerate() {
        let flaws: Vec<Flaw> = checker
            .check(shape)
            .map(|faults| faults.iter().map(|fault| fault.flaw).collect())
            .unwrap_or_default();
        if flaws.is_empty() || flaws.contains(&Flaw::NotFinite) {
            mended.push_shape(shape);
            continue;
        }
        one.clear();
        let mut kind = "close_ring";
        if flaws.contains(&Flaw::Unclosed) {
            close(shape, &mut one);
        } else {
            one.push_shape(shape);
        }
        if checker
            .check(one.get(0))
            .is_none_or(|faults| !faults.is_empty())
        {
            kind = "make_valid";
            let Some(better) = made_valid(one.get(0), &mut checker) else {
                mended.push_shape(shape);
                continue;
            };
            one = better;
        }
        if repairs.len() < KEPT {
            repairs.push(Repair {
                kind: kind.to_owned(),
                place: Place {
                    row: Some(row as u64 + 1),
                    ..Place::default()
                },
                before: described(shape),
                after: described(one.get(0)),
            });
        }
        mended.push_shape(one.get(0));
    }
    raw.shapes = mended;
    repairs
}

/// The shape with its open rings closed.
fn close(shape: ShapeRef<'_, f64>, out: &mut Shapes<f64>) {
    for part in shape.parts() {
        for ring in part.rings() {
            out.coords.extend_from_slice(ring);
            if let (Some(first), Some(last)) = (ring.first(), ring.last())
                && first != last
            {
                out.coords.push(*first);
            }
            out.end_ring();
        }
        out.end_part();
    }
    out.end_feature(shape.kind);
}

/// A valid shape that covers the same ground; none when there is none.
fn made_valid(shape: ShapeRef<'_, f64>, checker: &mut Checker) -> Option<Shapes<f64>> {
    let origin: At = *shape.coords().first()?;
    let geometry = shape.to_geo()?;
    // Others' code on strangers' shapes: should it panic, the shape stays as it was.
    let made = catch_unwind(AssertUnwindSafe(|| match geometry {
        Geometry::Polygon(polygon) => polygon.make_valid().ok(),
        Geometry::MultiPolygon(parts) => parts.make_valid().ok(),
        _ => None,
    }))
    .ok()??;
    let mut out = Shapes::new();
    debug_assert!(origin[0].is_finite());
    match made.0.as_slice() {
        [] => return None,
        [one] => out.push_geo(&Geometry::Polygon(one.clone())),
        _ => out.push_geo(&Geometry::MultiPolygon(made)),
    }
    let valid = checker.check(out.get(0)).is_some_and(<[_]>::is_empty);
    (valid && area(out.get(0)) > 0.0).then_some(out)
}

fn described(shape: ShapeRef<'_, f64>) -> String {
    let parts = shape.parts().len();
    let rings: usize = shape.parts().map(|part| part.rings().len()).sum();
    let kind = if shape.kind == ShapeKind::Missing {
        "nothing"
    } else {
        shape.kind.name()
    };
    format!(
        "{kind}: {parts} parts, {rings} rings, {} vertices",
        shape.coords().len()
    )
}

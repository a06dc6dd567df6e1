//! Repairs of how a geometry is written: the way rings run, which axis comes first, heights, parts.

use super::{Plan, RepairKind};
use crate::{
    model::{Bbox, Shapes},
    validate::{Subject, orient::is_ccw, placing::Native},
};

/// Plans to turn rings that run against the rule of their format: a shapefile's shells run clockwise (ESRI
/// white paper of 1998, page 8), those of GeoJSON counter-clockwise (RFC 7946 section 3.1.6), holes the other way.
/// Other formats have no rule to break; published layers are wound as RFC 7946 says whatever came.
pub(super) fn wind(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::Wind);
    let format = subject.raw.source.format.to_lowercase();
    let shells_ccw = if format.contains("shapefile") {
        false
    } else if format.contains("geojson") {
        true
    } else {
        return plan;
    };
    let mut one = Shapes::new();
    for (row, shape) in subject.raw.shapes.view().iter().enumerate() {
        if shape.kind.dimension() != Some(2) {
            continue;
        }
        let wrong = |number: usize, ring: &[[f64; 2]]| {
            ring.len() > 3 && ring.first() == ring.last() && {
                let twice: f64 = crate::validate::geometry::doubled_area(ring);
                twice != 0.0 && is_ccw(ring) != (shells_ccw == (number == 0))
            }
        };
        if !shape.parts().any(|part| {
            part.rings()
                .enumerate()
                .any(|(number, ring)| wrong(number, ring))
        }) {
            continue;
        }
        one.clear();
        for part in shape.parts() {
            for (number, ring) in part.rings().enumerate() {
                if wrong(number, ring) {
                    one.coords.extend(ring.iter().rev());
                } else {
                    one.coords.extend_from_slice(ring);
                }
                one.end_ring();
            }
            one.end_part();
        }
        one.end_feature(shape.kind);
        plan.reshape(row, one.get(0));
    }
    plan
}

/// Plans to swap x and y of features that lie outside the city (where it is not known: outside the country) and
/// would lie inside it.
pub(super) fn swap_axes(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::SwapAxes);
    let Some(native) = Native::of(subject.raw) else {
        return plan;
    };
    let country = subject.standards.profile().bounds;
    let city = subject
        .city
        .and_then(|city| Bbox::around(&city.coords))
        .map(wider);
    let home = city.unwrap_or(country);
    let mut one = Shapes::new();
    for (row, shape) in subject.raw.shapes.view().iter().enumerate() {
        let finite = shape.coords().iter().flatten().all(|axis| axis.is_finite());
        if shape.is_blank() || !finite {
            continue;
        }
        let inside = |coords: &[[f64; 2]]| coords.iter().all(|at| home.holds(*at));
        let outside = match subject.lonlat {
            Some(lonlat) => !lonlat.get(row).coords().iter().any(|at| home.holds(*at)),
            None => true,
        };
        if !outside {
            continue;
        }
        one.clear();
        one.push_shape(shape);
        for at in &mut one.coords {
            at.reverse();
        }
        let mut there = one.coords.clone();
        native.all(&mut there);
        if inside(&there) {
            plan.reshape(row, one.get(0));
        }
    }
    plan
}

/// A box with a tenth of its size around it: features may reach beyond the city.
fn wider(bbox: Bbox) -> Bbox {
    let (x, y) = (
        (bbox.east - bbox.west) / 10.0,
        (bbox.north - bbox.south) / 10.0,
    );
    Bbox {
        west: bbox.west - x,
        south: bbox.south - y,
        east: bbox.east + x,
        north: bbox.north + y,
    }
}

/// The heights that the reader left out. Layers are flat, so nothing is left to do but to say so row by row.
pub(super) fn drop_z(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::DropZ);
    // The reader counts rows of the file; once rows were taken out or parted they are others.
    if subject.origins.is_none()
        && let Some(note) = subject
            .raw
            .notes
            .iter()
            .find(|note| note.kind == "z_dropped")
    {
        let rows = note
            .rows
            .iter()
            .copied()
            .filter(|row| (*row as usize) < subject.raw.len());
        plan.done = (note.count, rows.collect());
    }
    plan
}

/// Plans to part features of several parts, where the standard wants one.
pub(super) fn split_parts(subject: &Subject<'_>) -> Plan {
    let mut plan = Plan::new(RepairKind::SplitParts);
    if subject
        .standard
        .is_some_and(|standard| standard.rules.contains_key("T06"))
    {
        plan.split = (0..subject.raw.len())
            .filter(|row| subject.raw.shapes.get(*row).parts().len() > 1)
            .map(|row| row as u32)
            .collect();
    }
    plan
}

//! Rows that lie apart from all the others of their layer: a stray click, or x and y exchanged in one row.
//!
//! Looked for in the file's own coordinates, where exchanged numbers are easy to see, and without knowing
//! the city: what most rows say is enough.

use super::{Finding, Subject, orient::At};
use crate::model::{Bbox, Severity, Shapes, say};

/// How many coordinates say where the layer is.
const SAMPLE: usize = 20_001;
/// Fewer rows than this are no crowd that one could stray from.
const CROWD: usize = 8;
/// The share at either end that may be strays themselves.
const EDGE: f64 = 0.1;

/// Where most of a layer lies.
pub(super) struct Bulk {
    tight: Bbox,
    wide: Bbox,
}

impl Bulk {
    /// The box of all but the outermost rows; none for a layer of a few rows or without extent.
    pub(super) fn of(shapes: &Shapes<f64>) -> Option<Self> {
        if shapes.len() < CROWD {
            return None;
        }
        let step = (shapes.len() / SAMPLE).max(1);
        let side = |axis: usize| {
            let mut sample: Vec<f64> = (0..shapes.len())
                .step_by(step)
                .filter_map(|row| Some(shapes.get(row).coords().first()?[axis]))
                .filter(|value| value.is_finite())
                .collect();
            sample.sort_unstable_by(f64::total_cmp);
            let last = sample.len().checked_sub(1)?;
            let at = |share: f64| sample[(last as f64 * share).round() as usize];
            let (low, high) = (at(EDGE), at(1.0 - EDGE));
            (high > low).then_some((low, high))
        };
        let ((west, east), (south, north)) = (side(0)?, side(1)?);
        // What lies within twice the crowd's size of it is still near it.
        let (wide, high) = (
            (east - west).max(north - south),
            (north - south).max(east - west),
        );
        let box_by = |share: f64| Bbox {
            west: west - wide * share,
            east: east + wide * share,
            south: south - high * share,
            north: north + high * share,
        };
        Some(Self {
            tight: box_by(0.6),
            wide: box_by(2.0),
        })
    }

    /// The finding for a row whose x and y lie among the others only when they change places.
    pub(super) fn judge(&self, subject: &Subject<'_>, row: usize) -> Option<Finding> {
        let shape = subject.raw.shapes.get(row);
        let first: At = *shape.coords().first()?;
        if self.wide.holds(first) || !self.tight.holds([first[1], first[0]]) {
            return None;
        }
        let place = subject.lonlat?.get(row).coords().first().copied();
        Some(Finding {
            place: subject.spot(row, place),
            say: say!(T03_row_swapped, who = subject.called(row)),
            fix: say!(T03_swapped_fix),
            severity: Some(Severity::Error),
            ..Finding::default()
        })
    }
}

//! The map of a report: the layer's outline and its faults, drawn as SVG in an equal-scale local grid.

use std::fmt::Write as _;

use crate::{model::Bbox, validate::Report};

/// Pixels across.
const SIZE: f64 = 720.0;
/// Pixels of margin.
const MARGIN: f64 = 12.0;

/// One marked place: the anchor that the table links to, the place, and its severity's class.
pub(super) struct Mark {
    pub(super) anchor: String,
    pub(super) at: [f64; 2],
    pub(super) class: &'static str,
    pub(super) title: String,
}

/// The part of the world that is drawn: the outline without far strays, and the marks near it.
fn frame(report: &Report, marks: &[Mark]) -> Option<Bbox> {
    let mut xs: Vec<f64> = vec![];
    let mut ys: Vec<f64> = vec![];
    for [x, y] in report.outline.iter().flatten().copied() {
        if x.abs() <= 180.0 && y.abs() <= 90.0 {
            xs.push(x);
            ys.push(y);
        }
    }
    if xs.is_empty() {
        return Bbox::around(&marks.iter().map(|mark| mark.at).collect::<Vec<_>>());
    }
    xs.sort_unstable_by(f64::total_cmp);
    ys.sort_unstable_by(f64::total_cmp);
    // One swapped coordinate would shrink the city to a dot: what lies far beyond the middle is left out.
    let side = |sorted: &[f64]| {
        let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share) as usize];
        let (low, high) = (at(0.02), at(0.98));
        let reach = (high - low).max(1e-6);
        let inside = |value: &&f64| **value >= low - reach && **value <= high + reach;
        let first = sorted.iter().find(inside).copied().unwrap_or(low);
        let last = sorted.iter().rev().find(inside).copied().unwrap_or(high);
        (first, last)
    };
    let ((west, east), (south, north)) = (side(&xs), side(&ys));
    Some(Bbox {
        west,
        south,
        east,
        north,
    })
}

/// The map, and nothing where there is nothing to draw. Gives the anchors that are on it.
pub(super) fn svg(report: &Report, marks: &[Mark], out: &mut String) -> bool {
    let Some(frame) = frame(report, marks) else {
        return false;
    };
    let squeeze = f64::midpoint(frame.south, frame.north)
        .to_radians()
        .cos()
        .max(0.05);
    let wide = ((frame.east - frame.west) * squeeze).max(1e-5);
    let high = (frame.north - frame.south).max(1e-5);
    let scale = (SIZE - 2.0 * MARGIN) / wide.max(high);
    let (width, height) = (wide * scale + 2.0 * MARGIN, high * scale + 2.0 * MARGIN);
    let place = |[lon, lat]: [f64; 2]| {
        [
            MARGIN + (lon - frame.west) * squeeze * scale,
            MARGIN + (frame.north - lat) * scale,
        ]
    };
    let _ = write!(
        out,
        "<svg class=\"map\" viewBox=\"0 0 {width:.0} {height:.0}\" role=\"img\" aria-label=\"Map of the layer and its faults\"><g class=\"outline\">"
    );
    let mut path = String::new();
    for line in &report.outline {
        if let [one] = line.as_slice() {
            let [x, y] = place(*one);
            let _ = write!(path, "M{x:.1} {y:.1}h.1");
            continue;
        }
        for (at, coord) in line.iter().enumerate() {
            let [x, y] = place(*coord);
            let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
        }
    }
    let _ = write!(out, "<path d=\"{path}\"/></g><g class=\"marks\">");
    for mark in marks {
        let [x, y] = place(mark.at);
        if !(-50.0..=width + 50.0).contains(&x) || !(-50.0..=height + 50.0).contains(&y) {
            continue;
        }
        let _ = write!(
            out,
            "<a href=\"#{0}\" id=\"m-{0}\"><circle class=\"{1}\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"6\"><title>{2}</title></circle></a>",
            mark.anchor,
            mark.class,
            super::prose::escape(&mark.title)
        );
    }
    out.push_str("</g></svg>");
    true
}

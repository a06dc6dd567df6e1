//! T03: features lie in the country, and in the city.

use super::{
    Finding, Findings, Outcome, Rule, RuleInfo, Subject,
    geometry::not_placed,
    orient::At,
    placing::{middle, to_metres},
    stray::Bulk,
};
use crate::{
    index::SegmentIndex,
    model::{Bbox, Severity, Shapes, say},
};

/// T03: inside the country's box (an error), inside the city (a warning).
pub(super) struct Inside;

impl Rule for Inside {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T03",
            name: "inside",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let (Some(lonlat), Some(metres)) = (subject.lonlat, subject.metres) else {
            return not_placed();
        };
        let bounds = subject.standards.profile().bounds;
        let tolerance = subject.limit_m();
        let city = subject
            .city
            .and_then(|city| City::new(city, lonlat, tolerance));
        let strays = Bulk::of(&subject.raw.shapes);
        let mut findings = Findings::new();
        for (row, shape) in subject.stop.each(lonlat.view().iter().enumerate()) {
            if let Some(stray) = strays
                .as_ref()
                .and_then(|strays| strays.judge(subject, row))
            {
                findings.add(|| stray);
                continue;
            }
            let stray = shape
                .coords()
                .iter()
                .find(|at| !bounds.holds(**at))
                .copied();
            if let Some([x, y]) = stray {
                findings.add(|| outside_country(subject, row, [x, y], bounds));
                continue;
            }
            let Some(city) = &city else {
                continue;
            };
            let coords = metres.get(row).coords();
            if let Some((away, at, wholly)) = city.furthest(coords) {
                findings.add(|| Finding {
                    place: subject.spot(row, lonlat.get(row).coords().get(at).copied()),
                    say: {
                        let (who, metres) = (subject.called(row), format!("{away:.0}"));
                        if wholly {
                            say!(T03_outside, who = who, metres = metres)
                        } else {
                            say!(T03_beyond, who = who, metres = metres)
                        }
                    },
                    fix: say!(T03_outside_fix),
                    measure: Some((away * 10.0).round() / 10.0),
                    severity: Some(Severity::Warning),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(lonlat.len() as u64)
    }
}

fn outside_country(subject: &Subject<'_>, row: usize, [x, y]: At, bounds: Bbox) -> Finding {
    if !x.is_finite() {
        return Finding {
            place: subject.row(row),
            say: say!(
                T03_cannot_hold,
                who = subject.called(row),
                crs = subject.raw.crs.to_string()
            ),
            fix: say!(T03_cannot_hold_fix),
            severity: Some(Severity::Error),
            ..Finding::default()
        };
    }
    let swapped = bounds.holds([y, x]);
    Finding {
        place: subject.spot(row, Some([x, y])),
        say: {
            let (who, lon, lat) = (subject.called(row), format!("{x:.4}"), format!("{y:.4}"));
            if swapped {
                say!(T03_swapped, who = who, lon = lon, lat = lat)
            } else {
                say!(T03_abroad, who = who, lon = lon, lat = lat)
            }
        },
        fix: if swapped {
            say!(T03_swapped_fix)
        } else {
            say!(T03_abroad_fix)
        },
        severity: Some(Severity::Error),
        ..Finding::default()
    }
}

/// Cells along a side of the grid over the city.
const CELLS: usize = 256;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Cell {
    Inside,
    Outside,
    /// The outline, or what is within the tolerance of it, runs through it.
    Edge,
}

/// The city in metres, under a grid that answers at once for all but what lies near its outline.
struct City {
    bbox: Bbox,
    cells: Vec<Cell>,
    /// The outline's segments by row of the grid, for counting crossings to the east.
    rows: Vec<Vec<(At, At)>>,
    outline: SegmentIndex,
    tolerance: f64,
}

impl City {
    fn new(city: &Shapes<f64>, layer: &Shapes<f64>, tolerance: f64) -> Option<Self> {
        let at = middle(&layer.coords)?;
        let mut city = city.clone();
        if !to_metres(at, &mut city.coords) {
            return None;
        }
        let margin = tolerance + 1.0;
        let tight = Bbox::around(&city.coords)?;
        let bbox = Bbox {
            west: tight.west - margin,
            south: tight.south - margin,
            east: tight.east + margin,
            north: tight.north + margin,
        };
        let segments: Vec<(At, At)> = city
            .view()
            .iter()
            .filter(|shape| shape.kind.dimension() == Some(2))
            .flat_map(|shape| {
                shape
                    .parts()
                    .flat_map(|part| {
                        part.rings()
                            .flat_map(|ring| {
                                ring.windows(2)
                                    .map(|step| (step[0], step[1]))
                                    .collect::<Vec<_>>()
                            })
                            .collect::<Vec<_>>()
                    })
                    .collect::<Vec<_>>()
            })
            .filter(|(a, b)| a[0].is_finite() && b[0].is_finite())
            .collect();
        if segments.is_empty() {
            return None;
        }
        let mut grid = Self {
            bbox,
            cells: vec![Cell::Outside; CELLS * CELLS],
            rows: vec![vec![]; CELLS],
            outline: SegmentIndex::new(segments.iter().map(|(a, b)| (0, *a, *b))),
            tolerance,
        };
        for &(a, b) in &segments {
            let low = grid.cell([a[0].min(b[0]) - margin, a[1].min(b[1]) - margin]);
            let high = grid.cell([a[0].max(b[0]) + margin, a[1].max(b[1]) + margin]);
            for row in low[1]..=high[1] {
                grid.rows[row].push((a, b));
                for column in low[0]..=high[0] {
                    grid.cells[row * CELLS + column] = Cell::Edge;
                }
            }
        }
        for row in 0..CELLS {
            let mut known: Option<Cell> = None;
            for column in 0..CELLS {
                if grid.cells[row * CELLS + column] == Cell::Edge {
                    known = None;
                    continue;
                }
                let is = *known.get_or_insert_with(|| {
                    let share = |cell: usize| (cell as f64 + 0.5) / CELLS as f64;
                    let x = bbox.west + share(column) * (bbox.east - bbox.west);
                    let y = bbox.south + share(row) * (bbox.north - bbox.south);
                    if grid.holds([x, y]) {
                        Cell::Inside
                    } else {
                        Cell::Outside
                    }
                });
                grid.cells[row * CELLS + column] = is;
            }
        }
        Some(grid)
    }

    fn cell(&self, [x, y]: At) -> [usize; 2] {
        let along = |at: f64, low: f64, high: f64| {
            (((at - low) / (high - low) * CELLS as f64) as usize).min(CELLS - 1)
        };
        [
            along(x, self.bbox.west, self.bbox.east),
            along(y, self.bbox.south, self.bbox.north),
        ]
    }

    /// True when a place lies inside the outline.
    fn holds(&self, [x, y]: At) -> bool {
        if !self.bbox.holds([x, y]) {
            return false;
        }
        let mut inside = false;
        for &(a, b) in &self.rows[self.cell([x, y])[1]] {
            if (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0]) {
                inside = !inside;
            }
        }
        inside
    }

    /// How far the furthest coordinate lies outside, which one it is, and whether all of them do; none when
    /// none lies outside by more than the tolerance.
    fn furthest(&self, coords: &[At]) -> Option<(f64, usize, bool)> {
        let mut worst: Option<(f64, usize)> = None;
        let mut outside = 0;
        for (at, &place) in coords.iter().enumerate() {
            let cell = if self.bbox.holds(place) {
                let [column, row] = self.cell(place);
                self.cells[row * CELLS + column]
            } else {
                Cell::Outside
            };
            if cell == Cell::Inside || (cell == Cell::Edge && self.holds(place)) {
                continue;
            }
            let away = self
                .outline
                .nearest(place)
                .next()
                .map_or(0.0, |near| near.distance);
            if away > self.tolerance {
                outside += 1;
                if worst.is_none_or(|(most, _)| away > most) {
                    worst = Some((away, at));
                }
            }
        }
        worst.map(|(away, at)| (away, at, outside == coords.len()))
    }
}

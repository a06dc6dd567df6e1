//! Which of many areas hold a position: a raster that knows most answers, and edges for the rest.
//!
//! The box around the areas is cut into cells. A cell that no edge comes near lies wholly in one area or
//! in none, and answers with one look; a position in any other cell is held against the edges of the
//! areas there, on exact coordinates. So the answer never depends on the raster, only the time does:
//! for 100 wards and points all over the city about 95 of 100 need one look.

use super::{
    QueryError,
    budget::Budget,
    edges::{Edges, Position, Xy},
    source::Source,
};
use crate::{
    index::SpatialIndex,
    model::{Bbox, Shapes, world},
};

/// Cells along a side.
const SIDE: usize = 512;
/// What stands for no area, and for a cell whose positions must be looked at one by one.
const NONE: u32 = u32::MAX;
const LOOK: u32 = u32::MAX - 1;

/// Areas of one layer.
#[derive(Debug)]
pub(super) struct Areas {
    outlines: Vec<Edges>,
    boxes: SpatialIndex,
    cells: Vec<u32>,
    west: f64,
    north: f64,
    per_x: f64,
    per_y: f64,
}

impl Areas {
    /// Prepares the areas of these rows; they are numbered in the order of `rows`. A row that is no area
    /// holds nothing.
    pub(super) fn new(
        source: &dyn Source,
        rows: &[u32],
        budget: &Budget<'_>,
    ) -> Result<Self, QueryError> {
        let mut areas = vec![];
        let mut boxes = vec![];
        let mut shapes = Shapes::new();
        for (number, &row) in rows.iter().enumerate() {
            shapes.clear();
            source.shape(row, &mut shapes);
            let mut edges = vec![];
            if !shapes.is_empty() && shapes.get(0).kind.dimension() == Some(2) {
                let shape = shapes.get(0);
                budget.steps(shape.coords().len() as u64)?;
                for ring in shape.parts().flat_map(|part| part.rings()) {
                    edges.extend(ring.windows(2).map(|pair| [pair[0], pair[1]]));
                }
                boxes.extend(shape.bbox().map(|bbox| (number as u32, bbox)));
            }
            areas.push(Edges::new(edges));
        }
        let mut found = Self {
            outlines: areas,
            west: 0.0,
            north: 0.0,
            per_x: 0.0,
            per_y: 0.0,
            cells: vec![],
            boxes: SpatialIndex::new(boxes.iter().copied()),
        };
        if let Some(all) = boxes.iter().map(|&(_, bbox)| bbox).reduce(Bbox::with) {
            found.raster(&all, budget)?;
        }
        Ok(found)
    }

    /// The edges of an area, in longitude/latitude.
    pub(super) fn edges(&self, number: u32) -> &Edges {
        &self.outlines[number as usize]
    }

    fn raster(&mut self, all: &Bbox, budget: &Budget<'_>) -> Result<(), QueryError> {
        let [west, north] = world::from_lonlat([all.west, all.north]).map(f64::from);
        let [east, south] = world::from_lonlat([all.east, all.south]).map(f64::from);
        // A margin, so that the outermost edges lie inside and beyond is nothing.
        (self.west, self.north) = (west - 4.0, north - 4.0);
        self.per_x = SIDE as f64 / (east - west + 8.0);
        self.per_y = SIDE as f64 / (south - north + 8.0);
        self.cells = vec![NONE; SIDE * SIDE];
        // Latitudes of the row boundaries, exact enough to mark by; two world cells are added on each side.
        let lat = |y: f64| world::to_lonlat([0, y.clamp(0.0, f64::from(u32::MAX)) as u32])[1];
        let tops: Vec<f64> = (0..=SIDE)
            .map(|row| lat(self.north + row as f64 / self.per_y))
            .collect();
        let slack = (tops[0] - lat(self.north + 4.0)).abs().max(1e-9);
        let column = |lon: f64| (((lon / 360.0 + 0.5) * world::WORLD) - self.west) * self.per_x;
        let pad = 3.0 * self.per_x + 1e-6;
        let row_of = |lat: f64| {
            let y = f64::from(world::from_lonlat([0.0, lat])[1]);
            (((y - self.north) * self.per_y) as usize).min(SIDE - 1)
        };
        for area in &self.outlines {
            budget.steps(area.all().len() as u64)?;
            for &[a, b] in area.all() {
                let (low, high) = if a[1] <= b[1] { (a, b) } else { (b, a) };
                for row in row_of(high[1] + slack)..=row_of(low[1] - slack) {
                    let (from, to) = (
                        (tops[row + 1] - slack).clamp(low[1], high[1]),
                        (tops[row] + slack).clamp(low[1], high[1]),
                    );
                    let at = |lat: f64| {
                        if high[1] > low[1] {
                            low[0] + (lat - low[1]) / (high[1] - low[1]) * (high[0] - low[0])
                        } else {
                            low[0]
                        }
                    };
                    let (x, other) = if high[1] > low[1] {
                        (at(from), at(to))
                    } else {
                        (low[0], high[0])
                    };
                    let first = (column(x.min(other)) - pad).max(0.0) as usize;
                    let last = (column(x.max(other)) + pad) as usize;
                    for cell in first..=last.min(SIDE - 1) {
                        self.cells[row * SIDE + cell] = LOOK;
                    }
                }
            }
        }
        let mut crossings = vec![];
        for (number, area) in self.outlines.iter().enumerate() {
            if area.is_empty() {
                continue;
            }
            let (mut south, mut north) = (f64::INFINITY, f64::NEG_INFINITY);
            for edge in area.all() {
                south = south.min(edge[0][1]).min(edge[1][1]);
                north = north.max(edge[0][1]).max(edge[1][1]);
            }
            for row in row_of(north)..=row_of(south) {
                let middle = f64::midpoint(tops[row], tops[row + 1]);
                crossings.clear();
                for &[a, b] in area.near(middle, middle) {
                    if (a[1] > middle) != (b[1] > middle) {
                        crossings.push(column(
                            a[0] + (middle - a[1]) / (b[1] - a[1]) * (b[0] - a[0]),
                        ));
                    }
                }
                budget.steps(1 + crossings.len() as u64)?;
                crossings.sort_by(f64::total_cmp);
                for pair in crossings.chunks_exact(2) {
                    // Cells whose middle lies between: those that no edge comes near lie there wholly.
                    let first = (pair[0] + 0.5).max(0.0) as usize;
                    let last = (pair[1] + 0.5).clamp(0.0, SIDE as f64) as usize;
                    for cell in &mut self.cells[row * SIDE..][first.min(last)..last] {
                        *cell = if *cell == NONE { number as u32 } else { LOOK };
                    }
                }
            }
        }
        Ok(())
    }

    fn cell(&self, [x, y]: [u32; 2]) -> u32 {
        let (column, row) = (
            (f64::from(x) - self.west) * self.per_x,
            (f64::from(y) - self.north) * self.per_y,
        );
        let side = SIDE as f64;
        if self.cells.is_empty() || column < 0.0 || row < 0.0 || column >= side || row >= side {
            return NONE;
        }
        self.cells[row as usize * SIDE + column as usize]
    }

    /// The only area that the whole box (world positions) lies in, where the raster knows; none otherwise.
    pub(super) fn whole(&self, [west, north, east, south]: [u32; 4]) -> Option<u32> {
        let first = self.cell([west, north]);
        if first == NONE || first == LOOK {
            return None;
        }
        let (columns, rows) = (
            f64::from(east - west) * self.per_x,
            f64::from(south - north) * self.per_y,
        );
        if columns > 16.0 || rows > 16.0 {
            return None;
        }
        for row in 0..=rows as u32 + 1 {
            for column in 0..=columns as u32 + 1 {
                let x = (west + (f64::from(column) / self.per_x) as u32).min(east);
                let y = (north + (f64::from(row) / self.per_y) as u32).min(south);
                if self.cell([x, y]) != first {
                    return None;
                }
            }
        }
        Some(first)
    }

    /// Calls `found` with each area that holds a position, in order, and whether it lies on its edge.
    /// `exact` gives the longitude/latitude, asked only where the raster does not know.
    pub(super) fn at(
        &self,
        position: [u32; 2],
        exact: impl FnOnce() -> Xy,
        mut found: impl FnMut(u32, bool),
    ) {
        match self.cell(position) {
            NONE => {}
            LOOK => {
                let place = exact();
                let mut near = vec![];
                self.boxes.search(
                    &Bbox::from([place[0], place[1], place[0], place[1]]),
                    |number| near.push(number),
                );
                near.sort_unstable();
                for number in near {
                    match self.outlines[number as usize].locate(place) {
                        Position::Outside => {}
                        position => found(number, position == Position::Boundary),
                    }
                }
            }
            number => found(number, false),
        }
    }
}

/// Where a row is counted: at its point, or for other shapes at its label point. None without geometry.
pub(super) fn place_of(source: &dyn Source, row: u32) -> Option<([u32; 2], bool)> {
    match source.point(row) {
        Some(at) => Some((at, true)),
        None => source.label(row).map(|at| (at, false)),
    }
}

/// The exact longitude/latitude of [`place_of`].
pub(super) fn exact_place(
    source: &dyn Source,
    row: u32,
    (at, is_point): ([u32; 2], bool),
    shapes: &mut Shapes<f64>,
) -> Xy {
    if is_point {
        shapes.clear();
        source.shape(row, shapes);
        if let Some(&place) = shapes.coords.first() {
            return place;
        }
    }
    world::to_lonlat(at)
}

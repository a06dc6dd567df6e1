//! From world positions to the plane of a projected system, a million times a second: for tiles of a
//! declared grid.
//!
//! As in [`patch`](super::patch), a polynomial answers for each square of the world where it says what PROJ
//! says, and PROJ answers for the others. Squares are kept for as long as the process lives, because cities
//! stay where they are. Which way a position goes depends on the position and the size of a tile's unit
//! alone, never on what was asked before: so what two areas share is in one place in every tile.
//!
//! A grid of measured shifts can bend within a square and between the 145 places at which it was tried, but
//! by less than what is asked here, a hundredth of a unit.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use super::{CrsError, Reprojector, patch::Patch};
use crate::model::world;

/// How large the squares are, and how far a polynomial may be off.
struct Fineness {
    /// Cells of the world along a square's side, as a power of two.
    side: u32,
    /// Metres.
    tolerance: f64,
    /// The smallest unit in metres for which that is exact enough.
    unit: f64,
}

/// Squares of 40 km for all zooms, and of 160 km for the shallow ones, where a tile meets many.
const FINENESS: [Fineness; 2] = [
    Fineness {
        side: 22,
        tolerance: 1.5e-4,
        unit: 0.015,
    },
    Fineness {
        side: 24,
        tolerance: 0.05,
        unit: 5.0,
    },
];

/// The most squares of a size that are kept; the land of the Earth has a third of that.
const MOST: usize = 200_000;

type Squares = RwLock<HashMap<[u16; 2], Option<Arc<Patch>>>>;

/// A projected system in metres.
pub struct Plane {
    code: String,
    squares: [Squares; 2],
}

impl Plane {
    /// The plane of a system that PROJ knows: `EPSG:32643`.
    pub fn open(code: &str) -> Result<Self, CrsError> {
        Reprojector::between("OGC:CRS84", code)?;
        Reprojector::between(code, "OGC:CRS84")?;
        Ok(Self {
            code: code.to_owned(),
            squares: [Squares::default(), Squares::default()],
        })
    }

    /// Takes longitudes and latitudes to metres; what cannot go becomes NaN.
    pub fn from_lonlat(&self, coords: &mut [[f64; 2]]) {
        if let Ok(there) = Reprojector::between("OGC:CRS84", &self.code) {
            there.apply(coords);
        } else {
            // It was known when the plane was opened; only a machine at its end comes here.
            coords.fill([f64::NAN; 2]);
        }
    }

    /// Takes metres to longitudes and latitudes; what cannot go becomes NaN.
    pub fn to_lonlat(&self, coords: &mut [[f64; 2]]) {
        if let Ok(back) = Reprojector::between(&self.code, "OGC:CRS84") {
            back.apply(coords);
        } else {
            coords.fill([f64::NAN; 2]);
        }
    }

    /// Looks at the plane for something whose units have this many metres.
    pub fn look(&self, unit: f64) -> Look<'_> {
        let fineness = usize::from(unit >= FINENESS[1].unit);
        Look {
            plane: self,
            fineness,
            side: FINENESS[fineness].side,
            last: Cell::new([u16::MAX; 2]),
            patch: RefCell::default(),
            met: RefCell::default(),
        }
    }

    /// World positions, in cells and parts of them, to metres by PROJ.
    fn exactly(&self, cells: &mut [[f64; 2]]) {
        for cell in cells.iter_mut() {
            *cell = world::lonlat_at(*cell);
        }
        self.from_lonlat(cells);
    }

    /// The polynomials of a square; none where PROJ has to be asked.
    fn patch(&self, fineness: usize, square: [u16; 2]) -> Option<Arc<Patch>> {
        let squares = &self.squares[fineness];
        let known = squares.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(patch) = known.get(&square) {
            return patch.clone();
        }
        drop(known);
        let Fineness {
            side, tolerance, ..
        } = FINENESS[fineness];
        let half = f64::from(1_u32 << (side - 1));
        let middle = square.map(|at| (2.0 * f64::from(at) + 1.0) * half);
        let patch = Patch::fitted(middle, half, tolerance, &|cells| self.exactly(cells));
        let patch = patch.map(Arc::new);
        let mut known = squares.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() < MOST {
            known.insert(square, patch.clone());
        }
        patch
    }
}

/// A look at a plane from one thread, which remembers the squares it met.
pub struct Look<'a> {
    plane: &'a Plane,
    fineness: usize,
    side: u32,
    last: Cell<[u16; 2]>,
    patch: RefCell<Option<Arc<Patch>>>,
    met: RefCell<HashMap<[u16; 2], Option<Arc<Patch>>>>,
}

impl Look<'_> {
    /// Metres east and north of the middle of a world cell; NaN where the system does not reach.
    #[inline]
    pub fn at(&self, cell: [u32; 2]) -> [f64; 2] {
        let square = cell.map(|at| (at >> self.side) as u16);
        if square != self.last.get() {
            self.turn_to(square);
        }
        let middle = cell.map(|at| f64::from(at) + 0.5);
        let patch = self.patch.borrow();
        match patch.as_ref().and_then(|patch| patch.at(middle)) {
            Some(there) => there,
            None => self.ask(middle),
        }
    }

    #[cold]
    fn turn_to(&self, square: [u16; 2]) {
        let mut met = self.met.borrow_mut();
        let patch = met
            .entry(square)
            .or_insert_with(|| self.plane.patch(self.fineness, square));
        self.patch.borrow_mut().clone_from(patch);
        self.last.set(square);
    }

    #[cold]
    fn ask(&self, middle: [f64; 2]) -> [f64; 2] {
        let mut one = [middle];
        self.plane.exactly(&mut one);
        one[0]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dice(seed: &mut u64) -> f64 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (*seed >> 40) as f64 / f64::from(1 << 24)
    }

    #[test]
    fn positions_lie_where_proj_puts_them_in_utm_and_in_national_systems() {
        let mut seed = 5;
        // A city, its country, and the whole world, which no plane reaches all of.
        for (code, [west, south, east, north]) in [
            ("EPSG:32643", [77.3, 12.7, 77.9, 13.2]),
            ("EPSG:32642", [68.1, 22.0, 89.0, 35.0]),
            ("EPSG:7755", [68.1, 8.0, 97.0, 35.5]),
            ("EPSG:32737", [33.9, -4.7, 41.9, 5.0]),
            ("EPSG:21037", [36.6, -1.5, 37.2, -1.0]),
            ("EPSG:32660", [-180.0, -84.0, 180.0, 84.0]),
        ] {
            let plane = Plane::open(code).expect("PROJ knows it");
            for (unit, tolerance) in [(0.02, 2e-4), (8.0, 0.06)] {
                let look = plane.look(unit);
                for _ in 0..3000 {
                    let place = [
                        west + (east - west) * dice(&mut seed),
                        south + (north - south) * dice(&mut seed),
                    ];
                    let cell = world::from_lonlat(place);
                    let mut wanted = [world::lonlat_at(cell.map(|at| f64::from(at) + 0.5))];
                    plane.from_lonlat(&mut wanted);
                    let found = look.at(cell);
                    let off = (0..2)
                        .map(|axis| (found[axis] - wanted[0][axis]).abs())
                        .fold(0.0, f64::max);
                    let nowhere = found[0].is_nan() && wanted[0][0].is_nan();
                    assert!(nowhere || off <= tolerance, "{code} {place:?}: {off}");
                    assert!(nowhere || look.at(cell) == found, "asked again");
                }
            }
        }
    }

    #[test]
    fn what_goes_there_comes_back_and_an_unknown_system_is_an_error() {
        let plane = Plane::open("EPSG:32643").expect("PROJ knows it");
        let mut place = [[77.6, 12.97]];
        plane.from_lonlat(&mut place);
        plane.to_lonlat(&mut place);
        assert!((place[0][0] - 77.6).abs() < 1e-9 && (place[0][1] - 12.97).abs() < 1e-9);
        assert!(Plane::open("EPSG:99999").is_err());
    }
}

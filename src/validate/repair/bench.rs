//! Where an area lies while others' code works on it: moved and scaled so that nothing is lost, with the way back to
//! the places of the file.

use std::collections::HashMap;

use geo::{Orient, orient::Direction};
use geo_types::{Coord, Geometry, LineString, MultiPolygon};

use crate::{
    model::{ShapeRef, Shapes},
    validate::orient::At,
};

/// The extent, in powers of two, to which a shape is scaled for the work: `geo` joins vertices within 0.0001, which
/// is eleven metres in degrees and a billionth of a millionth here.
const EXTENT: i32 = 27;

/// A shape moved and scaled for the work, and the way back.
pub(super) struct Bench {
    origin: At,
    scale: f64,
    /// The places of the file by their places here.
    known: HashMap<[u64; 2], At>,
    /// The same by a grid, for results of an overlay, which rounds.
    near: HashMap<[i64; 2], At>,
}

impl Bench {
    pub(super) fn new(shape: ShapeRef<'_, f64>) -> Option<Self> {
        let bbox = shape.bbox()?;
        let extent = (bbox.east - bbox.west).max(bbox.north - bbox.south);
        if !(extent.is_normal()) {
            return None;
        }
        let mut bench = Self {
            origin: [bbox.west, bbox.south],
            // A power of two, so that scaling loses nothing.
            scale: f64::from(EXTENT - 1 - extent.log2().floor() as i32).exp2(),
            known: HashMap::new(),
            near: HashMap::new(),
        };
        for at in shape.coords() {
            let here = bench.here(at);
            bench
                .known
                .insert([here.x.to_bits(), here.y.to_bits()], *at);
            bench.near.insert(cell(here), *at);
        }
        Some(bench)
    }

    fn here(&self, at: &At) -> Coord<f64> {
        // Adding zero makes one zero of the two.
        Coord {
            x: (at[0] - self.origin[0]) * self.scale + 0.0,
            y: (at[1] - self.origin[1]) * self.scale + 0.0,
        }
    }

    pub(super) fn ring(&self, ring: &[At]) -> LineString<f64> {
        LineString::new(ring.iter().map(|at| self.here(at)).collect())
    }

    fn back(&self, here: Coord<f64>, joined: bool) -> At {
        let here = Coord {
            x: here.x + 0.0,
            y: here.y + 0.0,
        };
        let known = self.known.get(&[here.x.to_bits(), here.y.to_bits()]);
        let near = || self.near.get(&cell(here)).filter(|_| joined);
        known.or_else(near).copied().unwrap_or([
            here.x / self.scale + self.origin[0],
            here.y / self.scale + self.origin[1],
        ])
    }

    /// A result in the places of the file; none where it is empty. `joined`, where a place near one of the file is that one.
    pub(super) fn brought_back(
        &self,
        made: &MultiPolygon<f64>,
        joined: bool,
    ) -> Option<Shapes<f64>> {
        let mut made = made.clone();
        for polygon in &mut made {
            let back = |ring: &mut LineString<f64>| {
                for at in &mut ring.0 {
                    let [x, y] = self.back(*at, joined);
                    *at = Coord { x, y };
                }
            };
            polygon.exterior_mut(back);
            polygon.interiors_mut(|rings| rings.iter_mut().for_each(back));
        }
        in_order(&mut made);
        let mut out = Shapes::new();
        match made.0.as_slice() {
            [] => return None,
            [one] => out.push_geo(&Geometry::Polygon(one.clone())),
            _ => out.push_geo(&Geometry::MultiPolygon(made)),
        }
        Some(out)
    }
}

fn cell(here: Coord<f64>) -> [i64; 2] {
    [here.x, here.y].map(|axis| (axis / 4.0).round() as i64)
}

/// One order for one result: `geo` walks sets whose order changes from run to run, and a report and a version must
/// not. Rings start at their smallest corner and run as RFC 7946 says; holes and parts stand by that corner.
fn in_order(made: &mut MultiPolygon<f64>) {
    let low = |ring: &LineString<f64>| {
        let key = |at: &Coord<f64>| (at.x, at.y);
        let order = |a: &&Coord<f64>, b: &&Coord<f64>| {
            let (a, b) = (key(a), key(b));
            a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
        };
        ring.0.iter().min_by(order).copied().unwrap_or_default()
    };
    let by_low = |a: &LineString<f64>, b: &LineString<f64>| {
        let all = |ring: &LineString<f64>| ring.0.iter().map(|at| (at.x, at.y)).collect::<Vec<_>>();
        let (low_a, low_b) = (low(a), low(b));
        low_a
            .x
            .total_cmp(&low_b.x)
            .then(low_a.y.total_cmp(&low_b.y))
            .then_with(|| {
                all(a)
                    .partial_cmp(&all(b))
                    .unwrap_or(std::cmp::Ordering::Equal)
            })
    };
    let turned = |ring: &mut LineString<f64>| {
        let first = low(ring);
        ring.0.pop();
        if let Some(at) = ring.0.iter().position(|at| *at == first) {
            ring.0.rotate_left(at);
        }
        ring.close();
    };
    for polygon in &mut made.0 {
        *polygon = polygon.orient(Direction::Default);
        polygon.exterior_mut(turned);
        polygon.interiors_mut(|rings| {
            rings.iter_mut().for_each(turned);
            rings.sort_by(by_low);
        });
    }
    made.0.sort_by(|a, b| by_low(a.exterior(), b.exterior()));
}

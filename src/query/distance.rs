//! Metres on the ground.
//!
//! Degrees are projected with a transverse Mercator of our own: WGS 84, scale 1 on the meridian through
//! the middle of what is measured. It is conformal, so at a place every direction has the same scale
//! `k = cosh(x / R)`, x being the distance from that meridian; results are divided by it.
//!
//! **Error.** Krüger's series to the fourth order is exact to under a micrometre within 3,000 km of the
//! meridian. What remains is the change of `k` along the measured stretch: for two places at most d apart
//! and at most x from the meridian, at most x·d/(2R²) of the distance, which is 4·10⁻⁷ (0.2 mm in 500 m)
//! across a city of 60 km, and 4·10⁻⁵ for 100 km measured 30 km out. An edge is taken as straight in the plane,
//! not in degrees: for an edge of 1 km the two differ by centimetres, for one of 100 km by hundreds of
//! metres in the worst case. Shapes across 180 degrees are not joined.

use geo::MapCoords;
use geo_types::{Coord, Geometry};

use super::{
    MAX_DISTANCE_M,
    edges::{Position, Xy, distance_sq, locate_in},
    spatial::Prepared,
};
use crate::model::{Bbox, ShapeRef, Shapes};

/// WGS 84: the equatorial radius and the flattening.
const A: f64 = 6_378_137.0;
const F: f64 = 1.0 / 298.257_223_563;
/// The mean radius, for the scale.
const R: f64 = 6_371_000.0;

/// A plane in metres around a meridian.
#[derive(Clone, Copy, Debug)]
pub struct Plane {
    meridian: f64,
    radius: f64,
    series: [f64; 4],
    e: f64,
}

impl Plane {
    /// The plane around a longitude.
    pub fn around(lon: f64) -> Self {
        let n = F / (2.0 - F);
        let (n2, n3, n4) = (n * n, n * n * n, n * n * n * n);
        Self {
            meridian: lon,
            radius: A / (1.0 + n) * (1.0 + n2 / 4.0 + n4 / 64.0),
            series: [
                n / 2.0 - n2 * 2.0 / 3.0 + n3 * 5.0 / 16.0 + n4 * 41.0 / 180.0,
                n2 * 13.0 / 48.0 - n3 * 3.0 / 5.0 + n4 * 557.0 / 1440.0,
                n3 * 61.0 / 240.0 - n4 * 103.0 / 140.0,
                n4 * 49561.0 / 161_280.0,
            ],
            e: (F * (2.0 - F)).sqrt(),
        }
    }

    /// The plane through the middle of a box.
    pub fn of(bbox: &Bbox) -> Self {
        Self::around(f64::midpoint(bbox.west, bbox.east))
    }

    /// Metres east of the meridian and north of the equator. Longitudes more than 80 degrees from the
    /// meridian are taken as 80 degrees: no question here reaches so far.
    pub fn project(&self, [lon, lat]: Xy) -> Xy {
        let lambda = (lon - self.meridian).clamp(-80.0, 80.0).to_radians();
        let sine = lat.clamp(-89.999_999, 89.999_999).to_radians().sin();
        let t = (sine.atanh() - self.e * (self.e * sine).atanh()).sinh();
        let xi = t.atan2(lambda.cos());
        let eta = (lambda.sin() / (1.0 + t * t).sqrt()).atanh();
        let (mut north, mut east) = (xi, eta);
        for (at, factor) in self.series.iter().enumerate() {
            let twice = 2.0 * (at + 1) as f64;
            north += factor * (twice * xi).sin() * (twice * eta).cosh();
            east += factor * (twice * xi).cos() * (twice * eta).sinh();
        }
        [self.radius * east, self.radius * north]
    }

    /// How many metres of the plane a metre on the ground is, at a distance from the meridian.
    pub fn scale(&self, x: f64) -> f64 {
        (x / R).cosh()
    }

    /// A shape, projected.
    pub fn shape(&self, shape: &ShapeRef<'_, f64>, out: &mut Shapes<f64>) {
        let from = out.coords.len();
        out.push_shape(*shape);
        for at in &mut out.coords[from..] {
            *at = self.project(*at);
        }
    }

    /// A geometry, projected.
    pub fn geometry(&self, geometry: &Geometry<f64>) -> Geometry<f64> {
        geometry.map_coords(|at| {
            let [x, y] = self.project([at.x, at.y]);
            Coord { x, y }
        })
    }
}

/// A box in degrees, larger by a distance on every side.
pub fn widened(bbox: &Bbox, metres: f64) -> Bbox {
    // A degree of latitude has at least 110,574 m; a little more is added for good measure.
    let dlat = metres / 110_000.0;
    let highest = (bbox.south.abs().max(bbox.north.abs()) + dlat).min(89.0);
    let dlon = metres / (110_000.0 * highest.to_radians().cos());
    Bbox {
        west: bbox.west - dlon,
        south: bbox.south - dlat,
        east: bbox.east + dlon,
        north: bbox.north + dlat,
    }
}

/// A geometry, and how near others must be to it.
#[derive(Debug)]
pub struct Near {
    plane: Plane,
    target: Prepared,
    metres: f64,
    bbox: Bbox,
}

impl Near {
    /// Prepares a geometry in longitude/latitude; none when it is empty or not finite.
    pub fn new(geometry: &Geometry<f64>, metres: f64) -> Option<Self> {
        let bbox = Prepared::new(geometry.clone())?.bbox();
        let plane = Plane::of(&bbox);
        Some(Self {
            target: Prepared::new(plane.geometry(geometry))?,
            plane,
            metres: metres.clamp(0.0, MAX_DISTANCE_M),
            bbox: widened(&bbox, metres),
        })
    }

    /// A box in degrees that everything near enough meets.
    pub fn bbox(&self) -> Bbox {
        self.bbox
    }

    /// True when the shape (longitude/latitude) is no further away than the distance.
    pub fn holds(&self, shape: &ShapeRef<'_, f64>) -> bool {
        let mut flat = Shapes::new();
        self.plane.shape(shape, &mut flat);
        self.target
            .within_distance(&flat.get(0), &|x| self.metres * self.plane.scale(x))
    }
}

/// Metres from a place to a shape, both in longitude/latitude; 0 inside an area; none without
/// coordinates. `plane` must be the one around the place.
pub fn metres_to(plane: &Plane, place: Xy, shape: &ShapeRef<'_, f64>) -> Option<f64> {
    let from = plane.project(place);
    let mut flat = Shapes::new();
    plane.shape(shape, &mut flat);
    let flat = flat.get(0);
    if flat.is_blank() {
        return None;
    }
    if flat.kind.dimension() == Some(2)
        && locate_in(flat.parts().flat_map(|part| part.rings()), from) != Position::Outside
    {
        return Some(0.0);
    }
    let mut best = f64::INFINITY;
    for ring in flat.parts().flat_map(|part| part.rings()) {
        if let [only] = ring {
            best = best.min(distance_sq(*only, *only, from));
        }
        for pair in ring.windows(2) {
            best = best.min(distance_sq(pair[0], pair[1], from));
        }
    }
    // The way lies between the meridian (x = 0) and x: its mean scale is that of x/√3, to second order.
    let reach = best.sqrt();
    Some(reach / plane.scale(reach / 3.0_f64.sqrt())).filter(|metres| metres.is_finite())
}

//! Where a layer lies: its coordinates in longitude/latitude and in metres.

use std::borrow::Cow;

use crate::{
    crs::{Reprojector, utm_epsg},
    model::{CrsName, RawLayer, Shapes},
};

/// How many coordinates are looked at to find the middle of a layer.
const SAMPLE: usize = 2001;

/// The same geometries in other units; none where that cannot be known.
pub(super) struct Placed<'a> {
    pub(super) lonlat: Option<Cow<'a, Shapes<f64>>>,
    pub(super) metres: Option<Cow<'a, Shapes<f64>>>,
}

/// Places a layer by the CRS it names. Coordinates that cannot go become NaN.
pub(super) fn place(raw: &RawLayer) -> Placed<'_> {
    let Some(lonlat) = lonlat(raw) else {
        return Placed {
            lonlat: None,
            metres: None,
        };
    };
    let metres = metres(raw, &lonlat);
    Placed {
        lonlat: Some(lonlat),
        metres,
    }
}

/// True for the codes of WGS 84 longitude/latitude.
pub(super) fn is_lonlat(crs: &CrsName) -> bool {
    matches!(crs, CrsName::Authority { name, code } if matches!(
        (name.as_str(), code.as_str()),
        ("EPSG", "4326" | "4979") | ("OGC", "CRS84" | "CRS84h")
    ))
}

/// True when a position can be one on Earth.
pub(super) fn on_earth([lon, lat]: [f64; 2]) -> bool {
    lon.abs() <= 180.0 && lat.abs() <= 90.0
}

/// Longitude/latitude; none when the CRS is missing or unknown to PROJ, or when most of what comes out is
/// nowhere on Earth (metres that a file calls degrees).
fn lonlat(raw: &RawLayer) -> Option<Cow<'_, Shapes<f64>>> {
    let shapes = if is_lonlat(&raw.crs) {
        Cow::Borrowed(&raw.shapes)
    } else {
        let way = Reprojector::to_lonlat(&raw.crs).ok()?;
        Cow::Owned(moved(&raw.shapes, &way))
    };
    let good = shapes.coords.iter().filter(|&&at| on_earth(at)).count();
    (good * 2 >= shapes.coords.len()).then_some(shapes)
}

/// Metres in the UTM zone of the layer's middle. A layer that came in UTM is in metres already.
fn metres<'a>(raw: &'a RawLayer, lonlat: &Shapes<f64>) -> Option<Cow<'a, Shapes<f64>>> {
    let middle = middle(&lonlat.coords)?;
    if let CrsName::Authority { name, code } = &raw.crs
        && name == "EPSG"
        && *code == utm_epsg(middle).to_string()
    {
        return Some(Cow::Borrowed(&raw.shapes));
    }
    let way = way_to_metres(middle)?;
    Some(Cow::Owned(moved(lonlat, &way)))
}

/// The same shapes with their coordinates taken elsewhere.
fn moved(shapes: &Shapes<f64>, way: &Reprojector) -> Shapes<f64> {
    Shapes {
        kinds: shapes.kinds.clone(),
        part_ends: shapes.part_ends.clone(),
        ring_ends: shapes.ring_ends.clone(),
        coord_ends: shapes.coord_ends.clone(),
        coords: way.applied(&shapes.coords),
    }
}

/// The way from longitude/latitude to the UTM zone of `middle`; none where PROJ knows none.
fn way_to_metres(middle: [f64; 2]) -> Option<Reprojector> {
    Reprojector::between("OGC:CRS84", &format!("EPSG:{}", utm_epsg(middle))).ok()
}

/// Takes longitude/latitude to the UTM zone of `middle`. False when PROJ cannot.
pub(super) fn to_metres(middle: [f64; 2], coords: &mut [[f64; 2]]) -> bool {
    way_to_metres(middle).map(|way| way.apply(coords)).is_some()
}

/// The median of a sample of coordinates: a few stray ones do not move it.
pub(super) fn middle(coords: &[[f64; 2]]) -> Option<[f64; 2]> {
    let step = (coords.len() / SAMPLE).max(1);
    let axis = |axis: usize| {
        let mut sample: Vec<f64> = coords
            .iter()
            .step_by(step)
            .filter(|&&at| on_earth(at))
            .map(|at| at[axis])
            .collect();
        sample.sort_unstable_by(f64::total_cmp);
        sample.get(sample.len() / 2).copied()
    };
    Some([axis(0)?, axis(1)?])
}

/// The way from the file's own coordinates to longitude/latitude.
pub(super) struct Native(Reprojector);

impl Native {
    /// For a layer whose CRS is known.
    pub(super) fn of(raw: &RawLayer) -> Option<Self> {
        Reprojector::to_lonlat(&raw.crs).ok().map(Self)
    }

    /// Longitude and latitude of a place in the file's coordinates; NaN where there is none.
    pub(super) fn lonlat(&self, at: [f64; 2]) -> [f64; 2] {
        let mut one = [at];
        self.0.apply(&mut one);
        one[0]
    }

    /// The same for many places.
    pub(super) fn all(&self, coords: &mut [[f64; 2]]) {
        self.0.apply(coords);
    }
}

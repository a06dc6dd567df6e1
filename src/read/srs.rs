//! What a file says about its reference system, as a code where one can be found.

use gdal::spatial_ref::SpatialRef;

use super::{
    delivery::{ReadError, ReadOptions, note},
    raw,
};
use crate::model::{Bbox, CrsName, CrsOrigin, Note};

/// How sure GDAL must be, in percent, before parameters count as a code. At 90 names differ and all
/// numbers agree; at 70 and below the datum is a guess.
const SURE: i32 = 90;

/// The system that a person gave, checked.
pub(super) fn given(options: &ReadOptions) -> Result<Option<CrsName>, ReadError> {
    let Some(text) = &options.crs else {
        return Ok(None);
    };
    let name: CrsName = text.parse().map_err(|error| ReadError::Option {
        option: "crs",
        detail: format!("{error}"),
    })?;
    Ok(Some(name))
}

/// WGS 84 longitude/latitude, as RFC 7946 and KML fix it.
pub(super) fn lonlat() -> CrsName {
    CrsName::Authority {
        name: "OGC".to_owned(),
        code: "CRS84".to_owned(),
    }
}

/// The code of a system: its own, or that of a known one with the same parameters, or its WKT. Heights
/// are left out first: a layer on the map has two axes.
pub(super) fn name(srs: Option<&SpatialRef>, declared: bool) -> (CrsName, CrsOrigin) {
    let Some(srs) = srs else {
        return (CrsName::Missing, CrsOrigin::Unknown);
    };
    let label = srs.name().unwrap_or_default().to_lowercase();
    if srs.is_local()
        || label.starts_with("undefined")
        || label.starts_with("unknown") && !srs.is_projected()
    {
        return (CrsName::Missing, CrsOrigin::Unknown);
    }
    let flat = raw::flat(srs);
    let srs = flat.as_ref().unwrap_or(srs);
    if let (Some(name), Ok(code)) = (srs.auth_name(), srs.auth_code()) {
        let origin = if declared {
            CrsOrigin::Declared
        } else {
            CrsOrigin::Matched
        };
        return (
            CrsName::Authority {
                name: name.to_uppercase(),
                code: code.to_string(),
            },
            origin,
        );
    }
    if srs.authority().is_ok_and(|text| text.ends_with("CRS84")) {
        return (lonlat(), CrsOrigin::Declared);
    }
    let known = raw::matches(srs);
    let best = known.first().filter(|(_, sure)| *sure >= SURE).or_else(|| {
        // One match alone at 70: same parameters, another name for the datum, as old ESRI files have.
        known
            .first()
            .filter(|(_, sure)| known.len() == 1 && *sure >= 70)
    });
    if let Some((name, code)) = best.and_then(|(text, _)| text.split_once(':')) {
        let name = CrsName::Authority {
            name: name.to_owned(),
            code: code.to_owned(),
        };
        return (name, CrsOrigin::Matched);
    }
    match srs.to_wkt() {
        Ok(wkt) if !wkt.is_empty() => (CrsName::Wkt(wkt), CrsOrigin::Declared),
        _ => (CrsName::Missing, CrsOrigin::Unknown),
    }
}

/// The system of a .prj: GDAL's reading of ESRI's words, matched to a code. `declared` is kept for a file
/// that carries the code itself.
pub(super) fn of_prj(text: &str) -> (CrsName, CrsOrigin) {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.is_empty() {
        return (CrsName::Missing, CrsOrigin::Unknown);
    }
    let declared = text.contains("AUTHORITY[") || text.contains("ID[\"EPSG\"");
    let srs = SpatialRef::from_esri(text).or_else(|_| SpatialRef::from_wkt(text));
    match srs {
        Ok(srs) => name(Some(&srs), declared),
        Err(_) => (CrsName::Missing, CrsOrigin::Unknown),
    }
}

/// Says so when coordinates that should be degrees are not, and what they could be. Degrees are not
/// assumed and nothing is converted: the gate judges.
pub(super) fn doubt(crs: &CrsName, origin: CrsOrigin, bbox: Option<Bbox>) -> Option<Note> {
    let bbox = bbox?;
    let degrees =
        bbox.west >= -360.0 && bbox.east <= 360.0 && bbox.south >= -90.0 && bbox.north <= 90.0;
    let like = |bbox: &Bbox| -> &'static str {
        let within = |w: f64, s: f64, e: f64, n: f64| {
            bbox.west >= w && bbox.south >= s && bbox.east <= e && bbox.north <= n
        };
        if within(60_000.0, 600_000.0, 940_000.0, 4_200_000.0) {
            "metres of a UTM zone (EPSG:32642 to EPSG:32646, by the city's longitude; often EPSG:32643 or EPSG:32644)"
        } else if within(7_500_000.0, 600_000.0, 11_000_000.0, 4_600_000.0) {
            "metres of web maps (EPSG:3857)"
        } else if within(1_000_000.0, 0.0, 8_000_000.0, 8_000_000.0) {
            "metres of a grid for all India (EPSG:7755) or of a Kalianpur zone (EPSG:24378 to EPSG:24383)"
        } else {
            "metres of a projected system, or numbers of a local drawing"
        }
    };
    match (origin, crs) {
        (CrsOrigin::Format, _) if !degrees => Some(note(
            "crs_doubtful",
            format!(
                "the format means longitude and latitude in degrees, but the numbers reach from {} {} to {} {}: they look like {}; say which with --crs",
                bbox.west,
                bbox.south,
                bbox.east,
                bbox.north,
                like(&bbox)
            ),
        )),
        (_, CrsName::Missing) if degrees => Some(note(
            "crs_likely",
            "the numbers fit degrees of longitude and latitude: if they are, say --crs EPSG:4326",
        )),
        (_, CrsName::Missing) => Some(note(
            "crs_likely",
            format!(
                "the numbers look like {}; say which with --crs",
                like(&bbox)
            ),
        )),
        _ => None,
    }
}

//! Coordinate reference systems: from what a file names to longitude/latitude, axis order settled here
//! and nowhere else.
//!
//! Everything inside Parat is x before y: easting before northing, longitude before latitude, whatever
//! order the authority prescribes. PROJ is told so once, by asking for its "normalised for
//! visualisation" order on both sides. Nothing outside this room may speak to PROJ.

mod patch;
mod plane;
mod ways;

use std::str::FromStr;

use patch::Patches;
pub use plane::{Look, Plane};
use proj::Proj;
use ways::Way;

use crate::model::CrsName;

/// How many coordinates go to PROJ in one call. Small enough that the copy stays in the cache.
const BATCH: usize = 4096;

/// Why coordinates cannot be taken from one system to another.
#[derive(Debug, thiserror::Error)]
pub enum CrsError {
    /// The file names no system, so there is nothing to come from.
    #[error("the coordinate reference system is missing")]
    Missing,
    /// PROJ does not know the system, or no way leads from it.
    #[error("no way from {from} to {to}")]
    NoWay {
        /// The system to come from, shortened.
        from: String,
        /// The system to go to.
        to: String,
        /// What PROJ said.
        #[source]
        source: Box<proj::ProjCreateError>,
    },
    /// A text is not the name of a system.
    #[error("`{0}` is not a CRS code: write it as EPSG:32643")]
    BadName(String),
}

/// Takes coordinates from one system to another.
pub struct Reprojector {
    /// None where both systems are WGS 84 longitude/latitude and nothing is to be done.
    way: Option<Way>,
    /// How large squares may be answered for by polynomials, where that is sound.
    smooth: Option<Smooth>,
}

/// A way without kinks: between WGS 84 and its UTM zones.
#[derive(Clone, Copy)]
struct Smooth {
    /// Half the side of a square, in the unit of what comes in.
    half: f64,
    /// How far an answer may be off, in the unit of what goes out: 2 µm on the ground.
    tolerance: f64,
}

/// From so many coordinates on squares pay; a square costs as much as 145 coordinates.
const SMOOTH_FROM: usize = 20_000;
/// Coordinates for each square that may be made.
const SMOOTH_EACH: usize = 1000;

impl Smooth {
    fn between(from: &str, to: &str) -> Option<Self> {
        let is_utm = |name: &str| {
            name.strip_prefix("EPSG:")
                .and_then(|code| code.parse().ok())
                .is_some_and(|code: u32| {
                    (32_601..=32_660).contains(&code) || (32_701..=32_760).contains(&code)
                })
        };
        match (from, to) {
            (from, "OGC:CRS84") if is_utm(from) => Some(Self {
                half: 16_384.0,
                tolerance: 2e-11,
            }),
            ("OGC:CRS84", to) if is_utm(to) => Some(Self {
                half: 0.125,
                tolerance: 2e-6,
            }),
            _ => None,
        }
    }
}

impl Reprojector {
    /// From a file's system to WGS 84 longitude/latitude.
    pub fn to_lonlat(from: &CrsName) -> Result<Self, CrsError> {
        match from {
            CrsName::Missing => Err(CrsError::Missing),
            CrsName::Authority { name, code } if is_lonlat(name, code) => Ok(Self::nothing()),
            CrsName::Authority { name, code } => {
                Self::between(&format!("{name}:{code}"), "OGC:CRS84")
            }
            CrsName::Wkt(wkt) => Self::between(wkt, "OGC:CRS84"),
        }
    }

    /// From one system to another, each `EPSG:code` or a WKT definition.
    pub fn between(from: &str, to: &str) -> Result<Self, CrsError> {
        if from.eq_ignore_ascii_case(to) {
            return Ok(Self::nothing());
        }
        Ok(Self {
            way: Some(Way::between(from, to)?),
            smooth: Smooth::between(from, to),
        })
    }

    fn nothing() -> Self {
        Self {
            way: None,
            smooth: None,
        }
    }

    /// Takes every coordinate there. Gives how many could not go; those, and all that were not finite,
    /// become NaN in both axes.
    pub fn apply(&self, coords: &mut [[f64; 2]]) -> u64 {
        let mut failed = 0;
        self.over(coords.len(), |convert| {
            for block in coords.chunks_mut(BATCH) {
                failed += convert(block);
            }
        });
        failed
    }

    /// The same coordinates there, in the same order; NaN in both axes for those that could not go.
    pub fn applied(&self, coords: &[[f64; 2]]) -> Vec<[f64; 2]> {
        let mut there = Vec::with_capacity(coords.len());
        self.over(coords.len(), |convert| {
            for block in coords.chunks(BATCH) {
                let from = there.len();
                there.extend_from_slice(block);
                convert(&mut there[from..]);
            }
        });
        there
    }

    /// Gives what converts one block after the other of so many coordinates in all: while a block lies in the cache,
    /// everything is done with it.
    fn over(&self, count: usize, go: impl FnOnce(&mut dyn FnMut(&mut [[f64; 2]]) -> u64)) {
        let Some(way) = &self.way else {
            return go(&mut |block| block.iter_mut().map(settle).sum());
        };
        let Some(smooth) = self.smooth.filter(|_| count >= SMOOTH_FROM) else {
            return go(&mut |block| apply_exactly(way, block));
        };
        let exact = |some: &mut [[f64; 2]]| {
            apply_exactly(way, some);
        };
        let most = count / SMOOTH_EACH;
        let mut patches = Patches::new(smooth.half, smooth.tolerance, most, &exact);
        go(&mut |block| {
            patches.apply(block);
            block.iter_mut().map(settle).sum()
        });
    }
}

/// Every coordinate through PROJ.
fn apply_exactly(way: &Proj, coords: &mut [[f64; 2]]) -> u64 {
    let mut failed = 0;
    let mut batch: Vec<(f64, f64)> = Vec::with_capacity(BATCH.min(coords.len()));
    for part in coords.chunks_mut(BATCH) {
        batch.clear();
        batch.extend(part.iter().map(|&[x, y]| (x, y)));
        let whole = part.iter().all(|c| c[0].is_finite() && c[1].is_finite())
            && way.convert_array(&mut batch).is_ok();
        for (coord, &(x, y)) in part.iter_mut().zip(&batch) {
            // One bad coordinate fails its whole batch in PROJ, so ask again one by one.
            *coord = if whole {
                [x, y]
            } else if coord[0].is_finite() && coord[1].is_finite() {
                way.convert((coord[0], coord[1]))
                    .map_or([f64::NAN; 2], |(x, y)| [x, y])
            } else {
                [f64::NAN; 2]
            };
            failed += settle(coord);
        }
    }
    failed
}

/// Makes a coordinate that is not finite NaN in both axes; 1 for such a one, else 0. PROJ says
/// "impossible" with infinities.
fn settle(coord: &mut [f64; 2]) -> u64 {
    if coord[0].is_finite() && coord[1].is_finite() {
        return 0;
    }
    *coord = [f64::NAN; 2];
    1
}

/// True for the codes of WGS 84 longitude/latitude. EPSG:4326 is among them: files that name it store
/// longitude first, and by the time coordinates are ours they are x before y.
fn is_lonlat(name: &str, code: &str) -> bool {
    matches!(
        (name, code),
        ("EPSG", "4326" | "4979") | ("OGC", "CRS84" | "CRS84h")
    )
}

impl FromStr for CrsName {
    type Err = CrsError;

    /// Reads `EPSG:32643`, `32643`, `CRS84`, an OGC URN or an OGC URL, in any case.
    fn from_str(text: &str) -> Result<Self, CrsError> {
        let bad = || CrsError::BadName(text.chars().take(80).collect());
        let plain = text.trim();
        let mut words = plain.rsplit([':', '/']).filter(|word| !word.is_empty());
        let code = words.next().ok_or_else(bad)?;
        let authority = |name: &str| {
            name.eq_ignore_ascii_case("epsg")
                || name.eq_ignore_ascii_case("ogc")
                || name.eq_ignore_ascii_case("esri")
        };
        if code.eq_ignore_ascii_case("crs84") {
            return Ok(Self::Authority {
                name: "OGC".into(),
                code: "CRS84".into(),
            });
        }
        if code.eq_ignore_ascii_case("crs84h") {
            return Ok(Self::Authority {
                name: "OGC".into(),
                code: "CRS84h".into(),
            });
        }
        let digits =
            (4..=6).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
        if !digits {
            return Err(bad());
        }
        let name = if code.len() == plain.len() {
            "EPSG".to_owned()
        } else {
            // A URN may carry a version between the authority and the code: urn:ogc:def:crs:EPSG:9.9:32643.
            words
                .take(2)
                .find(|word| authority(word))
                .ok_or_else(bad)?
                .to_ascii_uppercase()
        };
        Ok(Self::Authority {
            name,
            code: code.to_owned(),
        })
    }
}

/// The EPSG code of the UTM zone of a place in WGS 84: 326zz north of the equator, 327zz south.
pub fn utm_epsg([lon, lat]: [f64; 2]) -> u32 {
    let zone = (((lon + 180.0) / 6.0).floor() as i64).clamp(0, 59) as u32 + 1;
    if lat < 0.0 {
        32_700 + zone
    } else {
        32_600 + zone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> CrsName {
        text.parse().unwrap()
    }

    #[test]
    fn codes_are_read_in_all_spellings_and_nothing_else_is() {
        for text in [
            "EPSG:32643",
            "epsg:32643",
            " 32643 ",
            "urn:ogc:def:crs:EPSG::32643",
            "urn:ogc:def:crs:EPSG:9.9.1:32643",
            "http://www.opengis.net/def/crs/EPSG/0/32643",
        ] {
            assert_eq!(name(text).to_string(), "EPSG:32643", "{text}");
        }
        assert_eq!(
            name("urn:ogc:def:crs:OGC:1.3:CRS84").to_string(),
            "OGC:CRS84"
        );
        for text in [
            "",
            "EPSG:",
            "EPSG:x",
            "UTM 43",
            "/etc/passwd",
            "file:32643",
            "+proj=utm",
        ] {
            assert!(text.parse::<CrsName>().is_err(), "{text}");
        }
    }

    #[test]
    fn longitude_latitude_is_left_alone_and_utm_goes_there_and_back() {
        let mut same = [[77.5946, 12.9716]];
        assert_eq!(
            Reprojector::to_lonlat(&name("EPSG:4326"))
                .unwrap()
                .apply(&mut same),
            0
        );
        assert_eq!(same, [[77.5946, 12.9716]]);

        assert_eq!(utm_epsg(same[0]), 32643);
        assert_eq!(utm_epsg([-0.1, -33.0]), 32730);
        Reprojector::between("EPSG:4326", "EPSG:32643")
            .unwrap()
            .apply(&mut same);
        assert!(
            (same[0][0] - 781_000.0).abs() < 2_000.0 && (same[0][1] - 1_435_000.0).abs() < 2_000.0,
            "{same:?}"
        );
        Reprojector::to_lonlat(&name("EPSG:32643"))
            .unwrap()
            .apply(&mut same);
        assert!(
            (same[0][0] - 77.5946).abs() < 1e-9 && (same[0][1] - 12.9716).abs() < 1e-9,
            "{same:?}"
        );
    }

    #[test]
    fn many_coordinates_go_where_proj_takes_each_of_them() {
        let mut seed = 3_u64;
        let mut dice = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 40) as f64 / f64::from(1 << 24)
        };
        for zone in ["EPSG:32642", "EPSG:32643", "EPSG:32646", "EPSG:32756"] {
            let south = zone.starts_with("EPSG:327");
            let mut metres: Vec<[f64; 2]> = (0..60_000)
                .map(|_| {
                    // Two cities, one at the edge of the zone, and the empty land between them.
                    let at = if dice() < 0.5 { 160_000.0 } else { 480_000.0 };
                    let north = if south { 6_200_000.0 } else { 3_100_000.0 };
                    [
                        at + dice() * 60_000.0,
                        north + dice() * 60_000.0 - dice().powi(40) * 900_000.0,
                    ]
                })
                .collect();
            metres[7] = [f64::NAN, 1.0];
            metres[8] = [1e300, 1e300];
            metres[9] = [-3.0, -3.0];
            for back in [false, true] {
                let (from, to) = if back {
                    ("OGC:CRS84", zone)
                } else {
                    (zone, "OGC:CRS84")
                };
                let way = Reprojector::between(from, to).unwrap();
                assert!(way.smooth.is_some());
                let mut many = metres.clone();
                let failed = way.apply(&mut many);
                let mut each = metres.clone();
                let wanted = apply_exactly(way.way.as_ref().unwrap(), &mut each);
                assert_eq!(failed, wanted);
                for (ours, theirs) in many.iter().zip(&each) {
                    // A micrometre or two, a thousandth of what is asked for.
                    let metre = if back { 1.0 } else { 111_320.0 };
                    let off = (0..2).map(|axis| (ours[axis] - theirs[axis]).abs() * metre);
                    let nowhere = theirs[0].is_nan() && ours[0].is_nan();
                    assert!(
                        nowhere || off.fold(0.0, f64::max) < 5e-6,
                        "{zone} {ours:?} {theirs:?}"
                    );
                }
                metres = each;
            }
        }
    }

    #[test]
    fn what_cannot_go_becomes_nan_and_is_counted_while_the_rest_goes() {
        let way = Reprojector::to_lonlat(&name("EPSG:32643")).unwrap();
        let mut coords = [
            [500_000.0, 1_400_000.0],
            [f64::NAN, 1.0],
            [1e300, 1e300],
            [500_000.0, 1_400_000.0],
        ];
        assert_eq!(way.apply(&mut coords), 2);
        assert!((coords[0][0] - 75.0).abs() < 1e-9 && (coords[3][0] - 75.0).abs() < 1e-9);
        assert!(coords[1][1].is_nan() && coords[2][0].is_nan());
    }

    #[test]
    fn what_proj_does_not_know_is_an_error() {
        assert!(matches!(
            Reprojector::to_lonlat(&CrsName::Missing),
            Err(CrsError::Missing)
        ));
        assert!(Reprojector::to_lonlat(&name("EPSG:99999")).is_err());
    }
}

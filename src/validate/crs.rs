//! C01, C02: is it known where on Earth the coordinates lie, and do they lie there?

use super::{
    Finding, Findings, Outcome, Place, Rule, RuleInfo, Subject,
    placing::{is_lonlat, middle, on_earth, to_metres},
};
use crate::{
    crs::{CrsError, Reprojector},
    model::{Bbox, CrsName, RawLayer, Severity},
};

/// How many coordinates are tried under each candidate.
const SAMPLE: usize = 200;
/// How many candidates are named.
const NAMED: usize = 3;

/// C01: the file says which coordinate reference system it uses, and it is one we know.
pub(super) struct CrsKnown;

impl Rule for CrsKnown {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "C01",
            name: "crs_known",
            severity: Severity::Block,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let raw = subject.raw;
        let message = match &raw.crs {
            CrsName::Missing => format!(
                "nothing in {} says which coordinate reference system it uses",
                raw.source.file
            ),
            crs => match Reprojector::to_lonlat(crs) {
                Ok(_) => return Outcome::Passed { checked: 1 },
                Err(CrsError::NoWay { from, .. }) => {
                    format!("the coordinate reference system `{from}` is not one that can be used")
                }
                Err(error) => error.to_string(),
            },
        };
        let ranked = landings(subject, None);
        let mut findings = Findings::new();
        findings.add(|| Finding {
            message: match ranked.first() {
                Some(_) => format!("{message}. {}", evidence(&ranked)),
                None => format!("{message}, and no system we know of puts it in this country"),
            },
            remedy: Some(ranked.first().map_or_else(
                || "ask whoever made the file for its EPSG code, and give it with --crs".into(),
                |best| {
                    format!(
                        "if that is right: --crs {} (or add the .prj that belongs to the file)",
                        best.code
                    )
                },
            )),
            ..Finding::default()
        });
        findings.outcome(1)
    }
}

/// A candidate system and where it would put the layer.
struct Landing<'a> {
    code: &'a str,
    title: &'a str,
    /// The share of the sample that falls into the city, or into the country where no city is known.
    share: f64,
    /// Metres from the middle of the city; infinite where no city is known.
    away_m: f64,
    middle: [f64; 2],
    in_city: bool,
}

/// Coordinates chosen evenly over the layer.
fn sample(raw: &RawLayer) -> Vec<[f64; 2]> {
    let step = raw.shapes.coords.len().div_ceil(SAMPLE).max(1);
    raw.shapes
        .coords
        .iter()
        .step_by(step)
        .copied()
        .filter(|at| at[0].is_finite() && at[1].is_finite())
        .collect()
}

/// Metres between two places, near enough to rank by.
fn metres_between(a: [f64; 2], b: [f64; 2]) -> f64 {
    let squeeze = a[1].to_radians().cos();
    ((a[0] - b[0]) * squeeze).hypot(a[1] - b[1]) * 111_320.0
}

fn middle_of(bbox: &Bbox) -> [f64; 2] {
    [
        f64::midpoint(bbox.west, bbox.east),
        f64::midpoint(bbox.south, bbox.north),
    ]
}

/// The candidates under which the layer lands in the city (or, where that is unknown, in the country), the
/// best first. `but` is left out.
fn landings<'a>(subject: &Subject<'a>, but: Option<&CrsName>) -> Vec<Landing<'a>> {
    let profile = subject.standards.profile();
    let city = subject.city.and_then(|city| Bbox::around(&city.coords));
    let coords = sample(subject.raw);
    if coords.is_empty() {
        return vec![];
    }
    let degrees = coords.iter().all(|&at| on_earth(at));
    let mut landings = vec![];
    for candidate in &profile.crs {
        let Ok(name) = candidate.code.parse::<CrsName>() else {
            continue;
        };
        // Numbers that could be degrees are metres only within walking distance of a grid's origin.
        if Some(&name) == but || is_lonlat(&name) != degrees {
            continue;
        }
        let Ok(way) = Reprojector::to_lonlat(&name) else {
            continue;
        };
        let mut there = coords.clone();
        way.apply(&mut there);
        let Some(bbox) = Bbox::around(&there) else {
            continue;
        };
        let share = |inside: &Bbox| {
            there.iter().filter(|&&at| inside.holds(at)).count() as f64 / there.len() as f64
        };
        let in_city = city.as_ref().map_or(0.0, share);
        let in_country = share(&profile.bounds);
        if in_country > 0.5 {
            landings.push(Landing {
                code: &candidate.code,
                title: &candidate.title,
                share: if city.is_some() { in_city } else { in_country },
                away_m: city.map_or(f64::INFINITY, |city| {
                    metres_between(middle_of(&city), middle_of(&bbox))
                }),
                middle: middle(&there).unwrap_or_else(|| middle_of(&bbox)),
                in_city: in_city > 0.5,
            });
        }
    }
    // Shares within a hundredth are alike; then the nearer to the city; then the order of the profile.
    landings.sort_by(|a, b| {
        ((b.share * 100.0) as i32)
            .cmp(&((a.share * 100.0) as i32))
            .then(a.away_m.total_cmp(&b.away_m))
    });
    landings
}

fn evidence(ranked: &[Landing<'_>]) -> String {
    let said: Vec<String> = ranked
        .iter()
        .take(NAMED)
        .map(|landing| {
            let place = if landing.in_city {
                "inside the city".to_owned()
            } else if landing.away_m.is_finite() {
                format!(
                    "{:.0} km from the middle of the city",
                    landing.away_m / 1000.0
                )
            } else {
                "inside the country".to_owned()
            };
            format!(
                "{} ({}) would put it at {:.4}, {:.4}, {place}",
                landing.code, landing.title, landing.middle[0], landing.middle[1]
            )
        })
        .collect();
    said.join("; ")
}

/// C02: coordinates lie where the system says they can, and where the city is.
pub(super) struct Plausible;

impl Rule for Plausible {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "C02",
            name: "crs_plausible",
            severity: Severity::Block,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let raw = subject.raw;
        if Reprojector::to_lonlat(&raw.crs).is_err() {
            return Outcome::NotRun {
                because: "the coordinate reference system is not known (C01)".into(),
                needed: true,
            };
        }
        let finite = raw
            .shapes
            .coords
            .iter()
            .filter(|at| at[0].is_finite())
            .count();
        if finite == 0 {
            return Outcome::NotRun {
                because: "there are no coordinates".into(),
                needed: false,
            };
        }
        let mut findings = Findings::new();
        let finding = not_on_earth(subject)
            .or_else(|| swapped(subject))
            .or_else(|| elsewhere(subject))
            .or_else(|| shifted(subject));
        if let Some(finding) = finding {
            findings.add(|| finding);
        }
        findings.outcome(finite as u64)
    }
}

/// Metres that a file calls degrees, or numbers that the system cannot hold.
fn not_on_earth(subject: &Subject<'_>) -> Option<Finding> {
    if subject.lonlat.is_some() {
        return None;
    }
    let raw = subject.raw;
    let [x, y] = *raw.shapes.coords.iter().find(|at| at[0].is_finite())?;
    let ranked = landings(subject, Some(&raw.crs));
    let claim = if is_lonlat(&raw.crs) {
        format!(
            "the file says its coordinates are degrees, but they are not: the first is {x:.1}, {y:.1}"
        )
    } else {
        format!(
            "the coordinates cannot be {}: the first is {x:.1}, {y:.1}",
            raw.crs
        )
    };
    Some(Finding {
        message: match ranked.first() {
            Some(_) => format!("{claim}. {}", evidence(&ranked)),
            None => claim,
        },
        remedy: Some(ranked.first().map_or_else(
            || "find out in which system the layer was drawn, and give it with --crs".into(),
            |best| format!("if that is right: --crs {}", best.code),
        )),
        ..Finding::default()
    })
}

/// The share of places inside a box, and the share when x and y change places.
fn shares(coords: &[[f64; 2]], bbox: &Bbox) -> (f64, f64) {
    let (mut as_is, mut swapped, mut all) = (0_u64, 0_u64, 0_u64);
    for &[x, y] in coords.iter().filter(|at| at[0].is_finite()) {
        all += 1;
        as_is += u64::from(bbox.holds([x, y]));
        swapped += u64::from(bbox.holds([y, x]));
    }
    let all = all.max(1) as f64;
    (as_is as f64 / all, swapped as f64 / all)
}

/// Latitude where longitude belongs.
fn swapped(subject: &Subject<'_>) -> Option<Finding> {
    let coords = &subject.lonlat?.coords;
    let (as_is, turned) = shares(coords, &subject.standards.profile().bounds);
    (as_is < 0.1 && turned > 0.9).then(|| Finding {
        place: Place {
            at: coords.first().copied(),
            ..Place::default()
        },
        message:
            "x and y are swapped: latitude stands where longitude belongs; the other way round the \
                  layer lies inside the country"
                .into(),
        remedy: Some("swap them (QGIS: Swap X and Y coordinates) and export again".into()),
        severity: Some(Severity::Error),
        ..Finding::default()
    })
}

/// A layer that lies apart from its city, and would lie in it under another system.
fn elsewhere(subject: &Subject<'_>) -> Option<Finding> {
    let city = Bbox::around(&subject.city?.coords)?;
    let coords = &subject.lonlat?.coords;
    if shares(coords, &city).0 > 0.0 {
        return None;
    }
    let bbox = Bbox::around(coords)?;
    if bbox.meets(&city) {
        return None;
    }
    let away = metres_between(middle_of(&city), middle_of(&bbox)) / 1000.0;
    let other = landings(subject, Some(&subject.raw.crs))
        .into_iter()
        .find(|landing| landing.in_city);
    Some(Finding {
        place: Place {
            at: Some(middle_of(&bbox)),
            ..Place::default()
        },
        message: match &other {
            Some(other) => format!(
                "the layer lies {away:.0} km from the city; read as {} ({}) it lies inside the city, so the \
                 file names the wrong system",
                other.code, other.title
            ),
            None => format!("the layer lies {away:.0} km from the city"),
        },
        remedy: Some(other.map_or_else(
            || "check that this is the right city's file".into(),
            |other| format!("if that is right: --crs {}", other.code),
        )),
        measure: Some(away * 1000.0),
        severity: Some(Severity::Error),
    })
}

/// How far the four sides of the two boxes may differ from one shift, in metres.
const SAME_SHIFT_M: f64 = 30.0;

/// A coverage that stands off its city by one vector: a datum taken for another.
fn shifted(subject: &Subject<'_>) -> Option<Finding> {
    let city = subject.city?;
    if !subject.standard?.coverage {
        return None;
    }
    let at = middle(&city.coords)?;
    let (mut theirs, mut ours) = (city.coords.clone(), subject.lonlat?.coords.clone());
    if !(to_metres(at, &mut theirs) && to_metres(at, &mut ours)) {
        return None;
    }
    let (theirs, ours) = (Bbox::around(&theirs)?, Bbox::around(&ours)?);
    let sides = [
        (ours.west - theirs.west, ours.east - theirs.east),
        (ours.south - theirs.south, ours.north - theirs.north),
    ];
    if sides
        .iter()
        .any(|(low, high)| (low - high).abs() > SAME_SHIFT_M)
    {
        return None;
    }
    let [east, north] = sides.map(|(low, high)| f64::midpoint(low, high));
    let metres = east.hypot(north);
    let [from, to] = subject.standards.profile().thresholds.datum_shift_m;
    (from..=to).contains(&metres).then(|| Finding {
        message: format!(
            "the whole layer stands {metres:.0} m off the city's outline ({east:+.0} m east, {north:+.0} m \
             north): so do Kalianpur coordinates that are taken for WGS 84"
        ),
        remedy: Some(
            "if the layer was drawn on Kalianpur 1975, say so: --crs EPSG:24343 (or its zone), EPSG:4146 for degrees"
                .into(),
        ),
        measure: Some(metres),
        severity: Some(Severity::Error),
        ..Finding::default()
    })
}

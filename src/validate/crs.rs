//! C01, C02: is it known where on Earth the coordinates lie, and do they lie there?

use super::{
    CrsProposal, Finding, Findings, Lands, Outcome, Place, Rule, RuleInfo, Subject,
    placing::{is_lonlat, middle, on_earth, to_metres},
};
use crate::{
    crs::{CrsError, Reprojector},
    model::{Bbox, CrsName, RawLayer, Say, Severity, say},
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
            CrsName::Missing => say!(C01_missing, file = raw.source.file.as_str()),
            crs => match Reprojector::to_lonlat(crs) {
                Ok(_) => return Outcome::Passed { checked: 1 },
                Err(CrsError::NoWay { from, .. }) => say!(C01_unusable, from = from),
                Err(error) => say!(C01_error, error = error.to_string()),
            },
        };
        let ranked = landings(subject, None);
        let mut findings = Findings::new();
        findings.add(|| Finding {
            say: match ranked.first() {
                Some(_) => say!(C01_ranked, what = message, evidence = evidence(&ranked)),
                None => say!(C01_nowhere, what = message),
            },
            fix: ranked.first().map_or_else(
                || say!(C01_ask_fix),
                |best| say!(C01_ranked_fix, code = best.code),
            ),
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
    bbox: Bbox,
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
                bbox,
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

/// The same as proposals.
pub(super) fn proposals(subject: &Subject<'_>) -> Vec<CrsProposal> {
    // What the file names is a doubt only because it was found not to fit.
    landings(subject, Some(&subject.raw.crs))
        .iter()
        .take(PROPOSED)
        .map(|landing| CrsProposal {
            code: landing.code.to_owned(),
            name: landing.title.to_owned(),
            why: String::new(),
            why_say: where_it_lands(landing),
            lands: if landing.in_city || !landing.away_m.is_finite() {
                Lands::Inside
            } else {
                Lands::Near
            },
            bbox: landing.bbox,
        })
        .collect()
}

/// How many candidates are proposed.
const PROPOSED: usize = 5;

fn where_it_lands(landing: &Landing<'_>) -> Say {
    let share = (landing.share * 100.0).round() as u64;
    if landing.in_city {
        say!(crs_in_city, percent = share)
    } else if landing.away_m.is_finite() {
        say!(
            crs_from_city,
            km = format!("{:.0}", landing.away_m / 1000.0)
        )
    } else {
        say!(crs_in_country, percent = share)
    }
}

/// Where the best candidates would put the layer.
fn evidence(ranked: &[Landing<'_>]) -> Vec<Say> {
    ranked
        .iter()
        .take(NAMED)
        .map(|landing| {
            let place = if landing.in_city {
                say!(C01_in_city)
            } else if landing.away_m.is_finite() {
                say!(
                    C01_from_city,
                    km = format!("{:.0}", landing.away_m / 1000.0)
                )
            } else {
                say!(C01_in_country)
            };
            say!(
                C01_landing,
                code = landing.code,
                title = say!(crs_title, title = landing.title),
                lon = format!("{:.4}", landing.middle[0]),
                lat = format!("{:.4}", landing.middle[1]),
                place = place
            )
        })
        .collect()
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
            return Outcome::not_run(say!(C02_unknown), true);
        }
        let finite = raw
            .shapes
            .coords
            .iter()
            .filter(|at| at[0].is_finite())
            .count();
        if finite == 0 {
            return Outcome::not_run(say!(C02_no_coordinates), false);
        }
        let mut findings = Findings::new();
        let finding = not_on_earth(subject)
            .or_else(|| swapped(subject))
            .or_else(|| abroad(subject))
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
    let [x, y] = [x, y].map(|axis| format!("{axis:.1}"));
    let claim = if is_lonlat(&raw.crs) {
        say!(C02_not_degrees, x = x, y = y)
    } else {
        say!(C02_cannot_be, crs = raw.crs.to_string(), x = x, y = y)
    };
    Some(Finding {
        say: match ranked.first() {
            Some(_) => say!(C01_ranked, what = claim, evidence = evidence(&ranked)),
            None => claim,
        },
        fix: ranked.first().map_or_else(
            || say!(C02_find_out_fix),
            |best| say!(C02_read_as_fix, code = best.code),
        ),
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
        say: say!(C02_swapped),
        fix: say!(C02_swapped_fix),
        severity: Some(Severity::Error),
        ..Finding::default()
    })
}

/// A whole layer outside the country, where no city is known to hold it against: the zone of another place.
fn abroad(subject: &Subject<'_>) -> Option<Finding> {
    let coords = &subject.lonlat?.coords;
    if subject.city.is_some() || shares(coords, &subject.standards.profile().bounds).0 >= 0.1 {
        return None;
    }
    let at = middle(coords)?;
    let [lon, lat] = at.map(|axis| format!("{axis:.4}"));
    let claim = say!(C02_abroad, lon = lon, lat = lat);
    let ranked = landings(subject, Some(&subject.raw.crs));
    Some(Finding {
        place: Place {
            at: Some(at),
            ..Place::default()
        },
        say: match ranked.first() {
            Some(_) => say!(C01_ranked, what = claim, evidence = evidence(&ranked)),
            None => claim,
        },
        fix: ranked.first().map_or_else(
            || say!(C02_find_out_fix),
            |best| say!(C02_read_as_fix, code = best.code),
        ),
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
    if let Ok(way) = Reprojector::to_lonlat(&subject.raw.crs) {
        let mut turned: Vec<[f64; 2]> = sample(subject.raw).iter().map(|[x, y]| [*y, *x]).collect();
        way.apply(&mut turned);
        if shares(&turned, &city).0 > 0.5 {
            return Some(Finding {
                place: Place {
                    at: Some(middle_of(&bbox)),
                    ..Place::default()
                },
                say: say!(C02_swapped_metres, km = format!("{away:.0}")),
                fix: say!(C02_swapped_fix),
                measure: Some(away * 1000.0),
                severity: Some(Severity::Error),
                ..Finding::default()
            });
        }
    }
    let other = landings(subject, Some(&subject.raw.crs))
        .into_iter()
        .find(|landing| landing.in_city);
    Some(Finding {
        place: Place {
            at: Some(middle_of(&bbox)),
            ..Place::default()
        },
        say: match &other {
            Some(other) => say!(
                C02_other_system,
                km = format!("{away:.0}"),
                code = other.code,
                title = say!(crs_title, title = other.title)
            ),
            None => say!(C02_elsewhere, km = format!("{away:.0}")),
        },
        fix: other.map_or_else(
            || say!(C02_elsewhere_fix),
            |other| say!(C02_read_as_fix, code = other.code),
        ),
        measure: Some(away * 1000.0),
        severity: Some(Severity::Error),
        ..Finding::default()
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
        say: say!(
            C02_shifted,
            metres = format!("{metres:.0}"),
            east = format!("{east:+.0}"),
            north = format!("{north:+.0}")
        ),
        fix: say!(C02_shifted_fix),
        measure: Some(metres),
        severity: Some(Severity::Error),
        ..Finding::default()
    })
}

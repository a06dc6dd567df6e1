//! C01, C02: is it known where on Earth the coordinates lie, and do they lie there?

use super::{
    Finding, Findings, Outcome, Place, Rule, RuleInfo, Subject,
    landing::{evidence, landings, metres_between, middle_of, sample},
    placing::{is_lonlat, middle, to_metres},
};
use crate::{
    crs::{CrsError, Reprojector},
    model::{Bbox, CrsName, Severity, say},
};

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

//! Where a layer would lie in each system that its standards know, and what that says for one of them.

use super::{
    CrsProposal, Lands, Subject,
    placing::{is_lonlat, middle, on_earth},
};
use crate::{
    crs::Reprojector,
    model::{Bbox, CrsName, RawLayer, Say, say},
};

/// How many coordinates are tried under each candidate.
const SAMPLE: usize = 200;

/// How many candidates are named.
const NAMED: usize = 3;

/// How many candidates are proposed.
const PROPOSED: usize = 5;

/// A candidate system and where it would put the layer.
pub(super) struct Landing<'a> {
    pub(super) code: &'a str,
    pub(super) title: &'a str,
    /// The share of the sample that falls into the city, or into the country where no city is known.
    pub(super) share: f64,
    /// Metres from the middle of the city; infinite where no city is known.
    pub(super) away_m: f64,
    pub(super) middle: [f64; 2],
    pub(super) bbox: Bbox,
    pub(super) in_city: bool,
}

/// Coordinates chosen evenly over the layer.
pub(super) fn sample(raw: &RawLayer) -> Vec<[f64; 2]> {
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
pub(super) fn metres_between(a: [f64; 2], b: [f64; 2]) -> f64 {
    let squeeze = a[1].to_radians().cos();
    ((a[0] - b[0]) * squeeze).hypot(a[1] - b[1]) * 111_320.0
}

pub(super) fn middle_of(bbox: &Bbox) -> [f64; 2] {
    [
        f64::midpoint(bbox.west, bbox.east),
        f64::midpoint(bbox.south, bbox.north),
    ]
}

/// The candidates under which the layer lands in the city (or, where that is unknown, in the country), the
/// best first. `but` is left out.
pub(super) fn landings<'a>(subject: &Subject<'a>, but: Option<&CrsName>) -> Vec<Landing<'a>> {
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
pub(super) fn evidence(ranked: &[Landing<'_>]) -> Vec<Say> {
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

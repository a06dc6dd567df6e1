//! L03: the ward that a feature names is the ward it lies in.

use std::collections::HashMap;

use super::{Finding, Findings, Outcome, Rule, RuleInfo, Subject, orient::At, rule::shortened};
use crate::{
    index::SpatialIndex,
    model::{LayerId, Severity, ShapeRef, say},
    standard::{normal_key, reading::is_blank},
};

/// The layer whose areas are the wards.
const WARDS: &str = "ward_boundary";
/// How many places of a feature are looked at: a road runs through several wards and may name any of them.
const PLACES: usize = 16;

/// L03: ward number in the file against ward number by place.
pub(super) struct WardByPlace;

/// True when a place lies in an area, by the even-odd rule.
fn holds(area: ShapeRef<'_, f64>, [x, y]: At) -> bool {
    let mut inside = false;
    for part in area.parts() {
        for ring in part.rings() {
            for step in ring.windows(2) {
                let (a, b) = (step[0], step[1]);
                if (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) / (b[1] - a[1]) * (b[0] - a[0])
                {
                    inside = !inside;
                }
            }
        }
    }
    inside
}

/// Places along a feature, evenly chosen.
fn places(shape: ShapeRef<'_, f64>) -> impl Iterator<Item = At> + '_ {
    let coords = shape.coords();
    coords
        .iter()
        .step_by(coords.len().div_ceil(PLACES).max(1))
        .copied()
        .filter(|at| at[0].is_finite() && at[1].is_finite())
}

impl Rule for WardByPlace {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "L03",
            name: "ward_by_place",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let own = subject.standard.map(|standard| standard.layer.as_str());
        if matches!(own, Some(WARDS | "census_ward")) {
            return Outcome::not_run(say!(L03_is_wards), false);
        }
        let Some(column) = subject.map.column("ward_no") else {
            return Outcome::not_run(say!(L03_no_column), false);
        };
        let Some(lonlat) = subject.lonlat else {
            return super::geometry::not_placed();
        };
        let wards: LayerId = WARDS.parse().expect("a layer's name");
        let Some(wards) = (subject.others)(&wards) else {
            return Outcome::not_run(say!(L03_alone), false);
        };
        let keys: Vec<String> = wards.keys.iter().map(|key| normal_key(key).key).collect();
        let by_key: HashMap<&str, usize> = keys
            .iter()
            .enumerate()
            .map(|(row, key)| (key.as_str(), row))
            .collect();
        let boxes = wards.shapes.view().iter().enumerate();
        let index =
            SpatialIndex::new(boxes.filter_map(|(row, shape)| Some((row as u32, shape.bbox()?))));
        let said = &subject.raw.table.columns[column];
        let mut findings = Findings::new();
        let mut checked = 0;
        for (row, shape) in subject.stop.each(lonlat.view().iter().enumerate()) {
            let value = said.get(row);
            if is_blank(value) || shape.is_blank() {
                continue;
            }
            checked += 1;
            let text = value.to_text();
            let ward = by_key.get(normal_key(&text).key.as_str()).copied();
            if let Some(ward) = ward
                && places(shape).any(|at| holds(wards.shapes.get(ward), at))
            {
                continue;
            }
            let Some(first) = places(shape).next() else {
                continue;
            };
            let mut there = None;
            let around = crate::model::Bbox {
                west: first[0],
                south: first[1],
                east: first[0],
                north: first[1],
            };
            index.search(&around, |ward| {
                if there.is_none() && holds(wards.shapes.get(ward as usize), first) {
                    there = Some(ward as usize);
                }
            });
            // A feature outside all wards is T03's to tell.
            let Some(there) = there.filter(|there| wards.keys.len() > *there) else {
                continue;
            };
            findings.add(|| {
                let (who, text) = (subject.called(row), shortened(text.trim(), 40));
                let here = wards.keys[there].as_str();
                Finding {
                    place: super::Place {
                        field: Some(subject.raw.table.fields[column].name.clone()),
                        ..subject.spot(row, Some(first))
                    },
                    say: if ward.is_some() {
                        say!(L03_other, who = who, text = text, ward = here)
                    } else {
                        say!(L03_unknown, who = who, text = text, ward = here)
                    },
                    fix: say!(L03_fix, ward = here),
                    ..Finding::default()
                }
            });
        }
        findings.outcome(checked)
    }
}

//! T09, N01, N02: what hangs on the lines of a network, its nodes, and which way it flows.

use std::collections::HashMap;

use super::{
    Finding, Findings, Outcome, Rule, RuleInfo, Subject,
    ends::segments,
    geometry::not_placed,
    orient::At,
    placing::{middle, to_metres},
    rule::shortened,
};
use crate::{
    index::SegmentIndex,
    model::{Severity, say},
    standard::reading::{decimal, is_blank},
};

/// T09: points lie on the lines of the layer that the standard names.
pub(super) struct OnLine;

impl Rule for OnLine {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T09",
            name: "on_line",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let Some(with) = &subject.settings.with else {
            return Outcome::not_run(say!(T09_no_layer), false);
        };
        let (Some(metres), Some(lonlat)) = (subject.metres, subject.lonlat) else {
            return not_placed();
        };
        let lines = (subject.others)(with).zip(middle(&lonlat.coords));
        let Some((mut lines, zone)) = lines else {
            return Outcome::not_run(say!(T09_alone, layer = with.as_str()), false);
        };
        if !to_metres(zone, &mut lines.shapes.coords) {
            return not_placed();
        }
        let index = SegmentIndex::new(segments(&lines.shapes));
        let limit = subject.limit_m();
        let mut findings = Findings::new();
        let mut checked = 0;
        for (row, shape) in subject.stop.each(metres.view().iter().enumerate()) {
            let (Some(&at), true) = (shape.coords().first(), subject.concerns(row)) else {
                continue;
            };
            checked += 1;
            let nearest = at[0]
                .is_finite()
                .then(|| index.nearest(at).next())
                .flatten();
            let Some(near) = nearest.filter(|near| near.distance > limit) else {
                continue;
            };
            findings.add(|| Finding {
                place: subject.spot(row, lonlat.get(row).coords().first().copied()),
                say: say!(
                    T09_off,
                    who = subject.called(row),
                    metres = format!("{:.1}", near.distance),
                    layer = with.as_str(),
                    line = lines.keys.get(near.row as usize).map_or("", String::as_str),
                    limit = limit.to_string()
                ),
                fix: say!(T09_off_fix, layer = with.as_str()),
                measure: Some((near.distance * 100.0).round() / 100.0),
                ..Finding::default()
            });
        }
        findings.outcome(checked)
    }
}

/// N01: each node of a network is in one place.
pub(super) struct Nodes;

impl Rule for Nodes {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "N01",
            name: "nodes",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let (Some(metres), Some(lonlat)) = (subject.metres, subject.lonlat) else {
            return not_placed();
        };
        let columns = ["from_node", "to_node"].map(|field| subject.map.column(field));
        if columns.iter().all(Option::is_none) {
            return Outcome::not_run(say!(N01_no_columns), false);
        }
        let limit = subject.limit_m();
        let mut places: HashMap<String, (usize, At)> = HashMap::new();
        let mut findings = Findings::new();
        for (row, shape) in subject.stop.each(metres.view().iter().enumerate()) {
            let (first, last) = shape.coord_range();
            if shape.kind.dimension() != Some(1) || first == last {
                continue;
            }
            for (column, coord) in columns.into_iter().zip([first, last - 1]) {
                let Some(column) = column else {
                    continue;
                };
                let value = subject.raw.table.columns[column].get(row);
                if is_blank(value) {
                    continue;
                }
                let node = value.to_text().trim().to_owned();
                let at = metres.coords[coord];
                let &mut (other, place) = places.entry(node.clone()).or_insert((row, at));
                let away = (place[0] - at[0]).hypot(place[1] - at[1]);
                if away > limit {
                    findings.add(|| Finding {
                        place: super::Place {
                            field: Some(subject.raw.table.fields[column].name.clone()),
                            ..subject.spot(row, lonlat.coords.get(coord).copied())
                        },
                        say: say!(
                            N01_apart,
                            who = subject.called(row),
                            node = shortened(&node, 40),
                            metres = format!("{away:.1}"),
                            other = subject.called(other)
                        ),
                        fix: say!(N01_apart_fix),
                        measure: Some(away),
                        ..Finding::default()
                    });
                }
            }
        }
        findings.outcome(metres.len() as u64)
    }
}

/// N02: water flows down.
pub(super) struct Flow;

impl Rule for Flow {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "N02",
            name: "flow",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let [up, down, slope] =
            ["inv_up_m", "inv_dn_m", "slope"].map(|field| subject.map.column(field));
        if slope.is_none() && (up.is_none() || down.is_none()) {
            return Outcome::not_run(say!(N02_no_columns), false);
        }
        let read = |column: Option<usize>, row: usize| {
            decimal(subject.raw.table.columns[column?].get(row))
        };
        let mut findings = Findings::new();
        for row in subject.stop.each(0..subject.raw.len()) {
            if let (Some(up_m), Some(down_m)) = (read(up, row), read(down, row))
                && up_m < down_m
            {
                findings.add(|| Finding {
                    place: subject.row(row),
                    say: say!(
                        N02_uphill,
                        who = subject.called(row),
                        up = up_m.to_string(),
                        down = down_m.to_string()
                    ),
                    fix: say!(N02_uphill_fix),
                    measure: Some(down_m - up_m),
                    ..Finding::default()
                });
            } else if let Some(slope) = read(slope, row).filter(|slope| *slope < 0.0) {
                findings.add(|| Finding {
                    place: subject.row(row),
                    say: say!(
                        N02_slope,
                        who = subject.called(row),
                        slope = slope.to_string()
                    ),
                    fix: say!(N02_slope_fix),
                    measure: Some(slope),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(subject.raw.len() as u64)
    }
}

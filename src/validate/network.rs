//! T07, T08, T09, N01, N02: lines that make a network.

use std::{cmp::Ordering, collections::HashMap};

use super::{
    Finding, Findings, Outcome, Rule, RuleInfo, Subject,
    geometry::{length, not_placed},
    orient::{At, side},
    values::{is_blank, number},
};
use crate::{
    index::SegmentIndex,
    model::{Severity, Shapes},
};

/// Ends on one spot of this size meet, in metres.
const MEETS_M: f64 = 0.001;
/// An end this near to the middle of an edge meets it, in metres: a coordinate rounded to six decimals of a
/// degree, or an edge of a kilometre drawn straight in degrees, is that far from where it should be.
const TOUCHES_M: f64 = 0.05;

/// The ends of every line of a layer: row, which coordinate of the layer, and the place.
fn ends(shapes: &Shapes<f64>) -> Vec<(u32, usize, At)> {
    let mut ends = vec![];
    for (row, shape) in shapes.view().iter().enumerate() {
        if shape.kind.dimension() != Some(1) {
            continue;
        }
        let mut at = shape.coord_range().0;
        for part in shape.parts() {
            for path in part.rings() {
                // A closed line has no ends.
                if path.len() > 1 && path[0] != path[path.len() - 1] {
                    for end in [at, at + path.len() - 1] {
                        ends.push((row as u32, end, shapes.coords[end]));
                    }
                }
                at += path.len();
            }
        }
    }
    ends
}

/// How many line ends lie on each millimetre.
fn crowds(ends: &[(u32, usize, At)]) -> HashMap<[i64; 2], u32> {
    let mut crowds = HashMap::with_capacity(ends.len());
    for (.., at) in ends {
        *crowds.entry(spot(*at)).or_default() += 1;
    }
    crowds
}

fn spot(at: At) -> [i64; 2] {
    at.map(|axis| (axis / MEETS_M).round() as i64)
}

/// T07: line ends that nearly meet another line do meet it.
pub(super) struct EndsMeet;

impl Rule for EndsMeet {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T07",
            name: "ends_meet",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let (Some(metres), Some(lonlat)) = (subject.metres, subject.lonlat) else {
            return not_placed();
        };
        let limit = subject
            .settings
            .limit
            .unwrap_or_else(|| subject.standards.profile().tol_m());
        let ends = ends(metres);
        let crowds = crowds(&ends);
        let index = SegmentIndex::new(metres.view().iter().enumerate().flat_map(|(row, shape)| {
            let lines = if shape.kind.dimension() == Some(1) {
                shape
                    .parts()
                    .flat_map(|part| {
                        part.rings()
                            .flat_map(|path| {
                                path.windows(2).map(|step| (row as u32, step[0], step[1]))
                            })
                            .collect::<Vec<_>>()
                    })
                    .collect()
            } else {
                vec![]
            };
            lines.into_iter()
        }));
        let mut findings = Findings::new();
        for &(row, coord, at) in &ends {
            if crowds.get(&spot(at)).is_some_and(|count| *count > 1) || !at[0].is_finite() {
                continue;
            }
            let near = index
                .nearest(at)
                .take_while(|near| near.distance <= limit)
                .find(|near| near.row != row);
            let Some(near) = near.filter(|near| near.distance > TOUCHES_M) else {
                continue;
            };
            findings.add(|| Finding {
                place: subject.spot(row as usize, lonlat.coords.get(coord).copied()),
                message: format!(
                    "{} ends {:.2} m short of {}",
                    subject.called(row as usize),
                    near.distance,
                    subject.called(near.row as usize)
                ),
                remedy: Some("snap its end to that line (QGIS: Snap geometries to layer)".into()),
                measure: Some(near.distance),
                ..Finding::default()
            });
        }
        findings.outcome(ends.len() as u64)
    }
}

/// T08: no line is a stub, and none runs back over itself.
pub(super) struct Dangles;

impl Rule for Dangles {
    fn info(&self) -> &'static RuleInfo {
        &RuleInfo {
            code: "T08",
            name: "dangles",
            severity: Severity::Warning,
        }
    }

    fn check(&self, subject: &Subject<'_>) -> Outcome {
        let (Some(metres), Some(lonlat)) = (subject.metres, subject.lonlat) else {
            return not_placed();
        };
        let limit = subject
            .settings
            .limit
            .unwrap_or_else(|| subject.standards.profile().tol_m());
        let ends = ends(metres);
        let crowds = crowds(&ends);
        let mut findings = Findings::new();
        for pair in ends.chunks_exact(2) {
            let (row, coord, from) = pair[0];
            let to = pair[1].2;
            let free = |at: At| crowds.get(&spot(at)).is_none_or(|count| *count < 2);
            let shape = metres.get(row as usize);
            if shape.parts().len() == 1 && free(from) != free(to) && length(shape) < limit {
                findings.add(|| Finding {
                    place: subject.spot(row as usize, lonlat.coords.get(coord).copied()),
                    message: format!(
                        "{} is a stub of {:.2} m with a free end",
                        subject.called(row as usize),
                        length(shape)
                    ),
                    remedy: Some("delete it, or lengthen it to where it leads".into()),
                    measure: Some(length(shape)),
                    ..Finding::default()
                });
            }
        }
        for (row, shape) in subject.raw.shapes.view().iter().enumerate() {
            if shape.kind.dimension() != Some(1) {
                continue;
            }
            let mut at = shape.coord_range().0;
            'shape: for part in shape.parts() {
                for path in part.rings() {
                    if let Some(turn) = path.windows(3).position(runs_back) {
                        findings.add(|| Finding {
                            place: subject.spot(row, lonlat.coords.get(at + turn + 1).copied()),
                            message: format!("{} runs back over itself here", subject.called(row)),
                            remedy: Some("delete the vertex at the turn".into()),
                            ..Finding::default()
                        });
                        break 'shape;
                    }
                    at += path.len();
                }
            }
        }
        findings.outcome(metres.len() as u64)
    }
}

/// True when the way from the first of three places over the second turns straight back.
fn runs_back(corner: &[At]) -> bool {
    let [before, here, after] = [corner[0], corner[1], corner[2]];
    let dot =
        (before[0] - here[0]) * (after[0] - here[0]) + (before[1] - here[1]) * (after[1] - here[1]);
    dot > 0.0 && side(before, here, after) == Ordering::Equal
}

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
        let other = subject
            .settings
            .with
            .as_ref()
            .map_or("the layer of lines", |layer| layer.as_str());
        Outcome::NotRun {
            because: format!(
                "it compares with {other}, and a layer is checked here without its neighbours"
            ),
            needed: false,
        }
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
            return Outcome::NotRun {
                because: "there are no columns from_node and to_node".into(),
                needed: false,
            };
        }
        let limit = subject
            .settings
            .limit
            .unwrap_or_else(|| subject.standards.profile().tol_m());
        let mut places: HashMap<String, (usize, At)> = HashMap::new();
        let mut findings = Findings::new();
        for (row, shape) in metres.view().iter().enumerate() {
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
                        message: format!(
                            "{} meets node `{node}` {away:.1} m from where {} meets it",
                            subject.called(row),
                            subject.called(other)
                        ),
                        remedy: Some(
                            "correct the node's number, or move the end of the line to the node"
                                .into(),
                        ),
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
            return Outcome::NotRun {
                because: "there are no columns of invert levels or slope".into(),
                needed: false,
            };
        }
        let read =
            |column: Option<usize>, row: usize| number(subject.raw.table.columns[column?].get(row));
        let mut findings = Findings::new();
        for row in 0..subject.raw.len() {
            if let (Some(up_m), Some(down_m)) = (read(up, row), read(down, row))
                && up_m < down_m
            {
                findings.add(|| Finding {
                    place: subject.row(row),
                    message: format!(
                        "{} flows uphill: its upper invert is {up_m} m, its lower {down_m} m",
                        subject.called(row)
                    ),
                    remedy: Some("swap the two levels, or turn the line round".into()),
                    measure: Some(down_m - up_m),
                    ..Finding::default()
                });
            } else if let Some(slope) = read(slope, row).filter(|slope| *slope < 0.0) {
                findings.add(|| Finding {
                    place: subject.row(row),
                    message: format!(
                        "{} has a slope of {slope}, which is uphill",
                        subject.called(row)
                    ),
                    remedy: Some("turn the line round, or correct the slope".into()),
                    measure: Some(slope),
                    ..Finding::default()
                });
            }
        }
        findings.outcome(subject.raw.len() as u64)
    }
}

//! What stands and lies on the blocks: land use, buildings, parks, lakes, toilets, schools, clinics.

use super::{
    admin::Admin,
    dice::{noise, pick, share},
    names,
    plan::{Plan, STEP, level_one},
    sheet::{Sheet, date, size},
};
use crate::model::{FieldType, Value};

/// The outline of a block drawn in by shares of its sides, along its bent edges.
fn drawn_in(plan: &Plan, (column, row): (i64, i64), by: f64) -> Vec<[f64; 2]> {
    let corners = [
        (by, by),
        (1.0 - by, by),
        (1.0 - by, 1.0 - by),
        (by, 1.0 - by),
    ];
    (0..4)
        .flat_map(|side| {
            let (from, to) = (corners[side], corners[(side + 1) % 4]);
            (0..STEP).map(move |point| {
                let share = point as f64 / STEP as f64;
                (
                    from.0 + share * (to.0 - from.0),
                    from.1 + share * (to.1 - from.1),
                )
            })
        })
        .map(|(u, v)| plan.place(column as f64 + u, row as f64 + v))
        .collect()
}

/// The layer `land_use`: every block is one area.
pub(super) fn land_use(plan: &Plan, admin: &Admin) -> Sheet {
    use FieldType::{Date, Real, Text};
    let mut sheet = Sheet::new(
        "land_use",
        &[
            ("use_l1", Text),
            ("use_l2", Text),
            ("survey_on", Date),
            ("area_sqm", Real),
            ("ward_no", Text),
            ("source", Text),
        ],
    );
    for (column, row) in plan.blocks() {
        let corners = [
            (column, row),
            (column + 1, row),
            (column + 1, row + 1),
            (column, row + 1),
        ];
        let ring: Vec<[f64; 2]> = (0..4)
            .flat_map(|side| plan.edge(corners[side], corners[(side + 1) % 4]))
            .collect();
        sheet.area(&ring);
        let code = plan.use_of(column, row);
        let second = if code.len() > level_one(code).len() {
            Value::Text(code)
        } else {
            Value::Null
        };
        sheet.row(
            &format!("LU{:05}", sheet.shapes.len()),
            &[
                Value::Text(level_one(code)),
                second,
                date("2024-11-30"),
                Value::Real(size(&ring)),
                Value::Text(&admin.ward_no((column, row))),
                Value::Text("drone"),
            ],
        );
    }
    sheet
}

/// A building before it is known whether it is kept.
struct Footprint {
    block: (i64, i64),
    ring: Vec<[f64; 2]>,
    purpose: &'static str,
    key: [i64; 4],
}

/// Plots along a block and the share of them that is built on.
fn density(plan: &Plan, (column, row): (i64, i64)) -> (i64, f64) {
    let out = plan.out(column, row);
    match level_one(plan.use_of(column, row)) {
        "R" => (
            14,
            if out < 0.5 {
                0.97
            } else {
                0.93 - 0.45 * (out - 0.5)
            },
        ),
        "C" => (13, 0.96),
        "I" => (5, 0.85),
        "PS" => (4, 0.9),
        "V" => (10, 0.06),
        "A" => (9, 0.03),
        _ => (0, 0.0),
    }
}

fn footprints(plan: &Plan) -> Vec<Footprint> {
    let mut found = vec![];
    for (column, row) in plan.blocks() {
        let (plots, built) = density(plan, (column, row));
        let code = plan.use_of(column, row);
        let dense = code == "R3";
        let plots = if dense { plots + 5 } else { plots };
        for plot in 0..plots * 2 {
            let key = [80, column, row, plot];
            if share(&key) > built {
                continue;
            }
            let (east, place) = (plot % 2 == 1, plot / 2);
            let chance = |n: i64| share(&[81 + n, column, row, plot]);
            // From the street inwards, as shares of the block; the middle strip is backyards.
            let street = 0.085 + 0.035 * chance(1);
            let wished = (if dense { 0.33 } else { 0.11 }) + 0.12 * chance(2);
            // The two rows of a block stand back to back and never touch.
            let deep = wished.min(0.475 - street);
            let (u0, u1) = if east {
                (1.0 - street - deep, 1.0 - street)
            } else {
                (street, street + deep)
            };
            let span = 0.88 / plots as f64;
            let from = 0.06 + span * place as f64;
            let (v0, v1) = (
                from + span * (0.06 + 0.09 * chance(3)),
                from + span * (0.94 - 0.12 * chance(4)),
            );
            let at = |u: f64, v: f64| plan.place(column as f64 + u, row as f64 + v);
            let ring = if chance(5) < 0.22 {
                // An L: the yard is cut out of the back corner.
                let (um, vm) = (
                    u0 + (u1 - u0) * (0.4 + 0.2 * chance(6)),
                    v0 + (v1 - v0) * 0.5,
                );
                if east {
                    vec![
                        at(um, v0),
                        at(u1, v0),
                        at(u1, v1),
                        at(u0, v1),
                        at(u0, vm),
                        at(um, vm),
                    ]
                } else {
                    vec![
                        at(u0, v0),
                        at(u1, v0),
                        at(u1, vm),
                        at(um, vm),
                        at(um, v1),
                        at(u0, v1),
                    ]
                }
            } else {
                vec![at(u0, v0), at(u1, v0), at(u1, v1), at(u0, v1)]
            };
            let purpose = match level_one(code) {
                "C" => {
                    if chance(7) < 0.8 {
                        "commercial"
                    } else {
                        "mixed"
                    }
                }
                "I" => "industrial",
                "PS" => match code {
                    "PS1" => "government",
                    "PS3" => "educational",
                    "PS4" => "health",
                    _ => "religious",
                },
                _ if code == "R2" && chance(7) < 0.25 => "mixed",
                _ if chance(7) < 0.02 => "under_construction",
                _ => "residential",
            };
            found.push(Footprint {
                block: (column, row),
                ring,
                purpose,
                key,
            });
        }
    }
    found
}

/// The layer `building`, with at most so many; people move into the wards.
pub(super) fn buildings(plan: &Plan, admin: &mut Admin, wanted: usize) -> Sheet {
    use FieldType::{Integer, Real, Text};
    let mut sheet = Sheet::new(
        "building",
        &[
            ("bldg_use", Text),
            ("floors", Integer),
            ("height_m", Real),
            ("bldg_type", Text),
            ("built_year", Integer),
            ("area_sqm", Real),
            ("dwellings", Integer),
            ("ward_no", Text),
        ],
    );
    let all = footprints(plan);
    let keep = wanted as f64 / all.len().max(1) as f64;
    for footprint in all {
        let [_, column, row, plot] = footprint.key;
        let chance = |n: i64| share(&[90 + n, column, row, plot]);
        if chance(0) > keep {
            continue;
        }
        let out = plan.out(column, row);
        let code = plan.use_of(column, row);
        let tall = (1.0 - out).max(0.0)
            * (0.6 + noise(91, column as f64 / 5.0, row as f64 / 5.0).max(0.0));
        let floors = match footprint.purpose {
            "industrial" => 1,
            "under_construction" => 2 + (chance(1) * 4.0) as i64,
            _ if code == "R3" => 1 + i64::from(chance(1) > 0.7),
            _ => 1 + (chance(1) * chance(2) * (2.0 + 9.0 * tall)) as i64,
        };
        let area = size(&footprint.ring);
        let homes = match footprint.purpose {
            "residential" => floors * (area / 95.0).round().clamp(1.0, 6.0) as i64,
            "mixed" => (floors - 1) * (area / 95.0).round().clamp(1.0, 6.0) as i64,
            _ => 0,
        };
        let ward = admin.ward_of(footprint.block);
        admin.wards[ward].people += (homes as f64 * 4.3).round() as i64;
        sheet.area(&footprint.ring);
        let number = sheet.shapes.len();
        sheet.row(
            &format!("B{number:06}"),
            &[
                Value::Text(footprint.purpose),
                Value::Integer(floors),
                Value::Real(((floors as f64 * 3.1 + 0.6 + chance(3)) * 10.0).round() / 10.0),
                Value::Text(if code == "R3" {
                    "semi_pucca"
                } else if footprint.purpose == "industrial" {
                    "steel"
                } else {
                    "rcc"
                }),
                Value::Integer(2023 - (chance(4) * (20.0 + 50.0 * (1.0 - out).max(0.0))) as i64),
                Value::Real(area),
                Value::Integer(homes),
                Value::Text(&admin.ward_no(footprint.block)),
            ],
        );
    }
    sheet
}

/// The layers `park`, `water_body`, `toilet`, `school`, `health`.
pub(super) fn places(plan: &Plan, admin: &Admin) -> [Sheet; 5] {
    use FieldType::{Bool, Integer, Real, Text};
    let named: [(&str, FieldType); 2] = [("name", Text), ("name_local", Text)];
    let with = |layer: &'static str, more: &[(&str, FieldType)]| {
        let fields: Vec<(&str, FieldType)> = named.iter().chain(more).copied().collect();
        Sheet::new(layer, &fields)
    };
    let mut parks = with(
        "park",
        &[
            ("os_type", Text),
            ("public", Bool),
            ("area_sqm", Real),
            ("trees", Integer),
            ("ward_no", Text),
        ],
    );
    let mut lakes = with(
        "water_body",
        &[("wb_type", Text), ("area_sqm", Real), ("ward_no", Text)],
    );
    let mut toilets = with(
        "toilet",
        &[
            ("toil_type", Text),
            ("seats_m", Integer),
            ("seats_f", Integer),
            ("seats_pwd", Integer),
            ("open_hr", Text),
            ("fee", Bool),
            ("ward_no", Text),
        ],
    );
    let mut schools = with(
        "school",
        &[("sch_level", Text), ("mgmt", Text), ("ward_no", Text)],
    );
    let mut clinics = with(
        "health",
        &[
            ("hf_type", Text),
            ("mgmt", Text),
            ("beds", Integer),
            ("ward_no", Text),
        ],
    );
    for block in plan.blocks() {
        let (column, row) = block;
        let code = plan.use_of(column, row);
        let ward_no = admin.ward_no(block);
        let ward = &admin.wards[admin.ward_of(block)];
        let (near, near_local) = names::quarter(ward.number - 1);
        let at = |u: f64, v: f64| plan.place(column as f64 + u, row as f64 + v);
        let key = [95, column, row];
        match code {
            "P1" | "P2" => {
                let ring = drawn_in(plan, block, 0.09);
                parks.area(&ring);
                let number = parks.shapes.len();
                let (kind, english, local) = if code == "P1" {
                    ("garden", "Udyan", "उद्यान")
                } else {
                    ("playground", "Ground", "मैदान")
                };
                parks.row(
                    &format!("PK{number:04}"),
                    &[
                        Value::Text(&format!("{near} {english} {number}")),
                        Value::Text(&format!("{near_local} {local} {}", names::digits(number))),
                        Value::Text(kind),
                        Value::Bool(true),
                        Value::Real(size(&ring)),
                        Value::Integer(20 + (180.0 * share(&key)) as i64),
                        Value::Text(&ward_no),
                    ],
                );
            }
            "PS3" => {
                schools.shapes.push_point(at(0.5, 0.48));
                let number = schools.shapes.len();
                let level = pick(
                    &["primary", "upper_primary", "secondary", "higher_secondary"],
                    &key,
                );
                schools.row(
                    &format!("SC{number:04}"),
                    &[
                        Value::Text(&format!("{near} School {number}")),
                        Value::Text(&format!("{near_local} शाळा {}", names::digits(number))),
                        Value::Text(level),
                        Value::Text(pick(&["ulb", "ulb", "private", "aided"], &key)),
                        Value::Text(&ward_no),
                    ],
                );
            }
            "PS4" => {
                clinics.shapes.push_point(at(0.5, 0.52));
                let number = clinics.shapes.len();
                let kind = pick(&["uphc", "uphc", "dispensary", "hospital"], &key);
                let beds = if kind == "hospital" { 60 } else { 6 };
                clinics.row(
                    &format!("HF{number:04}"),
                    &[
                        Value::Text(&format!("{near} Health Centre {number}")),
                        Value::Text(&format!("{near_local} आरोग्य केंद्र {}", names::digits(number))),
                        Value::Text(kind),
                        Value::Text("ulb"),
                        Value::Integer(beds),
                        Value::Text(&ward_no),
                    ],
                );
            }
            _ => {}
        }
        if !matches!(level_one(code), "A" | "E" | "V") && share(&[96, column, row]) < 0.045 {
            toilets.shapes.push_point(at(0.055, 0.06));
            let number = toilets.shapes.len();
            let seats = 2 + (share(&[97, column, row]) * 6.0) as i64;
            toilets.row(
                &format!("T{number:04}"),
                &[
                    Value::Text(&format!("{near} toilet {number}")),
                    Value::Text(&format!("{near_local} शौचालय {}", names::digits(number))),
                    Value::Text(pick(&["public", "public", "community", "she_toilet"], &key)),
                    Value::Integer(seats),
                    Value::Integer(seats - 1),
                    Value::Integer(1),
                    Value::Text("05:00-23:00"),
                    Value::Bool(share(&key) < 0.3),
                    Value::Text(&ward_no),
                ],
            );
        }
    }
    lakes_of(plan, admin, &mut lakes);
    [parks, lakes, toilets, schools, clinics]
}

fn lakes_of(plan: &Plan, admin: &Admin, sheet: &mut Sheet) {
    for (lake, &([x, y], radius)) in plan.lakes.iter().enumerate() {
        let block = plan
            .blocks()
            .min_by(|&a, &b| {
                let far = |(column, row): (i64, i64)| {
                    let [bx, by] = plan.flat(column as f64 + 0.5, row as f64 + 0.5);
                    (bx - x).hypot(by - y)
                };
                far(a).total_cmp(&far(b))
            })
            .unwrap_or_default();
        if level_one(plan.use_of(block.0, block.1)) != "E" {
            continue;
        }
        let ring: Vec<[f64; 2]> = (0..72)
            .map(|point| {
                let turn = std::f64::consts::TAU * f64::from(point) / 72.0;
                let bay = noise(
                    98 + lake as i64,
                    2.0 * turn.cos() + 5.0,
                    2.0 * turn.sin() + 5.0,
                );
                let reach = radius * (0.82 + 0.13 * bay);
                Plan::bend([x + reach * turn.cos(), y + reach * turn.sin()])
            })
            .collect();
        sheet.area(&ring);
        let (stem, local) = names::quarter(lake * 5 + 3);
        let kind = if lake % 2 == 0 { "lake" } else { "tank" };
        sheet.row(
            &format!("WB{:03}", lake + 1),
            &[
                Value::Text(&format!("{stem} Talav")),
                Value::Text(&format!("{local} तलाव")),
                Value::Text(kind),
                Value::Real(size(&ring)),
                Value::Text(&admin.ward_no(block)),
            ],
        );
    }
}

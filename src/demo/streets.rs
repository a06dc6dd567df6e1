//! Roads as connected segments, the lamps along them, and bus stops.

use super::{
    admin::Admin,
    dice::{pick, share},
    names,
    plan::{Plan, level_one},
    sheet::{Sheet, date},
};
use crate::model::{FieldType, Value};

/// A line of the lattice as a road.
struct Road {
    class: &'static str,
    width: f64,
    lanes: i64,
    lamp_every: f64,
    name: Option<(&'static str, &'static str)>,
    id: String,
}

fn road(plan: &Plan, along: bool, line: i64) -> Road {
    let middle = if along {
        plan.rows / 2
    } else {
        plan.columns / 2
    };
    let off = (line - middle).abs();
    let (class, width, lanes, lamp_every) = if !along && off == 0 {
        ("state_highway", 24.0, 4, 30.0)
    } else if off % 12 == 0 {
        ("arterial", 20.0, 4, 30.0)
    } else if off % 6 == 0 {
        ("sub_arterial", 15.0, 2, 35.0)
    } else if off % 3 == 0 {
        ("collector", 11.0, 2, 45.0)
    } else if share(&[70, i64::from(along), line]) < 0.2 {
        ("lane", 4.5, 1, 70.0)
    } else {
        ("local", 7.5, 1, 60.0)
    };
    let named = off % 6 == 0;
    Road {
        class,
        width,
        lanes,
        lamp_every,
        name: named.then(|| {
            let slot = (off / 6) * 4 + i64::from(along) * 2 + i64::from(line > middle);
            names::ROADS[(slot.rem_euclid(names::ROADS.len() as i64)) as usize]
        }),
        id: format!("R-{}{line:03}", if along { 'E' } else { 'N' }),
    }
}

/// True when a street runs between two blocks: inside the city, not through a lake, and out in the fields
/// only where something larger than a lane goes.
fn runs(plan: &Plan, road: &Road, a: (i64, i64), b: (i64, i64)) -> bool {
    if !plan.holds(a.0, a.1) || !plan.holds(b.0, b.1) {
        return false;
    }
    let (one, other) = (plan.use_of(a.0, a.1), plan.use_of(b.0, b.1));
    let small = matches!(road.class, "local" | "lane");
    let key = [71, a.0, a.1, b.0, b.1];
    match (level_one(one), level_one(other)) {
        ("E", "E") => road.class == "state_highway",
        ("A", "A") => !small || share(&key) < 0.15,
        _ => !small || share(&key) > 0.07,
    }
}

/// The layers `road`, `street_light` and `transit_stop`.
pub(super) fn sheets(plan: &Plan, admin: &Admin) -> [Sheet; 3] {
    use FieldType::{Bool, Date, Integer, Real, Text};
    let mut roads = Sheet::new(
        "road",
        &[
            ("road_id", Text),
            ("road_class", Text),
            ("surface", Text),
            ("width_m", Real),
            ("lanes", Integer),
            ("name", Text),
            ("name_local", Text),
            ("owner", Text),
            ("oneway", Text),
            ("length_m", Real),
            ("ward_no", Text),
            ("lit", Bool),
            ("condition", Text),
        ],
    );
    let mut lamps = Sheet::new(
        "street_light",
        &[
            ("pole_no", Text),
            ("lamp_type", Text),
            ("watt", Integer),
            ("height_m", Real),
            ("road_id", Text),
            ("ward_no", Text),
            ("work_stat", Text),
            ("inst_on", Date),
        ],
    );
    let mut stops = Sheet::new(
        "transit_stop",
        &[
            ("stop_id", Text),
            ("name", Text),
            ("name_local", Text),
            ("mode", Text),
            ("stop_cap", Text),
            ("shelter", Bool),
            ("ward_no", Text),
        ],
    );
    let mut path = vec![];
    for along in [true, false] {
        let (lines, posts) = if along {
            (plan.rows, plan.columns)
        } else {
            (plan.columns, plan.rows)
        };
        for line in 0..=lines {
            let road = road(plan, along, line);
            for post in 0..posts {
                let (a, b) = if along {
                    ((post, line - 1), (post, line))
                } else {
                    ((line - 1, post), (line, post))
                };
                if !runs(plan, &road, a, b) {
                    continue;
                }
                let (from, to) = if along {
                    ((post, line), (post + 1, line))
                } else {
                    ((line, post), (line, post + 1))
                };
                path.clear();
                path.extend(plan.edge(from, to));
                path.push(plan.place(to.0 as f64, to.1 as f64));
                roads.line(&path);
                let key = [72, i64::from(along), line, post];
                let lit = level_one(plan.use_of(b.0, b.1)) != "A";
                let surface = if road.width > 14.0 {
                    "concrete"
                } else {
                    pick(&["bitumen", "bitumen", "concrete", "paver"], &key)
                };
                let (name, name_local) = road
                    .name
                    .map_or((Value::Null, Value::Null), |(name, local)| {
                        (Value::Text(name), Value::Text(local))
                    });
                let ward = admin.ward_no(b);
                let length = length(&path);
                roads.row(
                    &format!("{}-{post:03}", road.id),
                    &[
                        Value::Text(&road.id),
                        Value::Text(road.class),
                        Value::Text(surface),
                        Value::Real(road.width),
                        Value::Integer(road.lanes),
                        name,
                        name_local,
                        Value::Text(if road.class == "state_highway" {
                            "pwd"
                        } else {
                            "ulb"
                        }),
                        Value::Text("no"),
                        Value::Real((length * 10.0).round() / 10.0),
                        Value::Text(&ward),
                        Value::Bool(lit),
                        Value::Text(pick(&["good", "good", "fair", "poor"], &[73, line, post])),
                    ],
                );
                if lit {
                    light(&mut lamps, &road, &path, length, &ward, &key);
                }
                if road.width > 10.0 && post % 3 == 1 && lit {
                    stop(&mut stops, &road, &path, &ward, (line, post));
                }
            }
        }
    }
    [roads, lamps, stops]
}

fn length(path: &[[f64; 2]]) -> f64 {
    path.windows(2)
        .map(|pair| (pair[1][0] - pair[0][0]).hypot(pair[1][1] - pair[0][1]))
        .sum()
}

/// The place `far` metres along a path, `aside` metres to its left.
fn beside(path: &[[f64; 2]], far: f64, aside: f64) -> [f64; 2] {
    let mut left = far;
    for pair in path.windows(2) {
        let (dx, dy) = (pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]);
        let long = dx.hypot(dy);
        if left <= long {
            let (ex, ey) = (dx / long, dy / long);
            let round = |metres: f64| (metres * 100.0).round() / 100.0;
            return [
                round(pair[0][0] + ex * left - ey * aside),
                round(pair[0][1] + ey * left + ex * aside),
            ];
        }
        left -= long;
    }
    path[path.len() - 1]
}

fn light(lamps: &mut Sheet, road: &Road, path: &[[f64; 2]], length: f64, ward: &str, key: &[i64]) {
    let count = (length / road.lamp_every).floor().max(1.0);
    for lamp in 0..count as i64 {
        let chance = share(&[74, key[1], key[2], key[3], lamp]);
        let side = if lamp % 2 == 0 { 1.0 } else { -1.0 };
        let far = length * (lamp as f64 + 0.5) / count;
        lamps
            .shapes
            .push_point(beside(path, far, side * (road.width / 2.0 + 0.8)));
        let number = lamps.shapes.len();
        let (kind, watt) = if chance < 0.74 {
            ("led", if road.width > 14.0 { 120 } else { 70 })
        } else if chance < 0.94 {
            ("sodium", 150)
        } else {
            ("solar_led", 40)
        };
        lamps.row(
            &format!("SL{number:06}"),
            &[
                Value::Text(&format!("P{number:06}")),
                Value::Text(kind),
                Value::Integer(watt),
                Value::Real(if road.width > 14.0 { 9.0 } else { 6.0 }),
                Value::Text(&road.id),
                Value::Text(ward),
                Value::Text(if chance * 97.0 % 1.0 < 0.93 {
                    "working"
                } else {
                    "not_working"
                }),
                date(if kind == "sodium" {
                    "2014-03-31"
                } else {
                    "2021-11-15"
                }),
            ],
        );
    }
}

fn stop(stops: &mut Sheet, road: &Road, path: &[[f64; 2]], ward: &str, (line, post): (i64, i64)) {
    stops
        .shapes
        .push_point(beside(path, 22.0, road.width / 2.0 + 2.0));
    let number = stops.shapes.len();
    let (name, local) = names::quarter((line * 31 + post * 7) as usize % 240);
    stops.row(
        &format!("BS{number:04}"),
        &[
            Value::Text(&format!("ST{number:04}")),
            Value::Text(&format!("{name} stop {number}")),
            Value::Text(&format!("{local} थांबा {}", names::digits(number))),
            Value::Text("bus"),
            Value::Text("low"),
            Value::Bool(!number.is_multiple_of(3)),
            Value::Text(ward),
        ],
    );
}

//! Joins through the whole question, in one thread: 500,000 footprints and 1,000,000 points into 100 wards of
//! 304 corners, against a plain scan of some of them. Prints times and ratios; judges nothing but that both
//! count alike.

#![allow(clippy::print_stdout, reason = "a bench speaks to a person")]

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use geo::{Contains, Coord, LineString, Polygon};
use parat::{
    indicator::IndicatorTable,
    model::{
        CrsName, FeatureId, Field, FieldType, IndicatorId, Layer, LayerId, Metadata, Shapes,
        Source, Table, Value, Verdict, Version,
    },
    query::{Budget, Lookup, Request, answer},
    snapshot::Snapshot,
};

/// Wards on a side of the square city, and its extent in degrees (about 22 km).
const SIDE: usize = 10;
const SPAN: f64 = 0.2;
const WEST: f64 = 77.5;
const SOUTH: f64 = 12.8;
/// Corners on one side of a ward.
const CORNERS: usize = 76;
/// How many of the points the plain scan looks at: it would take minutes for all.
const SCANNED: usize = 10_000;
const ROUNDS: usize = 5;

struct Dice(u64);

impl Dice {
    fn share(&mut self) -> f64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1_u32 << 31)
    }
}

struct City(Vec<(LayerId, Arc<Snapshot>)>);

impl Lookup for City {
    fn layer(&self, id: &LayerId) -> Option<Arc<Snapshot>> {
        let found = self.0.iter().find(|(known, _)| known == id);
        found.map(|(_, snapshot)| Arc::clone(snapshot))
    }

    fn table(&self, _: &IndicatorId) -> Option<Arc<IndicatorTable>> {
        None
    }
}

fn layer(id: &str, dimension: u8, shapes: Shapes<f64>) -> Layer {
    let mut table = Table::new(vec![
        Field::new("code", FieldType::Integer),
        Field::new("floors", FieldType::Integer),
    ]);
    for row in 0..shapes.len() as i64 {
        table.columns[0].push(Value::Integer(row));
        table.columns[1].push(Value::Integer(row % 9));
    }
    Layer {
        id: id.parse().expect("a layer name"),
        title: id.to_owned(),
        description: String::new(),
        dimension,
        coverage: id == "ward",
        key: vec!["code".to_owned()],
        ids: (0..shapes.len() as u64).map(FeatureId).collect(),
        table,
        shapes,
        metadata: Metadata::default(),
        source: Source {
            file: "bench".to_owned(),
            member: None,
            layer: id.to_owned(),
            format: "made".to_owned(),
            hash: "0".repeat(64),
        },
        crs_native: CrsName::Missing,
        standard: format!("{id}@1"),
        profile: "bench@1".to_owned(),
        packs: vec![],
        verdict: Verdict::Conforms,
        rank_by: None,
    }
}

/// A wave that every ward on either side of a line follows alike.
fn wave(line: usize, along: f64) -> f64 {
    let at = along * 400.0 + line as f64;
    (at.sin() + (at * 2.7).cos()) * SPAN / SIDE as f64 * 0.04
}

fn wards() -> Vec<Polygon<f64>> {
    let step = SPAN / SIDE as f64;
    // A point of the vertical or horizontal line with this number, somewhere along it.
    let vertical = |line: usize, y: f64| Coord {
        x: WEST + line as f64 * step + wave(line, y),
        y,
    };
    let horizontal = |line: usize, x: f64| Coord {
        x,
        y: SOUTH + line as f64 * step + wave(line + 50, x),
    };
    let corner = |x: usize, y: usize| {
        let across = horizontal(y, WEST + x as f64 * step);
        Coord {
            x: WEST + x as f64 * step,
            y: across.y,
        }
    };
    let mut found = vec![];
    for y in 0..SIDE {
        for x in 0..SIDE {
            let between = |a: Coord<f64>, b: Coord<f64>, line: usize, up: bool| {
                (1..CORNERS).map(move |n| {
                    let share = n as f64 / CORNERS as f64;
                    if up {
                        vertical(line, a.y + share * (b.y - a.y))
                    } else {
                        horizontal(line, a.x + share * (b.x - a.x))
                    }
                })
            };
            let [a, b, c, d] = [
                corner(x, y),
                corner(x + 1, y),
                corner(x + 1, y + 1),
                corner(x, y + 1),
            ];
            let mut ring = vec![a];
            ring.extend(between(a, b, y, false));
            ring.push(b);
            ring.extend(between(b, c, x + 1, true));
            ring.push(c);
            // The other two sides run backwards, over the same points as the neighbours see them.
            let mut top: Vec<_> = between(d, c, y + 1, false).collect();
            top.reverse();
            ring.extend(top);
            ring.push(d);
            let mut left: Vec<_> = between(a, d, x, true).collect();
            left.reverse();
            ring.extend(left);
            ring.push(a);
            found.push(Polygon::new(LineString::new(ring), vec![]));
        }
    }
    found
}

fn timed(job: impl Fn()) -> Duration {
    (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            job();
            begun.elapsed()
        })
        .min()
        .expect("several rounds")
}

fn main() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut dice = Dice(20);
    let areas = wards();
    let mut place = || [WEST + SPAN * dice.share(), SOUTH + SPAN * dice.share()];
    let (mut ward, mut building, mut point) = (Shapes::new(), Shapes::new(), Shapes::new());
    for area in &areas {
        ward.push_geo(&area.clone().into());
    }
    for _ in 0..500_000 {
        let [x, y] = place();
        let ring = [
            [x, y],
            [x + 1e-4, y],
            [x + 1e-4, y + 8e-5],
            [x, y + 8e-5],
            [x, y],
        ];
        building.coords.extend(ring);
        building.end_ring();
        building.end_part();
        building.end_feature(parat::model::ShapeKind::Polygon);
    }
    let positions: Vec<[f64; 2]> = (0..1_000_000).map(|_| place()).collect();
    for &at in &positions {
        point.push_point(at);
    }
    let mut city = City(vec![]);
    for (id, dimension, shapes) in [
        ("ward", 2, ward),
        ("building", 2, building),
        ("point", 0, point),
    ] {
        let made = layer(id, dimension, shapes);
        let dir = folder.path().join(id);
        std::fs::create_dir_all(&dir).expect("a folder");
        Snapshot::build(&made, Version(1), false, "2026-01-01T00:00:00Z", &dir).expect("built");
        city.0
            .push((made.id, Arc::new(Snapshot::open(&dir).expect("opened"))));
    }
    let ask = |json: serde_json::Value| {
        let request: Request = serde_json::from_value(json).expect("a question");
        answer(&city, &request, &Budget::unbounded()).expect("an answer")
    };
    let count = |of: &str, measure: &str| {
        ask(serde_json::json!({"layer": "ward", "aggregate": {"of": of, "measure": measure}}))
    };

    // The plain scan: every ward for every point, until one holds it.
    let begun = Instant::now();
    let mut held = 0;
    for at in &positions[..SCANNED] {
        let at = Coord { x: at[0], y: at[1] };
        held += usize::from(areas.iter().any(|area| area.contains(&at)));
    }
    let plain = begun.elapsed().as_secs_f64() / SCANNED as f64;
    println!(
        "plain scan, a point: {:.1} us ({held} of {SCANNED} held)",
        plain * 1e6
    );

    for (name, of, rows) in [
        ("j1 points in wards", "point", 1_000_000.0),
        ("j2 footprints to wards", "building", 500_000.0),
    ] {
        let totals = count(of, "count").totals.expect("an aggregate");
        let time = timed(|| {
            black_box(count(of, "count"));
        });
        let each = time.as_secs_f64() / rows;
        println!(
            "{name}: {time:.1?}, {:.0} ns each, {:.0} times the plain scan ({} counted, {} outside)",
            each * 1e9,
            plain / each,
            totals.counted,
            totals.outside
        );
    }
    let time = timed(|| {
        black_box(count("building", "area"));
    });
    println!("footprint area in each ward, cut at its edge: {time:.1?}");
    let time = timed(|| {
        black_box(ask(
            serde_json::json!({"layer": "building", "nearest": {"to": [77.6, 12.9], "k": 10}}),
        ));
    });
    println!("10 nearest of 500,000 footprints: {time:.1?}");
    let time = timed(|| {
        black_box(ask(
            serde_json::json!({"layer": "building", "filter": "floors > 6 AND code < 100000"}),
        ));
    });
    println!("a filter of two conditions over 500,000 footprints: {time:.1?}");
    let time = timed(|| {
        black_box(ask(serde_json::json!({
            "layer": "building", "relation": "distance", "distance_m": 250, "of": {"layer": "ward", "filter": "code = 44"}
        })));
    });
    println!("footprints within 250 m of a ward: {time:.1?}");
}

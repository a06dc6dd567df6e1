//! Aggregates, relations and neighbours in a made city, against looking at everything.

use geo_types::{Coord, Geometry, LineString, Polygon, Rect};

use super::{
    super::{
        Measure, QueryError, RelationName, Request, aggregate,
        budget::Budget,
        distance::{Near, Plane},
        nearest, relate,
        source::Source,
        spatial::Prepared,
    },
    Dice, Plain,
};
use crate::model::{Field, FieldType, Shapes, Table, Value};

/// Wards: a grid of areas with wiggly common edges around a city, and things in it.
fn city(dice: &mut Dice, side: usize) -> (Plain, Plain, Plain, Plain) {
    let (west, south, step) = (77.5, 12.9, 0.02);
    let mut corner = vec![];
    for _ in 0..(side + 1) * (side + 1) {
        corner.push([
            (dice.share() - 0.5) * step * 0.6,
            (dice.share() - 0.5) * step * 0.6,
        ]);
    }
    let at = |x: usize, y: usize| {
        let [dx, dy] = corner[y * (side + 1) + x];
        Coord {
            x: west + x as f64 * step + dx,
            y: south + y as f64 * step + dy,
        }
    };
    let plain = |shapes: Vec<Geometry<f64>>| {
        let mut found = Plain {
            table: Table::new(vec![Field::new("beds", FieldType::Integer)]),
            shapes: Shapes::new(),
        };
        for (row, shape) in shapes.iter().enumerate() {
            found.shapes.push_geo(shape);
            found.table.columns[0].push(if row % 7 == 0 {
                Value::Null
            } else {
                Value::Integer(row as i64 % 5)
            });
        }
        found
    };
    let mut wards = vec![];
    for y in 0..side {
        for x in 0..side {
            let ring = vec![
                at(x, y),
                at(x + 1, y),
                at(x + 1, y + 1),
                at(x, y + 1),
                at(x, y),
            ];
            wards.push(Polygon::new(LineString::new(ring), vec![]).into());
        }
    }
    let span = step * (side as f64 + 2.0);
    let mut place = || Coord {
        x: west - step + span * dice.share(),
        y: south - step + span * dice.share(),
    };
    let mut points: Vec<Geometry<f64>> = (0..3_000)
        .map(|_| Geometry::Point(place().into()))
        .collect();
    // Some exactly on corners, where up to four wards meet.
    points.extend((1..side).map(|n| Geometry::Point(at(n, n).into())));
    let lines = (0..400)
        .map(|_| LineString::new(vec![place(), place(), place()]).into())
        .collect();
    let blocks = (0..600)
        .map(|_| {
            let a = place();
            Rect::new(
                a,
                Coord {
                    x: a.x + 0.004,
                    y: a.y + 0.003,
                },
            )
            .to_polygon()
            .into()
        })
        .collect();
    (plain(wards), plain(points), plain(lines), plain(blocks))
}

fn all(source: &Plain) -> Vec<u32> {
    (0..source.rows()).collect()
}

/// How many pieces a line is cut into.
const PIECES: usize = 500;

fn tally(of: &Plain, wards: &Plain, measure: Measure, once: bool) -> aggregate::Tally {
    let (rows, into) = (all(of), all(wards));
    aggregate::tally(
        &aggregate::Ask {
            of,
            rows: &rows,
            within: wards,
            into: &into,
            once,
            measure,
            field: (measure == Measure::Sum).then_some(0),
        },
        &Budget::unbounded(),
    )
    .unwrap()
}

#[test]
fn aggregates_agree_with_looking_at_everything() {
    use geo::{Area, BooleanOps, Contains, Intersects};
    let mut dice = Dice(11);
    let (wards, points, lines, blocks) = city(&mut dice, 6);
    let ward = |row: usize| match wards.shapes.get(row).to_geo() {
        Some(Geometry::Polygon(area)) => area,
        other => panic!("{other:?}"),
    };
    // Counts: every point against every ward.
    let found = tally(&points, &wards, Measure::Count, false);
    for row in 0..wards.shapes.len() {
        let wanted = points
            .shapes
            .coords
            .iter()
            .filter(|at| ward(row).intersects(&Coord { x: at[0], y: at[1] }))
            .count();
        assert_eq!(found.values[row], Some(wanted as f64), "ward {row}");
    }
    let once = tally(&points, &wards, Measure::Count, true);
    assert_eq!(
        once.counted + once.outside + once.without_geometry,
        once.considered
    );
    assert_eq!(once.total, Some(once.counted as f64));
    assert!(
        found.total > once.total,
        "corner points belong to several wards unless counted once"
    );
    let sums = tally(&points, &wards, Measure::Sum, true);
    let wanted: i64 = (0..points.shapes.len())
        .filter(|&row| row % 7 != 0)
        .filter(|&row| {
            let [x, y] = points.shapes.coords[row];
            (0..wards.shapes.len()).any(|number| ward(number).intersects(&Coord { x, y }))
        })
        .map(|row| row as i64 % 5)
        .sum();
    assert_eq!(sums.total, Some(wanted as f64));
    assert!(sums.without_value > 0);
    // Areas: the overlay of every block with every ward, in the same plane, without any short cut.
    let plane = Plane::around(77.56);
    let flat = |geometry: &Geometry<f64>| match plane.geometry(geometry) {
        Geometry::Polygon(area) => area,
        other => panic!("{other:?}"),
    };
    let found = tally(&blocks, &wards, Measure::Area, true);
    for row in 0..wards.shapes.len() {
        let knife = flat(&Geometry::Polygon(ward(row)));
        let wanted: f64 = blocks
            .shapes
            .view()
            .iter()
            .map(|block| {
                knife
                    .intersection(&flat(&block.to_geo().unwrap()))
                    .unsigned_area()
            })
            .sum();
        let got = found.values[row].unwrap();
        assert!(
            (got - wanted).abs() < 1e-4 * wanted.max(1.0),
            "ward {row}: {got} {wanted}"
        );
    }
    // Lengths: cut into many short pieces, each where its middle lies.
    let found = tally(&lines, &wards, Measure::Length, true);
    let mut wanted = vec![0.0; wards.shapes.len()];
    let flats: Vec<_> = (0..wards.shapes.len())
        .map(|row| flat(&Geometry::Polygon(ward(row))))
        .collect();
    for line in lines.shapes.view().iter() {
        for pair in line.coords().windows(2) {
            let (a, b) = (plane.project(pair[0]), plane.project(pair[1]));
            for piece in 0..PIECES {
                let share = (piece as f64 + 0.5) / PIECES as f64;
                let middle = Coord {
                    x: a[0] + share * (b[0] - a[0]),
                    y: a[1] + share * (b[1] - a[1]),
                };
                if let Some(row) = flats.iter().position(|area| area.contains(&middle)) {
                    wanted[row] += (a[0] - b[0]).hypot(a[1] - b[1]) / PIECES as f64;
                }
            }
        }
    }
    for (row, wanted) in wanted.iter().enumerate() {
        let got = found.values[row].unwrap();
        assert!(
            (got - wanted).abs() < 0.01 * wanted.max(1000.0),
            "ward {row}: {got} {wanted}"
        );
    }
    // Density is the count over the ground.
    let dense = tally(&points, &wards, Measure::Density, true);
    let ground = aggregate::ground_area(&plane, &wards.shapes.get(0));
    let wanted = once.values[0].unwrap() / (ground / 1e6);
    assert!((dense.values[0].unwrap() / wanted - 1.0).abs() < 1e-6);
}

#[test]
fn relations_and_neighbours_agree_with_looking_at_everything() {
    use geo::{Distance, Geodesic};
    let mut dice = Dice(5);
    let (wards, points, lines, blocks) = city(&mut dice, 4);
    let budget = Budget::unbounded();
    let some: Vec<u32> = all(&wards).into_iter().step_by(3).collect();
    for of in [&points, &lines, &blocks] {
        for relation in [
            RelationName::Intersects,
            RelationName::Within,
            RelationName::Distance,
        ] {
            let found = relate::related(
                of,
                &all(of),
                relation,
                150.0,
                &relate::Against::Layer(&wards, &some),
                &budget,
            )
            .unwrap();
            let wanted: Vec<u32> = all(of)
                .into_iter()
                .filter(|&row| {
                    some.iter().any(|&ward| {
                        let geometry = wards.shapes.get(ward as usize).to_geo().unwrap();
                        let shape = of.shapes.get(row as usize);
                        match relation {
                            RelationName::Distance => {
                                Near::new(&geometry, 150.0).unwrap().holds(&shape)
                            }
                            RelationName::Within => Prepared::new(geometry)
                                .unwrap()
                                .matrix(&shape)
                                .is_some_and(|m| m.is_contains()),
                            RelationName::Intersects => Prepared::new(geometry)
                                .unwrap()
                                .matrix(&shape)
                                .is_some_and(|m| m.is_intersects()),
                        }
                    })
                })
                .collect();
            assert_eq!(found, wanted, "{relation:?}");
        }
    }
    // Asked from either side, within a distance gives the same.
    let few: Vec<u32> = (0..20).collect();
    let near = |rows: &[u32], others: &[u32]| {
        relate::related(
            &points,
            rows,
            RelationName::Distance,
            700.0,
            &relate::Against::Layer(&blocks, others),
            &budget,
        )
        .unwrap()
    };
    assert_eq!(near(&few, &all(&blocks)), {
        let mut found: Vec<u32> = all(&blocks)
            .chunks(30)
            .flat_map(|others| near(&few, others))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    });
    // Neighbours: every geodesic measured.
    for _ in 0..20 {
        let place = [77.5 + 0.08 * dice.share(), 12.9 + 0.08 * dice.share()];
        let found = nearest::nearest(&points, &all(&points), place, 7, &budget).unwrap();
        let mut wanted: Vec<f64> = points
            .shapes
            .coords
            .iter()
            .map(|at| {
                Geodesic.distance(
                    geo_types::Point::new(place[0], place[1]),
                    geo_types::Point::new(at[0], at[1]),
                )
            })
            .collect();
        wanted.sort_by(f64::total_cmp);
        for (found, wanted) in found.iter().zip(&wanted) {
            assert!(
                (found.1 - wanted).abs() < 1e-3 + wanted * 1e-6,
                "{found:?} {wanted}"
            );
        }
    }
}

#[test]
fn a_question_refuses_members_it_does_not_know_and_work_beyond_its_budget() {
    let parse = |json: serde_json::Value| serde_json::from_value::<Request>(json);
    assert!(parse(serde_json::json!({"layer": "toilet", "where": {"a": 1}, "of": {"layer": "ward", "filter": "a=1"}})).is_ok());
    for wrong in [
        serde_json::json!({"layer": "toilet", "wher": {}}),
        serde_json::json!({"layer": "toilet", "of": {"layer": "ward", "filtr": "a=1"}}),
        serde_json::json!({"layer": "toilet", "aggregate": {"of": "ward", "measure": "mean"}}),
    ] {
        assert!(parse(wrong.clone()).is_err(), "{wrong}");
    }
    let mut dice = Dice(1);
    let (wards, _, lines, _) = city(&mut dice, 4);
    let stopped = || true;
    let (lines_rows, ward_rows) = (all(&lines), all(&wards));
    let against = relate::Against::Layer(&wards, &ward_rows);
    let few = Budget::until(&stopped).with_pairs(10);
    let found = relate::related(
        &lines,
        &lines_rows,
        RelationName::Intersects,
        0.0,
        &against,
        &few,
    );
    assert!(matches!(
        found,
        Err(QueryError::TooMuch { limit: 10, .. } | QueryError::Expired)
    ));
    let late = Budget::until(&stopped);
    assert_eq!(late.look(), Err(QueryError::Expired));
}

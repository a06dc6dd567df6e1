//! Predicates and distances on random shapes, against GEOS and PROJ.

use geo_types::{Coord, Geometry, LineString, MultiPoint, Polygon, Rect};

use super::{
    super::{
        distance::Plane,
        spatial::{Prepared, as_shapes},
    },
    Dice,
};

fn random_shape(dice: &mut Dice) -> Geometry<f64> {
    let at = |dice: &mut Dice| Coord {
        x: dice.grid(),
        y: dice.grid(),
    };
    match dice.roll(5) {
        0 => Geometry::Point(at(dice).into()),
        1 => Geometry::MultiPoint(MultiPoint::new(vec![at(dice).into(), at(dice).into()])),
        2 => loop {
            let line = LineString::new((0..2 + dice.roll(3)).map(|_| at(dice)).collect());
            if line.0.windows(2).all(|pair| pair[0] != pair[1]) {
                return line.into();
            }
        },
        3 => {
            let (a, b) = (at(dice), at(dice));
            let (w, h) = (1.0 + dice.grid() / 2.0, 1.0 + dice.grid() / 2.0);
            let shell = Rect::new(
                a,
                Coord {
                    x: a.x + w,
                    y: a.y + h,
                },
            )
            .to_polygon();
            let hole = Rect::new(
                Coord {
                    x: a.x + w / 4.0,
                    y: a.y + h / 4.0,
                },
                Coord {
                    x: a.x + w / 2.0,
                    y: a.y + h / 2.0,
                },
            )
            .to_polygon();
            let holes = if b.x > 4.0 {
                vec![hole.exterior().clone()]
            } else {
                vec![]
            };
            Polygon::new(shell.exterior().clone(), holes).into()
        }
        _ => {
            // A star around a middle is simple, whatever its corners.
            let (x, y) = (dice.grid(), dice.grid());
            let count = 3 + dice.roll(6);
            let mut ring: Vec<Coord<f64>> = (0..count)
                .map(|corner| {
                    let turn = corner as f64 / count as f64 * std::f64::consts::TAU;
                    let reach = 0.5 + 3.0 * dice.share();
                    Coord {
                        x: x + reach * turn.cos(),
                        y: y + reach * turn.sin(),
                    }
                })
                .collect();
            ring.push(ring[0]);
            Polygon::new(LineString::new(ring), vec![]).into()
        }
    }
}

#[test]
fn predicates_agree_with_geos_on_random_shapes() {
    use gdal::vector::ToGdal;
    let mut dice = Dice(7);
    let (mut met, mut within) = (0, 0);
    for round in 0..8_000 {
        let (a, b) = (random_shape(&mut dice), random_shape(&mut dice));
        let shapes = as_shapes(&a);
        let prepared = Prepared::new(b.clone()).unwrap();
        let (ga, gb) = (a.to_gdal().unwrap(), b.to_gdal().unwrap());
        let (wanted, found) = (ga.intersects(&gb), prepared.intersects(&shapes.get(0)));
        assert_eq!(found, wanted, "round {round}: {a:?} meets {b:?}");
        let (wanted, found) = (ga.within(&gb), prepared.covers_within(&shapes.get(0)));
        assert_eq!(found, wanted, "round {round}: {a:?} within {b:?}");
        if let Some(matrix) = prepared.matrix(&shapes.get(0)) {
            assert_eq!(
                matrix.is_touches(),
                ga.touches(&gb),
                "round {round}: {a:?} touches {b:?}"
            );
            assert_eq!(
                matrix.is_crosses(),
                ga.crosses(&gb),
                "round {round}: {a:?} crosses {b:?}"
            );
            assert_eq!(
                matrix.is_overlaps(),
                ga.overlaps(&gb),
                "round {round}: {a:?} overlaps {b:?}"
            );
            assert_eq!(
                matrix.is_within(),
                ga.contains(&gb),
                "round {round}: {a:?} contains {b:?}"
            );
        }
        met += usize::from(ga.intersects(&gb));
        within += usize::from(ga.within(&gb));
    }
    assert!(
        met > 500 && within > 50,
        "the cases are too tame: {met} {within}"
    );
}

#[test]
fn the_plane_agrees_with_proj_and_its_distances_with_the_geodesic() {
    use geo::{Distance, Geodesic};
    let mut dice = Dice(3);
    let mut worst: f64 = 0.0;
    for _ in 0..2_000 {
        // A city: 60 km around a middle anywhere in India.
        let middle = [70.0 + 25.0 * dice.share(), 8.0 + 28.0 * dice.share()];
        let plane = Plane::around(middle[0]);
        let place = [
            middle[0] + 0.54 * (dice.share() - 0.5),
            middle[1] + 0.54 * (dice.share() - 0.5),
        ];
        let other = [
            place[0] + 0.01 * (dice.share() - 0.5),
            place[1] + 0.01 * (dice.share() - 0.5),
        ];
        let (a, b) = (plane.project(place), plane.project(other));
        let flat = (a[0] - b[0]).hypot(a[1] - b[1]) / plane.scale(f64::midpoint(a[0], b[0]));
        let point = |at: [f64; 2]| geo_types::Point::new(at[0], at[1]);
        let ground = Geodesic.distance(point(place), point(other));
        worst = worst.max((flat / ground - 1.0).abs());
    }
    assert!(worst < 4e-7, "{worst:e}");
    // EPSG:32643 is this plane around 75 degrees, shrunk to 0.9996 and moved 500 km.
    let proj = crate::crs::Reprojector::between("EPSG:4326", "EPSG:32643").unwrap();
    for place in [[77.5946, 12.9716], [72.8, 19.0], [76.7, 30.7], [78.0, 35.0]] {
        let mut at = [place];
        assert_eq!(proj.apply(&mut at), 0);
        let [x, y] = Plane::around(75.0).project(place);
        let wanted = [x * 0.9996 + 500_000.0, y * 0.9996];
        assert!(
            (at[0][0] - wanted[0]).abs() < 1e-4 && (at[0][1] - wanted[1]).abs() < 1e-4,
            "{at:?} {wanted:?}"
        );
    }
}

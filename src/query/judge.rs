//! The judges of queries: the standard's own filters, GEOS, and answers worked out by looking at everything.

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use gdal::vector::LayerAccess;

    use geo_types::{Coord, Geometry, LineString, MultiPoint, Polygon, Rect};

    use super::super::{
        Measure, Query, QueryError, RelationName, Request, aggregate,
        budget::Budget,
        distance::{Near, Plane},
        filter::{Filter, world_box},
        nearest, relate, select,
        source::Source,
        spatial::{Prepared, as_shapes},
    };
    use crate::model::{
        Column, Field, FieldType, Shapes, Table, Value,
        value::{NULL_CODE, parse_date},
    };

    pub(crate) fn shared(path: &str) -> Option<PathBuf> {
        let root = std::env::var("PARAT_SHARED")
            .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
        let found = Path::new(&root).join(path);
        found.exists().then_some(found)
    }

    /// A plain table: no index, no dictionary but its own, every answer by looking.
    pub(crate) struct Plain {
        pub(crate) table: Table,
        pub(crate) shapes: Shapes<f64>,
    }

    impl Source for Plain {
        fn rows(&self) -> u32 {
            self.shapes.len() as u32
        }
        fn fields(&self) -> &[Field] {
            &self.table.fields
        }
        fn value(&self, row: u32, field: usize) -> Value<'_> {
            self.table.columns[field].get(row as usize)
        }
        fn distinct(&self, field: usize) -> Option<usize> {
            match &self.table.columns[field] {
                Column::Text(text) => Some(text.distinct()),
                _ => None,
            }
        }
        fn code(&self, row: u32, field: usize) -> u32 {
            match &self.table.columns[field] {
                Column::Text(text) => text.codes[row as usize],
                _ => NULL_CODE,
            }
        }
        fn entry(&self, field: usize, code: u32) -> Value<'_> {
            match &self.table.columns[field] {
                Column::Text(text) => Value::Text(text.entry(code)),
                _ => Value::Null,
            }
        }
        fn bounds(&self, row: u32) -> Option<[u32; 4]> {
            let found = world_box(&self.shapes.get(row as usize).bbox()?);
            Some(found)
        }
        fn point(&self, row: u32) -> Option<[u32; 2]> {
            let shape = self.shapes.get(row as usize);
            (shape.kind == crate::model::ShapeKind::Point)
                .then(|| crate::model::world::from_lonlat(shape.coords()[0]))
        }
        fn label(&self, row: u32) -> Option<[u32; 2]> {
            use geo::InteriorPoint;
            let at = self.shapes.get(row as usize).to_geo()?.interior_point()?;
            Some(crate::model::world::from_lonlat([at.x(), at.y()]))
        }
        fn search(&self, [west, north, east, south]: [u32; 4], out: &mut Vec<u32>) {
            out.extend((0..self.rows()).filter(|&row| {
                self.bounds(row)
                    .is_some_and(|b| b[0] <= east && west <= b[2] && b[1] <= south && north <= b[3])
            }));
        }
        fn shape(&self, row: u32, out: &mut Shapes<f64>) {
            out.push_shape(self.shapes.get(row as usize));
        }
    }

    /// A layer of a file as it is, read by GDAL.
    pub(crate) fn read(path: &Path, layer: Option<&str>) -> Plain {
        let dataset = gdal::Dataset::open(path).unwrap();
        let mut layer = match layer {
            Some(name) => dataset.layer_by_name(name).unwrap(),
            None => dataset.layer(0).unwrap(),
        };
        let fields: Vec<Field> = layer
            .defn()
            .fields()
            .map(|field| {
                use gdal::vector::OGRFieldType;
                let kind = match field.field_type() {
                    OGRFieldType::OFTInteger if field.name() == "boolean" => FieldType::Bool,
                    OGRFieldType::OFTInteger | OGRFieldType::OFTInteger64 => FieldType::Integer,
                    OGRFieldType::OFTReal => FieldType::Real,
                    OGRFieldType::OFTDate => FieldType::Date,
                    OGRFieldType::OFTDateTime => FieldType::DateTime,
                    _ => FieldType::Text,
                };
                Field::new(field.name(), kind)
            })
            .collect();
        let mut table = Table::new(fields.clone());
        let mut shapes = Shapes::new();
        for feature in layer.features() {
            for (at, field) in fields.iter().enumerate() {
                let text = feature.field_as_string(at).unwrap().unwrap_or_default();
                let null = feature.field(at).unwrap().is_none();
                let value = match field.kind {
                    _ if null => Value::Null,
                    FieldType::Text => Value::Text(&text),
                    FieldType::Integer => Value::Integer(text.parse().unwrap()),
                    FieldType::Real => Value::Real(text.parse().unwrap()),
                    FieldType::Bool => Value::Bool(text == "1"),
                    FieldType::Date => Value::Date(parse_date(&text.replace('/', "-")).unwrap()),
                    FieldType::DateTime => {
                        let iso = text
                            .replace('/', "-")
                            .replacen(' ', "T", 1)
                            .replace("+00", "");
                        Value::DateTime(
                            format!("{iso}Z")
                                .parse::<jiff::Timestamp>()
                                .unwrap()
                                .as_millisecond(),
                        )
                    }
                };
                table.columns[at].push(value);
            }
            match feature.geometry() {
                Some(geometry) => shapes.push_geo(&geometry.to_geo().unwrap()),
                None => shapes.push_none(crate::model::ShapeKind::Missing),
            }
        }
        Plain { table, shapes }
    }

    pub(crate) fn count(source: &dyn Source, filter: &str) -> Result<u64, String> {
        let query = Query {
            filter: Some(Filter::parse_text(filter).map_err(|error| error.to_string())?),
            ..Query::default()
        };
        select::rows(source, &query, &Budget::unbounded())
            .map(|rows| rows.len() as u64)
            .map_err(|error| error.to_string())
    }

    /// Filters of the standard's Annex A that we get wrong. One that starts to pass fails the test.
    /// Of the places only Chicago, Chengdu and Chișinău begin with Ch, and only the last with Chis: the counts
    /// of the standard (2, 2, 2) disagree with its own data.
    const KNOWN_FAILURES: &[&str] = &[
        "ACCENTI(name) LIKE accenti('Ch%')",
        "ACCENTI(CASEI(name)) LIKE accenti(casei('Chiș%'))",
        "ACCENTI(CASEI(name)) LIKE accenti(casei('cHis%'))",
    ];

    #[test]
    fn every_filter_of_annex_a_matches_as_many_features_as_the_standard_says() {
        let Some(folder) = shared("data/cql2") else {
            #[expect(clippy::print_stdout, reason = "a skipped judge must be seen")]
            {
                println!("skipped: 2 real files (shared data absent)");
            }
            return;
        };
        let table = std::fs::read_to_string(folder.join("ats_expected.tsv")).unwrap();
        let layers: Vec<_> = [
            "ne_110m_admin_0_countries",
            "ne_110m_populated_places_simple",
            "ne_110m_rivers_lake_centerlines",
        ]
        .map(|name| (name, read(&folder.join("ne110m4cql2.gpkg"), Some(name))))
        .into();
        let (mut wrong, mut passed, mut mended) = (vec![], 0, vec![]);
        for line in table.lines().skip(1) {
            let cells: Vec<_> = line.split('\t').collect();
            let [class, _, _, layer, filter, wanted] = cells[..] else {
                panic!("{line}")
            };
            let source = &layers.iter().find(|(name, _)| *name == layer).unwrap().1;
            let found = count(source, filter);
            let good = found == Ok(wanted.parse().unwrap());
            match (good, KNOWN_FAILURES.contains(&filter)) {
                (true, false) => passed += 1,
                (true, true) => mended.push(filter),
                (false, true) => {}
                (false, false) => wrong.push(format!("{class}: {filter}: {found:?}, not {wanted}")),
            }
        }
        assert!(
            wrong.is_empty(),
            "{passed} pass, {} do not:\n{}",
            wrong.len(),
            wrong.join("\n")
        );
        assert!(
            mended.is_empty(),
            "known failures that pass now: {mended:?}"
        );
        assert_eq!(passed + KNOWN_FAILURES.len(), 351);
    }

    /// A small deterministic generator.
    struct Dice(u64);

    impl Dice {
        fn roll(&mut self, below: u64) -> u64 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) % below
        }
        /// On a coarse grid, so that shapes touch, share edges and corners.
        fn grid(&mut self) -> f64 {
            self.roll(9) as f64
        }
        fn share(&mut self) -> f64 {
            self.roll(1 << 30) as f64 / f64::from(1 << 30)
        }
    }

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
    fn hostile_filters_are_refused_and_never_overflow() {
        for filter in [
            "(".repeat(10_000),
            "NOT ".repeat(10_000) + "true",
            "-".repeat(10_000) + "1",
            "1".to_owned() + &"+1".repeat(10_000) + "=1",
            "1=1".to_owned() + &" AND 1=1".repeat(10_000),
            format!("a IN ({}1)", "1,".repeat(10_000)),
            "CASEI(".repeat(5_000),
            format!("S_INTERSECTS(geom,{}", "GEOMETRYCOLLECTION(".repeat(3_000)),
            "x".repeat(300_000),
            "'".to_owned(),
            "a = ".to_owned(),
            "a LIKE b LIKE c".to_owned(),
            "\u{0}".to_owned(),
        ] {
            let found = std::thread::Builder::new()
                .stack_size(1024 * 1024)
                .spawn(move || Filter::parse_text(&filter).map(|_| ()))
                .unwrap()
                .join()
                .expect("no overflow");
            assert!(found.is_err());
        }
        let mut deep = serde_json::json!(true);
        for _ in 0..100 {
            deep = serde_json::json!({"op": "not", "args": [deep]});
        }
        assert!(Filter::parse_json(&deep).is_err());
    }

    #[test]
    fn text_and_json_mean_the_same() {
        for (text, json) in [
            (
                "name LIKE 'B%' AND NOT pop > 5",
                serde_json::json!({"op":"and","args":[
                    {"op":"like","args":[{"property":"name"},"B%"]},
                    {"op":"not","args":[{"op":">","args":[{"property":"pop"},5]}]}]}),
            ),
            (
                "S_INTERSECTS(geom,POINT(1 2)) OR t_after(d,DATE('2022-01-01'))",
                serde_json::json!({"op":"or","args":[
                    {"op":"s_intersects","args":[{"property":"geom"},{"type":"Point","coordinates":[1,2]}]},
                    {"op":"t_after","args":[{"property":"d"},{"date":"2022-01-01"}]}]}),
            ),
            (
                "a BETWEEN 1 AND 2*3",
                serde_json::json!({"op":"between","args":[{"property":"a"},1,{"op":"*","args":[2,3]}]}),
            ),
            (
                "CASEI(n) IN (casei('X'),'y')",
                serde_json::json!({"op":"in","args":[{"op":"casei","args":[{"property":"n"}]},[{"op":"casei","args":["X"]},"y"]]}),
            ),
        ] {
            assert_eq!(
                Filter::parse_text(text),
                Filter::parse_json(&json),
                "{text}"
            );
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
}

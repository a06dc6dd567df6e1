//! What lies in each area: counts, sums, densities, and lengths and areas cut at the area's edge.

use geo::{Area, BooleanOps};
use geo_types::{Coord, LineString, MultiPolygon, Polygon};

use super::{
    Measure, QueryError,
    areas::{Areas, exact_place, place_of},
    budget::Budget,
    distance::Plane,
    edges::{Edges, Position, Xy},
    filter::world_box,
    source::Source,
};
use crate::model::{Bbox, ShapeRef, Shapes};

/// What each area got, in the order of its rows, and what was left over.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Tally {
    pub(super) values: Vec<Option<f64>>,
    pub(super) considered: u64,
    pub(super) counted: u64,
    pub(super) outside: u64,
    pub(super) without_geometry: u64,
    pub(super) without_value: u64,
    pub(super) total: Option<f64>,
}

/// The question: `rows` of `of`, in the areas that are the rows `into` of `within`.
pub(super) struct Ask<'a> {
    pub(super) of: &'a dyn Source,
    pub(super) rows: &'a [u32],
    pub(super) within: &'a dyn Source,
    pub(super) into: &'a [u32],
    /// True when each feature belongs to one area only: the areas cover the ground.
    pub(super) once: bool,
    pub(super) measure: Measure,
    /// The summed field.
    pub(super) field: Option<usize>,
}

/// Works it out.
pub(super) fn tally(ask: &Ask<'_>, budget: &Budget<'_>) -> Result<Tally, QueryError> {
    let areas = Areas::new(ask.within, ask.into, budget)?;
    match ask.measure {
        Measure::Count | Measure::Sum | Measure::Density => counted(ask, &areas, budget),
        Measure::Length | Measure::Area => measured(ask, &areas, budget),
    }
}

fn counted(ask: &Ask<'_>, areas: &Areas, budget: &Budget<'_>) -> Result<Tally, QueryError> {
    let mut tally = Tally {
        considered: ask.rows.len() as u64,
        ..Tally::default()
    };
    let mut sums = vec![0.0; ask.into.len()];
    let mut shapes = Shapes::new();
    for &row in ask.rows {
        budget.steps(1)?;
        let Some(place) = place_of(ask.of, row) else {
            tally.without_geometry += 1;
            continue;
        };
        let add = match ask.field {
            None => Some(1.0),
            Some(field) => ask.of.value(row, field).as_f64(),
        };
        let mut hits = 0_u64;
        areas.at(
            place.0,
            || exact_place(ask.of, row, place, &mut shapes),
            |number, _| {
                if hits == 0 || !ask.once {
                    sums[number as usize] += add.unwrap_or(0.0);
                }
                hits += 1;
            },
        );
        if hits == 0 {
            tally.outside += 1;
        } else {
            tally.counted += 1;
            tally.without_value += u64::from(add.is_none());
        }
    }
    if ask.measure == Measure::Density {
        let plane = plane_of(ask.within, ask.into);
        let mut values = vec![];
        for (&row, count) in ask.into.iter().zip(sums) {
            shapes.clear();
            ask.within.shape(row, &mut shapes);
            let ground = shapes
                .kinds
                .first()
                .map_or(0.0, |_| ground_area(&plane, &shapes.get(0)));
            values.push((ground > 0.0).then(|| count / (ground / 1e6)));
        }
        tally.values = values;
    } else {
        tally.total = Some(sums.iter().sum());
        tally.values = sums.into_iter().map(Some).collect();
    }
    Ok(tally)
}

fn plane_of(source: &dyn Source, rows: &[u32]) -> Plane {
    let mut all: Option<[u32; 4]> = None;
    for bounds in rows.iter().filter_map(|&row| source.bounds(row)) {
        all = Some(all.map_or(bounds, |a| {
            [
                a[0].min(bounds[0]),
                a[1].min(bounds[1]),
                a[2].max(bounds[2]),
                a[3].max(bounds[3]),
            ]
        }));
    }
    let middle = all.map_or(0, |a| u32::midpoint(a[0], a[2]));
    Plane::around(crate::model::world::to_lonlat([middle, 0])[0])
}

/// Square metres of an area on the ground; 0 for what is none.
pub(super) fn ground_area(plane: &Plane, shape: &ShapeRef<'_, f64>) -> f64 {
    if shape.kind.dimension() != Some(2) {
        return 0.0;
    }
    let mut flat = Shapes::new();
    plane.shape(shape, &mut flat);
    let flat = flat.get(0);
    let Some(bbox) = flat.bbox() else {
        return 0.0;
    };
    let origin = [bbox.west, bbox.south];
    let mut sum = 0.0;
    for part in flat.parts() {
        for (at, ring) in part.rings().enumerate() {
            let area = ring_area(ring, origin);
            sum += if at == 0 { area } else { -area };
        }
    }
    let scale = plane.scale(f64::midpoint(bbox.west, bbox.east));
    sum.max(0.0) / (scale * scale)
}

fn ring_area(ring: &[Xy], origin: Xy) -> f64 {
    ring.windows(2)
        .map(|pair| {
            let (a, b) = (pair[0], pair[1]);
            (a[0] - origin[0]) * (b[1] - origin[1]) - (b[0] - origin[0]) * (a[1] - origin[1])
        })
        .sum::<f64>()
        .abs()
        / 2.0
}

/// Metres of a shape's lines on the ground.
fn ground_length(plane: &Plane, flat: &ShapeRef<'_, f64>) -> f64 {
    let mut sum = 0.0;
    for ring in flat.parts().flat_map(|part| part.rings()) {
        for pair in ring.windows(2) {
            sum += segment_length(plane, pair[0], pair[1]);
        }
    }
    sum
}

fn segment_length(plane: &Plane, a: Xy, b: Xy) -> f64 {
    (a[0] - b[0]).hypot(a[1] - b[1]) / plane.scale(f64::midpoint(a[0], b[0]))
}

fn measured(ask: &Ask<'_>, areas: &Areas, budget: &Budget<'_>) -> Result<Tally, QueryError> {
    let plane = plane_of(ask.within, ask.into);
    let mut wanted = vec![false; ask.of.rows() as usize];
    let mut met = vec![false; ask.of.rows() as usize];
    let mut tally = Tally {
        considered: ask.rows.len() as u64,
        ..Tally::default()
    };
    for &row in ask.rows {
        wanted[row as usize] = true;
        tally.without_geometry += u64::from(ask.of.bounds(row).is_none());
    }
    let (mut shapes, mut flat, mut near) = (Shapes::new(), Shapes::new(), vec![]);
    for (number, &row) in ask.into.iter().enumerate() {
        let number = number as u32;
        if areas.edges(number).is_empty() {
            tally.values.push(None);
            continue;
        }
        shapes.clear();
        flat.clear();
        ask.within.shape(row, &mut shapes);
        plane.shape(&shapes.get(0), &mut flat);
        let reach = world_box(&shapes.get(0).bbox().unwrap_or(Bbox::from([0.0; 4])));
        let knife = Knife::new(&flat.get(0));
        near.clear();
        ask.of.search(reach, &mut near);
        let mut sum = 0.0;
        for &other in near.iter().filter(|&&other| wanted[other as usize]) {
            let Some(bounds) = ask.of.bounds(other) else {
                continue;
            };
            shapes.clear();
            flat.clear();
            ask.of.shape(other, &mut shapes);
            if shapes.is_empty() {
                continue;
            }
            let shape = shapes.get(0);
            budget.pairs(1 + shape.coords().len() as u64 / 16)?;
            let whole = areas.whole(bounds) == Some(number);
            let part = if ask.measure == Measure::Area {
                if whole {
                    ground_area(&plane, &shape)
                } else {
                    plane.shape(&shape, &mut flat);
                    knife.area(&plane, &flat.get(0))
                }
            } else {
                plane.shape(&shape, &mut flat);
                if whole {
                    ground_length(&plane, &flat.get(0))
                } else {
                    knife.length(&plane, &flat.get(0))
                }
            };
            if part > 0.0 {
                met[other as usize] = true;
                sum += part;
            }
        }
        tally.values.push(Some(sum));
    }
    tally.counted = met.iter().filter(|met| **met).count() as u64;
    tally.outside = tally.considered - tally.counted - tally.without_geometry;
    tally.total = Some(tally.values.iter().flatten().sum());
    Ok(tally)
}

/// An area that others are cut with. All in one plane.
struct Knife {
    edges: Edges,
    /// Shell first, then holes, for each part.
    parts: Vec<Vec<Vec<Xy>>>,
}

impl Knife {
    fn new(flat: &ShapeRef<'_, f64>) -> Self {
        let parts: Vec<Vec<Vec<Xy>>> = flat
            .parts()
            .map(|part| part.rings().map(<[Xy]>::to_vec).collect())
            .collect();
        let edges = parts
            .iter()
            .flatten()
            .flat_map(|ring: &Vec<Xy>| ring.windows(2).map(|pair| [pair[0], pair[1]]))
            .collect();
        Self {
            edges: Edges::new(edges),
            parts,
        }
    }

    /// Metres of line inside. A stretch that runs along the edge counts half, so that two neighbours
    /// together count it once.
    fn length(&self, plane: &Plane, flat: &ShapeRef<'_, f64>) -> f64 {
        let mut cuts = vec![];
        let mut sum = 0.0;
        for ring in flat.parts().flat_map(|part| part.rings()) {
            for pair in ring.windows(2) {
                let (a, b) = (pair[0], pair[1]);
                cuts.clear();
                cuts.extend([0.0, 1.0]);
                for &[c, d] in self.edges.near(a[1].min(b[1]), a[1].max(b[1])) {
                    cut(a, b, c, d, &mut cuts);
                }
                cuts.sort_by(f64::total_cmp);
                cuts.dedup();
                let length = segment_length(plane, a, b);
                for span in cuts.windows(2) {
                    let middle = f64::midpoint(span[0], span[1]);
                    let at = [a[0] + middle * (b[0] - a[0]), a[1] + middle * (b[1] - a[1])];
                    sum += match self.edges.locate(at) {
                        Position::Inside => 1.0,
                        Position::Boundary => 0.5,
                        Position::Outside => 0.0,
                    } * (span[1] - span[0])
                        * length;
                }
            }
        }
        sum
    }

    /// Square metres inside.
    fn area(&self, plane: &Plane, flat: &ShapeRef<'_, f64>) -> f64 {
        let Some(bbox) = flat.bbox() else {
            return 0.0;
        };
        // The knife is first cut to the box of the shape, which costs one pass over its corners; what
        // remains is small, and so is the overlay. Both are moved to the origin, where numbers are short.
        let origin = [bbox.west, bbox.south];
        let polygon = |rings: Vec<Vec<Xy>>| {
            let mut rings = rings.into_iter().map(|ring| {
                LineString::new(
                    ring.iter()
                        .map(|at| Coord {
                            x: at[0] - origin[0],
                            y: at[1] - origin[1],
                        })
                        .collect(),
                )
            });
            let shell = rings.next().unwrap_or_else(|| LineString::new(vec![]));
            Polygon::new(shell, rings.collect())
        };
        let knife: Vec<Polygon<f64>> = self
            .parts
            .iter()
            .map(|part| {
                part.iter()
                    .enumerate()
                    .map(|(at, ring)| (at, boxed(ring, &bbox)))
                    .filter(|(at, ring)| *at == 0 || ring.len() >= 4)
                    .map(|(_, ring)| ring)
                    .collect::<Vec<_>>()
            })
            .filter(|part: &Vec<Vec<Xy>>| part.first().is_some_and(|shell| shell.len() >= 4))
            .map(polygon)
            .collect();
        if knife.is_empty() {
            return 0.0;
        }
        let shape = MultiPolygon::new(
            flat.parts()
                .map(|part| polygon(part.rings().map(<[Xy]>::to_vec).collect()))
                .collect(),
        );
        let common = MultiPolygon::new(knife)
            .intersection(&shape)
            .unsigned_area();
        let scale = plane.scale(f64::midpoint(bbox.west, bbox.east));
        common / (scale * scale)
    }
}

/// Adds where, from 0 to 1 on the way from a to b, an edge crosses it.
fn cut(a: Xy, b: Xy, c: Xy, d: Xy, cuts: &mut Vec<f64>) {
    let (ux, uy) = (b[0] - a[0], b[1] - a[1]);
    let (vx, vy) = (d[0] - c[0], d[1] - c[1]);
    let cross = ux * vy - uy * vx;
    if cross == 0.0 {
        // Along the edge, or beside it: its ends cut.
        let length_sq = ux * ux + uy * uy;
        if length_sq > 0.0 {
            for end in [c, d] {
                let share = ((end[0] - a[0]) * ux + (end[1] - a[1]) * uy) / length_sq;
                if share > 0.0 && share < 1.0 {
                    cuts.push(share);
                }
            }
        }
        return;
    }
    let (wx, wy) = (c[0] - a[0], c[1] - a[1]);
    let on_way = (wx * vy - wy * vx) / cross;
    let on_edge = (wx * uy - wy * ux) / cross;
    if on_way > 0.0 && on_way < 1.0 && (-1e-9..=1.0 + 1e-9).contains(&on_edge) {
        cuts.push(on_way);
    }
}

/// A ring cut to a box (Sutherland and Hodgman). Where the ring leaves and comes back, edges run along the
/// box and enclose nothing.
fn boxed(ring: &[Xy], bbox: &Bbox) -> Vec<Xy> {
    let mut points: Vec<Xy> = ring.to_vec();
    for (axis, limit, keep_above) in [
        (0, bbox.west, true),
        (0, bbox.east, false),
        (1, bbox.south, true),
        (1, bbox.north, false),
    ] {
        let inside = |at: &Xy| {
            if keep_above {
                at[axis] >= limit
            } else {
                at[axis] <= limit
            }
        };
        let mut kept: Vec<Xy> = Vec::with_capacity(points.len());
        for pair in points.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let (a_in, b_in) = (inside(&a), inside(&b));
            if a_in {
                kept.push(a);
            }
            if a_in != b_in {
                let share = (limit - a[axis]) / (b[axis] - a[axis]);
                let mut at = [a[0] + share * (b[0] - a[0]), a[1] + share * (b[1] - a[1])];
                at[axis] = limit;
                kept.push(at);
            }
        }
        if let Some(&first) = kept.first() {
            kept.push(first);
        }
        points = kept;
    }
    points
}

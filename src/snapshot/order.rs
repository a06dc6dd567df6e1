//! In which order rows lie in the files, which of them matter most, and from which zoom each is shown.

use std::collections::HashMap;

use crate::model::{Column, Layer, RankBy, ShapeRef, ShapesRef, Table, grid::hilbert, world};

/// A layer with no more features shows all of them at every zoom.
pub(crate) const SMALL_LAYER: usize = 1000;
/// How many features of a layer a tile takes, and how many bytes we plan for them: a little less than
/// the limit at which a tile is cut, because features cross tile edges.
const TILE_FEATURES: u32 = 16_000;
const TILE_BYTES: u32 = 380_000;
/// From this zoom on everything is shown that fits.
const LAST_PLANNED_ZOOM: u8 = 16;

/// The box around world positions; none without any.
pub(super) fn bounds(coords: &[[u32; 2]]) -> Option<[u32; 4]> {
    let &[x, y] = coords.first()?;
    Some(coords.iter().fold([x, y, x, y], |b, &[x, y]| {
        [b[0].min(x), b[1].min(y), b[2].max(x), b[3].max(y)]
    }))
}

/// In which order a layer's rows are written.
pub(super) struct Order {
    pub(super) rows: Vec<u32>,
    /// How many of them have a place: coordinates, and all of them numbers. The others come last, and are written
    /// as rows without geometry; the gate has said so before.
    pub(super) placed: usize,
}

/// The rows along the curve; ids settle what lies at one place, so the order of delivery leaves no trace.
pub(super) fn along_curve(layer: &Layer) -> Order {
    let mut order: Vec<(u64, u32)> = layer
        .shapes
        .view()
        .iter()
        .enumerate()
        .map(|(row, shape)| {
            let finite = shape.coords().iter().flatten().all(|at| at.is_finite());
            let place = shape.bbox().filter(|_| finite).map_or(u64::MAX, |bbox| {
                let [x0, y1] = world::from_lonlat([bbox.west, bbox.south]);
                let [x1, y0] = world::from_lonlat([bbox.east, bbox.north]);
                // The last place of the curve is left to rows without any.
                hilbert([u32::midpoint(x0, x1), u32::midpoint(y0, y1)]).min(u64::MAX - 1)
            });
            (place, row as u32)
        })
        .collect();
    order.sort_unstable();
    for same in order.chunk_by_mut(|a, b| a.0 == b.0) {
        same.sort_unstable_by_key(|&(_, row)| (layer.ids[row as usize], row));
    }
    Order {
        placed: order.partition_point(|&(place, _)| place < u64::MAX),
        rows: order.into_iter().map(|(_, row)| row).collect(),
    }
}

/// Length of a path in cells.
fn length(ring: &[[u32; 2]]) -> f64 {
    let step = |a: u32, b: u32| f64::from(a) - f64::from(b);
    ring.windows(2)
        .map(|pair| step(pair[0][0], pair[1][0]).hypot(step(pair[0][1], pair[1][1])))
        .sum()
}

/// Twice the area of a ring in cells, without its sign.
pub(super) fn double_area(ring: &[[u32; 2]]) -> f64 {
    let Some(&[x0, y0]) = ring.first() else {
        return 0.0;
    };
    let from = |[x, y]: [u32; 2]| [f64::from(x) - f64::from(x0), f64::from(y) - f64::from(y0)];
    ring.windows(2)
        .map(|pair| {
            let ([ax, ay], [bx, by]) = (from(pair[0]), from(pair[1]));
            ax * by - bx * ay
        })
        .sum::<f64>()
        .abs()
}

fn size(shape: &ShapeRef<'_, u32>) -> f64 {
    match shape.kind.dimension() {
        Some(1) => shape
            .parts()
            .flat_map(|part| part.rings().collect::<Vec<_>>())
            .map(length)
            .sum(),
        Some(2) => shape
            .parts()
            .filter_map(|part| part.rings().next())
            .map(double_area)
            .sum(),
        _ => 0.0,
    }
}

/// What is declared of each row: a number, the larger the more it matters.
fn declared(table: &Table, rank_by: Option<&RankBy>) -> impl Fn(usize) -> f64 {
    let column = |name: &str| table.column(name);
    let (numbers, codes) = match rank_by {
        None => (None, None),
        Some(RankBy::Number(field)) => (column(field), None),
        Some(RankBy::Codes { field, order }) => match column(field) {
            Some(Column::Text(text)) => {
                // The first code of the order gets the largest number, one that is not in it none.
                let places = (0..text.distinct() as u32).map(|code| {
                    let place = order.iter().position(|own| own == text.entry(code));
                    place.map_or(f64::NEG_INFINITY, |place| -(place as f64))
                });
                (None, Some((text, places.collect::<Vec<f64>>())))
            }
            _ => (None, None),
        },
    };
    move |row| match (&codes, numbers) {
        (Some((text, places)), _) => {
            let place = places.get(text.codes[row] as usize);
            place.copied().unwrap_or(f64::NEG_INFINITY)
        }
        (None, Some(column)) => column.get(row).as_f64().unwrap_or(f64::NEG_INFINITY),
        (None, None) => f64::NEG_INFINITY,
    }
}

/// The rows by what they matter, most first: by the declared field, then by length or area, then spread
/// evenly over the ground (a row's number, read backwards in bits, along the curve), so that thinned
/// points keep the shape of the whole.
pub(super) fn by_rank(
    world: ShapesRef<'_, u32>,
    table: &Table,
    rank_by: Option<&RankBy>,
) -> Vec<u32> {
    let declared = declared(table, rank_by);
    let mut keys: Vec<(u64, u64, u32, u32)> = (0..world.len() as u32)
        .map(|row| {
            (
                falling(declared(row as usize)),
                falling(size(&world.get(row as usize))),
                row.reverse_bits(),
                row,
            )
        })
        .collect();
    keys.sort_unstable();
    keys.into_iter().map(|(.., row)| row).collect()
}

/// A whole number that is the smaller the larger the number is, in the order of [`f64::total_cmp`].
fn falling(number: f64) -> u64 {
    let bits = number.to_bits();
    // Without their sign, the bits of floats are in order; those of negative ones run backwards.
    let rising = if bits >> 63 == 0 {
        bits | 1 << 63
    } else {
        !bits
    };
    !rising
}

/// What the plan of zooms needs to know of a layer.
pub(super) struct Plan<'a> {
    pub(super) world: ShapesRef<'a, u32>,
    pub(super) boxes: &'a [[u32; 4]],
    pub(super) labels: &'a [[u32; 2]],
    pub(super) vertex_zooms: &'a [u8],
    /// Rows, most important first.
    pub(super) by_rank: &'a [u32],
    /// Bytes of a feature's attributes, on the average.
    pub(super) attribute_bytes: u32,
}

/// For each row the zoom from which it is shown: 0 for all of a small layer. In a larger one each tile of
/// each zoom is filled by rank until its budget is spent, and of features smaller than half a pixel only
/// the first at a place is taken. What is shown once stays shown at deeper zooms.
pub(super) fn first_zooms(plan: &Plan<'_>) -> Vec<u8> {
    let rows = plan.world.len();
    if rows <= SMALL_LAYER {
        return vec![0; rows];
    }
    // By rank, so that each zoom runs through one array from end to end.
    let mut ranked: Vec<Ranked> = plan
        .by_rank
        .iter()
        .filter_map(|&row| {
            let [west, north, east, south] = *plan.boxes.get(row as usize)?;
            Some(Ranked {
                label: plan.labels[row as usize],
                extent: (east - west).max(south - north),
                row,
                kept: 0,
                first: u8::MAX,
            })
        })
        .collect();
    let mut places = vec![0_u32; plan.boxes.len()];
    for (place, one) in ranked.iter().enumerate() {
        places[one.row as usize] = place as u32;
    }
    let labels = bounds(plan.labels.get(..plan.boxes.len()).unwrap_or_default());
    let mut left = ranked.len();
    for zoom in 0..LAST_PLANNED_ZOOM {
        if left == 0 {
            break;
        }
        let labels = labels.unwrap_or_default();
        let mut tiles: Cells<(u32, u32)> = Cells::over(labels, 32 - zoom);
        // Four tile units: half a pixel of a 512-pixel tile.
        let cell = 32 - 12 - zoom + 2;
        let mut dots: Cells<bool> = Cells::over(labels, cell);
        count_kept(plan, zoom, cell, &places, &mut ranked);
        for one in &mut ranked {
            let small = one.extent >> cell == 0;
            let tile = tiles.at(one.label);
            let shown = one.first <= zoom;
            if !shown && (tile.0 >= TILE_FEATURES || tile.1 >= TILE_BYTES) {
                continue;
            }
            if small && std::mem::replace(dots.at(one.label), true) && !shown {
                continue;
            }
            if !shown {
                one.first = zoom;
                left -= 1;
            }
            let kept = if small { 4 } else { one.kept };
            tile.0 += 1;
            tile.1 += plan.attribute_bytes + 12 + 5 * kept / 2;
        }
    }
    let mut zooms = vec![LAST_PLANNED_ZOOM; rows];
    for one in ranked {
        zooms[one.row as usize] = one.first.min(LAST_PLANNED_ZOOM);
    }
    zooms
}

/// A feature as the plan of zooms goes through it.
struct Ranked {
    label: [u32; 2],
    /// The longer side of its box.
    extent: u32,
    row: u32,
    /// How many of its vertices the zoom keeps that is being planned, where it is larger than a cell.
    kept: u32,
    /// The zoom from which it is shown.
    first: u8,
}

/// For each row that is larger than a cell, how many of its vertices a zoom keeps; no tile has room for more
/// than are counted. In the order of the rows, because that is how the vertices lie; `places` tells where a row
/// is among the ranked ones.
fn count_kept(plan: &Plan<'_>, zoom: u8, cell: u8, places: &[u32], ranked: &mut [Ranked]) {
    for (row, &[west, north, east, south]) in plan.boxes.iter().enumerate() {
        if (east - west).max(south - north) >> cell == 0 {
            continue;
        }
        let shape = plan.world.get(row);
        let (from, to) = shape.coord_range();
        let count = plan.vertex_zooms[from..to]
            .iter()
            .filter(|&&own| own <= zoom)
            .count();
        ranked[places[row] as usize].kept = count.min(1 << 16) as u32;
    }
}

/// Something for each square cell of a power of two: an array where the layer has few of them.
enum Cells<T> {
    Dense {
        first: [u32; 2],
        columns: usize,
        power: u8,
        cells: Vec<T>,
    },
    Sparse {
        power: u8,
        cells: HashMap<[u32; 2], T>,
    },
}

/// The largest array of cells.
const DENSE_CELLS: u64 = 1 << 25;

impl<T: Clone + Default> Cells<T> {
    /// Cells of `2^power` positions a side over a box.
    fn over([west, north, east, south]: [u32; 4], power: u8) -> Self {
        let cell = |at: u32| (u64::from(at) >> power) as u32;
        let (columns, rows) = (
            u64::from(cell(east) - cell(west)) + 1,
            u64::from(cell(south) - cell(north)) + 1,
        );
        if columns * rows > DENSE_CELLS {
            return Self::Sparse {
                power,
                cells: HashMap::new(),
            };
        }
        Self::Dense {
            first: [cell(west), cell(north)],
            columns: columns as usize,
            power,
            cells: vec![T::default(); (columns * rows) as usize],
        }
    }

    /// The cell of a position in the box.
    #[inline]
    fn at(&mut self, [x, y]: [u32; 2]) -> &mut T {
        match self {
            Self::Dense {
                first,
                columns,
                power,
                cells,
            } => {
                let column = (u64::from(x) >> *power) as u32 - first[0];
                let row = (u64::from(y) >> *power) as u32 - first[1];
                &mut cells[row as usize * *columns + column as usize]
            }
            Self::Sparse { power, cells } => cells
                .entry([x, y].map(|at| (u64::from(at) >> *power) as u32))
                .or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The plan as its description has it, feature by feature.
    fn plain(plan: &Plan<'_>) -> Vec<u8> {
        use std::collections::HashSet;
        let mut zooms = vec![u8::MAX; plan.world.len()];
        for zoom in 0..LAST_PLANNED_ZOOM {
            let mut tiles: HashMap<[u64; 2], (u32, u32)> = HashMap::new();
            let mut dots = HashSet::new();
            let cell = 1_u32 << (32 - 12 - zoom + 2);
            for &row in plan.by_rank {
                let at = row as usize;
                let Some(bounds) = plan.boxes.get(at) else {
                    continue;
                };
                let label = plan.labels[at];
                let small = bounds[2] - bounds[0] < cell && bounds[3] - bounds[1] < cell;
                let tile = tiles
                    .entry(label.map(|at| u64::from(at) >> (32 - zoom)))
                    .or_default();
                let shown = zooms[at] <= zoom;
                if !shown && (tile.0 >= TILE_FEATURES || tile.1 >= TILE_BYTES) {
                    continue;
                }
                if small && !dots.insert(label.map(|at| at / cell)) && !shown {
                    continue;
                }
                zooms[at] = zooms[at].min(zoom);
                let (from, to) = plan.world.get(at).coord_range();
                let kept = plan.vertex_zooms[from..to]
                    .iter()
                    .filter(|&&own| own <= zoom);
                let kept = if small { 4 } else { kept.count() as u32 };
                tile.0 += 1;
                tile.1 += plan.attribute_bytes + 12 + 5 * kept / 2;
            }
        }
        zooms
            .iter()
            .map(|&zoom| zoom.min(LAST_PLANNED_ZOOM))
            .collect()
    }

    #[test]
    fn codes_rank_in_their_declared_order_then_by_size_and_unknown_ones_last() {
        use crate::model::{Field, FieldType, ShapeKind, Shapes, Value};
        let mut table = Table::new(vec![Field::new("class", FieldType::Text)]);
        let mut shapes: Shapes<u32> = Shapes::new();
        let rows = [
            (Value::Text("lane"), 90),
            (Value::Null, 80),
            (Value::Text("highway"), 10),
            (Value::Text("made up"), 70),
            (Value::Text("street"), 50),
            (Value::Text("highway"), 20),
        ];
        for (class, length) in rows {
            table.columns[0].push(class);
            shapes.coords.extend([[0, 0], [length, 0]]);
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature(ShapeKind::LineString);
        }
        let rank = RankBy::Codes {
            field: "class".to_owned(),
            order: ["highway", "street", "lane"].map(str::to_owned).to_vec(),
        };
        let ranked = |rank: Option<&RankBy>| by_rank(shapes.view(), &table, rank);
        assert_eq!(ranked(Some(&rank)), [5, 2, 4, 0, 1, 3]);
        assert_eq!(ranked(None), [0, 1, 3, 4, 5, 2]);
    }

    #[test]
    fn the_plan_of_zooms_is_the_one_that_plain_counting_makes() {
        use crate::model::{ShapeKind, Shapes};
        let mut shapes: Shapes<u32> = Shapes::new();
        let mut seed = 7_u32;
        let mut dice = |below: u32| {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (seed >> 8) % below
        };
        for row in 0..3000 {
            // A crowd in one place and a few far away, so that both kinds of arrays are used.
            let spread = if row % 50 == 0 { 1 << 24 } else { 1 << 20 };
            let [x, y] = [(1 << 30) + dice(spread), (1 << 30) + dice(spread)];
            let [w, h] = [dice(1 << 12) + 1, dice(1 << 12) + 1];
            shapes
                .coords
                .extend([[x, y], [x + w, y], [x + w, y + h], [x, y + h], [x, y]]);
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature(ShapeKind::Polygon);
        }
        let world = shapes.view();
        let boxes: Vec<_> = world
            .iter()
            .filter_map(|shape| bounds(shape.coords()))
            .collect();
        let labels: Vec<_> = world.iter().map(|shape| shape.coords()[0]).collect();
        let vertex_zooms: Vec<u8> = (0..world.coords.len())
            .map(|at| (at * 7 % 17) as u8)
            .collect();
        let by_rank = by_rank(world, &Table::default(), None);
        let plan = Plan {
            world,
            boxes: &boxes,
            labels: &labels,
            vertex_zooms: &vertex_zooms,
            by_rank: &by_rank,
            attribute_bytes: 2000,
        };
        let found = first_zooms(&plan);
        assert_eq!(found, plain(&plan));
        let used: std::collections::BTreeSet<u8> = found.into_iter().collect();
        assert!(used.len() > 5, "{used:?}");
    }

    #[test]
    fn neighbours_on_the_curve_are_neighbours_on_the_ground() {
        let mut cells: Vec<[u32; 2]> = (0..32_u32)
            .flat_map(|x| (0..32_u32).map(move |y| [x << 27, y << 27]))
            .collect();
        cells.sort_by_key(|&cell| hilbert(cell));
        for pair in cells.windows(2) {
            let step = pair[0][0].abs_diff(pair[1][0]) + pair[0][1].abs_diff(pair[1][1]);
            assert_eq!(step, 1 << 27, "{pair:?}");
        }
    }
}

//! In which order rows lie in the files, which of them matter most, and from which zoom each is shown.

use std::collections::{HashMap, HashSet};

use crate::model::{
    Column, FeatureId, Layer, ShapeRef, ShapesRef, Table, Value, grid::hilbert, world,
};

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

/// The rows along the curve, those without a place last; ids settle what lies at one place, so the order
/// of delivery leaves no trace.
pub(super) fn along_curve(layer: &Layer) -> Vec<u32> {
    let mut order: Vec<(u64, FeatureId, u32)> = layer
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
            (place, layer.ids[row], row as u32)
        })
        .collect();
    order.sort_unstable();
    order.into_iter().map(|(_, _, row)| row).collect()
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

/// The rows by what they matter, most first: by the declared field, then by length or area, then spread
/// evenly over the ground (a row's number, read backwards in bits, along the curve), so that thinned
/// points keep the shape of the whole.
pub(super) fn by_rank(world: ShapesRef<'_, u32>, table: &Table, rank_by: Option<&str>) -> Vec<u32> {
    let declared: Option<&Column> = rank_by.and_then(|name| table.column(name));
    let mut keys: Vec<(f64, f64, u32, u32)> = (0..world.len() as u32)
        .map(|row| {
            let value = declared.map_or(Value::Null, |column| column.get(row as usize));
            let declared = value.as_f64().unwrap_or(f64::NEG_INFINITY);
            (
                declared,
                size(&world.get(row as usize)),
                row.reverse_bits(),
                row,
            )
        })
        .collect();
    keys.sort_unstable_by(|a, b| {
        b.0.total_cmp(&a.0)
            .then_with(|| b.1.total_cmp(&a.1))
            .then_with(|| a.2.cmp(&b.2))
    });
    keys.into_iter().map(|(.., row)| row).collect()
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
    let mut zooms = vec![u8::MAX; rows];
    let mut left = plan.boxes.len();
    for zoom in 0..LAST_PLANNED_ZOOM {
        if left == 0 {
            break;
        }
        let mut tiles: HashMap<u64, (u32, u32)> = HashMap::new();
        let mut dots = HashSet::new();
        // Four tile units: half a pixel of a 512-pixel tile.
        let cell = 1_u32 << (32 - 12 - zoom + 2);
        for &row in plan.by_rank {
            let at = row as usize;
            let Some(bounds) = plan.boxes.get(at) else {
                continue;
            };
            let [x, y] = plan.labels[at];
            let tile = |at: u32| u64::from(at) >> (32 - zoom);
            let small = bounds[2] - bounds[0] < cell && bounds[3] - bounds[1] < cell;
            let dot = u64::from(x / cell) << 32 | u64::from(y / cell);
            let tile = tiles.entry(tile(x) << 32 | tile(y)).or_default();
            let shown = zooms[at] <= zoom;
            if !shown && (tile.0 >= TILE_FEATURES || tile.1 >= TILE_BYTES) {
                continue;
            }
            if small && !dots.insert(dot) && !shown {
                continue;
            }
            if !shown {
                zooms[at] = zoom;
                left -= 1;
            }
            let (from, to) = plan.world.get(at).coord_range();
            let kept = if small {
                4
            } else {
                plan.vertex_zooms[from..to]
                    .iter()
                    .filter(|&&own| own <= zoom)
                    .count()
            };
            tile.0 += 1;
            tile.1 += plan.attribute_bytes + 12 + 5 * kept.min(1 << 16) as u32 / 2;
        }
    }
    for zoom in &mut zooms {
        *zoom = (*zoom).min(LAST_PLANNED_ZOOM);
    }
    zooms
}

#[cfg(test)]
mod tests {
    use super::*;

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

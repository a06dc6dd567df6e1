//! The features nearest to a place, nearest first.
//!
//! A box around the place is searched and doubled until the k-th distance found is shorter than the box
//! reaches, so that nothing outside can be nearer.

use super::{
    QueryError,
    budget::Budget,
    distance::{Plane, metres_to, widened},
    filter::world_box,
    source::Source,
};
use crate::model::{Bbox, Shapes};

/// Half around the earth: beyond it there is nothing.
const FURTHEST_M: f64 = 20_100_000.0;

/// Of these rows, the k nearest with their distances in metres. Equal distances come in the order of rows.
pub(super) fn nearest(
    source: &dyn Source,
    rows: &[u32],
    place: [f64; 2],
    k: usize,
    budget: &Budget<'_>,
) -> Result<Vec<(u32, f64)>, QueryError> {
    let plane = Plane::around(place[0]);
    let mut wanted = vec![false; source.rows() as usize];
    for &row in rows {
        wanted[row as usize] = true;
    }
    let around = Bbox::from([place[0], place[1], place[0], place[1]]);
    let (mut found, mut near, mut shapes) = (vec![], vec![], Shapes::new());
    let mut left = rows.len();
    let mut reach = 250.0;
    while left > 0 && reach < FURTHEST_M * 2.0 {
        near.clear();
        if reach < 2_000_000.0 {
            source.search(world_box(&widened(&around, reach)), &mut near);
        } else {
            near.extend((0..source.rows()).filter(|&row| source.bounds(row).is_some()));
            reach = FURTHEST_M * 2.0;
        }
        for &row in &near {
            if !std::mem::take(&mut wanted[row as usize]) {
                continue;
            }
            left -= 1;
            shapes.clear();
            source.shape(row, &mut shapes);
            budget.pairs(1 + shapes.coords.len() as u64 / 64)?;
            if !shapes.is_empty()
                && let Some(metres) = metres_to(&plane, place, &shapes.get(0))
            {
                found.push((row, metres));
            }
        }
        found.sort_by(|a: &(u32, f64), b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        // Rounding of the plane is far below a thousandth.
        if found
            .get(k.saturating_sub(1))
            .is_some_and(|(_, metres)| *metres < reach * 0.999)
        {
            break;
        }
        reach *= 2.0;
    }
    found.truncate(k);
    Ok(found)
}

//! Which rows a tile shows, and which of them go when it is full.

use super::{Losses, TileOptions, ground::Ground};
use crate::snapshot::{SMALL_LAYER, Snapshot};

/// No layer has more features in a tile, unless all of it is small.
pub(super) const MAX_FEATURES: usize = 20_000;

/// True for a layer of so few features that all are shown at every zoom.
pub(super) fn is_small(snapshot: &Snapshot) -> bool {
    snapshot.len() <= SMALL_LAYER
}

/// The rows to draw, ascending; those left out by rank are counted.
///
/// Without a filter the plan of the snapshot decides, tile by tile the same. A filter leaves room that the
/// plan does not know of, so then the most important of what is left are taken.
pub(super) fn rows(
    snapshot: &Snapshot,
    ground: &impl Ground,
    options: &TileOptions<'_>,
    losses: &mut Losses,
) -> Vec<u32> {
    let small = is_small(snapshot);
    let (mut picked, mut found) = (vec![], 0);
    if let Some(rows) = options.rows {
        picked = snapshot.near(ground.reach(), rows);
        found = picked.len();
    } else {
        let (zooms, zoom) = (snapshot.first_zooms(), ground.feature_zoom());
        snapshot.search_ranges(ground.reach(), |rows| {
            found += rows.len();
            picked.extend(rows.filter(|&row| small || zooms[row as usize] <= zoom));
        });
    }
    if picked.len() > MAX_FEATURES && !small {
        keep_best(&mut picked, snapshot.ranks(), MAX_FEATURES);
    }
    losses.dropped += (found - picked.len()) as u64;
    picked
}

/// Keeps the rows of the best ranks, ascending.
pub(super) fn keep_best(rows: &mut Vec<u32>, ranks: &[u32], count: usize) {
    if count < rows.len() {
        rows.select_nth_unstable_by_key(count, |&row| ranks[row as usize]);
        rows.truncate(count);
        rows.sort_unstable();
    }
}

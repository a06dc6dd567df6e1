//! Joins of layers with indicator tables, kept: a map asks for the same one with every tile.

use std::sync::{Arc, LazyLock};

use moka::sync::Cache;

use crate::{
    indicator::{self, Joined, LayerKeys, Period},
    snapshot::Snapshot,
    store::StoredTable,
};

/// Bytes of joined values that are kept.
const KEPT_BYTES: u64 = 64 << 20;
/// What the report of a join takes, about.
const REPORT_BYTES: usize = 16 << 10;

static KEPT: LazyLock<Cache<String, Arc<Joined>>> = LazyLock::new(|| {
    Cache::builder()
        .weigher(|_, joined: &Arc<Joined>| (joined.values.len() * 8 + REPORT_BYTES) as u32)
        .max_capacity(KEPT_BYTES)
        .build()
});

fn name(snapshot: &Snapshot, stored: &StoredTable, period: &Period) -> String {
    let (info, table) = (snapshot.info(), &stored.table);
    format!(
        "{}@{}/{}/{}@{}/{}",
        info.id, info.hash, info.version, table.id, table.version, period.label
    )
}

/// True when a join need not be worked out.
pub(super) fn is_kept(snapshot: &Snapshot, stored: &StoredTable, period: &Period) -> bool {
    KEPT.contains_key(&name(snapshot, stored, period))
}

/// The values of a period by row, with the report of the join.
pub(super) fn joined(snapshot: &Snapshot, stored: &StoredTable, period: &Period) -> Arc<Joined> {
    KEPT.get_with(name(snapshot, stored, period), || {
        Arc::new(indicator::join(snapshot, &stored.table, period))
    })
}

/// The same for several periods; the layer's keys are read once.
pub(super) fn all_joined(
    snapshot: &Snapshot,
    stored: &StoredTable,
    periods: &[Period],
) -> Vec<Arc<Joined>> {
    let mut keys = None;
    periods
        .iter()
        .map(|period| {
            KEPT.get_with(name(snapshot, stored, period), || {
                let keys =
                    keys.get_or_insert_with(|| LayerKeys::of(snapshot, &stored.table.key_scheme));
                Arc::new(indicator::join_keys(keys, &stored.table, period))
            })
        })
        .collect()
}

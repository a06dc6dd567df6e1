//! What became of a set of areas that cover the ground: wards that came, went, were renamed, and those that
//! look as if they were split, merged or only renumbered, by how they overlap.
//!
//! A delimitation gives every ward a new key; by id alone nothing would be the same. So what went and what
//! came is also compared by ground.

use geo::{Area as _, BooleanOps as _, Geometry, MultiPolygon};
use serde::Serialize;

use super::{Late, TimeUp, key::key_of};
use crate::{
    model::{FeatureId, Shapes},
    snapshot::Snapshot,
};

/// Sets beyond this many areas, or vertices among those that changed, are not compared by ground.
const MOST_AREAS: usize = 5_000;
const MOST_VERTICES: usize = 500_000;
/// The least share of an area that counts as a piece of it.
const PIECE: f64 = 0.1;
/// How much of a piece must lie inside the whole.
const INSIDE: f64 = 0.5;
/// How much of each must lie in the other to be the same ground.
const SAME: f64 = 0.9;

/// An area of the set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ward {
    /// Its id.
    pub id: FeatureId,
    /// Its key, as people know it.
    pub key: String,
    /// Its name.
    pub name: Option<String>,
}

/// A piece of an area.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Share {
    /// The other area.
    #[serde(flatten)]
    pub ward: Ward,
    /// Which share of the whole it has, from 0 to 1.
    pub share: f64,
}

/// An area with others that together are its ground.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pieces {
    /// The whole.
    #[serde(flatten)]
    pub ward: Ward,
    /// Its pieces, largest first.
    pub pieces: Vec<Share>,
}

/// An area that went and one that came on the same ground.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Successor {
    /// What it was.
    pub before: Ward,
    /// What it is.
    pub after: Ward,
    /// How much of the older lies in the newer, from 0 to 1.
    pub share: f64,
}

/// What became of the set.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct WardChange {
    /// In the newer version only.
    pub came: Vec<Ward>,
    /// In the older version only.
    pub went: Vec<Ward>,
    /// The same key with another name: before and after.
    pub renamed: Vec<Successor>,
    /// Another key on the same ground.
    pub renumbered: Vec<Successor>,
    /// One before whose ground is several now.
    pub split: Vec<Pieces>,
    /// One now whose ground was several before.
    pub merged: Vec<Pieces>,
    /// Why the ground was not compared.
    pub note: Option<String>,
}

/// The change of the set, for a layer whose areas cover the ground. The rows are those that came, went or
/// have another geometry.
pub(super) fn change(
    before: &Snapshot,
    old_rows: &[u32],
    after: &Snapshot,
    new_rows: &[u32],
    late: Late<'_>,
) -> Result<Option<WardChange>, TimeUp> {
    let info = after.info();
    if !info.coverage || info.dimension != 2 || before.info().dimension != 2 {
        return Ok(None);
    }
    let mut all = WardChange::default();
    if before.len().max(after.len()) > MOST_AREAS {
        all.note = Some(format!(
            "more than {MOST_AREAS} areas; the set is told by numbers only"
        ));
        return Ok(Some(all));
    }
    for &row in new_rows {
        if before.row_of(after.id(row)).is_none() {
            all.came.push(ward(after, row));
        }
    }
    for &row in old_rows {
        if after.row_of(before.id(row)).is_none() {
            all.went.push(ward(before, row));
        }
    }
    for row in 0..after.len() as u32 {
        let Some(old) = before.row_of(after.id(row)) else {
            continue;
        };
        let (was, is) = (ward(before, old), ward(after, row));
        if was.name != is.name {
            all.renamed.push(Successor {
                before: was,
                after: is,
                share: 1.0,
            });
        }
    }
    let vertices = |snapshot: &Snapshot, rows: &[u32]| -> usize {
        rows.iter()
            .map(|&row| snapshot.world().get(row as usize).coords().len())
            .sum()
    };
    if vertices(before, old_rows) + vertices(after, new_rows) > MOST_VERTICES {
        all.note = Some(format!(
            "more than {MOST_VERTICES} vertices changed; the ground was not compared"
        ));
        return Ok(Some(all));
    }
    by_ground(before, old_rows, after, new_rows, &mut all, late)?;
    Ok(Some(all))
}

/// An area in both versions' terms: its row, whether the other version has its id, its ground.
struct Ground {
    row: u32,
    alone: bool,
    shape: MultiPolygon,
    area: f64,
}

fn grounds(of: &Snapshot, rows: &[u32], other: &Snapshot) -> Vec<Ground> {
    rows.iter()
        .filter_map(|&row| {
            let mut shapes = Shapes::new();
            of.read_lonlat(row, &mut shapes);
            let shape = match shapes.get(0).to_geo()? {
                Geometry::Polygon(one) => MultiPolygon::new(vec![one]),
                Geometry::MultiPolygon(many) => many,
                _ => return None,
            };
            let area = shape.unsigned_area();
            (area > 0.0).then(|| Ground {
                row,
                alone: other.row_of(of.id(row)).is_none(),
                area,
                shape,
            })
        })
        .collect()
}

fn by_ground(
    before: &Snapshot,
    old_rows: &[u32],
    after: &Snapshot,
    new_rows: &[u32],
    all: &mut WardChange,
    late: Late<'_>,
) -> Result<(), TimeUp> {
    let old = grounds(before, old_rows, after);
    let new = grounds(after, new_rows, before);
    let at: std::collections::HashMap<u32, usize> = new
        .iter()
        .enumerate()
        .map(|(at, ground)| (ground.row, at))
        .collect();
    // (older, newer, share of the older, share of the newer)
    let mut meetings: Vec<(usize, usize, f64, f64)> = vec![];
    let mut near = vec![];
    for (from, ground) in old.iter().enumerate() {
        near.clear();
        after.search(before.bounds(ground.row), &mut near);
        for to in near.iter().filter_map(|row| at.get(row).copied()) {
            if late() {
                return Err(TimeUp);
            }
            let other = &new[to];
            let both = ground.shape.intersection(&other.shape).unsigned_area();
            if both > 0.0 {
                meetings.push((from, to, both / ground.area, both / other.area));
            }
        }
    }
    let share = |share: f64| (share * 1000.0).round() / 1000.0;
    for (from, ground) in old.iter().enumerate() {
        let pieces: Vec<_> = meetings
            .iter()
            .filter(|(one, _, of_old, of_new)| {
                *one == from && *of_old >= PIECE && *of_new >= INSIDE
            })
            .collect();
        if pieces.len() > 1 && pieces.iter().any(|(_, to, ..)| new[*to].alone) {
            let mut pieces: Vec<Share> = pieces
                .iter()
                .map(|(_, to, of_old, _)| Share {
                    ward: ward(after, new[*to].row),
                    share: share(*of_old),
                })
                .collect();
            pieces.sort_by(|a, b| b.share.total_cmp(&a.share));
            all.split.push(Pieces {
                ward: ward(before, ground.row),
                pieces,
            });
        }
    }
    for (to, ground) in new.iter().enumerate() {
        let pieces: Vec<_> = meetings
            .iter()
            .filter(|(_, one, of_old, of_new)| *one == to && *of_new >= PIECE && *of_old >= INSIDE)
            .collect();
        if pieces.len() > 1 && pieces.iter().any(|(from, ..)| old[*from].alone) {
            let mut pieces: Vec<Share> = pieces
                .iter()
                .map(|(from, _, _, of_new)| Share {
                    ward: ward(before, old[*from].row),
                    share: share(*of_new),
                })
                .collect();
            pieces.sort_by(|a, b| b.share.total_cmp(&a.share));
            all.merged.push(Pieces {
                ward: ward(after, ground.row),
                pieces,
            });
        }
    }
    for (from, to, of_old, of_new) in meetings {
        if old[from].alone && new[to].alone && of_old >= SAME && of_new >= SAME {
            all.renumbered.push(Successor {
                before: ward(before, old[from].row),
                after: ward(after, new[to].row),
                share: share(of_old),
            });
        }
    }
    Ok(())
}

fn ward(snapshot: &Snapshot, row: u32) -> Ward {
    let name = snapshot
        .info()
        .fields
        .iter()
        .position(|field| field.name == "name")
        .or_else(|| {
            snapshot
                .info()
                .fields
                .iter()
                .position(|field| field.name.ends_with("_name"))
        })
        .map(|field| snapshot.value(row, field))
        .filter(|value| !value.is_null())
        .map(|value| value.to_text().into_owned());
    Ward {
        id: snapshot.id(row),
        key: key_of(snapshot, row),
        name,
    }
}

//! One walk over two versions, by feature id.

use std::ops::ControlFlow;

use super::{Late, TimeUp};
use crate::{
    model::{FeatureId, ShapeRef, Value},
    snapshot::Snapshot,
};

/// A field that both versions have, by its positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Its name.
    pub name: String,
    /// Its position in the older version.
    pub before: usize,
    /// Its position in the newer version.
    pub after: usize,
}

/// The fields that both versions have, in the order of the newer one.
pub fn pairs(before: &Snapshot, after: &Snapshot) -> Vec<Pair> {
    after
        .info()
        .fields
        .iter()
        .enumerate()
        .filter_map(|(at, field)| {
            Some(Pair {
                name: field.name.clone(),
                before: before.field(&field.name)?,
                after: at,
            })
        })
        .collect()
}

/// What became of one feature. Rows are those of the version that has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is new.
    Added {
        /// Its row in the newer version.
        after: u32,
    },
    /// It is gone.
    Removed {
        /// Its row in the older version.
        before: u32,
    },
    /// It is in both, and differs.
    Changed {
        /// Its row in the older version.
        before: u32,
        /// Its row in the newer version.
        after: u32,
        /// True when its geometry differs.
        moved: bool,
        /// Which of the pairs of fields differ.
        fields: Vec<usize>,
    },
    /// It is in both, alike.
    Same,
}

/// How many features pass between two looks at the clock.
const BETWEEN_LOOKS: u64 = 4096;

/// Tells `take` of every feature of either version, by ascending id, until it says stop. O(n).
pub fn walk(
    before: Option<&Snapshot>,
    after: &Snapshot,
    pairs: &[Pair],
    take: &mut dyn FnMut(FeatureId, Change) -> ControlFlow<()>,
) {
    walk_until(before, after, pairs, &|| false, take).expect("there is no clock");
}

/// The same for as long as it is not too late.
pub fn walk_until(
    before: Option<&Snapshot>,
    after: &Snapshot,
    pairs: &[Pair],
    late: Late<'_>,
    take: &mut dyn FnMut(FeatureId, Change) -> ControlFlow<()>,
) -> Result<(), TimeUp> {
    let mut steps = 0_u64;
    let old = before.map_or(&[][..], Snapshot::id_order);
    let new = after.id_order();
    let (mut i, mut j) = (0, 0);
    loop {
        if steps.is_multiple_of(BETWEEN_LOOKS) && late() {
            return Err(TimeUp);
        }
        steps += 1;
        let left = before
            .zip(old.get(i))
            .map(|(before, &row)| (before.id(row), row));
        let right = new.get(j).map(|&row| (after.id(row), row));
        let (id, change) = match (left, right) {
            (Some((id, row)), other) if other.is_none_or(|(next, _)| id < next) => {
                i += 1;
                (id, Change::Removed { before: row })
            }
            (other, Some((id, row))) if other.is_none_or(|(next, _)| id < next) => {
                j += 1;
                (id, Change::Added { after: row })
            }
            (Some((id, old_row)), Some((_, new_row))) => {
                i += 1;
                j += 1;
                let older = before.expect("it gave a row");
                (id, compare(older, old_row, after, new_row, pairs))
            }
            // The arms above take whatever stands alone, so nothing is left on either side.
            _ => return Ok(()),
        };
        if take(id, change).is_break() {
            return Ok(());
        }
    }
}

fn compare(before: &Snapshot, old: u32, after: &Snapshot, new: u32, pairs: &[Pair]) -> Change {
    let moved = !same_shape(
        before.world().get(old as usize),
        after.world().get(new as usize),
    );
    let fields: Vec<usize> = pairs
        .iter()
        .enumerate()
        .filter(|(_, pair)| {
            !same_value(before.value(old, pair.before), after.value(new, pair.after))
        })
        .map(|(at, _)| at)
        .collect();
    if moved || !fields.is_empty() {
        Change::Changed {
            before: old,
            after: new,
            moved,
            fields,
        }
    } else {
        Change::Same
    }
}

/// Equal as values, or as what people read where the type of the field has changed.
fn same_value(old: Value<'_>, new: Value<'_>) -> bool {
    old == new
        || (std::mem::discriminant(&old) != std::mem::discriminant(&new)
            && old.to_text() == new.to_text())
}

/// True when two shapes cover the same, though a ring may begin at another of its points.
fn same_shape(old: ShapeRef<'_, u32>, new: ShapeRef<'_, u32>) -> bool {
    if old.is_blank() || new.is_blank() {
        return old.is_blank() == new.is_blank();
    }
    if old.kind.dimension() != new.kind.dimension() || old.parts().len() != new.parts().len() {
        return false;
    }
    let area = old.kind.dimension() == Some(2);
    old.parts().zip(new.parts()).all(|(one, other)| {
        one.rings().len() == other.rings().len()
            && one
                .rings()
                .zip(other.rings())
                .all(|(one, other)| one == other || (area && turned(one, other)))
    })
}

/// True when two closed rings are the same ring from another start.
fn turned(one: &[[u32; 2]], other: &[[u32; 2]]) -> bool {
    if one.len() != other.len() || one.len() < 2 {
        return false;
    }
    let open = one.len() - 1;
    if one[0] != one[open] || other[0] != other[open] {
        return false;
    }
    let (one, other) = (&one[..open], &other[..open]);
    // A ring that touches itself has its first point more than once; few do, so few starts are tried.
    other
        .iter()
        .enumerate()
        .filter(|(_, point)| **point == one[0])
        .take(4)
        .any(|(start, _)| {
            one[..open - start] == other[start..] && one[open - start..] == other[..start]
        })
}

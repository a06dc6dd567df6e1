//! The packed R-tree over the boxes of rows.
//!
//! Rows already lie along a Hilbert curve, so the tree needs no permutation: sixteen neighbours share a
//! node, sixteen nodes the next. A search walks it in order, so rows come out ascending, and a node that
//! lies wholly in the question gives its rows without looking at one of them.

/// Children of a node.
pub(super) const NODE: usize = 16;

/// A box: smallest x and y, largest x and y.
pub(super) type WorldBox = [u32; 4];

/// How many boxes each level has, rows first, up to the one root; none without rows.
pub(super) fn levels(rows: usize) -> Vec<usize> {
    let mut levels = vec![];
    let mut count = rows;
    while count > 0 {
        levels.push(count);
        if count == 1 {
            break;
        }
        count = count.div_ceil(NODE);
    }
    levels
}

/// Adds the levels above the rows' boxes.
pub(super) fn build(mut boxes: Vec<WorldBox>) -> Vec<WorldBox> {
    let levels = levels(boxes.len());
    let mut begin = 0;
    for &count in levels.iter().take(levels.len().saturating_sub(1)) {
        for at in (begin..begin + count).step_by(NODE) {
            let children = &boxes[at..(at + NODE).min(begin + count)];
            let around = children.iter().skip(1).fold(children[0], |all, one| {
                [
                    all[0].min(one[0]),
                    all[1].min(one[1]),
                    all[2].max(one[2]),
                    all[3].max(one[3]),
                ]
            });
            boxes.push(around);
        }
        begin += count;
    }
    boxes
}

pub(super) fn meets(a: &WorldBox, b: &WorldBox) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

fn holds(outer: &WorldBox, inner: &WorldBox) -> bool {
    outer[0] <= inner[0] && outer[1] <= inner[1] && outer[2] >= inner[2] && outer[3] >= inner[3]
}

/// The tree, borrowed from where it is mapped.
#[derive(Clone, Copy)]
pub(super) struct Tree<'a> {
    boxes: &'a [WorldBox],
    levels: &'a [usize],
}

impl<'a> Tree<'a> {
    /// A tree of these levels; `boxes` holds as many as they add up to.
    pub(super) fn new(boxes: &'a [WorldBox], levels: &'a [usize]) -> Self {
        Self { boxes, levels }
    }

    /// The box of a row; rows beyond the tree have none.
    #[inline]
    pub(super) fn bounds(&self, row: u32) -> Option<WorldBox> {
        let rows = self.levels.first().copied().unwrap_or(0);
        ((row as usize) < rows).then(|| self.boxes[row as usize])
    }

    /// Calls `found` with ranges of rows whose boxes meet the given one, ascending, for as long as it says
    /// to go on; true when it always did.
    pub(super) fn search(
        &self,
        around: &WorldBox,
        found: &mut impl FnMut(std::ops::Range<u32>) -> bool,
    ) -> bool {
        let Some(top) = self.levels.len().checked_sub(1) else {
            return true;
        };
        let begin = self.levels[..top].iter().sum();
        self.visit((top, 0), begin, 0, around, found)
    }

    /// As [`Self::search`], but sixteen neighbours of which any may meet the box are given together: more than
    /// meet it, for a small part of the work.
    pub(super) fn search_roughly(
        &self,
        around: &WorldBox,
        found: &mut impl FnMut(std::ops::Range<u32>) -> bool,
    ) -> bool {
        let Some(top) = self.levels.len().checked_sub(1) else {
            return true;
        };
        let begin = self.levels[..top].iter().sum();
        self.visit((top, 1), begin, 0, around, found)
    }

    /// Visits one box of a level that begins at `begin`, going down to the level `last` at most.
    fn visit(
        &self,
        (level, last): (usize, usize),
        begin: usize,
        at: usize,
        around: &WorldBox,
        found: &mut impl FnMut(std::ops::Range<u32>) -> bool,
    ) -> bool {
        let own = &self.boxes[begin + at];
        if !meets(own, around) {
            return true;
        }
        if level <= last || holds(around, own) {
            let span = NODE.pow(level as u32);
            let from = at * span;
            return found(from as u32..(from + span).min(self.levels[0]) as u32);
        }
        let below = begin - self.levels[level - 1];
        let mut children = at * NODE..((at + 1) * NODE).min(self.levels[level - 1]);
        children.all(|child| self.visit((level - 1, last), below, child, around, found))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_tree_finds_what_a_plain_scan_finds_in_order(
            corners in prop::collection::vec((0_u32..1000, 0_u32..1000, 0_u32..60, 0_u32..60), 0..600),
            (x, y, w, h) in (0_u32..1000, 0_u32..1000, 0_u32..1000, 0_u32..1000),
        ) {
            let boxes: Vec<WorldBox> = corners.iter().map(|&(x, y, w, h)| [x, y, x + w, y + h]).collect();
            let around = [x, y, x + w, y + h];
            let plain: Vec<u32> = (0..boxes.len() as u32)
                .filter(|&row| meets(&boxes[row as usize], &around))
                .collect();
            let levels = levels(boxes.len());
            let all = build(boxes);
            prop_assert_eq!(all.len(), levels.iter().sum::<usize>());
            let mut rows = vec![];
            let all_of_it = Tree::new(&all, &levels).search(&around, &mut |range| {
                rows.extend(range);
                true
            });
            prop_assert!(all_of_it);
            prop_assert_eq!(&rows, &plain);
            let mut roughly = vec![];
            Tree::new(&all, &levels).search_roughly(&around, &mut |range| {
                roughly.extend(range);
                true
            });
            prop_assert!(plain.iter().all(|row| roughly.contains(row)));
            prop_assert!(roughly.is_sorted());
            let mut calls = 0;
            let all_of_it = Tree::new(&all, &levels).search(&around, &mut |_| {
                calls += 1;
                false
            });
            prop_assert_eq!((all_of_it, calls), (plain.is_empty(), usize::from(!plain.is_empty())));
        }
    }
}

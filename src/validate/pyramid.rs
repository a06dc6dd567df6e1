//! Boxes over runs of neighbouring segments: eight segments a box, eight boxes a box above, to the top.
//!
//! A line goes on where it just was, so such boxes are small without any sorting.

/// How many below one.
const RUN: usize = 8;

/// West, south, east, north.
type Rect = [f64; 4];

fn meet(a: &Rect, b: &Rect) -> bool {
    a[0] <= b[2] && b[0] <= a[2] && a[1] <= b[3] && b[1] <= a[3]
}

fn grow(rect: &mut Rect, by: &Rect) {
    rect[0] = rect[0].min(by[0]);
    rect[1] = rect[1].min(by[1]);
    rect[2] = rect[2].max(by[2]);
    rect[3] = rect[3].max(by[3]);
}

/// The boxes, level by level from the segments up.
#[derive(Debug, Default)]
pub(super) struct Pyramid {
    rects: Vec<Rect>,
    /// Where each level starts in `rects`; the last entry is the end.
    starts: Vec<usize>,
}

impl Pyramid {
    /// Forgets all and keeps the memory.
    pub(super) fn clear(&mut self) {
        self.rects.clear();
        self.starts.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rects.is_empty()
    }

    /// Boxes over `count` segments, whose ends the closure tells.
    pub(super) fn build(&mut self, count: usize, ends: impl Fn(usize) -> ([f64; 2], [f64; 2])) {
        self.clear();
        self.starts.push(0);
        for segment in 0..count {
            let (a, b) = ends(segment);
            self.rects.push([
                a[0].min(b[0]),
                a[1].min(b[1]),
                a[0].max(b[0]),
                a[1].max(b[1]),
            ]);
        }
        let mut from = 0;
        loop {
            let to = self.rects.len();
            self.starts.push(to);
            if to - from <= 1 {
                return;
            }
            for run in (from..to).step_by(RUN) {
                let mut rect = self.rects[run];
                for at in run + 1..(run + RUN).min(to) {
                    let by = self.rects[at];
                    grow(&mut rect, &by);
                }
                self.rects.push(rect);
            }
            from = to;
        }
    }

    fn level(&self, level: usize) -> &[Rect] {
        &self.rects[self.starts[level]..self.starts[level + 1]]
    }

    /// Every two segments whose boxes meet, the smaller number first, until the closure says false.
    /// False when it was stopped.
    pub(super) fn neighbours(&self, mut found: impl FnMut(usize, usize) -> bool) -> bool {
        let mut todo = vec![(self.starts.len() - 2, 0_usize, 0_usize)];
        while let Some((level, one, other)) = todo.pop() {
            if level == 0 {
                if !found(one, other) {
                    return false;
                }
                continue;
            }
            let below = self.level(level - 1);
            let children = |node: usize| node * RUN..((node + 1) * RUN).min(below.len());
            for a in children(one) {
                let others = children(other);
                let others = if one == other { a..others.end } else { others };
                for b in others {
                    if (a != b || level > 1) && meet(&below[a], &below[b]) {
                        todo.push((level - 1, a, b));
                    }
                }
            }
        }
        true
    }

    /// Every segment from `first` to before `last` that a ray from the point to the east may meet.
    pub(super) fn ray(
        &self,
        point: [f64; 2],
        first: usize,
        last: usize,
        mut found: impl FnMut(usize),
    ) {
        let mut todo = vec![(self.starts.len() - 2, 0_usize)];
        while let Some((level, node)) = todo.pop() {
            let rect = &self.level(level)[node];
            if rect[3] < point[1] || rect[1] > point[1] || rect[2] < point[0] {
                continue;
            }
            if level == 0 {
                if (first..last).contains(&node) {
                    found(node);
                }
                continue;
            }
            let span = RUN.pow(level as u32);
            if node * span >= last || (node + 1) * span <= first {
                continue;
            }
            let below = self.level(level - 1).len();
            todo.extend(
                (node * RUN..((node + 1) * RUN).min(below)).map(|child| (level - 1, child)),
            );
        }
    }
}

//! Who is next: one line for each sender, the lines in turn, so that a hundred files of one office do not
//! keep another waiting for more than one.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use crate::store::JobId;

#[derive(Debug, Default)]
struct Lines {
    /// Senders with something waiting; the first one's turn is next.
    lines: VecDeque<(String, VecDeque<JobId>)>,
    closed: bool,
}

/// Deliveries that wait to be judged.
#[derive(Debug, Default)]
pub(super) struct Queue {
    lines: Mutex<Lines>,
    bell: Condvar,
}

impl Queue {
    fn lines(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a delivery behind the others of its sender.
    pub(super) fn push(&self, sender: &str, id: JobId) {
        let mut all = self.lines();
        match all.lines.iter_mut().find(|(name, _)| name == sender) {
            Some((_, line)) => line.push_back(id),
            None => all.lines.push_back((sender.to_owned(), [id].into())),
        }
        self.bell.notify_one();
    }

    /// Takes a delivery out, wherever it stands.
    pub(super) fn remove(&self, id: JobId) {
        let mut all = self.lines();
        for (_, line) in &mut all.lines {
            line.retain(|other| *other != id);
        }
        all.lines.retain(|(_, line)| !line.is_empty());
    }

    /// How many wait.
    pub(super) fn len(&self) -> usize {
        self.lines().lines.iter().map(|(_, line)| line.len()).sum()
    }

    /// Lets those who wait for work go.
    pub(super) fn close(&self) {
        self.lines().closed = true;
        self.bell.notify_all();
    }

    /// True once it was closed.
    pub(super) fn is_closed(&self) -> bool {
        self.lines().closed
    }

    /// The next one; none when there is none for a while, or it is closed.
    pub(super) fn next(&self, patience: Duration) -> Option<JobId> {
        let all = self.lines();
        let (mut all, _) = self
            .bell
            .wait_timeout_while(all, patience, |all| all.lines.is_empty() && !all.closed)
            .unwrap_or_else(PoisonError::into_inner);
        if all.closed {
            return None;
        }
        let (sender, mut line) = all.lines.pop_front()?;
        let id = line.pop_front();
        if !line.is_empty() {
            all.lines.push_back((sender, line));
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn senders_take_turns_and_each_keeps_its_own_order() {
        let queue = Queue::default();
        for (sender, number) in [("a", 1), ("a", 2), ("a", 3), ("b", 4), ("c", 5), ("b", 6)] {
            queue.push(sender, JobId(number));
        }
        queue.remove(JobId(2));
        assert_eq!(queue.len(), 5);
        let order: Vec<i64> = std::iter::from_fn(|| queue.next(Duration::ZERO))
            .map(|id| id.0)
            .collect();
        assert_eq!(order, [1, 4, 5, 3, 6]);
        queue.push("a", JobId(7));
        queue.close();
        assert_eq!(queue.next(Duration::from_secs(9)), None);
    }
}

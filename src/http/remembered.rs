//! What was found out about the set being served, kept until that set changes.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

/// How much is known at once; far more than a city has layers and its maps have filters.
const MOST: usize = 512;

/// Things by name, true of one generation of the set being served.
///
/// Who finds something out names the generation that he had seen *before* he began. A request that was slow while
/// something was retired can then not leave behind what was true before.
pub(super) struct OfSet<T>(RwLock<Held<T>>);

struct Held<T> {
    generation: u64,
    known: HashMap<String, Arc<T>>,
}

impl<T> Default for OfSet<T> {
    fn default() -> Self {
        Self(RwLock::new(Held {
            generation: 0,
            known: HashMap::new(),
        }))
    }
}

impl<T> OfSet<T> {
    /// What is known under this name.
    pub(super) fn get(&self, name: &str) -> Option<Arc<T>> {
        let held = self.0.read().unwrap_or_else(PoisonError::into_inner);
        held.known.get(name).map(Arc::clone)
    }

    /// Keeps what was found out by someone who began when the set had this generation.
    pub(super) fn keep(&self, generation: u64, name: String, thing: Arc<T>) {
        self.renew(generation);
        let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if held.generation != generation {
            return;
        }
        if held.known.len() >= MOST {
            held.known.clear();
        }
        held.known.insert(name, thing);
    }

    /// Forgets all that is of an earlier generation.
    pub(super) fn renew(&self, generation: u64) {
        let is_old = |held: &Held<T>| held.generation < generation;
        if is_old(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
            let mut held = self.0.write().unwrap_or_else(PoisonError::into_inner);
            if is_old(&held) {
                held.generation = generation;
                held.known.clear();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_true_before_a_change_is_neither_kept_nor_left_behind() {
        let all = OfSet::default();
        let keep =
            |generation, name: &str| all.keep(generation, name.to_owned(), Arc::new(generation));
        let knows = |name| all.get(name).is_some();
        keep(7, "old");
        assert!(knows("old"));
        // A change is noticed; then comes a request that began before it.
        all.renew(8);
        assert!(!knows("old"));
        keep(7, "late");
        assert!(!knows("late"));
        // A request notices a change before anyone has looked for one.
        keep(8, "new");
        keep(9, "newer");
        assert!(!knows("new") && knows("newer"));
        // Whoever looks late takes nothing away.
        all.renew(8);
        assert!(knows("newer"));
    }

    #[test]
    fn more_names_than_are_kept_begin_anew() {
        let all = OfSet::default();
        for number in 0..=MOST {
            all.keep(1, number.to_string(), Arc::new(()));
        }
        assert!(all.get("0").is_none() && all.get(&MOST.to_string()).is_some());
    }
}

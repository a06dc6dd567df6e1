//! What one question may cost. Everything that loops asks here, so that no question hangs the server.

use std::cell::Cell;

use super::QueryError;

/// The most pairs of features (or edges of shapes) that one request may compare, unless told otherwise:
/// about ten seconds of one core in the dearest comparison.
pub const MAX_PAIRS: u64 = 50_000_000;

/// How many steps may pass between two looks at the clock.
const STEPS_BETWEEN_LOOKS: u64 = 2048;

/// A bounded amount of work. Not shared between threads: one request, one budget.
pub struct Budget<'a> {
    expired: Option<&'a dyn Fn() -> bool>,
    pairs_left: Cell<u64>,
    pairs_limit: u64,
    steps: Cell<u64>,
}

impl std::fmt::Debug for Budget<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Budget")
            .field("pairs_left", &self.pairs_left.get())
            .field("pairs_limit", &self.pairs_limit)
            .finish_non_exhaustive()
    }
}

impl Budget<'static> {
    /// For tests and tools: as much as it takes.
    pub fn unbounded() -> Self {
        Self {
            expired: None,
            pairs_left: Cell::new(u64::MAX),
            pairs_limit: u64::MAX,
            steps: Cell::new(0),
        }
    }
}

impl<'a> Budget<'a> {
    /// A budget of [`MAX_PAIRS`] that ends when `expired` says so: past a deadline, or because the client
    /// has gone.
    pub fn until(expired: &'a dyn Fn() -> bool) -> Self {
        Self {
            expired: Some(expired),
            pairs_left: Cell::new(MAX_PAIRS),
            pairs_limit: MAX_PAIRS,
            steps: Cell::new(0),
        }
    }

    /// The same with another number of pairs.
    #[must_use]
    pub fn with_pairs(mut self, pairs: u64) -> Self {
        self.pairs_left = Cell::new(pairs);
        self.pairs_limit = pairs;
        self
    }

    /// Counts comparisons.
    pub fn pairs(&self, count: u64) -> Result<(), QueryError> {
        let left = self.pairs_left.get();
        if count > left {
            return Err(QueryError::TooMuch {
                what: "pairs of features",
                limit: self.pairs_limit,
                remedy: "narrow either side with bbox or filter, or take a smaller distance",
            });
        }
        self.pairs_left.set(left - count);
        self.steps(count)
    }

    /// Counts steps that are cheap but many, and looks at the clock now and then.
    pub fn steps(&self, count: u64) -> Result<(), QueryError> {
        let before = self.steps.get();
        let after = before.wrapping_add(count);
        self.steps.set(after);
        if before / STEPS_BETWEEN_LOOKS != after / STEPS_BETWEEN_LOOKS {
            return self.look();
        }
        Ok(())
    }

    /// Looks at the clock now.
    pub fn look(&self) -> Result<(), QueryError> {
        if self.expired.is_some_and(|expired| expired()) {
            return Err(QueryError::Expired);
        }
        Ok(())
    }
}

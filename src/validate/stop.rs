//! Whether anybody still waits for the verdict. A rule over five million rows takes seconds; somebody who calls a
//! delivery off wants its memory and its thread back in one.

/// How many things are looked at between two questions.
const BETWEEN: usize = 1024;

/// A question that a long rule asks now and then.
#[derive(Clone, Copy)]
pub struct Stop<'a>(&'a dyn Fn() -> bool);

impl<'a> Stop<'a> {
    /// True from the moment on when `called_off` says so.
    pub fn when(called_off: &'a dyn Fn() -> bool) -> Self {
        Self(called_off)
    }

    /// True when nobody waits any more; what is found from here on is thrown away.
    pub fn is_on(self) -> bool {
        (self.0)()
    }

    /// Asks now and then; false once nobody waits. For walks that are told whether to go on.
    pub(super) fn often(self) -> impl FnMut() -> bool + 'a {
        let mut left = BETWEEN;
        move || {
            left -= 1;
            if left > 0 {
                return true;
            }
            left = BETWEEN;
            !self.is_on()
        }
    }

    /// The same things, until nobody waits for them.
    pub(super) fn each<T>(self, things: impl Iterator<Item = T>) -> impl Iterator<Item = T> {
        let mut going = self.often();
        things.take_while(move |_| going())
    }
}

impl Stop<'static> {
    /// For who waits to the end.
    pub fn never() -> Self {
        Self(&|| false)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn a_walk_ends_soon_after_it_is_called_off_and_not_before() {
        let off = Cell::new(false);
        let called_off = || off.get();
        let stop = Stop::when(&called_off);
        assert_eq!(stop.each(0..100_000).count(), 100_000);
        let walked = stop
            .each(0..100_000)
            .inspect(|at| off.set(*at >= 5_000))
            .count();
        assert!((5_000..5_000 + 2 * BETWEEN).contains(&walked), "{walked}");
        assert_eq!(Stop::never().each(0..5_000).count(), 5_000);
    }
}

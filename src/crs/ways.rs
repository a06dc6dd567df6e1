//! Ways from one system to another, opened once and lent to whoever goes there next.
//!
//! A way costs PROJ five milliseconds or more, and each look at a layer asks for the same one. Two threads may not
//! use one at the same time, but one after the other they may, so ways that nobody uses lie in a common store.
//!
//! Nearly none is ever closed, and none at the end of a thread: with each that it closes, `proj` also empties the
//! stores that PROJ keeps for the whole process, which PROJ allows only while nobody else does the same.

use std::{
    ops::Deref,
    sync::{Mutex, MutexGuard, PoisonError},
};

use proj::Proj;

use super::CrsError;

/// How many ways that nobody uses are kept, whatever strangers' files name.
const KEPT: usize = 64;

struct Open {
    between: [String; 2],
    proj: Proj,
}

#[expect(unsafe_code, reason = "`proj` says nothing of threads; PROJ does")]
// SAFETY: an object of PROJ and its context may go from thread to thread as long as one at a time uses them
// ("Threads" in PROJ's manual), and whoever holds an `Open` is the only one.
unsafe impl Send for Open {}

/// The way that was used last is the last.
static IDLE: Mutex<Vec<Open>> = Mutex::new(vec![]);
/// Held by who opens or closes a way.
static DOOR: Mutex<()> = Mutex::new(());

fn hold<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A way in use. Goes back to the store when it is dropped.
pub(super) struct Way(Option<Open>);

impl Way {
    /// The way between two systems, each a code or a WKT definition.
    pub(super) fn between(from: &str, to: &str) -> Result<Self, CrsError> {
        let mut idle = hold(&IDLE);
        // The one used last is the one most probably asked for again, and in the cache.
        if let Some(at) = idle.iter().rposition(|open| open.between == [from, to]) {
            return Ok(Self(Some(idle.remove(at))));
        }
        drop(idle);
        let door = hold(&DOOR);
        let made = Proj::new_known_crs(from, to, None).map_err(|source| CrsError::NoWay {
            from: from.chars().take(60).collect(),
            to: to.chars().take(60).collect(),
            source: Box::new(source),
        });
        drop(door);
        Ok(Self(Some(Open {
            between: [from.to_owned(), to.to_owned()],
            proj: made?,
        })))
    }
}

impl Deref for Way {
    type Target = Proj;

    fn deref(&self) -> &Proj {
        &self.0.as_ref().expect("given back only when dropped").proj
    }
}

impl Drop for Way {
    fn drop(&mut self) {
        let mut idle = hold(&IDLE);
        idle.extend(self.0.take());
        let oldest = (idle.len() > KEPT).then(|| idle.remove(0));
        drop(idle);
        if oldest.is_some() {
            let _door = hold(&DOOR);
            drop(oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_threads_take_many_ways_at_once_and_all_arrive() {
        // More ways than are kept, so that some are closed while others are opened and used.
        let zone = |number: usize| format!("EPSG:{}", 32_601 + number % 60);
        std::thread::scope(|scope| {
            for thread in 0..4 {
                scope.spawn(move || {
                    for round in 0..60 {
                        let number = round * 7 + thread * 13;
                        let middle = (number % 60) as f64 * 6.0 - 177.0;
                        let there = Way::between("OGC:CRS84", &zone(number)).expect("a zone");
                        let (x, y) = there.convert((middle, 20.0)).expect("a place");
                        assert!((x - 500_000.0).abs() < 1e-6, "{x}");
                        let back = Way::between(&zone(number), "OGC:CRS84").expect("a zone");
                        let (lon, lat) = back.convert((x, y)).expect("a place");
                        assert!((lon - middle).abs() < 1e-9 && (lat - 20.0).abs() < 1e-9);
                    }
                });
            }
        });
        assert!(hold(&IDLE).len() <= KEPT);
    }
}

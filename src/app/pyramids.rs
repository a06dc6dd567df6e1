//! Tiles made beforehand: after an ingest, and in the background of a server for whatever has none yet.

use std::{collections::HashSet, sync::Arc, time::Duration};

use super::App;
use crate::{
    snapshot::{PYRAMID, Snapshot},
    tile::pyramid::{self, Plan, PyramidError, PyramidInfo},
};

/// How often a server looks for versions without a pyramid, and for pyramids that another process made.
const PAUSE: Duration = Duration::from_secs(1);

impl App {
    /// Builds the pyramid of a version that has none, on every core. The version is public before, and its
    /// tiles are made on demand until then.
    pub fn build_pyramid(&self, snapshot: &Snapshot) -> Result<Option<PyramidInfo>, PyramidError> {
        make(snapshot, &Plan::default())
    }

    /// Starts a thread that gives each public version its pyramid, one after the other, on one permit. It
    /// ends with the process; what it had not finished is begun anew by the next.
    pub fn tend_pyramids(&self) {
        let app = self.clone();
        let here = tokio::runtime::Handle::current();
        std::thread::spawn(move || {
            let mut failed = HashSet::new();
            loop {
                for snapshot in without(&app) {
                    let key = (snapshot.info().id.clone(), snapshot.info().hash.clone());
                    if failed.contains(&key) || snapshot.find_pyramid().is_some() {
                        continue;
                    }
                    let Some(permit) = app.inner.permits.hold(&here) else {
                        return;
                    };
                    let plan = Plan {
                        threads: 1,
                        ..Plan::default()
                    };
                    match make(&snapshot, &plan) {
                        Ok(Some(info)) => {
                            tracing::info!(layer = %key.0, tiles = info.tiles, bytes = info.bytes, "pyramid built");
                        }
                        // Another process is at it; its file is found when it is there.
                        Ok(None) | Err(PyramidError::Busy { .. }) => {}
                        Err(error) => {
                            tracing::error!(layer = %key.0, %error, "no pyramid; tiles are made on demand");
                            failed.insert(key);
                        }
                    }
                    drop(permit);
                }
                std::thread::sleep(PAUSE);
            }
        });
    }
}

/// The public versions without a pyramid.
fn without(app: &App) -> Vec<Arc<Snapshot>> {
    app.live()
        .layers
        .values()
        .filter_map(|live| live.snapshot.as_ref())
        .filter(|snapshot| !snapshot.info().draft && snapshot.pyramid().is_none())
        .cloned()
        .collect()
}

fn make(snapshot: &Snapshot, plan: &Plan) -> Result<Option<PyramidInfo>, PyramidError> {
    if snapshot.find_pyramid().is_some() {
        return Ok(None);
    }
    let path = snapshot.folder().join(PYRAMID);
    let info = pyramid::build(snapshot, &path, plan, &mut |_| ())?;
    snapshot.find_pyramid();
    Ok(Some(info))
}

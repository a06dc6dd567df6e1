//! What every handler has at hand: the application, the public address, the counters.

use std::{
    collections::BTreeSet,
    sync::{Arc, OnceLock},
    time::Duration,
};

use super::{fonts::Fonts, metrics::Metrics, prepared::Queries};
use crate::app::App;

/// How the server shows itself. Times and sizes are limits on strangers.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The address that every link begins with, `https://gis.example.in/parat`; no slash at its end.
    pub public_url: String,
    /// How long a request may take in all.
    pub timeout: Duration,
    /// How long the comparison of two versions may take.
    pub comparing: Duration,
    /// The largest body of a request, in bytes.
    pub body_bytes: usize,
    /// True when only this machine can ask, so that a request without a token is whoever sits at it as
    /// long as there are no accounts.
    pub trusts_local: bool,
}

impl Settings {
    /// Settings for a server at an address, such as `http://127.0.0.1:8080`.
    pub fn at(public_url: &str) -> Self {
        Self {
            public_url: public_url.trim_end_matches('/').to_owned(),
            // asks.md: 10 s for a query; the rest is waiting for a permit and a slow line.
            timeout: Duration::from_secs(30),
            comparing: Duration::from_secs(15),
            // A query with a drawn area; files are not taken here.
            body_bytes: 1 << 20,
            // Behind a proxy with another name the whole world comes from loopback.
            trusts_local: super::actor::is_loopback_name(host_of(public_url)),
        }
    }
}

/// The host and port of an address, as the header `Host` writes it.
pub(super) fn host_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    rest.split(['/', '?', '#']).next().unwrap_or(rest)
}

/// Shared by every request.
#[derive(Clone)]
pub(super) struct Site(Arc<Inner>);

struct Inner {
    app: App,
    settings: Settings,
    prefix: String,
    metrics: Metrics,
    fonts: OnceLock<Arc<Fonts>>,
    queries: Queries,
    languages: BTreeSet<String>,
}

impl Site {
    /// Puts it together.
    pub(super) fn new(app: App, settings: Settings) -> Self {
        let prefix = settings
            .public_url
            .split_once("://")
            .and_then(|(_, rest)| rest.find('/').map(|at| rest[at..].to_owned()))
            .unwrap_or_default();
        let languages = app.standards().messages().languages();
        let languages = languages.into_iter().map(str::to_owned).collect();
        Self(Arc::new(Inner {
            app,
            settings,
            prefix,
            metrics: Metrics::default(),
            fonts: OnceLock::new(),
            queries: Queries::default(),
            languages,
        }))
    }

    /// The application.
    pub(super) fn app(&self) -> &App {
        &self.0.app
    }

    /// The settings.
    pub(super) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// The public address, without a slash at its end.
    pub(super) fn base(&self) -> &str {
        &self.0.settings.public_url
    }

    /// The path of the public address: empty, or begins with a slash.
    pub(super) fn prefix(&self) -> &str {
        &self.0.prefix
    }

    /// The fonts of the machine, looked for once.
    pub(super) fn fonts(&self) -> &Arc<Fonts> {
        self.0.fonts.get_or_init(|| {
            let folder = self.app().config().fonts.clone();
            Arc::new(Fonts::find(folder.as_deref()))
        })
    }

    /// The counters.
    pub(super) fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// The languages that sentences are written in: asked of every request, so found once.
    pub(super) fn languages(&self) -> &BTreeSet<String> {
        &self.0.languages
    }

    /// Queries of tiles that were read before.
    pub(super) fn queries(&self) -> &Queries {
        &self.0.queries
    }

    /// The public address of a path.
    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base())
    }
}

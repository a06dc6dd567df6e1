//! A request, read once: its parameters checked, its media type chosen.

use axum::http::{HeaderMap, request::Parts};

use super::{
    error::{self, Problem},
    negotiate::{Chosen, Media, choose},
    ops::Op,
    params::Params,
};
use crate::{model::LayerId, store::JobId};

/// A request whose parameters are all known and whose media type is on offer.
pub(super) struct Ask {
    /// The checked parameters.
    pub params: Params,
    /// What to answer with.
    pub chosen: Chosen,
    /// The headers.
    pub headers: HeaderMap,
}

impl Ask {
    /// Reads a request to an operation.
    pub(super) fn of(op: &Op, parts: Parts) -> Result<Self, Problem> {
        Self::with(op, parts, |_| false)
    }

    /// Reads a request to an operation that also takes parameters of its own data, such as properties.
    pub(super) fn with(
        op: &Op,
        parts: Parts,
        also: impl Fn(&str) -> bool,
    ) -> Result<Self, Problem> {
        let params = Params::parse(parts.uri.query(), |name| op.takes(name) || also(name))?;
        let chosen = choose(op.offer, &params, &parts.headers)?;
        Ok(Self {
            params,
            chosen,
            headers: parts.headers,
        })
    }

    /// True when a page was asked for.
    pub(super) fn is_page(&self) -> bool {
        self.chosen.media == Media::Html
    }
}

/// The layer that a path names. What cannot be a name is a layer that does not exist.
pub(super) fn layer(text: &str) -> Result<LayerId, Problem> {
    text.parse()
        .ok()
        .ok_or_else(|| Problem::new(error::NOT_FOUND, "there is no such collection"))
}

/// The delivery that a path names.
pub(super) fn delivery(text: &str) -> Result<JobId, Problem> {
    text.parse()
        .map_err(|_no_number| Problem::new(error::NOT_FOUND, "there is no such delivery"))
}

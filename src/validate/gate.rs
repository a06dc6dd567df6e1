//! The way through the gate: a raw layer and a question come in, a report comes out, and with it, when
//! the verdict allows, the only thing that [`crate::normalise`] takes.

use super::{Report, Rule};
use crate::{
    model::{Encoding, LayerId, Metadata, RawLayer, Shapes, Source},
    standard::{ColumnMap, Standards},
};

/// Every rule, in the order of the report.
pub const RULES: &[&dyn Rule] = &[];

/// What is asked of the gate beside the layer itself.
#[derive(Clone, Copy)]
pub struct Ask<'a> {
    /// The standards to judge by.
    pub standards: &'a Standards,
    /// The layer that the sender says it is (`--as`); none to look for the best fit.
    pub layer: Option<&'a LayerId>,
    /// What was said about the layer beside its data.
    pub metadata: &'a Metadata,
    /// The city's outline in longitude/latitude, where it is known.
    pub city: Option<&'a Shapes<f64>>,
    /// True to make the safe repairs first, each recorded.
    pub repair: bool,
}

/// A layer that went through the gate, with what the gate said.
#[derive(Debug)]
pub struct Checked {
    report: Report,
    raw: RawLayer,
    lonlat: Option<Shapes<f64>>,
    map: ColumnMap,
    standard: Option<LayerId>,
    metadata: Metadata,
}

/// A layer that the gate vouches for (or, as a draft, that can at least be placed on a map). Nothing
/// but [`Checked`] can make one, and only [`crate::normalise`] takes it apart.
#[derive(Debug)]
pub struct Accepted {
    parts: AcceptedParts,
}

/// What [`Accepted`] holds.
#[derive(Debug)]
pub struct AcceptedParts {
    /// The layer; repaired where that was asked for. Its `shapes` were moved to `lonlat`.
    pub raw: RawLayer,
    /// The geometries in WGS 84 longitude/latitude, as they came otherwise.
    pub lonlat: Shapes<f64>,
    /// Which column answers which field.
    pub map: ColumnMap,
    /// The standard it was held to.
    pub standard: Option<LayerId>,
    /// What was said about it.
    pub metadata: Metadata,
    /// What the gate said.
    pub report: Report,
    /// True when it is only to be looked at, never published.
    pub draft: bool,
}

impl Checked {
    /// What the gate said.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The geometries in longitude/latitude; none when nobody knows where they lie.
    pub fn lonlat(&self) -> Option<&Shapes<f64>> {
        self.lonlat.as_ref()
    }

    /// The layer to publish; the same back when the verdict does not admit it.
    pub fn accept(self) -> Result<Accepted, Box<Self>> {
        if self.report.verdict.admits() && self.lonlat.is_some() && self.standard.is_some() {
            self.into_accepted(false).map_err(Box::new)
        } else {
            Err(Box::new(self))
        }
    }

    /// The layer to look at on a map, whatever the verdict; none when nobody knows where it lies.
    pub fn draft(self) -> Option<Accepted> {
        self.into_accepted(true).ok()
    }

    fn into_accepted(mut self, draft: bool) -> Result<Accepted, Self> {
        let Some(lonlat) = self.lonlat.take() else {
            return Err(self);
        };
        Ok(Accepted {
            parts: AcceptedParts {
                raw: self.raw,
                lonlat,
                map: self.map,
                standard: self.standard,
                metadata: self.metadata,
                report: self.report,
                draft,
            },
        })
    }
}

impl Accepted {
    /// What the gate said.
    pub fn report(&self) -> &Report {
        &self.parts.report
    }

    /// Takes it apart, for [`crate::normalise`].
    pub(crate) fn into_parts(self) -> AcceptedParts {
        self.parts
    }
}

/// Holds a layer to its standard.
pub fn check(_raw: RawLayer, _ask: &Ask<'_>) -> Checked {
    todo!("lands next")
}

/// The report on a file that could not be read at all: rule R01 fails, and nothing else could run.
/// `code` is the reader's name for the reason (`crashed`, `not_a_zip`), `remedy` what to do about it.
pub fn refused(
    _source: Source,
    _encoding: Option<Encoding>,
    _code: &str,
    _message: &str,
    _remedy: &str,
    _standards: &Standards,
) -> Report {
    todo!("lands next")
}

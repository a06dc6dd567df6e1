//! What comes out of the gate: a layer with its report, and, when the verdict allows, the only thing that
//! [`crate::normalise`] takes.

use crate::{
    model::{Column, LayerId, Metadata, RawLayer, Shapes},
    standard::{ColumnMap, LayerStandard},
    validate::{Aside, Report},
};

/// A layer that went through the gate, with what the gate said.
#[derive(Debug)]
pub struct Checked {
    pub(super) report: Report,
    pub(super) raw: RawLayer,
    pub(super) lonlat: Option<Shapes<f64>>,
    pub(super) map: ColumnMap,
    pub(super) standard: Option<LayerId>,
    pub(super) metadata: Metadata,
    pub(super) aside: Aside,
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

    /// The rows that were set aside.
    pub fn aside(&self) -> &Aside {
        &self.aside
    }

    /// What each row calls itself: the telling part of its standard's key, else its name.
    pub fn keys(&self, standard: &LayerStandard) -> Vec<String> {
        let telling = standard
            .key
            .iter()
            .rev()
            .map(String::as_str)
            .chain(["name"])
            .find_map(|field| self.map.column(field));
        // The geometries may be elsewhere already; the values never are.
        let rows = self.raw.table.columns.first().map_or(0, Column::len);
        (0..rows)
            .map(|row| {
                telling.map_or_else(String::new, |at| {
                    self.raw.table.columns[at].get(row).to_text().into_owned()
                })
            })
            .collect()
    }

    /// The layer to publish; the same back when the verdict does not admit it.
    pub fn accept(self) -> Result<Accepted, Box<Self>> {
        if self.report.verdict.admits() && self.lonlat.is_some() && self.standard.is_some() {
            self.into_accepted(false)
        } else {
            Err(Box::new(self))
        }
    }

    /// The layer to look at on a map, whatever the verdict; none when nobody knows where it lies.
    pub fn draft(self) -> Option<Accepted> {
        self.into_accepted(true).ok()
    }

    fn into_accepted(mut self, draft: bool) -> Result<Accepted, Box<Self>> {
        let Some(lonlat) = self.lonlat.take() else {
            return Err(Box::new(self));
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

//! What is asked of the gate beside the layer itself, and what follows from it: the standard, the columns, and what a
//! rule looks at.

use std::collections::BTreeMap;

use crate::{
    model::{LayerId, Metadata, RawLayer, Say, Shapes, say},
    standard::{ColumnMap, LayerStandard, Standards},
    validate::{Confirmed, Others, Repairs, Stop, Subject, placing::Placed, repair::Work},
};

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
    /// The city's other layers, for rules that compare ([`crate::validate::alone`] where there are none).
    pub others: &'a Others<'a>,
    /// Which column a person says answers which field; it stands before what headers say.
    pub columns: &'a BTreeMap<String, String>,
    /// The repairs to make first, each recorded.
    pub repairs: &'a Repairs,
    /// True to set rows with grave faults of their own aside and judge the rest.
    pub set_aside: bool,
    /// What of all this, and which codes, a person confirmed for an earlier delivery of the source. The layer, CRS
    /// and encoding among it are applied by whoever asks; the report says of all of it where it came from.
    pub confirmed: Option<&'a Confirmed>,
}

impl<'a> Ask<'a> {
    /// The standard to hold a layer to, and how it was chosen.
    pub(super) fn standard(&self, raw: &RawLayer) -> (Option<&'a LayerStandard>, Say) {
        if let Some(id) = self.layer {
            let was_confirmed = self
                .confirmed
                .is_some_and(|confirmed| confirmed.layer.as_ref() == Some(id));
            return match self.standards.layer(id) {
                Some(standard) if was_confirmed => (Some(standard), say!(chosen_confirmed)),
                Some(standard) => (Some(standard), say!(chosen_given)),
                None => (None, say!(chosen_unknown, layer = id.as_str())),
            };
        }
        match self.standards.best_fit(raw) {
            Some(fit) => (
                self.standards.layer(&fit.layer),
                say!(chosen_best, why = fit.say),
            ),
            None => (None, say!(chosen_none)),
        }
    }

    /// Which column answers which field: as somebody said, as somebody confirmed for the source, as the headers say.
    pub(super) fn map(&self, raw: &RawLayer, standard: Option<&LayerStandard>) -> ColumnMap {
        let nothing = BTreeMap::new();
        let before = self
            .confirmed
            .map_or(&nothing, |confirmed| &confirmed.columns);
        standard.map_or_else(ColumnMap::default, |standard| {
            ColumnMap::told(
                self.standards,
                standard,
                &raw.table,
                &[("given", self.columns), ("confirmed", before)],
            )
        })
    }

    /// What a rule looks at.
    pub(super) fn subject<'b>(
        &self,
        work: &'b Work,
        placed: &'b Placed<'_>,
        standard: Option<&'b LayerStandard>,
        map: &'b ColumnMap,
        read: usize,
    ) -> Subject<'b>
    where
        'a: 'b,
    {
        Subject {
            raw: &work.raw,
            lonlat: placed.lonlat.as_deref(),
            metres: placed.metres.as_deref(),
            standard,
            map,
            standards: self.standards,
            metadata: self.metadata,
            city: self.city,
            others: self.others,
            settings: self.standards.no_settings(),
            named: self.layer.is_some(),
            origins: work.origins.as_deref(),
            read,
            stop: Stop::never(),
        }
    }
}

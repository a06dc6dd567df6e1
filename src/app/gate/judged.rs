//! A layer that was judged, and what can be done with it.

use crate::{
    model::Layer,
    normalise::{self, NormaliseError},
    standard::Standards,
    validate::{Aside, Checked, Report},
};

/// A layer that came to the gate, judged.
#[derive(Debug)]
pub struct Judged {
    /// What the gate said.
    pub report: Report,
    /// What can be done with it.
    pub outcome: Outcome,
}

/// What can be done with a layer that was judged.
#[derive(Debug)]
pub enum Outcome {
    /// Nothing: it could not be read.
    Refused,
    /// It was read and judged.
    Checked(Box<Checked>),
}

impl Judged {
    /// The rows that were set aside; none where the file could not be read.
    pub fn aside(&self) -> Option<&Aside> {
        match &self.outcome {
            Outcome::Refused => None,
            Outcome::Checked(checked) => Some(checked.aside()),
        }
    }

    /// The layer in the form of its standard, when the verdict admits it to be published.
    pub fn accepted(
        self,
        standards: &Standards,
    ) -> Result<Result<Layer, Box<Self>>, NormaliseError> {
        let Self { report, outcome } = self;
        let checked = match outcome {
            Outcome::Refused => {
                return Ok(Err(Box::new(Self {
                    report,
                    outcome: Outcome::Refused,
                })));
            }
            Outcome::Checked(checked) => checked,
        };
        match checked.accept() {
            Ok(accepted) => normalise::normalise(accepted, standards).map(Ok),
            Err(checked) => Ok(Err(Box::new(Self {
                report,
                outcome: Outcome::Checked(checked),
            }))),
        }
    }

    /// The layer to look at on the local map, whatever the verdict; none when nobody knows where it lies.
    pub fn draft(self, standards: &Standards) -> Result<Option<Layer>, NormaliseError> {
        match self.outcome {
            Outcome::Refused => Ok(None),
            Outcome::Checked(checked) => checked
                .draft()
                .map(|accepted| normalise::normalise(accepted, standards))
                .transpose(),
        }
    }
}

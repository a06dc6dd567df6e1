//! The way from a file to a verdict. `parat check`, `parat ingest`, `parat serve FILES` and the server all
//! come through here, so the same file under the same question has the same report to the byte.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::delivery::{self, DeliveryError, Item};
use crate::{
    model::{CrsName, CrsOrigin, LayerId, Metadata, Note, RawLayer, Shapes, Source, say},
    normalise::{self, NormaliseError},
    read::{ArchiveLimits, ReadOptions},
    standard::Standards,
    validate::{self, Aside, Checked, Confirmed, Neighbour, Others, Repairs, Report, Stop, Whence},
    worker::{self, Desk, Limits},
};

/// Files up to this size are read before the first is judged, so that a city's outline among them is known
/// to all the others whatever it is called. Larger ones are read when their turn comes, one at a time.
const SMALL_BYTES: u64 = 16 << 20;

/// What is asked about the files that come in.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    /// The layer that the sender says they are.
    pub layer: Option<LayerId>,
    /// What the sender says about CRS, encoding and the layer inside the file.
    pub read: ReadOptions,
    /// A file of metadata for all of them, in place of those that lie beside the files.
    pub metadata: Option<PathBuf>,
    /// A file with the city's outline.
    pub city: Option<PathBuf>,
    /// Which column answers which field, as a person says.
    pub columns: BTreeMap<String, String>,
    /// The repairs to make first, each recorded.
    pub repairs: Repairs,
    /// Set rows with grave faults of their own aside and judge the rest.
    pub set_aside: bool,
    /// What a person confirmed for an earlier delivery of the source. It answers only what is not said above: use
    /// [`Ask::with`].
    pub confirmed: Option<Confirmed>,
}

impl Ask {
    /// The same, with what a person confirmed for an earlier delivery of the source where nothing else is said.
    #[must_use]
    pub fn with(mut self, confirmed: Confirmed) -> Self {
        let mut used = confirmed;
        if self.layer.is_some() {
            used.layer = None;
        }
        if self.read.encoding.is_some() {
            used.encoding = None;
        }
        used.columns
            .retain(|field, _| !self.columns.contains_key(field));
        // A CRS answers only where the file does not say its own: see `Gate::read`.
        if self.read.crs.is_some() {
            used.crs = None;
        }
        self.layer = self.layer.or_else(|| used.layer.clone());
        self.read.encoding = self.read.encoding.or_else(|| used.encoding.clone());
        self.confirmed = Some(used).filter(|used| !used.is_empty());
        self
    }
}

/// Something a person who waits may want to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// A file is being read.
    Reading {
        /// Its name.
        file: String,
    },
    /// A layer is being held to its standard.
    Checking {
        /// The file.
        file: String,
        /// The layer inside it.
        layer: String,
        /// How many rows.
        rows: usize,
    },
    /// A layer is being written.
    Publishing {
        /// The layer.
        layer: LayerId,
        /// How many features.
        features: usize,
    },
}

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

/// Why the gate could not even begin, or go on. What is wrong with the data is in the reports.
#[derive(Debug, thiserror::Error)]
pub enum GateError {
    /// The files.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// The city's outline that was given is none.
    #[error("{path} cannot serve as the city's outline: {detail}")]
    City {
        /// The file.
        path: PathBuf,
        /// Why not.
        detail: String,
    },
    /// The layer that was named has no standard.
    #[error("there is no standard for a layer `{layer}`{}", nearest.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default())]
    NoStandard {
        /// What was named.
        layer: LayerId,
        /// What may have been meant.
        nearest: Option<LayerId>,
    },
    /// The reader could not do its work: the machine's fault or an option's, not the file's.
    #[error("files cannot be read")]
    Reader(#[source] worker::WorkerError),
}

/// Takes a judged layer over, and tells of the steps it makes with it.
pub type Take<'a, E> = &'a mut dyn FnMut(Judged, &mut dyn FnMut(Step)) -> Result<(), E>;

/// The gate: standards, limits, and the city's outline once it is known.
pub struct Gate<'a> {
    standards: &'a Standards,
    limits: Limits,
    archive: Option<ArchiveLimits>,
    ask: &'a Ask,
    city: Option<Shapes<f64>>,
    /// True when a person gave the outline; then no delivery replaces it.
    city_given: bool,
    /// Where children work.
    desk: Desk,
    /// What is to be said in every report.
    notes: Vec<Note>,
    others: Box<Others<'a>>,
    /// Layers of this delivery that passed and that rules of others look at.
    beside: BTreeMap<LayerId, Neighbour>,
}

impl<'a> Gate<'a> {
    /// A gate for one delivery. `published` is the outline of the city as it is public, where it is.
    pub fn new(
        standards: &'a Standards,
        limits: Limits,
        ask: &'a Ask,
        published: Option<Shapes<f64>>,
    ) -> Result<Self, GateError> {
        if let Some(layer) = &ask.layer
            && standards.layer(layer).is_none()
        {
            return Err(GateError::NoStandard {
                nearest: nearest_layer(standards, layer),
                layer: layer.clone(),
            });
        }
        let mut gate = Self {
            standards,
            limits,
            archive: None,
            ask,
            city: published,
            city_given: false,
            desk: Desk::default(),
            notes: vec![],
            others: Box::new(validate::alone),
            beside: BTreeMap::new(),
        };
        if let Some(path) = &ask.city {
            gate.city = Some(gate.read_city(path)?);
            gate.city_given = true;
        }
        Ok(gate)
    }

    /// The same gate with its children at a desk.
    #[must_use]
    pub(super) fn at(mut self, desk: Desk) -> Self {
        self.desk = desk;
        self
    }

    /// The same gate that opens archives within these limits, in place of the usual ones.
    #[must_use]
    pub fn within(mut self, archive: ArchiveLimits) -> Self {
        self.archive = Some(archive);
        self
    }

    /// The same gate with something to say in every report.
    #[must_use]
    pub(super) fn noting(mut self, notes: Vec<Note>) -> Self {
        self.notes = notes;
        self
    }

    /// The same gate, that can look at the city's other layers.
    #[must_use]
    pub fn among(mut self, others: impl Fn(&LayerId) -> Option<Neighbour> + 'a) -> Self {
        self.others = Box::new(others);
        self
    }

    /// Judges every layer of the files and hands each to `take`: the city's outline first, then wards, then
    /// the rest. `take` says whether to go on.
    pub fn judge<E: From<GateError>>(
        &mut self,
        paths: &[PathBuf],
        tell: &mut dyn FnMut(Step),
        take: Take<'_, E>,
    ) -> Result<(), E> {
        let items =
            delivery::items(paths, self.ask.metadata.as_deref()).map_err(GateError::from)?;
        self.judge_items(items, tell, take)
    }

    /// [`Gate::judge`] for files that are known already.
    pub(super) fn judge_items<E: From<GateError>>(
        &mut self,
        items: Vec<Item>,
        tell: &mut dyn FnMut(Step),
        take: Take<'_, E>,
    ) -> Result<(), E> {
        let (small, large): (Vec<Item>, Vec<Item>) = items
            .into_iter()
            .partition(|item| item.bytes <= SMALL_BYTES);

        let mut waiting = vec![];
        for item in small {
            waiting.extend(self.read(&item, tell)?);
        }
        // Stable: within a rank, the order of the sender.
        waiting.sort_by_key(|read| self.rank(read));
        for read in waiting {
            let judged = self.hold(read, tell)?;
            take(judged, tell)?;
        }
        for item in large {
            let mut reads = self.read(&item, tell)?;
            reads.sort_by_key(|read| self.rank(read));
            for read in reads {
                let judged = self.hold(read, tell)?;
                take(judged, tell)?;
            }
        }
        Ok(())
    }

    /// Reads one file in the child. A file that cannot be read is a report; a machine that cannot read is an
    /// error.
    fn read(&self, item: &Item, tell: &mut dyn FnMut(Step)) -> Result<Vec<Read>, GateError> {
        let file = item.name();
        tell(Step::Reading { file: file.clone() });
        let source = |member: Option<String>| Source {
            file: file.clone(),
            layer: member.clone().unwrap_or_else(|| file.clone()),
            member,
            format: "unknown".to_owned(),
            hash: hash_of(&item.path),
        };
        let refuse = |source: Source, code: &str, message: &str, remedy: &str| {
            Read::Refused(Box::new(validate::refused(
                source,
                None,
                code,
                message,
                remedy,
                self.standards,
            )))
        };
        let mut options = ReadOptions {
            label: item.label.clone(),
            ..self.ask.read.clone()
        };
        if let Some(archive) = &self.archive {
            options.archive = *archive;
        }
        let delivery = match worker::read_at(&self.desk, &item.path, &options, &self.limits) {
            Ok(delivery) => delivery,
            Err(error) => match error.refused(&file) {
                Some(no) => {
                    return Ok(vec![refuse(
                        source(None),
                        &no.code,
                        &no.message,
                        &no.remedy,
                    )]);
                }
                // The machine, the installation or an option, not the file.
                None => return Err(GateError::Reader(error)),
            },
        };
        let mut reads = vec![];
        let mut delivery = delivery;
        for mut raw in std::mem::take(&mut delivery.layers) {
            raw.notes.extend(delivery.notes.iter().cloned());
            // What lies beside the file, or a person says, goes before what the archive says inside.
            let mut metadata = raw
                .source
                .member
                .as_deref()
                .and_then(|member| delivery.described(member))
                .cloned()
                .unwrap_or_default();
            metadata.0.extend(item.metadata.0.clone());
            raw.notes.extend(self.notes.iter().cloned());
            answer_crs(&mut raw, metadata.text("crs"));
            let mut confirmed = self.ask.confirmed.clone();
            if let Some(confirmed) = &mut confirmed
                && !answer_crs(&mut raw, confirmed.crs.as_deref())
            {
                confirmed.crs = None;
            }
            reads.push(Read::Layer(Box::new(raw), metadata, confirmed));
        }
        for refused in delivery.refused {
            let member = (refused.member != file).then_some(refused.member);
            reads.push(refuse(
                source(member),
                &refused.code,
                &refused.message,
                &refused.remedy,
            ));
        }
        if reads.is_empty() {
            reads.push(refuse(
                source(None),
                "no_layer",
                "the file holds no layer",
                "Export the layer again and look whether it has any rows.",
            ));
        }
        Ok(reads)
    }

    /// Holds one layer to its standard, and remembers it when it is the city's outline.
    fn hold(&mut self, read: Read, tell: &mut dyn FnMut(Step)) -> Result<Judged, GateError> {
        let (raw, metadata, confirmed) = match read {
            Read::Refused(report) => {
                return Ok(Judged {
                    report: *report,
                    outcome: Outcome::Refused,
                });
            }
            Read::Layer(raw, metadata, confirmed) => (raw, metadata, confirmed),
        };
        tell(Step::Checking {
            file: raw.source.file.clone(),
            layer: raw.source.layer.clone(),
            rows: raw.len(),
        });
        // A layer of the same delivery stands for what will be public once it is; else what is public now.
        let looked = RefCell::new(BTreeMap::new());
        let others = |layer: &LayerId| {
            let found = self.beside.get(layer).cloned();
            let found = found.or_else(|| (self.others)(layer));
            let note = found
                .as_ref()
                .map(|found| looked_note(layer, &found.whence));
            looked
                .borrow_mut()
                .extend(note.map(|note| (layer.clone(), note)));
            found
        };
        let called_off = || self.desk.cancel.is_called_off();
        let checked = validate::check_until(
            *raw,
            &validate::Ask {
                standards: self.standards,
                layer: self.ask.layer.as_ref(),
                metadata: &metadata,
                city: self.city.as_ref(),
                others: &others,
                columns: &self.ask.columns,
                repairs: &self.ask.repairs,
                set_aside: self.ask.set_aside,
                confirmed: confirmed.as_ref(),
            },
            Stop::when(&called_off),
        )
        .ok_or(GateError::Reader(worker::WorkerError::Cancelled))?;
        let mut report = checked.report().clone();
        report.notes.extend(looked.into_inner().into_values());
        report.speak(self.standards.messages(), "en");
        if !self.city_given
            && report.verdict.admits()
            && report.layer == self.standards.profile().city
            && let Some(shapes) = checked.lonlat()
        {
            self.city = Some(shapes.clone());
        }
        if report.verdict.admits()
            && !self.beside.contains_key(&report.layer)
            && self.looked_at(&report.layer)
            && let Some(neighbour) = neighbour_of(&checked, self.standards)
        {
            self.beside.insert(report.layer.clone(), neighbour);
        }
        Ok(Judged {
            report,
            outcome: Outcome::Checked(Box::new(checked)),
        })
    }

    fn read_city(&self, path: &Path) -> Result<Shapes<f64>, GateError> {
        let no = |detail: String| GateError::City {
            path: path.to_owned(),
            detail,
        };
        let delivery = worker::read(path, &ReadOptions::default(), &self.limits).map_err(
            |error| match error {
                error @ worker::WorkerError::Start(_) => GateError::Reader(error),
                error => no(error.to_string()),
            },
        )?;
        let Some(raw) = delivery.layers.into_iter().next() else {
            let why = delivery
                .refused
                .first()
                .map_or("it holds no layer", |refused| refused.message.as_str());
            return Err(no(why.to_owned()));
        };
        let layer = &self.standards.profile().city;
        let checked = validate::check(
            raw,
            &validate::Ask {
                standards: self.standards,
                layer: Some(layer),
                metadata: &Metadata::default(),
                city: None,
                others: &validate::alone,
                // An outline is only measured against: a bow-tie in it must not spoil the verdict of others.
                columns: &BTreeMap::new(),
                repairs: &Repairs::safe(),
                set_aside: false,
                confirmed: None,
            },
        );
        let shapes = checked
            .lonlat()
            .ok_or_else(|| no("nobody knows where it lies (no CRS)".to_owned()))?;
        if shapes
            .view()
            .iter()
            .any(|shape| shape.kind.dimension() == Some(2))
        {
            Ok(shapes.clone())
        } else {
            Err(no("it holds no area".to_owned()))
        }
    }

    /// True for a layer that a rule of some other layer compares with.
    fn looked_at(&self, layer: &LayerId) -> bool {
        *layer == self.standards.profile().wards
            || self.standards.layers().any(|standard| {
                let mut rules = standard.rules.values();
                rules.any(|settings| settings.with.as_ref() == Some(layer))
            })
    }

    /// The city's outline goes first, then wards, then what others are compared with, then the rest; what cannot be
    /// read tells no one anything.
    fn rank(&self, read: &Read) -> u8 {
        let Read::Layer(raw, ..) = read else {
            return 4;
        };
        let layer = self
            .ask
            .layer
            .clone()
            .or_else(|| self.standards.best_fit(raw).map(|fit| fit.layer));
        let profile = self.standards.profile();
        match layer {
            Some(layer) if layer == profile.city => 0,
            Some(layer) if layer == profile.wards => 1,
            Some(layer) if self.looked_at(&layer) => 2,
            _ => 3,
        }
    }
}

enum Read {
    /// With what of the answers that a person once confirmed is of use to it.
    Layer(Box<RawLayer>, Metadata, Option<Confirmed>),
    Refused(Box<Report>),
}

/// A layer of the delivery as a neighbour of those that come after it.
fn neighbour_of(checked: &Checked, standards: &Standards) -> Option<Neighbour> {
    let report = checked.report();
    let standard = standards.layer(&report.layer)?;
    let source = &report.source;
    Some(Neighbour {
        shapes: checked.lonlat()?.clone(),
        keys: checked.keys(standard),
        whence: Whence::Delivery {
            file: source.member.clone().unwrap_or_else(|| source.file.clone()),
        },
    })
}

/// Says with what a layer was compared.
fn looked_note(layer: &LayerId, whence: &Whence) -> Note {
    Note {
        kind: "compared_with".to_owned(),
        say: match whence {
            Whence::Delivery { file } => {
                say!(note_beside, layer = layer.as_str(), file = file.as_str())
            }
            Whence::Published { version, hash } => say!(
                note_published,
                layer = layer.as_str(),
                version = *version,
                hash = hash.get(..12).unwrap_or(hash)
            ),
        },
        ..Note::default()
    }
}

/// A file that does not say its CRS, with metadata that do: a person has answered, as with `--crs`. What the
/// file itself says is never overruled by them. True when it was an answer.
fn answer_crs(raw: &mut RawLayer, said: Option<&str>) -> bool {
    if raw.crs != CrsName::Missing {
        return false;
    }
    let said = said
        .and_then(|crs| crs.split_once(':'))
        .filter(|(name, code)| {
            matches!(name.to_ascii_uppercase().as_str(), "EPSG" | "OGC")
                && !code.is_empty()
                && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    if let Some((name, code)) = said {
        raw.crs = CrsName::Authority {
            name: name.to_ascii_uppercase(),
            code: code.to_owned(),
        };
        raw.crs_origin = CrsOrigin::Given;
    }
    said.is_some()
}

/// The standard whose name is nearest to what was typed.
fn nearest_layer(standards: &Standards, typed: &LayerId) -> Option<LayerId> {
    standards
        .layers()
        .map(|standard| {
            (
                strsim::jaro_winkler(standard.layer.as_str(), typed.as_str()),
                &standard.layer,
            )
        })
        .filter(|(score, _)| *score > 0.75)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, layer)| layer.clone())
}

fn hash_of(path: &Path) -> String {
    let mut hasher = blake3::Hasher::new();
    let hashed =
        std::fs::File::open(path).and_then(|mut file| std::io::copy(&mut file, &mut hasher));
    match hashed {
        Ok(_) => hasher.finalize().to_hex().to_string(),
        Err(_) => String::new(),
    }
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
    ) -> Result<Result<crate::model::Layer, Box<Self>>, NormaliseError> {
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
    pub fn draft(
        self,
        standards: &Standards,
    ) -> Result<Option<crate::model::Layer>, NormaliseError> {
        match self.outcome {
            Outcome::Refused => Ok(None),
            Outcome::Checked(checked) => checked
                .draft()
                .map(|accepted| normalise::normalise(accepted, standards))
                .transpose(),
        }
    }
}

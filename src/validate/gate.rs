//! The way through the gate: a raw layer and a question come in, a report comes out, and with it, when
//! the verdict allows, the only thing that [`crate::normalise`] takes.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    Counts, Finding, Findings, Outcome, Proposals, RepairKind, Repairs, Report, Rule, RuleReport,
    Subject, coverage, crs, duplicate, encoding, fields, geometry, key, metadata, network, outline,
    place, placing, privacy, readable, repair, words,
};
use crate::{
    model::{
        Bbox, CrsName, CrsOrigin, Encoding, LayerId, Metadata, Note, RawLayer, Say, Severity,
        ShapeKind, Shapes, Source, Verdict, say,
    },
    standard::{ColumnMap, LayerStandard, PackInfo, RuleSettings, Standards},
};

/// Every rule, in the order of the report.
pub const RULES: &[&dyn Rule] = &[
    &readable::Readable,
    &readable::OtherLayer,
    &readable::RowCount,
    &readable::VertexBound,
    &crs::CrsKnown,
    &crs::Plausible,
    &encoding::Text,
    &fields::RequiredColumns,
    &fields::RequiredValues,
    &fields::Types,
    &fields::Codes,
    &fields::Ranges,
    &fields::Widths,
    &fields::CutNames,
    &geometry::GeometryType,
    &geometry::Valid,
    &geometry::Slivers,
    &place::Inside,
    &coverage::Overlaps,
    &coverage::Gaps,
    &geometry::SinglePart,
    &network::EndsMeet,
    &network::Dangles,
    &network::OnLine,
    &key::UniqueKey,
    &geometry::SmallestSize,
    &duplicate::Duplicates,
    &network::Nodes,
    &network::Flow,
    &privacy::PersonalData,
    &metadata::RequiredElements,
];

/// Rules that run on every layer, whatever its standard asks for.
const EVERYWHERE: &[&str] = &[
    "R01", "L01", "L02", "V01", "C01", "C02", "E01", "A01", "A02", "A03", "A04", "A05", "A06",
    "A07", "G01", "T01", "M01",
];

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
    /// Which column a person says answers which field; it stands before what headers say.
    pub columns: &'a BTreeMap<String, String>,
    /// The repairs to make first, each recorded.
    pub repairs: &'a Repairs,
    /// True to set rows with grave faults of their own aside and judge the rest.
    pub set_aside: bool,
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

/// Holds a layer to its standard.
pub fn check(mut raw: RawLayer, ask: &Ask<'_>) -> Checked {
    let standards = ask.standards;
    let (standard, chosen) = choose(&raw, ask);
    let repairs = if ask.repairs.has(RepairKind::MakeValid) {
        repair::mend(&mut raw)
    } else {
        vec![]
    };
    let map = standard.map_or_else(ColumnMap::default, |standard| {
        ColumnMap::told(standards, standard, &raw.table, ask.columns)
    });
    let placed = placing::place(&raw);
    let base = Subject {
        raw: &raw,
        lonlat: placed.lonlat.as_deref(),
        metres: placed.metres.as_deref(),
        standard,
        map: &map,
        standards,
        metadata: ask.metadata,
        city: ask.city,
        settings: &RuleSettings::default(),
        named: ask.layer.is_some(),
    };
    let rules: Vec<RuleReport> = RULES.iter().map(|rule| run(*rule, &base)).collect();
    let verdict = verdict(&rules, standard.is_some());
    let mut report = blank(raw.source.clone(), standards);
    report.layer = standard.map_or_else(
        || LayerId::slug(&raw.source.layer),
        |standard| standard.layer.clone(),
    );
    report.verdict = verdict;
    report.standard = standard.map(|standard| format!("{}@{}", standard.layer, standard.revision));
    report.standard_chosen = chosen;
    report.rows = raw.len() as u64;
    report.crs = raw.crs.clone();
    report.crs_origin = raw.crs_origin;
    report.encoding.clone_from(&raw.encoding);
    report.bbox = placed
        .lonlat
        .as_ref()
        .and_then(|lonlat| Bbox::around(&lonlat.coords));
    for kind in &raw.shapes.kinds {
        *report
            .geometry
            .entry(ShapeKind::from_u8(*kind).name().to_owned())
            .or_default() += 1;
    }
    report.columns = map
        .entries()
        .iter()
        .map(|(mapping, _)| mapping.clone())
        .collect();
    report.extra_columns = raw
        .table
        .fields
        .iter()
        .enumerate()
        .filter(|(at, _)| !map.entries().iter().any(|(_, taken)| taken == at))
        .map(|(_, field)| field.name.clone())
        .collect();
    report.notes.clone_from(&raw.notes);
    report.notes.extend(notes(&base));
    report.rules = rules;
    let repaired: BTreeSet<u64> = repairs
        .iter()
        .filter_map(|repair| repair.place.row)
        .collect();
    report.counts = Counts {
        read: report.rows,
        accepted: report.rows - repaired.len() as u64,
        repaired: repaired.len() as u64,
        set_aside: 0,
    };
    report.repairs = repairs;
    if let Some(lonlat) = &placed.lonlat {
        report.outline = outline::outline(lonlat);
    }
    report.todo_say = words::todo(&report, standards);
    report.summary_say = words::summary(&report, standards);
    report.speak(standards.messages(), "en");

    let standard = standard.map(|standard| standard.layer.clone());
    let lonlat = match placed.lonlat {
        Some(Cow::Owned(shapes)) => Some(shapes),
        Some(Cow::Borrowed(_)) => None,
        None => {
            return Checked {
                report,
                raw,
                lonlat: None,
                map,
                standard,
                metadata: ask.metadata.clone(),
            };
        }
    };
    let came = std::mem::take(&mut raw.shapes);
    Checked {
        report,
        raw,
        lonlat: Some(lonlat.unwrap_or(came)),
        map,
        standard,
        metadata: ask.metadata.clone(),
    }
}

/// The standard to hold a layer to, and how it was chosen.
fn choose<'a>(raw: &RawLayer, ask: &Ask<'a>) -> (Option<&'a LayerStandard>, String) {
    if let Some(id) = ask.layer {
        return match ask.standards.layer(id) {
            Some(standard) => (Some(standard), "given".to_owned()),
            None => (None, format!("given, but no standard is called {id}")),
        };
    }
    match ask.standards.best_fit(raw) {
        Some(fit) => (
            ask.standards.layer(&fit.layer),
            format!("best fit: {}", fit.why),
        ),
        None => (None, "none fits".to_owned()),
    }
}

/// Runs a rule, if the standard asks for it.
fn run(rule: &dyn Rule, base: &Subject<'_>) -> RuleReport {
    let info = rule.info();
    let asked = base
        .standard
        .map_or_else(|| base.standards.common_rules(), |standard| &standard.rules);
    let settings = asked.get(info.code);
    let outcome = match (settings, base.standard) {
        (Some(settings), _) => rule.check(&Subject { settings, ..*base }),
        (None, _) if EVERYWHERE.contains(&info.code) => rule.check(base),
        (None, Some(standard)) => {
            Outcome::not_run(say!(not_asked, layer = standard.layer.as_str()), false)
        }
        (None, None) => Outcome::not_run(say!(nobody_asks), false),
    };
    let severity = settings
        .and_then(|settings| settings.severity)
        .unwrap_or(info.severity);
    // A rule that grades its findings is as severe as the worst of them.
    let severity = match &outcome {
        Outcome::Failed { findings, .. } => findings
            .iter()
            .map(|finding| finding.severity.unwrap_or(severity))
            .max()
            .unwrap_or(severity),
        _ => severity,
    };
    RuleReport {
        code: info.code.to_owned(),
        name: info.name.to_owned(),
        severity,
        outcome,
    }
}

/// What the rules' outcomes come to.
fn verdict(rules: &[RuleReport], judged: bool) -> Verdict {
    let mut verdict = Verdict::Conforms;
    if !judged {
        verdict = Verdict::NotJudged;
    }
    for rule in rules {
        let is = match &rule.outcome {
            Outcome::Failed { .. } => match rule.severity {
                Severity::Note => Verdict::Conforms,
                Severity::Warning => Verdict::ConformsWithWarnings,
                Severity::Error | Severity::Block => Verdict::DoesNotConform,
            },
            Outcome::NotRun { needed: true, .. } => Verdict::NotJudged,
            Outcome::Passed { .. } | Outcome::NotRun { .. } => Verdict::Conforms,
        };
        verdict = verdict.max(is);
    }
    verdict
}

/// What the gate itself has to say beside the rules.
fn notes(subject: &Subject<'_>) -> Vec<Note> {
    let mut notes = vec![];
    let asks = |code: &str| {
        subject
            .standard
            .is_some_and(|standard| standard.rules.contains_key(code))
    };
    if subject.city.is_none() && asks("T03") {
        notes.push(Note {
            kind: "city_unknown".to_owned(),
            say: say!(note_city_unknown),
            ..Note::default()
        });
    }
    notes
}

fn blank(source: Source, standards: &Standards) -> Report {
    Report {
        layer: LayerId::slug(&source.layer),
        verdict: Verdict::NotJudged,
        summary: String::new(),
        summary_say: Say::default(),
        todo: vec![],
        todo_say: vec![],
        source,
        standard: None,
        standard_chosen: "none fits".to_owned(),
        profile: standards.profile().label(),
        packs: standards.packs().iter().map(PackInfo::label).collect(),
        rows: 0,
        counts: Counts::default(),
        crs: CrsName::Missing,
        crs_origin: CrsOrigin::Unknown,
        encoding: None,
        bbox: None,
        geometry: BTreeMap::new(),
        columns: vec![],
        extra_columns: vec![],
        notes: vec![],
        rules: vec![],
        repairs: vec![],
        proposals: Proposals::default(),
        outline: vec![],
    }
}

/// The report on a file that could not be read at all: rule R01 fails, and nothing else could run.
/// `code` is the reader's name for the reason (`crashed`, `not_a_zip`), `remedy` what to do about it.
pub fn refused(
    source: Source,
    encoding: Option<Encoding>,
    code: &str,
    message: &str,
    remedy: &str,
    standards: &Standards,
) -> Report {
    let mut report = blank(source, standards);
    report.verdict = Verdict::DoesNotConform;
    report.encoding = encoding;
    "not read, so no standard was chosen".clone_into(&mut report.standard_chosen);
    report.notes.push(Note {
        kind: code.to_owned(),
        text: message.to_owned(),
        ..Note::default()
    });
    report.rules = RULES
        .iter()
        .map(|rule| {
            let info = rule.info();
            let outcome = if info.code == "R01" {
                let mut findings = Findings::new();
                findings.add(|| Finding {
                    message: message.to_owned(),
                    remedy: Some(remedy.to_owned()).filter(|remedy| !remedy.is_empty()),
                    ..Finding::default()
                });
                findings.outcome(1)
            } else {
                Outcome::not_run(say!(not_read), true)
            };
            RuleReport {
                code: info.code.to_owned(),
                name: info.name.to_owned(),
                severity: info.severity,
                outcome,
            }
        })
        .collect();
    report.todo_say = words::todo(&report, standards);
    report.summary_say = words::summary(&report, standards);
    report.speak(standards.messages(), "en");
    report
}

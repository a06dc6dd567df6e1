//! The way through the gate: a raw layer and a question come in, a report comes out, and with it, when
//! the verdict allows, the only thing that [`crate::normalise`] takes.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use super::{
    Aside, Confirmed, ConfirmedPart, Counts, Finding, Findings, Others, Outcome, Proposals,
    RepairKind, Repairs, Report, Rule, RuleReport, Stop, Subject, aside, coverage, crs, duplicate,
    encoding, fields, gap, geometry, key, metadata, network, outline, place, placing, privacy,
    propose, readable, repair,
    repair::{Log, Work},
    stated, stored, wards, words,
};
use crate::{
    model::{
        Bbox, Column, CrsName, CrsOrigin, Encoding, LayerId, Metadata, Note, RawLayer, Say,
        Severity, ShapeKind, Shapes, Source, Verdict, say,
    },
    standard::{ColumnMap, LayerStandard, PackInfo, Standards},
};

/// Every rule, in the order of the report.
pub const RULES: &[&dyn Rule] = &[
    &readable::Readable,
    &readable::OtherLayer,
    &readable::RowCount,
    &wards::WardByPlace,
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
    &stored::StoredAsText,
    &stated::StatedSize,
    &geometry::GeometryType,
    &geometry::Valid,
    &geometry::Slivers,
    &place::Inside,
    &coverage::Overlaps,
    &gap::Gaps,
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
    "A07", "A08", "A09", "G01", "T01", "M01", "L03",
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
    /// The city's other layers, for rules that compare ([`super::alone`] where there are none).
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

/// A layer that went through the gate, with what the gate said.
#[derive(Debug)]
pub struct Checked {
    report: Report,
    raw: RawLayer,
    lonlat: Option<Shapes<f64>>,
    map: ColumnMap,
    standard: Option<LayerId>,
    metadata: Metadata,
    aside: Aside,
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

/// How often rows are set aside and the rest judged again; each time takes as many as a rule names.
const PASSES: usize = 200;

/// Holds a layer to its standard: repairs first, then the rules, then, where that was asked for, the rules again
/// without the rows that have grave faults of their own.
pub fn check(raw: RawLayer, ask: &Ask<'_>) -> Checked {
    check_until(raw, ask, Stop::never()).expect("nobody calls it off")
}

/// The same; none once nobody waits for it.
pub fn check_until(raw: RawLayer, ask: &Ask<'_>, stop: Stop<'_>) -> Option<Checked> {
    let standards = ask.standards;
    let (standard, chosen) = choose(&raw, ask);
    let read = raw.len();
    let mut work = Work::new(raw);
    let mut log = Log::default();
    let mapped_codes = mend(&mut work, standard, ask, stop, &mut log)?;
    let map = mapped(&work.raw, standard, ask);
    let mut aside = Aside::default();
    let mut gone: BTreeSet<u32> = BTreeSet::new();
    let mut too_much = false;
    let mut passes = 0;
    let (rules, placed) = loop {
        let placed = placing::place(&work.raw);
        let base = Subject {
            stop,
            ..subject(&work, &placed, standard, &map, ask, read)
        };
        let mut rules: Vec<RuleReport> = Vec::with_capacity(RULES.len());
        for rule in RULES {
            rules.push(run(*rule, &base));
            if stop.is_on() {
                return None;
            }
        }
        passes += 1;
        if !ask.set_aside || too_much || passes > PASSES {
            break (rules, placed);
        }
        let grave = aside::grave(&base, &rules);
        if grave.is_empty() {
            break (rules, placed);
        }
        let rows: Vec<u32> = grave.keys().copied().collect();
        let lonlat = placed.lonlat.as_ref().map(|lonlat| {
            let mut shapes = Shapes::new();
            for row in &rows {
                shapes.push_shape(lonlat.get(*row as usize));
            }
            shapes
        });
        drop(placed);
        let (table, shapes, origins) = work.take_out(&rows);
        gone.extend(&origins);
        aside.add(
            grave.into_values().collect(),
            table,
            lonlat.as_ref().unwrap_or(&shapes),
        );
        too_much = gone.len() as f64 > standards.profile().thresholds.set_aside_share * read as f64;
    };
    let base = subject(&work, &placed, standard, &map, ask, read);
    let mut report = blank(work.raw.source.clone(), standards);
    report.verdict = verdict(&rules, standard.is_some());
    if too_much || (read > 0 && gone.len() == read) {
        report.verdict = Verdict::DoesNotConform;
    }
    report.layer = standard.map_or_else(
        || LayerId::slug(&work.raw.source.layer),
        |standard| standard.layer.clone(),
    );
    report.standard = standard.map(|standard| format!("{}@{}", standard.layer, standard.revision));
    report.standard_chosen_say = chosen;
    report.rows = read as u64;
    report.counts = counts(read, &log, &gone);
    fill(&mut report, &base, &map);
    report.notes.extend(notes(&base, ask));
    if too_much {
        report.notes.push(too_much_aside(&report, standards));
    }
    report.confirmed = confirmed(ask, &report, mapped_codes);
    report.proposals = propose::proposals(&base, &rules, ask.repairs);
    report.rules = rules;
    report.repairs = log.kept;
    report.repair_counts = log.counts;
    report.set_aside = aside
        .reasons
        .iter()
        .take(aside::KEPT_ASIDE)
        .cloned()
        .collect();
    if let Some(lonlat) = &placed.lonlat {
        report.outline = outline::outline(lonlat);
    }
    report.todo_say = words::todo(&report, standards);
    report.summary_say = words::summary(&report, standards);
    if let Some(more) = aside::sentence(&report.counts) {
        report.summary_say = say!(summary_and, what = report.summary_say, more = more);
    }
    report.speak(standards.messages(), "en");
    for reason in &mut aside.reasons {
        reason.message = standards.messages().render(&reason.say, "en");
    }

    let lonlat = match placed.lonlat {
        Some(Cow::Owned(shapes)) => Some(shapes),
        Some(Cow::Borrowed(_)) => Some(std::mem::take(&mut work.raw.shapes)),
        None => None,
    };
    if lonlat.is_some() {
        // Whoever takes the layer wants it in longitude/latitude only.
        work.raw.shapes = Shapes::new();
    }
    Some(Checked {
        report,
        raw: work.raw,
        lonlat,
        map,
        standard: standard.map(|standard| standard.layer.clone()),
        metadata: ask.metadata.clone(),
        aside,
    })
}

/// What a rule looks at.
fn subject<'a>(
    work: &'a Work,
    placed: &'a placing::Placed<'_>,
    standard: Option<&'a LayerStandard>,
    map: &'a ColumnMap,
    ask: &Ask<'a>,
    read: usize,
) -> Subject<'a> {
    Subject {
        raw: &work.raw,
        lonlat: placed.lonlat.as_deref(),
        metres: placed.metres.as_deref(),
        standard,
        map,
        standards: ask.standards,
        metadata: ask.metadata,
        city: ask.city,
        others: ask.others,
        settings: ask.standards.no_settings(),
        named: ask.layer.is_some(),
        origins: work.origins.as_deref(),
        read,
        stop: Stop::never(),
    }
}

/// Which column answers which field: as somebody said, as somebody confirmed for the source, as the headers say.
fn mapped(raw: &RawLayer, standard: Option<&LayerStandard>, ask: &Ask<'_>) -> ColumnMap {
    let nothing = BTreeMap::new();
    let before = ask
        .confirmed
        .map_or(&nothing, |confirmed| &confirmed.columns);
    standard.map_or_else(ColumnMap::default, |standard| {
        ColumnMap::told(
            ask.standards,
            standard,
            &raw.table,
            &[("given", ask.columns), ("confirmed", before)],
        )
    })
}

/// Makes the repairs that were asked for, and maps the codes that were confirmed, one kind after the other. True when
/// some code was mapped because it was confirmed; none once nobody waits.
fn mend(
    work: &mut Work,
    standard: Option<&LayerStandard>,
    ask: &Ask<'_>,
    stop: Stop<'_>,
    log: &mut Log,
) -> Option<bool> {
    let read = work.raw.len();
    let mut mapped_codes = false;
    let nowhere = || placing::Placed {
        lonlat: None,
        metres: None,
    };
    for kind in RepairKind::ORDER {
        let confirmed = ask
            .confirmed
            .filter(|confirmed| kind == RepairKind::MapCodes && !confirmed.codes.is_empty());
        if !ask.repairs.has(kind) && confirmed.is_none() {
            continue;
        }
        if stop.is_on() {
            return None;
        }
        let map = mapped(&work.raw, standard, ask);
        if kind == RepairKind::SplitParts {
            let distinct = standard.into_iter().flat_map(|standard| {
                let fields = ask.standards.fields(standard).filter(|field| field.unique);
                fields
                    .filter_map(|field| map.column(&field.name))
                    .collect::<Vec<_>>()
            });
            work.keep_distinct(distinct.collect());
        }
        let plans = {
            let placed = if kind.measures() {
                placing::place(&work.raw)
            } else {
                nowhere()
            };
            let base = Subject {
                stop,
                ..subject(work, &placed, standard, &map, ask, read)
            };
            let mut plans = vec![];
            if let Some(confirmed) = confirmed {
                let plan = repair::confirmed(&base, &confirmed.codes);
                mapped_codes = !plan.is_empty();
                plans.push(plan);
            }
            if ask.repairs.has(kind) {
                plans.push(kind.plan(&base));
            }
            plans.retain(|plan| !plan.is_empty());
            for plan in &plans {
                plan.note(&base, log);
            }
            plans
        };
        for plan in plans {
            plan.carry_out(work);
        }
    }
    (!stop.is_on()).then_some(mapped_codes)
}

/// What became of the rows. A row that was repaired and set aside all the same was set aside.
fn counts(read: usize, log: &Log, gone: &BTreeSet<u32>) -> Counts {
    let read = read as u64;
    let set_aside = gone.len() as u64;
    let repaired = log.rows.difference(gone).count() as u64;
    // Changed rows that the reader only counted: as many of the others as there are.
    let repaired = (repaired + log.unnamed).min(read - set_aside);
    Counts {
        read,
        accepted: read - set_aside - repaired,
        repaired,
        set_aside,
    }
}

/// What the layer is, as it was judged.
fn fill(report: &mut Report, subject: &Subject<'_>, map: &ColumnMap) {
    let raw = subject.raw;
    report.crs = raw.crs.clone();
    report.crs_origin = raw.crs_origin;
    report.encoding.clone_from(&raw.encoding);
    if let Some(encoding) = &mut report.encoding {
        // They stand among the proposals.
        encoding.readings.clear();
    }
    report.bbox = subject
        .lonlat
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
        .filter(|(at, _)| !map.takes(*at))
        .map(|(_, field)| field.name.clone())
        .collect();
    report.notes.clone_from(&raw.notes);
    for note in report.notes.iter_mut().filter(|note| note.say.is_silent()) {
        let messages = subject.standards.messages();
        note.say = words::of_reader(&note.kind, "", &note.text, note.count, messages);
    }
}

fn note(kind: &str, say: Say, count: u64) -> Note {
    Note {
        kind: kind.to_owned(),
        text: String::new(),
        say,
        rows: vec![],
        count,
    }
}

fn too_much_aside(report: &Report, standards: &Standards) -> Note {
    let limit = standards.profile().thresholds.set_aside_share * 100.0;
    let Counts {
        read, set_aside, ..
    } = report.counts;
    let say = say!(
        note_too_much_aside,
        count = set_aside,
        read = read,
        limit = limit.to_string()
    );
    note("too_much_set_aside", say, set_aside)
}

/// What of the answers that a person confirmed was used.
fn confirmed(ask: &Ask<'_>, report: &Report, mapped_codes: bool) -> Vec<ConfirmedPart> {
    let Some(confirmed) = ask.confirmed else {
        return vec![];
    };
    let mut parts = vec![];
    if let Some(layer) = confirmed
        .layer
        .as_ref()
        .filter(|one| ask.layer == Some(one))
    {
        parts.push(confirmed.part("layer", vec![layer.to_string()]));
    }
    if let Some(crs) = &confirmed.crs {
        parts.push(confirmed.part("crs", vec![crs.clone()]));
    }
    let given = report
        .encoding
        .as_ref()
        .is_some_and(|one| one.origin == "given");
    if let Some(encoding) = confirmed.encoding.as_ref().filter(|_| given) {
        parts.push(confirmed.part("encoding", vec![encoding.clone()]));
    }
    let columns: Vec<String> = report
        .columns
        .iter()
        .filter(|mapping| mapping.why == "confirmed")
        .map(|mapping| format!("{} = {}", mapping.field, mapping.column))
        .collect();
    if !columns.is_empty() {
        parts.push(confirmed.part("columns", columns));
    }
    if mapped_codes {
        let pairs = confirmed.codes.iter().flat_map(|(field, texts)| {
            texts
                .iter()
                .map(move |(text, code)| format!("{field}: {text} = {code}"))
        });
        parts.push(confirmed.part("codes", pairs.collect()));
    }
    parts
}

/// The standard to hold a layer to, and how it was chosen.
fn choose<'a>(raw: &RawLayer, ask: &Ask<'a>) -> (Option<&'a LayerStandard>, Say) {
    if let Some(id) = ask.layer {
        let was_confirmed = ask
            .confirmed
            .is_some_and(|confirmed| confirmed.layer.as_ref() == Some(id));
        return match ask.standards.layer(id) {
            Some(standard) if was_confirmed => (Some(standard), say!(chosen_confirmed)),
            Some(standard) => (Some(standard), say!(chosen_given)),
            None => (None, say!(chosen_unknown, layer = id.as_str())),
        };
    }
    match ask.standards.best_fit(raw) {
        Some(fit) => (
            ask.standards.layer(&fit.layer),
            say!(chosen_best, why = fit.say),
        ),
        None => (None, say!(chosen_none)),
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
fn notes(subject: &Subject<'_>, ask: &Ask<'_>) -> Vec<Note> {
    let mut notes = vec![];
    for (field, column) in ask.columns {
        if subject
            .map
            .entries()
            .iter()
            .any(|(mapping, _)| mapping.field == *field && mapping.column == *column)
        {
            continue;
        }
        let (field, column) = (field.as_str(), column.as_str());
        let say = match subject.standard {
            None => continue,
            Some(standard) if subject.standards.field(standard, field).is_none() => {
                say!(
                    note_column_no_field,
                    column = column,
                    field = field,
                    layer = standard.layer.as_str()
                )
            }
            Some(_) if subject.raw.table.position(column).is_some() => {
                say!(note_column_taken, column = column, field = field)
            }
            Some(_) => say!(note_column_absent, column = column, field = field),
        };
        notes.push(note("column_not_taken", say, 0));
    }
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
        standard_chosen: String::new(),
        standard_chosen_say: say!(chosen_none),
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
        repair_counts: BTreeMap::new(),
        set_aside: vec![],
        confirmed: vec![],
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
    report.standard_chosen_say = say!(chosen_not_read);
    let messages = standards.messages();
    let said = words::of_reader(code, "", message, 0, messages);
    let fix = words::of_reader(code, "_fix", remedy, 0, messages);
    report.notes.push(Note {
        kind: code.to_owned(),
        text: message.to_owned(),
        say: said.clone(),
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
                    say: said.clone(),
                    fix: fix.clone(),
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

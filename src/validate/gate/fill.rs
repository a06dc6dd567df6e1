//! The report's plain facts: what the layer is, what became of its rows, which answers were used.

use std::collections::{BTreeMap, BTreeSet};

use super::Ask;
use crate::{
    model::{Bbox, CrsName, CrsOrigin, LayerId, Say, ShapeKind, Source, Verdict, say},
    standard::{ColumnMap, PackInfo, Standards},
    validate::{ConfirmedPart, Counts, Proposals, Report, Subject, repair::Log, words},
};

/// A report that says nothing yet.
pub(super) fn blank(source: Source, standards: &Standards) -> Report {
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

/// What became of the rows. A row that was repaired and set aside all the same was set aside.
pub(super) fn counts(read: usize, log: &Log, gone: &BTreeSet<u32>) -> Counts {
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
pub(super) fn layer(report: &mut Report, subject: &Subject<'_>, map: &ColumnMap) {
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

/// What of the answers that a person confirmed was used.
pub(super) fn confirmed(ask: &Ask<'_>, report: &Report, mapped_codes: bool) -> Vec<ConfirmedPart> {
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

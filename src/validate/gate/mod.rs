//! The way through the gate: a raw layer and a question come in, a report comes out, and with it, when the verdict
//! allows, a layer that may be published.

mod accepted;
mod ask;
mod fill;
mod mend;
mod notes;
mod refused;
mod rules;
mod sift;

use std::borrow::Cow;

pub use self::{
    accepted::{Accepted, AcceptedParts, Checked},
    ask::Ask,
    refused::refused,
    rules::RULES,
};
use self::{mend::mend, sift::Sieve};
use super::{
    KEPT_ASIDE, Stop, Subject, outline, placing, propose,
    repair::{Log, Work},
    words,
};
use crate::model::{LayerId, RawLayer, Shapes, Verdict, say};

/// Holds a layer to its standard: repairs first, then the rules, then, where that was asked for, the rules again
/// without the rows that have grave faults of their own.
pub fn check(raw: RawLayer, ask: &Ask<'_>) -> Checked {
    check_until(raw, ask, Stop::never()).expect("nobody calls it off")
}

/// The same; none once nobody waits for it.
pub fn check_until(raw: RawLayer, ask: &Ask<'_>, stop: Stop<'_>) -> Option<Checked> {
    let standards = ask.standards;
    let read = raw.len();
    let (standard, chosen) = ask.standard(&raw);
    let mut work = Work::new(raw);
    let mut log = Log::default();
    let mapped_codes = mend(&mut work, standard, ask, stop, &mut log)?;
    let map = ask.map(&work.raw, standard);
    let mut sieve = Sieve::new(ask, read);
    let (rules, placed) = loop {
        let placed = placing::place(&work.raw);
        let subject = Subject {
            stop,
            ..ask.subject(&work, &placed, standard, &map, read)
        };
        let rules = rules::hold(&subject)?;
        let grave = sieve.grave(&subject, &rules);
        if grave.is_empty() {
            break (rules, placed);
        }
        let lonlat = placed.lonlat.as_deref();
        let lonlat = lonlat.map(|lonlat| sift::picked(lonlat, &grave));
        drop(placed);
        sieve.take(&mut work, grave, lonlat.as_ref());
    };
    let too_much = sieve.is_too_much();
    let Sieve {
        mut aside, gone, ..
    } = sieve;
    let subject = ask.subject(&work, &placed, standard, &map, read);
    let mut report = fill::blank(work.raw.source.clone(), standards);
    report.verdict = if too_much || (read > 0 && gone.len() == read) {
        Verdict::DoesNotConform
    } else {
        rules::verdict(&rules, standard.is_some())
    };
    report.layer = standard.map_or_else(
        || LayerId::slug(&work.raw.source.layer),
        |standard| standard.layer.clone(),
    );
    report.standard = standard.map(|standard| format!("{}@{}", standard.layer, standard.revision));
    report.standard_chosen_say = chosen;
    report.rows = read as u64;
    report.counts = fill::counts(read, &log, &gone);
    fill::layer(&mut report, &subject, &map);
    report.notes.extend(notes::notes(&subject, ask));
    if too_much {
        report.notes.push(notes::too_much_aside(&report, standards));
    }
    report.confirmed = fill::confirmed(ask, &report, mapped_codes);
    report.proposals = propose::proposals(&subject, &rules, ask.repairs);
    report.rules = rules;
    report.repairs = log.kept;
    report.repair_counts = log.counts;
    report.set_aside = aside.reasons.iter().take(KEPT_ASIDE).cloned().collect();
    if let Some(lonlat) = &placed.lonlat {
        report.outline = outline::outline(lonlat);
    }
    report.todo_say = words::todo(&report, standards);
    report.summary_say = words::summary(&report, standards);
    if let Some(more) = super::aside::sentence(&report.counts) {
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

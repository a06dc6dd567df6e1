//! The list of the rules, which of them a layer is held to, and what their outcomes come to.

use crate::{
    model::{Severity, Verdict, say},
    validate::{
        Outcome, Rule, RuleReport, Subject, columns, coverage, crs, duplicate, encoding, ends,
        fields, gap, geometry, key, metadata, network, place, privacy, readable, stated, stored,
        wards,
    },
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
    &columns::RequiredColumns,
    &fields::RequiredValues,
    &fields::Types,
    &fields::Codes,
    &fields::Ranges,
    &fields::Widths,
    &columns::CutNames,
    &stored::StoredAsText,
    &stated::StatedSize,
    &geometry::GeometryType,
    &geometry::Valid,
    &geometry::Slivers,
    &place::Inside,
    &coverage::Overlaps,
    &gap::Gaps,
    &geometry::SinglePart,
    &ends::EndsMeet,
    &ends::Dangles,
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

/// Holds a layer to every rule; none once nobody waits for it.
pub(super) fn hold(subject: &Subject<'_>) -> Option<Vec<RuleReport>> {
    RULES
        .iter()
        .map(|rule| {
            let report = run(*rule, subject);
            (!subject.stop.is_on()).then_some(report)
        })
        .collect()
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
pub(super) fn verdict(rules: &[RuleReport], judged: bool) -> Verdict {
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

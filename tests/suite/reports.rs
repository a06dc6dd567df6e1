//! What the gate says of real municipal files, in short, as text beside: a later change of a rule shows here
//! what it does to them.

use std::{fmt::Write as _, fs, path::Path};

use parat::validate::{Outcome, Report, check};

use crate::{
    asked::ask,
    real_files::{Audited, audit, data, judged},
};

fn short(report: &Report) -> String {
    let mut out = format!(
        "{} | {:?} | {}\n",
        report.source.layer,
        report.verdict,
        report.standard.as_deref().unwrap_or("no standard")
    );
    for rule in &report.rules {
        match &rule.outcome {
            Outcome::NotRun {
                because,
                needed: true,
                ..
            } => {
                let _ = writeln!(out, "  {} not run: {because}", rule.code);
            }
            Outcome::Passed { .. } | Outcome::NotRun { .. } => {}
            Outcome::Failed {
                count, findings, ..
            } => {
                let first = findings
                    .first()
                    .map_or("", |finding| finding.message.as_str());
                let _ = writeln!(out, "  {} {:?} {count}: {first}", rule.code, rule.severity);
            }
        }
    }
    out
}

#[test]
fn the_reports_of_real_files_are_what_they_were() {
    let Some(files) = judged() else {
        return;
    };
    let mut out = String::new();
    for file in files {
        let of_ours = ["geojson", "kml", "zip", "shp"]
            .iter()
            .any(|end| file.name.ends_with(end));
        if !of_ours || file.name.starts_with("cql2") {
            continue;
        }
        let _ = writeln!(out, "# {}", file.name);
        for refused in &file.refused {
            let _ = writeln!(out, "refused: {} {}", refused.code, refused.message);
        }
        for (_, checked) in &file.layers {
            crate::schema::hold(&parat::report::json(checked.report()));
            out.push_str(&short(checked.report()));
        }
    }
    let beside = Path::new(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/tests/suite/reports/real_files.txt"
    ));
    if std::env::var_os("PARAT_BLESS").is_some() {
        fs::create_dir_all(beside.parent().unwrap()).unwrap();
        fs::write(beside, &out).unwrap();
    }
    let before = fs::read_to_string(beside).unwrap_or_default();
    let changed: Vec<String> = before
        .lines()
        .zip(out.lines())
        .filter(|(old, new)| old != new)
        .take(10)
        .map(|(old, new)| format!("- {old}\n+ {new}"))
        .collect();
    assert!(
        before == out,
        "{} lines before, {} now; PARAT_BLESS=1 writes them anew\n{}",
        before.lines().count(),
        out.lines().count(),
        changed.join("\n")
    );
}

/// Distinct rows that T01 names in a layer, and pairs that T04 names, as wards.
fn counted(wanted: &Audited) -> (usize, u64) {
    let name = &wanted.layer;
    let files = judged().expect("the audit is there, so the files are");
    let file = files.iter().find(|file| file.name == wanted.file).unwrap();
    let mut layers = file.layers.iter();
    let (raw, best) = layers.find(|(raw, _)| raw.source.layer == *name).unwrap();
    let layer = "ward_boundary".parse().unwrap();
    let again;
    let checked = if best.report().layer == layer {
        best
    } else {
        again = check(raw.clone(), &ask(Some(&layer)));
        &again
    };
    let file = &wanted.file;
    let rule = |code: &str| {
        let found = checked
            .report()
            .rules
            .iter()
            .find(|rule| rule.code == code)
            .unwrap();
        match &found.outcome {
            Outcome::Failed {
                count, findings, ..
            } => (*count, findings.clone()),
            Outcome::Passed { .. } => (0, vec![]),
            Outcome::NotRun { because, .. } => panic!("{file} {code}: {because}"),
        }
    };
    let mut rows: Vec<Option<u64>> = rule("T01")
        .1
        .iter()
        .map(|finding| finding.place.row)
        .collect();
    rows.dedup();
    (rows.len(), rule("T04").0)
}

#[test]
fn the_faults_that_the_audit_names_are_found() {
    let Some(data) = data() else {
        return;
    };
    // The audit counts pairs whose overlap exceeds 0.01 % of the smaller; T04 counts those above 1 sqm, so it
    // never finds fewer.
    let (rows, _) = audit(&data);
    let faulty = rows
        .iter()
        .filter(|row| row.invalid > 0 || row.overlaps > 0);
    let mut seen = 0;
    for wanted in faulty {
        seen += 1;
        let (file, name) = (wanted.file.as_str(), wanted.layer.as_str());
        let (rows, pairs) = counted(wanted);
        assert_eq!(rows, wanted.invalid, "{file} {name}: invalid");
        assert!(
            pairs >= wanted.overlaps,
            "{file} {name}: {pairs} overlaps, audit {}",
            wanted.overlaps
        );
    }
    assert!(seen > 12, "{seen}");
}

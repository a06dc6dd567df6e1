//! Every rule against its good and its bad fixture, with what it says of them as text beside.

use std::{fmt::Write as _, fs, path::PathBuf};

use parat::{
    model::{
        CrsName, CrsOrigin, Field, FieldType, LayerId, Metadata, RawLayer, Severity, ShapeKind,
        Shapes, Source, Table, Value,
    },
    standard::Standards,
    validate::{Ask, Neighbour, Outcome, RULES, Repairs, RuleReport, check},
};
use serde_json::Value as Json;

use crate::asked::ask;

pub(crate) fn root() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/rules"))
}

fn at(json: &Json) -> [f64; 2] {
    [json[0].as_f64().unwrap(), json[1].as_f64().unwrap()]
}

fn each(json: &Json) -> impl Iterator<Item = &Json> {
    json.as_array().into_iter().flatten()
}

/// Exactly what the fixture says: rings are not closed and nothing is mended, as a reader might.
fn shape(geometry: &Json, shapes: &mut Shapes<f64>) {
    let coords = &geometry["coordinates"];
    let path = |shapes: &mut Shapes<f64>, line: &Json| {
        shapes.coords.extend(each(line).map(at));
        shapes.end_ring();
    };
    let area = |shapes: &mut Shapes<f64>, rings: &Json| {
        each(rings).for_each(|ring| path(shapes, ring));
        shapes.end_part();
    };
    let kind = match geometry["type"].as_str() {
        None => return shapes.push_none(ShapeKind::Missing),
        Some(_) if coords.as_array().is_some_and(Vec::is_empty) => {
            return shapes.push_none(ShapeKind::Empty);
        }
        Some("Point") => return shapes.push_point(at(coords)),
        Some("LineString") => {
            path(shapes, coords);
            shapes.end_part();
            ShapeKind::LineString
        }
        Some("Polygon") => {
            area(shapes, coords);
            ShapeKind::Polygon
        }
        Some("MultiPolygon") => {
            each(coords).for_each(|rings| area(shapes, rings));
            ShapeKind::MultiPolygon
        }
        Some(other) => panic!("{other} is in no fixture"),
    };
    shapes.end_feature(kind);
}

fn kind_of<'a>(values: impl Iterator<Item = &'a Json>) -> FieldType {
    let mut kind = None;
    for value in values.filter(|value| !value.is_null()) {
        let is = match value {
            Json::Number(number) if number.is_i64() => FieldType::Integer,
            Json::Number(_) => FieldType::Real,
            Json::Bool(_) => FieldType::Bool,
            _ => FieldType::Text,
        };
        kind = Some(match kind {
            None => is,
            Some(before) if before == is => is,
            Some(FieldType::Integer | FieldType::Real) if is != FieldType::Text => FieldType::Real,
            Some(_) => FieldType::Text,
        });
    }
    kind.unwrap_or(FieldType::Text)
}

fn raw(json: &Json) -> RawLayer {
    let features: Vec<&Json> = each(&json["features"]).collect();
    let mut names: Vec<&String> = vec![];
    for feature in &features {
        for name in feature["properties"].as_object().unwrap().keys() {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    let fields = names
        .iter()
        .map(|name| {
            let kind = kind_of(
                features
                    .iter()
                    .map(|feature| &feature["properties"][name.as_str()]),
            );
            Field::new(name.as_str(), kind)
        })
        .collect();
    let mut table = Table::new(fields);
    let mut shapes = Shapes::new();
    for feature in &features {
        shape(&feature["geometry"], &mut shapes);
        for (name, column) in names.iter().zip(&mut table.columns) {
            let value = &feature["properties"][name.as_str()];
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            column.push(match column.kind() {
                _ if value.is_null() => Value::Null,
                FieldType::Integer => Value::Integer(value.as_i64().unwrap()),
                FieldType::Real => Value::Real(value.as_f64().unwrap()),
                FieldType::Bool => Value::Bool(value.as_bool().unwrap()),
                _ => Value::Text(&text),
            });
        }
    }
    if let Some(count) = json["densify"].as_u64() {
        let [a, b] = [shapes.coords[0], shapes.coords[1]];
        let more = (1..=count).map(|step| {
            let share = step as f64 / (count + 1) as f64;
            [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
        });
        shapes.coords.splice(1..1, more);
        for end in &mut shapes.coord_ends {
            *end += count as u32;
        }
    }
    let crs = match json.get("crs_code") {
        None => "EPSG:4326".parse().unwrap(),
        Some(Json::Null) => CrsName::Missing,
        Some(code) => code.as_str().unwrap().parse().unwrap(),
    };
    let name = json["name"].as_str().unwrap_or("fixture").to_owned();
    RawLayer {
        source: Source {
            file: format!("{name}.geojson"),
            member: None,
            layer: name,
            format: json["format"].as_str().unwrap_or("GeoJSON").to_owned(),
            hash: String::new(),
        },
        crs_origin: if crs == CrsName::Missing {
            CrsOrigin::Unknown
        } else {
            CrsOrigin::Declared
        },
        crs,
        encoding: None,
        declared_rows: json["declared_rows"].as_u64(),
        table,
        shapes,
        notes: vec![],
    }
}

/// What the gate says of a fixture, rule by rule.
pub(crate) fn judged(json: &Json, code: &str) -> RuleReport {
    let standards = Standards::builtin();
    let layer = json["layer"].as_str().unwrap().parse().unwrap();
    let metadata: Metadata = serde_json::from_value(
        json.get("metadata")
            .cloned()
            .unwrap_or_else(|| Json::Object(serde_json::Map::new())),
    )
    .unwrap();
    let city = json["city"].as_array().map(|sides| {
        let side: Vec<f64> = sides.iter().map(|side| side.as_f64().unwrap()).collect();
        let (w, s, e, n) = (side[0], side[1], side[2], side[3]);
        let mut city = Shapes::new();
        city.coords.extend([[w, s], [e, s], [e, n], [w, n], [w, s]]);
        city.end_ring();
        city.end_part();
        city.end_feature(ShapeKind::Polygon);
        city
    });
    let others = |layer: &LayerId| {
        let features = json["others"].get(layer.as_str())?;
        let mut found = Neighbour::default();
        for feature in each(features) {
            shape(&feature["geometry"], &mut found.shapes);
            let key = feature["properties"]["feature_id"].as_str();
            found.keys.push(key.unwrap_or_default().to_owned());
        }
        Some(found)
    };
    let ask = Ask {
        standards,
        metadata: &metadata,
        city: city.as_ref(),
        others: &others,
        ..ask(Some(&layer))
    };
    let checked = check(raw(json), &ask);
    let rule = checked.report().rules.iter().find(|rule| rule.code == code);
    rule.unwrap_or_else(|| panic!("{code} is not in the report"))
        .clone()
}

/// The same as text.
pub(crate) fn said(rule: &RuleReport) -> String {
    let mut out = String::new();
    match &rule.outcome {
        Outcome::Passed { .. } => out.push_str("passed\n"),
        Outcome::NotRun {
            because, needed, ..
        } => {
            let _ = writeln!(
                out,
                "not run ({}): {because}",
                if *needed { "needed" } else { "not needed" }
            );
        }
        Outcome::Failed {
            count, findings, ..
        } => {
            let _ = writeln!(out, "failed: {count}, {:?}", rule.severity);
            for finding in findings {
                let place = finding
                    .place
                    .at
                    .map(|at| format!(" at {:.6}, {:.6}", at[0], at[1]));
                let severity = match finding.severity {
                    Some(severity) if severity != rule.severity => format!(" [{severity:?}]"),
                    _ => String::new(),
                };
                let _ = writeln!(
                    out,
                    "- {}{}{severity}",
                    finding.message,
                    place.unwrap_or_default()
                );
                if let Some(remedy) = &finding.remedy {
                    let _ = writeln!(out, "  to do: {remedy}");
                }
            }
        }
    }
    out
}

#[test]
fn every_rule_has_words_and_fixtures_and_says_of_them_what_is_written_beside() {
    let standards = Standards::builtin();
    let bless = std::env::var_os("PARAT_BLESS").is_some();
    let mut wrong = vec![];
    for rule in RULES {
        let info = rule.info();
        let words = standards.rule_words(info.code);
        let whole = words.is_some_and(|words| {
            [&words.title, &words.what, &words.why, &words.fix]
                .iter()
                .all(|words| !words.say("en").is_empty() && words.0.contains_key("hi"))
        });
        if !whole {
            wrong.push(format!("{} lacks words in layers/rules.toml", info.code));
        }
        let folder = root().join(format!("{}-{}", info.code, info.name));
        let mut all = vec!["good".to_owned(), "bad".to_owned()];
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let name = entry.unwrap().file_name().to_string_lossy().into_owned();
            // Beside the two there may be more of either, one for each way to be wrong.
            if let Some(more) = name
                .strip_suffix(".geojson")
                .filter(|name| name.contains('-'))
            {
                all.push(more.to_owned());
            }
        }
        for which in &all {
            let Ok(text) = fs::read_to_string(folder.join(format!("{which}.geojson"))) else {
                wrong.push(format!("{} has no {which}.geojson", folder.display()));
                continue;
            };
            let rule = judged(&serde_json::from_str(&text).unwrap(), info.code);
            let fits = match &rule.outcome {
                Outcome::Passed { .. } => which.starts_with("good"),
                Outcome::Failed { .. } => which.starts_with("bad"),
                Outcome::NotRun { .. } => false,
            };
            if !fits {
                wrong.push(format!(
                    "{} on its {which} fixture: {}",
                    info.code,
                    said(&rule)
                ));
            }
            let beside = folder.join(format!("{which}.txt"));
            if bless {
                fs::write(&beside, said(&rule)).unwrap();
            } else if fs::read_to_string(&beside).unwrap_or_default() != said(&rule) {
                wrong.push(format!(
                    "{} now says of its {which} fixture:\n{}",
                    info.code,
                    said(&rule)
                ));
            }
        }
    }
    for folder in fs::read_dir(root())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
    {
        let name = folder.to_string_lossy().into_owned();
        let known = RULES
            .iter()
            .any(|rule| format!("{}-{}", rule.info().code, rule.info().name) == name);
        if !known && name != "README.md" {
            wrong.push(format!("fixtures/rules/{name} belongs to no rule"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_what_the_gate_admits_can_be_published_and_a_draft_says_so() {
    let text = fs::read_to_string(root().join("T01-valid/bad.geojson")).unwrap();
    let layer = "ward_boundary".parse().unwrap();
    let ask = ask(Some(&layer));
    let raw = raw(&serde_json::from_str(&text).unwrap());
    let refused = check(raw.clone(), &ask).accept();
    assert!(refused.is_err());
    assert!(check(raw.clone(), &ask).draft().is_some());

    // Repairs mend most of it, write each down, and leave nothing that the rule still finds in those rows.
    let repaired = check(
        raw.clone(),
        &Ask {
            repairs: &Repairs::safe(),
            ..ask
        },
    );
    let report = repaired.report();
    assert!(report.repairs.len() >= 7, "{:#?}", report.repairs);
    let left = report.rules.iter().find(|rule| rule.code == "T01").unwrap();
    let Outcome::Failed { findings, .. } = &left.outcome else {
        panic!("a missing geometry cannot be repaired")
    };
    for finding in findings {
        assert!(
            !report
                .repairs
                .iter()
                .any(|repair| repair.place.row == finding.place.row),
            "{finding:?}"
        );
    }
    assert_eq!(report.rows, 11);

    let mut lost = raw;
    lost.crs = CrsName::Missing;
    let lost = check(lost, &ask);
    assert_eq!(
        lost.report()
            .rules
            .iter()
            .find(|rule| rule.code == "C01")
            .unwrap()
            .severity,
        Severity::Block
    );
    assert!(lost.draft().is_none());
}

#[test]
fn reports_in_all_forms_hold_what_strangers_wrote_without_obeying_it() {
    let evil = "<script>alert(1)</script>";
    let mut json: Json = serde_json::from_str(
        &fs::read_to_string(root().join("T10-unique_key/bad.geojson")).unwrap(),
    )
    .unwrap();
    json["features"][0]["properties"]["name"] = "=cmd|' /C calc'!A0".into();
    json["features"][1]["properties"]["ward_no"] = evil.into();
    json["features"][2]["properties"]["ward_no"] = evil.into();
    json["features"][0]["properties"]["updated_on"] = "\u{1b}]0;x\u{7}".into();
    let standards = Standards::builtin();
    let layer = "ward_boundary".parse().unwrap();
    let ask = ask(Some(&layer));
    let checked = check(raw(&json), &ask);
    let report = checked.report();
    let page = parat::report::html(std::slice::from_ref(report), standards, "hi");
    assert!(page.contains("&lt;script&gt;") && !page.contains("<script"));
    assert!(page.contains("<svg") && !page.contains("http://") && !page.contains("https://"));
    let text = parat::report::text(
        report,
        standards,
        &parat::report::Look {
            language: "en",
            width: 80,
            colour: false,
        },
    );
    assert!(!text.contains('\u{1b}') && !text.contains('\u{7}'));
    let csv = parat::report::csv(report);
    assert!(
        csv.lines().all(|line| !line.starts_with('='))
            && !csv.contains(",=cmd")
            && !csv.contains(",\"=cmd")
    );
    let map: Json = serde_json::from_str(&parat::report::geojson(report)).unwrap();
    assert_eq!(map["type"], "FeatureCollection");
    let again: parat::validate::Report =
        serde_json::from_str(&parat::report::json(report)).unwrap();
    assert_eq!(&again, report);
    let second = check(raw(&json), &ask);
    assert_eq!(
        parat::report::json(second.report()),
        parat::report::json(report)
    );
}

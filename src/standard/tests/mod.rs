//! The standards as they ship: that they load, agree with each other, and say what they must.

mod columns;
mod packs;

use super::*;

fn builtin() -> &'static Standards {
    Standards::builtin()
}

fn embedded() -> files::Files {
    files::embedded().expect("the embedded files are text")
}

fn refusal(change: impl Fn(&mut files::Files)) -> String {
    let mut files = embedded();
    change(&mut files);
    load::standards(&[pack::Pack::new(files).expect("pack.toml is sound")])
        .expect_err("this must be refused")
        .to_string()
}

#[test]
fn what_ships_is_complete() {
    let standards = builtin();
    assert_eq!(standards.layers().count(), 51);
    assert_eq!(standards.profile().layers.len(), 18);
    assert_eq!(standards.metadata().len(), 34);
    assert_eq!(standards.frequencies().len(), 13);
    assert_eq!(standards.indicators().len(), 62);
    for layer in standards.layers() {
        let names: Vec<&str> = standards
            .fields(layer)
            .map(|field| field.name.as_str())
            .collect();
        for common in ["feature_id", "ulb_lgd", "updated_on"] {
            assert!(names.contains(&common), "{} lacks {common}", layer.layer);
        }
        for code in standards.common_rules().keys() {
            assert!(
                layer.rules.contains_key(code),
                "{} lacks {code}",
                layer.layer
            );
        }
    }
    assert!((standards.profile().tol_m() - 2.0).abs() < f64::EPSILON);
}

#[test]
fn everything_people_see_is_said_in_english_and_hindi() {
    let standards = builtin();
    let mut texts: Vec<(String, &Words)> = vec![];
    for layer in standards.layers() {
        texts.push((layer.layer.to_string(), &layer.title));
        texts.push((layer.layer.to_string(), &layer.about));
        for field in standards.fields(layer) {
            texts.push((format!("{}.{}", layer.layer, field.name), &field.title));
        }
    }
    for list in standards.code_lists() {
        texts.push((list.name.clone(), &list.title));
        for entry in &list.entries {
            texts.push((format!("{} {}", list.name, entry.code), &entry.label));
        }
    }
    for (code, words) in standards.all_rule_words() {
        for text in [&words.title, &words.what, &words.why, &words.fix] {
            texts.push((code.to_owned(), text));
        }
    }
    for rule in standards.metadata() {
        texts.push((rule.element.clone(), &rule.title));
        texts.push((rule.element.clone(), &rule.about));
    }
    for rule in standards.indicators() {
        texts.push((rule.code.to_string(), &rule.title));
    }
    for (whose, words) in texts {
        for language in ["en", "hi"] {
            assert!(
                words.0.contains_key(language),
                "{whose} says nothing in {language}"
            );
        }
        let devanagari = words
            .say("hi")
            .chars()
            .any(|letter| ('\u{900}'..'\u{980}').contains(&letter));
        assert!(devanagari, "{whose}: {}", words.say("hi"));
    }
}

#[test]
fn an_unknown_key_is_refused_with_file_and_line() {
    let said = refusal(|files| {
        let ward = files.get_mut("ward_boundary.toml").expect("ships");
        *ward = ward.replacen("revision = 1", "revision = 1\ncolour = \"red\"", 1);
    });
    assert!(
        said.starts_with("ward_boundary.toml:5: unknown field `colour`"),
        "{said}"
    );
    let said = refusal(|files| {
        files.insert("notes.txt".into(), "x".into());
    });
    assert!(said.starts_with("notes.txt:1:"), "{said}");
}

#[test]
fn files_that_contradict_each_other_are_refused_with_file_and_line() {
    type Change = (&'static str, &'static str, &'static str, &'static str);
    let changes: [Change; 9] = [
        (
            "road.toml",
            "codes = \"SURF\"",
            "codes = \"SURFACE\"",
            "there is no code list `SURFACE`",
        ),
        (
            "road.toml",
            "key = [\"feature_id\"]",
            "key = [\"segment\"]",
            "the key names `segment`",
        ),
        (
            "ward_boundary.toml",
            "T04 = {}",
            "T99 = {}",
            "there is no rule `T99`",
        ),
        (
            "ward_boundary.toml",
            "refresh = \"on_event\"",
            "refresh = \"often\"",
            "`often` is no frequency",
        ),
        (
            "ward_boundary.toml",
            "name = \"delim_id\"",
            "name = \"delimitation_id\"",
            "not a name of at most 10",
        ),
        ("profile.toml", "\"health\",", "", "is not listed"),
        (
            "codes/SURF.csv",
            "bitumen,",
            "concrete,",
            "`concrete` stands here twice",
        ),
        (
            "codes.toml",
            "SURF = ",
            "SURFS = ",
            "the list `SURF` has no title",
        ),
        (
            "indicators.toml",
            "rollup = \"ratio\"",
            "rollup = \"mean\"",
            "`mean` is no roll-up",
        ),
    ];
    for (file, from, to, wanted) in changes {
        let said = refusal(|files| {
            let text = files.get_mut(file).expect("ships");
            assert!(text.contains(from), "{file} has no {from}");
            *text = text.replacen(from, to, 1);
        });
        assert!(said.contains(wanted) && said.starts_with(file), "{said}");
    }
}

#[test]
fn a_folder_loads_like_what_is_embedded() {
    let dir = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/layers"));
    let standards = Standards::load(dir).expect("layers/ loads");
    assert_eq!(standards.fingerprint(), builtin().fingerprint());
    let absent = Standards::load(&dir.join("absent")).expect_err("there is no such folder");
    assert!(matches!(absent, StandardError::Unreadable { .. }));
}

#[test]
fn the_schemas_in_the_folder_are_current() {
    let dir = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/layers"));
    let made = schema::schemas();
    if std::env::var_os("PARAT_BLESS").is_some() {
        std::fs::create_dir_all(dir.join("schema")).expect("a folder");
        for (path, schema) in &made {
            let text = serde_json::to_string_pretty(schema).expect("JSON prints") + "\n";
            std::fs::write(dir.join(path), text).expect("written");
        }
    }
    let files = files::folder(dir).expect("layers/ reads");
    let kept = files.keys().filter(|path| path.starts_with("schema/"));
    assert!(
        kept.eq(made.keys()),
        "set PARAT_BLESS=1 to write layers/schema"
    );
    for (path, schema) in &made {
        let kept: serde_json::Value = serde_json::from_str(&files[path]).expect("JSON");
        assert!(
            kept == *schema,
            "layers/{path} is old; set PARAT_BLESS=1 to write it"
        );
    }
}

#[test]
fn every_file_tells_an_editor_its_schema() {
    for (path, text) in embedded() {
        let Some(stem) = path.strip_suffix(".toml") else {
            continue;
        };
        let named = schema::schemas().contains_key(&format!("schema/{stem}.json"));
        let schema = match stem.split_once('/') {
            Some(_) => "../schema/grid".to_owned(),
            None => format!("schema/{}", if named { stem } else { "layer" }),
        };
        let line = format!("#:schema {schema}.json\n");
        assert!(text.starts_with(&line), "{path} does not begin with {line}");
    }
}

#[test]
fn the_nearest_code_is_what_people_meant() {
    for (list, text, wanted) in [
        ("ROADCL", "Arterial", Some("arterial")),
        ("ROADCL", "NH", Some("national_highway")),
        ("ROADCL", "artirial", Some("arterial")),
        ("LU1", "Residential", Some("R")),
        ("LU1", "आवासीय", Some("R")),
        ("LAMP", "L.E.D", Some("led")),
        ("LAMP", "xyzzy", None),
        ("LAMP", "", None),
    ] {
        assert_eq!(
            builtin().codes(list).expect("ships").nearest(text),
            wanted,
            "{text}"
        );
    }
}

#[test]
fn every_name_has_a_page() {
    let standards = builtin();
    let mut names: Vec<String> = standards
        .layers()
        .map(|layer| layer.layer.to_string())
        .collect();
    names.extend(
        standards
            .all_rule_words()
            .map(|(code, _)| code.to_lowercase()),
    );
    names.extend(standards.metadata().iter().map(|rule| rule.element.clone()));
    names.extend(
        standards
            .indicators()
            .iter()
            .map(|rule| rule.code.to_string()),
    );
    names.extend(standards.code_lists().map(|list| list.name.to_lowercase()));
    names.extend(["in-city-min-1".into(), "ward_no".into()]);
    for name in names {
        let page = explain(standards, &name).unwrap_or_else(|| unreachable!("no page for {name}"));
        assert!(page.markdown("en").lines().count() > 3, "{name}");
        assert!(!page.markdown("hi").is_empty());
    }
    assert!(explain(standards, "nothing such").is_none());
    let page = explain(standards, "t04").expect("a rule");
    assert!(page.markdown("hi").contains("अतिव्याप्ति"));
}

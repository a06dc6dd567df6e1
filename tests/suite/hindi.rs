//! Whatever the reader says of a file is said in Hindi to the last word: of every fixture, every hostile file, the
//! corpus of the fuzzers and every real file. [`told`] is asked of each delivery where a test reads it.

use std::{cell::Cell, fs, path::Path};

use parat::{
    model::Source,
    read::{self, Delivery, ReadOptions, Refused},
    standard::Standards,
    validate::{Outcome, Report, refused},
};

use crate::{fuzz::entries, real_files};

/// Names that stay as they are in every language.
const NAMES: &[&str] = &[
    // Formats, and what parts of them are called.
    "CSV",
    "DBF",
    "FlatGeobuf",
    "GeoJSON",
    "GeoPackage",
    "GML",
    "JSON",
    "KML",
    "KMZ",
    "ODS",
    "WKT",
    "XLSX",
    "Shapefile",
    "GPX",
    "MiB",
    "NUL",
    "Deflate",
    "TopoJSON",
    // Programs and standards.
    "CRS",
    "CQL2",
    "GDAL",
    "QGIS",
    "UTF-8",
    "UTM",
    "WGS",
    "windows-1252",
    // Words of GDAL's messages stand in quotation marks; a measure's letter stands alone.
    "M",
];

/// Latin words outside of marks: what a reader of Hindi cannot read.
pub(crate) fn english(text: &str, names: &[&str]) -> Vec<String> {
    let mut plain = String::new();
    let mut open: Option<char> = None;
    let mut before = ' ';
    for letter in text.chars() {
        match (open, letter) {
            (None, '`' | '"') => open = Some(letter),
            (None, '“') => open = Some('”'),
            (Some(close), _) if letter == close && before != '\\' => open = None,
            (None, _) => plain.push(letter),
            (Some(_), _) => {}
        }
        if open.is_some() {
            plain.push(' ');
        }
        before = letter;
    }
    plain
        .split(|letter: char| !(letter.is_ascii_alphanumeric() || "_-:./".contains(letter)))
        .map(|word| word.trim_end_matches(['.', ':', '-']))
        .filter(|word| word.bytes().any(|byte| byte.is_ascii_alphabetic()))
        // Options, extensions, addresses, and codes such as EPSG:4326 and T05.
        .filter(|word| !word.starts_with("--") && !word.starts_with(['.', '/']))
        .filter(|word| !word.bytes().any(|byte| byte.is_ascii_digit()) || names.contains(word))
        .filter(|word| !NAMES.contains(word) && !names.contains(word))
        .map(str::to_owned)
        .collect()
}

thread_local! {
    /// How many sentences were looked at.
    static LOOKED: Cell<usize> = const { Cell::new(0) };
}

/// A note or a refusal, in a report in Hindi.
fn said(code: &str, message: &str, remedy: &str) -> Report {
    let standards = Standards::builtin();
    let source = Source {
        file: String::new(),
        member: None,
        layer: String::new(),
        format: String::new(),
        hash: String::new(),
    };
    let report = refused(source, None, code, message, remedy, standards);
    report.in_language(standards.messages(), "hi").into_owned()
}

fn look(code: &str, english_text: &str, hindi: &str, wrong: &mut Vec<String>) {
    LOOKED.set(LOOKED.get() + 1);
    let left = english(hindi, &[]);
    if hindi.is_empty() || !left.is_empty() {
        wrong.push(format!("{code}: {english_text}\n    {hindi}\n    {left:?}"));
    }
}

fn refusal(refused: &Refused, wrong: &mut Vec<String>) {
    let report = said(&refused.code, &refused.message, &refused.remedy);
    look(
        &refused.code,
        &refused.message,
        &report.notes[0].text,
        wrong,
    );
    let Some(Outcome::Failed { findings, .. }) = report
        .rules
        .iter()
        .find_map(|rule| (rule.code == "R01").then_some(&rule.outcome))
    else {
        panic!("{refused:?} is no finding");
    };
    if let Some(remedy) = &findings[0].remedy {
        look(&refused.code, &refused.remedy, remedy, wrong);
    }
}

/// English that is left in what is said of a delivery.
fn left(delivery: &Delivery) -> Vec<String> {
    let mut wrong = vec![];
    for one in &delivery.refused {
        refusal(one, &mut wrong);
    }
    let layers = delivery.layers.iter().flat_map(|layer| &layer.notes);
    for note in layers.chain(&delivery.notes) {
        let report = said(&note.kind, &note.text, "");
        look(&note.kind, &note.text, &report.notes[0].text, &mut wrong);
    }
    wrong
}

/// Holds what is said of a delivery to Hindi.
pub(crate) fn told(delivery: &Delivery) {
    let wrong = left(delivery);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The same of a refusal that the child did not live to tell.
pub(crate) fn told_of(refused: &Refused) {
    let mut wrong = vec![];
    refusal(refused, &mut wrong);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
}

#[test]
fn what_the_reader_says_of_every_fixture_is_hindi() {
    let mut paths = vec![];
    files(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures"),
        &mut paths,
    );
    let mut wrong = vec![];
    for path in &paths {
        if let Ok(delivery) = read::layers(path, &ReadOptions::default()) {
            wrong.extend(left(&delivery));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(
        LOOKED.get() > 100,
        "{} sentences of {} files",
        LOOKED.get(),
        paths.len()
    );
}

#[test]
fn what_the_reader_says_of_the_corpus_of_the_fuzzers_is_hindi() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus");
    entries::hear(told);
    for name in ["container", "csv", "shapefile"] {
        let mut paths = vec![];
        files(&root.join(name), &mut paths);
        for path in paths {
            entries::of(name)(&fs::read(path).unwrap());
        }
    }
    assert!(LOOKED.get() > 20, "{} sentences", LOOKED.get());
}

#[test]
fn what_the_reader_says_of_every_real_file_is_hindi() {
    let Some(all) = real_files::judged() else {
        return;
    };
    let mut wrong = vec![];
    for file in all {
        let delivery = Delivery {
            layers: file.layers.iter().map(|(raw, _)| raw.clone()).collect(),
            refused: file.refused.clone(),
            notes: file.notes.clone(),
            ..Delivery::default()
        };
        wrong.extend(
            left(&delivery)
                .into_iter()
                .map(|what| format!("{}: {what}", file.name)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(LOOKED.get() > 40, "{} sentences", LOOKED.get());
}

//! Tells three things from the sources: an import that goes up the ladder, a foreign crate used outside
//! its door, and async below `app`; and from the documents, a room or a file that is not there. To cross on
//! purpose, edit the tables here in the same change.

use std::{collections::BTreeSet, fs, path::Path};

/// Who may import whom. A module may import what stands beside it here, and itself.
const LADDER: &[(&str, &str)] = &[
    ("model", ""),
    ("config", ""),
    ("crs", "model"),
    ("index", "model"),
    ("plane", "model index"),
    ("standard", "model"),
    ("read", "model"),
    ("validate", "model crs index plane standard"),
    // Of `indicator` only the sheet, which a stranger wrote as much as any layer.
    ("worker", "model read crs indicator"),
    ("report", "model standard validate"),
    ("normalise", "model crs standard validate"),
    ("snapshot", "model index"),
    ("tile", "model crs plane snapshot"),
    ("indicator", "model snapshot standard"),
    ("query", "model snapshot indicator index crs"),
    ("diff", "model snapshot report"),
    ("store", "model snapshot indicator validate"),
    ("demo", "model standard crs"),
    (
        "app",
        "model config crs index standard read validate worker report normalise snapshot query tile indicator store diff",
    ),
    (
        "http",
        "app model config standard validate report snapshot query tile indicator store diff",
    ),
    (
        "cli",
        "app http demo model config standard read worker validate report normalise snapshot indicator store diff",
    ),
    ("main", "cli"),
];

/// Each foreign crate has one door, so that an upgrade or a replacement is a change of one place.
const DOORS: &[(&str, &str)] = &[
    ("gdal", "read/ demo/"),
    ("gdal_sys", "read/"),
    ("proj", "crs.rs crs/ways.rs"),
    ("rstar", "index.rs"),
    ("mvt", "tile/"),
    ("i_overlay", "tile/"),
    ("libdeflater", "tile/ snapshot/ read/"),
    ("zstd_safe", "tile/"),
    ("flatgeobuf", "snapshot/"),
    ("flatbuffers", "snapshot/"),
    ("memmap2", "snapshot/ read/mapped.rs"),
    ("rusqlite", "store/ read/geopackage.rs"),
    ("zip", "read/ demo/"),
    ("calamine", "read/ indicator/"),
    ("encoding_rs", "read/"),
    ("chardetng", "read/"),
    ("landlock", "worker/"),
    ("seccompiler", "worker/"),
    ("rlimit", "worker/"),
    ("geojson", "http/ query/"),
    ("axum", "http/"),
    ("ttf_parser", "http/"),
    ("flate2", "http/"),
    ("hyper", "http/"),
    ("hyper_util", "http/"),
    ("tower", "http/"),
    ("tower_http", "http/"),
    ("tokio", "app/ http/ cli/"),
    ("rust_embed", "http/ standard/"),
    ("clap", "cli/"),
    ("indicatif", "cli/"),
    ("tracing_subscriber", "cli/"),
];

/// Modules that may be asynchronous.
const ASYNC: &[&str] = &["app", "http", "cli"];

struct Source {
    /// Path below `src`.
    path: String,
    /// The top-level module it belongs to.
    module: String,
    /// The text without comments and without test modules.
    code: String,
}

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
        for entry in fs::read_dir(folder).expect("src is readable") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                walk(&path, found);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                found.push(path);
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = vec![];
    walk(&root, &mut found);
    found.sort();
    let tests = test_files(&found);
    found
        .into_iter()
        .filter(|file| !tests.iter().any(|test| file.starts_with(test)))
        .map(|file| {
            let path = file
                .strip_prefix(&root)
                .expect("below src")
                .to_string_lossy()
                .into_owned();
            let module = path
                .split('/')
                .next()
                .unwrap_or_default()
                .trim_end_matches(".rs")
                .to_owned();
            Source {
                code: code_of(&fs::read_to_string(&file).expect("UTF-8")),
                path,
                module,
            }
        })
        .filter(|source| source.module != "lib")
        .collect()
}

/// The files and folders that are modules of tests by themselves (`#[cfg(test)] mod judge;`): tests may look anywhere.
fn test_files(all: &[std::path::PathBuf]) -> BTreeSet<std::path::PathBuf> {
    let mut tests = BTreeSet::new();
    for file in all {
        let text = fs::read_to_string(file).expect("UTF-8");
        let folder = match file.file_stem().and_then(|stem| stem.to_str()) {
            Some("mod" | "lib" | "main") => file.with_file_name(""),
            _ => file.with_extension(""),
        };
        for pair in text.lines().collect::<Vec<_>>().windows(2) {
            let name = pair[1].trim().strip_suffix(';');
            let name = name
                .and_then(|line| line.rsplit_once("mod "))
                .map(|(_, name)| name);
            if let (true, Some(name)) = (pair[0].trim() == "#[cfg(test)]", name) {
                tests.insert(folder.join(format!("{name}.rs")));
                tests.insert(folder.join(name));
            }
        }
    }
    tests
}

/// Drops comments, and everything from the unit tests on: tests may look anywhere.
fn code_of(text: &str) -> String {
    let mut code: Vec<&str> = vec![];
    for line in text.lines() {
        if line.contains("mod ")
            && line.ends_with('{')
            && code
                .last()
                .is_some_and(|before| before.trim() == "#[cfg(test)]")
        {
            break;
        }
        code.push(line.split("//").next().unwrap_or_default());
    }
    code.join("\n")
}

/// The first names after every `crate::`, with groups opened.
fn imports(code: &str) -> BTreeSet<String> {
    let name = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|letter| letter.is_alphanumeric() || *letter == '_')
            .collect()
    };
    let mut names = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        if code[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            names.insert(name(rest));
            continue;
        };
        names.insert(name(group));
        let mut depth = 0;
        for (position, letter) in group.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    names.insert(name(&group[position + 1..]));
                }
                _ => {}
            }
        }
    }
    names.remove("");
    names
}

/// True when a path starts with the foreign crate's name.
fn uses(code: &str, foreign: &str) -> bool {
    code.match_indices(&format!("{foreign}::")).any(|(at, _)| {
        !code[..at]
            .ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == ':')
    })
}

#[test]
fn nobody_imports_from_above() {
    let mut wrong = vec![];
    for source in sources() {
        let Some((_, allowed)) = LADDER.iter().find(|(module, _)| *module == source.module) else {
            wrong.push(format!("{} has no rung", source.path));
            continue;
        };
        for name in imports(&source.code) {
            let known = LADDER.iter().any(|(module, _)| *module == name);
            if known && name != source.module && !allowed.split(' ').any(|module| module == name) {
                wrong.push(format!("{} imports {name}", source.path));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "imports against the ladder:\n  {}",
        wrong.join("\n  ")
    );
}

#[test]
fn every_foreign_crate_comes_in_by_its_door() {
    let mut wrong = vec![];
    for source in sources() {
        for (foreign, doors) in DOORS {
            if uses(&source.code, foreign)
                && !doors.split(' ').any(|door| source.path.starts_with(door))
            {
                wrong.push(format!("{} uses {foreign}", source.path));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "foreign crates outside their door:\n  {}",
        wrong.join("\n  ")
    );
}

#[test]
fn nothing_is_asynchronous_below_app() {
    let wrong: Vec<_> = sources()
        .into_iter()
        .filter(|source| !ASYNC.contains(&source.module.as_str()))
        .filter(|source| source.code.contains("async fn") || source.code.contains(".await"))
        .map(|source| source.path)
        .collect();
    assert!(wrong.is_empty(), "async below app: {wrong:?}");
}

/// The rooms that the first table of `docs/house.md` names, and the files that any document names by a path.
#[test]
fn documents_name_rooms_and_files_that_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &Path| fs::read_to_string(path).expect("UTF-8");
    let mut documents: Vec<_> = fs::read_dir(root.join("docs"))
        .expect("docs is readable")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "md"))
        .collect();
    documents.push(root.join("README.md"));
    let mut wrong = vec![];
    let mut seen = 0;
    for path in documents {
        let text = read(&path);
        // Every second piece stands between backticks.
        for name in text.split('`').skip(1).step_by(2) {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_/.-".contains(&byte);
            let is_source = Path::new(name).extension().is_some_and(|end| end == "rs");
            if is_source && name.contains('/') && name.bytes().all(plain) {
                seen += 1;
                if !root.join(name).exists() && !root.join("src").join(name).exists() {
                    wrong.push(format!("{} names {name}", path.display()));
                }
            }
        }
    }
    assert!(seen > 10, "{seen} files are named");
    let house = read(&root.join("docs/house.md"));
    let named: BTreeSet<&str> = house
        .lines()
        .skip_while(|line| !line.starts_with("| room |"))
        .take_while(|line| line.starts_with('|'))
        .filter_map(|line| line.split('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    let rooms: BTreeSet<&str> = LADDER
        .iter()
        .map(|(room, _)| *room)
        .filter(|room| !["main", "config"].contains(room))
        .collect();
    assert_eq!(named, rooms, "the rooms of docs/house.md");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_reader_of_imports_sees_groups_and_single_names() {
    let code = "use crate::{\n  model::{Bbox, LayerId},\n standard::Mapping, crs};\nlet x = crate::index::Boxes;";
    let names: Vec<_> = imports(code).into_iter().collect();
    assert_eq!(names, ["crs", "index", "model", "standard"]);
    assert!(uses("let d = gdal::Dataset::open", "gdal") && !uses("crate::gdal::x", "gdal"));
}

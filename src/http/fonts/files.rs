//! The font files of the machine, found by name in the folders where systems keep them.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

/// How deep below a folder fonts are looked for.
const DEPTH: usize = 4;
/// The most files that are looked at: a machine has some thousands of fonts.
const MOST_FILES: usize = 50_000;
/// The largest font that is read.
const MOST_BYTES: u64 = 64 << 20;

/// The scripts of India and its neighbours; Latin, Greek and Cyrillic come first and are in the plain file.
const SCRIPTS: [&str; 16] = [
    "",
    "Devanagari",
    "Bengali",
    "Gurmukhi",
    "Gujarati",
    "Oriya",
    "Tamil",
    "Telugu",
    "Kannada",
    "Malayalam",
    "Arabic",
    "OlChiki",
    "MeeteiMayek",
    "Sinhala",
    "Lepcha",
    "Limbu",
];

/// The stacks we offer: the name that styles use, other names for it, the weight in file names.
const STACKS: [(&str, &[&str], &str); 2] = [
    ("Noto Sans", &["Noto Sans Regular"], "Regular"),
    ("Noto Sans Bold", &["Noto Sans SemiBold"], "Bold"),
];

/// Where systems keep fonts.
const FOLDERS: [&str; 4] = [
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "/Library/Fonts",
    "/System/Library/Fonts",
];

/// A stack: its files in order, each read when it is first needed.
struct Stack {
    name: &'static str,
    others: &'static [&'static str],
    files: Vec<(PathBuf, OnceLock<Option<Vec<u8>>>)>,
}

/// The fonts of the machine.
pub(in crate::http) struct Fonts {
    stacks: Vec<Stack>,
}

impl Fonts {
    /// Looks for fonts in a folder, or where systems keep them.
    pub(in crate::http) fn find(folder: Option<&Path>) -> Self {
        let mut found = HashMap::new();
        let mut left = MOST_FILES;
        match folder {
            Some(folder) => walk(folder, DEPTH, &mut left, &mut found),
            None => {
                for folder in FOLDERS {
                    walk(Path::new(folder), DEPTH, &mut left, &mut found);
                }
            }
        }
        let stacks = STACKS
            .iter()
            .filter_map(|&(name, others, weight)| {
                let files: Vec<_> = SCRIPTS
                    .iter()
                    .filter_map(|script| found.get(&format!("NotoSans{script}-{weight}")))
                    .map(|path| (path.clone(), OnceLock::new()))
                    .collect();
                (!files.is_empty()).then_some(Stack {
                    name,
                    others,
                    files,
                })
            })
            .collect();
        Self { stacks }
    }

    /// The names of the stacks.
    pub(in crate::http) fn names(&self) -> impl Iterator<Item = &str> {
        self.stacks.iter().map(|stack| stack.name)
    }

    /// True where there is nothing to write labels with.
    pub(in crate::http) fn is_empty(&self) -> bool {
        self.stacks.is_empty()
    }

    /// The name of the stack that a style calls so.
    pub(super) fn canonical(&self, name: &str) -> Option<&'static str> {
        self.stacks
            .iter()
            .find(|stack| stack.name == name || stack.others.contains(&name))
            .map(|stack| stack.name)
    }

    /// The bytes of a stack's files, in order. A file that cannot be read is left out and told to the log.
    pub(super) fn files(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.stacks
            .iter()
            .filter(move |stack| stack.name == name)
            .flat_map(|stack| &stack.files)
            .filter_map(|(path, bytes)| bytes.get_or_init(|| read(path)).as_deref())
    }
}

fn read(path: &Path) -> Option<Vec<u8>> {
    let size = fs::metadata(path).ok()?.len();
    if size > MOST_BYTES {
        tracing::warn!(path = %path.display(), "the font is too large to be read");
        return None;
    }
    fs::read(path)
        .inspect_err(
            |error| tracing::warn!(path = %path.display(), %error, "a font cannot be read"),
        )
        .ok()
}

/// Adds the font files below a folder by their names without ending; the first of a name stays.
fn walk(folder: &Path, depth: usize, left: &mut usize, found: &mut HashMap<String, PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if *left == 0 {
            return;
        }
        *left -= 1;
        let path = entry.path();
        let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
        if is_folder && depth > 0 {
            walk(&path, depth - 1, left, found);
        } else if path
            .extension()
            .is_some_and(|ending| ending == "ttf" || ending == "otf")
            && let Some(name) = path.file_stem().and_then(|name| name.to_str())
        {
            found.entry(name.to_owned()).or_insert(path);
        }
    }
}

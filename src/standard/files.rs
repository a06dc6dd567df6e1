//! The files of standards, embedded or from a folder, parsed strictly, and each fault with file and line.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
};

use serde::de::DeserializeOwned;

/// Why standards cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StandardError {
    /// A file or folder cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file says something that the standards do not know or that contradicts another file.
    #[error("{file}:{line}: {message}")]
    Wrong {
        /// The file, from the top of the folder.
        file: String,
        /// The line, counted from 1.
        line: usize,
        /// What is wrong.
        message: String,
    },
}

/// A fault at a place.
pub(super) fn wrong(file: &str, line: usize, message: impl Into<String>) -> StandardError {
    StandardError::Wrong {
        file: file.to_owned(),
        line,
        message: message.into(),
    }
}

/// The files of a profile, by path from its top (`codes/LU1.csv`), in order.
pub(super) type Files = BTreeMap<String, String>;

#[derive(rust_embed::RustEmbed)]
#[folder = "layers/"]
pub(super) struct Embedded;

/// The files that come with the program.
pub(super) fn embedded() -> Result<Files, StandardError> {
    Embedded::iter()
        .filter_map(|path| Embedded::get(&path).map(|file| (path, file)))
        .map(|(path, file)| {
            let text = String::from_utf8(file.data.into_owned())
                .map_err(|error| wrong(&path, 1, error.to_string()))?;
            Ok((path.into_owned(), text))
        })
        .collect()
}

/// The largest file of a standard; the largest of ours has 60 kB.
const FILE_BYTES: u64 = 4 << 20;

/// The files of a folder and of its folders `codes`, `grids` and `schema`, which need not be there.
pub(super) fn folder(dir: &Path) -> Result<Files, StandardError> {
    let mut files = Files::new();
    for prefix in ["", "codes/", "grids/", "schema/"] {
        let folder = dir.join(prefix);
        if !prefix.is_empty() && !folder.exists() {
            continue;
        }
        let unreadable = |source| StandardError::Unreadable {
            path: folder.clone(),
            source,
        };
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let path = entry.path();
            let unreadable = |source| StandardError::Unreadable {
                path: path.clone(),
                source,
            };
            let about = std::fs::metadata(&path).map_err(unreadable)?;
            if about.is_dir() {
                continue;
            }
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if about.len() > FILE_BYTES {
                return Err(wrong(&name, 1, "larger than 4 MiB"));
            }
            let text = std::fs::read_to_string(&path).map_err(unreadable)?;
            files.insert(name, text);
        }
    }
    Ok(files)
}

/// TOML to a type that knows every key; the fault has its line.
pub(super) fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, StandardError> {
    toml::from_str(text).map_err(|error| {
        let at = error.span().map_or(0, |span| span.start.min(text.len()));
        let line = 1 + text[..text.floor_char_boundary(at)].matches('\n').count();
        wrong(file, line, error.message())
    })
}

/// The first line that holds a text, for faults that are found after parsing; 1 when none does.
pub(super) fn line_of(text: &str, wanted: &str) -> usize {
    text.lines()
        .position(|line| line.contains(wanted))
        .map_or(1, |at| at + 1)
}

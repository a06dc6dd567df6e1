//! What a read hands back: the layers that could be read, and by name those that could not.

use serde::{Deserialize, Serialize};

use super::container::ArchiveLimits;
use crate::model::{Metadata, Note, RawLayer};

/// What the sender or the person at the terminal says about a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadOptions {
    /// The CRS, `EPSG:32643`; it wins over what the file says.
    #[serde(default)]
    pub crs: Option<String>,
    /// The encoding of text, as a WHATWG label; it wins over what the file says.
    #[serde(default)]
    pub encoding: Option<String>,
    /// Only the layer of this name.
    #[serde(default)]
    pub layer: Option<String>,
    /// What the sender calls the file, where it lies under a name of ours. It decides about the format as a
    /// file's name does, and is never a path.
    #[serde(default)]
    pub label: Option<String>,
    /// What an archive may hold.
    #[serde(default)]
    pub archive: ArchiveLimits,
}

/// Metadata that lay inside an archive: `metadata.json`, or one named after a layer's file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Described {
    /// Its path inside the archive.
    pub member: String,
    /// What it says.
    pub metadata: Metadata,
}

/// All that came out of one file, folder or archive.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Delivery {
    /// The layers, in the order of the archive and of the file.
    pub layers: Vec<RawLayer>,
    /// What could not be read, by name.
    pub refused: Vec<Refused>,
    /// What the reader did and saw that belongs to no single layer.
    pub notes: Vec<Note>,
    /// What the archive says of its layers beside them.
    pub metadata: Vec<Described>,
}

impl Delivery {
    /// The metadata inside the archive that are nearest to a member of it: named after the file, after its
    /// stem, or the folder's own; then the folders above.
    pub fn described(&self, member: &str) -> Option<&Metadata> {
        let (mut folder, name) = member.rsplit_once('/').unwrap_or(("", member));
        let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
        let find = |folder: &str, name: &str| {
            self.metadata
                .iter()
                .find(|one| match one.member.rsplit_once('/') {
                    Some((place, last)) => place == folder && last.eq_ignore_ascii_case(name),
                    None => folder.is_empty() && one.member.eq_ignore_ascii_case(name),
                })
        };
        let mut names = vec![
            format!("{name}.metadata.json"),
            format!("{stem}.metadata.json"),
            "metadata.json".to_owned(),
        ];
        loop {
            if let Some(one) = names.iter().find_map(|name| find(folder, name)) {
                return Some(&one.metadata);
            }
            if folder.is_empty() {
                return None;
            }
            // Further up only what speaks for the whole folder.
            names = vec!["metadata.json".to_owned()];
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
        }
    }
}

/// A file or a member of an archive that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The file, or the path inside the archive.
    pub member: String,
    /// A stable name: `empty_archive`, `not_json`, `too_many_entries`, …
    pub code: String,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl Refused {
    /// A refusal of `member`.
    pub fn new(
        member: &str,
        code: &str,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            member: member.to_owned(),
            code: code.to_owned(),
            message: message.into(),
            remedy: remedy.into(),
        }
    }
}

impl Refused {
    /// The refusal of what is more than the layers that are taken.
    pub(super) fn too_many_layers(member: &str, most: usize) -> Self {
        Self::new(
            member,
            "too_many_layers",
            format!("it holds more layers than the {most} that are taken at once"),
            "send the layers in several deliveries",
        )
    }
}

/// Why nothing could be tried at all. What is wrong with the bytes is a [`Refused`], not an error.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The machine could not give the bytes.
    #[error("cannot read {what}")]
    Io {
        /// The file or folder, as the sender called it.
        what: String,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// An option makes no sense.
    #[error("option `{option}`: {detail}")]
    Option {
        /// Its name.
        option: &'static str,
        /// What is wrong with it.
        detail: String,
    },
}

/// Why reading one bundle stopped.
pub(super) enum Failed {
    /// The machine.
    Io(std::io::Error),
    /// An option.
    Read(ReadError),
}

impl From<std::io::Error> for Failed {
    fn from(error: std::io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<ReadError> for Failed {
    fn from(error: ReadError) -> Self {
        Self::Read(error)
    }
}

/// How many rows a note names; it counts all.
pub const KEPT_ROWS: usize = 100;

/// Collects the rows of one note.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) count: u64,
    kept: Vec<u32>,
}

impl Rows {
    pub(crate) fn add(&mut self, row: usize) {
        self.count += 1;
        if self.kept.len() < KEPT_ROWS {
            self.kept.push(row as u32);
        }
    }

    /// The note, unless there is nothing to note. `text` gets the count.
    pub(crate) fn note(self, kind: &str, text: impl FnOnce(u64) -> String) -> Option<Note> {
        (self.count > 0).then(|| Note {
            kind: kind.to_owned(),
            text: text(self.count),
            rows: self.kept,
            count: self.count,
            ..Note::default()
        })
    }
}

/// A note about a whole layer or file.
pub(crate) fn note(kind: &str, text: impl Into<String>) -> Note {
    Note {
        kind: kind.to_owned(),
        text: text.into(),
        ..Note::default()
    }
}

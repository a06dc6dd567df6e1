//! What a read hands back: the layers that could be read, and by name those that could not.

use serde::{Deserialize, Serialize};

use crate::model::{Note, RawLayer};

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

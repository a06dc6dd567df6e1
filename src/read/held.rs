//! Where the bytes of a file are, or of what was one inside an archive: on disk, here, or here when somebody asks.

use std::{
    fs::File,
    io::{Cursor, Read},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::{inflate::decompress, mapped::Mapped};

/// A file, or what was one inside an archive.
#[derive(Clone, Debug)]
pub(super) struct Member {
    /// Its path as the archive or the folder has it.
    pub(super) name: String,
    /// Where its bytes are.
    pub(super) held: Held,
}

/// Where the bytes of a member are.
#[derive(Clone, Debug)]
pub(super) enum Held {
    /// In a file.
    File(PathBuf),
    /// Here.
    Memory(Arc<Vec<u8>>),
    /// Here when somebody asks.
    Packed(Packed),
}

/// A member of a mapped archive, still packed.
#[derive(Clone)]
pub(super) struct Packed {
    pub(super) archive: Arc<Mapped>,
    pub(super) range: Range<usize>,
    /// How many bytes its header says it unpacks to.
    pub(super) said: usize,
    pub(super) crc: u32,
}

impl std::fmt::Debug for Packed {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Packed({:?} to {})", self.range, self.said)
    }
}

impl Packed {
    /// All of it; none where the bytes are damaged or the header does not tell the truth.
    pub(super) fn unpack(&self) -> Option<Vec<u8>> {
        decompress(&self.archive[self.range.clone()], self.said, self.crc)
    }
}

impl Held {
    /// The file, where it is one.
    pub(super) fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Memory(_) | Self::Packed(_) => None,
        }
    }

    /// How many bytes there are.
    pub(super) fn len(&self) -> std::io::Result<u64> {
        Ok(match self {
            Self::File(path) => path.metadata()?.len(),
            Self::Memory(bytes) => bytes.len() as u64,
            Self::Packed(packed) => packed.said as u64,
        })
    }

    /// The bytes from their beginning.
    pub(super) fn open(&self) -> std::io::Result<Box<dyn Read + '_>> {
        Ok(match self {
            Self::File(path) => Box::new(File::open(path)?),
            Self::Memory(bytes) => Box::new(bytes.as_slice()),
            Self::Packed(packed) => Box::new(Cursor::new(
                packed.unpack().ok_or(std::io::ErrorKind::InvalidData)?,
            )),
        })
    }
}

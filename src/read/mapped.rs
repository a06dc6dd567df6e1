//! Files that are looked at where the system has them, instead of in a copy.
//!
//! Geometries and attributes of a million rows are half a gigabyte: reading them costs as much time as
//! parsing them, and a copy costs the memory as well.

use std::{fs::File, io, ops::Deref, path::Path};

/// The bytes of a file.
pub(super) enum Mapped {
    Map(memmap2::Mmap),
    /// Nothing can be mapped of a file without bytes.
    Empty,
}

impl Mapped {
    #[expect(
        unsafe_code,
        reason = "mapping; a file that is cut short meanwhile ends the child that reads it, and only that"
    )]
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        if file.metadata()?.len() == 0 {
            return Ok(Self::Empty);
        }
        // SAFETY: the bytes are only looked at as bytes. A member of an archive is a file of the job's own folder;
        // a loose file or an archive belongs to the sender, who may change what is read, as with any other way of
        // reading.
        unsafe { memmap2::MmapOptions::new().populate().map(&file) }.map(Self::Map)
    }
}

impl Deref for Mapped {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Map(map) => map,
            Self::Empty => &[],
        }
    }
}

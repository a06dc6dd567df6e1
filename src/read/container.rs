//! Zip archives, opened within limits: how many entries, how large, how deep, what names.
//!
//! The parts of a shapefile stay in memory, where our own readers take them from, or packed until they do; all else is written under
//! names of our own making into a folder of the job, so no name in an archive ever becomes a path. What is
//! refused is refused by name, and the rest is still read.

use std::{
    fs::File,
    io::{BufReader, Cursor, Read, Seek},
    path::Path,
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use zip::{CompressionMethod, ZipArchive};

use super::{
    bundle::{Kind, extension},
    delivery::Refused,
    entry::{Entry, Judged},
    held::{Held, Member, Packed},
    inflate::{Stopped, copy, decompress, inflate},
    mapped::Mapped,
};

/// What an archive may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveLimits {
    /// Entries, folders included. A city's yearly delivery has some hundred.
    pub entries: usize,
    /// Bytes of all members together, unpacked.
    pub unpacked_bytes: u64,
    /// How often larger a member may be than its packed bytes; text formats pack better.
    pub ratio: u64,
    /// The same for formats that are text.
    pub ratio_text: u64,
    /// Layers of one file or archive; as many refusals are told one by one.
    pub layers: usize,
}

impl Default for ArchiveLimits {
    fn default() -> Self {
        Self {
            entries: 10_000,
            unpacked_bytes: 8 << 30,
            ratio: 200,
            ratio_text: 1000,
            layers: 200,
        }
    }
}

/// Ratios say nothing about small members: 64 KiB of zeros is no attack.
const RATIO_FROM_BYTES: u64 = 16 << 20;

/// Archives up to this size are mapped: a part of a shapefile is then unpacked straight from the file's pages.
const MAPPED_BYTES: u64 = 1 << 30;

/// The shapes or the attributes of a shapefile of so many bytes are unpacked only when they are read, so that both are
/// never in memory together.
const LATER_BYTES: u64 = 4 << 20;

/// As many bytes of an archive's members are kept in memory; what comes after goes to files.
const IN_MEMORY_BYTES: u64 = 1 << 30;

/// What came out of an archive.
#[derive(Debug, Default)]
pub(super) struct Archive {
    /// What may be data or belong to data.
    pub(super) members: Vec<Member>,
    /// What was not taken, and why.
    pub(super) refused: Vec<Refused>,
    /// What was passed over: documents, styles, thumbnails.
    pub(super) ignored: Vec<String>,
}

impl Archive {
    fn nothing(label: &str, code: &str, message: impl Into<String>, remedy: &str) -> Self {
        Self {
            refused: vec![Refused::new(label, code, message, remedy)],
            ..Self::default()
        }
    }
}

/// Unpacks what may be data into `folder`. `label` is the archive's name for messages.
pub(super) fn unpack(
    archive: &Path,
    label: &str,
    folder: &Path,
    limits: &ArchiveLimits,
) -> std::io::Result<Archive> {
    let length = archive.metadata()?.len();
    if length <= MAPPED_BYTES {
        let bytes = Arc::new(Mapped::open(archive)?);
        return unpack_from(Cursor::new(&bytes[..]), Some(&bytes), label, folder, limits);
    }
    let file = BufReader::new(File::open(archive)?);
    unpack_from(file, None, label, folder, limits)
}

/// Unpacks an archive that is read from `source`; `whole` is all of it where it is mapped.
fn unpack_from(
    source: impl Read + Seek,
    whole: Option<&Arc<Mapped>>,
    label: &str,
    folder: &Path,
    limits: &ArchiveLimits,
) -> std::io::Result<Archive> {
    let mut zip = match ZipArchive::new(source) {
        Ok(zip) => zip,
        Err(_broken) => {
            return Ok(Archive::nothing(
                label,
                "damaged_archive",
                "the archive is cut short or damaged: its list of files cannot be read",
                "zip the files again, or send the archive again in full",
            ));
        }
    };
    if zip.len() > limits.entries {
        let message = format!(
            "the archive has {} entries; at most {} are taken",
            zip.len(),
            limits.entries
        );
        return Ok(Archive::nothing(
            label,
            "too_many_entries",
            message,
            "send the layers in several archives, without folders of other things",
        ));
    }
    if zip.has_overlapping_files().unwrap_or(true) {
        return Ok(Archive::nothing(
            label,
            "hostile_archive",
            "files in the archive share the same bytes or point outside it, as only a damaged or a hostile archive does",
            "zip the files again with an ordinary tool",
        ));
    }
    let mut found = Archive::default();
    let mut files = 0;
    let mut left = limits.unpacked_bytes;
    let mut room = IN_MEMORY_BYTES;
    for at in 0..zip.len() {
        let Some(entry) = Entry::look(&mut zip, at) else {
            continue;
        };
        files += 1;
        match entry.judge() {
            Judged::Take => {}
            Judged::Ignore => {
                found.ignored.push(entry.name);
                continue;
            }
            Judged::Refuse(refused) => {
                found.refused.push(refused);
                continue;
            }
        }
        let budget = Budget { left, room, limits };
        match take(&mut zip, at, &entry, whole, folder, &budget)? {
            Ok(held) => {
                left -= held.len()?;
                if !matches!(held, Held::File(_)) {
                    room -= held.len()?;
                }
                found.members.push(Member {
                    name: entry.name,
                    held,
                });
            }
            Err(refused) => {
                let bomb = refused.code == "bomb";
                found.refused.push(refused);
                if bomb {
                    break;
                }
            }
        }
    }
    if files == 0 {
        let message = if zip.is_empty() {
            "archive has no files"
        } else {
            "archive has no files, only folders"
        };
        return Ok(Archive::nothing(
            label,
            "empty_archive",
            message,
            "put the layer's files into the archive",
        ));
    }
    Ok(found)
}

/// What an archive may still unpack to, in bytes.
struct Budget<'a> {
    /// In all.
    left: u64,
    /// In memory.
    room: u64,
    limits: &'a ArchiveLimits,
}

/// Takes one member out, counting what really comes, whatever its header says.
fn take(
    zip: &mut ZipArchive<impl Read + Seek>,
    at: usize,
    entry: &Entry,
    whole: Option<&Arc<Mapped>>,
    folder: &Path,
    budget: &Budget<'_>,
) -> std::io::Result<Result<Held, Refused>> {
    let damaged = || {
        Refused::new(
            &entry.name,
            "damaged_member",
            "the file inside the archive is cut short or damaged",
            "zip the files again, or send the archive again in full",
        )
    };
    let &Budget { left, room, limits } = budget;
    let kind = Kind::of_name(&entry.name);
    let ratio = if kind.is_text() {
        limits.ratio_text
    } else {
        limits.ratio
    };
    let allowed = left.min(RATIO_FROM_BYTES.max(entry.packed.saturating_mul(ratio)));
    let bomb = || {
        Refused::new(
            &entry.name,
            "bomb",
            format!(
                "the file unpacks to more than {} MiB from {} bytes; the rest of the archive was not opened",
                allowed >> 20,
                entry.packed
            ),
            "send the file by itself, or in an ordinary archive",
        )
    };
    let in_memory =
        matches!(kind, Kind::Shapefile | Kind::Sidecar) && entry.said.min(allowed) <= room;
    if in_memory && let Some(held) = at_once(zip, at, entry, whole, allowed) {
        return Ok(Ok(held));
    }
    let Ok(mut member) = zip.by_index(at) else {
        return Ok(Err(damaged()));
    };
    if in_memory {
        return Ok(match inflate(&mut member, entry.said, allowed.min(room)) {
            Ok(bytes) => Ok(Held::Memory(Arc::new(bytes))),
            Err(Stopped::Damaged) => Err(damaged()),
            Err(Stopped::TooLong) => Err(bomb()),
        });
    }
    let to = folder.join(format!("{at:05}"));
    let written = copy(&mut member, &to, allowed)?;
    if written.is_err() {
        // What a refused member wrote is not kept, so that many of them cannot fill the disk.
        let _ = std::fs::remove_file(&to);
    }
    Ok(match written {
        Ok(()) => Ok(Held::File(to)),
        Err(Stopped::Damaged) => Err(damaged()),
        Err(Stopped::TooLong) => Err(bomb()),
    })
}

/// A member whose header tells the truth, unpacked in one call: half the time of doing it piece by piece. None
/// where it lies or the bytes are damaged; the way piece by piece then finds out which.
fn at_once(
    zip: &mut ZipArchive<impl Read + Seek>,
    at: usize,
    entry: &Entry,
    whole: Option<&Arc<Mapped>>,
    allowed: u64,
) -> Option<Held> {
    if entry.method != CompressionMethod::Deflated || entry.said > allowed {
        return None;
    }
    let mut member = zip.by_index_raw(at).ok()?;
    let (said, crc) = (usize::try_from(entry.said).ok()?, member.crc32());
    let bytes = if let Some(whole) = whole {
        let from = usize::try_from(member.data_start()?).ok()?;
        let range = from..from.checked_add(usize::try_from(entry.packed).ok()?)?;
        let packed = whole.get(range.clone())?;
        // Only what is taken whole, and told of where it is damaged; all else is looked at now.
        let later = matches!(extension(&entry.name).as_str(), "shp" | "dbf");
        if later && entry.said >= LATER_BYTES {
            let archive = Arc::clone(whole);
            return Some(Held::Packed(Packed {
                archive,
                range,
                said,
                crc,
            }));
        }
        decompress(packed, said, crc)?
    } else {
        let mut packed = vec![];
        member.read_to_end(&mut packed).ok()?;
        decompress(&packed, said, crc)?
    };
    Some(Held::Memory(Arc::new(bytes)))
}

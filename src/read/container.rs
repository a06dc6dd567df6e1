//! Zip archives, opened within limits: how many entries, how large, how deep, what names.
//!
//! The parts of a shapefile stay in memory, where our own readers take them from, or packed until they do; all else is written under
//! names of our own making into a folder of the job, so no name in an archive ever becomes a path. What is
//! refused is refused by name, and the rest is still read.

use std::{
    fs::File,
    io::{BufReader, Cursor, Read, Seek, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use zip::{CompressionMethod, ZipArchive};

use super::{
    bundle::{Kind, extension},
    delivery::Refused,
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

/// The longest path inside an archive.
const NAME_BYTES: usize = 1024;

/// Archives up to this size are mapped: a part of a shapefile is then unpacked straight from the file's pages.
const MAPPED_BYTES: u64 = 1 << 30;

/// The shapes or the attributes of a shapefile of so many bytes are unpacked only when they are read, so that both are
/// never in memory together.
const LATER_BYTES: u64 = 4 << 20;

/// As many bytes of an archive's members are kept in memory; what comes after goes to files.
const IN_MEMORY_BYTES: u64 = 1 << 30;

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
    archive: Arc<Mapped>,
    range: Range<usize>,
    /// How many bytes its header says it unpacks to.
    said: usize,
    crc: u32,
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
            Self::Packed(packed) => Box::new(std::io::Cursor::new(
                packed.unpack().ok_or(std::io::ErrorKind::InvalidData)?,
            )),
        })
    }
}

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

/// What the archive's list says of one entry.
struct Entry {
    name: String,
    packed: u64,
    /// How many bytes it says it unpacks to.
    said: u64,
    encrypted: bool,
    method: CompressionMethod,
    link: bool,
}

enum Judged {
    Take,
    Ignore,
    Refuse(Refused),
}

impl Entry {
    /// None for folders and for what an operating system leaves behind.
    fn look(zip: &mut ZipArchive<impl Read + Seek>, at: usize) -> Option<Self> {
        let entry = zip.by_index_data(at).ok()?;
        let name = name_text(entry.name_raw());
        let link = entry.is_symlink()
            || entry
                .unix_mode()
                .is_some_and(|mode| !matches!(mode & 0o170_000, 0 | 0o100_000 | 0o040_000));
        if entry.is_dir() || name.ends_with(['/', '\\']) || is_litter(&name) {
            return None;
        }
        Some(Self {
            name,
            packed: entry.compressed_size(),
            said: entry.size(),
            encrypted: entry.encrypted(),
            method: entry.compression(),
            link,
        })
    }

    fn judge(&self) -> Judged {
        let refuse = |code: &str, message: &str, remedy: &str| {
            let name: String = self.name.chars().take(200).collect();
            Judged::Refuse(Refused::new(&name, code, message, remedy))
        };
        if is_unsafe(&self.name) {
            return refuse(
                "unsafe_path",
                "the name leads out of the archive or is not a path",
                "zip the files again from inside their own folder",
            );
        }
        if self.link {
            return refuse(
                "link",
                "the entry is a link or a device, not a file",
                "put the file itself into the archive",
            );
        }
        match Kind::of_name(&self.name) {
            Kind::Archive => refuse(
                "nested_archive",
                "an archive inside the archive is not opened",
                "unpack it, and send its files in one archive",
            ),
            Kind::Other => Judged::Ignore,
            _ if self.encrypted => refuse(
                "encrypted",
                "the file is locked with a password",
                "zip it again without a password",
            ),
            _ if !matches!(
                self.method,
                CompressionMethod::Stored | CompressionMethod::Deflated
            ) =>
            {
                refuse(
                    "unsupported_compression",
                    "the file is packed in a way that is not read here",
                    "zip it again with the ordinary method (Deflate), without a password",
                )
            }
            _ => Judged::Take,
        }
    }
}

/// The name as text: UTF-8 where it is that, else what old tools on Windows write.
fn name_text(raw: &[u8]) -> String {
    String::from_utf8(raw.to_vec())
        .unwrap_or_else(|_| encoding_rs::WINDOWS_1252.decode(raw).0.into_owned())
}

fn is_unsafe(name: &str) -> bool {
    name.len() > NAME_BYTES
        || name.starts_with(['/', '\\'])
        || name.contains(|letter: char| letter.is_control())
        || name
            .split(['/', '\\'])
            .any(|part| part == ".." || (part.len() >= 2 && part.as_bytes()[1] == b':'))
}

/// What the Finder and the Explorer add unasked.
fn is_litter(name: &str) -> bool {
    name.split('/').any(|part| part == "__MACOSX")
        || name.rsplit(['/', '\\']).next().is_some_and(|last| {
            last.starts_with("._")
                || ["thumbs.db", ".ds_store", "desktop.ini"].contains(&last.to_lowercase().as_str())
        })
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

/// Why a member was not taken to its end.
enum Stopped {
    Damaged,
    TooLong,
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

/// What a stream of deflated bytes comes to, if it is that long and has that sum.
fn decompress(packed: &[u8], said: usize, crc: u32) -> Option<Vec<u8>> {
    let mut bytes = vec![0; said];
    let count = libdeflater::Decompressor::new()
        .deflate_decompress(packed, &mut bytes)
        .ok()?;
    let mut sum = libdeflater::Crc::new();
    sum.update(&bytes);
    (count == said && sum.sum() == crc).then_some(bytes)
}

/// A member into memory, whatever its header says of its length.
fn inflate(member: &mut impl Read, said: u64, allowed: u64) -> Result<Vec<u8>, Stopped> {
    // Pages that are never reached cost nothing, whatever was said.
    let mut bytes = vec![0; said.min(allowed) as usize + 1];
    let mut written = 0;
    loop {
        match member.read(&mut bytes[written..]) {
            Ok(0) => break,
            Ok(count) => written += count,
            Err(_broken) => return Err(Stopped::Damaged),
        }
        if written as u64 > allowed {
            return Err(Stopped::TooLong);
        }
        if written == bytes.len() {
            bytes.resize((written * 2).min(allowed as usize + 1), 0);
        }
    }
    bytes.truncate(written);
    Ok(bytes)
}

/// A member into a file.
fn copy(member: &mut impl Read, to: &Path, allowed: u64) -> std::io::Result<Result<(), Stopped>> {
    let mut out = File::create(to)?;
    let mut buffer = vec![0; 1 << 16];
    let mut written = 0;
    loop {
        let count = match member.read(&mut buffer) {
            Ok(0) => return Ok(Ok(())),
            Ok(count) => count,
            Err(_broken) => return Ok(Err(Stopped::Damaged)),
        };
        written += count as u64;
        if written > allowed {
            return Ok(Err(Stopped::TooLong));
        }
        out.write_all(&buffer[..count])?;
    }
}

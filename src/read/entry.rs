//! One entry of an archive by what its list says: what is taken, what is passed over, what is refused and why.

use std::io::{Read, Seek};

use zip::{CompressionMethod, ZipArchive};

use super::{bundle::Kind, delivery::Refused};

/// The longest path inside an archive.
const NAME_BYTES: usize = 1024;

/// What the archive's list says of one entry.
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) packed: u64,
    /// How many bytes it says it unpacks to.
    pub(super) said: u64,
    pub(super) encrypted: bool,
    pub(super) method: CompressionMethod,
    pub(super) link: bool,
}

/// What becomes of an entry.
pub(super) enum Judged {
    Take,
    Ignore,
    Refuse(Refused),
}

impl Entry {
    /// None for folders and for what an operating system leaves behind.
    pub(super) fn look(zip: &mut ZipArchive<impl Read + Seek>, at: usize) -> Option<Self> {
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

    pub(super) fn judge(&self) -> Judged {
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

//! `PMTiles` 3, the one-file form of a tile pyramid: header, directories, and a writer.
//!
//! Laid out as: header and root directory in the first 16 KiB, tiles in the order of their numbers, then
//! metadata and leaf directories. So tiles are written as they come and nothing is held back but the
//! directory. Same tiles are kept once. Everything is read within bounds: a damaged file is no archive.

use std::{
    collections::HashMap,
    io::{self, Seek, SeekFrom, Write},
};

use crate::model::{Bbox, TileId};

/// Bytes of the header.
const HEADER: usize = 127;
/// The root directory ends here at the latest (specification 3, section 3.1).
const ROOT_END: usize = 16_384;
/// Entries of a leaf directory.
const LEAF: usize = 4096;
/// No directory of ours is larger when unpacked; a stranger's claim beyond it is not believed.
const MAX_DIRECTORY: usize = 256 << 20;
const GZIP: u8 = 2;
const VECTOR_TILES: u8 = 1;

/// Bytes of the file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// Where they begin.
    pub offset: u64,
    /// How many they are.
    pub len: u64,
}

impl Span {
    /// The bytes in a file; none when they lie outside.
    pub fn of(self, file: &[u8]) -> Option<&[u8]> {
        let end = self.offset.checked_add(self.len)?;
        file.get(usize::try_from(self.offset).ok()?..usize::try_from(end).ok()?)
    }
}

/// The header of an archive (section 3).
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    /// The root directory.
    pub root: Span,
    /// JSON metadata.
    pub metadata: Span,
    /// Leaf directories.
    pub leaves: Span,
    /// Tile data.
    pub tiles: Span,
    /// Tiles that can be asked for.
    pub addressed: u64,
    /// Entries of all directories that lead to tiles.
    pub entries: u64,
    /// Distinct tiles.
    pub contents: u64,
    /// The least and the greatest zoom.
    pub zooms: [u8; 2],
    /// What it covers, in longitude/latitude.
    pub bbox: Bbox,
}

impl Header {
    /// As bytes, with root directory gzip, tiles gzip, clustered, vector tiles.
    pub fn to_bytes(&self) -> [u8; HEADER] {
        let mut out = [0; HEADER];
        out[..8].copy_from_slice(b"PMTiles\x03");
        let spans = [self.root, self.metadata, self.leaves, self.tiles];
        let numbers = spans
            .iter()
            .flat_map(|span| [span.offset, span.len])
            .chain([self.addressed, self.entries, self.contents]);
        for (at, number) in numbers.enumerate() {
            out[8 + 8 * at..][..8].copy_from_slice(&number.to_le_bytes());
        }
        out[96..100].copy_from_slice(&[1, GZIP, GZIP, VECTOR_TILES]);
        out[100..102].copy_from_slice(&self.zooms);
        let at = |degrees: f64| (degrees * 1e7).round() as i32;
        let Bbox {
            west,
            south,
            east,
            north,
        } = self.bbox;
        for (place, degrees) in [(102, west), (106, south), (110, east), (114, north)] {
            out[place..place + 4].copy_from_slice(&at(degrees).to_le_bytes());
        }
        // The centre: where a viewer opens, at a zoom where the whole is in sight.
        let wide = (east - west).max((north - south) * 2.0).max(1e-6);
        let zoom = ((360.0 / wide).log2().floor() as u8).clamp(self.zooms[0], self.zooms[1]);
        out[118] = zoom;
        out[119..123].copy_from_slice(&at(f64::midpoint(west, east)).to_le_bytes());
        out[123..127].copy_from_slice(&at(f64::midpoint(south, north)).to_le_bytes());
        out
    }

    /// The header of a file of ours; none for any other.
    pub fn read(file: &[u8]) -> Option<Self> {
        let bytes = file.get(..HEADER)?;
        if bytes[..8] != *b"PMTiles\x03" || bytes[97..100] != [GZIP, GZIP, VECTOR_TILES] {
            return None;
        }
        let number = |at: usize| {
            let chunk = bytes[8 + 8 * at..]
                .first_chunk()
                .expect("within the header");
            u64::from_le_bytes(*chunk)
        };
        let span = |at: usize| Span {
            offset: number(at),
            len: number(at + 1),
        };
        let degrees = |at: usize| {
            let chunk = bytes[at..].first_chunk().expect("within the header");
            f64::from(i32::from_le_bytes(*chunk)) / 1e7
        };
        Some(Self {
            root: span(0),
            metadata: span(2),
            leaves: span(4),
            tiles: span(6),
            addressed: number(8),
            entries: number(9),
            contents: number(10),
            zooms: [bytes[100], bytes[101]],
            bbox: Bbox::from([degrees(102), degrees(106), degrees(110), degrees(114)]),
        })
    }
}

/// One line of a directory: `run` tiles from a number on have these bytes. With a run of 0 the bytes are a
/// leaf directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The number of the first tile.
    pub tile: u64,
    /// Where its bytes begin, from the begin of the tile data or of the leaves.
    pub offset: u64,
    /// How many they are.
    pub len: u32,
    /// How many tiles have them.
    pub run: u32,
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn read_varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

/// A directory as bytes (section 4), compressed.
fn directory(entries: &[Entry]) -> Vec<u8> {
    let mut out = vec![];
    varint(&mut out, entries.len() as u64);
    let mut before = 0;
    for entry in entries {
        varint(&mut out, entry.tile - before);
        before = entry.tile;
    }
    for entry in entries {
        varint(&mut out, u64::from(entry.run));
    }
    for entry in entries {
        varint(&mut out, u64::from(entry.len));
    }
    for (at, entry) in entries.iter().enumerate() {
        let follows = at > 0 && {
            let last = entries[at - 1];
            last.offset + u64::from(last.len) == entry.offset
        };
        varint(&mut out, if follows { 0 } else { entry.offset + 1 });
    }
    pack(&out)
}

/// A directory from its bytes; none when they are none.
fn read_directory(packed: &[u8]) -> Option<Vec<Entry>> {
    let bytes = unpack(packed)?;
    let mut rest = &bytes[..];
    let count = usize::try_from(read_varint(&mut rest)?).ok()?;
    // Four numbers of at least a byte each.
    if count > rest.len() / 4 {
        return None;
    }
    let mut entries = Vec::with_capacity(count);
    let mut tile = 0_u64;
    for at in 0..count {
        let step = read_varint(&mut rest)?;
        if at > 0 && step == 0 {
            return None;
        }
        tile = tile.checked_add(step)?;
        entries.push(Entry {
            tile,
            offset: 0,
            len: 0,
            run: 0,
        });
    }
    for entry in &mut entries {
        entry.run = u32::try_from(read_varint(&mut rest)?).ok()?;
    }
    for entry in &mut entries {
        entry.len = u32::try_from(read_varint(&mut rest)?).ok()?;
    }
    let mut next = None;
    for entry in &mut entries {
        entry.offset = match read_varint(&mut rest)? {
            0 => next?,
            number => number - 1,
        };
        next = Some(entry.offset.checked_add(u64::from(entry.len))?);
    }
    Some(entries)
}

/// Every entry that leads to tiles, ascending, each within the tile data; none when a directory is broken.
pub fn read_entries(file: &[u8], header: &Header) -> Option<Vec<Entry>> {
    let mut all = vec![];
    let leaves = header.leaves.of(file)?;
    for entry in read_directory(header.root.of(file)?)? {
        if entry.run > 0 {
            all.push(entry);
            continue;
        }
        let span = Span {
            offset: entry.offset,
            len: u64::from(entry.len),
        };
        let leaf = read_directory(span.of(leaves)?)?;
        if all.len() + leaf.len() > MAX_DIRECTORY / size_of::<Entry>() {
            return None;
        }
        all.extend(leaf);
    }
    let mut free = 0;
    for entry in &all {
        let end = entry.offset.checked_add(u64::from(entry.len))?;
        let last = entry.tile.checked_add(u64::from(entry.run))?;
        if entry.run == 0 || entry.tile < free || end > header.tiles.len {
            return None;
        }
        TileId::of_number(last - 1)?;
        free = last;
    }
    Some(all)
}

fn pack(bytes: &[u8]) -> Vec<u8> {
    let level = libdeflater::CompressionLvl::new(6).expect("level 6 exists");
    let mut compressor = libdeflater::Compressor::new(level);
    let mut out = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let len = compressor
        .gzip_compress(bytes, &mut out)
        .expect("the bound is large enough");
    out.truncate(len);
    out
}

/// Undoes gzip, as far as its own claim of its size is to be believed.
pub fn unpack(packed: &[u8]) -> Option<Vec<u8>> {
    let claim = packed
        .last_chunk::<4>()
        .map(|len| u32::from_le_bytes(*len))? as usize;
    // Deflate gives at most 1032 bytes for one.
    if claim > MAX_DIRECTORY || claim / 1032 > packed.len() {
        return None;
    }
    let mut out = vec![0; claim];
    let len = libdeflater::Decompressor::new()
        .gzip_decompress(packed, &mut out)
        .ok()?;
    (len == claim).then_some(out)
}

/// What the header says of an archive beyond its sections.
#[derive(Clone, Copy, Debug)]
pub struct Extent {
    /// The least and the greatest zoom.
    pub zooms: [u8; 2],
    /// What it covers, in longitude/latitude.
    pub bbox: Bbox,
}

/// Writes an archive. Tiles come in the order of their numbers.
pub struct Writer<W: Write + Seek> {
    out: W,
    entries: Vec<Entry>,
    known: HashMap<[u8; 32], (u64, u32)>,
    tiles: u64,
    addressed: u64,
}

impl<W: Write + Seek> Writer<W> {
    /// An archive at the begin of `out`.
    pub fn new(mut out: W) -> io::Result<Self> {
        out.seek(SeekFrom::Start(0))?;
        out.write_all(&[0; ROOT_END])?;
        Ok(Self {
            out,
            entries: vec![],
            known: HashMap::new(),
            tiles: 0,
            addressed: 0,
        })
    }

    /// Adds a tile: a gzip member, with its blake3 hash.
    pub fn add(&mut self, id: TileId, gzip: &[u8], hash: [u8; 32]) -> io::Result<()> {
        let tile = id.number();
        self.addressed += 1;
        let known = self.known.get(&hash).copied();
        if let (Some((offset, _)), Some(last)) = (known, self.entries.last_mut())
            && last.offset == offset
            && last.tile + u64::from(last.run) == tile
        {
            last.run += 1;
            return Ok(());
        }
        let (offset, len) = if let Some(known) = known {
            known
        } else {
            let own = (self.tiles, gzip.len() as u32);
            self.out.write_all(gzip)?;
            self.tiles += gzip.len() as u64;
            self.known.insert(hash, own);
            own
        };
        let run = 1;
        self.entries.push(Entry {
            tile,
            offset,
            len,
            run,
        });
        Ok(())
    }

    /// The bytes of the tiles so far.
    pub fn data_len(&self) -> u64 {
        self.tiles
    }

    /// The directories: the root, and leaves where they do not fit into it.
    fn directories(&self) -> (Vec<u8>, Vec<u8>) {
        let root = directory(&self.entries);
        if root.len() <= ROOT_END - HEADER {
            return (root, vec![]);
        }
        let mut size = LEAF;
        loop {
            let (mut leaves, mut tops) = (vec![], vec![]);
            for chunk in self.entries.chunks(size) {
                let leaf = directory(chunk);
                tops.push(Entry {
                    tile: chunk[0].tile,
                    offset: leaves.len() as u64,
                    len: leaf.len() as u32,
                    run: 0,
                });
                leaves.extend(leaf);
            }
            let root = directory(&tops);
            if root.len() <= ROOT_END - HEADER {
                return (root, leaves);
            }
            size *= 2;
        }
    }

    /// Writes directories, metadata and header. `metadata` gets the checksum of all but itself.
    pub fn finish(
        mut self,
        extent: Extent,
        metadata: impl FnOnce(&str) -> serde_json::Value,
    ) -> io::Result<(W, Header)> {
        let (root, leaves) = self.directories();
        let mut header = Header {
            root: Span {
                offset: HEADER as u64,
                len: root.len() as u64,
            },
            metadata: Span::default(),
            leaves: Span {
                offset: 0,
                len: leaves.len() as u64,
            },
            tiles: Span {
                offset: ROOT_END as u64,
                len: self.tiles,
            },
            addressed: self.addressed,
            entries: self.entries.len() as u64,
            contents: self.known.len() as u64,
            zooms: extent.zooms,
            // As it reads back, so that the checksum does too.
            bbox: Bbox::from(<[f64; 4]>::from(extent.bbox).map(|at| (at * 1e7).round() / 1e7)),
        };
        let checksum = checksum(&header, &root, &leaves);
        let about = pack(metadata(&checksum).to_string().as_bytes());
        header.metadata = Span {
            offset: ROOT_END as u64 + self.tiles,
            len: about.len() as u64,
        };
        header.leaves.offset = header.metadata.offset + header.metadata.len;
        self.out.write_all(&about)?;
        self.out.write_all(&leaves)?;
        self.out.seek(SeekFrom::Start(0))?;
        self.out.write_all(&header.to_bytes())?;
        self.out.write_all(&root)?;
        self.out.flush()?;
        Ok((self.out, header))
    }
}

/// A checksum of header and directories, which the metadata carry; of the header all but where metadata and
/// leaves lie, since that depends on the metadata.
pub fn checksum(header: &Header, root: &[u8], leaves: &[u8]) -> String {
    let mut plain = header.clone();
    plain.metadata = Span::default();
    plain.leaves.offset = 0;
    let mut hasher = blake3::Hasher::new();
    hasher.update(&plain.to_bytes()).update(root).update(leaves);
    hasher.finalize().to_hex().to_string()
}

//! The serving form of a version: one file of plain arrays, mapped and read in place.
//!
//! A header with magic, form, length and checksum, a directory of sections, then the sections, each at a
//! multiple of 64 bytes. Little-endian. Opening checks the header's checksum, that every section lies in
//! the file and has the length that the others ask for, and that the ends of parts, rings and coordinates
//! only grow: so no later read can leave an array. Coordinates and attributes are not read when opening.
//!
//! Why our own: it opens by mapping, so five million features cost no memory of ours, and a tile reads
//! coordinates where they lie. The file is never edited; when its form is old it is built again from
//! the truth.

use std::{borrow::Cow, fs::File, io::Write, path::Path};

use bytemuck::{Pod, Zeroable};

use super::{
    SnapshotError, SnapshotInfo,
    labels::Anchor,
    tree, vertices,
    view::{Codes, ColumnView, Entries},
};
use crate::model::{FieldType, ShapesRef};

const _: () = assert!(
    cfg!(target_endian = "little"),
    "snapshots are mapped little-endian"
);

/// A file mapped for reading.
#[derive(Debug)]
pub struct Mapped {
    map: Option<memmap2::Mmap>,
    path: String,
}

impl Mapped {
    /// Maps a file. An empty file is an empty slice.
    pub fn open(path: &Path) -> Result<Self, SnapshotError> {
        let disk = SnapshotError::disk("open", path);
        let file = File::open(path).map_err(&disk)?;
        let length = file.metadata().map_err(&disk)?.len();
        let map = if length == 0 {
            None
        } else {
            Some(map(&file).map_err(&disk)?)
        };
        Ok(Self {
            map,
            path: path.display().to_string(),
        })
    }

    /// Puts a file's pages where they are found at once, as far as they are few: the first tile of a city
    /// would otherwise stop at a thousand of them, a third of its time.
    fn settle(&self) {
        if let Some(map) = self.map.as_ref().filter(|map| map.len() <= MOST_SETTLED) {
            // Where the system does not know how, each is found when it is asked for.
            #[cfg(target_os = "linux")]
            map.advise(memmap2::Advice::PopulateRead).ok();
            #[cfg(not(target_os = "linux"))]
            let _ = map;
        }
    }

    /// The whole file.
    pub fn bytes(&self) -> &[u8] {
        self.map.as_deref().unwrap_or_default()
    }

    /// The error for a file that is not what it should be.
    pub(crate) fn damaged(&self, what: &str) -> SnapshotError {
        SnapshotError::Damaged {
            path: self.path.clone(),
            what: what.to_owned(),
        }
    }
}

#[expect(
    unsafe_code,
    reason = "mapping is the point of the serving form; files of a version get their name when they are whole and synced, and nobody writes to them after"
)]
fn map(file: &File) -> std::io::Result<memmap2::Mmap> {
    // SAFETY: the mapping is only unsound if the file changes under it, and ours never change (above).
    unsafe { memmap2::Mmap::map(file) }
}

/// The form this code writes and reads. Raised whenever the meaning of a section changes.
pub(super) const FORM: u32 = 3;
const MAGIC: [u8; 8] = *b"paratsrv";
const ALIGN: usize = 64;
/// A serving form of up to so many bytes is found in memory as a whole when it is opened.
const MOST_SETTLED: usize = 128 << 20;
const CHECKSUM: usize = 32;
/// A layer of 65,535 fields has fewer.
const MAX_SECTIONS: u32 = 1 << 18;

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Head {
    magic: [u8; 8],
    form: u32,
    sections: u32,
    file_len: u64,
    truth_len: u64,
}

/// One line of the directory.
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
#[repr(C)]
struct Entry {
    name: u32,
    /// Bytes of one code, for codes of a field; else 0.
    width: u32,
    offset: u64,
    len: u64,
}

/// What a section holds. Fields follow from [`FIELDS`], three numbers each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub(super) enum Part {
    Info = 1,
    Kinds,
    Parts,
    Rings,
    CoordEnds,
    Coords,
    Boxes,
    Ids,
    IdOrder,
    Labels,
    Ranks,
    FirstZooms,
    VertexZooms,
    TruthOffsets,
    BlockBoxes,
    BlockZooms,
    AnchorEnds,
    Anchors,
}

const FIELDS: u32 = 1000;
/// Sections of a field: codes, entries, and for text where each entry ends.
const FIELD_PARTS: u32 = 3;

/// Collects sections and writes the file.
pub(super) struct Writer<'a, W: Write> {
    out: W,
    entries: Vec<Entry>,
    bodies: Vec<Cow<'a, [u8]>>,
    truth_len: u64,
}

impl<'a, W: Write> Writer<'a, W> {
    pub(super) fn new(out: W, truth_len: u64) -> Self {
        Self {
            out,
            entries: vec![],
            bodies: vec![],
            truth_len,
        }
    }

    /// Adds a section.
    pub(super) fn add<T: Pod>(&mut self, part: Part, items: &'a [T]) {
        self.push(part as u32, 0, Cow::Borrowed(bytemuck::cast_slice(items)));
    }

    /// Adds the sections of a field.
    pub(super) fn add_field(
        &mut self,
        field: usize,
        width: u32,
        codes: Cow<'a, [u8]>,
        entries: Cow<'a, [u8]>,
        ends: &[u32],
    ) {
        let name = FIELDS + field as u32 * FIELD_PARTS;
        self.push(name, width, codes);
        self.push(name + 1, 0, entries);
        self.push(name + 2, 0, Cow::Owned(bytemuck::cast_slice(ends).to_vec()));
    }

    fn push(&mut self, name: u32, width: u32, body: Cow<'a, [u8]>) {
        self.entries.push(Entry {
            name,
            width,
            offset: 0,
            len: body.len() as u64,
        });
        self.bodies.push(body);
    }

    /// Writes everything; what was written to.
    pub(super) fn finish(mut self) -> std::io::Result<W> {
        let directory = size_of::<Head>() + self.entries.len() * size_of::<Entry>() + CHECKSUM;
        let mut at = directory.next_multiple_of(ALIGN);
        for entry in &mut self.entries {
            entry.offset = at as u64;
            at = (at + entry.len as usize).next_multiple_of(ALIGN);
        }
        let head = Head {
            magic: MAGIC,
            form: FORM,
            sections: self.entries.len() as u32,
            file_len: at as u64,
            truth_len: self.truth_len,
        };
        let mut top = bytemuck::bytes_of(&head).to_vec();
        top.extend_from_slice(bytemuck::cast_slice(&self.entries));
        let checksum = blake3::hash(&top);
        top.extend_from_slice(checksum.as_bytes());
        top.resize(top.len().next_multiple_of(ALIGN), 0);
        self.out.write_all(&top)?;
        for body in &self.bodies {
            self.out.write_all(body)?;
            let padding = body.len().next_multiple_of(ALIGN) - body.len();
            self.out.write_all(&[0; ALIGN][..padding])?;
        }
        Ok(self.out)
    }
}

/// Where a section lies, once checked.
type Span = std::ops::Range<usize>;

#[derive(Clone, Debug)]
struct FieldSpans {
    kind: FieldType,
    width: u32,
    codes: Span,
    entries: Span,
    ends: Span,
}

/// The open serving form. Every span was checked when it was opened.
#[derive(Debug)]
pub(super) struct Columns {
    file: Mapped,
    rows: usize,
    placed: usize,
    levels: Vec<usize>,
    fields: Vec<FieldSpans>,
    kinds: Span,
    part_ends: Span,
    ring_ends: Span,
    coord_ends: Span,
    coords: Span,
    boxes: Span,
    ids: Span,
    id_order: Span,
    labels: Span,
    ranks: Span,
    first_zooms: Span,
    vertex_zooms: Span,
    truth_offsets: Span,
    block_boxes: Span,
    block_zooms: Span,
    anchor_ends: Span,
    anchors: Span,
}

/// What came of opening a serving form.
pub(super) enum Opened {
    /// It is there and sound.
    Sound(Box<(SnapshotInfo, Columns)>),
    /// It is of another form, or belongs to another truth: build it again.
    Old,
}

impl Columns {
    /// Maps and checks the file.
    pub(super) fn open(path: &Path, truth_len: u64) -> Result<Opened, SnapshotError> {
        let file = Mapped::open(path)?;
        let bytes = file.bytes();
        let head = bytes
            .get(..size_of::<Head>())
            .ok_or_else(|| file.damaged("it is cut short"))?;
        let head: Head = bytemuck::pod_read_unaligned(head);
        if head.magic != MAGIC {
            return Err(file.damaged("it is no serving form"));
        }
        if head.form != FORM {
            return Ok(Opened::Old);
        }
        if head.sections > MAX_SECTIONS {
            return Err(file.damaged("it claims too many sections"));
        }
        let top = size_of::<Head>() + head.sections as usize * size_of::<Entry>();
        let checksum = bytes.get(top..top + CHECKSUM);
        if checksum
            != Some(
                blake3::hash(bytes.get(..top).unwrap_or_default())
                    .as_bytes()
                    .as_slice(),
            )
        {
            return Err(file.damaged("its header does not match its checksum"));
        }
        if head.file_len != bytes.len() as u64 {
            return Err(file.damaged("it is cut short"));
        }
        if head.truth_len != truth_len {
            return Ok(Opened::Old);
        }
        file.settle();
        let mut spans = std::collections::HashMap::new();
        for entry in bytes[size_of::<Head>()..top].chunks_exact(size_of::<Entry>()) {
            let entry: Entry = bytemuck::pod_read_unaligned(entry);
            let end = entry
                .offset
                .checked_add(entry.len)
                .filter(|&end| end <= head.file_len);
            if end.is_none() || !entry.offset.is_multiple_of(ALIGN as u64) {
                return Err(file.damaged("a section lies outside of it"));
            }
            let from = entry.offset as usize;
            spans.insert(entry.name, (from..from + entry.len as usize, entry.width));
        }
        let take = |name: u32| {
            spans
                .get(&name)
                .cloned()
                .ok_or_else(|| file.damaged(&format!("section {name} is not there")))
        };
        let span = |part: Part| take(part as u32).map(|(span, _)| span);

        let info: SnapshotInfo = serde_json::from_slice(&bytes[span(Part::Info)?])
            .map_err(|error| file.damaged(&format!("its description is not readable: {error}")))?;
        let rows = info.features as usize;
        let kinds = span(Part::Kinds)?;
        let columns = Self {
            rows,
            placed: 0,
            levels: vec![],
            fields: info
                .fields
                .iter()
                .enumerate()
                .map(|(at, field)| {
                    let name = FIELDS + at as u32 * FIELD_PARTS;
                    let (codes, width) = take(name)?;
                    Ok(FieldSpans {
                        kind: field.kind,
                        width,
                        codes,
                        entries: take(name + 1)?.0,
                        ends: take(name + 2)?.0,
                    })
                })
                .collect::<Result<_, SnapshotError>>()?,
            kinds,
            part_ends: span(Part::Parts)?,
            ring_ends: span(Part::Rings)?,
            coord_ends: span(Part::CoordEnds)?,
            coords: span(Part::Coords)?,
            boxes: span(Part::Boxes)?,
            ids: span(Part::Ids)?,
            id_order: span(Part::IdOrder)?,
            labels: span(Part::Labels)?,
            ranks: span(Part::Ranks)?,
            first_zooms: span(Part::FirstZooms)?,
            vertex_zooms: span(Part::VertexZooms)?,
            truth_offsets: span(Part::TruthOffsets)?,
            block_boxes: span(Part::BlockBoxes)?,
            block_zooms: span(Part::BlockZooms)?,
            anchor_ends: span(Part::AnchorEnds)?,
            anchors: span(Part::Anchors)?,
            file,
        };
        columns
            .checked()
            .map(|columns| Opened::Sound(Box::new((info, columns))))
    }

    /// Checks that the sections fit each other, and counts what follows from them.
    fn checked(mut self) -> Result<Self, SnapshotError> {
        let rows = self.rows;
        let damaged = |what: &str| Err(self.file.damaged(what));
        let lengths = [
            (&self.kinds, 1),
            (&self.part_ends, 4),
            (&self.ids, 8),
            (&self.id_order, 4),
            (&self.labels, 8),
            (&self.ranks, 4),
            (&self.first_zooms, 1),
            (&self.truth_offsets, 8),
        ];
        if rows >= u32::MAX as usize || lengths.iter().any(|(span, size)| span.len() != rows * size)
        {
            return damaged("a column has another length than the others");
        }
        if !self.ring_ends.len().is_multiple_of(4)
            || !self.coord_ends.len().is_multiple_of(4)
            || !self.coords.len().is_multiple_of(8)
            || !self.boxes.len().is_multiple_of(16)
            || self.vertex_zooms.len() != self.coords.len() / 8
        {
            return damaged("a section has a broken length");
        }
        let world = self.world();
        for (ends, total) in [
            (world.part_ends, world.ring_ends.len()),
            (world.ring_ends, world.coord_ends.len()),
            (world.coord_ends, world.coords.len()),
        ] {
            let grows = ends.windows(2).all(|pair| pair[0] <= pair[1]);
            if !grows || ends.last().map_or(0, |&end| end as usize) != total {
                return damaged("its parts, rings and coordinates do not fit each other");
            }
        }
        let blocks = world.coords.len().div_ceil(vertices::BLOCK);
        if self.block_boxes.len() != blocks * 16 || self.block_zooms.len() != blocks {
            return damaged("its blocks of coordinates have another length than these");
        }
        if !self.anchors.len().is_multiple_of(size_of::<Anchor>())
            || !matches!(self.anchor_ends.len(), len if len == 0 || len == rows * 4)
            || !self.slice::<u32>(&self.anchor_ends).is_sorted()
            || self
                .slice::<u32>(&self.anchor_ends)
                .last()
                .map_or(0, |&end| end as usize)
                != self.anchors.len() / size_of::<Anchor>()
        {
            return damaged("its anchors do not fit its rows");
        }
        // Rows without geometry come last, and the tree leaves them out.
        let placed = world.kinds.iter().take_while(|&&kind| kind > 1).count();
        let levels = tree::levels(placed);
        if levels.iter().sum::<usize>() != self.boxes.len() / 16 {
            return damaged("its index has another length than its rows");
        }
        for field in &self.fields {
            let size = match field.kind {
                FieldType::Text | FieldType::Bool => 1,
                FieldType::Integer | FieldType::Real | FieldType::DateTime => 8,
                FieldType::Date => 4,
            };
            let fits = field.entries.len().is_multiple_of(size)
                && field.ends.len().is_multiple_of(4)
                && match field.width {
                    0 if field.kind == FieldType::Text => field.ends.len() == rows * 4,
                    0 => field.entries.len() == rows * size,
                    1 | 2 | 4 => field.codes.len() == rows * field.width as usize,
                    _ => false,
                };
            if !fits {
                return damaged("a field has another length than its rows");
            }
        }
        self.placed = placed;
        self.levels = levels;
        Ok(self)
    }

    fn slice<T: Pod>(&self, span: &Span) -> &[T] {
        // Sections begin at multiples of 64 in a page-aligned map, and their lengths were checked.
        bytemuck::cast_slice(&self.file.bytes()[span.clone()])
    }

    pub(super) fn rows(&self) -> usize {
        self.rows
    }

    pub(super) fn world(&self) -> ShapesRef<'_, u32> {
        ShapesRef {
            kinds: self.slice(&self.kinds),
            part_ends: self.slice(&self.part_ends),
            ring_ends: self.slice(&self.ring_ends),
            coord_ends: self.slice(&self.coord_ends),
            coords: self.slice(&self.coords),
        }
    }

    pub(super) fn tree(&self) -> tree::Tree<'_> {
        tree::Tree::new(self.slice(&self.boxes), &self.levels)
    }

    pub(super) fn placed(&self) -> usize {
        self.placed
    }

    pub(super) fn ids(&self) -> &[u64] {
        self.slice(&self.ids)
    }

    pub(super) fn id_order(&self) -> &[u32] {
        self.slice(&self.id_order)
    }

    pub(super) fn labels(&self) -> &[[u32; 2]] {
        self.slice(&self.labels)
    }

    pub(super) fn ranks(&self) -> &[u32] {
        self.slice(&self.ranks)
    }

    pub(super) fn first_zooms(&self) -> &[u8] {
        self.slice(&self.first_zooms)
    }

    pub(super) fn vertex_zooms(&self) -> &[u8] {
        self.slice(&self.vertex_zooms)
    }

    /// The boxes of blocks of coordinates, and the least zoom of a vertex of each.
    pub(super) fn blocks(&self) -> vertices::Blocks<'_> {
        vertices::Blocks {
            boxes: self.slice(&self.block_boxes),
            zooms: self.slice(&self.block_zooms),
        }
    }

    /// The anchors of a row.
    pub(super) fn anchors(&self, row: u32) -> &[Anchor] {
        let ends: &[u32] = self.slice(&self.anchor_ends);
        let Some(&end) = ends.get(row as usize) else {
            return &[];
        };
        let begin = row.checked_sub(1).map_or(0, |at| ends[at as usize]);
        &self.slice(&self.anchors)[begin as usize..end as usize]
    }

    pub(super) fn truth_offsets(&self) -> &[u64] {
        self.slice(&self.truth_offsets)
    }

    pub(super) fn field(&self, at: usize) -> ColumnView<'_> {
        let field = &self.fields[at];
        let codes = match field.width {
            0 => Codes::Rows(self.rows as u32),
            1 => Codes::U8(self.slice(&field.codes)),
            2 => Codes::U16(self.slice(&field.codes)),
            _ => Codes::U32(self.slice(&field.codes)),
        };
        let entries = match field.kind {
            FieldType::Text => Entries::Text {
                text: self.slice(&field.entries),
                ends: self.slice(&field.ends),
            },
            FieldType::Integer => Entries::Integer(self.slice(&field.entries)),
            FieldType::Real => Entries::Real(self.slice(&field.entries)),
            FieldType::Bool => Entries::Bool(self.slice(&field.entries)),
            FieldType::Date => Entries::Date(self.slice(&field.entries)),
            FieldType::DateTime => Entries::DateTime(self.slice(&field.entries)),
        };
        ColumnView { codes, entries }
    }
}

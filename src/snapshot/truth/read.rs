//! The truth read: whole, to build the serving form from, or the geometry of one row.
//!
//! A flatbuffer is tables, and a table knows where its fields lie. Every step below is checked against the
//! bytes that are there, so a damaged file gives nothing rather than a wrong place, and no pass over the
//! buffer is needed before it is read.

use std::path::Path;

use flatgeobuf::{GeometryType, Header};

use super::{MAGIC, NODE_BYTES, index_levels, rows::Rows};
use crate::{
    model::{FeatureId, FieldType, ShapeKind, Shapes, Table, Value, value::parse_date},
    snapshot::{SnapshotError, SnapshotInfo, columns::Mapped},
};

/// No header of ours comes near; a larger number is a damaged file.
const MAX_HEADER: usize = 16 << 20;

/// An open truth: mapped, read at any row whose offset is known.
#[derive(Debug)]
pub(in crate::snapshot) struct Truth {
    file: Mapped,
    features_at: usize,
    info: SnapshotInfo,
    common: GeometryType,
}

impl Truth {
    /// Opens the file and reads its header.
    pub(in crate::snapshot) fn open(path: &Path) -> Result<Self, SnapshotError> {
        let file = Mapped::open(path)?;
        let damaged = |what: &str| file.damaged(what);
        let bytes = file.bytes();
        if bytes.get(..8) != Some(&MAGIC[..]) {
            return Err(damaged("it is no FlatGeobuf file"));
        }
        let size = bytes.get(8..12).map_or(0, |size| {
            u32::from_le_bytes([size[0], size[1], size[2], size[3]]) as usize
        });
        let header = bytes
            .get(8..12 + size.min(MAX_HEADER))
            .filter(|_| (1..MAX_HEADER).contains(&size))
            .ok_or_else(|| damaged("its header is cut short"))?;
        let header = flatbuffers::size_prefixed_root::<Header<'_>>(header)
            .map_err(|error| damaged(&format!("its header is not readable: {error}")))?;
        let info: SnapshotInfo = header
            .metadata()
            .and_then(|text| serde_json::from_str::<serde_json::Value>(text).ok())
            .and_then(|value| serde_json::from_str(value.get("parat")?.as_str()?).ok())
            .ok_or_else(|| damaged("it holds no description of a snapshot"))?;
        let rows = header.features_count();
        if rows != info.features || rows > u64::from(u32::MAX) - 1 {
            return Err(damaged(
                "its header and its description count different features",
            ));
        }
        let nodes: usize = match header.index_node_size() {
            0 => 0,
            _ => index_levels(rows as usize).iter().sum(),
        };
        let features_at = 12 + size + nodes * NODE_BYTES;
        let common = header.geometry_type();
        if features_at > bytes.len() {
            return Err(damaged("its index is cut short"));
        }
        Ok(Self {
            file,
            features_at,
            info,
            common,
        })
    }

    /// The description in the header.
    pub(in crate::snapshot) fn info(&self) -> &SnapshotInfo {
        &self.info
    }

    /// The length of the file, by which `serve` knows its own truth.
    pub(in crate::snapshot) fn bytes_len(&self) -> u64 {
        self.file.bytes().len() as u64
    }

    /// The feature that begins at an offset, and the offset of the next.
    fn feature(&self, offset: u64) -> Option<(Buffer<'_>, u64)> {
        let at = self
            .features_at
            .checked_add(usize::try_from(offset).ok()?)?;
        let bytes = self.file.bytes().get(at..)?;
        let size = Buffer { bytes }.number(0)?;
        let bytes = bytes.get(..size.checked_add(4)?)?;
        Some((Buffer { bytes }, offset + 4 + size as u64))
    }

    /// Adds the geometry at an offset to `out`; a feature that cannot be read is added as missing.
    pub(in crate::snapshot) fn read_shape(&self, offset: u64, out: &mut Shapes<f64>) {
        let geometry = || {
            let (feature, _) = self.feature(offset)?;
            feature
                .table(feature.root()?, FEATURE_GEOMETRY)
                .map(|at| (feature, at))
        };
        match geometry() {
            Some((feature, at)) => push_geometry(feature, at, self.common, out),
            None => out.push_none(ShapeKind::Missing),
        }
    }

    /// Reads everything in the order of the file, and where each row begins, counted from the first.
    pub(in crate::snapshot) fn read_all(&self) -> Result<(Rows, Vec<u64>), SnapshotError> {
        let rows = self.info.features as usize;
        // Every feature takes bytes, so a count that lies reserves no more than the file is long.
        let likely = rows.min(self.file.bytes().len() / 16);
        let mut ids = Vec::with_capacity(likely);
        let mut table = Table::new(self.info.fields.clone());
        let mut shapes = Shapes::new();
        let mut offsets = Vec::with_capacity(likely);
        let mut offset = 0;
        for row in 0..rows {
            let damaged = |what: &str| self.file.damaged(&format!("row {row} {what}"));
            let feature = self.feature(offset);
            let (feature, next, root) = feature
                .and_then(|(feature, next)| Some((feature, next, feature.root()?)))
                .ok_or_else(|| damaged("is not readable"))?;
            offsets.push(offset);
            offset = next;
            match feature.table(root, FEATURE_GEOMETRY) {
                Some(at) => push_geometry(feature, at, self.common, &mut shapes),
                None => shapes.push_none(ShapeKind::Missing),
            }
            let packed = feature
                .vector(root, FEATURE_PROPERTIES, 1)
                .unwrap_or_default();
            let id = read_properties(packed, row, &mut table)
                .ok_or_else(|| damaged("has broken values"))?;
            ids.push(id);
        }
        let rows = Rows { ids, table, shapes };
        Ok((rows, offsets))
    }
}

/// Where the fields of a feature and of a geometry stand in their vtables (FlatGeobuf's `feature.fbs`).
const FEATURE_GEOMETRY: usize = 4;
const FEATURE_PROPERTIES: usize = 6;
const GEOMETRY_ENDS: usize = 4;
const GEOMETRY_XY: usize = 6;
const GEOMETRY_TYPE: usize = 16;
const GEOMETRY_PARTS: usize = 18;

/// A flatbuffer with its size before it. Places are counted from its start; a place that is none gives
/// nothing.
#[derive(Clone, Copy)]
struct Buffer<'a> {
    bytes: &'a [u8],
}

impl<'a> Buffer<'a> {
    #[inline]
    fn number(self, at: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    }

    #[inline]
    fn short(self, at: usize) -> Option<usize> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?;
        Some(usize::from(u16::from_le_bytes(bytes.try_into().ok()?)))
    }

    /// The place that an offset leads to.
    #[inline]
    fn follow(self, at: usize) -> Option<usize> {
        at.checked_add(self.number(at)?)
    }

    /// The table that the buffer is about.
    #[inline]
    fn root(self) -> Option<usize> {
        self.follow(4)
    }

    /// Where a field of a table lies; none where the table lacks it.
    #[inline]
    fn field(self, table: usize, field: usize) -> Option<usize> {
        // The way to the vtable is signed; ours stand before their tables.
        let back = self.number(table)? as u32 as i32;
        let vtable = usize::try_from(i64::try_from(table).ok()? - i64::from(back)).ok()?;
        if field >= self.short(vtable)? {
            return None;
        }
        match self.short(vtable + field)? {
            0 => None,
            own => table.checked_add(own),
        }
    }

    /// The table in a field of a table.
    #[inline]
    fn table(self, table: usize, field: usize) -> Option<usize> {
        self.follow(self.field(table, field)?)
    }

    /// The bytes of a vector in a field of a table, whose items have `size` bytes.
    #[inline]
    fn vector(self, table: usize, field: usize, size: usize) -> Option<&'a [u8]> {
        let at = self.table(table, field)?;
        let length = self.number(at)?.checked_mul(size)?;
        self.bytes.get(at + 4..(at + 4).checked_add(length)?)
    }
}

/// Adds the geometry in the table at a place.
fn push_geometry(feature: Buffer<'_>, at: usize, common: GeometryType, out: &mut Shapes<f64>) {
    let own = feature
        .field(at, GEOMETRY_TYPE)
        .and_then(|at| feature.bytes.get(at))
        .map_or(GeometryType::Unknown, |&kind| GeometryType(kind));
    let kind = if own == GeometryType::Unknown {
        common
    } else {
        own
    };
    let area = |at: usize, out: &mut Shapes<f64>| {
        push_rings(feature, at, out, false);
        out.end_part();
    };
    let kind = match kind {
        GeometryType::Point => {
            push_rings(feature, at, out, false);
            out.end_part();
            ShapeKind::Point
        }
        GeometryType::LineString => {
            push_rings(feature, at, out, true);
            ShapeKind::LineString
        }
        GeometryType::MultiLineString => {
            push_rings(feature, at, out, true);
            ShapeKind::MultiLineString
        }
        GeometryType::MultiPoint => {
            for at in coords(feature, at) {
                out.coords.push(at);
                out.end_ring();
                out.end_part();
            }
            ShapeKind::MultiPoint
        }
        GeometryType::Polygon => {
            area(at, out);
            ShapeKind::Polygon
        }
        GeometryType::MultiPolygon => {
            if let Some(list) = feature.table(at, GEOMETRY_PARTS) {
                // A list of offsets, each to a table; a length that lies ends with the buffer.
                for part in 0..feature.number(list).unwrap_or(0) {
                    let Some(part) = feature.follow(list + 4 + 4 * part) else {
                        break;
                    };
                    area(part, out);
                }
            }
            ShapeKind::MultiPolygon
        }
        _ => ShapeKind::Missing,
    };
    out.end_feature(kind);
}

fn coords(feature: Buffer<'_>, at: usize) -> impl ExactSizeIterator<Item = [f64; 2]> {
    let bytes = feature.vector(at, GEOMETRY_XY, 8).unwrap_or_default();
    bytes
        .chunks_exact(16)
        .map(bytemuck::pod_read_unaligned::<[f64; 2]>)
}

/// Adds the rings of a simple geometry; each is a part of its own for lines.
fn push_rings(feature: Buffer<'_>, at: usize, out: &mut Shapes<f64>, parts: bool) {
    let begin = out.coords.len();
    out.coords.extend(coords(feature, at));
    let count = out.coords.len() - begin;
    let mut last = 0;
    let ends = feature.vector(at, GEOMETRY_ENDS, 4).unwrap_or_default();
    let inner = ends
        .chunks_exact(4)
        .map(|end| u32::from_le_bytes([end[0], end[1], end[2], end[3]]) as usize);
    // A damaged file may hold any ends: they only ever grow, and the last is where coordinates end.
    for end in inner
        .take_while(|&end| end < count)
        .chain(std::iter::once(count))
    {
        if end < last {
            continue;
        }
        last = end;
        out.coord_ends.push((begin + end) as u32);
        if parts {
            out.end_part();
        }
    }
}

/// Adds a row to the table from packed values; its id. None when they are cut short or of a wrong column.
fn read_properties(packed: &[u8], row: usize, table: &mut Table) -> Option<FeatureId> {
    let mut id = None;
    let mut rest = packed;
    while !rest.is_empty() {
        let column = u16::from_le_bytes([*rest.first()?, *rest.get(1)?]) as usize;
        rest = &rest[2..];
        let mut take = |count: usize| {
            let (head, tail) = rest.split_at_checked(count)?;
            rest = tail;
            Some(head)
        };
        if column == 0 {
            id = Some(FeatureId(u64::from_le_bytes(take(8)?.try_into().ok()?)));
            continue;
        }
        let column = table.columns.get_mut(column - 1)?;
        if column.len() != row {
            return None;
        }
        let mut text = || {
            let size = u32::from_le_bytes(take(4)?.try_into().ok()?);
            std::str::from_utf8(take(size as usize)?).ok()
        };
        let value = match column.kind() {
            FieldType::Text => Value::Text(text()?),
            FieldType::Date => parse_date(text()?).map_or(Value::Null, Value::Date),
            FieldType::DateTime => text()?
                .parse::<jiff::Timestamp>()
                .map_or(Value::Null, |moment| {
                    Value::DateTime(moment.as_millisecond())
                }),
            FieldType::Integer => Value::Integer(i64::from_le_bytes(take(8)?.try_into().ok()?)),
            FieldType::Real => Value::Real(f64::from_le_bytes(take(8)?.try_into().ok()?)),
            FieldType::Bool => Value::Bool(take(1)?[0] != 0),
        };
        column.push(value);
    }
    for column in &mut table.columns {
        if column.len() == row {
            column.push(Value::Null);
        }
    }
    id
}

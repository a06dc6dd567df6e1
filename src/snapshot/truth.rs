//! The truth of a version: a FlatGeobuf file that QGIS and GDAL open, with every attribute and the
//! feature's id, in WGS 84 longitude/latitude and with a spatial index.
//!
//! Why we write the flatbuffers ourselves and take only the generated types from the `flatgeobuf` crate:
//! its writer sorts by its own curve through a temporary copy of the file, and a snapshot needs the order
//! and the offset of every feature, because rows, columns and truth share one order.
//!
//! FlatGeobuf has no date without a time, so dates are written as `DateTime` with only a date in it; our
//! own reader knows better from the description in the header's metadata. Single and multi parts in one
//! layer are all written as multi, as other tools want one type a layer.

use std::{
    fs::File,
    io::{BufWriter, Seek, SeekFrom, Write},
    path::Path,
};

use flatbuffers::{FlatBufferBuilder, VerifierOptions, WIPOffset};
use flatgeobuf::{
    Column as FgbColumn, ColumnArgs, ColumnType, Crs, CrsArgs, Feature, FeatureArgs, Geometry,
    GeometryArgs, GeometryType, Header, HeaderArgs, size_prefixed_root_as_feature_with_opts,
};

use super::{SnapshotError, SnapshotInfo, columns::Mapped};
use crate::model::{
    FeatureId, FieldType, Layer, ShapeKind, ShapeRef, Shapes, Table, Value,
    value::{date_text, date_time_text, parse_date},
};

/// `fgb`, major version 3, `fgb`, patch version 0.
const MAGIC: [u8; 8] = *b"fgb\x03fgb\x00";
/// Children of an index node, as every FlatGeobuf has it.
const NODE: usize = 16;
/// Bytes of an index node: four doubles and an offset.
const NODE_BYTES: usize = 40;
/// No header of ours comes near; a larger number is a damaged file.
const MAX_HEADER: usize = 16 << 20;

/// The name of the column that holds the feature's id: `parat_id`, with underscores if it is taken.
fn id_name(info: &SnapshotInfo) -> String {
    let mut name = "parat_id".to_owned();
    while info.fields.iter().any(|field| field.name == name) {
        name.push('_');
    }
    name
}

fn column_type(kind: FieldType) -> ColumnType {
    match kind {
        FieldType::Text => ColumnType::String,
        FieldType::Integer => ColumnType::Long,
        FieldType::Real => ColumnType::Double,
        FieldType::Bool => ColumnType::Bool,
        FieldType::Date | FieldType::DateTime => ColumnType::DateTime,
    }
}

/// True when the shape has a place: coordinates, and all of them finite. Others are written as rows
/// without geometry; the gate has said so before.
fn has_place(shape: &ShapeRef<'_, f64>) -> bool {
    !shape.is_blank() && shape.coords().iter().flatten().all(|at| at.is_finite())
}

/// The one type that fits all shapes, multi where any is multi; unknown for a mixture or none.
fn common_type(layer: &Layer) -> GeometryType {
    let mut seen = [false; 8];
    for shape in layer.shapes.view().iter().filter(has_place) {
        seen[shape.kind as usize] = true;
    }
    let any = |kind: ShapeKind| seen[kind as usize];
    let found = [
        (
            ShapeKind::Point,
            ShapeKind::MultiPoint,
            GeometryType::Point,
            GeometryType::MultiPoint,
        ),
        (
            ShapeKind::LineString,
            ShapeKind::MultiLineString,
            GeometryType::LineString,
            GeometryType::MultiLineString,
        ),
        (
            ShapeKind::Polygon,
            ShapeKind::MultiPolygon,
            GeometryType::Polygon,
            GeometryType::MultiPolygon,
        ),
    ]
    .into_iter()
    .filter(|&(single, multi, ..)| any(single) || any(multi))
    .map(|(_, multi, one, many)| if any(multi) { many } else { one })
    .collect::<Vec<_>>();
    match found[..] {
        [only] => only,
        _ => GeometryType::Unknown,
    }
}

fn header(info: &SnapshotInfo, kind: GeometryType, rows: usize) -> Result<Vec<u8>, SnapshotError> {
    let mut builder = FlatBufferBuilder::new();
    let id_name = id_name(info);
    let mut columns = Vec::with_capacity(info.fields.len() + 1);
    for (name, title, kind) in std::iter::once((id_name.as_str(), None, ColumnType::Long)).chain(
        info.fields.iter().map(|field| {
            (
                field.name.as_str(),
                field.title.as_deref(),
                column_type(field.kind),
            )
        }),
    ) {
        let args = ColumnArgs {
            name: Some(builder.create_string(name)),
            title: title.map(|text| builder.create_string(text)),
            type_: kind,
            ..ColumnArgs::default()
        };
        columns.push(FgbColumn::create(&mut builder, &args));
    }
    let description = serde_json::to_string(info).map_err(|error| SnapshotError::Layer {
        layer: info.id.to_string(),
        what: format!("its description cannot be written: {error}"),
    })?;
    // GDAL shows the metadata as pairs of texts, so ours is one text inside an object.
    let metadata = serde_json::json!({ "parat": description }).to_string();
    let envelope: [f64; 4] = info.bbox.into();
    let crs = CrsArgs {
        org: Some(builder.create_string("EPSG")),
        code: 4326,
        name: Some(builder.create_string("WGS 84")),
        ..CrsArgs::default()
    };
    let args = HeaderArgs {
        name: Some(builder.create_string(info.id.as_str())),
        envelope: Some(builder.create_vector(&envelope)),
        geometry_type: kind,
        columns: Some(builder.create_vector(&columns)),
        features_count: rows as u64,
        // 0 says "no index": an index over nothing is an error in GDAL.
        index_node_size: if rows == 0 { 0 } else { NODE as u16 },
        crs: Some(Crs::create(&mut builder, &crs)),
        title: Some(builder.create_string(&info.title)),
        description: Some(builder.create_string(&info.description)),
        metadata: Some(builder.create_string(&metadata)),
        ..HeaderArgs::default()
    };
    let header = Header::create(&mut builder, &args);
    builder.finish_size_prefixed(header, None);
    Ok(builder.finished_data().to_vec())
}

fn geometry<'a>(
    builder: &mut FlatBufferBuilder<'a>,
    shape: &ShapeRef<'_, f64>,
    common: GeometryType,
) -> WIPOffset<Geometry<'a>> {
    let flat = bytemuck::cast_slice::<[f64; 2], f64>;
    let area = |builder: &mut FlatBufferBuilder<'a>, part: crate::model::PartRef<'_, f64>| {
        let (mut xy, mut ends) = (vec![], vec![]);
        for ring in part.rings() {
            xy.extend_from_slice(flat(ring));
            ends.push(xy.len() as u32 / 2);
        }
        let args = GeometryArgs {
            ends: (ends.len() > 1).then(|| builder.create_vector(&ends)),
            xy: Some(builder.create_vector(&xy)),
            type_: GeometryType::Polygon,
            ..GeometryArgs::default()
        };
        Geometry::create(builder, &args)
    };
    let mut args = GeometryArgs::default();
    match shape.kind.dimension() {
        Some(2)
            if shape.kind == ShapeKind::MultiPolygon || common == GeometryType::MultiPolygon =>
        {
            let parts: Vec<_> = shape.parts().map(|part| area(builder, part)).collect();
            args.parts = Some(builder.create_vector(&parts));
            args.type_ = GeometryType::MultiPolygon;
        }
        Some(2) => match shape.parts().next() {
            Some(part) => return area(builder, part),
            None => args.type_ = GeometryType::Polygon,
        },
        dimension => {
            args.xy = Some(builder.create_vector(flat(shape.coords())));
            let multi = matches!(
                shape.kind,
                ShapeKind::MultiLineString | ShapeKind::MultiPoint
            ) || matches!(
                common,
                GeometryType::MultiPoint | GeometryType::MultiLineString
            );
            args.type_ = match (dimension, multi) {
                (Some(0), false) => GeometryType::Point,
                (Some(0), true) => GeometryType::MultiPoint,
                (_, false) => GeometryType::LineString,
                (_, true) => GeometryType::MultiLineString,
            };
            if args.type_ == GeometryType::MultiLineString && shape.parts().len() > 1 {
                let mut end = 0;
                let ends: Vec<u32> = shape
                    .parts()
                    .flat_map(|part| part.rings().map(<[_]>::len).collect::<Vec<_>>())
                    .map(|len| {
                        end += len as u32;
                        end
                    })
                    .collect();
                args.ends = Some(builder.create_vector(&ends));
            }
        }
    }
    Geometry::create(builder, &args)
}

/// A row's values as FlatGeobuf packs them: column number, value; nulls are left out.
fn properties(id: FeatureId, table: &Table, row: usize, out: &mut Vec<u8>) {
    out.clear();
    out.extend(0_u16.to_le_bytes());
    out.extend((id.0 as i64).to_le_bytes());
    for (at, column) in table.columns.iter().enumerate() {
        let value = column.get(row);
        if value.is_null() {
            continue;
        }
        out.extend((at as u16 + 1).to_le_bytes());
        let mut text = |text: &str| {
            out.extend((text.len() as u32).to_le_bytes());
            out.extend(text.as_bytes());
        };
        match value {
            Value::Null => {}
            Value::Text(value) => text(value),
            Value::Date(days) => text(&date_text(days)),
            Value::DateTime(millis) => text(&date_time_text(millis)),
            Value::Integer(number) => out.extend(number.to_le_bytes()),
            Value::Real(number) => out.extend(number.to_le_bytes()),
            Value::Bool(yes) => out.push(u8::from(yes)),
        }
    }
}

/// Writes the whole file: header, index, then the rows of `layer` in the given order.
pub(super) fn write(
    layer: &Layer,
    info: &SnapshotInfo,
    order: &[u32],
    file: File,
    path: &Path,
) -> Result<File, SnapshotError> {
    if layer.table.columns.len() >= usize::from(u16::MAX) {
        return Err(SnapshotError::Layer {
            layer: info.id.to_string(),
            what: format!("{} columns are too many", layer.table.columns.len()),
        });
    }
    let common = common_type(layer);
    let header = header(info, common, order.len())?;
    let disk = SnapshotError::disk("write", path);
    let mut out = BufWriter::with_capacity(1 << 20, file);
    out.write_all(&MAGIC).map_err(&disk)?;
    out.write_all(&header).map_err(&disk)?;
    let index_at = (MAGIC.len() + header.len()) as u64;
    let levels = index_levels(order.len());
    let nodes: usize = levels.iter().sum();
    out.seek(SeekFrom::Start(index_at + (nodes * NODE_BYTES) as u64))
        .map_err(&disk)?;

    let mut leaves = Vec::with_capacity(order.len());
    let mut offset = 0_u64;
    let mut builder = FlatBufferBuilder::with_capacity(1 << 16);
    let mut packed = vec![];
    for &row in order {
        let row = row as usize;
        let shape = layer.shapes.get(row);
        builder.reset();
        let placed = has_place(&shape);
        let geometry = placed.then(|| geometry(&mut builder, &shape, common));
        properties(layer.ids[row], &layer.table, row, &mut packed);
        let args = FeatureArgs {
            geometry,
            properties: Some(builder.create_vector(&packed)),
            columns: None,
        };
        let feature = Feature::create(&mut builder, &args);
        builder.finish_size_prefixed(feature, None);
        out.write_all(builder.finished_data()).map_err(&disk)?;
        let bbox = placed
            .then(|| shape.bbox())
            .flatten()
            .map_or(NOWHERE, Into::into);
        leaves.push((bbox, offset));
        offset += builder.finished_data().len() as u64;
    }
    out.seek(SeekFrom::Start(index_at)).map_err(&disk)?;
    for (bbox, offset) in index(leaves, &levels) {
        for at in bbox {
            out.write_all(&at.to_le_bytes()).map_err(&disk)?;
        }
        out.write_all(&offset.to_le_bytes()).map_err(&disk)?;
    }
    out.into_inner().map_err(|error| disk(error.into_error()))
}

/// A box that meets none and adds nothing.
const NOWHERE: [f64; 4] = [
    f64::INFINITY,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::NEG_INFINITY,
];

/// How many nodes each level has, leaves first.
fn index_levels(leaves: usize) -> Vec<usize> {
    let mut levels = vec![];
    let mut count = leaves;
    while count > 0 {
        levels.push(count);
        if count == 1 {
            // A lone leaf still has a root above it in FlatGeobuf.
            if levels.len() == 1 {
                levels.push(1);
            }
            break;
        }
        count = count.div_ceil(NODE);
    }
    levels
}

/// All nodes as they are stored: root first, leaves last; an inner node names its first child.
fn index(leaves: Vec<([f64; 4], u64)>, levels: &[usize]) -> Vec<([f64; 4], u64)> {
    let total: usize = levels.iter().sum();
    let mut built = vec![leaves];
    let mut begin = total;
    for &count in levels {
        begin -= count;
        let below = built.last().expect("the leaves are there");
        if begin == 0 {
            break;
        }
        let nodes = below
            .chunks(NODE)
            .enumerate()
            .map(|(at, children)| {
                let bbox = children.iter().fold(NOWHERE, |all, (one, _)| {
                    [
                        all[0].min(one[0]),
                        all[1].min(one[1]),
                        all[2].max(one[2]),
                        all[3].max(one[3]),
                    ]
                });
                (bbox, (begin + at * NODE) as u64)
            })
            .collect();
        built.push(nodes);
    }
    built.into_iter().rev().flatten().collect()
}

/// Everything that a truth holds, in its order.
pub(super) struct Rows {
    pub(super) ids: Vec<FeatureId>,
    pub(super) table: Table,
    pub(super) shapes: Shapes<f64>,
    /// Where each row begins, counted from the first.
    pub(super) offsets: Vec<u64>,
}

/// An open truth: mapped, read at any row whose offset is known.
#[derive(Debug)]
pub(super) struct Truth {
    file: Mapped,
    features_at: usize,
    info: SnapshotInfo,
    common: GeometryType,
}

impl Truth {
    /// Opens the file and reads its header.
    pub(super) fn open(path: &Path) -> Result<Self, SnapshotError> {
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
    pub(super) fn info(&self) -> &SnapshotInfo {
        &self.info
    }

    /// The length of the file, by which `serve` knows its own truth.
    pub(super) fn bytes_len(&self) -> u64 {
        self.file.bytes().len() as u64
    }

    /// The feature that begins at an offset, and the offset of the next.
    fn feature(&self, offset: u64) -> Option<(Feature<'_>, u64)> {
        let at = self
            .features_at
            .checked_add(usize::try_from(offset).ok()?)?;
        let bytes = self.file.bytes();
        let prefix = bytes.get(at..at.checked_add(4)?)?;
        let size = u32::from_le_bytes([prefix[0], prefix[1], prefix[2], prefix[3]]) as usize;
        let body = bytes.get(at..(at + 4).checked_add(size)?)?;
        let limits = VerifierOptions {
            // Each part of a geometry is a table, and no table is smaller than this.
            max_tables: size / 8 + 16,
            ..VerifierOptions::default()
        };
        let feature = size_prefixed_root_as_feature_with_opts(&limits, body).ok()?;
        Some((feature, offset + 4 + size as u64))
    }

    /// Adds the geometry at an offset to `out`; a feature that cannot be read is added as missing.
    pub(super) fn read_shape(&self, offset: u64, out: &mut Shapes<f64>) {
        match self
            .feature(offset)
            .and_then(|(feature, _)| feature.geometry())
        {
            Some(geometry) => push_geometry(geometry, self.common, out),
            None => out.push_none(ShapeKind::Missing),
        }
    }

    /// Reads everything: ids, table and shapes in the order of the file, and the offset of each row.
    pub(super) fn read_all(&self) -> Result<Rows, SnapshotError> {
        let rows = self.info.features as usize;
        let mut ids = vec![];
        let mut table = Table::new(self.info.fields.clone());
        let mut shapes = Shapes::new();
        let mut offsets = vec![];
        let mut offset = 0;
        for row in 0..rows {
            let damaged = |what: &str| self.file.damaged(&format!("row {row} {what}"));
            let (feature, next) = self
                .feature(offset)
                .ok_or_else(|| damaged("is not readable"))?;
            offsets.push(offset);
            offset = next;
            match feature.geometry() {
                Some(geometry) => push_geometry(geometry, self.common, &mut shapes),
                None => shapes.push_none(ShapeKind::Missing),
            }
            let packed = feature
                .properties()
                .map_or(&[][..], |packed| packed.bytes());
            let id =
                read_properties(packed, &mut table).ok_or_else(|| damaged("has broken values"))?;
            ids.push(id);
        }
        Ok(Rows {
            ids,
            table,
            shapes,
            offsets,
        })
    }
}

fn push_geometry(geometry: Geometry<'_>, common: GeometryType, out: &mut Shapes<f64>) {
    let kind = if geometry.type_() == GeometryType::Unknown {
        common
    } else {
        geometry.type_()
    };
    let area = |geometry: &Geometry<'_>, out: &mut Shapes<f64>| {
        push_rings(geometry, out, false);
        out.end_part();
    };
    let kind = match kind {
        GeometryType::Point => {
            push_rings(&geometry, out, false);
            out.end_part();
            ShapeKind::Point
        }
        GeometryType::LineString => {
            push_rings(&geometry, out, true);
            ShapeKind::LineString
        }
        GeometryType::MultiLineString => {
            push_rings(&geometry, out, true);
            ShapeKind::MultiLineString
        }
        GeometryType::MultiPoint => {
            for at in coords(&geometry) {
                out.coords.push(at);
                out.end_ring();
                out.end_part();
            }
            ShapeKind::MultiPoint
        }
        GeometryType::Polygon => {
            area(&geometry, out);
            ShapeKind::Polygon
        }
        GeometryType::MultiPolygon => {
            for part in geometry.parts().iter().flatten() {
                area(&part, out);
            }
            ShapeKind::MultiPolygon
        }
        _ => ShapeKind::Missing,
    };
    out.end_feature(kind);
}

fn coords(geometry: &Geometry<'_>) -> impl Iterator<Item = [f64; 2]> {
    let bytes = geometry.xy().map_or(&[][..], |xy| xy.bytes());
    bytes
        .chunks_exact(16)
        .map(bytemuck::pod_read_unaligned::<[f64; 2]>)
}

/// Adds the rings of a simple geometry; each is a part of its own for lines.
fn push_rings(geometry: &Geometry<'_>, out: &mut Shapes<f64>, parts: bool) {
    let begin = out.coords.len();
    out.coords.extend(coords(geometry));
    let count = out.coords.len() - begin;
    let mut last = 0;
    let ends = geometry.ends();
    let inner = ends.iter().flatten().map(|end| end as usize);
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
fn read_properties(packed: &[u8], table: &mut Table) -> Option<FeatureId> {
    let row = table.columns.first().map_or(0, crate::model::Column::len);
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

//! The truth written: header, index, then the features in the order of the snapshot.

use std::{
    fs::File,
    io::{BufWriter, Seek, SeekFrom, Write},
    path::Path,
};

use flatbuffers::FlatBufferBuilder;
use flatgeobuf::{
    Column as FgbColumn, ColumnArgs, ColumnType, Crs, CrsArgs, GeometryType, Header, HeaderArgs,
};

use super::{MAGIC, NODE, NODE_BYTES, feature::FeatureWriter, index_levels, rows::Rows};
use crate::{
    model::{Bbox, FieldType, ShapeKind, ShapeRef},
    snapshot::{SnapshotError, SnapshotInfo},
};

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

/// The one type that fits shapes of these kinds, multi where any is multi; unknown for a mixture or none.
pub(super) fn common_type(kinds: impl Iterator<Item = ShapeKind>) -> GeometryType {
    let mut seen = [false; 8];
    for kind in kinds {
        seen[kind as usize] = true;
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

/// Bytes of features that are written at once.
const BUFFER: usize = 1 << 20;

/// Writes the whole file: header, index, then the rows in their order. Gives where each row begins, counted
/// from the first.
pub(in crate::snapshot) fn write(
    rows: &Rows,
    info: &SnapshotInfo,
    file: File,
    path: &Path,
) -> Result<(File, Vec<u64>), SnapshotError> {
    if rows.table.columns.len() >= usize::from(u16::MAX) {
        return Err(SnapshotError::Layer {
            layer: info.id.to_string(),
            what: format!("{} columns are too many", rows.table.columns.len()),
        });
    }
    let count = rows.ids.len();
    let shapes = rows.shapes.view();
    let common = common_type(shapes.iter().map(|shape| shape.kind));
    let header = header(info, common, count)?;
    let disk = SnapshotError::disk("write", path);
    let mut out = BufWriter::with_capacity(1 << 20, file);
    out.write_all(&MAGIC).map_err(&disk)?;
    out.write_all(&header).map_err(&disk)?;
    let index_at = (MAGIC.len() + header.len()) as u64;
    let levels = index_levels(count);
    let nodes: usize = levels.iter().sum();
    out.seek(SeekFrom::Start(index_at + (nodes * NODE_BYTES) as u64))
        .map_err(&disk)?;

    let mut leaves = Vec::with_capacity(count);
    let mut offset = 0_u64;
    let mut features = FeatureWriter::new(common);
    let mut buffer = Vec::with_capacity(2 * BUFFER);
    for (row, shape) in shapes.iter().enumerate() {
        let placed = Some(&shape).filter(|shape| !shape.is_blank());
        let bbox = placed
            .and_then(ShapeRef::bbox)
            .unwrap_or(Bbox::NOWHERE)
            .into();
        leaves.push((bbox, offset + buffer.len() as u64));
        features.push(placed, rows.ids[row], &rows.table, row, &mut buffer);
        if buffer.len() >= BUFFER {
            out.write_all(&buffer).map_err(&disk)?;
            offset += buffer.len() as u64;
            buffer.clear();
        }
    }
    out.write_all(&buffer).map_err(&disk)?;
    let offsets = leaves.iter().map(|(_, offset)| *offset).collect();
    out.seek(SeekFrom::Start(index_at)).map_err(&disk)?;
    for (bbox, offset) in index(leaves, &levels) {
        for at in bbox {
            out.write_all(&at.to_le_bytes()).map_err(&disk)?;
        }
        out.write_all(&offset.to_le_bytes()).map_err(&disk)?;
    }
    let file = out.into_inner().map_err(|error| disk(error.into_error()))?;
    Ok((file, offsets))
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
                let bbox = children
                    .iter()
                    .fold(Bbox::NOWHERE.into(), |all: [f64; 4], (one, _)| {
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

//! The serving form, made from the rows of the truth: as they are written at publication, as they are read
//! when the form has changed. It is the same code.

use std::{
    borrow::Cow,
    fs::{self, File},
    io::BufWriter,
    path::Path,
};

use super::{
    SERVE, SnapshotError, SnapshotInfo, TRUTH,
    columns::{Part, Writer},
    labels, order, tree,
    truth::{self, Truth},
    vertices,
};
use crate::model::{
    Column, Layer, ShapeKind, Shapes, Table, Version,
    distinct::Distinct,
    value::{NULL_BOOL, NULL_CODE, NULL_DATE, NULL_INTEGER, TextColumn},
    world,
};

/// Writes a file under a temporary name, syncs it, gives it its name.
fn place<T>(
    dir: &Path,
    name: &str,
    write: impl FnOnce(File, &Path) -> Result<(File, T), SnapshotError>,
) -> Result<T, SnapshotError> {
    let whole = dir.join(name);
    let disk = SnapshotError::disk("write", &whole);
    // In the same folder, so that the rename is one step; unique, so that two builders do not meet.
    let draft = tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .tempfile_in(dir)
        .map_err(&disk)?;
    let (file, draft) = draft.into_parts();
    let (file, told) = write(file, &whole)?;
    file.sync_all().map_err(&disk)?;
    set_readable(&file).map_err(&disk)?;
    draft.persist(&whole).map_err(|error| disk(error.error))?;
    File::open(dir)
        .and_then(|dir| dir.sync_all())
        .map_err(&disk)?;
    Ok(told)
}

/// Temporary files are for their owner alone; a version is for whoever may read the folder.
fn set_readable(file: &File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

/// Writes both files of a version.
pub(super) fn build(
    layer: &Layer,
    hash: String,
    version: Version,
    draft: bool,
    built_at: &str,
    dir: &Path,
) -> Result<SnapshotInfo, SnapshotError> {
    let rows = layer.ids.len();
    let fits = layer.shapes.len() == rows
        && layer.table.columns.len() == layer.table.fields.len()
        && layer
            .table
            .columns
            .iter()
            .all(|column| column.len() == rows);
    if !fits || rows >= u32::MAX as usize {
        return Err(SnapshotError::Layer {
            layer: layer.id.to_string(),
            what: "its ids, shapes and columns have different lengths".to_owned(),
        });
    }
    fs::create_dir_all(dir).map_err(SnapshotError::disk("write", dir))?;
    let info = SnapshotInfo::of(layer, hash, version, draft, built_at);
    let rows = truth::Rows::of(layer, &order::along_curve(layer));
    let offsets = place(dir, TRUTH, |file, path| {
        truth::write(&rows, &info, file, path)
    })?;
    // The description as the file gives it back, which is how it will be read when `serve` is built again.
    serve(rows, &offsets, &Truth::open(&dir.join(TRUTH))?, dir)?;
    Ok(info)
}

/// Writes `serve` from the truth beside it.
pub(super) fn serve_from_truth(truth: &Truth, dir: &Path) -> Result<(), SnapshotError> {
    let (rows, offsets) = truth.read_all()?;
    serve(rows, &offsets, truth, dir)
}

/// Writes `serve` from the rows of the truth beside it, and where each begins there.
fn serve(
    rows: truth::Rows,
    offsets: &[u64],
    truth: &Truth,
    dir: &Path,
) -> Result<(), SnapshotError> {
    let info = truth.info();
    let truth::Rows {
        ids,
        table,
        shapes: lonlat,
    } = rows;
    let world = to_world(&lonlat);
    drop(lonlat);
    let view = world.view();
    let placed: Vec<[u32; 4]> = view
        .iter()
        .map_while(|shape| order::bounds(shape.coords()))
        .collect();
    if view
        .iter()
        .skip(placed.len())
        .any(|shape| !shape.is_blank())
    {
        return Err(SnapshotError::Damaged {
            path: dir.join(TRUTH).display().to_string(),
            what: "a row with a place follows one without".to_owned(),
        });
    }
    let labels = labels::labels(view);
    let by_rank = order::by_rank(view, &table, info.rank_by.as_ref());
    let mut ranks = vec![0_u32; ids.len()];
    for (rank, &row) in by_rank.iter().enumerate() {
        ranks[row as usize] = rank as u32;
    }
    let vertex_zooms = vertices::zooms(view);
    let first_zooms = order::first_zooms(&order::Plan {
        world: view,
        boxes: &placed,
        labels: &labels,
        vertex_zooms: &vertex_zooms,
        by_rank: &by_rank,
        attribute_bytes: attribute_bytes(&table),
    });
    let mut by_id: Vec<(u64, u32)> = ids.iter().map(|id| id.0).zip(0..).collect();
    by_id.sort_unstable();
    let id_order: Vec<u32> = by_id.into_iter().map(|(_, row)| row).collect();
    let ids: Vec<u64> = ids.into_iter().map(|id| id.0).collect();
    let boxes = tree::build(placed);
    let (block_boxes, block_zooms) = vertices::blocks(&world.coords, &vertex_zooms);
    let (anchor_ends, anchors) = labels::anchors(view);

    let description = serde_json::to_vec(info).map_err(|error| SnapshotError::Layer {
        layer: info.id.to_string(),
        what: format!("its description cannot be written: {error}"),
    })?;
    place(dir, SERVE, |file, path| {
        let mut writer = Writer::new(BufWriter::with_capacity(1 << 20, file), truth.bytes_len());
        writer.add(Part::Info, &description);
        writer.add(Part::Kinds, &world.kinds);
        writer.add(Part::Parts, &world.part_ends);
        writer.add(Part::Rings, &world.ring_ends);
        writer.add(Part::CoordEnds, &world.coord_ends);
        writer.add(Part::Coords, &world.coords);
        writer.add(Part::Boxes, &boxes);
        writer.add(Part::Ids, &ids);
        writer.add(Part::IdOrder, &id_order);
        writer.add(Part::Labels, &labels);
        writer.add(Part::Ranks, &ranks);
        writer.add(Part::FirstZooms, &first_zooms);
        writer.add(Part::VertexZooms, &vertex_zooms);
        writer.add(Part::TruthOffsets, offsets);
        writer.add(Part::BlockBoxes, &block_boxes);
        writer.add(Part::BlockZooms, &block_zooms);
        writer.add(Part::AnchorEnds, &anchor_ends);
        writer.add(Part::Anchors, &anchors);
        for (at, column) in table.columns.iter().enumerate() {
            add_field(&mut writer, at, column);
        }
        let disk = SnapshotError::disk("write", path);
        let file = writer
            .finish()
            .map_err(&disk)?
            .into_inner()
            .map_err(|error| disk(error.into_error()))?;
        Ok((file, ()))
    })
}

fn to_world(lonlat: &Shapes<f64>) -> Shapes<u32> {
    Shapes {
        kinds: lonlat
            .view()
            .iter()
            .map(|shape| {
                if shape.is_blank() {
                    ShapeKind::Missing as u8
                } else {
                    shape.kind as u8
                }
            })
            .collect(),
        part_ends: lonlat.part_ends.clone(),
        ring_ends: lonlat.ring_ends.clone(),
        coord_ends: lonlat.coord_ends.clone(),
        coords: lonlat
            .coords
            .iter()
            .map(|&at| world::from_lonlat(at))
            .collect(),
    }
}

/// More distinct values than this hardly repeat within a tile.
const REPEATING: usize = 4096;

/// What a feature's attributes cost in a tile on the average: two numbers for each tag, and the value
/// itself where it hardly repeats.
fn attribute_bytes(table: &Table) -> u32 {
    fn repeats(rows: impl Iterator<Item = u64>) -> bool {
        let mut seen = Distinct::default();
        let mut values: Vec<u64> = vec![];
        let mut last = None;
        for value in rows {
            if last == Some(value) {
                continue;
            }
            last = Some(value);
            let hash = seen.hash(&value.to_le_bytes());
            if seen.find(hash, |at| values[at as usize] == value).is_none() {
                seen.add(hash, values.len() as u32);
                values.push(value);
                if values.len() > REPEATING {
                    return false;
                }
            }
        }
        true
    }
    let of = |column: &Column| match column {
        Column::Text(text) if text.distinct() > REPEATING => 4 + text.text.len() / text.distinct(),
        Column::Real(rows) if !repeats(rows.iter().map(|number| number.to_bits())) => 11,
        Column::Integer(rows) if !repeats(rows.iter().map(|&number| number as u64)) => 7,
        Column::DateTime(rows) if !repeats(rows.iter().map(|&number| number as u64)) => 26,
        _ => 0,
    };
    table
        .columns
        .iter()
        .map(|column| 3 + of(column) as u32)
        .sum()
}

/// Codes of the smallest width that holds every code and a null, as bytes, and that width.
fn narrow(codes: &[u32], distinct: usize) -> (u32, Vec<u8>) {
    if distinct < 1 << 8 {
        (1, codes.iter().map(|&code| code.min(255) as u8).collect())
    } else if distinct < 1 << 16 {
        let narrow: Vec<u16> = codes.iter().map(|&code| code.min(65_535) as u16).collect();
        (2, bytemuck::cast_slice(&narrow).to_vec())
    } else {
        (4, bytemuck::cast_slice(codes).to_vec())
    }
}

/// Codes under their new numbers; a null stays one.
fn renumbered(codes: &[u32], order: &[u32]) -> Vec<u32> {
    let mut new = vec![0; order.len()];
    for (number, &old) in order.iter().enumerate() {
        new[old as usize] = number as u32;
    }
    codes
        .iter()
        .map(|&code| new.get(code as usize).copied().unwrap_or(NULL_CODE))
        .collect()
}

/// True when every row has a text and no other row has it.
fn each_has_its_own(column: &TextColumn) -> bool {
    let mut met = vec![false; column.distinct()];
    column.distinct() == column.codes.len()
        && column.codes.iter().all(|&code| {
            met.get_mut(code as usize)
                .is_some_and(|met| !std::mem::replace(met, true))
        })
}

fn add_field<'a, W: std::io::Write>(writer: &mut Writer<'a, W>, at: usize, column: &'a Column) {
    match column {
        // No text comes twice: a dictionary would be as long, and every look into it somewhere else.
        Column::Text(column) if each_has_its_own(column) => {
            let mut text = String::with_capacity(column.text.len());
            let mut ends = Vec::with_capacity(column.codes.len());
            for &code in &column.codes {
                text.push_str(column.entry(code));
                ends.push(text.len() as u32);
            }
            writer.add_field(at, 0, Cow::Borrowed(&[]), text.into_bytes().into(), &ends);
        }
        Column::Text(column) => {
            // By the first sixteen bytes, which stand in the key; texts are looked up only where those are alike.
            let head = |code: u32| {
                let text = column.entry(code).as_bytes();
                let mut head = [0; 16];
                let length = text.len().min(16);
                head[..length].copy_from_slice(&text[..length]);
                (u128::from_be_bytes(head), code)
            };
            let mut keys: Vec<(u128, u32)> = (0..column.distinct() as u32).map(head).collect();
            keys.sort_unstable_by(|a, b| {
                a.0.cmp(&b.0)
                    .then_with(|| column.entry(a.1).cmp(column.entry(b.1)))
            });
            let sorted: Vec<u32> = keys.into_iter().map(|(_, code)| code).collect();
            let mut text = String::with_capacity(column.text.len());
            let mut ends = Vec::with_capacity(sorted.len());
            for &old in &sorted {
                text.push_str(column.entry(old));
                ends.push(text.len() as u32);
            }
            let (width, codes) = narrow(&renumbered(&column.codes, &sorted), sorted.len());
            writer.add_field(at, width, codes.into(), text.into_bytes().into(), &ends);
        }
        Column::Integer(rows) | Column::DateTime(rows) => {
            let rows = Cow::Borrowed(&rows[..]);
            add_numbers(writer, at, rows, |&number| number == NULL_INTEGER, Ord::cmp);
        }
        Column::Real(rows) => {
            // The two zeros are one value.
            let rows = if rows
                .iter()
                .any(|&number| number == 0.0 && number.is_sign_negative())
            {
                Cow::Owned(rows.iter().map(|number| number + 0.0).collect())
            } else {
                Cow::Borrowed(&rows[..])
            };
            add_numbers(writer, at, rows, |number| number.is_nan(), f64::total_cmp);
        }
        Column::Bool(rows) => {
            let rows = Cow::Borrowed(&rows[..]);
            add_numbers(writer, at, rows, |&yes| yes == NULL_BOOL, Ord::cmp);
        }
        Column::Date(rows) => {
            let rows = Cow::Borrowed(&rows[..]);
            add_numbers(writer, at, rows, |&days| days == NULL_DATE, Ord::cmp);
        }
    }
}

/// Distinct numbers ascending and a code a row, or the rows as they are when they hardly repeat.
fn add_numbers<'a, W: std::io::Write, T: bytemuck::Pod + PartialEq>(
    writer: &mut Writer<'a, W>,
    at: usize,
    rows: Cow<'a, [T]>,
    is_null: impl Fn(&T) -> bool,
    compare: impl Fn(&T, &T) -> std::cmp::Ordering,
) {
    let mut seen = Distinct::default();
    let mut entries: Vec<T> = vec![];
    let mut last: Option<(T, u32)> = None;
    let codes: Vec<u32> = rows
        .iter()
        .map(|value| {
            if let Some((before, code)) = last
                && before == *value
            {
                return code;
            }
            if is_null(value) {
                return NULL_CODE;
            }
            let hash = seen.hash(bytemuck::bytes_of(value));
            let code = seen
                .find(hash, |code| compare(&entries[code as usize], value).is_eq())
                .unwrap_or_else(|| {
                    let code = entries.len() as u32;
                    seen.add(hash, code);
                    entries.push(*value);
                    code
                });
            last = Some((*value, code));
            code
        })
        .collect();
    if entries.len() > usize::from(u16::MAX) && entries.len() > rows.len() / 2 {
        let bytes = match rows {
            Cow::Borrowed(rows) => Cow::Borrowed(bytemuck::cast_slice(rows)),
            Cow::Owned(rows) => Cow::Owned(bytemuck::cast_slice(&rows).to_vec()),
        };
        writer.add_field(at, 0, Cow::Borrowed(&[]), bytes, &[]);
        return;
    }
    let mut order: Vec<u32> = (0..entries.len() as u32).collect();
    order.sort_unstable_by(|&a, &b| compare(&entries[a as usize], &entries[b as usize]));
    let sorted: Vec<T> = order.iter().map(|&old| entries[old as usize]).collect();
    let (width, codes) = narrow(&renumbered(&codes, &order), sorted.len());
    let entries = bytemuck::cast_slice(&sorted).to_vec();
    writer.add_field(at, width, codes.into(), entries.into(), &[]);
}

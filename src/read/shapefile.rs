//! A shapefile: its geometry, its attributes, its encoding and its reference system put together.

use std::{
    io::{self, Read as _},
    sync::Arc,
};

use super::{
    bundle::Bundle,
    dbf::{Dbf, lengthen},
    delivery::{Failed, ReadOptions, Refused, Rows, note},
    encoding::{Chosen, Hints},
    held::Held,
    mapped::Mapped,
    ogr,
    seen::{self, SeenRows},
    shp::{self, Bad},
    srs,
};
use crate::model::{Column, Encoding, Note, RawLayer, Shapes, Source, Table};

/// The largest text file beside a shapefile that is looked at.
const SIDE_BYTES: u64 = 1 << 20;

/// Reads one shapefile. Its parts are let go as soon as they are read.
pub(super) fn read(
    mut bundle: Bundle,
    mut source: Source,
    options: &ReadOptions,
) -> Result<Result<RawLayer, Refused>, Failed> {
    ogr::prepare();
    "Shapefile".clone_into(&mut source.format);
    let mut notes = bundle.sidecar_notes();
    let mut declared = None;
    let mut believable = None;
    let mut attributes = None;
    let shp_length = match bundle.files.get("shp") {
        Some(held) => held.len()?,
        None => 0,
    };
    // First the attributes, which are the larger half: what their bytes took is free again for the shapes.
    if let Some(held) = bundle.files.remove("dbf") {
        let bytes = Bytes::of(&held)?;
        if let Some(dbf) = bytes.as_deref().and_then(Dbf::open) {
            declared = Some(dbf.declared);
            // A wild row count in a broken header must not make a billion empty rows.
            believable = Some(if dbf.declared as u64 <= shp_length.max(1 << 16) {
                dbf.declared
            } else {
                dbf.rows
            });
            attributes = Some(Attributes::read(&dbf, &bundle, options)?);
        } else {
            notes.push(note(
                "dbf_unreadable",
                format!(
                    "{}.dbf is damaged or no DBF; only the geometries could be read",
                    bundle.layer_name()
                ),
            ));
        }
    }
    let mut bytes = |extension: &str| match bundle.files.remove(extension) {
        Some(held) => Bytes::of(&held),
        None => Ok(None),
    };
    let (shp_bytes, shx) = (bytes("shp")?, bytes("shx")?);
    if shp_bytes.is_none() && shp_length > 0 {
        return Ok(Err(Refused::new(
            &bundle.name,
            "damaged_member",
            "the .shp inside the archive is cut short or damaged",
            "zip the files again, or send the archive again in full",
        )));
    }
    let shp = shp_bytes.as_deref().unwrap_or_default();
    let geometry = match shp::read(shp, shx.as_deref(), believable) {
        Ok(geometry) => geometry,
        Err(bad) => {
            let message = match bad {
                Bad::NotShp => "the .shp is damaged: it does not begin as a shapefile".to_owned(),
                Bad::Type(kind) => {
                    format!("the .shp holds shapes of type {kind}, which is unknown")
                }
            };
            return Ok(Err(Refused::new(
                &bundle.name,
                "unreadable",
                message,
                "export the layer again",
            )));
        }
    };
    drop((shp_bytes, shx));
    let rows = geometry.shapes.len();
    if let Some(cut) = geometry.cut_at {
        notes.push(Note {
            count: (rows - cut) as u64,
            rows: vec![cut as u32],
            ..note(
                "truncated",
                format!(
                    "the .shp breaks off at row {}: {} of {rows} rows have no geometry",
                    cut + 1,
                    rows - cut
                ),
            )
        });
    }
    let mut misplaced = Rows::default();
    geometry
        .misplaced
        .iter()
        .for_each(|row| misplaced.add(*row));
    notes.extend(misplaced.note("index_damaged", |count| {
        format!("the .shx points outside the .shp for {count} rows")
    }));
    let mut seen = SeenRows::default();
    for (row, what) in &geometry.seen {
        seen.add(*row, shp::GIVEN, *what);
    }
    notes.extend(seen.notes());

    let mut table = Table::default();
    let mut encoding = None;
    let mut shapes = geometry.shapes;
    if let Some(mut read) = attributes {
        notes.append(&mut read.notes);
        if read.rows < rows {
            notes.push(Note {
                count: (rows - read.rows) as u64,
                ..note(
                    "attributes_missing",
                    format!(
                        "the .dbf has {} rows for {rows} shapes: the last {} have no attributes",
                        read.rows,
                        rows - read.rows
                    ),
                )
            });
        }
        table = read.table;
        lengthen(&mut table, rows);
        if read.deleted.iter().any(|gone| *gone) {
            let count = drop_rows(&mut shapes, &mut table, &read.deleted);
            notes.push(Note {
                count,
                ..note(
                    "deleted_rows",
                    format!("{count} rows are marked as deleted in the .dbf and were left out"),
                )
            });
        }
        notes.append(&mut read.chosen.notes);
        encoding = Some(Encoding {
            name: read.chosen.encoding.name().to_owned(),
            origin: read.chosen.origin.to_owned(),
            readings: read.chosen.readings,
        });
    }
    let (crs, crs_origin) = srs::of_prj(&words(&bundle, "prj")?.unwrap_or_default());
    Ok(Ok(seen::finish(RawLayer {
        source,
        crs,
        crs_origin,
        encoding,
        declared_rows: declared.map(|rows| rows as u64),
        table,
        shapes,
        notes,
    })))
}

/// A text file beside the shapefile; none for one that is not there or too long.
fn words(bundle: &Bundle, extension: &str) -> io::Result<Option<String>> {
    let Some(held) = bundle.files.get(extension) else {
        return Ok(None);
    };
    let mut bytes = vec![];
    held.open()?.take(SIDE_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > SIDE_BYTES {
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// What a .dbf holds.
struct Attributes {
    table: Table,
    rows: usize,
    /// True for each row that is marked as deleted.
    deleted: Vec<bool>,
    chosen: Chosen,
    notes: Vec<Note>,
}

impl Attributes {
    fn read(dbf: &Dbf<'_>, bundle: &Bundle, options: &ReadOptions) -> Result<Self, Failed> {
        let chosen = dbf.encoding(Hints {
            given: options.encoding.clone(),
            cpg: words(bundle, "cpg")?,
            cst: words(bundle, "cst")?,
            language_byte: 0,
        })?;
        let mut notes = vec![];
        Ok(Self {
            table: dbf.table(&chosen, &mut notes),
            rows: dbf.rows,
            deleted: dbf.deleted(),
            chosen,
            notes,
        })
    }
}

/// The bytes of a part, in memory or mapped.
enum Bytes {
    Memory(Arc<Vec<u8>>),
    Mapped(Mapped),
}

impl Bytes {
    /// None where they are in an archive and damaged.
    fn of(held: &Held) -> io::Result<Option<Self>> {
        Ok(match held {
            Held::Memory(bytes) => Some(Self::Memory(Arc::clone(bytes))),
            Held::File(path) => Some(Self::Mapped(Mapped::open(path)?)),
            Held::Packed(packed) => packed.unpack().map(Arc::new).map(Self::Memory),
        })
    }
}

impl std::ops::Deref for Bytes {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Memory(bytes) => bytes,
            Self::Mapped(bytes) => bytes,
        }
    }
}

/// Leaves out the rows that are marked.
fn drop_rows(shapes: &mut Shapes<f64>, table: &mut Table, gone: &[bool]) -> u64 {
    let kept: Vec<usize> = (0..shapes.len())
        .filter(|row| !gone.get(*row).copied().unwrap_or(false))
        .collect();
    let count = (shapes.len() - kept.len()) as u64;
    let mut fewer = Shapes::new();
    for &row in &kept {
        fewer.push_shape(shapes.get(row));
    }
    *shapes = fewer;
    for column in &mut table.columns {
        let mut shorter = Column::new(column.kind());
        for &row in &kept {
            shorter.push(column.get(row));
        }
        *column = shorter;
    }
    count
}

//! Tables with coordinate columns: CSV and spreadsheets.
//!
//! A table has no geometry of its own: columns are coordinates when their names say so. CSV stays text;
//! the standard knows that a ward number `007` is no number, the file does not. A table never names a
//! reference system.

use std::fs;

use super::{
    bounds::COLUMNS,
    bundle::{Bundle, Kind},
    delivery::{Delivery, Failed, ReadOptions, Refused, Rows, note},
    encoding::{self, Hints},
    ogr,
    place::Place,
    seen,
    workbook::workbook,
};

use crate::model::{
    CrsName, CrsOrigin, Encoding, Field, FieldType, Note, RawLayer, Source, Table, Value,
};

/// Rows of one table or sheet.
pub(super) struct Sheet {
    pub(super) name: String,
    pub(super) table: Table,
    pub(super) rows: usize,
    pub(super) notes: Vec<Note>,
    pub(super) encoding: Option<Encoding>,
}

/// Reads a table, or every sheet of a workbook, into layers.
pub(super) fn read(
    bundle: &Bundle,
    source: &Source,
    options: &ReadOptions,
    found: &mut Delivery,
) -> Result<(), Failed> {
    ogr::prepare();
    let Some(path) = bundle.main() else {
        return Ok(());
    };
    let (sheets, format) = if bundle.kind == Kind::Csv {
        (csv(&fs::read(path)?, bundle, options)?, "CSV")
    } else {
        (
            workbook(path, &bundle.name)?,
            if bundle.name.to_lowercase().ends_with(".ods") {
                "ODS"
            } else {
                "XLSX"
            },
        )
    };
    let sheets = match sheets {
        Ok(sheets) => sheets,
        Err(refused) => {
            found.refused.push(refused);
            return Ok(());
        }
    };
    let before = found.layers.len();
    let mut plain = vec![];
    for sheet in sheets {
        let Some(place) = Place::of(&sheet.table) else {
            plain.push(sheet);
            continue;
        };
        let (shapes, mut notes) = place.shapes(&sheet.table, sheet.rows);
        notes.splice(0..0, sheet.notes);
        let (crs, crs_origin) = if place.is_degrees(&shapes) {
            notes.push(note(
                "crs_assumed",
                "columns called longitude and latitude are taken as WGS 84 degrees; give --crs if they are in another system".to_owned(),
            ));
            let crs = CrsName::Authority {
                name: "OGC".to_owned(),
                code: "CRS84".to_owned(),
            };
            (crs, CrsOrigin::Format)
        } else {
            (CrsName::Missing, CrsOrigin::Unknown)
        };
        found.layers.push(seen::finish(RawLayer {
            source: Source {
                layer: sheet.name,
                format: format.to_owned(),
                ..source.clone()
            },
            crs,
            crs_origin,
            encoding: sheet.encoding,
            declared_rows: None,
            table: sheet.table,
            shapes,
            notes,
        }));
    }
    let headers = |sheet: &Sheet| {
        sheet
            .table
            .fields
            .iter()
            .take(20)
            .map(|field| field.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    };
    if found.layers.len() == before {
        let message = match plain.first() {
            Some(sheet) => format!(
                "no columns hold coordinates (the columns are: {})",
                headers(sheet)
            ),
            None => "the table is empty".to_owned(),
        };
        found.refused.push(Refused::new(
            &bundle.name,
            "no_coordinates",
            message,
            "name the coordinate columns longitude and latitude (or x and y, or WKT); a table of values without places is loaded with `parat table`",
        ));
    } else if !plain.is_empty() {
        let names: Vec<_> = plain.iter().map(|sheet| sheet.name.as_str()).collect();
        found.notes.push(note(
            "sheets_without_coordinates",
            format!(
                "sheets without coordinate columns were left out: {}",
                names.join(", ")
            ),
        ));
    }
    Ok(())
}

/// Column names that are present and distinct.
pub(super) fn headers(names: impl Iterator<Item = String>) -> (Vec<String>, Vec<Note>) {
    let mut found: Vec<String> = vec![];
    let mut notes = vec![];
    for (at, name) in names.enumerate() {
        let name = name.trim().to_owned();
        let name = if name.is_empty() {
            format!("column_{}", at + 1)
        } else {
            name
        };
        if found.contains(&name) {
            let other = format!("{name}_{}", at + 1);
            notes.push(note(
                "duplicate_column",
                format!("two columns are called `{name}`; the later is read as `{other}`"),
            ));
            found.push(other);
        } else {
            found.push(name);
        }
    }
    (found, notes)
}

fn csv(
    bytes: &[u8],
    bundle: &Bundle,
    options: &ReadOptions,
) -> Result<Result<Vec<Sheet>, Refused>, Failed> {
    let refuse = |code: &str, message: &str| {
        Ok(Err(Refused::new(
            &bundle.name,
            code,
            message,
            "export the table again as CSV in UTF-8",
        )))
    };
    let marked = encoding_rs::Encoding::for_bom(bytes);
    let hints = Hints {
        given: options.encoding.clone(),
        ..Hints::default()
    };
    let (body, chosen, mut notes) = if let Some((encoding, skip)) = marked {
        (
            &bytes[skip..],
            (encoding, "byte order mark", vec![]),
            vec![],
        )
    } else {
        let texts: Vec<&[u8]> = if bytes.is_ascii() {
            vec![]
        } else {
            bytes
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.is_ascii())
                .collect()
        };
        let chosen = encoding::choose(&texts, &hints)?;
        let said = (chosen.encoding, chosen.origin, chosen.readings);
        (bytes, said, chosen.notes)
    };
    let text = encoding::decode(body, chosen.0);
    if text.contains('\0') {
        return refuse("not_csv", "this is no text: it holds NUL bytes");
    }
    let Some(first) = text.lines().find(|line| !line.trim().is_empty()) else {
        return refuse("empty_file", "the table is empty");
    };
    let separator = [b',', b';', b'\t', b'|']
        .into_iter()
        .max_by_key(|separator| {
            (
                first.bytes().filter(|byte| byte == separator).count(),
                *separator == b',',
            )
        })
        .unwrap_or(b',');
    let mut lines = ::csv::ReaderBuilder::new()
        .delimiter(separator)
        .flexible(true)
        .from_reader(text.as_bytes());
    let Ok(head) = lines.headers().cloned() else {
        return refuse("not_csv", "the first line cannot be read as column names");
    };
    if head.len() > COLUMNS {
        return refuse("too_many_columns", "the table has more than 4,096 columns");
    }
    let (names, more) = headers(head.iter().map(str::to_owned));
    notes.extend(more);
    let mut table = Table::new(
        names
            .into_iter()
            .map(|name| Field::new(name, FieldType::Text))
            .collect(),
    );
    let mut ragged = Rows::default();
    let mut rows = 0;
    let mut record = ::csv::StringRecord::new();
    while let Ok(true) = lines.read_record(&mut record) {
        if record.len() != table.fields.len() {
            ragged.add(rows);
        }
        for (at, column) in table.columns.iter_mut().enumerate() {
            column.push(
                record
                    .get(at)
                    .filter(|cell| !cell.is_empty())
                    .map_or(Value::Null, Value::Text),
            );
        }
        rows += 1;
    }
    notes.extend(ragged.note("ragged_rows", |count| {
        format!("{count} rows have more or fewer cells than there are column names; missing cells were read as empty")
    }));
    Ok(Ok(vec![Sheet {
        name: bundle.layer_name(),
        table,
        rows,
        notes,
        encoding: Some(Encoding {
            name: chosen.0.name().to_owned(),
            origin: chosen.1.to_owned(),
            readings: chosen.2,
        }),
    }]))
}

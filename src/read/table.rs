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
    ogr, raw,
    seen::{self, SeenRows},
    wkb,
    workbook::workbook,
};
use crate::model::{
    CrsName, CrsOrigin, Encoding, Field, FieldType, Note, RawLayer, ShapeKind, Shapes, Source,
    Table, Value,
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

/// Which columns say where a row is.
#[derive(Debug, PartialEq)]
enum Place {
    Pair { x: usize, y: usize, degrees: bool },
    Wkt(usize),
}

impl Place {
    fn of(table: &Table) -> Option<Self> {
        // Pairs in the order in which they are believed; the first alone says degrees.
        const PAIRS: &[(&[&str], &[&str])] = &[
            (
                &[
                    "longitude",
                    "lon",
                    "long",
                    "lng",
                    "longitud",
                    "decimallongitude",
                    "longdd",
                    "londd",
                    "xlongitude",
                    "gpslongitude",
                    "gpslong",
                    "gpslon",
                ],
                &[
                    "latitude",
                    "lat",
                    "latitud",
                    "decimallatitude",
                    "latdd",
                    "ylatitude",
                    "gpslatitude",
                    "gpslat",
                ],
            ),
            (
                &["easting", "eastings", "east", "utme", "utmx"],
                &["northing", "northings", "north", "utmn", "utmy"],
            ),
            (
                &[
                    "x",
                    "xcoord",
                    "xcoordinate",
                    "pointx",
                    "coordx",
                    "xcord",
                    "xm",
                ],
                &[
                    "y",
                    "ycoord",
                    "ycoordinate",
                    "pointy",
                    "coordy",
                    "ycord",
                    "ym",
                ],
            ),
        ];
        let names: Vec<String> = table
            .fields
            .iter()
            .map(|field| {
                field
                    .name
                    .chars()
                    .filter(char::is_ascii_alphanumeric)
                    .collect::<String>()
                    .to_lowercase()
            })
            .collect();
        let find = |wanted: &[&str]| {
            wanted
                .iter()
                .find_map(|name| names.iter().position(|have| have == name))
        };
        for (nth, (x, y)) in PAIRS.iter().enumerate() {
            if let (Some(x), Some(y)) = (find(x), find(y)) {
                let degrees = nth == 0;
                return Some(Self::Pair { x, y, degrees });
            }
        }
        let wkt = find(&[
            "wkt",
            "wktgeom",
            "wktgeometry",
            "geomwkt",
            "thegeom",
            "geom",
            "geometry",
            "shape",
        ])?;
        let column = &table.columns[wkt];
        let first = (0..column.len()).find_map(|row| match column.get(row) {
            Value::Text(text) => Some(text.trim_start().to_uppercase()),
            _ => None,
        })?;
        [
            "POINT",
            "LINESTRING",
            "POLYGON",
            "MULTI",
            "GEOMETRYCOLLECTION",
            "SRID=",
        ]
        .iter()
        .any(|start| first.starts_with(start))
        .then_some(Self::Wkt(wkt))
    }

    /// True when the headers say longitude and latitude and every number can be one.
    fn is_degrees(&self, shapes: &Shapes<f64>) -> bool {
        matches!(self, Self::Pair { degrees: true, .. })
            && shapes
                .coords
                .iter()
                .all(|[x, y]| x.abs() <= 180.0 && y.abs() <= 90.0)
    }

    fn shapes(&self, table: &Table, rows: usize) -> (Shapes<f64>, Vec<Note>) {
        let mut shapes = Shapes::new();
        let mut bad = Rows::default();
        let mut seen = SeenRows::default();
        let mut buffer = vec![];
        for row in 0..rows {
            match *self {
                Self::Pair { x, y, .. } => {
                    let (x, y) = (table.columns[x].get(row), table.columns[y].get(row));
                    if x.is_null() && y.is_null() {
                        shapes.push_none(ShapeKind::Missing);
                    } else if let (Some(x), Some(y)) = (number(x), number(y)) {
                        shapes.push_point([x, y]);
                    } else {
                        bad.add(row);
                        shapes.push_none(ShapeKind::Missing);
                    }
                }
                Self::Wkt(column) => match table.columns[column].get(row) {
                    Value::Text(text)
                        if raw::wkb_of_text(
                            text.rsplit(';').next().unwrap_or(text).trim(),
                            &mut buffer,
                        ) =>
                    {
                        seen.add(row, raw::Given::Wkb, wkb::push(&mut shapes, &buffer));
                    }
                    value => {
                        if !value.is_null() {
                            bad.add(row);
                        }
                        shapes.push_none(ShapeKind::Missing);
                    }
                },
            }
        }
        let names = match *self {
            Self::Pair { x, y, .. } => format!(
                "columns `{}` and `{}`",
                table.fields[x].name, table.fields[y].name
            ),
            Self::Wkt(column) => format!("column `{}`", table.fields[column].name),
        };
        let mut notes = vec![note(
            "coordinate_columns",
            format!("places were taken from {names}"),
        )];
        notes.extend(bad.note("bad_coordinates", |count| {
            format!("{count} rows have something in {names} that is no coordinate")
        }));
        notes.extend(seen.notes());
        (shapes, notes)
    }
}

/// A coordinate: a number, with a decimal comma if need be, or degrees, minutes and seconds.
fn number(value: Value<'_>) -> Option<f64> {
    let text = match value {
        Value::Text(text) => text.trim(),
        value => return value.as_f64().filter(|number| number.is_finite()),
    };
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    if text.matches(',').count() == 1 && !text.contains('.') {
        return text
            .replace(',', ".")
            .parse()
            .ok()
            .filter(|number: &f64| number.is_finite());
    }
    degrees(text)
}

/// `12°58'18.5"N`, `12 58 18.5 N`: the letters S and W are negative.
fn degrees(text: &str) -> Option<f64> {
    let upper = text.to_uppercase();
    let side = upper.chars().find(|letter| letter.is_alphabetic());
    if side.is_some_and(|letter| !matches!(letter, 'N' | 'S' | 'E' | 'W'))
        || upper
            .chars()
            .filter(|letter| letter.is_alphabetic())
            .count()
            > 1
    {
        return None;
    }
    let numbers: Vec<f64> = upper
        .split(|letter: char| !(letter.is_ascii_digit() || letter == '.' || letter == '-'))
        .filter(|part| !part.is_empty())
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let (first, rest) = numbers.split_first()?;
    if rest.len() > 2
        || rest.iter().any(|part| !(0.0..60.0).contains(part))
        || (rest.is_empty() && side.is_none())
    {
        return None;
    }
    let size = first.abs()
        + rest
            .iter()
            .zip([60.0, 3600.0])
            .map(|(part, of)| part / of)
            .sum::<f64>();
    let negative = *first < 0.0 || matches!(side, Some('S' | 'W'));
    Some(if negative { -size } else { size })
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

#[cfg(test)]
mod tests {
    use super::*;

    fn place(names: &[&str]) -> Option<Place> {
        Place::of(&Table::new(
            names
                .iter()
                .map(|name| Field::new(*name, FieldType::Text))
                .collect(),
        ))
    }

    #[test]
    fn coordinate_columns_are_known_by_their_names() {
        assert_eq!(
            place(&["id", "Latitude", "Longitude"]),
            Some(Place::Pair {
                x: 2,
                y: 1,
                degrees: true
            })
        );
        assert_eq!(
            place(&["X", "Y", "lat", "lon"]),
            Some(Place::Pair {
                x: 3,
                y: 2,
                degrees: true
            })
        );
        assert_eq!(
            place(&["Easting (m)", "POINT_X", "POINT_Y"]),
            Some(Place::Pair {
                x: 1,
                y: 2,
                degrees: false
            })
        );
        assert_eq!(place(&["ward", "name", "lat"]), None);
        assert_eq!(place(&["wkt"]), None, "an empty column shows no WKT");
    }

    #[test]
    fn coordinates_are_read_as_people_write_them() {
        for (text, wanted) in [
            ("77.5946", 77.5946),
            (" 12,97 ", 12.97),
            ("12°58'30\"N", 12.975),
            ("12 58 30 S", -12.975),
            ("77.5 E", 77.5),
        ] {
            let found = number(Value::Text(text)).unwrap();
            assert!((found - wanted).abs() < 1e-9, "{text} {found}");
        }
        for text in ["", "n/a", "1,234,567.5", "NaN", "inf", "12°75'N", "12.5 km"] {
            assert_eq!(number(Value::Text(text)), None, "{text}");
        }
    }
}

//! The columns of a table that say where a row is, and what stands in them.

use super::{
    delivery::{Rows, note},
    raw,
    seen::SeenRows,
    wkb,
};
use crate::model::{Note, ShapeKind, Shapes, Table, Value};

/// Which columns say where a row is.
#[derive(Debug, PartialEq)]
pub(super) enum Place {
    Pair { x: usize, y: usize, degrees: bool },
    Wkt(usize),
}

impl Place {
    pub(super) fn of(table: &Table) -> Option<Self> {
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
    pub(super) fn is_degrees(&self, shapes: &Shapes<f64>) -> bool {
        matches!(self, Self::Pair { degrees: true, .. })
            && shapes
                .coords
                .iter()
                .all(|[x, y]| x.abs() <= 180.0 && y.abs() <= 90.0)
    }

    pub(super) fn shapes(&self, table: &Table, rows: usize) -> (Shapes<f64>, Vec<Note>) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Field, FieldType};

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

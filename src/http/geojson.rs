//! Features as RFC 7946 text, straight from flat arrays into one buffer.
//!
//! No value tree is built: coordinates are scaled to whole 1e-8 degrees (1 mm) and written digit by
//! digit, and the names of the properties are escaped once for all rows. The writer takes shapes with
//! shells counter-clockwise, as [`crate::model::Layer`] has them; it closes rings that came open in a
//! draft, since an open ring is not GeoJSON.

use std::io::Write as _;

use crate::model::{FeatureId, ShapeKind, ShapeRef, Value};

/// Decimals of a degree: 1e-8 is about a millimetre.
const SCALE: f64 = 1e8;
const DECIMALS: usize = 8;

/// Names of properties, escaped once: `"name":`.
#[derive(Clone, Debug, Default)]
pub struct Names(Vec<Vec<u8>>);

impl Names {
    /// Prepares names in the order in which values will be written.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        Self(
            names
                .into_iter()
                .map(|name| {
                    let mut out = vec![];
                    text(name, &mut out);
                    out.push(b':');
                    out
                })
                .collect(),
        )
    }
}

/// Writes one feature without the closing brace, so that a caller may add members such as `links`.
pub fn feature<'a>(
    id: FeatureId,
    shape: Option<ShapeRef<'_, f64>>,
    names: &Names,
    values: impl IntoIterator<Item = Value<'a>>,
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
    whole(id.0, out);
    out.extend_from_slice(b",\"geometry\":");
    match shape {
        Some(shape) => geometry(shape, out),
        None => out.extend_from_slice(b"null"),
    }
    out.extend_from_slice(b",\"properties\":{");
    for (at, (name, given)) in names.0.iter().zip(values).enumerate() {
        if at > 0 {
            out.push(b',');
        }
        out.extend_from_slice(name);
        value(given, out);
    }
    out.push(b'}');
}

/// Writes a geometry; `null` for one that is missing or has no coordinate.
pub fn geometry(shape: ShapeRef<'_, f64>, out: &mut Vec<u8>) {
    if shape.is_blank() {
        out.extend_from_slice(b"null");
        return;
    }
    out.extend_from_slice(b"{\"type\":\"");
    out.extend_from_slice(shape.kind.name().as_bytes());
    out.extend_from_slice(b"\",\"coordinates\":");
    match shape.kind {
        ShapeKind::Missing | ShapeKind::Empty => {
            unreachable!("a shape with coordinates has a kind")
        }
        ShapeKind::Point => position(shape.coords()[0], out),
        ShapeKind::LineString | ShapeKind::MultiPoint => path(shape.coords(), out),
        ShapeKind::Polygon => shape
            .parts()
            .take(1)
            .for_each(|part| rings(part.rings(), out)),
        ShapeKind::MultiLineString => list(shape.parts(), out, |part, out| {
            path(part.rings().next().unwrap_or(&[]), out);
        }),
        ShapeKind::MultiPolygon => list(shape.parts(), out, |part, out| rings(part.rings(), out)),
    }
    out.push(b'}');
}

fn list<T>(items: impl Iterator<Item = T>, out: &mut Vec<u8>, each: impl Fn(T, &mut Vec<u8>)) {
    out.push(b'[');
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        each(item, out);
    }
    out.push(b']');
}

fn path(coords: &[[f64; 2]], out: &mut Vec<u8>) {
    list(coords.iter(), out, |&at, out| position(at, out));
}

fn rings<'a>(rings: impl Iterator<Item = &'a [[f64; 2]]>, out: &mut Vec<u8>) {
    list(rings, out, |ring, out| {
        path(ring, out);
        if let [first, .., last] = ring
            && first != last
        {
            out.pop();
            out.push(b',');
            position(*first, out);
            out.push(b']');
        }
    });
}

fn position([x, y]: [f64; 2], out: &mut Vec<u8>) {
    out.push(b'[');
    coordinate(x, out);
    out.push(b',');
    coordinate(y, out);
    out.push(b']');
}

/// A coordinate with at most eight decimals and none that are zero at the end.
pub fn coordinate(number: f64, out: &mut Vec<u8>) {
    // Degrees are small; anything else (a draft's nonsense) saturates rather than wraps, and NaN is 0.
    let scaled = (number * SCALE).round() as i64;
    if scaled < 0 {
        out.push(b'-');
    }
    let scaled = scaled.unsigned_abs();
    let unit = SCALE as u64;
    whole(scaled / unit, out);
    let mut rest = scaled % unit;
    if rest == 0 {
        return;
    }
    let mut digits = [b'0'; DECIMALS];
    let mut used = 0;
    for (at, digit) in digits.iter_mut().enumerate().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
        if *digit != b'0' && used == 0 {
            used = at + 1;
        }
    }
    out.push(b'.');
    out.extend_from_slice(&digits[..used]);
}

fn whole(mut number: u64, out: &mut Vec<u8>) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    out.extend_from_slice(&digits[at..]);
}

/// Writes an attribute as JSON. Numbers that JSON does not have are null.
pub fn value(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Text(words) => text(words, out),
        Value::Integer(number) => {
            if number < 0 {
                out.push(b'-');
            }
            whole(number.unsigned_abs(), out);
        }
        Value::Real(number) => real(number, out),
        Value::Bool(yes) => out.extend_from_slice(if yes { b"true" } else { b"false" }),
        Value::Date(_) | Value::DateTime(_) => text(&value.to_text(), out),
    }
}

/// Writes a number with the fewest digits that read back the same; null where JSON has none.
pub fn real(number: f64, out: &mut Vec<u8>) {
    if !number.is_finite() {
        out.extend_from_slice(b"null");
    } else if number.fract() == 0.0 && number.abs() < 1e15 {
        if number < 0.0 {
            out.push(b'-');
        }
        whole(number.abs() as u64, out);
    } else {
        write!(out, "{number:?}").expect("a vector takes every byte");
    }
}

/// Writes a JSON string (RFC 8259, 7).
pub fn text(words: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = words.as_bytes();
    let mut from = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        let short = match byte {
            b'"' => b'"',
            b'\\' => b'\\',
            b'\n' => b'n',
            b'\r' => b'r',
            b'\t' => b't',
            0..0x20 => b'u',
            _ => continue,
        };
        out.extend_from_slice(&bytes[from..at]);
        out.extend_from_slice(&[b'\\', short]);
        if short == b'u' {
            write!(out, "{byte:04x}").expect("a vector takes every byte");
        }
        from = at + 1;
    }
    out.extend_from_slice(&bytes[from..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::Shapes;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = vec![];
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn coordinates_have_the_digits_they_need_and_no_more() {
        for (number, wanted) in [
            (77.594_6, "77.5946"),
            (-0.000_000_01, "-0.00000001"),
            (180.0, "180"),
            (-0.0, "0"),
            (12.345_678_919, "12.34567892"),
            (100.5, "100.5"),
            (f64::NAN, "0"),
        ] {
            assert_eq!(written(|out| coordinate(number, out)), wanted);
        }
    }

    #[test]
    fn an_open_ring_is_closed_and_every_kind_reads_as_geojson() {
        let mut shapes = Shapes::new();
        shapes.push_point([1.0, 2.0]);
        for (kind, close) in [
            (ShapeKind::LineString, false),
            (ShapeKind::Polygon, false),
            (ShapeKind::MultiPoint, false),
            (ShapeKind::MultiLineString, false),
            (ShapeKind::MultiPolygon, true),
        ] {
            shapes.coords.extend([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0]]);
            if close {
                shapes.coords.push([0.0, 0.0]);
            }
            shapes.end_ring();
            shapes.end_part();
            shapes.end_feature(kind);
        }
        shapes.push_none(ShapeKind::Empty);
        let all: Vec<String> = (0..shapes.len())
            .map(|row| written(|out| geometry(shapes.get(row), out)))
            .collect();
        assert_eq!(all[0], r#"{"type":"Point","coordinates":[1,2]}"#);
        assert_eq!(
            all[2],
            r#"{"type":"Polygon","coordinates":[[[0,0],[4,0],[4,4],[0,0]]]}"#
        );
        assert_eq!(
            all[5],
            r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[4,0],[4,4],[0,0]]]]}"#
        );
        assert_eq!(all[6], "null");
        for text in &all[..6] {
            let read: geojson::Geometry = text.parse().expect("GeoJSON");
            assert!(geo_types::Geometry::<f64>::try_from(read).is_ok());
        }
    }

    #[test]
    fn a_feature_carries_every_property_null_where_absent() {
        let names = Names::of(["ward \"no\"", "name", "area", "built"]);
        let values = [
            Value::Integer(-7),
            Value::Null,
            Value::Real(1.5e300),
            Value::Date(0),
        ];
        let text = written(|out| {
            feature(FeatureId(42), None, &names, values, out);
            out.push(b'}');
        });
        let read: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(
            read,
            serde_json::json!({"type": "Feature", "id": 42, "geometry": null, "properties":
                {"ward \"no\"": -7, "name": null, "area": 1.5e300, "built": "1970-01-01"}})
        );
    }

    proptest! {
        #[test]
        fn any_text_and_any_number_read_back_the_same(words: String, number: f64, near in -180.0..180.0) {
            let read: String = serde_json::from_str(&written(|out| text(&words, out))).expect("JSON");
            prop_assert_eq!(read, words);
            let text = written(|out| real(number, out));
            // Not through serde_json: it may be off by one in the last place.
            let read = if text == "null" { None } else { text.parse::<f64>().ok() };
            prop_assert_eq!(read, Some(number).filter(|number| number.is_finite()));
            prop_assert!(serde_json::from_str::<serde_json::Value>(&text).is_ok());
            let read: f64 = written(|out| coordinate(near, out)).parse().expect("a number");
            prop_assert!((read - near).abs() <= 0.500_001e-8);
        }
    }
}

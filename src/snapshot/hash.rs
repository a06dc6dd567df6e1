//! The name of a layer's content.
//!
//! One layer delivered as five formats is one content, so the hash must not see what formats change:
//! the order of rows and columns, single or multi parts, where a ring starts and which way it turns,
//! empty text where another format has null, and the last digits of a number. Coordinates count to
//! 1e-7 degrees (1 cm), numbers to twelve digits. Title, metadata and verdict are no content.

use crate::model::{Layer, ShapeRef, Value};

/// Bytes of the hash that are kept: 128 bits, written as 32 hex digits.
const BYTES: usize = 16;

/// A position on the grid of 1e-7 degrees.
type Place = [i64; 2];

fn places(ring: &[[f64; 2]]) -> Vec<Place> {
    let mut places: Vec<Place> = ring
        .iter()
        .map(|at| at.map(|degrees| (degrees * 1e7).round() as i64))
        .collect();
    places.dedup();
    places
}

/// The ring without its closing position, starting at its smallest one, in the asked direction.
fn canonical_ring(ring: &[[f64; 2]], outer: bool) -> Vec<Place> {
    let mut places = places(ring);
    if places.len() > 1 && places.first() == places.last() {
        places.pop();
    }
    let double_area: i128 = (0..places.len())
        .map(|at| {
            let ([ax, ay], [bx, by]) = (places[at], places[(at + 1) % places.len()]);
            i128::from(ax) * i128::from(by) - i128::from(bx) * i128::from(ay)
        })
        .sum();
    if (double_area < 0) == outer {
        places.reverse();
    }
    if let Some(start) = (0..places.len()).min_by_key(|&at| places[at]) {
        places.rotate_left(start);
    }
    places
}

/// The parts of a shape in canonical form, each a list of rings.
fn canonical(shape: &ShapeRef<'_, f64>) -> Vec<Vec<Vec<Place>>> {
    let area = shape.kind.dimension() == Some(2);
    let mut parts: Vec<Vec<Vec<Place>>> = shape
        .parts()
        .map(|part| {
            let mut rings: Vec<Vec<Place>> = part
                .rings()
                .enumerate()
                .map(|(at, ring)| {
                    if area {
                        canonical_ring(ring, at == 0)
                    } else {
                        places(ring)
                    }
                })
                .collect();
            if let Some((_, holes)) = rings.split_first_mut() {
                holes.sort_unstable();
            }
            rings
        })
        .collect();
    parts.sort_unstable();
    parts
}

fn hash_value(value: Value<'_>, to: &mut blake3::Hasher) {
    match value {
        Value::Null | Value::Text("") => to.update(b"0"),
        Value::Text(text) => {
            to.update(b"t");
            to.update(&(text.len() as u64).to_le_bytes());
            to.update(text.as_bytes())
        }
        Value::Integer(number) => to.update(b"i").update(&number.to_le_bytes()),
        // Adding zero makes the two zeros one.
        Value::Real(number) => to.update(format!("r{:.11e};", number + 0.0).as_bytes()),
        Value::Bool(yes) => to.update(if yes { b"y" } else { b"n" }),
        Value::Date(days) => to.update(b"d").update(&days.to_le_bytes()),
        Value::DateTime(millis) => to.update(b"m").update(&millis.to_le_bytes()),
    };
}

/// The hash of what a layer says, the same for the same content in any order and any format.
pub fn content_hash(layer: &Layer) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut fields: Vec<usize> = (0..layer.table.fields.len()).collect();
    fields.sort_by_key(|&at| &layer.table.fields[at].name);
    let head = (
        "parat content 1",
        layer.id.as_str(),
        layer.dimension,
        &layer.key,
        fields
            .iter()
            .map(|&at| (&layer.table.fields[at].name, layer.table.fields[at].kind))
            .collect::<Vec<_>>(),
        &layer.rank_by,
    );
    // A tuple of names and numbers always has a JSON text.
    hasher.update(serde_json::to_string(&head).unwrap_or_default().as_bytes());
    let mut rows: Vec<usize> = (0..layer.ids.len()).collect();
    rows.sort_by_key(|&row| layer.ids[row]);
    let mut bytes = vec![];
    for row in rows {
        hasher.update(&layer.ids[row].0.to_le_bytes());
        let parts = canonical(&layer.shapes.get(row));
        bytes.clear();
        bytes.extend((parts.len() as u32).to_le_bytes());
        for rings in &parts {
            bytes.extend((rings.len() as u32).to_le_bytes());
            for ring in rings {
                bytes.extend((ring.len() as u32).to_le_bytes());
                bytes.extend_from_slice(bytemuck::cast_slice(ring));
            }
        }
        hasher.update(&bytes);
        for &field in &fields {
            hash_value(layer.table.columns[field].get(row), &mut hasher);
        }
    }
    let mut text = hasher.finalize().to_hex().to_string();
    text.truncate(BYTES * 2);
    text
}

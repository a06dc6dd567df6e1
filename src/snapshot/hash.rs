//! The name of a layer's content.
//!
//! One layer delivered as five formats is one content, so the hash must not see what formats change:
//! the order of rows and columns, single or multi parts, where a ring starts and which way it turns,
//! empty text where another format has null, and the last digits of a number. Coordinates count to
//! 1e-7 degrees (1 cm), numbers to twelve digits. Title, metadata and verdict are no content.

use crate::model::{
    Column, Layer, ShapeRef,
    value::{NULL_BOOL, NULL_CODE, NULL_DATE, NULL_INTEGER},
};

/// Bytes of the hash that are kept: 128 bits, written as 32 hex digits.
const BYTES: usize = 16;

/// A position on the grid of 1e-7 degrees.
type Place = [i32; 2];

/// The nearest whole number, halves away from zero; beyond 32 bits the last one.
fn rounded(number: f64) -> i32 {
    // `round` is a call without SSE 4.1; a cast is one instruction, and exact for what fits.
    let whole = number as i64;
    let rest = number - whole as f64;
    let whole = whole.saturating_add(i64::from(rest >= 0.5) - i64::from(rest <= -0.5));
    whole.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32
}

/// Adds the places of a path, without those that repeat the one before.
fn push_places(path: &[[f64; 2]], places: &mut Vec<Place>) {
    places.clear();
    for at in path {
        let place = at.map(|degrees| rounded(degrees * 1e7));
        if places.last() != Some(&place) {
            places.push(place);
        }
    }
}

/// Makes a ring one without its closing position, starting at its smallest one, in the asked direction.
fn make_canonical(places: &mut Vec<Place>, outer: bool) {
    if places.len() > 1 && places.first() == places.last() {
        places.pop();
    }
    let mut double_area: i128 = 0;
    if let Some(&[mut ax, mut ay]) = places.last() {
        for &[bx, by] in places.iter() {
            double_area += i128::from(i64::from(ax) * i64::from(by))
                - i128::from(i64::from(bx) * i64::from(ay));
            [ax, ay] = [bx, by];
        }
    }
    if (double_area < 0) == outer {
        places.reverse();
    }
    if let Some(start) = (0..places.len()).min_by_key(|&at| places[at]) {
        places.rotate_left(start);
    }
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
                    let mut places = vec![];
                    push_places(ring, &mut places);
                    if area {
                        make_canonical(&mut places, at == 0);
                    }
                    places
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

/// Adds a count: one byte where it fits, which it nearly always does. The shorter a row, the sooner it is hashed.
fn push_count(count: usize, to: &mut Vec<u8>) {
    match u8::try_from(count) {
        Ok(short) if short < u8::MAX => to.push(short),
        _ => {
            to.push(u8::MAX);
            to.extend_from_slice(&(count as u32).to_le_bytes());
        }
    }
}

/// Adds the canonical form of a shape. Nearly all shapes are one run of coordinates, and need no lists.
fn push_shape(shape: &ShapeRef<'_, f64>, scratch: &mut Vec<Place>, to: &mut Vec<u8>) {
    let mut parts = shape.parts();
    if let (1, Some(part)) = (parts.len(), parts.next())
        && let (1, Some(ring)) = (part.rings().len(), part.rings().next())
    {
        push_places(ring, scratch);
        if shape.kind.dimension() == Some(2) {
            make_canonical(scratch, true);
        }
        push_count(1, to);
        push_count(1, to);
        push_count(scratch.len(), to);
        to.extend_from_slice(bytemuck::cast_slice(scratch));
        return;
    }
    let parts = canonical(shape);
    push_count(parts.len(), to);
    for rings in &parts {
        push_count(rings.len(), to);
        for ring in rings {
            push_count(ring.len(), to);
            to.extend_from_slice(bytemuck::cast_slice(ring));
        }
    }
}

/// Numbers as text to twelve digits, which is slow, and most of them come again.
struct Numbers {
    known: Vec<(u64, u8, [u8; 24])>,
}

impl Numbers {
    fn new() -> Self {
        Self {
            known: vec![(0, 0, [0; 24]); 1 << 12],
        }
    }

    fn push(&mut self, number: f64, to: &mut Vec<u8>) {
        use std::io::Write as _;
        let bits = number.to_bits();
        let slot = bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 52;
        let known = &mut self.known[slot as usize];
        if known.1 == 0 || known.0 != bits {
            let mut text = [0; 24];
            let mut rest = &mut text[..];
            // Sign, twelve digits, a point and an exponent of three digits have room.
            let _ = write!(rest, "{number:.11e}");
            let length = 24 - rest.len();
            *known = (bits, without_zeros(&mut text, length) as u8, text);
        }
        to.extend_from_slice(&known.2[..usize::from(known.1)]);
    }
}

/// Takes the zeros from the end of a mantissa, and gives the length that is left.
fn without_zeros(text: &mut [u8; 24], length: usize) -> usize {
    let Some(exponent) = text[..length].iter().position(|&byte| byte == b'e') else {
        return length;
    };
    let zeros = text[..exponent]
        .iter()
        .rev()
        .take_while(|&&byte| byte == b'0')
        .count();
    text.copy_within(exponent..length, exponent - zeros);
    length - zeros
}

/// Adds a value; null and empty text are one.
fn push_value(column: &Column, row: usize, numbers: &mut Numbers, to: &mut Vec<u8>) {
    match column {
        Column::Text(column) => match column.codes[row] {
            NULL_CODE => to.push(b'0'),
            code => match column.entry(code) {
                "" => to.push(b'0'),
                text => {
                    to.push(b't');
                    push_count(text.len(), to);
                    to.extend_from_slice(text.as_bytes());
                }
            },
        },
        Column::Integer(rows) if rows[row] != NULL_INTEGER => {
            to.push(b'i');
            to.extend_from_slice(&rows[row].to_le_bytes());
        }
        // Adding zero makes the two zeros one.
        Column::Real(rows) if !rows[row].is_nan() => {
            to.push(b'r');
            numbers.push(rows[row] + 0.0, to);
            to.push(b';');
        }
        Column::Bool(rows) if rows[row] != NULL_BOOL => {
            to.push(if rows[row] != 0 { b'y' } else { b'n' });
        }
        Column::Date(rows) if rows[row] != NULL_DATE => {
            to.push(b'd');
            to.extend_from_slice(&rows[row].to_le_bytes());
        }
        Column::DateTime(rows) if rows[row] != NULL_INTEGER => {
            to.push(b'm');
            to.extend_from_slice(&rows[row].to_le_bytes());
        }
        _ => to.push(b'0'),
    }
}

/// The hash of what a layer says, the same for the same content in any order and any format.
///
/// Each feature has a hash of its own, taken in the order of the file, where its coordinates and values lie
/// together; the hash of the layer is that of its features by id. Going through the rows by id instead costs
/// a cache miss for every array, which is most of what a layer of a million features costs.
pub fn content_hash(layer: &Layer) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut fields: Vec<usize> = (0..layer.table.fields.len()).collect();
    fields.sort_by_key(|&at| &layer.table.fields[at].name);
    let head = (
        "parat content 3",
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
    let (mut scratch, mut bytes, mut numbers) = (vec![], vec![], Numbers::new());
    let mut rows: Vec<(u64, [u8; BYTES])> = Vec::with_capacity(layer.ids.len());
    for (row, id) in layer.ids.iter().enumerate() {
        bytes.clear();
        push_shape(&layer.shapes.get(row), &mut scratch, &mut bytes);
        for &field in &fields {
            push_value(&layer.table.columns[field], row, &mut numbers, &mut bytes);
        }
        let mut own = [0; BYTES];
        own.copy_from_slice(&blake3::hash(&bytes).as_bytes()[..BYTES]);
        rows.push((id.0, own));
    }
    rows.sort_unstable();
    for chunk in rows.chunks(1 << 12) {
        bytes.clear();
        for (id, own) in chunk {
            bytes.extend_from_slice(&id.to_le_bytes());
            bytes.extend_from_slice(own);
        }
        hasher.update(&bytes);
    }
    let mut text = hasher.finalize().to_hex().to_string();
    text.truncate(BYTES * 2);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_is_that_of_the_standard_library() {
        for number in [
            0.0,
            -0.0,
            0.5,
            -0.5,
            0.499_999_999,
            1.5,
            -2.5,
            775_946_001.499,
            -1.8e9,
            2e9,
            1e300,
            f64::NAN,
        ] {
            assert_eq!(rounded(number), number.round() as i32, "{number}");
        }
    }
}

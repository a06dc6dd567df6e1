//! The glyphs of a range as the protobuf that map clients read (`glyphs.proto`: a stack has a name, a range
//! and glyphs; a glyph has an id, a picture, its width and height, where it stands, and how far the pen goes).

use ttf_parser::Face;

use super::{
    RANGE,
    files::Fonts,
    outline::{Lines, SIZE},
};

/// The height of the baseline below the upper edge of a line, in pixels: that of Noto Sans, for all scripts,
/// so that they stand on one line.
const ASCENT: i32 = 26;

/// The glyphs of the letters from `first` on, each from the first font that has it.
pub(super) fn pbf(fonts: &Fonts, names: &[&str], asked: &str, first: u32) -> Vec<u8> {
    let faces: Vec<Face<'_>> = names
        .iter()
        .flat_map(|name| fonts.files(name))
        .filter_map(|bytes| Face::parse(bytes, 0).ok())
        .collect();
    let mut stack = vec![];
    field_bytes(&mut stack, 1, asked.as_bytes());
    field_bytes(
        &mut stack,
        2,
        format!("{first}-{}", first + RANGE - 1).as_bytes(),
    );
    for code in first..first + RANGE {
        let Some(letter) = char::from_u32(code) else {
            continue;
        };
        if let Some(glyph) = faces.iter().find_map(|face| glyph(face, letter)) {
            field_bytes(&mut stack, 3, &glyph);
        }
    }
    let mut out = vec![];
    field_bytes(&mut out, 1, &stack);
    out
}

fn glyph(face: &Face<'_>, letter: char) -> Option<Vec<u8>> {
    let id = face.glyph_index(letter)?;
    let units = face.units_per_em();
    let advance = f32::from(face.glyph_hor_advance(id)?) * SIZE / f32::from(units.max(1));
    let mut lines = Lines::new(units);
    face.outline_glyph(id, &mut lines);
    let picture = lines.picture();
    let mut out = vec![];
    field_number(&mut out, 1, u64::from(u32::from(letter)));
    if let Some(picture) = &picture {
        field_bytes(&mut out, 2, &picture.bytes);
    }
    let (width, height, left, top) = picture.map_or((0, 0, 0, 0), |picture| {
        (
            picture.width,
            picture.height,
            picture.left,
            picture.top - ASCENT,
        )
    });
    field_number(&mut out, 3, u64::from(width));
    field_number(&mut out, 4, u64::from(height));
    field_number(&mut out, 5, zigzag(left));
    field_number(&mut out, 6, zigzag(top));
    field_number(&mut out, 7, advance.round().max(0.0) as u64);
    Some(out)
}

fn zigzag(number: i32) -> u64 {
    u64::from(((number << 1) ^ (number >> 31)) as u32)
}

fn field_number(out: &mut Vec<u8>, field: u8, number: u64) {
    out.push(field << 3);
    varint(out, number);
}

fn field_bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

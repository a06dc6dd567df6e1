//! What a map draws with beside its tiles: glyphs and sprites.

use super::{BASE, get, json};

/// The fields of a protobuf message: numbers, and bytes.
fn message(mut bytes: &[u8]) -> Vec<(u64, Result<u64, Vec<u8>>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut number = 0;
        for shift in (0..).step_by(7) {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        number
    }
    let mut found = vec![];
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let number = varint(&mut bytes);
        if key & 7 == 2 {
            let (own, rest) = bytes.split_at(number as usize);
            found.push((key >> 3, Err(own.to_vec())));
            bytes = rest;
        } else {
            found.push((key >> 3, Ok(number)));
        }
    }
    found
}

#[test]
fn glyphs_come_in_ranges_of_every_script_or_not_at_all() {
    let fonts = json("/fonts");
    if fonts["fonts"].as_array().is_none_or(Vec::is_empty) {
        println!("skipped: 1 test (no fonts)");
        assert_eq!(get("/fonts/Noto%20Sans/0-255.pbf").status, 404);
        assert!(json("/styles/city")["glyphs"].is_null());
        return;
    }
    // Latin, Devanagari, Bengali, Tamil.
    for (range, letter) in [
        ("0-255", 'A'),
        ("2304-2559", 'क'),
        ("2304-2559", 'ক'),
        ("2816-3071", 'த'),
    ] {
        let answer = get(&format!("/fonts/Noto%20Sans,sans-serif/{range}.pbf"));
        assert_eq!(answer.status, 200, "{range}");
        let whole = message(&answer.body);
        let (1, Err(stack)) = &whole[0] else {
            panic!("a stack is wanted")
        };
        let glyph = message(stack)
            .into_iter()
            .filter_map(|(field, value)| (field == 3).then(|| message(&value.expect_err("bytes"))))
            .find(|glyph| glyph[0] == (1, Ok(u64::from(u32::from(letter)))))
            .unwrap_or_else(|| panic!("no {letter}"));
        let number = |wanted: u64| {
            let (_, value) = glyph
                .iter()
                .find(|(field, _)| *field == wanted)
                .expect("there");
            *value.as_ref().expect("a number")
        };
        let (wide, high) = (number(3), number(4));
        assert!(
            (5..40).contains(&wide) && (8..40).contains(&high),
            "{letter}"
        );
        assert!((5..40).contains(&number(7)), "{letter}");
        let picture = glyph[1].1.as_ref().expect_err("bytes");
        assert_eq!(picture.len() as u64, (wide + 6) * (high + 6));
        // The outline has an inside and an outside.
        assert!(
            picture.iter().any(|&byte| byte > 200) && picture.contains(&0),
            "{letter}"
        );
    }
    for path in [
        "/fonts/Comic/0-255.pbf",
        "/fonts/Noto%20Sans/1-256.pbf",
        "/fonts/Noto%20Sans/0-255",
    ] {
        assert_eq!(get(path).status, 404, "{path}");
    }
    let style = json("/styles/city");
    assert_eq!(
        style["glyphs"],
        format!("{BASE}/fonts/{{fontstack}}/{{range}}.pbf")
    );
    let writes = style["layers"]
        .as_array()
        .expect("layers")
        .iter()
        .filter(|layer| layer["layout"]["text-field"] != serde_json::Value::Null)
        .count();
    assert!(writes >= 2, "{writes}");
}

#[test]
fn sprites_have_every_picture_that_a_style_names() {
    let index = json("/sprites/parat.json");
    let double = json("/sprites/parat@2x.json");
    for layer in json("/styles/city")["layers"].as_array().expect("layers") {
        if let Some(name) = layer["layout"]["icon-image"].as_str() {
            assert!(
                index[name].is_object() && double[name]["pixelRatio"] == 2,
                "{name}"
            );
        }
    }
    for (path, wide) in [
        ("/sprites/parat.png", 192_u32),
        ("/sprites/parat@2x.png", 384),
    ] {
        let answer = get(path);
        assert_eq!(answer.header("content-type"), "image/png");
        assert!(answer.body.starts_with(b"\x89PNG"));
        assert_eq!(answer.body[16..20], wide.to_be_bytes());
    }
    for path in [
        "/sprites/parat",
        "/sprites/other.json",
        "/sprites/parat@3x.png",
    ] {
        assert_eq!(get(path).status, 404, "{path}");
    }
}

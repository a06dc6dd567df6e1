//! `/sprites/parat{,@2x}.{json,png}`: pictures for the standard layers of points, drawn here.
//!
//! Each is a coloured disc with a white mark put together from boxes, discs and triangles, so that there
//! is no file to look after and every size is sharp.

use std::{io::Write as _, sync::LazyLock};

use axum::{
    extract::{Path, State},
    http::request::Parts,
    response::Response,
};
use flate2::{Compression, write::ZlibEncoder};
use serde_json::{Map, Value, json};

use super::{
    error::{self, Problem},
    extract::Ask,
    negotiate::Media,
    ops,
    reply::{Reply, WEEK},
    site::Site,
};

/// Pixels along a picture's side, at the plain size.
const SIDE: u32 = 24;
/// Pictures beside each other on the sheet.
const ACROSS: u32 = 8;

/// A part of a mark. The picture runs from -1 to 1 on both axes, y downwards.
enum Part {
    /// Middle, half width, half height.
    Box(f32, f32, f32, f32),
    /// Middle, radius.
    Disc(f32, f32, f32),
    /// Three corners, clockwise on the screen.
    Triangle([[f32; 2]; 3]),
}

use Part::{Box, Disc, Triangle};

/// The layers, their colours and marks.
const PICTURES: &[(&str, u32, &[Part])] = &[
    (
        "burial_site",
        0x6b_6b_6b,
        &[Box(0.0, 0.05, 0.09, 0.5), Box(0.0, -0.15, 0.3, 0.09)],
    ),
    (
        "community",
        0x8a_5a_44,
        &[
            Disc(-0.25, -0.2, 0.17),
            Disc(0.25, -0.2, 0.17),
            Box(-0.25, 0.25, 0.2, 0.2),
            Box(0.25, 0.25, 0.2, 0.2),
        ],
    ),
    (
        "emergency",
        0xb0_3a_2e,
        &[Triangle([[0.0, -0.5], [0.5, 0.35], [-0.5, 0.35]])],
    ),
    (
        "flood_spot",
        0x2e_6d_a4,
        &[
            Box(0.0, -0.2, 0.5, 0.08),
            Box(0.0, 0.05, 0.5, 0.08),
            Box(0.0, 0.3, 0.5, 0.08),
        ],
    ),
    (
        "health",
        0xc0_39_2b,
        &[Box(0.0, 0.0, 0.14, 0.45), Box(0.0, 0.0, 0.45, 0.14)],
    ),
    (
        "heritage",
        0x8e_6b_23,
        &[
            Triangle([[0.0, -0.5], [0.5, -0.15], [-0.5, -0.15]]),
            Box(-0.3, 0.12, 0.08, 0.2),
            Box(0.0, 0.12, 0.08, 0.2),
            Box(0.3, 0.12, 0.08, 0.2),
            Box(0.0, 0.42, 0.48, 0.08),
        ],
    ),
    (
        "manhole",
        0x55_5b_61,
        &[
            Disc(-0.22, -0.22, 0.11),
            Disc(0.22, -0.22, 0.11),
            Disc(-0.22, 0.22, 0.11),
            Disc(0.22, 0.22, 0.11),
        ],
    ),
    (
        "market",
        0x9c_5f_1a,
        &[
            Box(0.0, 0.18, 0.4, 0.25),
            Triangle([[-0.5, -0.1], [-0.3, -0.42], [-0.1, -0.1]]),
            Triangle([[-0.2, -0.1], [0.0, -0.42], [0.2, -0.1]]),
            Triangle([[0.1, -0.1], [0.3, -0.42], [0.5, -0.1]]),
        ],
    ),
    (
        "parking",
        0x2c_5a_a0,
        &[Box(-0.18, 0.0, 0.1, 0.48), Disc(0.05, -0.2, 0.28)],
    ),
    (
        "power_asset",
        0xb8_86_0b,
        &[
            Triangle([[0.15, -0.55], [0.1, 0.1], [-0.32, 0.1]]),
            Triangle([[-0.15, 0.55], [-0.1, -0.1], [0.32, -0.1]]),
        ],
    ),
    (
        "school",
        0x5b_4b_8a,
        &[
            Triangle([[0.0, -0.42], [0.55, -0.1], [-0.55, -0.1]]),
            Triangle([[-0.55, -0.1], [0.55, -0.1], [0.0, 0.18]]),
            Box(0.0, 0.25, 0.28, 0.12),
        ],
    ),
    (
        "sensor",
        0x3b_7a_7a,
        &[
            Disc(0.0, 0.0, 0.16),
            Box(-0.4, 0.0, 0.06, 0.3),
            Box(0.4, 0.0, 0.06, 0.3),
        ],
    ),
    (
        "sewage_plant",
        0x5d_6d_3a,
        &[
            Disc(-0.25, 0.0, 0.22),
            Disc(0.25, 0.0, 0.22),
            Box(0.0, 0.38, 0.48, 0.07),
        ],
    ),
    (
        "signal",
        0x3d_3d_3d,
        &[
            Disc(0.0, -0.34, 0.14),
            Disc(0.0, 0.0, 0.14),
            Disc(0.0, 0.34, 0.14),
        ],
    ),
    (
        "street_light",
        0xa0_7d_1c,
        &[
            Box(-0.15, 0.1, 0.06, 0.42),
            Box(0.05, -0.35, 0.25, 0.06),
            Disc(0.3, -0.2, 0.14),
        ],
    ),
    (
        "toilet",
        0x1f_7a_8c,
        &[
            Disc(-0.25, -0.3, 0.13),
            Box(-0.25, 0.15, 0.13, 0.3),
            Disc(0.25, -0.3, 0.13),
            Triangle([[0.25, -0.15], [0.5, 0.45], [0.0, 0.45]]),
        ],
    ),
    (
        "transit_stop",
        0x2f_5d_8a,
        &[
            Box(0.0, -0.08, 0.38, 0.32),
            Disc(-0.22, 0.34, 0.1),
            Disc(0.22, 0.34, 0.1),
        ],
    ),
    (
        "tree",
        0x3f_7d_3f,
        &[Disc(0.0, -0.15, 0.34), Box(0.0, 0.33, 0.08, 0.2)],
    ),
    (
        "waste_bin",
        0x4a_6b_4a,
        &[Box(0.0, -0.38, 0.36, 0.07), Box(0.0, 0.1, 0.28, 0.36)],
    ),
    (
        "waste_site",
        0x6f_5a_3a,
        &[
            Triangle([[0.0, -0.3], [0.5, 0.4], [-0.5, 0.4]]),
            Box(0.0, -0.36, 0.1, 0.12),
        ],
    ),
    (
        "water_asset",
        0x1f_6f_b0,
        &[
            Triangle([[0.0, -0.55], [0.27, 0.0], [-0.27, 0.0]]),
            Disc(0.0, 0.14, 0.3),
        ],
    ),
];

/// True where a layer has a picture.
pub(super) fn has(layer: &str) -> bool {
    PICTURES.iter().any(|(name, ..)| *name == layer)
}

/// The sheets, plain and at twice the size.
static SHEETS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| [sheet(1), sheet(2)]);

/// `/sprites/{name}`.
pub(super) async fn sprite(
    State(_): State<Site>,
    Path(name): Path<String>,
    parts: Parts,
) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::SPRITE, parts)?;
    let unknown = || {
        Problem::new(
            error::NOT_FOUND,
            "there are parat.json, parat.png, parat@2x.json and parat@2x.png",
        )
    };
    let rest = name.strip_prefix("parat").ok_or_else(unknown)?;
    let (times, ending) = rest
        .strip_prefix("@2x")
        .map_or((1, rest), |ending| (2, ending));
    let reply = match ending {
        ".json" => {
            let body = serde_json::to_vec(&index(times)).expect("a value is JSON");
            Reply::new(Media::Json.types()[0], body)
        }
        ".png" => Reply::new(Media::Png.types()[0], SHEETS[times as usize - 1].clone()),
        _ => return Err(unknown()),
    };
    Ok(reply.cached(WEEK).send(&ask.headers))
}

/// Where each picture stands on the sheet.
fn index(times: u32) -> Value {
    let side = SIDE * times;
    PICTURES
        .iter()
        .zip(0_u32..)
        .map(|((name, ..), at)| {
            let place = json!({
                "x": at % ACROSS * side, "y": at / ACROSS * side, "width": side, "height": side, "pixelRatio": times,
            });
            ((*name).to_owned(), place)
        })
        .collect::<Map<_, _>>()
        .into()
}

/// All pictures as one PNG.
fn sheet(times: u32) -> Vec<u8> {
    let side = SIDE * times;
    let down = (PICTURES.len() as u32).div_ceil(ACROSS);
    let (width, height) = (ACROSS * side, down * side);
    let mut rows = vec![];
    for y in 0..height {
        // No filter.
        rows.push(0);
        for x in 0..width {
            let at = (y / side * ACROSS + x / side) as usize;
            let pixel = PICTURES.get(at).map_or([0; 4], |(_, colour, mark)| {
                let unit = |v: u32| ((v % side) as f32 + 0.5) / side as f32 * 2.0 - 1.0;
                pixel(*colour, mark, unit(x), unit(y), 2.0 / side as f32)
            });
            rows.extend(pixel);
        }
    }
    png(width, height, &rows)
}

/// A picture's colour at a place; `soft` is the width of a pixel.
fn pixel(colour: u32, mark: &[Part], x: f32, y: f32, soft: f32) -> [u8; 4] {
    // How much of the pixel lies within, from the distance to the edge.
    let within = |far: f32| (0.5 - far / soft).clamp(0.0, 1.0);
    let round = f32::hypot(x, y);
    let (rim, disc) = (within(round - 0.94), within(round - 0.82));
    let white = mark
        .iter()
        .map(|part| within(distance(part, x, y)))
        .fold(0.0, f32::max);
    let shade = [16, 8, 0].map(|shift| {
        let own = ((colour >> shift) & 0xff) as f32;
        let filled = 255.0 + (own - 255.0) * disc;
        (filled + (255.0 - filled) * white).round() as u8
    });
    [shade[0], shade[1], shade[2], (rim * 255.0).round() as u8]
}

/// The distance of a place to a part; negative within.
fn distance(part: &Part, x: f32, y: f32) -> f32 {
    match *part {
        Box(cx, cy, wide, high) => f32::max((x - cx).abs() - wide, (y - cy).abs() - high),
        Disc(cx, cy, radius) => f32::hypot(x - cx, y - cy) - radius,
        Triangle(corners) => (0..3)
            .map(|at| {
                let ([ax, ay], [bx, by]) = (corners[at], corners[(at + 1) % 3]);
                let (dx, dy) = (bx - ax, by - ay);
                ((x - ax) * -dy + (y - ay) * dx) / -f32::hypot(dx, dy)
            })
            .fold(f32::NEG_INFINITY, f32::max),
    }
}

/// A PNG of eight bits a channel with transparency; `rows` have their filter byte before them.
fn png(width: u32, height: u32, rows: &[u8]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut chunk = |name: &[u8; 4], data: &[u8]| {
        out.extend((data.len() as u32).to_be_bytes());
        out.extend(name);
        out.extend(data);
        let mut sum = flate2::Crc::new();
        sum.update(name);
        sum.update(data);
        out.extend(sum.sum().to_be_bytes());
    };
    let mut head = vec![];
    head.extend(width.to_be_bytes());
    head.extend(height.to_be_bytes());
    // Eight bits, red green blue and transparency, the only compression and filter, not interlaced.
    head.extend([8, 6, 0, 0, 0]);
    chunk(b"IHDR", &head);
    let mut packed = ZlibEncoder::new(vec![], Compression::best());
    packed.write_all(rows).expect("memory takes every byte");
    chunk(b"IDAT", &packed.finish().expect("memory takes every byte"));
    chunk(b"IEND", &[]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_picture_has_its_disc_its_mark_and_nothing_at_its_corners() {
        for (name, colour, mark) in PICTURES {
            assert_eq!(pixel(*colour, mark, -0.99, -0.99, 0.05)[3], 0, "{name}");
            let mut white = 0;
            for y in 0..48_u8 {
                for x in 0..48_u8 {
                    let at = |v: u8| f32::from(v) / 24.0 - 1.0;
                    if f32::hypot(at(x), at(y)) < 0.7 {
                        white += u32::from(pixel(*colour, mark, at(x), at(y), 0.04) == [255; 4]);
                    }
                }
            }
            assert!((60..700).contains(&white), "{name}: {white}");
        }
    }

    #[test]
    fn every_triangle_is_clockwise_so_that_its_middle_lies_within() {
        for (name, _, mark) in PICTURES {
            for part in *mark {
                if let Triangle(corners) = part {
                    let [x, y] =
                        [0, 1].map(|axis| corners.iter().map(|at| at[axis]).sum::<f32>() / 3.0);
                    assert!(distance(part, x, y) < 0.0, "{name}");
                }
            }
        }
    }
}

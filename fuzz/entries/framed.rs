//! Files whose frames are right and whose insides come from bytes, so that a fuzzer does not spend its time
//! on finding magic numbers: it says what the parts hold, and how the frame lies.

use super::Taker;

const NAMES: [&str; 16] = [
    "a.geojson",
    "a.shp",
    "a.dbf",
    "a.shx",
    "a.prj",
    "a.cpg",
    "b.csv",
    "b.kml",
    "b.gml",
    "b.gpkg",
    "b.fgb",
    "b.xlsx",
    "x.metadata.json",
    "../up.geojson",
    "in/doc.kml",
    "A.SHP",
];

/// An archive of the members that the bytes say, and the name it goes by. A member is a byte for its name,
/// one for how its entry lies, two for its length, and its bytes.
pub(super) fn archive(bytes: &[u8]) -> (&'static str, Vec<u8>) {
    let mut from = Taker(bytes);
    let name = if from.byte() % 4 == 3 {
        "x.kmz"
    } else {
        "x.zip"
    };
    let (mut out, mut list, mut count) = (vec![], vec![], 0_u16);
    while !from.0.is_empty() && count < 40 {
        let (member, lie) = (from.byte(), from.byte());
        let length = usize::from(from.word());
        let data = from.some(length);
        let own = NAMES[usize::from(member % 16)];
        let own = match member >> 6 {
            0 | 1 => own.to_owned(),
            2 => format!("f{}/{own}", member >> 4 & 3),
            _ => format!(
                "वार्ड {}.{}",
                member >> 4 & 3,
                own.rsplit('.').next().unwrap_or("")
            ),
        };
        let (method, body, checksum) = (
            if lie & 0x30 == 0x30 { 8 } else { 0 },
            if lie & 0x30 == 0x30 {
                [
                    &[
                        1,
                        data.len() as u8,
                        (data.len() >> 8) as u8,
                        !data.len() as u8,
                        (!data.len() >> 8) as u8,
                    ],
                    data,
                ]
                .concat()
            } else {
                data.to_vec()
            },
            crc(data).wrapping_add(u32::from(lie & 0x0f == 1)),
        );
        let unpacked = match lie & 0x0f {
            2 => u32::MAX,
            3 => 1 << 30,
            _ => data.len() as u32,
        };
        let packed = body.len() as u32 + u32::from(lie & 0x0f == 4);
        let at = if lie & 0x0f == 5 { 0 } else { out.len() as u32 };
        let mut common = vec![20, 0];
        common.extend(u16::to_le_bytes(0x0800 | u16::from(lie & 0x0f == 6)));
        common.extend(u16::to_le_bytes(method));
        common.extend([0; 4]);
        for number in [checksum, packed, unpacked] {
            common.extend(number.to_le_bytes());
        }
        common.extend((own.len() as u16).to_le_bytes());
        common.extend([0; 2]);
        out.extend(b"PK\x03\x04");
        out.extend(&common);
        out.extend(own.as_bytes());
        out.extend(&body);
        let mode: u32 = if lie & 0x0f == 7 {
            0o120_777
        } else {
            0o100_644
        };
        list.extend(b"PK\x01\x02\x14\x03");
        list.extend(&common);
        list.extend([0; 6]);
        list.extend((mode << 16).to_le_bytes());
        list.extend(at.to_le_bytes());
        list.extend(own.as_bytes());
        count += 1;
    }
    let (begin, length) = (out.len() as u32, list.len() as u32);
    out.extend(list);
    out.extend(b"PK\x05\x06\0\0\0\0");
    out.extend(count.to_le_bytes());
    out.extend(count.to_le_bytes());
    out.extend(length.to_le_bytes());
    out.extend(begin.to_le_bytes());
    out.extend([0; 2]);
    (name, out)
}

/// CRC-32 of a zip (APPNOTE 4.4.7).
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |mut sum, byte| {
        sum ^= u32::from(*byte);
        for _ in 0..8 {
            sum = sum >> 1 ^ if sum & 1 == 1 { 0xEDB8_8320 } else { 0 };
        }
        sum
    })
}

const KINDS: [i32; 14] = [0, 1, 3, 5, 8, 11, 13, 15, 18, 21, 23, 25, 28, 31];

/// The five parts of a shapefile. Records are kind, counts and places of the bytes' choosing inside lengths
/// that mostly hold; columns and cells of the table likewise; the rest is the .prj, the .cpg and the lies.
pub(super) fn shapefile(bytes: &[u8]) -> [Vec<u8>; 5] {
    let mut from = Taker(bytes);
    let (kind, lie, rows, columns) = (from.byte(), from.byte(), from.byte() % 24, from.byte() % 8);
    let kind = KINDS[usize::from(kind % 14)];
    let mut shp = vec![0; 100];
    shp[..4].copy_from_slice(&9994_i32.to_be_bytes());
    shp[28..32].copy_from_slice(&1000_i32.to_le_bytes());
    shp[32..36].copy_from_slice(&kind.to_le_bytes());
    let mut shx = shp.clone();
    for row in 0..rows {
        let body = record(kind, &mut from);
        let words = (body.len() / 2) as i32;
        let begin = (shp.len() / 2) as i32;
        shx.extend((begin + i32::from(lie & 1 != 0 && row == 2)).to_be_bytes());
        shx.extend(words.to_be_bytes());
        shp.extend((i32::from(row) + 1).to_be_bytes());
        shp.extend(
            (words + i32::from(lie & 2 != 0 && row == 1) * i32::from(from.byte())).to_be_bytes(),
        );
        shp.extend(body);
    }
    for file in [&mut shp, &mut shx] {
        let words = (file.len() / 2) as i32;
        file[24..28].copy_from_slice(&words.to_be_bytes());
    }
    let dbf = table(rows, columns, lie, &mut from);
    let cpg = from.some(8).to_vec();
    [shp, shx, dbf, from.0.to_vec(), cpg]
}

fn number(from: &mut Taker<'_>) -> f64 {
    match from.byte() {
        0 => f64::NAN,
        1 => f64::INFINITY,
        2 => -1e39,
        3 => f64::from_le_bytes(from.some(8).try_into().unwrap_or_default()),
        low => 77.5 + (f64::from(low) - 128.0) / 1000.0,
    }
}

fn record(kind: i32, from: &mut Taker<'_>) -> Vec<u8> {
    let how = from.byte();
    let kind = if how & 0xf0 == 0xf0 {
        KINDS[usize::from(how % 14)]
    } else {
        kind
    };
    let mut body = kind.to_le_bytes().to_vec();
    let place = |body: &mut Vec<u8>, from: &mut Taker<'_>| {
        body.extend(number(from).to_le_bytes());
        body.extend((number(from) - 64.6).to_le_bytes());
    };
    let multi = kind % 10 == 8;
    match kind % 10 {
        0 => {}
        1 if kind != 31 => {
            place(&mut body, from);
            for _ in 0..kind / 10 {
                body.extend(number(from).to_le_bytes());
            }
        }
        _ => {
            body.extend([0; 32]);
            let parts = if multi { 0 } else { 1 + how % 4 };
            let points = usize::from(from.byte() % 40);
            if !multi {
                body.extend(
                    (i32::from(parts) + i32::from(how & 0x80 != 0) * i32::from(from.byte() as i8))
                        .to_le_bytes(),
                );
            }
            body.extend(
                (points as i32 + i32::from(how & 0x40 != 0) * i32::from(from.byte() as i8))
                    .to_le_bytes(),
            );
            for part in 0..parts {
                let at = if part == 0 && how & 0x20 == 0 {
                    0
                } else {
                    i32::from(from.byte() as i8)
                };
                body.extend(at.to_le_bytes());
            }
            if kind == 31 {
                (0..parts).for_each(|_| body.extend(i32::from(from.byte() % 8).to_le_bytes()));
            }
            let begin = body.len();
            (0..points).for_each(|_| place(&mut body, from));
            // Rings that close are what gets furthest.
            if points > 2 && how & 0x10 == 0 {
                let first = body[begin..begin + 16].to_vec();
                let last = body.len() - 16;
                body[last..].copy_from_slice(&first);
            }
            for _ in 0..kind / 10 {
                (0..points + 2).for_each(|_| body.extend(number(from).to_le_bytes()));
            }
        }
    }
    if from.byte() == 255 {
        body.truncate(usize::from(from.byte()) * 2);
    }
    body
}

const FIELDS: [(&str, u8); 8] = [
    ("ward_no", b'N'),
    ("NAME", b'C'),
    ("ward_name", b'C'),
    ("AREA", b'F'),
    ("built", b'D'),
    ("lit", b'L'),
    ("ward_no", b'M'),
    ("\u{935}", b'C'),
];

fn table(rows: u8, columns: u8, lie: u8, from: &mut Taker<'_>) -> Vec<u8> {
    let language = from.byte();
    let mut lengths = vec![];
    let mut heads = vec![];
    for at in 0..columns {
        let how = from.byte();
        let (name, kind) = FIELDS[usize::from(how % 8)];
        let length = if how & 0x80 != 0 {
            from.byte()
        } else {
            1 + at * 3
        };
        let mut head = [0_u8; 32];
        head[..name.len()].copy_from_slice(name.as_bytes());
        if how & 0x40 != 0 {
            head[0] = from.byte();
        }
        head[11] = kind;
        head[16] = length;
        head[17] = how >> 4 & 3;
        heads.extend(head);
        lengths.push(length);
    }
    let width = 1 + lengths.iter().map(|length| u16::from(*length)).sum::<u16>();
    let mut dbf = vec![3, 126, 1, 1];
    let declared = u32::from(rows) + u32::from(lie & 4 != 0) * u32::from(from.word());
    dbf.extend(declared.to_le_bytes());
    dbf.extend((33 + heads.len() as u16 + u16::from(lie & 8 != 0)).to_le_bytes());
    dbf.extend((width + u16::from(lie & 16 != 0) * u16::from(from.byte())).to_le_bytes());
    dbf.extend([0; 17]);
    dbf.push(language);
    dbf.extend([0; 2]);
    dbf.extend(heads);
    dbf.push(0x0d);
    for _ in 0..rows {
        dbf.push(if from.byte() == 42 { b'*' } else { b' ' });
        for length in &lengths {
            let length = usize::from(*length);
            let mut cell = from.some(length).to_vec();
            cell.resize(length, b' ');
            dbf.extend(cell);
        }
    }
    dbf
}

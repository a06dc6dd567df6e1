//! Files that nobody sends who means well, made here byte by byte.

use std::io::{Cursor, Write as _};

use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

/// A file of one point.
pub(crate) const POINT: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[77.5,12.9]},"properties":{"name":"one"}}]}"#;

/// A zip archive.
pub(crate) fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    let packed = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in members {
        zip.start_file(*name, packed).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

/// An archive with a link in it.
pub(crate) fn link() -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    zip.add_symlink("a.geojson", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    zip.finish().unwrap().into_inner()
}

/// An archive of which the list says that its first member has ten bytes unpacked.
pub(crate) fn lying(mut archive: Vec<u8>) -> Vec<u8> {
    let list = archive
        .windows(4)
        .position(|bytes| bytes == b"PK\x01\x02")
        .unwrap();
    archive[list + 24..list + 28].copy_from_slice(&10_u32.to_le_bytes());
    archive
}

/// A .shp of points; its records are numbered from 1.
pub(crate) fn shp(points: &[[f64; 2]]) -> Vec<u8> {
    let mut bytes = vec![0; 100];
    bytes[..4].copy_from_slice(&9994_i32.to_be_bytes());
    bytes[28..32].copy_from_slice(&1000_i32.to_le_bytes());
    bytes[32..36].copy_from_slice(&1_i32.to_le_bytes());
    for (row, at) in points.iter().enumerate() {
        bytes.extend((row as i32 + 1).to_be_bytes());
        bytes.extend(10_i32.to_be_bytes());
        bytes.extend(1_i32.to_le_bytes());
        bytes.extend(at[0].to_le_bytes());
        bytes.extend(at[1].to_le_bytes());
    }
    let words = (bytes.len() / 2) as i32;
    bytes[24..28].copy_from_slice(&words.to_be_bytes());
    bytes
}

/// A .shx of two records that lie where nothing is.
pub(crate) fn lying_shx() -> Vec<u8> {
    let mut bytes = shp(&[])[..100].to_vec();
    bytes[24..28].copy_from_slice(&58_i32.to_be_bytes());
    for number in [i32::MAX, 10, -5, 10] {
        bytes.extend(number.to_be_bytes());
    }
    bytes
}

/// A .dbf with so many columns of one byte, that says it has so many rows and holds two.
pub(crate) fn dbf(columns: usize, says: u32) -> Vec<u8> {
    let mut bytes = vec![3, 126, 1, 1];
    bytes.extend(says.to_le_bytes());
    bytes.extend((33 + 32 * columns as u16).to_le_bytes());
    bytes.extend((1 + columns as u16).to_le_bytes());
    bytes.extend([0; 20]);
    for column in 0..columns {
        let mut field = [0; 32];
        let name = format!("c{column}");
        field[..name.len()].copy_from_slice(name.as_bytes());
        field[11] = b'C';
        field[16] = 1;
        bytes.extend(field);
    }
    bytes.push(0x0d);
    for _ in 0..2 {
        bytes.push(b' ');
        bytes.extend(vec![b'x'; columns]);
    }
    bytes
}

/// A KML of one point with words of its own before the document and in the name.
pub(crate) fn kml(doctype: &str, name: &str, more: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>{doctype}<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>{more}<Placemark>\
         <name>{name}</name><Point><coordinates>77,12</coordinates></Point></Placemark></Document></kml>"
    )
}

/// The same as GML.
pub(crate) fn gml(doctype: &str, name: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>{doctype}<ogr:FeatureCollection xmlns:ogr=\"http://ogr.maptools.org/\" \
         xmlns:gml=\"http://www.opengis.net/gml\"><gml:featureMember><ogr:place fid=\"p.0\">\
         <ogr:name>{name}</ogr:name></ogr:place></gml:featureMember></ogr:FeatureCollection>"
    )
}

/// Entities that grow sixfold thirty times.
pub(crate) fn laughs() -> String {
    let mut doctype = String::from("<!DOCTYPE kml [<!ENTITY a0 \"lol\">");
    for level in 1..30 {
        doctype += &format!(
            "<!ENTITY a{level} \"{}\">",
            format!("&a{};", level - 1).repeat(6)
        );
    }
    doctype + "]>"
}

/// A workbook of one sheet with these rows of XML, under a dimension that claims everything.
pub(crate) fn workbook(rows: &str) -> Vec<u8> {
    let (office, package) = (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships",
        "http://schemas.openxmlformats.org/package/2006/relationships",
    );
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let related = |kind: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"{package}\"><Relationship Id=\"r1\" Type=\"{office}/{kind}\" Target=\"{target}\"/></Relationships>"
        )
    };
    let book = format!(
        "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\"><sheets><sheet name=\"s\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
    );
    let sheet = format!(
        "<worksheet xmlns=\"{main}\"><dimension ref=\"A1:XFD1048576\"/><sheetData>{rows}</sheetData></worksheet>"
    );
    archive(&[
        (
            "_rels/.rels",
            related("officeDocument", "xl/workbook.xml").as_bytes(),
        ),
        ("xl/workbook.xml", book.as_bytes()),
        (
            "xl/_rels/workbook.xml.rels",
            related("worksheet", "worksheets/sheet1.xml").as_bytes(),
        ),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ])
}

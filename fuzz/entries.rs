//! What strangers' bytes meet, as functions of bytes alone. The fuzz targets call them under libFuzzer; the
//! test `fuzz` of the suite calls them with the corpus and with what a die makes of it. None may panic, and
//! each gives back how much it understood, so that a test can see that it was not all refused at the door.

use std::fs;

use parat::{
    model::TileId,
    query::Filter,
    read::{self, ReadOptions},
    report,
    standard::{LayerStandard, Standards},
    validate::Report,
};

/// An entry: its name, which is that of its target and of its folder of the corpus, and the function.
pub type Entry = (&'static str, fn(&[u8]) -> usize);

/// All of them.
pub const ENTRIES: &[Entry] = &[
    ("container", container),
    ("shapefile", shapefile),
    ("csv", csv),
    ("standard", standard),
    ("report", report),
    ("cql2", cql2),
    ("tile", tile),
];

fn read_as(files: &[(&str, &[u8])]) -> usize {
    let Ok(folder) = tempfile::tempdir() else {
        return 0;
    };
    for (name, bytes) in files {
        if fs::write(folder.path().join(name), bytes).is_err() {
            return 0;
        }
    }
    read::layers(&folder.path().join(files[0].0), &ReadOptions::default()).map_or(0, |delivery| {
        delivery
            .layers
            .iter()
            .map(parat::model::RawLayer::len)
            .sum()
    })
}

/// A zip archive with whatever is in it.
pub fn container(bytes: &[u8]) -> usize {
    read_as(&[("x.zip", bytes)])
}

/// A .shp and a .dbf: two bytes say how long the first is.
pub fn shapefile(bytes: &[u8]) -> usize {
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else {
        return 0;
    };
    let (shp, dbf) = rest.split_at(usize::from(u16::from_le_bytes(*length)).min(rest.len()));
    read_as(&[("x.shp", shp), ("x.dbf", dbf)])
}

/// A table as text.
pub fn csv(bytes: &[u8]) -> usize {
    read_as(&[("x.csv", bytes)])
}

/// A layer's file of a standard.
pub fn standard(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    toml::from_str::<LayerStandard>(&text).map_or(0, |layer| 1 + layer.fields.len())
}

/// A kept report, in every form and language.
pub fn report(bytes: &[u8]) -> usize {
    let Ok(found) = serde_json::from_slice::<Report>(bytes) else {
        return 0;
    };
    let standards = Standards::builtin();
    let look = report::Look {
        language: "hi",
        width: 60,
        colour: false,
    };
    let mut length = report::json(&found).len() + report::text(&found, standards, &look).len();
    for language in ["en", "hi"] {
        let found = found.in_language(standards.messages(), language);
        length += report::html(std::slice::from_ref(&*found), standards, language).len();
        length += report::csv(&found).len() + report::geojson(&found).len();
    }
    length
}

/// A filter as text, or as JSON.
pub fn cql2(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let json = serde_json::from_slice(bytes).is_ok_and(|json| Filter::parse_json(&json).is_ok());
    usize::from(Filter::parse_text(&text).is_ok()) + usize::from(json)
}

/// Zoom, column and row of a tile.
pub fn tile(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let mut parts = text.trim().split('/');
    let mut next = || parts.next()?.parse::<u32>().ok();
    let (Some(z), Some(x), Some(y)) = (next(), next(), next()) else {
        return 0;
    };
    let Some(id) = u8::try_from(z).ok().and_then(|z| TileId::new(z, x, y)) else {
        return 0;
    };
    let [west, south, east, north] = id.world_box(parat::model::grid::BUFFER);
    assert!(west <= east && south <= north, "{text}");
    1
}

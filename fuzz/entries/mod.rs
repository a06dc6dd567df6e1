//! What strangers' bytes meet, as functions of bytes alone. The fuzz targets call them under libFuzzer; the
//! test `fuzz` of the suite calls them with the corpus and with what a die makes of it. None may panic, and
//! each gives back how much it understood, so that a test can see that it was not all refused at the door.

mod drawn;
mod framed;
mod judged;
mod letter;

use std::{cell::Cell, fs};

use parat::{
    indicator::Sheet,
    query::Filter,
    read::{self, Delivery, ReadOptions},
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
    ("judged", judged::judged),
    ("sheet", sheet),
    ("cql2", cql2),
    ("tile", drawn::tile),
];

/// The entry of a name.
///
/// # Panics
/// Without an entry of that name.
pub fn of(name: &str) -> fn(&[u8]) -> usize {
    let found = ENTRIES.iter().find(|(own, _)| *own == name);
    found.expect("an entry of this name").1
}

/// Takes numbers and bytes off the front; zeros and nothing when there are no more.
pub struct Taker<'a>(pub &'a [u8]);

impl<'a> Taker<'a> {
    /// The next byte.
    pub fn byte(&mut self) -> u8 {
        let Some((&first, rest)) = self.0.split_first() else {
            return 0;
        };
        self.0 = rest;
        first
    }

    /// Two bytes as a number.
    pub fn word(&mut self) -> u16 {
        u16::from_le_bytes([self.byte(), self.byte()])
    }

    /// The next bytes, as many as there are.
    pub fn some(&mut self, count: usize) -> &'a [u8] {
        let (own, rest) = self.0.split_at(count.min(self.0.len()));
        self.0 = rest;
        own
    }
}

thread_local! {
    static HEARD: Cell<fn(&Delivery)> = const { Cell::new(|_| ()) };
}

/// What else is asked, on this thread, of every delivery that bytes become.
pub fn hear(with: fn(&Delivery)) {
    HEARD.set(with);
}

/// What a file and what lies beside it give, each layer also judged.
fn read_as(files: &[(&str, &[u8])]) -> usize {
    let Ok(folder) = tempfile::tempdir() else {
        return 0;
    };
    for (name, bytes) in files {
        if fs::write(folder.path().join(name), bytes).is_err() {
            return 0;
        }
    }
    let path = folder.path().join(files[0].0);
    let Ok(delivery) = read::layers(&path, &ReadOptions::default()) else {
        return 0;
    };
    assert!(
        !delivery.layers.is_empty() || !delivery.refused.is_empty(),
        "an answer says something"
    );
    HEARD.get()(&delivery);
    let mut rows = 0;
    for layer in delivery.layers {
        rows += layer.len();
        if layer.len() <= 200 {
            judged::through_the_gate(layer, None, &parat::validate::Repairs::safe());
        }
    }
    rows
}

/// A zip archive: bytes that begin as one are taken as they are, others say what a sound one holds.
pub fn container(bytes: &[u8]) -> usize {
    if bytes.starts_with(b"PK") {
        return read_as(&[("x.zip", bytes)]);
    }
    let (name, archive) = framed::archive(bytes);
    read_as(&[(name, &archive)])
}

/// A .shp and a .dbf: two bytes say how long the first is. With the highest bit set the rest says what a
/// sound frame holds.
pub fn shapefile(bytes: &[u8]) -> usize {
    let Some((length, rest)) = bytes.split_first_chunk::<2>() else {
        return 0;
    };
    let length = u16::from_le_bytes(*length);
    if length & 0x8000 != 0 {
        let [shp, shx, dbf, prj, cpg] = framed::shapefile(rest);
        return read_as(&[
            ("x.shp", &shp),
            ("x.shx", &shx),
            ("x.dbf", &dbf),
            ("x.prj", &prj),
            ("x.cpg", &cpg),
        ]);
    }
    let (shp, dbf) = rest.split_at(usize::from(length).min(rest.len()));
    read_as(&[("x.shp", shp), ("x.dbf", dbf)])
}

/// A table as text.
pub fn csv(bytes: &[u8]) -> usize {
    read_as(&[("x.csv", bytes)])
}

/// A table of indicator values, as text or as a workbook.
pub fn sheet(bytes: &[u8]) -> usize {
    let Ok(sheet) = Sheet::read(bytes) else {
        return 0;
    };
    assert!(sheet.is_sound());
    for rule in Standards::builtin().indicators().iter().take(3) {
        let declared = parat::indicator::Declared::of(rule, "hi");
        let options = parat::indicator::TableOptions::default();
        let _ = parat::indicator::parse(&sheet, &declared, &options);
    }
    1 + sheet.rows.len()
}

/// A layer's file of a standard, and where it is one, as a layer of a pack on top of the built-in one.
pub fn standard(bytes: &[u8]) -> usize {
    const MANIFEST: &str = "id = \"xx\"\nversion = 1\ntitle = { en = \"x\" }\nabout = { en = \"x\" }\n\
                            [inherits]\npack = \"in\"\nversion = 1\n";
    let text = String::from_utf8_lossy(bytes);
    let Ok(layer) = toml::from_str::<LayerStandard>(&text) else {
        return 0;
    };
    let understood = 1 + layer.fields.len();
    let Ok(folder) = tempfile::tempdir() else {
        return 0;
    };
    let file = format!("{}.toml", layer.layer);
    for (name, text) in [("pack.toml", MANIFEST), (file.as_str(), text.as_ref())] {
        if fs::write(folder.path().join(name), text).is_err() {
            return understood;
        }
    }
    let Ok(standards) = Standards::load(folder.path()) else {
        return understood;
    };
    for language in ["en", "hi"] {
        for name in [
            layer.layer.as_str(),
            "XX",
            &layer.title.say("en").to_lowercase(),
        ] {
            if let Some(page) = parat::standard::explain(&standards, name) {
                assert!(!page.markdown(language).is_empty());
            }
        }
    }
    judged::with_own_columns(&standards, &layer);
    understood
}

/// A kept report, in every form and language.
pub fn report(bytes: &[u8]) -> usize {
    serde_json::from_slice::<Report>(bytes).map_or(0, |found| judged::every_form(&found))
}

/// A filter as text, or as JSON.
pub fn cql2(bytes: &[u8]) -> usize {
    let text = String::from_utf8_lossy(bytes);
    let json = serde_json::from_slice(bytes).is_ok_and(|json| Filter::parse_json(&json).is_ok());
    usize::from(Filter::parse_text(&text).is_ok()) + usize::from(json)
}

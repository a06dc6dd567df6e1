//! Which files belong together, and what they are.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path};

use super::{
    delivery::{Refused, note},
    held::{Held, Member},
};
use crate::model::Note;

/// What a file is, by its name or its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The geometry of a shapefile.
    Shapefile,
    /// Something that belongs to a shapefile.
    Sidecar,
    /// OGC GeoPackage.
    GeoPackage,
    /// GeoJSON, whole or by lines; the content tells.
    GeoJson,
    /// KML.
    Kml,
    /// KML in a zip of its own.
    Kmz,
    /// FlatGeobuf.
    FlatGeobuf,
    /// GML.
    Gml,
    /// Text with separators.
    Csv,
    /// A spreadsheet.
    Sheet,
    /// A zip or another archive.
    Archive,
    /// Anything else.
    Other,
}

/// The accepted inputs, in a sentence.
pub(super) const ACCEPTED: &str = "send a zipped shapefile, GeoPackage, GeoJSON, KML or KMZ, FlatGeobuf, GML, \
     or a CSV, XLSX or ODS table with coordinate columns";

const SIDECARS: &[&str] = &[
    "shx", "dbf", "prj", "cpg", "cst", "qpj", "sbn", "sbx", "qix", "fix", "shp.xml",
];

/// The extension in lower case; `shp.xml` counts as one.
pub(super) fn extension(name: &str) -> String {
    let last = name
        .rsplit(['/', '\\'])
        .next()
        .unwrap_or(name)
        .to_lowercase();
    if last.ends_with(".shp.xml") {
        return "shp.xml".to_owned();
    }
    match last.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() => extension.to_owned(),
        _ => String::new(),
    }
}

/// The path without its extension.
pub(super) fn stem(name: &str) -> &str {
    let extension = extension(name);
    if extension.is_empty() {
        return name;
    }
    &name[..name.len() - extension.len() - 1]
}

/// The last part of a path.
pub(super) fn base(name: &str) -> &str {
    name.rsplit(['/', '\\']).next().unwrap_or(name)
}

impl Kind {
    pub(super) fn of_name(name: &str) -> Self {
        match extension(name).as_str() {
            "shp" => Self::Shapefile,
            "gpkg" => Self::GeoPackage,
            "geojson" | "json" | "geojsonl" | "geojsons" | "ndjson" | "jsonl" | "geojsonseq" => {
                Self::GeoJson
            }
            "kml" => Self::Kml,
            "kmz" => Self::Kmz,
            "fgb" => Self::FlatGeobuf,
            "gml" => Self::Gml,
            "csv" | "tsv" => Self::Csv,
            "xlsx" | "xlsm" | "xls" | "ods" => Self::Sheet,
            "zip" | "rar" | "7z" | "tar" | "gz" | "tgz" | "bz2" | "xz" | "zst" => Self::Archive,
            extension if SIDECARS.contains(&extension) => Self::Sidecar,
            _ => Self::Other,
        }
    }

    /// The kind by the first bytes, for a file whose name says nothing or the wrong thing.
    pub(super) fn of_bytes(path: &Path) -> std::io::Result<Self> {
        let mut head = vec![];
        File::open(path)?.take(4096).read_to_end(&mut head)?;
        let text = String::from_utf8_lossy(&head);
        let text = text.trim_start_matches(['\u{feff}', '\u{1e}', ' ', '\n', '\r', '\t']);
        Ok(
            if [
                &b"PK\x03\x04"[..],
                b"PK\x05\x06",
                b"Rar!",
                b"7z\xbc\xaf",
                b"\x1f\x8b",
                b"BZh",
                b"\xfd7zXZ",
            ]
            .iter()
            .any(|magic| head.starts_with(magic))
            {
                Self::Archive
            } else if head.starts_with(b"SQLite format 3\0") {
                Self::GeoPackage
            } else if head.starts_with(b"fgb\x03") {
                Self::FlatGeobuf
            } else if head.starts_with(&[0, 0, 0x27, 0x0a]) {
                Self::Shapefile
            } else if text.starts_with(['{', '[']) {
                Self::GeoJson
            } else if text.starts_with('<') && text.contains("<kml") {
                Self::Kml
            } else if text.starts_with('<') && text.contains("http://www.opengis.net/gml") {
                Self::Gml
            } else {
                Self::Other
            },
        )
    }

    pub(super) fn is_text(self) -> bool {
        matches!(self, Self::GeoJson | Self::Kml | Self::Gml | Self::Csv)
    }
}

/// Files that make one dataset.
#[derive(Clone, Debug)]
pub(super) struct Bundle {
    /// The path of its main file as the sender has it.
    pub(super) name: String,
    /// What it is.
    pub(super) kind: Kind,
    /// Where the bytes are, by extension; the main file is among them.
    pub(super) files: BTreeMap<String, Held>,
}

impl Bundle {
    /// The main file, which is one for all but shapefiles.
    pub(super) fn main(&self) -> Option<&Path> {
        self.files.get(&extension(&self.name))?.file()
    }

    /// What the layer is called where the format has no names of its own.
    pub(super) fn layer_name(&self) -> String {
        stem(base(&self.name)).to_owned()
    }

    /// Notes of the sidecars that were found and of those that are missing.
    pub(super) fn sidecar_notes(&self) -> Vec<Note> {
        if self.kind != Kind::Shapefile {
            return vec![];
        }
        let base = self.layer_name();
        let found: Vec<String> = self
            .files
            .keys()
            .map(|extension| format!(".{extension}"))
            .collect();
        let mut notes = vec![];
        let what = [
            (
                "shx",
                "the index of the rows; they were read one after the other instead",
            ),
            ("dbf", "the attributes; only the geometries could be read"),
            ("prj", "the coordinate reference system; say it with --crs"),
        ];
        for (extension, holds) in what {
            if !self.files.contains_key(extension) {
                notes.push(note(
                    "sidecar_missing",
                    format!(
                        "{base}.{extension} is missing: it holds {holds} (found: {})",
                        found.join(", ")
                    ),
                ));
            }
        }
        if notes.is_empty() && !self.files.contains_key("cpg") && !self.files.contains_key("cst") {
            notes.push(note(
                "sidecar_optional",
                format!("no {base}.cpg names the encoding of the text, so it was found from the bytes (found: {})", found.join(", ")),
            ));
        }
        notes
    }
}

/// Puts files together: everything of one stem in one folder that is a shapefile becomes one bundle, every
/// other data file one of its own. Also tells which sidecars have no shapefile.
pub(super) fn gather(members: Vec<Member>) -> (Vec<Bundle>, Vec<Refused>) {
    let key = |name: &str| stem(name).to_lowercase();
    let mut sidecars: BTreeMap<String, Vec<Member>> = BTreeMap::new();
    let mut bundles = vec![];
    for member in members {
        let kind = Kind::of_name(&member.name);
        match kind {
            Kind::Sidecar => sidecars.entry(key(&member.name)).or_default().push(member),
            Kind::Archive | Kind::Other => {}
            _ => bundles.push(Bundle {
                kind,
                files: BTreeMap::from([(extension(&member.name), member.held)]),
                name: member.name,
            }),
        }
    }
    for bundle in bundles
        .iter_mut()
        .filter(|bundle| bundle.kind == Kind::Shapefile)
    {
        for sidecar in sidecars.remove(&key(&bundle.name)).unwrap_or_default() {
            bundle
                .files
                .entry(extension(&sidecar.name))
                .or_insert(sidecar.held);
        }
    }
    let orphans = sidecars
        .into_values()
        .flatten()
        .filter(|sidecar| ["dbf", "shx"].contains(&extension(&sidecar.name).as_str()))
        .map(|sidecar| {
            let wanted = format!("{}.shp", stem(base(&sidecar.name)));
            Refused::new(
                &sidecar.name,
                "orphan_sidecar",
                format!("it belongs to {wanted}, which is not there"),
                format!("add {wanted}"),
            )
        })
        .collect();
    bundles.sort_by(|a, b| a.name.cmp(&b.name));
    (bundles, orphans)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str) -> Member {
        Member {
            name: name.to_owned(),
            held: Held::File(name.into()),
        }
    }

    #[test]
    fn files_of_one_stem_in_one_folder_make_one_shapefile() {
        let names = [
            "a/Wards.SHP",
            "a/wards.dbf",
            "a/Wards.shp.xml",
            "b/Wards.dbf",
            "b/x.geojson",
            "read me.pdf",
        ];
        let (bundles, orphans) = gather(names.map(member).to_vec());
        assert_eq!(bundles.len(), 2);
        assert_eq!(
            bundles[0].files.keys().collect::<Vec<_>>(),
            ["dbf", "shp", "shp.xml"]
        );
        assert_eq!(bundles[0].layer_name(), "Wards");
        assert_eq!(orphans.len(), 1);
        assert_eq!(orphans[0].member, "b/Wards.dbf");
        let missing: Vec<_> = bundles[0]
            .sidecar_notes()
            .into_iter()
            .map(|note| note.text)
            .collect();
        assert!(
            missing[0].starts_with("Wards.shx is missing")
                && missing[1].starts_with("Wards.prj is missing")
        );
    }
}

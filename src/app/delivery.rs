//! What was handed in: files and folders to the list of things to read, each with the metadata that lies
//! beside it.

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use crate::model::Metadata;

/// Endings of files that may hold a layer. Parts of a shapefile come along with its `.shp`.
const ENDINGS: &[&str] = &[
    "zip", "kmz", "shp", "gpkg", "geojson", "json", "geojsonl", "geojsons", "ndjson", "kml", "fgb",
    "csv", "xlsx", "ods", "gml", "gpx",
];

/// How deep folders are followed, and how many files are taken from one. A delivery is a few dozen files;
/// a home folder handed in by mistake must not be read for hours.
const DEPTH: usize = 4;
const FILES: usize = 2_000;

/// The largest metadata file that is read.
const METADATA_BYTES: u64 = 1 << 20;

/// Why the list could not be made.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// It is not there, or may not be read.
    #[error("cannot read {path}")]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
    /// A folder without a file that could hold a layer.
    #[error("the folder {path} holds no file of a kind that Parat reads")]
    Nothing {
        /// The folder.
        path: PathBuf,
    },
    /// A folder that is no delivery.
    #[error("the folder {path} holds more than {FILES} files; name the ones to read")]
    TooMany {
        /// The folder.
        path: PathBuf,
    },
    /// A metadata file that is not a JSON object.
    #[error("the metadata file {path} is not a JSON object: {detail}")]
    Metadata {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        detail: String,
    },
}

/// One file to read.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Item {
    /// The file.
    pub(super) path: PathBuf,
    /// What the sender calls it, where its path does not say.
    pub(super) label: Option<String>,
    /// Its size in bytes, parts of a shapefile included.
    pub(super) bytes: u64,
    /// What lies beside it, or was said of it.
    pub(super) metadata: Metadata,
}

impl Item {
    /// The file as the sender called it: no folder of any machine goes into a report.
    pub(super) fn name(&self) -> String {
        self.label.clone().unwrap_or_else(|| name_of(&self.path))
    }
}

/// The last part of a path.
fn name_of(path: &Path) -> String {
    path.file_name().map_or_else(
        || "file".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

/// The files to read, in a stable order.
pub(super) fn items(paths: &[PathBuf], given: Option<&Path>) -> Result<Vec<Item>, DeliveryError> {
    let given = given.map(read_metadata).transpose()?;
    let mut items = vec![];
    for path in paths {
        let about = fs::metadata(path).map_err(unreadable(path))?;
        let mut files = vec![];
        if about.is_dir() {
            walk(path, path, DEPTH, &mut files)?;
            if files.is_empty() {
                return Err(DeliveryError::Nothing { path: path.clone() });
            }
            files.sort();
        } else {
            files.push(path.clone());
        }
        for file in files {
            let metadata = match &given {
                Some(metadata) => metadata.clone(),
                None => beside(&file)?,
            };
            items.push(Item {
                bytes: size(&file),
                path: file,
                label: None,
                metadata,
            });
        }
    }
    Ok(items)
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> DeliveryError + '_ {
    move |source| DeliveryError::Read {
        path: path.to_owned(),
        source,
    }
}

fn walk(
    top: &Path,
    folder: &Path,
    depth: usize,
    files: &mut Vec<PathBuf>,
) -> Result<(), DeliveryError> {
    for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
        let entry = entry.map_err(unreadable(folder))?;
        let path = entry.path();
        let name = entry.file_name();
        let name = name.to_string_lossy();
        // `file_type` does not follow links: a delivery holds its own files, not the machine's.
        let kind = entry.file_type().map_err(unreadable(&path))?;
        if name.starts_with('.') || name.starts_with("__MACOSX") {
            continue;
        }
        if kind.is_dir() && depth > 0 {
            walk(top, &path, depth - 1, files)?;
        } else if kind.is_file() && holds_a_layer(&path) {
            files.push(path);
        }
        if files.len() > FILES {
            return Err(DeliveryError::TooMany {
                path: top.to_owned(),
            });
        }
    }
    Ok(())
}

fn holds_a_layer(path: &Path) -> bool {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    name != "metadata.json"
        && !name.ends_with(".metadata.json")
        && ENDINGS.iter().any(|ending| {
            name.strip_suffix(ending)
                .is_some_and(|stem| stem.ends_with('.'))
        })
}

/// The size of a file with its parts: what shares its stem in the same folder, for a shapefile.
pub(super) fn size(path: &Path) -> u64 {
    let own = fs::metadata(path).map_or(0, |about| about.len());
    let shapefile = path
        .extension()
        .is_some_and(|ending| ending.eq_ignore_ascii_case("shp"));
    if !shapefile {
        return own;
    }
    let dbf = fs::metadata(path.with_extension("dbf")).map_or(0, |about| about.len());
    own + dbf
}

/// `wards.zip.metadata.json`, `wards.metadata.json`, or the folder's `metadata.json`; empty without any.
fn beside(file: &Path) -> Result<Metadata, DeliveryError> {
    let name = file
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let stem = file
        .file_stem()
        .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    for candidate in [
        format!("{name}.metadata.json"),
        format!("{stem}.metadata.json"),
        "metadata.json".to_owned(),
    ] {
        let path = file.with_file_name(candidate);
        if path.is_file() {
            return read_metadata(&path);
        }
    }
    Ok(Metadata::default())
}

pub(super) fn read_metadata(path: &Path) -> Result<Metadata, DeliveryError> {
    let mut text = String::new();
    fs::File::open(path)
        .and_then(|file| file.take(METADATA_BYTES).read_to_string(&mut text))
        .map_err(unreadable(path))?;
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| {
        DeliveryError::Metadata {
            path: path.to_owned(),
            detail: error.to_string(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_layers_in_order_each_with_the_nearest_metadata() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path();
        fs::create_dir(root.join("b")).expect("made");
        for name in [
            "wards.shp",
            "wards.dbf",
            "b/roads.GeoJSON",
            "readme.txt",
            "wards.metadata.json",
            "metadata.json",
            ".hidden.gpkg",
        ] {
            let text = match name {
                "metadata.json" => r#"{"title": "all"}"#,
                "wards.metadata.json" => r#"{"title": "wards"}"#,
                _ => "",
            };
            fs::write(root.join(name), text).expect("written");
        }
        let found = items(&[root.to_owned()], None).expect("listed");
        let told: Vec<_> = found
            .iter()
            .map(|item| {
                (
                    item.path
                        .file_name()
                        .expect("a name")
                        .to_string_lossy()
                        .into_owned(),
                    item.metadata.text("title").map(str::to_owned),
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                ("roads.GeoJSON".to_owned(), None),
                ("wards.shp".to_owned(), Some("wards".to_owned()))
            ]
        );
        fs::write(root.join("wards.metadata.json"), "[1]").expect("written");
        assert!(matches!(
            items(&[root.join("wards.shp")], None),
            Err(DeliveryError::Metadata { .. })
        ));
        assert!(matches!(
            items(&[root.join("nothing.zip")], None),
            Err(DeliveryError::Read { .. })
        ));
    }
}

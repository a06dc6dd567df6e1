//! Files of all formats to [`crate::model::RawLayer`]: nothing mended, nothing judged.
//!
//! A file, a folder or an archive comes in; layers and refusals come out. What is wrong with the bytes is
//! a [`Refused`] with the name of the member, never an error and never silence; an error means that the
//! machine did not give the bytes. Strangers' bytes meet GDAL here, so only the child process of
//! [`crate::worker`] and tests may call [`layers`].

mod bounds;
mod bundle;
mod container;
mod dbf;
mod delivery;
mod described;
mod encoding;
mod entry;
mod geopackage;
mod held;
mod inflate;
mod json;
mod kml;
mod mapped;
mod ogr;
mod place;
mod raw;
mod seen;
mod shapefile;
mod shp;
mod srs;
mod table;
mod value;
mod wkb;
mod workbook;

pub use container::ArchiveLimits;
pub use delivery::{Delivery, Described, KEPT_ROWS, ReadError, ReadOptions, Refused};

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use bundle::{Bundle, Kind};
use delivery::{Failed, note};
use held::{Held, Member};

use crate::model::{CrsOrigin, Source};

/// How many files of a folder are looked at, and how deep.
const FOLDER_FILES: usize = 10_000;
const FOLDER_DEPTH: usize = 8;

/// Reads every layer of a file, a folder or an archive. Writes only below the folder for temporary files.
pub fn layers(path: &Path, options: &ReadOptions) -> Result<Delivery, ReadError> {
    let label = options.label.clone().unwrap_or_else(|| {
        path.file_name()
            .map_or_else(|| path.to_string_lossy(), |name| name.to_string_lossy())
            .into_owned()
    });
    let io = |source| ReadError::Io {
        what: label.clone(),
        source,
    };
    let given = srs::given(options)?;
    if let Some(text) = &options.encoding
        && encoding::label(text).is_none()
    {
        return Err(ReadError::Option {
            option: "encoding",
            detail: format!("`{text}` is not a known encoding: write UTF-8 or windows-1252"),
        });
    }
    let job = tempfile::tempdir().map_err(io)?;
    let mut found = Delivery::default();
    let bundles = collect(path, &label, job.path(), &options.archive, &mut found).map_err(io)?;
    let nested = path.is_dir() || Kind::of_bytes(path).map_err(io)? == Kind::Archive;
    let mut hash = Hashed::default();
    let most = options.archive.layers;
    for (at, bundle) in bundles.into_iter().enumerate() {
        if found.layers.len() >= most {
            found.refused.push(Refused::too_many_layers(&label, most));
            break;
        }
        let source = Source {
            file: label.clone(),
            member: nested.then(|| bundle.name.clone()),
            layer: bundle.layer_name(),
            format: String::new(),
            hash: hash.of(path, &bundle).map_err(io)?,
        };
        let before = found.layers.len();
        read_bundle(
            bundle,
            source,
            options,
            &job.path().join(format!("b{at}")),
            &mut found,
        )
        .map_err(|error| match error {
            Failed::Io(error) => io(error),
            Failed::Read(error) => error,
        })?;
        for at in (before..found.layers.len()).rev() {
            if let Some(refused) = bounds::beyond(&found.layers[at]) {
                found.layers.remove(at);
                found.refused.push(refused);
            }
        }
        for layer in &mut found.layers[before..] {
            if let Some(crs) = &given {
                if layer.crs_origin != CrsOrigin::Unknown && layer.crs != *crs {
                    let text = format!(
                        "the file says its system is {}; {crs} was given and used instead",
                        layer.crs
                    );
                    layer.notes.push(note("crs_overridden", text));
                }
                layer
                    .notes
                    .retain(|note| !["crs_doubtful", "crs_likely"].contains(&note.kind.as_str()));
                layer.crs = crs.clone();
                layer.crs_origin = CrsOrigin::Given;
            }
        }
    }
    drop_indexes(&mut found.layers);
    if let Some(only) = &options.layer {
        found.layers.retain(|layer| &layer.source.layer == only);
    }
    if found.refused.len() > most {
        let more = found.refused.len() - most;
        found.refused.truncate(most);
        found.refused.push(Refused::new(
            &label,
            "many_refused",
            format!("{more} more files of it cannot be read, and are not listed"),
            "mend those that are listed, or leave out what is no layer",
        ));
    }
    if found.layers.is_empty() && found.refused.is_empty() {
        found.refused.push(Refused::new(
            &label,
            "nothing_readable",
            "there is no layer in it",
            bundle::ACCEPTED,
        ));
    }
    Ok(found)
}

/// True for a name of an encoding that text can be read by.
pub fn is_encoding(name: &str) -> bool {
    encoding::label(name).is_some()
}

/// Leaves out the documents of a KMZ that hold no features when another one of it does: they are indexes.
fn drop_indexes(layers: &mut Vec<crate::model::RawLayer>) {
    let of = |source: &Source| -> Option<String> {
        let (archive, _) = source.member.as_deref()?.split_once(".kmz/")?;
        Some(archive.to_owned())
    };
    let full: Vec<String> = layers
        .iter()
        .filter(|layer| !layer.is_empty())
        .filter_map(|layer| of(&layer.source))
        .collect();
    layers.retain(|layer| {
        !layer.is_empty() || !of(&layer.source).is_some_and(|archive| full.contains(&archive))
    });
}

/// The bundles of a file, a folder or an archive. What is refused on the way goes into `found`.
fn collect(
    path: &Path,
    label: &str,
    job: &Path,
    limits: &ArchiveLimits,
    found: &mut Delivery,
) -> io::Result<Vec<Bundle>> {
    if path.is_dir() {
        let mut members = vec![];
        walk(path, "", FOLDER_DEPTH, &mut members)?;
        let (mut bundles, orphans) = bundle::gather(members);
        found.refused.extend(orphans);
        open_kmz(&mut bundles, job, limits, found)?;
        return Ok(bundles);
    }
    let named = Kind::of_name(label);
    let looks = Kind::of_bytes(path)?;
    if fs::metadata(path)?.len() == 0 {
        found.refused.push(Refused::new(
            label,
            "empty_file",
            "the file is empty",
            "send the file again",
        ));
        return Ok(vec![]);
    }
    match (named, looks) {
        // Spreadsheets are zips; their reader looks inside.
        (Kind::Sheet | Kind::Csv, _) => Ok(vec![single(path, label, named)]),
        (Kind::Kmz, Kind::Archive) => {
            let mut bundles = vec![single(path, label, Kind::Kmz)];
            open_kmz(&mut bundles, job, limits, found)?;
            Ok(bundles)
        }
        (_, Kind::Archive) if is_zip(path)? => {
            let folder = job.join("archive");
            fs::create_dir_all(&folder)?;
            let archive = container::unpack(path, label, &folder, limits)?;
            let ignored = archive.ignored;
            let members = described::take(archive.members, found)?;
            let (mut bundles, orphans) = bundle::gather(members);
            found.refused.extend(archive.refused);
            found.refused.extend(orphans);
            open_kmz(&mut bundles, job, limits, found)?;
            if !ignored.is_empty() {
                let shown: Vec<_> = ignored.iter().take(10).map(String::as_str).collect();
                let text = format!(
                    "{} files of the archive are no data and were passed over: {}",
                    ignored.len(),
                    shown.join(", ")
                );
                found.notes.push(note("ignored_members", text));
            }
            if bundles.is_empty() && found.refused.is_empty() {
                found.refused.push(Refused::new(
                    label,
                    "no_data",
                    "the archive holds no layer",
                    bundle::ACCEPTED,
                ));
            }
            Ok(bundles)
        }
        (Kind::Archive, _) | (_, Kind::Archive) => {
            let (code, message) = if is_zip(path)? || looks != Kind::Archive {
                (
                    "damaged_archive",
                    "the file is named as an archive, but is none",
                )
            } else {
                ("unsupported_archive", "only zip archives are opened")
            };
            found.refused.push(Refused::new(
                label,
                code,
                message,
                "send the files in a zip archive",
            ));
            Ok(vec![])
        }
        (Kind::Shapefile, _) => Ok(vec![with_siblings(path, label)?]),
        (Kind::Sidecar, _) => {
            let wanted = format!("{}.shp", bundle::stem(label));
            found.refused.push(Refused::new(
                label,
                "orphan_sidecar",
                format!("it is a part of a shapefile; {wanted} is the file to name"),
                "send all parts of the shapefile in one zip",
            ));
            Ok(vec![])
        }
        (Kind::Other | Kind::Kmz, Kind::Other) => {
            found.refused.push(Refused::new(
                label,
                "unknown_format",
                "this is no format that is read here",
                bundle::ACCEPTED,
            ));
            Ok(vec![])
        }
        (Kind::Other | Kind::Kmz, looks) => Ok(vec![single(path, label, looks)]),
        // A name that says one format over bytes that are surely another.
        (_, looks @ (Kind::GeoPackage | Kind::FlatGeobuf | Kind::Kml | Kind::Gml)) => {
            Ok(vec![single(path, label, looks)])
        }
        (named, _) => Ok(vec![single(path, label, named)]),
    }
}

fn single(path: &Path, label: &str, kind: Kind) -> Bundle {
    Bundle {
        name: label.to_owned(),
        kind,
        files: [(bundle::extension(label), Held::File(path.to_owned()))].into(),
    }
}

/// True for a zip, also an empty one or one with something before it.
fn is_zip(path: &Path) -> io::Result<bool> {
    let mut head = [0; 4];
    let count = io::Read::read(&mut fs::File::open(path)?, &mut head)?;
    Ok(count == 4 && (head == *b"PK\x03\x04" || head == *b"PK\x05\x06"))
}

/// A bare shapefile with what lies beside it under the same stem.
fn with_siblings(path: &Path, label: &str) -> io::Result<Bundle> {
    let mut members = vec![Member {
        name: label.to_owned(),
        held: Held::File(path.to_owned()),
    }];
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let own = path
        .file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned());
    let stem = bundle::stem(&own).to_lowercase();
    for entry in fs::read_dir(folder)?.take(FOLDER_FILES) {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if Kind::of_name(&name) == Kind::Sidecar && bundle::stem(&name).to_lowercase() == stem {
            members.push(Member {
                name: format!("{}.{}", bundle::stem(label), bundle::extension(&name)),
                held: Held::File(entry.path()),
            });
        }
    }
    let (mut bundles, _) = bundle::gather(members);
    Ok(bundles.swap_remove(0))
}

/// Files below a folder, by their path in it. Links are not followed.
fn walk(folder: &Path, below: &str, depth: usize, members: &mut Vec<Member>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let inside = if below.is_empty() {
            name.clone()
        } else {
            format!("{below}/{name}")
        };
        let kind = entry.file_type()?;
        if members.len() >= FOLDER_FILES || name.starts_with('.') {
            continue;
        }
        if kind.is_dir() && depth > 0 {
            walk(&entry.path(), &inside, depth - 1, members)?;
        } else if kind.is_file() {
            members.push(Member {
                name: inside,
                held: Held::File(entry.path()),
            });
        }
    }
    Ok(())
}

/// Replaces each KMZ by the KML inside it.
fn open_kmz(
    bundles: &mut Vec<Bundle>,
    job: &Path,
    limits: &ArchiveLimits,
    found: &mut Delivery,
) -> io::Result<()> {
    let mut opened = vec![];
    for (at, bundle) in std::mem::take(bundles).into_iter().enumerate() {
        if bundle.kind != Kind::Kmz {
            opened.push(bundle);
            continue;
        }
        let Some(file) = bundle.main() else { continue };
        let folder = job.join(format!("kmz{at}"));
        fs::create_dir_all(&folder)?;
        let archive = container::unpack(file, &bundle.name, &folder, limits)?;
        let archive_was_sound = archive.refused.is_empty();
        found.refused.extend(archive.refused);
        // The document is any .kml; some writers put each layer into one of its own beside an index
        // (OGC 12-007r2, annex C). Pictures and models are not ours.
        let documents: Vec<Member> = archive
            .members
            .into_iter()
            .filter(|member| Kind::of_name(&member.name) == Kind::Kml)
            .collect();
        if documents.is_empty() && archive_was_sound {
            let refused = Refused::new(
                &bundle.name,
                "no_data",
                "there is no .kml inside the .kmz",
                "export the KMZ again",
            );
            found.refused.push(refused);
        }
        let several = documents.len() > 1;
        for document in documents {
            let name = if several {
                format!("{}/{}", bundle.name, document.name)
            } else {
                bundle.name.clone()
            };
            opened.push(Bundle {
                kind: Kind::Kml,
                files: [(bundle::extension(&name), document.held)].into(),
                name,
            });
        }
    }
    *bundles = opened;
    Ok(())
}

fn read_bundle(
    bundle: Bundle,
    source: Source,
    options: &ReadOptions,
    folder: &Path,
    found: &mut Delivery,
) -> Result<(), Failed> {
    match bundle.kind {
        Kind::Shapefile => match shapefile::read(bundle, source, options)? {
            Ok(layer) => found.layers.push(layer),
            Err(refused) => found.refused.push(refused),
        },
        Kind::Csv | Kind::Sheet => table::read(&bundle, &source, options, found)?,
        kind => {
            let Some(main) = bundle.main() else {
                return Ok(());
            };
            fs::create_dir_all(folder)?;
            let path = under_stem(main, kind, folder)?;
            let asked = ogr::Asked {
                kind,
                label: &bundle.name,
                source,
                layer_name: bundle.layer_name(),
                only: options.layer.as_deref(),
                most: options.archive.layers.saturating_sub(found.layers.len()),
            };
            match ogr::read(&path, &asked)? {
                Ok(read) => {
                    found.layers.extend(read.layers);
                    found.refused.extend(read.refused);
                    found.notes.extend(read.notes);
                }
                Err(refused) => found.refused.push(refused),
            }
        }
    }
    Ok(())
}

/// The file under a name of our own and the extension its driver wants, in a folder of its own: no
/// neighbour can be mistaken for a part of it, and what a driver writes beside it stays in the job.
fn under_stem(file: &Path, kind: Kind, folder: &Path) -> io::Result<PathBuf> {
    let extension = match kind {
        Kind::GeoPackage => "gpkg",
        Kind::Kml => "kml",
        Kind::FlatGeobuf => "fgb",
        Kind::Gml => "gml",
        _ => "geojson",
    };
    let path = folder.join(format!("{}.{extension}", ogr::STEM));
    std::os::unix::fs::symlink(fs::canonicalize(file)?, &path)?;
    Ok(path)
}

/// Hashes of what was sent: of the archive once, of a bundle's files otherwise.
#[derive(Default)]
struct Hashed {
    whole: Option<String>,
}

impl Hashed {
    fn of(&mut self, path: &Path, bundle: &Bundle) -> io::Result<String> {
        let one = |paths: &mut dyn Iterator<Item = &Path>| -> io::Result<String> {
            let mut hasher = blake3::Hasher::new();
            for path in paths {
                hasher.update_reader(fs::File::open(path)?)?;
            }
            Ok(hasher.finalize().to_hex().to_string())
        };
        let mut files = bundle.files.values().filter_map(Held::file);
        if path.is_dir() || bundle.files.len() > 1 && files.clone().any(|file| file == path) {
            return one(&mut files);
        }
        if self.whole.is_none() {
            self.whole = Some(one(&mut std::iter::once(path))?);
        }
        Ok(self.whole.clone().unwrap_or_default())
    }
}

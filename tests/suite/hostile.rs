//! Archives and files that are damaged, cut short or made to do harm, through the child process.

use std::{
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
};

use parat::{
    read::{Delivery, ReadOptions},
    worker::{self, Limits, WorkerError},
};
use zip::{CompressionMethod, ZipWriter, write::SimpleFileOptions};

const POINT: &str = r#"{"type":"FeatureCollection","features":[{"type":"Feature","geometry":{"type":"Point","coordinates":[77.5,12.9]},"properties":{"name":"वार्ड"}}]}"#;

/// A folder for the test, gone afterwards.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        worker::set_program(PathBuf::from(env!("CARGO_BIN_EXE_parat")));
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.path().join(name);
        fs::write(&path, bytes).unwrap();
        path
    }

    fn read(&self, name: &str, bytes: &[u8]) -> Delivery {
        read(&self.file(name, bytes)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

fn read(path: &Path) -> Result<Delivery, WorkerError> {
    worker::read(path, &ReadOptions::default(), &Limits::default())
}

fn archive(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    for (name, bytes) in members {
        if name.ends_with('/') {
            zip.add_directory(*name, SimpleFileOptions::default())
                .unwrap();
            continue;
        }
        zip.start_file(
            *name,
            SimpleFileOptions::default().compression_method(CompressionMethod::Deflated),
        )
        .unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn codes(delivery: &Delivery) -> Vec<&str> {
    delivery
        .refused
        .iter()
        .map(|refused| refused.code.as_str())
        .collect()
}

/// Where `needle` begins in `bytes`, the `nth` time.
fn find(bytes: &[u8], needle: &[u8], nth: usize) -> usize {
    (0..bytes.len() - needle.len())
        .filter(|at| &bytes[*at..*at + needle.len()] == needle)
        .nth(nth)
        .unwrap()
}

const CENTRAL: &[u8] = b"PK\x01\x02";
const LOCAL: &[u8] = b"PK\x03\x04";

#[test]
fn an_archive_without_files_says_so() {
    let place = Place::new();
    for bytes in [archive(&[]), archive(&[("folder/", b"")])] {
        let delivery = place.read("x.zip", &bytes);
        assert_eq!(codes(&delivery), ["empty_archive"]);
        assert!(
            delivery.refused[0]
                .message
                .starts_with("archive has no files")
        );
    }
}

#[test]
fn the_good_is_read_and_the_bad_refused_by_name() {
    let place = Place::new();
    let inner = archive(&[("deep.geojson", POINT.as_bytes())]);
    let delivery = place.read(
        "mixed.zip",
        &archive(&[
            ("a/good.geojson", POINT.as_bytes()),
            (
                "b/broken.geojson",
                b"{\"type\":\"FeatureCollection\",\n\"features\":[}",
            ),
            ("inner.zip", &inner),
            ("../../evil.geojson", POINT.as_bytes()),
            ("/abs.geojson", POINT.as_bytes()),
            ("..\\..\\evil.geojson", POINT.as_bytes()),
            ("c:/x.geojson", POINT.as_bytes()),
            ("lonely.dbf", b"x"),
            ("readme.pdf", b"x"),
            ("__MACOSX/a/._good.geojson", b"x"),
            ("वार्ड/நகர் 1.geojson", POINT.as_bytes()),
        ]),
    );
    assert_eq!(delivery.layers.len(), 2);
    assert_eq!(
        delivery.layers[0].source.member.as_deref(),
        Some("a/good.geojson")
    );
    assert_eq!(delivery.layers[1].source.layer, "நகர் 1");
    let mut refused: Vec<_> = delivery
        .refused
        .iter()
        .map(|refused| (refused.member.as_str(), refused.code.as_str()))
        .collect();
    refused.sort_unstable();
    assert_eq!(
        refused,
        [
            ("../../evil.geojson", "unsafe_path"),
            ("..\\..\\evil.geojson", "unsafe_path"),
            ("/abs.geojson", "unsafe_path"),
            ("b/broken.geojson", "not_json"),
            ("c:/x.geojson", "unsafe_path"),
            ("inner.zip", "nested_archive"),
            ("lonely.dbf", "orphan_sidecar"),
        ]
    );
    assert!(
        delivery
            .refused
            .iter()
            .all(|refused| !refused.remedy.is_empty())
    );
    assert_eq!(delivery.notes[0].kind, "ignored_members");
}

#[test]
fn bombs_are_stopped_whatever_their_headers_say() {
    let place = Place::new();
    let zeros = vec![0; 40 << 20];
    let mut bomb = archive(&[("x.gpkg", &zeros), ("good.geojson", POINT.as_bytes())]);
    assert_eq!(codes(&place.read("bomb.zip", &bomb)), ["bomb"]);
    // The same, with a header that claims ten bytes.
    let at = find(&bomb, CENTRAL, 0) + 24;
    bomb[at..at + 4].copy_from_slice(&10_u32.to_le_bytes());
    let delivery = place.read("liar.zip", &bomb);
    assert!(
        ["bomb", "damaged_member"].contains(&codes(&delivery)[0]),
        "{:?}",
        delivery.refused
    );
}

#[test]
fn links_passwords_and_shared_bytes_are_refused() {
    let place = Place::new();
    let mut zip = ZipWriter::new(Cursor::new(vec![]));
    zip.add_symlink("link.geojson", "/etc/passwd", SimpleFileOptions::default())
        .unwrap();
    assert_eq!(
        codes(&place.read("link.zip", &zip.finish().unwrap().into_inner())),
        ["link"]
    );

    let mut locked = archive(&[("a.geojson", POINT.as_bytes())]);
    for (mark, offset) in [(LOCAL, 6), (CENTRAL, 8)] {
        let at = find(&locked, mark, 0) + offset;
        locked[at] |= 1;
    }
    assert_eq!(codes(&place.read("locked.zip", &locked)), ["encrypted"]);

    let mut shared = archive(&[
        ("a.geojson", POINT.as_bytes()),
        ("b.geojson", POINT.as_bytes()),
    ]);
    let at = find(&shared, CENTRAL, 1) + 42;
    shared[at..at + 4].copy_from_slice(&0_u32.to_le_bytes());
    let delivery = place.read("shared.zip", &shared);
    assert_eq!(
        codes(&delivery),
        ["hostile_archive"],
        "{:?}",
        delivery.refused
    );

    let mut odd = archive(&[("a.geojson", POINT.as_bytes())]);
    for (mark, offset) in [(LOCAL, 8), (CENTRAL, 10)] {
        let at = find(&odd, mark, 0) + offset;
        odd[at] = 9;
    }
    assert_eq!(
        codes(&place.read("deflate64.zip", &odd)),
        ["unsupported_compression"]
    );
}

#[test]
fn thousands_of_entries_are_refused_at_once() {
    let place = Place::new();
    let names: Vec<String> = (0..10_001).map(|at| format!("{at}.geojson")).collect();
    let members: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &b""[..])).collect();
    assert_eq!(
        codes(&place.read("many.zip", &archive(&members))),
        ["too_many_entries"]
    );
}

#[test]
fn an_archive_cut_or_bent_anywhere_gives_an_answer() {
    let place = Place::new();
    let whole = archive(&[
        ("a/good.geojson", POINT.as_bytes()),
        ("b.csv", b"lon,lat\n77,12\n"),
    ]);
    // In process: the point is that no input makes the reader panic, and a child each would take minutes.
    let answer = |bytes: &[u8], what: &str| {
        let path = place.file("cut.zip", bytes);
        let delivery = parat::read::layers(&path, &ReadOptions::default()).unwrap();
        assert!(
            !delivery.layers.is_empty() || !delivery.refused.is_empty(),
            "{what}"
        );
        delivery
    };
    for cut in (0..whole.len()).step_by(7) {
        let delivery = answer(&whole[..cut], &format!("cut at {cut}"));
        assert!(delivery.layers.is_empty(), "cut at {cut}");
    }
    for at in 0..whole.len() {
        let mut bent = whole.clone();
        bent[at] ^= 0x55;
        answer(&bent, &format!("bent at {at}"));
    }
}

#[test]
fn other_archives_and_other_files_are_refused_with_what_to_do() {
    let place = Place::new();
    for (name, bytes, code) in [
        ("a.rar", &b"Rar!\x1a\x07\x00"[..], "unsupported_archive"),
        ("a.zip", b"7z\xbc\xaf\x27\x1c", "unsupported_archive"),
        ("a.zip", b"hello", "damaged_archive"),
        ("a.zip", b"", "empty_file"),
        ("a.geojson", b"", "empty_file"),
        ("a.pdf", b"%PDF-1.4", "unknown_format"),
        ("a.gpkg", b"SQLite format 3\0 and nothing", "unreadable"),
        ("a.fgb", b"fgb\x03fgb\0", "unreadable"),
        ("a.kml", b"<kml><Document>", "unreadable"),
        ("a.xlsx", b"PK\x03\x04 no workbook", "unreadable"),
        ("a.dbf", b"x", "orphan_sidecar"),
        ("a.shp", b"no shapefile at all", "unreadable"),
        ("a.csv", b"\0\0\0\0", "not_csv"),
    ] {
        let delivery = place.read(name, bytes);
        assert_eq!(codes(&delivery), [code], "{name} {:?}", delivery.refused);
        assert!(!delivery.refused[0].remedy.is_empty());
    }
}

#[test]
fn a_file_in_disguise_opens_no_other_file() {
    let place = Place::new();
    let secret = place.file("secret.geojson", POINT.as_bytes());
    let vrt = format!(
        "<OGRVRTDataSource><OGRVRTLayer name=\"secret\"><SrcDataSource>{}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>",
        secret.display()
    );
    for name in [
        "x.geojson",
        "x.gpkg",
        "x.kml",
        "x.gml",
        "x.fgb",
        "x.csv",
        "x.vrt",
    ] {
        let delivery = place.read(name, vrt.as_bytes());
        assert!(
            delivery.layers.is_empty() && !delivery.refused.is_empty(),
            "{name}"
        );
    }
}

#[test]
fn a_child_that_wants_too_much_is_stopped_and_the_parent_lives() {
    let place = Place::new();
    let mut text = String::from("lon,lat,name\n");
    for at in 0..400_000 {
        text.push_str(&format!("77.5,12.9,name number {at} of a long table\n"));
    }
    let path = place.file("large.csv", text.as_bytes());
    let small = Limits {
        memory: 160 << 20,
        ..Limits::default()
    };
    let error = worker::read(&path, &ReadOptions::default(), &small).unwrap_err();
    assert!(
        matches!(
            error,
            WorkerError::OutOfMemory { .. } | WorkerError::Crashed { .. }
        ),
        "{error:?}"
    );
    assert!(error.refused("large.csv").is_some());

    let small = Limits {
        file: 1 << 16,
        ..Limits::default()
    };
    let error = worker::read(&path, &ReadOptions::default(), &small).unwrap_err();
    assert!(matches!(error, WorkerError::TooLarge { .. }), "{error:?}");

    let none = Limits {
        wall_s: 0,
        ..Limits::default()
    };
    assert!(matches!(
        worker::read(&path, &ReadOptions::default(), &none),
        Err(WorkerError::TimedOut { .. })
    ));
    assert_eq!(read(&path).unwrap().layers[0].len(), 400_000);
}

#[test]
fn the_child_gives_what_reading_in_process_gives() {
    let Some(data) = super::real_files::data() else {
        return;
    };
    let _place = Place::new();
    for file in [
        "bengaluru/bbmpwards_shapefile/bbmpwards.shp",
        "bengaluru/bbmpwards_shapefile",
        "jaipur/Jaipur_Wards-SHP.zip",
        "ahmedabad/AMC Facilities.kml",
        "cql2/ne110m4cql2.gpkg",
        "bengaluru/tables/bmtc_bus_stops_with_ward.csv",
        "ahmedabad/Ward_office.geojson",
    ] {
        let path = data.join(file);
        let here = super::real_files::read(&path);
        let there = read(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        // What the kernel does not enforce is a note of the child alone.
        let notes: Vec<_> = there
            .notes
            .iter()
            .filter(|note| note.kind != "sandbox_incomplete")
            .collect();
        assert_eq!(notes, here.notes.iter().collect::<Vec<_>>());
        assert_eq!(there.refused, here.refused);
        assert_eq!(there.layers.len(), here.layers.len(), "{file}");
        for (there, here) in there.layers.iter().zip(&here.layers) {
            assert_eq!(
                (&there.source, &there.notes, &there.shapes),
                (&here.source, &here.notes, &here.shapes)
            );
            assert_eq!(there.table.fields, here.table.fields);
            for row in 0..here.len() {
                for (a, b) in there.table.columns.iter().zip(&here.table.columns) {
                    assert_eq!(a.get(row), b.get(row));
                }
            }
        }
    }
}

//! Archives and files that are damaged, cut short or made to do harm, through the child process.

use std::{
    fs,
    io::{Cursor, Write},
    path::{Path, PathBuf},
};

use crate::{
    geopackage::geopackage,
    hindi::{told, told_of},
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

    /// [`geopackage`] as a file.
    fn geopackage(&self, more: &str, listed: &str) -> PathBuf {
        self.file("x.gpkg", &geopackage(more, listed))
    }

    fn read(&self, name: &str, bytes: &[u8]) -> Delivery {
        read(&self.file(name, bytes)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// What the child makes of a file, all of it said in Hindi too.
fn read(path: &Path) -> Result<Delivery, WorkerError> {
    read_within(path, &ReadOptions::default(), &Limits::default())
}

fn read_within(
    path: &Path,
    options: &ReadOptions,
    limits: &Limits,
) -> Result<Delivery, WorkerError> {
    let read = worker::read(path, options, limits);
    match &read {
        Ok(delivery) => told(delivery),
        Err(error) => error.refused("x").iter().for_each(told_of),
    }
    read
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

/// A shapefile of so many points: its .shp, .shx and .dbf.
fn points(count: u32) -> [Vec<u8>; 3] {
    let header = |bytes: u32| {
        let mut header = vec![];
        header.extend(9994_i32.to_be_bytes());
        header.extend([0; 20]);
        header.extend((bytes / 2).to_be_bytes());
        header.extend(1000_i32.to_le_bytes());
        header.extend(1_i32.to_le_bytes());
        header.extend([0; 64]);
        header
    };
    let (mut shp, mut shx) = (header(100 + 28 * count), header(100 + 8 * count));
    let mut dbf = vec![3, 126, 1, 1];
    dbf.extend(count.to_le_bytes());
    dbf.extend([65, 0, 25, 0]);
    dbf.extend([0; 20]);
    dbf.extend(b"NAME\0\0\0\0\0\0\0C\0\0\0\0\x18");
    dbf.extend([0; 15]);
    dbf.push(13);
    for row in 0..count {
        shx.extend((50 + 14 * row).to_be_bytes());
        shx.extend(10_u32.to_be_bytes());
        shp.extend((row + 1).to_be_bytes());
        shp.extend(10_u32.to_be_bytes());
        shp.extend(1_i32.to_le_bytes());
        shp.extend((77.0 + f64::from(row) * 1e-6).to_le_bytes());
        shp.extend((12.0 + f64::from(row) * 1e-6).to_le_bytes());
        dbf.extend(format!(" {:24}", row.wrapping_mul(2_654_435_761)).bytes());
    }
    [shp, shx, dbf]
}

#[test]
fn a_long_part_of_a_shapefile_that_is_damaged_is_named_and_the_rest_is_read() {
    let place = Place::new();
    let count = 200_000;
    let [shp, shx, dbf] = points(count);
    let names = ["a/x.shp", "a/x.dbf", "a/x.shx"];
    let whole = archive(&[(names[0], &shp), (names[1], &dbf), (names[2], &shx)]);
    let read = |bent: Option<usize>| {
        let mut bytes = whole.clone();
        if let Some(member) = bent {
            // Beyond its header and before that of the next one.
            let next = match member {
                2 => find(&bytes, CENTRAL, 0),
                _ => find(&bytes, LOCAL, member + 1),
            };
            let middle = usize::midpoint(find(&bytes, LOCAL, member), next);
            bytes[middle] ^= 0xff;
        }
        place.read("long.zip", &bytes)
    };
    let kinds = |delivery: &Delivery| -> Vec<String> {
        let notes = delivery.layers.iter().flat_map(|layer| &layer.notes);
        notes.map(|note| note.kind.clone()).collect()
    };
    let good = read(None);
    assert_eq!(good.layers[0].len(), count as usize);
    assert_eq!(good.layers[0].table.fields[0].name, "NAME");
    assert!(codes(&good).is_empty());

    let no_shapes = read(Some(0));
    assert!(no_shapes.layers.is_empty());
    assert_eq!(codes(&no_shapes), ["damaged_member"]);
    assert_eq!(no_shapes.refused[0].member, "a/x.shp");

    let no_values = read(Some(1));
    assert_eq!(no_values.layers[0].shapes, good.layers[0].shapes);
    assert!(no_values.layers[0].table.fields.is_empty());
    assert!(kinds(&no_values).contains(&"dbf_unreadable".to_owned()));

    // What is no half of it costs only itself.
    let prj: Vec<u8> = (0..5_u32 << 20)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let mut bytes = archive(&[(names[0], &shp), (names[2], &shx), ("a/x.prj", &prj)]);
    let middle = usize::midpoint(find(&bytes, LOCAL, 2), find(&bytes, CENTRAL, 0));
    bytes[middle] ^= 0xff;
    let no_system = place.read("long.zip", &bytes);
    assert_eq!(no_system.layers[0].shapes, good.layers[0].shapes);
    assert_eq!(codes(&no_system), ["damaged_member"]);

    let no_index = read(Some(2));
    assert_eq!(no_index.layers[0].shapes, good.layers[0].shapes);
    assert_eq!(codes(&no_index), ["damaged_member"]);
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
    let error = read_within(&path, &ReadOptions::default(), &small).unwrap_err();
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
    let error = read_within(&path, &ReadOptions::default(), &small).unwrap_err();
    assert!(matches!(error, WorkerError::TooLarge { .. }), "{error:?}");

    let none = Limits {
        wall_s: 0,
        ..Limits::default()
    };
    assert!(matches!(
        read_within(&path, &ReadOptions::default(), &none),
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

#[test]
fn entities_of_xml_read_no_file_and_do_not_multiply() {
    let place = Place::new();
    let secret = place.file("secret.txt", b"TOP-SECRET-WORDS");
    let mut laughs = String::from("<!DOCTYPE kml [<!ENTITY a0 \"lol\">");
    for level in 1..30 {
        laughs += &format!(
            "<!ENTITY a{level} \"&a{0};&a{0};&a{0};&a{0};&a{0};&a{0};\">",
            level - 1
        );
    }
    laughs += "]>";
    let outside = format!(
        "<!DOCTYPE kml [<!ENTITY x SYSTEM \"file://{0}\"><!ENTITY % y SYSTEM \"{0}\"> %y;]>",
        secret.display()
    );
    for (doctype, entity) in [(&laughs, "&a29;"), (&outside, "&x;")] {
        let kml = format!(
            "<?xml version=\"1.0\"?>{doctype}<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document><Placemark>\
             <name>{entity}</name><Point><coordinates>77,12</coordinates></Point></Placemark></Document></kml>"
        );
        let gml = format!(
            "<?xml version=\"1.0\"?>{doctype}<ogr:FeatureCollection xmlns:ogr=\"http://ogr.maptools.org/\" \
             xmlns:gml=\"http://www.opengis.net/gml\"><gml:featureMember><ogr:place fid=\"p.0\">\
             <ogr:name>{entity}</ogr:name></ogr:place></gml:featureMember></ogr:FeatureCollection>"
        );
        for (name, text) in [("x.kml", kml), ("x.gml", gml)] {
            let before = std::time::Instant::now();
            // A child that is stopped is an answer too; what it read must not hold the other file.
            if let Ok(delivery) = read(&place.file(name, text.as_bytes())) {
                let said = format!("{delivery:?}");
                assert!(!said.contains("TOP-SECRET"), "{name} {entity}");
                assert!(said.len() < 1_000_000, "{name} {entity}: {}", said.len());
            }
            assert!(before.elapsed().as_secs() < 90, "{name} {entity}");
        }
    }
}

#[test]
fn triggers_and_views_of_a_geopackage_do_nothing() {
    let place = Place::new();
    let loot = place.0.path().join("loot.sqlite");
    // The second never comes to its first row, which GDAL wants as soon as it opens a file.
    let path = place.geopackage(
        &format!(
        "CREATE TABLE counted (n INTEGER); INSERT INTO counted VALUES (0);
         CREATE TRIGGER seen AFTER INSERT ON place BEGIN UPDATE counted SET n = n + 1; END;
         CREATE VIEW Endless AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)
            SELECT x AS fid, (SELECT geom FROM place) AS geom, 'from ' || load_extension('{}') AS name FROM c;
         CREATE VIEW dry AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c)
            SELECT x AS fid, (SELECT geom FROM place) AS geom, '' AS name FROM c WHERE x < 0;",
        loot.display()
    ), "'place', 'Endless', 'dry'");
    let before = fs::read(&path).unwrap();
    let small = Limits {
        cpu_small_s: 20,
        ..Limits::default()
    };
    let delivery = read_within(&path, &ReadOptions::default(), &small).unwrap();
    assert_eq!(codes(&delivery), ["view"; 2], "{:?}", delivery.refused);
    assert!(delivery.refused[1].message.starts_with("`Endless`"));
    assert!(
        delivery
            .layers
            .iter()
            .any(|layer| layer.source.layer == "place" && layer.len() == 1),
        "{delivery:?}"
    );
    assert_eq!(fs::read(&path).unwrap(), before, "the file was written to");
    assert!(!loot.exists());
}

#[test]
fn a_table_that_computes_without_end_is_stopped_soon_because_the_file_is_small() {
    let place = Place::new();
    let path = place.geopackage(
        "CREATE TABLE big (fid INTEGER PRIMARY KEY, geom BLOB);
         INSERT INTO big (geom) WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 50000)
            SELECT place.geom FROM c, place;
         ALTER TABLE big ADD COLUMN name TEXT AS (length(hex(zeroblob(20000000 + fid))));",
        "'place', 'big'",
    );
    let limits = Limits {
        cpu_small_s: 2,
        ..Limits::default()
    };
    let before = std::time::Instant::now();
    let error = read_within(&path, &ReadOptions::default(), &limits).unwrap_err();
    // Whichever it meets first: the time or the memory.
    assert!(
        matches!(
            error,
            WorkerError::TimedOut { seconds: 2..10 }
                | WorkerError::OutOfMemory { .. }
                | WorkerError::Crashed { .. }
        ),
        "{error:?}"
    );
    assert!(before.elapsed().as_secs() < 60, "{:?}", before.elapsed());
}

#[test]
fn a_geopackage_of_many_tables_gives_the_first_and_says_so_and_one_in_use_is_read() {
    let place = Place::new();
    let tables: String = (0..40)
        .map(|at| format!("CREATE TABLE t{at} AS SELECT * FROM place;"))
        .collect();
    let names: String = (0..40).map(|at| format!(", 't{at}'")).collect();
    let path = place.geopackage(&tables, &format!("'place'{names}"));
    let mut few = ReadOptions::default();
    few.archive.layers = 20;
    let delivery = read_within(&path, &few, &Limits::default()).unwrap();
    assert_eq!(
        (delivery.layers.len(), codes(&delivery)),
        (20, vec!["too_many_layers"])
    );
    assert_eq!(read(&path).unwrap().layers.len(), 41);

    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(
        "PRAGMA journal_mode = WAL; INSERT INTO place SELECT 2, geom, 'two' FROM place;",
    )
    .unwrap();
    drop(db);
    let delivery = read(&path).unwrap();
    assert_eq!(delivery.layers[0].len(), 2, "{:?}", delivery.refused);
}

#[test]
fn counts_and_lengths_that_lie_are_not_believed() {
    let place = Place::new();
    // A .shp of one point whose header and record claim the world.
    let mut shp = vec![0_u8; 100];
    shp[..4].copy_from_slice(&9994_i32.to_be_bytes());
    shp[24..28].copy_from_slice(&i32::MAX.to_be_bytes());
    shp[28..32].copy_from_slice(&1000_i32.to_le_bytes());
    for (kind, counts) in [
        (1_i32, vec![]),
        (3, vec![i32::MAX, i32::MAX]),
        (5, vec![-1, -1]),
        (8, vec![i32::MAX]),
    ] {
        shp.truncate(100);
        shp[32..36].copy_from_slice(&kind.to_le_bytes());
        shp.extend(1_i32.to_be_bytes());
        shp.extend(i32::MAX.to_be_bytes());
        shp.extend(kind.to_le_bytes());
        shp.extend([0_u8; 32]);
        for count in counts {
            shp.extend(count.to_le_bytes());
        }
        let name = format!("lie{kind}.shp");
        let delivery = place.read(&name, &shp);
        let rows: usize = delivery
            .layers
            .iter()
            .map(parat::model::RawLayer::len)
            .sum();
        assert!(rows <= 1, "{name}: {rows}");
        assert!(
            !delivery.refused.is_empty()
                || delivery.layers.iter().any(|layer| !layer.notes.is_empty()),
            "{name}: {delivery:?}"
        );
    }
    // A .dbf that says it has four thousand million rows.
    let mut dbf = vec![3_u8, 126, 1, 1];
    dbf.extend(u32::MAX.to_le_bytes());
    dbf.extend(65_u16.to_le_bytes());
    dbf.extend(u16::MAX.to_le_bytes());
    dbf.extend([0_u8; 20]);
    dbf.extend(b"NAME\0\0\0\0\0\0\0C\0\0\0\0\xff\0");
    dbf.extend([0_u8; 14]);
    dbf.push(0x0d);
    dbf.extend(b" short");
    shp.truncate(100);
    shp[24..28].copy_from_slice(&64_i32.to_be_bytes());
    shp[32..36].copy_from_slice(&1_i32.to_le_bytes());
    shp.extend(1_i32.to_be_bytes());
    shp.extend(10_i32.to_be_bytes());
    shp.extend(1_i32.to_le_bytes());
    shp.extend(77.5_f64.to_le_bytes());
    shp.extend(12.9_f64.to_le_bytes());
    let zip = archive(&[("a.shp", &shp), ("a.dbf", &dbf)]);
    let delivery = place.read("dbf.zip", &zip);
    let rows: usize = delivery
        .layers
        .iter()
        .map(parat::model::RawLayer::len)
        .sum();
    assert!(rows <= 1, "{rows}");
    assert!(!delivery.refused.is_empty() || !delivery.layers.is_empty());
}

#[test]
fn numbers_that_are_none_become_findings_and_not_places() {
    use parat::validate::{Outcome, check};
    let place = Place::new();
    let nan = f64::NAN.to_le_bytes();
    let far = f64::INFINITY.to_le_bytes();
    let mut shp = vec![0_u8; 100];
    shp[..4].copy_from_slice(&9994_i32.to_be_bytes());
    shp[28..32].copy_from_slice(&1000_i32.to_le_bytes());
    shp[32..36].copy_from_slice(&1_i32.to_le_bytes());
    for (row, at) in [
        (nan, far),
        (far, nan),
        (77.5_f64.to_le_bytes(), 12.9_f64.to_le_bytes()),
    ]
    .iter()
    .enumerate()
    {
        shp.extend((row as i32 + 1).to_be_bytes());
        shp.extend(10_i32.to_be_bytes());
        shp.extend(1_i32.to_le_bytes());
        shp.extend(at.0);
        shp.extend(at.1);
    }
    let words = (shp.len() / 2) as i32;
    shp[24..28].copy_from_slice(&words.to_be_bytes());
    let mut delivery = place.read("nan.shp", &shp);
    let mut raw = delivery.layers.remove(0);
    raw.crs = "EPSG:4326".parse().unwrap();
    let layer = "toilet".parse().unwrap();
    let checked = check(raw, &crate::asked::ask(Some(&layer)));
    let report = checked.report();
    let valid = report.rules.iter().find(|rule| rule.code == "T01").unwrap();
    let Outcome::Failed { findings, .. } = &valid.outcome else {
        panic!("{valid:?}");
    };
    let rows: Vec<Option<u64>> = findings.iter().map(|found| found.place.row).collect();
    assert!(
        rows.contains(&Some(1)) && rows.contains(&Some(2)) && !rows.contains(&Some(3)),
        "{rows:?}"
    );
    for text in [parat::report::json(report), parat::report::geojson(report)] {
        serde_json::from_str::<serde_json::Value>(&text).unwrap();
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }
}

#[test]
fn names_in_every_script_are_read_and_said_as_they_are() {
    let place = Place::new();
    for name in [
        "वार्ड सीमा.geojson",
        "ವಾರ್ಡ್.geojson",
        "வார்டு எல்லை.geojson",
        "వార్డు.geojson",
        "ওয়ার্ড.geojson",
        "وارڈ.geojson",
        "ਵਾਰਡ.geojson",
        "e\u{301}té & \"quotes\" <b>.geojson",
        "emoji 🗺.geojson",
        "-rf --help.geojson",
        "a\u{202e}txt.geojson",
    ] {
        let delivery = place.read(name, POINT.as_bytes());
        assert_eq!(delivery.layers.len(), 1, "{name} {:?}", delivery.refused);
        assert_eq!(delivery.layers[0].source.file, name);
        let inside = place.read("in.zip", &archive(&[(name, POINT.as_bytes())]));
        assert_eq!(inside.layers.len(), 1, "{name} {:?}", inside.refused);
        assert_eq!(inside.layers[0].source.member.as_deref(), Some(name));
    }
}

#[test]
fn the_limits_of_the_settings_hold_on_the_command_line_too() {
    let place = Place::new();
    let file = place.file(
        "two.zip",
        &archive(&[
            ("a.geojson", POINT.as_bytes()),
            ("b.geojson", POINT.as_bytes()),
        ]),
    );
    let settings = place.file("parat.toml", b"[limits]\narchive_entries = 1\n");
    let check = |arguments: &[&std::ffi::OsStr]| {
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_parat"))
            .args(arguments)
            .args(["check", "--format", "json"])
            .arg(&file)
            .output()
            .unwrap();
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    assert!(!check(&[]).contains("too_many_entries"));
    let narrow = check(&["--config".as_ref(), settings.as_os_str()]);
    assert!(narrow.contains("too_many_entries"), "{narrow}");
}

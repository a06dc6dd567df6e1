//! Archives that are empty, cut short, bent, locked or made to unpack without end.

use super::*;

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

//! Files that reach for others, that lie about themselves or compute without end, and names in every script.

use super::*;

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

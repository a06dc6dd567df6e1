//! What hostile files and clients get of a running server: every delivery an end and a report in every form,
//! every request an answer below 500, and everybody else the same as before.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    deliveries::{TUS, ask, ended},
    form::form,
    geopackage::geopackage,
    server::Server,
    strange::{self, POINT, archive, dbf, gml, kml, shp, workbook},
};

/// What must be said of a file.
enum Said {
    /// A refusal by this code.
    Refused(&'static str),
    /// So many rows read in the first layer.
    Rows(u64),
    /// A finding by this rule.
    Found(&'static str),
    /// Anything, as long as it comes to an end.
    Something,
}
use Said::{Found, Refused, Rows, Something};

const SECRET: &str = "TOP-SECRET-WORDS";

/// Hands a file in and waits for its end: the delivery and its reports as JSON.
fn hand_in(server: &Server, name: &str, bytes: &[u8]) -> (Value, Vec<Value>) {
    let body = form(&[("file", Some(name), bytes)]);
    let kind = ("content-type", "multipart/form-data; boundary=QQ");
    let url = &server.url;
    let taken = ask("POST", &format!("{url}/deliveries"), &[kind], &body).expect("an answer");
    assert_eq!(taken.status, 202, "{name}: {}", taken.json());
    let id = taken.json()["id"].as_str().expect("an id").to_owned();
    let end = ended(url, &id).expect("the server lives");
    assert_eq!(end["state"], "judged", "{name}: {end}");
    let mut reports = vec![];
    for language in ["en", "hi"] {
        for form in ["json", "html", "csv", "geojson"] {
            let at = format!("{url}/reports/{id}.{form}?lang={language}");
            let report = ask("GET", &at, &[], b"").expect("an answer");
            assert_eq!(report.status, 200, "{name}: {at}");
            let text = String::from_utf8(report.body.clone()).expect("UTF-8");
            assert!(!text.contains(SECRET), "{name} shows another file's words");
            assert!(text.len() < 4_000_000, "{name}: {} bytes", text.len());
            if form == "csv" {
                for cell in text.lines().flat_map(|line| line.split(',')) {
                    let cell = cell.trim_start_matches('"');
                    let formula = cell.starts_with(['=', '+', '-', '@', '\t'])
                        && cell.parse::<f64>().is_err();
                    assert!(!formula, "{name}: a spreadsheet would reckon {cell}");
                }
            }
            if form == "html" {
                assert!(
                    !text.contains("<script>alert"),
                    "{name}: words became a program"
                );
            }
            if form == "json" && language == "en" {
                reports = match report.json() {
                    Value::Array(all) => all,
                    one => vec![one],
                };
            }
        }
    }
    (end, reports)
}

fn judged(server: &Server, name: &str, bytes: &[u8], said: &Said) {
    let begun = Instant::now();
    let (_, reports) = hand_in(server, name, bytes);
    let codes: Vec<&str> = reports
        .iter()
        .flat_map(|report| report["notes"].as_array().into_iter().flatten())
        .filter_map(|note| note["kind"].as_str())
        .collect();
    let failed: Vec<&str> = reports
        .iter()
        .flat_map(|report| report["rules"].as_array().into_iter().flatten())
        .filter(|rule| rule["outcome"] == "failed")
        .filter_map(|rule| rule["code"].as_str())
        .collect();
    match said {
        Refused(code) => assert!(codes.contains(code), "{name}: {codes:?}, not {code}"),
        Rows(rows) => assert_eq!(reports[0]["rows"], *rows, "{name}: {codes:?}"),
        Found(rule) => assert!(failed.contains(rule), "{name}: {failed:?}, not {rule}"),
        Something => assert!(!failed.is_empty() || !codes.is_empty(), "{name}"),
    }
    println!("{name}: {:?}, {codes:?}", begun.elapsed());
}

fn serving() -> (tempfile::TempDir, Server) {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    drop(parat::store::Embedded::open(&data).expect("opens"));
    let server = Server::of(&data);
    (folder, server)
}

fn is_well(folder: &tempfile::TempDir, server: &Server) {
    assert_eq!(server.json("/health")["status"], "ok");
    assert_eq!(server.json("/journal/verify")["whole"], true);
    let left = fs::read_dir(folder.path().join("data/deliveries/work"))
        .expect("there")
        .count();
    assert_eq!(left, 0, "readers leave nothing");
}

#[test]
fn every_hostile_file_comes_to_an_end_with_a_report_and_hurts_nobody() {
    let (folder, server) = serving();
    let secret = folder.path().join("secret.txt");
    fs::write(&secret, SECRET).expect("written");
    let outside = format!(
        "<!DOCTYPE kml [<!ENTITY x SYSTEM \"file://{0}\"><!ENTITY % y SYSTEM \"{0}\"> %y;]>",
        secret.display()
    );
    // Whoever follows an address in a file comes here.
    let trap = TcpListener::bind("127.0.0.1:0").expect("a port");
    trap.set_nonblocking(true).expect("set");
    let at = trap.local_addr().expect("an address");
    let links = format!(
        "<NetworkLink><Link><href>http://{at}/x.kml</href></Link></NetworkLink><NetworkLink><Link>\
         <href>file://{}</href></Link></NetworkLink>",
        secret.display()
    );
    let point = POINT.as_bytes();
    let zeros = vec![0; 40 << 20];
    let bomb = archive(&[("x.gpkg", &zeros), ("good.geojson", point)]);
    let two = [[77.5, 12.9], [77.6, 12.8]];
    let many: Vec<String> = (0..66_000).map(|at| format!("{at}.geojson")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b""[..])).collect();
    let columns: Vec<String> = (0..5000).map(|at| format!("\"k{at}\":1")).collect();
    let cell =
        |at: &str, text: &str| format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>");
    let head = format!(
        "<row r=\"1\">{}{}</row>",
        cell("A1", "lon"),
        cell("B1", "lat")
    );
    let formulas = "<row r=\"2\"><c r=\"A2\"><f>SUM(A1:XFD1048576)</f><v>77.5</v></c><c r=\"B2\">\
        <f t=\"shared\" ref=\"B2:B1048576\" si=\"0\">A2*A2</f><v>12</v></c></row>";
    let far = format!("<row r=\"1048576\">{}</row>", cell("XFD1048576", "x"));
    let mut squeezed = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0];
    squeezed.extend(b"\x1f\x8b\x08 in another");
    let formula =
        "lon,lat,name\n777.5,12.9,=cmd|' /C calc'!A0\n777.6,12.8,@SUM(1)\n777.6,12.8,\"+1,2\"\n";
    let deep =
        |open: &str, close: &str| format!("{}{}", open.repeat(100_000), close.repeat(100_000));
    let files: Vec<(&str, Vec<u8>, Said)> = vec![
        ("bomb.zip", bomb.clone(), Refused("bomb")),
        ("liar.zip", strange::lying(bomb.clone()), Something),
        (
            "slip.zip",
            archive(&[("../../a.geojson", point), ("/b.geojson", point)]),
            Refused("unsafe_path"),
        ),
        ("link.zip", strange::link(), Refused("link")),
        (
            "nested.zip",
            archive(&[("in.zip", &archive(&[("a.geojson", point)]))]),
            Refused("nested_archive"),
        ),
        (
            "cut.zip",
            bomb[..bomb.len() / 2].to_vec(),
            Refused("damaged_archive"),
        ),
        ("many.zip", archive(&many), Refused("too_many_entries")),
        (
            "case.zip",
            archive(&[
                ("a.shp", &shp(&two)),
                ("A.SHP", &shp(&two)),
                ("A.DBF", &dbf(1, 2)),
            ]),
            Rows(2),
        ),
        (
            "nan.zip",
            archive(&[("a.shp", &shp(&[[f64::NAN, f64::INFINITY], two[0]]))]),
            Found("T01"),
        ),
        (
            "rows.zip",
            archive(&[("a.shp", &shp(&two)), ("a.dbf", &dbf(1, u32::MAX))]),
            Something,
        ),
        (
            "wide.zip",
            archive(&[("a.shp", &shp(&two)), ("a.dbf", &dbf(2000, 2))]),
            Rows(2),
        ),
        (
            "shx.zip",
            archive(&[("a.shp", &shp(&two)), ("a.shx", &strange::lying_shx())]),
            Something,
        ),
        (
            "prj.zip",
            archive(&[
                ("a.shp", &shp(&two)),
                ("a.prj", "GEOGCS[\"".repeat(1 << 20).as_bytes()),
            ]),
            Found("C01"),
        ),
        (
            "nan.geojson",
            POINT.replace("77.5", "NaN").into_bytes(),
            Something,
        ),
        (
            "far.geojson",
            POINT.replace("77.5", "1e999").into_bytes(),
            Something,
        ),
        (
            "deep.geojson",
            POINT.replace("\"one\"", &deep("[", "]")).into_bytes(),
            Something,
        ),
        (
            "columns.geojson",
            POINT
                .replace("\"name\":\"one\"", &columns.join(","))
                .into_bytes(),
            Refused("too_many_columns"),
        ),
        (
            "key.geojson",
            POINT.replace("name", &"k".repeat(1 << 20)).into_bytes(),
            Refused("long_column_name"),
        ),
        (
            "script.geojson",
            POINT
                .replace("one", "<script>alert(1)</script>")
                .into_bytes(),
            Rows(1),
        ),
        (
            "quote.csv",
            [&b"lon,lat,name\n77,12,\""[..], &vec![b'x'; 17 << 20]].concat(),
            Refused("long_value"),
        ),
        ("formula.csv", formula.as_bytes().to_vec(), Rows(3)),
        ("=1+1.csv", formula.as_bytes().to_vec(), Rows(3)),
        (
            "laughs.kml",
            kml(&strange::laughs(), "&a29;", "").into_bytes(),
            Something,
        ),
        (
            "outside.kml",
            kml(&outside, "&x;", "").into_bytes(),
            Something,
        ),
        ("outside.gml", gml(&outside, "&x;").into_bytes(), Something),
        (
            "deep.kml",
            kml("", "x", &deep("<Folder>", "</Folder>")).into_bytes(),
            Something,
        ),
        (
            "links.kmz",
            archive(&[("doc.kml", kml("", "x", &links).as_bytes())]),
            Rows(1),
        ),
        (
            "trigger.gpkg",
            geopackage(
                "CREATE TABLE t (n); CREATE TRIGGER a AFTER INSERT ON place BEGIN
            INSERT INTO t VALUES (load_extension('x')); END;",
                "'place'",
            ),
            Rows(1),
        ),
        (
            "view.gpkg",
            geopackage(
                "CREATE VIEW big AS SELECT 1 AS fid, (SELECT geom FROM place) AS geom,
            zeroblob(2000000000) AS name;",
                "'place', 'big'",
            ),
            Refused("view"),
        ),
        (
            "own.gpkg",
            geopackage(
                "CREATE VIEW gpkg_data_columns AS
            WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT x FROM c;",
                "'place'",
            ),
            Refused("view"),
        ),
        (
            "endless.gpkg",
            geopackage(
                "CREATE VIEW big AS WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c)
            SELECT x AS fid, (SELECT geom FROM place) AS geom FROM c WHERE x < 0;",
                "'place', 'big'",
            ),
            Refused("view"),
        ),
        (
            "name.gpkg",
            geopackage(
                "CREATE TABLE \"x'; DROP TABLE place;--\" (fid INTEGER PRIMARY KEY, geom BLOB);",
                "'place', 'x''; DROP TABLE place;--'",
            ),
            Something,
        ),
        (
            "sheet.xlsx",
            workbook(&format!("{head}{formulas}")),
            Rows(1),
        ),
        (
            "corner.xlsx",
            workbook(&format!("{head}{far}")),
            Refused("too_large"),
        ),
        ("twice.gz", squeezed, Refused("unsupported_archive")),
        (
            "lie.fgb",
            [&b"fgb\x03fgb\x00\xf0\xff\xff\xff"[..], &[0; 200]].concat(),
            Something,
        ),
        ("empty.shp", vec![], Refused("empty_file")),
    ];
    for (name, bytes, said) in &files {
        judged(&server, name, bytes, said);
    }
    for name in [
        "वार्ड सीमा.geojson",
        "வார்டு.geojson",
        "وارڈ.geojson",
        "ওয়ার্ড <b>.geojson",
        "-rf --help.geojson",
        "e\u{301} 🗺.geojson",
    ] {
        let (end, reports) = hand_in(&server, name, point);
        assert_eq!(
            (&end["file"], &reports[0]["rows"]),
            (&Value::from(name), &Value::from(1))
        );
    }
    assert!(trap.accept().is_err(), "nobody followed an address");
    is_well(&folder, &server);
}

/// Twenty thousand features on one spot: every two of them are a finding.
fn stacked(kind: &str, coordinates: &str, name: &str) -> Vec<u8> {
    let features: Vec<String> = (0..20_000)
        .map(|at| {
            format!(
                r#"{{"type":"Feature","geometry":{{"type":"{kind}","coordinates":{coordinates}}},"properties":{{"{name}":{at}}}}}"#
            )
        })
        .collect();
    format!(
        r#"{{"type":"FeatureCollection","features":[{}]}}"#,
        features.join(",")
    )
    .into_bytes()
}

#[test]
fn features_that_all_lie_on_one_another_cost_a_bounded_time_and_memory() {
    let (folder, server) = serving();
    let square = "[[[77.5,12.9],[77.6,12.9],[77.6,13.0],[77.5,13.0],[77.5,12.9]]]";
    for (file, kind, coordinates, name, said) in [
        (
            "ward_boundary.geojson",
            "Polygon",
            square,
            "ward_no",
            Found("T04"),
        ),
        (
            "road.geojson",
            "LineString",
            "[[77.5,12.9],[77.6,13.0]]",
            "road_id",
            Something,
        ),
        (
            "tree.geojson",
            "Point",
            "[77.5,12.9]",
            "tree_id",
            Found("T12"),
        ),
    ] {
        let begun = Instant::now();
        judged(&server, file, &stacked(kind, coordinates, name), &said);
        // It took minutes and six gigabytes once; a loaded machine and a program for finding faults get two minutes.
        assert!(
            begun.elapsed() < Duration::from_mins(2),
            "{file}: {:?}",
            begun.elapsed()
        );
    }
    assert!(server.peak_mib() < 1500, "{} MiB", server.peak_mib());
    is_well(&folder, &server);
}

#[test]
fn hostile_clients_get_an_answer_below_500_and_others_are_served_meanwhile() {
    let (folder, server) = serving();
    let url = &server.url;
    let address = url.trim_start_matches("http://");
    // Heads that never end: others are served meanwhile.
    let mut slow: Vec<TcpStream> = (0..200)
        .map(|_| {
            let mut line = TcpStream::connect(address).expect("taken");
            line.write_all(b"POST /deliveries HTTP/1.1\r\nHost: x\r\nX-Slow: ")
                .expect("sent");
            line
        })
        .collect();
    let begun = Instant::now();
    hand_in(&server, "a.geojson", POINT.as_bytes());
    assert!(
        begun.elapsed() < Duration::from_mins(1),
        "{:?}",
        begun.elapsed()
    );
    for line in &mut slow {
        line.write_all(b"y").expect("still open");
    }
    drop(slow);
    // Heads without measure, in length and in number.
    for head in [
        "X: y\r\n".repeat(20_000),
        format!("X: {}\r\n", "y".repeat(2 << 20)),
    ] {
        let mut line = TcpStream::connect(address).expect("taken");
        line.set_read_timeout(Some(Duration::from_secs(20)))
            .expect("set");
        // It may hang up before it has read all of it.
        let _ = line.write_all(format!("GET /health HTTP/1.1\r\nHost: x\r\n{head}\r\n").as_bytes());
        let mut said = vec![];
        let _ = line.read_to_end(&mut said);
        let said = String::from_utf8_lossy(&said);
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 4"), "{said}");
    }
    // Forms of ten thousand parts, of parts without an end, without a boundary, of none.
    let parts = vec![("layer", None, &b"road"[..]); 10_000];
    let whole = form(&parts);
    for (kind, body) in [
        ("multipart/form-data; boundary=QQ", &whole[..]),
        ("multipart/form-data; boundary=QQ", &whole[..100]),
        (
            "multipart/form-data; boundary=QQ",
            &b"--QQ\r\nContent-Disposition: form-data; name="[..],
        ),
        ("multipart/form-data; boundary=other", &whole[..1000]),
        ("multipart/form-data", &whole[..1000]),
        ("text/plain", b"x"),
        ("multipart/form-data; boundary=QQ", b""),
    ] {
        let answer = ask(
            "POST",
            &format!("{url}/deliveries"),
            &[("content-type", kind)],
            body,
        );
        // A form that goes beyond its limits may be hung up on.
        if let Some(answer) = answer {
            assert!(
                (400..500).contains(&answer.status),
                "{kind}: {}",
                answer.json()
            );
        }
    }
    // Uploads whose numbers lie.
    let create = |length: &str| {
        let head = [
            TUS,
            ("upload-length", length),
            ("upload-metadata", "filename YS5nZW9qc29u"),
        ];
        ask("POST", &format!("{url}/uploads"), &head, b"").expect("an answer")
    };
    for length in [
        "-1",
        "99999999999999999999",
        "1e3",
        "18446744073709551615",
        "",
    ] {
        let answer = create(length);
        assert!(
            (400..500).contains(&answer.status),
            "{length}: {}",
            answer.status
        );
    }
    let made = create(&POINT.len().to_string());
    let upload = format!("{url}/uploads/{}", made.header("parat-delivery"));
    let bytes = ("content-type", "application/offset+octet-stream");
    for offset in ["1", "-1", "18446744073709551615", "0x0", "", "5, 0"] {
        let answer = ask(
            "PATCH",
            &upload,
            &[TUS, bytes, ("upload-offset", offset)],
            b"abc",
        );
        let status = answer.expect("an answer").status;
        assert!((400..500).contains(&status), "{offset}: {status}");
    }
    let long = [POINT.as_bytes(), b"and more"].concat();
    let answer = ask(
        "PATCH",
        &upload,
        &[TUS, bytes, ("upload-offset", "0")],
        &long,
    );
    assert!(answer.is_none_or(|answer| (400..500).contains(&answer.status)));
    let head = ask("HEAD", &upload, &[TUS], b"").expect("an answer");
    let offset: usize = head.header("upload-offset").parse().expect("a number");
    let rest = &POINT.as_bytes()[offset..];
    let at = offset.to_string();
    let answer = ask(
        "PATCH",
        &upload,
        &[TUS, bytes, ("upload-offset", &at)],
        rest,
    );
    let status = answer.expect("an answer").status;
    assert!(
        status == 204 || offset == POINT.len(),
        "{status} at {offset}"
    );
    let end = ended(url, made.header("parat-delivery")).expect("the server lives");
    assert_eq!(end["state"], "judged", "{end}");
    is_well(&folder, &server);
}

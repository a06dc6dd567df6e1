//! Tiles and archives of a running server, held against what outside programs and the server's own features
//! say. What a machine lacks is skipped aloud.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{
    city::{PARAT, parat, said},
    clients::has,
    server::Server,
};

/// The demo city, made once for all tests here.
static CITY: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("tiles-city");
    std::fs::remove_dir_all(&folder).ok();
    Command::new(PARAT)
        .args(["demo", "--no-serve", "--data"])
        .arg(&folder)
        .output()
        .expect("the program starts");
    folder
});

/// How long an outside judge may take over all tiles of the demo city.
const JUDGE_WITHIN: Duration = Duration::from_mins(1);

/// Asks with headers; gives status, headers and the body as it came.
fn ask(url: &str, headers: &[(&str, &str)]) -> (u16, BTreeMap<String, String>, Vec<u8>) {
    let agent: ureq::Agent = ureq::Agent::config_builder()
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into();
    let mut request = agent.get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let mut answer = request
        .call()
        .unwrap_or_else(|error| panic!("{url}: {error}"));
    let headers = answer
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or("").to_owned()))
        .collect();
    let body = answer
        .body_mut()
        .with_config()
        .limit(1 << 30)
        .read_to_vec()
        .expect("a body");
    (answer.status().as_u16(), headers, body)
}

/// Waits until the server has made the pyramid of a layer, as it does in the background.
fn pyramid_of(server: &Server, layer: &str) {
    let until = Instant::now() + Duration::from_mins(2);
    while ask(
        &format!("{}/collections/{layer}/tiles.pmtiles", server.url),
        &[],
    )
    .0 != 200
    {
        assert!(Instant::now() < until, "{layer} has no pyramid");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The address of the tiles of a layer's version, up to the zoom.
fn pinned(server: &Server, layer: &str) -> (String, [f64; 4]) {
    let tilejson = server.json(&format!(
        "/collections/{layer}/tiles/WebMercatorQuad/tilejson.json"
    ));
    let tiles = tilejson["tiles"][0].as_str().expect("an address");
    let bounds: Vec<f64> = tilejson["bounds"]
        .as_array()
        .expect("bounds")
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    (
        tiles.replace("/{z}/{x}/{y}.mvt", ""),
        bounds.try_into().expect("four"),
    )
}

/// The columns and rows of a zoom that a box touches.
fn touched(
    [west, south, east, north]: [f64; 4],
    z: u32,
) -> (std::ops::RangeInclusive<u32>, std::ops::RangeInclusive<u32>) {
    let wide = f64::from(1_u32 << z);
    let column = |lon: f64| ((lon + 180.0) / 360.0 * wide) as u32;
    let row = |lat: f64| {
        let y = (1.0 - lat.to_radians().tan().asinh() / std::f64::consts::PI) / 2.0;
        (y * wide) as u32
    };
    (column(west)..=column(east), row(north)..=row(south))
}

/// The features of a layer in a tile: id, properties.
fn features(bytes: &[u8], layer: &str) -> BTreeMap<u64, BTreeMap<String, String>> {
    if bytes.is_empty() {
        return BTreeMap::new();
    }
    let reader = mvt_reader::Reader::new(bytes.to_vec()).expect("a tile");
    let names = reader.get_layer_names().expect("names");
    let Some(at) = names.iter().position(|name| name == layer) else {
        return BTreeMap::new();
    };
    let features = reader.get_features(at).expect("features");
    features
        .into_iter()
        .map(|feature| {
            let properties = feature.properties.unwrap_or_default();
            let properties = properties
                .into_iter()
                .map(|(name, value)| (name, plain(&value)))
                .collect();
            (feature.id.expect("an id"), properties)
        })
        .collect()
}

fn plain(value: &mvt_reader::feature::Value) -> String {
    use mvt_reader::feature::Value as V;
    match value {
        V::String(text) => text.clone(),
        V::Float(number) => number.to_string(),
        V::Double(number) => number.to_string(),
        V::Int(number) | V::SInt(number) => number.to_string(),
        V::UInt(number) => number.to_string(),
        V::Bool(yes) => yes.to_string(),
        V::Null => String::new(),
    }
}

fn dropped(headers: &BTreeMap<String, String>) -> u64 {
    headers["parat-losses"]
        .split(", ")
        .find_map(|part| part.strip_prefix("dropped="))
        .expect("dropped")
        .parse()
        .expect("a number")
}

#[test]
fn a_tile_holds_the_features_of_its_box_one_by_one_but_for_those_it_says_it_left_out() {
    let server = Server::of(&CITY);
    let mut compared = 0;
    for layer in ["ward_boundary", "road", "building", "toilet", "park"] {
        let (source, bounds) = pinned(&server, layer);
        for z in [0, 9, 12, 14, 16] {
            let (columns, rows) = touched(bounds, z);
            let middle =
                |range: &std::ops::RangeInclusive<u32>| u32::midpoint(*range.start(), *range.end());
            let (x, y) = (middle(&columns), middle(&rows));
            let (status, headers, bytes) = ask(&format!("{source}/{z}/{x}/{y}.mvt"), &[]);
            assert!([200, 204].contains(&status), "{layer} {z}/{x}/{y}");
            // The box of the tile without its buffer: what meets it must be there.
            let wide = f64::from(1_u32 << z);
            let lon = |x: f64| x / wide * 360.0 - 180.0;
            let lat = |y: f64| {
                (std::f64::consts::PI * (1.0 - 2.0 * y / wide))
                    .sinh()
                    .atan()
                    .to_degrees()
            };
            let (x, y) = (f64::from(x), f64::from(y));
            let shrink = 1e-9;
            let bbox = format!(
                "{},{},{},{}",
                lon(x) + shrink,
                lat(y + 1.0) + shrink,
                lon(x + 1.0) - shrink,
                lat(y) - shrink
            );
            let page = server.json(&format!(
                "/collections/{layer}/items?limit=10000&bbox={bbox}"
            ));
            if page["numberMatched"].as_u64() > Some(10_000) {
                continue;
            }
            let in_tile = features(&bytes, layer);
            let lost = if status == 204 { 0 } else { dropped(&headers) };
            let mut missing = 0;
            for feature in page["features"].as_array().expect("features") {
                if feature["geometry"].is_null() {
                    continue;
                }
                let id = feature["id"].as_u64().expect("an id");
                let Some(found) = in_tile.get(&id) else {
                    missing += 1;
                    continue;
                };
                compared += 1;
                for (name, value) in feature["properties"].as_object().expect("properties") {
                    let told = match value {
                        Value::Null => None,
                        Value::String(text) => Some(text.clone()),
                        Value::Number(number) => Some(number.as_f64().expect("finite").to_string()),
                        other => Some(other.to_string()),
                    };
                    let own = found.get(name).map(|own| match own.parse::<f64>() {
                        Ok(number) if value.is_number() => number.to_string(),
                        _ => own.clone(),
                    });
                    assert_eq!(own, told, "{layer} {id} {name} at zoom {z}");
                }
            }
            assert!(
                missing <= lost,
                "{layer} at zoom {z}: {missing} are missing, {lost} are declared"
            );
        }
    }
    assert!(compared > 500, "{compared}");
}

#[test]
fn the_fast_lane_and_the_long_way_give_one_answer() {
    let server = Server::of(&CITY);
    pyramid_of(&server, "ward_boundary");
    let (source, bounds) = pinned(&server, "ward_boundary");
    for z in [0, 11, 13] {
        let (columns, rows) = touched(bounds, z);
        let address = format!("{source}/{z}/{}/{}", columns.start(), rows.start());
        let gzip = [("accept-encoding", "gzip")];
        let (status, quick, body) = ask(&format!("{address}.mvt"), &gzip);
        let (long_status, long, long_body) = ask(&format!("{address}.pbf"), &gzip);
        assert_eq!((status, &body), (long_status, &long_body), "{address}");
        let names = |headers: &BTreeMap<String, String>| -> BTreeSet<String> {
            headers
                .keys()
                .filter(|name| *name != "date")
                .cloned()
                .collect()
        };
        assert_eq!(names(&quick), names(&long));
        for (name, value) in &quick {
            // Two lines there are one line here.
            if name != "vary" && name != "date" {
                assert_eq!(value, &long[name], "{name}");
            }
        }
        let again = [
            ("accept-encoding", "gzip"),
            ("if-none-match", &quick["etag"]),
        ];
        assert_eq!(ask(&format!("{address}.mvt"), &again).0, 304);
        assert_eq!(ask(&format!("{address}.pbf"), &again).0, 304);
        // A query goes the long way once, and is known from then on.
        for query in [
            "filter=ward_no%20IS%20NOT%20NULL",
            "filter=ward_no%3D%27nothing%27",
            "properties=name",
        ] {
            // The last one as a browser asks.
            let asked = match query {
                "properties=name" => [("accept-encoding", "gzip, deflate, br, zstd")],
                _ => gzip,
            };
            let (status, first, body) = ask(&format!("{address}.mvt?{query}"), &asked);
            let (again, quick, quick_body) = ask(&format!("{address}.mvt?{query}"), &asked);
            let (long_status, long, long_body) = ask(&format!("{address}.pbf?{query}"), &asked);
            if let Some(coding) = quick.get("content-encoding") {
                assert_eq!(coding == "zstd", query == "properties=name", "{query}");
            }
            assert_eq!((status, &body), (again, &quick_body), "{address} {query}");
            assert_eq!(
                (status, &body),
                (long_status, &long_body),
                "{address} {query}"
            );
            for headers in [&first, &long] {
                assert_eq!(names(&quick), names(headers), "{address} {query}");
                for (name, value) in &quick {
                    if name != "vary" && name != "date" {
                        assert_eq!(value, &headers[name], "{name} of {address} {query}");
                    }
                }
            }
            let again = [
                ("accept-encoding", "gzip"),
                ("if-none-match", &quick["etag"]),
            ];
            assert_eq!(ask(&format!("{address}.mvt?{query}"), &again).0, 304);
        }
        let wrong = format!("{address}.mvt?filter=nothing%3D1");
        assert_eq!((ask(&wrong, &gzip).0, ask(&wrong, &gzip).0), (400, 400));
    }
    let metrics = String::from_utf8(ask(&format!("{}/metrics", server.url), &[]).2).expect("text");
    let counted = metrics
        .lines()
        .find_map(|line| line.strip_prefix("parat_tiles_beforehand_total "))
        .expect("counted");
    assert!(counted.parse::<u64>().expect("a number") >= 6);
}

#[test]
fn archives_come_whole_and_in_parts_and_outside_readers_count_the_same_tiles() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::of(&CITY);
    pyramid_of(&server, "ward_boundary");
    let address = format!("{}/collections/ward_boundary/tiles.pmtiles", server.url);
    let (_, headers, whole) = ask(&address, &[]);
    assert!(whole.starts_with(b"PMTiles\x03"));
    assert_eq!(headers["accept-ranges"], "bytes");
    let (status, part_headers, part) = ask(&address, &[("range", "bytes=5-126")]);
    assert_eq!(status, 206);
    assert_eq!(part, whole[5..127]);
    assert_eq!(
        part_headers["content-range"],
        format!("bytes 5-126/{}", whole.len())
    );
    let tail = ask(&address, &[("range", "bytes=-10")]);
    assert_eq!((tail.0, &tail.2[..]), (206, &whole[whole.len() - 10..]));
    let (status, refused, _) = ask(&address, &[("range", "bytes=0-1,4-5")]);
    assert_eq!(status, 416);
    assert_eq!(refused["content-range"], format!("bytes */{}", whole.len()));
    let other = ask(
        &address,
        &[("range", "bytes=0-1"), ("if-range", "\"other\"")],
    );
    assert_eq!((other.0, other.2.len()), (200, whole.len()));
    let same = ask(&address, &[("if-none-match", &headers["etag"])]);
    assert_eq!(same.0, 304);
    let (source, _) = pinned(&server, "ward_boundary");
    let pinned = ask(&format!("{source}.pmtiles"), &[]);
    assert!(pinned.1["cache-control"].contains("immutable"));
    assert_eq!(pinned.2, whole);

    let addressed = u64::from_le_bytes(whole[72..80].try_into().expect("eight"));
    let (status, _, mbtiles) = ask(&address.replace("pmtiles", "mbtiles"), &[]);
    assert_eq!(status, 200);
    assert!(mbtiles.starts_with(b"SQLite format 3\0"));
    let file = folder.path().join("wards.mbtiles");
    std::fs::write(&file, &mbtiles).expect("written");
    if has("ogrinfo") {
        // GDAL reads the deepest zoom and gives every ward back.
        let done = Command::new("ogrinfo")
            .args(["-ro", "-so", "-al"])
            .arg(&file)
            .output()
            .expect("runs");
        let text = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(
            text.contains("Layer name: ward_boundary") && text.contains("ward_no"),
            "{text}{done:?}"
        );
    } else {
        println!("skipped: 1 judge (ogrinfo absent)");
    }
    let out = folder.path().join("out");
    let data = CITY.to_str().expect("text");
    let order = |arguments: &[&str]| {
        let mut all = vec!["tiles", "export", "ward_boundary", "--data", data];
        all.extend(arguments);
        let done = parat(folder.path(), &all);
        assert!(done.status.success(), "{done:?}");
        said(&done)
    };
    let text = order(&["--format", "pmtiles", "--out", "out/wards.pmtiles"]);
    assert!(text.contains(&format!("{addressed} tiles")), "{text}");
    assert_eq!(
        std::fs::read(out.join("wards.pmtiles")).expect("written"),
        whole
    );
    order(&["--format", "dir", "--out", "out/site", "--zooms", "9-11"]);
    let tilejson: Value = serde_json::from_slice(
        &std::fs::read(out.join("site/ward_boundary.json")).expect("written"),
    )
    .expect("JSON");
    assert_eq!(
        (&tilejson["minzoom"], &tilejson["maxzoom"]),
        (&9.into(), &11.into())
    );
    let style: Value =
        serde_json::from_slice(&std::fs::read(out.join("site/style.json")).expect("written"))
            .expect("JSON");
    assert!(
        style["layers"]
            .as_array()
            .is_some_and(|layers| layers.len() > 1)
    );
    let (source, bounds) = self::pinned(&server, "ward_boundary");
    let (columns, rows) = touched(bounds, 10);
    let tile = format!("10/{}/{}.mvt", columns.start(), rows.start());
    let written = std::fs::read(out.join("site/ward_boundary").join(&tile)).expect("written");
    assert_eq!(
        features(&written, "ward_boundary"),
        features(&ask(&format!("{source}/{tile}"), &[]).2, "ward_boundary")
    );
}

/// Decodes every file of a folder with the `mapbox-vector-tile` package of Python.
const DECODE: &str = r#"
import sys, pathlib, mapbox_vector_tile as m
tiles = features = 0
for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.mvt")):
    for name, layer in m.decode(path.read_bytes()).items():
        assert layer["version"] == 2 and layer["extent"] == 4096, (path, name)
        features += len(layer["features"])
        assert layer["features"], (path, name)
    tiles += 1
print(tiles, features)
"#;

#[test]
fn outside_decoders_accept_every_tile_of_the_demo_city() {
    let python = std::env::var("PARAT_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let known = Command::new(&python)
        .args(["-c", "import mapbox_vector_tile"])
        .output()
        .is_ok_and(|done| done.status.success());
    if !known {
        println!("skipped: 1 test (python's mapbox-vector-tile absent)");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    let data = CITY.to_str().expect("text");
    let layers = [
        "ward_boundary",
        "road",
        "building",
        "toilet",
        "park",
        "water_body",
    ];
    let mut arguments = vec!["tiles", "export"];
    arguments.extend(layers);
    arguments.extend([
        "--data", data, "--format", "dir", "--out", "site", "--zooms", "0-16",
    ]);
    let done = parat(folder.path(), &arguments);
    assert!(done.status.success(), "{done:?}");
    let begun = Instant::now();
    let done = Command::new(&python)
        .args(["-c", DECODE])
        .arg(folder.path().join("site"))
        .output()
        .expect("runs");
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let tiles: u32 = text
        .split(' ')
        .next()
        .and_then(|number| number.parse().ok())
        .expect("a number");
    assert!(tiles > 100, "{text}");
    assert!(begun.elapsed() < JUDGE_WITHIN, "{:?}", begun.elapsed());
    println!("decoded: {text}");
}

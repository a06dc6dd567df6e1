//! What a client does wrong is told in the language that the request asks for, to the last word.

use parat::standard::Standards;

use super::send;
use crate::hindi::english;

/// Requests that are wrong: a path, and a body for those that are sent by POST.
const WRONG: &[(&str, &str)] = &[
    ("/collections/nowhere/items", ""),
    ("/collections/ward_boundary/items?limit=x", ""),
    ("/collections/ward_boundary/items?limit=0", ""),
    ("/collections/ward_boundary/items?bbox=1,2,3", ""),
    ("/collections/ward_boundary/items?bbox=1,2,three,4", ""),
    ("/collections/ward_boundary/items?datetime=yesterday", ""),
    ("/collections/ward_boundary/items?nothing=1", ""),
    ("/collections/ward_boundary/items?limit=1&limit=2", ""),
    (
        "/collections/ward_boundary/items?filter-lang=sql&filter=a",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter-crs=EPSG:32643&filter=a=1",
        "",
    ),
    ("/collections/ward_boundary/items?filter=ward_no%20%3D", ""),
    (
        "/collections/ward_boundary/items?filter=wardno%20%3D%201",
        "",
    ),
    ("/collections/ward_boundary/items?filter=ward_no", ""),
    (
        "/collections/ward_boundary/items?filter=ward_no%20NOT%20%3D%201",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=ward_no%20IS%201",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=ward_no%20LIKE%201",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=ward_no%3D1%20ward_no",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=BBOX(geometry,1,2)",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=S_DWITHIN(geometry,1,2)",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=S_INTERSECTS(geometry,1)",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=S_INTERSECTS(geometry,POLYGON((1%201,2%202)))",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=ward_no%3DDATE('2022-13-01')",
        "",
    ),
    ("/xyz/ward_boundary/3/9/9.mvt", ""),
    ("/xyz/ward_boundary/0/0/0.mvt?labels=maybe", ""),
    ("/xyz/ward_boundary/0/0/0.mvt?period=2020", ""),
    ("/xyz/ward_boundary/0/0/0.mvt?indicator=NOTHING", ""),
    ("/collections/ward_boundary/join?indicator=NOTHING", ""),
    (
        "/collections/ward_boundary/items?filter=nothing%20%3D%201",
        "",
    ),
    ("/query", r#"{"layer": "nowhere"}"#),
    ("/query", r#"{"layer": "ward_boundary", "limit": 0}"#),
    (
        "/query",
        r#"{"layer": "ward_boundary", "relation": "within"}"#,
    ),
    ("/query", r#"{"layer": "ward_boundary", "distance_m": 10}"#),
    (
        "/query",
        r#"{"layer": "ward_boundary", "filter": "ward_no ="}"#,
    ),
    // Uploads, deliveries, reports.
    ("/deliveries?layer=No%20Name", ""),
    ("/deliveries?state=lost", ""),
    ("/deliveries/x", ""),
    ("/deliveries/d-999", ""),
    ("/deliveries/d-999/file", ""),
    ("/deliveries/d-999/events", ""),
    ("/deliveries", "{}"),
    ("/deliveries/d-999/cancel", "{}"),
    ("/uploads/d-999", ""),
    ("/uploads", "{}"),
    ("/reports/d-999", ""),
    ("/reports/d-999/set-aside", ""),
    // Versions, differences, the journal.
    ("/collections/ward_boundary@", ""),
    ("/collections/ward_boundary@99", ""),
    ("/collections/ward_boundary@x", ""),
    ("/collections/ward_boundary?as-of=yesterday", ""),
    ("/collections/ward_boundary?as-of=1999-01-01", ""),
    ("/collections/ward_boundary@1?as-of=2026-01-01", ""),
    ("/collections/nowhere/versions", ""),
    ("/collections/ward_boundary/versions/99", ""),
    ("/collections/ward_boundary/versions/x", ""),
    ("/collections/ward_boundary/versions/1/diff?against=x", ""),
    ("/collections/ward_boundary/versions/1/diff?against=99", ""),
    ("/collections/ward_boundary/versions/1/diff?rows=x", ""),
    ("/collections/ward_boundary/versions/1/burn", "{}"),
    ("/collections/ward_boundary/versions/1/approve", "{}"),
    ("/journal?limit=x", ""),
    ("/journal?before=x", ""),
    ("/collections/ward_boundary/items/999999", ""),
    ("/collections/ward_boundary/items/x", ""),
    // Tables and joins.
    ("/indicators/NOTHING", ""),
    ("/indicators/NOTHING/values", ""),
    ("/indicators/T-1/values?period=1850", ""),
    ("/indicators/NOTHING/tables", "a,b"),
    ("/indicators/B-POP/tables", ""),
    ("/collections/ward_boundary/join", ""),
    (
        "/collections/ward_boundary/join?indicator=T-1&period=1850",
        "",
    ),
    // Tiles, grids, exports, styles.
    ("/xyz/nowhere/0/0/0.mvt", ""),
    ("/xyz/ward_boundary/x/0/0.mvt", ""),
    ("/xyz/ward_boundary/0/0/0.png", ""),
    ("/xyz/ward_boundary/30/0/0.mvt", ""),
    ("/xyz/ward_boundary,ward_boundary/0/0/0.mvt", ""),
    ("/xyz/ward_boundary/0/0/0.mvt?properties=nothing", ""),
    ("/xyz/ward_boundary/0/0/0.mvt?filter=nothing%3D1", ""),
    ("/xyz/ward_boundary/0/0/0.mvt?indicator=T-1&period=1850", ""),
    ("/tilejson/nowhere.json", ""),
    ("/tiles/Nothing/0/0/0", ""),
    ("/tiles/WebMercatorQuad/0/0/0?collections=", ""),
    ("/tiles/WebMercatorQuad/0/0/0?collections=nowhere", ""),
    ("/tiles/WebMercatorQuad/0/0/9", ""),
    ("/tiles/WebMercatorQuad/99/0/0", ""),
    ("/tileMatrixSets/Nothing", ""),
    ("/collections/ward_boundary/tiles/Nothing", ""),
    ("/collections/ward_boundary/tiles/WebMercatorQuad/0/0/9", ""),
    ("/archives/ward_boundary.pmtiles", ""),
    ("/archives/ward_boundary@1.zip", ""),
    ("/archives/ward_boundary@0.pmtiles", ""),
    ("/styles/nothing", ""),
    ("/sprites/nothing.png", ""),
    ("/fonts/Nothing/0-255.pbf", ""),
    ("/standards/nothing", ""),
    ("/standards/nothing.json", ""),
    ("/explain/nothing", ""),
    ("/nothing/here", ""),
    // Filters.
    (
        "/collections/ward_boundary/items?filter=ward_no%20%3D%20'1'",
        "",
    ),
    ("/collections/ward_boundary/items?filter=name%20%3D%201", ""),
    (
        "/collections/ward_boundary/items?filter=CASEI(ward_no)%3D1",
        "",
    ),
    ("/collections/ward_boundary/items?filter=geometry%3D1", ""),
    ("/collections/ward_boundary/items?filter=nothing(1)", ""),
    ("/collections/ward_boundary/items?filter=ward_no%3D'1", ""),
    (
        "/collections/ward_boundary/items?filter=ward_no%20%23%201",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=T_AFTER(valid_from,1)",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=T_DURING(valid_from,INTERVAL('a','b'))",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=ward_no%20IN%201",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=ward_no%20BETWEEN%201",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter=S_DWITHIN(geometry,POINT(1%202),-1)",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter-lang=cql2-json&filter={",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter-lang=cql2-json&filter=%7B%7D",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter-lang=cql2-json&filter=null",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter-lang=cql2-json&filter=%7B%22op%22:%22in%22,%22args%22:%5B1,2%5D%7D",
        "",
    ),
    (
        "/collections/ward_boundary/items?filter-lang=cql2-json&filter=%7B%22op%22:%22x%22,%22args%22:%5B1%5D%7D",
        "",
    ),
    ("/collections/ward_boundary/items?bbox=1,9,1,2", ""),
    ("/collections/ward_boundary/items?bbox=1,-99,1,2", ""),
    ("/collections/ward_boundary/items?bbox=999,1,1,2", ""),
    ("/collections/ward_boundary/items?bbox=1,1,9,2,2,1", ""),
    (
        "/collections/ward_boundary/items?datetime=2020-01-01/2019-01-01",
        "",
    ),
    ("/collections/ward_boundary/items?datetime=/", ""),
    ("/collections/ward_boundary/items?datetime=1/2/3", ""),
    ("/collections/ward_boundary/items?population=many", ""),
    ("/collections/ward_boundary/items?valid_from=x", ""),
    ("/collections/ward_boundary/items?f=exe", ""),
    ("/collections/ward_boundary/items?properties=nothing", ""),
    // Questions by POST, and what serde says of them.
    ("/query", "{"),
    ("/query", "5"),
    ("/query", "{}"),
    ("/query", r#"{"layer": 5}"#),
    ("/query", r#"{"layer": "ward_boundary", "nothing": 1}"#),
    ("/query", r#"{"layer": "ward_boundary", "limit": "many"}"#),
    ("/query", r#"{"layer": "ward_boundary", "limit": -1}"#),
    ("/query", r#"{"layer": "ward_boundary", "bbox": [1, 2]}"#),
    (
        "/query",
        r#"{"layer": "ward_boundary", "bbox": [1, 9, 2, 3]}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "relation": "beside"}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "where": {"nothing": 1}}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "where": {"ward_no": {}}}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "where": {"ward_no": "x"}}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "nearest": {"to": [999, 1], "k": 1}}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "nearest": {"to": [77, 12], "k": 0}}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "indicator": "NOTHING"}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "indicator": "T-1", "period": "1850"}"#,
    ),
    ("/query", r#"{"layer": "ward_boundary", "period": "2022"}"#),
    (
        "/query",
        r#"{"layer": "ward_boundary", "relation": "within", "of": {"geometry": {"type": "Point"}}}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "relation": "within", "of": {"geometry": {"type": "Circle", "coordinates": []}}}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "relation": "distance", "of": {"layer": "toilet"}}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "add": {"of": "toilet", "measure": "length"}}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "add": {"of": "toilet", "measure": "sum"}}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "add": {"of": "toilet", "measure": "sum", "field": "toilet_id"}}"#,
    ),
    (
        "/query",
        r#"{"layer": "ward_boundary", "add": {"of": "nowhere", "measure": "count"}}"#,
    ),
    (
        "/query",
        r#"{"layer": "toilet", "add": {"of": "ward_boundary", "measure": "count"}}"#,
    ),
];

/// Names of the protocol, which stay as they are, and media types.
const NAMES: &[&str] = &[
    "limit",
    "relation",
    "cql2-text",
    "cql2-json",
    "CRS84",
    "WKT",
    "intersects",
    "within",
    "distance",
    "sum",
    "queryables",
    "/queryables",
    "/collections",
    "/indicators",
    "true",
    "false",
    "geometry",
    "LIKE",
    "IS",
    "NULL",
    "NOT",
    "AND",
    "OR",
    "IN",
    "BETWEEN",
    "BBOX",
    "bbox",
    "filter",
    "S_DWITHIN",
    "CASEI",
    "ACCENTI",
    "RFC",
    "ASCII",
    "base64",
    "percent-encoded",
    "tus",
    "TileJSON",
    "tileset",
    "multipart/form-data",
    "application/json",
    "/uploads",
    "MBTiles",
    "Parat",
    "null",
    "checksum",
    "method",
    "HTTP",
    "submit",
    "return",
    "approve",
    "publish",
    "retire",
];

/// What a request was told when it could not be done, in Hindi; English words that are left end the test. Every
/// request of these tests comes by here.
pub(super) fn told(method: &str, path: &str, status: u16, body: &[u8]) {
    if status < 400 {
        return;
    }
    let Ok(problem) = serde_json::from_slice::<serde_json::Value>(body) else {
        return;
    };
    let messages = Standards::builtin().messages();
    for said in ["title", "detail"] {
        let Some(text) = problem[said].as_str() else {
            continue;
        };
        let hindi = messages.answer(text, "hi");
        let words = english(&hindi, NAMES);
        assert!(
            words.is_empty(),
            "{method} {path}: {status} {text}\n    {hindi}\n    {words:?}"
        );
    }
}

/// Sentences of answers that can be given: a path, and where the sentence stands.
const GIVEN: &[(&str, &str)] = &[
    ("/collections/ward_boundary/join?indicator=T-1", "/summary"),
    (
        "/collections/ward_boundary/join?indicator=T-1",
        "/key_field_why",
    ),
    ("/collections/toilet/join?indicator=T-1", "/summary"),
    ("/indicators/T-1?period=2022", "/join/summary"),
    ("/indicators/T-1?period=2022", "/city_value/note"),
    (
        "/query?layer=ward_boundary&relation=distance&distance_m=10&of=toilet",
        "/parat:notes/0",
    ),
];

#[test]
fn what_joins_and_questions_note_is_said_in_hindi_to_whom_asks_so() {
    for &(path, place) in GIVEN {
        let said = |language: &str| {
            let answer = send("GET", path, &[("accept-language", language)], "");
            let vary: Vec<_> = answer.headers.get_all("vary").iter().collect();
            assert!(
                vary.iter().any(|by| *by == "Accept-Language"),
                "{path}: {vary:?}"
            );
            let text = answer.json().pointer(place).cloned().unwrap_or_default();
            let text = text.as_str().unwrap_or_default().to_owned();
            assert!(!text.is_empty(), "{path} {place}");
            text
        };
        let (english_text, hindi) = (said("en"), said("hi"));
        assert!(!english(&english_text, NAMES).is_empty(), "{english_text}");
        let words = english(&hindi, NAMES);
        assert!(words.is_empty(), "{path}: {hindi} {words:?}");
    }
}

#[test]
fn what_a_planner_does_wrong_is_said_in_hindi_to_the_last_word() {
    let mut left = vec![];
    for &(path, body) in WRONG {
        let hindi = ("accept-language", "hi");
        let answer = if body.is_empty() {
            send("GET", path, &[hindi], "")
        } else {
            send(
                "POST",
                path,
                &[hindi, ("content-type", "application/json")],
                body,
            )
        };
        let status = answer.status.as_u16();
        assert!((400..500).contains(&status), "{path} {body}: {status}");
        let detail = answer.json()["detail"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        let words = english(&detail, NAMES);
        if !words.is_empty() || detail.is_empty() {
            left.push(format!("{path} {body}: {detail} {words:?}"));
        }
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
}

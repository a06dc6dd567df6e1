//! What a planner does wrong is told in the language that the request asks for, to the last word.

use super::send;

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
];

/// Names of the protocol, which stay as they are.
const NAMES: &[&str] = &[
    "bbox",
    "filter",
    "limit",
    "relation",
    "cql2",
    "text",
    "json",
    "intersects",
    "within",
    "distance",
    "sum",
    "queryables",
    "percent",
    "encoded",
    "collections",
    "indicators",
    "true",
    "false",
    "geometry",
    "ward_boundary",
    "query",
];

/// English words that stand outside of marks.
fn english(detail: &str) -> Vec<String> {
    let mut is_marked = false;
    let mut plain = String::new();
    for letter in detail.chars() {
        if letter == '`' {
            is_marked = !is_marked;
        }
        plain.push(if is_marked { ' ' } else { letter });
    }
    plain
        .split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
        .filter(|word| {
            word.len() > 2
                && word
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        })
        .filter(|word| !NAMES.contains(word))
        .map(str::to_owned)
        .collect()
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
        let words = english(&detail);
        if !words.is_empty() || detail.is_empty() {
            left.push(format!("{path} {body}: {detail} {words:?}"));
        }
    }
    assert!(left.is_empty(), "{}", left.join("\n"));
}

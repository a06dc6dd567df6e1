//! Whatever a client sends, the answer is never a 500 and always says what was wrong.

use super::{get, send};

#[test]
fn nothing_in_an_address_makes_a_500() {
    let long = "a".repeat(20_000);
    let deep = format!("filter={}1=1{}", "(".repeat(5_000), ")".repeat(5_000));
    let nots = format!("filter={}ward_no=1", "NOT%20".repeat(5_000));
    let queries = [
        "%",
        "%zz",
        "%ff=%ff",
        "&&&&",
        "=",
        "=1",
        "limit=%00",
        "bbox=%2C%2C%2C",
        "bbox=1e999,0,1,1",
        "bbox=NaN,NaN,NaN,NaN",
        "limit=99999999999999999999999999",
        "offset=18446744073709551615",
        "offset=99999999999999999999999",
        "filter=S_INTERSECTS(geometry,POINT(NaN%20NaN))",
        "filter=",
        "filter={}&filter-lang=cql2-json",
        "filter=[[[[&filter-lang=cql2-json",
        "datetime=9999-99-99",
        "datetime=-999999-01-01",
        "datetime=2020-01-01T24:60:61Z",
        "properties=",
        "properties=,,,",
        "properties=%00",
        "f=",
        "ward_no=",
        "ward_no=1e400",
        "name=%F0%9F%92%A9",
        "filter=name%20LIKE%20%27%25%25%25%25%25%25%27",
        "period=",
        "indicator=",
        "indicator=%0A",
        &long,
        &deep,
        &nots,
    ];
    let paths = [
        "/collections/ward_boundary/items",
        "/collections/ward_boundary/items/1",
        "/xyz/ward_boundary/0/0/0.mvt",
        "/collections/ward_boundary/tiles/WebMercatorQuad/0/0/0",
        "/collections",
        "/",
        "/api",
        "/query",
        "/layers",
        "/collections/ward_boundary/join",
        "/indicators/x",
        "/reports/x",
        "/styles/city",
        "/nowhere",
    ];
    for path in paths {
        for query in queries {
            let answer = get(&format!("{path}?{query}"));
            let shown: String = query.chars().take(60).collect();
            assert!(
                answer.status.as_u16() < 500,
                "{path}?{shown}: {}",
                String::from_utf8_lossy(&answer.body)
            );
            if answer.status.is_client_error() {
                assert_eq!(
                    answer.header("content-type"),
                    "application/problem+json",
                    "{path}?{shown}"
                );
                assert!(answer.json()["code"].is_string());
            }
        }
    }
}

#[test]
fn nothing_in_a_path_makes_a_500() {
    for path in [
        "/collections/%ff",
        "/collections/%00",
        "/collections/..%2f..%2fetc%2fpasswd",
        "/collections/ward_boundary/items/%ff",
        "/xyz/@/0/0/0",
        "/xyz/ward_boundary@/0/0/0.mvt",
        "/xyz/ward_boundary@..%2f..%2fx/0/0/0.mvt",
        "/xyz/a/b/c/d",
        "/reports/..%2f..%2fetc%2fpasswd",
        "/reports/%00.html",
        "/reports/.json",
        "/assets/..%2f..%2fCargo.toml",
        "/assets/../../Cargo.toml",
        "//",
        "/explain/%ff",
        "/indicators/%0a",
        "/styles/..%2fbase",
    ] {
        let answer = get(path);
        assert!(
            (400..500).contains(&answer.status.as_u16()),
            "{path}: {}",
            answer.status
        );
        let body = String::from_utf8_lossy(&answer.body).to_string();
        assert!(
            !body.contains("root:") && !body.contains("[package]"),
            "{path}"
        );
    }
}

#[test]
fn nothing_in_a_body_makes_a_500() {
    let deep = "[".repeat(100_000);
    let huge = format!("{{\"layer\":\"{}\"}}", "a".repeat(2 << 20));
    for (body, media, status) in [
        ("", "application/json", 400),
        ("{", "application/json", 400),
        ("[]", "application/json", 400),
        ("null", "application/json", 400),
        ("{\"layer\":1}", "application/json", 400),
        (
            "{\"layer\":\"ward_boundary\",\"nope\":1}",
            "application/json",
            400,
        ),
        ("{\"layer\":\"nope\"}", "application/json", 404),
        ("{\"layer\":\"ward_boundary\"}", "text/plain", 415),
        (
            "{\"layer\":\"ward_boundary\",\"nearest\":{\"to\":[1e308,0]}}",
            "application/json",
            400,
        ),
        (
            "{\"layer\":\"ward_boundary\",\"relation\":\"within\",\"of\":{\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[]}}}",
            "application/json",
            400,
        ),
        (&deep, "application/json", 400),
        (&huge, "application/json", 413),
    ] {
        let answer = send("POST", "/query", &[("content-type", media)], body);
        let shown: String = body.chars().take(60).collect();
        assert_eq!(
            answer.status,
            status,
            "{shown}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
}

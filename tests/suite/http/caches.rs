//! Negotiation, tags, compression: what proxies and browsers live on.

use std::io::Read as _;

use super::{get, send};

#[test]
fn f_wins_over_accept_and_what_is_not_on_offer_is_refused() {
    let kind = |path: &str, accept: &str| {
        let answer = send("GET", path, &[("accept", accept)], "");
        (
            answer.status.as_u16(),
            answer.header("content-type").to_owned(),
        )
    };
    assert_eq!(kind("/conformance", "*/*").1, "application/json");
    assert_eq!(
        kind("/conformance", "text/html;q=0.9, application/json;q=0.8").1,
        "text/html; charset=utf-8"
    );
    assert_eq!(
        kind("/conformance?f=json", "text/html").1,
        "application/json"
    );
    assert_eq!(kind("/conformance", "image/png").0, 406);
    assert_eq!(kind("/conformance?f=gml", "*/*").0, 400);
    let three = "application/vnd.oai.openapi+json;version=3.0, application/openapi+json;version=3.0, application/json";
    assert_eq!(
        kind("/api", three).1,
        "application/vnd.oai.openapi+json;version=3.0"
    );
    assert!(
        get("/conformance")
            .header("vary")
            .to_lowercase()
            .contains("accept")
    );
    // A person's browser gets a page even when it is an error.
    let answer = send("GET", "/collections/nope", &[("accept", "text/html")], "");
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (404, "text/html; charset=utf-8")
    );
}

#[test]
fn a_tag_comes_back_as_304_in_whatever_encoding_it_was_sent() {
    for path in [
        "/conformance",
        "/collections",
        "/collections/ward_boundary",
        "/collections/ward_boundary/items",
        "/collections/ward_boundary/items/1",
        "/api",
        "/layers",
        "/tiles",
        "/",
        "/xyz/ward_boundary/10/732/474.mvt",
        "/collections/ward_boundary/queryables",
    ] {
        for encoding in ["identity", "gzip", "br"] {
            let first = send("GET", path, &[("accept-encoding", encoding)], "");
            assert_eq!(first.status, 200, "{path}");
            let tag = first.header("etag").to_owned();
            assert!(!tag.is_empty(), "{path}");
            let again = send(
                "GET",
                path,
                &[("accept-encoding", encoding), ("if-none-match", &tag)],
                "",
            );
            assert_eq!(again.status, 304, "{path} {encoding} {tag}");
            assert!(again.body.is_empty());
            assert_eq!(again.header("etag"), tag, "{path} {encoding}");
            let other = send("GET", path, &[("if-none-match", "\"other\"")], "");
            assert_eq!(other.status, 200);
        }
    }
    let plain = get("/collections").header("etag").to_owned();
    let zipped = send("GET", "/collections", &[("accept-encoding", "gzip")], "");
    assert_eq!(zipped.header("content-encoding"), "gzip");
    assert_ne!(
        zipped.header("etag"),
        plain,
        "a strong tag names one encoding"
    );
    let mut text = String::new();
    flate2_read(&zipped.body)
        .read_to_string(&mut text)
        .expect("gzip");
    assert_eq!(text.into_bytes(), get("/collections").body);
}

fn flate2_read(bytes: &[u8]) -> std::io::Cursor<Vec<u8>> {
    let mut out = vec![0; 1 << 22];
    let size = libdeflater::Decompressor::new()
        .gzip_decompress(bytes, &mut out)
        .expect("gzip");
    out.truncate(size);
    std::io::Cursor::new(out)
}

#[test]
fn head_gives_the_headers_of_get_and_everything_is_open_to_other_sites() {
    for path in [
        "/",
        "/collections",
        "/collections/ward_boundary/items",
        "/collections/ward_boundary/items/1",
        "/api",
        "/conformance",
        "/layers",
        "/health",
    ] {
        let (get, head) = (get(path), send("HEAD", path, &[], ""));
        assert_eq!(head.status, get.status, "{path}");
        assert!(head.body.is_empty());
        for name in [
            "content-type",
            "cache-control",
            "access-control-allow-origin",
        ] {
            assert_eq!(head.header(name), get.header(name), "{path} {name}");
        }
        assert_eq!(get.header("access-control-allow-origin"), "*");
    }
}

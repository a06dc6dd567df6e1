//! The way of a version from a draft to the public: who may, what is seen meanwhile, and what stays told.

use std::{sync::LazyLock, time::Duration};

use parat::{
    app::{Actor, App, Role},
    http::{Settings, router},
    store::{Embedded, LayerStore},
};
use serde_json::{Value as Json, json};

use super::{
    Answer, BASE, Config,
    moves::{actor, content},
    report,
};

/// An office with accounts, reached by a name that is not this machine's.
struct Office {
    router: axum::Router,
    runtime: tokio::runtime::Runtime,
    tokens: [String; 3],
    app: App,
    _folder: tempfile::TempDir,
}

static OFFICE: LazyLock<Office> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Embedded::open(folder.path()).expect("a store");
    let local = Actor::local();
    let layer = content(0);
    store
        .publish(&layer, &report(&layer), None)
        .expect("published");
    // Versions lie a second apart, as the journal counts.
    std::thread::sleep(Duration::from_millis(1100));
    let tokens = [
        ("arun", Role::Contributor),
        ("meera", Role::Coordinator),
        ("dev", Role::DataOfficer),
    ]
    .map(|(name, role)| store.add_user(name, role, &local).expect("added"));
    let mut next = content(1);
    next.shapes.coords[1][0] += 0.0001;
    let by = actor("arun", Role::Contributor);
    store
        .stage(&next, &report(&next), None, &by)
        .expect("staged");
    drop(store);
    let mut config = Config::with_data(folder.path());
    config.permits = 2;
    let app = App::open(config).expect("the app");
    Office {
        router: router(app.clone(), Settings::at(BASE)),
        runtime: tokio::runtime::Runtime::new().expect("a runtime"),
        tokens,
        app,
        _folder: folder,
    }
});

impl Office {
    fn ask(
        &self,
        method: &str,
        path: &str,
        token: Option<usize>,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        let bearer = token.map(|at| format!("Bearer {}", self.tokens[at]));
        let mut all = headers.to_vec();
        if let Some(bearer) = &bearer {
            all.push(("authorization", bearer));
        }
        if !body.is_empty() {
            all.push(("content-type", "application/json"));
        }
        super::send_to(&self.router, &self.runtime, method, path, &all, body)
    }
}

const ARUN: Option<usize> = Some(0);

const MEERA: Option<usize> = Some(1);

const DEV: Option<usize> = Some(2);

const LAYER: &str = "/collections/ward_boundary";

#[test]
fn a_version_goes_its_way_over_http_and_everybody_sees_what_he_may() {
    let office = &*OFFICE;
    let get = |path: &str, token| office.ask("GET", &format!("{LAYER}{path}"), token, &[], "");
    let post = |version: u32, action: &str, token, body: &str| {
        office.ask(
            "POST",
            &format!("{LAYER}/versions/{version}/{action}"),
            token,
            &[],
            body,
        )
    };
    let problem = |answer: &Answer, status: u16, code: &str| {
        assert_eq!(
            answer.status.as_u16(),
            status,
            "{}",
            String::from_utf8_lossy(&answer.body)
        );
        assert_eq!(answer.header("content-type"), "application/problem+json");
        assert_eq!(answer.json()["code"], code);
    };

    // A draft is for those with a role.
    let listed = |token| -> Vec<(i64, String)> {
        get("/versions", token).json()["versions"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|one| {
                (
                    one["version"].as_i64().expect("a number"),
                    one["state"].as_str().expect("a state").to_owned(),
                )
            })
            .collect()
    };
    assert_eq!(listed(None), [(1, "published".to_owned())]);
    assert_eq!(listed(ARUN).len(), 2);
    for path in [
        "@2",
        "@2/items",
        "@2/schema",
        "@2/tiles",
        "@2/tiles/WebMercatorQuad/tilejson.json",
        "/versions/2",
        "/versions/2/diff",
    ] {
        let refused = get(path, None);
        problem(&refused, 401, "no_token");
        assert!(
            refused.header("www-authenticate").starts_with("Bearer"),
            "{path}"
        );
        assert_eq!(get(path, ARUN).status, 200, "{path}");
    }
    let draft = get("/versions/2", ARUN).json();
    assert_eq!(
        (draft["state"].as_str(), draft["author"].as_str()),
        (Some("draft"), Some("arun"))
    );
    assert_eq!(draft["actions"], json!(["submit"]));
    let tile = draft["tiles"]
        .as_str()
        .expect("a template")
        .replace("{z}", "10")
        .replace("{x}", "732")
        .replace("{y}", "475");
    assert_eq!(office.ask("GET", &tile, None, &[], "").status, 401);
    let mine = office.ask("GET", &tile, ARUN, &[], "");
    assert!(
        mine.status == 200 && mine.header("cache-control").starts_with("private"),
        "{:?}",
        mine.headers
    );

    // Who may not, may not.
    problem(&post(2, "submit", None, ""), 401, "no_token");
    problem(
        &office.ask(
            "POST",
            &format!("{LAYER}/versions/2/submit"),
            None,
            &[("authorization", "Bearer parat_0")],
            "",
        ),
        401,
        "no_token",
    );
    problem(&post(2, "publish", MEERA, ""), 409, "conflict");
    problem(
        &post(1, "retire", MEERA, "{\"comment\": \"x\"}"),
        403,
        "forbidden",
    );
    problem(&post(9, "submit", ARUN, ""), 404, "not_found");
    problem(&post(2, "explode", ARUN, ""), 404, "no_such_path");
    problem(
        &post(2, "submit", ARUN, "{\"comment\": 1}"),
        400,
        "bad_body",
    );
    problem(
        &post(2, "submit", ARUN, "{\"from\": \"approved\"}"),
        409,
        "conflict",
    );

    // Submit, with the tag that was seen.
    let tag = get("/versions/2", ARUN).header("etag").to_owned();
    let path = format!("{LAYER}/versions/2/submit");
    problem(
        &office.ask("POST", &path, ARUN, &[("if-match", "\"other\"")], ""),
        412,
        "changed",
    );
    let done = office.ask("POST", &path, ARUN, &[("if-match", &tag)], "");
    assert_eq!(
        (done.status.as_u16(), done.json()["state"].as_str()),
        (200, Some("submitted"))
    );
    problem(
        &office.ask("POST", &path, ARUN, &[("if-match", &tag)], ""),
        412,
        "changed",
    );
    let twice = post(2, "submit", ARUN, "");
    problem(&twice, 409, "conflict");
    assert_eq!(
        (
            twice.json()["state"].as_str(),
            twice.json()["actions"].as_array().map(Vec::len)
        ),
        (Some("submitted"), Some(0))
    );

    // What it changes, before it is approved.
    let found = get("/versions/2/diff", MEERA).json();
    // What was compared once is kept: the same words again, with the states as they are now.
    assert_eq!(get("/versions/2/diff", MEERA).json(), found);
    assert_eq!(
        (
            found["from"]["version"].as_i64(),
            found["to"]["version"].as_i64()
        ),
        (Some(1), Some(2))
    );
    assert_eq!(found["counts"]["geometry_changed"], 1);
    assert_eq!(found["fields"][0]["field"], "population");
    let map = office.ask(
        "GET",
        &format!("{LAYER}/versions/2/diff?f=geojson&rows=4"),
        MEERA,
        &[],
        "",
    );
    assert_eq!(
        (
            map.json()["features"].as_array().map(Vec::len),
            map.header("parat-losses")
        ),
        (Some(4), "listed=4, more=true")
    );
    let table = office.ask(
        "GET",
        &format!("{LAYER}/versions/2/diff?f=csv&against=1"),
        MEERA,
        &[],
        "",
    );
    assert!(String::from_utf8_lossy(&table.body).contains(",value,population,"));

    // Approve, publish.
    problem(&post(2, "approve", ARUN, ""), 403, "forbidden");
    assert_eq!(post(2, "approve", MEERA, "").json()["actions"], json!([]));
    assert_eq!(get("", None).json()["parat:version"], 1);
    problem(&post(2, "publish", MEERA, ""), 403, "forbidden");
    assert_eq!(post(2, "publish", DEV, "").json()["state"], "published");
    assert_eq!(get("", None).json()["parat:version"], 2);

    // Permalinks stay on their version, link by link.
    let first = get("@1/items?limit=2", None).json();
    assert_eq!(
        first["features"][0]["properties"]["population"]
            .as_i64()
            .map(|people| people < 100),
        Some(true)
    );
    let next = super::links(&first, "next")[0]["href"]
        .as_str()
        .expect("a link")
        .to_owned();
    assert!(
        next.contains("/collections/ward_boundary@1/items?"),
        "{next}"
    );
    assert_eq!(get("@1", None).json()["parat:state"], "superseded");
    let published = get("/versions/1", None).json()["public"][0]["from"]
        .as_str()
        .expect("a time")
        .to_owned();
    let then = get(&format!("?as-of={published}"), None).json();
    assert_eq!(
        (then["id"].as_str(), then["parat:version"].as_i64()),
        (Some("ward_boundary@1"), Some(1))
    );
    let items = get(&format!("/items?as-of={published}&limit=1"), None).json();
    assert_eq!(items["features"][0], first["features"][0]);
    let json = get(
        &format!("/tiles/WebMercatorQuad/tilejson.json?as-of={published}"),
        None,
    )
    .json();
    assert_eq!(json["version"], "1.0.0");
    let count = |path: &str, as_of: &str| {
        let answer = office.ask("GET", &format!("{path}as-of={as_of}"), None, &[], "");
        assert_eq!(
            answer.status,
            200,
            "{path}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        answer.json()
    };
    let all = count("/collections?", &published);
    assert_eq!(
        (
            all["collections"].as_array().map(Vec::len),
            all["collections"][0]["id"].as_str()
        ),
        (Some(1), Some("ward_boundary@1"))
    );
    assert_eq!(
        count("/collections?", "1999-12-31")["collections"],
        json!([])
    );
    let found = count(
        "/query?layer=ward_boundary&filter=population%20%3C%20100&",
        &published,
    );
    assert_eq!(found["numberMatched"], (super::SIDE * super::SIDE) as u64);
    problem(&get("?as-of=1999-12-31", None), 404, "not_found");
    problem(&get("?as-of=soon", None), 400, "bad_parameter");
    problem(&get("@1?as-of=2026-01-01", None), 400, "bad_parameter");

    // Retire: 410 with the reason; what was public before stays to be seen.
    problem(&post(2, "retire", DEV, ""), 400, "bad_parameter");
    assert_eq!(
        post(2, "retire", DEV, "{\"comment\": \"wrong datum\"}").status,
        200
    );
    for path in [
        "",
        "/items",
        "@2",
        "@2/items",
        "/tiles/WebMercatorQuad/tilejson.json",
        "?as-of=2999-01-01",
    ] {
        let gone = get(path, None);
        problem(&gone, 410, "gone");
        assert_eq!(gone.json()["reason"], "wrong datum", "{path}");
    }
    assert_eq!(get("@1", None).status, 200);
    assert_eq!(
        office.ask("GET", "/layers", None, &[], "").json()["layers"]
            .as_array()
            .expect("a list")
            .iter()
            .find(|one| one["id"] == "ward_boundary")
            .expect("there")["state"],
        "retired"
    );

    // Roll back: the earlier version is public again.
    assert_eq!(
        post(1, "publish", DEV, "{\"comment\": \"back to the old one\"}").json()["state"],
        "published"
    );
    assert_eq!(get("", None).json()["parat:version"], 1);
    let last = office.ask("GET", "/journal?rows=1", DEV, &[], "").json()["entries"][0].clone();
    assert_eq!(
        (
            last["what"].as_str(),
            last["actor"].as_str(),
            last["detail"]["again"].as_bool()
        ),
        (Some("published"), Some("dev"), Some(true))
    );

    // The journal: all for those inside, what is public for everybody.
    let told = |token| -> Vec<Json> {
        office.ask("GET", "/journal", token, &[], "").json()["entries"]
            .as_array()
            .expect("a list")
            .clone()
    };
    assert!(told(DEV).iter().any(|one| one["what"] == "user_added"));
    assert!(
        told(MEERA).iter().all(|one| one["what"] != "user_added")
            && told(MEERA).iter().any(|one| one["what"] == "submitted")
    );
    assert!(
        told(None)
            .iter()
            .all(|one| one["actor"].is_null() && one["what"] != "submitted")
            && told(None).len() >= 3
    );
    assert_eq!(
        office.ask("GET", "/journal/verify", None, &[], "").json()["whole"],
        true
    );
    let you = office.ask("GET", "/workflow", MEERA, &[], "").json();
    assert_eq!(
        (you["you"]["role"].as_str(), you["accounts"].as_bool()),
        (Some("coordinator"), Some(true))
    );

    // An account that was taken away is nobody's at once.
    office.app.remove_user("arun").expect("removed");
    problem(&get("/versions/2", ARUN), 401, "no_token");
}

#[test]
fn a_foreign_page_does_nothing_on_a_machine_without_accounts() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Embedded::open(folder.path()).expect("a store");
    let layer = content(0);
    store
        .publish(&layer, &report(&layer), None)
        .expect("published");
    let next = content(1);
    store
        .stage(&next, &report(&next), None, &Actor::local())
        .expect("staged");
    drop(store);
    let app = App::open(Config::with_data(folder.path())).expect("the app");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let site = router(app.clone(), Settings::at("http://127.0.0.1:7870/gis"));
    let mut beyond = Settings::at("http://127.0.0.1:7870/gis");
    beyond.trusts_local = false;
    let reachable = router(app, beyond);
    let host = ("host", "127.0.0.1:7870");
    let path = format!("{LAYER}/versions/2/submit");
    for foreign in [
        ("origin", "http://evil.example"),
        ("sec-fetch-site", "cross-site"),
        ("x-forwarded-for", "10.1.2.3"),
    ] {
        let answer = super::send_to(&site, &runtime, "POST", &path, &[host, foreign], "");
        assert_eq!(answer.status, 401, "{foreign:?}");
        let read = super::send_to(
            &site,
            &runtime,
            "GET",
            &format!("{LAYER}@2"),
            &[host, foreign],
            "",
        );
        assert_eq!(read.status, 401, "{foreign:?}");
    }
    let rebound = super::send_to(
        &site,
        &runtime,
        "POST",
        &path,
        &[("host", "evil.example")],
        "",
    );
    assert_eq!(rebound.status, 401);
    assert_eq!(
        super::send_to(&reachable, &runtime, "POST", &path, &[host], "").status,
        401
    );
    let own = super::send_to(
        &site,
        &runtime,
        "POST",
        &path,
        &[host, ("origin", "http://127.0.0.1:7870")],
        "",
    );
    assert_eq!(own.status, 200, "{}", String::from_utf8_lossy(&own.body));
}

#[test]
fn a_comparison_that_takes_too_long_is_ended_with_a_problem_and_not_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Embedded::open(folder.path()).expect("a store");
    let layer = content(0);
    store
        .publish(&layer, &report(&layer), None)
        .expect("published");
    drop(store);
    let app = App::open(Config::with_data(folder.path())).expect("the app");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let ask = |comparing: Duration| {
        let settings = Settings {
            comparing,
            ..Settings::at(BASE)
        };
        let router = router(app.clone(), settings);
        let request = axum::http::Request::get(format!("{LAYER}/versions/1/diff"))
            .body(axum::body::Body::empty())
            .expect("a request");
        runtime.block_on(async {
            use tower::ServiceExt as _;
            router.oneshot(request).await.expect("an answer").status()
        })
    };
    assert_eq!(ask(Duration::ZERO), 503);
    assert_eq!(ask(Duration::from_secs(30)), 200);
    // Kept by now, so that no time is needed.
    assert_eq!(ask(Duration::ZERO), 200);
}

//! Features core 1.0.1: collections, items, one item, what parameters do and refuse.

use std::collections::BTreeSet;

use serde_json::json;

use super::{SIDE, collections, get, json, links, path_of, send};

#[test]
fn every_collection_has_the_links_and_members_of_the_standard() {
    let list = json("/collections");
    let found: Vec<_> = list["collections"]
        .as_array()
        .expect("a list")
        .iter()
        .collect();
    assert_eq!(found.len(), collections().len());
    for each in found {
        let path = path_of(&links(each, "self")[0]["href"]);
        let alone = json(&path);
        assert_eq!(alone["id"], each["id"]);
        assert_eq!(alone["itemType"], "feature");
        assert_eq!(
            alone["crs"][0],
            "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
        );
        let items: Vec<_> = links(&alone, "items");
        let geojson = items
            .iter()
            .find(|link| link["type"] == "application/geo+json")
            .expect("items");
        assert!(
            !geojson["href"].as_str().expect("text").contains('?'),
            "GDAL 3.6 puts /<id> behind it"
        );
        assert!(items.iter().any(|link| link["type"] == "text/html"));
        assert_eq!(links(&alone, "alternate").len(), 1);
        if alone["id"] == "note" {
            assert!(alone["extent"].is_null(), "a table has no extent");
        } else {
            let bbox = alone["extent"]["spatial"]["bbox"][0]
                .as_array()
                .expect("a box");
            assert_eq!(bbox.len(), 4);
        }
        for rel in ["queryables", "schema", "tilesets-vector"] {
            let rel = format!("http://www.opengis.net/def/rel/ogc/1.0/{rel}");
            let link = links(&alone, &rel);
            assert_eq!(get(&path_of(&link[0]["href"])).status, 200, "{rel}");
        }
    }
}

#[test]
fn following_next_gives_every_feature_once_and_in_one_order() {
    for (id, count) in collections() {
        let mut path = format!("/collections/{id}/items?limit=5");
        let mut seen = vec![];
        let mut pages = 0;
        loop {
            let page = json(&path);
            let features = page["features"].as_array().expect("features");
            assert_eq!(page["numberReturned"], features.len());
            assert_eq!(page["numberMatched"], count);
            seen.extend(
                features
                    .iter()
                    .map(|feature| feature["id"].as_u64().expect("a number")),
            );
            pages += 1;
            if let Some(next) = links(&page, "next").first() {
                path = path_of(&next["href"]);
            } else {
                if pages > 1 {
                    let back = json(&path_of(&links(&page, "prev")[0]["href"]));
                    assert_eq!(back["numberReturned"], 5);
                }
                break;
            }
        }
        assert_eq!(pages, count.div_ceil(5));
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), count);
        let whole = json(&format!("/collections/{id}/items?limit=100000"));
        let all: Vec<_> = whole["features"]
            .as_array()
            .expect("features")
            .iter()
            .map(|f| f["id"].as_u64())
            .collect();
        assert_eq!(all, seen.into_iter().map(Some).collect::<Vec<_>>());
        assert!(links(&whole, "next").is_empty());
    }
}

#[test]
fn a_page_survives_a_changed_limit_and_keeps_other_parameters() {
    let page = json("/collections/ward_boundary/items?limit=3&population=1000&bbox=77,12,78,13");
    let next = path_of(&links(&page, "next")[0]["href"]);
    assert!(
        next.contains("population=1000") && next.contains("bbox="),
        "{next}"
    );
    let wider = json(&next.replace("limit=3", "limit=50"));
    assert_eq!(wider["numberMatched"], page["numberMatched"]);
    assert_eq!(
        wider["numberReturned"].as_u64().expect("a count") + 3,
        wider["numberMatched"].as_u64().expect("a count")
    );
}

#[test]
fn a_box_a_property_and_a_filter_agree_with_a_plain_scan() {
    let all = json("/collections/ward_boundary/items?limit=10000");
    let count = |test: &dyn Fn(&serde_json::Value) -> bool| {
        all["features"]
            .as_array()
            .expect("features")
            .iter()
            .filter(|feature| test(feature))
            .count()
    };
    let population = count(&|feature| feature["properties"]["population"] == 2000);
    assert_eq!(
        json("/collections/ward_boundary/items?population=2000")["numberMatched"],
        population
    );
    assert_eq!(
        json(
            "/collections/ward_boundary/items?filter=population%20%3D%202000%20AND%20ward_no%3E10"
        )["numberMatched"],
        count(&|feature| feature["properties"]["population"] == 2000
            && feature["properties"]["ward_no"].as_i64().expect("a number") > 10)
    );
    // Strictly inside four wards that touch at a corner.
    assert_eq!(
        json("/collections/ward_boundary/items?bbox=77.509,12.909,77.511,12.911")["numberMatched"],
        4
    );
    assert_eq!(
        json("/collections/ward_boundary/items?bbox=0,0,1,1")["numberMatched"],
        0
    );
    assert_eq!(
        json("/collections/ward_boundary/items?bbox=170,-80,100,80")["numberMatched"],
        SIDE * SIDE
    );
    assert_eq!(
        json("/collections/note/items?bbox=0,0,1,1")["numberMatched"],
        3,
        "no geometry matches any box"
    );
    assert_eq!(
        json("/collections/ward_boundary/items?datetime=2020-01-01/..")["numberMatched"],
        SIDE * SIDE - 1
    );
}

#[test]
fn one_feature_is_the_same_as_in_the_list() {
    let page = json("/collections/ward_boundary/items?limit=1");
    let listed = &page["features"][0];
    let answer = get(&format!(
        "/collections/ward_boundary/items/{}",
        listed["id"]
    ));
    assert_eq!(answer.header("content-type"), "application/geo+json");
    assert_eq!(
        answer.header("content-crs"),
        "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"
    );
    let alone = answer.json();
    for member in ["id", "geometry", "properties", "type"] {
        assert_eq!(alone[member], listed[member]);
    }
    for (rel, media) in [
        ("self", "application/geo+json"),
        ("alternate", "text/html"),
        ("collection", "application/json"),
    ] {
        assert_eq!(links(&alone, rel)[0]["type"], media);
    }
    for missing in [
        "/0",
        "/99999",
        "/abc",
        "/-1",
        "/1.0",
        "/%E0%A4%B5",
        "/18446744073709551616",
    ] {
        assert_eq!(
            get(&format!("/collections/ward_boundary/items{missing}")).status,
            404,
            "{missing}"
        );
    }
}

#[test]
fn every_property_is_in_every_feature_and_only_those_asked_for() {
    let page = json("/collections/ward_boundary/items?limit=100");
    for feature in page["features"].as_array().expect("features") {
        assert_eq!(
            feature["properties"].as_object().expect("an object").len(),
            6
        );
    }
    let few = json("/collections/ward_boundary/items?properties=name,ward_no&limit=1");
    let names: Vec<_> = few["features"][0]["properties"]
        .as_object()
        .expect("an object")
        .keys()
        .cloned()
        .collect();
    assert_eq!(
        BTreeSet::from_iter(names),
        BTreeSet::from(["name".to_owned(), "ward_no".to_owned()])
    );
}

#[test]
fn wrong_parameters_are_refused_and_named() {
    let items = "/collections/ward_boundary/items";
    for (query, parameter) in [
        ("x=1", "x"),
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=1", "limit"),
        ("bbox=1,2,3", "bbox"),
        ("bbox=1,2,3,a", "bbox"),
        ("bbox=0,9,1,3", "bbox"),
        ("datetime=yesterday", "datetime"),
        ("datetime=2021-01-01/2020-01-01", "datetime"),
        ("properties=nope", "properties"),
        ("filter=nope%3D1", "filter"),
        ("filter=%28", "filter"),
        ("filter-lang=sql", "filter-lang"),
        ("filter-crs=EPSG:4326", "filter-crs"),
        ("f=xml", "f"),
        ("offset=-1", "offset"),
        ("ward_no=abc", "ward_no"),
        ("LIMIT=1", "LIMIT"),
        ("indicator=NOPE", "indicator"),
        ("period=2020", "period"),
        ("sortby=name", "sortby"),
    ] {
        let answer = get(&format!("{items}?{query}"));
        assert_eq!(
            answer.status,
            400,
            "{query}: {}",
            String::from_utf8_lossy(&answer.body)
        );
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let problem = answer.json();
        assert_eq!(
            (&problem["parameter"], &problem["status"]),
            (&json!(parameter), &json!(400)),
            "{query}"
        );
    }
    // A field that is called as a parameter is called must not shadow it.
    assert_eq!(
        json("/collections/toilet/items?limit=2")["numberMatched"],
        SIDE * SIDE / 2
    );
}

#[test]
fn what_is_not_there_is_404_and_a_wrong_method_405() {
    for path in [
        "/collections/nope",
        "/collections/Nope/items",
        "/collections/nope/tiles",
        "/nowhere",
        "/collections/ward_boundary/items/1/x",
        "/tileMatrixSets/Nope",
        "/styles/nope",
        "/indicators/NOPE",
        "/collections/nope/tiles/WebMercatorQuad/tilejson.json",
        "/reports/nope",
        "/explain/zzz",
    ] {
        let answer = get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["instance"], path);
    }
    let answer = send("DELETE", "/collections", &[], "");
    assert_eq!(answer.status, 405);
    assert!(answer.header("allow").contains("GET"));
    let options = send("OPTIONS", "/query", &[("origin", "http://else.where")], "");
    assert_eq!(options.status, 204);
    for method in ["GET", "HEAD", "POST", "OPTIONS"] {
        assert!(
            options.header("allow").contains(method),
            "{}",
            options.header("allow")
        );
    }
    assert_eq!(options.header("access-control-allow-origin"), "*");
}

#[test]
fn pages_for_people_escape_what_strangers_wrote() {
    for path in [
        "/collections/ward_boundary/items",
        "/collections/ward_boundary/items/1",
        "/collections/ward_boundary",
        "/collections",
        "/conformance",
        "/api",
        "/collections/ward_boundary/queryables",
        "/tiles",
    ] {
        let answer = send("GET", path, &[("accept", "text/html,*/*;q=0.1")], "");
        assert_eq!(
            answer.header("content-type"),
            "text/html; charset=utf-8",
            "{path}"
        );
        let page = String::from_utf8(answer.body).expect("UTF-8");
        assert!(!page.contains("<b>") && !page.contains("<script"), "{path}");
        assert!(!page.contains("src=\"http"), "{path} loads from elsewhere");
    }
}

#[test]
fn a_form_can_be_made_from_what_the_standards_say() {
    let metadata = get("/standards/metadata").json();
    let elements = metadata["elements"].as_array().unwrap();
    assert!(elements.len() >= 34);
    assert!(elements.iter().all(|one| one["title"]["en"].is_string()));
    let road = get("/standards/road").json();
    let classed = road["fields"].as_array().unwrap();
    let class = classed.iter().find(|one| one["name"] == "road_class");
    assert!(class.unwrap()["codes"]["entries"][0]["code"].is_string());
    let wards = get("/standards/ward_boundary").json();
    let fields = wards["fields"].as_array().unwrap();
    for key in wards["key"].as_array().unwrap() {
        assert!(fields.iter().any(|field| &field["name"] == key), "{key}");
    }
    assert!(fields.iter().any(|field| field["required"] == true));
    assert_eq!(get("/standards/no_such_layer").status, 404);
}

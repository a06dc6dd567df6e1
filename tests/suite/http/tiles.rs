//! Tiles: the three addresses give one tile; statuses and metadata as OGC API Tiles 1.0 and its suite want.

use serde_json::json;

use super::{BASE, SIDE, collections, get, json, links, path_of, send};

#[test]
fn xyz_and_ogc_addresses_give_the_same_tile_and_an_outside_decoder_reads_it() {
    let xyz = get("/xyz/ward_boundary/10/732/474.mvt");
    let ogc = get("/collections/ward_boundary/tiles/WebMercatorQuad/10/474/732");
    assert_eq!((xyz.status.as_u16(), ogc.status.as_u16()), (200, 200));
    assert_eq!(xyz.body, ogc.body);
    assert_eq!(
        xyz.header("content-type"),
        "application/vnd.mapbox-vector-tile"
    );
    let reader = mvt_reader::Reader::new(xyz.body).expect("a tile");
    let names = reader.get_layer_names().expect("names");
    assert!(
        names.iter().any(|name| name == "ward_boundary"),
        "{names:?}"
    );
    let at = names
        .iter()
        .position(|name| name == "ward_boundary")
        .expect("there");
    assert_eq!(
        reader.get_features(at).expect("features").len(),
        SIDE * SIDE
    );
}

#[test]
fn a_tile_is_gzip_only_for_who_takes_it() {
    let path = "/xyz/ward_boundary/10/732/474.mvt";
    let zipped = send("GET", path, &[("accept-encoding", "gzip, br")], "");
    assert_eq!(zipped.header("content-encoding"), "gzip");
    let plain = get(path);
    assert_eq!(plain.header("content-encoding"), "");
    assert_ne!(zipped.header("etag"), plain.header("etag"));
    assert!(
        zipped.header("vary").to_lowercase().contains("accept")
            && zipped.headers.get_all("vary").iter().count() > 1
    );
    assert!(zipped.header("parat-losses").contains("dropped="));
}

#[test]
fn statuses_inside_beside_and_outside_the_limits() {
    let hash = json("/collections/ward_boundary")["parat:hash"]
        .as_str()
        .expect("a hash")
        .to_owned();
    for (path, status) in [
        (
            "/collections/ward_boundary/tiles/WebMercatorQuad/10/474/732",
            200,
        ),
        (
            "/collections/toilet/tiles/WebMercatorQuad/20/486300/750060",
            204,
        ),
        (
            "/collections/ward_boundary/tiles/WebMercatorQuad/11/948/0",
            404,
        ),
        (
            "/collections/ward_boundary/tiles/WebMercatorQuad/11/2147483647/2147483647",
            404,
        ),
        (
            "/collections/ward_boundary/tiles/WebMercatorQuad/99/0/0",
            404,
        ),
        (
            "/collections/ward_boundary/tiles/WebMercatorQuad/11/x/0",
            400,
        ),
        (
            "/collections/ward_boundary/tiles/WebMercatorQuad/a/0/0",
            400,
        ),
        ("/collections/ward_boundary/tiles/WorldCRS84Quad/0/0/0", 404),
        ("/collections/note/tiles/WebMercatorQuad/0/0/0", 404),
        ("/tiles/WebMercatorQuad/10/474/732", 200),
        (
            "/tiles/WebMercatorQuad/10/474/732?collections=toilet,ward_boundary",
            200,
        ),
        ("/tiles/WebMercatorQuad/10/474/732?collections=nope", 400),
        ("/tiles/WebMercatorQuad/10/474/732?collections=", 400),
        ("/xyz/ward_boundary/11/0/0.mvt", 204),
        ("/xyz/ward_boundary/11/99999/0.mvt", 400),
        ("/xyz/ward_boundary/30/0/0.mvt", 404),
        ("/xyz/ward_boundary/-1/0/0.mvt", 400),
        ("/xyz/ward_boundary@0000/10/732/474.mvt", 404),
        ("/xyz/nope/0/0/0.mvt", 404),
        ("/xyz/ward_boundary/0/0/0.mvt?nope=1", 400),
    ] {
        assert_eq!(get(path).status, status, "{path}");
    }
    let pinned = get(&format!("/xyz/ward_boundary@{hash}/10/732/474.mvt"));
    assert_eq!(pinned.status, 200);
    assert!(pinned.header("cache-control").contains("immutable"));
    assert!(
        get("/xyz/ward_boundary/10/732/474.mvt")
            .header("cache-control")
            .contains("max-age=60")
    );
}

#[test]
fn a_filter_and_chosen_properties_change_the_tile() {
    let count = |query: &str| {
        let answer = get(&format!("/xyz/ward_boundary/10/732/474.mvt{query}"));
        assert_eq!(answer.status, 200, "{query}");
        let reader = mvt_reader::Reader::new(answer.body).expect("a tile");
        let at = reader
            .get_layer_names()
            .expect("names")
            .iter()
            .position(|name| name == "ward_boundary")
            .expect("there");
        reader.get_features(at).expect("features")
    };
    let filtered = count("?filter=ward_no%3C%3D4");
    assert_eq!(filtered.len(), 4);
    assert_eq!(count("?population=2000").len(), 7);
    let few = count("?properties=ward_no");
    let keys: Vec<_> = few[0]
        .properties
        .as_ref()
        .expect("properties")
        .keys()
        .cloned()
        .collect();
    assert_eq!(keys, ["ward_no"]);
}

#[test]
fn lists_and_metadata_have_what_the_suite_reads() {
    for path in [
        "/tiles",
        "/collections/ward_boundary/tiles",
        "/collections/toilet/tiles",
    ] {
        let list = json(path);
        let set = &list["tilesets"][0];
        assert_eq!(set["dataType"], "vector");
        assert_eq!(set["crs"], "http://www.opengis.net/def/crs/EPSG/0/3857");
        assert_eq!(
            set["tileMatrixSetURI"],
            "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
        );
        assert!(set["title"].is_string() && set["tileMatrixSetId"] == "WebMercatorQuad");
        let item = links(set, "item")[0];
        assert_eq!(
            (&item["templated"], &item["type"]),
            (&json!(true), &json!("application/vnd.mapbox-vector-tile"))
        );
        let limits = set["tileMatrixSetLimits"].as_array().expect("limits");
        for limit in limits.iter().filter(|limit| limit["tileMatrix"] == "12") {
            let tile = |row: &serde_json::Value| {
                path_of(&item["href"])
                    .replace("{tileMatrix}", "12")
                    .replace("{tileRow}", &row.to_string())
                    .replace("{tileCol}", &limit["minTileCol"].to_string())
            };
            assert_eq!(get(&tile(&limit["minTileRow"])).status, 200);
            let beyond = limit["maxTileRow"].as_u64().expect("a number") + 1;
            assert_eq!(get(&tile(&json!(beyond))).status, 404);
        }
        let scheme = links(set, "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme")[0];
        assert_eq!(json(&path_of(&scheme["href"]))["id"], "WebMercatorQuad");
        let whole = json(&path_of(&links(set, "self")[0]["href"]));
        assert!(whole["layers"][0]["propertiesSchema"]["properties"].is_object());
    }
    assert_eq!(
        json("/tileMatrixSets")["tileMatrixSets"][0]["id"],
        "WebMercatorQuad"
    );
}

#[test]
fn tilejson_names_tiles_that_exist() {
    for (id, _) in collections() {
        let value = json(&format!(
            "/collections/{id}/tiles/WebMercatorQuad/tilejson.json"
        ));
        assert_eq!(value["tilejson"], "3.0.0");
        let tiles = value["tiles"][0].as_str().expect("an address");
        assert!(tiles.starts_with(BASE) && tiles.contains("{z}/{x}/{y}"));
        let path = tiles[BASE.len()..]
            .replace("{z}", "0")
            .replace("{x}", "0")
            .replace("{y}", "0");
        assert!([200, 204].contains(&get(&path).status.as_u16()), "{path}");
        for layer in value["vector_layers"].as_array().expect("layers") {
            assert!(
                layer["fields"]
                    .as_object()
                    .expect("fields")
                    .values()
                    .all(serde_json::Value::is_string)
            );
        }
    }
}

//! Tiles: the three addresses give one tile; statuses and metadata as OGC API Tiles 1.0 and its suite want.

use serde_json::{Value, json};

use super::{BASE, SIDE, WITH_TILES, collections, get, json, links, path_of, send, send_to};

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
fn a_tile_comes_in_a_coding_that_its_client_takes_and_is_the_same_in_all() {
    let path = "/xyz/ward_boundary/10/732/474.mvt?properties=name";
    let plain = get(path);
    assert_eq!(plain.header("content-encoding"), "");
    let bare = plain.header("etag").trim_matches('"').to_owned();
    let browser = "gzip, deflate, br, zstd";
    // One tile is kept, as it was compressed first or last for who did not take that.
    for (asked, coding) in [
        ("gzip", "gzip"),
        (browser, "gzip"),
        ("zstd", "zstd"),
        (browser, "zstd"),
        ("zstd;q=0.5, gzip", "zstd"),
        ("gzip, zstd;q=0", "gzip"),
        ("*", "gzip"),
        ("gzip;q=0, zstd;q=0", ""),
        ("gzip;q=0, *", ""),
        ("br", ""),
        ("zstd, gzip;q=0", "zstd"),
    ] {
        let answer = send("GET", path, &[("accept-encoding", asked)], "");
        assert_eq!(answer.header("content-encoding"), coding, "{asked}");
        let bytes = match coding {
            "gzip" => parat::tile::gunzip(&answer.body).expect("gzip"),
            "zstd" => {
                let mut out = vec![0; plain.body.len()];
                let len = zstd_safe::decompress(&mut out[..], &answer.body).expect("zstd");
                out[..len].to_vec()
            }
            _ => answer.body.clone(),
        };
        assert_eq!(bytes, plain.body, "{asked}");
        let tag = if coding.is_empty() {
            format!("\"{bare}\"")
        } else {
            format!("\"{bare}-{coding}\"")
        };
        assert_eq!(answer.header("etag"), tag, "{asked}");
        let varies: Vec<_> = answer.headers.get_all("vary").iter().collect();
        assert!(varies.iter().any(|by| *by == "Accept-Encoding"), "{asked}");
        let head = send("HEAD", path, &[("accept-encoding", asked)], "");
        assert_eq!(
            (head.status, head.header("etag")),
            (answer.status, &tag[..])
        );
        assert!(head.body.is_empty());
        let again = [("accept-encoding", asked), ("if-none-match", &tag)];
        let again = send("GET", path, &again, "");
        assert_eq!(
            (again.status.as_u16(), again.header("etag")),
            (304, &tag[..])
        );
    }
    // Who likes gzip better gets it where nothing is kept yet.
    let other = "/xyz/ward_boundary/10/732/474.mvt?properties=ward_no";
    let asked = [("accept-encoding", "zstd;q=0.9, gzip")];
    assert_eq!(
        send("GET", other, &asked, "").header("content-encoding"),
        "gzip"
    );
}

#[test]
fn a_tileset_of_chosen_collections_links_to_tiles_of_these() {
    let value = json("/tiles/WebMercatorQuad?collections=toilet,ward_boundary");
    for rel in ["item", "self", "describedby"] {
        let href = path_of(&links(&value, rel)[0]["href"]);
        assert!(
            href.ends_with("collections=toilet,ward_boundary"),
            "{rel}: {href}"
        );
    }
    let all = json("/tiles/WebMercatorQuad");
    assert!(!path_of(&links(&all, "item")[0]["href"]).contains("collections="));
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

/// The features of a layer in an answer's tile.
fn features(answer: &super::Answer, layer: &str) -> Vec<mvt_reader::feature::Feature<f32>> {
    if answer.body.is_empty() {
        return vec![];
    }
    let reader = mvt_reader::Reader::new(answer.body.clone()).expect("a tile");
    let names = reader.get_layer_names().expect("names");
    let Some(at) = names.iter().position(|name| name == layer) else {
        return vec![];
    };
    reader.get_features(at).expect("features")
}

#[test]
fn filters_that_mean_the_same_are_one_tile_and_others_are_not() {
    let tag = |query: &str| {
        let answer = get(&format!("/xyz/ward_boundary/10/732/474.mvt?{query}"));
        assert_eq!(answer.status, 200, "{query}");
        answer.header("etag").to_owned()
    };
    let first = tag("filter=ward_no%3C%3D4%20AND%20name%20IS%20NOT%20NULL");
    assert_eq!(
        first,
        tag("filter=(name%20is%20not%20null)%20and%204%3E%3D%22ward_no%22")
    );
    let json = r#"{"op":"and","args":[{"op":"<=","args":[{"property":"ward_no"},4]},{"op":"not","args":[{"op":"isNull","args":[{"property":"name"}]}]}]}"#;
    let json: String = json.bytes().map(|byte| format!("%{byte:02X}")).collect();
    assert_eq!(first, tag(&format!("filter-lang=cql2-json&filter={json}")));
    assert_ne!(
        first,
        tag("filter=ward_no%3C%3D5%20AND%20name%20IS%20NOT%20NULL")
    );
}

#[test]
fn a_filter_on_several_collections_must_fit_them_all() {
    let path = "/tiles/WebMercatorQuad/10/474/732";
    let answer = get(&format!(
        "{path}?collections=ward_boundary&filter=ward_no%3C%3D4"
    ));
    assert_eq!(features(&answer, "ward_boundary").len(), 4);
    assert_eq!(features(&answer, "ward_boundary_label").len(), 4);
    let answer = get(&format!(
        "{path}?collections=ward_boundary,toilet&filter=S_INTERSECTS(geometry,POINT(77.505%2012.905))"
    ));
    assert_eq!(
        (
            features(&answer, "ward_boundary").len(),
            features(&answer, "toilet").len()
        ),
        (1, 1)
    );
    let wrong = get(&format!(
        "{path}?collections=ward_boundary,toilet&filter=ward_no%3C%3D4"
    ));
    assert_eq!(wrong.status, 400);
    assert_eq!(wrong.json()["parameter"], "filter");
    assert!(
        wrong.json()["detail"]
            .as_str()
            .expect("text")
            .contains("`toilet`")
    );
    for (query, status) in [
        ("properties=nope", 400),
        ("properties=toilet_id", 200),
        ("indicator=T-1", 200),
        ("collections=toilet,note&indicator=T-1", 400),
        ("filter=", 400),
        ("datetime=2020", 400),
    ] {
        assert_eq!(get(&format!("{path}?{query}")).status, status, "{query}");
    }
    let few = get(&format!(
        "{path}?properties=toilet_id&collections=toilet,ward_boundary"
    ));
    let keys = |layer: &str| -> Vec<String> {
        let features = features(&few, layer);
        let properties = features[0].properties.as_ref();
        properties.map_or_else(Vec::new, |all| all.keys().cloned().collect())
    };
    assert_eq!(keys("toilet"), ["toilet_id"]);
    assert!(keys("ward_boundary").is_empty());
}

/// Longitude and latitude of a tile's box, widened by a share of its side, as `bbox` takes it.
fn box_of([z, x, y]: [u32; 3], wider: f64) -> String {
    let across = f64::from(1_u32 << z);
    let lon = |x: f64| x / across * 360.0 - 180.0;
    let lat = |y: f64| {
        let turn = std::f64::consts::PI * (1.0 - 2.0 * y / across);
        turn.sinh().atan().to_degrees()
    };
    let (x, y) = (f64::from(x), f64::from(y));
    format!(
        "{},{},{},{}",
        lon(x - wider),
        lat(y + 1.0 + wider),
        lon(x + 1.0 + wider),
        lat(y - wider)
    )
}

#[test]
fn a_tile_is_a_query_of_its_box_feature_by_feature_minus_the_declared_losses() {
    use mvt_reader::feature::Value;
    let mut compared = 0;
    for (layer, key) in [("ward_boundary", "ward_no"), ("toilet", "limit")] {
        for z in [8_u32, 10, 11, 12, 13, 14, 16] {
            // Over places in the city, and over the corner where four wards meet.
            for place in [[77.505, 12.905], [77.53, 12.93], [77.5599, 12.9599]] {
                let across = f64::from(1_u32 << z);
                let x = ((place[0] + 180.0) / 360.0 * across) as u32;
                let turn = f64::to_radians(place[1]).tan().asinh() / std::f64::consts::PI;
                let y = ((1.0 - turn) / 2.0 * across) as u32;
                for query in [
                    String::new(),
                    format!("&filter={key}%20%3E%2011"),
                    format!("&filter={key}%20%3C%204%20OR%20{key}%20%3D%2020"),
                    format!("&filter={key}%20IN%20(6,8,30)"),
                ] {
                    let tile = get(&format!(
                        "/xyz/{layer}/{z}/{x}/{y}.mvt?{}",
                        query.trim_start_matches('&')
                    ));
                    let dropped = losses(&tile).get("dropped").copied().unwrap_or(0);
                    let items = |wider: f64| -> std::collections::BTreeMap<u64, serde_json::Value> {
                        let bbox = box_of([z, x, y], wider);
                        let found = json(&format!(
                            "/collections/{layer}/items?limit=1000&bbox={bbox}{query}"
                        ));
                        let features = found["features"].as_array().expect("features");
                        assert_eq!(found["numberMatched"], features.len());
                        features
                            .iter()
                            .map(|one| {
                                (
                                    one["id"].as_u64().expect("an id"),
                                    one["properties"].clone(),
                                )
                            })
                            .collect()
                    };
                    let (own, around) = (items(-1e-4), items(65.0 / 4096.0));
                    let shown = features(&tile, layer);
                    let mut missing = own.len() as u64;
                    for one in &shown {
                        let id = one.id.expect("an id");
                        let item = around
                            .get(&id)
                            .unwrap_or_else(|| panic!("{layer} {z} {query}: {id} is not there"));
                        missing -= u64::from(own.contains_key(&id));
                        let told = one.properties.as_ref().expect("properties");
                        let wanted = item.as_object().expect("properties");
                        let wanted: Vec<_> = wanted
                            .iter()
                            .filter(|(_, value)| !value.is_null())
                            .collect();
                        assert_eq!(told.len(), wanted.len(), "{told:?} {wanted:?}");
                        for (name, value) in wanted {
                            let same = match &told[name] {
                                Value::String(text) => *value == json!(text),
                                Value::UInt(number) => *value == json!(number),
                                Value::SInt(number) => *value == json!(number),
                                Value::Double(number) => value.as_f64() == Some(*number),
                                Value::Bool(yes) => *value == json!(yes),
                                other => panic!("{other:?}"),
                            };
                            assert!(same, "{name}: {:?} {value}", told[name]);
                        }
                        compared += 1;
                    }
                    assert!(
                        missing <= dropped,
                        "{layer} {z}/{x}/{y} {query}: {missing} are missing"
                    );
                }
            }
        }
    }
    assert!(compared > 500, "{compared}");
}

/// The members of a `Parat-Losses` header.
fn losses(answer: &super::Answer) -> std::collections::BTreeMap<String, u64> {
    answer
        .header("parat-losses")
        .split(", ")
        .filter_map(|member| member.split_once('='))
        .map(|(key, value)| (key.to_owned(), value.parse().expect("a number")))
        .collect()
}

#[test]
fn a_tile_of_several_layers_says_of_each_what_it_leaves_out() {
    let both = get("/tiles/WebMercatorQuad/10/474/732?collections=ward_boundary,toilet");
    let told = losses(&both);
    for member in ["matched", "dropped", "as-points", "simplified"] {
        let of = |layer: &str| told[&format!("{layer}.{member}")];
        assert_eq!(told[member], of("ward_boundary") + of("toilet"), "{member}");
        let alone = losses(&get("/collections/toilet/tiles/WebMercatorQuad/10/474/732"));
        assert_eq!(of("toilet"), alone[member], "{member}");
    }
    assert_eq!(told["toilet.matched"], (SIDE * SIDE / 2) as u64);
    let filtered = losses(&get(
        "/xyz/ward_boundary/10/732/474.mvt?filter=ward_no%3C%3D4",
    ));
    assert_eq!((filtered["matched"], filtered["dropped"]), (4, 0));
    assert_eq!(filtered.len(), 4);
}

/// The addresses of all tiles of a zoom that can hold a part of what a TileJSON's bounds enclose.
fn all_tiles(tilejson: &Value, zoom: u64) -> Vec<String> {
    let bounds = &tilejson["bounds"];
    let [west, south, east, north] = [0, 1, 2, 3].map(|at| bounds[at].as_f64().expect("a number"));
    let across = 2_f64.powi(i32::try_from(zoom).expect("small"));
    let column = |lon: f64| (lon + 180.0) / 360.0 * across;
    let row = |lat: f64| {
        let turn = lat.to_radians().tan().asinh() / std::f64::consts::PI;
        (1.0 - turn) / 2.0 * across
    };
    // The buffer of a tile is a part of its neighbours.
    let among = |from: f64, to: f64| {
        let last = across as u64 - 1;
        ((from - 0.1).max(0.0) as u64)..=((to + 0.1) as u64).min(last)
    };
    let tiles = tilejson["tiles"][0].as_str().expect("an address");
    let path = tiles[BASE.len()..].replace("{z}", &zoom.to_string());
    among(column(west), column(east))
        .flat_map(|x| among(row(north), row(south)).map(move |y| (x, y)))
        .map(|(x, y)| {
            path.replace("{x}", &x.to_string())
                .replace("{y}", &y.to_string())
        })
        .collect()
}

#[test]
fn what_tilejson_says_of_losses_holds_in_every_tile() {
    // Only what publication counted is said beforehand.
    let ask = |path: &str| {
        send_to(
            &WITH_TILES.router,
            &WITH_TILES.runtime,
            "GET",
            path,
            &[],
            "",
        )
    };
    let mut bounds = std::collections::BTreeMap::<&str, usize>::new();
    for query in [
        "collections=ward_boundary",
        "collections=ward_boundary&labels=false",
        "collections=ward_boundary,toilet",
        "collections=toilet,ward_boundary&properties=name",
        "collections=ward_boundary&filter=ward_no%3C%3D4",
        "collections=ward_boundary,toilet&datetime=2019-12-31",
    ] {
        let told = ask(&format!("/tiles/WebMercatorQuad/tilejson.json?{query}"));
        assert_eq!(told.status, 200, "{query}");
        let value: Value = serde_json::from_slice(&told.body).expect("JSON");
        for (layer, said) in value["losses"].as_object().expect("layers") {
            if said["known"] == false {
                let note = said["note"].as_str().expect("text");
                assert!(note.contains("Parat-Losses"));
            }
            for zoom in said["zooms"].as_array().into_iter().flatten() {
                let z = zoom["zoom"].as_u64().expect("a number");
                let bound = match zoom["bound"].as_str() {
                    None | Some("exact") => "exact",
                    Some("most") => "most",
                    Some(other) => panic!("{other}"),
                };
                *bounds.entry(bound).or_default() += 1;
                let tiles: Vec<_> = all_tiles(&value, z)
                    .iter()
                    .map(|path| losses(&ask(path)))
                    .collect();
                for (member, key) in [
                    ("matched", "features_matched"),
                    ("dropped", "dropped"),
                    ("as-points", "as_points"),
                    ("simplified", "simplified"),
                ] {
                    let told: Vec<u64> = tiles
                        .iter()
                        .filter_map(|told| {
                            let own = told.get(&format!("{layer}.{member}"));
                            own.or(told.get(member)).copied()
                        })
                        .collect();
                    let (most, sum) = (told.iter().max().copied(), told.iter().sum::<u64>());
                    let limit = |of: &str| zoom[of][key].as_u64().expect("a number");
                    let context = format!("{query} {layer} {z} {member}");
                    assert!(most.unwrap_or(0) <= limit("most"), "{context}");
                    assert!(sum <= limit("sum"), "{context}");
                    if bound == "exact" {
                        assert_eq!(most.unwrap_or(0), limit("most"), "{context}");
                        assert_eq!(sum, limit("sum"), "{context}");
                    }
                }
            }
        }
    }
    // Both kinds were there to be looked at.
    assert!(bounds.len() == 2, "{bounds:?}");
}

#[test]
fn label_points_can_be_left_out_and_then_nobody_is_told_of_them() {
    let layers = |query: &str| -> Vec<String> {
        let value = json(&format!(
            "/collections/ward_boundary/tiles/WebMercatorQuad/tilejson.json{query}"
        ));
        let names = value["vector_layers"].as_array().expect("layers");
        let names = names
            .iter()
            .map(|layer| layer["id"].as_str().expect("text"));
        let told: Vec<String> = names.map(str::to_owned).collect();
        let busiest = (all_tiles(&value, 10).iter())
            .map(|path| get(path))
            .max_by_key(|answer| answer.body.len())
            .expect("a tile");
        let reader = mvt_reader::Reader::new(busiest.body).expect("a tile");
        assert_eq!(reader.get_layer_names().expect("layers"), told, "{query}");
        told
    };
    assert_eq!(layers(""), ["ward_boundary", "ward_boundary_label"]);
    assert_eq!(layers("?labels=true").len(), 2);
    assert_eq!(layers("?labels=false"), ["ward_boundary"]);
    assert_eq!(
        layers("?labels=false&filter=ward_no%3C%3D4"),
        ["ward_boundary"]
    );
    let wrong = get("/xyz/ward_boundary/10/732/474.mvt?labels=0");
    assert_eq!(wrong.status, 400);
}

#[test]
fn a_moment_shows_the_features_that_were_valid_then() {
    let all = SIDE * SIDE;
    for (datetime, wards) in [
        ("2019-12-31", all - 1),
        ("2020-01-01", all - 1),
        ("2019-12-31T23:59:59Z/..", all),
        ("../2019-06-01", all - 1),
        ("2019-12-31/2020-01-01", all),
        ("-009000-01-01T00:00:00Z", all - 1),
    ] {
        for path in [
            "/collections/ward_boundary/tiles/WebMercatorQuad/10/474/732",
            "/tiles/WebMercatorQuad/10/474/732",
            "/xyz/ward_boundary/10/732/474.mvt",
        ] {
            let answer = get(&format!("{path}?datetime={datetime}"));
            assert_eq!(
                features(&answer, "ward_boundary").len(),
                wards,
                "{path} {datetime}"
            );
        }
        let items = json(&format!(
            "/collections/ward_boundary/items?datetime={datetime}"
        ));
        assert_eq!(items["numberMatched"], wards, "{datetime}");
    }
    let no = |datetime: &str| {
        let items = json(&format!(
            "/collections/ward_boundary/items?limit=100&datetime={datetime}"
        ));
        items["features"]
            .as_array()
            .expect("features")
            .iter()
            .filter_map(|feature| feature["properties"]["ward_no"].as_u64())
            .filter(|&no| no < 3)
            .collect::<Vec<_>>()
    };
    assert_eq!((no("2019-12-31"), no("2020-01-01")), (vec![1], vec![2]));
}

#[test]
fn tilejson_of_several_layers_pins_every_version_and_what_was_chosen() {
    let value = json(
        "/tiles/WebMercatorQuad/tilejson.json?collections=ward_boundary,toilet&indicator=T-1&period=2022",
    );
    let ids: Vec<_> = value["vector_layers"]
        .as_array()
        .expect("layers")
        .iter()
        .map(|layer| layer["id"].as_str().expect("an id"))
        .collect();
    assert_eq!(ids, ["ward_boundary", "ward_boundary_label", "toilet"]);
    assert_eq!(
        value["vector_layers"][0]["fields"]["value"],
        "Number: Score [points], 2022"
    );
    assert_eq!(value["promoteId"]["ward_boundary"], "ward_no");
    let tiles = value["tiles"][0].as_str().expect("an address");
    for id in ["ward_boundary", "toilet"] {
        let hash = value["parat:layers"][id]["hash"].as_str().expect("a hash");
        assert!(tiles.contains(&format!("{id}@{hash}")), "{tiles}");
    }
    let path = tiles[BASE.len()..]
        .replace("{z}", "10")
        .replace("{x}", "732")
        .replace("{y}", "474");
    let answer = get(&path);
    assert!(
        answer.header("cache-control").contains("immutable"),
        "{path}"
    );
    assert_eq!(features(&answer, "toilet").len(), SIDE * SIDE / 2);
    let valued = features(&answer, "ward_boundary")
        .iter()
        .filter(|feature| {
            let properties = feature.properties.as_ref().expect("properties");
            properties.contains_key("value")
        })
        .count();
    assert_eq!(valued, SIDE * SIDE - 1);
    assert_eq!(
        get("/xyz/ward_boundary/10/732/474.mvt?indicator=T-1@0000").status,
        404
    );
    assert_eq!(get("/xyz/toilet,toilet/10/732/474.mvt").status, 404);
    let filtered = json(
        "/collections/ward_boundary/tiles/WebMercatorQuad/tilejson.json?filter=ward_no%3D1&properties=name",
    );
    let tiles = filtered["tiles"][0].as_str().expect("an address");
    assert!(
        tiles.ends_with("?filter=ward_no%3D1&properties=name"),
        "{tiles}"
    );
    assert_eq!(
        get("/collections/ward_boundary/tiles/WebMercatorQuad/tilejson.json?filter=x%3D1").status,
        400
    );
}

#[test]
fn values_beside_a_layer_are_the_same_in_both_forms_and_by_id() {
    let by_id = json("/indicators/T-1?period=2023");
    let arrays = json("/indicators/T-1/values");
    assert_eq!(arrays["periods"][1]["label"], "2023");
    let ids = arrays["ids"].as_array().expect("ids");
    assert_eq!(ids.len(), SIDE * SIDE);
    for (at, id) in ids.iter().enumerate() {
        assert_eq!(
            arrays["values"][1][at],
            by_id["values"][id.to_string()],
            "{id}"
        );
        assert_eq!(arrays["keys"][at].as_str().expect("a key"), id.to_string());
    }
    let binary = get("/indicators/T-1/values?f=bin");
    assert_eq!(
        binary.header("content-type"),
        "application/vnd.parat.values"
    );
    let body = &binary.body;
    assert_eq!(&body[..4], b"PVAL");
    let from = 8 + u32::from_le_bytes(body[4..8].try_into().expect("four")) as usize;
    assert_eq!(from % 8, 0);
    let head: serde_json::Value = serde_json::from_slice(&body[8..from]).expect("JSON");
    assert_eq!(head["features"], SIDE * SIDE);
    let values_from = from + 8 * SIDE * SIDE;
    assert_eq!(body.len(), values_from + 2 * 4 * SIDE * SIDE);
    for at in 0..SIDE * SIDE {
        let eight = body[from + 8 * at..][..8].try_into().expect("eight");
        assert_eq!(json!(f64::from_le_bytes(eight) as u64), ids[at]);
        for period in 0..2 {
            let four = body[values_from + 4 * (period * SIDE * SIDE + at)..][..4]
                .try_into()
                .expect("four");
            let wanted = arrays["values"][period][at].as_f64();
            let found = f64::from(f32::from_le_bytes(four));
            assert_eq!(Some(found).filter(|found| !found.is_nan()), wanted);
        }
    }
    let lasting = get(&path_of(&head["self"]));
    assert_eq!(lasting.status, 200);
    assert!(lasting.header("cache-control").contains("immutable"));
    assert!(!binary.header("cache-control").contains("immutable"));
    let again = send(
        "GET",
        "/indicators/T-1/values?f=bin",
        &[("if-none-match", binary.header("etag"))],
        "",
    );
    assert_eq!(again.status, 304);
    let one = json("/indicators/T-1/values?period=2022");
    assert_eq!(one["values"].as_array().expect("values").len(), 1);
    for (path, status) in [
        ("/indicators/T-1@00000000feedbeef/values", 200),
        ("/indicators/T-1@1/values", 404),
        ("/indicators/T-9/values", 404),
        ("/indicators/T-1/values?period=1999", 400),
        ("/indicators/T-1/values?layer=nope", 404),
        ("/indicators/T-1/values?f=xml", 400),
    ] {
        assert_eq!(get(path).status, status, "{path}");
    }
}

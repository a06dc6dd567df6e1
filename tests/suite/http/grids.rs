//! Grids that a pack declares: only where the profile offers them, and then at every address of a tile.

use std::sync::LazyLock;

use axum::Router;
use parat::{
    app::App,
    config::Config,
    http::{Settings, router},
    store::{Embedded, LayerStore as _},
};
use serde_json::Value as Json;

use super::{Answer, BASE, links, path_of, report, send_to, toilets, wards};

struct City {
    router: Router,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

/// The city of the other tests, with a pack of its own that offers two grids.
static CITY: LazyLock<City> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Embedded::open(folder.path()).expect("a store");
    for layer in [wards(), toilets()] {
        store
            .publish(&layer, &report(&layer), None)
            .expect("published");
    }
    drop(store);
    let pack = folder.path().join("pack");
    std::fs::create_dir_all(pack.join("grids")).expect("a folder");
    for (name, text) in [
        (
            "pack.toml",
            "id = \"my-city\"\nversion = 1\ntitle = { en = \"A city\" }\nabout = { en = \"Two grids.\" }\n\
             [inherits]\npack = \"in\"\nversion = 1\n",
        ),
        (
            "profile.toml",
            "grids = [\"UTM43WGS84Quad\", \"MyNorthFirst\"]\n",
        ),
        (
            "grids/mine.toml",
            "id = \"MyNorthFirst\"\ntitle = { en = \"Mine\" }\ncrs = \"EPSG:32643\"\naxes = [\"N\", \"E\"]\n\
             extent = [0.0, 0.0, 1048576.0, 2097152.0]\ncell_sizes = [1000.0, 512.0]\nhalvings = 3\n",
        ),
    ] {
        std::fs::write(pack.join(name), text).expect("written");
    }
    let mut config = Config::with_data(folder.path());
    config.permits = 2;
    config.standards = Some(pack);
    let app = App::open(config).expect("the app");
    City {
        router: router(app, Settings::at(BASE)),
        runtime: tokio::runtime::Runtime::new().expect("a runtime"),
        _folder: folder,
    }
});

fn get(path: &str) -> Answer {
    let city = &*CITY;
    send_to(&city.router, &city.runtime, "GET", path, &[], "")
}

fn json(path: &str) -> Json {
    let answer = get(path);
    assert_eq!(answer.status, 200, "{path}");
    answer.json()
}

fn wards_in(answer: &Answer) -> usize {
    if answer.body.is_empty() {
        return 0;
    }
    let reader = mvt_reader::Reader::new(answer.body.clone()).expect("a tile");
    let names = reader.get_layer_names().expect("names");
    names
        .iter()
        .position(|name| name == "ward_boundary")
        .map_or(0, |at| reader.get_features(at).expect("features").len())
}

#[test]
fn a_grid_is_offered_where_the_profile_says_so_and_nowhere_else() {
    let all = |value: &Json| -> Vec<String> {
        let sets = value["tileMatrixSets"].as_array().expect("sets");
        let id = |set: &Json| set["id"].as_str().expect("an id").to_owned();
        sets.iter().map(id).collect()
    };
    assert_eq!(
        all(&json("/tileMatrixSets")),
        ["WebMercatorQuad", "UTM43WGS84Quad", "MyNorthFirst"]
    );
    assert_eq!(all(&super::json("/tileMatrixSets")), ["WebMercatorQuad"]);
    assert_eq!(super::get("/tileMatrixSets/UTM43WGS84Quad").status, 404);
    let api = json("/api");
    assert_eq!(
        api["components"]["parameters"]["tileMatrixSetId"]["schema"]["enum"],
        serde_json::json!(["WebMercatorQuad", "UTM43WGS84Quad", "MyNorthFirst"])
    );
    // Declared, but not offered.
    assert_eq!(get("/tileMatrixSets/UTM44WGS84Quad").status, 404);
    assert_eq!(
        get("/collections/ward_boundary/tiles/UTM43WGS84Quad/tilejson.json").status,
        404
    );
}

#[test]
fn a_definition_says_corner_and_levels_in_the_order_of_its_axes() {
    let utm = json("/tileMatrixSets/UTM43WGS84Quad");
    assert_eq!(utm["crs"], "http://www.opengis.net/def/crs/EPSG/0/32643");
    assert_eq!(
        utm["uri"],
        "http://www.opengis.net/def/tilematrixset/OGC/1.0/UTM43WGS84Quad"
    );
    let matrices = utm["tileMatrices"].as_array().expect("matrices");
    assert_eq!(matrices.len(), 24);
    // As the register has the quad of zone 31.
    assert_eq!(matrices[0]["id"], "1");
    assert_eq!(
        matrices[0]["pointOfOrigin"],
        serde_json::json!([-9_501_965.729_312_76, 20_003_931.458_625_5])
    );
    assert_eq!(
        (&matrices[23]["matrixWidth"], &matrices[23]["matrixHeight"]),
        (&8_388_608.into(), &16_777_216.into())
    );
    let scale = matrices[0]["scaleDenominator"].as_f64().expect("a number");
    assert!((scale - 279_072_704.500_914).abs() < 1e-3, "{scale}");
    let mine = json("/tileMatrixSets/MyNorthFirst");
    assert_eq!(mine["orderedAxes"], serde_json::json!(["N", "E"]));
    let first = &mine["tileMatrices"][0];
    assert_eq!(
        first["pointOfOrigin"],
        serde_json::json!([2_097_152.0, 0.0])
    );
    assert_eq!(
        (&first["matrixWidth"], &first["matrixHeight"]),
        (&5.into(), &9.into())
    );
    assert!(mine.get("uri").is_none());
}

#[test]
fn limits_links_and_statuses_hold_in_every_grid() {
    for (path, grids) in [("/tiles", 3), ("/collections/ward_boundary/tiles", 3)] {
        let list = json(path);
        let sets = list["tilesets"].as_array().expect("tilesets");
        assert_eq!(sets.len(), grids);
        for set in &sets[1..] {
            let item = path_of(&links(set, "item")[0]["href"]);
            let limits = set["tileMatrixSetLimits"].as_array().expect("limits");
            assert!(!limits.is_empty());
            let mut seen = 0;
            for limit in limits {
                let tile = |row: i64, col: i64| {
                    item.replace("{tileMatrix}", limit["tileMatrix"].as_str().expect("an id"))
                        .replace("{tileRow}", &row.to_string())
                        .replace("{tileCol}", &col.to_string())
                };
                let [first, last, west, east] =
                    ["minTileRow", "maxTileRow", "minTileCol", "maxTileCol"]
                        .map(|key| limit[key].as_i64().expect("a number"));
                assert_eq!(get(&tile(last + 1, west)).status, 404);
                assert_eq!(get(&tile(first, east + 1)).status, 404);
                assert_eq!(get(&tile(2_147_483_647, west)).status, 404);
                if (last - first) < 3 && (east - west) < 3 {
                    for row in first..=last {
                        for col in west..=east {
                            let answer = get(&tile(row, col));
                            assert!([200, 204].contains(&answer.status.as_u16()));
                            seen += wards_in(&answer);
                        }
                    }
                }
            }
            assert!(seen >= super::SIDE * super::SIDE, "{seen}");
            let whole = json(&path_of(&links(set, "self")[0]["href"]));
            assert_eq!(whole["layers"][0]["crs"], set["crs"]);
            let finest = &whole["layers"][0]["maxTileMatrix"];
            assert_eq!(*finest, limits[limits.len() - 1]["tileMatrix"]);
            let scheme = links(set, "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme")[0];
            assert_eq!(
                json(&path_of(&scheme["href"]))["id"],
                set["tileMatrixSetId"]
            );
            assert!(links(set, "describedby").is_empty());
        }
    }
    let square = "/collections/ward_boundary/tiles";
    for (path, status) in [
        ("/UTM43WGS84Quad/0/0/0", 404),
        ("/UTM43WGS84Quad/19/0/0", 404),
        ("/UTM43WGS84Quad/x/0/0", 400),
        ("/UTM43WGS84Quad/5/-1/0", 400),
        ("/UTM44WGS84Quad/5/0/0", 404),
    ] {
        assert_eq!(get(&format!("{square}{path}")).status, status, "{path}");
    }
}

#[test]
fn filters_properties_and_losses_are_the_same_as_in_the_square() {
    // The whole city lies in one tile of the shallow levels.
    let path = "/collections/ward_boundary/tiles/UTM43WGS84Quad/5/14/8";
    let answer = get(path);
    assert_eq!(answer.status, 200);
    assert_eq!(wards_in(&answer), super::SIDE * super::SIDE);
    assert!(answer.header("parat-losses").contains("matched=36"));
    assert_eq!(wards_in(&get(&format!("{path}?filter=ward_no%3C%3D4"))), 4);
    assert_eq!(wards_in(&get(&format!("{path}?population=2000"))), 7);
    let dataset = get("/tiles/UTM43WGS84Quad/5/14/8?collections=ward_boundary,toilet");
    assert_eq!(wards_in(&dataset), super::SIDE * super::SIDE);
    assert_ne!(
        answer.header("etag"),
        get("/xyz/ward_boundary/5/22/14.mvt").header("etag")
    );
    let few = get(&format!("{path}?properties=ward_no"));
    assert!(few.body.len() < answer.body.len());
    assert_eq!(get(&format!("{path}?nope=1")).status, 400);
}

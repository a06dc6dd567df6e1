//! What the map page and monitoring ask for.

use serde_json::json;

use super::{SIDE, collections, get, json, send};

#[test]
fn the_overview_tells_of_every_layer_of_the_profile_and_every_published_one() {
    let value = json("/layers");
    let layers = value["layers"].as_array().expect("layers");
    for (id, count) in collections() {
        let layer = layers
            .iter()
            .find(|layer| layer["id"] == id.as_str())
            .expect("listed");
        assert_eq!(
            (&layer["state"], &layer["features"]),
            (&json!("published"), &json!(count))
        );
        assert!(
            layer["tiles"]
                .as_str()
                .expect("an address")
                .contains("/{z}/{x}/{y}.mvt")
        );
        let report = get(layer["report"].as_str().expect("an address"));
        assert_eq!(report.status, 200);
    }
    assert!(
        layers
            .iter()
            .any(|layer| layer["state"] == "absent" && layer["verdict"].is_null())
    );
    assert!(value["city"]["bbox"].is_array() && value["profile"]["id"].is_string());
}

#[test]
fn a_query_counts_points_in_areas_and_finds_the_nearest() {
    let ask = json!({"layer": "ward_boundary", "aggregate": {"of": "toilet", "measure": "count"}, "limit": 100});
    let answer = send(
        "POST",
        "/query",
        &[("content-type", "application/json")],
        &ask.to_string(),
    );
    assert_eq!(
        answer.status,
        200,
        "{}",
        String::from_utf8_lossy(&answer.body)
    );
    let value = answer.json();
    let counted: u64 = value["features"]
        .as_array()
        .expect("features")
        .iter()
        .map(|feature| feature["properties"]["count"].as_f64().expect("a count") as u64)
        .sum();
    assert_eq!(counted, (SIDE * SIDE / 2) as u64);

    let near = json("/query?layer=toilet&nearest=77.505,12.905&k=3");
    assert_eq!(near["numberReturned"], 3);
    assert_eq!(near["features"][0]["properties"]["distance_m"], json!(0));

    let within = json(
        "/query?layer=toilet&relation=within&of=ward_boundary&of-filter=ward_no%3D1&f=geojson",
    );
    assert_eq!(within["numberMatched"], 1);
    let csv = get("/query?layer=toilet&f=csv&limit=2");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        String::from_utf8(csv.body).expect("UTF-8").lines().count(),
        3
    );
}

#[test]
fn health_metrics_styles_and_explanations_answer() {
    assert_eq!(json("/health")["status"], "ok");
    let metrics = get("/metrics");
    assert!(
        String::from_utf8(metrics.body)
            .expect("text")
            .contains("parat_requests_total{class=\"2xx\"}")
    );
    let style = json("/styles/city");
    assert_eq!(style["version"], 8);
    for layer in style["layers"].as_array().expect("layers") {
        let source = layer["source"].as_str();
        assert!(
            source.is_none_or(|source| style["sources"][source].is_object()),
            "{layer}"
        );
    }
    assert_eq!(json("/explain/ward_boundary")["kind"], "layer");
}

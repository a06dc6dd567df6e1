//! Another country's standard, as data: the same binary judges by it.

use std::fs;

use super::city::{code, parat, said};

const STAGES: &str = r#"{"type": "FeatureCollection", "features": [
  {"type": "Feature", "geometry": {"type": "Point", "coordinates": [36.0667, -0.2833]}, "properties": {
    "feature_id": "S-1", "county_no": 32, "updated_on": "2026-02-01", "kind": "terminus", "shelter": true}},
  {"type": "Feature", "geometry": {"type": "Point", "coordinates": [36.0801, -0.3031]}, "properties": {
    "feature_id": "S-2", "county_no": 32, "updated_on": "2026-02-01", "kind": "boda", "shelter": false}}
]}"#;

const METADATA: &str = r#"{"title": "Matatu stages of Nakuru", "abstract": "Where matatus load and unload.",
  "contact": "County transport department", "publisher": "County of Nakuru", "lineage": "Surveyed on foot",
  "catalogue": "Transport", "keywords": "matatu, stage", "scale": "1000", "accuracy_m": "2",
  "reference_date": "2026-02-01", "temporal_coverage": "2026-01-01/2026-02-01", "licence": "CC-BY-4.0"}"#;

fn pack(name: &str) -> String {
    format!(
        concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/packs/{}"),
        name
    )
}

#[test]
fn another_country_s_layer_is_judged_by_its_own_pack() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    fs::write(root.join("stages.geojson"), STAGES).expect("written");
    fs::write(root.join("stages.geojson.metadata.json"), METADATA).expect("written");
    let pack = pack("ke-nakuru");
    let check = |file: &str, pack: &str| {
        parat(
            root,
            &[
                "check",
                file,
                "--as",
                "matatu_stage",
                "--standards",
                pack,
                "--format",
                "json",
            ],
        )
    };
    let good = check("stages.geojson", &pack);
    assert_eq!(code(&good), 0, "{}", said(&good));
    let report: serde_json::Value = serde_json::from_str(&said(&good)).expect("JSON");
    assert_eq!(
        report["packs"],
        serde_json::json!(["in@1", "ke@1", "ke-nakuru@2"])
    );
    assert_eq!(report["profile"], "ke-county-town@1");

    // The country knows nothing of the city's code, and keeps the rule that the city took away.
    let abroad = STAGES.replace("[36.0801, -0.3031]", "[77.2, 28.6]");
    fs::write(root.join("abroad.geojson"), abroad).expect("written");
    fs::write(root.join("abroad.geojson.metadata.json"), METADATA).expect("written");
    let bad = check("abroad.geojson", &self::pack("ke"));
    assert_eq!(code(&bad), 1, "{}", said(&bad));
    let report: serde_json::Value = serde_json::from_str(&said(&bad)).expect("JSON");
    let failed: Vec<&str> = report["rules"]
        .as_array()
        .expect("rules")
        .iter()
        .filter(|rule| rule["outcome"] == "failed")
        .filter_map(|rule| rule["code"].as_str())
        .collect();
    assert!(
        failed.contains(&"A04") && failed.contains(&"T03"),
        "{failed:?}"
    );

    // The pack in the program knows no such layer.
    let unknown = parat(root, &["check", "stages.geojson", "--as", "matatu_stage"]);
    assert_eq!(code(&unknown), 64, "{}", said(&unknown));

    let page = parat(root, &["explain", "matatu_stage", "--standards", &pack]);
    assert_eq!(code(&page), 0);
    assert!(said(&page).contains("ke-nakuru@2"), "{}", said(&page));
}

//! A delivery as it should not be, with one of each fault that the gate is for.
//!
//! It is the demo's own wards in GeoJSON, as an older draft of the election office: somebody redrew a few
//! edges without snapping, copied a row, and left officers' telephone numbers in.

use serde_json::{Value, json};

use super::sheet::Sheet;

/// Wards spoiled, as a GeoJSON feature collection in longitude and latitude. Each fault is named in the
/// collection's `description`, which no reader looks at.
pub(super) fn wards(sheet: &Sheet, mut rings: Vec<Vec<Vec<[f64; 2]>>>) -> Value {
    let count = rings.len();
    let slot = |share: usize| (count * share / 12).min(count - 1);
    // An edge drawn again a little outside: overlap with the neighbour, a gap behind it.
    for (ward, by) in [(slot(1), 0.000_9), (slot(2), -0.000_7), (slot(3), 0.000_02)] {
        let ring = &mut rings[ward][0];
        let last = ring.len() - 1;
        for point in &mut ring[last / 4..last / 2] {
            point[0] += by;
            point[1] += by / 2.0;
        }
    }
    // A bow-tie: two corners in the wrong order.
    let bow_tie = &mut rings[slot(5)][0];
    let third = bow_tie.len() / 3;
    bow_tie.swap(third, third * 2);
    // An open ring.
    let open = &mut rings[slot(6)][0];
    open.pop();
    // A ward forty kilometres away: two digits of the longitude changed places.
    for ring in &mut rings[slot(8)] {
        for point in ring {
            point[0] += 0.4;
        }
    }
    let features: Vec<Value> = rings
        .iter()
        .enumerate()
        .map(|(row, rings)| {
            let text = |field: &str| sheet.table.value(row, field).to_json();
            let mut properties = json!({
                "feature_id": text("feature_id"),
                "ulb_lgd": text("ulb_lgd"),
                "updated_on": text("updated_on"),
                "Ward_No": text("ward_no"),
                "Ward_Name": text("name"),
                "delim_id": text("delim_id"),
                "delim_year": text("delim_year"),
                "status": "working",
                "officer_mobile": Value::Null,
            });
            let mut set = |field: &str, value: Value| properties[field] = value;
            if row == slot(4) {
                // The row was copied and never given its own number.
                set(
                    "feature_id",
                    sheet.table.value(slot(3), "feature_id").to_json(),
                );
                set("Ward_No", sheet.table.value(slot(3), "ward_no").to_json());
            }
            if row == slot(7) {
                set("Ward_Name", Value::Null);
            }
            if row == slot(9) {
                set("Ward_No", Value::Null);
            }
            if row == slot(10) {
                set("status", json!("Workng"));
                set("delim_year", json!("two thousand"));
            }
            if row == slot(11) {
                set("status", json!("disputed"));
                set("delim_year", json!(20_222));
                set("updated_on", json!("32/13/2025"));
            }
            if row % 4 == 0 {
                // A number that the numbering plan gives to nobody.
                set("officer_mobile", json!(format!("90000000{:02}", row % 100)));
            }
            json!({
                "type": "Feature",
                "properties": properties,
                "geometry": {"type": "Polygon", "coordinates": rings}
            })
        })
        .collect();
    json!({
        "type": "FeatureCollection",
        "name": "wards_draft",
        "description": "Made faulty on purpose: overlaps, gaps, a bow-tie, an open ring, a ward elsewhere, doubled and missing keys, wrong codes, telephone numbers.",
        "features": features
    })
}

//! The rows that were set aside, as files to mend and send again.

use serde_json::{Map, Value, json};

use super::table::cell;
use crate::{
    model::{CrsName, Shapes},
    validate::{Aside, Report, geojson_geometry},
};

/// All rows that were set aside as a GeoJSON feature collection, with their values under the names of the file and,
/// beside them, `parat_row` (their row in the file), `parat_rules` and `parat_reason`. Where nobody knows the CRS, the
/// coordinates are those of the file and the collection says so.
pub fn set_aside_geojson(report: &Report, aside: &Aside) -> String {
    let features: Vec<Value> = aside
        .reasons
        .iter()
        .enumerate()
        .map(|(at, reason)| {
            let mut properties = Map::new();
            for (field, column) in aside.table.fields.iter().zip(&aside.table.columns) {
                properties.insert(field.name.clone(), column.get(at).to_json());
            }
            properties.insert("parat_row".to_owned(), reason.place.row.into());
            properties.insert("parat_rules".to_owned(), reason.rules.join(" ").into());
            properties.insert("parat_reason".to_owned(), reason.message.clone().into());
            json!({
                "type": "Feature",
                "geometry": geojson_geometry(aside.shapes.get(at)),
                "properties": properties,
            })
        })
        .collect();
    let mut collection = json!({"type": "FeatureCollection", "features": features});
    if report.bbox.is_none() && report.crs == CrsName::Missing {
        collection["parat_crs"] = "unknown: coordinates are those of the file".into();
    }
    collection.to_string()
}

/// The same as CSV (RFC 4180), safe to open in a spreadsheet, with the geometry as well-known text.
pub fn set_aside_csv(aside: &Aside) -> String {
    let mut head: Vec<String> = ["parat_row", "parat_rules", "parat_reason"]
        .map(str::to_owned)
        .to_vec();
    head.extend(aside.table.fields.iter().map(|field| cell(&field.name)));
    head.push("geometry".to_owned());
    let mut out = head.join(",") + "\r\n";
    for (at, reason) in aside.reasons.iter().enumerate() {
        let mut cells = vec![
            reason
                .place
                .row
                .map(|row| row.to_string())
                .unwrap_or_default(),
            reason.rules.join(" "),
            cell(&reason.message),
        ];
        cells.extend(aside.table.columns.iter().map(|column| {
            let value = column.get(at);
            // Numbers are numbers; only text can start a formula.
            if value.as_f64().is_some() {
                value.to_text().into_owned()
            } else {
                cell(&value.to_text())
            }
        }));
        cells.push(cell(&wkt(&aside.shapes, at)));
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

/// Well-known text (OGC 06-103r4), every kind as its multi form but points; empty without a geometry.
fn wkt(shapes: &Shapes<f64>, row: usize) -> String {
    let shape = shapes.get(row);
    let path = |ring: &[[f64; 2]]| {
        let places: Vec<String> = ring.iter().map(|[x, y]| format!("{x} {y}")).collect();
        format!("({})", places.join(", "))
    };
    let parts: Vec<Vec<String>> = shape
        .parts()
        .map(|part| part.rings().map(path).collect())
        .collect();
    match shape.kind.dimension() {
        _ if shape.is_blank() => String::new(),
        None => String::new(),
        Some(0) if parts.len() == 1 => format!("POINT {}", parts[0][0]),
        Some(0) => format!("MULTIPOINT ({})", parts.concat().join(", ")),
        Some(1) => format!("MULTILINESTRING ({})", parts.concat().join(", ")),
        Some(_) => {
            let areas: Vec<String> = parts
                .iter()
                .map(|rings| format!("({})", rings.join(", ")))
                .collect();
            format!("MULTIPOLYGON ({})", areas.join(", "))
        }
    }
}

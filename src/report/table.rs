//! Findings as rows: GeoJSON for a map, CSV for a spreadsheet.

use serde_json::{Value, json};

use super::severity_words;
use crate::validate::{Finding, Outcome, Place, Report, RuleReport};

/// Every kept finding with its rule.
fn findings(report: &Report) -> impl Iterator<Item = (&RuleReport, &Finding)> {
    report.rules.iter().flat_map(|rule| {
        let kept: &[Finding] = match &rule.outcome {
            Outcome::Failed { findings, .. } => findings,
            _ => &[],
        };
        kept.iter().map(move |finding| (rule, finding))
    })
}

fn geometry(place: &Place) -> Value {
    match (place.at, place.bbox) {
        (Some([lon, lat]), _) => json!({"type": "Point", "coordinates": [lon, lat]}),
        (None, Some(b)) => {
            // A box without width or height is no polygon; its corner says as much.
            if b.west == b.east || b.south == b.north {
                return json!({"type": "Point", "coordinates": [b.west, b.south]});
            }
            json!({"type": "Polygon", "coordinates": [[
                [b.west, b.south], [b.east, b.south], [b.east, b.north], [b.west, b.north], [b.west, b.south]
            ]]})
        }
        (None, None) => Value::Null,
    }
}

/// All kept findings as a GeoJSON feature collection (RFC 7946): a point where a fault has a place, the
/// feature's box where the whole row is at fault, null where it concerns the layer.
pub fn geojson(report: &Report) -> String {
    let features: Vec<Value> = findings(report)
        .map(|(rule, finding)| {
            json!({
                "type": "Feature",
                "geometry": geometry(&finding.place),
                "properties": {
                    "rule": rule.code,
                    "name": rule.name,
                    "severity": severity_words(finding.severity.unwrap_or(rule.severity)),
                    "row": finding.place.row,
                    "key": finding.place.key,
                    "field": finding.place.field,
                    "message": finding.message,
                    "remedy": finding.remedy,
                    "measure": finding.measure,
                }
            })
        })
        .collect();
    json!({"type": "FeatureCollection", "features": features}).to_string()
}

/// A cell that a spreadsheet takes for text: what would start a formula gets an apostrophe in front.
pub fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n'])
        // Full-width forms start formulas too, in the spreadsheets that know them.
        || text.starts_with(['＝', '＋', '－', '＠']);
    let text = if formula {
        format!("'{text}")
    } else {
        text.to_owned()
    };
    if text.contains([',', '"', '\n', '\r', ';', '\t']) || formula {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

/// All kept findings as CSV (RFC 4180), safe to open in a spreadsheet.
pub fn csv(report: &Report) -> String {
    let mut out = String::from(
        "rule,name,severity,row,key,field,longitude,latitude,message,remedy,measure\r\n",
    );
    let number = |number: Option<f64>| number.map(|number| number.to_string()).unwrap_or_default();
    for (rule, finding) in findings(report) {
        let place = &finding.place;
        let at = place.at.or_else(|| {
            place.bbox.map(|b| {
                [
                    f64::midpoint(b.west, b.east),
                    f64::midpoint(b.south, b.north),
                ]
            })
        });
        // Numbers are ours and stay numbers, a leading minus included; all else is a stranger's text.
        let cells = [
            cell(&rule.code),
            cell(&rule.name),
            severity_words(finding.severity.unwrap_or(rule.severity)).to_owned(),
            place.row.map(|row| row.to_string()).unwrap_or_default(),
            cell(place.key.as_deref().unwrap_or_default()),
            cell(place.field.as_deref().unwrap_or_default()),
            number(at.map(|at| at[0])),
            number(at.map(|at| at[1])),
            cell(&finding.message),
            cell(finding.remedy.as_deref().unwrap_or_default()),
            number(finding.measure),
        ];
        out.push_str(&cells.join(","));
        out.push_str("\r\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_starts_a_formula_and_every_cell_stays_one() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "＝1"] {
            assert!(cell(text).starts_with("\"'"), "{text}");
        }
        assert_eq!(cell("plain"), "plain");
        assert_eq!(cell("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(cell("two\nlines"), "\"two\nlines\"");
    }
}

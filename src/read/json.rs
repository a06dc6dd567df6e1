//! What GDAL does not tell of a GeoJSON file: whether it names a reference system, whether it is whole,
//! and on which line it breaks.

use std::{fs, path::Path};

use serde::{Deserialize, de::IgnoredAny};

use super::delivery::Refused;
use crate::model::CrsName;

/// What a GeoJSON file is.
#[derive(Debug, PartialEq)]
pub(super) enum Json {
    /// One value: a collection, a feature or a geometry.
    Whole {
        /// The system its `crs` member names, where it has one that can be read.
        crs: Option<CrsName>,
        /// What the `crs` member says, where it cannot be read.
        odd_crs: Option<String>,
    },
    /// A feature a line (RFC 8142 or newline-delimited).
    Lines {
        /// The first line that is not a feature, and what is wrong with it.
        broken: Option<(usize, String)>,
        /// How many features there are up to it.
        features: u64,
    },
}

#[derive(Deserialize)]
struct Top {
    #[serde(rename = "type")]
    kind: Option<serde_json::Value>,
    crs: Option<serde_json::Value>,
    arcs: Option<IgnoredAny>,
    #[serde(rename = "geometryType")]
    esri: Option<IgnoredAny>,
}

/// The line, from 1, of a byte.
fn line_of(bytes: &[u8], at: usize) -> usize {
    bytes[..at.min(bytes.len())]
        .split(|byte| *byte == b'\n')
        .count()
}

/// Looks through the file.
pub(super) fn look(path: &Path, label: &str) -> std::io::Result<Result<Json, Refused>> {
    Ok(judge(&fs::read(path)?, label))
}

fn judge(bytes: &[u8], label: &str) -> Result<Json, Refused> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let refuse =
        |code: &str, message: String, remedy: &str| Err(Refused::new(label, code, message, remedy));
    let blank = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x1e;
    let Some(begin) = bytes.iter().position(|byte| !blank(byte)) else {
        return refuse(
            "empty_file",
            "the file is empty".to_owned(),
            "send the file again",
        );
    };
    let body = &bytes[begin..];
    let mut values = serde_json::Deserializer::from_slice(body).into_iter::<Top>();
    let top = match values.next() {
        Some(Ok(top)) => top,
        Some(Err(error)) => {
            let line = error.line() + line_of(bytes, begin) - 1;
            let (code, what) = match error.classify() {
                serde_json::error::Category::Eof => {
                    ("truncated", "the JSON ends before it is complete")
                }
                _ => ("not_json", "this is not JSON"),
            };
            return refuse(
                code,
                format!(
                    "line {line}, character {}: {what} ({})",
                    error.column(),
                    plain(&error)
                ),
                "export the file again, and check that it was copied in full",
            );
        }
        None => {
            return refuse(
                "empty_file",
                "the file is empty".to_owned(),
                "send the file again",
            );
        }
    };
    let kind = top
        .kind
        .as_ref()
        .and_then(serde_json::Value::as_str)
        .unwrap_or_default();
    let known = [
        "FeatureCollection",
        "Feature",
        "Point",
        "LineString",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "GeometryCollection",
    ];
    if !(known.contains(&kind) || top.arcs.is_some() && kind == "Topology" || top.esri.is_some()) {
        return refuse(
            "not_geojson",
            "this is JSON, but not GeoJSON: its `type` is not a FeatureCollection, a Feature or a geometry".to_owned(),
            "export the layer as GeoJSON",
        );
    }
    let after = values.byte_offset();
    let Some(next) = body[after..].iter().position(|byte| !blank(byte)) else {
        let (crs, odd_crs) = named_crs(top.crs.as_ref());
        return Ok(Json::Whole { crs, odd_crs });
    };
    let at = begin + after + next;
    if kind == "Feature" && bytes[at] == b'{' {
        return Ok(lines(&body[after..], line_of(bytes, begin + after)));
    }
    let line = line_of(bytes, at);
    let column = at
        - bytes[..at]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |newline| newline + 1)
        + 1;
    refuse(
        "not_json",
        format!(
            "line {line}, character {column}: there is text after the end of the JSON (`{}`)",
            String::from_utf8_lossy(&bytes[at..bytes.len().min(at + 40)]).trim()
        ),
        "the file seems to be an export written over a longer one: export it again, or delete everything from that place to the end",
    )
}

/// serde's words without its own line numbers, which count from where it began.
fn plain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ")
        .next()
        .unwrap_or_default()
        .to_owned()
}

/// Checks a feature a line, after the first one.
fn lines(rest: &[u8], first_line: usize) -> Json {
    let mut features = 1;
    for (line, text) in (first_line..).zip(rest.split(|byte| *byte == b'\n')) {
        let text = text.strip_prefix(b"\x1e").unwrap_or(text);
        if !text.iter().all(u8::is_ascii_whitespace) {
            match serde_json::from_slice::<Top>(text) {
                Ok(_) => features += 1,
                Err(error) => {
                    return Json::Lines {
                        broken: Some((line, plain(&error))),
                        features,
                    };
                }
            }
        }
    }
    Json::Lines {
        broken: None,
        features,
    }
}

/// The system of a `crs` member (GeoJSON 2008, clause 3): by name, or as old GDAL wrote it, by EPSG code.
fn named_crs(member: Option<&serde_json::Value>) -> (Option<CrsName>, Option<String>) {
    let Some(member) = member.filter(|member| !member.is_null()) else {
        return (None, None);
    };
    let name = member
        .pointer("/properties/name")
        .or_else(|| member.pointer("/properties/code"))
        .map(|name| {
            name.as_str()
                .map_or_else(|| name.to_string(), str::to_owned)
        });
    match name.as_deref().map(str::parse::<CrsName>) {
        Some(Ok(name)) => (Some(name), None),
        _ => (
            None,
            Some(
                name.unwrap_or_else(|| member.to_string())
                    .chars()
                    .take(120)
                    .collect(),
            ),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_crs_member_is_read_and_its_absence_is_known() {
        let crs = |text: &str| match judge(text.as_bytes(), "x") {
            Ok(Json::Whole { crs, .. }) => crs.map(|name| name.to_string()),
            other => panic!("{other:?}"),
        };
        assert_eq!(crs(r#"{"type":"FeatureCollection","features":[]}"#), None);
        assert_eq!(
            crs(r#"{"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::32643"}},"features":[]}"#)
                .as_deref(),
            Some("EPSG:32643")
        );
        // A property of that name is no crs member.
        assert_eq!(
            crs(
                r#"{"type":"Feature","geometry":null,"properties":{"crs":{"properties":{"name":"EPSG:1"}}}}"#
            ),
            None
        );
    }

    #[test]
    fn broken_json_is_refused_with_its_line() {
        let refused = |text: &str| judge(text.as_bytes(), "x").unwrap_err();
        let after = refused("{\"type\":\"FeatureCollection\",\n\"features\":[]\n}edabad\n");
        assert_eq!(after.code, "not_json");
        assert!(
            after
                .message
                .starts_with("line 3, character 2: there is text after"),
            "{}",
            after.message
        );
        let cut = refused("{\"type\":\"FeatureCollection\",\n\"features\":[");
        assert_eq!(cut.code, "truncated");
        assert!(cut.message.starts_with("line 2"), "{}", cut.message);
        assert_eq!(refused(" \n").code, "empty_file");
        assert_eq!(refused("{\"type\":\"Thing\"}").code, "not_geojson");
        assert_eq!(refused(&"[".repeat(100_000)).code, "not_json");
    }

    #[test]
    fn features_by_the_line_are_counted_up_to_the_broken_one() {
        let one = r#"{"type":"Feature","geometry":null,"properties":{}}"#;
        let whole = judge(format!("{one}\n{one}\n\n{one}\n").as_bytes(), "x").unwrap();
        assert_eq!(
            whole,
            Json::Lines {
                broken: None,
                features: 3
            }
        );
        let Json::Lines {
            broken: Some((line, _)),
            features,
        } = judge(format!("{one}\n{one}\n{{\"ty").as_bytes(), "x").unwrap()
        else {
            panic!()
        };
        assert_eq!((line, features), (3, 2));
    }
}

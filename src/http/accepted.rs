//! `/accepted-inputs`: what is taken, and within which limits, for machines and for people. The numbers are
//! the very settings that refuse.

use axum::{extract::State, http::request::Parts, response::Response};
use serde_json::{Value, json};

use super::{
    error::Problem,
    extract::Ask,
    html, ops,
    reply::{self, Reply},
    site::Site,
};
use crate::{config::Limits, validate::RepairKind};

/// A format: its name, its endings, and what to know of it.
const FORMATS: &[(&str, &[&str], &str)] = &[
    (
        "ESRI Shapefile",
        &["zip", "shp"],
        "all parts in one zip (.shp, .shx, .dbf, .prj, .cpg), or loose as parts `file` of one form",
    ),
    (
        "GeoPackage",
        &["gpkg"],
        "every layer of it that is a table; its views and triggers are never run",
    ),
    (
        "GeoJSON",
        &["geojson", "json"],
        "RFC 7946; a named CRS of older files is heeded",
    ),
    (
        "GeoJSON text sequence",
        &["geojsonl", "geojsons", "ndjson", "jsonl", "geojsonseq"],
        "one feature a line",
    ),
    (
        "KML and KMZ",
        &["kml", "kmz"],
        "placemarks with geometry; links to elsewhere are not followed",
    ),
    ("FlatGeobuf", &["fgb"], ""),
    (
        "GML",
        &["gml"],
        "simple features; schemas elsewhere are not fetched",
    ),
    (
        "Table with coordinates",
        &["csv", "tsv", "xlsx", "xlsm", "xls", "ods"],
        "columns of longitude and latitude, or of WKT",
    ),
    (
        "Zip archive",
        &["zip"],
        "any of the above, several at once; archives inside are not opened",
    ),
    (
        "Metadata",
        &["metadata.json"],
        "beside the file or inside the zip: NAME.metadata.json, or metadata.json for all",
    ),
];

/// What everybody may read before sending anything.
pub(super) async fn accepted(State(site): State<Site>, parts: Parts) -> Result<Response, Problem> {
    let ask = Ask::of(&ops::ACCEPTED, parts)?;
    let value = told(&site);
    if ask.is_page() {
        return Ok(Reply::new(html::MEDIA, page(&site, &value)).send(&ask.headers));
    }
    Ok(reply::json(&ask, &value))
}

fn told(site: &Site) -> Value {
    let app = site.app();
    let limits = serde_json::to_value(&app.config().limits).unwrap_or_default();
    let mut named: Vec<Value> = Limits::WORDS
        .iter()
        .map(|(name, about)| json!({"name": name, "value": limits[name], "about": about}))
        .collect();
    named.push(json!({"name": "archive_depth", "value": 1, "about": "how deep archives are opened; one inside another is not"}));
    named.push(json!({"name": "reader_memory_mib", "value": app.config().reader_memory_mib, "about": "MiB of memory that reading one file may take"}));
    named.push(json!({"name": "reader_wall_s", "value": app.config().reader_wall_s, "about": "seconds that reading one file may take"}));
    named.push(json!({"name": "reader_cpu_s", "value": app.config().reader_cpu_s, "about": "seconds of a processor that reading the largest files may take"}));
    named.push(json!({"name": "reader_cpu_small_s", "value": app.config().reader_cpu_small_s, "about": "the same for a file of no size"}));
    named.push(json!({"name": "reader_cpu_a_mib_s", "value": app.config().reader_cpu_a_mib_s, "about": "how many more for each MiB of the file"}));
    let standards = app.standards();
    let layers: Vec<Value> = standards
        .layers()
        .map(|standard| {
            json!({
                "id": standard.layer, "title": standard.title.say("en"), "titles": standard.title,
                "in_profile": standards.profile().layers.contains(&standard.layer),
                "standard": site.url(&format!("/explain/{}", standard.layer)),
            })
        })
        .collect();
    let systems: Vec<Value> = standards
        .profile()
        .crs
        .iter()
        .map(|one| json!({"code": one.code, "about": one.title}))
        .collect();
    let formats: Vec<Value> = FORMATS
        .iter()
        .map(|(name, endings, about)| json!({"name": name, "endings": endings, "about": about}))
        .collect();
    let repairs: Vec<Value> = RepairKind::ALL
        .iter()
        .map(|kind| json!({"kind": kind.name(), "safe": kind.is_safe()}))
        .collect();
    json!({
        "title": "What is taken here",
        "formats": formats,
        "encodings": {
            "guessed": "UTF-8, windows-1252, ISO-8859-1 and text encoded twice are told apart by the bytes",
            "may_be_named": ["UTF-8", "UTF-16LE", "UTF-16BE", "windows-1250", "windows-1251", "windows-1252", "windows-1254",
                "windows-1256", "windows-1257", "windows-1258", "ISO-8859-1", "ISO-8859-2", "ISO-8859-15", "GBK", "Big5", "Shift_JIS", "EUC-KR"],
        },
        "crs": {
            "about": "every system that EPSG lists, by its code or by the WKT of the file; these are proposed where a file says none",
            "usual": systems,
        },
        "limits": named,
        "layers": layers,
        "repairs": repairs,
        "send": {
            "form": {"method": "POST", "href": site.url("/deliveries"), "type": "multipart/form-data",
                "parts": ["file", "layer", "crs", "encoding", "source", "columns", "codes", "metadata", "repairs", "set_aside"]},
            "tus": {"version": "1.0.0", "href": site.url("/uploads"),
                "extensions": ["creation", "creation-with-upload", "expiration", "checksum", "termination"],
                "metadata": ["filename", "layer", "crs", "encoding", "source", "columns", "codes", "metadata", "repairs", "set_aside"]},
            "offline": "parat check FILE gives the same report without sending anything",
        },
        "links": [
            {"rel": "self", "href": site.url("/accepted-inputs")},
            {"rel": "alternate", "type": "text/html", "href": site.url("/accepted-inputs?f=html")},
        ],
    })
}

fn page(site: &Site, value: &Value) -> String {
    let text = |value: &Value| match value {
        Value::String(text) => html::escape(text),
        Value::Array(all) => all
            .iter()
            .filter_map(Value::as_str)
            .map(html::escape)
            .collect::<Vec<_>>()
            .join(", "),
        other => html::escape(&other.to_string()),
    };
    let rows = |list: &Value, fields: &[&str]| -> Vec<Vec<String>> {
        list.as_array()
            .into_iter()
            .flatten()
            .map(|row| fields.iter().map(|field| text(&row[field])).collect())
            .collect()
    };
    let mut body = format!(
        "<p>{}</p>",
        html::escape(
            "Send files at the page, as a form, or by tus. The same check runs on your own machine: parat check FILE."
        )
    );
    let mut part = |title: &str, headings: &[&str], list: &Value, fields: &[&str]| {
        html::put(&mut body, format_args!("<h2>{}</h2>", html::escape(title)));
        body.push_str(&html::table(headings, rows(list, fields)));
    };
    part(
        "Formats",
        &["Format", "Endings", "To know"],
        &value["formats"],
        &["name", "endings", "about"],
    );
    part(
        "Limits",
        &["Name", "Value", "What it holds"],
        &value["limits"],
        &["name", "value", "about"],
    );
    part(
        "Reference systems proposed where a file says none",
        &["Code", "What it is"],
        &value["crs"]["usual"],
        &["code", "about"],
    );
    part(
        "Encodings that may be named",
        &["Name"],
        &json!([{"name": value["encodings"]["may_be_named"]}]),
        &["name"],
    );
    part(
        "Layers",
        &["Name", "Title"],
        &value["layers"],
        &["id", "title"],
    );
    html::page(site.base(), "What is taken here", &[], &body)
}

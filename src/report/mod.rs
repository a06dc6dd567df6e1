//! A report as people and programs want it: text, one self-contained page, GeoJSON, CSV, JSON.
//!
//! All of them speak from [`Report`] alone, so the terminal, the server and an archive of old reports
//! say the same.

use crate::{standard::Standards, validate::Report};

/// How the terminal wants its text.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The language, as a BCP 47 tag; English stands in where it is missing.
    pub language: &'a str,
    /// The number of columns to fill.
    pub width: usize,
    /// True to use ANSI colours.
    pub colour: bool,
}

/// The report as text for a terminal.
pub fn text(_report: &Report, _standards: &Standards, _look: &Look<'_>) -> String {
    todo!("lands next")
}

/// One self-contained page for all layers of a delivery: no script of others, no request to anyone.
pub fn html(_reports: &[Report], _standards: &Standards, _language: &str) -> String {
    todo!("lands next")
}

/// All kept findings with a place as a GeoJSON feature collection (RFC 7946).
pub fn geojson(_report: &Report) -> String {
    todo!("lands next")
}

/// All kept findings as CSV (RFC 4180), safe to open in a spreadsheet.
pub fn csv(_report: &Report) -> String {
    todo!("lands next")
}

/// The report as JSON, always in the same order.
pub fn json(_report: &Report) -> String {
    todo!("lands next")
}

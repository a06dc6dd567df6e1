//! A report for people and programs: terminal text, HTML with a map, `GeoJSON`, CSV.

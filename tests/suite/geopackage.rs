//! A GeoPackage written table by table, for tests of what else may stand in one.

/// A GeoPackage of one point in `place`, and whatever else these statements make; `listed` are the tables and views
/// that it says are layers, as a list of SQL.
pub(crate) fn geopackage(more: &str, listed: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.gpkg");
    let about = "'features', 'x', '', '2026-01-01T00:00:00Z', 77, 12, 77, 12, 4326";
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute_batch(&format!(
        "PRAGMA application_id = 1196444487; PRAGMA user_version = 10300;
         CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT, srs_id INTEGER PRIMARY KEY, organization TEXT,
            organization_coordsys_id INTEGER, definition TEXT, description TEXT);
         INSERT INTO gpkg_spatial_ref_sys VALUES ('WGS 84', 4326, 'EPSG', 4326, 'GEOGCS[\"WGS 84\"]', '');
         CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT, identifier TEXT, description TEXT,
            last_change TEXT, min_x REAL, min_y REAL, max_x REAL, max_y REAL, srs_id INTEGER);
         CREATE TABLE gpkg_geometry_columns (table_name TEXT, column_name TEXT, geometry_type_name TEXT,
            srs_id INTEGER, z INTEGER, m INTEGER);
         CREATE TABLE place (fid INTEGER PRIMARY KEY, geom BLOB, name TEXT);
         INSERT INTO place VALUES (1, x'47500001E6100000010100000000000000004053400000000000002840', 'one');
         {more}
         INSERT INTO gpkg_contents SELECT name, {about} FROM sqlite_master WHERE name IN ({listed});
         INSERT INTO gpkg_geometry_columns SELECT table_name, 'geom', 'POINT', 4326, 0, 0 FROM gpkg_contents;"
    ))
    .unwrap();
    drop(db);
    std::fs::read(&path).unwrap()
}

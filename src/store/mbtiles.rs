//! A pyramid as MBTiles 1.3: one SQLite file, rows counted from the south.

use std::path::Path;

use rusqlite::{Connection, params};

use super::{StoreError, catalogue::failed};
use crate::snapshot::{Pyramid, SnapshotInfo};

/// Writes the tiles of a pyramid into a new file and says how many there are. A file that is there already
/// is replaced.
pub fn write_mbtiles(
    pyramid: &Pyramid,
    info: &SnapshotInfo,
    path: &Path,
) -> Result<u64, StoreError> {
    let disk = |doing| {
        move |source| StoreError::Disk {
            doing,
            path: path.to_owned(),
            source,
        }
    };
    if path.exists() {
        std::fs::remove_file(path).map_err(disk("replace"))?;
    }
    let mut connection = Connection::open(path).map_err(failed("make an MBTiles file"))?;
    let failed = failed("write an MBTiles file");
    // The file is thrown away when this does not come to its end, so nothing needs to survive a crash.
    connection
        .execute_batch(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA application_id = 0x4d504258;
             CREATE TABLE metadata (name TEXT PRIMARY KEY, value TEXT) WITHOUT ROWID;
             CREATE TABLE tiles (zoom_level INTEGER, tile_column INTEGER, tile_row INTEGER, tile_data BLOB);",
        )
        .map_err(&failed)?;
    let transaction = connection.transaction().map_err(&failed)?;
    let mut count = 0;
    {
        let mut insert = transaction
            .prepare("INSERT INTO tiles VALUES (?1, ?2, ?3, ?4)")
            .map_err(&failed)?;
        for (id, bytes) in pyramid.tiles() {
            let from_south = (1_u32 << id.z()) - 1 - id.y();
            insert
                .execute(params![id.z(), id.x(), from_south, bytes])
                .map_err(&failed)?;
            count += 1;
        }
        let mut insert = transaction
            .prepare("INSERT INTO metadata VALUES (?1, ?2)")
            .map_err(&failed)?;
        for (name, value) in metadata(pyramid, info) {
            insert.execute(params![name, value]).map_err(&failed)?;
        }
    }
    transaction.commit().map_err(&failed)?;
    connection
        .execute_batch(
            "CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row);",
        )
        .map_err(&failed)?;
    drop(connection);
    std::fs::File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(disk("sync"))?;
    Ok(count)
}

fn metadata(pyramid: &Pyramid, info: &SnapshotInfo) -> Vec<(&'static str, String)> {
    let [least, greatest] = pyramid.info().zooms;
    let known = pyramid.metadata().unwrap_or_default();
    let bbox = info.bbox;
    let mut all = vec![
        ("name", info.title.clone()),
        ("format", "pbf".to_owned()),
        ("type", "overlay".to_owned()),
        ("description", info.description.clone()),
        ("version", info.version.to_string()),
        ("minzoom", least.to_string()),
        ("maxzoom", greatest.to_string()),
        (
            "bounds",
            format!("{},{},{},{}", bbox.west, bbox.south, bbox.east, bbox.north),
        ),
        (
            "center",
            format!(
                "{},{},{least}",
                f64::midpoint(bbox.west, bbox.east),
                f64::midpoint(bbox.south, bbox.north)
            ),
        ),
        (
            "json",
            serde_json::json!({ "vector_layers": known["vector_layers"], "parat": known["parat"] })
                .to_string(),
        ),
    ];
    if let Some(text) = info.metadata.text("attribution") {
        all.push(("attribution", text.to_owned()));
    }
    all
}

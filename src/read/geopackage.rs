//! What a GeoPackage is made of, looked at before GDAL opens it.
//!
//! A view is a program of whoever made the file, and a virtual table may run one: a query over it can go on
//! for ever or fill the memory, and whether it does cannot be told beforehand. So a layer is read only from a
//! plain table. GDAL asks a view for its first row as soon as it opens the file, so it gets a copy without them.
//! The GeoPackage's own tables must be plain in any case. Nothing here runs a word of what the file says:
//! `PRAGMA table_list` tells what SQLite made of the schema, whatever the schema claims to be.

use std::{collections::BTreeMap, io, path::Path};

use rusqlite::{Connection, OpenFlags};

/// Why GDAL is not to open the file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unsafe {
    /// It is no database that can be read.
    Broken,
    /// A table of the GeoPackage's own is computed.
    Computed(String),
}

/// The names of what is no plain table, views and virtual tables, under the same in lower case. Layers of these
/// names are not to be read.
pub(super) fn computed(path: &Path) -> Result<BTreeMap<String, String>, Unsafe> {
    let broken = |_| Unsafe::Broken;
    // Immutable: a file that was copied while it was in use (WAL) opens without the files beside it, and
    // nothing is written beside it.
    let uri = format!("file:{}?immutable=1", escaped(path));
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY
        | OpenFlags::SQLITE_OPEN_URI
        | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let db = Connection::open_with_flags(uri, flags).map_err(broken)?;
    let mut query = db
        .prepare("SELECT name, type FROM pragma_table_list WHERE schema = 'main'")
        .map_err(broken)?;
    let tables = query
        .query_map([], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))
        })
        .map_err(broken)?;
    let mut found = BTreeMap::new();
    for table in tables {
        let (name, kind) = table.map_err(broken)?;
        if kind != "view" && kind != "virtual" {
            continue;
        }
        let lower = name.to_ascii_lowercase();
        if ["gpkg", "sqlite_", "ogr_"]
            .iter()
            .any(|own| lower.starts_with(own))
        {
            return Err(Unsafe::Computed(name));
        }
        found.insert(lower, name);
    }
    Ok(found)
}

/// Copies the database without its triggers and without what is of these names. False when SQLite cannot make
/// sense of it.
pub(super) fn without(
    path: &Path,
    names: &BTreeMap<String, String>,
    to: &Path,
) -> io::Result<bool> {
    io::copy(
        &mut std::fs::File::open(path)?,
        &mut std::fs::File::create(to)?,
    )?;
    Ok(forget(to, names).is_ok())
}

/// Takes what is of these names out of the schema. To drop them properly would run triggers and modules.
fn forget(path: &Path, names: &BTreeMap<String, String>) -> rusqlite::Result<()> {
    let db = Connection::open_with_flags(
        path,
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
    )?;
    // A copy of ours in a folder of ours: no other process, no journal to come back from.
    db.execute_batch(
        "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = OFF; PRAGMA writable_schema = ON;
         DELETE FROM sqlite_master WHERE type = 'trigger';",
    )?;
    let mut delete = db.prepare("DELETE FROM sqlite_master WHERE name = ?1")?;
    for name in names.values() {
        delete.execute([name])?;
    }
    Ok(())
}

/// A path as it stands in a URI.
fn escaped(path: &Path) -> String {
    use std::{fmt::Write as _, os::unix::ffi::OsStrExt as _};
    let mut text = String::new();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            text.push(char::from(*byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(statements: &str) -> Result<Vec<String>, Unsafe> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a file?#%.gpkg");
        let db = Connection::open(&path).expect("made");
        db.execute_batch(statements).expect("well said");
        drop(db);
        Ok(computed(&path)?.into_values().collect())
    }

    #[test]
    fn views_and_virtual_tables_are_named_whatever_the_schema_calls_them() {
        let endless = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x FROM c) SELECT x FROM c";
        assert_eq!(of("CREATE TABLE place (a)"), Ok(vec![]));
        let named = of(&format!(
            "CREATE TABLE place (a); CREATE VIEW Endless AS {endless};
             CREATE VIRTUAL TABLE rtree_place_geom USING rtree(id, a, b, c, d);"
        ));
        assert_eq!(
            named,
            Ok(["Endless", "rtree_place_geom"].map(str::to_owned).into())
        );
        let lying = of(&format!(
            "CREATE VIEW endless AS {endless}; PRAGMA writable_schema = ON;
             UPDATE sqlite_master SET type = 'table' WHERE name = 'endless';"
        ));
        assert!(
            lying
                .as_ref()
                .map_or(true, |names| names.contains(&"endless".to_owned())),
            "{lying:?}"
        );
        assert_eq!(
            of(&format!("CREATE VIEW gpkg_contents AS {endless}")),
            Err(Unsafe::Computed("gpkg_contents".to_owned()))
        );
    }

    #[test]
    fn a_file_that_was_in_use_opens_and_one_that_is_none_does_not() {
        assert_eq!(
            of("PRAGMA journal_mode = WAL; CREATE TABLE place (a)"),
            Ok(vec![])
        );
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.gpkg");
        std::fs::write(&path, "SQLite format 3\0 and nothing").expect("written");
        assert_eq!(computed(&path), Err(Unsafe::Broken));
    }
}

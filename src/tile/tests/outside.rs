//! What others make of a tile: an inflater and GDAL.

use super::*;

#[test]
fn gzip_is_undone_by_any_inflater() {
    let (_a, areas) = sample::open(&coverage(3, 5));
    let bytes = tile(
        &[&areas],
        TileId::holding(12, world::from_lonlat([77.51, 12.91])),
        &[],
    )
    .bytes;
    let packed = gzip(&bytes);
    let mut out = vec![0; bytes.len()];
    let len = libdeflater::Decompressor::new()
        .gzip_decompress(&packed, &mut out)
        .unwrap();
    assert_eq!(out[..len], bytes);
    assert_eq!(gzip(&[])[..2], [0x1f, 0x8b]);
}

#[test]
#[expect(clippy::print_stderr, reason = "a skipped check says so")]
fn gdal_reads_a_tile_with_all_its_layers() {
    let (_a, areas) = sample::open(&coverage(4, 20));
    let (_b, lines) = sample::open(&sample::layer(1, 300, 2));
    let id = TileId::holding(11, world::from_lonlat([77.51, 12.91]));
    let made = tile(&[&areas, &lines], id, &[]);
    let dir = tempfile::tempdir().unwrap();
    // GDAL finds the tile's place in its path.
    let folder = dir.path().join(format!("{}/{}", id.z(), id.x()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join(format!("{}.mvt", id.y()));
    std::fs::write(&path, &made.bytes).unwrap();
    let Ok(output) = std::process::Command::new("ogrinfo")
        .args(["-so", "-al"])
        .arg(&path)
        .output()
    else {
        eprintln!("skipped: ogrinfo is not installed");
        return;
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let seen = decode(&made.bytes);
    for (name, features) in &seen {
        let wanted = format!("Layer name: {name}");
        let from = text
            .find(&wanted)
            .unwrap_or_else(|| panic!("{name} is not in {text}"));
        let count = text[from..]
            .lines()
            .find_map(|line| line.strip_prefix("Feature Count: "))
            .unwrap();
        assert_eq!(count, features.len().to_string(), "{name}");
    }
}

//! The child: what it may not take, and that it gives what reading in process gives.

use super::*;

#[test]
fn a_child_that_wants_too_much_is_stopped_and_the_parent_lives() {
    let place = Place::new();
    let mut text = String::from("lon,lat,name\n");
    for at in 0..400_000 {
        text.push_str(&format!("77.5,12.9,name number {at} of a long table\n"));
    }
    let path = place.file("large.csv", text.as_bytes());
    let small = Limits {
        memory: 160 << 20,
        ..Limits::default()
    };
    let error = read_within(&path, &ReadOptions::default(), &small).unwrap_err();
    assert!(
        matches!(
            error,
            WorkerError::OutOfMemory { .. } | WorkerError::Crashed { .. }
        ),
        "{error:?}"
    );
    assert!(error.refused("large.csv").is_some());

    let small = Limits {
        file: 1 << 16,
        ..Limits::default()
    };
    let error = read_within(&path, &ReadOptions::default(), &small).unwrap_err();
    assert!(matches!(error, WorkerError::TooLarge { .. }), "{error:?}");

    let none = Limits {
        wall_s: 0,
        ..Limits::default()
    };
    assert!(matches!(
        read_within(&path, &ReadOptions::default(), &none),
        Err(WorkerError::TimedOut { .. })
    ));
    assert_eq!(read(&path).unwrap().layers[0].len(), 400_000);
}

#[test]
fn the_child_gives_what_reading_in_process_gives() {
    let Some(data) = crate::real_files::data() else {
        return;
    };
    let _place = Place::new();
    for file in [
        "bengaluru/bbmpwards_shapefile/bbmpwards.shp",
        "bengaluru/bbmpwards_shapefile",
        "jaipur/Jaipur_Wards-SHP.zip",
        "ahmedabad/AMC Facilities.kml",
        "cql2/ne110m4cql2.gpkg",
        "bengaluru/tables/bmtc_bus_stops_with_ward.csv",
        "ahmedabad/Ward_office.geojson",
    ] {
        let path = data.join(file);
        let here = crate::real_files::read(&path);
        let there = read(&path).unwrap_or_else(|error| panic!("{file}: {error}"));
        // What the kernel does not enforce is a note of the child alone.
        let notes: Vec<_> = there
            .notes
            .iter()
            .filter(|note| note.kind != "sandbox_incomplete")
            .collect();
        assert_eq!(notes, here.notes.iter().collect::<Vec<_>>());
        assert_eq!(there.refused, here.refused);
        assert_eq!(there.layers.len(), here.layers.len(), "{file}");
        for (there, here) in there.layers.iter().zip(&here.layers) {
            assert_eq!(
                (&there.source, &there.notes, &there.shapes),
                (&here.source, &here.notes, &here.shapes)
            );
            assert_eq!(there.table.fields, here.table.fields);
            for row in 0..here.len() {
                for (a, b) in there.table.columns.iter().zip(&here.table.columns) {
                    assert_eq!(a.get(row), b.get(row));
                }
            }
        }
    }
}

#[test]
fn the_limits_of_the_settings_hold_on_the_command_line_too() {
    let place = Place::new();
    let file = place.file(
        "two.zip",
        &archive(&[
            ("a.geojson", POINT.as_bytes()),
            ("b.geojson", POINT.as_bytes()),
        ]),
    );
    let settings = place.file("parat.toml", b"[limits]\narchive_entries = 1\n");
    let check = |arguments: &[&std::ffi::OsStr]| {
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_parat"))
            .args(arguments)
            .args(["check", "--format", "json"])
            .arg(&file)
            .output()
            .unwrap();
        String::from_utf8_lossy(&done.stdout).into_owned()
    };
    assert!(!check(&[]).contains("too_many_entries"));
    let narrow = check(&["--config".as_ref(), settings.as_os_str()]);
    assert!(narrow.contains("too_many_entries"), "{narrow}");
}

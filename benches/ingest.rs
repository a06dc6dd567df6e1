//! The whole way in, as a city runs it: a zipped shapefile of buildings through `parat check` and through
//! `parat ingest` (all rules on, published with its index, without the tiles that are made afterwards),
//! against `ogr2ogr` copying the same file to FlatGeobuf, unvalidated: to longitude and latitude, as ours
//! are published, and as they are. Prints; judges nothing.
//!
//! `cargo bench --bench ingest -- SCALE` takes the demo city of that scale (25 is 500,000 buildings; 5 unless
//! told); a path instead takes that file, with its metadata beside it. Processor time is that of the process
//! and the children it waited for, read from the kernel; memory is the largest sum of what all of them held
//! at once. The file has been read once before, so it lies in the page cache for all.

#![allow(clippy::print_stdout, reason = "a bench speaks to a person")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

/// Seconds of processor time of all children that have been waited for, by the clock ticks of `proc(5)`.
fn children_cpu() -> f64 {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = fs::read_to_string("/proc/self/stat").expect("Linux");
    // The second field, the name, may hold blanks; what follows it does not.
    let after = stat.rsplit_once(')').expect("a name in brackets").1;
    let field = |nth: usize| {
        let text = after.split_whitespace().nth(nth - 3).expect("52 fields");
        text.parse::<f64>().expect("a number")
    };
    (field(16) + field(17)) / TICKS_A_SECOND
}

/// What a process and its children hold in memory now, in MiB; pages of files that are mapped are left out,
/// because the system takes those back when it wants to.
fn held_mib(pid: u32) -> f64 {
    let own = || {
        let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
        let line = status.lines().find(|line| line.starts_with("RssAnon:"))?;
        line.split_whitespace().nth(1)?.parse::<f64>().ok()
    };
    let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"));
    let children: f64 = children
        .unwrap_or_default()
        .split_whitespace()
        .filter_map(|child| child.parse().ok())
        .map(held_mib)
        .sum();
    own().unwrap_or(0.0) / 1024.0 + children
}

struct Cost {
    cpu_s: f64,
    wall_s: f64,
    peak_mib: f64,
}

fn run(command: &mut Command) -> Option<Cost> {
    let (cpu, start) = (children_cpu(), Instant::now());
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut peak: f64 = 0.0;
    let status = loop {
        if let Some(status) = child.try_wait().expect("our own child") {
            break status;
        }
        peak = peak.max(held_mib(child.id()));
        thread::sleep(Duration::from_millis(5));
    };
    assert!(status.success(), "{command:?} ended with {status}");
    Some(Cost {
        cpu_s: children_cpu() - cpu,
        wall_s: start.elapsed().as_secs_f64(),
        peak_mib: peak,
    })
}

fn say(name: &str, cost: &Cost) {
    println!(
        "ingest.{name}: {:.2} s of processor time, {:.2} s, peak {:.0} MiB",
        cost.cpu_s, cost.wall_s, cost.peak_mib
    );
}

/// The demo city's buildings as the file that cities send: a zipped shapefile. The GeoPackage itself where
/// there is no `ogr2ogr` to make one with.
fn buildings(folder: &Path, scale: f64) -> PathBuf {
    parat::demo::write(folder, scale).expect("the demo city");
    let (from, to) = (
        folder.join("buildings.gpkg"),
        folder.join("buildings.shp.zip"),
    );
    if run(Command::new("ogr2ogr").arg(&to).arg(&from)).is_none() {
        return from;
    }
    let beside = |path: &Path| path.with_added_extension("metadata.json");
    fs::copy(beside(&from), beside(&to)).expect("the demo writes metadata");
    to
}

fn main() {
    let told = std::env::args().skip(1).find(|word| !word.starts_with('-'));
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    let file = match told.as_deref().map(|word| (word, word.parse::<f64>())) {
        Some((path, Err(_))) => PathBuf::from(path),
        Some((_, Ok(scale))) => buildings(folder.path(), scale),
        None => buildings(folder.path(), 5.0),
    };
    let bytes = fs::read(&file).expect("the file").len();
    let cores = thread::available_parallelism().map_or(0, usize::from);
    println!(
        "ingest: {}, {:.1} MB, {cores} cores, file in the page cache",
        file.file_name().unwrap_or_default().to_string_lossy(),
        bytes as f64 / 1e6
    );
    let parat = || Command::new(env!("CARGO_BIN_EXE_parat"));
    let check = run(parat().args(["check", "--as", "building"]).arg(&file)).expect("parat starts");
    say("check", &check);
    let ours = run(parat()
        .args(["ingest", "--no-pyramid", "--as", "building", "--data"])
        .arg(at("data"))
        .arg(&file))
    .expect("parat starts");
    say("ingest", &ours);
    let lonlat = ["-t_srs", "EPSG:4326", "-nlt", "POLYGON"];
    for (name, options) in [("ogr2ogr_lonlat", &lonlat[..]), ("ogr2ogr_as_is", &[])] {
        let copy = at(&format!("{name}.fgb"));
        let Some(theirs) = run(Command::new("ogr2ogr").args(options).arg(copy).arg(&file)) else {
            println!("skipped: the yardstick (no ogr2ogr here)");
            break;
        };
        say(name, &theirs);
        println!(
            "ingest.ratio: {:.2} of {name}'s processor time to FlatGeobuf, with every rule and the index ({:.2} for the check alone)",
            ours.cpu_s / theirs.cpu_s,
            check.cpu_s / theirs.cpu_s
        );
    }
}

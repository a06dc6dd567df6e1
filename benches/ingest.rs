//! The whole way in, as a city runs it: `parat ingest` of a building file, all rules on, published with its
//! index, against `ogr2ogr` copying the same file to GeoPackage, unvalidated. Prints; judges nothing.
//!
//! `cargo bench --bench ingest -- SCALE` takes the demo city of that scale (25 is 500,000 buildings; 5 unless
//! told). Processor time is that of the process and the children it waited for, read from the kernel; the
//! file has just been written, so it lies in the page cache for both.

#![allow(clippy::print_stdout, reason = "a bench speaks to a person")]

use std::{
    fs,
    path::Path,
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

/// The largest resident memory that the process has had so far, in MiB.
fn peak_mib(pid: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    let kib: f64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib / 1024.0)
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
        peak = peak.max(peak_mib(child.id()).unwrap_or(0.0));
        thread::sleep(Duration::from_millis(10));
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

fn main() {
    let scale = std::env::args()
        .skip(1)
        .find_map(|argument| argument.parse().ok())
        .unwrap_or(5.0);
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    parat::demo::write(folder.path(), scale).expect("the demo city");
    let file = at("buildings.gpkg");
    assert!(Path::new(&file).exists(), "the demo has buildings");
    let cores = thread::available_parallelism().map_or(0, usize::from);
    println!("ingest: demo city of scale {scale}, {cores} cores, file in the page cache");

    let ours = run(Command::new(env!("CARGO_BIN_EXE_parat"))
        .args(["ingest", "--as", "building", "--data"])
        .arg(at("data"))
        .arg(&file))
    .expect("parat starts");
    say("parat", &ours);
    let copy = run(Command::new("ogr2ogr").arg(at("copy.gpkg")).arg(&file));
    match copy {
        Some(theirs) => {
            say("ogr2ogr_gpkg", &theirs);
            println!(
                "ingest.ratio: {:.2} of ogr2ogr's processor time, with every rule and the index",
                ours.cpu_s / theirs.cpu_s
            );
        }
        None => println!("skipped: the yardstick (no ogr2ogr here)"),
    }
}

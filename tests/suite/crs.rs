//! Coordinates against the command line tools of PROJ and GDAL, where they are installed.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use parat::{crs::Reprojector, model::CrsName};

/// What `program args` answers to lines of `x y`; none where it is not installed.
fn ask(program: &str, args: &[&str], coords: &[[f64; 2]]) -> Option<Vec<[f64; 2]>> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut lines = String::new();
    for [x, y] in coords {
        lines.push_str(&format!("{x} {y}\n"));
    }
    child.stdin.take()?.write_all(lines.as_bytes()).ok()?;
    let output = child.wait_with_output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let found: Vec<[f64; 2]> = text
        .lines()
        .filter_map(|line| {
            let mut numbers = line.split_whitespace().map(str::parse::<f64>);
            Some([numbers.next()?.ok()?, numbers.next()?.ok()?])
        })
        .collect();
    (found.len() == coords.len()).then_some(found)
}

const CASES: &[(&str, [f64; 2])] = &[
    ("EPSG:32642", [500_000.0, 2_500_000.0]),
    ("EPSG:32643", [780_000.0, 1_435_000.0]),
    ("EPSG:32644", [420_000.0, 1_445_000.0]),
    ("EPSG:32645", [600_000.0, 2_490_000.0]),
    ("EPSG:32646", [300_000.0, 2_900_000.0]),
    ("EPSG:24343", [780_000.0, 1_435_000.0]),
    ("EPSG:24344", [420_000.0, 1_445_000.0]),
    ("EPSG:24345", [600_000.0, 2_490_000.0]),
    ("EPSG:24378", [2_900_000.0, 1_100_000.0]),
    ("EPSG:24379", [3_000_000.0, 900_000.0]),
    ("EPSG:24383", [3_000_000.0, 1_300_000.0]),
    ("EPSG:7755", [4_000_000.0, 4_000_000.0]),
    ("EPSG:3857", [8_640_000.0, 1_457_000.0]),
];

fn ours(code: &str, grid: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let name: CrsName = code.parse().unwrap();
    let mut coords = grid.to_vec();
    assert_eq!(
        Reprojector::to_lonlat(&name).unwrap().apply(&mut coords),
        0,
        "{code}"
    );
    coords
}

fn grid([x, y]: [f64; 2]) -> Vec<[f64; 2]> {
    (0..25)
        .map(|at| {
            [
                x + f64::from(at % 5) * 7_000.0,
                y + f64::from(at / 5) * 9_000.0,
            ]
        })
        .collect()
}

#[test]
fn utm_and_kalianpur_agree_with_the_tools_of_proj_and_gdal() {
    let mut asked = 0;
    for (code, corner) in CASES {
        let grid = grid(*corner);
        let ours = ours(code, &grid);
        // gdaltransform speaks x y on both sides when the target is CRS84.
        for (program, args) in [
            (
                "gdaltransform",
                vec!["-s_srs", code, "-t_srs", "OGC:CRS84", "-output_xy"],
            ),
            ("cs2cs", vec!["-f", "%.12f", code, "OGC:CRS84"]),
        ] {
            // cs2cs keeps the axis order of the authority; the old Indian grids are written north first.
            let swapped = program == "cs2cs"
                && matches!(
                    *code,
                    "EPSG:24378" | "EPSG:24379" | "EPSG:24383" | "EPSG:7755"
                )
                && swaps(code);
            let input: Vec<[f64; 2]> = if swapped {
                grid.iter().map(|c| [c[1], c[0]]).collect()
            } else {
                grid.clone()
            };
            let Some(theirs) = ask(program, &args, &input) else {
                continue;
            };
            asked += 1;
            for ((from, a), b) in grid.iter().zip(&ours).zip(&theirs) {
                let metres = (a[0] - b[0]).abs().max((a[1] - b[1]).abs()) * 111_320.0;
                assert!(
                    metres < 1e-3,
                    "{program} {code} {from:?}: {a:?} and {b:?} are {metres} m apart"
                );
            }
        }
    }
    if asked == 0 {
        eprintln!("skipped: 26 comparisons (neither gdaltransform nor cs2cs is installed)");
    }
}

/// True when the authority writes northing before easting.
fn swaps(code: &str) -> bool {
    let Ok(output) = Command::new("projinfo")
        .args(["-o", "WKT2:2019", code])
        .output()
    else {
        return false;
    };
    let text = String::from_utf8_lossy(&output.stdout).to_lowercase();
    let north = text.rfind("north,").unwrap_or(usize::MAX);
    let east = text.rfind("east,").unwrap_or(usize::MAX);
    north < east
}

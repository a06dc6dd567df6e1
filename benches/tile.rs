//! Tiles of a made-up city: the fast way beside the plain one, by zoom, with and without gzip; the pyramid
//! beside tippecanoe's where that is installed; a polygon of 100,000 vertices; and what opening and
//! publishing cost. Prints figures and ratios; no clock decides anything here.
//!
//! `cargo bench --bench tile -- [FEATURES]`, 100,000 by default. `TIPPECANOE` names the program.
#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a bench prints, and stops at the first surprise"
)]

use std::{collections::BTreeSet, hint::black_box, time::Instant};

use parat::{
    model::{
        CrsName, FeatureId, Field, FieldType, Layer, Metadata, ShapeKind, Shapes, Source, Table,
        Value, Verdict, Version, world,
    },
    snapshot::{PYRAMID, Snapshot},
    tile::{self, TileId, TileOptions, pyramid},
};

/// Buildings on a jittered grid, 12 m apart, about Bengaluru, with six attributes.
fn city(count: u64) -> Layer {
    let fields = [
        ("building_id", FieldType::Text),
        ("ward", FieldType::Text),
        ("use", FieldType::Text),
        ("floors", FieldType::Integer),
        ("height", FieldType::Real),
        ("year", FieldType::Integer),
    ];
    let mut table = Table::new(
        fields
            .iter()
            .map(|&(name, kind)| Field::new(name, kind))
            .collect(),
    );
    let mut shapes = Shapes::new();
    let mut seed = 7_u64;
    let mut roll = move |below: u64| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) % below
    };
    let side = count.isqrt() + 1;
    for row in 0..count {
        let x = 77.5 + (row % side) as f64 * 1.2e-4 + roll(100) as f64 * 3e-7;
        let y = 12.9 + (row / side) as f64 * 1.2e-4 + roll(100) as f64 * 3e-7;
        let (w, h) = (
            4e-5 + roll(100) as f64 * 4e-7,
            4e-5 + roll(100) as f64 * 4e-7,
        );
        let corners = [
            [0.0, 0.0],
            [w, 0.0],
            [w, h / 2.0],
            [w / 2.0, h / 2.0],
            [w / 2.0, h],
            [0.0, h],
            [0.0, 0.0],
        ];
        shapes
            .coords
            .extend(corners.map(|[dx, dy]| [x + dx, y + dy]));
        shapes.end_ring();
        shapes.end_part();
        shapes.end_feature(ShapeKind::Polygon);
        let id = format!("B{row}");
        let ward = format!("Ward {}", (row / side / 40) * 10 + row % side / 40);
        let values = [
            Value::Text(&id),
            Value::Text(&ward),
            Value::Text(["residential", "commercial", "industrial", "public"][roll(4) as usize]),
            Value::Integer(1 + roll(20) as i64),
            Value::Real(roll(600) as f64 / 10.0),
            Value::Integer(1950 + roll(75) as i64),
        ];
        for (column, value) in table.columns.iter_mut().zip(values) {
            column.push(value);
        }
    }
    Layer {
        id: "building".parse().unwrap(),
        title: "Buildings".to_owned(),
        description: String::new(),
        dimension: 2,
        coverage: false,
        key: vec!["building_id".to_owned()],
        ids: (0..count).map(FeatureId).collect(),
        table,
        shapes,
        metadata: Metadata::default(),
        source: Source {
            file: "made-up".to_owned(),
            member: None,
            layer: "building".to_owned(),
            format: "none".to_owned(),
            hash: String::new(),
        },
        crs_native: CrsName::Missing,
        standard: "building@1".to_owned(),
        profile: "bench@1".to_owned(),
        packs: vec![],
        verdict: Verdict::Conforms,
        rank_by: None,
    }
}

/// A layer without attributes.
fn bare(id: &str, shapes: Shapes<f64>) -> Layer {
    let mut layer = city(0);
    layer.id = id.parse().unwrap();
    layer.table = Table::new(vec![]);
    layer.key = vec![];
    layer.ids = (0..shapes.len() as u64).map(FeatureId).collect();
    layer.shapes = shapes;
    layer
}

/// A noisy circle of 100,000 vertices, 40 km wide, with twenty noisy holes of 1,000.
fn limit() -> Layer {
    let mut shapes = Shapes::new();
    let mut seed = 5_u64;
    let mut ring = |centre: [f64; 2], radius: f64, corners: u32| {
        let begin = shapes.coords.len();
        for corner in 0..corners {
            seed = seed
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let turn = f64::from(corner) / f64::from(corners) * std::f64::consts::TAU;
            let own = radius * (0.97 + 0.03 * ((seed >> 40) as f64 / f64::from(1 << 24)));
            shapes
                .coords
                .push([centre[0] + own * turn.cos(), centre[1] + own * turn.sin()]);
        }
        shapes.coords.push(shapes.coords[begin]);
        shapes.end_ring();
    };
    ring([77.6, 13.0], 0.18, 100_000);
    for hole in 0..20 {
        let at = [
            77.52 + 0.04 * f64::from(hole % 5),
            12.94 + 0.04 * f64::from(hole / 5),
        ];
        ring(at, 0.015, 1000);
    }
    shapes.end_part();
    shapes.end_feature(ShapeKind::Polygon);
    bare("limit", shapes)
}

/// What the polygon costs: at each zoom the dearest tile, and the mean of tiles along its edge.
fn long_ring() {
    let dir = tempfile::tempdir().unwrap();
    let at = "2026-01-01T00:00:00Z";
    let (_, build) =
        seconds(|| Snapshot::build(&limit(), Version(1), false, at, dir.path()).unwrap());
    let snapshot = Snapshot::open(dir.path()).unwrap();
    println!("a polygon of 120,000 vertices with 20 holes: publish {build:.2} s");
    println!("zoom tiles  vertices   KB | dearest ms  mean ms (tile and gzip)");
    for zoom in (0..=18).step_by(2) {
        let coords = snapshot.world().get(0).coords();
        let mut held = std::collections::BTreeMap::<TileId, u64>::new();
        for &at in coords {
            *held.entry(TileId::holding(zoom, at)).or_default() += 1;
        }
        // The fullest, the middle one, and some along the edge.
        let mut ids: Vec<TileId> = held
            .keys()
            .step_by(held.len().div_ceil(30))
            .copied()
            .collect();
        ids.extend(
            held.iter()
                .max_by_key(|(_, count)| **count)
                .map(|(id, _)| *id),
        );
        ids.push(TileId::holding(zoom, snapshot.label(0)));
        let (mut dearest, mut sum, mut bytes) = (0.0_f64, 0.0, 0);
        for &id in &ids {
            // The shortest of some turns: a single one is shorter than the tick of the system's account.
            let (packed, spent) = shortest(|| tile::gzip(&tile::tile(&[&snapshot], id, &[]).bytes));
            dearest = dearest.max(spent * 1e3);
            sum += spent * 1e3;
            bytes = bytes.max(packed.len());
        }
        println!(
            "{zoom:4} {:5} {:9} {:4} | {dearest:10.3} {:8.3}",
            held.len(),
            held.values().max().unwrap(),
            bytes / 1000,
            sum / ids.len() as f64
        );
    }
}

/// The pyramid on one thread, what a tile of it costs, and tippecanoe beside it.
fn whole(snapshot: &Snapshot, layer: &Layer) {
    let path = snapshot.folder().join(PYRAMID);
    let plan = pyramid::Plan {
        threads: 1,
        ..pyramid::Plan::default()
    };
    let (info, spent) = seconds(|| pyramid::build(snapshot, &path, &plan, &mut |_| ()).unwrap());
    println!(
        "pyramid z{} to z{}: {} tiles, {:.1} MB, {spent:.2} s; the largest tile {} kB before gzip",
        info.zooms[0],
        info.zooms[1],
        info.tiles,
        info.bytes as f64 / 1e6,
        info.losses.iter().map(|own| own.largest).max().unwrap_or(0) / 1000
    );
    let pyramid = snapshot.find_pyramid().unwrap();
    let ids: Vec<TileId> = (0..snapshot.placed() as u32)
        .step_by(7)
        .map(|row| TileId::holding(8 + (row % 9) as u8, snapshot.label(row)))
        .collect();
    let (found, spent_here) = shortest(|| {
        ids.iter()
            .filter(|&&id| black_box(pyramid.get(id)).is_some())
            .count()
    });
    println!(
        "a tile from the pyramid: {:.0} ns ({found} of {} there)",
        spent_here * 1e9 / ids.len() as f64,
        ids.len()
    );
    let program = std::env::var("TIPPECANOE").unwrap_or_else(|_| "tippecanoe".to_owned());
    let dir = tempfile::tempdir().unwrap();
    let (text, out) = (
        dir.path().join("city.geojsonl"),
        dir.path().join("city.pmtiles"),
    );
    let mut lines = String::new();
    for row in 0..layer.ids.len() {
        use std::fmt::Write;
        let ring: Vec<String> = layer
            .shapes
            .get(row)
            .coords()
            .iter()
            .map(|[x, y]| format!("[{x:.7},{y:.7}]"))
            .collect();
        let properties: Vec<String> = layer
            .table
            .fields
            .iter()
            .zip(&layer.table.columns)
            .map(|(field, column)| match column.get(row) {
                Value::Text(text) => format!("\"{}\":\"{text}\"", field.name),
                other => format!("\"{}\":{}", field.name, other.to_text()),
            })
            .collect();
        writeln!(
            lines,
            "{{\"type\":\"Feature\",\"properties\":{{{}}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[[{}]]}}}}",
            properties.join(","),
            ring.join(",")
        ).unwrap();
    }
    std::fs::write(&text, lines).unwrap();
    let (low, high) = (
        format!("-Z{}", info.zooms[0]),
        format!("-z{}", info.zooms[1]),
    );
    let before = of_children();
    let done = std::process::Command::new(&program)
        .args([
            "-q",
            "-P",
            "--force",
            "--drop-densest-as-needed",
            "-l",
            "building",
            &low,
            &high,
            "-o",
        ])
        .args([&out, &text])
        .status();
    match (done, before.zip(of_children())) {
        (Ok(status), Some((before, after))) if status.success() => println!(
            "{program} of the same features and zooms: {:.1} s, {:.0} times as long, {:.1} MB",
            after - before,
            (after - before) / spent,
            std::fs::metadata(&out).unwrap().len() as f64 / 1e6
        ),
        _ => println!("skipped: no tippecanoe beside it (not installed)"),
    }
}

/// Seconds of processor time of all children that have ended.
fn of_children() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = text.rsplit(')').next()?.split_whitespace().collect();
    let ticks: f64 = fields.get(13)?.parse::<f64>().ok()? + fields.get(14)?.parse::<f64>().ok()?;
    Some(ticks / 100.0)
}

/// Seconds of processor time of this thread, where Linux tells: others on the machine disturb it far less
/// than the wall clock.
fn cpu() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    Some(text.split_whitespace().next()?.parse::<f64>().ok()? / 1e9)
}

fn seconds<R>(work: impl FnOnce() -> R) -> (R, f64) {
    let (begin, before) = (Instant::now(), cpu());
    let result = work();
    let spent = before.zip(cpu()).map(|(before, after)| after - before);
    (
        result,
        spent.unwrap_or_else(|| begin.elapsed().as_secs_f64()),
    )
}

/// The shortest wall clock of seven turns.
fn shortest<R>(work: impl Fn() -> R) -> (R, f64) {
    let turn = || {
        let begin = Instant::now();
        let result = work();
        (result, begin.elapsed().as_secs_f64())
    };
    (1..7).fold(turn(), |best, _| {
        let next = turn();
        if next.1 < best.1 { next } else { best }
    })
}

fn main() {
    let count = std::env::args()
        .skip(1)
        .find_map(|text| text.parse().ok())
        .unwrap_or(100_000);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "tile: {count} buildings, {cores} cores, one thread, warm cache, processor time (wall clock where there is none)"
    );
    let layer = city(count);
    let dir = tempfile::tempdir().unwrap();
    let ((), build) = seconds(|| {
        Snapshot::build(
            &layer,
            Version(1),
            false,
            "2026-01-01T00:00:00Z",
            dir.path(),
        )
        .unwrap();
    });
    let (snapshot, open) = seconds(|| Snapshot::open(dir.path()).unwrap());
    let size = |name| std::fs::metadata(dir.path().join(name)).unwrap().len() as f64 / 1_048_576.0;
    println!(
        "publish {build:.2} s; open {:.2} ms; truth {:.1} MiB, serve {:.1} MiB",
        open * 1e3,
        size("truth.fgb"),
        size("serve")
    );

    let odd: Vec<u32> = (0..snapshot.len() as u32)
        .filter(|row| row % 2 == 1)
        .collect();
    let filtered = [TileOptions {
        rows: Some(&odd),
        ..TileOptions::default()
    }];
    println!(
        "zoom tiles features    KB  gz KB | tile ms  gzip ms  filtered ms  plain ms  plain/fast"
    );
    for zoom in [8, 10, 11, 12, 13, 14, 15, 16, 18] {
        let all: BTreeSet<TileId> = (0..snapshot.placed() as u32)
            .step_by(97)
            .map(|row| TileId::holding(zoom, snapshot.label(row)))
            .collect();
        let step = (all.len() / 20).max(1);
        let ids: Vec<TileId> = all.into_iter().step_by(step).collect();
        let turns = (60 / ids.len()).clamp(1, 10);
        let many = ids.len() as f64 * turns as f64;
        let (mut bytes, mut packed, mut shown) = (0, 0, 0);
        for &id in &ids {
            let tile = tile::tile(&[&snapshot], id, &[]);
            bytes += tile.bytes.len();
            packed += tile::gzip(&tile.bytes).len();
            shown += tile.losses.features_matched - tile.losses.dropped;
        }
        let timed = |work: &dyn Fn(TileId)| {
            seconds(|| (0..turns).for_each(|_| ids.iter().for_each(|&id| work(id)))).1 * 1e3 / many
        };
        let fast = timed(&|id| drop(black_box(tile::tile(&[&snapshot], id, &[]))));
        let both = timed(&|id| {
            drop(black_box(tile::gzip(
                &tile::tile(&[&snapshot], id, &[]).bytes,
            )));
        });
        let some = timed(&|id| drop(black_box(tile::tile(&[&snapshot], id, &filtered))));
        let plain = seconds(|| {
            for &id in &ids {
                drop(black_box(tile::plain::tile(&[&snapshot], id, &[])));
            }
        })
        .1 * 1e3
            / ids.len() as f64;
        let each = ids.len();
        println!(
            "{zoom:4} {each:5} {:8} {:5.0} {:6.0} | {fast:7.3} {:8.3} {some:12.3} {plain:9.2} {:11.1}",
            shown / each as u64,
            bytes as f64 / each as f64 / 1e3,
            packed as f64 / each as f64 / 1e3,
            both - fast,
            plain / fast,
        );
    }
    whole(&snapshot, &layer);
    drop(layer);
    long_ring();
    // The index alone beside a scan of all boxes.
    let side = 1_u32 << 18;
    let corners: Vec<[u32; 2]> = (0..200_u32)
        .map(|at| snapshot.label(at * (snapshot.placed() as u32 / 200)))
        .collect();
    let boxes: Vec<[u32; 4]> = corners
        .iter()
        .map(|&[x, y]| [x, y, x + side, y + side])
        .collect();
    let mut found = vec![];
    let (hits, tree) = seconds(|| {
        boxes
            .iter()
            .map(|&around| {
                found.clear();
                snapshot.search(around, &mut found);
                found.len()
            })
            .sum::<usize>()
    });
    let (same, scan) = seconds(|| {
        boxes
            .iter()
            .map(|around| {
                (0..snapshot.placed() as u32)
                    .filter(|&row| {
                        let own = snapshot.bounds(row);
                        own[0] <= around[2]
                            && around[0] <= own[2]
                            && own[1] <= around[3]
                            && around[1] <= own[3]
                    })
                    .count()
            })
            .sum::<usize>()
    });
    assert_eq!(hits, same);
    println!(
        "index: {:.1} us a box of {} hits; plain scan {:.0} us, {:.0} times as long; a position {:?}",
        tree * 1e6 / 200.0,
        hits / 200,
        scan * 1e6 / 200.0,
        scan / tree,
        world::to_lonlat(corners[0]),
    );
}

//! Counters in memory, written as Prometheus reads them (text format 0.0.4).

use std::{
    fmt::Write as _,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Upper bounds of the classes of time, in microseconds.
const BOUNDS: [u64; 9] = [
    250, 1_000, 2_500, 10_000, 25_000, 100_000, 250_000, 1_000_000, 10_000_000,
];

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    by_status: [AtomicU64; 5],
    by_time: [AtomicU64; BOUNDS.len() + 1],
    micros: AtomicU64,
    tiles: AtomicU64,
    tiles_kept: AtomicU64,
    tiles_beforehand: AtomicU64,
    tile_bytes: AtomicU64,
    features_dropped: AtomicU64,
}

impl Metrics {
    /// Counts an answer.
    pub(super) fn answered(&self, status: u16, took: Duration) {
        let class = usize::from(status / 100).clamp(1, 5) - 1;
        self.by_status[class].fetch_add(1, Relaxed);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let class = BOUNDS.partition_point(|&bound| bound < micros);
        self.by_time[class].fetch_add(1, Relaxed);
        self.micros.fetch_add(micros, Relaxed);
    }

    /// Counts a tile that was made.
    pub(super) fn tile(&self, bytes: usize, dropped: u64) {
        self.tiles.fetch_add(1, Relaxed);
        self.tile_bytes.fetch_add(bytes as u64, Relaxed);
        self.features_dropped.fetch_add(dropped, Relaxed);
    }

    /// Counts a tile that was made before.
    pub(super) fn tile_kept(&self) {
        self.tiles_kept.fetch_add(1, Relaxed);
    }

    /// Counts a tile that publication made.
    pub(super) fn tile_beforehand(&self) {
        self.tiles_beforehand.fetch_add(1, Relaxed);
    }

    /// Everything, with gauges that the caller knows.
    pub(super) fn text(&self, gauges: &[(&str, &str, u64)]) -> String {
        let mut out = String::new();
        let mut line = |text: std::fmt::Arguments<'_>| {
            out.write_fmt(text).expect("a string takes every byte");
            out.push('\n');
        };
        line(format_args!(
            "# HELP parat_requests_total Requests answered, by class of status."
        ));
        line(format_args!("# TYPE parat_requests_total counter"));
        for (at, count) in self.by_status.iter().enumerate() {
            line(format_args!(
                "parat_requests_total{{class=\"{}xx\"}} {}",
                at + 1,
                count.load(Relaxed)
            ));
        }
        line(format_args!(
            "# HELP parat_request_seconds Time until an answer began."
        ));
        line(format_args!("# TYPE parat_request_seconds histogram"));
        let mut sum = 0;
        for (at, count) in self.by_time.iter().enumerate() {
            sum += count.load(Relaxed);
            match BOUNDS.get(at) {
                Some(&bound) => line(format_args!(
                    "parat_request_seconds_bucket{{le=\"{}\"}} {sum}",
                    bound as f64 / 1e6
                )),
                None => line(format_args!(
                    "parat_request_seconds_bucket{{le=\"+Inf\"}} {sum}"
                )),
            }
        }
        line(format_args!(
            "parat_request_seconds_sum {}",
            self.micros.load(Relaxed) as f64 / 1e6
        ));
        line(format_args!("parat_request_seconds_count {sum}"));
        for (name, help, count) in [
            ("parat_tiles_total", "Tiles made.", &self.tiles),
            (
                "parat_tiles_beforehand_total",
                "Tiles answered from what publication made.",
                &self.tiles_beforehand,
            ),
            (
                "parat_tiles_kept_total",
                "Tiles answered from the memory of tiles made before.",
                &self.tiles_kept,
            ),
            (
                "parat_tile_bytes_total",
                "Bytes of the tiles made, before compression.",
                &self.tile_bytes,
            ),
            (
                "parat_tile_features_dropped_total",
                "Features left out of tiles by rule.",
                &self.features_dropped,
            ),
        ] {
            line(format_args!("# HELP {name} {help}"));
            line(format_args!("# TYPE {name} counter"));
            line(format_args!("{name} {}", count.load(Relaxed)));
        }
        for (name, help, value) in gauges {
            line(format_args!("# HELP {name} {help}"));
            line(format_args!("# TYPE {name} gauge"));
            line(format_args!("{name} {value}"));
        }
        out
    }
}

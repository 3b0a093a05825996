//! A crowd on a field without a network, and flooding over the same links.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    time::Instant,
};

use clap::Args;
use crowd::{Crowd, Outcome, Scenario, Spread};
use serde_json::{Value, json};

use crate::process::rss_mb;

mod chart;

/// How far radios reach, in meters: outdoors above heads, and through bodies.
const RANGES: [f64; 2] = [30.0, 12.0];

/// What a crowd may have to itself on the machine it is meant to fit on, in MB: 16 GiB.
const MEMORY: f64 = 17_180.0;

/// A crowd of another size, or on another ground.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Of `crowd`, how many devices; the ground grows with them.
    #[arg(long, value_name = "N")]
    devices: Option<usize>,
    /// Of `crowd`, only this range, in meters.
    #[arg(long, value_name = "M")]
    range: Option<f64>,
    /// Of `crowd`, what all chance comes from.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Of `crowd`, the most seconds that go by in it.
    #[arg(long, value_name = "S")]
    seconds: Option<u32>,
    /// Of `crowd`, where to draw the curves.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

/// Runs the crowd at each range.
pub(crate) fn run(quick: bool, options: &Options) -> Value {
    let ranges = options.range.map_or(RANGES.to_vec(), |range| vec![range]);
    let mut runs = Vec::new();
    let mut curves = Vec::new();
    for range in ranges {
        let scenario = scenario(quick, range, options);
        let devices = scenario.devices;
        let began = Instant::now();
        let before = rss_mb("self").unwrap_or_default();
        let mut rss = before;
        let outcome = Crowd::new(scenario).run(|seconds, deliveries| {
            rss = rss.max(rss_mb("self").unwrap_or_default());
            if seconds % 60 == 0 {
                let line = format!("{range} m, {} min: {deliveries} deliveries\n", seconds / 60);
                // Progress only: the figures follow.
                let _ = std::io::stderr().write_all(line.as_bytes());
            }
        });
        runs.push((range, figures(&outcome, devices, rss - before, began)));
        curves.push((range, outcome));
    }
    if let Some(file) = &options.svg {
        draw(file, &curves);
    }
    // The figures of the first range are the ones that are compared; the others stand beside.
    let mut runs = runs.into_iter();
    let (_, mut all) = runs.next().expect("a range");
    for (range, figures) in runs {
        if let Some(all) = all.as_object_mut() {
            all.insert(format!("range_{range}_m"), figures);
        }
    }
    all
}

fn scenario(quick: bool, range: f64, options: &Options) -> Scenario {
    let mut scenario = Scenario { seed: options.seed, ..Scenario::festival(range) };
    if quick {
        scenario.devices = 100;
        scenario.writing = 60;
        scenario.seconds = 600;
    }
    scenario.devices = options.devices.unwrap_or(scenario.devices);
    scenario.seconds = options.seconds.unwrap_or(scenario.seconds);
    scenario.writing = scenario.writing.min(scenario.seconds);
    // As close together as 1,000 on 500 m square.
    scenario.side = 500.0 * (scenario.devices as f64 / 1_000.0).sqrt();
    scenario
}

fn figures(outcome: &Outcome, devices: usize, rss: f64, began: Instant) -> Value {
    let Outcome { crowd, flood, endless_flood: endless, .. } = outcome;
    let kinds = outcome.traffic.kinds();
    let kinds: serde_json::Map<_, _> =
        kinds.map(|(kind, _, bytes)| (kind.to_owned(), json!(bytes))).collect();
    json!({
        "ratio_10s": rounded(crowd.ratio_within(10), 4),
        "ratio_1min": rounded(crowd.ratio_within(60), 4),
        "ratio_5min": rounded(crowd.ratio_within(300), 4),
        "ratio_15min": rounded(crowd.ratio_within(900), 4),
        "ratio_end": rounded(crowd.ratio(), 6),
        "p50_s": crowd.percentile(50),
        "p95_s": crowd.percentile(95),
        "p99_s": crowd.percentile(99),
        "bytes_per_delivery": rounded(crowd.bytes_per_delivery(), 0),
        "flood_ratio": rounded(crowd.bytes_per_delivery() / flood.bytes_per_delivery(), 3),
        "flood_bytes_per_delivery": rounded(flood.bytes_per_delivery(), 0),
        "flood_ratio_1min": rounded(flood.ratio_within(60), 4),
        "flood_ratio_end": rounded(flood.ratio(), 4),
        "endless_flood_ratio": rounded(crowd.bytes_per_delivery() / endless.bytes_per_delivery(), 3),
        "endless_flood_bytes_per_delivery": rounded(endless.bytes_per_delivery(), 0),
        "endless_flood_ratio_1min": rounded(endless.ratio_within(60), 4),
        "endless_flood_ratio_end": rounded(endless.ratio(), 4),
        "devices": devices,
        "messages": outcome.messages,
        "neighbors": rounded(outcome.neighbors, 1),
        "links": outcome.links,
        "seconds": outcome.seconds,
        "bytes": kinds,
        "mb_per_device": rounded(rss / devices as f64, 3),
        // Each device knows every other, so that memory grows with the square.
        "devices_in_16_gib": (devices as f64 * (MEMORY / rss.max(1.0)).sqrt()) as u64,
        "took_s": rounded(began.elapsed().as_secs_f64(), 0),
    })
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

fn draw(file: &Path, curves: &[(f64, Outcome)]) {
    let mut lines: Vec<(String, &Spread)> = Vec::new();
    for (range, outcome) in curves {
        lines.push((format!("range {range} m"), &outcome.crowd));
        lines.push((format!("flooding, {range} m"), &outcome.flood));
    }
    std::fs::write(file, chart::svg(&lines)).expect("the chart can be written");
}

/// The figures as a person reads them.
pub(crate) fn table(figures: &Value) -> String {
    rows(figures, "")
}

fn rows(figures: &Value, indent: &str) -> String {
    let mut table = String::new();
    for (key, value) in figures.as_object().into_iter().flatten() {
        if value.is_object() {
            table += &format!("{indent}{key}\n{}", rows(value, &format!("{indent}  ")));
        } else {
            table += &format!("{:<30}{value:>14}\n", format!("{indent}{key}"));
        }
    }
    table
}

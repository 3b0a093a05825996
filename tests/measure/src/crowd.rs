//! A crowd on a field without a network, and flooding over the same links.

use std::{io::Write as _, path::Path, time::Instant};

use crowd::{Crowd, Outcome, Spread};
use serde_json::{Value, json};

use crate::process::rss_mb;

mod chart;
mod options;

pub(crate) use options::Options;

/// How far radios reach, in meters: outdoors above heads, and through bodies.
const RANGES: [f64; 2] = [30.0, 12.0];

/// What a crowd may have to itself on the machine it is meant to fit on, in MB: 16 GiB.
const MEMORY: f64 = 17_180.0;

/// Runs the crowd at each range.
pub(crate) fn run(quick: bool, options: &Options) -> Value {
    let ranges = options.range.map_or(RANGES.to_vec(), |range| vec![range]);
    let mut runs = Vec::new();
    let mut curves = Vec::new();
    for range in ranges {
        let scenarios = options.scenarios(quick, range);
        let writing = scenarios.first().map_or(0, |scenario| scenario.writing);
        let devices = scenarios.first().map_or(0, |s| s.devices + s.couriers);
        let began = Instant::now();
        let before = rss_mb("self").unwrap_or_default();
        let mut rss = before;
        let mut outcomes = scenarios.into_iter().map(|scenario| {
            let seed = scenario.seed;
            Crowd::new(scenario).run(|seconds, deliveries| {
                rss = rss.max(rss_mb("self").unwrap_or_default());
                if seconds % 60 == 0 {
                    let minute = seconds / 60;
                    let line =
                        format!("{range} m, seed {seed}, {minute} min: {deliveries} deliveries\n");
                    // Progress only: the figures follow.
                    let _ = std::io::stderr().write_all(line.as_bytes());
                }
            })
        });
        let mut all = outcomes.next().expect("a ground");
        let mut by_ground = vec![rounded(all.crowd.ratio_within(300), 4)];
        // What is written last is watched the shortest.
        let mut watched = watched(&all, writing);
        for outcome in outcomes {
            by_ground.push(rounded(outcome.crowd.ratio_within(300), 4));
            watched = watched.min(self::watched(&outcome, writing));
            all.absorb(outcome);
        }
        let mut figures = figures(&all, devices, rss - before, began);
        if by_ground.len() > 1
            && let Some(figures) = figures.as_object_mut()
        {
            figures.insert("ratio_5min_by_ground".to_owned(), json!(by_ground));
        }
        runs.push((range, figures));
        curves.push((range, all, watched));
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

/// For how long every message was watched, in seconds.
fn watched(outcome: &Outcome, writing: u32) -> u32 {
    if outcome.crowd.ratio() < 1.0 { outcome.seconds.saturating_sub(writing) } else { u32::MAX }
}

fn figures(outcome: &Outcome, devices: usize, rss: f64, began: Instant) -> Value {
    let Outcome { crowd, flood, endless_flood: endless, .. } = outcome;
    let kinds = outcome.traffic.kinds();
    let kinds: serde_json::Map<_, _> =
        kinds.map(|(kind, _, bytes)| (kind.to_owned(), json!(bytes))).collect();
    let mut figures = json!({
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
    });
    if let (Value::Object(all), Value::Object(more)) = (&mut figures, of_couriers(outcome)) {
        all.extend(more);
    }
    figures
}

/// What couriers did, if there are any, and what came from one camp to the other.
fn of_couriers(outcome: &Outcome) -> Value {
    let Outcome { crowd, couriers, .. } = outcome;
    let mut figures = serde_json::Map::new();
    let mut note = |name: &str, value: Value| _ = figures.insert(name.to_owned(), value);
    if couriers.meetings > 0 {
        let share = |part: u64, all: u64| json!(rounded(part as f64 / all.max(1) as f64, 4));
        note("courier_meetings", json!(couriers.meetings));
        note("courier_bytes", json!(couriers.bytes));
        note("ratio_courier_bytes", share(couriers.bytes, crowd.bytes));
        note("ratio_out_of_packs", share(couriers.brought, crowd.deliveries() as u64));
    }
    if let (Some(across), Some(flood)) = (&outcome.across, &outcome.flood_across) {
        note("ratio_across_15min", json!(rounded(across.ratio_within(900), 4)));
        note("ratio_across_end", json!(rounded(across.ratio(), 6)));
        note("across_p50_s", json!(across.percentile(50)));
        note("across_p95_s", json!(across.percentile(95)));
        note("flood_ratio_across_end", json!(rounded(flood.ratio(), 4)));
        let share = across.deliveries() as f64 / crowd.deliveries().max(1) as f64;
        note("ratio_across_of_deliveries", json!(rounded(share, 4)));
    }
    Value::Object(figures)
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
}

fn draw(file: &Path, curves: &[(f64, Outcome, u32)]) {
    let mut lines: Vec<(String, &Spread, u32)> = Vec::new();
    for (range, outcome, watched) in curves {
        lines.push((format!("range {range} m"), &outcome.crowd, *watched));
        lines.push((format!("flooding, {range} m"), &outcome.flood, *watched));
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

//! Bluetooth: over a simulated radio, in virtual time, and between two emulated controllers in a
//! virtual machine, which know no radio's timing.

use std::{
    fs::Permissions, os::unix::fs::PermissionsExt as _, path::Path, process::ExitCode,
    time::Duration,
};

use bluetooth::Machine;
use serde_json::{Value, json};
use transport::ble::sim::{Outcome, Radio, run as simulate};

use crate::{AS_APP, percentile};

/// The argument that makes this program play inside of the virtual machine.
pub(crate) const AS_GUEST: &str = "bluetooth-guest";

/// What the radio could carry while it is looked at, in packets.
const PACKETS: u32 = 3_000;
const QUICK_PACKETS: u32 = 500;

const INTERVALS_US: [u64; 4] = [7_500, 15_000, 30_000, 50_000];
const PER_EVENT: [usize; 4] = [1, 2, 4, 6];
const LOSSES: [u64; 3] = [0, 10, 20];

/// Measures, and says it as the object that `--json` prints. The virtual machine only where
/// `BLUETOOTH_MACHINE` names one.
pub(crate) fn run(quick: bool) -> Value {
    let packets = if quick { QUICK_PACKETS } else { PACKETS };
    let mut figures = serde_json::Map::new();
    for loss in LOSSES {
        let outcomes: Vec<_> =
            radios(loss).map(|radio| (radio, simulate(radio, packets, false))).collect();
        let ratios: Vec<_> = outcomes.iter().map(|(_, outcome)| outcome.ratio).collect();
        let both = radios(loss).map(|radio| simulate(radio, packets, true).ratio);
        let trips: Vec<_> =
            outcomes.iter().map(|(radio, outcome)| events(radio, outcome)).collect();
        let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
        let mut put = |what: &str, value: f64| {
            figures.insert(format!("sim_{what}_{loss}_loss"), json!((value * 1e3).round() / 1e3));
        };
        put("ratio", percentile(&ratios, 0));
        put("mean", mean);
        put("both_ways", both.fold(f64::INFINITY, f64::min));
        put("trip_events", percentile(&trips, 100));
    }
    if let Some(machine) = Machine::new() {
        for (key, value) in in_machine(&machine) {
            figures.insert(key, value);
        }
    }
    Value::Object(figures)
}

/// Plays inside of the virtual machine.
pub(crate) fn guest(args: impl Iterator<Item = std::ffi::OsString>) -> ExitCode {
    bluetooth::guest(args)
}

fn radios(loss_percent: u64) -> impl Iterator<Item = Radio> {
    INTERVALS_US.into_iter().flat_map(move |interval| {
        PER_EVENT.into_iter().map(move |per_event| Radio {
            interval: Duration::from_micros(interval),
            per_event,
            loss_percent,
            max_packet: transport::ble::MAX_VALUE_LEN,
            chance: interval,
        })
    })
}

/// The round trip in events of the connection.
fn events(radio: &Radio, outcome: &Outcome) -> f64 {
    outcome.round_trip.as_secs_f64() / radio.interval.as_secs_f64()
}

fn in_machine(machine: &Machine) -> Vec<(String, Value)> {
    let dir = tempfile::tempdir().expect("a folder");
    let this = std::env::current_exe().expect("a program knows its file");
    let script = |name: &str| {
        let path = dir.path().join(name);
        let text = format!("#!/bin/sh\nexec '{}' {name} \"$@\"\n", this.display());
        std::fs::write(&path, text).expect("the folder is ours");
        std::fs::set_permissions(&path, Permissions::from_mode(0o755)).expect("it is ours");
        path
    };
    let (guest, festival) = (script(AS_GUEST), script(AS_APP));
    let programs: [(&str, &Path); 2] = [("guest", &guest), ("festival", &festival)];
    let said = machine.play("rates", 2, "default.conf", &programs);
    let said = said.unwrap_or_else(|why| panic!("{why}"));
    let values = |wanted: &str| -> Vec<f64> {
        let figures = said.lines().filter_map(|line| line.trim().strip_prefix("figure "));
        let pairs = figures.filter_map(|figure| figure.split_once(' '));
        let ours = pairs.filter(|(key, _)| *key == wanted);
        ours.filter_map(|(_, value)| value.trim().parse().ok()).collect()
    };
    let keys = [
        "vm_join_ms",
        "vm_rtt_ms",
        "vm_coc_kb_per_s",
        "vm_gatt_join_ms",
        "vm_gatt_rtt_ms",
        "vm_gatt_kb_per_s",
    ];
    keys.map(|key| (key.to_owned(), json!(percentile(&values(key), 50)))).into()
}

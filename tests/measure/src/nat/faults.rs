//! One relay of three that is down or misbehaves: do two devices still meet, and how fast?

use std::{fmt::Write as _, sync::Mutex};

use lab::{Fault, Kind};
use serde_json::{Value, json};

use super::{Places, World, attempt, party::RELAYS, percent, side_by_side};
use crate::percentile;

/// Tries with each relay being the one.
const TRIES: usize = 7;

/// What is wrong with one relay.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    /// Its process has ended.
    Ended,
    /// Nothing that is sent to it arrives.
    Silent,
    /// It runs, and does this.
    Faulty(Fault),
}

/// Every trouble, at every relay in turn; ends the world.
pub(super) fn run(mut world: World, quick: bool) -> Value {
    let faults = Fault::ALL.map(Trouble::Faulty);
    let mut rows = Vec::new();
    for trouble in [Trouble::Ended, Trouble::Silent].into_iter().chain(faults) {
        let outcomes: Mutex<Vec<Option<f64>>> = Mutex::default();
        for relay in 0..RELAYS {
            begin(&mut world, relay, trouble);
            let todo: Vec<_> = (0..if quick { 1 } else { TRIES }).collect();
            side_by_side(&todo, |n: usize| {
                // Directly, and through TURN.
                let other =
                    if n.is_multiple_of(2) { Kind::PortRestricted } else { Kind::Symmetric };
                let outcome = attempt(&world, Places::Apart(Kind::PortRestricted, other));
                outcomes.lock().expect("no panic").push(outcome.map(|o| o.to_message_ms));
            });
            end(&mut world, relay, trouble);
        }
        let outcomes = outcomes.into_inner().expect("no panic");
        let times: Vec<_> = outcomes.iter().copied().flatten().collect();
        rows.push(json!({
            "trouble": match trouble {
                Trouble::Faulty(fault) => format!("{fault:?}").to_lowercase(),
                other => format!("{other:?}").to_lowercase(),
            },
            "success_percent": percent(times.len(), outcomes.len()),
            "p50_ms": percentile(&times, 50),
            "p95_ms": percentile(&times, 95),
            "tries": outcomes.len(),
        }));
    }
    rows.into()
}

fn begin(world: &mut World, relay: u8, trouble: Trouble) {
    match trouble {
        Trouble::Ended => world.services.stop_relay(relay),
        Trouble::Silent => world.services.silence_relay(relay, true),
        Trouble::Faulty(fault) => {
            world.services.start_relay(relay, Some(fault)).expect("a relay");
        }
    }
}

fn end(world: &mut World, relay: u8, trouble: Trouble) {
    if matches!(trouble, Trouble::Silent) {
        world.services.silence_relay(relay, false);
    } else {
        world.services.start_relay(relay, None).expect("a relay");
    }
}

/// The rows as a person reads them.
pub(super) fn table(rows: &Value) -> String {
    let mut table = "one relay of three\n".to_owned();
    for row in rows.as_array().into_iter().flatten() {
        let _ = writeln!(
            table,
            "  {:<18}{:>6} % of {:>3}   p50 {:>6.0} ms   p95 {:>6.0} ms",
            row["trouble"].as_str().unwrap_or_default(),
            row["success_percent"],
            row["tries"],
            row["p50_ms"].as_f64().unwrap_or(f64::NAN),
            row["p95_ms"].as_f64().unwrap_or(f64::NAN),
        );
    }
    table
}

//! Whether two devices meet, and how fast, whatever networks they are in: real processes in the lab of `tests/lab`,
//! where every packet takes 50 ms.

mod faults;
mod party;

use std::{
    fmt::Write as _,
    path::Path,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use lab::{Kind, can_be_direct};
use serde_json::{Value, json};

pub(crate) use party::{Evidence, Meeting, World, Wrong, pause};

use crate::percentile;

/// Tries of each pair.
const TRIES: usize = 20;
const QUICK_TRIES: usize = 1;
/// Pairs that try at the same time.
pub(crate) const WORKERS: usize = 4;
/// How long a pair has to find its best way after the first message, which the mailbox may carry.
const IMPROVING: Duration = Duration::from_secs(10);

/// Where two devices are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Places {
    /// Each in a network of its own; the first shows the code.
    Apart(Kind, Kind),
    /// Both in one network.
    Together(Kind),
}

impl Places {
    fn all() -> Vec<Self> {
        // Of the two that let no UDP out, the one that lets less out stands for both.
        let kinds: Vec<_> =
            Kind::ALL.into_iter().filter(|kind| *kind != Kind::UdpBlocked).collect();
        let mut all = vec![Self::Together(Kind::PortRestricted)];
        for (at, a) in kinds.iter().enumerate() {
            all.extend(kinds.iter().skip(at).map(|b| Self::Apart(*a, *b)));
        }
        all
    }

    fn can_be_direct(self) -> bool {
        match self {
            Self::Apart(a, b) => can_be_direct(a, b),
            Self::Together(_) => true,
        }
    }

    fn name(self) -> String {
        let (a, b) = self.names();
        format!("{a}/{b}")
    }

    fn names(self) -> (String, String) {
        match self {
            Self::Apart(a, b) => (a.to_string(), b.to_string()),
            Self::Together(kind) => (kind.to_string(), "the same network".to_owned()),
        }
    }
}

/// How one try went.
#[derive(Debug, Clone)]
pub(crate) struct Outcome {
    pub(crate) to_message_ms: f64,
    to_receipt_ms: f64,
    path_at_first: String,
    path: String,
    bytes: u64,
}

/// Every pair of networks, and every fault of a relay.
pub(crate) fn run(quick: bool, only: &str, keep: Option<&Path>) -> Value {
    lab::become_root();
    let tries = if quick { QUICK_TRIES } else { TRIES };
    let world = World::keeping(keep).unwrap_or_else(|err| panic!("no lab: {err}"));
    let mut places = Places::all();
    places.retain(|at| at.name().contains(only));
    let outcomes: Mutex<Vec<(Places, Option<Outcome>)>> = Mutex::default();
    let todo: Vec<_> = (0..tries).flat_map(|n| places.iter().map(move |at| (n, *at))).collect();
    side_by_side(&todo, |(n, at)| {
        // Each shows the code as often as it scans it.
        let ordered = match at {
            Places::Apart(a, b) if n % 2 == 1 => Places::Apart(b, a),
            ordered => ordered,
        };
        let outcome = attempt(&world, ordered);
        outcomes.lock().expect("no panic").push((at, outcome));
    });
    let outcomes = outcomes.into_inner().expect("no panic");
    let pairs: Vec<_> = places.iter().map(|at| pair_figures(*at, &outcomes)).collect();
    let faults = if only.is_empty() { faults::run(world, quick) } else { json!([]) };
    let all: Vec<_> = outcomes.iter().filter_map(|(_, outcome)| outcome.as_ref()).collect();
    let times: Vec<_> = all.iter().map(|outcome| outcome.to_message_ms).collect();
    let can = |(at, outcome): &(Places, Option<Outcome>)| {
        at.can_be_direct().then(|| outcome.as_ref().is_some_and(|o| o.path == "direct"))
    };
    let directs: Vec<_> = outcomes.iter().filter_map(can).collect();
    let direct = directs.iter().filter(|is_direct| **is_direct).count();
    json!({
        "pairs": pairs,
        "faults": faults,
        "success_percent": percent(all.len(), outcomes.len()),
        // Of the tries in which it was possible.
        "direct_percent": percent(direct, directs.len()),
        "p50_ms": percentile(&times, 50),
        "p95_ms": percentile(&times, 95),
        "tries": outcomes.len(),
    })
}

/// Does all of it, some at the same time.
pub(crate) fn side_by_side<T: Copy + Sync>(todo: &[T], act: impl Fn(T) + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..WORKERS {
            scope.spawn(|| {
                while let Some(task) = todo.get(next.fetch_add(1, Ordering::Relaxed)) {
                    act(*task);
                }
            });
        }
    });
}

/// One try, with fresh networks and fresh devices; if it fails, what is left of it is named.
fn attempt(world: &World, at: Places) -> Option<Outcome> {
    let evidence = world.evidence().expect("a folder");
    match meet(world, at, &evidence) {
        Ok(outcome) => {
            evidence.note(&format!("{}: {outcome:?}", at.name()));
            Some(outcome)
        }
        Err(err) => {
            eprintln!("{}: {err}; see {}", at.name(), evidence.keep().display());
            None
        }
    }
}

fn meet(world: &World, at: Places, evidence: &Evidence) -> Result<Outcome, Wrong> {
    let (of_host, of_guest) = match at {
        Places::Apart(a, b) => (world.network(a)?, Some(world.network(b)?)),
        Places::Together(kind) => (world.network(kind)?, None),
    };
    let networks = [&of_host, of_guest.as_ref().unwrap_or(&of_host)];
    let mut meeting = Meeting::new(world, networks, evidence.dir())?;
    let path_at_first = meeting.host.path()?;
    let mut path = path_at_first.clone();
    let deadline = Instant::now() + IMPROVING;
    let best = if at.can_be_direct() { "direct" } else { "relayed" };
    while path != best && path != "direct" && Instant::now() < deadline {
        pause(Duration::from_millis(200));
        path = meeting.host.path()?;
    }
    Ok(Outcome {
        to_message_ms: meeting.to_message.as_secs_f64() * 1e3,
        to_receipt_ms: meeting.to_receipt.as_secs_f64() * 1e3,
        path_at_first,
        path,
        bytes: meeting.bytes,
    })
}

fn pair_figures(at: Places, outcomes: &[(Places, Option<Outcome>)]) -> Value {
    let of_pair: Vec<_> = outcomes.iter().filter(|(place, _)| *place == at).collect();
    let done: Vec<_> = of_pair.iter().filter_map(|(_, outcome)| outcome.as_ref()).collect();
    let count = |path: &str| done.iter().filter(|outcome| outcome.path == path).count();
    let times: Vec<_> = done.iter().map(|outcome| outcome.to_message_ms).collect();
    let receipts: Vec<_> = done.iter().map(|outcome| outcome.to_receipt_ms).collect();
    let bytes: Vec<_> = done.iter().map(|outcome| outcome.bytes as f64).collect();
    let (a, b) = at.names();
    json!({
        "a": a,
        "b": b,
        "can_be_direct": at.can_be_direct(),
        "direct": count("direct"),
        "relayed": count("relayed"),
        "mailbox": count("mailbox"),
        "failed": of_pair.len() - done.len(),
        "direct_at_first": done.iter().filter(|o| o.path_at_first == "direct").count(),
        "p50_ms": percentile(&times, 50),
        "p95_ms": percentile(&times, 95),
        "receipt_p50_ms": percentile(&receipts, 50),
        "p50_bytes": percentile(&bytes, 50),
    })
}

pub(crate) fn percent(part: usize, whole: usize) -> f64 {
    (part as f64 * 1_000.0 / whole.max(1) as f64).round() / 10.0
}

/// The pairs, the faults, and the figures of all.
pub(crate) fn table(figures: &Value) -> String {
    let mut table = format!(
        "{:<20}{:<20}{:<9}{:>7}{:>8}{:>8}{:>7}{:>9}{:>9}{:>10}\n",
        "", "", "theory", "direct", "relayed", "mailbox", "failed", "p50 ms", "p95 ms", "bytes"
    );
    let text = |row: &Value, key: &str| row[key].as_str().unwrap_or_default().to_owned();
    let count = |row: &Value, key: &str| row[key].as_u64().unwrap_or_default();
    for row in figures["pairs"].as_array().into_iter().flatten() {
        let theory = if row["can_be_direct"] == true { "direct" } else { "relayed" };
        let _ = writeln!(
            table,
            "{:<20}{:<20}{theory:<9}{:>7}{:>8}{:>8}{:>7}{:>9.0}{:>9.0}{:>10.0}",
            text(row, "a"),
            text(row, "b"),
            count(row, "direct"),
            count(row, "relayed"),
            count(row, "mailbox"),
            count(row, "failed"),
            row["p50_ms"].as_f64().unwrap_or(f64::NAN),
            row["p95_ms"].as_f64().unwrap_or(f64::NAN),
            row["p50_bytes"].as_f64().unwrap_or(f64::NAN),
        );
    }
    table += &faults::table(&figures["faults"]);
    for key in ["success_percent", "direct_percent", "p50_ms", "p95_ms", "tries"] {
        let _ = writeln!(table, "{key:<18}{:>10}", figures[key].to_string());
    }
    table
}

//! How long it takes to meet: devices in processes of their own, databases on disk, loopback UDP.

use std::time::Instant;

use app::cli::process::{Device, DeviceError};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{app_command, percentile};

const RUNS: usize = 50;
const QUICK_RUNS: usize = 5;
const GUESTS: usize = 10;

/// A device in a folder of its own.
fn device(dir: &TempDir, name: &str) -> Result<Device, DeviceError> {
    Device::start(app_command(), &dir.path().join(name))
}

/// From a decoded QR to the first message verified and stored at the other device.
pub(crate) fn scan_to_chat(quick: bool) -> Value {
    let runs = if quick { QUICK_RUNS } else { RUNS };
    let times: Vec<f64> =
        (0..runs).map(|_| scan_once().unwrap_or_else(|err| panic!("no chat: {err}"))).collect();
    json!({
        "p50_ms": percentile(&times, 50),
        "p95_ms": percentile(&times, 95),
        "runs": runs,
    })
}

/// Two fresh devices; milliseconds.
fn scan_once() -> Result<f64, DeviceError> {
    let dir = tempfile::tempdir().expect("a folder");
    let mut host = device(&dir, "host")?;
    let (room, invite) = host.create_room("Ada", "Campsite")?;
    let mut guest = device(&dir, "guest")?;
    guest.send(&json!({"cmd": "set_name", "name": "Ben"}))?;
    guest.wait_for("name_changed", |_| true)?;

    let decoded = Instant::now();
    guest.send(&json!({"cmd": "accept_invite", "invite": invite}))?;
    guest.wait_for("room_joined", |_| true)?;
    guest.send(&json!({"cmd": "send", "room": room, "text": "hello"}))?;
    let stored = host.wait_for_text("hello")?;
    Ok(stored.saturating_duration_since(decoded).as_secs_f64() * 1e3)
}

/// Ten devices dial one QR at the same moment; then everyone says something.
pub(crate) fn ten_at_once() -> Value {
    meet_at_once().unwrap_or_else(|err| panic!("they did not meet: {err}"))
}

fn meet_at_once() -> Result<Value, DeviceError> {
    let dir = tempfile::tempdir().expect("a folder");
    let mut host = device(&dir, "host")?;
    let (room, invite) = host.create_room("Ada", "Campsite")?;
    let mut guests = Vec::new();
    for n in 0..GUESTS {
        let mut guest = device(&dir, &format!("guest{n}"))?;
        guest.send(&json!({"cmd": "set_name", "name": format!("Guest {n}")}))?;
        guest.wait_for("name_changed", |_| true)?;
        guests.push(guest);
    }

    let decoded = Instant::now();
    for guest in &mut guests {
        guest.send(&json!({"cmd": "accept_invite", "invite": invite}))?;
    }
    let mut times = Vec::new();
    for guest in &mut guests {
        // Read by a thread for each guest, so waiting for one does not delay another's stamp.
        let (at, _) = guest.wait_for("room_joined", |_| true)?;
        times.push(at.saturating_duration_since(decoded).as_secs_f64() * 1e3);
    }
    for (n, guest) in guests.iter_mut().enumerate() {
        guest.send(&json!({"cmd": "send", "room": room, "text": format!("I am guest {n}")}))?;
    }
    for guest in guests.iter_mut().chain([&mut host]) {
        for n in 0..GUESTS {
            let said = format!("I am guest {n}");
            let heard = |e: &Value| e.pointer("/message/text").is_some_and(|t| *t == said);
            if !guest.events.iter().any(heard) {
                guest.wait_for_text(&said)?;
            }
        }
    }
    Ok(json!({
        "connected": times.len(),
        "p50_ms": percentile(&times, 50),
        "p95_ms": percentile(&times, 95),
        "all_messages_ms": decoded.elapsed().as_millis(),
    }))
}

/// The figures as a person reads them.
pub(crate) fn table(figures: &Value) -> String {
    let rows = figures.as_object().into_iter().flatten();
    rows.map(|(key, value)| format!("{key:<26}{value:>10}\n")).collect()
}

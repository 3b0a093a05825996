//! What is asked of the device itself rather than of a room, and what it answers.

use engine::Command;
use serde::Deserialize;
use serde_json::{Value, json};

use super::json::is_one_of;
use crate::{
    backend::{LinkInfo, NetInfo, WifiWish},
    stats::SuccessStats,
};

/// What a line asks for.
#[derive(Debug)]
pub(super) enum Wish {
    Command(Command),
    /// Through the camera of this number, or the first.
    ScanCamera(Option<u32>),
    Links,
    Stats,
    Radio,
    Screen(bool),
    Wifi(WifiWish),
    Quit,
}

/// A line read about the device.
#[derive(Debug, Deserialize)]
#[serde(tag = "cmd", rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    ScanCamera { camera: Option<u32> },
    Links,
    Stats,
    Radio,
    Screen { on: bool },
    Quit,
}

/// Every [`Line`] there is.
const NAMES: [&str; 6] = ["scan_camera", "links", "stats", "radio", "screen", "quit"];

/// What the line asks for, if it is about the device.
///
/// # Errors
///
/// A sentence says what is wrong with it.
pub(super) fn parse(line: &Value) -> Result<Option<Wish>, String> {
    if !is_one_of(line, &NAMES) {
        return Ok(None);
    }
    let line = Line::deserialize(line).map_err(|err| err.to_string())?;
    Ok(Some(match line {
        Line::ScanCamera { camera } => Wish::ScanCamera(camera),
        Line::Links => Wish::Links,
        Line::Stats => Wish::Stats,
        Line::Radio => Wish::Radio,
        Line::Screen { on } => Wish::Screen(on),
        Line::Quit => Wish::Quit,
    }))
}

/// The line for what is known of the links.
pub(super) fn links(links: &[LinkInfo]) -> Value {
    let links: Vec<_> = links.iter().map(link).collect();
    json!({"event": "links", "links": links})
}

/// The line for how well devices found each other.
pub(super) fn stats(stats: &SuccessStats) -> Value {
    json!({"event": "stats", "stats": stats, "text": stats.to_text()})
}

/// The line for Bluetooth.
pub(super) fn radio(net: &NetInfo) -> Value {
    let percent = |permille: u16| f64::from(permille) / 10.0;
    json!({
        "event": "radio",
        "state": net.bluetooth,
        "mode": net.radio_use.mode,
        "on_percent": percent(net.radio_use.permille),
        "on_percent_so_far": percent(net.radio_use.permille_so_far),
    })
}

fn link(link: &LinkInfo) -> Value {
    let phases: Vec<_> = link.phases.iter().map(|p| json!([p.name, millis(p.after)])).collect();
    json!({
        "link": link.id.0,
        "kind": format!("{:?}", link.kind).to_lowercase(),
        "role": format!("{:?}", link.role).to_lowercase(),
        "remote": link.remote,
        "path": format!("{:?}", link.path).to_lowercase(),
        "room": link.peer.map(|(room, _)| room.to_string()),
        "peer": link.peer.map(|(_, peer)| peer.to_string()),
        "round_trip_ms": link.round_trip.map(millis),
        "age_ms": millis(link.age),
        "phases_ms": phases,
        "bytes_sent": link.bytes_sent,
        "bytes_received": link.bytes_received,
        "closed": link.closed.map(|why| format!("{why:?}")),
    })
}

pub(super) fn millis(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

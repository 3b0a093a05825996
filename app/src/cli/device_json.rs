//! What is asked of the device itself rather than of a room, and what it answers.

use engine::Command;
use serde::Deserialize;
use serde_json::{Value, json};

use super::json::is_one_of;
use crate::{
    backend::{LinkInfo, NetInfo, WaysInfo, WifiWish},
    stats::SuccessStats,
    ui::ways,
};

/// What a line asks for.
#[derive(Debug)]
pub(super) enum Wish {
    Command(Command),
    /// Through the camera of this number, or the first.
    ScanCamera(Option<u32>),
    Links,
    Ways,
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
    Ways,
    Stats,
    Radio,
    Screen { on: bool },
    Quit,
}

/// Every [`Line`] there is.
const NAMES: [&str; 7] = ["scan_camera", "links", "ways", "stats", "radio", "screen", "quit"];

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
        Line::Ways => Wish::Ways,
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

/// The line for how everybody is reached, and why no other way.
pub(super) fn ways(ways: &[WaysInfo]) -> Value {
    let ways: Vec<_> = ways.iter().map(way).collect();
    json!({"event": "ways", "ways": ways})
}

fn way(info: &WaysInfo) -> Value {
    let choice = info.choice.iter();
    let attempts = choice.clone().flat_map(|choice| &choice.attempts);
    let tried: Vec<_> = attempts
        .map(|attempt| json!({"way": attempt.way, "after_ms": millis(attempt.after)}))
        .collect();
    let rejected: Vec<_> = choice
        .flat_map(|choice| &choice.rejected)
        .map(|(way, why)| json!({"way": way, "why": why, "words": why.words()}))
        .collect();
    json!({
        "room": info.peer.map(|(room, _)| room.to_string()),
        "peer": info.peer.map(|(_, peer)| peer.to_string()),
        "used": info.used.map(|path| format!("{path:?}").to_lowercase()),
        "why": ways::why(info),
        "tried": tried,
        "rejected": rejected,
    })
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
        "stranger": link.is_stranger,
        "room": link.peer.map(|(room, _)| room.to_string()),
        "peer": link.peer.map(|(_, peer)| peer.to_string()),
        "round_trip_ms": link.round_trip.map(millis),
        "max_packet": link.max_packet,
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

#[cfg(test)]
mod tests {
    use serde_json::json;
    use transport::{
        LinkPath,
        chooser::{Network, Peer, Progress, Reason, Situation, choose},
    };

    use super::{Wish, parse, ways};
    use crate::backend::WaysInfo;

    #[test]
    fn script_is_told_which_way_is_used_and_why_no_other() {
        let here = Situation {
            network: Network::Local,
            has_relays: false,
            is_metered: false,
            no_relaying: None,
            no_bluetooth: Some(Reason::BluetoothOff),
            is_sparing: false,
        };
        let peer = Peer { has_address: true, can_be_heard: true };
        let choice = Some(choose(peer, &here, Progress::default()));
        let asked = parse(&json!({"cmd": "ways"})).expect("a line").expect("about the device");
        assert!(matches!(asked, Wish::Ways));

        let told = ways(&[WaysInfo { peer: None, used: None, choice }]);

        assert_eq!(told["ways"][0]["tried"], json!([{"way": "direct", "after_ms": 0.0}]));
        let off = json!({"way": "bluetooth", "why": "bluetooth_off", "words": "Bluetooth is switched off"});
        assert_eq!(told["ways"][0]["rejected"][2], off);
        let linked = WaysInfo { peer: None, used: Some(LinkPath::Relayed), choice: None };
        assert_eq!(ways(&[linked])["ways"][0]["used"], json!("relayed"));
    }
}

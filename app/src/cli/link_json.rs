//! Links, and how well devices found each other, as JSON lines.

use serde_json::{Value, json};

use crate::{backend::LinkInfo, stats::SuccessStats};

/// The line for what is known of the links.
pub(super) fn links(links: &[LinkInfo]) -> Value {
    let links: Vec<_> = links.iter().map(link).collect();
    json!({"event": "links", "links": links})
}

/// The line for how well devices found each other.
pub(super) fn stats(stats: &SuccessStats) -> Value {
    json!({"event": "stats", "stats": stats, "text": stats.to_text()})
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

/// Milliseconds, to the microsecond.
pub(super) fn millis(duration: std::time::Duration) -> f64 {
    (duration.as_secs_f64() * 1e6).round() / 1e3
}

//! What goes on inside, for those who want to know why something does not work.

use std::fmt::Write as _;

use egui::{Label, RichText, TextWrapMode, Ui};
use engine::{PeerId, RoomId};
use transport::{
    LinkFailure, Role, TransportKind,
    ble::{Mode, RadioState, RadioUse},
    wifi::WifiStatus,
};

use super::{
    action::Action,
    clock, layout,
    theme::{SPACE_L, SPACE_M, SPACE_S, SPACE_XS, palette},
    ways,
    widgets::{
        button::{self, Weight},
        card,
        icon::Icon,
        status_dot::{Status, status_lines},
        text,
    },
    wifi,
};
use crate::backend::{LinkInfo, WaysInfo, Whereabouts};

/// What the diagnostics show.
pub struct DiagnosticsView<'a> {
    /// Where this device and its data are.
    pub whereabouts: &'a Whereabouts,
    /// Whether Bluetooth can be used.
    pub bluetooth: RadioState,
    /// What its radio is used for.
    pub radio_use: RadioUse,
    /// How Wi-Fi stands, once that was told.
    pub wifi: Option<&'a WifiStatus>,
    /// How everybody is reached who is linked or looked for.
    pub ways: &'a [WaysInfo],
    /// Every link.
    pub links: &'a [LinkInfo],
    /// The last lines of the log.
    pub log: &'a [String],
    /// The name of a peer in a room, for people.
    pub names: &'a dyn Fn(RoomId, PeerId) -> String,
}

impl std::fmt::Debug for DiagnosticsView<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DiagnosticsView").field("links", &self.links).finish_non_exhaustive()
    }
}

/// Shows the diagnostics.
pub fn diagnostics_ui(ui: &mut Ui, view: &DiagnosticsView<'_>, actions: &mut Vec<Action>) {
    layout::titled_bar(ui, true, "Diagnostics", actions);
    layout::column(ui, "diagnostics", |ui| {
        if button::wide(ui, Weight::Primary, Some(Icon::Copy), "Copy report").clicked() {
            actions.push(Action::Copy { text: report(view), note: "Report copied." });
        }
        ui.add_space(SPACE_M);
        text::title(ui, "Bluetooth");
        ui.add_space(SPACE_XS);
        text::hint(ui, bluetooth(view.bluetooth));
        if view.bluetooth == RadioState::Ready {
            text::hint(ui, &radio_use(view.radio_use));
        }
        if let Some(status) = view.wifi {
            ui.add_space(SPACE_M);
            text::title(ui, "Wi-Fi without a router");
            ui.add_space(SPACE_XS);
            text::hint(ui, &wifi::words(status));
        }
        ui.add_space(SPACE_M);
        text::title(ui, "Ways to others");
        ui.add_space(SPACE_XS);
        if view.ways.is_empty() {
            text::hint(ui, "Nobody is connected or being looked for.");
        }
        for info in view.ways {
            ways::ways_ui(ui, info, view.names);
            ui.add_space(SPACE_S);
        }
        ui.add_space(SPACE_L);
        text::title(ui, "Links");
        ui.add_space(SPACE_XS);
        if view.links.is_empty() {
            text::hint(ui, "No device has been connected since this app was started.");
        }
        for link in view.links {
            link_ui(ui, link, view);
            ui.add_space(SPACE_S);
        }
        ui.add_space(SPACE_L);
        text::title(ui, "Log");
        ui.add_space(SPACE_XS);
        log_ui(ui, view.log);
    });
}

fn link_ui(ui: &mut Ui, link: &LinkInfo, view: &DiagnosticsView<'_>) {
    card::card(ui, |ui| {
        let who = who(link, view);
        text::body(ui, &who);
        status_lines(ui, status(link), &state(link));
        for line in details(link) {
            text::small(ui, &line);
        }
    });
}

fn who(link: &LinkInfo, view: &DiagnosticsView<'_>) -> String {
    match link.peer {
        Some((room, peer)) => format!("Link {}: {}", link.id.0, (view.names)(room, peer)),
        None if link.is_stranger => format!("Link {}: a stranger, to carry messages", link.id.0),
        None => format!("Link {}: not yet proved who", link.id.0),
    }
}

fn status(link: &LinkInfo) -> Status {
    match (&link.closed, link.peer) {
        (Some(_), _) => Status::Offline,
        (None, Some(_)) => Status::Connected,
        (None, None) if link.is_stranger => Status::Connected,
        (None, None) => Status::Connecting,
    }
}

fn state(link: &LinkInfo) -> String {
    match link.closed {
        None if link.peer.is_some() || link.is_stranger => "connected".to_owned(),
        None => "connecting".to_owned(),
        Some(why) => format!("closed: {}", failure(why)),
    }
}

fn details(link: &LinkInfo) -> Vec<String> {
    let direction = match link.role {
        Role::Dialer => "dialed to",
        Role::Listener => "dialed from",
    };
    let mut lines = vec![format!(
        "{}, {direction} {}, {} ago",
        kind(link.kind),
        link.remote,
        clock::span(link.age)
    )];
    let trip = link
        .round_trip
        .map_or_else(String::new, |trip| format!("round trip {}, ", clock::span(trip)));
    let packets = link.max_packet.map_or_else(String::new, |len| format!(", packets of {len}"));
    let (out, inward) = (link.bytes_sent, link.bytes_received);
    lines.push(format!("{trip}{out} bytes out, {inward} bytes in{packets}"));
    if !link.phases.is_empty() {
        let steps = link.phases.iter().map(|p| format!("{} {}", p.name, clock::span(p.after)));
        lines.push(steps.collect::<Vec<_>>().join("  \u{2022}  "));
    }
    lines
}

fn log_ui(ui: &mut Ui, log: &[String]) {
    let colors = palette(ui);
    card::card(ui, |ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.style_mut().wrap_mode = Some(TextWrapMode::Wrap);
        if log.is_empty() {
            text::hint(ui, "Nothing was logged yet.");
        }
        for line in log {
            ui.add(
                Label::new(RichText::new(line).monospace().color(colors.muted)).selectable(true),
            );
        }
    });
}

/// Everything as text, to be sent to those who can help.
pub fn report(view: &DiagnosticsView<'_>) -> String {
    let mut report = String::from(concat!("Festival Chat ", env!("CARGO_PKG_VERSION"), "\n"));
    // Writing to a string cannot fail.
    let _ = writeln!(report, "{} {}", std::env::consts::OS, std::env::consts::ARCH);
    let _ = writeln!(report, "reachable at: {}", view.whereabouts.addrs.join(", "));
    let _ = writeln!(report, "Bluetooth: {}", bluetooth(view.bluetooth));
    if view.bluetooth == RadioState::Ready {
        let _ = writeln!(report, "{}", radio_use(view.radio_use));
    }
    if let Some(status) = view.wifi {
        let _ = writeln!(report, "Wi-Fi without a router: {}", wifi::words(status));
    }
    for info in view.ways {
        for line in ways::lines(info, view.names) {
            let _ = writeln!(report, "{line}");
        }
    }
    for link in view.links {
        let _ = writeln!(report, "{}: {}", who(link, view), state(link));
        for line in details(link) {
            let _ = writeln!(report, "  {line}");
        }
    }
    for line in view.log {
        let _ = writeln!(report, "{line}");
    }
    report
}

/// The name of a technology.
pub fn kind(kind: TransportKind) -> &'static str {
    match kind {
        TransportKind::Memory => "Memory",
        TransportKind::WebRtc => "WebRTC",
        TransportKind::Ble => "Bluetooth",
    }
}

/// How Bluetooth stands, and what to do about it.
fn bluetooth(state: RadioState) -> &'static str {
    match state {
        RadioState::Starting => "It is being looked for.",
        RadioState::Ready => "On: people nearby are found without any network.",
        RadioState::Off => "Off: switch it on to find people nearby without any network.",
        RadioState::Missing => "This device has none, or its service does not run.",
        RadioState::Denied => "This app may not use it: allow that in the system's settings.",
        RadioState::Unsupported => "This app cannot use it on this system yet.",
    }
}

/// How much of the time the radio is on, and why.
fn radio_use(radio: RadioUse) -> String {
    let why = match radio.mode {
        Mode::Seeking => "Somebody is being looked for",
        Mode::Active => "Messages are passing",
        Mode::Near => "Somebody is near",
        Mode::Alone => "Nobody is near",
        Mode::ScreenOff => "The screen is off",
    };
    let percent = |permille: u16| f64::from(permille) / 10.0;
    format!(
        "{why}: the radio is on {} % of the time, {} % since the start.",
        percent(radio.permille),
        percent(radio.permille_so_far)
    )
}

fn failure(why: LinkFailure) -> &'static str {
    match why {
        LinkFailure::HungUp => "this device hung up",
        LinkFailure::PeerHungUp => "the other device hung up",
        LinkFailure::Silent => "the other device fell silent",
        LinkFailure::Moved => "this device moved to another network",
        LinkFailure::Broken => "the network failed",
    }
}

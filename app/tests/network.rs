//! A real device whose network changes beneath it, in a network namespace. Needs the right to make
//! one.

#![cfg(target_os = "linux")]

use std::{
    net::SocketAddr,
    process::{Command, id},
    time::{Duration, Instant},
};

use app::cli::process::Device;
use engine::Invite;
use serde_json::{Value, json};

/// A change is noticed within a second, where nothing else keeps the machine busy; this is several
/// times that.
const SOON: Duration = Duration::from_secs(5);

/// Runs `ip` with these words.
fn ip(words: &str) {
    let out = Command::new("ip").args(words.split_whitespace()).output();
    let out = out.expect("`ip` is installed: iproute2");
    let why = String::from_utf8_lossy(&out.stderr);
    assert!(out.status.success(), "`ip {words}` needs root: {why}");
}

/// A network namespace with one interface, gone when dropped.
struct Place(String);

impl Place {
    fn new(addr: &str) -> Self {
        let place = Self(format!("fcnet{}", id()));
        ip(&format!("netns add {}", place.0));
        place.ip("link set lo up");
        place.ip("link add lan0 type veth peer name far0");
        place.ip("link set far0 up");
        place.ip("link set lan0 up");
        place.ip(&format!("addr add {addr} dev lan0"));
        place
    }

    /// Runs `ip` inside of it.
    fn ip(&self, words: &str) {
        ip(&format!("-n {} {words}", self.0));
    }

    /// What runs the program inside of it.
    fn festival(&self) -> Command {
        let mut command = Command::new("ip");
        command.args(["netns", "exec", &self.0, env!("CARGO_BIN_EXE_festival")]);
        command
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = Command::new("ip").args(["netns", "delete", &self.0]).output();
    }
}

/// The addresses of the invite an event brings, without their ports.
fn hosts(event: &Value) -> Vec<String> {
    let text = event.pointer("/invite").and_then(Value::as_str).expect("an invite");
    let invite = Invite::parse(text).expect("a valid invite");
    let socket = |addr: &engine::Addr| {
        let kind = transport::AddrKind::Socket;
        transport::Addr { kind, bytes: addr.bytes.clone() }.to_socket_addr()
    };
    invite.addrs.iter().filter_map(socket).map(|addr: SocketAddr| addr.ip().to_string()).collect()
}

#[test]
fn invite_on_the_screen_follows_a_change_of_network_at_once() {
    let place = Place::new("10.3.0.1/24");
    let data = tempfile::tempdir().expect("a folder");
    let mut device = Device::start(place.festival(), data.path()).expect("started");
    device.send(&json!({"cmd": "set_name", "name": "Ada"})).expect("listens");
    device.send(&json!({"cmd": "create_room", "name": "Campsite"})).expect("listens");
    let is_here = |event: &Value| hosts(event).contains(&"10.3.0.1".to_owned());
    device.wait_for("invite_ready", is_here).expect("an invite to here");

    place.ip("addr del 10.3.0.1/24 dev lan0");
    place.ip("addr add 10.4.0.1/24 dev lan0");
    let moved = Instant::now();
    let is_there = |event: &Value| hosts(event).contains(&"10.4.0.1".to_owned());
    let (at, event) = device.wait_for("invite_ready", is_there).expect("an invite to there");

    let after = at.saturating_duration_since(moved);
    println!("noticed after {after:?}");
    assert!(after < SOON, "{after:?}");
    assert!(!is_here(&event));
    device.quit().expect("ends well");
}

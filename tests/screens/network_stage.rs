//! The stage for the screens about the network: a device on the internet, and what it has found out.

use std::time::Duration;

use app::{
    backend::{NetInfo, RelayInfo, RelayState, SelfTest, StepState, TestStep},
    chat_app::ChatApp,
    stats::{Circumstances, Outcome, SuccessStats},
};
use egui_kittest::{Harness, kittest::Queryable as _};
use transport::{
    TransportKind,
    servers::{Servers, TurnServer},
};

use crate::stage::{Looking, Shared, settled};

/// A device that most relays serve.
pub(crate) fn on_the_internet() -> NetInfo {
    let open = |millis| RelayState::Open { round_trip: Duration::from_millis(millis) };
    let waiting = RelayState::Waiting {
        retry_after: Duration::from_secs(40),
        why: "it does not answer".to_owned(),
    };
    let states = [open(38), open(51), waiting, open(120), open(64)];
    let relays = Servers::shipped().relays.into_iter().zip(states);
    NetInfo {
        relays: relays.map(|(url, state)| RelayInfo { url, state }).collect(),
        nat: transport::nat::NatKind::EndpointIndependent,
        public: vec!["203.0.113.9:40911".to_owned()],
        idle_bytes_today: 812_000,
        is_metered: false,
        bluetooth: transport::ble::RadioState::Ready,
    }
}

/// Scrolls to what has this label and clicks it.
pub(crate) fn reach(harness: &mut Harness<'static, ChatApp>, label: &str) {
    harness.get_by_label(label).scroll_to_me();
    harness.run_steps(4);
    harness.get_by_label(label).click();
    harness.run_steps(6);
}

/// One of the screens about the network, by the name of the button that leads to it.
pub(crate) fn network(looking: Looking, label: &str) -> (Harness<'static, ChatApp>, Shared) {
    let (mut harness, shared) = settled(looking);
    {
        let mut script = shared.borrow_mut();
        script.test = tested();
        script.stats = counted();
        script.servers.servers.turn = vec![own_turn()];
    }
    reach(&mut harness, "Settings");
    reach(&mut harness, label);
    shared.borrow_mut().test.is_running = false;
    harness.run_steps(4);
    (harness, shared)
}

/// A TURN server of one's own.
pub(crate) fn own_turn() -> TurnServer {
    TurnServer {
        url: "turns:turn.festival.example:443".to_owned(),
        username: "ana".to_owned(),
        password: Some("a word".to_owned()),
        secret: None,
    }
}

/// A self-test that is over.
pub(crate) fn tested() -> SelfTest {
    let step = |name: &str, server: Option<&str>, state| TestStep {
        name: name.to_owned(),
        server: server.map(str::to_owned),
        state,
    };
    let ok = |how: &str| StepState::Ok(how.to_owned());
    let relay =
        |name: &str, state| step(&format!("Relay {name}"), Some(&format!("wss://{name}")), state);
    let silent = || StepState::Failed("it does not answer, or a firewall is in between".to_owned());
    SelfTest {
        steps: vec![
            step("Addresses of this device", None, ok("192.168.1.20:40911")),
            step("This network", None, ok("UDP works")),
            step(
                "IPv6",
                None,
                StepState::Skipped("this network has none; IPv4 does as well".to_owned()),
            ),
            step(
                "Between here and the internet",
                None,
                ok("a router that keeps its ports (cone NAT); public address 203.0.113.9"),
            ),
            step(
                "STUN stun.l.google.com:19302",
                Some("stun:stun.l.google.com:19302"),
                ok("sees this device at 203.0.113.9:40911, 31 ms"),
            ),
            relay("relay.damus.io", ok("answers in 38 ms")),
            relay("nos.lol", ok("answers in 51 ms")),
            relay("relay.primal.net", silent()),
            step(
                "TURN turns:turn.festival.example:443",
                Some("turns:turn.festival.example:443"),
                ok("passes on from 198.51.100.7:49160, ready in 96 ms"),
            ),
        ],
        conclusion: Some("Friends are reached directly almost everywhere.".to_owned()),
        is_running: false,
    }
}

/// What came of a week of looking for others.
pub(crate) fn counted() -> SuccessStats {
    let mut stats = SuccessStats::default();
    for (nat, outcome, count, millis) in [
        ("cone", Outcome::Direct, 88, 400),
        ("cone", Outcome::Direct, 14, 2_100),
        ("cone", Outcome::Unreachable, 5, 60_000),
        ("symmetric", Outcome::Relayed, 17, 1_300),
        ("symmetric", Outcome::Unreachable, 3, 60_000),
        ("blocked", Outcome::NoAddress, 1, 0),
    ] {
        for nth in 0..count {
            let day = format!("2026-11-{:02}", 17 + nth % 7);
            let here = Circumstances { transport: TransportKind::WebRtc, nat };
            stats.count(day, here, outcome, Duration::from_millis(millis));
        }
    }
    stats
}

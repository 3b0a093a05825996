//! What a link costs that goes through a TURN server: Debian's coturn, over UDP, TCP and TLS, with
//! one end of the link on it or both, as a stream or as datagrams, beside a direct link.

use coturn::{Coturn, PASSWORD, USERNAME};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;
use transport::{
    Callee, DialKey, Link, Transport as _,
    servers::TurnServer,
    tls::{Tls, client_config},
    webrtc::{Relayed, Trial, WebRtcConfig, WebRtcTransport, try_turn},
};

use crate::{
    link::{bulk, millis, pings},
    percentile, process,
};

const OPENINGS: usize = 30;
/// Rounds of each way in turn, so that a slow moment of the machine hits all alike.
const ROUNDS: usize = 9;
const BULK_MIB: usize = 64;

/// Measures, and says it as the object that `--json` prints.
pub(crate) fn run(quick: bool) -> Value {
    let (openings, rounds, mib) = if quick { (2, 1, 16) } else { (OPENINGS, ROUNDS, BULK_MIB) };
    process::runtime().block_on(measure(openings, rounds, mib))
}

/// Which ends of a link are on the server, and how the link goes: its name in the figures, and what
/// a person reads.
const KINDS: [(Relayed, &str, &str); 5] = [
    (Relayed::OneStream, "caller_stream", "a stream, the caller on it"),
    (Relayed::OneVisitor, "callee_stream", "a stream, the callee on it"),
    (Relayed::BothStreams, "both_streams", "a stream, both ends on it"),
    (Relayed::OneEnd, "caller_datagrams", "datagrams, the caller on it"),
    (Relayed::BothEnds, "both_datagrams", "datagrams, both ends on it"),
];

/// What is told of each of them.
const FIGURES: [(&str, &str, &str); 5] = [
    ("added_rtt_us", "round trip, added", "us"),
    ("from_mib_per_s", "64 MiB from the caller", "MiB/s"),
    ("to_mib_per_s", "64 MiB to the caller", "MiB/s"),
    ("slowest_mib_per_s", "the slowest round", "MiB/s"),
    ("open_ms_p50", "to open link, p50", "ms"),
];

/// One way to the server.
struct Way {
    name: &'static str,
    allocated: Vec<f64>,
    links: Vec<Measured>,
}

/// A link through the server, and what was measured on it.
struct Measured {
    name: &'static str,
    trial: Trial,
    opened: Vec<f64>,
    round_trips: Vec<f64>,
    from: Vec<f64>,
    to: Vec<f64>,
}

impl Way {
    async fn open(name: &'static str, server: &TurnServer, tls: &Tls, openings: usize) -> Self {
        let (mut allocated, mut links) = (Vec::new(), Vec::new());
        for (relayed, kind, _told) in KINDS {
            let mut opened = Vec::new();
            for _ in 0..openings {
                let trial = open(server, tls, relayed).await;
                if relayed == Relayed::BothEnds {
                    allocated.push(millis(trial.allocated));
                }
                opened.push(millis(trial.opened));
            }
            let trial = open(server, tls, relayed).await;
            let (round_trips, from, to) = (Vec::new(), Vec::new(), Vec::new());
            links.push(Measured { name: kind, trial, opened, round_trips, from, to });
        }
        Self { name, allocated, links }
    }
}

impl Measured {
    async fn round(&mut self, mib: usize) {
        let Trial { dialer, listener, .. } = &mut self.trial;
        self.round_trips.push(percentile(&pings(dialer, listener).await, 50));
        self.from.push(bulk(dialer, listener, mib).await.0);
        self.to.push(bulk(listener, dialer, mib).await.0);
    }

    /// In the order of [`FIGURES`].
    fn figures(&self, direct: f64) -> [f64; FIGURES.len()] {
        [
            ((percentile(&self.round_trips, 50) - direct) * 1e3).round(),
            percentile(&self.from, 50),
            percentile(&self.to, 50),
            percentile(&self.from, 0).min(percentile(&self.to, 0)),
            percentile(&self.opened, 50),
        ]
    }
}

async fn measure(openings: usize, rounds: usize, mib: usize) -> Value {
    let coturn = Coturn::start();
    let tls = client_config(Some(&coturn.trust())).expect("coturn's certificate");
    let mut ways = Vec::new();
    for (name, url) in [("udp", coturn.udp()), ("tcp", coturn.tcp()), ("tls", coturn.tls())] {
        let server = TurnServer {
            url,
            username: USERNAME.to_owned(),
            password: Some(PASSWORD.to_owned()),
            secret: None,
        };
        ways.push(Way::open(name, &server, &tls, openings).await);
    }
    let (mut ours, mut theirs, _listener) = direct().await;
    let mut direct_round_trips = Vec::new();
    for _ in 0..rounds {
        direct_round_trips.push(percentile(&pings(&mut ours, &mut theirs).await, 50));
        for link in ways.iter_mut().flat_map(|way| &mut way.links) {
            link.round(mib).await;
        }
    }
    let direct = percentile(&direct_round_trips, 50);
    let mut figures = Map::new();
    figures.insert("direct_rtt_us".to_owned(), json!((direct * 1e3).round()));
    for way in &ways {
        let allocated = json!(percentile(&way.allocated, 50));
        figures.insert(format!("{}_allocate_ms_p50", way.name), allocated);
        for link in &way.links {
            for ((figure, ..), value) in FIGURES.iter().zip(link.figures(direct)) {
                figures.insert(format!("{}_{}_{figure}", way.name, link.name), json!(value));
            }
        }
    }
    Value::Object(figures)
}

/// The figures as a person reads them.
pub(crate) fn table(figures: &Value) -> String {
    let mut table = format!("{:<30}{:>10}{:>10}{:>10}\n", "through coturn", "UDP", "TCP", "TLS");
    let mut row = |told: &str, key: &str, unit: &str| {
        let value = |way: &str| {
            figures.get(format!("{way}_{key}")).map(ToString::to_string).unwrap_or_default()
        };
        let [udp, tcp, tls] = ["udp", "tcp", "tls"].map(value);
        table.push_str(&format!("{told:<30}{udp:>10}{tcp:>10}{tls:>10} {unit}\n"));
    };
    row("an address on the server, p50", "allocate_ms_p50", "ms");
    for (_relayed, kind, told) in KINDS {
        row(told, "", "");
        for (figure, what, unit) in FIGURES {
            row(&format!("  {what}"), &format!("{kind}_{figure}"), unit);
        }
    }
    table
}

async fn open(server: &TurnServer, tls: &Tls, relayed: Relayed) -> Trial {
    try_turn(server, tls, relayed).await.expect("coturn works")
}

/// A direct link to compare with.
async fn direct() -> (Link, Link, Box<dyn transport::Listener>) {
    let key = DialKey::from_bytes([7; 32]);
    let callee = Callee::from_bytes([1; 16]);
    let transport =
        WebRtcTransport::new(WebRtcConfig { loopback: true, ..WebRtcConfig::default() });
    let (links, mut incoming) = mpsc::channel(1);
    let listener = transport.listen(links).expect("a port");
    listener.admit(key, callee);
    let dialer = transport.dial(&listener.addrs(), key, callee).await.expect("reachable");
    (dialer, incoming.recv().await.expect("listening"), listener)
}

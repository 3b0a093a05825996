//! What a link costs that goes through a TURN server: Debian's coturn, over UDP, TCP and TLS, with
//! one end of the link on it or both, beside a direct link.

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

/// One way to the server.
struct Way {
    name: &'static str,
    /// With both ends on the server.
    both: Trial,
    /// With the dialer's end on it.
    one: Trial,
    /// With the dialer's end on it, and a stream that leads there.
    stream: Trial,
    rates: Vec<f64>,
    /// From the end on the server, and to it.
    from: Vec<f64>,
    to: Vec<f64>,
    round_trips: Vec<f64>,
    /// The same as a stream.
    stream_from: Vec<f64>,
    stream_to: Vec<f64>,
    stream_round_trips: Vec<f64>,
    stream_opened: Vec<f64>,
    /// With both ends on it, and a stream between.
    both_streams: Trial,
    both_from: Vec<f64>,
    both_to: Vec<f64>,
    both_round_trips: Vec<f64>,
    both_opened: Vec<f64>,
    opened: Vec<f64>,
    allocated: Vec<f64>,
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
        let (mut opened, mut allocated) = (Vec::new(), Vec::new());
        for _ in 0..openings {
            let trial = open(&server, &tls, Relayed::BothEnds).await;
            allocated.push(millis(trial.allocated));
            opened.push(millis(trial.opened));
        }
        let mut stream_opened = Vec::new();
        for _ in 0..openings {
            stream_opened.push(millis(open(&server, &tls, Relayed::OneStream).await.opened));
        }
        let mut both_opened = Vec::new();
        for _ in 0..openings {
            both_opened.push(millis(open(&server, &tls, Relayed::BothStreams).await.opened));
        }
        ways.push(Way {
            name,
            both: open(&server, &tls, Relayed::BothEnds).await,
            one: open(&server, &tls, Relayed::OneEnd).await,
            stream: open(&server, &tls, Relayed::OneStream).await,
            rates: Vec::new(),
            from: Vec::new(),
            to: Vec::new(),
            round_trips: Vec::new(),
            stream_from: Vec::new(),
            stream_to: Vec::new(),
            stream_round_trips: Vec::new(),
            stream_opened,
            both_streams: open(&server, &tls, Relayed::BothStreams).await,
            both_from: Vec::new(),
            both_to: Vec::new(),
            both_round_trips: Vec::new(),
            both_opened,
            opened,
            allocated,
        });
    }
    let (mut ours, mut theirs, _listener) = direct().await;
    let mut direct_round_trips = Vec::new();
    for _ in 0..rounds {
        direct_round_trips.push(percentile(&pings(&mut ours, &mut theirs).await, 50));
        for way in &mut ways {
            let Trial { dialer, listener, .. } = &mut way.both;
            way.round_trips.push(percentile(&pings(dialer, listener).await, 50));
            way.rates.push(bulk(dialer, listener, mib).await.0);
            let Trial { dialer, listener, .. } = &mut way.one;
            way.from.push(bulk(dialer, listener, mib).await.0);
            way.to.push(bulk(listener, dialer, mib).await.0);
            let Trial { dialer, listener, .. } = &mut way.stream;
            way.stream_round_trips.push(percentile(&pings(dialer, listener).await, 50));
            way.stream_from.push(bulk(dialer, listener, mib).await.0);
            way.stream_to.push(bulk(listener, dialer, mib).await.0);
            let Trial { dialer, listener, .. } = &mut way.both_streams;
            way.both_round_trips.push(percentile(&pings(dialer, listener).await, 50));
            way.both_from.push(bulk(dialer, listener, mib).await.0);
            way.both_to.push(bulk(listener, dialer, mib).await.0);
        }
    }
    let direct = percentile(&direct_round_trips, 50);
    let mut figures = Map::new();
    figures.insert("direct_rtt_us".to_owned(), json!((direct * 1e3).round()));
    for way in &ways {
        let mut put = |what: &str, value: f64| {
            figures.insert(format!("{}_{what}", way.name), json!(value));
        };
        put("added_rtt_us", ((percentile(&way.round_trips, 50) - direct) * 1e3).round());
        put("from_mib_per_s", percentile(&way.from, 50));
        put("to_mib_per_s", percentile(&way.to, 50));
        put("mib_per_s", percentile(&way.rates, 50));
        let stream_round_trip = percentile(&way.stream_round_trips, 50);
        put("stream_added_rtt_us", ((stream_round_trip - direct) * 1e3).round());
        put("stream_from_mib_per_s", percentile(&way.stream_from, 50));
        put("stream_to_mib_per_s", percentile(&way.stream_to, 50));
        put("stream_slowest_mib_per_s", percentile(&way.stream_to, 0));
        put("stream_open_ms_p50", percentile(&way.stream_opened, 50));
        let both_round_trip = percentile(&way.both_round_trips, 50);
        put("both_streams_added_rtt_us", ((both_round_trip - direct) * 1e3).round());
        put("both_streams_from_mib_per_s", percentile(&way.both_from, 50));
        put("both_streams_to_mib_per_s", percentile(&way.both_to, 50));
        let slowest = percentile(&way.both_from, 0).min(percentile(&way.both_to, 0));
        put("both_streams_slowest_mib_per_s", slowest);
        put("both_streams_open_ms_p50", percentile(&way.both_opened, 50));
        put("slowest_mib_per_s", percentile(&way.rates, 0));
        put("allocate_ms_p50", percentile(&way.allocated, 50));
        put("open_ms_p50", percentile(&way.opened, 50));
        put("open_ms_p95", percentile(&way.opened, 95));
    }
    Value::Object(figures)
}

/// The figures as a person reads them.
pub(crate) fn table(figures: &Value) -> String {
    let rows = [
        ("added round trip", "added_rtt_us", "us"),
        ("64 MiB from the end on it", "from_mib_per_s", "MiB/s"),
        ("64 MiB to the end on it", "to_mib_per_s", "MiB/s"),
        ("64 MiB, both ends on it", "mib_per_s", "MiB/s"),
        ("the slowest of those", "slowest_mib_per_s", "MiB/s"),
        ("as a stream: added round trip", "stream_added_rtt_us", "us"),
        ("64 MiB from the end on it", "stream_from_mib_per_s", "MiB/s"),
        ("64 MiB to the end on it", "stream_to_mib_per_s", "MiB/s"),
        ("the slowest of those", "stream_slowest_mib_per_s", "MiB/s"),
        ("to open link, p50", "stream_open_ms_p50", "ms"),
        ("both ends on it: added rtt", "both_streams_added_rtt_us", "us"),
        ("64 MiB to the visited end", "both_streams_to_mib_per_s", "MiB/s"),
        ("64 MiB from the visited end", "both_streams_from_mib_per_s", "MiB/s"),
        ("the slowest of those", "both_streams_slowest_mib_per_s", "MiB/s"),
        ("to open link, p50", "both_streams_open_ms_p50", "ms"),
        ("an address on the server", "allocate_ms_p50", "ms"),
        ("then to open link, p50", "open_ms_p50", "ms"),
        ("then to open link, p95", "open_ms_p95", "ms"),
    ];
    let mut table = format!("{:<30}{:>10}{:>10}{:>10}\n", "through coturn", "UDP", "TCP", "TLS");
    for (what, key, unit) in rows {
        let value = |way: &str| {
            figures.get(format!("{way}_{key}")).map(ToString::to_string).unwrap_or_default()
        };
        let [udp, tcp, tls] = ["udp", "tcp", "tls"].map(value);
        table.push_str(&format!("{what:<30}{udp:>10}{tcp:>10}{tls:>10} {unit}\n"));
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

//! What a link carries over loopback, beside what the library does alone with the same socket
//! buffers: the session above adds nothing to a frame of a link that encrypts by itself.

mod bare;

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::sync::mpsc;
use transport::{
    Callee, DialKey, Link, Listener, Transport as _,
    webrtc::{WebRtcConfig, WebRtcTransport},
};

use crate::{
    percentile,
    process::{self, process_time, rss_mb},
};

const KEY: DialKey = DialKey::from_bytes([7; 32]);
const HOST: Callee = Callee::from_bytes([1; 16]);
const OPENINGS: usize = 50;
const PINGS: usize = 5_000;
const FRAME_LEN: usize = 64 << 10;
const BULK_MIB: usize = 64;
/// Rounds in turn, link then library, so that a slow moment of the machine hits both alike; enough of
/// them for a median that repeats.
const ROUNDS: usize = 15;

/// Measures, and says it as the object that `--json` prints.
pub(crate) fn run(quick: bool) -> Value {
    process::runtime().block_on(measure(if quick { 1 } else { ROUNDS }))
}

async fn measure(rounds: usize) -> Value {
    let transport = WebRtcTransport::new(WebRtcConfig {
        loopback: true,
        limits: transport::webrtc::Limits { source_burst: 1000, burst: 1000, ..Default::default() },
        ..WebRtcConfig::default()
    });
    let (links, mut incoming) = mpsc::channel(64);
    let listener = transport.listen(links).expect("a port");
    listener.admit(KEY, HOST);

    let open = openings(&transport, &*listener, &mut incoming).await;
    let (mut ours, mut theirs) = linked(&transport, &*listener, &mut incoming).await;
    let round_trips = pings(&mut ours, &mut theirs).await;
    let (mut rates, mut cpu, mut bare_rates) = (Vec::new(), Vec::new(), Vec::new());
    let alone = bulk(&mut ours, &mut theirs, BULK_MIB).await;
    let rss = rss_mb("self");
    let (mut bare_ours, mut bare_theirs) = bare::linked().await;
    let bare_round_trips = pings(&mut bare_ours, &mut bare_theirs).await;
    for _ in 0..rounds {
        let (rate, worked) = bulk(&mut ours, &mut theirs, BULK_MIB).await;
        rates.push(rate);
        cpu.push(worked);
        bare_rates.push(bulk(&mut bare_ours, &mut bare_theirs, BULK_MIB).await.0);
    }
    let (rate, bare_rate) = (percentile(&rates, 50), percentile(&bare_rates, 50));
    json!({
        "open_p50_ms": percentile(&open, 50),
        "open_p95_ms": percentile(&open, 95),
        "rtt_p50_ms": percentile(&round_trips, 50),
        "rtt_p99_ms": percentile(&round_trips, 99),
        "bare_rtt_p50_ms": percentile(&bare_round_trips, 50),
        "mb_per_s": rate,
        "bare_mb_per_s": bare_rate,
        "first_mb_per_s": alone.0,
        "ratio_to_crate": (rate / bare_rate * 100.0).round() / 100.0,
        "cpu_ms_per_mb": percentile(&cpu, 50),
        "rss_mb": rss,
    })
}

/// The figures as a person reads them.
pub(crate) fn table(figures: &Value) -> String {
    let rows = [
        ("dial to open link, p50", "open_p50_ms", "ms"),
        ("dial to open link, p95", "open_p95_ms", "ms"),
        ("round trip of 200 bytes, p50", "rtt_p50_ms", "ms"),
        ("round trip of 200 bytes, p99", "rtt_p99_ms", "ms"),
        ("the library's own, p50", "bare_rtt_p50_ms", "ms"),
        ("64 MiB in frames of 64 KiB", "mb_per_s", "MiB/s"),
        ("the library's own", "bare_mb_per_s", "MiB/s"),
        ("ratio of the two", "ratio_to_crate", ""),
        ("processor, both ends", "cpu_ms_per_mb", "ms/MiB"),
        ("memory, both ends", "rss_mb", "MB"),
    ];
    rows.map(|(what, key, unit)| {
        let value = figures.get(key).map(ToString::to_string).unwrap_or_default();
        format!("{what:<30}{value:>10} {unit}\n")
    })
    .concat()
}

/// What carries frames: a link, or a bare data channel.
pub(crate) trait Pipe {
    async fn put(&mut self, frame: Vec<u8>);
    async fn take(&mut self) -> Vec<u8>;
}

impl Pipe for Link {
    async fn put(&mut self, frame: Vec<u8>) {
        self.send(frame).await.expect("open");
    }

    async fn take(&mut self) -> Vec<u8> {
        self.recv().await.expect("open")
    }
}

async fn linked(
    transport: &WebRtcTransport,
    listener: &dyn Listener,
    incoming: &mut mpsc::Receiver<Link>,
) -> (Link, Link) {
    let dialer = transport.dial(&listener.addrs(), KEY, HOST).await.expect("reachable");
    (dialer, incoming.recv().await.expect("listening"))
}

/// How long opening took, each time; in milliseconds.
async fn openings(
    transport: &WebRtcTransport,
    listener: &dyn Listener,
    incoming: &mut mpsc::Receiver<Link>,
) -> Vec<f64> {
    let mut times = Vec::new();
    for _ in 0..OPENINGS {
        let started = Instant::now();
        let ends = linked(transport, listener, incoming).await;
        times.push(millis(started.elapsed()));
        drop(ends);
    }
    times
}

/// How long 200 bytes took there and back, each time; in milliseconds.
pub(crate) async fn pings(ours: &mut impl Pipe, theirs: &mut impl Pipe) -> Vec<f64> {
    let mut times = Vec::new();
    let asking = async {
        for _ in 0..PINGS {
            let started = Instant::now();
            ours.put(vec![1; 200]).await;
            ours.take().await;
            times.push(millis(started.elapsed()));
        }
    };
    let answering = async {
        for _ in 0..PINGS {
            let frame = theirs.take().await;
            theirs.put(frame).await;
        }
    };
    tokio::join!(asking, answering);
    times
}

/// MiB per second, and milliseconds of processor per MiB at both ends.
pub(crate) async fn bulk(ours: &mut impl Pipe, theirs: &mut impl Pipe, mib: usize) -> (f64, f64) {
    let (started, worked) = (Instant::now(), process_time());
    let frames = (mib << 20) / FRAME_LEN;
    let sending = async {
        for _ in 0..frames {
            ours.put(vec![1; FRAME_LEN]).await;
        }
    };
    let receiving = async {
        for _ in 0..frames {
            theirs.take().await;
        }
    };
    tokio::join!(sending, receiving);
    let mib = mib as f64;
    let rate = mib / started.elapsed().as_secs_f64();
    ((rate * 10.0).round() / 10.0, millis(process_time().saturating_sub(worked)) / mib)
}

pub(crate) fn millis(time: Duration) -> f64 {
    (time.as_secs_f64() * 1e6).round() / 1e3
}

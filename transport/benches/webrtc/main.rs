//! How fast a WebRTC link opens and carries frames over loopback, beside what the library does
//! alone with the same socket buffers. `cargo bench --workspace --bench webrtc`

mod bare;

use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use transport::{
    DialKey, Link, Listener, Transport,
    webrtc::{WebRtcConfig, WebRtcTransport},
};

const KEY: DialKey = DialKey::from_bytes([7; 32]);
const OPENINGS: usize = 50;
const IDLE_LINKS: usize = 100;
const PINGS: usize = 5000;
const ROUNDS: usize = 5;
const BULK: usize = 64 << 20;

#[tokio::main]
async fn main() {
    let config = WebRtcConfig {
        loopback: true,
        limits: transport::webrtc::Limits { source_burst: 1000, burst: 1000, ..Default::default() },
        ..WebRtcConfig::default()
    };
    let transport = WebRtcTransport::new(config);
    let (links, mut incoming) = mpsc::channel(64);
    let listener = transport.listen(links).expect("a port");
    listener.admit(KEY);

    openings(&transport, &*listener, &mut incoming).await;
    idle(&transport, &*listener, &mut incoming).await;
    let ends = linked(&transport, &*listener, &mut incoming).await;
    let (mut ours, mut theirs) = ends;
    let (mut bare_ours, mut bare_theirs) = bare::linked().await;
    for _ in 0..ROUNDS {
        pings("link", &mut ours, &mut theirs).await;
        pings("bare", &mut bare_ours, &mut bare_theirs).await;
        for frame_len in [16 << 10, 64 << 10, 128 << 10] {
            bulk("link", frame_len, &mut ours, &mut theirs).await;
            bulk("bare", frame_len, &mut bare_ours, &mut bare_theirs).await;
        }
    }
}

/// What carries frames: a link, or a bare data channel.
trait Pipe {
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
    let dialer = transport.dial(&listener.addrs(), KEY).await.expect("reachable");
    (dialer, incoming.recv().await.expect("listening"))
}

async fn openings(
    transport: &WebRtcTransport,
    listener: &dyn Listener,
    incoming: &mut mpsc::Receiver<Link>,
) {
    let mut times = Vec::new();
    for _ in 0..OPENINGS {
        let started = Instant::now();
        let ends = linked(transport, listener, incoming).await;
        times.push(started.elapsed());
        drop(ends);
    }
    eprintln!("open: {}", spread(&mut times));
}

async fn idle(
    transport: &WebRtcTransport,
    listener: &dyn Listener,
    incoming: &mut mpsc::Receiver<Link>,
) {
    let before = resident();
    let mut links = Vec::new();
    for _ in 0..IDLE_LINKS {
        links.push(linked(transport, listener, incoming).await);
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let (held, cpu, started) = (resident().saturating_sub(before), cpu_time(), Instant::now());
    tokio::time::sleep(Duration::from_secs(10)).await;
    let cpu = (cpu_time() - cpu).as_secs_f64() / started.elapsed().as_secs_f64() * 100.0;
    eprintln!(
        "{IDLE_LINKS} idle links, both ends: {} KiB resident each, {:.3} % of a processor each",
        held / IDLE_LINKS as u64,
        cpu / IDLE_LINKS as f64
    );
}

/// Resident memory of this process in KiB, where Linux tells it; else zero.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse().ok()).unwrap_or_default()
}

async fn pings(name: &str, ours: &mut impl Pipe, theirs: &mut impl Pipe) {
    let mut times = Vec::new();
    let asking = async {
        for _ in 0..PINGS {
            let started = Instant::now();
            ours.put(vec![1; 200]).await;
            ours.take().await;
            times.push(started.elapsed());
        }
    };
    let answering = async {
        for _ in 0..PINGS {
            let frame = theirs.take().await;
            theirs.put(frame).await;
        }
    };
    tokio::join!(asking, answering);
    eprintln!("{name}: round trip of 200 bytes: {}", spread(&mut times));
}

async fn bulk(name: &str, frame_len: usize, ours: &mut impl Pipe, theirs: &mut impl Pipe) {
    let (started, cpu) = (Instant::now(), cpu_time());
    let frames = BULK / frame_len;
    let sending = async {
        for _ in 0..frames {
            ours.put(vec![1; frame_len]).await;
        }
    };
    let receiving = async {
        for _ in 0..frames {
            theirs.take().await;
        }
    };
    tokio::join!(sending, receiving);
    let mib = BULK as f64 / f64::from(1 << 20);
    let rate = mib / started.elapsed().as_secs_f64();
    let cpu = (cpu_time() - cpu).as_secs_f64() * 1e3 / mib;
    eprintln!(
        "{name}: frames of {:3} KiB: {rate:.0} MiB/s, both ends {cpu:.1} ms of processor per MiB",
        frame_len >> 10
    );
}

/// Processor time used by this process so far, where Linux tells it in ticks of 10 ms; else zero.
fn cpu_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>();
    Duration::from_millis(10 * ticks)
}

fn spread(times: &mut [Duration]) -> String {
    times.sort_unstable();
    let at =
        |percent: usize| times.get((times.len() - 1) * percent / 100).unwrap_or(&Duration::ZERO);
    format!("p50 {:?}, p99 {:?}, least {:?}, most {:?}", at(50), at(99), at(0), at(100))
}

//! `festival relay`: serves people who want a relay of their own.

use std::{collections::BTreeSet, net::SocketAddr, path::PathBuf, time::Duration};

use clap::Args;
use relay::{Limits, Rate, Relay, RelayConfig, StoredKinds, TlsFiles};
use tokio::{runtime::Builder, signal};

/// What the relay listens at and keeps.
#[derive(Debug, Clone, Args)]
pub(super) struct RelayArgs {
    /// The address to serve at; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7447")]
    listen: SocketAddr,
    /// The folder of the relay's database; without one it forgets everything when it stops.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The certificate to serve with, in PEM, and those between it and the root.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key, in PEM.
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    /// Believe X-Forwarded-For: only behind a proxy that sets it.
    #[arg(long)]
    trust_proxy: bool,
    /// Connections at once.
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections)]
    connections: usize,
    /// Connections at once from one IPv4 address or IPv6 network (/64).
    #[arg(long, value_name = "N", default_value_t = Limits::default().connections_per_address)]
    connections_per_address: usize,
    /// Events a second from one address; ten times as many at once.
    #[arg(long, value_name = "N", default_value_t = Limits::default().events_per_address.per_second)]
    events_per_address: u32,
    /// The kinds of events that are kept, for example `1420,1`, or `any`.
    #[arg(long, value_name = "KINDS", value_parser = parse_kinds, default_value = "1420")]
    kinds: StoredKinds,
    /// Megabytes kept in all.
    #[arg(long, value_name = "N", default_value_t = Limits::default().storage.total_bytes >> 20)]
    keep_mb: u64,
    /// Megabytes kept for one key.
    #[arg(long, value_name = "N", default_value_t = Limits::default().storage.bytes_per_key >> 20)]
    keep_mb_per_key: u64,
    /// Days after which everything is deleted, even if it names no time or a later one.
    #[arg(long, value_name = "N", default_value_t = Limits::default().storage.keep.as_secs() / DAY)]
    keep_days: u64,
}

/// Seconds.
const DAY: u64 = 24 * 60 * 60;

impl RelayArgs {
    fn config(self) -> RelayConfig {
        let mut limits = Limits {
            connections: self.connections,
            connections_per_address: self.connections_per_address,
            events_per_address: Rate {
                per_second: self.events_per_address,
                burst: self.events_per_address.saturating_mul(10),
            },
            ..Limits::default()
        };
        limits.storage.kinds = self.kinds;
        limits.storage.total_bytes = self.keep_mb.saturating_mul(1 << 20);
        limits.storage.bytes_per_key = self.keep_mb_per_key.saturating_mul(1 << 20);
        limits.storage.keep = Duration::from_secs(self.keep_days.saturating_mul(DAY));
        let tls = self.tls_cert.zip(self.tls_key).map(|(cert, key)| TlsFiles { cert, key });
        let trust_proxy = self.trust_proxy;
        RelayConfig { listen: self.listen, data: self.data, tls, trust_proxy, limits }
    }
}

fn parse_kinds(text: &str) -> Result<StoredKinds, String> {
    if text == "any" {
        return Ok(StoredKinds::Any);
    }
    let kinds: Result<BTreeSet<u16>, _> = text.split(',').map(|kind| kind.trim().parse()).collect();
    kinds.map(StoredKinds::Only).map_err(|err| format!("is no list of kinds: {err}"))
}

/// Runs until it is asked to stop.
pub(super) fn run(args: RelayArgs) -> Result<(), String> {
    raise_open_files();
    let runtime =
        Builder::new_multi_thread().enable_all().build().map_err(|err| err.to_string())?;
    runtime.block_on(serve(args))
}

async fn serve(args: RelayArgs) -> Result<(), String> {
    let relay = Relay::start(args.config()).await.map_err(|err| err.to_string())?;
    say(&format!("relay listening at {}", relay.url()))?;
    asked_to_stop().await.map_err(|err| err.to_string())?;
    relay.stop().await;
    Ok(())
}

/// Each connection is an open file, and many systems allow 1,024 until asked for more.
fn raise_open_files() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
        if let Err(err) = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
            log::warn!("the number of open files stays as it is: {err}");
        }
    }
}

/// Whoever waits for the line has gone if this fails.
fn say(line: &str) -> Result<(), String> {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")
        .and_then(|()| out.flush())
        .map_err(|err| format!("the address cannot be written: {err}"))
}

/// Ends with Ctrl+C, or when the system stops services.
async fn asked_to_stop() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        let mut terminate = signal::unix::signal(signal::unix::SignalKind::terminate())?;
        tokio::select! {
            stopped = signal::ctrl_c() => stopped,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    signal::ctrl_c().await
}

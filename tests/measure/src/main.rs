//! Figures, measured on the real parts: `cargo run --release -p measure -- NAME [--json]`.

#[cfg(unix)]
mod ble;
mod crowd;
mod link;
mod mailbox;
mod meetings;
#[cfg(target_os = "linux")]
mod nat;
mod process;
mod qr;
#[cfg(target_os = "linux")]
mod reconnect;
mod relay;
mod storage;
mod swarm;
mod sync;
mod turn;
mod ui;

use std::{
    io::Write as _,
    process::{Command, ExitCode},
};

use clap::{Parser, ValueEnum};
use serde_json::Value;

/// Measures one thing and prints it.
#[derive(Debug, Parser)]
struct Args {
    /// What to measure.
    what: What,
    /// One JSON object on one line instead of a table.
    #[arg(long)]
    json: bool,
    /// Less of everything: to see that it runs, not how fast.
    #[arg(long)]
    quick: bool,
    /// Of `nat`, only the pairs whose names, joined by a slash, contain this.
    #[arg(long, value_name = "TEXT", default_value = "")]
    only: String,
    /// Keep the logs of all devices of `nat` and `reconnect` and all packets in this folder.
    #[arg(long, value_name = "DIR")]
    keep: Option<std::path::PathBuf>,
    #[command(flatten)]
    crowd: crowd::Options,
    #[command(flatten)]
    sync: sync::Options,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// From a decoded QR to the first message on the other device's disk.
    ScanToChat,
    /// Ten devices dial one QR at the same moment.
    TenAtOnce,
    /// A link, beside the library alone.
    Link,
    /// A link through a TURN server, beside a direct one.
    Turn,
    /// A thousand messages left at a relay, and fetched by a device that was never there.
    Mailbox,
    /// The database, beside SQLite.
    Storage,
    /// Thirty devices in processes of their own, a third of which are killed again and again.
    Swarm,
    /// Two devices with 100,000 messages of 1,000 authors that differ little or not at all, and one
    /// that has them all to fetch.
    Sync,
    /// The reader of QR codes, beside the libraries alone.
    Qr,
    /// Pairs of networks behind every kind of NAT, and relays that misbehave.
    #[cfg(target_os = "linux")]
    Nat,
    /// Coming back after a change of network, and after sleep.
    #[cfg(target_os = "linux")]
    Reconnect,
    /// The relay with 2,000 connections and 500 offers a second.
    Relay,
    /// A thousand devices on a field without a network, beside flooding.
    Crowd,
    /// Bluetooth, over a simulated radio and in a virtual machine.
    #[cfg(unix)]
    Ble,
    /// Drawing, with very many messages, and the first frame of a real window.
    Ui,
}

/// The argument that makes this program be the app: devices run in processes of their own.
const AS_APP: &str = "festival";

fn main() -> ExitCode {
    let args: Vec<_> = std::env::args_os().collect();
    if args.get(1).is_some_and(|arg| arg == AS_APP) {
        return app::cli::run_with(args.into_iter().skip(1).collect());
    }
    #[cfg(unix)]
    if args.get(1).is_some_and(|arg| arg == ble::AS_GUEST) {
        return ble::guest(args.into_iter().skip(2));
    }
    let Args { what, json, quick, only, keep, crowd, sync: size } = Args::parse();
    let (figures, table) = match what {
        What::ScanToChat => shown(meetings::scan_to_chat(quick), meetings::table),
        What::TenAtOnce => shown(meetings::ten_at_once(), meetings::table),
        What::Link => shown(link::run(quick), link::table),
        What::Turn => shown(turn::run(quick), turn::table),
        What::Mailbox => shown(mailbox::run(quick), meetings::table),
        What::Storage => shown(storage::run(quick), storage::table),
        What::Swarm => shown(swarm::run(quick), meetings::table),
        What::Sync => shown(sync::run(quick, &size), meetings::table),
        What::Qr => shown(qr::run(quick), qr::table),
        #[cfg(target_os = "linux")]
        What::Nat => shown(nat::run(quick, &only, keep.as_deref()), nat::table),
        #[cfg(target_os = "linux")]
        What::Reconnect => shown(reconnect::run(quick, keep.as_deref()), reconnect::table),
        What::Relay => shown(relay::run(quick), meetings::table),
        What::Crowd => shown(crowd::run(quick, &crowd), crowd::table),
        #[cfg(unix)]
        What::Ble => shown(ble::run(quick), meetings::table),
        What::Ui => shown(ui::run(quick, Some(&window)), ui::table),
    };
    let shown = if json { format!("{figures}\n") } else { table };
    match std::io::stdout().write_all(shown.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_nobody_reads) => ExitCode::FAILURE,
    }
}

fn shown(figures: Value, table: impl Fn(&Value) -> String) -> (Value, String) {
    let table = table(&figures);
    (figures, table)
}

/// What starts the app in a process of its own.
fn app_command() -> Command {
    let mut command = Command::new(std::env::current_exe().expect("a program knows its file"));
    command.arg(AS_APP);
    command
}

/// What opens a window of the app on a fresh device.
fn window(data: &std::path::Path) -> Command {
    let mut command = app_command();
    command.arg("--data").arg(data);
    command
}

/// The value below which `percent` of `values` lie, in their unit.
fn percentile(values: &[f64], percent: usize) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = sorted.len().saturating_sub(1).saturating_mul(percent) / 100;
    let value = sorted.get(at).copied().unwrap_or(f64::NAN);
    (value * 1e3).round() / 1e3
}

//! The program `festival`: its arguments, and which face it shows.

mod camera;
mod check;
mod demo;
mod device_json;
mod door;
mod headless;
mod json;
mod member_json;
mod message_json;
mod people;
pub mod process;
mod register;
mod relay;
mod role_name;
mod storage_json;
mod terminal;
mod wifi_json;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::{Args, Parser, Subcommand};
use engine::Invite;
use transport::{ble::Adapter, servers::Servers};

use crate::{
    desktop::{self, DesktopOptions},
    logbook,
    runtime::{Config, Runtime, StartError, Wake},
};

/// Off-grid chat: scan the QR on a friend's screen and chat.
#[derive(Debug, Parser)]
#[command(name = "festival", version, args_conflicts_with_subcommands = true)]
struct Cli {
    #[command(subcommand)]
    mode: Option<Mode>,
    /// An invite to accept: a link that begins with FESTIVAL:
    #[arg(value_parser = parse_invite)]
    invite: Option<Invite>,
    #[command(flatten)]
    place: Place,
    /// Stay in the terminal even if there is a display.
    #[arg(long)]
    terminal: bool,
}

#[derive(Debug, Subcommand)]
enum Mode {
    /// Read commands and write events as JSON lines; see app/docs/headless.md.
    Headless(Place),
    /// Try what this network allows and which servers can be reached, and print what was found.
    Check(Place),
    /// Put the app into the desktop's menu and have it open festival: links.
    Register,
    /// Run a relay: it passes sealed offers on and keeps sealed mail; see app/docs/relay.md.
    Relay(relay::RelayArgs),
    /// Play the whole story on this machine, through the real parts.
    Demo {
        /// Write each step as a JSON line.
        #[arg(long)]
        json: bool,
    },
}

/// Where a device keeps its data, and where it can be reached.
#[derive(Debug, Clone, Args)]
struct Place {
    /// The folder of the database.
    #[arg(long, value_name = "DIR", global = true)]
    data: Option<PathBuf>,
    /// A device of its own under this name, beside others on the same computer.
    #[arg(long, value_name = "NAME", conflicts_with = "data", global = true)]
    profile: Option<String>,
    /// Also use loopback addresses, to meet other devices on this computer.
    #[arg(long, global = true)]
    loopback: bool,
    /// Servers to use instead of those in the settings: `none`, or a file with the form of
    /// servers.json.
    #[arg(long, value_name = "none|FILE", global = true, value_parser = parse_servers)]
    servers: Option<Servers>,
    /// The Bluetooth adapter to use: `none`, or the address of one of several.
    #[arg(long, value_name = "none|ADDRESS", global = true, value_parser = parse_adapter)]
    bluetooth: Option<Adapter>,
    /// Over Bluetooth, open no L2CAP channels, as if this device could not.
    #[arg(long, global = true)]
    gatt_only: bool,
}

impl Place {
    fn config(&self) -> Result<Config, String> {
        let data_dir = match &self.data {
            Some(dir) => dir.clone(),
            None => self.profile_dir()?,
        };
        // Devices of one computer have one radio, and do not hear each other by it.
        let usual = if self.loopback { Adapter::None } else { Adapter::Default };
        Ok(Config {
            data_dir,
            loopback: self.loopback,
            servers: self.servers.clone(),
            bluetooth: self.bluetooth.clone().unwrap_or(usual),
            gatt_only: self.gatt_only,
            wifi: None,
            binder: None,
        })
    }

    fn profile_dir(&self) -> Result<PathBuf, String> {
        use etcetera::BaseStrategy as _;
        let name = self.profile.as_deref().unwrap_or("default");
        if name.is_empty() || !name.chars().all(|c| c.is_alphanumeric() || "-_".contains(c)) {
            return Err("a profile name has only letters, digits, - and _".to_owned());
        }
        let base = etcetera::choose_base_strategy().map_err(|_home| {
            "no home folder was found; name a folder with --data DIR".to_owned()
        })?;
        Ok(base.data_dir().join("festival-chat").join(name))
    }
}

fn parse_servers(text: &str) -> Result<Servers, String> {
    if text == "none" {
        return Ok(Servers::none());
    }
    let json = std::fs::read(text).map_err(|err| format!("cannot be read: {err}"))?;
    serde_json::from_slice(&json).map_err(|err| format!("is no list of servers: {err}"))
}

fn parse_adapter(text: &str) -> Result<Adapter, String> {
    if text == "none" {
        return Ok(Adapter::None);
    }
    let bytes: Option<Vec<u8>> =
        text.split(':').map(|part| u8::from_str_radix(part, 16).ok()).collect();
    let address = bytes.and_then(|bytes| bytes.try_into().ok());
    address.map(Adapter::Address).ok_or_else(|| "is no address like 00:1A:7D:DA:71:13".to_owned())
}

fn parse_invite(text: &str) -> Result<Invite, String> {
    Invite::parse(text).map_err(|err| err.to_string())
}

/// Runs the program with the process's arguments.
pub fn main() -> ExitCode {
    run_with(std::env::args_os().collect())
}

/// Runs the program with these arguments; the first is its name.
pub fn run_with(args: Vec<std::ffi::OsString>) -> ExitCode {
    let started = Instant::now();
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(err) => {
            let _ = err.print();
            return ExitCode::from(u8::try_from(err.exit_code()).unwrap_or(2));
        }
    };
    logbook::start();
    let outcome = match cli.mode {
        Some(Mode::Headless(place)) => place.config().and_then(|config| headless::run(&config)),
        Some(Mode::Check(place)) => place.config().and_then(|config| check::run(&config)),
        Some(Mode::Register) => register::run(),
        Some(Mode::Relay(args)) => relay::run(args),
        Some(Mode::Demo { json }) => demo::run(json),
        None => cli.place.config().and_then(|config| show(&cli, config, started)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("festival: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Opens the window, or the terminal where there is no display.
fn show(cli: &Cli, config: Config, started: Instant) -> Result<(), String> {
    if cli.terminal || !has_display() {
        return terminal::run(&config, cli.invite.as_ref());
    }
    let options = DesktopOptions {
        profile: cli.place.profile.clone(),
        link: cli.invite.as_ref().map(Invite::to_text),
        started,
        ..DesktopOptions::new(config.data_dir.clone())
    };
    desktop::run(move |wake| Ok(Box::new(start(&config, wake)?)), options)
}

/// Whether a window can be shown. Only unix systems can be without.
fn has_display() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    !cfg!(all(unix, not(target_os = "macos"))) || is_set("DISPLAY") || is_set("WAYLAND_DISPLAY")
}

fn start(config: &Config, wake: Wake) -> Result<Runtime, String> {
    Runtime::start(config, wake).map_err(|err: StartError| err.to_string())
}

//! All servers of a lab's internet, and the files that tell devices about them.

use std::{
    ffi::OsString, fmt::Write as _, fs, io, net::IpAddr, path::PathBuf, process::Command, sync::Arc,
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    Coturn, Fault, Internet, Namespace,
    certificates::Certificates,
    coturn,
    hostile::Proxy,
    server::{Server, addrs, start},
};

/// The number of the first relay's addresses.
const FIRST_RELAY: u8 = 20;

/// coturn, and relays as `festival relay` serves them.
#[derive(Debug)]
pub struct Services {
    internet: Arc<Internet>,
    festival: Vec<OsString>,
    coturn: Coturn,
    relays: Vec<Option<Relay>>,
    /// What the relays keep, and the lists for devices.
    files: TempDir,
}

#[derive(Debug)]
struct Relay {
    _proxy: Option<Proxy>,
    _server: Server,
}

impl Services {
    /// Starts coturn and this many relays; `festival` is the program with its first arguments.
    ///
    /// # Errors
    ///
    /// If a program is missing or does not come up.
    pub fn start(internet: &Arc<Internet>, festival: &[OsString], relays: u8) -> io::Result<Self> {
        let mut hosts = "127.0.0.1 localhost\n::1 localhost\n".to_owned();
        let mut names = Vec::new();
        let relay_hosts = (0..relays).map(|relay| (relay_name(relay), relay_number(relay)));
        let servers = coturn::NAMES.map(|(name, number)| (name.to_owned(), number));
        for (name, number) in servers.into_iter().chain(relay_hosts) {
            for addr in addrs(number) {
                let _ = writeln!(hosts, "{addr} {name}");
            }
            names.push(name);
        }
        let files = tempfile::tempdir()?;
        fs::write(files.path().join("hosts"), hosts)?;
        let coturn = Coturn::start_with(internet, Certificates::new(names)?)?;
        let (internet, festival) = (Arc::clone(internet), festival.to_vec());
        let mut services = Self { internet, festival, coturn, relays: Vec::new(), files };
        for relay in 0..relays {
            services.relays.push(None);
            services.start_relay(relay, None)?;
        }
        Ok(services)
    }

    /// STUN and TURN.
    pub fn coturn(&self) -> &Coturn {
        &self.coturn
    }

    /// A file for `--servers` that names all servers.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn list(&self) -> io::Result<PathBuf> {
        self.write_list("all.json", &coturn::turn())
    }

    /// A file for `--servers` that names all servers but TURN.
    ///
    /// # Errors
    ///
    /// If it cannot be written.
    pub fn list_without_turn(&self) -> io::Result<PathBuf> {
        self.write_list("no-turn.json", &json!([]))
    }

    fn write_list(&self, file: &str, turn: &Value) -> io::Result<PathBuf> {
        let relays: Value = (0_u8..)
            .zip(&self.relays)
            .map(|(relay, _)| format!("wss://{}", relay_name(relay)))
            .collect();
        let trust = self.coturn.certificates().authority();
        let list = json!({"relays": relays, "stun": coturn::stun(), "turn": turn, "trust": trust});
        let path = self.files.path().join(file);
        fs::write(&path, list.to_string())?;
        Ok(path)
    }

    /// What runs Festival Chat on a machine that knows the servers by name.
    pub fn festival(&self, machine: &Namespace) -> Command {
        let mut command = machine.command("unshare");
        // Its own list of hosts over the system's, which nobody else sees.
        command
            .args(["--mount", "--", "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\""])
            .arg(self.files.path().join("hosts"))
            .args(&self.festival);
        command
    }

    /// Ends a relay's process, as a crash would: who connects is refused.
    pub fn stop_relay(&mut self, relay: u8) {
        if let Some(running) = self.relays.get_mut(usize::from(relay)) {
            *running = None;
        }
    }

    /// A relay falls silent: nothing reaches it or comes from it, and nobody is told; or it can be reached again.
    pub fn silence_relay(&self, relay: u8, is_silent: bool) {
        for addr in relay_addrs(relay) {
            self.internet.set_silent(addr, is_silent);
        }
    }

    /// Starts a relay, instead of the one that runs; with a fault, it misbehaves.
    ///
    /// # Errors
    ///
    /// If it does not come up.
    pub fn start_relay(&mut self, relay: u8, fault: Option<Fault>) -> io::Result<()> {
        self.stop_relay(relay);
        let machine = Namespace::new()?;
        self.internet.connect(&machine, &relay_addrs(relay), None)?;
        let mut command = self.festival(&machine);
        command.arg("relay").arg("--data").arg(self.files.path().join(relay_name(relay)));
        let certificates = self.coturn.certificates();
        if fault.is_some() {
            command.args(["--listen", "127.0.0.1:80"]);
        } else {
            command.args(["--listen", "[::]:443", "--tls-cert"]).arg(certificates.certificate());
            command.arg("--tls-key").arg(certificates.key());
        }
        let (process, _) = start(command, "listening")?;
        let server = Server::new(machine, process);
        let proxy = fault.map(|fault| Proxy::start(server.machine(), fault, certificates));
        let running = Relay { _proxy: proxy.transpose()?, _server: server };
        if let Some(place) = self.relays.get_mut(usize::from(relay)) {
            *place = Some(running);
        }
        Ok(())
    }
}

fn relay_number(relay: u8) -> u8 {
    FIRST_RELAY.saturating_add(relay)
}

fn relay_addrs(relay: u8) -> [IpAddr; 2] {
    addrs(relay_number(relay))
}

fn relay_name(relay: u8) -> String {
    format!("relay{relay}.test")
}

//! The servers of the lab's internet: STUN and TURN (coturn), and relays.

use std::{
    ffi::OsString,
    fmt::Write as _,
    fs,
    io::{self, BufRead as _, BufReader},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::Arc,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use serde_json::json;
use tempfile::TempDir;

use crate::{
    Internet, Namespace,
    behavior::{self, StunServer},
};

const TURN_USER: &str = "camper";
const TURN_PASSWORD: &str = "marshmallow";
/// Where coturn takes UDP and TCP, and its second port for those who ask what their NAT does.
const TURN_PORTS: [u16; 2] = [3_478, 3_479];

/// The servers, and the files that tell devices about them.
#[derive(Debug)]
pub struct Services {
    internet: Arc<Internet>,
    files: TempDir,
    _coturn: Server,
    relays: Vec<Option<Server>>,
    festival: Vec<OsString>,
}

/// A machine with public addresses, and the program on it.
#[derive(Debug)]
struct Server {
    machine: Namespace,
    process: Child,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Services {
    /// Starts coturn and this many relays; `festival` is the program with its first arguments.
    ///
    /// # Errors
    ///
    /// If a program is missing or does not come up.
    pub fn start(
        internet: &Arc<Internet>,
        festival: &[OsString],
        relays: u8,
    ) -> io::Result<Self> {
        let files = tempfile::tempdir()?;
        write_certificates(files.path(), relays)?;
        let mut hosts = "127.0.0.1 localhost\n::1 localhost\n".to_owned();
        let mut name = |name: &str, [v4, v6]: [IpAddr; 2]| {
            let _ = writeln!(hosts, "{v4} {name}\n{v6} {name}");
        };
        name("turn.test", addrs(10));
        name("stun.test", addrs(11));
        for relay in 0..relays {
            name(&relay_name(relay), relay_addrs(relay));
        }
        fs::write(files.path().join("hosts"), hosts)?;
        let coturn = start_coturn(internet, files.path())?;
        let mut services = Self {
            internet: Arc::clone(internet),
            _coturn: coturn,
            relays: Vec::new(),
            festival: festival.to_vec(),
            files,
        };
        services.write_servers("servers.json", relays)?;
        services.write_servers("no-turn.json", relays)?;
        for relay in 0..relays {
            services.relays.push(None);
            services.start_relay(relay)?;
        }
        Ok(services)
    }

    fn write_servers(&self, file: &str, relays: u8) -> io::Result<()> {
        let turn = |url: &str| json!({"url": url, "username": TURN_USER, "password": TURN_PASSWORD});
        let relays: Vec<_> = (0..relays).map(|n| format!("wss://{}", relay_name(n))).collect();
        let servers = json!({
            "relays": relays,
            "stun": ["stun:turn.test", "stun:stun.test"],
            "turn": [
                turn("turn:turn.test"),
                turn("turn:turn.test?transport=tcp"),
                turn("turns:turn.test:443"),
            ],
            "trust": self.files.path().join("authority.pem"),
        });
        fs::write(self.files.path().join(file), servers.to_string())
    }

    /// The file that a device takes with `--servers`.
    pub fn servers_file(&self) -> PathBuf {
        self.files.path().join("servers.json")
    }

    /// What runs a program on a machine that knows the servers by name.
    pub fn command(&self, machine: &Namespace, program: &[OsString]) -> Command {
        let mut command = machine.command("unshare");
        // Its own list of hosts over the system's, which nobody else sees.
        command
            .args(["--mount", "--", "sh", "-c", "mount --bind \"$0\" /etc/hosts && exec \"$@\""])
            .arg(self.files.path().join("hosts"))
            .args(program);
        command
    }

    /// What runs Festival Chat on a machine that knows the servers by name.
    pub fn festival(&self, machine: &Namespace) -> Command {
        self.command(machine, &self.festival)
    }

    /// The STUN server, for those who ask over IPv4.
    pub fn stun4(&self) -> StunServer {
        StunServer { addrs: [addrs(10)[0], addrs(11)[0]], ports: TURN_PORTS }
    }

    /// The STUN server, for those who ask over IPv6.
    pub fn stun6(&self) -> StunServer {
        StunServer { addrs: [addrs(10)[1], addrs(11)[1]], ports: TURN_PORTS }
    }

    /// Where coturn takes TLS.
    pub fn turns(&self) -> [SocketAddr; 2] {
        addrs(10).map(|addr| SocketAddr::new(addr, 443))
    }

    /// Ends a relay's process, as a crash would.
    pub fn stop_relay(&mut self, relay: u8) {
        if let Some(server) = self.relays.get_mut(usize::from(relay)) {
            *server = None;
        }
    }

    /// Starts a relay that is stopped.
    ///
    /// # Errors
    ///
    /// If it does not come up.
    pub fn start_relay(&mut self, relay: u8) -> io::Result<()> {
        let machine = Namespace::new()?;
        self.internet.connect(&machine, &relay_addrs(relay), None)?;
        let mut command = self.festival(&machine);
        command
            .args(["relay", "--listen", "[::]:443", "--tls-cert"])
            .arg(self.files.path().join("server.pem"))
            .arg("--tls-key")
            .arg(self.files.path().join("server.key"))
            .arg("--data")
            .arg(self.files.path().join(relay_name(relay)));
        let process = start(command, "listening")?;
        if let Some(server) = self.relays.get_mut(usize::from(relay)) {
            *server = Some(Server { machine, process });
        }
        Ok(())
    }
}

/// Both public addresses of the server with this number.
fn addrs(number: u8) -> [IpAddr; 2] {
    let v4 = Ipv4Addr::new(203, 0, 113, number).into();
    let v6 = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, number.into()).into();
    [v4, v6]
}

fn relay_addrs(relay: u8) -> [IpAddr; 2] {
    addrs(20_u8.saturating_add(relay))
}

fn relay_name(relay: u8) -> String {
    format!("relay{relay}.test")
}

/// Starts a program and waits until it has written a line with this word.
fn start(mut command: Command, word: &str) -> io::Result<Child> {
    let mut process = command.stdout(Stdio::piped()).spawn()?;
    let output = process.stdout.take().ok_or_else(|| io::Error::other("no output"))?;
    let mut lines = BufReader::new(output).lines();
    while let Some(Ok(line)) = lines.next() {
        if line.contains(word) {
            // What else it says is read, so that it never waits for a reader.
            std::thread::spawn(move || lines.for_each(drop));
            return Ok(process);
        }
    }
    let _ = process.kill();
    Err(io::Error::other(format!("{command:?} ended with {:?}", process.wait()?)))
}

/// An authority of the lab's own, and a certificate of all its servers.
fn write_certificates(dir: &Path, relays: u8) -> io::Result<()> {
    let wrong = |err: rcgen::Error| io::Error::other(err.to_string());
    let authority_key = KeyPair::generate().map_err(wrong)?;
    let mut authority = CertificateParams::new(Vec::new()).map_err(wrong)?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = authority.self_signed(&authority_key).map_err(wrong)?;
    fs::write(dir.join("authority.pem"), certificate.pem())?;

    let mut names = vec!["turn.test".to_owned(), "stun.test".to_owned()];
    names.extend((0..relays).map(relay_name));
    let key = KeyPair::generate().map_err(wrong)?;
    let issuer = Issuer::from_params(&authority, &authority_key);
    let params = CertificateParams::new(names).map_err(wrong)?;
    let certificate = params.signed_by(&key, &issuer).map_err(wrong)?;
    fs::write(dir.join("server.pem"), certificate.pem())?;
    fs::write(dir.join("server.key"), key.serialize_pem())
}

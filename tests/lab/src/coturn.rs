//! STUN and TURN: Debian's coturn, on a machine with two public addresses of each family.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr, UdpSocket},
    path::Path,
    process::Stdio,
};

use serde_json::{Value, json};

use crate::{
    Internet, Namespace, StunServer, behavior,
    certificates::Certificates,
    server::{Server, addrs},
};

const USER: &str = "camper";
const PASSWORD: &str = "marshmallow";
/// Where it takes UDP and TCP, and its second port for those who ask what their NAT does.
const PORTS: [u16; 2] = [3_478, 3_479];
const TLS_PORT: u16 = 443;
const LOG: &str = "turnserver.log";
/// Its names, and the numbers of its addresses.
pub(crate) const NAMES: [(&str, u8); 2] = [("turn.test", 10), ("stun.test", 11)];

/// A running coturn; it ends when dropped.
#[derive(Debug)]
pub struct Coturn {
    server: Server,
    certificates: Certificates,
}

impl Coturn {
    /// Starts it, with a certificate of its own.
    ///
    /// # Errors
    ///
    /// If coturn is missing or does not come up.
    pub fn start(internet: &Internet) -> io::Result<Self> {
        let certificates = Certificates::new(NAMES.map(|(name, _)| name.to_owned()).into())?;
        Self::start_with(internet, certificates)
    }

    pub(crate) fn start_with(internet: &Internet, certificates: Certificates) -> io::Result<Self> {
        let machine = Namespace::new()?;
        let all = NAMES.map(|(_, number)| addrs(number)).concat();
        internet.connect(&machine, &all, None)?;
        let dir = certificates.dir();
        let log = dir.join(LOG);
        let mut command = machine.command("turnserver");
        command
            .args(["-c", "/dev/null", "-n", "--log-file=stdout", "--simple-log", "--no-cli"])
            .args(["--lt-cred-mech", "--realm=test", "--no-dtls", "--min-port=50000", "--verbose"])
            .arg(format!("--user={USER}:{PASSWORD}"))
            .arg(format!("--listening-port={}", PORTS[0]))
            .arg(format!("--alt-listening-port={}", PORTS[1]))
            .arg(format!("--tls-listening-port={TLS_PORT}"))
            .args(all.iter().map(|addr| format!("--listening-ip={addr}")))
            .args(addrs(NAMES[0].1).map(|addr| format!("--relay-ip={addr}")))
            .arg(format!("--pidfile={}", dir.join("turnserver.pid").display()))
            .arg(format!("--db={}", dir.join("turnserver.db").display()))
            .arg(format!("--cert={}", certificates.certificate().display()))
            .arg(format!("--pkey={}", certificates.key().display()))
            .stdin(Stdio::null())
            .stdout(fs::File::create(&log)?)
            .stderr(Stdio::null());
        let process = command.spawn()?;
        let coturn = Self { server: Server::new(machine, process), certificates };
        for addr in all {
            coturn.wait_for(SocketAddr::new(addr, PORTS[1]), &log)?;
        }
        Ok(coturn)
    }

    /// Waits until this socket of the server answers.
    fn wait_for(&self, to: SocketAddr, log: &Path) -> io::Result<()> {
        self.server.machine().enter(|| {
            let socket = UdpSocket::bind(SocketAddr::new(to.ip(), 0))?;
            for _ in 0..10 {
                if behavior::ask(&socket, to, 0)?.is_some() {
                    return Ok(());
                }
            }
            let log = fs::read_to_string(log).unwrap_or_default();
            Err(io::Error::other(format!("coturn does not answer at {to}:\n{log}")))
        })
    }

    /// Its STUN, for those who ask over IPv4.
    pub fn stun4(&self) -> StunServer {
        StunServer { addrs: NAMES.map(|(_, number)| addrs(number)[0]), ports: PORTS }
    }

    /// Its STUN, for those who ask over IPv6.
    pub fn stun6(&self) -> StunServer {
        StunServer { addrs: NAMES.map(|(_, number)| addrs(number)[1]), ports: PORTS }
    }

    /// Where it takes TCP, over IPv4 and IPv6.
    pub fn tcp(&self) -> [SocketAddr; 2] {
        addrs(NAMES[0].1).map(|addr: IpAddr| SocketAddr::new(addr, PORTS[0]))
    }

    /// Where it takes TLS, over IPv4 and IPv6.
    pub fn tls(&self) -> [SocketAddr; 2] {
        addrs(NAMES[0].1).map(|addr: IpAddr| SocketAddr::new(addr, TLS_PORT))
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        let log = fs::read(self.certificates.dir().join(LOG)).unwrap_or_default();
        String::from_utf8_lossy(&log).into_owned()
    }

    /// The files of its certificate.
    pub(crate) fn certificates(&self) -> &Certificates {
        &self.certificates
    }
}

/// The part of `servers.json` that says where STUN is.
pub(crate) fn stun() -> Value {
    NAMES.iter().map(|(name, _)| format!("stun:{name}")).collect()
}

/// The part of `servers.json` that says where TURN is, over UDP, TCP and TLS.
pub(crate) fn turn() -> Value {
    let (name, _) = NAMES[0];
    let urls = [
        format!("turn:{name}"),
        format!("turn:{name}?transport=tcp"),
        format!("turns:{name}:{TLS_PORT}"),
    ];
    urls.iter().map(|url| json!({"url": url, "username": USER, "password": PASSWORD})).collect()
}

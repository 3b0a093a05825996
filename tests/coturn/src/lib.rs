//! Debian's coturn, started for a test or a figure: a TURN and STUN server of its own on loopback.

use std::{
    fs,
    io::{self, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

/// Who may use it, unless [`Setup::secret`] is set.
pub const USERNAME: &str = "friend";
/// With which password.
pub const PASSWORD: &str = "of the house";

/// The name in its certificate, which it can be reached by.
pub const HOST: &str = "localhost";

/// Far longer than a start takes.
const HANG: Duration = Duration::from_secs(20);

/// Starts again with other ports, should another program be faster to take those chosen.
const TRIES: usize = 5;

/// How it is set up.
#[derive(Debug, Clone, Default)]
pub struct Setup {
    /// Takes passwords made from this secret, and no others.
    pub secret: Option<String>,
    /// More of its arguments, as on its command line.
    pub args: Vec<String>,
    /// In front of its command line: `ip netns exec NAME`, for instance.
    pub wrapper: Vec<String>,
    /// Where it listens and where its relayed addresses are; loopback, both families, if empty.
    pub ips: Vec<IpAddr>,
    /// Its ports, where any will do neither: plain, then TLS.
    pub ports: Option<(u16, u16)>,
}

/// A running server; dropping it ends it.
#[derive(Debug)]
pub struct Coturn {
    child: Child,
    folder: TempDir,
    ports: (u16, u16),
    certificate: Vec<u8>,
}

impl Coturn {
    /// Starts it with [`USERNAME`] and [`PASSWORD`] and waits until it answers.
    ///
    /// # Panics
    ///
    /// If it is not installed, or does not start.
    pub fn start() -> Self {
        Self::start_with(&Setup::default())
    }

    /// Starts it as `setup` says and waits until it answers.
    ///
    /// # Panics
    ///
    /// If it is not installed, or does not start.
    pub fn start_with(setup: &Setup) -> Self {
        let mut said = String::new();
        for _ in 0..TRIES {
            let mut server = Self::spawn(setup);
            let since = Instant::now();
            while since.elapsed() < HANG {
                if setup.wrapper.is_empty() && server.answers() {
                    return server;
                }
                // In a namespace of its own only its log can be seen.
                if !setup.wrapper.is_empty() && server.log().contains("Total auth threads") {
                    return server;
                }
                if server.child.try_wait().expect("a child of ours").is_some() {
                    break;
                }
                // It tells nobody that it is ready, so it is asked until it answers.
                std::thread::park_timeout(Duration::from_millis(2));
            }
            said = server.log();
        }
        panic!("coturn does not start:\n{said}");
    }

    fn spawn(setup: &Setup) -> Self {
        let folder = TempDir::new().expect("a folder");
        let ports = setup.ports.unwrap_or_else(|| (free_port(), free_port()));
        let certificate = write_certificate(folder.path());
        let path = |name: &str| folder.path().join(name).display().to_string();
        let mut line = setup.wrapper.clone();
        line.push("turnserver".into());
        let mut command = Command::new(line.first().expect("a program"));
        command.args(line.iter().skip(1));
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let ips = if setup.ips.is_empty() { &loopback[..] } else { &setup.ips };
        for ip in ips {
            command.arg(format!("--listening-ip={ip}")).arg(format!("--relay-ip={ip}"));
        }
        match &setup.secret {
            Some(secret) => {
                command.arg("--use-auth-secret").arg(format!("--static-auth-secret={secret}"));
            }
            None => {
                command.arg("--lt-cred-mech").arg(format!("--user={USERNAME}:{PASSWORD}"));
            }
        }
        let log = fs::File::create(folder.path().join("log")).expect("a file");
        let child = command
            .arg("-n")
            .arg(format!("--listening-port={}", ports.0))
            .arg(format!("--tls-listening-port={}", ports.1))
            .arg(format!("--cert={}", path("certificate.pem")))
            .arg(format!("--pkey={}", path("key.pem")))
            .arg(format!("--userdb={}", path("users.sqlite")))
            .arg(format!("--pidfile={}", path("pid")))
            .args(["--realm=festival", "--fingerprint", "--no-cli", "--no-dtls", "--no-rfc5780"])
            .args(["--allow-loopback-peers", "--log-file=stdout", "--simple-log", "--verbose"])
            .args(&setup.args)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a file"))
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("coturn cannot be started ({error}): `sh tests/run.sh` installs it")
            });
        Self { child, folder, ports, certificate }
    }

    /// Whether all of its ports do.
    fn answers(&self) -> bool {
        let ports = [self.ports.0, self.ports.1];
        let accepts = |port| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        ports.into_iter().all(accepts) && binding(self.addr()).is_ok()
    }

    /// Where it answers over UDP and plain TCP, on IPv4.
    pub fn addr(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.ports.0))
    }

    /// Its plain port and its TLS port.
    pub fn ports(&self) -> (u16, u16) {
        self.ports
    }

    /// `turn:` over UDP.
    pub fn udp(&self) -> String {
        format!("turn:127.0.0.1:{}", self.ports.0)
    }

    /// `turn:` over TCP.
    pub fn tcp(&self) -> String {
        format!("turn:127.0.0.1:{}?transport=tcp", self.ports.0)
    }

    /// `turns:`, by the name in its certificate.
    pub fn tls(&self) -> String {
        format!("turns:{HOST}:{}", self.ports.1)
    }

    /// `stun:`.
    pub fn stun(&self) -> String {
        format!("stun:127.0.0.1:{}", self.ports.0)
    }

    /// The file of the certificate to trust.
    pub fn trust(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    /// The certificate to trust, as DER.
    pub fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        let mut said = Vec::new();
        if let Ok(mut log) = fs::File::open(self.folder.path().join("log")) {
            let _as_far_as_it_goes = log.read_to_end(&mut said);
        }
        String::from_utf8_lossy(&said).into_owned()
    }

    /// The processor time it has used.
    pub fn process_id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Coturn {
    fn drop(&mut self) {
        let _gone_already = self.child.kill();
        let _status = self.child.wait();
    }
}

/// A port that was free a moment ago, for UDP and for TCP.
fn free_port() -> u16 {
    loop {
        let tcp = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("loopback");
        let port = tcp.local_addr().expect("bound").port();
        if UdpSocket::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return port;
        }
    }
}

/// Asks for a STUN binding, once.
fn binding(server: SocketAddr) -> io::Result<()> {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
    socket.set_read_timeout(Some(Duration::from_millis(50)))?;
    let request = [&[0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
    socket.send_to(&request, server)?;
    socket.recv(&mut [0; 512]).map(drop)
}

/// Writes a certificate for [`HOST`] and its key; it is its own authority.
fn write_certificate(folder: &Path) -> Vec<u8> {
    let made = rcgen::generate_simple_self_signed(vec![HOST.to_owned()]).expect("a certificate");
    let certificate = made.cert.der().to_vec();
    write_pem(&folder.join("certificate.pem"), "CERTIFICATE", &certificate);
    write_pem(&folder.join("key.pem"), "PRIVATE KEY", &made.signing_key.serialize_der());
    certificate
}

fn write_pem(path: &Path, what: &str, der: &[u8]) {
    let text = data_encoding::BASE64.encode(der);
    let mut file = fs::File::create(path).expect("a file");
    writeln!(file, "-----BEGIN {what}-----").expect("a file");
    for line in text.as_bytes().chunks(64) {
        file.write_all(line).expect("a file");
        writeln!(file).expect("a file");
    }
    writeln!(file, "-----END {what}-----").expect("a file");
}

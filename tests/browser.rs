//! A browser joins the signaling and exchanges frames with a device: what travels is the standard,
//! not our own dialect of it.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use data_encoding::HEXLOWER;
use relay::{Relay, RelayConfig};
use serde_json::json;
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::timeout,
};
use transport::{
    Callee, DialKey, Transport as _,
    servers::Servers,
    webrtc::{WebRtcConfig, WebRtcTransport},
};

const KEY: DialKey = DialKey::from_bytes([7; 32]);
const HOST: Callee = Callee::from_bytes([1; 16]);

/// Far longer than anything here takes: only a hang meets it.
const HANG: Duration = Duration::from_secs(60);

#[tokio::test]
async fn browser_page_calls_a_device_through_a_relay_and_they_exchange_frames() {
    let any_port = ([127, 0, 0, 1], 0).into();
    let relay = Relay::start(RelayConfig::new(any_port)).await.expect("a relay");
    let device = WebRtcTransport::new(WebRtcConfig { loopback: true, ..WebRtcConfig::default() });
    let servers = Servers { relays: vec![relay.url()], ..Servers::none() };
    device.set_servers(&servers).expect("usable");
    let (links, mut incoming) = mpsc::channel(1);
    let listener = device.listen(links).expect("a port");
    listener.admit(KEY, HOST);
    let mut page = Page::serve().await;

    let what = json!({
        "relay": relay.url(),
        "host": relay.local_addr().to_string(),
        "dialKey": HEXLOWER.encode(KEY.as_bytes()),
        "callee": HEXLOWER.encode(HOST.as_bytes()),
    });
    let _browser = Browser::open(&page.url(&what.to_string()));
    let mut link = tokio::select! {
        link = timeout(HANG, incoming.recv()) => link.expect("in time").expect("listening"),
        said = page.said() => panic!("the page said before it was connected: {said}"),
    };

    let heard = timeout(HANG, link.recv()).await.expect("in time");
    assert_eq!(heard.as_deref(), Some(&b"hello from a browser"[..]));
    link.send(b"hello from a device".to_vec()).await.expect("open");
    let said = timeout(HANG, page.said()).await.expect("in time");
    assert_eq!(said, "frame hello from a device");
}

/// Serves the page and takes what it says.
struct Page {
    port: u16,
    said: mpsc::Receiver<String>,
}

impl Page {
    async fn serve() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let (sayings, said) = mpsc::channel(16);
        tokio::spawn(async move {
            while let Ok((stream, _browser)) = listener.accept().await {
                tokio::spawn(answer(stream, sayings.clone()));
            }
        });
        Self { port, said }
    }

    fn url(&self, what: &str) -> String {
        let escaped: String = what.bytes().map(|byte| format!("%{byte:02x}")).collect();
        format!("http://127.0.0.1:{}/page.html#{escaped}", self.port)
    }

    async fn said(&mut self) -> String {
        self.said.recv().await.expect("served")
    }
}

/// Answers one request.
async fn answer(stream: TcpStream, sayings: mpsc::Sender<String>) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    let (mut request, mut len) = (String::new(), 0);
    stream.read_line(&mut request).await?;
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await?;
        match header.trim().to_ascii_lowercase().strip_prefix("content-length:") {
            Some(value) => len = value.trim().parse().unwrap_or(0),
            None if header.trim().is_empty() => break,
            None => {}
        }
    }
    let path = request.split(' ').nth(1).unwrap_or_default();
    if path == "/said" {
        let mut body = vec![0; len];
        stream.read_exact(&mut body).await?;
        let _test_is_over = sayings.send(String::from_utf8_lossy(&body).into_owned()).await;
        return respond(&mut stream, "text/plain", b"").await;
    }
    let file = file(path);
    let kind = if path.ends_with(".html") { "text/html" } else { "text/javascript" };
    respond(&mut stream, kind, &std::fs::read(file).unwrap_or_default()).await
}

async fn respond(
    stream: &mut BufReader<TcpStream>,
    kind: &str,
    body: &[u8],
) -> std::io::Result<()> {
    let len = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\ncontent-length: {len}\r\nconnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body).await?;
    stream.shutdown().await
}

/// A file of the page: its own, or one of the packages that `tests/run.sh` installs.
fn file(path: &str) -> PathBuf {
    if let Some(path) = path.strip_prefix("/modules/") {
        let modules = std::env::var_os("BROWSER_MODULES").expect("set by tests/run.sh");
        return Path::new(&modules).join(path);
    }
    Path::new(env!("CARGO_MANIFEST_DIR")).join("browser").join(path.trim_start_matches('/'))
}

/// A browser with nothing of anybody in it; gone when dropped.
struct Browser {
    child: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    fn open(url: &str) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let child = Command::new("chromium")
            .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run"])
            // It would look for its maker's servers otherwise.
            .args(["--disable-background-networking", "--disable-component-update"])
            .args(["--disable-sync", "--disable-quic"])
            .arg("--allow-loopback-in-peer-connection")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg(url)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("tests/run.sh installs chromium");
        Self { child, _profile: profile }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}

//! What a relay is to a browser, a proxy and an operator.

use std::{fs, path::Path, sync::Arc};

use relay::{Relay, RelayConfig, StartError, TlsFiles};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        crypto::ring,
        pki_types::{CertificateDer, ServerName},
    },
};

use crate::client::{Client, anywhere, event_of, offer, relay};

async fn ask(relay: &Relay, request: &str) -> (String, String) {
    let mut stream = TcpStream::connect(relay.local_addr()).await.expect("it listens");
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = Vec::new();
    // It may hang up before it has read everything.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    (head.to_owned(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_says_what_it_allows() {
    let relay = relay().await;
    let accept = "Accept: application/nostr+json\r\n";

    let (head, body) = ask(&relay, &format!("GET / HTTP/1.1\r\nHost: relay\r\n{accept}\r\n")).await;

    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for header in
        ["Content-Type: application/nostr+json", "Access-Control-Allow-Origin: *", "Date:"]
    {
        assert!(head.contains(header), "no {header} in {head}");
    }
    let page: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!(page["supported_nips"], json!([1, 11, 40, 77]));
    assert_eq!(page["limitation"]["max_message_length"], 65_536);
    assert_eq!(page["limitation"]["max_subscriptions"], 32);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_answers_people_and_browsers_and_refuses_nonsense() {
    let relay = relay().await;
    for (request, answer) in [
        ("GET / HTTP/1.1\r\nHost: relay\r\n\r\n", "HTTP/1.1 200 OK"),
        ("OPTIONS / HTTP/1.1\r\nHost: relay\r\n\r\n", "HTTP/1.1 204 No Content"),
        ("POST / HTTP/1.1\r\nHost: relay\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"),
        ("\u{16}\u{3}\u{1}\r\n\r\n", "HTTP/1.1 400 Bad Request"),
        (
            "GET / HTTP/1.1\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: x\r\n\r\n",
            "HTTP/1.1 400 Bad Request",
        ),
    ] {
        let (head, _) = ask(&relay, request).await;
        assert!(head.starts_with(answer), "{request}: {head}");
    }
    let endless = format!("GET / HTTP/1.1\r\nX-Long: {}", "x".repeat(20_000));
    let (head, _) = ask(&relay, &endless).await;
    assert!(head.is_empty() || head.starts_with("HTTP/1.1 400 "), "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_says_goodbye_and_frees_the_port() {
    let first = relay().await;
    let mut client = Client::to(&first).await;
    let listen = first.local_addr();

    first.stop().await;

    assert_eq!(client.next().await, None);
    let second = Relay::start(RelayConfig::new(listen)).await.expect("the port is free");
    Client::to(&second).await.publish_well(&offer("camp")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_port_in_use_is_an_error() {
    let first = relay().await;
    let second = Relay::start(RelayConfig::new(first.local_addr())).await;
    assert!(matches!(second, Err(StartError::Listen(..))), "{second:?}");
}

/// Writes a new certificate for `localhost`, and gives what trusts it.
fn certify(folder: &Path) -> TlsConnector {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("made");
    let der = made.cert.der().to_vec();
    fs::write(folder.join("key.pem"), pem("PRIVATE KEY", &made.signing_key.serialize_der()))
        .expect("written");
    fs::write(folder.join("cert.pem"), pem("CERTIFICATE", &der)).expect("written");
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from(der)).expect("a root");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_root_certificates(roots)
        .with_no_client_auth();
    TlsConnector::from(Arc::new(config))
}

fn pem(what: &str, der: &[u8]) -> String {
    let body = data_encoding::BASE64.encode(der);
    format!("-----BEGIN {what}-----\n{body}\n-----END {what}-----\n")
}

async fn connect(
    relay: &Relay,
    tls: &TlsConnector,
) -> std::io::Result<Client<tokio_rustls::client::TlsStream<TcpStream>>> {
    let stream = TcpStream::connect(relay.local_addr()).await?;
    let name = ServerName::try_from("localhost").expect("a name");
    let stream = tls.connect(name, stream).await?;
    Ok(Client::over(stream, "wss://localhost").await)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_serves_over_tls_and_takes_up_a_renewed_certificate() {
    let folder = tempfile::tempdir().expect("a folder");
    let old = certify(folder.path());
    let files =
        TlsFiles { cert: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
    let config = RelayConfig { tls: Some(files.clone()), ..RelayConfig::new(anywhere()) };
    let relay = Relay::start(config).await.expect("it starts");
    assert!(relay.url().starts_with("wss://"));
    let mut client = connect(&relay, &old).await.expect("it is trusted");
    client.stored("mine", json!({"#x": ["camp"]})).await;

    fs::write(&files.cert, "half a certificate").expect("written");
    let mut other = connect(&relay, &old).await.expect("the old one serves on");
    let new = certify(folder.path());
    let mut third = connect(&relay, &new).await.expect("the new one is trusted");
    assert!(connect(&relay, &old).await.is_err());

    for caller in [&mut other, &mut third] {
        let offer = offer("camp");
        caller.publish_well(&offer).await;
        assert_eq!(event_of(&client.next().await.expect("an event"), "mine"), offer);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_none_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    certify(folder.path());
    let files =
        TlsFiles { cert: folder.path().join("key.pem"), key: folder.path().join("cert.pem") };
    let config = RelayConfig { tls: Some(files), ..RelayConfig::new(anywhere()) };

    let started = Relay::start(config).await;

    assert!(matches!(started, Err(StartError::Tls(_))), "{started:?}");
}

//! Relays behind TLS.

use std::{io::Write, sync::Arc};

use data_encoding::BASE64;
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::TlsAcceptor;

use super::{PublishError, RelayPool, TestRelay, event, soon};
use crate::{nostr::RelayUrl, tls::client_config};

/// A relay with a certificate of its own making: its address and the certificate's file.
async fn with_tls(relay: &TestRelay) -> (RelayUrl, tempfile::NamedTempFile) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .expect("a pair");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let behind = relay.port();
    tokio::spawn(async move {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        while let Ok((stream, _from)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let Ok(mut front) = acceptor.accept(stream).await else { return };
                let mut back = TcpStream::connect(("127.0.0.1", behind)).await.expect("a relay");
                let _ended = copy_bidirectional(&mut front, &mut back).await;
            });
        }
    });
    let mut file = tempfile::NamedTempFile::new().expect("a file");
    let body = BASE64.encode(made.cert.der());
    write!(file, "-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n")
        .expect("written");
    (format!("wss://localhost:{port}").parse().expect("a relay"), file)
}

#[tokio::test]
async fn relay_with_its_own_certificate_is_believed_only_if_told_to() {
    let relay = TestRelay::start().await;
    let (url, certificate) = with_tls(&relay).await;
    let trusting = RelayPool::new(client_config(Some(certificate.path())).expect("a certificate"));
    let wary = RelayPool::new(client_config(None).expect("a configuration"));

    assert_eq!(soon(trusting.publish_at(&url, event("tents", "hello"))).await, Ok(()));
    let refused = soon(wary.publish_at(&url, event("tents", "hello"))).await;

    assert_eq!(refused, Err(PublishError::Unreachable));
    assert_eq!(relay.events().len(), 1);
}

//! Servers that behave and servers that do not, on loopback.

use std::net::SocketAddr;

use coturn::Coturn;
use futures_util::{SinkExt as _, StreamExt as _};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, UdpSocket},
};
use tokio_tungstenite::{accept_async, tungstenite::Message};

use super::{CheckError, check_relay, check_stun, check_turn, check_udp};
use crate::{nat::NatKind, servers::TurnServer, tls::client_config};

/// A relay that answers every question with `answers`.
async fn relay(answers: &'static [&'static str]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("a client");
        let mut socket = accept_async(stream).await.expect("a handshake");
        while let Some(Ok(Message::Text(_))) = socket.next().await {
            for answer in answers {
                let _ = socket.send(Message::text(*answer)).await;
            }
        }
    });
    url
}

async fn ask(url: &str) -> Result<(), String> {
    let tls = client_config(None).expect("usual authorities");
    check_relay(url, &tls).await.map(drop).map_err(|why| why.to_string())
}

#[tokio::test]
async fn relay_that_answers_is_good_whatever_it_says_before() {
    let url = relay(&[r#"["NOTICE","welcome"]"#, r#"["EOSE","check"]"#]).await;

    assert_eq!(ask(&url).await, Ok(()));
}

#[tokio::test]
async fn relay_for_members_only_says_so() {
    let url = relay(&[r#"["CLOSED","check","auth-required: members only"]"#]).await;

    let why = ask(&url).await.expect_err("it is closed");
    assert_eq!(why, "it wants to know who asks: auth-required: members only");
}

#[tokio::test]
async fn web_server_is_told_from_a_relay() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let mut buffer = [0; 1_024];
        let _ = stream.read(&mut buffer).await;
        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").await;
    });

    let why = ask(&url).await.expect_err("it is none");
    assert_eq!(why, "something listens there, but it is no relay: HTTP 404 Not Found");
}

#[tokio::test]
async fn port_where_nobody_listens_is_named_as_such() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}", listener.local_addr().expect("an address"));
    drop(listener);

    assert_eq!(ask(&url).await, Err("nothing listens at that port".to_owned()));
}

/// A STUN server that reports the address it sees with this much added to the port.
async fn stun(added: u16) -> String {
    use turn_client_proto::stun::types::{
        attribute::XorMappedAddress,
        message::{Message, MessageWriteVec},
        prelude::{MessageWrite as _, MessageWriteExt as _},
    };

    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("stun:{}", socket.local_addr().expect("an address"));
    tokio::spawn(async move {
        let mut buffer = [0; 1_500];
        while let Ok((len, from)) = socket.recv_from(&mut buffer).await {
            let Ok(request) = Message::from_bytes(&buffer[..len]) else { continue };
            let seen = SocketAddr::new([203, 0, 113, 9].into(), from.port().wrapping_add(added));
            let mut answer = Message::builder_success(&request, MessageWriteVec::new());
            let mapped = XorMappedAddress::new(seen, request.transaction_id());
            answer.add_attribute(&mapped).expect("room for it");
            let _ = socket.send_to(&answer.finish(), from).await;
        }
    });
    url
}

#[tokio::test]
async fn kind_of_router_is_told_by_two_stun_servers() {
    let (answers, nat) = check_stun(&[stun(0).await, stun(0).await]).await;
    assert!(answers.iter().all(Result::is_ok), "{answers:?}");
    assert_eq!(nat, NatKind::EndpointIndependent);

    let (_, nat) = check_stun(&[stun(0).await, stun(7).await]).await;
    assert_eq!(nat, NatKind::Symmetric);
}

#[tokio::test(start_paused = true)]
async fn stun_server_that_is_silent_is_given_up() {
    let silent = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("stun:{}", silent.local_addr().expect("an address"));

    let (answers, nat) = check_stun(&[url, "stun:".to_owned()]).await;

    assert!(matches!(answers.as_slice(), [Err(CheckError::TimedOut), Err(CheckError::Url(_))]));
    assert_eq!(nat, NatKind::Blocked);
}

#[tokio::test]
async fn turn_server_is_tried_by_the_way_its_address_names() {
    let coturn = Coturn::start();
    let tls = client_config(Some(&coturn.trust())).expect("its certificate");
    let server = |url, password: &str| TurnServer {
        url,
        username: coturn::USERNAME.to_owned(),
        password: Some(password.to_owned()),
        secret: None,
    };

    for url in [coturn.udp(), coturn.tcp(), coturn.tls()] {
        let answer = check_turn(&server(url.clone(), coturn::PASSWORD), &tls).await;
        assert!(answer.is_ok(), "{url}: {answer:?}");
    }
    let why = check_turn(&server(coturn.udp(), "guessed"), &tls).await.expect_err("it is wrong");
    assert!(why.to_string().contains("does not accept the username and password"), "{why}");
}

#[tokio::test]
async fn datagram_to_oneself_arrives() {
    check_udp([127, 0, 0, 1].into()).await.expect("loopback works");
    assert!(check_udp([192, 0, 2, 1].into()).await.is_err());
}

//! What STUN servers tell, asked from sockets of our own and from the shared port.

use std::{
    io::IoSliceMut,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use coturn::Coturn;
use tokio::{net::UdpSocket, time::timeout};
use turn_client_proto::stun::types::{
    attribute::XorMappedAddress,
    message::{Message, MessageWriteVec},
    prelude::{MessageWrite, MessageWriteExt},
};
use webrtc::runtime::RecvMeta;

use super::HANG;
use crate::{
    nat::NatKind,
    servers::StunUrl,
    webrtc::{
        socket::{Family, Udp},
        stun_client::{MuxStun, Public, reflexive, resolve},
    },
};

/// A server that says `mapped` to everybody, once it has been asked `times` times.
async fn fake(mapped: SocketAddr, times: usize) -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("loopback");
    let addr = socket.local_addr().expect("bound");
    tokio::spawn(async move {
        let mut bytes = [0; 512];
        let mut asked = 0;
        loop {
            let (len, from) = socket.recv_from(&mut bytes).await.expect("open");
            asked += 1;
            if asked < times {
                continue;
            }
            let request = Message::from_bytes(&bytes[..len]).expect("a request");
            let mut answer = Message::builder_success(&request, MessageWriteVec::new());
            let mapped = XorMappedAddress::new(mapped, answer.transaction_id());
            answer.add_attribute(&mapped).expect("short");
            socket.send_to(&answer.finish(), from).await.expect("open");
        }
    });
    addr
}

async fn silent() -> (UdpSocket, SocketAddr) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.expect("loopback");
    let addr = socket.local_addr().expect("bound");
    (socket, addr)
}

fn url(addr: SocketAddr) -> StunUrl {
    format!("stun:{addr}").parse().expect("an address")
}

/// A shared port, its port number, and the questions asked from it.
fn port() -> (Arc<MuxStun>, u16) {
    let udp = Arc::new(Udp::bind(Family::V4, 0).expect("loopback"));
    let port = udp.port().expect("bound");
    let stun = MuxStun::new(vec![(Family::V4, Arc::clone(&udp))], port);
    let reader = Arc::clone(&stun);
    tokio::spawn(async move {
        let mut bytes = vec![0; 2048 * udp.max_gro_segments()];
        loop {
            let mut meta = [RecvMeta::default()];
            let receive = std::future::poll_fn(|cx| {
                udp.poll_recv(cx, &mut [IoSliceMut::new(&mut bytes)], &mut meta)
            });
            receive.await.expect("open");
            assert!(!reader.accept(meta[0].addr, b"something else"));
            reader.accept(meta[0].addr, &bytes[..meta[0].len]);
        }
    });
    (stun, port)
}

async fn known(stun: &MuxStun, is_so: impl FnMut(&Public) -> bool) -> Public {
    let mut public = stun.public();
    let waiting = public.wait_for(is_so);
    timeout(HANG, waiting).await.expect("in time").expect("asking").clone()
}

fn public(port: u16) -> SocketAddr {
    SocketAddr::from(([203, 0, 113, 5], port))
}

#[tokio::test]
async fn socket_learns_its_address_from_a_real_server() {
    let coturn = Coturn::start();
    let udp = Udp::bind(Family::V4, 0).expect("loopback");
    let own = SocketAddr::from((Ipv4Addr::LOCALHOST, udp.port().expect("bound")));

    let mapped = reflexive(&udp, &[coturn.addr()], HANG).await;

    assert_eq!(mapped, [own]);
}

#[tokio::test]
async fn socket_waits_neither_for_silent_servers_nor_for_ever() {
    let (_open, silent) = silent().await;
    let answering = fake(public(7), 1).await;
    let udp = Udp::bind(Family::V4, 0).expect("loopback");

    assert_eq!(reflexive(&udp, &[silent, answering], HANG).await, [public(7)]);
    assert!(reflexive(&udp, &[silent], Duration::from_millis(20)).await.is_empty());
    assert!(reflexive(&udp, &[], HANG).await.is_empty());
}

#[tokio::test]
async fn lost_questions_are_asked_again() {
    let deaf_at_first = fake(public(7), 2).await;
    let udp = Udp::bind(Family::V4, 0).expect("loopback");

    assert_eq!(reflexive(&udp, &[deaf_at_first], HANG).await, [public(7)]);
}

#[tokio::test]
async fn shared_port_learns_what_network_it_is_in() {
    let coturn = Coturn::start();
    let (stun, own_port) = port();
    let _keeping = stun.keep(vec![url(coturn.addr())]);
    let own = SocketAddr::from((Ipv4Addr::LOCALHOST, own_port));
    let found = known(&stun, |public| !public.addrs.is_empty()).await;
    assert_eq!(
        found,
        Public { addrs: vec![own], nat: NatKind::Open, servers: vec![coturn.addr()] }
    );

    let (stun, _port) = port();
    let cone = [fake(public(7), 1).await, fake(public(7), 1).await];
    let _keeping = stun.keep(cone.map(url).to_vec());
    let found = known(&stun, |public| public.servers.len() == 2).await;
    assert_eq!((found.nat, found.addrs), (NatKind::EndpointIndependent, vec![public(7)]));

    let (stun, _port) = port();
    let symmetric = [fake(public(7), 1).await, fake(public(8), 1).await];
    let _keeping = stun.keep(symmetric.map(url).to_vec());
    let found = known(&stun, |public| public.servers.len() == 2).await;
    assert_eq!(found.nat, NatKind::Symmetric);
}

#[tokio::test(start_paused = true)]
async fn port_nobody_answers_is_blocked_until_the_network_changes() {
    let (stun, _port) = port();
    let (_open, silent) = silent().await;
    assert_eq!(*stun.public().borrow(), Public::default());

    let _keeping = stun.keep(vec![url(silent)]);

    known(&stun, |public| public.nat == NatKind::Blocked).await;
    stun.network_changed();
    known(&stun, |public| public.nat == NatKind::Unknown).await;
}

#[tokio::test]
async fn answers_nobody_asked_for_are_not_believed() {
    let (stun, _port) = port();
    let asked = fake(public(7), 1).await;
    let (liar, _addr) = silent().await;
    let _keeping = stun.keep(vec![url(asked)]);
    known(&stun, |public| !public.addrs.is_empty()).await;

    let request = Message::builder_request(
        turn_client_proto::stun::types::message::BINDING,
        MessageWriteVec::new(),
    )
    .finish();
    let request = Message::from_bytes(&request).expect("ours");
    let mut answer = Message::builder_success(&request, MessageWriteVec::new());
    let mapped = XorMappedAddress::new(public(666), answer.transaction_id());
    answer.add_attribute(&mapped).expect("short");
    let answer = answer.finish();

    assert!(!stun.accept(asked, &answer));
    assert!(!stun.accept(liar.local_addr().expect("bound"), &answer));
    assert_eq!(stun.public().borrow().addrs, [public(7)]);
}

#[tokio::test]
async fn names_resolve_to_both_kinds_of_addresses_in_turns() {
    let addrs = resolve("localhost", 7).await.expect("every machine has it");
    assert!(!addrs.is_empty());
    assert!(addrs.iter().all(|addr| addr.ip().is_loopback() && addr.port() == 7));
    assert!(resolve("nowhere.invalid", 7).await.is_err());
}

//! The lab is what it says: each kind of network does to packets what its name promises.

#![cfg(target_os = "linux")]

use std::{
    net::{SocketAddr, TcpStream, UdpSocket},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use lab::{Coturn, Host, Internet, Kind, Namespace, Network, behavior, can_be_direct};

const PATIENCE: Duration = Duration::from_secs(2);

/// An internet with coturn in it.
fn internet(delay: Duration) -> (Arc<Internet>, Coturn) {
    lab::become_root();
    let internet = Arc::new(Internet::new(delay).expect("an internet"));
    let coturn = Coturn::start(&internet).expect("coturn");
    (internet, coturn)
}

fn connects(machine: &Namespace, to: SocketAddr) -> bool {
    machine.enter(|| TcpStream::connect_timeout(&to, PATIENCE).is_ok())
}

#[test]
fn every_kind_of_network_treats_udp_as_its_name_says() {
    let (internet, coturn) = internet(Duration::ZERO);
    let check = &|kind: Kind| {
        let network = Network::new(&internet, kind).expect("a network");
        let host = Host::new(&network).expect("a device");
        if kind.has_ipv4() {
            let found = behavior(host.machine(), coturn.stun4()).expect("a device with IPv4");
            assert_eq!(found, kind.udp4(), "{kind} over IPv4");
        }
        if kind.has_ipv6() {
            let found = behavior(host.machine(), coturn.stun6()).expect("a device with IPv6");
            assert_eq!(found, kind.udp6(), "{kind} over IPv6");
        }
    };
    thread::scope(|scope| {
        for kind in Kind::ALL {
            scope.spawn(move || check(kind));
        }
    });
}

#[test]
fn blocked_networks_let_tcp_out_where_they_should() {
    let (internet, coturn) = internet(Duration::ZERO);
    let [tls, _] = coturn.tls();
    let [plain, _] = coturn.tcp();
    for (kind, passes_any) in [(Kind::UdpBlocked, true), (Kind::Only443, false)] {
        let network = Network::new(&internet, kind).expect("a network");
        let host = Host::new(&network).expect("a device");
        assert!(connects(host.machine(), tls), "{kind}: to port 443");
        assert_eq!(connects(host.machine(), plain), passes_any, "{kind}: to {plain}");
    }
}

#[test]
fn pairs_meet_where_theory_says_they_can_and_nowhere_else() {
    let (internet, coturn) = internet(Duration::ZERO);
    let check = &|a: Kind, b: Kind| {
        let networks = [a, b].map(|kind| Network::new(&internet, kind).expect("a network"));
        let hosts = networks.each_ref().map(|network| Host::new(network).expect("a device"));
        assert_eq!(meet(&hosts, &coturn), can_be_direct(a, b), "{a} and {b}");
    };
    thread::scope(|scope| {
        for (at, a) in WITH_UDP.into_iter().enumerate() {
            // Not all at once: a machine that is busy would take what is late for lost.
            scope.spawn(move || WITH_UDP.into_iter().skip(at).for_each(|b| check(a, b)));
        }
    });
}

/// The kinds that let UDP over IPv4 out.
const WITH_UDP: [Kind; 6] = [
    Kind::FullCone,
    Kind::AddressRestricted,
    Kind::PortRestricted,
    Kind::Symmetric,
    Kind::Double,
    Kind::Both,
];

/// How often a server that must answer is asked, each time for as long as a network has to let an answer through.
const MAX_ASKED: usize = 50;

/// Whether two devices that tell each other what STUN says can talk directly: each writes to the other's address, or
/// to where the other's packets come from if that is elsewhere.
fn meet(hosts: &[Host; 2], coturn: &Coturn) -> bool {
    let server = SocketAddr::new(coturn.stun4().addrs[0], coturn.stun4().ports[0]);
    let sockets = hosts
        .each_ref()
        .map(|host| host.machine().enter(|| UdpSocket::bind(("0.0.0.0", 0)).expect("a port")));
    let mut peers = sockets.each_ref().map(|socket| {
        // The server answers in the end, however busy the machine is.
        let mut asked = (0..MAX_ASKED).map(|_| lab::public_addr(socket, server));
        asked.find_map(|answer| answer.expect("a socket")).expect("an answer")
    });
    peers.reverse();
    let mut has_heard = [false; 2];
    for _ in 0..20 {
        for (socket, peer) in sockets.iter().zip(peers) {
            socket.send_to(b"hello", peer).expect("sent");
        }
        for ((socket, peer), heard) in sockets.iter().zip(&mut peers).zip(&mut has_heard) {
            socket.set_read_timeout(Some(Duration::from_millis(20))).expect("a timeout");
            let mut bytes = [0; 16];
            if let Ok((5, from)) = socket.recv_from(&mut bytes) {
                (*peer, *heard) = (from, true);
            }
        }
    }
    has_heard == [true, true]
}

#[test]
fn two_devices_behind_one_router_meet_inside_but_not_by_their_public_addresses() {
    let (internet, coturn) = internet(Duration::ZERO);
    let network = Network::new(&internet, Kind::PortRestricted).expect("a network");
    let hosts = [(); 2].map(|()| Host::new(&network).expect("a device"));
    assert!(!meet(&hosts, &coturn), "the router sent a packet back inside");

    let [a, b] = hosts
        .each_ref()
        .map(|host| host.machine().enter(|| UdpSocket::bind((host.addr(), 0)).expect("a port")));
    a.send_to(b"hello", b.local_addr().expect("bound")).expect("sent");
    b.set_read_timeout(Some(PATIENCE)).expect("a timeout");
    let (len, from) = b.recv_from(&mut [0; 16]).expect("a packet on the same network");
    assert_eq!((len, Some(from)), (5, a.local_addr().ok()));
}

#[test]
fn packets_take_as_long_as_told_and_get_lost_as_often() {
    let (internet, coturn) = internet(Duration::from_millis(50));
    let network = Network::new(&internet, Kind::PortRestricted).expect("a network");
    let host = Host::new(&network).expect("a device");
    let server = SocketAddr::new(coturn.stun4().addrs[0], coturn.stun4().ports[0]);
    let socket = host.machine().enter(|| UdpSocket::bind(("0.0.0.0", 0)).expect("a port"));
    let started = Instant::now();
    assert!(lab::public_addr(&socket, server).expect("a socket").is_some());
    assert!(started.elapsed() >= Duration::from_millis(100), "{:?}", started.elapsed());

    internet.set_loss(1_000);
    assert!(lab::public_addr(&socket, server).expect("a socket").is_none());
    internet.set_loss(0);
    internet.set_silent(server.ip(), true);
    assert!(lab::public_addr(&socket, server).expect("a socket").is_none());
    internet.set_silent(server.ip(), false);
    assert!(lab::public_addr(&socket, server).expect("a socket").is_some());
}

#[test]
fn device_that_moves_has_another_address_and_its_programs_go_on() {
    let (internet, coturn) = internet(Duration::ZERO);
    let server = SocketAddr::new(coturn.stun4().addrs[0], coturn.stun4().ports[0]);
    let home = Network::new(&internet, Kind::PortRestricted).expect("a network");
    let cafe = Network::new(&internet, Kind::Symmetric).expect("a network");
    let host = Host::new(&home).expect("a device");
    let socket = host.machine().enter(|| UdpSocket::bind(("0.0.0.0", 0)).expect("a port"));
    let before = lab::public_addr(&socket, server).expect("a socket").expect("an answer");

    host.move_to(&cafe).expect("moved");

    let after = lab::public_addr(&socket, server).expect("a socket").expect("an answer");
    assert_ne!(before.ip(), after.ip());
}

//! Links through a real TURN server.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use coturn::{Coturn, PASSWORD, Setup, USERNAME};
use tokio::{io::AsyncWriteExt, net::TcpListener, time::timeout};
use webrtc::data_channel::DataChannelEvent;

use super::{HANG, Host, exchange, next, stats, until};
use crate::{
    LinkFailure, LinkPath,
    servers::TurnServer,
    tls::{Tls, client_config},
    webrtc::{
        Relayed, Trial, TurnError,
        connection::Connection,
        socket::{Family, Socket, Udp, Wiring},
        try_turn,
        turn::{Turn, join},
    },
};

pub(super) fn server(url: String) -> TurnServer {
    TurnServer {
        url,
        username: USERNAME.to_owned(),
        password: Some(PASSWORD.to_owned()),
        secret: None,
    }
}

pub(super) fn tls(coturn: &Coturn) -> Tls {
    client_config(Some(&coturn.trust())).expect("coturn's certificate")
}

async fn allocate(coturn: &Coturn, url: String, family: Family) -> Result<Arc<Turn>, TurnError> {
    timeout(HANG, Turn::allocate(&server(url), &tls(coturn), family)).await.expect("in time")
}

async fn refused(coturn: &Coturn, server: &TurnServer) -> TurnError {
    let made = timeout(HANG, Turn::allocate(server, &tls(coturn), Family::V4)).await;
    made.expect("in time").expect_err("cannot work")
}

async fn linked(coturn: &Coturn, url: String) -> Trial {
    let (server, tls) = (server(url), tls(coturn));
    let trial = try_turn(&server, &tls, Relayed::BothEnds);
    timeout(HANG, trial).await.expect("in time").expect("works")
}

#[tokio::test]
async fn links_go_through_a_relay_over_udp_tcp_and_tls() {
    let coturn = Coturn::start();
    for url in [coturn.udp(), coturn.tcp(), coturn.tls()] {
        let mut trial = linked(&coturn, url.clone()).await;

        exchange(&mut trial.dialer, &mut trial.listener, 1 << 20).await;

        assert!(trial.relayed.ip().is_loopback(), "{url}: {}", trial.relayed);
        assert_ne!(trial.relayed.port(), coturn.ports().0);
        assert_eq!(stats(&trial.dialer).path, LinkPath::Relayed);
        // What the dialer hears comes from the other end's address on the server.
        assert_ne!(stats(&trial.listener).remote, stats(&trial.dialer).remote);
        assert_eq!(stats(&trial.listener).remote, trial.relayed.to_string());
    }
}

#[tokio::test]
async fn allocations_do_not_wait_between_their_requests() {
    let coturn = Coturn::start();
    let mut times = Vec::new();
    for _ in 0..5 {
        let started = Instant::now();
        let _turn = allocate(&coturn, coturn.udp(), Family::V4).await.expect("works");
        times.push(started.elapsed());
    }

    // The protocol crate alone would pause 50 ms in each.
    assert!(times.iter().min() < Some(&Duration::from_millis(40)), "{times:?}");
}

#[tokio::test]
async fn one_relayed_end_is_enough_and_a_direct_link_goes_beside_it() {
    let coturn = Coturn::start();
    let mut host = Host::on_loopback();
    let (mut direct, mut direct_end) = host.linked().await;
    let trial = try_turn(&server(coturn.udp()), &tls(&coturn), Relayed::OneEnd).await;
    let Trial { dialer: mut relayed, listener: mut relayed_end, .. } = trial.expect("works");

    exchange(&mut relayed, &mut relayed_end, 1 << 18).await;
    exchange(&mut direct, &mut direct_end, 1 << 18).await;

    drop((relayed, relayed_end));
    exchange(&mut direct, &mut direct_end, 1 << 18).await;
    assert_eq!(stats(&direct).path, LinkPath::Direct);
}

#[tokio::test]
async fn ipv6_addresses_are_relayed_too() {
    let coturn = Coturn::start();
    let [one, other] = [
        allocate(&coturn, coturn.udp(), Family::V6).await.expect("works"),
        allocate(&coturn, coturn.tls(), Family::V6).await.expect("works"),
    ];
    assert!(one.relayed().is_ipv6() && other.relayed().is_ipv6());
    one.permit([other.relayed().ip()]);
    other.permit([one.relayed().ip()]);
    let addrs = [one.relayed(), other.relayed()];

    let joining = join((Wiring::relayed(one), addrs[0]), (Wiring::relayed(other), addrs[1]));
    let ((_, opened), (_, listener)) =
        timeout(HANG, joining).await.expect("in time").expect("opens");

    assert_eq!(opened.remote, Some(addrs[1]));
    assert_eq!(listener.remote, Some(addrs[0]));
    assert_eq!(opened.binding, listener.binding);
}

#[tokio::test]
async fn wrong_password_is_said_at_once() {
    let coturn = Coturn::start();
    for url in [coturn.udp(), coturn.tcp(), coturn.tls()] {
        let mut server = server(url);
        server.password = Some("guessed".to_owned());
        let started = Instant::now();

        let error = refused(&coturn, &server).await;

        assert!(matches!(error, TurnError::WrongPassword(_)), "{error}");
        assert!(error.to_string().contains("does not accept the username and password"));
        assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
    }
}

#[tokio::test]
async fn passwords_are_made_from_the_servers_secret() {
    let secret = Some("shared with coturn".to_owned());
    let coturn = Coturn::start_with(&Setup { secret: secret.clone(), ..Setup::default() });
    let mut with_secret = TurnServer { password: None, secret, ..server(coturn.tls()) };

    let turn = Turn::allocate(&with_secret, &tls(&coturn), Family::V4).await.expect("works");
    assert!(turn.relayed().ip().is_loopback());
    with_secret.username.clear();
    assert!(Turn::allocate(&with_secret, &tls(&coturn), Family::V4).await.is_ok());

    with_secret.secret = Some("another".to_owned());
    let error = refused(&coturn, &with_secret).await;
    assert!(matches!(error, TurnError::WrongPassword(_)), "{error}");
}

#[tokio::test]
async fn certificate_nobody_vouches_for_is_refused_by_name() {
    let coturn = Coturn::start();
    let nobody = client_config(None).expect("the usual authorities");

    let made = Turn::allocate(&server(coturn.tls()), &nobody, Family::V4).await;

    let error = made.expect_err("not to be trusted");
    assert!(matches!(error, TurnError::Tls(..)), "{error}");
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    let by_number = coturn.tls().replace("localhost", "127.0.0.1");
    let error = refused(&coturn, &server(by_number)).await;
    assert!(error.to_string().contains("not valid for name"), "{error}");
}

#[tokio::test]
async fn server_that_is_not_there_is_told_from_one_that_is_not_found() {
    let coturn = Coturn::start();
    let closed = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let port = closed.local_addr().expect("bound").port();
    drop(closed);

    let error = refused(&coturn, &server(format!("turn:127.0.0.1:{port}?transport=tcp"))).await;
    assert!(matches!(error, TurnError::Unreachable(..)), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");

    let error = refused(&coturn, &server("turn:nowhere.invalid".to_owned())).await;
    assert!(matches!(error, TurnError::NotFound(..)), "{error}");

    let nonsense = TurnServer { password: None, ..server(coturn.udp()) };
    let error = refused(&coturn, &nonsense).await;
    assert!(error.to_string().contains("needs a \"password\""), "{error}");
}

#[tokio::test(start_paused = true)]
async fn server_that_says_nothing_is_given_up() {
    let silent = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    let url = format!("turn:{}", silent.local_addr().expect("bound"));
    let tls = client_config(None).expect("the usual authorities");

    let made = Turn::allocate(&server(url), &tls, Family::V4).await;

    assert!(matches!(made, Err(TurnError::Silent(_))), "{made:?}");
}

#[tokio::test]
async fn allocation_is_renewed_for_as_long_as_it_is_used() {
    let coturn = Coturn::start();
    let [one, other] = [
        allocate(&coturn, coturn.udp(), Family::V4).await.expect("works"),
        allocate(&coturn, coturn.tcp(), Family::V4).await.expect("works"),
    ];
    let addrs = [one.relayed(), other.relayed()];
    let wirings = [&one, &other].map(|turn| Wiring::relayed(Arc::clone(turn)));
    let [dialer, listener] = wirings;
    let joining = join((dialer, addrs[0]), (listener, addrs[1]));
    let ((dialer, _), (listener, _)) =
        timeout(HANG, joining).await.expect("in time").expect("opens");
    let renewals = |what: &str| coturn.log().matches(&format!("{what} processed, success")).count();

    // Each lasts a minute longer than this: the permission for the peer, its channel, the
    // allocation itself.
    let lasting = [("CREATE_PERMISSION", 4, 2), ("CHANNEL_BIND", 9, 2), ("REFRESH", 29, 0)];
    for minute in 1..=65_usize {
        one.skip(Duration::from_secs(60));
        other.skip(Duration::from_secs(60));
        for (what, minutes, at_first) in lasting {
            let wanted = at_first + 2 * (minute / minutes);
            until(|| renewals(what) >= wanted).await;
        }
        // Answers of the server come before what it passes on.
        say(&dialer, &listener).await;
        say(&listener, &dialer).await;
    }
}

/// Says something on one end and hears it on the other.
async fn say(from: &Connection, to: &Connection) {
    from.channel.send("still here".into()).await.expect("open");
    let heard = async {
        loop {
            if let DataChannelEvent::OnMessage(message) = to.channel.poll().await.expect("open") {
                return message.data;
            }
        }
    };
    assert_eq!(&timeout(HANG, heard).await.expect("in time")[..], b"still here");
}

#[tokio::test]
async fn nonce_that_has_gone_stale_is_replaced() {
    let args = vec!["--stale-nonce=1".to_owned()];
    let coturn = Coturn::start_with(&Setup { args, ..Setup::default() });
    let turn = allocate(&coturn, coturn.udp(), Family::V4).await.expect("works");
    let renewals = || coturn.log().matches("refreshed").count();
    // Each is answered before the next one, however late.
    let renewed = async || {
        until(|| turn.is_at_rest()).await;
        let so_far = renewals();
        turn.skip(Duration::from_secs(29 * 60 + 30));
        until(|| renewals() > so_far).await;
    };

    while !coturn.log().contains("error 438") {
        renewed().await;
    }

    renewed().await;
}

#[tokio::test]
async fn server_that_ends_takes_its_links_with_it_and_says_so() {
    let mut coturn = Some(Coturn::start());
    let running = coturn.as_ref().expect("started");
    let turn = allocate(running, running.tls(), Family::V4).await.expect("works");
    let mut trial = linked(running, running.tcp()).await;

    drop(coturn.take());

    let error = timeout(HANG, turn.failed()).await.expect("in time");
    assert!(matches!(error, TurnError::Lost(..)), "{error}");
    assert_eq!(next(&mut trial.dialer).await, None);
    assert_eq!(stats(&trial.dialer).closed, Some(LinkFailure::Broken));
}

#[tokio::test]
async fn allocation_the_server_forgets_is_lost() {
    let coturn = Coturn::start();
    let turn = allocate(&coturn, coturn.udp(), Family::V4).await.expect("works");

    // Longer than it lasts, without a word in between.
    turn.skip(Duration::from_secs(31 * 60));

    let error = timeout(HANG, turn.failed()).await.expect("in time");
    assert!(matches!(error, TurnError::Lost(..)), "{error}");
}

#[tokio::test]
async fn dropped_allocation_is_given_back() {
    let coturn = Coturn::start();
    for url in [coturn.udp(), coturn.tcp()] {
        let turn = allocate(&coturn, url, Family::V4).await.expect("works");
        let so_far = coturn.log().matches(" delete: ").count();

        drop(turn);

        until(|| coturn.log().matches(" delete: ").count() > so_far).await;
    }
}

#[tokio::test]
async fn stream_that_makes_no_sense_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let url = format!("turn:{}?transport=tcp", listener.local_addr().expect("bound"));
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.expect("a client");
        let _gone = stream.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").await;
        std::future::pending::<()>().await;
    });
    let tls = client_config(None).expect("the usual authorities");

    let made = timeout(HANG, Turn::allocate(&server(url), &tls, Family::V4)).await;

    let error = made.expect("in time").expect_err("no TURN server");
    assert!(error.to_string().contains("neither STUN nor ChannelData"), "{error}");
}

/// Passes datagrams on to `server` and back, all but every tenth.
fn lossy(server: SocketAddr) -> SocketAddr {
    let front = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    let addr = front.local_addr().expect("bound");
    let back = UdpSocket::bind("127.0.0.1:0").expect("loopback");
    back.connect(server).expect("loopback");
    let (front, back) = (Arc::new(front), Arc::new(back));
    let (to_client, from_server) = (Arc::clone(&front), Arc::clone(&back));
    let client = Arc::new(std::sync::OnceLock::new());
    let known = Arc::clone(&client);
    let is_lucky = |n: usize| n % 10 != 9;
    thread::spawn(move || {
        let mut bytes = [0; 2048];
        for n in 0.. {
            let Ok((len, from)) = front.recv_from(&mut bytes) else { return };
            let _first = client.set(from);
            if is_lucky(n) {
                let _lost = back.send(&bytes[..len]);
            }
        }
    });
    thread::spawn(move || {
        let mut bytes = [0; 2048];
        for n in 0.. {
            let Ok(len) = from_server.recv(&mut bytes) else { return };
            if is_lucky(n)
                && let Some(client) = known.get()
            {
                let _lost = to_client.send_to(&bytes[..len], client);
            }
        }
    });
    addr
}

#[tokio::test]
async fn loss_on_the_way_to_the_server_is_made_up_for() {
    let coturn = Coturn::start();
    let opening = async {
        loop {
            // A way of its own for each try: it leads back to whoever came first.
            let lossy = format!("turn:{}", lossy(coturn.addr()));
            let turn = allocate(&coturn, lossy, Family::V4).await.expect("works");
            let udp = Udp::bind(Family::V4, 0).expect("loopback");
            let addr = SocketAddr::from(([127, 0, 0, 1], udp.port().expect("bound")));
            let own = Wiring { family: Family::V4, socket: Socket::Own(Arc::new(udp)) };
            turn.permit([addr.ip()]);
            let relayed = turn.relayed();
            // The library's handshake dies of losses now and then: as a dial does, try anew.
            if let Ok(open) = join((Wiring::relayed(turn), relayed), (own, addr)).await {
                return open;
            }
        }
    };
    let ((dialer, _), (listener, _)) = timeout(HANG, opening).await.expect("in time");

    say(&dialer, &listener).await;
}

//! Links through a real TURN server that are streams on the way.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use coturn::{Coturn, Setup};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::{
    HANG, exchange, next, stats,
    turn::{server, tls},
    until,
};
use crate::{
    LinkFailure, LinkPath,
    webrtc::{
        Relayed, Trial, TurnError,
        socket::{Family, Wiring},
        try_turn,
        turn::{self, Pipe, StreamPlace, Words, join},
    },
};

async fn linked(coturn: &Coturn, url: String, relayed: Relayed) -> Trial {
    let (server, tls) = (server(url), tls(coturn));
    // Large: two of them fill a thread's stack.
    let trial = Box::pin(try_turn(&server, &tls, relayed));
    timeout(HANG, trial).await.expect("in time").expect("works")
}

/// A place on the server that lets nobody in.
async fn closed_place(coturn: &Coturn, url: String) -> Arc<StreamPlace> {
    let (server, tls) = (server(url), tls(coturn));
    let place = StreamPlace::allocate(&server, &tls, Family::V4);
    timeout(HANG, place).await.expect("in time").expect("works")
}

/// How often `coturn` has done this.
fn done(coturn: &Coturn, what: &str) -> usize {
    coturn.log().matches(&format!("{what} processed, success")).count()
}

async fn visit(addr: SocketAddr, words: &Words) -> io::Result<Arc<Pipe>> {
    turn::visit(addr, words, &AtomicBool::new(false)).await
}

/// Whether a link opens between these two ends of a stream.
async fn assert_joined(host: Arc<Pipe>, guest: Arc<Pipe>) {
    let addrs = [guest.peer(), host.peer()];
    let joining = join((Wiring::piped(host), addrs[0]), (Wiring::piped(guest), addrs[1]));
    let ((_, one), (_, other)) = timeout(HANG, joining).await.expect("in time").expect("opens");
    assert_eq!(one.binding, other.binding);
}

/// A place on the server that lets this machine in.
async fn place(coturn: &Coturn, url: String) -> Arc<StreamPlace> {
    let place = closed_place(coturn, url).await;
    let so_far = done(coturn, "CREATE_PERMISSION");
    place.turn().permit([place.relayed().ip()]);
    until(|| done(coturn, "CREATE_PERMISSION") > so_far).await;
    place
}

#[tokio::test]
async fn streams_carry_links_over_tcp_and_tls_and_to_those_who_reach_a_server_by_udp() {
    let coturn = Coturn::start();
    let urls = [coturn.udp(), coturn.tcp(), coturn.tls()];
    let ends = [Relayed::OneStream, Relayed::OneVisitor, Relayed::BothStreams];
    for (url, relayed) in urls.iter().flat_map(|url| ends.map(|ends| (url, ends))) {
        let so_far = (done(&coturn, "CONNECT"), done(&coturn, "CONNECTION_BIND"));
        let mut trial = linked(&coturn, url.clone(), relayed).await;

        exchange(&mut trial.dialer, &mut trial.listener, 1 << 20).await;

        assert!(trial.relayed.ip().is_loopback(), "{url}: {}", trial.relayed);
        assert_eq!(stats(&trial.dialer).path, LinkPath::Relayed);
        let guest = if relayed == Relayed::OneVisitor { &trial.dialer } else { &trial.listener };
        assert_eq!(stats(guest).remote, trial.relayed.to_string());
        let both = usize::from(relayed == Relayed::BothStreams);
        assert!(done(&coturn, "CONNECT") >= so_far.0 + both, "{url}");
        assert_eq!(done(&coturn, "CONNECTION_BIND"), so_far.1 + 1 + both, "{url}");
    }
}

#[tokio::test]
async fn one_with_a_place_of_its_own_who_comes_too_early_is_let_in_as_soon_as_the_server_may() {
    let coturn = Coturn::start();
    for url in [coturn.tcp(), coturn.tls()] {
        let host = closed_place(&coturn, url.clone()).await;
        let visitor = place(&coturn, url).await;
        let (addr, words) = (host.relayed(), Words::of("known to both ends"));
        let so_far = done(&coturn, "CONNECT");
        let opening = async {
            // The second means that the first has come to nothing.
            until(|| done(&coturn, "CONNECT") > so_far + 1).await;
            host.turn().permit([addr.ip()]);
        };

        let (host, guest, ()) =
            tokio::join!(host.accept(&words), visitor.visit(addr, &words), opening);

        assert_joined(host.expect("comes"), guest.expect("let in")).await;
    }
}

#[tokio::test]
async fn visits_from_a_place_of_its_own_end_where_nothing_listens() {
    let coturn = Coturn::start();
    let visitor = place(&coturn, coturn.tcp()).await;
    let nobody = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
    let addr = nobody.local_addr().expect("bound");
    drop(nobody);

    let words = Words::of("known to both ends");

    let visited = visitor.visit(addr, &words);

    assert!(timeout(HANG, visited).await.expect("in time").is_err());
}

#[tokio::test]
async fn server_that_passes_no_streams_on_says_so_at_once() {
    let args = vec!["--no-tcp-relay".to_owned()];
    let coturn = Coturn::start_with(&Setup { args, ..Setup::default() });
    let (server, tls) = (server(coturn.tcp()), tls(&coturn));

    let made = timeout(HANG, StreamPlace::allocate(&server, &tls, Family::V4)).await;

    assert!(matches!(made.expect("in time"), Err(TurnError::Refused(..))));
}

/// Connects and says `word`; returns all that is answered before the end.
async fn intrude(addr: SocketAddr, word: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(addr).await.expect("the server listens");
    let _cut_off = stream.write_all(word).await;
    let mut heard = Vec::new();
    let _reset = timeout(HANG, stream.read_to_end(&mut heard)).await.expect("in time");
    heard
}

#[tokio::test]
async fn strangers_get_nothing_and_do_not_keep_the_other_end_out() {
    let coturn = Coturn::start();
    let place = place(&coturn, coturn.tcp()).await;
    let (addr, words) = (place.relayed(), Words::of("known to both ends"));
    let accepting = {
        let place = Arc::clone(&place);
        tokio::spawn(async move { place.accept(&words).await })
    };

    // Those who say something else, those who say much, and those who say nothing for long.
    let wrong = Words::of("guessed");
    assert!(timeout(HANG, visit(addr, &wrong)).await.expect("in time").is_err());
    assert_eq!(intrude(addr, &[7; 32]).await, b"");
    assert_eq!(intrude(addr, &vec![7; 1 << 20]).await, b"");
    let _silent = TcpStream::connect(addr).await.expect("the server listens");
    let guest = timeout(HANG, visit(addr, &words)).await.expect("in time").expect("let in");

    let host = timeout(HANG, accepting).await.expect("in time").expect("no panic").expect("comes");
    assert_joined(host, guest).await;
}

#[tokio::test]
async fn crowd_of_strangers_is_work_for_a_bounded_number_of_them() {
    let coturn = Coturn::start();
    let place = place(&coturn, coturn.tcp()).await;
    let words = Words::of("known to both ends");
    let crowd = async {
        loop {
            let _left = intrude(place.relayed(), &[7; 32]).await;
        }
    };

    let accepted = tokio::select! {
        accepted = timeout(HANG, place.accept(&words)) => accepted.expect("in time"),
        () = crowd => unreachable!("never ends"),
    };

    assert!(accepted.expect_err("nobody knows the word").to_string().contains("strangers"));
    let handed_over = done(&coturn, "CONNECTION_BIND");
    assert!(handed_over <= 16, "{handed_over}");
}

#[tokio::test]
async fn places_of_others_are_visited_on_ports_of_servers_only() {
    let coturn = Coturn::start();
    let visitor = place(&coturn, coturn.tcp()).await;
    let (mail, words) = (SocketAddr::from(([127, 0, 0, 1], 25)), Words::of("any"));

    for visited in [visit(mail, &words).await, visitor.visit(mail, &words).await] {
        let error = visited.expect_err("not tried");
        assert_eq!(error.kind(), io::ErrorKind::AddrNotAvailable);
    }
}

#[tokio::test]
async fn place_for_streams_is_renewed_for_as_long_as_its_stream_is_used() {
    let coturn = Coturn::start();
    let place = place(&coturn, coturn.tcp()).await;
    let (addr, words) = (place.relayed(), Words::of("known to both ends"));
    let (host, guest) = tokio::join!(place.accept(&words), visit(addr, &words));
    let (host, guest) = (host.expect("comes"), guest.expect("let in"));
    let renewals = || done(&coturn, "REFRESH");

    for _ in 0..3 {
        until(|| place.turn().is_at_rest()).await;
        let so_far = renewals();
        place.turn().skip(Duration::from_secs(29 * 60 + 30));
        until(|| renewals() > so_far).await;
    }

    assert_joined(host, guest).await;
}

#[tokio::test]
async fn server_that_ends_takes_its_streams_with_it() {
    let mut coturn = Some(Coturn::start());
    let running = coturn.as_ref().expect("started");
    let mut trial = linked(running, running.tls(), Relayed::OneStream).await;
    let mut both = linked(running, running.tcp(), Relayed::BothStreams).await;

    drop(coturn.take());

    for link in [&mut trial.dialer, &mut trial.listener, &mut both.dialer, &mut both.listener] {
        assert_eq!(next(link).await, None);
        assert_eq!(stats(link).closed, Some(LinkFailure::Broken));
    }
}

//! Tests against servers on loopback and none at all.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::net::UdpSocket;
use transport::{nat::NatKind, servers::Servers};

use super::{SelfTests, findings::Findings, to_its_end};
use crate::backend::{StepState, TestScope};

#[tokio::test]
async fn device_on_no_network_without_servers_is_told_so() {
    let test = to_its_end(Servers::none(), Vec::new()).await;

    let names: Vec<_> = test.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(
        names,
        ["Addresses of this device", "This network", "IPv6", "Between here and the internet"]
    );
    assert!(test.steps.iter().all(|step| !matches!(step.state, StepState::Waiting)), "{test:?}");
    let said = test.conclusion.expect("it is over");
    assert_eq!(said, "This device is on no network: messages go when someone is near.");
}

#[tokio::test]
async fn server_that_fails_is_a_step_of_its_own_and_wakes_the_screen() {
    let woken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&woken);
    let wake = Arc::new(move || {
        count.fetch_add(1, Ordering::SeqCst);
    });
    let mut tests = SelfTests::new(tokio::runtime::Handle::current(), wake);
    // A port of UDP only: nobody listens there for streams.
    let taken = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("ws://{}", taken.local_addr().expect("an address"));
    let servers = Servers { relays: vec![url.clone()], ..Servers::none() };

    tests.start(TestScope::ServersOnly, servers, Vec::new());
    while tests.state().is_running || tests.state().steps.is_empty() {
        tokio::task::yield_now().await;
    }

    let test = tests.state();
    let step = test.steps.first().expect("one server");
    assert_eq!(step.server.as_deref(), Some(url.as_str()));
    assert_eq!(step.state, StepState::Failed("nothing listens at that port".to_owned()));
    assert_eq!((test.steps.len(), test.conclusion), (1, None));
    assert!(woken.load(Ordering::SeqCst) >= 3);
}

#[test]
fn conclusion_names_the_way_messages_take() {
    let said = |is_on_network, nat, relays, turns| {
        let servers = Servers::shipped();
        Findings { is_on_network, nat, relays, turns }.conclusion(&servers)
    };

    for (findings, words) in [
        (said(true, NatKind::EndpointIndependent, (3, 5), (0, 0)), "directly almost everywhere"),
        (said(true, NatKind::Symmetric, (3, 5), (1, 1)), "through a TURN server elsewhere"),
        (said(true, NatKind::Blocked, (3, 5), (0, 1)), "wait in the mailbox"),
        (said(true, NatKind::Blocked, (0, 5), (0, 1)), "on this network only, until one can be"),
        (said(false, NatKind::Unknown, (0, 5), (0, 0)), "on no network"),
    ] {
        assert!(findings.contains(words), "{findings:?} lacks {words:?}");
    }
}

//! Devices on this machine's loopback network.

use std::{net::SocketAddr, time::Duration};

use mdns_sd::{IfKind, ServiceDaemon, ServiceEvent};
use rand_core::{OsRng, RngCore as _};
use tokio::time::timeout;

use super::{Lan, message::SERVICE};
use crate::{Callee, DialKey};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(25);

/// As often as somebody is dialed who is looked for.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// A name nobody else on this network has.
fn fresh_name() -> (DialKey, Callee) {
    let (mut key, mut callee) = ([0; 32], [0; 16]);
    OsRng.fill_bytes(&mut key);
    OsRng.fill_bytes(&mut callee);
    (DialKey::from_bytes(key), Callee::from_bytes(callee))
}

fn device(port: u16, names: &[(DialKey, Callee)]) -> Lan {
    let lan = Lan::start(port, true).expect("inside a runtime");
    lan.announce(names);
    lan
}

/// Waits until `lan` knows where `name` is.
async fn found(lan: &Lan, name: &(DialKey, Callee)) -> Vec<SocketAddr> {
    let mut changed = lan.changed();
    let look = async {
        loop {
            let found = lan.find(&name.0, &name.1);
            if !found.is_empty() {
                return found;
            }
            // Whoever looks for somebody looks again, and so asks again.
            let _ = timeout(LOOK_AGAIN, changed.changed()).await;
        }
    };
    timeout(PATIENCE, look).await.expect("found in time")
}

fn port_of(found: &[SocketAddr]) -> u16 {
    found.first().expect("an address").port()
}

#[tokio::test]
async fn friends_find_each_other_whoever_came_first() {
    let (alice, bob) = (fresh_name(), fresh_name());
    let at_alice = device(4001, &[alice]);
    let at_bob = device(4002, &[bob]);

    assert_eq!(port_of(&found(&at_alice, &bob).await), 4002);
    assert_eq!(port_of(&found(&at_bob, &alice).await), 4001);
}

#[tokio::test]
async fn name_given_later_is_announced_and_one_taken_back_is_not() {
    let (first, second) = (fresh_name(), fresh_name());
    let host = device(4003, &[first]);
    let guest = device(4004, &[]);
    found(&guest, &first).await;

    host.announce(&[second]);
    found(&guest, &second).await;
    let late = device(4005, &[]);
    found(&late, &second).await;

    assert!(late.find(&first.0, &first.1).is_empty());
}

#[tokio::test]
async fn key_alone_or_callee_alone_recognizes_nobody() {
    let (alice, other) = (fresh_name(), fresh_name());
    let _at_alice = device(4006, &[alice]);
    let guest = device(4007, &[]);
    found(&guest, &alice).await;

    assert!(guest.find(&alice.0, &other.1).is_empty());
    assert!(guest.find(&other.0, &alice.1).is_empty());
}

#[tokio::test]
async fn device_is_found_under_its_new_name_after_it_moved() {
    let alice = fresh_name();
    let at_alice = device(4008, &[alice]);
    let guest = device(4009, &[]);
    found(&guest, &alice).await;
    let mut changed = guest.changed();
    changed.mark_unchanged();

    at_alice.network_changed();

    // Others share the network, so that this may be about them; the friend stays found all along.
    timeout(PATIENCE, changed.changed()).await.expect("in time").expect("running");
    assert_eq!(port_of(&found(&guest, &alice).await), 4008);
}

/// Another implementation sees an ordinary service, with a name that says nothing.
#[tokio::test]
async fn any_other_program_that_browses_sees_an_ordinary_service() {
    let daemon = ServiceDaemon::new().expect("a thread");
    daemon.disable_interface(IfKind::All).expect("a command");
    daemon.enable_interface(IfKind::LoopbackV4).expect("a command");
    let browsing = daemon.browse(&format!("{SERVICE}.")).expect("a command");
    let _at_alice = device(4010, &[fresh_name()]);

    let resolved = tokio::task::spawn_blocking(move || {
        loop {
            match browsing.recv_timeout(PATIENCE).expect("resolved in time") {
                ServiceEvent::ServiceResolved(service) if service.port == 4010 => return service,
                _ => {}
            }
        }
    });
    let service = resolved.await.expect("no panic");

    let label = service.host.trim_end_matches(".local.");
    assert_eq!(label.len(), 32);
    assert_eq!(service.fullname, format!("{label}.{SERVICE}."));
    let tokens = service.txt_properties.get_property_val("t0").flatten();
    assert_eq!(tokens.map(<[u8]>::len), Some(128));
    daemon.shutdown().expect("a command").recv_timeout(PATIENCE).expect("ends");
}

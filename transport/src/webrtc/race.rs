//! Which ways to another device are tried when: directly at once, through relays soon, and
//! whichever opens first wins.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::time::{sleep, sleep_until};

use super::{
    MAX_FRAME_LEN,
    call::{Call, Way},
    connection::{Connection, Opened},
    dial::Dial,
    net::Net,
    pump,
};
use crate::{
    Link, LinkPath, LinkStats, Role, TransportKind, chooser::NEAR_HEAD_START, nat::NatKind,
};

/// The ways to one device.
#[derive(Debug)]
pub(super) struct Race {
    pub(super) net: Arc<Net>,
    /// To addresses known, if there are any.
    pub(super) dial: Option<Dial>,
    /// Through relays, if we use any.
    pub(super) call: Option<Call>,
    /// After how long frames may go through a TURN server, if they may.
    pub(super) relay_after: Option<Duration>,
}

impl Race {
    /// Tries until a link is open; the caller bounds the whole.
    pub(super) async fn run(self) -> Link {
        let started = Instant::now();
        let Self { net, dial, call, relay_after } = self;
        let is_near = dial.as_ref().is_some_and(|dial| is_near(&net, &dial.candidates));
        let is_blocked = net.nat() == NatKind::Blocked;
        let dialed = async {
            match dial {
                Some(dial) => dial.run(started).await,
                None => std::future::pending().await,
            }
        };
        let called = async {
            match call.clone() {
                Some(call) if !(is_blocked && relay_after.is_some()) => {
                    if is_near {
                        sleep(NEAR_HEAD_START).await;
                    }
                    call.run(Way::Direct, started).await
                }
                _ => std::future::pending().await,
            }
        };
        let relayed = async {
            match (call.clone(), relay_after) {
                (Some(call), Some(patience)) => {
                    if !is_blocked {
                        wait_for_need(&call, started, patience).await;
                    }
                    call.run(Way::Relayed, started).await
                }
                _ => std::future::pending().await,
            }
        };
        let (opened, path) = tokio::select! {
            opened = dialed => (opened, LinkPath::Direct),
            opened = called => (opened, LinkPath::Direct),
            opened = relayed => (opened, LinkPath::Relayed),
        };
        link(&net, opened, path, started)
    }
}

/// Returns once the callee has answered and either no direct way is possible or none opened within
/// this `patience`.
async fn wait_for_need(call: &Call, started: Instant, patience: Duration) {
    let mut answers = call.answered.subscribe();
    let answered = answers.wait_for(Option::is_some).await.map(|answered| *answered);
    match answered {
        Ok(Some(answered)) if answered.needs_relay => {}
        Ok(_) => {
            let patience = started.checked_add(patience).unwrap_or(started);
            sleep_until(patience.into()).await;
        }
        // `call` holds the sender.
        Err(_never) => std::future::pending().await,
    }
}

/// Whether one of `addrs` is on a network of ours.
fn is_near(net: &Net, addrs: &[SocketAddr]) -> bool {
    let ours = net.interfaces.networks();
    addrs.iter().any(|addr| ours.iter().any(|network| network.contains(addr.ip())))
}

fn link(
    net: &Net,
    (connection, opened): (Connection, Opened),
    path: LinkPath,
    started: Instant,
) -> Link {
    if let Some(remote) = opened.remote {
        net.watch_link(&connection.progress, remote);
    }
    let remote = opened.remote.map_or_else(String::new, |addr| addr.to_string());
    let mut stats = LinkStats::starting(started, remote);
    (stats.phases, stats.path) = (opened.phases, path);
    let (ours, drivers) =
        Link::pair(TransportKind::WebRtc, Role::Dialer, Some(opened.binding), stats);
    tokio::spawn(pump::run(connection, drivers, ()));
    ours.limited(MAX_FRAME_LEN)
}

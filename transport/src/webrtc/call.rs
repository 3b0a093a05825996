//! Opening a link to one whose address is not enough: offer and answer go through relays, then
//! both ends try to reach each other at the same time.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use futures_util::FutureExt as _;
use tokio::{
    sync::{mpsc, watch},
    time::{sleep, sleep_until, timeout},
};

use super::{
    connection::{Connection, Opened, Plan},
    credentials::{Credentials, Crypto, Fingerprint, Identity, failed},
    dial::PAUSE,
    ends::{ANY_PORT, Ends},
    net::{Net, Reach},
    rendezvous,
    socket::Wiring,
    turn::{Pipe, Words},
    visit::Visit,
};
use crate::{
    Callee, DialKey, Role, TransportError,
    nat::NatKind,
    nostr::RelayUrl,
    offer::{Candidate, CandidateKind, Description, Part, Setup, Side},
};

/// How long we may still take to learn our public addresses once the answer is there.
const LAST_WAIT: Duration = Duration::from_millis(150);

/// How long coming to the callee's place for streams may take: from far away it is eight to ten
/// one-way delays, and in vain only where TCP is let out to a few ports.
const VISIT: Duration = Duration::from_secs(1);

/// Batches of addresses that may wait for a connection: offers and answers have two parts.
pub(super) const MAX_MORE: usize = 4;

/// How frames are to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    Direct,
    Relayed,
}

/// One who is called, and all that calling takes.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) crypto: Crypto,
    pub(super) net: Arc<Net>,
    pub(super) reach: Arc<Reach>,
    pub(super) key: DialKey,
    pub(super) callee: Callee,
    pub(super) relays: Vec<RelayUrl>,
    /// After which an attempt is given up for a fresh one.
    pub(super) attempt_timeout: Duration,
    /// What the callee last answered.
    pub(super) answered: watch::Sender<Option<Answered>>,
}

/// What an answer says about the way to the callee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Answered {
    /// Both routers translate in a way that leaves no direct path.
    pub(super) needs_relay: bool,
}

impl Call {
    /// Calls, as often as the pace allows, until a link of this `way` is open.
    pub(super) async fn run(self, way: Way, started: Instant) -> (Connection, Opened) {
        loop {
            self.wait_for_turn().await;
            match timeout(self.attempt_timeout, self.attempt(way, started)).await {
                Ok(Ok(opened)) => return opened,
                Ok(Err(error)) => log::debug!("call failed ({way:?}): {error}"),
                Err(_elapsed) => log::debug!("call timed out ({way:?})"),
            }
            sleep(PAUSE).await;
        }
    }

    /// Waits until the callee may be called, and counts the call.
    async fn wait_for_turn(&self) {
        let callee = (self.key, self.callee);
        loop {
            let next = {
                let (mut pace, now) = (self.net.pace(), Instant::now());
                let next = pace.next(&callee, now);
                if next <= now {
                    return pace.called(callee, now);
                }
                next
            };
            sleep_until(next.into()).await;
        }
    }

    async fn attempt(
        &self,
        way: Way,
        started: Instant,
    ) -> Result<(Connection, Opened), TransportError> {
        let ends = match way {
            Way::Direct => Ends::direct(&self.net)?,
            Way::Relayed => Ends::relayed_with_streams(&self.net, &self.reach).await?,
        };
        let (identity, ours) = (self.crypto.identity()?, Credentials::random());
        let offer = Description {
            relayed: way == Way::Relayed,
            nat: self.net.nat(),
            candidates: ends.candidates.clone(),
            ..described(Side::Offer, &ours, &identity)
        };
        let mut call = self.reach.rendezvous.call(self.key, self.callee, self.relays.clone());
        offered(&mut call, offer.clone());
        log::debug!("calling ({way:?}), {} addresses", offer.candidates.len());
        let answer = match ends.public(&self.net) {
            Some(asking) => offer_more(&mut call, offer, asking).await,
            None => call.answer().await,
        };
        log::debug!("call answered ({way:?}), {} addresses", answer.candidates.len());
        self.net.pace().answered(&(self.key, self.callee));
        let needs_relay = !can_meet(self.net.nat(), answer.nat);
        self.answered.send_replace(Some(Answered { needs_relay }));
        ends.permit(&answer);
        // Whether it is to be a stream is ours to say; the other end takes whatever comes.
        let words = Words::of(&ours.pwd);
        let stream = match (way, ends.streams()) {
            (Way::Relayed, None) => self.visit(&answer, &words).await,
            _ => ends.stream(&answer, &words).await,
        };
        let (candidates, wirings) = match stream {
            Some(pipe) => (vec![pipe.peer()], vec![Wiring::piped(pipe)]),
            None => (reachable(&answer), ends.wirings()),
        };
        let (learned, more) = mpsc::channel(MAX_MORE);
        let plan = Plan {
            role: Role::Dialer,
            started,
            ours,
            theirs: Credentials::described(&answer),
            their_fingerprint: Some(Fingerprint::from_bytes(answer.fingerprint)),
            candidates,
            more: Some(more),
            wirings,
            identity,
        };
        let learning = async {
            loop {
                let more = call.answer().await;
                ends.permit(&more);
                if learned.send(reachable(&more)).await.is_err() {
                    return std::future::pending().await;
                }
            }
        };
        tokio::select! {
            opened = Connection::open(plan, &self.crypto) => opened.map_err(failed),
            never = learning => never,
        }
    }
}

impl Call {
    /// Our stream to the place that an answer names, if we can come there.
    async fn visit(&self, answer: &Description, words: &Words) -> Option<Arc<Pipe>> {
        let place = answer.stream().filter(|place| place.port() != ANY_PORT)?;
        if self.net.out_of_reach().contains(place.ip(), Instant::now()) {
            return None;
        }
        let visit = Visit::new(Some(place), None);
        let visited = timeout(VISIT, visit.pipe(words)).await;
        if let Some(server) = visit.missed() {
            log::debug!("no place on {server} can be visited from here");
            self.net.out_of_reach().insert(server, Instant::now());
        }
        visited.ok().flatten()
    }
}

/// What one end says of itself, but for the way to it; the session is the rendezvous' to fill in.
pub(super) fn described(side: Side, ours: &Credentials, identity: &Identity) -> Description {
    Description {
        session: [0; 16],
        side,
        part: Part::First,
        relayed: false,
        nat: NatKind::Unknown,
        ufrag: ours.ufrag.clone(),
        pwd: ours.pwd.clone(),
        fingerprint: *identity.fingerprint.as_bytes(),
        setup: match side {
            Side::Offer => Setup::ActPass,
            Side::Answer => Setup::Passive,
        },
        candidates: Vec::new(),
    }
}

/// Offers what servers say of us once they do; returns the answer, a moment later if they have
/// not yet: from then on the sockets are a driver's.
async fn offer_more(
    call: &mut rendezvous::Call,
    mut offer: Description,
    asking: impl Future<Output = Vec<Candidate>>,
) -> Description {
    let mut asking = std::pin::pin!(asking);
    let mut left = |call: &mut rendezvous::Call, public: Vec<Candidate>| {
        offer.candidates = public;
        if !offer.candidates.is_empty() {
            offered(call, offer.clone());
        }
    };
    tokio::select! {
        answer = call.answer() => {
            if let Ok(public) = timeout(LAST_WAIT, asking).await {
                left(call, public);
            }
            answer
        }
        public = &mut asking => {
            left(call, public);
            call.answer().await
        }
    }
}

/// Leaves an offer without waiting until a relay has it: the answer tells.
fn offered(call: &mut rendezvous::Call, offer: Description) {
    let _taken = call.offer(offer).now_or_never();
}

/// The addresses for datagrams a description names that could be those of one device.
pub(super) fn reachable(description: &Description) -> Vec<SocketAddr> {
    let candidates = description.candidates.iter();
    let addrs = candidates
        .filter(|candidate| candidate.kind != CandidateKind::Stream)
        .map(|candidate| candidate.addr);
    super::dial::distinct(addrs.filter(|addr| crate::addr::names_one_device(addr.ip())))
}

/// Whether datagrams can find a direct way between two such routers.
fn can_meet(one: NatKind, other: NatKind) -> bool {
    use NatKind::{Blocked, Symmetric};
    !matches!((one, other), (Blocked, _) | (_, Blocked) | (Symmetric, Symmetric))
}

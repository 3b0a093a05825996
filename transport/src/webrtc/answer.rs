//! Being called: offers that relays bring, and what is answered.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Instant,
};

use tokio::{runtime::Handle, sync::mpsc};

use super::{
    call::{MAX_MORE, described, reachable},
    connection::{Connection, Plan},
    credentials::{Credentials, Fingerprint},
    ends::{ANY_PORT, Ends},
    listen::Reception,
    mux::Mux,
    net::Net,
    rendezvous::{Hearing, Offer},
    socket::{Family, Wiring},
    stun_client::MuxStun,
    turn::Words,
    visit::Visit,
};
use crate::{
    Callee, DialKey, LinkPath, Role,
    offer::{Candidate, CandidateKind, Description, Side},
};

/// Offers that may wait to be answered; more are dropped, since the port's gate would refuse them.
const MAX_OFFERS: usize = 64;

/// By which keys this device may be called, and as whom.
type Heard = BTreeMap<DialKey, (Callee, Option<Hearing>)>;

/// Listens on relays for whoever calls with an admitted key.
#[derive(Debug)]
pub(super) struct Switchboard {
    net: Arc<Net>,
    /// Where hearing takes place: who admits keys may be any thread.
    runtime: Handle,
    offers: mpsc::Sender<Offer>,
    heard: Mutex<Heard>,
}

impl Switchboard {
    /// One that hears nothing yet, and the offers it will hear.
    pub(super) fn new(net: Arc<Net>, runtime: Handle) -> (Arc<Self>, mpsc::Receiver<Offer>) {
        let (offers, heard) = mpsc::channel(MAX_OFFERS);
        (Arc::new(Self { net, runtime, offers, heard: Mutex::default() }), heard)
    }

    /// Hears those who know `key` and mean `callee`.
    pub(super) fn admit(&self, key: DialKey, callee: Callee) {
        let hearing = self.hear(key, callee);
        let mut heard = self.lock();
        heard.insert(key, (callee, hearing));
        self.announce(&heard);
    }

    pub(super) fn refuse(&self, key: &DialKey) {
        let _inside = self.runtime.enter();
        let mut heard = self.lock();
        heard.remove(key);
        self.announce(&heard);
    }

    pub(super) fn refuse_all(&self) {
        let _inside = self.runtime.enter();
        let mut heard = self.lock();
        heard.clear();
        self.announce(&heard);
    }

    /// Tells friends on the local network, and nobody else, that we are here.
    fn announce(&self, heard: &Heard) {
        if let Some(lan) = self.net.lan() {
            let names: Vec<_> = heard.iter().map(|(key, (callee, _))| (*key, *callee)).collect();
            lan.announce(&names);
        }
    }

    /// Uses other servers whenever they change; runs until it is dropped.
    pub(super) async fn follow(&self, stun: &Arc<MuxStun>) {
        let mut reaches = self.net.reaches();
        loop {
            let servers = reaches.borrow_and_update().as_ref().map(|reach| reach.stun.clone());
            let _keeping = servers.map(|servers| stun.keep(servers));
            for (key, (callee, hearing)) in &mut *self.lock() {
                *hearing = self.hear(*key, *callee);
            }
            if reaches.changed().await.is_err() {
                return;
            }
        }
    }

    fn hear(&self, key: DialKey, callee: Callee) -> Option<Hearing> {
        let reach = self.net.reach()?;
        let _inside = self.runtime.enter();
        Some(reach.rendezvous.hear(key, callee, reach.relays.clone(), self.offers.clone()))
    }

    fn lock(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Answers offers, each with a connection of its own.
#[derive(Debug, Clone)]
pub(super) struct Answering {
    pub(super) net: Arc<Net>,
    pub(super) mux: Arc<Mux>,
    pub(super) reception: Reception,
}

impl Answering {
    /// Runs until nobody can call any more.
    pub(super) async fn run(self, mut offers: mpsc::Receiver<Offer>) {
        while let Some(offer) = offers.recv().await {
            let answering = self.clone();
            let mut listening = self.reception.listening.clone();
            tokio::spawn(async move {
                // Errs when the listener is dropped; nothing is ever sent.
                tokio::select! {
                    () = answering.answer(offer) => {}
                    _stopped = listening.changed() => {}
                }
            });
        }
    }

    async fn answer(self, mut offer: Offer) {
        let started = Instant::now();
        let theirs = offer.description.clone();
        let _nobody_listens = self.net.calls().send(offer.key());
        log::debug!("called (relayed: {}), {} addresses", theirs.relayed, theirs.candidates.len());
        if theirs.relayed && !self.net.may_relay() {
            return log::debug!("a relayed call, which may cost money, is not answered");
        }
        let ours = Credentials::random();
        let Some(place) = self.mux.expect(&ours, &theirs.ufrag) else {
            return log::debug!("no room for another call");
        };
        let own = self.own_relay(&theirs).await;
        let mut candidates = match &own {
            Some(ends) => ends.candidates.clone(),
            None => self.candidates().await,
        };
        let stream = theirs.stream().filter(|_addr| theirs.relayed);
        // Who has no place for streams says that it comes to ours.
        let is_visitor = stream.is_some_and(|addr| addr.port() == ANY_PORT);
        let visited = stream.filter(|_place| !is_visitor);
        // Who has a place of its own comes from there, or not at all.
        if own.is_none()
            && let Some(visitor) = visited.and_then(|place| self.visitor(place, &candidates))
        {
            candidates.insert(0, Candidate { kind: CandidateKind::Stream, addr: visitor });
        }
        if let Some(ends) = &own {
            ends.permit(&theirs);
        }
        let identity = match self.reception.crypto.identity() {
            Ok(identity) => identity,
            Err(error) => return log::warn!("a call is not answered: {error}"),
        };
        let answer = Description {
            relayed: theirs.relayed,
            nat: self.net.nat(),
            candidates,
            ..described(Side::Answer, &ours, &identity)
        };
        let (learned, more) = mpsc::channel(MAX_MORE);
        let wirings = own.as_ref().map_or_else(|| place.route.wirings(), Ends::wirings);
        let plan = |candidates, more, wirings| Plan {
            role: Role::Listener,
            started,
            identity: identity.clone(),
            ours: ours.clone(),
            theirs: Credentials::described(&theirs),
            their_fingerprint: Some(Fingerprint::from_bytes(theirs.fingerprint)),
            candidates,
            more,
            wirings,
        };
        let crypto = &self.reception.crypto;
        let visit = Visit::new(visited.filter(|_place| answer.stream().is_some()), own.as_ref());
        let opening = async {
            let datagrams = plan(reachable(&theirs), Some(more), wirings);
            let streamed = async {
                let words = Words::of(&theirs.pwd);
                let pipe = match own.as_ref().filter(|_ends| is_visitor) {
                    Some(ends) => ends.accept(&words).await,
                    None => visit.pipe(&words).await,
                };
                let Some(pipe) = pipe else { return std::future::pending().await };
                let plan = plan(vec![pipe.peer()], None, vec![Wiring::piped(pipe)]);
                match Connection::open(plan, crypto).await {
                    Ok(opened) => Ok(opened),
                    Err(error) => {
                        // The other end may have decided against it in the last moment.
                        log::debug!("no link by the stream: {error}");
                        std::future::pending().await
                    }
                }
            };
            // The other end uses one of the two, and there is no telling which.
            tokio::select! {
                opened = Connection::open(datagrams, crypto) => {
                    if let Some(server) = visit.missed().filter(|_server| opened.is_ok()) {
                        log::debug!("no place on {server} can be visited from here");
                        self.net.out_of_reach().insert(server, Instant::now());
                    }
                    opened
                }
                opened = streamed => opened,
            }
        };
        let from = (started, reachable(&theirs).first().copied());
        let path = if theirs.relayed { LinkPath::Relayed } else { LinkPath::Direct };
        let learning = async {
            log::debug!("answering, {} addresses", answer.candidates.len());
            offer.answer(answer.clone()).await;
            while let Some(more) = offer.more().await {
                if let Some(ends) = &own {
                    ends.permit(&more);
                }
                if learned.send(reachable(&more)).await.is_err() {
                    break;
                }
            }
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = self.reception.receive(opening, from, place, path) => {}
            () = learning => {}
        }
    }

    /// Where this device's port can be reached: on its own networks, and as servers see it.
    async fn candidates(&self) -> Vec<Candidate> {
        let public = self.net.soon_public().await.addrs.into_iter();
        let port = |family| self.mux.has(family).then(|| self.mux.port());
        let hosts = self.net.offered_addrs(port).into_iter();
        hosts
            .map(|addr| Candidate { kind: CandidateKind::Host, addr })
            .chain(public.map(|addr| Candidate { kind: CandidateKind::Reflexive, addr }))
            .collect()
    }

    /// A place on a TURN server of ours, if a relayed link needs one at this end too: the other
    /// end has none, or one that this network does not reach, by datagrams or by streams.
    async fn own_relay(&self, theirs: &Description) -> Option<Ends> {
        if !theirs.relayed {
            return None;
        }
        let reach = self.net.reach()?;
        let families: Vec<_> = self.net.interfaces.addrs().into_iter().map(Family::of_ip).collect();
        let is_reached = theirs.candidates.iter().any(|candidate| {
            candidate.kind == CandidateKind::Relayed
                && families.contains(&Family::of(candidate.addr))
        });
        let is_reached = is_reached && self.net.hears_internet();
        let is_visited = theirs.stream().is_none_or(|place| !self.is_out_of_reach(place));
        if reach.turn.is_empty() || (is_reached && is_visited) {
            return None;
        }
        let ends = match theirs.stream() {
            Some(_place) => Ends::relayed_with_streams(&self.net, &reach).await,
            None => Ends::relayed(&self.net, &reach).await,
        };
        match ends {
            // As datagrams, a link that has one end on a server is the better one.
            Ok(ends) if is_reached && ends.streams().is_none() => None,
            Ok(ends) => Some(ends),
            Err(error) => {
                log::debug!("no place on a TURN server: {error}");
                None
            }
        }
    }

    fn is_out_of_reach(&self, place: SocketAddr) -> bool {
        self.net.out_of_reach().contains(place.ip(), Instant::now())
    }

    /// From where a stream to `place` would come, best as far as is known.
    fn visitor(&self, place: SocketAddr, candidates: &[Candidate]) -> Option<SocketAddr> {
        if self.is_out_of_reach(place) {
            return None;
        }
        let mut ours: Vec<_> =
            candidates.iter().filter(|ours| ours.addr.is_ipv4() == place.is_ipv4()).collect();
        ours.sort_by_key(|candidate| candidate.kind != CandidateKind::Reflexive);
        ours.first().map(|candidate| SocketAddr::new(candidate.addr.ip(), ANY_PORT))
    }
}

//! Our end of a call: where datagrams leave, and where we say that we can be reached.

use std::{
    net::{IpAddr, SocketAddr},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use tokio::{
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{
    call::reachable,
    credentials::failed,
    net::{Net, Reach},
    socket::{Family, Socket, Udp, Wiring},
    stun_client,
    turn::{Pipe, StreamPlace, Turn, TurnError, Words},
};
use crate::{
    TransportError,
    offer::{Candidate, CandidateKind, Description, Part},
    servers::{TurnServer, TurnVia},
};

/// How long servers may take to tell a public address.
const STUN_TIMEOUT: Duration = Duration::from_millis(1500);

/// How long the answer for one family is held back for the other's.
const OTHER_FAMILY: Duration = Duration::from_millis(30);

/// How long a TURN server is waited for before the next one is asked as well.
const NEXT_SERVER: Duration = Duration::from_millis(300);

/// How long an offer or an answer waits for a place for streams, once there is one for datagrams: a
/// stream takes a round trip or two more to the server.
const STREAM_PLACE: Duration = Duration::from_millis(150);

/// How long the one that was called may take to send a stream, from its answer on. From far away it
/// is six one-way delays or so, and that of who has to wait in vain is not much longer.
const STREAM: Duration = Duration::from_millis(800);

/// The same from a place on a server: that takes twelve or so, and is hardly ever in vain, since
/// servers reach each other.
const STREAM_FROM_PLACE: Duration = Duration::from_secs(2);

/// The port of one who comes from an ordinary socket, which may have any (RFC 6544, section 4.5).
pub(super) const ANY_PORT: u16 = 9;

/// Our end of one attempt.
#[derive(Debug)]
pub(super) struct Ends {
    udps: Vec<(Family, Arc<Udp>)>,
    turn: Option<Arc<Turn>>,
    streams: Option<Arc<StreamPlace>>,
    pub(super) candidates: Vec<Candidate>,
}

impl Ends {
    /// Fresh sockets, for a link directly between devices.
    ///
    /// # Errors
    ///
    /// If the system gives none.
    pub(super) fn direct(net: &Net) -> Result<Self, TransportError> {
        let (mut udps, mut last_error) = (Vec::new(), None);
        for family in [Family::V4, Family::V6] {
            match Udp::bind(family, 0) {
                Ok(udp) => {
                    udp.be_bound(net.binder(), &[]);
                    udps.push((family, Arc::new(udp)));
                }
                Err(error) => last_error = Some(error),
            }
        }
        if let Some(error) = last_error.filter(|_error| udps.is_empty()) {
            return Err(error.into());
        }
        let port = |family| {
            let (_family, udp) = udps.iter().find(|(of, _udp)| *of == family)?;
            udp.port().ok()
        };
        let hosts = net.offered_addrs(port).into_iter();
        let candidates = hosts.map(|addr| Candidate { kind: CandidateKind::Host, addr }).collect();
        Ok(Self { udps, turn: None, streams: None, candidates })
    }

    /// A place on a TURN server of ours; fresh sockets if we use none, since the callee may.
    ///
    /// # Errors
    ///
    /// If no server gives a place.
    pub(super) async fn relayed(net: &Net, reach: &Reach) -> Result<Self, TransportError> {
        if reach.turn.is_empty() {
            return Self::direct(net);
        }
        let is_blocked = !net.hears_internet();
        let turn = first_place(&reach.turn, is_blocked, |server| {
            let tls = reach.tls.clone();
            async move { Turn::allocate(&server, &tls, Family::V4).await }
        });
        let turn = turn.await.map_err(failed)?;
        let addr = turn.relayed();
        let candidates = vec![Candidate { kind: CandidateKind::Relayed, addr }];
        Ok(Self { udps: Vec::new(), turn: Some(turn), streams: None, candidates })
    }

    /// The same, and a place for streams as well, if a server of ours has one soon; if we use no
    /// server, we say that we would come by a stream to the other end's place.
    ///
    /// # Errors
    ///
    /// If no server gives a place for datagrams.
    pub(super) async fn relayed_with_streams(
        net: &Net,
        reach: &Reach,
    ) -> Result<Self, TransportError> {
        if reach.turn.is_empty() {
            let mut ends = Self::direct(net)?;
            ends.candidates.extend(visitor(net));
            return Ok(ends);
        }
        let is_blocked = !net.hears_internet();
        let streams = first_place(&reach.turn, is_blocked, |server| {
            let tls = reach.tls.clone();
            async move { StreamPlace::allocate(&server, &tls, Family::V4).await }
        });
        let (mut streams, mut relayed) = (pin!(streams), pin!(Self::relayed(net, reach)));
        let (mut ends, streams) = tokio::select! {
            ends = &mut relayed => (ends?, timeout(STREAM_PLACE, streams).await.ok()),
            streams = &mut streams => (relayed.await?, Some(streams)),
        };
        match streams {
            Some(Ok(place)) => {
                let addr = place.relayed();
                ends.candidates.push(Candidate { kind: CandidateKind::Stream, addr });
                ends.streams = Some(place);
            }
            Some(Err(error)) => log::debug!("no place for streams: {error}"),
            None => log::debug!("no place for streams in time"),
        }
        Ok(ends)
    }

    /// Our place for streams, if there is one.
    pub(super) fn streams(&self) -> Option<&Arc<StreamPlace>> {
        self.streams.as_ref()
    }

    /// The stream of the other end, if it sends one soon as its answer says.
    pub(super) async fn stream(&self, answer: &Description, words: &Words) -> Option<Arc<Pipe>> {
        let (place, visitor) = (self.streams.as_ref()?, answer.stream()?);
        let patience = if visitor.port() == ANY_PORT { STREAM } else { STREAM_FROM_PLACE };
        let accepted = timeout(patience, accept(place, words)).await;
        accepted.inspect_err(|_elapsed| log::debug!("no stream in time")).ok().flatten()
    }

    /// The stream of the other end, which comes to our place if it can.
    pub(super) async fn accept(&self, words: &Words) -> Option<Arc<Pipe>> {
        accept(self.streams.as_ref()?, words).await
    }

    /// What servers say about our addresses in public, as soon as they do; `None` if there is
    /// nobody to ask.
    pub(super) fn public(&self, net: &Net) -> Option<impl Future<Output = Vec<Candidate>> + use<>> {
        let servers = net.public().servers;
        let ours: Vec<_> = net.interfaces.addrs().into_iter().map(Family::of_ip).collect();
        let mut asking = JoinSet::new();
        for (family, udp) in &self.udps {
            if !ours.contains(family) || !servers.iter().any(|addr| Family::of(*addr) == *family) {
                continue;
            }
            let (udp, servers) = (Arc::clone(udp), servers.clone());
            asking.spawn(async move { stun_client::reflexive(&udp, &servers, STUN_TIMEOUT).await });
        }
        let known: Vec<_> = self.candidates.iter().map(|known| known.addr).collect();
        (!asking.is_empty()).then_some(async move {
            let mut public = Vec::new();
            while let Ok(Some(addrs)) = match public.is_empty() {
                true => Ok(asking.join_next().await),
                // The other family takes about as long.
                false => timeout(OTHER_FAMILY, asking.join_next()).await,
            } {
                let new =
                    addrs.unwrap_or_default().into_iter().filter(|addr| !known.contains(addr));
                public.extend(new.map(|addr| Candidate { kind: CandidateKind::Reflexive, addr }));
            }
            public
        })
    }

    /// Lets datagrams of the other end in.
    pub(super) fn permit(&self, theirs: &Description) {
        let ips = || reachable(theirs).into_iter().chain(theirs.stream()).map(|addr| addr.ip());
        if let Some(turn) = &self.turn {
            turn.permit(ips());
        }
        // Where a visitor comes from may be said later than that it comes.
        let is_visited = theirs.stream().is_some() || theirs.part == Part::More;
        if let Some(place) = self.streams.as_ref().filter(|_place| is_visited) {
            place.turn().permit(ips());
        }
    }

    pub(super) fn wirings(&self) -> Vec<Wiring> {
        let own = |(family, udp): &(Family, Arc<Udp>)| Wiring {
            family: *family,
            socket: Socket::Own(Arc::clone(udp)),
        };
        let relayed = self.turn.iter().map(|turn| Wiring::relayed(Arc::clone(turn)));
        self.udps.iter().map(own).chain(relayed).collect()
    }
}

async fn accept(place: &Arc<StreamPlace>, words: &Words) -> Option<Arc<Pipe>> {
    let accepted = place.accept(words).await;
    accepted.inspect_err(|error| log::debug!("no stream: {error}")).ok()
}

/// From where we would come to the other end's place for streams: servers are asked for IPv4 ones.
fn visitor(net: &Net) -> Option<Candidate> {
    let public = net.public().addrs.into_iter().map(|addr| addr.ip());
    let ip = public.chain(net.interfaces.addrs()).find(IpAddr::is_ipv4)?;
    Some(Candidate { kind: CandidateKind::Stream, addr: SocketAddr::new(ip, ANY_PORT) })
}

/// A place on the first server that gives one. They are asked one after another, each a little
/// later; where UDP is blocked, those reached by TCP come first.
///
/// # Errors
///
/// The last one's, if none does.
async fn first_place<T, F>(
    servers: &[TurnServer],
    is_blocked: bool,
    allocate: impl Fn(TurnServer) -> F,
) -> Result<T, TurnError>
where
    T: Send + 'static,
    F: Future<Output = Result<T, TurnError>> + Send + 'static,
{
    let is_over_udp = |server: &TurnServer| server.check().is_ok_and(|url| url.via == TurnVia::Udp);
    let mut servers: Vec<TurnServer> = servers.to_vec();
    servers.sort_by_key(|server| is_blocked && is_over_udp(server));
    let mut asking = JoinSet::new();
    let mut last_error = TurnError::Silent("no TURN server".to_owned());
    let mut next = servers.into_iter();
    loop {
        if let Some(server) = next.next() {
            asking.spawn(allocate(server));
        }
        tokio::select! {
            allocated = asking.join_next() => match allocated {
                Some(Ok(Ok(place))) => return Ok(place),
                Some(Ok(Err(error))) => last_error = error,
                Some(Err(_panicked)) => {}
                None => break,
            },
            () = sleep(NEXT_SERVER) => {}
        }
    }
    Err(last_error)
}

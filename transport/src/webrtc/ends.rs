//! Our end of a call: where datagrams leave, and where we say that we can be reached.

use std::{net::SocketAddr, sync::Arc, time::Duration};

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
    turn::{Turn, TurnError},
};
use crate::{
    TransportError,
    offer::{Candidate, CandidateKind, Description},
    servers::{TurnServer, TurnVia},
};

/// How long servers may take to tell a public address.
const STUN_TIMEOUT: Duration = Duration::from_millis(1500);

/// How long the answer for one family is held back for the other's.
const OTHER_FAMILY: Duration = Duration::from_millis(30);

/// How long a TURN server is waited for before the next one is asked as well.
const NEXT_SERVER: Duration = Duration::from_millis(300);

/// Our end of one attempt.
#[derive(Debug)]
pub(super) struct Ends {
    udps: Vec<(Family, Arc<Udp>)>,
    turn: Option<Arc<Turn>>,
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
                Ok(udp) => udps.push((family, Arc::new(udp))),
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
        let hosts = net.host_addrs(port).into_iter();
        let candidates = hosts.map(|addr| Candidate { kind: CandidateKind::Host, addr }).collect();
        Ok(Self { udps, turn: None, candidates })
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
        let turn = first_place(&reach.turn, reach, !net.hears_internet()).await.map_err(failed)?;
        let addr = turn.relayed();
        let candidates = vec![Candidate { kind: CandidateKind::Relayed, addr }];
        Ok(Self { udps: Vec::new(), turn: Some(turn), candidates })
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
        if let Some(turn) = &self.turn {
            turn.permit(reachable(theirs).iter().map(SocketAddr::ip));
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

/// A place on the first server that gives one. They are asked one after another, each a little
/// later; where UDP is blocked, those reached by TCP come first.
///
/// # Errors
///
/// The last one's, if none does.
async fn first_place(
    servers: &[TurnServer],
    reach: &Reach,
    is_blocked: bool,
) -> Result<Arc<Turn>, TurnError> {
    let is_over_udp = |server: &TurnServer| server.check().is_ok_and(|url| url.via == TurnVia::Udp);
    let mut servers: Vec<TurnServer> = servers.to_vec();
    servers.sort_by_key(|server| is_blocked && is_over_udp(server));
    let mut asking = JoinSet::new();
    let mut last_error = TurnError::Silent("no TURN server".to_owned());
    let mut next = servers.into_iter();
    loop {
        if let Some(server) = next.next() {
            let tls = reach.tls.clone();
            asking.spawn(async move { Turn::allocate(&server, &tls, Family::V4).await });
        }
        tokio::select! {
            allocated = asking.join_next() => match allocated {
                Some(Ok(Ok(turn))) => return Ok(turn),
                Some(Ok(Err(error))) => last_error = error,
                Some(Err(_panicked)) => {}
                None => break,
            },
            () = sleep(NEXT_SERVER) => {}
        }
    }
    Err(last_error)
}

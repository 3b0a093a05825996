//! Our end of a call: where datagrams leave, and where we say that we can be reached.

use std::{
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use super::{
    call::reachable,
    net::{Net, Reach},
    rendezvous::{Candidate, CandidateKind, Description},
    socket::{Family, Udp, Wiring},
    stun_client,
    turn::{self, Turn},
};
use crate::{TransportError, nat::NatKind};

/// How long servers may take to tell a public address.
const STUN_TIMEOUT: Duration = Duration::from_millis(1500);

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
        match last_error {
            Some(error) if udps.is_empty() => return Err(error.into()),
            _ => {}
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
        let is_blocked = net.nat().kind == NatKind::Blocked;
        Ok(Self::through(turn::first(&reach.turn, &reach.tls, is_blocked).await?))
    }

    fn through(turn: Arc<Turn>) -> Self {
        let candidates =
            vec![Candidate { kind: CandidateKind::Relayed, addr: turn.relayed() }];
        Self { udps: Vec::new(), turn: Some(turn), candidates }
    }

    /// What servers say about our addresses in public; empty if there is nothing to ask.
    pub(super) async fn public(&self, _net: &Net, reach: &Reach) -> Vec<Candidate> {
        let mut public = Vec::new();
        todo!()
    }

    /// Lets datagrams of the other end in.
    pub(super) fn permit(&self, theirs: &Description) {
        if let Some(turn) = &self.turn {
            let ips: Vec<IpAddr> = reachable(theirs).iter().map(SocketAddr::ip).collect();
            turn.permit(&ips);
        }
    }

    pub(super) fn wirings(&self) -> Vec<Wiring> {
        todo!()
    }
}

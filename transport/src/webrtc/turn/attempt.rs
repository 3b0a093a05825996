//! Streams that wait at a TCP allocation (RFC 6062), and what the protocol crate lacks for them: it
//! takes a ConnectionAttempt for a request, but servers send it as an indication, and then it cannot
//! ask for the stream.

use std::{io, net::SocketAddr};

use turn_client_proto::{
    stun::types::{
        attribute::{Nonce, Realm, Username},
        message::{
            IntegrityAlgorithm, LongTermCredentials, Message, MessageClass, MessageWriteVec,
        },
        prelude::{MessageWrite, MessageWriteExt},
    },
    types::{
        attribute::{ConnectionId, XorPeerAddress},
        message::{CONNECTION_ATTEMPT, CONNECTION_BIND},
    },
};

use super::Turn;

/// Streams that wait to be taken, at most: one is wanted, and strangers may come before it.
const MAX_ARRIVALS: usize = 8;

/// The longest answer to asking for a stream, in bytes, without its header.
pub(super) const MAX_ANSWER_LEN: usize = 1024;

/// A peer's stream at the server, which waits to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) id: u32,
    pub(super) peer: SocketAddr,
}

impl Arrival {
    fn read(message: &Message<'_>) -> Option<Self> {
        if !message.has_method(CONNECTION_ATTEMPT) || !message.has_class(MessageClass::Indication) {
            return None;
        }
        let id = message.attribute::<ConnectionId>().ok()?.id();
        let peer = message.attribute::<XorPeerAddress>().ok()?.addr(message.transaction_id());
        Some(Self { id, peer })
    }
}

/// The streams of one allocation that nobody has taken yet.
#[derive(Debug)]
pub(super) struct Arrivals {
    /// What it takes to sign a request that the protocol crate does not make.
    signature: Signature,
    waiting: Vec<Arrival>,
    /// Whom the server was asked to connect to, and has not answered about.
    connecting: Option<SocketAddr>,
}

impl Arrivals {
    pub(super) fn new(username: &str, password: &str) -> Self {
        let signature = Signature::new(username, password);
        Self { signature, waiting: Vec::new(), connecting: None }
    }

    /// Learns what to sign, and of peers that come.
    pub(super) fn inspect(&mut self, message: &Message<'_>) {
        self.signature.learn(message);
        if let Some(arrival) = Arrival::read(message) {
            self.arrive(arrival);
        }
    }

    /// What more than fit are not taken: the server gives them up after half a minute.
    pub(super) fn arrive(&mut self, arrival: Arrival) {
        if self.waiting.len() < MAX_ARRIVALS {
            self.waiting.push(arrival);
        }
    }

    /// A stream of a peer, if one waits, and what takes it: to be sent on a connection of its own.
    fn take(&mut self) -> Option<(Arrival, Vec<u8>)> {
        let arrival = self.waiting.pop()?;
        let request = self.signature.bind(&arrival)?;
        Some((arrival, request))
    }

    pub(super) fn asked_for(&mut self, peer: SocketAddr) {
        self.connecting = Some(peer);
    }

    /// The server has connected to `peer` or cannot; returns whether it was asked to.
    pub(super) fn answered(&mut self, peer: SocketAddr) -> bool {
        self.connecting.take_if(|connecting| *connecting == peer).is_some()
    }
}

impl Turn {
    /// Waits for a peer's stream; returns it with the request that takes it.
    ///
    /// # Errors
    ///
    /// If the allocation is lost.
    pub(super) async fn arrival(&self) -> io::Result<(Arrival, Vec<u8>)> {
        loop {
            if let Some(arrival) = self.shared.lock().arrivals().take() {
                return Ok(arrival);
            }
            self.news().await?;
        }
    }

    /// Has the server connect to `peer`; returns the stream with the request that takes it.
    ///
    /// # Errors
    ///
    /// If the server cannot, or has not been asked yet to let `peer` in.
    pub(super) async fn connect(&self, peer: SocketAddr) -> io::Result<(Arrival, Vec<u8>)> {
        let is_asked = self.ask_to_connect(peer);
        loop {
            let is_answered = self.shared.lock().arrivals().connecting.is_none();
            let mut waiting = std::iter::from_fn(|| self.shared.lock().arrivals().take());
            // Nobody else is expected.
            if let Some(stream) = waiting.find(|(arrival, _request)| arrival.peer == peer) {
                return Ok(stream);
            }
            if is_answered || !is_asked {
                return Err(io::ErrorKind::ConnectionRefused.into());
            }
            self.news().await?;
        }
    }

    fn ask_to_connect(&self, peer: SocketAddr) -> bool {
        let mut session = self.shared.lock();
        let is_asked = session.connect(peer);
        self.shared.settle(session);
        self.shared.work.notify_one();
        is_asked
    }

    async fn news(&self) -> io::Result<()> {
        tokio::select! {
            () = self.shared.arrived.notified() => Ok(()),
            error = self.failed() => Err(io::Error::other(error)),
        }
    }
}

/// What it takes to sign a request.
#[derive(Debug)]
struct Signature {
    credentials: LongTermCredentials,
    /// What the server says to sign.
    realm: Option<Realm>,
    nonce: Option<Nonce>,
}

impl Signature {
    fn new(username: &str, password: &str) -> Self {
        let credentials = LongTermCredentials::new(username.to_owned(), password.to_owned());
        Self { credentials, realm: None, nonce: None }
    }

    /// A refusal says what to sign from then on.
    fn learn(&mut self, message: &Message<'_>) {
        if !message.has_class(MessageClass::Error) {
            return;
        }
        if let Ok(realm) = message.attribute::<Realm>() {
            self.realm = Some(realm);
        }
        if let Ok(nonce) = message.attribute::<Nonce>() {
            self.nonce = Some(nonce);
        }
    }

    /// Asks for a peer's stream.
    fn bind(&self, arrival: &Arrival) -> Option<Vec<u8>> {
        let (realm, nonce) = (self.realm.as_ref()?, self.nonce.as_ref()?);
        let mut request = Message::builder_request(CONNECTION_BIND, MessageWriteVec::new());
        request.add_attribute(&ConnectionId::new(arrival.id)).ok()?;
        request.add_attribute(&Username::new(self.credentials.username()).ok()?).ok()?;
        request.add_attribute(realm).ok()?;
        request.add_attribute(nonce).ok()?;
        let key = self.credentials.to_key(realm.realm().to_owned());
        request.add_message_integrity(&key.into(), IntegrityAlgorithm::Sha1).ok()?;
        Some(request.finish())
    }
}

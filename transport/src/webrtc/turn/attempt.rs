//! What the protocol crate lacks of TCP allocations (RFC 6062): it takes a ConnectionAttempt for a
//! request, but servers send it as an indication, and then it cannot ask for the stream.

use std::net::SocketAddr;

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

/// The longest answer to asking for a stream, in bytes, without its header.
pub(super) const MAX_ANSWER_LEN: usize = 1024;

/// A peer's stream at the server, which waits to be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Arrival {
    pub(super) id: u32,
    pub(super) peer: SocketAddr,
}

impl Arrival {
    pub(super) fn read(message: &Message<'_>) -> Option<Self> {
        if !message.has_method(CONNECTION_ATTEMPT) || !message.has_class(MessageClass::Indication) {
            return None;
        }
        let id = message.attribute::<ConnectionId>().ok()?.id();
        let peer = message.attribute::<XorPeerAddress>().ok()?.addr(message.transaction_id());
        Some(Self { id, peer })
    }
}

/// What it takes to sign a request.
#[derive(Debug)]
pub(super) struct Signature {
    credentials: LongTermCredentials,
    /// What the server says to sign.
    realm: Option<Realm>,
    nonce: Option<Nonce>,
}

impl Signature {
    pub(super) fn new(username: &str, password: &str) -> Self {
        let credentials = LongTermCredentials::new(username.to_owned(), password.to_owned());
        Self { credentials, realm: None, nonce: None }
    }

    /// A refusal says what to sign from then on.
    pub(super) fn learn(&mut self, message: &Message<'_>) {
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
    pub(super) fn bind(&self, arrival: &Arrival) -> Option<Vec<u8>> {
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

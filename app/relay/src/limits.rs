//! What anybody may make the relay do and hold.

use std::{collections::BTreeSet, time::Duration};

/// The kind of sealed mail.
const MAIL_KIND: u16 = 1420;

/// So many at once, and so many a second after that.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// How many come back each second.
    pub per_second: u32,
    /// How many there are after a pause.
    pub burst: u32,
}

/// Which kinds of events are kept. Ephemeral ones never are, and always pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoredKinds {
    /// Every kind: a relay for everything.
    Any,
    /// These kinds.
    Only(BTreeSet<u16>),
}

/// What is kept at most.
#[derive(Debug, Clone)]
pub struct StorageLimits {
    /// Which kinds are kept.
    pub kinds: StoredKinds,
    /// How long at most, even if an event names a later time or none.
    pub keep: Duration,
    /// Events of one key.
    pub events_per_key: u64,
    /// Bytes of them; each event counts for its text and 512 bytes.
    pub bytes_per_key: u64,
    /// Bytes of all events, counted in the same way.
    pub total_bytes: u64,
    /// Entries of an index that are looked at to answer one filter.
    pub scan: usize,
}

impl Default for StorageLimits {
    fn default() -> Self {
        Self {
            kinds: StoredKinds::Only(BTreeSet::from([MAIL_KIND])),
            keep: Duration::from_secs(90 * 24 * 60 * 60),
            events_per_key: 10_000,
            bytes_per_key: 64 << 20,
            total_bytes: 1 << 30,
            scan: 100_000,
        }
    }
}

/// The bounds of a relay. Their product bounds its memory.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at once.
    pub connections: usize,
    /// Of these, from one IPv4 address or one IPv6 network (/64).
    pub connections_per_address: usize,
    /// Bytes of one message, and so of one event.
    pub message_bytes: usize,
    /// Bytes a second that are read from one connection; more wait in the network.
    pub bytes_per_connection: Rate,
    /// Events from one connection.
    pub events_per_connection: Rate,
    /// Events from one address.
    pub events_per_address: Rate,
    /// Events with one key's signature.
    pub events_per_key: Rate,
    /// Subscriptions, and steps of reconciliations, from one connection.
    pub requests_per_connection: Rate,
    /// Open subscriptions of one connection.
    pub subscriptions: usize,
    /// Bytes of their filters together.
    pub subscription_bytes: usize,
    /// Characters of a subscription's id.
    pub subscription_id_chars: usize,
    /// Filters in one subscription.
    pub filters: usize,
    /// Stored events for one filter.
    pub results: usize,
    /// Open subscriptions of one connection that ask for no tag, key or id: each event is held
    /// against each of these.
    pub broad_subscriptions: usize,
    /// Messages that wait for one slow reader, which is disconnected when there are more.
    pub queued_messages: usize,
    /// Bytes of them.
    pub queued_bytes: usize,
    /// How long a client may take to ask for anything at all.
    pub handshake: Duration,
    /// How long one message may take to be taken.
    pub write: Duration,
    /// After how long without a word a connection counts as dead. It is pinged after a third.
    pub silence: Duration,
    /// How much older than now an ephemeral event may be.
    pub ephemeral_age: Duration,
    /// How far in the future an event may be.
    pub future: Duration,
    /// Tags of one event.
    pub tags: usize,
    /// Reconciliations of one connection.
    pub reconciliations: usize,
    /// Reconciliations of all connections: each holds what it is about in memory.
    pub reconciliations_in_all: usize,
    /// Events in one reconciliation.
    pub reconciled_events: usize,
    /// How long a reconciliation waits for its next step.
    pub reconciliation_pause: Duration,
    /// What is kept.
    pub storage: StorageLimits,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 4_096,
            connections_per_address: 256,
            message_bytes: 64 * 1024,
            bytes_per_connection: Rate { per_second: 256 * 1024, burst: 4 * 1024 * 1024 },
            events_per_connection: Rate { per_second: 20, burst: 100 },
            events_per_address: Rate { per_second: 100, burst: 1_000 },
            events_per_key: Rate { per_second: 10, burst: 100 },
            requests_per_connection: Rate { per_second: 20, burst: 100 },
            subscriptions: 32,
            subscription_bytes: 64 * 1024,
            subscription_id_chars: 64,
            filters: 16,
            results: 500,
            broad_subscriptions: 4,
            queued_messages: 512,
            queued_bytes: 1024 * 1024,
            handshake: Duration::from_secs(10),
            write: Duration::from_secs(20),
            silence: Duration::from_secs(180),
            ephemeral_age: Duration::from_secs(5 * 60),
            future: Duration::from_secs(15 * 60),
            tags: 256,
            reconciliations: 2,
            reconciliations_in_all: 64,
            reconciled_events: 50_000,
            reconciliation_pause: Duration::from_secs(30),
            storage: StorageLimits::default(),
        }
    }
}

//! Leaves packs at relays and fetches what others left there, as the engine says.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use engine::{DepositFailure, Input, Timestamp};
use tokio::task::{AbortHandle, JoinSet};
use transport::{
    mailbox::{self, Collected, MailboxSecret},
    nostr::{PublishError, RelayPool, RelayUrl},
    webrtc::WebRtcTransport,
};

use super::{Shared, links};

/// How often a relay that cannot be reached is tried again, and after which pause first; each
/// pause is twice the one before. Together they take about as long as the engine waits.
const TRIES: u32 = 5;
const FIRST_PAUSE: Duration = Duration::from_secs(3);

/// How often it is looked whether relays may be used.
const NO_RELAYS_PAUSE: Duration = Duration::from_secs(20);

/// Carries packs between the engine and relays.
#[derive(Debug)]
pub(super) struct Post {
    shared: Arc<Shared>,
    tokio: tokio::runtime::Handle,
    transport: WebRtcTransport,
    /// Ends with this.
    tasks: JoinSet<()>,
    collecting: BTreeMap<[u8; 32], Vec<AbortHandle>>,
}

impl Post {
    pub(super) fn new(
        shared: Arc<Shared>,
        tokio: tokio::runtime::Handle,
        transport: WebRtcTransport,
    ) -> Self {
        Self { shared, tokio, transport, tasks: JoinSet::new(), collecting: BTreeMap::new() }
    }

    /// Leaves a pack at every relay of `at`.
    pub(super) fn deposit(
        &mut self,
        (mailbox, number): ([u8; 32], u64),
        pack: &Arc<[u8]>,
        expires_at: Timestamp,
        at: &[engine::Addr],
    ) {
        self.clear_up();
        let Some(pool) = self.transport.relays() else { return };
        for relay in relays(at) {
            let (shared, pool, pack) = (Arc::clone(&self.shared), pool.clone(), Arc::clone(pack));
            let task = async move {
                let expires_at = expires_at.0.div_ceil(1_000);
                let result = deposit(&pool, &relay, mailbox, &pack, expires_at).await;
                let relay = relay.to_string();
                let answer = Input::PackDeposited { mailbox, number, relay, result };
                // It only fails once the engine has stopped.
                let _ = shared.inbox.send(answer).await;
            };
            self.tasks.spawn_on(task, &self.tokio);
        }
    }

    /// Listens to a mailbox at every relay of `at`, and reads it after `pause`.
    pub(super) fn collect(
        &mut self,
        mailbox: [u8; 32],
        at: &[engine::Addr],
        since: &BTreeMap<String, Timestamp>,
        pause: Duration,
    ) {
        self.stop(&mailbox);
        let mut handles = Vec::new();
        for relay in relays(at) {
            let since = since.get(relay.as_str()).copied().unwrap_or_default();
            let (shared, transport) = (Arc::clone(&self.shared), self.transport.clone());
            let task = collect(shared, transport, relay, mailbox, (since.0 / 1_000, pause));
            handles.push(self.tasks.spawn_on(task, &self.tokio));
        }
        self.collecting.insert(mailbox, handles);
    }

    /// Listens to a mailbox no more.
    pub(super) fn stop(&mut self, mailbox: &[u8; 32]) {
        for handle in self.collecting.remove(mailbox).unwrap_or_default() {
            handle.abort();
        }
        self.clear_up();
    }

    /// Forgets tasks that are over.
    fn clear_up(&mut self) {
        while self.tasks.try_join_next().is_some() {}
    }
}

/// The relays at these places.
fn relays(at: &[engine::Addr]) -> Vec<RelayUrl> {
    let urls = at.iter().filter_map(links::to_transport).flat_map(|addr| addr.relay_urls());
    let mut relays: Vec<RelayUrl> = urls.filter_map(|url| url.parse().ok()).collect();
    relays.sort_unstable();
    relays.dedup();
    relays
}

async fn deposit(
    pool: &RelayPool,
    relay: &RelayUrl,
    mailbox: [u8; 32],
    pack: &[u8],
    expires_at: u64,
) -> Result<(), DepositFailure> {
    let secret = MailboxSecret::from_bytes(mailbox);
    let mut pause = FIRST_PAUSE;
    for _ in 0..TRIES {
        match mailbox::deposit(pool, relay, &secret, pack, expires_at).await {
            Ok(()) => {
                log::debug!("{relay}: a pack is left");
                return Ok(());
            }
            Err(PublishError::Refused(why)) if !is_passing(&why) => {
                log::warn!("{relay} does not take a pack: {why}");
                return Err(DepositFailure::Refused);
            }
            Err(why) => log::debug!("{relay}: a pack was not left: {why}"),
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    Err(DepositFailure::Unreachable)
}

/// Whether a relay that refuses for this reason may think better of it (NIP-01).
fn is_passing(why: &str) -> bool {
    why.starts_with("rate-limited") || why.starts_with("error")
}

async fn collect(
    shared: Arc<Shared>,
    transport: WebRtcTransport,
    relay: RelayUrl,
    mailbox: [u8; 32],
    (since, pause): (u64, Duration),
) {
    let pool = loop {
        match transport.relays() {
            Some(pool) => break pool,
            // The person wants no relays used, for now.
            None => tokio::time::sleep(NO_RELAYS_PAUSE).await,
        }
    };
    let secret = MailboxSecret::from_bytes(mailbox);
    let mut collecting = mailbox::collect(&pool, &relay, &secret, since, pause);
    while let Some(collected) = collecting.recv().await {
        let relay = relay.to_string();
        let input = match collected {
            Collected::Pack(pack) => {
                log::debug!("{relay}: a pack is here");
                Input::PackCollected { mailbox, relay, pack }
            }
            Collected::End => Input::MailboxRead { mailbox, relay },
        };
        if shared.inbox.send(input).await.is_err() {
            return;
        }
    }
}

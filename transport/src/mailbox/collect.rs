//! Reading a mailbox on one relay, then listening there.

use std::{collections::BTreeSet, time::Duration};

use tokio::{sync::mpsc, task::JoinHandle, time};

use super::keys::Keyring;
use crate::nostr::{Event, EventId, FetchError, RelayPool, RelayUrl, Subscription, Timestamp};

/// Packs read and not taken yet: more wait at the relay.
const WAITING: usize = 4;

/// Packs of one reading: 700 MiB of the longest; more than a room says in a month.
const MAX_PACKS: usize = 16_384;

/// Pauses after a failure: doubled each time, from the first to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(300);

/// How often it is looked whether something was missed while the relay was away.
const LOOK_INTERVAL: Duration = Duration::from_secs(1_800);

/// How far back a later look goes, in seconds: over what clocks differ and what waited.
const OVERLAP: u64 = 3_600;

/// The same while there is only listening: what was left since is what is waited for.
const RECENT: u64 = 120;

/// What a relay has shown.
#[derive(Debug, PartialEq, Eq)]
pub enum Collected {
    /// A pack.
    Pack(Vec<u8>),
    /// Everything that was there has been shown; what follows is new.
    End,
}

/// A mailbox being read and listened to, until this is dropped.
#[derive(Debug)]
pub struct Collecting {
    collected: mpsc::Receiver<Collected>,
    task: JoinHandle<()>,
}

impl Collecting {
    pub(super) fn start(
        pool: RelayPool,
        relay: RelayUrl,
        keyring: Keyring,
        since: u64,
        pause: Duration,
    ) -> Self {
        let (out, collected) = mpsc::channel(WAITING);
        let reader = Reader { pool, relay, keyring, out, shown: BTreeSet::new() };
        Self { collected, task: tokio::spawn(reader.run(since, pause)) }
    }

    /// What comes next; waits as long as nothing does.
    pub async fn recv(&mut self) -> Option<Collected> {
        self.collected.recv().await
    }
}

impl Drop for Collecting {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Nobody takes what is read any more.
struct Unheard;

struct Reader {
    pool: RelayPool,
    relay: RelayUrl,
    keyring: Keyring,
    out: mpsc::Sender<Collected>,
    /// Events handed over already.
    shown: BTreeSet<EventId>,
}

impl Reader {
    async fn run(mut self, since: u64, pause: Duration) {
        let _unheard = self.read_and_listen(since, pause).await;
    }

    async fn read_and_listen(&mut self, since: u64, pause: Duration) -> Result<(), Unheard> {
        let now = self.pool.time();
        // Listens first, so that nothing falls between reading and listening.
        let filter = |back| self.keyring.filter().since(Timestamp::from(now.saturating_sub(back)));
        let (recent, all) = (filter(RECENT), filter(OVERLAP));
        let first = if pause.is_zero() { &all } else { &recent };
        let mut news = self.pool.subscribe(std::slice::from_ref(&self.relay), first);
        if !pause.is_zero() {
            if let Ok(unheard) = time::timeout(pause, self.listen(&mut news)).await {
                return unheard;
            }
            news.set_filter(&all);
        }
        self.read_patiently(since).await?;
        self.hand(Collected::End).await?;
        let mut read_at = now;
        loop {
            match time::timeout(LOOK_INTERVAL, self.listen(&mut news)).await {
                Ok(unheard) => return unheard,
                Err(_interval_over) => {
                    let now = self.pool.time();
                    self.forget_some();
                    self.read_patiently(read_at.saturating_sub(OVERLAP)).await?;
                    read_at = now;
                }
            }
        }
    }

    async fn listen(&mut self, news: &mut Subscription) -> Result<(), Unheard> {
        while let Some((_relay, event)) = news.recv().await {
            self.show(&event).await?;
        }
        Ok(())
    }

    /// Reads until it succeeds.
    async fn read_patiently(&mut self, since: u64) -> Result<(), Unheard> {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.read(since).await? {
                Ok(()) => return Ok(()),
                Err(why) => log::debug!("{}: a mailbox was not read: {why}", self.relay),
            }
            time::sleep(pause).await;
            pause = pause.saturating_mul(2).min(LONGEST_PAUSE);
        }
    }

    /// Reads page by page, from the newest back, as relays give it.
    async fn read(&mut self, since: u64) -> Result<Result<(), FetchError>, Unheard> {
        let mut filter = self.keyring.filter().since(Timestamp::from(since));
        let mut seen = BTreeSet::new();
        while seen.len() < MAX_PACKS {
            let mut page = match self.pool.fetch(&self.relay, filter.clone()).await {
                Ok(page) => page,
                Err(why) => return Ok(Err(why)),
            };
            page.retain(|event| seen.insert(event.id));
            let Some(oldest) = page.iter().map(|event| event.created_at).min() else { break };
            page.sort_by_key(|event| event.created_at);
            for event in page {
                self.show(&event).await?;
            }
            filter = filter.until(oldest);
        }
        Ok(Ok(()))
    }

    async fn show(&mut self, event: &Event) -> Result<(), Unheard> {
        if !self.shown.insert(event.id) {
            return Ok(());
        }
        match self.keyring.open(&event.content) {
            Some(pack) => self.hand(Collected::Pack(pack)).await,
            None => Ok(()),
        }
    }

    /// Whoever listens for long need not remember everything.
    fn forget_some(&mut self) {
        while self.shown.len() > MAX_PACKS {
            self.shown.pop_first();
        }
    }

    async fn hand(&self, collected: Collected) -> Result<(), Unheard> {
        self.out.send(collected).await.map_err(|_gone| Unheard)
    }
}

//! The one thread that writes.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError},
    },
    time::{Duration, Instant},
};

use nostr::Event;
use redb::{ReadableTable, Table, WriteTransaction};
use tokio::sync::oneshot;

use super::{
    Inner, Kept, StoreError, failed, now,
    tables::{
        Ago, BY_AUTHOR, BY_EXPIRY, BY_TAG, BY_TIME, Brief, EVENTS, Id, TOTAL, TagKey, USAGE, ago,
        cost, half, tag_keys,
    },
};
use crate::limits::StorageLimits;

/// An event to keep.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) event: Event,
    pub(super) json: String,
    pub(super) expires: u64,
    pub(super) done: oneshot::Sender<Kept>,
}

/// Events that are made durable together.
const MAX_BATCH: usize = 128;

/// How often what has expired is deleted.
const SWEEP_EVERY: Duration = Duration::from_secs(30);

/// Deleted at once; the rest waits for the next turn.
const MAX_SWEPT: usize = 1_000;

/// Owns the right to write.
#[derive(Debug)]
pub(super) struct Writer {
    inner: Arc<Inner>,
    swept_at: Instant,
}

impl Writer {
    pub(super) fn new(inner: Arc<Inner>) -> Self {
        Self { inner, swept_at: Instant::now() }
    }

    /// Writes until nobody can ask for it anymore.
    pub(super) fn run(mut self, queue: &Receiver<Job>) {
        self.sweep();
        loop {
            match queue.recv_timeout(SWEEP_EVERY) {
                Ok(first) => self.write(first, queue),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
            if self.swept_at.elapsed() >= SWEEP_EVERY {
                self.sweep();
            }
        }
    }

    fn write(&self, first: Job, queue: &Receiver<Job>) {
        let mut batch = vec![first];
        batch.extend(queue.try_iter().take(MAX_BATCH));
        let written = self
            .transact(|open| batch.iter().map(|job| open.keep(job)).collect::<Result<Vec<_>, _>>());
        let kept = written.unwrap_or_else(|err| {
            log::error!("relay: the database cannot be written: {err}");
            vec![Kept::Full("error: the database cannot be written"); batch.len()]
        });
        for (job, kept) in batch.into_iter().zip(kept) {
            // Whoever asked may have gone.
            let _ = job.done.send(kept);
        }
    }

    fn sweep(&mut self) {
        self.swept_at = Instant::now();
        match self.transact(|open| open.sweep()) {
            Ok(0) => {}
            Ok(count) => log::debug!("relay: {count} events expired"),
            Err(err) => log::error!("relay: what expired was not deleted: {err}"),
        }
    }

    /// Does `work` and makes it durable, or nothing of it.
    fn transact<T>(
        &self,
        work: impl FnOnce(&mut Open<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let transaction = self.inner.database.begin_write().map_err(failed)?;
        let done = work(&mut Open::new(&transaction, &self.inner.limits)?)?;
        transaction.commit().map_err(failed)?;
        Ok(done)
    }
}

/// The tables, open for writing.
struct Open<'a> {
    limits: &'a StorageLimits,
    events: Table<'a, &'static Id, (u64, &'static str)>,
    by_time: Table<'a, (Ago, &'static Id), Brief>,
    by_tag: Table<'a, (&'static TagKey, Ago, &'static Id), Brief>,
    by_author: Table<'a, (&'static [u8; 32], Ago, &'static Id), Brief>,
    by_expiry: Table<'a, (u64, &'static Id), ()>,
    usage: Table<'a, &'static [u8; 32], (u64, u64)>,
    total: Table<'a, (), (u64, u64)>,
}

impl<'a> Open<'a> {
    fn new(
        transaction: &'a WriteTransaction,
        limits: &'a StorageLimits,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            limits,
            events: transaction.open_table(EVENTS).map_err(failed)?,
            by_time: transaction.open_table(BY_TIME).map_err(failed)?,
            by_tag: transaction.open_table(BY_TAG).map_err(failed)?,
            by_author: transaction.open_table(BY_AUTHOR).map_err(failed)?,
            by_expiry: transaction.open_table(BY_EXPIRY).map_err(failed)?,
            usage: transaction.open_table(USAGE).map_err(failed)?,
            total: transaction.open_table(TOTAL).map_err(failed)?,
        })
    }

    fn keep(&mut self, job: &Job) -> Result<Kept, StoreError> {
        let Job { event, json, expires, .. } = job;
        if self.events.get(event.id.as_bytes()).map_err(failed)?.is_some() {
            return Ok(Kept::Known);
        }
        let mut older = Vec::new();
        for id in self.same_place(event)? {
            let Some(other) = self.event(&id)? else { continue };
            if (other.created_at, event.id) > (event.created_at, other.id) {
                return Ok(Kept::Replaced);
            }
            older.push(id);
        }
        for id in older {
            self.delete(&id)?;
        }
        if let Some(full) = self.is_full(event, json)? {
            // What has expired makes room, the oldest first.
            if self.sweep()? == 0 {
                return Ok(full);
            }
            if let Some(full) = self.is_full(event, json)? {
                return Ok(full);
            }
        }
        self.insert(event, json, *expires)?;
        Ok(Kept::New)
    }

    /// The events whose place this one takes: of a replaceable kind there is one for each author,
    /// of an addressable kind one for each author and `d` tag.
    fn same_place(&self, event: &Event) -> Result<Vec<Id>, StoreError> {
        let kind = event.kind;
        if !kind.is_replaceable() && !kind.is_addressable() {
            return Ok(Vec::new());
        }
        let author = event.pubkey.to_bytes();
        let rows = (&author, 0, &[0; 32])..=(&author, u64::MAX, &[u8::MAX; 32]);
        let mut same = Vec::new();
        for row in self.by_author.range(rows).map_err(failed)? {
            let (key, brief) = row.map_err(failed)?;
            if brief.value().0 == kind.as_u16() {
                same.push(*key.value().2);
            }
        }
        if kind.is_addressable() {
            let name = event.tags.identifier().unwrap_or_default();
            let mut named = Vec::new();
            for id in same {
                let other = self.event(&id)?;
                if other.is_some_and(|o| o.tags.identifier().unwrap_or_default() == name) {
                    named.push(id);
                }
            }
            return Ok(named);
        }
        Ok(same)
    }

    fn event(&self, id: &Id) -> Result<Option<Event>, StoreError> {
        let row = self.events.get(id).map_err(failed)?;
        Ok(row.and_then(|row| serde_json::from_str(row.value().1).ok()))
    }

    fn is_full(&self, event: &Event, json: &str) -> Result<Option<Kept>, StoreError> {
        let cost = cost(json);
        let (events, bytes) = self.used(&event.pubkey.to_bytes())?;
        let limits = self.limits;
        if events >= limits.events_per_key || bytes.saturating_add(cost) > limits.bytes_per_key {
            return Ok(Some(Kept::Full("restricted: this key has used up its share")));
        }
        let (_, bytes) = self.held()?;
        if bytes.saturating_add(cost) > limits.total_bytes {
            return Ok(Some(Kept::Full("restricted: this relay is full")));
        }
        Ok(None)
    }

    fn insert(&mut self, event: &Event, json: &str, expires: u64) -> Result<(), StoreError> {
        let (id, author) = (event.id.as_bytes(), event.pubkey.to_bytes());
        let at = ago(event.created_at.as_secs());
        let brief = (event.kind.as_u16(), expires, half(&author));
        self.events.insert(id, (expires, json)).map_err(failed)?;
        self.by_time.insert((at, id), brief).map_err(failed)?;
        self.by_author.insert((&author, at, id), brief).map_err(failed)?;
        self.by_expiry.insert((expires, id), ()).map_err(failed)?;
        for key in tag_keys(event) {
            self.by_tag.insert((&key, at, id), brief).map_err(failed)?;
        }
        let (events, bytes) = self.used(&author)?;
        self.set_used(&author, events.saturating_add(1), bytes.saturating_add(cost(json)))?;
        let (events, bytes) = self.held()?;
        self.set_held(events.saturating_add(1), bytes.saturating_add(cost(json)))
    }

    fn delete(&mut self, id: &Id) -> Result<(), StoreError> {
        let Some(row) = self.events.remove(id).map_err(failed)? else { return Ok(()) };
        let (expires, json) = row.value();
        let (event, cost) = (serde_json::from_str::<Event>(json), cost(json));
        drop(row);
        self.by_expiry.remove((expires, id)).map_err(failed)?;
        let Ok(event) = event else {
            log::error!("relay: an event in the database is damaged");
            return Ok(());
        };
        let author = event.pubkey.to_bytes();
        let at = ago(event.created_at.as_secs());
        self.by_time.remove((at, id)).map_err(failed)?;
        self.by_author.remove((&author, at, id)).map_err(failed)?;
        for key in tag_keys(&event) {
            self.by_tag.remove((&key, at, id)).map_err(failed)?;
        }
        let (events, bytes) = self.used(&author)?;
        self.set_used(&author, events.saturating_sub(1), bytes.saturating_sub(cost))?;
        let (events, bytes) = self.held()?;
        self.set_held(events.saturating_sub(1), bytes.saturating_sub(cost))
    }

    /// Deletes what has expired, the oldest first; says how many that were.
    fn sweep(&mut self) -> Result<usize, StoreError> {
        let mut expired = Vec::new();
        let rows = (0, &[0; 32])..=(now(), &[u8::MAX; 32]);
        for row in self.by_expiry.range(rows).map_err(failed)?.take(MAX_SWEPT) {
            expired.push(*row.map_err(failed)?.0.value().1);
        }
        for id in &expired {
            self.delete(id)?;
        }
        Ok(expired.len())
    }

    fn used(&self, author: &[u8; 32]) -> Result<(u64, u64), StoreError> {
        Ok(self.usage.get(author).map_err(failed)?.map_or((0, 0), |row| row.value()))
    }

    fn set_used(&mut self, author: &[u8; 32], events: u64, bytes: u64) -> Result<(), StoreError> {
        if events == 0 {
            self.usage.remove(author).map_err(failed)?;
        } else {
            self.usage.insert(author, (events, bytes)).map_err(failed)?;
        }
        Ok(())
    }

    fn held(&self) -> Result<(u64, u64), StoreError> {
        Ok(self.total.get(()).map_err(failed)?.map_or((0, 0), |row| row.value()))
    }

    fn set_held(&mut self, events: u64, bytes: u64) -> Result<(), StoreError> {
        self.total.insert((), (events, bytes)).map_err(failed)?;
        Ok(())
    }
}

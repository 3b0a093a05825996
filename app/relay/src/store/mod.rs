//! The mail that is kept: one redb file, bounded, and nothing in it after its time.
//!
//! Reading happens on the threads that ask; all writing on one thread of its own, which makes many
//! events durable with one turn of the disk.

mod query;
mod tables;
#[cfg(test)]
mod tests;
mod write;

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{SyncSender, sync_channel},
    },
};

use nostr::{Event, EventId, Filter};
use redb::{Builder, Database, ReadableDatabase as _, backends::InMemoryBackend};
use tokio::sync::{mpsc, oneshot};

pub(crate) use self::query::{Findings, Found};
use self::write::{Job, Writer};
use crate::limits::{Limits, StorageLimits};

/// The name of the database's file.
const FILE: &str = "relay.redb";

/// Memory spent on keeping pages of the file.
const CACHE_BYTES: usize = 32 << 20;

/// Events that wait for the disk; whoever brings more waits himself.
const MAX_JOBS: usize = 256;

/// What went wrong with the database.
pub(crate) type StoreError = Box<redb::Error>;

/// The database.
#[derive(Debug, Clone)]
pub(crate) struct Store {
    inner: Arc<Inner>,
    jobs: SyncSender<Job>,
}

#[derive(Debug)]
struct Inner {
    database: Database,
    limits: StorageLimits,
    /// While it lives, the file is not closed.
    _alive: mpsc::Sender<()>,
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is on disk.
    New,
    /// It was already.
    Known,
    /// A newer one has its place.
    Replaced,
    /// There is no room for it.
    Full(&'static str),
}

impl Store {
    /// Opens the database in `folder`, or one in memory.
    pub(crate) fn open(
        folder: Option<&Path>,
        limits: &Limits,
        alive: mpsc::Sender<()>,
    ) -> Result<Self, StoreError> {
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE_BYTES);
        let database = match folder {
            Some(folder) => {
                std::fs::create_dir_all(folder).map_err(|err| Box::new(redb::Error::Io(err)))?;
                builder.create(folder.join(FILE)).map_err(failed)?
            }
            None => builder.create_with_backend(InMemoryBackend::new()).map_err(failed)?,
        };
        tables::create(&database)?;
        let inner = Arc::new(Inner { database, limits: limits.storage.clone(), _alive: alive });
        let (jobs, queue) = sync_channel(MAX_JOBS);
        let writer = Writer::new(inner.clone());
        let thread = std::thread::Builder::new().name("relay-store".to_owned());
        thread.spawn(move || writer.run(&queue)).map_err(|err| Box::new(redb::Error::Io(err)))?;
        Ok(Self { inner, jobs })
    }

    /// Keeps a verified event, whose text is `json`, until `expires`; ends once it is on disk.
    pub(crate) async fn keep(&self, event: &Event, json: &str, expires: u64) -> Kept {
        const AWAY: Kept = Kept::Full("error: the database cannot be written");
        let (done, kept) = oneshot::channel();
        let job = Job { event: event.clone(), json: json.to_owned(), expires, done };
        let jobs = self.jobs.clone();
        // The queue is full only while the disk is busy; waiting must not stop the others' thread.
        let sent = match jobs.try_send(job) {
            Ok(()) => true,
            Err(std::sync::mpsc::TrySendError::Full(job)) => {
                tokio::task::spawn_blocking(move || jobs.send(job).is_ok()).await.unwrap_or(false)
            }
            Err(std::sync::mpsc::TrySendError::Disconnected(_)) => false,
        };
        if sent { kept.await.unwrap_or(AWAY) } else { AWAY }
    }

    /// The events that match, the newest first: at most `max`.
    pub(crate) async fn find(&self, filter: Filter, max: usize) -> Result<Findings, String> {
        self.read(move |inner| {
            let transaction = inner.database.begin_read().map_err(failed)?;
            query::find(&transaction, &filter, max, inner.limits.scan, now())
        })
        .await
    }

    /// The texts of the first of `ids` that are still there, up to about `bytes`; and how many of
    /// the ids that was.
    pub(crate) async fn load(
        &self,
        ids: Vec<EventId>,
        bytes: usize,
    ) -> Result<(usize, Vec<String>), String> {
        self.read(move |inner| {
            let transaction = inner.database.begin_read().map_err(failed)?;
            query::load(&transaction, &ids, bytes, now())
        })
        .await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Inner) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, String> {
        let inner = self.inner.clone();
        let done = tokio::task::spawn_blocking(move || work(&inner)).await;
        let why = match done {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(err)) => err.to_string(),
            Err(err) => err.to_string(),
        };
        log::error!("relay: the database cannot be read: {why}");
        Err("error: the database cannot be read".to_owned())
    }
}

fn failed(err: impl Into<redb::Error>) -> StoreError {
    Box::new(err.into())
}

/// Seconds since 1970.
pub(crate) fn now() -> u64 {
    u64::try_from(chrono::Utc::now().timestamp()).unwrap_or_default()
}

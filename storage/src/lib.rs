//! The engine's durable memory: one redb file per device.
//!
//! It knows where bytes lie and that they are on disk; what they mean is the engine's business.
//! How the file is laid out, and why no crash loses anything acknowledged, is in
//! `docs/format.md`.

mod carried;
mod cautious;
mod error;
mod keyring;
mod migrate;
mod read;
mod retained;
mod tables;
mod write;

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::OnceLock,
};

use engine::{
    Batch, CarriedRecord, ClosedRecord, ControlRecord, Head, HeldRun, Kept, MailboxRecord, Mark,
    MemberIndex, MemberRecord, PackId, PeerId, Position, Profile, ReportRecord, RoomId, RoomRecord,
    Row, Store, StoreError, StoredOp, Trail,
};
use redb::{Builder, Database, ReadableDatabase, StorageBackend};

use crate::{
    cautious::Cautious,
    error::{from_io, from_redb, guarded},
    keyring::{AtPath, KeyFile, Keyring},
    migrate::{FORMAT_KNOWN, STEPS},
    read::Snapshot,
};

/// A [`Store`] in a file. One process has it open at a time.
///
/// A commit that fails leaves the store as it was, ready for the next one. If even that cannot be
/// made sure, every further call is [`StoreError::Unavailable`]; open it anew and read again.
pub struct RedbStore {
    reopen: Opener,
    options: Options,
    /// The tables as last committed, opened when first read. Dropped before each commit: while it
    /// lives, pages the commit frees could not be used again.
    snapshot: OnceLock<Snapshot>,
    /// The keys of the rooms.
    keys: Keyring,
    /// `None` once a commit has failed and the file could not be opened again: whether the batch
    /// is on disk is then unknown, so nothing more is answered that may contradict it.
    database: Option<Database>,
}

/// How a [`RedbStore`] uses the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The most memory spent on keeping pages of the file, in bytes.
    pub cache_bytes: usize,
    /// The length, in bytes, up to which a file is checked whole each time it is opened. What has
    /// been altered in a longer one since it was closed is noticed when it is read, or not at all:
    /// operations carry their own seals.
    pub checked_len: u64,
}

/// What is right for a phone.
impl Default for Options {
    fn default() -> Self {
        Self { cache_bytes: DEFAULT_CACHE_BYTES, checked_len: DEFAULT_CHECKED_LEN }
    }
}

/// Holds a history of 100,000 short messages whole, and is not missed on a phone. redb's own
/// default is 1 GiB.
const DEFAULT_CACHE_BYTES: usize = 32 << 20;

/// Some 40,000 messages, checked in about 50 ms on a computer; who opens the app should not wait
/// longer for a fault this rare.
const DEFAULT_CHECKED_LEN: u64 = 16 << 20;

/// Opens the file, or what stands for it in a test.
type Opener = Box<dyn Fn() -> Result<Box<dyn StorageBackend>, StoreError> + Send + Sync>;

impl RedbStore {
    /// Opens the database at `path`, or begins one if there is no file or an empty one. The
    /// directory must exist.
    ///
    /// # Errors
    ///
    /// [`StoreError::InUse`] if it is open already, here or in another process;
    /// [`StoreError::Corrupt`] if it is damaged or not a database of this app;
    /// [`StoreError::TooNew`] if a newer version wrote it;
    /// [`StoreError::Unavailable`] if the file cannot be read or written.
    /// After the first three the file is as it was, byte for byte.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path, Options::default())
    }

    /// As [`open`](Self::open), with `options`.
    ///
    /// # Errors
    ///
    /// As for [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Self, StoreError> {
        let path = path.as_ref().to_path_buf();
        let keys = AtPath(beside(&path));
        Self::open_on(Box::new(move || cautious::open_file(&path)), Box::new(keys), options)
    }

    fn open_on(
        reopen: Opener,
        keys: Box<dyn KeyFile>,
        options: Options,
    ) -> Result<Self, StoreError> {
        let mut keys = Keyring::new(keys);
        let database = guarded(|| open_database(reopen()?, options, &mut keys))?;
        let (snapshot, database) = (OnceLock::new(), Some(database));
        let mut store = Self { reopen, options, snapshot, keys, database };
        store.erase_unused()?;
        Ok(store)
    }

    /// Erases keys of rooms that are not there: the program ended just after one was forgotten, or
    /// just before it was written.
    fn erase_unused(&mut self) -> Result<(), StoreError> {
        for room in self.keys.rooms() {
            if !self.read(|snapshot| snapshot.knows(room))? {
                self.keys.erase(room)?;
            }
        }
        Ok(())
    }

    /// Answers `question` from everything committed so far.
    fn read<T>(
        &self,
        question: impl FnOnce(&Snapshot) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        guarded(|| {
            if let Some(snapshot) = self.snapshot.get() {
                return question(snapshot);
            }
            let transaction = self.database()?.begin_read().map_err(from_redb)?;
            let snapshot = Snapshot::new(&transaction)?;
            question(self.snapshot.get_or_init(|| snapshot))
        })
    }

    fn database(&self) -> Result<&Database, StoreError> {
        self.database
            .as_ref()
            .ok_or_else(|| StoreError::Unavailable("it was closed after a failed write".into()))
    }

    /// Closes the database, as far as it lets itself be closed.
    fn close(&mut self) {
        self.snapshot = OnceLock::new();
        let database = self.database.take();
        // After damage, redb may panic once more on its way out. There is nothing left to save.
        if catch_unwind(AssertUnwindSafe(|| drop(database))).is_err() {
            log::warn!("the database did not close cleanly");
        }
    }

    /// After an error redb takes no more writes until the file is opened anew. Does that, and says
    /// whether `batch` reached the disk in spite of the error: then it was committed, and to call
    /// it failed would have the engine write its own log twice.
    fn reopen_after_failure(&mut self, batch: &Batch) -> Result<bool, StoreError> {
        self.close();
        let database = guarded(|| open_database((self.reopen)()?, self.options, &mut self.keys))?;
        self.database = Some(database);
        self.read(|snapshot| snapshot.holds(&self.keys, batch))
    }
}

impl RedbStore {
    /// Makes what is left of rooms that were forgotten unreadable. If the disk fails, the next start
    /// does it.
    fn erase_forgotten(&mut self, batch: &Batch) {
        let sealed = write::sealed_rooms(batch);
        for room in batch.forgotten.iter().filter(|room| !sealed.contains(room)) {
            if let Err(error) = self.keys.erase(*room) {
                log::warn!("the key of a room that was forgotten could not be erased: {error}");
            }
        }
    }
}

impl Drop for RedbStore {
    fn drop(&mut self) {
        self.close();
    }
}

/// Says only that it is one: what is inside is the person's.
impl fmt::Debug for RedbStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedbStore").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Store for RedbStore {
    fn profile(&self) -> Result<Option<Profile>, StoreError> {
        self.read(Snapshot::profile)
    }

    fn rooms(&self) -> Result<Vec<RoomRecord>, StoreError> {
        self.read(|snapshot| snapshot.rooms(&self.keys))
    }

    fn members(&self, room: RoomId) -> Result<Vec<MemberRecord>, StoreError> {
        self.read(|snapshot| snapshot.members(&self.keys, room))
    }

    fn heads(&self, room: RoomId) -> Result<Vec<Head>, StoreError> {
        self.read(|snapshot| snapshot.heads(room))
    }

    fn controls(&self, room: RoomId) -> Result<Vec<ControlRecord>, StoreError> {
        self.read(|snapshot| snapshot.controls(&self.keys, room))
    }

    fn mailbox(&self, room: RoomId) -> Result<Option<MailboxRecord>, StoreError> {
        self.read(|snapshot| snapshot.mailbox(&self.keys, room))
    }

    fn kept(&self, room: RoomId) -> Result<Vec<(MemberIndex, Kept)>, StoreError> {
        self.read(|snapshot| snapshot.kept(room))
    }

    fn marks(&self, room: RoomId) -> Result<Vec<(PeerId, Mark)>, StoreError> {
        self.read(|snapshot| snapshot.marks(&self.keys, room))
    }

    fn closed(&self, room: RoomId) -> Result<Vec<ClosedRecord>, StoreError> {
        self.read(|snapshot| snapshot.closed(&self.keys, room))
    }

    fn reports(&self, room: RoomId) -> Result<Vec<ReportRecord>, StoreError> {
        self.read(|snapshot| snapshot.reports(&self.keys, room))
    }

    fn ops_after(
        &self,
        room: RoomId,
        author: MemberIndex,
        after: u64,
        limit: usize,
        max_bytes: usize,
    ) -> Result<Vec<Vec<u8>>, StoreError> {
        self.read(|snapshot| snapshot.ops_after(room, author, after, limit, max_bytes))
    }

    fn page_before(
        &self,
        room: RoomId,
        before: Option<Position>,
        limit: usize,
    ) -> Result<Vec<StoredOp>, StoreError> {
        self.read(|snapshot| snapshot.page_before(room, before, limit))
    }

    fn count_after(
        &self,
        room: RoomId,
        after: Option<Position>,
        kind: u8,
        without: &[MemberIndex],
        limit: usize,
    ) -> Result<usize, StoreError> {
        self.read(|snapshot| snapshot.count_after(room, after, kind, without, limit))
    }

    fn rows_after(
        &self,
        room: RoomId,
        after: Option<Position>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        self.read(|snapshot| snapshot.rows_after(room, after, limit))
    }

    fn trails(&self, room: RoomId) -> Result<Vec<(MemberIndex, Trail)>, StoreError> {
        self.read(|snapshot| snapshot.trails(room))
    }

    fn runs(&self, room: RoomId) -> Result<Vec<HeldRun>, StoreError> {
        self.read(|snapshot| snapshot.runs(room))
    }

    fn taken(&self, room: RoomId) -> Result<u64, StoreError> {
        self.read(|snapshot| snapshot.taken(room))
    }

    fn bound(&self) -> Result<Option<u64>, StoreError> {
        self.read(Snapshot::bound)
    }

    fn compact(&mut self) -> Result<(), StoreError> {
        self.snapshot = OnceLock::new();
        let Some(database) = &mut self.database else { return Ok(()) };
        let outcome =
            guarded(|| database.compact().map_err(|e| StoreError::Unavailable(Box::new(e))));
        if let Err(failure) = outcome {
            log::warn!("the database could not be made smaller: {failure}");
            self.reopen_after_failure(&Batch::default())?;
        }
        Ok(())
    }

    fn carries(&self) -> Result<Option<bool>, StoreError> {
        self.read(Snapshot::carries)
    }

    fn carried(&self) -> Result<Vec<(PackId, CarriedRecord)>, StoreError> {
        self.read(Snapshot::carried)
    }

    fn carried_pack(&self, id: &PackId) -> Result<Option<Vec<u8>>, StoreError> {
        self.read(|snapshot| snapshot.carried_pack(id))
    }

    fn commit(&mut self, batch: Batch) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        self.database()?;
        self.snapshot = OnceLock::new();
        let sealed = write::sealed_rooms(&batch);
        sealed.iter().try_for_each(|room| self.keys.ensure(*room))?;
        let Err(failure) = guarded(|| write::write(self.database()?, &self.keys, &batch)) else {
            self.erase_forgotten(&batch);
            return Ok(());
        };
        log::warn!("a commit failed: {failure}");
        match self.reopen_after_failure(&batch) {
            Ok(true) => {
                self.erase_forgotten(&batch);
                Ok(())
            }
            Ok(false) => Err(failure),
            Err(also) => {
                log::warn!("the database could not be opened again: {also}");
                Err(failure)
            }
        }
    }
}

/// Where the keys lie of the database at `path`.
fn beside(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_os_string();
    name.push(".keys");
    path.with_file_name(name)
}

/// Opens the database in `backend` and brings it to the format of this program.
fn open_database(
    backend: Box<dyn StorageBackend>,
    options: Options,
    keys: &mut Keyring,
) -> Result<Database, StoreError> {
    let is_checked = backend.len().map_err(from_io)? <= options.checked_len;
    let (backend, gate) = Cautious::new(backend);
    let database = Builder::new()
        .set_cache_size(options.cache_bytes)
        .set_check_integrity_on_open(is_checked)
        .create_with_backend(backend)
        .map_err(from_redb)?;
    let found = migrate::format(&database, FORMAT_KNOWN)?;
    gate.open()?;
    keys.load()?;
    migrate::migrate(&database, found, STEPS, keys)?;
    Ok(database)
}

#[cfg(test)]
mod tests;

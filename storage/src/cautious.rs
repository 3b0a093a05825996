//! A file that is not written to before it is known to be ours.
//!
//! redb writes to a database in the act of opening it: it marks the file as open and repairs what
//! a crash left. All of that is held back in memory until the format has been read. A file that
//! turns out to be damaged, foreign or newer is thereby left as it was, byte for byte.

use std::{
    fs::{self, File, OpenOptions},
    io,
    ops::Bound,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use engine::StoreError;
use redb::{BackendError, StorageBackend, backends::FileBackend};

use crate::error::{from_io, from_redb};

/// Where redb keeps its mark that a file is a database. It writes it last.
const MAGIC_LEN: usize = 9;

/// The rest of redb's header, which it writes before the mark.
const HEADER_LEN: usize = 320;

/// No file whose creation was interrupted is longer than this; redb starts one with 72 KiB.
const MAX_UNFINISHED_LEN: u64 = 2 << 20;

/// The file at `path`, created empty if there is none, readable by nobody else.
pub(crate) fn open_file(path: &Path) -> Result<Box<dyn StorageBackend>, StoreError> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let is_new = !path.exists();
    let file = options.open(path).map_err(from_io)?;
    if is_new {
        sync_entry(path).map_err(from_io)?;
    }
    Ok(Box::new(FileBackend::new(file).map_err(from_redb)?))
}

/// Makes a new file's name as durable as its content.
pub(crate) fn sync_entry(path: &Path) -> io::Result<()> {
    if !cfg!(unix) {
        return Ok(());
    }
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(fs::canonicalize(".")?)?.sync_all(),
    }
}

/// The backend redb is given.
#[derive(Debug)]
pub(crate) struct Cautious(Arc<Gate>);

impl Cautious {
    /// Holds back what is written to `inner` until the gate is opened.
    pub(crate) fn new(inner: Box<dyn StorageBackend>) -> (Self, Arc<Gate>) {
        let gate = Arc::new(Gate {
            inner,
            is_open: AtomicBool::new(false),
            held: Mutex::new(Held::default()),
        });
        (Self(Arc::clone(&gate)), gate)
    }
}

/// What stands between redb and the file.
#[derive(Debug)]
pub(crate) struct Gate {
    inner: Box<dyn StorageBackend>,
    is_open: AtomicBool,
    held: Mutex<Held>,
}

impl Gate {
    /// Lets everything held pass, in the order and with the syncs redb asked for, so that a crash
    /// in the middle is one redb recovers from; from now on nothing is held.
    pub(crate) fn open(&self) -> Result<(), StoreError> {
        let mut held = self.held();
        for change in std::mem::take(&mut held.changes) {
            match change {
                Change::Write(offset, data) => self.inner.write(offset, &data),
                Change::SetLen(len) => self.inner.set_len(len),
                Change::Sync => self.inner.sync_data(),
            }
            .map_err(from_io)?;
        }
        self.is_open.store(true, Ordering::Release);
        Ok(())
    }

    fn is_open(&self) -> bool {
        self.is_open.load(Ordering::Acquire)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Debug, Default)]
struct Held {
    inner_len: Option<u64>,
    changes: Vec<Change>,
}

/// Something redb did to the file while the gate was shut.
#[derive(Debug)]
enum Change {
    Write(u64, Vec<u8>),
    SetLen(u64),
    Sync,
}

impl Held {
    /// The length of the file itself, which nobody changes while redb has it locked.
    fn inner_len(&mut self, inner: &dyn StorageBackend) -> io::Result<u64> {
        if let Some(len) = self.inner_len {
            return Ok(len);
        }
        let len = inner.len()?;
        self.inner_len = Some(len);
        // By now redb has locked the file, so nobody else is still creating it.
        if is_unfinished(inner, len)? {
            self.changes.push(Change::SetLen(0));
        }
        Ok(len)
    }

    /// The length the file would have.
    fn len(&mut self, inner: &dyn StorageBackend) -> io::Result<u64> {
        let len = self.inner_len(inner)?;
        Ok(self.changes.iter().fold(len, |len, change| match change {
            Change::SetLen(new) => *new,
            Change::Write(offset, data) => len.max(end(*offset, data)),
            Change::Sync => len,
        }))
    }

    /// What the file would hold.
    fn read(&mut self, inner: &dyn StorageBackend, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if end(offset, out) > self.len(inner)? {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        out.fill(0);
        read_up_to(inner, offset, out, self.inner_len(inner)?)?;
        for change in &self.changes {
            match change {
                Change::SetLen(len) => blank(out, offset, *len),
                Change::Write(at, data) => overlay(out, offset, data, *at),
                Change::Sync => {}
            }
        }
        Ok(())
    }
}

/// Whether the creation of this file was interrupted: redb had not yet put its mark on it, and it
/// holds nothing but zeros and perhaps the rest of the header. Starting afresh loses nothing.
fn is_unfinished(inner: &dyn StorageBackend, len: u64) -> io::Result<bool> {
    if len == 0 || len > MAX_UNFINISHED_LEN {
        return Ok(false);
    }
    let len = usize::try_from(len).unwrap_or(usize::MAX);
    let mut mark = vec![0; MAGIC_LEN.min(len)];
    inner.read(0, &mut mark)?;
    if mark.iter().any(|byte| *byte != 0) {
        return Ok(false);
    }
    let mut content = vec![0; len];
    inner.read(0, &mut content)?;
    Ok(content.iter().skip(HEADER_LEN).all(|byte| *byte == 0))
}

/// The offset after `data` at `offset`.
fn end(offset: u64, data: &[u8]) -> u64 {
    offset.saturating_add(data.len() as u64)
}

/// Reads into `out` what lies before `len`.
fn read_up_to(inner: &dyn StorageBackend, offset: u64, out: &mut [u8], len: u64) -> io::Result<()> {
    let there = usize::try_from(len.saturating_sub(offset)).unwrap_or(usize::MAX);
    let there = there.min(out.len());
    match out.get_mut(..there) {
        Some(out) if !out.is_empty() => inner.read(offset, out),
        _ => Ok(()),
    }
}

/// Zeroes what in `out`, read from `offset`, lies at or after `len`.
fn blank(out: &mut [u8], offset: u64, len: u64) {
    let kept = usize::try_from(len.saturating_sub(offset)).unwrap_or(usize::MAX);
    out.iter_mut().skip(kept).for_each(|byte| *byte = 0);
}

/// Lays `data`, written at `at`, over `out`, read from `offset`.
fn overlay(out: &mut [u8], offset: u64, data: &[u8], at: u64) {
    let skip_out = usize::try_from(at.saturating_sub(offset)).unwrap_or(usize::MAX);
    let skip_data = usize::try_from(offset.saturating_sub(at)).unwrap_or(usize::MAX);
    for (byte, new) in out.iter_mut().skip(skip_out).zip(data.iter().skip(skip_data)) {
        *byte = *new;
    }
}

impl StorageBackend for Cautious {
    fn len(&self) -> io::Result<u64> {
        if self.0.is_open() { self.0.inner.len() } else { self.0.held().len(&*self.0.inner) }
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        if self.0.is_open() {
            return self.0.inner.read(offset, out);
        }
        self.0.held().read(&*self.0.inner, offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        if self.0.is_open() {
            return self.0.inner.set_len(len);
        }
        self.0.held().changes.push(Change::SetLen(len));
        Ok(())
    }

    fn sync_data(&self) -> io::Result<()> {
        if self.0.is_open() {
            return self.0.inner.sync_data();
        }
        self.0.held().changes.push(Change::Sync);
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if self.0.is_open() {
            return self.0.inner.write(offset, data);
        }
        self.0.held().changes.push(Change::Write(offset, data.to_vec()));
        Ok(())
    }

    fn close(&self) -> io::Result<()> {
        self.0.inner.close()
    }

    fn try_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.inner.try_lock_range(start, end)
    }

    fn try_lock_shared_range(
        &self,
        start: Bound<u64>,
        end: Bound<u64>,
    ) -> Result<bool, BackendError> {
        self.0.inner.try_lock_shared_range(start, end)
    }

    fn lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.inner.lock_range(start, end)
    }

    fn lock_shared_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.inner.lock_shared_range(start, end)
    }

    fn unlock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<(), BackendError> {
        self.0.inner.unlock_range(start, end)
    }

    fn query_lock_range(&self, start: Bound<u64>, end: Bound<u64>) -> Result<bool, BackendError> {
        self.0.inner.query_lock_range(start, end)
    }
}

//! Each room's own key, under which its records lie in the database, in a file beside it.
//!
//! The database never writes over a page that is in use, so what is removed from it stays in free
//! pages for as long as nobody needs them. Keys are written over in place instead: once a room's
//! is gone, whatever is left of the room is noise.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Read as _, Seek as _, SeekFrom, Write as _},
    path::PathBuf,
};

use chacha20poly1305::{AeadInPlace as _, KeyInit as _, XChaCha20Poly1305};
use engine::{RoomId, StoreError};
use rand_core::{OsRng, RngCore as _};
use serde::{Serialize, de::DeserializeOwned};

use crate::{
    cautious::sync_entry,
    error::{corrupt, from_io},
};

/// One key: the room, the key, and the tag that shows both to be whole. A part of a sector, so
/// that a disk writes it whole or not at all.
pub(crate) const SLOT_LEN: usize = 64;

/// The longest file of keys that is read: as many rooms as a person could join in ten years by one
/// every five minutes.
const MAX_FILE_LEN: u64 = 64 << 20;

/// What a sealed record starts with, so that a later version can tell it from others.
const SEALED_VERSION: u8 = 2;
const NONCE_LEN: usize = 24;
const TAG_LEN: usize = 16;

/// Where keys are kept.
pub(crate) trait KeyFile: Send + Sync {
    /// Everything in it; nothing if there is no file.
    fn read(&self) -> io::Result<Vec<u8>>;

    /// Writes a slot over another, or after all others; when this returns it is on disk.
    fn write(&self, offset: u64, slot: &[u8; SLOT_LEN]) -> io::Result<()>;
}

/// A file by its path.
#[derive(Debug)]
pub(crate) struct AtPath(pub(crate) PathBuf);

impl KeyFile for AtPath {
    fn read(&self) -> io::Result<Vec<u8>> {
        let mut content = Vec::new();
        match File::open(&self.0) {
            Ok(file) => _ = file.take(MAX_FILE_LEN).read_to_end(&mut content)?,
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        Ok(content)
    }

    fn write(&self, offset: u64, slot: &[u8; SLOT_LEN]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let is_new = !fs::exists(&self.0)?;
        let mut file = options.open(&self.0)?;
        file.seek(SeekFrom::Start(offset))?;
        file.write_all(slot)?;
        file.sync_data()?;
        if is_new { sync_entry(&self.0) } else { Ok(()) }
    }
}

/// The keys of all rooms.
pub(crate) struct Keyring {
    file: Box<dyn KeyFile>,
    keys: BTreeMap<RoomId, (usize, [u8; 32])>,
    /// Slots that hold nothing, or nothing that is wanted.
    free: Vec<usize>,
    len: usize,
}

impl Keyring {
    /// The keys in `file`, of which nothing is read yet.
    pub(crate) fn new(file: Box<dyn KeyFile>) -> Self {
        Self { file, keys: BTreeMap::new(), free: Vec::new(), len: 0 }
    }

    /// Reads the file. A slot that contradicts itself is one that was being written.
    pub(crate) fn load(&mut self) -> Result<(), StoreError> {
        let content = self.file.read().map_err(from_io)?;
        (self.keys, self.free) = (BTreeMap::new(), Vec::new());
        self.len = content.len().div_ceil(SLOT_LEN);
        for (at, slot) in content.chunks(SLOT_LEN).enumerate() {
            match read_slot(slot) {
                Some((room, key)) => _ = self.keys.insert(room, (at, key)),
                None => self.free.push(at),
            }
        }
        Ok(())
    }

    /// The rooms there are keys of.
    pub(crate) fn rooms(&self) -> Vec<RoomId> {
        self.keys.keys().copied().collect()
    }

    /// Makes a key for `room`, if it has none; it is on disk before anything is sealed with it.
    pub(crate) fn ensure(&mut self, room: RoomId) -> Result<(), StoreError> {
        if self.keys.contains_key(&room) {
            return Ok(());
        }
        let mut key = [0; 32];
        OsRng.fill_bytes(&mut key);
        let at = self.free.last().copied().unwrap_or(self.len);
        let offset = (at as u64).saturating_mul(SLOT_LEN as u64);
        self.file.write(offset, &slot_of(room, &key)).map_err(from_io)?;
        if self.free.pop().is_none() {
            self.len = self.len.saturating_add(1);
        }
        self.keys.insert(room, (at, key));
        Ok(())
    }

    /// Writes over the key of `room`: nothing sealed with it can be read any more.
    pub(crate) fn erase(&mut self, room: RoomId) -> Result<(), StoreError> {
        let Some((at, _)) = self.keys.get(&room).copied() else { return Ok(()) };
        let offset = (at as u64).saturating_mul(SLOT_LEN as u64);
        self.file.write(offset, &[0; SLOT_LEN]).map_err(from_io)?;
        self.keys.remove(&room);
        self.free.push(at);
        Ok(())
    }

    /// How a record is written at `key`, which begins with its room, in `table`.
    pub(crate) fn seal<T: Serialize>(
        &self,
        table: &str,
        key: &[u8],
        record: &T,
    ) -> Result<Vec<u8>, StoreError> {
        let text = postcard::to_stdvec(record)
            .map_err(|error| StoreError::Unavailable(Box::new(error)))?;
        self.seal_bytes(table, key, text)
    }

    /// The same of a record already encoded.
    pub(crate) fn seal_bytes(
        &self,
        table: &str,
        key: &[u8],
        mut text: Vec<u8>,
    ) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        OsRng.fill_bytes(&mut nonce);
        let about = [table.as_bytes(), key].concat();
        let cipher = self.cipher(key)?;
        cipher
            .encrypt_in_place(&nonce.into(), &about, &mut text)
            .map_err(|_too_long| corrupt("a record is too long"))?;
        Ok([&[SEALED_VERSION][..], &nonce, &text].concat())
    }

    /// Reads what [`seal`](Self::seal) wrote.
    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        table: &str,
        key: &[u8],
        bytes: &[u8],
    ) -> Result<T, StoreError> {
        decode(&self.unseal(table, key, bytes)?)
    }

    /// The same for a record that may be from before its last field was there, which is nothing then.
    pub(crate) fn open_grown<T: DeserializeOwned>(
        &self,
        table: &str,
        key: &[u8],
        bytes: &[u8],
    ) -> Result<T, StoreError> {
        let mut text = self.unseal(table, key, bytes)?;
        decode(&text).or_else(|_shorter| {
            text.push(0);
            decode(&text)
        })
    }

    fn unseal(&self, table: &str, key: &[u8], bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
        let Some((&SEALED_VERSION, rest)) = bytes.split_first() else {
            return Err(corrupt("a record is of no known version"));
        };
        let Some((nonce, sealed)) = rest.split_first_chunk::<NONCE_LEN>() else {
            return Err(corrupt("a record is too short"));
        };
        let about = [table.as_bytes(), key].concat();
        let mut text = sealed.to_vec();
        let opened = self.cipher(key)?.decrypt_in_place(nonce.into(), &about, &mut text);
        opened.map_err(|_altered| corrupt("a record does not open with the key of its room"))?;
        Ok(text)
    }

    fn cipher(&self, key: &[u8]) -> Result<XChaCha20Poly1305, StoreError> {
        let room = key.first_chunk::<16>().map(|room| RoomId::from_bytes(*room));
        let found = room.and_then(|room| self.keys.get(&room));
        let (_, key) = found.ok_or_else(|| corrupt("the key of a room is missing"))?;
        Ok(XChaCha20Poly1305::new(key.into()))
    }
}

fn slot_of(room: RoomId, key: &[u8; 32]) -> [u8; SLOT_LEN] {
    let mut slot = [0; SLOT_LEN];
    let check = check(room, key);
    let parts = room.as_bytes().iter().chain(key).chain(&check);
    slot.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
    slot
}

fn read_slot(slot: &[u8]) -> Option<(RoomId, [u8; 32])> {
    let (room, rest) = slot.split_first_chunk::<16>()?;
    let (key, found) = rest.split_first_chunk::<32>()?;
    let room = RoomId::from_bytes(*room);
    (check(room, key) == found).then_some((room, *key))
}

/// What only these two have together.
fn check(room: RoomId, key: &[u8; 32]) -> [u8; TAG_LEN] {
    let cipher = XChaCha20Poly1305::new(key.into());
    let tag = cipher.encrypt_in_place_detached(&[0; NONCE_LEN].into(), room.as_bytes(), &mut []);
    tag.map(Into::into).unwrap_or_default()
}

fn decode<T: DeserializeOwned>(text: &[u8]) -> Result<T, StoreError> {
    match postcard::take_from_bytes(text) {
        Ok((record, [])) => Ok(record),
        Ok(_) => Err(corrupt("a record is longer than it says")),
        Err(error) => Err(corrupt(format!("a record cannot be read ({error})"))),
    }
}

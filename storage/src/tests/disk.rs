//! A disk in memory that can be asked what was done to it, and told to fail.

use std::{
    io,
    sync::{Arc, Mutex},
};

use redb::StorageBackend;

use super::story::Chance;
use crate::{
    Opener, Options, RedbStore,
    keyring::{KeyFile, SLOT_LEN},
};

/// What disks write whole or not at all, in bytes.
const SECTOR_LEN: usize = 512;

/// Something that happened to the disk.
#[derive(Debug, Clone)]
pub(crate) enum Event {
    Write(u64, Vec<u8>),
    /// A key was written, and is on disk.
    Key(u64, Vec<u8>),
    SetLen(u64),
    Sync,
    /// The store said that so many batches are committed.
    Acknowledged(u64),
}

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) content: Vec<u8>,
    pub(crate) keys: Vec<u8>,
    pub(crate) events: Vec<Event>,
    pub(crate) failure: Option<Failure>,
}

/// A time of trouble: `after` so many changes, the next few fail.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) after: usize,
    pub(crate) lasts: usize,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(pub(crate) Arc<Mutex<State>>);

impl Disk {
    pub(crate) fn holding(content: Vec<u8>, keys: Vec<u8>) -> Self {
        Self(Arc::new(Mutex::new(State { content, keys, ..State::default() })))
    }

    pub(crate) fn opener(&self) -> Opener {
        let disk = self.clone();
        Box::new(move || Ok(Box::new(disk.clone())))
    }

    pub(crate) fn open(&self) -> Result<RedbStore, engine::StoreError> {
        self.open_with(Options::default())
    }

    pub(crate) fn open_with(&self, options: Options) -> Result<RedbStore, engine::StoreError> {
        RedbStore::open_on(self.opener(), Box::new(self.clone()), options)
    }

    pub(crate) fn with<T>(&self, work: impl FnOnce(&mut State) -> T) -> T {
        work(&mut self.0.lock().expect("no panic while it is held"))
    }

    fn change(&self, event: Event) -> io::Result<()> {
        self.with(|state| {
            match &mut state.failure {
                Some(Failure { after: 0, lasts: 0 }) | None => {}
                Some(Failure { after: 0, lasts }) => {
                    *lasts -= 1;
                    return Err(io::ErrorKind::StorageFull.into());
                }
                Some(Failure { after, .. }) => *after -= 1,
            }
            match &event {
                Event::Key(..) => apply(&mut state.keys, &event),
                event => apply(&mut state.content, event),
            }
            state.events.push(event);
            Ok(())
        })
    }
}

impl KeyFile for Disk {
    fn read(&self) -> io::Result<Vec<u8>> {
        Ok(self.with(|state| state.keys.clone()))
    }

    fn write(&self, offset: u64, slot: &[u8; SLOT_LEN]) -> io::Result<()> {
        self.change(Event::Key(offset, slot.to_vec()))
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        Ok(self.with(|state| state.content.len() as u64))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).expect("a small disk");
        self.with(|state| {
            let found = state.content.get(start..start + out.len());
            out.copy_from_slice(found.ok_or(io::ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.change(Event::SetLen(len))
    }

    fn sync_data(&self) -> io::Result<()> {
        self.change(Event::Sync)
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        self.change(Event::Write(offset, data.to_vec()))
    }
}

/// What the disk holds if power fails right after `events`, all on top of `content`: everything
/// before the last sync, and of what came later each sector or not.
pub(crate) fn after_power_loss(
    mut content: Vec<u8>,
    events: &[Event],
    chance: &mut Chance,
) -> Vec<u8> {
    let last_sync = events.iter().rposition(|event| matches!(event, Event::Sync));
    let (safe, loose) = events.split_at(last_sync.map_or(0, |at| at + 1));
    let is_content = |event: &&Event| !matches!(event, Event::Key(..));
    for event in safe.iter().filter(is_content) {
        apply(&mut content, event);
    }
    // Sometimes nearly all of it was written, sometimes nearly nothing.
    let kept_of_8 = chance.below(9);
    for event in loose.iter().filter(is_content) {
        let Event::Write(offset, data) = event else {
            if chance.below(8) < kept_of_8 {
                apply(&mut content, event);
            }
            continue;
        };
        for (n, sector) in data.chunks(SECTOR_LEN).enumerate() {
            if chance.below(8) < kept_of_8 {
                let at = offset + (n * SECTOR_LEN) as u64;
                apply(&mut content, &Event::Write(at, sector.to_vec()));
            }
        }
    }
    content
}

/// The keys the disk holds then: each is synced by itself.
pub(crate) fn keys_after_power_loss(mut keys: Vec<u8>, events: &[Event]) -> Vec<u8> {
    for event in events.iter().filter(|event| matches!(event, Event::Key(..))) {
        apply(&mut keys, event);
    }
    keys
}

fn apply(content: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Write(offset, data) | Event::Key(offset, data) => {
            let start = usize::try_from(*offset).expect("a small disk");
            let end = start + data.len();
            content.resize(content.len().max(end), 0);
            content.get_mut(start..end).expect("long enough by now").copy_from_slice(data);
        }
        Event::SetLen(len) => content.resize(usize::try_from(*len).expect("a small disk"), 0),
        Event::Sync | Event::Acknowledged(_) => {}
    }
}

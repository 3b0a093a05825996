//! What texts of closed epochs are locked with. The keys of such an epoch's texts are a chain that
//! leads forward only: whoever was there when the epoch was made has its beginning, and whoever came
//! later a step further on.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{Room, boxes::chain_of, keys::put_aside};
use crate::{
    ClosedRecord, EpochId, PeerId, Role, TextChain,
    body::{self, Locked, MAX_READS, MAX_STEP, OpBody},
    crypto,
    op::{Header, Op},
    quota::Quota,
    wire::TextKey,
};

/// Keys from which texts of one epoch may open, as members gave them before the operation is here that
/// tells which one is right. Those that are pushed out are asked for again.
const MAX_CHAINS: usize = 4;

/// False keys a member may give in a day, as many as one packet has: to find one out costs as many
/// hashes as there are steps, some 10 ms.
const MAX_FALSE_PER_DAY: u64 = MAX_READS as u64;

/// Every so many steps a key is kept in memory, so that a text costs no more hashes than these,
const STRIDE: u32 = 512;

/// and no more keys than these: those of the longest chains of as many epochs as are told of.
const MAX_CACHED: usize = 4_096;

/// Keys of steps, by where their chain begins and by step.
type Cache = BTreeMap<([u8; 32], u32), [u8; 32]>;

/// What came of a key that a member gave.
enum Learned {
    Key,
    /// It was known, or has to wait.
    Nothing,
    /// Whoever made the epoch signed another.
    False,
}

/// What is known of the texts of a room's closed epochs.
#[derive(Default)]
pub(super) struct Texts {
    all: BTreeMap<EpochId, ClosedRecord>,
    /// Epochs of which more is known than is remembered.
    changed: BTreeSet<EpochId>,
    /// What came before its epoch is held: steps others read from, and keys.
    early: BTreeMap<EpochId, u32>,
    aside: BTreeMap<EpochId, (u32, [u8; 32])>,
    /// What is left of the false keys that members who gave some may give.
    liars: BTreeMap<PeerId, Quota>,
    /// Whether the person was told that something is hidden.
    is_hiding_told: bool,
    /// Keys further on.
    cache: RefCell<Cache>,
}

/// Says how many there are.
impl std::fmt::Debug for Texts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Texts").field("closed", &self.all.len()).finish_non_exhaustive()
    }
}

impl Texts {
    /// Whether a closed epoch of this name is remembered.
    pub(super) fn knows(&self, id: &EpochId) -> bool {
        self.all.contains_key(id)
    }

    /// A closed epoch is held from now on; `first` is what its texts are locked with at the first
    /// step, for who was there when it was made.
    pub(super) fn hold(&mut self, id: EpochId, first: Option<[u8; 32]>) {
        let record = self.all.entry(id).or_insert_with(|| ClosedRecord::new(id));
        if let Some(step) = self.early.remove(&id) {
            record.from = record.from.max(step);
        }
        if let Some(first) = first
            && record.chains != [(0, first)]
        {
            (record.chains, record.is_sure) = (vec![(0, first)], true);
        }
        self.changed.insert(id);
        if let Some(chain) = self.aside.remove(&id)
            && let Some(record) = self.all.get_mut(&id).filter(|record| !record.is_sure)
        {
            record.chains.push(chain);
        }
    }

    /// A member said what texts open with, and an operation, if it is here, by what true keys of them
    /// are known.
    fn learn(&mut self, text: TextKey, told: Option<TextChain>) -> Learned {
        let TextKey { epoch, step, key } = text;
        let chain = (step, key);
        let Some(record) = self.all.get_mut(&epoch) else {
            put_aside(&mut self.aside, epoch, chain);
            return Learned::Nothing;
        };
        let is_later = record.chains.iter().any(|(start, _)| *start <= step);
        if record.chains.contains(&chain) || (record.is_sure && is_later) {
            return Learned::Nothing;
        }
        match told {
            Some(told) if chain_of(chain) != told => return Learned::False,
            Some(_) => (record.chains, record.is_sure) = (vec![chain], true),
            None => {
                record.chains.push(chain);
                if record.chains.len() > MAX_CHAINS {
                    record.chains.remove(0);
                }
            }
        }
        self.changed.insert(epoch);
        Learned::Key
    }

    /// An operation says by what true keys of an epoch's texts are known: false ones go.
    fn settle(&mut self, id: EpochId, told: TextChain) {
        let Some(record) = self.all.get_mut(&id).filter(|record| !record.is_sure) else { return };
        record.chains.retain(|chain| chain_of(*chain) == told);
        record.chains.sort_unstable_by_key(|(start, _)| *start);
        record.chains.truncate(1);
        record.is_sure = !record.chains.is_empty();
        self.changed.insert(id);
    }

    /// The key of a step of a chain.
    fn key_at(&self, (start, first): (u32, [u8; 32]), step: u32) -> Option<[u8; 32]> {
        if step < start {
            return None;
        }
        let mut cache = self.cache.borrow_mut();
        let near = cache.range((first, start)..=(first, step)).next_back();
        let (mut at, mut key) = near.map_or((start, first), |((_, at), key)| (*at, *key));
        while at < step {
            key = crypto::next_text_key(&key);
            at = at.saturating_add(1);
            if at.is_multiple_of(STRIDE) || at == step {
                if cache.len() >= MAX_CACHED {
                    cache.clear();
                }
                cache.insert((first, at), key);
            }
        }
        Some(key)
    }

    /// Opens a locked text.
    fn open(&self, id: &EpochId, op: &Op<'_>, locked: &Locked) -> Option<String> {
        let chains = &self.all.get(id)?.chains;
        chains.iter().find_map(|chain| {
            let key = self.key_at(*chain, locked.step)?;
            let key = crypto::locked_text_key(&key, op.header.author, op.header.seq);
            let nonce = crypto::op_nonce(op.header_bytes());
            let text = crypto::open(&key, &nonce, op.header_bytes(), locked.sealed.clone())?;
            let text = String::from_utf8(text).ok()?;
            body::is_text(&text).then_some(text)
        })
    }
}

impl ClosedRecord {
    fn new(epoch: EpochId) -> Self {
        let (chains, is_sure, written, from, is_said) = (Vec::new(), false, None, 0, false);
        Self { epoch, chains, is_sure, written, from, is_said }
    }

    /// At which step texts are written; nothing with a key that may be false.
    fn step(&self) -> Option<u32> {
        let (start, _) = self.chains.first().filter(|_| self.is_sure)?;
        Some(self.from.max(self.written.unwrap_or_default()).max(*start))
    }

    /// From which step on whoever comes now can read: beyond every text that is known.
    fn next_step(&self) -> Option<u32> {
        let beyond = self.written.map_or(0, |step| step.saturating_add(1));
        Some(self.step()?.max(beyond).min(MAX_STEP))
    }
}

impl Room {
    /// Takes in what is remembered of closed epochs.
    pub(crate) fn restore_texts(&mut self, records: Vec<ClosedRecord>) {
        self.texts.all = records.into_iter().map(|record| (record.epoch, record)).collect();
        self.texts.is_hiding_told = self.is_history_hidden();
        self.restore_keys();
    }

    /// Whether more or less than before is hidden from this device.
    pub(crate) fn has_hidden_more(&mut self) -> bool {
        let is_hidden = self.is_history_hidden();
        std::mem::replace(&mut self.texts.is_hiding_told, is_hidden) != is_hidden
    }

    /// What is to be remembered of closed epochs since this was last asked.
    pub(crate) fn take_changed_texts(&mut self) -> Vec<ClosedRecord> {
        let changed = std::mem::take(&mut self.texts.changed);
        changed.iter().filter_map(|id| self.texts.all.get(id).cloned()).collect()
    }

    /// Whether something was said before this device came that it cannot read.
    pub(crate) fn is_history_hidden(&self) -> bool {
        self.texts.all.values().any(|record| {
            record.written.is_some() && record.chains.iter().all(|(start, _)| *start > 0)
        })
    }

    /// Whether this device cannot say anything that whoever comes later does not read: it has the
    /// epoch's key and nothing to lock texts with.
    pub(crate) fn lacks_lock(&self) -> bool {
        let (_, key) = self.epoch();
        let closed = self.held_id(&key).filter(|(_, id)| self.is_closed(id));
        closed.is_some_and(|(_, id)| self.texts.all.get(&id).and_then(ClosedRecord::step).is_none())
    }

    /// Whether newcomers could read what is written now, though they are not to.
    pub(crate) fn is_open_by_mistake(&self) -> bool {
        let is_open = |id: EpochId| {
            let record = self.texts.all.get(&id).filter(|_| self.is_closed(&id));
            record.is_none_or(|record| record.next_step() == Some(MAX_STEP))
        };
        self.membership.options().hide_history && self.writing().is_some_and(is_open)
    }

    /// Whether a closed epoch's key is held and it is not sure what its texts open with, or less opens
    /// than this device may read.
    pub(super) fn lacks_texts(&self, id: &EpochId) -> bool {
        let reads_before = self.membership.reads_before(self.me.id);
        let lacks = |record: &ClosedRecord| {
            let is_late = record.chains.first().is_none_or(|(start, _)| *start > 0);
            !record.is_sure || (reads_before && is_late)
        };
        self.is_closed(id) && self.texts.all.get(id).is_none_or(lacks)
    }

    /// What is written instead of a text in a closed epoch.
    pub(super) fn lock(&self, header: &Header, key: &[u8; 32], text: &str) -> Option<OpBody> {
        let (_, id) = self.held_id(key)?;
        let record = self.texts.all.get(&id).filter(|_| self.is_closed(&id))?;
        let step = record.step()?;
        let key = self.texts.key_at(*record.chains.first()?, step)?;
        let key = crypto::locked_text_key(&key, header.author, header.seq);
        let header = header.encode();
        let mut sealed = text.as_bytes().to_vec();
        crypto::seal(&key, &crypto::op_nonce(&header), &header, &mut sealed);
        Some(OpBody::Locked(Locked { step, sealed }))
    }

    /// What an operation does: a locked text that opens here is a text.
    pub(super) fn unlock(&self, op: &Op<'_>, body: OpBody) -> OpBody {
        let OpBody::Locked(locked) = &body else { return body };
        let id = self.id_of(op.header.epoch, &op.header.room_tag);
        let opened = id.and_then(|id| self.texts.open(&id, op, locked));
        opened.map_or(body, OpBody::Text)
    }

    /// The same for one that is being added: from which step on others read and write is noted.
    pub(super) fn unlock_added(&mut self, op: &Op<'_>, body: OpBody) -> OpBody {
        let author = op.header.author;
        match &body {
            OpBody::Locked(locked) => {
                let Some(id) = self.id_of(op.header.epoch, &op.header.room_tag) else {
                    return body;
                };
                let opened = self.texts.open(&id, op, locked);
                let Some(record) = self.texts.all.get_mut(&id) else { return body };
                if record.written < Some(locked.step) {
                    record.written = Some(locked.step);
                    self.texts.changed.insert(id);
                }
                opened.map_or(body, OpBody::Text)
            }
            OpBody::Reads(reads) => {
                for (id, step) in reads {
                    let Some(record) = self.texts.all.get_mut(id) else {
                        put_aside(&mut self.texts.early, *id, *step);
                        continue;
                    };
                    record.from = record.from.max(*step);
                    record.is_said |= author == self.me.id;
                    self.texts.changed.insert(*id);
                }
                body
            }
            _ => body,
        }
    }

    /// What texts of the newest of these epochs open with from now on. If whoever gets it `lacks` it
    /// for certain, what is written here from now on is written for them as well.
    pub(crate) fn text_keys(&mut self, keys: &[[u8; 32]], lacks: bool) -> Vec<TextKey> {
        let mut ids: Vec<_> = keys.iter().filter_map(|key| self.held_id(key)).collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let ids = ids.into_iter().map(|(_, id)| id).filter(|id| self.is_closed(id));
        let mut given = Vec::new();
        for epoch in ids.collect::<Vec<_>>() {
            let texts = &mut self.texts;
            let Some(record) = texts.all.get(&epoch) else { continue };
            // Only what is sure is passed on.
            let (Some(chain), Some(step)) = (record.chains.first(), record.next_step()) else {
                continue;
            };
            let Some(key) = texts.key_at(*chain, step) else { continue };
            given.push(TextKey { epoch, step, key });
            if lacks && let Some(record) = texts.all.get_mut(&epoch).filter(|r| r.from < step) {
                record.from = step;
                texts.changed.insert(epoch);
            }
            if given.len() >= MAX_READS {
                break;
            }
        }
        given
    }

    /// What texts of the closed ones of these epochs open with from as early on as they do here, in the
    /// order of the epochs, newest first.
    pub(crate) fn past_text_keys(&self, keys: &[[u8; 32]]) -> Vec<TextKey> {
        let mut ids: Vec<_> = keys.iter().filter_map(|key| self.held_id(key)).collect();
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let records = ids.iter().filter_map(|(_, id)| self.texts.all.get(id));
        let sure = records.filter(|record| record.is_sure).filter_map(|record| {
            let (step, key) = *record.chains.first()?;
            Some(TextKey { epoch: record.epoch, step, key })
        });
        sure.collect()
    }

    /// The same of every epoch.
    pub(crate) fn past(&self) -> Vec<TextKey> {
        let keys: Vec<_> = self.record.epochs.iter().map(|(_, key)| *key).collect();
        self.past_text_keys(&keys)
    }

    /// A member said what texts open with; true if more opens by it.
    pub(crate) fn learn_texts(&mut self, now: Duration, by: PeerId, texts: &[TextKey]) -> bool {
        let mut told = BTreeSet::new();
        let mut has_learned = false;
        for text in texts.iter().filter(|text| told.insert(text.epoch)) {
            if self.texts.liars.get_mut(&by).is_some_and(|left| !left.has(now, 1)) {
                break;
            }
            match self.texts.learn(*text, self.membership.chain(&text.epoch)) {
                Learned::Key => has_learned = true,
                Learned::False => {
                    let left = self.texts.liars.entry(by);
                    let left = left.or_insert_with(|| Quota::new(MAX_FALSE_PER_DAY));
                    if left.has(now, 1) {
                        left.take(1);
                    }
                }
                Learned::Nothing => {}
            }
        }
        has_learned
    }

    /// Tells true text keys of an epoch from false ones, if the operation that speaks of it is here.
    pub(super) fn settle_texts(&mut self, id: &EpochId) {
        if let Some(told) = self.membership.chain(id) {
            self.texts.settle(*id, told);
        }
    }

    /// From which steps on this device reads, where the others have not been told.
    pub(crate) fn reads_to_say(&self) -> Vec<(EpochId, u32)> {
        if self.membership.role(self.me.id) == Role::Removed || self.head(self.my_index).height == 0
        {
            return Vec::new();
        }
        let said = |record: &&ClosedRecord| {
            !record.is_said && record.is_sure && self.is_closed(&record.epoch)
        };
        let late = self.texts.all.values().filter(said).filter_map(|record| {
            let (start, _) = record.chains.first().filter(|(start, _)| *start > 0)?;
            Some((record.epoch, *start))
        });
        late.take(MAX_READS).collect()
    }
}

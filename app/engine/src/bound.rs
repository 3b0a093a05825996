//! How much this device keeps: when it is full, the oldest texts go, from this device only.

use std::{collections::BTreeMap, time::Duration};

use crate::{
    Engine, Event, Gone, MemberIndex, Position, RoomId, Row, Store, StoreError, Timestamp, body,
    hlc, room::Room,
};

/// The most bytes of operations a device keeps, unless the person says otherwise: some three million
/// usual messages, and what a phone has left.
const DEFAULT_BOUND: u64 = 1 << 30;

/// The least a person can choose: the words of a festival, and all that is no text.
const LOWEST_BOUND: u64 = 16 << 20;

/// One room takes at most one part of so many: a flood in one does not push out the others.
const SHARE: u64 = 2;

/// So much of the whole is kept free, in parts of it, before texts are removed, and afterwards.
const LOW_PARTS: u64 = 32;
const FREED_PARTS: u64 = 16;

/// What is younger is never removed to make room: whoever was away for a night and a day finds it.
const YOUNG_MILLIS: u64 = 48 * 60 * 60 * 1_000;

/// Operations looked at, or removed, at once.
const AT_ONCE: usize = 512;

/// How long after nothing could be removed it is tried again: an hour makes a text an hour older.
const RETRY: Duration = Duration::from_secs(3_600);

/// What this device keeps, and may.
#[derive(Debug)]
pub(crate) struct Bound {
    most: u64,
    /// Whether new texts of others wait because nothing can be removed.
    is_full: bool,
    /// When it is tried again to remove something.
    retry_at: Option<Duration>,
    /// How far each room was looked through for what can be removed.
    looked: BTreeMap<RoomId, Position>,
}

impl Default for Bound {
    fn default() -> Self {
        Self { most: DEFAULT_BOUND, is_full: false, retry_at: None, looked: BTreeMap::new() }
    }
}

impl<S: Store> Engine<S> {
    pub(crate) fn load_bound(&mut self) -> Result<(), StoreError> {
        self.retention.bound.most = self.store.bound()?.unwrap_or(DEFAULT_BOUND);
        Ok(())
    }

    pub(crate) fn set_bound(&mut self, bytes: u64) {
        self.retention.bound.most = bytes.max(LOWEST_BOUND);
        self.staged.bound = Some(self.retention.bound.most);
        self.share_space();
        self.retention.look(self.now.since_start);
        self.tell_storage();
    }

    /// Tells what each room takes, and what all may.
    pub(crate) fn tell_storage(&mut self) {
        let rooms = self.rooms.values().map(|room| (room.id(), room.taken)).collect();
        let (bound, is_full) = (self.retention.bound.most, self.retention.bound.is_full);
        self.notify(Event::StorageTold { bound, rooms, is_full });
    }

    fn left(&self) -> u64 {
        let taken = self.rooms.values().map(|room| room.taken).fold(0, u64::saturating_add);
        self.retention.bound.most.saturating_sub(taken)
    }

    /// Says to each room how much of others may be added to it with this input.
    pub(crate) fn share_space(&mut self) {
        let (left, share) = (self.left(), self.retention.bound.most / SHARE);
        for room in self.rooms.values_mut() {
            room.left = left.min(share.saturating_sub(room.taken));
        }
    }

    /// Whether a room, or all together, have too little left.
    fn is_short_of_space(&self) -> bool {
        let low = self.retention.bound.most / LOW_PARTS;
        self.rooms.values().any(|room| room.left < low / SHARE) || self.left() < low
    }

    /// Something was added: perhaps other things must go.
    pub(crate) fn mind_space(&mut self) {
        let now = self.now.since_start;
        let is_due = self.retention.bound.retry_at.is_none_or(|at| at <= now);
        if is_due && self.is_short_of_space() {
            self.retention.look(now);
        }
    }

    /// Removes some of the oldest texts if there is too little left; how soon to go on, if at all.
    pub(crate) fn free_space(&mut self, part: Duration) -> Result<Option<Duration>, StoreError> {
        if !self.staged.gone.is_empty() {
            // What is going already is still to be seen in the memory.
            return Ok(Some(part));
        }
        self.share_space();
        self.retention.bound.retry_at = None;
        let enough = self.retention.bound.most / FREED_PARTS;
        let was_full = self.retention.bound.is_full;
        let pause = if self.is_short_of_space() {
            // Whichever takes most gives most.
            let mut rooms: Vec<_> = self.rooms.values().map(|r| (r.taken, r.id())).collect();
            rooms.sort_unstable_by(|a, b| b.cmp(a));
            let mut freed = None;
            for (_, id) in rooms {
                let is_crowded = self.rooms.get(&id).is_some_and(|r| r.left < enough / SHARE);
                if (is_crowded || self.left() < enough) && self.free_in(id)? {
                    freed = Some(part);
                    break;
                }
            }
            self.retention.bound.is_full = freed.is_none();
            if freed.is_none() {
                self.retention.bound.looked.clear();
                let retry_at = self.now.since_start.saturating_add(RETRY);
                self.retention.bound.retry_at = Some(retry_at);
            }
            Some(freed.unwrap_or(RETRY))
        } else {
            self.retention.bound.is_full = false;
            self.retention.bound.looked.clear();
            None
        };
        if was_full != self.retention.bound.is_full {
            self.tell_storage();
        }
        if was_full && !self.retention.bound.is_full {
            self.rooms.keys().copied().collect::<Vec<_>>().into_iter().for_each(|id| {
                self.retry_refused(id);
                self.unsent.entry(id).or_default();
            });
        }
        Ok(pause)
    }

    /// Removes the oldest texts of a room that may be; false if there are none.
    fn free_in(&mut self, id: RoomId) -> Result<bool, StoreError> {
        let now = self.now.wall;
        let Some(room) = self.rooms.get(&id) else { return Ok(false) };
        let known = own_known(room);
        let mut after = self.retention.bound.looked.get(&id).copied();
        let rows = self.store.rows_after(id, after, AT_ONCE)?;
        if rows.is_empty() {
            return Ok(false);
        }
        let mut gone: Vec<Gone> = Vec::new();
        let (mut freed, mut is_over) = (0u64, false);
        for row in &rows {
            if !is_old(now, row.position) {
                is_over = true;
                break;
            }
            after = Some(row.position);
            let Position { author, seq, .. } = row.position;
            if body::is_words(row.kind) && is_spare(room, author, seq, known) {
                freed = freed.saturating_add(Row::cost(row.len));
                let (from, to) = (seq.saturating_sub(1), seq.saturating_add(1));
                match gone.iter_mut().find(|g| g.author == author && g.before == seq) {
                    Some(before) => before.before = to,
                    None => gone.push(Gone { room: id, author, after: from, before: to }),
                }
            }
        }
        self.retention.bound.looked.extend(after.map(|after| (id, after)));
        let has_freed = !gone.is_empty();
        self.staged.gone.extend(gone);
        if let Some(room) = self.rooms.get_mut(&id) {
            room.taken = room.taken.saturating_sub(freed);
        }
        if has_freed {
            self.share_space();
            self.note_gone();
            self.notify(Event::HistoryChanged { room: id });
            self.relisted.insert(id);
        }
        Ok(has_freed || !is_over)
    }
}

fn is_old(now: Timestamp, position: Position) -> bool {
    let at = hlc::to_wall(hlc::of_order(position.hlc));
    at.0.saturating_add(YOUNG_MILLIS) < now.0
}

/// Up to where another member is known to hold what this device wrote.
fn own_known(room: &Room) -> u64 {
    let others = room.members.iter().filter(|member| member.id != room.me.id);
    others.map(|member| member.holds).max().unwrap_or_default()
}

/// Whether a text can go from here: others have it, or can get it from others, and nothing but words is
/// lost by it.
fn is_spare(room: &Room, author: MemberIndex, seq: u64, known: u64) -> bool {
    let is_last = room.head(author).height <= seq;
    let is_unheard = author == room.my_index && seq > known;
    // Whoever governs has to be passed on whole.
    !is_last && !is_unheard && !room.trail(author).governs
}

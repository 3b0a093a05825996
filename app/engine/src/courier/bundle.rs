//! What a member gives strangers to carry, and what it makes of what they bring: a pack as in the
//! mailbox, with another letter in it, sealed with a key of its own, so that neither passes for
//! the other.

use std::{collections::BTreeSet, time::Duration};

use rand_core::RngCore as _;
use serde::{Deserialize, Serialize};

use super::shelf::{LIFE, OWN};
use crate::{
    Engine, PackId, PeerId, Role, RoomId, Store, StoreError, crypto, hlc,
    mailbox::{
        before,
        pack::{self, Letter, MAX_LETTER_LEN},
    },
    op::{self, Op},
    room::{Room, Unusable},
};

/// How long after this device wrote something it is given to strangers, if it has not reached most
/// members by then: whoever is linked has it within seconds.
const QUIET: Duration = Duration::from_secs(60);

/// How long after one pack the next one is made for a room: each is carried by many.
const INTERVAL: Duration = Duration::from_secs(600);

/// By up to how much less than [`LIFE`] a pack is carried, by chance: whoever is offered it cannot
/// tell whether it was made just now, and so by whom. Half a day.
const SPREAD_MILLIS: u64 = 12 * 3_600_000;

/// How many of the keys by which a room's members meet are tried on a pack, the newest first: they
/// change when somebody is removed.
const MAX_KEYS: usize = 4;

/// The bytes of a letter besides its operations.
const LETTER_LEN: usize = 40;

/// The most operations in one pack.
const MAX_OPS: usize = 256;

/// The most packs of a room that wait for what comes before them: a member who makes them for that
/// costs no more than a moment each time something comes.
const MAX_WAITING: usize = 256;

/// How often they are gone through then: a log's packs are in order, but one log may wait for another.
const MAX_ROUNDS: usize = 4;

/// Some operations of one member's log, signed by that member.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bundle {
    /// Whose.
    pub(crate) author: PeerId,
    /// In canonical form.
    pub(crate) ops: Vec<Vec<u8>>,
}

impl Letter for Bundle {
    const DOMAIN: &'static [u8] = b"fst-carry1";

    fn signer(&self) -> PeerId {
        self.author
    }

    fn is_within_limits(&self) -> bool {
        self.ops.len() <= MAX_OPS
    }
}

/// A pack whose operations from this one on wait for what comes before: whose log, at which place.
type Waiting = (PeerId, u64, PackId);

/// What of a room is given to strangers, and came from them.
#[derive(Debug, Default)]
pub(crate) struct Satchel {
    /// When this device last wrote something, since it was started.
    written_at: Option<Duration>,
    /// Up to where its log was put into packs, and when that was last done.
    packed_to: u64,
    packed_at: Option<Duration>,
    waiting: BTreeSet<Waiting>,
}

impl Satchel {
    /// This device wrote something.
    pub(crate) fn note_written(&mut self, now: Duration) {
        self.written_at = Some(now);
    }

    fn may_pack(&self, now: Duration) -> bool {
        let is_past =
            |at: Option<Duration>, pause| at.is_none_or(|at| now.saturating_sub(at) >= pause);
        is_past(self.written_at, QUIET) && is_past(self.packed_at, INTERVAL)
    }

    /// Nothing of it is carried any more.
    pub(super) fn unpack(&mut self) {
        (self.packed_to, self.packed_at) = (0, None);
        self.waiting.clear();
    }
}

impl<S: Store> Engine<S> {
    /// Makes packs of what this device wrote lately that has not reached most members.
    pub(super) fn pack_for_strangers(&mut self) -> Result<(), StoreError> {
        for id in self.rooms.keys().copied().collect::<Vec<_>>() {
            let Some(room) = self.rooms.get(&id) else { continue };
            let Some((bundle, up_to)) = self.next_bundle(room)? else { continue };
            let (_, epoch_key) = room.meeting();
            let key = crypto::room_courier(id, &epoch_key);
            let (nonce, spread) = (self.pack_nonce(), self.rng.next_u64());
            let now = self.now.since_start;
            let Some(room) = self.rooms.get_mut(&id) else { continue };
            let Some(pack) = pack::seal(&key, &bundle, &room.me, nonce) else { continue };
            (room.satchel.packed_to, room.satchel.packed_at) = (up_to, Some(now));
            let life = LIFE.saturating_sub(Duration::from_millis(spread % SPREAD_MILLIS));
            self.shelve(crypto::pack_id(&pack), pack, OWN, life);
        }
        Ok(())
    }

    /// What goes into a room's next pack, and up to where in the log it goes.
    fn next_bundle(&self, room: &Room) -> Result<Option<(Bundle, u64)>, StoreError> {
        let height = room.head(room.my_index).height;
        let is_out = room.membership.role(room.me.id) == Role::Removed;
        if is_out || !room.satchel.may_pack(self.now.since_start) {
            return Ok(None);
        }
        let Some(held) = held_by_most(room) else { return Ok(None) };
        let start = self.skip_old(room, held.max(room.satchel.packed_to), height)?;
        if start >= height {
            return Ok(None);
        }
        let space = MAX_LETTER_LEN.saturating_sub(LETTER_LEN);
        let mut len = 0_usize;
        let mut ops = self.store.ops_after(room.id(), room.my_index, start, MAX_OPS, space)?;
        let fitting = ops.iter().take_while(|op| {
            len = len.saturating_add(pack::element_len(op.len()));
            len <= space
        });
        ops.truncate(fitting.count());
        let up_to = ops.last().and_then(|op| op::seq_of(op)).unwrap_or(start);
        Ok((!ops.is_empty()).then_some((Bundle { author: room.me.id, ops }, up_to)))
    }

    /// After which operation of our log, from `start` on, the first one comes that is no older than
    /// anything is carried. A log's clock never goes back.
    fn skip_old(&self, room: &Room, mut start: u64, mut end: u64) -> Result<u64, StoreError> {
        let too_old = before(self.now.wall, LIFE);
        while start < end {
            let middle = start.midpoint(end);
            let op = self.store.ops_after(room.id(), room.my_index, middle, 1, 0)?;
            let next = op.first().and_then(|bytes| Op::decode(bytes)).map(|op| op.header);
            // Of a log with gaps it may be further on.
            if let Some(next) = next.filter(|next| hlc::to_wall(next.hlc) <= too_old) {
                start = next.seq.max(middle.saturating_add(1));
            } else {
                end = middle;
            }
        }
        Ok(start)
    }

    /// What this device gave strangers before it was started is not given them again.
    pub(super) fn recall_packs(&mut self) -> Result<(), StoreError> {
        for id in self.courier.shelf.own() {
            let Some(pack) = self.store.carried_pack(&id)? else { continue };
            let Some((room, bundle)) = self.open_bundle(&pack) else { continue };
            let seqs = bundle.ops.iter().filter_map(|op| Op::decode(op)).map(|op| op.header.seq);
            let last = seqs.max().unwrap_or_default();
            if let Some(room) = self.rooms.get_mut(&room)
                && room.me.id == bundle.author
            {
                room.satchel.packed_to = room.satchel.packed_to.max(last);
            }
        }
        Ok(())
    }

    /// A stranger brought a pack: is it one of our rooms'?
    pub(super) fn read_bundle(&mut self, id: PackId, pack: &[u8]) -> Result<(), StoreError> {
        let Some((room, bundle)) = self.open_bundle(pack) else { return Ok(()) };
        let mut has_added = self.add_bundle(room, id, &bundle);
        // What came before may go on from this.
        for _ in 0..MAX_ROUNDS {
            if !std::mem::take(&mut has_added) {
                break;
            }
            for (author, seq, id) in self.waiting_in(room) {
                if !self.goes_on(room, author, seq) {
                    continue;
                }
                let opened = self.carried_pack(&id)?.and_then(|pack| self.open_bundle(&pack));
                self.stop_waiting(room, &(author, seq, id));
                has_added |= opened.is_some_and(|(_, bundle)| self.add_bundle(room, id, &bundle));
            }
        }
        Ok(())
    }

    fn waiting_in(&self, room: RoomId) -> BTreeSet<Waiting> {
        self.rooms.get(&room).map(|room| room.satchel.waiting.clone()).unwrap_or_default()
    }

    /// Whether an operation is no further than the next one of a log.
    fn goes_on(&self, room: RoomId, author: PeerId, seq: u64) -> bool {
        let Some(room) = self.rooms.get(&room) else { return false };
        let height = room.index_of(author).map_or(0, |index| room.head(index).height);
        seq <= height.saturating_add(1)
    }

    fn open_bundle(&self, pack: &[u8]) -> Option<(RoomId, Bundle)> {
        let keys = self.rooms.values().flat_map(|room| {
            let keys = room.meeting_keys().into_iter().take(MAX_KEYS);
            keys.map(|key| (room.id(), crypto::room_courier(room.id(), &key)))
        });
        let mut opened = keys.filter_map(|(id, key)| Some((id, pack::open(&key, pack)?)));
        opened.next()
    }

    /// Adds what can be added of a pack; says whether anything was. Whoever carried it is not to
    /// blame for what it holds.
    fn add_bundle(&mut self, room_id: RoomId, id: PackId, bundle: &Bundle) -> bool {
        let now = self.now;
        let (mut has_added, mut early) = (false, None);
        for op in bundle.ops.iter().filter_map(|bytes| Op::decode(bytes)) {
            let Some(room) = self.rooms.get_mut(&room_id) else { return has_added };
            match room.add(now, &op) {
                Ok(added) => {
                    self.stage(room_id, added);
                    has_added = true;
                }
                Err(Unusable::Early | Unusable::Gapped | Unusable::Later | Unusable::Barred) => {
                    early = early.or(Some((op.header.author, op.header.seq)));
                }
                Err(Unusable::Known | Unusable::Forked | Unusable::Wrong | Unusable::Forged) => {}
            }
        }
        if let Some((author, seq)) = early
            && let Some(room) = self.rooms.get_mut(&room_id)
            && room.satchel.waiting.len() < MAX_WAITING
        {
            room.satchel.waiting.insert((author, seq, id));
        }
        has_added
    }

    fn stop_waiting(&mut self, room: RoomId, waiting: &Waiting) {
        if let Some(room) = self.rooms.get_mut(&room) {
            room.satchel.waiting.remove(waiting);
        }
    }
}

/// Up to where this device's log is known to be held by more than half of the others; `None` if
/// there are no others.
fn held_by_most(room: &Room) -> Option<u64> {
    let is_other = |id| id != room.me.id && room.membership.role(id) > Role::Removed;
    let others = room.members.iter().filter(|member| is_other(member.id));
    let mut held: Vec<_> = others.map(|member| member.holds).collect();
    held.sort_unstable();
    held.get(held.len().checked_sub(1)? / 2).copied()
}

//! Leaving operations in a room's mailbox.

use std::time::Duration;

use super::{
    LIFETIME, RENEW_OTHERS, RENEW_OWN, after,
    pack::{self, Acked, MAX_ACKED, MAX_LETTER_LEN, Parcel},
    schedule::{LOOK_INTERVAL, UnderWay},
};
use crate::{
    DepositFailure, Doubt, Engine, MailboxRecord, MemberIndex, RoomId, SeenParcel, Store,
    StoreError, Timestamp, crypto,
    engine::Output,
    op::{self, Op},
    room::Room,
};

/// Packs on their way to relays at a time, for one room: 360 KiB.
const MAX_UNDER_WAY: usize = 8;

/// When a pack that no relay has acknowledged is taken for lost.
pub(super) const LOST_AFTER: Duration = Duration::from_secs(120);

/// Parcels acknowledged by one relay that others may still acknowledge.
const MAX_RECENT: usize = 64;

/// Numbers of parcels that end within the same day are told together.
const SAME_END: Duration = Duration::from_secs(86_400);

impl<S: Store> Engine<S> {
    /// An operation was added to a room: it belongs in the mailbox.
    pub(crate) fn mind_deposit(&mut self, id: RoomId, author: MemberIndex) {
        let now = self.now.since_start;
        let is_alone = self.peers_of(id).is_empty();
        let Some(room) = self.rooms.get_mut(&id) else { return };
        let is_urgent = is_alone || room.mailbox.called_until.is_some();
        if room.mailbox.deposits.look_at.is_none() {
            // Not in use, as far as is known; if it is, the look that is coming notices.
            self.mind_mailbox(id);
        } else if author == room.my_index {
            room.mailbox.deposits.put_off(now, is_urgent);
        } else if room.mailbox.is_keeper {
            let [spread, ..] = *room.me.id.as_bytes();
            room.mailbox.deposits.mind_others(now, spread);
        }
    }

    /// Leaves in the mailbox what it is time for.
    pub(super) fn deposit_due(&mut self, id: RoomId) -> Result<(), StoreError> {
        let now = self.now.since_start;
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(()) };
        let is_informed = room.mailbox.is_keeper && room.mailbox.reading.has_read;
        let refusing = room.mailbox.deposits.lose(now);
        // A relay need not take everything, as long as there is one that does.
        refusing.iter().for_each(|relay| self.doubt_relay(id, relay, Doubt::Refuses));
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(()) };
        let deposits = &mut room.mailbox.deposits;
        let is_due = |at: Option<Duration>| at.is_some_and(|at| now >= at);
        if now < deposits.not_before {
            return Ok(());
        }
        let is_look = is_due(deposits.look_at);
        if is_look {
            deposits.look_at = Some(now.saturating_add(LOOK_INTERVAL));
        }
        if is_due(deposits.others_at) || is_look {
            deposits.others_at = None;
            deposits.is_for_others = is_informed;
        }
        if is_due(deposits.welcome_at) {
            (deposits.is_welcoming, deposits.welcome_at) = (true, None);
        }
        if is_due(deposits.own_at) {
            (deposits.own_at, deposits.own_by) = (None, None);
            deposits.own_left = Some(now);
        }
        self.leave_welcome(id)?;
        self.deposit_more(id)
    }

    /// Gives relays as many packs as may be on their way.
    pub(super) fn deposit_more(&mut self, id: RoomId) -> Result<(), StoreError> {
        while let Some(room) = self.rooms.get(&id) {
            let places = self.mailbox_places(room);
            let is_full = room.mailbox.deposits.waiting().count() >= MAX_UNDER_WAY;
            if places.is_empty() || is_full {
                break;
            }
            let parcel = self.begin_parcel(room);
            let (ops, spans) = self.next_parcel(room, pack::letter_len(&parcel))?;
            if ops.is_empty() {
                if let Some(room) = self.rooms.get_mut(&id) {
                    room.mailbox.deposits.is_for_others = false;
                }
                break;
            }
            if !self.deposit(id, Parcel { ops, ..parcel }, spans) {
                break;
            }
        }
        Ok(())
    }

    fn begin_parcel(&self, room: &Room) -> Parcel {
        let record = &room.mailbox.record;
        let now = self.now.wall;
        let number = record.made.saturating_add(1);
        let expires_at = after(now, LIFETIME);
        let acked = record.relays.iter().filter(|relay| relay.from > 0).map(|relay| Acked {
            relay: crypto::relay_tag(&room.mailbox.key, &relay.name),
            from: relay.from,
            up_to: relay.up_to,
            missing: relay.missing.clone(),
        });
        Parcel {
            depositor: room.me.id,
            number,
            made_at: now,
            expires_at,
            lives: lives_with(record, number, expires_at, now),
            acked: acked.take(MAX_ACKED).collect(),
            ops: Vec::new(),
        }
    }

    /// What goes into the next parcel, whose letter has `len` bytes already.
    #[expect(clippy::type_complexity, reason = "operations, and which they are")]
    fn next_parcel(
        &self,
        room: &Room,
        mut len: usize,
    ) -> Result<(Vec<Vec<u8>>, Vec<(MemberIndex, u64, u64)>), StoreError> {
        let (mut ops, mut spans) = (Vec::new(), Vec::new());
        let others = (0..room.members.len()).filter_map(|n| u32::try_from(n).ok()).map(MemberIndex);
        let is_meant = |i: &MemberIndex| room.mailbox.deposits.is_for_others || *i == room.my_index;
        // In the order in which members became known: what lets an author in comes first.
        for index in others.filter(is_meant) {
            let Some(first) = self.next_to_deposit(room, index) else { continue };
            let mut last = first;
            while last < room.head(index).height {
                let space = MAX_LETTER_LEN.saturating_sub(len);
                let more = self.store.ops_after(room.id(), index, last, 256, space)?;
                let mut is_full = more.is_empty();
                for op in more {
                    let seq = op::seq_of(&op).unwrap_or_default();
                    let bridges = || Op::decode(&op).is_some_and(|op| room.bridges(&op, last));
                    let follows = last.checked_add(1) == Some(seq) || bridges();
                    let with = len.saturating_add(pack::element_len(op.len()));
                    // What is missing here is left by somebody who has it.
                    if with > MAX_LETTER_LEN || !follows {
                        is_full = true;
                        break;
                    }
                    len = with;
                    last = seq;
                    ops.push(op);
                }
                if is_full {
                    break;
                }
            }
            if last > first {
                spans.push((index, first.saturating_add(1), last));
            }
            if last < room.head(index).height {
                break;
            }
        }
        Ok((ops, spans))
    }

    /// After which operation of a log the next ones are to be left, if any are.
    fn next_to_deposit(&self, room: &Room, index: MemberIndex) -> Option<u64> {
        let now = self.now.wall;
        let height = room.head(index).height;
        let kept = room.mailbox.kept(index, now);
        let early = if index == room.my_index { RENEW_OWN } else { RENEW_OTHERS };
        let base = if kept.up_to < height {
            kept.up_to
        } else if kept.expires_at < after(now, early) {
            kept.renewed_to
        } else {
            return None;
        };
        let after = room.mailbox.deposits.skip_under_way(index, base);
        (after < height).then_some(after)
    }

    /// Gives relays a pack; false if it cannot be made.
    fn deposit(&mut self, id: RoomId, parcel: Parcel, spans: Vec<(MemberIndex, u64, u64)>) -> bool {
        let nonce = self.pack_nonce();
        let now = self.now;
        let Some(room) = self.rooms.get(&id) else { return false };
        let at = self.mailbox_places(room);
        let Some(room) = self.rooms.get_mut(&id) else { return false };
        let mailbox = &mut room.mailbox;
        let pack = pack::seal(&mailbox.key, &parcel, &room.me, nonce);
        let Some(pack) = pack else { return false };
        let (number, made_at, expires_at) = (parcel.number, parcel.made_at, parcel.expires_at);
        let lost_at = now.since_start.saturating_add(LOST_AFTER);
        let (is_kept, refused_by) = (false, Vec::new());
        let way = UnderWay { spans, made_at, expires_at, lost_at, is_kept, refused_by };
        mailbox.deposits.under_way.insert(number, way);
        mailbox.record.made = number;
        mailbox.record.lives = parcel.lives;
        let mailbox = mailbox.key;
        self.stage_mailbox(id);
        self.outputs.push_back(Output::Deposit { mailbox, number, pack, expires_at, at });
        true
    }

    fn under_way(&mut self, id: RoomId, number: u64) -> Option<&mut UnderWay> {
        self.rooms.get_mut(&id)?.mailbox.deposits.under_way.get_mut(&number)
    }

    pub(crate) fn pack_nonce(&mut self) -> [u8; 24] {
        *self.chance().first_chunk().expect("24 of 32 bytes")
    }

    /// A relay has taken a pack in, or has not.
    pub(crate) fn note_deposited(
        &mut self,
        mailbox: &[u8; 32],
        number: u64,
        relay: &str,
        result: Result<(), DepositFailure>,
    ) -> Result<(), StoreError> {
        let Some(id) = self.room_of_mailbox(mailbox) else {
            if result.is_ok() {
                self.note_welcomed(mailbox);
            }
            return Ok(());
        };
        match result {
            Ok(()) => {}
            Err(failure) => {
                let way = self.under_way(id, number).filter(|_| failure == DepositFailure::Refused);
                if let Some(way) = way
                    && way.refused_by.len() < MAX_ACKED
                {
                    way.refused_by.push(relay.to_owned());
                }
                return Ok(());
            }
        }
        let now = self.now;
        let Some(room) = self.rooms.get_mut(&id) else { return Ok(()) };
        let me = room.me.id;
        let Some(way) = room.mailbox.deposits.under_way.get_mut(&number) else { return Ok(()) };
        let (made_at, expires_at) = (way.made_at, way.expires_at);
        let spans = if std::mem::replace(&mut way.is_kept, true) {
            Vec::new()
        } else {
            std::mem::take(&mut way.spans)
        };
        let deposits = &mut room.mailbox.deposits;
        deposits.failures = 0;
        while deposits.under_way.len() > MAX_RECENT {
            deposits.under_way.pop_first();
        }
        if let Some(relay) = room.mailbox.record.relay(relay) {
            relay.acknowledge(number);
            relay.note_seen(SeenParcel { depositor: me, number, made_at, expires_at });
        }
        for (index, from, to) in spans {
            let Some(room) = self.rooms.get(&id) else { return Ok(()) };
            let mut kept = room.mailbox.kept(index, now.wall);
            kept.note((from, to), expires_at, now.wall);
            self.stage_kept(id, index, kept);
        }
        self.stage_mailbox(id);
        self.deposit_more(id)
    }
}

/// From which number on parcels end when, with one more that ends at `expires_at`; without those
/// that are over.
fn lives_with(
    record: &MailboxRecord,
    number: u64,
    expires_at: Timestamp,
    now: Timestamp,
) -> Vec<(u64, Timestamp)> {
    let mut lives = record.lives.clone();
    let is_new = lives.last().is_none_or(|(_, end)| expires_at > after(*end, SAME_END));
    if is_new {
        lives.push((number, expires_at));
    }
    lives.retain(|(_, end)| after(*end, SAME_END) > now);
    lives
}
